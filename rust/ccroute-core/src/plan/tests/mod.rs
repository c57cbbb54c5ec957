//! What the written form accepts, what it says of the rest, and that writing is the
//! reverse of reading.

use super::*;
use crate::error::ConfigError;
use crate::skill::{Relax, SkillLevel};

mod built;
mod every_key;
mod generated;

/// Has every key of the grammar.
const EVERY_KEY: &str = include_str!("every_key.toml");

const FULL: &str = r#"
skills = ["es", "en", "billing", "trainee"]
channels = ["voice", "chat"]
retention = "1h"

[queues.billing]
strategy = "most_proficient"
requires = { all_of = { billing = 3 }, any_of = [{ es = 5, en = 5 }], none_of = { trainee = 1 } }
offer = { timeout = "12s", connect_within = "8s", on_missed = "stay_ready", exclude_for = 45 }
wrap_up = { mode = "timed", limit = "30s", extension = "1.5m" }
dispositions = ["sale", "no_sale"]
service_level = { within = "25s", short_abandon = "4s" }
escalation = [ { after = "30s", drop = ["en"], lower = { es = 3 } }, { after = 60, drop = ["es"] } ]

[queues.after_hours]

[agents.ana]
skills = { es = 8, billing = 5 }
queues = ["after_hours", "billing"]
capacity = { voice = 1, chat = 3 }

[agents."ben o'neil"]
queues = ["billing"]
"#;

fn refused(text: &str) -> ConfigError {
    Plan::from_toml(text).expect_err("the plan is wrong")
}

/// The line and the message of every problem.
#[track_caller]
fn expect(text: &str, problems: &[(usize, &str)]) {
    let document = PlanDocument::from_toml(text).expect("it is TOML");
    let errors = document.check().expect_err("the plan is wrong");
    let found: Vec<_> = errors.iter().map(|error| (error.line, error.message.as_str())).collect();
    let problems: Vec<_> = problems.iter().map(|&(line, message)| (Some(line), message)).collect();
    assert_eq!(found, problems);
}

#[test]
fn a_text_reaches_the_checked_form() {
    let plan = Plan::from_toml(FULL).expect("the plan is right");
    let skill = |name| plan.find_skill(name).expect("declared");
    let at = |name, level| SkillLevel { skill: skill(name), level };
    let expected = QueuePlan {
        strategy: Strategy::MostProficient.into(),
        requirement: Requirement {
            all_of: vec![at("billing", 3)],
            any_of: vec![vec![at("es", 5), at("en", 5)]],
            none_of: vec![at("trainee", 1)],
            wheres: Vec::new(),
        },
        offer: OfferPolicy {
            timeout: Span::secs(12),
            connect_within: Span::secs(8),
            on_missed: OnMissed::StayReady,
            exclude_for: Some(Span::secs(45)),
            ..OfferPolicy::default()
        },
        wrap_up: WrapUp {
            mode: WrapUpMode::Timed,
            limit: Span::secs(30),
            extension: Span::secs(90),
        },
        dispositions: vec!["sale".into(), "no_sale".into()],
        target: ServiceTarget { within: Span::secs(25), short_abandon: Span::secs(4) },
        escalation: vec![
            Step {
                after: Some(Span::secs(30)),
                relax: vec![Relax::Drop(skill("en")), Relax::Lower(at("es", 3))],
                ..Step::default()
            },
            Step {
                after: Some(Span::secs(60)),
                relax: vec![Relax::Drop(skill("es"))],
                ..Step::default()
            },
        ],
        ..QueuePlan::default()
    };
    assert_eq!(plan.queues, [expected, QueuePlan::default()]);
    assert_eq!(plan.queue_names.iter().collect::<Vec<_>>(), ["billing", "after_hours"]);
    assert_eq!(plan.channels.iter().collect::<Vec<_>>(), ["voice", "chat"]);
    assert_eq!(plan.retention, Span::secs(3600));
    let [ana, ben] = &plan.agents[..] else { panic!("two agents") };
    assert_eq!(ana.skills, [at("es", 8), at("billing", 5)]);
    assert_eq!(ana.queues, [Link::new(QueueKey::new(1)), Link::new(QueueKey::new(0))]);
    let held = |channel, slots| Capacity { channel: ChannelKey::new(channel), slots };
    assert_eq!(ana.capacity, [held(0, 1), held(1, 3)]);
    assert_eq!(ben.name, "ben o'neil");
    assert_eq!(ben.capacity, [held(0, 1)], "one contact on the first channel");
}

