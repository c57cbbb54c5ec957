//! The split basis: every interval that a wait, a conversation or a wrap-up touches gets its
//! part of the time. A pure function of a fact, as its other contributions are.

use serde::{Deserialize, Serialize};

use super::cell::Sign;
use super::facts::{Fact, LONGEST, Place, What};
use super::fields::{Count, Timing};
use super::table::{Grid, Slot};
use crate::time::Timestamp;

/// The parts of one interval. Counts of intervals touched do not add up to contacts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SplitCell {
    /// Visits that waited in it.
    pub(crate) waiting: i64,
    /// Conversations that lasted in it.
    pub(crate) conversing: i64,
    /// Wrap-ups that lasted in it.
    pub(crate) wrapping: i64,
    /// Microseconds waited, by those who were answered, abandoned, left.
    pub(crate) wait: [i64; 3],
    /// Microseconds of conversation, hold included.
    pub(crate) conversation: i64,
    pub(crate) hold: i64,
    pub(crate) wrap_up: i64,
    /// How often it changed after it had been final.
    pub(crate) revision: u32,
}

impl SplitCell {
    pub(crate) fn merge(&mut self, other: &Self) {
        self.waiting += other.waiting;
        self.conversing += other.conversing;
        self.wrapping += other.wrapping;
        self.wait.iter_mut().zip(other.wait).for_each(|(ours, theirs)| *ours += theirs);
        self.conversation += other.conversation;
        self.hold += other.hold;
        self.wrap_up += other.wrap_up;
        self.revision = self.revision.max(other.revision);
    }
}

impl SplitCell {
    /// Whether anything is in it.
    pub(crate) fn has_any(&self) -> bool {
        *self != Self { revision: self.revision, ..Self::default() }
    }

    /// Intervals touched; 0 for what has no length.
    pub(crate) fn count(&self, what: Count) -> i64 {
        let touched = [
            (Count::Offered, self.waiting),
            (Count::Conversations, self.conversing),
            (Count::Wrapped, self.wrapping),
        ];
        touched.iter().find(|&&(known, _)| known == what).map_or(0, |&(_, n)| n)
    }

    /// Microseconds of a duration that lie in the interval.
    pub(crate) fn timing(&self, what: Timing) -> i64 {
        match what {
            Timing::WaitAnswered => self.wait[0],
            Timing::WaitAbandoned => self.wait[1],
            Timing::WaitLeft => self.wait[2],
            Timing::Talk => self.conversation - self.hold,
            Timing::Hold => self.hold,
            Timing::WrapUp => self.wrap_up,
            Timing::Handle => self.conversation + self.wrap_up,
            Timing::FirstResponse => 0,
        }
    }
}

/// Whether a fact has a part in any time at all.
pub(crate) fn lasts(what: What) -> bool {
    let waits = matches!(what, What::Answered { .. } | What::Abandoned { .. } | What::Left { .. });
    waits || has_parts(what)
}

/// Whether a fact has a part in an agent's time of conversation or wrap-up.
pub(crate) fn has_parts(what: What) -> bool {
    matches!(what, What::Held { .. } | What::Conversed { .. } | What::Handled { .. })
}

/// Shows the parts of a fact by interval. `queue`: for the queue, which alone has the waits.
pub(crate) fn parts(
    place: Place,
    fact: Fact,
    sign: Sign,
    queue: bool,
    grid: Grid,
    mut add: impl FnMut(Slot, SplitCell),
) {
    let (n, until) = (sign.of(1), fact.at);
    let mut cut = |since: Timestamp, until: Timestamp, cell: &dyn Fn(i64) -> SplitCell| {
        grid.split(since.max(until - LONGEST), until, |slot, part| {
            add(slot, cell(n * part.micros()))
        });
    };
    let zero = SplitCell::default();
    let waited = |row: usize| {
        move |micros| {
            let mut wait = [0; 3];
            wait[row] = micros;
            SplitCell { waiting: n, wait, ..zero }
        }
    };
    match fact.what {
        What::Answered { .. } if queue => cut(place.entered, until, &waited(0)),
        What::Abandoned { .. } if queue => cut(place.entered, until, &waited(1)),
        What::Left { .. } if queue => cut(place.entered, until, &waited(2)),
        What::Held { length } => {
            cut(until - length, until, &|hold| SplitCell { hold, ..zero });
        }
        What::Conversed { talk, hold, .. } => {
            cut(until - (talk + hold), until, &|conversation| SplitCell {
                conversing: n,
                conversation,
                ..zero
            });
        }
        What::Handled { wrap_up, .. } => {
            cut(until - wrap_up, until, &|wrap_up| SplitCell { wrapping: n, wrap_up, ..zero });
        }
        What::Answered { .. }
        | What::Abandoned { .. }
        | What::Left { .. }
        | What::Entered { .. }
        | What::Refused { .. }
        | What::OfferMade
        | What::OfferAccepted { .. }
        | What::OfferDeclined
        | What::OfferMissed
        | What::OfferWithdrawn
        | What::OfferLost
        | What::CallbackOffered
        | What::CallbackFailed
        | What::Responded { .. }
        | What::Code { .. }
        | What::Marked { .. } => {}
    }
}
