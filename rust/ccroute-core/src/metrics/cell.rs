//! What is counted of one slice in one interval: counts and sums in integers, distributions,
//! marks. A cell of nothing is the zero; adding a contribution and taking it back are each
//! other's inverse. Where cells are kept is in `table.rs`, what moves them in `facts.rs`;
//! ratios do not belong here.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::distribution::Distribution;
use super::facts::Delta;
use super::fields::{Count, Sum, Timing};
use super::ladder::Thresholds;
use super::timings::Timings;
use crate::event::Cause;
use crate::ids::TextKey;

/// Codes, scores and amounts of a cell; most have none.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Marks {
    pub(crate) codes: BTreeMap<TextKey, i64>,
    pub(crate) scores: BTreeMap<(TextKey, u8), i64>,
    /// (how many, millionths in all)
    pub(crate) amounts: BTreeMap<TextKey, (i64, i128)>,
}

impl Marks {
    /// `text` translates; several may come to one, `__other__`.
    fn add(&mut self, other: &Self, text: impl Fn(TextKey) -> TextKey) {
        for (&name, &n) in &other.codes {
            bump(&mut self.codes, text(name), n);
        }
        for (&(name, value), &n) in &other.scores {
            bump(&mut self.scores, (text(name), value), n);
        }
        for (&name, &(n, millionths)) in &other.amounts {
            self.add_amount(text(name), n, millionths);
        }
    }

    fn add_amount(&mut self, name: TextKey, n: i64, millionths: i128) {
        let known = self.amounts.entry(name).or_default();
        *known = (known.0 + n, known.1 + millionths);
        if *known == (0, 0) {
            self.amounts.remove(&name);
        }
    }
}

/// Adds `n` to the count of a key; what comes to nothing leaves no trace.
fn bump<K: Ord + Copy>(counts: &mut BTreeMap<K, i64>, key: K, n: i64) {
    let count = counts.entry(key).or_default();
    *count += n;
    if *count == 0 {
        counts.remove(&key);
    }
}

/// Whether a contribution is added or taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sign {
    Add,
    Take,
}

impl Sign {
    pub(crate) fn of(self, n: i64) -> i64 {
        match self {
            Self::Add => n,
            Self::Take => -n,
        }
    }
}

/// Integers of one slice in one interval, or of many added up: `C` counts, `S` sums, `T`
/// durations. Only what was added is ever taken back, so no count falls below zero.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Figures<C, S, T> {
    counts: [C; Count::ALL.len()],
    sums: [S; Sum::ALL.len()],
    timings: T,
    rare: Option<Box<Rare>>,
    /// How often the cell changed after it had been final.
    pub(crate) revision: u32,
}

/// What most cells have nothing of.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Rare {
    left: Vec<(Cause, u64)>,
    refused: Vec<(Cause, u64)>,
    marks: Marks,
}

/// What is kept: small.
pub(crate) type Cell = Figures<u32, i64, Timings>;

/// What is read: of any number of cells.
pub(crate) type Totals = Figures<u64, i128, [Option<Box<Distribution>>; Timing::ALL.len()]>;

impl<C: Copy + Default, S: Copy + Default, T: Default> Default for Figures<C, S, T> {
    fn default() -> Self {
        Self {
            counts: [C::default(); Count::ALL.len()],
            sums: [S::default(); Sum::ALL.len()],
            timings: T::default(),
            rare: None,
            revision: 0,
        }
    }
}

impl<C: Copy, S: Copy, T> Figures<C, S, T> {
    pub(crate) fn count(&self, what: Count) -> C {
        self.counts[what as usize]
    }

    pub(crate) fn sum(&self, what: Sum) -> S {
        self.sums[what as usize]
    }

    pub(crate) fn left(&self, cause: Cause) -> u64 {
        self.rare.as_ref().map_or(0, |rare| of_cause(&rare.left, cause))
    }

    pub(crate) fn refused(&self, cause: Cause) -> u64 {
        self.rare.as_ref().map_or(0, |rare| of_cause(&rare.refused, cause))
    }

    pub(crate) fn marks(&self) -> Option<&Marks> {
        self.rare.as_ref().map(|rare| &rare.marks)
    }

    fn add_rare(&mut self, other: &Rare, text: impl Fn(TextKey) -> TextKey) {
        let rare = self.rare.get_or_insert_default();
        add_causes(&mut rare.left, &other.left);
        add_causes(&mut rare.refused, &other.refused);
        rare.marks.add(&other.marks, text);
    }
}

impl Cell {
    /// Adds one step of a contribution.
    #[inline(always)]
    pub(crate) fn gain(&mut self, delta: Delta, ladder: &Thresholds) {
        match delta {
            Delta::Count(what, n) => {
                let count = &mut self.counts[what as usize];
                *count = count.checked_add(n).expect("a cell counts less than 2^32 things");
            }
            Delta::Sum(what, span) => self.sums[what as usize] += span.micros(),
            Delta::Timing(what, span) => self.timings.record(what, span, ladder),
            Delta::Left(..)
            | Delta::Refused(..)
            | Delta::Code(..)
            | Delta::Score(..)
            | Delta::Amount(..) => self.change_rare(delta, Sign::Add),
        }
    }

