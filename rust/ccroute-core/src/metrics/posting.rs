//! From facts to cells: where each contribution goes under each basis, added or taken back.
//! What a fact contributes is in `facts.rs`, which facts are posted when in `telling.rs`.

use super::aggregator::KpiAggregator;
use super::cell::{Cell, Sign};
use super::changes::{Change, Changed};
use super::facts::{Delta, Fact, Gains, Place, What};
use super::fields::{Basis, Subject};
use super::ladder::Thresholds;
use super::slices::{AgentSlice, SliceKey};
use super::split;
use super::table::Slot;
use crate::ids::AgentKey;
use crate::time::Timestamp;

/// A cell that must be rebuilt: table, row, basis, interval.
pub(super) type CellKey = (Subject, usize, Basis, Slot);

/// A row of one of the two tables.
type Row = (Subject, usize);

/// The bases under which each fact of a visit has an interval of its own, a bit each.
const BY_THE_FACT: u8 = bit(Basis::Event) | bit(Basis::Split) | bit(Basis::ServiceLevelEvent);

const fn bit(basis: Basis) -> u8 {
    1 << basis as u8
}

/// A cell that gains all it is told.
pub(super) struct Gaining<'a> {
    pub(super) cell: &'a mut Cell,
    pub(super) ladder: &'a Thresholds,
}

impl Gains for Gaining<'_> {
    #[inline(always)]
    fn gain(&mut self, delta: Delta) {
        self.cell.gain(delta, self.ladder);
    }
}

impl KpiAggregator {
    /// Adds or takes back facts of one visit: all of them, or some. Each cell is looked up once.
    #[inline]
    pub(super) fn post_all(
        &mut self,
        place: Place,
        facts: &[Fact],
        completed: Option<Timestamp>,
        sign: Sign,
    ) {
        self.post_under(self.bases, place, facts, completed, sign);
    }

    /// Adds facts under the basis of completion alone: under the others they are there.
    pub(super) fn post_completed(&mut self, place: Place, facts: &[Fact], at: Timestamp) {
        let completion = self.bases & bit(Basis::Completion);
        self.post_under(completion, place, facts, Some(at), Sign::Add);
    }

    fn post_under(
        &mut self,
        bases: u8,
        place: Place,
        facts: &[Fact],
        completed: Option<Timestamp>,
        sign: Sign,
    ) {
        let queue = (Subject::Queue, place.slice.0 as usize);
        self.post_to(queue, bases, place, facts, completed, sign);
        // What happens to an agent in a visit mostly comes one after the other.
        for part in facts.chunk_by(|one, next| (one.agent, one.team) == (next.agent, next.team)) {
            if part[0].agent.is_some() && part.iter().any(|fact| fact.what.is_agents()) {
                let agent = (Subject::Agent, self.agent_row(place, part[0]));
                self.post_to(agent, bases, place, part, completed, sign);
            }
        }
    }

    /// The same, in one row.
    fn post_to(
        &mut self,
        to: Row,
        bases: u8,
        place: Place,
        facts: &[Fact],
        completed: Option<Timestamp>,
        sign: Sign,
    ) {
        if bases & bit(Basis::Offered) > 0 {
            self.add(to, facts, sign, Basis::Offered, self.grid.slot(place.entered));
        }
        if bases & BY_THE_FACT > 0 {
            self.post_as_it_happened(to, bases, place, facts, sign);
        }
        if let (Some(at), true) = (completed, bases & bit(Basis::Completion) > 0) {
            self.add(to, facts, sign, Basis::Completion, self.grid.slot(at));
        }
    }

    /// Under the bases that go by when each thing happened.
    fn post_as_it_happened(
        &mut self,
        to: Row,
        bases: u8,
        place: Place,
        facts: &[Fact],
        sign: Sign,
    ) {
        let is_queues = to.0 == Subject::Queue;
        if bases & bit(Basis::Event) > 0 {
            let mut rest = facts;
            while let Some(first) = rest.first() {
                let slot = self.grid.slot(first.at);
                let within = rest.iter().take_while(|fact| self.grid.holds(slot, fact.at)).count();
                let (together, later) = rest.split_at(within);
                if is_queues || together.iter().any(|fact| fact.what.is_agents()) {
                    self.add(to, together, sign, Basis::Event, slot);
                }
                rest = later;
            }
        }
        if bases & bit(Basis::Split) > 0 {
            let lasts = if is_queues { split::lasts } else { split::has_parts };
            for &fact in facts.iter().filter(|fact| lasts(fact.what)) {
                self.add_split(to, place, fact, sign);
            }
        }
        if is_queues && bases & bit(Basis::ServiceLevelEvent) > 0 {
            facts.iter().for_each(|&fact| self.add_passed(place, fact, sign));
        }
    }

    fn keeps(&self, basis: Basis) -> bool {
        self.bases & bit(basis) > 0
    }

    /// Facts of one visit, in one cell.
    #[inline]
    fn add(&mut self, to: Row, facts: &[Fact], sign: Sign, basis: Basis, slot: Slot) {
        let late = self.is_final(slot);
        let ((subject, row), ladder) = (to, &self.thresholds);
        let table = match subject {
            Subject::Queue => &mut self.queue_cells,
            Subject::Agent => &mut self.agent_cells,
        };
        let cell = table.series(row).cells_mut(basis).at(slot);
        let mut stale = false;
        for fact in facts.iter().filter(|fact| subject == Subject::Queue || fact.what.is_agents()) {
            match sign {
                Sign::Add => fact.what.contribution(subject, &mut Gaining { cell, ladder }),
                Sign::Take => {
                    let mut take = |delta| stale |= cell.take(delta, ladder);
                    fact.what.contribution(subject, &mut take);
                }
            }
        }
        self.note_change((subject, row, basis, slot), late, stale);
    }

