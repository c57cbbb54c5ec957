//! The engine against the oracle on generated plans and commands: the same answers, the
//! same events in the same order, the same next deadline; and what must hold of any log:
//! a refusal leaves no trace, the same log gives the same state, also from a snapshot.
//!
//! About 100,000 commands by default; `CCROUTE_MODEL_CASES=20000 cargo test --test model`
//! runs more. A sequence that fails is printed as a scenario.

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
use proptest::test_runner::{Config, TestError, TestRunner};

use intents::{Intent, intent, opening};
use oracle::{Engine, Oracle, Outcome, Rules, Step, Subject, consequences};

/// Commands a case at most; a snapshot is taken every so many.
const COMMANDS: usize = 220;
const SNAPSHOT_EVERY: usize = 16;
const CASES: u32 = 1_000;

/// The steps so far with what the oracle says of them.
struct Log {
    plan: Plan,
    lines: Vec<(Step, Outcome)>,
}

impl Log {
    /// As a scenario file.
    fn scenario(&self) -> String {
        let mut text = format!("# What fails\n{}\n", self.plan.to_toml());
        for (step, outcome) in &self.lines {
            let right = consequences(outcome).join("; ");
            writeln!(text, "{step} -> {right}").expect("a string takes text");
        }
        text
    }

    fn failed(&self, what: &str) -> TestCaseError {
        TestCaseError::fail(format!("{what}\n\n{}", self.scenario()))
    }
}

/// One step of both; what differs.
fn compare(oracle: &mut Oracle, engine: &mut Engine, log: &mut Log, step: Step) -> Result<(), String> {
    let expected = oracle.take(&step);
    log.lines.push((step.clone(), expected.clone()));
    let untouched = (expected.answer.is_err() && step.id.is_none()).then(|| {
        let mut other = engine.restored();
        // Time that runs backwards is refused, and changes nothing either.
        let _ = other.router.advance(step.at);
        other.router.state_hash()
    });
    let got = engine.take(&step);
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
    Ok(())
}

/// The words that came up: events with their causes, refusals.
type Seen = BTreeSet<String>;

fn run(plan: Plan, intents: &[Intent], seen: &RefCell<Seen>) -> Result<(), TestCaseError> {
    let written = Plan::from_toml(&plan.to_toml());
    prop_assert_eq!(written.as_ref(), Ok(&plan), "{}", plan.to_toml());
    let mut oracle = Oracle::new(Rules::from_plan(&plan));
    let mut engine = Engine::new(plan.clone());
    let mut log = Log { plan: plan.clone(), lines: Vec::new() };
    let mut snapshots = Vec::new();
    for (at, intent) in intents.iter().enumerate() {
        if at % SNAPSHOT_EVERY == 0 {
            snapshots.push((at, engine.restored()));
        }
        let step = intent.step(&oracle);
        compare(&mut oracle, &mut engine, &mut log, step).map_err(|what| log.failed(&what))?;
    }
    note(&log, &mut seen.borrow_mut());
    // The same log from the start and from every snapshot.
    snapshots.push((0, Engine::new(plan)));
    let hash = engine.router.state_hash();
    for (from, mut other) in snapshots {
        for (step, expected) in &log.lines[from..] {
            if other.take(step) != *expected {
                return Err(log.failed(&format!("set up again before {from}: {step}")));
            }
        }
        if other.router.state_hash() != hash {
            return Err(log.failed(&format!("set up again before {from}: another hash")));
        }
    }
    Ok(())
}

fn note(log: &Log, seen: &mut Seen) {
    for (_, outcome) in &log.lines {
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

fn cases() -> u32 {
    #[expect(clippy::disallowed_methods, reason = "the size of a test run is the tester's")]
    let wanted = std::env::var("CCROUTE_MODEL_CASES");
    wanted.map_or(CASES, |cases| cases.parse().expect("CCROUTE_MODEL_CASES is a number"))
}

#[test]
fn the_engine_does_what_the_oracle_does() {
    let config = Config { failure_persistence: None, max_shrink_iters: 20_000, ..Config::with_cases(cases()) };
    let input = (plans::plan(), opening(), vec(intent(), 1..=COMMANDS));
    let seen = RefCell::default();
    let result = TestRunner::new(config).run(&input, |(plan, opening, intents)| {
        run(plan, &[opening, intents].concat(), &seen)
    });
    match result {
        Ok(()) => {}
        // The scenario says it all; the intents behind it would only bury it.
        Err(TestError::Fail(reason, _)) => panic!("{reason}"),
        Err(TestError::Abort(reason)) => panic!("{reason}"),
    }
    assert_eq!(missing(&seen.borrow()), Vec::<String>::new(), "never came up");
}