    /// Takes one step of a contribution back. Returns whether a distribution must be rebuilt
    /// from its facts.
    #[inline(never)]
    pub(crate) fn take(&mut self, delta: Delta, ladder: &Thresholds) -> bool {
        match delta {
            Delta::Count(what, n) => {
                let count = &mut self.counts[what as usize];
                *count = count.checked_sub(n).expect("a cell takes back what it counted");
            }
            Delta::Sum(what, span) => self.sums[what as usize] -= span.micros(),
            Delta::Timing(what, span) => return self.timings.retract(what, span, ladder),
            Delta::Left(..)
            | Delta::Refused(..)
            | Delta::Code(..)
            | Delta::Score(..)
            | Delta::Amount(..) => self.change_rare(delta, Sign::Take),
        }
        false
    }

    #[inline(never)]
    fn change_rare(&mut self, delta: Delta, sign: Sign) {
        let rare = self.rare.get_or_insert_default();
        match delta {
            Delta::Left(cause) => add_cause(&mut rare.left, cause, sign),
            Delta::Refused(cause) => add_cause(&mut rare.refused, cause, sign),
            Delta::Code(name) => bump(&mut rare.marks.codes, name, sign.of(1)),
            Delta::Score(name, value) => {
                bump(&mut rare.marks.scores, (name, value), sign.of(1));
            }
            Delta::Amount(name, value) => {
                rare.marks.add_amount(name, sign.of(1), sign.of(value).into());
            }
            Delta::Count(..) | Delta::Sum(..) | Delta::Timing(..) => {}
        }
        if **rare == Rare::default() {
            self.rare = None;
        }
    }

    /// Whether nothing is left in it.
    pub(crate) fn is_empty(&self) -> bool {
        self.counts.iter().all(|&n| n == 0)
            && self.sums.iter().all(|&micros| micros == 0)
            && self.timings.is_empty()
            && self.rare.is_none()
    }

    /// Takes all out that can only be had from samples, to be recorded anew.
    pub(crate) fn forget_timings(&mut self) {
        self.timings = Timings::default();
    }

    pub(crate) fn timings(&self) -> &Timings {
        &self.timings
    }

    /// Adds all of `other`, which is of the same slice and interval; `text` translates.
    pub(crate) fn merge(
        &mut self,
        other: &Self,
        ladder: &Thresholds,
        text: impl Fn(TextKey) -> TextKey,
    ) {
        for (ours, theirs) in self.counts.iter_mut().zip(other.counts) {
            *ours = ours.checked_add(theirs).expect("a cell counts less than 2^32 things");
        }
        self.sums.iter_mut().zip(other.sums).for_each(|(ours, theirs)| *ours += theirs);
        self.timings.merge(&other.timings, ladder);
        if let Some(rare) = &other.rare {
            self.add_rare(rare, text);
        }
        self.revision = self.revision.max(other.revision);
    }
}

impl Totals {
    /// Adds a cell; of its distributions those in `wanted`, a bit each.
    pub(crate) fn add(&mut self, cell: &Cell, ladder: &Thresholds, wanted: u8) {
        self.counts.iter_mut().zip(cell.counts).for_each(|(all, n)| *all += u64::from(n));
        self.sums.iter_mut().zip(cell.sums).for_each(|(all, n)| *all += i128::from(n));
        for (&kind, all) in Timing::ALL.iter().zip(&mut self.timings) {
            if wanted & (1 << kind as u8) > 0 {
                cell.timings.add_to(kind, all, ladder);
            }
        }
        if let Some(rare) = &cell.rare {
            self.add_rare(rare, |key| key);
        }
        self.revision = self.revision.max(cell.revision);
    }

    pub(crate) fn timing(&self, what: Timing) -> Option<&Distribution> {
        self.timings[what as usize].as_deref()
    }
}

fn of_cause(counts: &[(Cause, u64)], cause: Cause) -> u64 {
    counts.iter().find(|&&(known, _)| known == cause).map_or(0, |&(_, count)| count)
}

fn add_cause(counts: &mut Vec<(Cause, u64)>, cause: Cause, sign: Sign) {
    match (counts.binary_search_by_key(&cause, |&(known, _)| known), sign) {
        (Ok(row), Sign::Add) => counts[row].1 += 1,
        (Ok(row), Sign::Take) => {
            counts[row].1 -= 1;
            if counts[row].1 == 0 {
                counts.remove(row);
            }
        }
        (Err(row), Sign::Add) => counts.insert(row, (cause, 1)),
        (Err(_), Sign::Take) => {}
    }
}

fn add_causes(ours: &mut Vec<(Cause, u64)>, theirs: &[(Cause, u64)]) {
    for &(cause, count) in theirs {
        match ours.binary_search_by_key(&cause, |&(known, _)| known) {
            Ok(row) => ours[row].1 += count,
            Err(row) => ours.insert(row, (cause, count)),
        }
    }
}