#[test]
fn an_empty_text_is_the_default_plan() {
    assert_eq!(Plan::from_toml(""), Ok(Plan::default()));
}

#[test]
fn undeclared_skills_are_collected_queues_before_agents() {
    let text = "
        [agents.ana]
        skills = { fr = 1, es = 2 }
        [queues.b]
        requires.none_of = { trainee = 1 }
        escalation = [{ after = 1, drop = ['en'] }]
        [queues.a]
        requires.all_of = { es = 1 }";
    let plan = Plan::from_toml(text).expect("the plan is right");
    assert_eq!(plan.skills.iter().collect::<Vec<_>>(), ["trainee", "en", "es", "fr"]);
}

#[test]
fn what_is_not_toml_is_told_with_its_line() {
    let error = refused("retention = '1m'\n[queues.a\nstrategy = 1");
    assert_eq!(error.line, Some(2));
    assert!(error.message.starts_with("not TOML: "), "{error}");
    assert_eq!(refused("[queues.a]\n[queues.a]").line, Some(2));
    let twice = refused("[queues.a]\nstrategy = 'longest_idle'\nstrategy = 'most_proficient'");
    assert_eq!((twice.line, &*twice.message), (Some(3), "not TOML: duplicate key: `strategy`"));
}

#[test]
fn depth_is_refused_before_it_hurts() {
    for text in [format!("x = {}", "[".repeat(100_000)), format!("{}x = 1", "a.".repeat(100_000))] {
        assert!(refused(&text).message.starts_with("not TOML: "));
    }
}

#[test]
fn unknown_keys_are_told_with_the_valid_ones() {
    expect(
        "queue = 1\n[queues.billing.offer]\ntimout = 1\n[agents.ana]\nskill = {}",
        &[
            (
                1,
                "unknown key `queue` in the plan; valid: skills, channels, retention, seed, order, \
                 capacity, classification, scores, calendars, assign_together, queues, agents",
            ),
            (
                3,
                "unknown key `timout` in queues.billing.offer; valid: timeout, connect_within, \
                 on_missed, exclude_for, parallel, one_rank, add_every, auto_accept, grace, \
                 back_off, limits",
            ),
            (
                5,
                "unknown key `skill` in agents.ana; valid: skills, labels, queues, capacity, \
                 budget, lines",
            ),
        ],
    );
}

#[test]
fn unknown_names_are_told_with_the_known_ones() {
    expect(
        "skills = ['es', 'en']
        channels = ['voice']
        [queues.'tech support']
        requires = { all_of = { spanish = 5 } }
        escalation = [{ after = 1, drop = ['de'] }, { after = 1, lower = { fr = 1 } }]
        [agents.ana]
        skills = { it = 1 }
        queues = ['tech']
        capacity = { chat = 1 }",
        &[
            (
                4,
                "unknown skill `spanish` in queues.\"tech support\".requires.all_of; \
                 the plan's skills are: es, en",
            ),
            (
                5,
                "unknown skill `de` in queues.\"tech support\".escalation[0].drop; \
                 the plan's skills are: es, en",
            ),
            (
                5,
                "unknown skill `fr` in queues.\"tech support\".escalation[1].lower; \
                 the plan's skills are: es, en",
            ),
            (7, "unknown skill `it` in agents.ana.skills; the plan's skills are: es, en"),
            (8, "unknown queue `tech` in agents.ana.queues; the plan's queues are: tech support"),
            (9, "unknown channel `chat` in agents.ana.capacity; the plan's channels are: voice"),
        ],
    );
    expect(
        "skills = []\n[agents.ana]\nskills.es = 1\nqueues = ['a']",
        &[
            (3, "unknown skill `es` in agents.ana.skills; the plan has no skills"),
            (4, "unknown queue `a` in agents.ana.queues; the plan has no queues"),
        ],
    );
}

