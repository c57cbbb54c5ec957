//! The scenarios of `tests/scenarios/` run against the engine and against the oracle.

mod oracle;

use std::collections::BTreeSet;
use std::path::PathBuf;

use ccroute_core::{Cause, EventKind, RejectionCode, Timestamp};
use oracle::{Engine, Happening, Oracle, Rules, Scenario, Step, Subject, WORDS, play};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios")
}

/// Every scenario, those in folders within too.
fn files() -> Vec<PathBuf> {
    let mut folders = vec![folder()];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a readable folder") {
            let path = entry.expect("a readable folder").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "txt") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

/// Every scenario, read.
fn scenarios() -> impl Iterator<Item = Scenario> {
    files().into_iter().map(|file| {
        let text = std::fs::read_to_string(&file).expect("a readable scenario");
        Scenario::parse(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
    })
}

fn play_all(subject: impl Fn(&Scenario) -> Box<dyn Subject>) {
    let mut failures = Vec::new();
    for file in files() {
        let text = std::fs::read_to_string(&file).expect("a readable scenario");
        let name = file.strip_prefix(folder()).expect("a file within").display();
        let played =
            Scenario::parse(&text).and_then(|scenario| play(&scenario, &mut *subject(&scenario)));
        failures.extend(played.err().map(|error| format!("{name}:{error}")));
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n\n"));
}

#[test]
fn the_engine_plays_every_scenario() {
    play_all(|scenario| Box::new(Engine::with_plans(scenario.plan.clone(), &scenario.further)));
}

#[test]
fn the_oracle_plays_every_scenario() {
    play_all(|scenario| {
        let further = scenario.further.iter();
        let plans = further.map(|(name, plan)| (name.clone(), Rules::from_plan(plan))).collect();
        Box::new(Oracle::with_plans(Rules::from_plan(&scenario.plan), plans))
    });
}

/// Of the words of all, those that no scenario has.
fn missing(all: impl IntoIterator<Item = String>, shown: &BTreeSet<String>) -> Vec<String> {
    all.into_iter().filter(|word| !shown.contains(word)).collect()
}

#[test]
fn the_scenarios_show_every_event_cause_and_refusal() {
    let mut shown = BTreeSet::new();
    for line in scenarios().flat_map(|scenario| scenario.lines) {
        let words = line.events.iter().flat_map(|event| event.split(' '));
        shown.extend(words.map(str::to_owned));
        shown.extend(line.refused.map(|code| code.to_string()));
    }
    // No cause is no word.
    let causes = Cause::ALL.iter().filter(|cause| **cause != Cause::None);
    let kinds = EventKind::ALL.iter().map(ToString::to_string);
    let codes = RejectionCode::ALL.iter().map(ToString::to_string);
    let all = kinds.chain(codes).chain(causes.map(ToString::to_string));
    assert_eq!(missing(all, &shown), Vec::<String>::new(), "no scenario shows these");
}

#[test]
fn the_scenarios_give_every_command() {
    let lines = scenarios().flat_map(|scenario| scenario.lines);
    let given = lines.map(|line| line.step.command.word().to_owned()).collect();
    let all = WORDS.iter().map(ToString::to_string);
    assert_eq!(missing(all, &given), Vec::<String>::new(), "no scenario gives these");
}

#[test]
fn every_scenario_says_in_its_first_line_what_it_shows() {
    for file in files() {
        let text = std::fs::read_to_string(&file).expect("a readable scenario");
        assert!(text.starts_with("# "), "{} begins without a comment", file.display());
    }
}

const LINES: &[&str] = &[
    "at 0s advance",
    "at 0.5s sign_in ana skills es=8,en=3 labels site=lima,floor=2,new=true,code=\"7\" queues vip,billing:rank=1:position=2:delay=10s:waiting=3:waited=30s capacity voice=1,chat=3 budget 10 lines a,b",
    "at 1s sign_out ana",
    "at 1s ready ana id=k1",
    "at 1s ready_all ana,bo",
    "at 1s not_ready ana lunch",
    "at 1s set_device ana in_use",
    "at 1s change ana skills - queues vip",
    "at 1s enqueue c1 on vip via chat band -2 head_start 30s needs es>=5,billing>=1 any en>=3|fr>=3 any de>=1 not trainee>=1 where skills.es>3 with tier=gold",
    "at 1s enqueue c1 head_start -30s prefers ana=5,bo=1000 excludes ana,bo:30s entered_at 0s not_before 9s customer k1 conversation s1 previous c0",
    "at 1s cancel c1 abandoned",
    "at 1s reprioritise c1 band 3 head_start 0.000001s",
    "at 1s update c1 needs - with a=b,c=d prefers bo=1",
    "at 1s reclassify c1",
    "at 1s exclude c1 ana",
    "at 1s exclude c1 ana for 5s",
    "at 1s readmit c1 ana",
    "at 1s accept o1",
    "at 1s decline o2 lunch",
    "at 1s decline o2 as busy",
    "at 1s pick ana c1",
    "at 1s connected c1",
    "at 1s fail_connection c1 failed",
    "at 1s hold c1",
    "at 1s resume c1",
    "at 1s transfer c1 to sales keep_age",
    "at 1s join c1 bo consult",
    "at 1s leave c1 bo",
    "at 1s hand_over c1 bo",
    "at 1s release c1 by customer",
    "at 1s extend_wrap_up ana c1 30s",
    "at 1s end_wrap_up ana c1",
    "at 1s dispose c1 sale,promo",
    "at 1s press c1 9",
    "at 1s request_callback c1",
    "at 1s request_callback c1 at 60s",
    "at 1s fail_callback c1 busy",
    "at 1s suspend c1",
    "at 1s suspend c1 for 5s",
    "at 1s reinstate c1",
    "at 1s set_queue_open vip closed",
    "at 1s set_line trunk up",
    "at 1s observe_kpi level 79/100",
    "at 1s set_scores fit version 3 until 60s sale:ana=0.5,sale:bo=-1",
    "at 1s set_plan later",
    "at 1s adopt c1 waiting on vip entered_at 0s",
    "at 1s adopt c1 engaged ana on vip",
    "at 1s reconcile",
    "at 1s reconcile among site=lima of c1 present | c2 engaged ana on vip via chat | c3 present via voice",
];

#[test]
fn every_command_prints_as_it_is_read() {
    for line in LINES {
        assert_eq!(Step::parse(line).map(|step| step.to_string()).as_deref(), Ok(*line));
    }
    let given = LINES.iter().filter_map(|line| line.split(' ').nth(2)).map(str::to_owned);
    let all = WORDS.iter().map(ToString::to_string);
    assert_eq!(missing(all, &given.collect()), Vec::<String>::new(), "no line gives these");
}

#[test]
fn a_line_that_says_too_much_or_too_little_is_refused() {
    for line in [
        "ready ana",
        "at 1 ready ana",
        "at 1s",
        "at 1s dance ana",
        "at 1s ready",
        "at 1s ready ana bo",
        "at 1s enqueue",
        "at 1s enqueue c1 on vip band 40000",
        "at 1s reprioritise c1 needs es",
        "at 1s accept c1",
        "at 1s release c1 by nobody",
        "at 1s enqueue c1 on vip excludes ana:later",
        "at 1s sign_in ana queues vip:speed=2",
        "at 1s decline o1 as asleep",
        "at 1s exclude c1 ana for",
        "at 1s set_queue_open vip ajar",
        "at 1s observe_kpi level 0.8",
        "at 1s set_scores fit until 60s sale:ana=1",
        "at 1s adopt c1 on vip",
        "at 1s reconcile c1 present",
        "at 1.1234567s advance",
        "at -1s advance",
    ] {
        assert!(Step::parse(line).is_err(), "{line}");
    }
}

fn missed() -> Happening {
    let mut event = Happening::new(Timestamp::ZERO, EventKind::ContactRequeued);
    event.contact = Some("c1".into());
    event.cause = Cause::Missed;
    event.visit = 1;
    event.time = Timestamp::from_micros(1_500_000);
    event
}

#[test]
fn an_event_prints_in_full_and_may_be_expected_in_part() {
    assert_eq!(missed().text(), "contact_requeued c1 missed visit 1 since 1.5s");
    assert!(missed().agrees_with("contact_requeued c1"));
    assert!(missed().agrees_with("contact_requeued c1 since 1.5s missed"));
}

#[test]
fn what_is_written_must_have_happened() {
    for wrong in [
        "contact_requeued",
        "contact_requeued c2",
        "contact_queued c1",
        "contact_requeued c1 declined",
        "contact_requeued c1 since 2s",
        "contact_requeued c1 since",
        "contact_requeued c1 visit 1.5s",
    ] {
        assert!(!missed().agrees_with(wrong), "{wrong}");
    }
}

const PLAN: &str = "[queues.vip]\n[agents.ana]\nqueues = [\"vip\"]\n";

fn run(lines: &str) -> Result<(), String> {
    let scenario = Scenario::parse(&format!("{PLAN}{lines}"))?;
    play(&scenario, &mut Oracle::new(Rules::from_plan(&scenario.plan)))
}

#[test]
fn a_line_that_goes_another_way_is_told_with_both() {
    let error = run("at 0s ready ana -> agent_ready bo\n").unwrap_err();
    assert!(error.contains("4: at 0s ready ana"), "{error}");
    assert!(error.contains("agent_ready bo") && error.contains("agent_ready ana"), "{error}");
}

#[test]
fn an_event_too_many_or_too_few_is_told() {
    assert!(run("at 0s ready ana -> nothing\n").is_err());
    assert!(run("at 0s ready ana -> agent_ready ana; agent_ready ana\n").is_err());
    assert!(run("at 0s ready ana -> agent_ready ana; refused agent_signed_out\n").is_err());
    assert!(run("at 0s ready bo\n  -> refused unknown_agent\n").is_ok());
}

#[test]
fn a_file_that_is_no_scenario_is_told_by_line() {
    assert!(run("at 0s ready ana\n").unwrap_err().contains("line 4"));
    assert!(run("at 0s ready ana -> agent_ready ana\nready\n").unwrap_err().contains("line 5"));
    assert!(run("at 0s dance ana -> nothing\n").unwrap_err().contains("dance"));
    assert!(run("at 0s ready ana -> refused later\n").unwrap_err().contains("later"));
    assert!(
        run("plan later:\n[queues.vip]\nspeed = 2\nat 0s advance -> nothing\n")
            .unwrap_err()
            .contains("6: ")
    );
}
