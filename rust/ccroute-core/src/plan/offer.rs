//! How a contact is proposed to agents, and what follows when they do not take it.

use serde::{Deserialize, Serialize};

use crate::event::words;
use crate::time::Span;

/// How a contact is proposed to agents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferPolicy {
    /// How long the agent may take to answer.
    pub timeout: Span,
    /// How long the platform may take to join customer and agent after that.
    pub connect_within: Span,
    /// What a missed offer does to the agent.
    pub on_missed: OnMissed,
    /// How long the agent is not offered the same contact again; `None`: until the
    /// contact's next step.
    pub exclude_for: Option<Span>,
    /// To how many agents at once; `u16::MAX`: to all.
    pub parallel: u16,
    /// At once only to agents of one rank, the lowest that is eligible.
    pub one_rank: bool,
    /// One agent more whenever so much time has passed.
    pub add_every: Option<Span>,
    /// Accepted as soon as it is made.
    pub auto_accept: bool,
    /// How long those who were not quick enough stay reserved.
    pub grace: Span,
    /// How long an agent is left alone after a failure.
    pub back_off: Failures<Span>,
    /// How many failures in a row make the agent not ready; 0: none do.
    pub limits: Failures<u16>,
}

impl OfferPolicy {
    /// To all eligible agents at once.
    pub const ALL: u16 = u16::MAX;

    /// How many failures in a row make an agent not ready, by cause; 0: none do.
    #[must_use]
    pub fn limit(&self, failure: Failure) -> u16 {
        let limit = *self.limits.of(failure);
        match (failure, self.on_missed) {
            (Failure::Missed, OnMissed::StayReady) => 0,
            (Failure::Missed, OnMissed::NotReady)
            | (Failure::Declined | Failure::Busy | Failure::Unreachable, _) => limit,
        }
    }
}

impl Default for OfferPolicy {
    fn default() -> Self {
        Self {
            timeout: Span::secs(15),
            connect_within: Span::secs(10),
            on_missed: OnMissed::NotReady,
            exclude_for: Some(Span::secs(30)),
            parallel: 1,
            one_rank: false,
            add_every: None,
            auto_accept: false,
            grace: Span::secs(2),
            back_off: Failures::default(),
            limits: Failures { missed: 1, ..Failures::default() },
        }
    }
}

words!(
    /// What a missed offer does to the agent.
    #[derive(Default)]
    OnMissed {
        /// Not ready, until the agent says otherwise.
        #[default]
        NotReady = "not_ready",
        /// Nothing but the exclusion from that contact.
        StayReady = "stay_ready",
    }
);

words!(
    /// Why an offer came to nothing by the agent's doing, or the agent's phone's.
    Failure {
        /// Nobody answered.
        Missed = "missed",
        /// The agent refused it.
        Declined = "declined",
        /// The phone was busy.
        Busy = "busy",
        /// The phone could not be reached.
        Unreachable = "unreachable",
    }
);

/// Something for each cause of failure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failures<T> {
    /// Nobody answered.
    pub missed: T,
    /// The agent refused.
    pub declined: T,
    /// The phone was busy.
    pub busy: T,
    /// The phone could not be reached.
    pub unreachable: T,
}

impl<T> Failures<T> {
    /// What belongs to a cause.
    pub fn of(&self, failure: Failure) -> &T {
        match failure {
            Failure::Missed => &self.missed,
            Failure::Declined => &self.declined,
            Failure::Busy => &self.busy,
            Failure::Unreachable => &self.unreachable,
        }
    }

    /// What belongs to a cause, to change.
    pub fn of_mut(&mut self, failure: Failure) -> &mut T {
        match failure {
            Failure::Missed => &mut self.missed,
            Failure::Declined => &mut self.declined,
            Failure::Busy => &mut self.busy,
            Failure::Unreachable => &mut self.unreachable,
        }
    }
}
