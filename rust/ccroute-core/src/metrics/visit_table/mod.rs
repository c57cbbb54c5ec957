//! A table of visits that answers for itself: figures of its rows without an aggregator. Nothing
//! is kept, so nothing can be corrected; but nothing must be looked up either, percentiles are
//! exact whatever the number, and any threshold will do. What a visit comes to is said in
//! `facts.rs` as for the aggregator.
//!
//! Its rows are checked as they are read (`columns.rs`), each is given its cell (`places.rs`),
//! counted there (`counting.rs`), and the cells are read at the end (`figures.rs`). Both can be
//! done in parts, by whoever lends threads (`../parts.rs`).

mod columns;
mod counting;
mod figures;
mod lengths;
mod places;
mod sorting;
mod templates;

pub use columns::VisitColumns;

use core::ops::Range;

use self::columns::BLOCK;
use self::counting::{Counted, Tally};
use self::places::Places;

use super::fields::{Basis, Dimension};
use super::parts::{InTurn, Parallel, each, ranges};
use super::query::{FigureTable, Query};
use crate::error::{ConfigError, Rejection};
use crate::time::Timestamp;

/// The names that a column of places stands for, and the column; a place is that of a name, or
/// -1 for none.
#[derive(Clone, Copy, Debug)]
pub struct LabelColumn<'a> {
    /// What the names are of; all but the team.
    pub dimension: Dimension,
    /// By row.
    pub places: &'a [i32],
    /// The names; of two that are equal one stands.
    pub names: &'a [String],
}

/// Visits by row, each whole and told once.
///
/// ```
/// use ccroute_core::{Dimension, Field, LabelColumn, Query, VisitColumns, VisitTable};
///
/// let names = ["billing".to_owned(), "sales".to_owned()];
/// let labels = [LabelColumn { dimension: Dimension::Queue, places: &[0, 1, 0], names: &names }];
/// let columns = VisitColumns {
///     entered: &[0, 1_000_000, 2_000_000],
///     wait: Some(&[5_000_000, 0, 30_000_000]),
///     ..VisitColumns::default()
/// };
/// let table = VisitTable { columns, labels: &labels };
/// let fields: Vec<_> = ["answered", "wait_answered.within:20000000"]
///     .map(|word| Field::parse(word).unwrap())
///     .to_vec();
/// let query = Query { by: vec![Dimension::Queue], fields, ..Query::default() };
/// let answer = table.query(&query).unwrap();
/// assert_eq!(answer.groups, [[Some("billing")], [Some("sales")]]);
/// assert_eq!(answer.integers(0), Some(&[2, 1][..]));
/// assert_eq!(answer.integers(1), Some(&[1, 1][..]));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct VisitTable<'a> {
    /// What is known of each visit but its names.
    pub columns: VisitColumns<'a>,
    /// Its names.
    pub labels: &'a [LabelColumn<'a>],
}

/// Why a table has no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoFigures {
    /// The question can have none.
    Config(ConfigError),
    /// A row cannot be.
    Row(usize, Rejection),
}

impl core::fmt::Display for NoFigures {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Config(error) => f.write_str(&error.message),
            Self::Row(row, refusal) => write!(f, "row {row}: {}", refusal.message),
        }
    }
}

