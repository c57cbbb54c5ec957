//! The scenarios of `tests/scenarios/` run against the engine and against the oracle.

mod oracle;

use std::collections::BTreeSet;
use std::path::PathBuf;

use ccroute_core::{Cause, EventKind, RejectionCode, Timestamp};
use oracle::{Engine, Happening, Oracle, Rules, Scenario, Step, Subject, play};

fn files() -> Vec<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let entries = std::fs::read_dir(folder).expect("the folder of scenarios");
    let paths = entries.map(|entry| entry.expect("a readable folder").path());
    let mut files: Vec<PathBuf> =
        paths.filter(|path| path.extension().is_some_and(|end| end == "txt")).collect();
    files.sort();
    files
}

fn play_all(subject: impl Fn(&Scenario) -> Box<dyn Subject>) {
    let mut failures = Vec::new();
    for file in files() {
        let text = std::fs::read_to_string(&file).expect("a readable scenario");
        let name = file.file_name().expect("a file").to_string_lossy().into_owned();
        let played =
            Scenario::parse(&text).and_then(|scenario| play(&scenario, &mut *subject(&scenario)));
        failures.extend(played.err().map(|error| format!("{name}:{error}")));
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n\n"));
}

#[test]
fn the_engine_plays_every_scenario() {
    play_all(|scenario| Box::new(Engine::new(scenario.plan.clone())));
}

#[test]
fn the_oracle_plays_every_scenario() {
    play_all(|scenario| Box::new(Oracle::new(Rules::from_plan(&scenario.plan))));
}

#[test]
fn the_scenarios_show_every_event_and_every_refusal() {
    let mut shown = BTreeSet::new();
    for file in files() {
        let text = std::fs::read_to_string(&file).expect("a readable scenario");
        for line in Scenario::parse(&text).expect("a scenario").lines {
            let kinds = line.events.iter().filter_map(|event| event.split(' ').next());
            shown.extend(kinds.map(str::to_owned));
            shown.extend(line.refused.map(|code| code.to_string()));
        }
    }
    let kinds = EventKind::ALL.iter().map(ToString::to_string);
    let codes = RejectionCode::ALL.iter().map(ToString::to_string);
    let missing: Vec<String> = kinds.chain(codes).filter(|word| !shown.contains(word)).collect();
    assert_eq!(missing, Vec::<String>::new(), "no scenario shows these");
}

#[test]
fn every_scenario_says_in_its_first_line_what_it_shows() {
    for file in files() {
        let text = std::fs::read_to_string(&file).expect("a readable scenario");
        assert!(text.starts_with("# "), "{} begins without a comment", file.display());
    }
}

#[test]
fn every_command_prints_as_it_is_read() {
    for line in [
        "at 0s advance",
        "at 0.5s sign_in ana skills es=8,en=3 queues vip,billing capacity voice=1,chat=3",
        "at 1s sign_out ana",
        "at 1s ready ana id=k1",
        "at 1s not_ready ana lunch",
        "at 1s set_device ana in_use",
        "at 1s change ana skills - queues vip",
        "at 1s enqueue c1 on vip via chat band -2 head_start 30s needs es>=5,billing>=1 any en>=3|fr>=3 any de>=1 not trainee>=1 with tier=gold",
        "at 1s cancel c1 abandoned",
        "at 1s reprioritise c1 band 3 head_start 0.000001s",
        "at 1s update c1 needs - with a=b,c=d",
        "at 1s accept o1",
        "at 1s decline o2 busy",
        "at 1s connected c1",
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
    ] {
        assert_eq!(Step::parse(line).map(|step| step.to_string()), Ok(line.to_owned()));
    }
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
        "at 1s enqueue c1",
        "at 1s enqueue c1 on vip band 40000",
        "at 1s reprioritise c1 needs es",
        "at 1s accept c1",
        "at 1s release c1 by nobody",
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
}
