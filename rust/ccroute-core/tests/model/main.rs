//! The engine against the oracle on generated plans and commands: the same answers, the
//! same events in the same order, the same next deadline; and what must hold of any log:
//! a refusal leaves no trace, the same log gives the same state, also from a snapshot.
//!
//! About 100,000 commands by default; `CCROUTE_MODEL_CASES=20000 cargo test --test model`
//! runs more, `CCROUTE_MODEL_SEED=7` others. A sequence that fails is printed as a scenario.

#[path = "../dice/mod.rs"]
mod dice;
mod intents;
#[path = "../oracle/mod.rs"]
mod oracle;
mod plans;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt::Write as _;

use ccroute_core::{EventKind, Plan, RejectionCode};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};

use intents::{Intent, NO_OFFER, intent, opening};
use oracle::{Engine, Oracle, Outcome, Rules, ScriptCommand, Step, Subject, consequences};

/// Commands a case at most; a snapshot is taken every so many.
const COMMANDS: usize = 220;
const SNAPSHOT_EVERY: usize = 16;
const CASES: u32 = 1_000;

/// What the oracle says of the steps so far.
type Log = Vec<(Step, Outcome)>;

/// Steps as a scenario file, with what the oracle says of them.
fn scenario(plan: &Plan, steps: &[Step]) -> String {
    let mut oracle = Oracle::new(Rules::from_plan(plan));
    let mut text = format!("# What fails\n{}\n", plan.to_toml());
    for step in steps {
        let right = consequences(&oracle.take(step)).join("; ");
        writeln!(text, "{step} -> {right}").expect("a string takes text");
    }
    text
}

/// One step of both; what differs.
fn compare(oracle: &mut Oracle, engine: &mut Engine, step: &Step) -> Result<Outcome, String> {
    let expected = oracle.take(step);
    let untouched = (expected.answer.is_err() && step.id.is_none()).then(|| {
        let mut other = engine.restored();
        // Time that runs backwards is refused, and changes nothing either.
        let _ = other.router.advance(step.at);
        other.router.state_hash()
    });
    let got = engine.take(step);
    if got != expected {
        let got = consequences(&got).join("; ");
        return Err(format!("the engine: {step} -> {got}"));
    }
    engine.check().map_err(|broken| format!("after {step}: {broken}"))?;
    if untouched.is_some_and(|hash| hash != engine.router.state_hash()) {
        return Err(format!("the refused {step} changed the state"));
    }
    let (ours, theirs) = (oracle.next_deadline(), engine.next_deadline());
    if ours != theirs {
        return Err(format!("after {step}: next deadline {theirs:?}, expected {ours:?}"));
    }
    Ok(expected)
}

/// The first difference along some steps, and at which.
fn difference(plan: &Plan, steps: &[Step]) -> Option<(usize, String)> {
    let mut oracle = Oracle::new(Rules::from_plan(plan));
    let mut engine = Engine::new(plan.clone());
    for (at, step) in steps.iter().enumerate() {
        // Nobody can answer an offer before hearing of it.
        if let ScriptCommand::Accept { offer } | ScriptCommand::Decline { offer, .. } = step.command
            && offer > oracle.offers_made
            && offer < NO_OFFER
        {
            return None;
        }
        if let Err(what) = compare(&mut oracle, &mut engine, step) {
            return Some((at, what));
        }
    }
    None
}

/// The steps up to the difference, without those it is there without. (Dropping an intent
/// would change what the later ones mean, so proptest's own shrinking is of no use.)
fn reduced(plan: &Plan, mut steps: Vec<Step>) -> Vec<Step> {
    let mut at = steps.len();
    while at > 0 {
        at -= 1;
        let mut fewer = steps.clone();
        fewer.remove(at);
        if let Some((last, _)) = difference(plan, &fewer) {
            fewer.truncate(last + 1);
            // What was needed before may be so no longer.
            at = fewer.len();
            steps = fewer;
        }
    }
    steps
}

/// The words that came up: events with their causes, refusals.
type Seen = BTreeSet<String>;

