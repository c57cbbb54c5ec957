//! The slow, obvious router: plain vectors and linear scans, each rule beside the
//! sentence of `docs/engine.md` it comes from, everything in names instead of keys.
//! The real router is compared with it. Nothing here may look into the engine.

// Every test binary takes the part it needs.
#![allow(dead_code, unused_imports)]

mod agents;
mod asking;
mod callbacks;
mod choice;
mod classification;
mod commands;
mod conditions;
mod contacts;
mod conversations;
mod driver;
mod eligibility;
mod escalation;
mod estimates;
mod failures;
mod happening;
mod joining;
mod keys;
mod matching;
mod need;
mod offers;
mod plan_change;
mod precedence;
mod queues;
mod reading;
mod reconciling;
mod router;
mod rules;
mod scenario;
mod scores;
mod seen;
mod staff;
mod state;
mod together;
mod translation;
mod waiting;
mod wrap_up;
mod writing;

use ccroute_core::{RejectionCode, Timestamp};

pub(crate) use commands::{Arrival, Observed, ScriptCommand, Step, Table, Update, WORDS};
pub(crate) use driver::Engine;
pub(crate) use happening::Happening;
pub(crate) use need::{Need, Where};
pub(crate) use router::{Contact, Oracle, Phase};
pub(crate) use rules::{Link, Profile, Rules};
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
