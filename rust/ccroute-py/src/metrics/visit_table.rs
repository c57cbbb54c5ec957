//! `VisitTable` for Python: a table of visits that answers for itself. The columns are numpy's
//! own, read where they lie; what their rows come to is the core's business.

use ccroute_core::{
    Basis, ConfigError, Dimension, Field, LabelColumn, NoFigures, Query, Settings, VisitColumns,
    VisitTable,
};
use numpy::{Element, PyReadonlyArray1};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::facts::of_row;
use super::posted_table::NAMED;
use super::reading::{Columns, Where, instants};
use super::{asked, seconds};
use crate::scalars::{Seconds, Whole};
use crate::threads::{self, Threads};
use crate::{columns, errors};

/// A column of numpy's and what it is called, if it was given.
type Column = Option<(&'static str, Py<PyAny>)>;

/// Visits as columns, a row a visit, whole and told once: they answer as a
/// ``KpiAggregator`` that was told of them, without one.
///
/// Nothing is kept but the columns, so nothing can be corrected; but percentiles are exact
/// whatever their number, any threshold will do, and edges need not be those of cells. Columns
/// whose values lie one behind the other are not copied: whoever changes them between questions
/// changes the answers, and nobody may during one.
///
/// columns: by name, one-dimensional numpy arrays of one length: ``entered_us`` int64, and
/// whichever is known of the others of ``KpiAggregator.post_visits`` but ``contact`` and
/// ``revision``. names: by dimension, the names that columns hold places in. dimensions: what
/// ``custom1`` to ``custom4`` are called in names and questions. threads: how many share the work
/// on a question, 1 to 256; the answer is the same, bit by bit. A thread takes 32,768 rows or more:
/// of fewer rows fewer threads are used.
///
/// Raises ``ConfigError`` for a column, dimension or name that is none, and for threads out of
/// range; ``TypeError`` or ``ValueError`` for a malformed column. Values are checked as they are read.
///
/// >>> import numpy as np
/// >>> table = VisitTable(
/// ...     {
/// ...         "queue": np.array([0, 0], dtype=np.int32),
/// ...         "entered_us": np.array([0, 60_000_000]),
/// ...         "wait_us": np.array([7_000_000, 21_000_000]),
/// ...     },
/// ...     names=[("queue", ["billing"])],
/// ... )
/// >>> answer = table.query(["queue"], ["answered", "wait_answered.within:20000000"])
/// >>> [column.tolist() for column in answer["columns"].values()]
/// [[2], [1]]
#[pyclass(frozen, module = "ccroute", name = "VisitTable")]
pub(crate) struct PyVisitTable {
    rows: usize,
    entered: Py<PyAny>,
    visit: Column,
    course: Column,
    cause: Column,
    wait: Column,
    talk: Column,
    hold: Column,
    holds: Column,
    wrap_up: Column,
    first_response: Column,
    customer: Column,
    /// By dimension: what its column is called, the places, the names.
    labels: Vec<(Dimension, &'static str, Py<PyAny>, Vec<String>)>,
    own: Vec<String>,
    threads: usize,
}

/// The columns on their way in.
struct Given<'a, 'py> {
    columns: &'a Bound<'py, PyDict>,
    rows: usize,
    known: Vec<&'static str>,
}

impl Given<'_, '_> {
    fn take<T: Element + Copy>(&mut self, name: &'static str) -> PyResult<Column> {
        self.known.push(name);
        let Some(array) = self.columns.get_item(name)? else { return Ok(None) };
        let column = columns::keep::<T>(name, &array)?;
        columns::check_rows(name, column.bind(array.py()).len()?, self.rows)?;
        Ok(Some((name, column)))
    }

    /// Refuses a column that was not asked for.
    fn check(&self) -> PyResult<()> {
        for name in self.columns.keys() {
            let name: String = name.extract()?;
            if !self.known.contains(&name.as_str()) {
                let wanted = format!("columns among {}", self.known.join(", "));
                return Err(config("column", &name, &wanted));
            }
        }
        Ok(())
    }
}

fn config(what: &str, given: &str, wanted: &str) -> PyErr {
    errors::config(ConfigError::new(format!("{what} '{given}': give {wanted}")))
}

/// What columns of names are called.
fn named() -> impl Iterator<Item = (&'static str, Dimension)> {
    NAMED.into_iter().chain([("agent", Dimension::Agent)])
}

/// What a dimension is called in names and questions; one's own by their own names.
fn spoken(own: &[String]) -> Vec<(&str, Dimension)> {
    let customs = NAMED.iter().filter(|(name, _)| name.starts_with("custom"));
    let customs = customs.map(|&(_, dimension)| dimension);
    let built_in = named().filter(|(name, _)| !name.starts_with("custom"));
    let mut all: Vec<(&str, Dimension)> = built_in.chain([("team", Dimension::Team)]).collect();
    all.extend(own.iter().map(String::as_str).zip(customs));
    all
}

#[pymethods]
impl PyVisitTable {
    #[new]
    #[pyo3(
        signature = (columns, *, names, dimensions=Vec::new(), threads=Whole(1)),
        text_signature = "(columns, *, names, dimensions=(), threads=1)"
    )]
    fn new(
        columns: &Bound<'_, PyDict>,
        names: Vec<(String, Vec<String>)>,
        dimensions: Vec<String>,
        threads: Whole,
    ) -> PyResult<Self> {
        let threads = threads::read(threads)?;
        let settings = Settings { dimensions, ..Settings::default() };
        settings.check().map_err(errors::config)?;
        let own = settings.dimensions;
        let Some(entered) = columns.get_item("entered_us")? else {
            return Err(config("columns", "without", "the column entered_us"));
        };
        let entered = columns::keep::<i64>("entered_us", &entered)?;
        let rows = entered.bind(columns.py()).len()?;
        let mut lists: Vec<(Dimension, Vec<String>)> = Vec::new();
        for (name, list) in names {
            let mut all = spoken(&own).into_iter();
            let found = all.find(|&(known, _)| known == name);
            let found = found.or_else(|| named().find(|&(known, _)| known == name));
            let dimension = found.map(|(_, dimension)| dimension);
            match dimension.filter(|&dimension| dimension != Dimension::Team) {
                None => return Err(config("names", &name, "names of queue, agent or a label")),
                Some(dimension) if lists.iter().any(|&(known, _)| known == dimension) => {
                    return Err(config("names", &name, "the names of a dimension once"));
                }
                Some(dimension) => lists.push((dimension, list)),
            }
        }
        let mut given = Given { columns, rows, known: vec!["entered_us"] };
        let mut labels = Vec::new();
        for (name, dimension) in named() {
            let Some((name, places)) = given.take::<i32>(name)? else { continue };
            let Some(place) = lists.iter().position(|&(known, _)| known == dimension) else {
                return Err(config("names", "without", &format!("those of the column {name}")));
            };
            labels.push((dimension, name, places, lists.swap_remove(place).1));
        }
        let table = Self {
            rows,
            entered,
            visit: given.take::<u32>("visit")?,
            course: given.take::<u8>("course")?,
            cause: given.take::<u8>("cause")?,
            wait: given.take::<i64>("wait_us")?,
            talk: given.take::<i64>("talk_us")?,
            hold: given.take::<i64>("hold_us")?,
            holds: given.take::<u32>("holds")?,
            wrap_up: given.take::<i64>("wrap_up_us")?,
            first_response: given.take::<i64>("first_response_us")?,
            customer: given.take::<u64>("customer")?,
            labels,
            own,
            threads,
        };
        given.check()?;
        Ok(table)
    }

    /// Figures by dimension and interval, as ``KpiAggregator.query`` gives them. threads: how
    /// many share the work, 1 to 256; left out: as many as the table was made with.
    #[pyo3(
        signature = (
            by, fields, *, basis="offered", edges=None, r#where=None, now=None, threads=None
        ),
        text_signature = "($self, by, fields, *, basis='offered', edges=None, where=None, now=None, threads=None)"
    )]
    fn query<'py>(
        &self,
        py: Python<'py>,
        by: Vec<String>,
        fields: Vec<String>,
        basis: &str,
        edges: Option<&Bound<'py, PyAny>>,
        r#where: Option<Where>,
        now: Option<Seconds>,
        threads: Option<Whole>,
    ) -> PyResult<Bound<'py, PyDict>> {
        let threads = self.lent(threads)?;
        // Of visits that are over nothing still lasts.
        let _ = now;
        let words = fields.iter().map(|word| Field::parse(word));
        let only = r#where.unwrap_or_default().into_iter();
        let query = Query {
            by: by.iter().map(|name| self.dimension(name)).collect::<PyResult<_>>()?,
            fields: words.collect::<Result<Vec<_>, _>>().map_err(errors::config)?,
            basis: asked("basis", basis, Basis::from_word)?,
            edges: instants(edges)?,
            only: only
                .map(|(name, names)| Ok((self.dimension(&name)?, names)))
                .collect::<PyResult<_>>()?,
            now: None,
        };
        let answer =
            self.read(py, |table| table.query_in_parts(&query, &threads).map(Columns::of))?;
        answer.map_err(refused)?.into_dict(py, &by, &fields)
    }

    /// When the first of them began and the last was over, its wrap-up included, in seconds
    /// since the epoch; ``None`` without any.
    fn extent(&self, py: Python<'_>) -> PyResult<Option<(f64, f64)>> {
        let threads = self.lent(None)?;
        let extent = self.read(py, |table| table.extent_in_parts(&threads))?;
        let extent = extent.map_err(refused)?;
        Ok(extent.map(|(first, last)| (seconds(first.micros()), seconds(last.micros()))))
    }

    /// The names of one's own dimensions.
    fn dimensions(&self) -> Vec<String> {
        self.own.clone()
    }

    fn __len__(&self) -> usize {
        self.rows
    }
}

