//! What an event comes to: a fact about one visit or one conversation, and the fact's
//! contribution to a cell, which is a pure function of the two; taking it back is the same
//! with the other sign. What is still open is in `visits.rs`; where cells are is in `table.rs`.

use serde::{Deserialize, Serialize};

use super::fields::{Basis, Count, Subject, Sum, Timing};
use super::slices::SliceKey;
use crate::event::Cause;
use crate::ids::{AgentKey, TextKey};
use crate::time::{Span, Timestamp};

/// The longest a wait, conversation, hold or wrap-up can be: beyond, an end was lost or a clock
/// jumped.
pub(crate) const LONGEST: Span = Span::secs(31 * 86_400);

/// The visit a fact is about, as far as cells care.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Place {
    pub(crate) slice: SliceKey,
    /// When the visit began: what the offered basis goes by.
    pub(crate) entered: Timestamp,
}

/// One thing that is certain of a visit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Fact {
    /// When it became certain: what the event basis goes by.
    pub(crate) at: Timestamp,
    /// The agent it counts for, besides the queue.
    pub(crate) agent: Option<AgentKey>,
    /// The agent's team when it was counted, as a label: it is taken back from there, whatever
    /// was said of the team since.
    pub(crate) team: u32,
    pub(crate) what: What,
}

impl Fact {
    /// By which instant it belongs to an interval; the parts of a split have each their own.
    pub(crate) fn instant(
        self,
        basis: Basis,
        place: Place,
        completed: Option<Timestamp>,
    ) -> Option<Timestamp> {
        match basis {
            Basis::Offered => Some(place.entered),
            Basis::Event | Basis::ServiceLevelEvent => Some(self.at),
            Basis::Completion => completed,
            Basis::Split => None,
        }
    }

    /// A fact that is not counted yet.
    pub(crate) fn new(at: Timestamp, agent: Option<AgentKey>, what: What) -> Self {
        Self { at, agent, team: 0, what }
    }
}

/// How a conversation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Ending {
    ByCustomer { on_hold: bool },
    ByAgent,
    BySystem,
    Transferred,
    HandedOver,
}

impl Ending {
    fn counts(self) -> &'static [Count] {
        match self {
            Self::ByCustomer { on_hold: false } => &[Count::EndedByCustomer],
            Self::ByCustomer { on_hold: true } => &[Count::EndedByCustomer, Count::AbandonedOnHold],
            Self::ByAgent => &[Count::EndedByAgent],
            Self::BySystem => &[],
            Self::Transferred => &[Count::Transferred],
            Self::HandedOver => &[Count::Transferred, Count::HandedOver],
        }
    }
}

/// What a fact says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum What {
    Entered {
        first: bool,
    },
    Answered {
        wait: Span,
        connecting: Span,
    },
    Abandoned {
        wait: Span,
    },
    Left {
        wait: Span,
        cause: Cause,
    },
    /// Not let into the queue.
    Refused {
        cause: Cause,
    },
    OfferMade,
    OfferAccepted {
        ringing: Span,
    },
    OfferDeclined,
    OfferMissed,
    OfferWithdrawn,
    OfferLost,
    CallbackOffered,
    CallbackFailed,
    Responded {
        wait: Span,
    },
    /// A hold ended. Its part of the conversation counts there; here is when it was.
    Held {
        length: Span,
    },
    /// A conversation ended; its wrap-up may follow.
    Conversed {
        talk: Span,
        hold: Span,
        holds: u32,
        ending: Ending,
    },
    /// A conversation is wholly done.
    Handled {
        handle: Span,
        wrap_up: Span,
    },
    /// A code the agent gave; those of a greater `set` replace those of a lower.
    Code {
        name: TextKey,
        set: u32,
    },
    /// Said of a visit beside its course; one of a greater `revision` replaces that of the
    /// same name.
    Marked {
        name: TextKey,
        mark: Mark,
        revision: u32,
    },
}

/// What is said of a visit beside its course.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Mark {
    /// It was so: `code.<name>` counts it.
    Code,
    /// An answer on a scale: `score.<name>`.
    Score(u8),
    /// Millionths of a unit, money or whatever the name says: `amount.<name>`.
    Amount(i64),
    /// An agent's first message, so long after the visit began: `responded`, `first_response`.
    Response(Span),
}

/// One step of a contribution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Delta {
    Count(Count, u32),
    Sum(Sum, Span),
    Timing(Timing, Span),
    Left(Cause),
    Refused(Cause),
    Code(TextKey),
    Score(TextKey, u8),
    Amount(TextKey, i64),
}

/// Whoever takes facts, one after the other. A closure does; so do those that must be compiled
/// into one piece with what tells them, which the language grants to methods only.
pub(crate) trait Hears {
    fn hear(&mut self, fact: &Fact);
}

impl<F: FnMut(&Fact)> Hears for F {
    #[inline(always)]
    fn hear(&mut self, fact: &Fact) {
        self(fact);
    }
}

