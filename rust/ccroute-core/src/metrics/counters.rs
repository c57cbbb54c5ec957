//! What became of the events, so that nothing is dropped in silence.

use serde::{Deserialize, Serialize};

use super::facts::LONGEST;
use crate::time::{Span, Timestamp};

/// Why an event was not counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Uncounted {
    /// Its like came before: the beginning of a visit that has begun. Numbers seen before are
    /// told apart in `order.rs`.
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
    /// Durations and states longer than 31 days, cut there: a lost end, or a clock that jumped.
    pub overlong: u64,
    /// Visits and wrap-ups open for more than 31 days, given up: their ends were lost.
    pub given_up: u64,
    /// Sequence numbers that were waited for in vain.
    pub missing: u64,
    /// Events that wait now for those before them.
    pub held: usize,
    /// Events more than 31 days ahead of all their source had told before: its clock leapt. They
    /// count, and move its clock once the next bears them out.
    pub skewed: u64,
    /// Names, reasons and codes counted as `__other__`: there were too many.
    pub other: u64,
    /// Events after which others were counted already, and facts or corrections of visits
    /// that are no longer known.
    pub late: u64,
    /// Beginnings and ends too old for the live windows, or too far ahead; they count in the
    /// cells.
    pub late_live: u64,
    /// Facts of one visit and revision that say different things; the greater stands.
    pub conflicts: u64,
    /// Corrections older than what is known.
    pub superseded: u64,
    /// Greatest values and percentiles that could not be rebuilt after a correction.
    pub approximate: u64,
}

impl Counters {
    pub(crate) fn note(&mut self, why: Uncounted) {
        match why {
            Uncounted::Duplicate => self.duplicates += 1,
            Uncounted::Orphan => self.orphans += 1,
            Uncounted::Incomplete => self.incomplete += 1,
        }
    }

    /// The time from `earlier` to `later`; zero when the clock jumped back, the longest there is
    /// when it is longer, and counted either way.
    pub(crate) fn elapsed(&mut self, earlier: Timestamp, later: Timestamp) -> Span {
        self.backwards += u64::from(later < earlier);
        let elapsed = later.since(earlier);
        self.overlong += u64::from(elapsed > LONGEST);
        elapsed.min(LONGEST)
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.events += other.events;
        self.duplicates += other.duplicates;
        self.orphans += other.orphans;
        self.incomplete += other.incomplete;
        self.backwards += other.backwards;
        self.overlong += other.overlong;
        self.given_up += other.given_up;
        self.skewed += other.skewed;
        self.other += other.other;
        self.late += other.late;
        self.conflicts += other.conflicts;
        self.superseded += other.superseded;
        self.approximate += other.approximate;
    }
}
