//! What an event comes to: a fact about one visit or one conversation, and the fact's
//! contribution to a cell, which is a pure function of the two. What is still open is in
//! `visits.rs`; where cells are is in `table.rs`.

use super::cell::Cell;
use super::ladder::Thresholds;
use crate::event::Cause;
use crate::ids::{AgentKey, ChannelKey, QueueKey};
use crate::time::{Span, Timestamp};

use serde::{Deserialize, Serialize};

/// The visit a fact is about, as far as cells care.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Place {
    pub(crate) queue: QueueKey,
    pub(crate) channel: Option<ChannelKey>,
    /// When the visit began: what the offered basis goes by.
    pub(crate) entered: Timestamp,
}

/// One thing that is certain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Fact {
    pub(crate) place: Place,
    /// When it became certain: what the event basis goes by.
    pub(crate) at: Timestamp,
    /// The agent it counts for, besides the queue.
    pub(crate) agent: Option<AgentKey>,
    pub(crate) what: What,
}

/// What a fact says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum What {
    Entered,
    Answered {
        wait: Span,
    },
    Abandoned {
        wait: Span,
    },
    Left {
        wait: Span,
        cause: Cause,
    },
    OfferMade,
    OfferAccepted,
    OfferDeclined,
    OfferMissed,
    OfferWithdrawn,
    OfferLost,
    /// Not let into the queue.
    Refused,
    /// A conversation ended; its wrap-up may follow.
    Conversed {
        talk: Span,
        hold: Span,
        holds: u32,
        transferred: bool,
    },
    /// A conversation is wholly done.
    Handled {
        handle: Span,
        wrap_up: Span,
    },
}

impl What {
    /// What the cell of the queue gains.
    pub(crate) fn count_for_queue(self, cell: &mut Cell, ladder: &Thresholds) {
        match self {
            Self::Entered => cell.offered += 1,
            Self::Answered { wait } => cell.answer(wait, ladder),
            Self::Abandoned { wait } => cell.abandon(wait, ladder),
            Self::Left { wait, cause } => cell.leave(cause, wait),
            Self::OfferMade => cell.offers.made += 1,
            Self::OfferAccepted => cell.offers.accepted += 1,
            Self::OfferDeclined => cell.offers.declined += 1,
            Self::OfferMissed => cell.offers.missed += 1,
            Self::OfferWithdrawn => cell.offers.withdrawn += 1,
            Self::OfferLost => cell.offers.lost += 1,
            Self::Refused => cell.refused += 1,
            Self::Conversed { talk, hold, holds, transferred } => {
                cell.conversations += 1;
                cell.transferred += u64::from(transferred);
                cell.holds += u64::from(holds);
                cell.talk += i128::from(talk.micros());
                cell.hold += i128::from(hold.micros());
            }
            Self::Handled { handle, wrap_up } => {
                cell.wrap_up += i128::from(wrap_up.micros());
                cell.handle.record(handle);
            }
        }
    }

    /// What the cell of the agent gains: all but the waits, which are the queue's doing.
    pub(crate) fn count_for_agent(self, cell: &mut Cell, ladder: &Thresholds) {
        match self {
            Self::Entered | Self::Abandoned { .. } | Self::Left { .. } | Self::Refused => {}
            Self::Answered { .. } => cell.answered += 1,
            Self::OfferMade
            | Self::OfferAccepted
            | Self::OfferDeclined
            | Self::OfferMissed
            | Self::OfferWithdrawn
            | Self::OfferLost
            | Self::Conversed { .. }
            | Self::Handled { .. } => self.count_for_queue(cell, ladder),
        }
    }
}

/// Why an event was not counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Uncounted {
    /// Its like came before: numbered no higher than the last of its source, or the
    /// beginning of a visit that has begun.
    Duplicate,
    /// An end without its beginning, a beginning in the wrong place.
    Orphan,
    /// It lacks what its kind must name: contact, queue or agent.
    Incomplete,
}

/// What became of the events, so that nothing is dropped in silence.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counters {
    /// Events folded, counted or not.
    pub events: u64,
    /// Ignored: seen before, by sequence number or as the beginning of a visit under way.
    pub duplicates: u64,
    /// Ignored: an end without a beginning, or one that the state of things rules out.
    pub orphans: u64,
    /// Ignored: without the contact, queue or agent their kind must name.
    pub incomplete: u64,
    /// Durations that would have been negative, taken as zero: the source's clock jumped.
    pub backwards: u64,
    /// States longer than 31 days, cut there: a lost sign-out.
    pub overlong: u64,
}

impl Counters {
    pub(crate) fn note(&mut self, why: Uncounted) {
        match why {
            Uncounted::Duplicate => self.duplicates += 1,
            Uncounted::Orphan => self.orphans += 1,
            Uncounted::Incomplete => self.incomplete += 1,
        }
    }

    /// The time from `earlier` to `later`; zero, and counted, when the clock jumped back.
    pub(crate) fn elapsed(&mut self, earlier: Timestamp, later: Timestamp) -> Span {
        self.backwards += u64::from(later < earlier);
        later.since(earlier)
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.events += other.events;
        self.duplicates += other.duplicates;
        self.orphans += other.orphans;
        self.incomplete += other.incomplete;
        self.backwards += other.backwards;
        self.overlong += other.overlong;
    }
}
