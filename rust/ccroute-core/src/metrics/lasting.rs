//! What readers see of what is not over: waits, conversations and wrap-ups as they stand at
//! the instant of asking, and conversations that are done unless a wrap-up begins after all.

use super::aggregator::KpiAggregator;
use super::cell::Cell;
use super::facts::{Fact, LONGEST, Place};
use super::fields::{Basis, Subject};
use super::gathering::{Gathering, Only};
use super::posting::Gaining;
use super::reading::Field;
use super::slices::AgentSlice;
use super::split::SplitCell;
use super::table::{Grid, Slot};
use super::visits::Open;
use crate::ids::AgentKey;
use crate::time::Timestamp;

impl KpiAggregator {
    /// What lasts, and what is done unless a wrap-up begins after all.
    pub(super) fn gather_open(&self, all: &mut Gathering<'_>, subject: Subject, only: &[Only]) {
        let basis = all.query.basis;
        for told in self.visits.unsettled() {
            let at = told.fact.instant(basis, told.place, told.completed);
            let slot = at.map(|at| self.grid.slot(at));
            let Some(interval) = slot.and_then(|slot| all.interval(slot)) else { continue };
            let fact = self.in_team(told.fact);
            let Some(row) = self.row_of(subject, told.place, fact) else { continue };
            let Some(group) = self.group_of(all, subject, row, only) else { continue };
            let mut cell = Cell::default();
            let mut gaining = Gaining { cell: &mut cell, ladder: &self.thresholds };
            told.fact.what.contribution(subject, &mut gaining);
            let (wanted, ladder) = (all.wanted, all.ladder);
            all.row(group, interval).add_passing(&cell, ladder, wanted);
        }
        match basis {
            Basis::Split => self.gather_lasting(all, subject, only),
            Basis::ServiceLevelEvent => self.gather_passing(all, subject, only),
            Basis::Offered | Basis::Event | Basis::Completion => {}
        }
        if all.query.fields.iter().any(|field| matches!(field, Field::Waiting | Field::Oldest)) {
            self.gather_waiting(all, subject, only);
        }
    }

    /// Who waits counts in the interval of the entry.
    fn gather_waiting(&self, all: &mut Gathering<'_>, subject: Subject, only: &[Only]) {
        let now = all.query.now.unwrap_or(self.horizon());
        for open in self.visits.open() {
            let (Open::Wait { place }, Subject::Queue) = (open, subject) else { continue };
            let row = place.slice.0 as usize;
            let Some(group) = self.group_of(all, subject, row, only) else { continue };
            if let Some(interval) = all.interval(self.grid.slot(place.entered)) {
                let gathered = all.row(group, interval).rest();
                gathered.waiting += 1;
                gathered.oldest = gathered.oldest.max(now.since(place.entered));
            }
        }
    }

    /// The row of a fact in a table, if it has one.
    pub(super) fn row_of(&self, subject: Subject, place: Place, fact: Fact) -> Option<usize> {
        match subject {
            Subject::Queue => Some(place.slice.0 as usize),
            Subject::Agent => {
                let (agent, team) = (fact.agent?, fact.team);
                self.slices.agents.find(AgentSlice { agent, team, slice: place.slice })
            }
        }
    }

    fn gather_lasting(&self, all: &mut Gathering<'_>, subject: Subject, only: &[Only]) {
        let now = all.query.now.unwrap_or(self.horizon());
        for open in self.visits.open() {
            let (place, agent, parts) = split_of(open, now, self.grid);
            let row = match (subject, agent) {
                (Subject::Queue, _) => Some(place.slice.0 as usize),
                (Subject::Agent, Some(agent)) => self.known_agent_row(place, agent, now),
                (Subject::Agent, None) => None,
            };
            let group = row.and_then(|row| self.group_of(all, subject, row, only));
            let Some(group) = group else { continue };
            for (slot, part) in parts {
                if let Some(interval) = all.interval(slot) {
                    all.row(group, interval).rest().split.merge(&part);
                }
            }
        }
    }

    /// Who still waits has passed thresholds too.
    fn gather_passing(&self, all: &mut Gathering<'_>, subject: Subject, only: &[Only]) {
        let now = all.query.now.unwrap_or(self.horizon());
        let height = self.thresholds.spans().len();
        for open in self.visits.open() {
            let (Open::Wait { place }, Subject::Queue) = (open, subject) else { continue };
            let row = place.slice.0 as usize;
            let Some(group) = self.group_of(all, subject, row, only) else { continue };
            for (rung, &threshold) in self.thresholds.spans().iter().enumerate() {
                let passes = place.entered + threshold;
                if passes >= now {
                    break;
                }
                if let Some(interval) = all.interval(self.grid.slot(passes)) {
                    let passed = &mut all.row(group, interval).rest().passed.counts;
                    passed.resize(height, 0);
                    passed[rung] += 1;
                }
            }
        }
    }
}

/// The parts by interval of something that lasts until `now`, and whose they are.
fn split_of(
    open: Open,
    now: Timestamp,
    grid: Grid,
) -> (Place, Option<AgentKey>, Vec<(Slot, SplitCell)>) {
    let zero = SplitCell::default();
    let mut parts = Vec::new();
    let mut cut = |since: Timestamp, cell: &dyn Fn(i64) -> SplitCell| {
        grid.split(since.max(now - LONGEST), now, |slot, part| {
            parts.push((slot, cell(part.micros())))
        });
    };
    let (place, agent) = match open {
        Open::Wait { place } => {
            // Nobody knows yet whether an answer will come of it: it counts as waiting only.
            cut(place.entered, &|_| SplitCell { waiting: 1, ..zero });
            (place, None)
        }
        Open::Conversation { place, agent, since, held_since } => {
            cut(since, &|conversation| SplitCell { conversing: 1, conversation, ..zero });
            if let Some(since) = held_since {
                cut(since, &|hold| SplitCell { hold, ..zero });
            }
            (place, agent)
        }
        Open::WrapUp { place, agent, since } => {
            cut(since, &|wrap_up| SplitCell { wrapping: 1, wrap_up, ..zero });
            (place, agent)
        }
    };
    (place, agent, parts)
}