#[test]
fn durations_out_of_bounds_are_told_by_name() {
    let such = "such as \"15s\", \"1.5m\", \"2h\", \"500ms\" or 15";
    for (value, what) in [
        ("nan", "`NaN` is not a number"),
        ("-1", "`-1` is negative"),
        ("-inf", "`-inf` is negative"),
        ("inf", "`inf` is infinite"),
        ("1e300", "`1e300` is longer than ten years"),
        ("0", "`0` is too short"),
        ("'0s'", "\"0s\" is too short"),
        ("'11 years'", "\"11 years\" is not a duration"),
        ("'nan'", "\"nan\" is not a duration"),
        ("true", "`true` is not a duration"),
        ("[1]", "a list is not a duration"),
        ("1979-05-27", "a date is not a duration"),
        ("99999999999999999999", "a number out of range is not a duration"),
    ] {
        for key in ["timeout", "connect_within", "exclude_for"] {
            let message =
                format!("queues.a.offer.{key}: {what}; valid: a duration above zero {such}");
            expect(&format!("[queues.a]\noffer.{key} = {value}"), &[(2, &message)]);
        }
    }
    for path in ["wrap_up.limit", "service_level.within"] {
        let message =
            format!("queues.a.{path}: `0` is too short; valid: a duration above zero {such}");
        expect(&format!("[queues.a]\n{path} = 0"), &[(2, &message)]);
    }
    let text = "retention = 0\n[queues.a]\nwrap_up.extension = 0\nservice_level.short_abandon = 0";
    assert!(Plan::from_toml(text).is_ok(), "zero means none here");
    let message = format!("retention: `-2` is negative; valid: a duration {such}");
    expect("retention = -2", &[(1, &message)]);
}

#[test]
fn numbers_out_of_range_are_told_by_name() {
    for (value, what) in [
        ("0", "`0`"),
        ("11", "`11`"),
        ("-3", "`-3`"),
        ("5.0", "`5.0`"),
        ("nan", "`NaN`"),
        ("true", "`true`"),
        ("'5'", "\"5\""),
        ("{}", "a table"),
    ] {
        let message =
            format!("agents.ana.skills.es: is {what}; valid: a whole number from 1 to 10");
        expect(&format!("[agents.ana]\nskills.es = {value}"), &[(2, &message)]);
    }
    expect(
        "agents.ana.capacity = { voice = 65536, chat = 0 }",
        &[
            (1, "agents.ana.capacity.voice: is `65536`; valid: a whole number from 1 to 65535"),
            (1, "agents.ana.capacity.chat: is `0`; valid: a whole number from 1 to 65535"),
        ],
    );
    expect(
        "[agents.ana]\ncapacity = {}",
        &[(2, "agents.ana.capacity: is empty; valid: at least one channel, or the key left out")],
    );
}

#[test]
fn words_are_told_with_the_valid_ones() {
    expect(
        "[queues.a]
        strategy = 'longest'
        offer.on_missed = 1
        wrap_up.mode = 'None'",
        &[
            (
                2,
                "queues.a.strategy: is \"longest\"; valid: longest_idle, most_proficient, \
                 least_recent, least_occupied, fewest_handled, least_talk_time, weighted_score, \
                 best_match, fewest_skills, least_flexible, round_robin, ordered, lowest_rank, \
                 random, weighted_random, scores",
            ),
            (3, "queues.a.offer.on_missed: is `1`; valid: not_ready, stay_ready"),
            (4, "queues.a.wrap_up.mode: is \"None\"; valid: none, optional, mandatory, timed"),
        ],
    );
}

