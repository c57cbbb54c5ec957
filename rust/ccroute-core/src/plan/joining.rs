//! Who may join a queue, who must leave it, and what then becomes of them.

use serde::{Deserialize, Serialize};

use super::escalation::Action;
use crate::event::words;
use crate::ids::{CalendarKey, QueueKey};
use crate::time::Span;

words!(
    /// What may be the matter with an agent who serves a queue.
    StaffReason {
        /// Not ready.
        Paused = "paused",
        /// Of a rank above the queue's window.
        Penalty = "penalty",
        /// In a conversation, or the phone is in use.
        InUse = "in_use",
        /// Offered a contact, or the phone is ringing.
        Ringing = "ringing",
        /// Signed out, or the phone cannot be reached.
        Unavailable = "unavailable",
        /// The phone does not exist.
        Invalid = "invalid",
        /// Nothing is known of the phone.
        Unknown = "unknown",
        /// In wrap-up.
        WrapUp = "wrap_up",
    }
);

/// Several reasons; an agent counts as staff who is free of all of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StaffReasons(u8);

impl StaffReasons {
    /// These reasons.
    #[must_use]
    pub fn of(reasons: &[StaffReason]) -> Self {
        Self(reasons.iter().fold(0, |bits, &reason| bits | 1 << reason as u8))
    }

    /// Whether none is named: everybody counts, nothing is asked.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether some reason is in both.
    #[must_use]
    pub fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Adds a reason.
    pub fn add(&mut self, reason: StaffReason) {
        self.0 |= 1 << reason as u8;
    }

    /// The reasons, in the order of [`StaffReason`].
    pub fn iter(self) -> impl Iterator<Item = StaffReason> {
        StaffReason::ALL.iter().copied().filter(move |&reason| self.0 >> reason as u8 & 1 == 1)
    }
}

/// Who may join.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Admission {
    /// How many contacts may be in the queue, not yet connected; `None`: any number.
    pub longest: Option<u32>,
    /// Somebody must serve it who is free of these.
    pub staff: StaffReasons,
    /// Where those go who may not; `None`: nowhere.
    pub otherwise: Option<QueueKey>,
}

/// Who must leave, and who may come back to their place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leaving {
    /// When nobody serves the queue who is free of these.
    pub staff: StaffReasons,
    /// For so long.
    pub after: Span,
    /// And not before they have waited this long.
    pub grace: Span,
    /// What becomes of them.
    pub action: Action,
    /// Who hung up finds their place again within this.
    pub resume_within: Span,
}

impl Default for Leaving {
    fn default() -> Self {
        Self {
            staff: StaffReasons::default(),
            after: Span::ZERO,
            grace: Span::ZERO,
            action: Action::End(crate::event::Cause::NoAgents),
            resume_within: Span::ZERO,
        }
    }
}

/// When a queue is open, and what happens when it is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hours {
    /// Its calendar.
    pub calendar: CalendarKey,
    /// Where newcomers go while it is closed; `None`: nowhere.
    pub otherwise: Option<QueueKey>,
    /// What becomes of those who wait when it closes; `None`: they wait on.
    pub waiting: Option<Action>,
}

/// How customers are called back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallbackRule {
    /// Where they wait for it; `None`: in the same queue.
    pub queue: Option<QueueKey>,
    /// How often they are called.
    pub attempts: u16,
    /// How long after a failed attempt.
    pub retry: Retry,
    /// How long the agent who tried is preferred at the next attempt.
    pub owner_first: Span,
    /// How long customer and agent may take to be joined.
    pub connect_within: Span,
}

/// How long after a failed attempt comes the next, by what went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retry {
    /// The customer did not answer.
    pub missed: Span,
    /// The line was busy.
    pub busy: Span,
    /// The customer could not be reached, or anything else.
    pub unreachable: Span,
}

impl Default for CallbackRule {
    fn default() -> Self {
        Self {
            queue: None,
            attempts: 3,
            retry: Retry {
                missed: Span::secs(900),
                busy: Span::secs(300),
                unreachable: Span::secs(3_600),
            },
            owner_first: Span::secs(30),
            connect_within: Span::secs(60),
        }
    }
}
