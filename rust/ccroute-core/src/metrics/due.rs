//! What falls due as the clock of a source goes on. It is asked for after every event, and nearly
//! always there is nothing; what becomes of what is due is told where it is.

use super::aggregator::KpiAggregator;
use super::conversations::WRAP_UP_GRACE;
use super::facts::LONGEST;
use super::visits::Visits;
use crate::time::{Span, Timestamp};

impl Visits {
    /// Whether the time of anything of a source may have passed at `now`, or something is over
    /// unsaid.
    #[inline]
    pub(crate) fn has_due(&self, source: u16, now: Timestamp) -> bool {
        let quiet = self.quiet.get(usize::from(source));
        quiet.is_none_or(|&until| now > until) || !self.over.is_empty()
    }

    /// Something of a source is due once it has lasted longer than `most`.
    #[inline]
    pub(super) fn expect(&mut self, source: u16, since: Timestamp, most: Span) {
        // Of a source that was never looked at nothing is known.
        if let Some(until) = self.quiet.get_mut(usize::from(source)) {
            *until = (since + most).min(*until);
        }
    }

    /// All that was due of a source is done.
    fn look_ahead(&mut self, source: u16) {
        let row = usize::from(source);
        if self.quiet.len() <= row {
            self.quiet.resize(row + 1, Timestamp::ZERO);
        }
        self.quiet[row] = until(self.settling.first_of(source), WRAP_UP_GRACE)
            .min(until(self.wrapping.first_of(source), LONGEST))
            .min(until(self.ages.first_of(source), LONGEST));
    }
}

/// The last instant at which what began first has not lasted longer than `most`.
fn until<K>(first: Option<(Timestamp, K)>, most: Span) -> Timestamp {
    first.map_or(Timestamp::MAX, |(since, _)| since + most)
}

impl KpiAggregator {
    /// Conversations whose wrap-up can no longer come are done.
    #[inline]
    pub(super) fn settle(&mut self, source: u16) {
        if self.visits.has_due(source, self.clocks.of(source).at) {
            self.settle_due(source);
        }
    }

    #[inline(never)]
    fn settle_due(&mut self, source: u16) {
        while let Some(told) = self.visits.settle(source, self.clocks.of(source).at) {
            self.tell(told);
        }
        while let Some((key, place, at)) = self.visits.over_unsaid() {
            self.complete(key, place, at);
        }
        self.give_up(source);
        self.visits.look_ahead(source);
    }

    /// Forgets what is too old of a source, by its own clock.
    #[inline(always)]
    pub(super) fn evict(&mut self, source: u16) {
        if !self.early_marks.is_empty() {
            self.expire_marks(source);
        }
        let now = self.clocks.of(source).latest;
        if self.records.has_due(source, now) {
            self.records.evict(source, now);
        }
    }
}