#[test]
fn mandatory_wrap_up_asks_for_codes_to_give() {
    let message = "queues.a.wrap_up.mode: is \"mandatory\", but the queue has no codes to give; \
                   valid: `dispositions` with at least one code, or another mode";
    expect("[queues.a]\nwrap_up.limit = 5\nwrap_up.mode = 'mandatory'", &[(3, message)]);
    expect("[queues.a]\ndispositions = []\nwrap_up.mode = 'mandatory'", &[(3, message)]);
    let given = "[queues.a]\nwrap_up.mode = 'mandatory'\ndispositions = ['sale']";
    assert!(Plan::from_toml(given).is_ok());
}

#[test]
fn channels_and_queues_have_bounds() {
    let channels = |count: usize| {
        let names: Vec<String> = (0..count).map(|at| format!("'c{at}'")).collect();
        format!("retention = 1\nchannels = [{}]", names.join(", "))
    };
    assert!(Plan::from_toml(&channels(200)).is_ok());
    let remedy = "divide the plan among engines";
    expect(&channels(201), &[(2, &format!("channels: names 201; valid: at most 200; {remedy}"))]);
    let queues = |count: usize| {
        let lines: String = (0..count).map(|at| format!("q{at} = {{}}\n")).collect();
        format!("retention = 1\n[queues]\n{lines}")
    };
    assert!(Plan::from_toml(&queues(65_536)).is_ok());
    expect(
        &queues(65_537),
        &[(2, &format!("queues: names 65537; valid: at most 65536; {remedy}"))],
    );
}

#[test]
fn values_of_the_wrong_kind_are_told() {
    expect(
        "skills = 'es'
        channels = []
        queues = { a = 1, b = { requires = [], offer = 'x', dispositions = [1] } }
        agents = [{ name = 'ana' }]",
        &[
            (1, "skills: is \"es\"; valid: a list"),
            (2, "channels: is empty; valid: at least one channel, such as \"voice\""),
            (3, "queues.a: is `1`; valid: a table"),
            (3, "queues.b.requires: is a list; valid: a table"),
            (3, "queues.b.offer: is \"x\"; valid: a table"),
            (3, "queues.b.dispositions: is `1`; valid: a list of names"),
            (4, "agents: is a list; valid: a table"),
        ],
    );
}

#[test]
fn names_have_bounds() {
    let rule = "valid: 1 to 128 bytes without control characters";
    let long = "x".repeat(129);
    let cut = format!("{}…", "x".repeat(40));
    expect(
        &format!("skills = ['']\n[queues.\"a\\nb\"]\n[queues.{long}]\n[agents.'']\nskills.es = 1"),
        &[
            (1, &format!("skills: a name is empty; {rule}")),
            (2, &format!("queues: the name `a\\nb` holds a control character; {rule}")),
            (3, &format!("queues: the name `{cut}` has 129 bytes; {rule}")),
            (4, &format!("agents: a name is empty; {rule}")),
            (5, "unknown skill `es` in agents.\"\".skills; the plan has no skills"),
        ],
    );
    let longest = "é".repeat(64);
    assert!(Plan::from_toml(&format!("[queues.\"{longest}\"]")).is_ok());
}

#[test]
fn nothing_is_named_twice() {
    expect(
        "skills = ['es', 'en', 'es']
        channels = ['voice', 'voice']
        [queues.a]
        dispositions = ['sale', 'sale']
        escalation = [{ after = 1, drop = ['en', 'en'] }]
        [agents.ana]
        queues = ['a', 'a']",
        &[
            (1, "skills: `es` is named twice"),
            (2, "channels: `voice` is named twice"),
            (4, "queues.a.dispositions: `sale` is named twice"),
            (5, "queues.a.escalation[0].drop: `en` is named twice"),
            (7, "agents.ana.queues: `a` is named twice"),
        ],
    );
}