    /// Does what corrects what was known: each final cell it touches is at a new revision.
    pub(super) fn correct(&mut self, act: impl FnOnce(&mut Self)) {
        if self.final_before.is_some() {
            // It is part of another, which notes what both have touched.
            return act(self);
        }
        self.final_before = Some(self.grid.slot(self.watermark()));
        act(self);
        self.note_revisions();
    }

    /// Each final cell that was touched is at a new revision.
    pub(super) fn note_revisions(&mut self) {
        self.final_before = None;
        if self.touched.is_empty() {
            return;
        }
        for (subject, row, basis, slot) in core::mem::take(&mut self.touched) {
            let series = self.table_mut(subject).series(row);
            match basis {
                Basis::Offered | Basis::Event | Basis::Completion => {
                    series.cells_mut(basis).at(slot).revision += 1;
                }
                Basis::Split => series.split.at(slot).revision += 1,
                Basis::ServiceLevelEvent => series.passed.at(slot).revision += 1,
            }
            if subject == Subject::Queue {
                let slice = SliceKey(u32::try_from(row).expect("rows are 32 bits"));
                self.changes.note(Change { what: Changed::Visits(slice), basis, slot });
            }
        }
    }

    #[inline]
    fn note_change(&mut self, key: CellKey, late: bool, stale: bool) {
        if late || stale {
            self.note_rare_change(key, late, stale);
        }
    }

    #[inline(never)]
    fn note_rare_change(&mut self, key: CellKey, late: bool, stale: bool) {
        if late {
            self.touched.insert(key);
        }
        if stale {
            self.stale.insert(key);
        }
    }

    /// The row of the agent whom a fact counts for.
    pub(super) fn agent_row(&mut self, place: Place, fact: Fact) -> usize {
        let agent = fact.agent.expect("asked only for facts with an agent");
        self.slices.part(AgentSlice { agent, team: fact.team, slice: place.slice })
    }

    /// A fact that is about to be counted, for the agent's team as it was then.
    pub(super) fn in_team(&self, fact: Fact) -> Fact {
        Fact { team: self.team_of(&fact), ..fact }
    }

    fn team_of(&self, fact: &Fact) -> u32 {
        fact.agent.map_or(0, |agent| self.team_at(agent.index(), fact.at))
    }

    /// The same, if the agent has one already.
    pub(super) fn known_agent_row(
        &self,
        place: Place,
        agent: AgentKey,
        at: Timestamp,
    ) -> Option<usize> {
        let team = self.team_at(agent.index(), at);
        self.slices.agents.find(AgentSlice { agent, team, slice: place.slice })
    }

    /// The team of an agent at an instant, as a label.
    pub(super) fn team_at(&self, agent: usize, at: Timestamp) -> u32 {
        let teams = self.teams.get(agent).map_or(&[][..], Vec::as_slice);
        let known = teams.partition_point(|&(since, _)| since <= at);
        known.checked_sub(1).map_or(0, |row| teams[row].1)
    }

    /// A customer came to the queue.
    pub(super) fn count_customer(&mut self, place: Place, customer: u64) {
        if customer > 0 && self.keeps(Basis::Offered) {
            let slot = self.grid.slot(place.entered);
            let series = self.queue_cells.series(place.slice.0 as usize);
            series.customers.at(slot).insert(customer);
        }
    }

    /// A visit of a customer was taken back: who else came must be counted again.
    pub(super) fn forget_customer(&mut self, place: Place, customer: u64) {
        if customer > 0 && self.keeps(Basis::Offered) {
            let (row, slot) = (place.slice.0 as usize, self.grid.slot(place.entered));
            self.stale.insert((Subject::Queue, row, Basis::Offered, slot));
        }
    }

    fn add_split(&mut self, to: Row, place: Place, fact: Fact, sign: Sign) {
        let (subject, row) = to;
        let (grid, first) = (self.grid, self.final_before);
        let (series, touched) = match subject {
            Subject::Queue => (self.queue_cells.series(row), &mut self.touched),
            Subject::Agent => (self.agent_cells.series(row), &mut self.touched),
        };
        split::parts(place, fact, sign, subject == Subject::Queue, grid, |slot, part| {
            series.split.at(slot).merge(&part);
            if first.is_some_and(|first| slot < first) {
                touched.insert((subject, row, Basis::Split, slot));
            }
        });
    }

    /// Every threshold that passed while the visit waited.
    fn add_passed(&mut self, place: Place, fact: Fact, sign: Sign) {
        let (What::Answered { wait, .. } | What::Abandoned { wait } | What::Left { wait, .. }) =
            fact.what
        else {
            return;
        };
        let height = self.thresholds.spans().len();
        let series = self.queue_cells.series(place.slice.0 as usize);
        for (rung, &threshold) in self.thresholds.spans().iter().enumerate() {
            if threshold >= wait {
                break;
            }
            let slot = self.grid.slot(place.entered + threshold);
            if self.final_before.is_some_and(|first| slot < first) {
                let row = place.slice.0 as usize;
                self.touched.insert((Subject::Queue, row, Basis::ServiceLevelEvent, slot));
            }
            let passed = &mut series.passed.at(slot).counts;
            passed.resize(height, 0);
            match sign {
                Sign::Add => passed[rung] += 1,
                Sign::Take => passed[rung] -= 1,
            }
        }
    }

    pub(super) fn table_mut(&mut self, subject: Subject) -> &mut super::table::Table {
        match subject {
            Subject::Queue => &mut self.queue_cells,
            Subject::Agent => &mut self.agent_cells,
        }
    }
}
