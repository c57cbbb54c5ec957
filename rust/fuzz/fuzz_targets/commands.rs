//! Any bytes as choices of commands to a router under the plan with every key: no panic, and
//! the invariants hold after each. A router set up again from a snapshot is the same.
#![no_main]

#[path = "../../ccroute-core/tests/commands/mod.rs"]
mod commands;

use std::sync::Arc;

use ccroute_core::{Plan, Router};
use commands::{Choices, Crowd};
use libfuzzer_sys::fuzz_target;

const EVERY_KEY: &str = include_str!("../../ccroute-core/src/plan/tests/every_key.toml");

/// Choices byte by byte; when they run out, always the first.
struct Bytes<'a>(&'a [u8]);

impl Choices for Bytes<'_> {
    fn below(&mut self, sides: usize) -> usize {
        let wide = if sides > 256 { 3 } else { 1 };
        let (taken, rest) = self.0.split_at(wide.min(self.0.len()));
        self.0 = rest;
        taken.iter().fold(0, |number, byte| number * 256 + usize::from(*byte)) % sides
    }
}

fuzz_target!(|data: &[u8]| {
    let plan = Arc::new(Plan::from_toml(EVERY_KEY).expect("the plan with every key"));
    let mut router = Router::new(Arc::clone(&plan));
    let mut crowd = Crowd::default();
    let mut bytes = Bytes(data);
    while !bytes.0.is_empty() {
        _ = crowd.step(&mut router, std::slice::from_ref(&plan), &mut bytes);
        router.check().unwrap_or_else(|broken| panic!("{broken}\n{}", crowd.told()));
    }
    let again = Router::restore(&router.snapshot()).expect("a snapshot just taken");
    assert_eq!(again.state_hash(), router.state_hash());
});
