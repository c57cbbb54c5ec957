//! What readers ask: totals by queue, by agent, by interval, and the cells themselves. Reads
//! only; what is under way is looked at as it stands.

use std::collections::BTreeMap;

use super::agent_time::StateTimes;
use super::aggregator::{KpiAggregator, slots};
use super::cell::Cell;
use super::facts::Fact;
use super::table::{Basis, Row, Slot};
use crate::error::ConfigError;
use crate::event::words;
use crate::ids::{AgentKey, ChannelKey, QueueKey};
use crate::time::{Span, Timestamp};

words!(
    /// What cells are kept for.
    Subject {
        /// Visits to a queue.
        Queue = "queue",
        /// An agent's part in them.
        Agent = "agent",
    }
);

/// Which slice is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Query {
    /// Which interval things belong to.
    pub basis: Basis,
    /// From this edge of an interval on; from the first when absent.
    pub start: Option<Timestamp>,
    /// Up to this edge, without it; to the last when absent.
    pub end: Option<Timestamp>,
    /// The instant of asking, for what still lasts: the latest event's when absent.
    pub now: Option<Timestamp>,
}

impl Default for Query {
    fn default() -> Self {
        Self { basis: Basis::Offered, start: None, end: None, now: None }
    }
}

/// The figures of a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueFigures {
    /// Which.
    pub queue: QueueKey,
    /// What was counted.
    pub cell: Cell,
    /// Visits that wait now and began within the query.
    pub waiting: u64,
    /// How long the first of them has waited.
    pub longest_waiting: Option<Span>,
}

/// The figures of an agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentFigures {
    /// Who.
    pub agent: AgentKey,
    /// What was counted.
    pub cell: Cell,
    /// The time by state, cut to the query whatever its basis.
    pub times: StateTimes,
}

/// One cell and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellRow {
    /// When its interval begins.
    pub start: Timestamp,
    /// The index of the queue or agent.
    pub index: usize,
    /// The channel, where events named one.
    pub channel: Option<ChannelKey>,
    /// What was counted.
    pub cell: Cell,
}

/// A half-open range of intervals.
#[derive(Clone, Copy)]
struct Slots {
    from: Slot,
    until: Slot,
}

impl Slots {
    fn contains(self, slot: Slot) -> bool {
        self.from <= slot && slot < self.until
    }
}

impl KpiAggregator {
    /// Totals by queue, in the order of the keys; a row for every queue known.
    ///
    /// # Errors
    /// When the query's edges are not edges of intervals.
    pub fn by_queue(&self, query: &Query) -> Result<Vec<QueueFigures>, ConfigError> {
        let keys = (0..self.queues.len()).map(QueueKey::new);
        let blank = |queue| QueueFigures {
            queue,
            cell: Cell::default(),
            waiting: 0,
            longest_waiting: None,
        };
        let mut rows: Vec<QueueFigures> = keys.map(blank).collect();
        let slots = self.slots(query)?;
        self.each_cell(Subject::Queue, query.basis, slots, |row, _, cell| {
            rows[row.index].cell.merge(cell);
        });
        let now = query.now.unwrap_or(self.horizon);
        for place in self.visits.waits() {
            if slots.contains(self.grid.slot(place.entered)) {
                let row = &mut rows[place.queue.index()];
                row.waiting += 1;
                row.longest_waiting = row.longest_waiting.max(Some(now.since(place.entered)));
            }
        }
        Ok(rows)
    }

    /// Totals by agent, in the order of the keys; a row for every agent known.
    ///
    /// # Errors
    /// When the query's edges are not edges of intervals.
    pub fn by_agent(&self, query: &Query) -> Result<Vec<AgentFigures>, ConfigError> {
        let keys = (0..self.agents.len()).map(AgentKey::new);
        let blank =
            |agent| AgentFigures { agent, cell: Cell::default(), times: StateTimes::default() };
        let mut rows: Vec<AgentFigures> = keys.map(blank).collect();
        let slots = self.slots(query)?;
        self.each_cell(Subject::Agent, query.basis, slots, |row, _, cell| {
            rows[row.index].cell.merge(cell);
        });
        let now = query.now.unwrap_or(self.horizon);
        for (index, slot, times) in self.times.cells(self.grid, now) {
            if slots.contains(slot) {
                rows[index].times.merge(&times);
            }
        }
        Ok(rows)
    }

    /// Totals of all queues by interval, ascending; a row for every interval with a cell.
    ///
    /// # Errors
    /// When the query's edges are not edges of intervals.
    pub fn by_interval(&self, query: &Query) -> Result<Vec<(Timestamp, Cell)>, ConfigError> {
        let mut cells = BTreeMap::<Slot, Cell>::new();
        self.each_cell(Subject::Queue, query.basis, self.slots(query)?, |_, slot, cell| {
            cells.entry(slot).or_default().merge(cell);
        });
        Ok(cells.into_iter().map(|(slot, cell)| (self.grid.start(slot), cell)).collect())
    }

    /// The cells, by index, channel and interval.
    ///
    /// # Errors
    /// When the query's edges are not edges of intervals.
    pub fn cells(&self, subject: Subject, query: &Query) -> Result<Vec<CellRow>, ConfigError> {
        let mut cells = BTreeMap::<(Row, Slot), Cell>::new();
        self.each_cell(subject, query.basis, self.slots(query)?, |row, slot, cell| {
            cells.entry((row, slot)).or_default().merge(cell);
        });
        let rows = cells.into_iter().map(|((row, slot), cell)| CellRow {
            start: self.grid.start(slot),
            index: row.index,
            channel: row.channel,
            cell,
        });
        Ok(rows.collect())
    }

    fn slots(&self, query: &Query) -> Result<Slots, ConfigError> {
        for edge in [query.start, query.end].into_iter().flatten() {
            if edge.micros() % self.grid.step != 0 {
                let interval = self.interval();
                return Err(ConfigError::new(format!(
                    "{edge} is no edge of an interval: give a multiple of {interval}"
                )));
            }
        }
        Ok(Slots {
            from: query.start.map_or(Slot::MIN, |edge| self.grid.slot(edge)),
            until: query.end.map_or(Slot::MAX, |edge| self.grid.slot(edge)),
        })
    }

    /// Shows every cell in range, then the contributions that wait for a wrap-up which may
    /// not come.
    fn each_cell(
        &self,
        subject: Subject,
        basis: Basis,
        range: Slots,
        mut add: impl FnMut(Row, Slot, &Cell),
    ) {
        let table = match subject {
            Subject::Queue => &self.queue_cells,
            Subject::Agent => &self.agent_cells,
        };
        table
            .iter(basis)
            .filter(|&(_, slot, _)| range.contains(slot))
            .for_each(|(row, slot, cell)| add(row, slot, cell));
        for fact in self.visits.unsettled() {
            let slot = slots(self.grid, &fact)[basis as usize].1;
            if let (Some(row), true) = (row_of(subject, &fact), range.contains(slot)) {
                let mut cell = Cell::default();
                fact.what.count_for_queue(&mut cell, &self.thresholds);
                add(row, slot, &cell);
            }
        }
    }
}

fn row_of(subject: Subject, fact: &Fact) -> Option<Row> {
    let index = match subject {
        Subject::Queue => Some(fact.place.queue.index()),
        Subject::Agent => fact.agent.map(AgentKey::index),
    };
    index.map(|index| Row { index, channel: fact.place.channel })
}