#[test]
fn escalation_steps_ascend_and_change_something() {
    let idle = "the step changes nothing that earlier steps have not; valid: `drop` a skill, \
                `lower` one below its level so far, or do something else";
    expect(
        "[queues.a]
        escalation = [
          { after = 30, drop = ['en'], lower = { es = 5 } },
          { after = 30, lower = { es = 4 } },
          { after = 40 },
          { after = 50, drop = ['en'], lower = { es = 4 } },
          { after = 60, lower = { es = 5, en = 1, fr = 10 } },
          { drop = ['fr'] },
          { after = 70, drop = ['it'], lower = { it = 1 } },
          { after = 0, drop = ['it'] },
        ]",
        &[
            (
                4,
                "queues.a.escalation[1].after: 30s does not come after the step before; valid: \
                 steps in the order of `after`, no two at once",
            ),
            (5, &format!("queues.a.escalation[2]: {idle}")),
            (6, &format!("queues.a.escalation[3]: {idle}")),
            (7, &format!("queues.a.escalation[4]: {idle}")),
            (
                8,
                "queues.a.escalation[5].after: is missing; valid: the contact's age at which the \
                 step is due, such as \"30s\", or `when`",
            ),
            (9, "queues.a.escalation[6]: `it` is both dropped and lowered; valid: one of the two"),
            (
                10,
                "queues.a.escalation[7].after: `0` is too short; valid: a duration above zero \
                 such as \"15s\", \"1.5m\", \"2h\", \"500ms\" or 15",
            ),
        ],
    );
}

#[test]
fn an_empty_group_is_refused() {
    expect(
        "[queues.a.requires]\nany_of = [{ es = 1 }, {}]",
        &[(
            2,
            "queues.a.requires.any_of[1]: nobody meets an empty group; valid: at least one skill, \
             or the group left out",
        )],
    );
}

#[test]
fn one_error_carries_all_problems_by_line() {
    let error = refused("[agents.ana]\nx = 1\n[queues.a]\ny = 1");
    let lines: Vec<String> = error.to_string().lines().map(str::to_owned).collect();
    assert_eq!(error.line, Some(2));
    assert!(lines[0].starts_with("line 2: unknown key `x` in agents.ana"), "{lines:?}");
    assert!(lines[1].starts_with("line 4: unknown key `y` in queues.a"), "{lines:?}");
    let many: String = (0..100).map(|at| format!("k{at} = 1\n")).collect();
    assert!(refused(&many).message.ends_with(
        "\nline 20: unknown key `k19` in the plan; valid: \
        skills, channels, retention, seed, order, capacity, classification, scores, calendars, \
        assign_together, queues, agents\nand 80 more"
    ));
    let many = format!(
        "skills = [{}]\n[queues.a.requires]\nall_of.x = 1",
        (0..30).map(|at| format!("'s{at}',")).collect::<String>()
    );
    assert!(refused(&many).message.ends_with("s18, s19, … (30 in all)"));
}

#[test]
fn a_plan_is_written_as_people_would_write_it() {
    let text = Plan::from_toml(FULL).expect("the plan is right").to_toml();
    assert_eq!(
        text,
        r#"skills = ["es", "en", "billing", "trainee"]
channels = ["voice", "chat"]
retention = "1h"

[queues.billing]
strategy = "most_proficient"
requires = { all_of = { billing = 3 }, any_of = [{ es = 5, en = 5 }], none_of = { trainee = 1 } }
offer = { timeout = "12s", connect_within = "8s", on_missed = "stay_ready", exclude_for = "45s" }
wrap_up = { mode = "timed", limit = "30s", extension = "90s" }
dispositions = ["sale", "no_sale"]
service_level = { within = "25s", short_abandon = "4s" }
escalation = [
    { after = "30s", drop = ["en"], lower = { es = 3 } },
    { after = "1m", drop = ["es"] },
]

[queues.after_hours]
strategy = "longest_idle"
offer = { timeout = "15s", connect_within = "10s", on_missed = "not_ready", exclude_for = "30s" }
wrap_up = { mode = "none", limit = "1m", extension = "2m" }
service_level = { within = "20s", short_abandon = "5s" }

[agents.ana]
skills = { es = 8, billing = 5 }
queues = ["after_hours", "billing"]
capacity = { voice = 1, chat = 3 }

[agents."ben o'neil"]
queues = ["billing"]
capacity = { voice = 1 }
"#
    );
}