pub(super) fn refused(why: NoFigures) -> PyErr {
    match why {
        NoFigures::Config(error) => errors::config(error),
        NoFigures::Row(row, refusal) => errors::rejected(of_row(row, &refusal)),
    }
}

/// A column as it is now.
fn lent<'py, T: Element + Copy>(
    py: Python<'py>,
    column: &Column,
    rows: usize,
) -> PyResult<Option<PyReadonlyArray1<'py, T>>> {
    let Some((name, array)) = column else { return Ok(None) };
    columns::lent(name, array.bind(py), rows).map(Some)
}

fn slice<'a, T: Element>(column: &'a Option<PyReadonlyArray1<'_, T>>) -> PyResult<Option<&'a [T]>> {
    Ok(column.as_ref().map(PyReadonlyArray1::as_slice).transpose()?)
}

impl PyVisitTable {
    /// The threads that share the work on this table.
    fn lent(&self, threads: Option<Whole>) -> PyResult<Threads> {
        let most = threads.map_or(Ok(self.threads), threads::read)?;
        Ok(Threads::of_rows(most, self.rows))
    }

    fn dimension(&self, name: &str) -> PyResult<Dimension> {
        let found = spoken(&self.own).into_iter().find(|&(known, _)| known == name);
        found.map(|(_, dimension)| dimension).ok_or_else(|| {
            let known: Vec<&str> = spoken(&self.own).into_iter().map(|(known, _)| known).collect();
            config("dimension", name, &format!("one of {}", known.join(", ")))
        })
    }

