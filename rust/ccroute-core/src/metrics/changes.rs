//! The change feed: cells that changed after they had been final, for whoever copied them.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::fields::Basis;
use super::table::Slot;

/// How many changes are remembered.
const MOST: usize = 65_536;

/// A cell of a queue that changed after it had been final.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Change {
    /// The row of the cell: its slice.
    pub(crate) row: usize,
    pub(crate) basis: Basis,
    pub(crate) slot: Slot,
}

/// The last changes, numbered from 1.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Changes {
    last: u64,
    list: VecDeque<Change>,
}

impl Changes {
    /// Remembers a change; one that repeats the last is the same.
    pub(crate) fn note(&mut self, change: Change) {
        if self.list.back() == Some(&change) {
            return;
        }
        if self.list.len() == MOST {
            self.list.pop_front();
        }
        self.list.push_back(change);
        self.last += 1;
    }

    /// The number of the last change.
    pub(crate) fn last(&self) -> u64 {
        self.last
    }

    /// The changes after number `seen`; `None` when some of them are no longer remembered.
    pub(crate) fn after(&self, seen: u64) -> Option<impl Iterator<Item = Change>> {
        let fresh = usize::try_from(self.last.saturating_sub(seen)).unwrap_or(usize::MAX);
        let skipped = self.list.len().checked_sub(fresh)?;
        Some(self.list.iter().skip(skipped).copied())
    }
}
