//! Where cells are kept: per slice, per basis, by interval. Finding one is an index and, as
//! time goes forward, a look at the end of a vector. What a cell holds does not belong here.

use serde::{Deserialize, Serialize};

use super::cell::Cell;
use super::fields::Basis;
use super::ladder::Thresholds;
use super::split::SplitCell;
use super::uniques::Uniques;
use crate::ids::TextKey;
use crate::time::{Span, Timestamp};

/// The number of an interval, counted from the epoch.
pub(crate) type Slot = i64;

/// Values by interval, ascending.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Timeline<T> {
    /// The latest interval, by itself: as time goes forward nearly all happens there.
    latest: Option<(Slot, Box<T>)>,
    // Boxed, so that a late interval in the middle moves pointers, not cells.
    earlier: Vec<(Slot, Box<T>)>,
}

impl<T> Default for Timeline<T> {
    fn default() -> Self {
        Self { latest: None, earlier: Vec::new() }
    }
}

impl<T: Default> Timeline<T> {
    /// The value of `slot`, made when it is the first of its interval.
    #[inline]
    pub(crate) fn at(&mut self, slot: Slot) -> &mut T {
        if self.latest.as_ref().is_none_or(|&(latest, _)| latest != slot) {
            return self.at_another(slot);
        }
        let Some((_, value)) = &mut self.latest else { unreachable!("it was just looked at") };
        value
    }

    #[inline(never)]
    fn at_another(&mut self, slot: Slot) -> &mut T {
        if self.latest.as_ref().is_none_or(|&(latest, _)| latest < slot) {
            self.earlier.extend(self.latest.take());
            return &mut self.latest.insert((slot, Box::default())).1;
        }
        let row = match self.earlier.binary_search_by_key(&slot, |&(known, _)| known) {
            Ok(row) => row,
            Err(row) => {
                self.earlier.insert(row, (slot, Box::default()));
                row
            }
        };
        &mut self.earlier[row].1
    }

    /// Forgets the intervals from one to another that have nothing in them any more.
    pub(crate) fn drop_empty(&mut self, first: Slot, last: Slot)
    where
        T: PartialEq,
    {
        let empty = T::default();
        let keep = |slot: Slot, value: &T| slot < first || slot > last || *value != empty;
        let begin = self.earlier.partition_point(|&(slot, _)| slot < first);
        if self.earlier[begin..].iter().any(|(slot, value)| !keep(*slot, value)) {
            self.earlier.retain(|(slot, value)| keep(*slot, value));
        }
        if self.latest.as_ref().is_some_and(|(slot, value)| !keep(*slot, value)) {
            self.latest = self.earlier.pop();
        }
    }

    /// The first and the last interval.
    pub(crate) fn ends(&self) -> [Option<Slot>; 2] {
        let latest = self.latest.as_ref().map(|&(slot, _)| slot);
        [self.earlier.first().map(|&(slot, _)| slot).or(latest), latest]
    }

    /// Interval and value, ascending.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Slot, &T)> {
        self.range(Slot::MIN, Slot::MAX)
    }

    /// Interval and value from `from` on and before `until`, ascending.
    pub(crate) fn range(&self, from: Slot, until: Slot) -> impl Iterator<Item = (Slot, &T)> {
        let first = self.earlier.partition_point(|&(slot, _)| slot < from);
        let latest = self.latest.iter().filter(move |&&(slot, _)| slot >= from);
        let all = self.earlier[first..].iter().chain(latest);
        let all = all.map(|(slot, value)| (*slot, value.as_ref()));
        all.take_while(move |&(slot, _)| slot < until)
    }
}

/// How many visits passed each threshold still waiting, by rung.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Passed {
    pub(crate) counts: Vec<u64>,
    /// How often they changed after they had been final.
    pub(crate) revision: u32,
}

impl Passed {
    pub(crate) fn merge(&mut self, other: &Self) {
        self.counts.resize(self.counts.len().max(other.counts.len()), 0);
        self.counts.iter_mut().zip(&other.counts).for_each(|(ours, theirs)| *ours += theirs);
        self.revision = self.revision.max(other.revision);
    }
}

