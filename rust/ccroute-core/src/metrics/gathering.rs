//! A query under way: its groups, and what was added up of each by interval. What is added is
//! said in `query.rs` and `lasting.rs`, what is read of it in `gathered.rs`.

use rustc_hash::FxHashMap;

use super::fields::{Dimension, Timing};
use super::gathered::Gathered;
use super::ladder::Thresholds;
use super::query::Query;
use super::table::{Grid, Slot};
use crate::time::Timestamp;

/// The labels asked for in a dimension.
pub(super) type Only = (Dimension, Vec<u32>);

/// Sums under construction: by group and interval.
pub(super) struct Gathering<'a> {
    pub(super) query: &'a Query,
    /// The edges as interval numbers.
    pub(super) edges: Vec<Slot>,
    pub(super) wanted: u8,
    pub(super) ladder: &'a Thresholds,
    pub(super) groups: FxHashMap<Vec<u32>, u32>,
    pub(super) labels: Vec<Vec<u32>>,
    /// By group: the intervals that have anything, ascending.
    pub(super) rows: Vec<Vec<(u32, Gathered<'a>)>>,
    /// The places of the fields that were counted anew.
    pub(super) recounted: Vec<usize>,
}

impl<'a> Gathering<'a> {
    /// The interval that holds a cell, if it was asked for.
    pub(super) fn interval(&self, slot: Slot) -> Option<u32> {
        if self.edges.is_empty() {
            return Some(0);
        }
        let after = self.edges.partition_point(|&edge| edge <= slot);
        (after > 0 && after < self.edges.len()).then(|| u32::try_from(after - 1).unwrap_or(0))
    }

    /// The first interval that may be asked for, and the first after all of them.
    pub(super) fn reach(&self) -> [Slot; 2] {
        match (self.edges.first(), self.edges.last()) {
            (Some(&from), Some(&until)) => [from, until],
            (None, _) | (_, None) => [Slot::MIN, Slot::MAX],
        }
    }

    /// When the first interval begins; `None` without edges.
    pub(super) fn start(&self, grid: Grid) -> Option<Timestamp> {
        self.edges.first().map(|&edge| grid.start(edge))
    }

    /// Whether some row has more durations of a kind than are kept one by one.
    pub(super) fn has_wide(&self, timing: Timing) -> bool {
        self.rows.iter().flatten().any(|(_, gathered)| gathered.is_wide(timing))
    }

    pub(super) fn group(&mut self, labels: Vec<u32>) -> u32 {
        if let Some(&known) = self.groups.get(&labels) {
            return known;
        }
        let fresh = u32::try_from(self.labels.len()).expect("fewer than 2^32 groups");
        self.labels.push(labels.clone());
        self.rows.push(Vec::new());
        self.groups.insert(labels, fresh);
        fresh
    }

    pub(super) fn row(&mut self, group: u32, interval: u32) -> &mut Gathered<'a> {
        let rows = &mut self.rows[group as usize];
        // Cells come in the order of time, but for those of several slices in one group.
        let place = match rows.last() {
            Some(&(last, _)) if last == interval => rows.len() - 1,
            Some(&(last, _)) if last > interval => {
                let known = rows.binary_search_by_key(&interval, |&(known, _)| known);
                known.unwrap_or_else(|place| {
                    rows.insert(place, (interval, Gathered::default()));
                    place
                })
            }
            Some(_) | None => {
                rows.push((interval, Gathered::default()));
                rows.len() - 1
            }
        };
        &mut rows[place].1
    }
}
