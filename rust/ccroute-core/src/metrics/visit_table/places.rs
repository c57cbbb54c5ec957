//! Where a visit is counted: its group by its names, its interval by an instant, and the cell of
//! the two. Cells of the same interval lie side by side, since tables are mostly in the order of
//! time. What is counted in a cell does not belong here.

use rustc_hash::FxHashMap;

use super::columns::BLOCK;
use super::{LabelColumn, MOST, VisitTable};
use crate::error::{Rejection, RejectionCode};
use crate::metrics::query::Query;
use crate::time::Timestamp;

/// The group of a row that was not asked for, and the interval of an instant that was not.
pub(super) const NOWHERE: u32 = u32::MAX;

/// Groups and cells are numbered by their place in all there could be, up to so many; beyond,
/// in the order in which they are met.
const FEW: usize = 1 << 20;

/// So many rows a cell are worth a part more.
const ROWS_A_CELL: usize = 16;

/// The names of a group, in the dimensions asked by.
type Names<'a> = Vec<Option<&'a str>>;

/// A cell that has anything: the rank of its group by names, and its interval.
pub(super) struct Row {
    pub(super) group: u32,
    pub(super) interval: u32,
    pub(super) cell: u32,
}

/// The order of cells in the answer, as far as it is known before the names are: those of a group
/// one after the other.
#[derive(Clone, Copy, Debug)]
pub(super) struct Order {
    groups: usize,
    intervals: usize,
}

impl Order {
    pub(super) fn cells(self) -> usize {
        self.groups * self.intervals
    }

    /// Shows every cell.
    pub(super) fn each(self, mut show: impl FnMut(usize)) {
        for group in 0..self.groups {
            (group..self.cells()).step_by(self.groups).for_each(&mut show);
        }
    }

    /// Which place the cell of a row has.
    #[inline(always)]
    pub(super) fn place(self, row: &Row) -> usize {
        if self.groups == 1 {
            return row.cell as usize;
        }
        let before = row.interval as usize * self.groups;
        (row.cell as usize - before) * self.intervals + row.interval as usize
    }
}

/// A column of names that rows are grouped by.
#[derive(Clone)]
struct Grouped<'a> {
    /// `None`: nobody has a name.
    column: Option<&'a LabelColumn<'a>>,
    /// By place and one: the label, 0 for none. Equal names have the same.
    labels: Vec<u32>,
    numbering: Numbering,
}

/// How a group by some dimensions and a label in the next come to a group by all of them.
#[derive(Clone)]
enum Numbering {
    /// Every pair has its number.
    Every,
    Met(FxHashMap<(u32, u32), u32>, Vec<(u32, u32)>),
}

/// A column of names of which only some are asked for.
#[derive(Clone)]
struct Kept<'a> {
    column: Option<&'a LabelColumn<'a>>,
    /// By place and one.
    are_asked: Vec<bool>,
}

/// Numbers of cells.
#[derive(Clone)]
enum Cells {
    /// Every pair of interval and group has one.
    Every {
        groups: usize,
    },
    Met(FxHashMap<(u32, u32), u32>),
}

/// Where the rows of a table are counted.
#[derive(Clone)]
pub(super) struct Places<'a> {
    dimensions: Vec<Grouped<'a>>,
    kept: Vec<Kept<'a>>,
    /// In microseconds.
    edges: Vec<i64>,
    /// The interval that was looked for last: its edges in microseconds.
    last: (i64, i64, u32),
    cells: Cells,
    /// How many cells there are, or were met.
    count: usize,
    /// The groups of the rows of the block.
    groups: [u32; BLOCK],
}

impl<'a> Places<'a> {
    pub(super) fn new(table: &VisitTable<'a>, query: &Query) -> Self {
        let mut every = Some(1usize);
        let dimensions = query.by.iter().map(|&by| {
            let column = table.of(by);
            let labels = labels(column);
            let both = every.and_then(|before| before.checked_mul(labels.len()));
            every = both.filter(|&groups| groups <= FEW);
            let numbering = match every {
                Some(_) => Numbering::Every,
                None => Numbering::Met(FxHashMap::default(), Vec::new()),
            };
            Grouped { column, labels, numbering }
        });
        let dimensions = dimensions.collect();
        let kept = query.only.iter().map(|(by, names)| {
            let column = table.of(*by);
            let known = column.map_or(&[][..], |column| column.names);
            let named = known
                .iter()
                .map(|name| names.iter().any(|asked| asked.as_deref() == Some(name.as_str())));
            let are_asked = core::iter::once(names.contains(&None)).chain(named).collect();
            Kept { column, are_asked }
        });
        let kept = kept.collect();
        let intervals = query.edges.len().saturating_sub(1).max(1);
        let most = FEW.max(4 * table.columns.rows()).min(MOST);
        let pairs = every.and_then(|groups| Some((groups, groups.checked_mul(intervals)?)));
        let (cells, count) = match pairs.filter(|&(_, cells)| cells <= most) {
            Some((groups, cells)) => (Cells::Every { groups }, cells),
            None => (Cells::Met(FxHashMap::default()), 0),
        };
        // Without edges all time is one interval; an interval of nothing is none.
        let last = if query.edges.is_empty() { (i64::MIN, i64::MAX, 0) } else { (0, 0, 0) };
        let edges = query.edges.iter().map(|edge| edge.micros()).collect();
        Self { dimensions, kept, edges, last, cells, count, groups: [0; BLOCK] }
    }