fn run(plan: Plan, intents: &[Intent], seen: &RefCell<Seen>) -> Result<(), TestCaseError> {
    let written = Plan::from_toml(&plan.to_toml());
    prop_assert_eq!(written.as_ref(), Ok(&plan), "{}", plan.to_toml());
    let mut oracle = Oracle::new(Rules::from_plan(&plan));
    let mut engine = Engine::new(plan.clone());
    let mut log: Log = Vec::new();
    let mut snapshots = Vec::new();
    for (at, intent) in intents.iter().enumerate() {
        if at % SNAPSHOT_EVERY == 0 {
            snapshots.push((at, engine.restored()));
        }
        let step = intent.step(&oracle);
        let Ok(outcome) = compare(&mut oracle, &mut engine, &step) else {
            let steps = log.into_iter().map(|(step, _)| step).chain([step]).collect();
            let steps = reduced(&plan, steps);
            let (_, what) = difference(&plan, &steps).expect("it differs still");
            return Err(TestCaseError::fail(format!("{what}\n\n{}", scenario(&plan, &steps))));
        };
        log.push((step, outcome));
    }
    note(&log, &mut seen.borrow_mut());
    // The same log from the start and from every snapshot.
    snapshots.push((0, Engine::new(plan.clone())));
    let hash = engine.router.state_hash();
    for (from, mut other) in snapshots {
        let differs = log[from..].iter().any(|(step, expected)| other.take(step) != *expected);
        if differs || other.router.state_hash() != hash {
            let steps: Vec<Step> = log.into_iter().map(|(step, _)| step).collect();
            let what = format!("set up again before step {from} it goes another way");
            return Err(TestCaseError::fail(format!("{what}\n\n{}", scenario(&plan, &steps))));
        }
    }
    Ok(())
}

fn note(log: &[(Step, Outcome)], seen: &mut Seen) {
    for (_, outcome) in log {
        let events = outcome.events.iter();
        seen.extend(events.clone().map(|event| event.kind.to_string()));
        seen.extend(events.map(|event| format!("{} {}", event.kind, event.cause)));
        seen.extend(outcome.answer.as_ref().err().map(|code| code.to_string()));
    }
}

/// The rare turns, which a model that never takes them would not test.
const TURNS: &[&str] = &[
    "agent_not_ready connect_timeout",
    "agent_not_ready missed",
    "contact_left transferred",
    "contact_requeued connect_timeout",
    "contact_requeued declined",
    "contact_requeued missed",
    "contact_requeued not_ready",
    "contact_requeued signed_out",
    "contact_requeued unreachable",
    "contact_transferred agent",
    "contact_transferred handed_over",
    "offer_withdrawn abandoned",
    "offer_withdrawn transferred",
    "wrap_up_ended agent",
    "wrap_up_ended limit",
    "wrap_up_ended signed_out",
];

fn missing(seen: &Seen) -> Vec<String> {
    let kinds = EventKind::ALL.iter().map(ToString::to_string);
    let codes = RejectionCode::ALL.iter().map(ToString::to_string);
    let turns = TURNS.iter().map(ToString::to_string);
    kinds.chain(codes).chain(turns).filter(|word| !seen.contains(word)).collect()
}

/// A number from the environment: how much and what to generate is the tester's choice.
fn chosen(name: &str, default: u32) -> u32 {
    #[expect(clippy::disallowed_methods, reason = "a test run is set from outside")]
    let chosen = std::env::var(name);
    chosen.map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name}={text}")))
}

#[test]
fn the_engine_does_what_the_oracle_does() {
    let (cases, seed) = (chosen("CCROUTE_MODEL_CASES", CASES), chosen("CCROUTE_MODEL_SEED", 1));
    let config =
        Config { failure_persistence: None, max_shrink_iters: 0, ..Config::with_cases(cases) };
    let mut bytes = [0; 32];
    bytes[..4].copy_from_slice(&seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let input = (plans::plan(), opening(), vec(intent(), 1..=COMMANDS));
    let seen = RefCell::default();
    let result = TestRunner::new_with_rng(config, rng)
        .run(&input, |(plan, opening, intents)| run(plan, &[opening, intents].concat(), &seen));
    match result {
        Ok(()) => {}
        // The scenario says it all; the intents behind it would only bury it.
        Err(TestError::Fail(reason, _)) => panic!("seed {seed}: {reason}"),
        Err(TestError::Abort(reason)) => panic!("{reason}"),
    }
    assert_eq!(missing(&seen.borrow()), Vec::<String>::new(), "never came up");
}
