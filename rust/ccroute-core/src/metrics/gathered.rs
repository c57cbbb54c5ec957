//! What was added up for one row, and what each field comes to of it. A row of one cell is that
//! cell: nothing is copied. Which cells belong to a row is in `query.rs`.

use super::cell::{Cell, Marks, Totals};
use super::distribution::Distribution;
use super::fields::{Basis, Count, Sum, Timing};
use super::ladder::Thresholds;
use super::query::{FigureColumn, Query};
use super::reading::{Field, TimingPart};
use super::split::SplitCell;
use super::spread::{OffLadder, Spread};
use super::state_times::StateTimes;
use super::table::Passed;
use super::uniques::Uniques;
use crate::event::Cause;
use crate::ids::TextKey;
use crate::time::Span;

/// The cells of a row.
#[derive(Default)]
enum Cells<'a> {
    #[default]
    None,
    One(&'a Cell),
    Many(Box<Totals>),
}

/// What a row has besides cells; most have nothing of it.
#[derive(Default)]
pub(super) struct Rest {
    pub(super) split: SplitCell,
    pub(super) passed: Passed,
    pub(super) times: StateTimes,
    /// How often they changed after they had been final.
    pub(super) times_revision: u32,
    pub(super) customers: Uniques,
    pub(super) waiting: u64,
    pub(super) oldest: Span,
    /// By the place of the field: what was counted anew.
    pub(super) recounted: Vec<u64>,
}

/// Everything that was added up for one row.
#[derive(Default)]
pub(super) struct Gathered<'a> {
    cells: Cells<'a>,
    rest: Option<Box<Rest>>,
}

impl<'a> Gathered<'a> {
    /// Adds a cell; of its distributions those in `wanted`, a bit each.
    pub(super) fn add(&mut self, cell: &'a Cell, ladder: &Thresholds, wanted: u8) {
        match &mut self.cells {
            Cells::None => self.cells = Cells::One(cell),
            Cells::One(_) | Cells::Many(_) => self.add_passing(cell, ladder, wanted),
        }
    }

    /// As [`Self::add`], for a cell that does not stay.
    pub(super) fn add_passing(&mut self, cell: &Cell, ladder: &Thresholds, wanted: u8) {
        if let Cells::None | Cells::One(_) = self.cells {
            let mut totals = Box::<Totals>::default();
            if let Cells::One(first) = self.cells {
                totals.add(first, ladder, wanted);
            }
            self.cells = Cells::Many(totals);
        }
        if let Cells::Many(totals) = &mut self.cells {
            totals.add(cell, ladder, wanted);
        }
    }

    pub(super) fn rest(&mut self) -> &mut Rest {
        self.rest.get_or_insert_default()
    }

    fn count(&self, what: Count) -> i128 {
        match &self.cells {
            Cells::None => 0,
            Cells::One(cell) => cell.count(what).into(),
            Cells::Many(totals) => totals.count(what).into(),
        }
    }

    fn sum(&self, what: Sum) -> i128 {
        match &self.cells {
            Cells::None => 0,
            Cells::One(cell) => cell.sum(what).into(),
            Cells::Many(totals) => totals.sum(what),
        }
    }

    /// How durations of a kind are read; `sorted` is room for those kept one by one.
    fn spread<'b>(&'b self, kind: Timing, sorted: &'b mut Vec<i64>) -> Spread<'b> {
        match &self.cells {
            Cells::None => Spread::few(0, &[]),
            Cells::One(cell) => cell.timings().spread(kind, sorted),
            Cells::Many(totals) => {
                totals.timing(kind).map_or(Spread::few(0, &[]), |all| all.spread(sorted))
            }
        }
    }

    /// The durations of a kind, if there are any.
    pub(super) fn distribution(&self, kind: Timing, ladder: &Thresholds) -> Option<Distribution> {
        match &self.cells {
            Cells::None => None,
            Cells::One(cell) => {
                let mut all = None;
                cell.timings().add_to(kind, &mut all, ladder);
                all.map(|all| *all)
            }
            Cells::Many(totals) => totals.timing(kind).cloned(),
        }
    }

