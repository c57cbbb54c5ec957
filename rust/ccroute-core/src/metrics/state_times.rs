//! What an agent's time came to in an interval, by state. Which state an agent is in does not
//! belong here.

use serde::{Deserialize, Serialize};

use super::agent_state::{Part, Presence, State};
use super::reading::StateTime;
use crate::ids::TextKey;

/// Microseconds by state. They add up to the time signed in, plus any work done signed out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateTimes {
    /// Talking with at least one contact.
    pub talk: i64,
    /// All contacts in conversation on hold.
    pub hold: i64,
    /// Accepted, not yet joined.
    pub connecting: i64,
    /// Being offered a contact.
    pub offered: i64,
    /// Wrapping up, and nothing else.
    pub wrap_up: i64,
    /// Ready, with nothing to do.
    pub idle: i64,
    /// Ready, with nothing of ours to do, but the device in use, ringing or unreachable: an
    /// agent on an outside call is not idle.
    pub device_busy: i64,
    /// Not ready, with nothing to do, by reason.
    pub not_ready: Vec<(Option<TextKey>, i64)>,
    /// Signed in, whatever the state.
    pub signed_in: i64,
}

impl StateTimes {
    /// Microseconds in a state; of not ready, those of a reason when one is asked for: one
    /// that somebody gave, or none.
    #[must_use]
    #[expect(clippy::option_option, reason = "nothing asked, a reason nobody gave, no reason")]
    pub(crate) fn of(&self, time: StateTime, reason: Option<Option<Option<TextKey>>>) -> i64 {
        match (time, reason) {
            (StateTime::Talk, _) => self.talk,
            (StateTime::Hold, _) => self.hold,
            (StateTime::Connecting, _) => self.connecting,
            (StateTime::Offered, _) => self.offered,
            (StateTime::WrapUp, _) => self.wrap_up,
            (StateTime::Idle, _) => self.idle,
            (StateTime::DeviceBusy, _) => self.device_busy,
            (StateTime::SignedIn, _) => self.signed_in,
            (StateTime::NotReady, None) => self.not_ready.iter().map(|&(_, micros)| micros).sum(),
            (StateTime::NotReady, Some(None)) => 0,
            (StateTime::NotReady, Some(Some(reason))) => {
                let known = self.not_ready.iter().find(|&&(known, _)| known == reason);
                known.map_or(0, |&(_, micros)| micros)
            }
        }
    }

    /// Adds all of `other`.
    pub fn merge(&mut self, other: &Self) {
        self.talk += other.talk;
        self.hold += other.hold;
        self.connecting += other.connecting;
        self.offered += other.offered;
        self.wrap_up += other.wrap_up;
        self.idle += other.idle;
        self.device_busy += other.device_busy;
        self.signed_in += other.signed_in;
        other.not_ready.iter().for_each(|&(reason, micros)| self.add_not_ready(reason, micros));
    }

    fn add_not_ready(&mut self, reason: Option<TextKey>, micros: i64) {
        match self.not_ready.binary_search_by_key(&reason, |&(known, _)| known) {
            Ok(row) => {
                self.not_ready[row].1 += micros;
                // All of it was taken away.
                if self.not_ready[row].1 == 0 {
                    self.not_ready.remove(row);
                }
            }
            Err(row) => self.not_ready.insert(row, (reason, micros)),
        }
    }

    /// Adds time in a state, or takes it away again.
    pub(super) fn add(&mut self, state: State, micros: i64) {
        if state.presence != Presence::Offline {
            self.signed_in += micros;
        }
        match (state.part, state.presence) {
            (Some(Part::Engaged), _) => self.talk += micros,
            (Some(Part::Held), _) => self.hold += micros,
            (Some(Part::Connecting), _) => self.connecting += micros,
            (Some(Part::Offered), _) => self.offered += micros,
            (Some(Part::Wrapping), _) => self.wrap_up += micros,
            (None, Presence::Ready) if state.is_free => self.idle += micros,
            (None, Presence::Ready) => self.device_busy += micros,
            (None, Presence::NotReady(reason)) => self.add_not_ready(reason, micros),
            (None, Presence::Offline) => {}
        }
    }
}
