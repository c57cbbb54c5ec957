//! What the cells of a table come to, in the order of their names and of time.

use super::counting::{AT_ONCE, Counted, Figure, Tally};
use super::lengths::{ByCell, TOGETHER, each_few};
use super::places::{Order, Row};
use crate::metrics::gathered::{part_of, real};
use crate::metrics::ladder::Thresholds;
use crate::metrics::parts::{Parallel, each};
use crate::metrics::query::{FigureColumn, FigureTable, Query};
use crate::metrics::reading::{Field, TimingPart};
use crate::metrics::spread::Spread;

/// Rows are read in more parts than can be read at a time: some have more to read than others.
const PARTS_EACH: usize = 8;

/// The rows of the answer: of each cell that has anything.
pub(super) fn read<'a>(
    query: &Query,
    counted: &[Counted<'a>],
    parallel: &dyn Parallel,
) -> FigureTable<'a> {
    let [first, ..] = counted else { unreachable!("there is always a part") };
    let (groups, rows) = first.places.rows(&has_any(counted));
    let whole = Whole::of(counted, &rows);
    let fields = query.fields.iter().collect();
    let mut columns = each(parallel, fields, |field| blank(field, rows.len()));
    let size = match parallel.most() {
        0 | 1 => rows.len(),
        most => rows.len().div_ceil(most * PARTS_EACH),
    };
    let size = size.next_multiple_of(TOGETHER).max(TOGETHER);
    let mut parts: Vec<RowsPart<'_>> = (0..)
        .step_by(size)
        .zip(rows.chunks(size))
        .map(|(first, rows)| RowsPart { first, rows, columns: Vec::with_capacity(columns.len()) })
        .collect();
    for column in &mut columns {
        let pieces = Piece::of(column, size).into_iter();
        parts.iter_mut().zip(pieces).for_each(|(part, piece)| part.columns.push(piece));
    }
    each(parallel, parts, |part| part.fill(&whole));
    FigureTable {
        groups,
        columns,
        group: rows.iter().map(|row| row.group).collect(),
        interval: rows.iter().map(|row| row.interval).collect(),
        is_final: vec![true; rows.len()],
        revision: vec![0; rows.len()],
    }
}

/// By cell, whether anything was counted there in any part.
fn has_any(counted: &[Counted<'_>]) -> Vec<bool> {
    let mut any = counted[0].has_any.clone();
    for part in &counted[1..] {
        any.iter_mut().zip(&part.has_any).for_each(|(any, part)| *any |= part);
    }
    any
}

/// All that was counted, in as many parts as it was counted in.
struct Whole<'c> {
    tallies: Vec<&'c Tally>,
    figures: &'c [Figure],
    order: Order,
    /// By kind of durations: the lane of zeros, and the others of all parts.
    durations: Vec<(u8, Vec<&'c ByCell>)>,
    /// By row, where it is asked for.
    customers: Vec<i64>,
}

impl<'c> Whole<'c> {
    fn of(counted: &'c [Counted<'_>], rows: &[Row]) -> Self {
        let tallies: Vec<&Tally> = counted.iter().map(|part| &part.tally).collect();
        let durations = (0..).zip(&tallies[0].durations).map(|(kind, durations)| {
            let lengths = tallies.iter().map(|tally| &tally.durations[kind].lengths);
            (durations.zeros, lengths.flat_map(|lengths| lengths.by_cell()).collect())
        });
        Self {
            figures: &tallies[0].figures,
            order: counted[0].places.order(),
            durations: durations.collect(),
            customers: different(&tallies, rows),
            tallies,
        }
    }
}

/// Some rows of the answer, one after the other, and their pieces of the columns.
struct RowsPart<'r> {
    /// The place of the first.
    first: usize,
    rows: &'r [Row],
    columns: Vec<Piece<'r>>,
}

impl RowsPart<'_> {
    fn fill(mut self, whole: &Whole<'_>) {
        let counts = Counts::of(&whole.tallies, self.rows);
        // All durations are there one by one: no threshold is looked for.
        let ladder = Thresholds::default();
        for (place, (zeros, parts)) in (0..).zip(&whole.durations) {
            each_few(parts, whole.order, self.rows, |first, few| {
                let spreads = counts.lane(*zeros, first).zip(few);
                let spreads = spreads.map(|(zeros, above)| Spread::few(zeros.into(), above));
                for (figure, piece) in whole.figures.iter().zip(&mut self.columns) {
                    if let Figure::Timing(known, part) = *figure
                        && known == place
                    {
                        piece.read(first, part, &ladder, spreads.clone());
                    }
                }
            });
        }
        for (figure, piece) in whole.figures.iter().zip(self.columns) {
            let Piece::Integers(piece) = piece else { continue };
            let rows = piece.iter_mut().zip(self.rows);
            match *figure {
                Figure::Count(lane) => {
                    rows.zip(counts.lane(lane, 0)).for_each(|((to, _), n)| *to = n.into());
                }
                Figure::Holds => rows.for_each(|(to, row)| *to = holds(&whole.tallies, row)),
                Figure::Customers => {
                    piece.copy_from_slice(&whole.customers[self.first..][..self.rows.len()])
                }
                Figure::Always(figure) => piece.fill(figure),
                Figure::Timing(..) => {}
            }
        }
    }
}

