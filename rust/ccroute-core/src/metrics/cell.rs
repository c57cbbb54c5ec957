//! What is known of one slice: counts and sums in integers, and three distributions. A cell
//! of nothing is the zero, merging is its addition. Where cells are kept is in `table.rs`,
//! what moves them in `facts.rs`; ratios do not belong here.

use serde::{Deserialize, Serialize};

use super::histogram::Histogram;
use super::ladder::{Ladder, Thresholds};
use crate::event::Cause;
use crate::time::Span;

/// Sums over many durations of one kind.
///
/// Sums are `i128`: a thousand million durations of the longest [`Span`] fit, and of any a
/// contact centre has seen, so do their squares.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Durations {
    /// Microseconds in all.
    pub sum: i128,
    /// The squares of the microseconds in all, for the standard deviation.
    pub squares: i128,
    /// The longest.
    pub longest: Span,
    /// How they are spread. Its count is the count of durations.
    pub histogram: Histogram,
}

impl Durations {
    /// Counts one duration.
    pub fn record(&mut self, span: Span) {
        let micros = i128::from(span.micros());
        self.sum += micros;
        self.squares = self.squares.wrapping_add(micros * micros);
        self.longest = self.longest.max(span);
        self.histogram.record(span);
    }

    fn merge(&mut self, other: &Self) {
        self.sum += other.sum;
        self.squares = self.squares.wrapping_add(other.squares);
        self.longest = self.longest.max(other.longest);
        self.histogram.merge(&other.histogram);
    }
}

/// How offers ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offers {
    /// Proposed to an agent.
    pub made: u64,
    /// Taken.
    pub accepted: u64,
    /// Refused.
    pub declined: u64,
    /// Passed unanswered.
    pub missed: u64,
    /// Taken back.
    pub withdrawn: u64,
    /// Taken by another agent first.
    pub lost: u64,
}

/// The integers of one slice: a queue or an agent, on one channel, in one interval.
///
/// Visits and their waits are counted for queues only; answers, offers and handling for
/// queues and agents alike.
///
/// ```
/// use ccroute_core::{Cell, Span, Thresholds};
/// let (mut morning, ladder) = (Cell::default(), Thresholds::default());
/// let mut noon = morning.clone();
/// morning.answer(Span::secs(4), &ladder);
/// noon.abandon(Span::secs(40), &ladder);
/// morning.merge(&noon);
/// assert_eq!((morning.answered, morning.abandoned), (1, 1));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    /// Visits begun.
    pub offered: u64,
    /// Visits joined with an agent.
    pub answered: u64,
    /// Contacts that were not let in.
    pub refused: u64,
    /// Visits the customer ended while waiting.
    pub abandoned: u64,
    /// Visits that ended unserved for another cause, by cause.
    left: Vec<(Cause, u64)>,
    /// Waits of the answered.
    pub wait_answered: Durations,
    /// Waits of the abandoned.
    pub wait_abandoned: Durations,
    /// Microseconds waited by those who left, in all.
    pub wait_left: i128,
    /// The answered by threshold.
    pub answered_ladder: Ladder,
    /// The abandoned by threshold.
    pub abandoned_ladder: Ladder,
    /// Offers and how they ended.
    pub offers: Offers,
    /// Conversations that ended, each primary agent's part on its own.
    pub conversations: u64,
    /// Of them, passed on to a queue or an agent.
    pub transferred: u64,
    /// Times a customer was put on hold, in conversations that ended.
    pub holds: u64,
    /// Microseconds of conversation without hold.
    pub talk: i128,
    /// Microseconds on hold.
    pub hold: i128,
    /// Microseconds of wrap-up.
    pub wrap_up: i128,
    /// Talk, hold and wrap-up of each conversation that is wholly done.
    pub handle: Durations,
}

impl Cell {
    /// A visit was joined with an agent after `wait`.
    pub fn answer(&mut self, wait: Span, ladder: &Thresholds) {
        self.answered += 1;
        self.wait_answered.record(wait);
        self.answered_ladder.record(ladder.place(wait), ladder.spans().len());
    }

    /// The customer left after `wait`.
    pub fn abandon(&mut self, wait: Span, ladder: &Thresholds) {
        self.abandoned += 1;
        self.wait_abandoned.record(wait);
        self.abandoned_ladder.record(ladder.place(wait), ladder.spans().len());
    }

    /// A visit ended unserved for `cause` after `wait`.
    pub fn leave(&mut self, cause: Cause, wait: Span) {
        self.add_left(cause, 1);
        self.wait_left += i128::from(wait.micros());
    }

    /// Visits that left by cause, in the order of the causes.
    #[must_use]
    pub fn left(&self) -> &[(Cause, u64)] {
        &self.left
    }

    /// Visits that left, whatever the cause.
    #[must_use]
    pub fn left_in_all(&self) -> u64 {
        self.left.iter().map(|&(_, count)| count).sum()
    }

    fn add_left(&mut self, cause: Cause, count: u64) {
        match self.left.binary_search_by_key(&cause, |&(known, _)| known) {
            Ok(row) => self.left[row].1 += count,
            Err(row) => self.left.insert(row, (cause, count)),
        }
    }

    /// Adds all of `other`, which was counted with the same thresholds.
    pub fn merge(&mut self, other: &Self) {
        self.offered += other.offered;
        self.answered += other.answered;
        self.refused += other.refused;
        self.abandoned += other.abandoned;
        other.left.iter().for_each(|&(cause, count)| self.add_left(cause, count));
        self.wait_answered.merge(&other.wait_answered);
        self.wait_abandoned.merge(&other.wait_abandoned);
        self.wait_left += other.wait_left;
        self.answered_ladder.merge(&other.answered_ladder);
        self.abandoned_ladder.merge(&other.abandoned_ladder);
        self.offers.made += other.offers.made;
        self.offers.accepted += other.offers.accepted;
        self.offers.declined += other.offers.declined;
        self.offers.missed += other.offers.missed;
        self.offers.withdrawn += other.offers.withdrawn;
        self.offers.lost += other.offers.lost;
        self.conversations += other.conversations;
        self.transferred += other.transferred;
        self.holds += other.holds;
        self.talk += other.talk;
        self.hold += other.hold;
        self.wrap_up += other.wrap_up;
        self.handle.merge(&other.handle);
    }
}