    /// Reads the table where it lies. Whoever writes to a column meanwhile, which numpy can
    /// without the interpreter, gets figures of neither.
    fn read<R>(&self, py: Python<'_>, read: impl FnOnce(&VisitTable<'_>) -> R) -> PyResult<R> {
        let rows = self.rows;
        let entered = columns::lent::<i64>("entered_us", self.entered.bind(py), rows)?;
        let micros = |column| lent::<i64>(py, column, rows);
        let (wait, talk, hold) = (micros(&self.wait)?, micros(&self.talk)?, micros(&self.hold)?);
        let (wrap_up, response) = (micros(&self.wrap_up)?, micros(&self.first_response)?);
        let (course, cause) = (lent(py, &self.course, rows)?, lent(py, &self.cause, rows)?);
        let (visit, holds) = (lent(py, &self.visit, rows)?, lent(py, &self.holds, rows)?);
        let customer = lent(py, &self.customer, rows)?;
        let places = self.labels.iter();
        let places = places.map(|(_, name, places, _)| columns::lent(name, places.bind(py), rows));
        let places = places.collect::<PyResult<Vec<_>>>()?;
        let labels = self.labels.iter().zip(&places).map(|((dimension, _, _, names), places)| {
            Ok(LabelColumn { dimension: *dimension, places: places.as_slice()?, names })
        });
        let labels = labels.collect::<PyResult<Vec<_>>>()?;
        let columns = VisitColumns {
            entered: entered.as_slice()?,
            visit: slice(&visit)?,
            course: slice(&course)?,
            cause: slice(&cause)?,
            wait: slice(&wait)?,
            talk: slice(&talk)?,
            hold: slice(&hold)?,
            holds: slice(&holds)?,
            wrap_up: slice(&wrap_up)?,
            first_response: slice(&response)?,
            customer: slice(&customer)?,
        };
        Ok(read(&VisitTable { columns, labels: &labels }))
    }
}
