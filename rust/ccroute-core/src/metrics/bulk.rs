//! Many visits given whole at once: a table of calls. Where no facts are kept there is nothing
//! to look up and nothing to keep, so that each row goes straight into its cells; else this is
//! [`KpiAggregator::post_visit`] row by row.

use std::collections::BTreeMap;

use super::aggregator::KpiAggregator;
use super::cell::Sign;
use super::corrections::{Course, Posted, VisitFact};
use super::facts::Fact;
use crate::error::{Rejection, RejectionCode};
use crate::time::{Span, Timestamp};

/// Visits by row, such as those of a table.
pub trait VisitRows {
    /// How many there are.
    fn rows(&self) -> usize;

    /// The visit of a row.
    fn visit(&self, row: usize) -> VisitFact;
}

impl VisitRows for [VisitFact] {
    fn rows(&self) -> usize {
        self.len()
    }

    #[inline(always)]
    fn visit(&self, row: usize) -> VisitFact {
        self[row].clone()
    }
}

impl KpiAggregator {
    /// Counts visits given as a whole, each in place of what was known of it: all of them, or
    /// none where one cannot be. Together they are one correction: an interval that was final
    /// before is at one new revision after it. Returns what became of each, in their order.
    ///
    /// # Errors
    /// The row and what is wrong with it, as [`Self::post_visit`].
    pub fn post_visits(
        &mut self,
        visits: &(impl VisitRows + ?Sized),
    ) -> Result<Vec<Posted>, (usize, Rejection)> {
        Self::check_visits(visits)?;
        self.post_checked(visits)
    }

    /// Whether every row can be, but for what only the aggregator knows.
    ///
    /// # Errors
    /// The row and what is wrong with it, as [`VisitFact::check`].
    pub fn check_visits(visits: &(impl VisitRows + ?Sized)) -> Result<(), (usize, Rejection)> {
        let check = |row| visits.visit(row).check().map_err(|refusal| (row, refusal));
        (0..visits.rows()).try_for_each(check)
    }

    /// As [`Self::post_visits`], of rows that have passed [`Self::check_visits`].
    ///
    /// # Errors
    /// The row of a visit that is still under way.
    pub fn post_checked(
        &mut self,
        visits: &(impl VisitRows + ?Sized),
    ) -> Result<Vec<Posted>, (usize, Rejection)> {
        if !self.visits.is_idle() {
            self.check_none_under_way(visits)?;
        }
        let mut posted = Vec::with_capacity(visits.rows());
        let pass = self.lets_pass();
        self.correct(|all| {
            if pass {
                all.pass_through(visits);
                posted.resize(visits.rows(), Posted::Counted);
            } else {
                posted.extend((0..visits.rows()).map(|row| all.put_visit(&visits.visit(row))));
            }
        });
        Ok(posted)
    }

    /// Whether every visit of a table is over, by its source's clock or because the table tells
    /// of what was over later.
    fn check_none_under_way(
        &self,
        visits: &(impl VisitRows + ?Sized),
    ) -> Result<(), (usize, Rejection)> {
        let mut heard: BTreeMap<u16, Timestamp> = BTreeMap::new();
        for fact in (0..visits.rows()).map(|row| visits.visit(row)) {
            let until = heard.entry(fact.source).or_insert(self.clocks.of(fact.source).latest);
            *until = (fact.completed() - Span::SHORTEST).max(*until);
        }
        for (row, fact) in (0..visits.rows()).map(|row| visits.visit(row)).enumerate() {
            if self.is_under_way(&fact, heard[&fact.source]) {
                return Err((row, under_way(&fact)));
            }
        }
        Ok(())
    }

    /// Whether visits given as a whole go straight into their cells: no facts are kept, and
    /// nothing is under way.
    #[inline]
    pub(super) fn lets_pass(&self) -> bool {
        !self.records.are_kept() && self.visits.is_idle()
    }

    /// Counts visits of which nothing is kept.
    fn pass_through(&mut self, visits: &(impl VisitRows + ?Sized)) {
        // Of one source after the other: until when its visits, and their facts, were over.
        let mut passed: Option<(u16, Timestamp, Timestamp)> = None;
        for row in 0..visits.rows() {
            let visit = visits.visit(row);
            let [over, last] = self.pass_visit(&visit);
            passed = Some(match passed {
                Some((source, until, end)) if source == visit.source => {
                    (source, until.max(over), end.max(last))
                }
                before => {
                    self.pass_over(before);
                    (visit.source, over, last)
                }
            });
        }
        self.pass_over(passed);
    }

    /// Counts one visit of which nothing is kept; when it was over, and when the last of its
    /// facts was.
    #[inline(always)]
    fn pass_visit(&mut self, visit: &VisitFact) -> [Timestamp; 2] {
        let (place, over) = (self.place_of(visit), visit.completed());
        let response = visit.first_response.unwrap_or_default();
        let last = (over + visit.wrap_up).max(visit.entered + response);
        let mut facts = self.records.room();
        match self.team_all_through(visit, last) {
            Some(team) => visit.each_fact(team, &mut |&fact: &Fact| facts.push(fact)),
            None => visit.each_fact(0, &mut |&fact: &Fact| facts.push(self.in_team(fact))),
        }
        self.post_all(place, &facts, Some(over), Sign::Add);
        self.records.spare(facts);
        if visit.course != Course::None {
            self.count_customer(place, visit.customer);
        }
        self.come_to_fact(visit.source, over);
        self.contacts.note(visit.contact.raw(), 0, 0, over);
        [over, last]
    }

    /// The same of a visit by itself.
    pub(super) fn pass_one(&mut self, visit: &VisitFact) {
        self.correct(|all| {
            let [over, last] = all.pass_visit(visit);
            all.records.pass_over(visit.source, over, last);
        });
    }

    fn pass_over(&mut self, passed: Option<(u16, Timestamp, Timestamp)>) {
        if let Some((source, over, last)) = passed {
            self.records.pass_over(source, over, last);
        }
    }

    /// The team of a visit's agent, unless it changed meanwhile.
    fn team_all_through(&self, visit: &VisitFact, until: Timestamp) -> Option<u32> {
        let Some(agent) = visit.agent else { return Some(0) };
        let teams = self.teams.get(agent.index()).map_or(&[][..], Vec::as_slice);
        let changed = teams.iter().any(|&(since, _)| since > visit.entered && since <= until);
        (!changed).then(|| self.team_at(agent.index(), visit.entered))
    }
}

pub(super) fn under_way(fact: &VisitFact) -> Rejection {
    let visit = fact.visit;
    let what = format!("visit {visit} is still under way: correct it when it is over");
    Rejection::new(RejectionCode::WrongPhase, what)
}
