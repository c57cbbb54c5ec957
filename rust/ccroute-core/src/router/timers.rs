//! Deadlines: one ordered structure, and beside it the looks, which are not set but
//! follow from how things stand. Every transient state has its deadline here.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ids::{AgentKey, ContactKey, OfferKey, QueueKey};
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
    Exclusion { contact: ContactKey, agent: AgentKey, by_host: bool },
    /// One more agent may be offered the contact.
    Ring(ContactKey),
    /// Those who were not quick enough are free again.
    Grace(ContactKey),
    /// The agent can be offered contacts again.
    BackOff(AgentKey),
    /// A scheduled contact's time has come.
    Due(ContactKey),
    /// A contact was suspended long enough.
    Suspension(ContactKey),
    /// Help in a queue may end.
    Help(QueueKey, u32),
}

/// What comes next.
pub(super) enum Due {
    /// What was set.
    Deadline(Deadline),
    /// Contacts that are looked at for their age at one instant, by sequence number.
    Looks(Vec<ContactKey>),
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

    /// The how-many-th deadline it was.
    pub(super) fn set_as(self) -> u64 {
        self.order
    }
}

/// All deadlines, first by instant, then by the order in which they were set; looks come
/// first among equals, by the contact's sequence number.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Timers {
    due: BTreeMap<TimerKey, Deadline>,
    set: u64,
    #[serde(skip)]
    looks: BTreeMap<(Timestamp, u64), ContactKey>,
}

impl Timers {
    pub(super) fn set(&mut self, at: Timestamp, deadline: Deadline) -> TimerKey {
        self.set += 1;
        let key = TimerKey { at, order: self.set };
        self.due.insert(key, deadline);
        key
    }

    /// Counts a deadline that is over before anything else can happen.
    pub(super) fn pass(&mut self, at: Timestamp, _: Deadline) -> TimerKey {
        self.set += 1;
        TimerKey { at, order: self.set }
    }

    pub(super) fn cancel(&mut self, key: TimerKey) {
        self.due.remove(&key);
    }

    pub(super) fn look_at(&mut self, at: Timestamp, sequence: u64, contact: ContactKey) {
        self.looks.insert((at, sequence), contact);
    }

    pub(super) fn forget_look(&mut self, at: Timestamp, sequence: u64) {
        self.looks.remove(&(at, sequence));
    }

    /// How many deadlines were ever set.
    pub(super) fn set_so_far(&self) -> u64 {
        self.set
    }

    /// What comes next at or before `now`, and when, taken out: the looks of one instant, or
    /// a deadline among the first `set` ever set.
    pub(super) fn take_due(&mut self, now: Timestamp, set: u64) -> Option<(Timestamp, Due)> {
        let looked = self.looks.first_key_value().map(|(&(at, _), _)| at).filter(|at| *at <= now);
        let first = self.due.first_entry().filter(|first| {
            let TimerKey { at, order } = *first.key();
            at <= now && order <= set && looked.is_none_or(|looked| at < looked)
        });
        if let Some(first) = first {
            return Some((first.key().at, Due::Deadline(first.remove())));
        }
        let at = looked?;
        let later = self.looks.split_off(&(at, u64::MAX));
        let looks = core::mem::replace(&mut self.looks, later);
        Some((at, Due::Looks(looks.into_values().collect())))
    }

    pub(super) fn next(&self) -> Option<Timestamp> {
        let set = self.due.first_key_value().map(|(key, _)| key.at);
        let looked = self.looks.first_key_value().map(|(&(at, _), _)| at);
        match (set, looked) {
            (Some(set), Some(looked)) => Some(set.min(looked)),
            (set, looked) => set.or(looked),
        }
    }

    /// What is set under `key`; for checks.
    pub(super) fn get(&self, key: TimerKey) -> Option<Deadline> {
        self.due.get(&key).copied()
    }

    pub(super) fn len(&self) -> usize {
        self.due.len()
    }
}