    /// Finds the groups of the rows from one on.
    ///
    /// # Errors
    /// The first row whose place is none of the names.
    pub(super) fn group(&mut self, first: usize, rows: usize) -> Result<(), (usize, Rejection)> {
        let groups = &mut self.groups[..rows];
        groups.fill(0);
        for Grouped { column, labels, numbering } in &mut self.dimensions {
            let Some(column) = column else { continue };
            let places = column.check(first, rows)?;
            match numbering {
                Numbering::Every => {
                    let size = u32::try_from(labels.len()).expect("few");
                    for (group, &place) in groups.iter_mut().zip(places) {
                        *group = *group * size + label_at(labels, place);
                    }
                }
                Numbering::Met(known, list) => {
                    for (group, &place) in groups.iter_mut().zip(places) {
                        let pair = (*group, label_at(labels, place));
                        *group = *known.entry(pair).or_insert_with(|| {
                            list.push(pair);
                            u32::try_from(list.len() - 1).expect("fewer groups than rows")
                        });
                    }
                }
            }
        }
        for Kept { column, are_asked } in &self.kept {
            let Some(column) = column else {
                groups
                    .iter_mut()
                    .for_each(|group| *group |= if are_asked[0] { 0 } else { NOWHERE });
                continue;
            };
            for (group, &place) in groups.iter_mut().zip(column.check(first, rows)?) {
                let is_asked = are_asked.get(row_of(place)).is_some_and(|&is_asked| is_asked);
                *group |= if is_asked { 0 } else { NOWHERE };
            }
        }
        Ok(())
    }

    /// The cell of a row of the block at an instant, if it was asked for.
    #[inline(always)]
    pub(super) fn cell(&mut self, row: usize, at: Timestamp) -> Option<u32> {
        let micros = at.micros();
        if micros < self.last.0 || self.last.1 <= micros {
            self.last = self.interval(micros);
        }
        let (group, interval) = (self.groups[row], self.last.2);
        if group == NOWHERE || interval == NOWHERE {
            return None;
        }
        Some(match &mut self.cells {
            Cells::Every { groups } => interval * *groups as u32 + group,
            Cells::Met(known) => *known.entry((group, interval)).or_insert_with(|| {
                self.count += 1;
                u32::try_from(self.count - 1).expect("fewer cells than rows")
            }),
        })
    }

    /// The cells of the rows of the block, each at an instant; `NOWHERE`: not asked for.
    #[inline(always)]
    pub(super) fn cells(&mut self, rows: usize, at: impl Fn(usize) -> Timestamp) -> [u32; BLOCK] {
        let mut cells = [NOWHERE; BLOCK];
        if let Cells::Every { groups } = self.cells {
            let mut last = self.last;
            for (row, cell) in cells[..rows].iter_mut().enumerate() {
                let micros = at(row).micros();
                if micros < last.0 || last.1 <= micros {
                    last = self.interval(micros);
                }
                let group = self.groups[row];
                if last.2 != NOWHERE && group != NOWHERE {
                    *cell = last.2 * groups as u32 + group;
                }
            }
            self.last = last;
        } else {
            for (row, cell) in cells[..rows].iter_mut().enumerate() {
                *cell = self.cell(row, at(row)).unwrap_or(NOWHERE);
            }
        }
        cells
    }

    /// The interval of an instant, and from when until when it is so.
    #[inline(never)]
    fn interval(&self, micros: i64) -> (i64, i64, u32) {
        let after = self.edges.partition_point(|&edge| edge <= micros);
        let edge = |place: usize| self.edges.get(place).copied();
        let number = |before| u32::try_from(before).expect("fewer than 2^32 edges");
        match (after.checked_sub(1), edge(after)) {
            (Some(before), Some(until)) => (self.edges[before], until, number(before)),
            (None, until) => (i64::MIN, until.unwrap_or(i64::MAX), NOWHERE),
            (Some(before), None) => (self.edges[before], i64::MAX, NOWHERE),
        }
    }

    /// Whether every cell has its number before any is met.
    pub(super) fn are_known(&self) -> bool {
        matches!(self.cells, Cells::Every { .. })
    }

