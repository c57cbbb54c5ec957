//! What the cells of a table come to, in the order of their names and of time.

use super::counting::{AT_ONCE, Figure, Tally};
use super::places::{Places, Row};
use crate::metrics::gathered::{part_of, real};
use crate::metrics::ladder::Thresholds;
use crate::metrics::query::{FigureColumn, FigureTable, Query};
use crate::metrics::reading::{Field, TimingPart};
use crate::metrics::spread::Spread;

/// The rows of the answer: of each cell that has anything.
pub(super) fn read<'a>(query: &Query, places: &Places<'a>, tally: &Tally) -> FigureTable<'a> {
    let (groups, rows) = places.rows(&tally.has_any());
    let counts = Counts::of(tally, &rows);
    // All durations are there one by one: no threshold is looked for.
    let ladder = Thresholds::default();
    let mut columns: Vec<FigureColumn> =
        query.fields.iter().map(|field| empty(field, rows.len())).collect();
    for (place, durations) in (0..).zip(&tally.durations) {
        durations.lengths.by_row(&rows, tally.cells()).each_few(|first, few| {
            let spreads = counts.lane(durations.zeros, first).zip(few);
            let spreads = spreads.map(|(zeros, above)| Spread::few(zeros.into(), above));
            for (figure, column) in tally.figures.iter().zip(&mut columns) {
                if let Figure::Timing(known, part) = *figure
                    && known == place
                {
                    read_part(part, &ladder, spreads.clone(), column);
                }
            }
        });
    }
    for (figure, column) in tally.figures.iter().zip(&mut columns) {
        let all: Vec<i64> = match *figure {
            Figure::Count(lane) => counts.lane(lane, 0).map(i64::from).collect(),
            Figure::Holds => {
                let holds = tally.holds.as_deref().unwrap_or_default();
                rows.iter().map(|row| holds[row.cell as usize].cast_signed()).collect()
            }
            Figure::Customers => different(tally, &rows),
            Figure::Always(figure) => vec![figure; rows.len()],
            Figure::Timing(..) => continue,
        };
        *column = FigureColumn::Integers(all);
    }
    FigureTable {
        groups,
        columns,
        group: rows.iter().map(|row| row.group).collect(),
        interval: rows.iter().map(|row| row.interval).collect(),
        is_final: vec![true; rows.len()],
        revision: vec![0; rows.len()],
    }
}

/// The lanes of each row: a cell is looked at once, since it lies far from the one before.
struct Counts {
    lanes: Vec<[u32; AT_ONCE]>,
    width: usize,
}

impl Counts {
    fn of(tally: &Tally, rows: &[Row]) -> Self {
        let width = tally.width / AT_ONCE;
        let (cells, _) = tally.lanes.as_chunks::<AT_ONCE>();
        let mut lanes = Vec::with_capacity(rows.len() * width);
        for row in rows {
            lanes.extend_from_slice(&cells[row.cell as usize * width..][..width]);
        }
        Self { lanes, width }
    }

    /// A lane of every row from one on.
    fn lane(&self, lane: u8, first: usize) -> impl Iterator<Item = u32> + Clone {
        let (chunk, lane) = (usize::from(lane) / AT_ONCE, usize::from(lane) % AT_ONCE);
        let rows = self.lanes[first * self.width..].chunks_exact(self.width);
        rows.map(move |row| row[chunk][lane])
    }
}

/// A column to be filled, in which those of durations have room for every row.
fn empty(field: &Field, rows: usize) -> FigureColumn {
    let rows = if field.timings() > 0 { rows } else { 0 };
    if field.is_real() {
        FigureColumn::Reals(Vec::with_capacity(rows))
    } else {
        FigureColumn::Integers(Vec::with_capacity(rows))
    }
}

/// Adds a part of the durations of some rows to its column.
fn read_part<'a>(
    part: TimingPart,
    ladder: &Thresholds,
    all: impl Iterator<Item = Spread<'a>>,
    column: &mut FigureColumn,
) {
    match column {
        FigureColumn::Reals(values) => values.extend(all.map(|all| real(&all, part))),
        FigureColumn::Integers(values) => {
            let read = |all| part_of(&all, part, ladder).expect("every threshold will do");
            values.extend(all.map(read).map(|n| i64::try_from(n).unwrap_or(i64::MAX)));
        }
    }
}

/// How many different customers each cell has.
fn different(tally: &Tally, rows: &[Row]) -> Vec<i64> {
    let mut customers = tally.customers.clone().unwrap_or_default();
    customers.sort_unstable();
    customers.dedup();
    let mut counts = vec![0; tally.cells()];
    customers.iter().for_each(|&(cell, _)| counts[cell as usize] += 1);
    rows.iter().map(|row| counts[row.cell as usize]).collect()
}
