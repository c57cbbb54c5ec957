//! From facts to cells: where each contribution goes under each basis, added or taken back.
//! What a fact contributes is in `facts.rs`, what is open in `visits.rs`.

use super::aggregator::KpiAggregator;
use super::cell::{Cell, Sign};
use super::changes::{Change, Changed};
use super::extras::Extra;
use super::facts::{Delta, Fact, Gains, Hears, Place, What};
use super::fields::{Basis, Subject};
use super::ladder::Thresholds;
use super::records::{Known, Record};
use super::slices::{AgentSlice, SliceKey};
use super::split;
use super::table::Slot;
use super::visits::{Told, VisitKey};
use crate::event::{Event, EventKind};
use crate::ids::AgentKey;
use crate::time::Timestamp;

/// A cell that must be rebuilt: table, row, basis, interval.
pub(super) type CellKey = (Subject, usize, Basis, Slot);

/// The bases under which each fact of a visit has an interval of its own, a bit each.
const BY_THE_FACT: u8 =
    1 << Basis::Event as u8 | 1 << Basis::Split as u8 | 1 << Basis::ServiceLevelEvent as u8;

/// Facts of one visit, as they are counted: with their agents' teams.
pub(super) trait Facts {
    /// Shows each of them.
    fn each(&self, to: &mut impl Hears);

    /// Whether any may count for an agent.
    fn has_agents(&self) -> bool;
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

impl Hears for Gaining<'_> {
    #[inline(always)]
    fn hear(&mut self, fact: &Fact) {
        fact.what.contribution(Subject::Queue, self);
    }
}

impl Facts for [Fact] {
    #[inline(always)]
    fn each(&self, to: &mut impl Hears) {
        self.iter().for_each(|fact| to.hear(fact));
    }

    #[inline]
    fn has_agents(&self) -> bool {
        self.iter().any(|fact| fact.agent.is_some())
    }
}

impl Facts for Fact {
    #[inline(always)]
    fn each(&self, to: &mut impl Hears) {
        to.hear(self);
    }

    #[inline]
    fn has_agents(&self) -> bool {
        self.agent.is_some()
    }
}

impl KpiAggregator {
    /// Counts a fact of a visit, and keeps it.
    pub(super) fn tell(&mut self, mut told: Told) {
        told.fact.team = self.team_of(&told.fact);
        let Told { key, place, ref fact, completed } = told;
        match fact.what {
            What::Refused { .. } => {
                self.post(place, fact, Sign::Add);
                self.post_completed(place, fact, Sign::Add, fact.at);
                return;
            }
            What::Entered { .. } => {
                self.begin(key, place, *fact);
                self.watch(&told);
                self.post(place, fact, Sign::Add);
                return;
            }
            What::Code { set, .. } if set > 1 => {
                // What it replaces cannot be taken back: both would count.
                if self.records.get(key).is_none() {
                    self.counters.late += 1;
                    return;
                }
                self.replace_codes(&told);
            }
            What::Answered { .. } | What::Abandoned { .. } | What::Left { .. } => self.watch(&told),
            What::Code { .. }
            | What::OfferMade
            | What::OfferAccepted { .. }
            | What::OfferDeclined
            | What::OfferMissed
            | What::OfferWithdrawn
            | What::OfferLost
            | What::CallbackOffered
            | What::CallbackFailed
            | What::Responded { .. }
            | What::Held { .. }
            | What::Conversed { .. }
            | What::Handled { .. }
            | What::Marked { .. } => {}
        }
        self.post(place, fact, Sign::Add);
        match (self.records.push(key, place, fact), completed) {
            (Known::Open, None) => {}
            (Known::Open, Some(at)) => {
                self.complete(key, place, at);
            }
            (Known::Closed(at), _) => self.post_completed(place, fact, Sign::Add, at),
            // Its record is not kept: the tail knows, but for a hand-over long ago.
            (Known::Gone, at) => {
                self.post_completed(place, fact, Sign::Add, at.unwrap_or(fact.at));
            }
        }
    }

    /// The record of a visit begins, with the fact that it did.
    fn begin(&mut self, key: VisitKey, place: Place, fact: Fact) {
        let Extra { id, customer, .. } = self.extra_of(key);
        let id = self.contacts.id(key.contact).map(Into::into).or(id);
        self.count_customer(place, customer);
        let mut facts = self.records.room();
        facts.push(fact);
        let record = Record { revision: 0, place, id, customer, completed: None, facts };
        self.records.begin(key, record);
    }

    /// A visit is over.
    pub(super) fn complete(&mut self, key: VisitKey, place: Place, at: Timestamp) {
        let facts = self.records.complete(key, at);
        self.early_marks.visit_is_known(key);
        if self.keeps(Basis::Completion) {
            self.add(place, &facts[..], Sign::Add, Basis::Completion, self.grid.slot(at));
        }
        self.records.put_back(key, facts);
    }

    /// A code that is given when all else of its visit is over.
    pub(super) fn code_after_all(&self, key: VisitKey, event: &Event) -> Option<Told> {
        let name = event.reason.filter(|_| event.kind == EventKind::ContactDisposed)?;
        let record = self.records.get(key)?;
        let what = What::Code { name, set: event.number };
        let fact = Fact::new(event.at, event.agent, what);
        let told = Told { key, place: record.place, fact, completed: record.completed };
        Some(told)
    }

