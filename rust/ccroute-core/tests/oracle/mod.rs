//! The slow, obvious router: plain vectors and linear scans, each rule beside the
//! sentence of `docs/engine.md` it comes from, everything in names instead of keys.
//! The real router is compared with it. Nothing here may look into the engine.

// Every test binary takes the part it needs.
#![allow(dead_code, unused_imports)]

mod agents;
mod choice;
mod commands;
mod contacts;
mod conversations;
mod driver;
mod happening;
mod offers;
mod router;
mod rules;
mod scenario;

use ccroute_core::{RejectionCode, Timestamp};

pub(crate) use commands::{Arrival, Profile, ScriptCommand, Step};
pub(crate) use driver::Engine;
pub(crate) use happening::Happening;
pub(crate) use router::{Contact, Oracle, Phase};
pub(crate) use rules::{Need, Rules};
pub(crate) use scenario::{Scenario, consequences, play};

/// What came of one step: the events in order, and the answer. An answer is the name
/// of what came into being (an agent, a contact) or empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) events: Vec<Happening>,
    pub(crate) answer: Result<String, RejectionCode>,
}

/// A router that takes steps in names: the oracle, or the engine behind a [`Engine`].
pub(crate) trait Subject {
    fn take(&mut self, step: &Step) -> Outcome;
    fn next_deadline(&self) -> Option<Timestamp>;
    fn check(&self) -> Result<(), String>;
}
