//! Thresholds off the ladder: where a row has too many durations for them all to be kept in
//! its cells, those within the threshold are counted from the facts, as far as these reach
//! back. The rest of a query is in `query.rs`.

use super::aggregator::KpiAggregator;
use super::drill_down::Unavailable;
use super::facts::{Delta, Fact, Place, What};
use super::fields::{Subject, Timing};
use super::gathering::{Gathering, Only};
use super::query::NoAnswer;
use super::reading::{Field, TimingPart};
use super::records::Record;
use crate::time::{Span, Timestamp};

/// A field that is counted anew: its place, what is counted, and up to which duration.
struct Recount {
    place: usize,
    timing: Timing,
    threshold: Span,
    /// Whether the threshold itself counts.
    inclusive: bool,
}

impl Recount {
    fn takes(&self, timing: Timing, span: Span) -> bool {
        let within = span < self.threshold || (self.inclusive && span == self.threshold);
        timing == self.timing && within
    }
}

impl KpiAggregator {
    /// Counts what the cells cannot tell.
    ///
    /// # Errors
    /// When facts are not kept, or not of all of the time asked for.
    pub(super) fn recount(
        &self,
        all: &mut Gathering<'_>,
        subject: Subject,
        only: &[Only],
    ) -> Result<(), NoAnswer> {
        let wanted = self.to_recount(all);
        let passed = self.passed_off_ladder(all);
        let first = wanted.first().map(|recount| recount.threshold);
        let Some(threshold) = first.or(passed.first().map(|&(_, threshold)| threshold)) else {
            return Ok(());
        };
        if !self.records.are_kept() {
            return Err(NoAnswer::Config(self.off_ladder(threshold)));
        }
        // Wrap-ups may have ended after their record was gone.
        if let Some(edge) = self.records.gone()
            && all.start(self.grid).is_none_or(|start| start <= edge)
        {
            return Err(NoAnswer::Unavailable(Unavailable(format!(
                "threshold {threshold}: it is not on the ladder, and facts are kept of visits over \
                 after {edge} only; ask for a later start or a threshold of the ladder, or create \
                 the aggregator with it or with a longer retention"
            ))));
        }
        all.recounted = wanted.iter().map(|recount| recount.place).collect();
        all.recounted.extend(passed.iter().map(|&(place, _)| place));
        if subject == Subject::Queue {
            self.recount_passed(all, only, &passed);
        }
        for record in self.records.any_order() {
            for &fact in &record.facts {
                self.recount_fact(
                    all,
                    subject,
                    only,
                    &wanted,
                    record.place,
                    fact,
                    record.completed,
                );
            }
        }
        for told in self.visits.unsettled() {
            let (place, fact, completed) = (told.place, self.in_team(told.fact), told.completed);
            self.recount_fact(all, subject, only, &wanted, place, fact, completed);
        }
        Ok(())
    }

    /// The fields that count who passed a threshold off the ladder, and the threshold.
    fn passed_off_ladder(&self, all: &Gathering<'_>) -> Vec<(usize, Span)> {
        let mut passed = Vec::new();
        for (place, field) in all.query.fields.iter().enumerate() {
            if let Field::Passed(threshold) = *field
                && self.thresholds.find(threshold).is_err()
            {
                passed.push((place, threshold));
            }
        }
        passed
    }

    /// Who passed a threshold still waiting, whether or not the wait is over.
    fn recount_passed(&self, all: &mut Gathering<'_>, only: &[Only], wanted: &[(usize, Span)]) {
        let now = all.query.now.unwrap_or(self.horizon());
        let fields = all.query.fields.len();
        for record in self.records.any_order() {
            let entered = record.place.entered;
            let until = record.waited_until().unwrap_or(now);
            for &(place, threshold) in wanted {
                let passes = entered + threshold;
                let interval = all.interval(self.grid.slot(passes)).filter(|_| passes < until);
                let Some(interval) = interval else { continue };
                let row = record.place.slice.0 as usize;
                let Some(group) = self.group_of(all, Subject::Queue, row, only) else { continue };
                let counted = &mut all.row(group, interval).rest().recounted;
                counted.resize(fields, 0);
                counted[place] += 1;
            }
        }
    }

    /// The fields with a threshold off the ladder that some row has too many durations for.
    fn to_recount(&self, all: &Gathering<'_>) -> Vec<Recount> {
        let fields = all.query.fields.iter().enumerate();
        let recount = |(place, field): (usize, &Field)| {
            let Field::Timing(timing, part) = *field else { return None };
            let (threshold, inclusive) = match part {
                TimingPart::Within(threshold) => (threshold, true),
                TimingPart::Below(threshold) => (threshold, false),
                TimingPart::Count
                | TimingPart::Zero
                | TimingPart::Sum
                | TimingPart::Max
                | TimingPart::Deviation
                | TimingPart::Quantile(_)
                | TimingPart::Exact => return None,
            };
            Some(Recount { place, timing, threshold, inclusive })
        };
        fields
            .filter_map(recount)
            .filter(|recount| recount.threshold > Span::ZERO)
            .filter(|recount| self.thresholds.find(recount.threshold).is_err())
            .filter(|recount| all.has_wide(recount.timing))
            .collect()
    }

    #[expect(clippy::too_many_arguments, reason = "a fact, where it belongs and what is asked")]
    fn recount_fact(
        &self,
        all: &mut Gathering<'_>,
        subject: Subject,
        only: &[Only],
        wanted: &[Recount],
        place: Place,
        fact: Fact,
        completed: Option<Timestamp>,
    ) {
        let at = fact.instant(all.query.basis, place, completed);
        let Some(interval) = at.and_then(|at| all.interval(self.grid.slot(at))) else { return };
        let mut taken = Vec::new();
        fact.what.contribution(subject, &mut |delta| {
            if let Delta::Timing(timing, span) = delta {
                let takes = |recount: &&Recount| recount.takes(timing, span);
                taken.extend(wanted.iter().filter(takes).map(|recount| recount.place));
            }
        });
        if taken.is_empty() {
            return;
        }
        let row = self.row_of(subject, place, fact);
        let Some(group) = row.and_then(|row| self.group_of(all, subject, row, only)) else {
            return;
        };
        let fields = all.query.fields.len();
        let counted = &mut all.row(group, interval).rest().recounted;
        counted.resize(fields, 0);
        taken.into_iter().for_each(|place| counted[place] += 1);
    }
}

impl Record {
    /// When the wait ended, if it has, or if there was none.
    pub(super) fn waited_until(&self) -> Option<Timestamp> {
        let ended = self.facts.iter().find(|fact| {
            matches!(fact.what, What::Answered { .. } | What::Abandoned { .. } | What::Left { .. })
        });
        // A contact without a visit never waited.
        ended.map(|fact| fact.at).or_else(|| self.completed.map(|_| self.place.entered))
    }
}
