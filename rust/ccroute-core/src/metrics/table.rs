//! Where cells are kept: per named thing and channel, per basis, by interval. Finding one is
//! an index and, as time goes forward, a look at the end of a vector. What a cell holds does
//! not belong here.

use serde::{Deserialize, Serialize};

use super::cell::Cell;
use crate::event::words;
use crate::ids::ChannelKey;
use crate::time::Timestamp;

words!(
    /// Which interval a visit's counts and durations belong to.
    Basis {
        /// The interval in which the contact entered the queue, whatever happened when.
        Offered = "offered",
        /// The interval in which each thing happened; a duration goes whole to its end.
        Event = "event",
    }
);

/// The number of an interval, counted from the epoch.
pub(crate) type Slot = i64;

/// Values by interval, ascending.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Timeline<T> {
    // Boxed, so that a late interval in the middle moves pointers, not cells.
    slots: Vec<(Slot, Box<T>)>,
}

impl<T: Default> Timeline<T> {
    /// The value of `slot`, made when it is the first of its interval.
    pub(crate) fn at(&mut self, slot: Slot) -> &mut T {
        let row = match self.slots.last() {
            Some(&(last, _)) if last == slot => self.slots.len() - 1,
            Some(&(last, _)) if last > slot => {
                match self.slots.binary_search_by_key(&slot, |&(known, _)| known) {
                    Ok(row) => row,
                    Err(row) => {
                        self.slots.insert(row, (slot, Box::default()));
                        row
                    }
                }
            }
            Some(_) | None => {
                self.slots.push((slot, Box::default()));
                self.slots.len() - 1
            }
        };
        &mut self.slots[row].1
    }

    /// Interval and value, ascending.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Slot, &T)> {
        self.slots.iter().map(|(slot, value)| (*slot, value.as_ref()))
    }
}

/// The cells of one thing on one channel, per basis.
type Series = [Timeline<Cell>; Basis::ALL.len()];

/// Where in a table, but for the interval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Row {
    /// The index of the queue or agent.
    pub(crate) index: usize,
    /// The channel; `None` for events that name none.
    pub(crate) channel: Option<ChannelKey>,
}

/// The cells of all queues, or of all agents.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Table {
    /// By index, then by channel: row 0 is without one.
    rows: Vec<Vec<Series>>,
}

impl Table {
    /// The cell of a row, basis and interval.
    pub(crate) fn cell(&mut self, row: Row, basis: Basis, slot: Slot) -> &mut Cell {
        let channel = row.channel.map_or(0, |key| key.index() + 1);
        if self.rows.len() <= row.index {
            self.rows.resize_with(row.index + 1, Vec::new);
        }
        let channels = &mut self.rows[row.index];
        if channels.len() <= channel {
            channels.resize_with(channel + 1, Series::default);
        }
        channels[channel][basis as usize].at(slot)
    }

    /// Adds the cells of `other`, whose rows are named otherwise.
    pub(crate) fn merge(&mut self, other: &Self, rename: impl Fn(Row) -> Row) {
        for &basis in Basis::ALL {
            for (row, slot, cell) in other.iter(basis) {
                self.cell(rename(row), basis, slot).merge(cell);
            }
        }
    }

    /// All cells of a basis, by row and interval.
    pub(crate) fn iter(&self, basis: Basis) -> impl Iterator<Item = (Row, Slot, &Cell)> {
        self.rows.iter().enumerate().flat_map(move |(index, channels)| {
            channels.iter().enumerate().flat_map(move |(number, series)| {
                let row = Row { index, channel: number.checked_sub(1).map(ChannelKey::new) };
                series[basis as usize].iter().map(move |(slot, cell)| (row, slot, cell))
            })
        })
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

    /// Where an interval begins.
    pub(crate) fn start(self, slot: Slot) -> Timestamp {
        Timestamp::from_micros(slot.saturating_mul(self.step)).unwrap_or(Timestamp::MAX)
    }
}