/// Everything of one slice.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Series {
    pub(crate) offered: Timeline<Cell>,
    pub(crate) event: Timeline<Cell>,
    pub(crate) completion: Timeline<Cell>,
    pub(crate) split: Timeline<SplitCell>,
    pub(crate) passed: Timeline<Passed>,
    /// Different customers by interval of the entry.
    pub(crate) customers: Timeline<Uniques>,
}

impl Series {
    /// The cells of a basis; the other two have those of the events.
    pub(crate) fn cells(&self, basis: Basis) -> &Timeline<Cell> {
        match basis {
            Basis::Offered => &self.offered,
            Basis::Event | Basis::ServiceLevelEvent | Basis::Split => &self.event,
            Basis::Completion => &self.completion,
        }
    }

    pub(crate) fn cells_mut(&mut self, basis: Basis) -> &mut Timeline<Cell> {
        match basis {
            Basis::Offered => &mut self.offered,
            Basis::Event | Basis::ServiceLevelEvent | Basis::Split => &mut self.event,
            Basis::Completion => &mut self.completion,
        }
    }

    /// The first and the last interval of each basis.
    pub(crate) fn extent(&self) -> impl Iterator<Item = Slot> {
        let cells = [&self.offered, &self.event, &self.completion];
        let cells = cells.into_iter().map(Timeline::ends);
        let others = [self.split.ends(), self.passed.ends()];
        cells.chain(others).flatten().flatten()
    }

    fn merge(&mut self, other: &Self, ladder: &Thresholds, text: &impl Fn(TextKey) -> TextKey) {
        for basis in [Basis::Offered, Basis::Event, Basis::Completion] {
            for (slot, cell) in other.cells(basis).iter() {
                self.cells_mut(basis).at(slot).merge(cell, ladder, text);
            }
        }
        for (slot, cell) in other.split.iter() {
            self.split.at(slot).merge(cell);
        }
        for (slot, customers) in other.customers.iter() {
            self.customers.at(slot).merge(customers);
        }
        for (slot, passed) in other.passed.iter() {
            self.passed.at(slot).merge(passed);
        }
    }
}

/// The cells of all slices, by their index.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Table {
    rows: Vec<Series>,
}

impl Table {
    #[inline]
    pub(crate) fn series(&mut self, row: usize) -> &mut Series {
        if self.rows.len() <= row {
            self.make_room(row);
        }
        &mut self.rows[row]
    }

    #[inline(never)]
    fn make_room(&mut self, row: usize) {
        self.rows.resize_with(row + 1, Series::default);
    }

    pub(crate) fn rows(&self) -> &[Series] {
        &self.rows
    }

    /// Adds the cells of `other`, whose rows and texts are named otherwise.
    pub(crate) fn merge(
        &mut self,
        other: &Self,
        ladder: &Thresholds,
        mut row: impl FnMut(usize) -> usize,
        text: &impl Fn(TextKey) -> TextKey,
    ) {
        for (index, series) in other.rows.iter().enumerate() {
            self.series(row(index)).merge(series, ladder, text);
        }
    }
}

/// Cuts time into intervals of one length.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Grid {
    /// Microseconds, above zero.
    pub(crate) step: i64,
}

impl Grid {
    /// The interval that holds `at`: half-open, so its end belongs to the next.
    pub(crate) fn slot(self, at: Timestamp) -> Slot {
        at.micros() / self.step
    }

    /// Whether an instant lies in an interval.
    #[inline]
    pub(crate) fn holds(self, slot: Slot, at: Timestamp) -> bool {
        (0..self.step).contains(&(at.micros() - slot * self.step))
    }

    /// Where an interval begins.
    pub(crate) fn start(self, slot: Slot) -> Timestamp {
        Timestamp::from_micros(slot.saturating_mul(self.step)).unwrap_or(Timestamp::MAX)
    }

    /// The pieces of the time from `since` to `until`, cut at the edges of the intervals.
    pub(crate) fn split(
        self,
        since: Timestamp,
        until: Timestamp,
        mut piece: impl FnMut(Slot, Span),
    ) {
        let mut from = since;
        while from < until {
            let slot = self.slot(from);
            let to = self.start(slot + 1).min(until);
            piece(slot, to.since(from));
            from = to;
        }
    }
}