    /// In how many parts so many rows are counted, where so many can be at a time: one, unless
    /// every cell has the same number in all of them; and more, so that none waits for another,
    /// where there are many rows a cell, since each part has every cell.
    pub(super) fn parts(&self, rows: usize, most: usize) -> usize {
        match (&self.cells, most) {
            (Cells::Every { .. }, 2..) => {
                most * (rows / self.count.max(1) / ROWS_A_CELL).clamp(1, 4)
            }
            (Cells::Every { .. } | Cells::Met(_), _) => 1,
        }
    }

    /// The order of the cells there are.
    pub(super) fn order(&self) -> Order {
        match self.cells {
            Cells::Every { groups } => Order { groups, intervals: self.count / groups },
            Cells::Met(_) => Order { groups: 1, intervals: self.count },
        }
    }

    /// How many cells there are.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// The groups that have anything in the order of their names, and the cells of each by
    /// interval.
    pub(super) fn rows(&self, has_any: &[bool]) -> (Vec<Names<'a>>, Vec<Row>) {
        let number = |number: usize| u32::try_from(number).expect("cells are 32 bits");
        let (named, rows) = match &self.cells {
            Cells::Every { groups } => {
                let cells =
                    |group: u32| (number(0)..).zip((group..number(self.count)).step_by(*groups));
                let any = |&group: &u32| cells(group).any(|(_, cell)| has_any[cell as usize]);
                let named = self.named((0..number(*groups)).filter(any));
                let mut rows = Vec::with_capacity(self.count);
                for (group, &(_, known)) in (0..).zip(&named) {
                    let cells = cells(known).filter(|&(_, cell)| has_any[cell as usize]);
                    rows.extend(cells.map(|(interval, cell)| Row { group, interval, cell }));
                }
                (named, rows)
            }
            Cells::Met(known) => {
                let cells = known.iter().filter(|&(_, &cell)| has_any[cell as usize]);
                let mut groups: Vec<u32> = cells.clone().map(|(&(group, _), _)| group).collect();
                groups.sort_unstable();
                groups.dedup();
                let named = self.named(groups.into_iter());
                let ranks: FxHashMap<u32, u32> =
                    named.iter().zip(0..).map(|(&(_, group), rank)| (group, rank)).collect();
                let mut rows: Vec<Row> = cells
                    .map(|(&(group, interval), &cell)| Row { group: ranks[&group], interval, cell })
                    .collect();
                rows.sort_unstable_by_key(|row| (row.group, row.interval));
                (named, rows)
            }
        };
        (named.into_iter().map(|(names, _)| names).collect(), rows)
    }

    fn named(&self, groups: impl Iterator<Item = u32>) -> Vec<(Names<'a>, u32)> {
        let mut named: Vec<_> = groups.map(|group| (self.names(group), group)).collect();
        named.sort_unstable();
        named
    }

    /// The names of a group.
    fn names(&self, mut group: u32) -> Names<'a> {
        let mut names = Vec::with_capacity(self.dimensions.len());
        for Grouped { column, labels, numbering } in self.dimensions.iter().rev() {
            let label = match (column, numbering) {
                (None, _) => 0,
                (Some(_), Numbering::Every) => {
                    let size = labels.len() as u32;
                    let label = group % size;
                    group /= size;
                    label
                }
                (Some(_), Numbering::Met(_, list)) => {
                    let label;
                    (group, label) = list[group as usize];
                    label
                }
            };
            let place = (label as usize).checked_sub(1);
            names.push(place.zip(*column).map(|(place, column)| column.names[place].as_str()));
        }
        names.reverse();
        names
    }
}

/// By place and one. Whoever writes to a column while it is read gets figures of neither, no more.
#[inline(always)]
fn row_of(place: i32) -> usize {
    place.wrapping_add(1).cast_unsigned() as usize
}

#[inline(always)]
fn label_at(labels: &[u32], place: i32) -> u32 {
    labels.get(row_of(place)).copied().unwrap_or(0)
}

/// The label of each place and one: of equal names the first counts.
fn labels(column: Option<&LabelColumn<'_>>) -> Vec<u32> {
    let names = column.map_or(&[][..], |column| column.names);
    let mut known = FxHashMap::default();
    let label = |(label, name)| *known.entry(name).or_insert(label);
    core::iter::once(0).chain((1..).zip(names).map(label)).collect()
}

impl LabelColumn<'_> {
    /// The places of the rows from one on.
    fn check(&self, first: usize, rows: usize) -> Result<&[i32], (usize, Rejection)> {
        let places = &self.places[first..first + rows];
        let names = self.names.len();
        let is_wrong = |place| row_of(place) > names;
        if !places.iter().fold(false, |wrong, &place| wrong | is_wrong(place)) {
            return Ok(places);
        }
        let row = places.iter().position(|&place| is_wrong(place)).unwrap_or_default();
        let (dimension, place) = (self.dimension, places[row]);
        let message = format!("{dimension} {place}: give a place in its {names} names, or -1");
        Err((first + row, Rejection::new(RejectionCode::InvalidValue, message)))
    }
}
