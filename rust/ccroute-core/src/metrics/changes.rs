//! The change feed: cells that changed after they had been final, for whoever copied them.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::aggregator::KpiAggregator;
use super::facts::LONGEST;
use super::fields::Basis;
use super::slices::SliceKey;
use super::table::Slot;
use crate::ids::AgentKey;
use crate::time::Timestamp;

/// How many changes are remembered.
const MOST: usize = 65_536;

/// What changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Changed {
    /// The cell of a slice.
    Visits(SliceKey),
    /// What an agent did with the time: the same on every basis, and told of under that of
    /// events.
    Time(AgentKey),
}

/// Something that changed after it had been final.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Change {
    pub(crate) what: Changed,
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
    /// Remembers a change. One that repeats the last is another: that may have been read.
    pub(crate) fn note(&mut self, change: Change) {
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

impl KpiAggregator {
    /// What an agent did from an instant on is known anew: each final interval of it is at a
    /// new revision.
    #[inline]
    pub(super) fn revise_time(&mut self, agent: AgentKey, from: Timestamp) {
        if let Some(first) = self.final_before {
            self.revise_time_before(first, agent, from);
        }
    }

    #[inline(never)]
    fn revise_time_before(&mut self, first: Slot, agent: AgentKey, from: Timestamp) {
        // No state lasts longer.
        let end = first.min(self.grid.slot(from + LONGEST) + 1);
        for slot in self.grid.slot(from)..end {
            self.times.revise(agent, slot);
            self.changes.note(Change { what: Changed::Time(agent), basis: Basis::Event, slot });
        }
    }
}
