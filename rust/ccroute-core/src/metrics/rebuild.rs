//! Rebuilding what a correction has taken from cells and they cannot tell by themselves: the
//! greatest, exact samples, different customers. All of it comes from the facts that are kept.

use std::collections::BTreeSet;

use super::aggregator::KpiAggregator;
use super::facts::{Delta, Fact, Place};
use super::fields::{Basis, Subject};
use super::posting::CellKey;
use super::records::{Record, Records};
use super::table::Slot;
use super::uniques::Uniques;
use crate::time::Span;

impl KpiAggregator {
    /// Makes the cells tell all that is known: posts what is unposted, and rebuilds, from the
    /// facts that are kept, the distributions of which something was taken that they cannot tell
    /// by themselves.
    pub(super) fn make_readable(&mut self) {
        self.post_so_far();
        self.rebuild();
    }

    fn rebuild(&mut self) {
        if self.stale.is_empty() {
            return;
        }
        let mut stale = core::mem::take(&mut self.stale);
        let before = stale.len();
        // Facts of earlier visits are gone: what was taken from their cells stays as it is.
        let gone = self.records.gone();
        stale.retain(|&(.., slot)| gone.is_none_or(|edge| self.grid.start(slot) > edge));
        self.counters.approximate += (before - stale.len()) as u64;
        for &(subject, row, basis, slot) in &stale {
            let series = self.table_mut(subject).series(row);
            series.cells_mut(basis).at(slot).forget_timings();
            if let (Subject::Queue, Basis::Offered) = (subject, basis) {
                *series.customers.at(slot) = Uniques::default();
            }
        }
        // Intervals are few: a fact of another is passed over before any cell is looked for.
        let slots: BTreeSet<Slot> = stale.iter().map(|&(.., slot)| slot).collect();
        let nothing = Records::new(Span::ZERO, 0);
        let records = core::mem::replace(&mut self.records, nothing);
        for record in records.any_order() {
            self.record_again(&stale, &slots, record);
        }
        self.records = records;
    }

    fn record_again(&mut self, stale: &BTreeSet<CellKey>, slots: &BTreeSet<Slot>, record: &Record) {
        let Record { place, completed, .. } = *record;
        let entered = self.grid.slot(place.entered);
        let key = (Subject::Queue, place.slice.0 as usize, Basis::Offered, entered);
        if stale.contains(&key) {
            self.count_customer(place, record.counted_customer());
        }
        let over = completed.map(|at| self.grid.slot(at));
        for &fact in &record.facts {
            let happened = self.grid.slot(fact.at);
            let found = [
                (Basis::Offered, Some(entered)),
                (Basis::Event, Some(happened)),
                (Basis::Completion, over),
            ];
            for (basis, slot) in found {
                if let Some(slot) = slot.filter(|slot| slots.contains(slot)) {
                    self.time_again(stale, place, fact, basis, slot);
                }
            }
        }
    }

    fn time_again(
        &mut self,
        stale: &BTreeSet<CellKey>,
        place: Place,
        fact: Fact,
        basis: Basis,
        slot: Slot,
    ) {
        for subject in [Subject::Queue, Subject::Agent] {
            let Some(row) = self.row_of(subject, place, fact) else { continue };
            if !stale.contains(&(subject, row, basis, slot)) {
                continue;
            }
            let table = match subject {
                Subject::Queue => &mut self.queue_cells,
                Subject::Agent => &mut self.agent_cells,
            };
            let cell = table.series(row).cells_mut(basis).at(slot);
            fact.what.contribution(subject, &mut |delta| {
                if let Delta::Timing(..) = delta {
                    cell.gain(delta, &self.thresholds);
                }
            });
        }
    }
}