    /// Whether there are more durations of a kind than are kept one by one.
    pub(super) fn is_wide(&self, kind: Timing) -> bool {
        match &self.cells {
            Cells::None => false,
            Cells::One(cell) => cell.timings().is_wide(kind),
            Cells::Many(totals) => totals.timing(kind).is_some_and(|all| !all.is_exact()),
        }
    }

    fn left(&self, cause: Cause) -> u64 {
        match &self.cells {
            Cells::None => 0,
            Cells::One(cell) => cell.left(cause),
            Cells::Many(totals) => totals.left(cause),
        }
    }

    fn refused(&self, cause: Cause) -> u64 {
        match &self.cells {
            Cells::None => 0,
            Cells::One(cell) => cell.refused(cause),
            Cells::Many(totals) => totals.refused(cause),
        }
    }

    fn marks(&self) -> Option<&Marks> {
        match &self.cells {
            Cells::None => None,
            Cells::One(cell) => cell.marks(),
            Cells::Many(totals) => totals.marks(),
        }
    }

    pub(super) fn revision(&self) -> u32 {
        let cells = match &self.cells {
            Cells::None => 0,
            Cells::One(cell) => cell.revision,
            Cells::Many(totals) => totals.revision,
        };
        let rest = self.rest.as_ref().map_or(0, |rest| {
            rest.split.revision.max(rest.passed.revision).max(rest.times_revision)
        });
        cells.max(rest)
    }
}

/// Reads rows into columns.
pub(super) struct Reader<'q> {
    query: &'q Query,
    ladder: &'q Thresholds,
    columns: Vec<FigureColumn>,
    /// Which fields are of durations, by kind, and where they stand.
    spreads: Vec<(Timing, Vec<(usize, TimingPart)>)>,
    /// All other fields, and where they stand; those that were counted anew are apart.
    others: Vec<(usize, &'q Field)>,
    recounted: &'q [usize],
    /// Samples in order, used again and again.
    sorted: Vec<i64>,
}

impl<'q> Reader<'q> {
    /// A reader of so many `rows`.
    pub(super) fn new(
        query: &'q Query,
        ladder: &'q Thresholds,
        recounted: &'q [usize],
        rows: usize,
    ) -> Self {
        let column = |field: &Field| {
            if field.is_real() {
                FigureColumn::Reals(Vec::with_capacity(rows))
            } else {
                FigureColumn::Integers(Vec::with_capacity(rows))
            }
        };
        let mut spreads: Vec<(Timing, Vec<(usize, TimingPart)>)> = Vec::new();
        let mut others = Vec::new();
        for (place, field) in query.fields.iter().enumerate() {
            match *field {
                _ if recounted.contains(&place) => {}
                Field::Timing(_, TimingPart::Sum) if query.basis == Basis::Split => {
                    others.push((place, field));
                }
                Field::Timing(kind, part) => {
                    match spreads.iter_mut().find(|(known, _)| *known == kind) {
                        Some((_, parts)) => parts.push((place, part)),
                        None => spreads.push((kind, vec![(place, part)])),
                    }
                }
                Field::Count(_)
                | Field::Sum(_)
                | Field::Left(_)
                | Field::Refused(_)
                | Field::Passed(_)
                | Field::Code(_)
                | Field::Score(..)
                | Field::Amount(..)
                | Field::Time(..)
                | Field::Customers(_)
                | Field::Waiting
                | Field::Oldest => others.push((place, field)),
            }
        }
        let columns = query.fields.iter().map(column).collect();
        Self { query, ladder, columns, spreads, others, recounted, sorted: Vec::new() }
    }

    pub(super) fn into_columns(self) -> Vec<FigureColumn> {
        self.columns
    }

    /// Adds a row to every column; `text` finds the key of a name.
    pub(super) fn read(
        &mut self,
        row: &Gathered<'_>,
        text: impl Fn(&str) -> Option<TextKey>,
    ) -> Result<(), OffLadder> {
        let nothing = Rest::default();
        let rest = row.rest.as_deref().unwrap_or(&nothing);
        for &(place, field) in &self.others {
            let figure = integer(row, rest, field, self.query.basis, self.ladder, &text)?;
            self.columns[place].push(figure);
        }
        for &place in self.recounted {
            let figure = rest.recounted.get(place).copied().unwrap_or(0);
            self.columns[place].push(figure.into());
        }
        for (kind, parts) in &self.spreads {
            let all = row.spread(*kind, &mut self.sorted);
            for &(place, part) in parts {
                match &mut self.columns[place] {
                    FigureColumn::Reals(values) => values.push(real(&all, part)),
                    integers @ FigureColumn::Integers(_) => {
                        integers.push(part_of(&all, part, self.ladder)?);
                    }
                }
            }
        }
        Ok(())
    }
}