impl<'a> VisitTable<'a> {
    /// The figures of a query, as an aggregator that was told of the same visits and has the
    /// same cells; but percentiles are exact, and all of it is final. Edges need not be those of
    /// cells.
    ///
    /// # Errors
    /// A field that a table has nothing of, the bases split and `sl_event`, edges that do not
    /// ascend; the first row that cannot be and what is wrong with it.
    pub fn query(&self, query: &Query) -> Result<FigureTable<'a>, NoFigures> {
        self.query_in_parts(query, &InTurn)
    }

    /// As [`Self::query`], in parts that may run at the same time; the answer is the same, bit by
    /// bit. Rows are counted in ranges, and the cells of the answer are read in ranges. Where there
    /// are so many groups and intervals that cells are numbered as they are met, counting is one
    /// part.
    ///
    /// # Errors
    /// As [`Self::query`].
    pub fn query_in_parts(
        &self,
        query: &Query,
        parallel: &dyn Parallel,
    ) -> Result<FigureTable<'a>, NoFigures> {
        check(query).map_err(NoFigures::Config)?;
        self.check_lengths().map_err(NoFigures::Config)?;
        let places = Places::new(self, query);
        let tally = Tally::new(query, &self.columns).map_err(NoFigures::Config)?;
        let rows = self.columns.rows();
        let parts = ranges(rows, BLOCK, places.parts(rows, parallel.most()));
        let counted =
            each(parallel, parts, |rows| Counted::of(self, rows, places.clone(), tally.clone()));
        // The first that cannot be is in the first part that has one.
        let counted = counted.into_iter().collect::<Result<Vec<_>, _>>()?;
        Ok(figures::read(query, &counted, parallel))
    }

    /// The names of a dimension, if there are any.
    fn of(&self, dimension: Dimension) -> Option<&'a LabelColumn<'a>> {
        self.labels.iter().find(|column| column.dimension == dimension)
    }

    /// Whether all columns are of one length.
    fn check_lengths(&self) -> Result<(), ConfigError> {
        let rows = self.columns.rows();
        if rows >= MOST {
            return Err(ConfigError::new(format!("{rows} rows: give fewer than {MOST} at a time")));
        }
        let names = self.labels.iter().map(|column| (column.dimension.word(), column.places.len()));
        match self.columns.lengths().into_iter().chain(names).find(|&(_, len)| len != rows) {
            None => Ok(()),
            Some((name, len)) => Err(ConfigError::new(format!(
                "column '{name}' has {len} rows where {rows} are needed: give one each"
            ))),
        }
    }

    /// From the first entry to when the last visit was over, its wrap-up and the first response
    /// included; `None` of no visits.
    ///
    /// # Errors
    /// As [`Self::query`], of columns and rows.
    pub fn extent(&self) -> Result<Option<(Timestamp, Timestamp)>, NoFigures> {
        self.extent_in_parts(&InTurn)
    }

    /// As [`Self::extent`], in parts that may run at the same time.
    ///
    /// # Errors
    /// As [`Self::extent`].
    pub fn extent_in_parts(
        &self,
        parallel: &dyn Parallel,
    ) -> Result<Option<(Timestamp, Timestamp)>, NoFigures> {
        self.check_lengths().map_err(NoFigures::Config)?;
        let parts = ranges(self.columns.rows(), BLOCK, parallel.most());
        let extents = each(parallel, parts, |rows| self.extent_of(rows));
        let extents = extents.into_iter().collect::<Result<Vec<_>, _>>()?;
        let both = |one: Extent, other: Extent| (one.0.min(other.0), one.1.max(other.1));
        Ok(extents.into_iter().flatten().reduce(both))
    }

    fn extent_of(&self, rows: Range<usize>) -> Result<Option<Extent>, NoFigures> {
        let mut extent = None;
        for first in rows.step_by(BLOCK) {
            let block = self.columns.block(first, None);
            block.check().map_err(|(row, refusal)| NoFigures::Row(first + row, refusal))?;
            for row in 0..block.len() {
                let visit = block.visit(row);
                let response = visit.entered + visit.first_response.unwrap_or_default();
                let until = response.max(visit.completed() + visit.wrap_up);
                let (from, last) = extent.unwrap_or((visit.entered, until));
                extent = Some((visit.entered.min(from), until.max(last)));
            }
        }
        Ok(extent)
    }
}

/// From when until when.
type Extent = (Timestamp, Timestamp);

/// The most rows of a table, and the most places for cells: both are counted in 32 bits.
const MOST: usize = u32::MAX as usize;

fn check(query: &Query) -> Result<(), ConfigError> {
    if matches!(query.basis, Basis::Split | Basis::ServiceLevelEvent) {
        return Err(ConfigError::new(format!(
            "basis '{}' of a table of visits: ask on offered, event or completion, or post it to \
             an aggregator that keeps that basis",
            query.basis
        )));
    }
    query.check()
}
