//! Random and mangled bytes wherever the core reads any: plans, conditions, snapshots. They
//! are taken or refused in words; nothing panics, and a router under a plan that was taken
//! keeps its invariants whatever is asked of it.
//!
//! `CCROUTE_RANDOM_BYTES=20000000 cargo test --test random_bytes` reads more.

#[path = "commands/mod.rs"]
mod commands;
mod dice;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use ccroute_core::{
    Condition, ConfigError, EventKind, Feed, KpiAggregator, Plan, PlanDocument, Router, Scope,
};
use commands::{Choices, Crowd};
use dice::{Dice, chosen};

impl Choices for Dice {
    fn below(&mut self, sides: usize) -> usize {
        Self::below(self, sides)
    }
}

/// Bytes in all, unless somebody asks for more.
const BYTES: u32 = 1_500_000;
const EVERY_KEY: &str = include_str!("../src/plan/tests/every_key.toml");
/// What plans are made of, so that some of what is thrown together can be read.
const PARTS: [&str; 40] = [
    "[queues.a]\n",
    "[queues.b]\n",
    "[agents.ana]\n",
    "skills = ",
    "queues = ",
    "channels = ",
    "strategy = ",
    "order = ",
    "offer = ",
    "escalation = ",
    "requires = ",
    "all_of = ",
    "any_of = ",
    "where = ",
    "after = ",
    "when = ",
    "drop = ",
    "end = ",
    "move_to = ",
    "[",
    "]",
    "{",
    "}",
    "\"",
    "'",
    ", ",
    " = ",
    "\n",
    "\"es\"",
    "\"a\"",
    "5",
    "-1",
    "\"30s\"",
    "1e9",
    "0.000001",
    "9223372036854775808",
    "true",
    "\"timed_out\"",
    "[[classification.rules]]\n",
    "\"\\u0000\"",
];
const CONDITION_PARTS: [&str; 36] = [
    "segment",
    "attributes",
    ".",
    "[",
    "]",
    "\"gold\"",
    "'x'",
    "contact.band",
    "queue.waiting",
    "skills.es",
    "labels.site",
    "agent",
    "(",
    ")",
    "!",
    "&&",
    "||",
    "?",
    ":",
    "==",
    "!=",
    "<",
    ">=",
    "in",
    ",",
    "+",
    "-",
    "*",
    "/",
    "%",
    "has(",
    "size(",
    "int(",
    "9223372036854775807",
    "0",
    " ",
];

/// How many bytes a test reads in all.
fn amount() -> usize {
    chosen("CCROUTE_RANDOM_BYTES", BYTES) as usize
}

fn noise(dice: &mut Dice, length: usize) -> Vec<u8> {
    (0..length).map(|_| dice.below(256) as u8).collect()
}

fn thrown_together(dice: &mut Dice, parts: &[&str], most: usize) -> String {
    (0..dice.below(most)).map(|_| parts[dice.below(parts.len())]).collect()
}

/// Bytes changed in a few places: flipped, cut, doubled, put elsewhere.
fn mangled(dice: &mut Dice, bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..1 + dice.below(4) {
        let at = dice.below(bytes.len().max(1)).min(bytes.len());
        let end = (at + dice.below(24)).min(bytes.len());
        match dice.below(6) {
            0 => bytes[at..end].iter_mut().for_each(|byte| *byte = dice.below(256) as u8),
            1 => _ = bytes.drain(at..end),
            2 => {
                let again = bytes[at..end].to_vec();
                bytes.splice(at..at, again);
            }
            3 => bytes.truncate(at.max(1)),
            4 => _ = bytes.splice(at..at, noise(dice, 3)),
            _ if at < bytes.len() => bytes[at] ^= 1 << dice.below(8),
            _ => {}
        }
    }
    bytes
}

/// A plan changed as somebody would who does not know the rules: values and lines of other
/// places, numbers that are too great.
fn misunderstood(dice: &mut Dice, text: &str) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for _ in 0..1 + dice.below(3) {
        let (at, other) = (dice.below(lines.len()), dice.below(lines.len()));
        let number = dice.among(&["0", "-1", "1", "3", "65536", "1e300", "\"10s\"", "[]", "true"]);
        match dice.below(5) {
            0 => _ = lines.remove(at),
            1 => lines.swap(at, other),
            2 => lines.insert(at, lines[other].clone()),
            _ => {
                let line = lines[at].clone();
                let values: Vec<(usize, &str)> =
                    line.match_indices(|letter: char| letter.is_ascii_digit()).collect();
                let Some((digit, _)) = values.get(dice.below(values.len().max(1))) else {
                    continue;
                };
                lines[at].replace_range(*digit..digit + 1, number);
            }
        }
        if lines.is_empty() {
            lines.push(String::new());
        }
    }
    lines.join("\n")
}

/// Refusals say something, with a line that is there.
fn is_told(error: &ConfigError, text: &str) {
    assert!(!error.to_string().is_empty());
    let last = text.lines().count() + 1;
    assert!(error.line.is_none_or(|line| (1..=last).contains(&line)), "{error:?}\n{text}");
}

/// Reads a text as a plan; one that is taken is lived in.
fn read(text: &str, dice: &mut Dice, lived: &mut usize) {
    let document = match PlanDocument::from_toml(text) {
        Ok(document) => document,
        Err(error) => return is_told(&error, text),
    };
    let plan = match document.check() {
        Ok(plan) => plan,
        Err(errors) => {
            assert!(!errors.is_empty());
            return errors.iter().for_each(|error| is_told(error, text));
        }
    };
    let written = plan.to_toml();
    let again = Plan::from_toml(&written).unwrap_or_else(|error| panic!("{error}\n{written}"));
    assert_eq!(again, plan, "{written}");
    *lived += 1;
    if dice.chance(1, 4) || *lived < 50 {
        live(plan, dice).unwrap_or_else(|broken| panic!("{broken}\n{text}"));
    }
}

