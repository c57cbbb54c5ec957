//! Deadlines: one ordered structure. Every transient state has its deadline here.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ids::{AgentKey, ContactKey, OfferKey};
use crate::time::Timestamp;

/// What is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Deadline {
    /// Nobody answered the offer.
    Offer(OfferKey),
    /// Accepted, but not connected.
    Connect(ContactKey),
    /// Wrap-up is over.
    WrapUp(AgentKey, ContactKey),
    /// The contact's next escalation step.
    Escalation(ContactKey),
    /// The agent may be offered the contact again.
    Exclusion(ContactKey, AgentKey),
}

/// Names a deadline that was set, to cancel it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct TimerKey {
    at: Timestamp,
    order: u64,
}

impl TimerKey {
    pub(super) fn at(self) -> Timestamp {
        self.at
    }
}

/// All deadlines, first by instant, then by the order in which they were set.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Timers {
    due: BTreeMap<TimerKey, Deadline>,
    set: u64,
}

impl Timers {
    pub(super) fn set(&mut self, at: Timestamp, deadline: Deadline) -> TimerKey {
        self.set += 1;
        let key = TimerKey { at, order: self.set };
        self.due.insert(key, deadline);
        key
    }

    pub(super) fn cancel(&mut self, key: TimerKey) {
        self.due.remove(&key);
    }

    /// How many deadlines were ever set.
    pub(super) fn set_so_far(&self) -> u64 {
        self.set
    }

    /// The next deadline at or before `now` among the first `set` ever set, taken out.
    pub(super) fn take_due(&mut self, now: Timestamp, set: u64) -> Option<Deadline> {
        let first = self.due.first_entry()?;
        let TimerKey { at, order } = *first.key();
        (at <= now && order <= set).then(|| first.remove())
    }

    pub(super) fn next(&self) -> Option<Timestamp> {
        self.due.first_key_value().map(|(key, _)| key.at)
    }

    /// What is set under `key`; for checks.
    pub(super) fn get(&self, key: TimerKey) -> Option<Deadline> {
        self.due.get(&key).copied()
    }

    pub(super) fn len(&self) -> usize {
        self.due.len()
    }
}