/// Whoever takes the steps of a contribution; for the rest as [`Hears`].
pub(crate) trait Gains {
    fn gain(&mut self, delta: Delta);
}

impl<F: FnMut(Delta)> Gains for F {
    #[inline(always)]
    fn gain(&mut self, delta: Delta) {
        self(delta);
    }
}

impl What {
    /// Whether it counts for an agent too: all but the waits, which are the queue's doing.
    pub(crate) fn is_agents(self) -> bool {
        match self {
            Self::Entered { .. }
            | Self::Abandoned { .. }
            | Self::Left { .. }
            | Self::Refused { .. }
            | Self::CallbackOffered => false,
            Self::Answered { .. }
            | Self::OfferMade
            | Self::OfferAccepted { .. }
            | Self::OfferDeclined
            | Self::OfferMissed
            | Self::OfferWithdrawn
            | Self::OfferLost
            | Self::CallbackFailed
            | Self::Responded { .. }
            | Self::Held { .. }
            | Self::Conversed { .. }
            | Self::Handled { .. }
            | Self::Code { .. }
            | Self::Marked { .. } => true,
        }
    }

    /// What the cell of a queue or an agent gains.
    #[inline(always)]
    pub(crate) fn contribution(self, subject: Subject, to: &mut impl Gains) {
        let one = |what| Delta::Count(what, 1);
        match self {
            Self::Entered { first } => {
                to.gain(one(Count::Offered));
                if first {
                    to.gain(one(Count::Contacts));
                }
            }
            Self::Answered { wait, connecting } => {
                to.gain(one(Count::Answered));
                to.gain(Delta::Sum(Sum::Connecting, connecting));
                if subject == Subject::Queue {
                    to.gain(Delta::Timing(Timing::WaitAnswered, wait));
                }
            }
            Self::Abandoned { wait } => {
                to.gain(one(Count::Abandoned));
                to.gain(Delta::Timing(Timing::WaitAbandoned, wait));
            }
            Self::Left { wait, cause } => left(wait, cause, to),
            Self::Refused { cause } => {
                to.gain(one(Count::Refused));
                to.gain(Delta::Refused(cause));
            }
            Self::OfferMade => to.gain(one(Count::OffersMade)),
            Self::OfferAccepted { ringing } => {
                to.gain(one(Count::OffersAccepted));
                to.gain(Delta::Sum(Sum::Ringing, ringing));
            }
            Self::OfferDeclined => to.gain(one(Count::OffersDeclined)),
            Self::OfferMissed => to.gain(one(Count::OffersMissed)),
            Self::OfferWithdrawn => to.gain(one(Count::OffersWithdrawn)),
            Self::OfferLost => to.gain(one(Count::OffersLost)),
            Self::CallbackOffered => to.gain(one(Count::CallbacksOffered)),
            Self::CallbackFailed => to.gain(one(Count::CallbacksFailed)),
            Self::Responded { wait } => {
                to.gain(one(Count::Responded));
                to.gain(Delta::Timing(Timing::FirstResponse, wait));
            }
            Self::Held { .. } => {}
            Self::Conversed { talk, hold, holds, ending } => {
                conversed(talk, hold, holds, ending, to);
            }
            Self::Handled { handle, wrap_up } => {
                to.gain(one(Count::Handled));
                if wrap_up > Span::ZERO {
                    to.gain(one(Count::Wrapped));
                    to.gain(Delta::Timing(Timing::WrapUp, wrap_up));
                }
                to.gain(Delta::Timing(Timing::Handle, handle));
            }
            Self::Code { name, .. } => to.gain(Delta::Code(name)),
            Self::Marked { name, mark, .. } => match mark {
                Mark::Code => to.gain(Delta::Code(name)),
                Mark::Score(value) => to.gain(Delta::Score(name, value)),
                Mark::Amount(value) => to.gain(Delta::Amount(name, value)),
                Mark::Response(wait) => Self::Responded { wait }.contribution(subject, to),
            },
        }
    }
}

#[inline(always)]
fn conversed(talk: Span, hold: Span, holds: u32, ending: Ending, to: &mut impl Gains) {
    to.gain(Delta::Count(Count::Conversations, 1));
    to.gain(Delta::Timing(Timing::Talk, talk));
    if holds > 0 {
        to.gain(Delta::Count(Count::Held, 1));
        to.gain(Delta::Count(Count::Holds, holds));
        to.gain(Delta::Timing(Timing::Hold, hold));
    }
    ending.counts().iter().for_each(|&what| to.gain(Delta::Count(what, 1)));
}

#[inline(always)]
fn left(wait: Span, cause: Cause, to: &mut impl Gains) {
    to.gain(Delta::Count(Count::Left, 1));
    if cause == Cause::Callback {
        to.gain(Delta::Count(Count::CallbacksTaken, 1));
    }
    to.gain(Delta::Timing(Timing::WaitLeft, wait));
    to.gain(Delta::Left(cause));
}