    /// A corrected set of codes takes the place of those before.
    fn replace_codes(&mut self, told: &Told) {
        let Told { key, place, fact, .. } = *told;
        let What::Code { set, .. } = fact.what else { return };
        let completed = self.records.get(key).and_then(|record| record.completed);
        for earlier in self.records.replace_codes(key, set) {
            self.post(place, &earlier, Sign::Take);
            if let Some(at) = completed {
                self.post_completed(place, &earlier, Sign::Take, at);
            }
        }
    }

    /// Adds or takes back all that a visit came to.
    #[inline]
    pub(super) fn post_all(
        &mut self,
        place: Place,
        facts: &(impl Facts + ?Sized),
        completed: Option<Timestamp>,
        sign: Sign,
    ) {
        if self.keeps(Basis::Offered) {
            self.add(place, facts, sign, Basis::Offered, self.grid.slot(place.entered));
        }
        if self.bases & BY_THE_FACT > 0 {
            facts.each(&mut |fact: &Fact| self.post_as_it_happened(place, fact, sign));
        }
        if let (Some(at), true) = (completed, self.keeps(Basis::Completion)) {
            self.add(place, facts, sign, Basis::Completion, self.grid.slot(at));
        }
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

    /// Under every basis but that of completion.
    fn post(&mut self, place: Place, fact: &Fact, sign: Sign) {
        if self.keeps(Basis::Offered) {
            let slot = self.grid.slot(place.entered);
            self.add(place, fact, sign, Basis::Offered, slot);
        }
        if self.bases & BY_THE_FACT > 0 {
            self.post_as_it_happened(place, fact, sign);
        }
    }

    /// Under the bases that go by when each thing happened.
    fn post_as_it_happened(&mut self, place: Place, fact: &Fact, sign: Sign) {
        if self.keeps(Basis::Event) {
            self.add(place, fact, sign, Basis::Event, self.grid.slot(fact.at));
        }
        if self.keeps(Basis::Split) && split::lasts(fact.what) {
            self.add_split(place, *fact, sign);
        }
        if self.keeps(Basis::ServiceLevelEvent) {
            self.add_passed(place, *fact, sign);
        }
    }

    fn post_completed(&mut self, place: Place, fact: &Fact, sign: Sign, at: Timestamp) {
        if self.keeps(Basis::Completion) {
            self.add(place, fact, sign, Basis::Completion, self.grid.slot(at));
        }
    }

    fn keeps(&self, basis: Basis) -> bool {
        self.bases & (1 << basis as u8) > 0
    }

    /// Facts of one visit, in one cell of its queue and one of each agent.
    #[inline]
    fn add(
        &mut self,
        place: Place,
        facts: &(impl Facts + ?Sized),
        sign: Sign,
        basis: Basis,
        slot: Slot,
    ) {
        let late = self.is_final(slot);
        let row = place.slice.0 as usize;
        let cell = self.queue_cells.series(row).cells_mut(basis).at(slot);
        let (mut stale, ladder) = (false, &self.thresholds);
        match sign {
            Sign::Add => facts.each(&mut Gaining { cell, ladder }),
            Sign::Take => facts.each(&mut |fact: &Fact| {
                let mut take = |delta| stale |= cell.take(delta, ladder);
                fact.what.contribution(Subject::Queue, &mut take);
            }),
        }
        self.note_change((Subject::Queue, row, basis, slot), late, stale);
        if facts.has_agents() {
            facts.each(&mut |fact: &Fact| self.add_to_agent(place, fact, sign, basis, slot));
        }
    }

    fn add_to_agent(&mut self, place: Place, fact: &Fact, sign: Sign, basis: Basis, slot: Slot) {
        if fact.agent.is_none() || !fact.what.is_agents() {
            return;
        }
        let late = self.is_final(slot);
        let row = self.agent_row(place, *fact);
        let cell = self.agent_cells.series(row).cells_mut(basis).at(slot);
        let (mut stale, ladder) = (false, &self.thresholds);
        match sign {
            Sign::Add => fact.what.contribution(Subject::Agent, &mut Gaining { cell, ladder }),
            Sign::Take => {
                let mut take = |delta| stale |= cell.take(delta, ladder);
                fact.what.contribution(Subject::Agent, &mut take);
            }
        }
        self.note_change((Subject::Agent, row, basis, slot), late, stale);
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

    fn add_split(&mut self, place: Place, fact: Fact, sign: Sign) {
        let (grid, row) = (self.grid, place.slice.0 as usize);
        let (series, first, touched) =
            (self.queue_cells.series(row), self.final_before, &mut self.touched);
        split::parts(place, fact, sign, true, grid, |slot, part| {
            series.split.at(slot).merge(&part);
            if first.is_some_and(|first| slot < first) {
                touched.insert((Subject::Queue, row, Basis::Split, slot));
            }
        });
        if fact.agent.is_some() && split::has_parts(fact.what) {
            let row = self.agent_row(place, fact);
            let (series, touched) = (self.agent_cells.series(row), &mut self.touched);
            split::parts(place, fact, sign, false, grid, |slot, part| {
                series.split.at(slot).merge(&part);
                if first.is_some_and(|first| slot < first) {
                    touched.insert((Subject::Agent, row, Basis::Split, slot));
                }
            });
        }
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
