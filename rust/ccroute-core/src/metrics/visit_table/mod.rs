//! A table of visits that answers for itself: figures of its rows without an aggregator. Nothing
//! is kept, so nothing can be corrected; but nothing must be looked up either, percentiles are
//! exact whatever the number, and any threshold will do. What a visit comes to is said in
//! `facts.rs` as for the aggregator.
//!
//! Its rows are checked as they are read (`columns.rs`), each is given its cell (`places.rs`),
//! counted there (`counting.rs`), and the cells are read at the end (`figures.rs`).

mod columns;
mod counting;
mod figures;
mod lengths;
mod places;
mod templates;

pub use columns::VisitColumns;

use self::columns::BLOCK;
use self::counting::Tally;
use self::places::Places;

use super::fields::{Basis, Dimension, Subject};
use super::query::{FigureTable, Query};
use super::reading::Field;
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

impl<'a> VisitTable<'a> {
    /// The figures of a query, as an aggregator that was told of the same visits and has the
    /// same cells; but percentiles are exact, and all of it is final. Edges need not be those of
    /// cells.
    ///
    /// # Errors
    /// A field that a table has nothing of, the bases split and `sl_event`, edges that do not
    /// ascend; the first row that cannot be and what is wrong with it.
    pub fn query(&self, query: &Query) -> Result<FigureTable<'a>, NoFigures> {
        check(query).map_err(NoFigures::Config)?;
        let mut places = Places::new(self, query);
        let mut tally = Tally::new(query, &places).map_err(NoFigures::Config)?;
        let agents = self.of(Dimension::Agent).map(|column| column.places);
        for first in (0..self.columns.rows()).step_by(BLOCK) {
            let block = self.columns.block(first, agents);
            block.check().map_err(|(row, refusal)| NoFigures::Row(first + row, refusal))?;
            places.group(first, block.len()).map_err(|(row, why)| NoFigures::Row(row, why))?;
            tally.count(&block, &mut places);
        }
        Ok(figures::read(query, &places, &tally))
    }

    /// The names of a dimension, if there are any.
    fn of(&self, dimension: Dimension) -> Option<&'a LabelColumn<'a>> {
        self.labels.iter().find(|column| column.dimension == dimension)
    }

    /// From the first entry to the end of the last visit, its wrap-up included; `None` of no
    /// visits.
    ///
    /// # Errors
    /// The first row that cannot be and what is wrong with it.
    pub fn extent(&self) -> Result<Option<(Timestamp, Timestamp)>, (usize, Rejection)> {
        let mut extent = None;
        for first in (0..self.columns.rows()).step_by(BLOCK) {
            let block = self.columns.block(first, None);
            block.check().map_err(|(row, refusal)| (first + row, refusal))?;
            for row in 0..block.len() {
                let visit = block.visit(row);
                let until = visit.completed() + visit.wrap_up;
                let (from, last) = extent.unwrap_or((visit.entered, until));
                extent = Some((visit.entered.min(from), until.max(last)));
            }
        }
        Ok(extent)
    }
}

fn subject(query: &Query) -> Subject {
    let of_agents = |by: &Dimension| matches!(by, Dimension::Agent | Dimension::Team);
    let only = query.only.iter().map(|(by, _)| by);
    if query.by.iter().chain(only).any(of_agents) { Subject::Agent } else { Subject::Queue }
}

fn check(query: &Query) -> Result<(), ConfigError> {
    if matches!(query.basis, Basis::Split | Basis::ServiceLevelEvent) {
        return Err(ConfigError::new(format!(
            "basis '{}' of a table of visits: ask on offered, event or completion, or post it to \
             an aggregator that keeps that basis",
            query.basis
        )));
    }
    if let Some(pair) = query.edges.windows(2).find(|pair| pair[0] >= pair[1]) {
        let (before, edge) = (pair[0], pair[1]);
        return Err(ConfigError::new(format!(
            "edge {edge} does not come after {before}: give them ascending"
        )));
    }
    let customers = query.fields.iter().any(|field| matches!(field, Field::Customers(_)));
    if customers && (query.basis != Basis::Offered || subject(query) != Subject::Queue) {
        return Err(ConfigError::new(
            "unique.customers: different customers are counted by queue and by the interval of \
             their entry; ask on basis 'offered', and not by agent or team",
        ));
    }
    Ok(())
}