/// A hundred commands, with invariants checked after each; says which one breaks them.
fn live(plan: Plan, dice: &mut Dice) -> Result<(), String> {
    let plan = Arc::new(plan);
    let mut router = Router::new(Arc::clone(&plan));
    let mut crowd = Crowd::default();
    for step in 0..100 {
        let plans = std::slice::from_ref(&plan);
        let told = catch_unwind(AssertUnwindSafe(|| crowd.step(&mut router, plans, dice)));
        let broken = |what: String| format!("step {step}: {what}\n{}", crowd.told());
        match told {
            Ok(Ok(_)) => {}
            Ok(Err(refused)) => assert!(!refused.message.is_empty(), "{refused:?}"),
            Err(_) => return Err(broken("it panicked".to_owned())),
        }
        router.check().map_err(broken)?;
    }
    let restored = Router::restore(&router.snapshot()).map_err(|error| error.to_string())?;
    assert_eq!(restored.state_hash(), router.state_hash());
    Ok(())
}

#[test]
fn no_text_makes_the_plan_reader_panic() {
    let mut dice = Dice::new(0xb17e5);
    let (mut read_so_far, mut lived) = (0, 0);
    let every_key = Plan::from_toml(EVERY_KEY).expect("the plan with every key").to_toml();
    while read_so_far < amount() {
        let length = dice.below(300);
        let text = match dice.below(6) {
            0 => String::from_utf8_lossy(&noise(&mut dice, length)).into_owned(),
            1 => thrown_together(&mut dice, &PARTS, 40),
            2 => String::from_utf8_lossy(&mangled(&mut dice, EVERY_KEY.as_bytes())).into_owned(),
            3 => misunderstood(&mut dice, &every_key),
            _ => misunderstood(&mut dice, EVERY_KEY),
        };
        read_so_far += text.len();
        read(&text, &mut dice, &mut lived);
    }
    assert!(lived * 40_000 > amount(), "only {lived} plans were taken");
}

#[test]
fn no_text_makes_the_condition_reader_panic() {
    let mut dice = Dice::new(0xce1);
    let (mut read_so_far, mut taken) = (0, 0);
    while read_so_far < amount() / 4 {
        let text = if dice.chance(1, 4) {
            let length = dice.below(80);
            String::from_utf8_lossy(&noise(&mut dice, length)).into_owned()
        } else {
            thrown_together(&mut dice, &CONDITION_PARTS, 12)
        };
        read_so_far += text.len() + 1;
        for scope in [Scope::Contact, Scope::Step, Scope::Agent] {
            match Condition::new(&text, scope) {
                Ok(condition) => {
                    taken += 1;
                    assert_eq!(condition.text(), text);
                    assert!(!(condition.never_holds() && condition.always_holds()), "{text}");
                }
                Err(error) => assert!(!error.message.is_empty(), "{text}"),
            }
        }
    }
    assert!(taken > 100, "only {taken} conditions were taken");
}

/// Routers in the middle of their work, under the plan with every key, and their figures.
fn snapshots(dice: &mut Dice) -> Vec<(Vec<u8>, Vec<u8>)> {
    let plan = Arc::new(Plan::from_toml(EVERY_KEY).expect("the plan with every key"));
    let mut figures = KpiAggregator::default();
    let mut feed = Feed::new("router", &mut figures).expect("its first source");
    let taken = (0..6).map(|_| {
        let mut router = Router::new(Arc::clone(&plan));
        let mut crowd = Crowd::default();
        for _ in 0..150 {
            _ = crowd.step(&mut router, &[], dice);
            feed.pour(&router, &mut figures);
            router.clear_events();
        }
        (router.snapshot(), figures.snapshot())
    });
    taken.collect()
}

#[test]
fn no_bytes_make_a_snapshot_that_is_damaged_pass_or_panic() {
    let mut dice = Dice::new(0x54a);
    let snapshots = snapshots(&mut dice);
    let mut read_so_far = 0;
    while read_so_far < amount() {
        let (router, figures) = &snapshots[dice.below(snapshots.len())];
        let length = dice.below(400);
        let (router, figures) = if dice.chance(1, 4) {
            (noise(&mut dice, length), noise(&mut dice, length))
        } else {
            (mangled(&mut dice, router), mangled(&mut dice, figures))
        };
        read_so_far += router.len() + figures.len();
        let known = |bytes: &[u8]| snapshots.iter().any(|of| of.0 == bytes || of.1 == bytes);
        if !known(&router) {
            assert!(Router::restore(&router).is_err_and(|error| !error.to_string().is_empty()));
        }
        if !known(&figures) {
            assert!(KpiAggregator::restore(&figures).is_err());
        }
    }
}

#[test]
fn the_words_of_events_are_read_without_panic() {
    let mut dice = Dice::new(0xe7e);
    for _ in 0..20_000 {
        let length = dice.below(20);
        let word = String::from_utf8_lossy(&noise(&mut dice, length)).into_owned();
        assert_eq!(EventKind::from_word(&word).map(EventKind::word), None);
        let code = dice.below(256) as u8;
        assert_eq!(EventKind::from_code(code).is_some(), (code as usize) < EventKind::ALL.len());
    }
}
