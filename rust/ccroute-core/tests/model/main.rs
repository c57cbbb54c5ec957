//! The engine against the oracle on generated plans and commands: the same answers, the
//! same events in the same order, the same state as far as it can be seen; and what must
//! hold of any log: a refusal leaves no trace, the same log gives the same state, also from
//! a snapshot.
//!
//! A million commands by default, on two threads; `CCROUTE_MODEL_COMMANDS=20000000 cargo
//! test --test model` plays more, `CCROUTE_MODEL_SEED=7` others, `CCROUTE_MODEL_RUN=100` only
//! those from the hundredth run on. A run that fails is printed as a scenario, without the
//! commands it fails without.

mod chooser;
mod comparing;
mod describing;
#[path = "../dice/mod.rs"]
mod dice;
mod intents;
#[path = "../oracle/mod.rs"]
mod oracle;
mod plans;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use ccroute_core::{Cause, EventKind, PRESETS, RejectionCode, Strategy};

use comparing::{compare, difference, state_difference, turn};
use dice::{Dice, chosen};
use intents::Mood;
use oracle::{Engine, Oracle, Outcome, Rules, Step, Subject, consequences};
use plans::{Plans, plans};

/// Commands a run; a snapshot is taken every so many.
const RUN: usize = 240;
const SNAPSHOT_EVERY: usize = 48;
/// Commands in all, unless somebody asks for more.
const COMMANDS: u32 = 1_000_000;
/// Of a run that fails: how many of the last commands are told.
const TOLD: usize = 30;

/// What came up: events, causes, refusals, commands, words of plans.
type Seen = BTreeSet<String>;

/// Steps as a scenario file, with what the oracle says of them.
fn scenario(plans: &Plans, steps: &[Step]) -> String {
    let mut oracle = oracle_of(plans);
    let mut text = format!("# What fails\n{}\n", plans.first.to_toml());
    let named = |name: &str| {
        steps.iter().any(|step| step.command.to_string() == format!("set_plan {name}"))
    };
    for (name, plan) in plans.further.iter().filter(|(name, _)| named(name)) {
        writeln!(text, "plan {name}:\n{}", plan.to_toml()).expect("a string takes text");
    }
    for step in steps {
        let right = consequences(&oracle.take(step)).join("; ");
        writeln!(text, "{step} -> {right}").expect("a string takes text");
    }
    text
}

fn oracle_of(plans: &Plans) -> Oracle {
    let further = plans.further.iter();
    let named = further.map(|(name, plan)| (name.clone(), Rules::from_plan(plan))).collect();
    Oracle::with_plans(Rules::from_plan(&plans.first), named)
}

fn engine_of(plans: &Plans) -> Engine {
    Engine::with_plans(plans.first.clone(), &plans.further)
}

/// The steps up to the difference, without those it is there without.
fn reduced(
    mut steps: Vec<Step>,
    differs: impl Fn(&[Step]) -> Option<(usize, String)>,
) -> (Vec<Step>, String) {
    let mut less = String::from("not again");
    let mut at = steps.len();
    while at > 0 {
        at -= 1;
        let mut fewer = steps.clone();
        fewer.remove(at);
        if let Some((last, what)) = differs(&fewer) {
            less = what;
            fewer.truncate(last + 1);
            // What was needed before may be so no longer.
            at = fewer.len();
            steps = fewer;
        }
    }
    (steps, less)
}

/// Tells of a run that fails.
fn told(
    plans: &Plans,
    steps: Vec<Step>,
    what: &str,
    differs: impl Fn(&[Step]) -> Option<(usize, String)>,
) -> String {
    let last = steps.len().saturating_sub(TOLD);
    let tail: Vec<String> = steps[last..].iter().map(ToString::to_string).collect();
    let (steps, less) = reduced(steps, differs);
    format!(
        "{what}\n\nthe last commands:\n{}\n\nreduced: {less}\n\n{}",
        tail.join("\n"),
        scenario(plans, &steps)
    )
}