impl FigureColumn {
    pub(super) fn push(&mut self, figure: i128) {
        match self {
            Self::Integers(values) => values.push(i64::try_from(figure).unwrap_or(i64::MAX)),
            Self::Reals(values) => values.push(figure as f64),
        }
    }
}

fn integer(
    row: &Gathered<'_>,
    rest: &Rest,
    field: &Field,
    basis: Basis,
    ladder: &Thresholds,
    text: &impl Fn(&str) -> Option<TextKey>,
) -> Result<i128, OffLadder> {
    let splitting = basis == Basis::Split;
    Ok(match field {
        Field::Count(count) if splitting => rest.split.count(*count).into(),
        Field::Sum(_) if splitting => 0,
        Field::Timing(timing, TimingPart::Sum) if splitting => rest.split.timing(*timing).into(),
        Field::Count(count) => row.count(*count),
        Field::Sum(sum) => row.sum(*sum),
        Field::Left(cause) => row.left(*cause).into(),
        Field::Refused(cause) => row.refused(*cause).into(),
        Field::Passed(span) => {
            let rung = ladder.find(*span).map_err(|_| OffLadder(*span))?;
            rest.passed.counts.get(rung).copied().unwrap_or(0).into()
        }
        Field::Code(name) => {
            let known = row.marks().zip(text(name));
            known.and_then(|(marks, key)| marks.codes.get(&key)).copied().unwrap_or(0).into()
        }
        Field::Score(name, value) => {
            let Some((marks, key)) = row.marks().zip(text(name)) else { return Ok(0) };
            let range = value.map_or((key, 0)..=(key, u8::MAX), |n| (key, n)..=(key, n));
            marks.scores.range(range).map(|(_, &n)| i128::from(n)).sum()
        }
        Field::Amount(name, counted) => {
            let known = row.marks().zip(text(name));
            let known = known.and_then(|(marks, key)| marks.amounts.get(&key));
            let (count, millionths) = known.copied().unwrap_or_default();
            if *counted { count.into() } else { millionths }
        }
        Field::Time(time, reason) => {
            let asked = reason.as_deref().map(|name| {
                // An empty name asks for the time without a reason.
                if name.is_empty() { Some(None) } else { text(name).map(Some) }
            });
            rest.times.of(*time, asked).into()
        }
        Field::Customers(false) => rest.customers.count().into(),
        Field::Customers(true) => rest.customers.is_exact().into(),
        Field::Waiting => rest.waiting.into(),
        Field::Oldest => rest.oldest.micros().into(),
        // Read with the others of its kind.
        Field::Timing(..) => 0,
    })
}

#[inline]
pub(super) fn part_of(
    all: &Spread<'_>,
    part: TimingPart,
    ladder: &Thresholds,
) -> Result<i128, OffLadder> {
    Ok(match part {
        TimingPart::Count => all.count().into(),
        TimingPart::Zero => all.zeros().into(),
        TimingPart::Sum => all.sum(),
        TimingPart::Max => all.longest().micros().into(),
        TimingPart::Within(span) => all.within(span, ladder)?.into(),
        TimingPart::Below(span) => all.below(span, ladder)?.into(),
        TimingPart::Exact => all.is_exact().into(),
        TimingPart::Deviation | TimingPart::Quantile(_) => 0,
    })
}

/// Seconds; not a number where there are no samples.
#[inline]
pub(super) fn real(all: &Spread<'_>, part: TimingPart) -> f64 {
    let value = match part {
        TimingPart::Deviation => all.deviation(),
        TimingPart::Quantile(share) => all.quantile(share),
        TimingPart::Count
        | TimingPart::Zero
        | TimingPart::Sum
        | TimingPart::Max
        | TimingPart::Within(_)
        | TimingPart::Below(_)
        | TimingPart::Exact => None,
    };
    value.unwrap_or(f64::NAN)
}
