//! The centre as it stands: who waits, what the last minutes came to, what each agent does.
//! Reads only; the windows are in `live.rs`, the agents' states in `agent_time.rs`.

use super::aggregator::KpiAggregator;
use super::facts::What;
use super::fields::Dimension;
use super::live::{End, LiveQueue};
use super::reading::StateTime;
use super::visits::Told;
use crate::ids::{AgentKey, QueueKey, TextKey};
use crate::time::{Span, Timestamp};

/// What an agent does now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LiveAgent {
    /// Who.
    pub agent: AgentKey,
    /// In which state; `None`: signed out and done.
    pub state: Option<StateTime>,
    /// Why not ready.
    pub reason: Option<TextKey>,
    /// Since when.
    pub since: Timestamp,
    /// Contacts the agent has a part in.
    pub contacts: u32,
}

/// The centre as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveView {
    /// When.
    pub at: Timestamp,
    /// Every queue, in the order of the keys.
    pub queues: Vec<LiveQueue>,
    /// Every agent, in the order of the keys.
    pub agents: Vec<LiveAgent>,
}

impl KpiAggregator {
    /// The centre as it stands at `now`, or at the latest event when that is later.
    #[must_use]
    pub fn live(&self, now: Option<Timestamp>) -> LiveView {
        let at = now.unwrap_or_default().max(self.horizon());
        let mut queues = self.live.read_all(at);
        for index in queues.len()..self.names(Dimension::Queue).len() {
            queues.push(self.live.read(QueueKey::new(index), at));
        }
        LiveView { at, queues, agents: self.times.standing() }
    }

    /// The threshold T that a queue's windows count by, for visits that enter from now on.
    pub fn set_target(&mut self, queue: QueueKey, within: Span) {
        self.live.set_target(queue, within);
    }

    /// Keeps the windows up to date with a fact.
    pub(super) fn watch(&mut self, told: &Told) {
        let (key, at) = (told.key, told.fact.at);
        // What leapt ahead of its source's clock changes who waits and nothing else.
        let clock = self.horizon();
        let end = match told.fact.what {
            What::Entered { .. } => {
                let queue = self.queue_at(told.place);
                return self.live.enter(queue, key, at, clock);
            }
            What::Answered { .. } => End::Answered,
            What::Abandoned { .. } => End::Abandoned,
            What::Left { .. } => End::Left,
            What::Refused { .. }
            | What::OfferMade
            | What::OfferAccepted { .. }
            | What::OfferDeclined
            | What::OfferMissed
            | What::OfferWithdrawn
            | What::OfferLost
            | What::CallbackOffered
            | What::CallbackFailed
            | What::Responded { .. }
            | What::Held { .. }
            | What::Conversed { .. }
            | What::Handled { .. }
            | What::Code { .. }
            | What::Marked { .. } => return,
        };
        let queue = self.queue_at(told.place);
        self.live.leave(queue, key, at, end, clock);
    }
}
