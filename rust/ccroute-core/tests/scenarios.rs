//! The scenarios of `tests/scenarios/` run against the engine and against the oracle.

mod oracle;

use std::collections::BTreeSet;
use std::path::PathBuf;

use ccroute_core::{EventKind, RejectionCode};
use oracle::{Engine, Oracle, Rules, Scenario, Subject, play};

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