/// One run of commands; what differs, told in full.
fn run(seed: u64, seen: &mut Seen) -> Result<(), String> {
    let mut dice = Dice::new(seed);
    let plans = plans(&mut dice);
    seen.extend(plans.words.iter().cloned());
    let mood = Mood::new(&mut dice);
    let (mut oracle, mut engine) = (oracle_of(&plans), engine_of(&plans));
    let mut log: Vec<(Step, Outcome)> = Vec::new();
    let mut snapshots = Vec::new();
    for at in 0..RUN {
        if at % SNAPSHOT_EVERY == SNAPSHOT_EVERY - 1 {
            // From here on the engine that was set up again goes on.
            let restored = engine.restored();
            snapshots.push((at, std::mem::replace(&mut engine, restored)));
        }
        let step = intents::step(&mut dice, &mood, &oracle, at);
        let compared = compare(&mut oracle, &mut engine, &step).and_then(|outcome| {
            if at % 4 == 0 {
                state_difference(&oracle, &engine).map_or(Ok(()), Err)?;
            }
            Ok(outcome)
        });
        match compared {
            Ok(outcome) => log.push((step, outcome)),
            Err(what) => {
                let steps = log.into_iter().map(|(step, _)| step).chain([step]).collect();
                return Err(told(&plans, steps, &what, |steps| {
                    difference(&mut oracle_of(&plans), &mut engine_of(&plans), steps)
                }));
            }
        }
    }
    note(&log, seen);
    // The same log from the start, or from a snapshot.
    snapshots.push((0, engine_of(&plans)));
    let (from, mut other) = snapshots.swap_remove(dice.below(snapshots.len()));
    let differs = log[from..].iter().find(|(step, expected)| other.take(step) != *expected);
    if differs.is_some() || other.router.state_hash() != engine.router.state_hash() {
        let steps: Vec<Step> = log.into_iter().map(|(step, _)| step).collect();
        let what = format!("set up again before step {from} it goes another way");
        return Err(told(&plans, steps, &what, |steps| turn(&mut engine_of(&plans), steps)));
    }
    Ok(())
}

fn note(log: &[(Step, Outcome)], seen: &mut Seen) {
    for (step, outcome) in log {
        seen.insert(format!("command {}", step.command.word()));
        for event in &outcome.events {
            seen.insert(format!("event {}", event.kind));
            seen.insert(format!("{} {}", event.kind, event.cause));
            seen.insert(format!("cause {}", event.cause));
        }
        seen.extend(outcome.answer.as_ref().err().map(|code| format!("refused {code}")));
    }
}

/// What has to come up, or the model would not test it.
fn missing(seen: &Seen) -> Vec<String> {
    let kinds = EventKind::ALL.iter().map(|kind| format!("event {kind}"));
    let causes = Cause::ALL.iter().map(|cause| format!("cause {cause}"));
    let codes = RejectionCode::ALL.iter().map(|code| format!("refused {code}"));
    let keys = Strategy::ALL.iter().map(|key| format!("strategy {key}"));
    let presets = PRESETS.iter().map(|preset| format!("preset = \"{}\"", preset.name));
    let commands = oracle::WORDS.iter().map(|word| format!("command {word}"));
    let all = kinds.chain(causes).chain(codes).chain(keys).chain(presets).chain(commands);
    let turns = comparing::TURNS.iter().map(ToString::to_string);
    all.chain(turns).filter(|word| !seen.contains(word)).collect()
}

/// Every second run, from the first or from the second on.
fn play(first: u64) {
    let commands = chosen("CCROUTE_MODEL_COMMANDS", COMMANDS);
    let seed = u64::from(chosen("CCROUTE_MODEL_SEED", 1));
    let runs = u64::from(commands).div_ceil(RUN as u64);
    let mut seen = Seen::new();
    let from = u64::from(chosen("CCROUTE_MODEL_RUN", 0));
    for at in (first..runs).step_by(2).filter(|at| *at >= from) {
        let seed = (seed << 32) + at;
        if let Err(what) = run(seed, &mut seen) {
            panic!("seed {seed} (run {at}): {what}");
        }
    }
    if commands >= COMMANDS {
        assert_eq!(missing(&seen), Vec::<String>::new(), "never came up");
    }
}

#[test]
fn the_engine_does_what_the_oracle_does() {
    play(0);
}

#[test]
fn the_engine_does_what_the_oracle_does_again() {
    play(1);
}