/// How often customers were put on hold.
fn holds(tallies: &[&Tally], row: &Row) -> i64 {
    let holds = tallies.iter().filter_map(|tally| Some(tally.holds.as_ref()?[row.cell as usize]));
    holds.sum::<u64>().cast_signed()
}

/// The lanes of each row: a cell is looked at once, since it lies far from the one before.
struct Counts {
    lanes: Vec<[u32; AT_ONCE]>,
    width: usize,
}

impl Counts {
    fn of(tallies: &[&Tally], rows: &[Row]) -> Self {
        let width = tallies[0].width / AT_ONCE;
        let mut lanes = vec![[0; AT_ONCE]; rows.len() * width];
        for tally in tallies {
            let (cells, _) = tally.lanes.as_chunks::<AT_ONCE>();
            for (row, lines) in rows.iter().zip(lanes.chunks_exact_mut(width)) {
                let cell = &cells[row.cell as usize * width..][..width];
                for (lane, n) in lines.as_flattened_mut().iter_mut().zip(cell.as_flattened()) {
                    *lane += n;
                }
            }
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

/// A column to be filled.
fn blank(field: &Field, rows: usize) -> FigureColumn {
    if field.is_real() {
        FigureColumn::Reals(vec![0.0; rows])
    } else {
        FigureColumn::Integers(vec![0; rows])
    }
}

/// The rows of a column that a part fills.
enum Piece<'r> {
    Integers(&'r mut [i64]),
    Reals(&'r mut [f64]),
}

impl<'r> Piece<'r> {
    /// A column in pieces of one size; the last may be shorter.
    fn of(column: &'r mut FigureColumn, size: usize) -> Vec<Self> {
        match column {
            FigureColumn::Integers(values) => values.chunks_mut(size).map(Self::Integers).collect(),
            FigureColumn::Reals(values) => values.chunks_mut(size).map(Self::Reals).collect(),
        }
    }

    /// Reads a part of the durations of some rows, from one on.
    fn read<'a>(
        &mut self,
        first: usize,
        part: TimingPart,
        ladder: &Thresholds,
        all: impl Iterator<Item = Spread<'a>>,
    ) {
        // Each part in a loop of its own, which need not ask again which it is.
        match (self, part) {
            (Self::Reals(to), TimingPart::Quantile(share)) => {
                put(&mut to[first..], all, |all| real(all, TimingPart::Quantile(share)));
            }
            (Self::Reals(to), _) => put(&mut to[first..], all, |all| real(all, part)),
            (Self::Integers(to), TimingPart::Sum) => {
                put(&mut to[first..], all, |all| whole(all, TimingPart::Sum, ladder));
            }
            (Self::Integers(to), TimingPart::Max) => {
                put(&mut to[first..], all, |all| whole(all, TimingPart::Max, ladder));
            }
            (Self::Integers(to), TimingPart::Within(span)) => {
                put(&mut to[first..], all, |all| whole(all, TimingPart::Within(span), ladder));
            }
            (Self::Integers(to), _) => put(&mut to[first..], all, |all| whole(all, part, ladder)),
        }
    }
}

fn put<'a, T>(
    to: &mut [T],
    all: impl Iterator<Item = Spread<'a>>,
    read: impl Fn(&Spread<'a>) -> T,
) {
    to.iter_mut().zip(all).for_each(|(to, all)| *to = read(&all));
}

#[inline(always)]
fn whole(all: &Spread<'_>, part: TimingPart, ladder: &Thresholds) -> i64 {
    let whole = part_of(all, part, ladder).expect("every threshold will do");
    i64::try_from(whole).unwrap_or(i64::MAX)
}

/// How many different customers each row has, where it is asked for.
fn different(tallies: &[&Tally], rows: &[Row]) -> Vec<i64> {
    let known = tallies.iter().filter_map(|tally| tally.customers.as_ref());
    let mut customers: Vec<(u32, u64)> = known.flatten().copied().collect();
    if customers.is_empty() {
        return vec![0; rows.len()];
    }
    customers.sort_unstable();
    customers.dedup();
    let mut counts = vec![0; tallies[0].cells()];
    customers.iter().for_each(|&(cell, _)| counts[cell as usize] += 1);
    rows.iter().map(|row| counts[row.cell as usize]).collect()
}
