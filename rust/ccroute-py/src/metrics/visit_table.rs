//! `VisitTable` for Python: a table of visits that answers for itself. The columns are numpy's
//! own, read where they lie; what their rows come to is the core's business.

use ccroute_core::{
    Basis, Dimension, Field, LabelColumn, NoFigures, Query, VisitColumns, VisitTable,
};
use numpy::{Element, PyArray1, PyArrayMethods, PyReadonlyArray1};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::facts::of_row;
use super::posted_table::NAMED;
use super::reading::{Columns, Where, instants};
use super::{seconds, word};
use crate::scalars::Seconds;
use crate::{columns, errors};

/// How many dimensions of one's own there are.
const OWN: usize = 4;

/// A column of numpy's, if it was given.
type Column<T> = Option<Py<PyArray1<T>>>;

/// Visits as columns, a row a visit, whole and told once: they answer as a
/// ``KpiAggregator`` that was told of them, without one.
///
/// Nothing is kept but the columns, so nothing can be corrected; but percentiles are exact
/// whatever their number, any threshold will do, and edges need not be those of cells. The
/// columns are not copied: whoever changes them changes the answers.
///
/// columns: by name, one-dimensional numpy arrays of one length: ``entered_us`` int64, and
/// whichever is known of ``queue``, ``channel``, ``direction``, ``client``, ``campaign``,
/// ``tenant``, ``agent`` and one's own ``dimensions`` (at most four), int32 places in their
/// ``names`` (-1: none); ``visit`` uint32, ``customer`` uint64, ``course`` and ``cause`` uint8,
/// ``wait_us``, ``talk_us``, ``hold_us``, ``wrap_up_us``, ``first_response_us`` int64,
/// ``holds`` uint32, all as in ``KpiAggregator.post_visits``. names: by dimension.
///
/// Raises ``ConfigError`` for a column, dimension or name that is none; ``TypeError`` or
/// ``ValueError`` for a malformed column. Values are checked as they are read.
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
    entered: Py<PyArray1<i64>>,
    visit: Column<u32>,
    course: Column<u8>,
    cause: Column<u8>,
    wait: Column<i64>,
    talk: Column<i64>,
    hold: Column<i64>,
    holds: Column<u32>,
    wrap_up: Column<i64>,
    first_response: Column<i64>,
    customer: Column<u64>,
    labels: Vec<(Dimension, Py<PyArray1<i32>>, Vec<String>)>,
    own: Vec<String>,
}

/// The columns on their way in.
struct Given<'a, 'py> {
    columns: &'a Bound<'py, PyDict>,
    rows: usize,
    known: Vec<String>,
}

impl Given<'_, '_> {
    fn take<T: Element + Copy>(&mut self, name: &str) -> PyResult<Column<T>> {
        self.known.push(name.to_owned());
        let Some(array) = self.columns.get_item(name)? else { return Ok(None) };
        let column = columns::keep::<T>(name, &array)?;
        check_rows(name, column.bind(array.py()).len()?, self.rows)?;
        Ok(Some(column))
    }

    /// Refuses a column that was not asked for.
    fn check(&self) -> PyResult<()> {
        for name in self.columns.keys() {
            let name: String = name.extract()?;
            if !self.known.contains(&name) {
                let wanted = format!("columns among {}", self.known.join(", "));
                return Err(config("column", &name, &wanted));
            }
        }
        Ok(())
    }
}

fn check_rows(name: &str, found: usize, rows: usize) -> PyResult<()> {
    if found == rows {
        return Ok(());
    }
    let message = format!("{name} has {found} rows where {rows} are needed: give one each");
    Err(PyValueError::new_err(message))
}

fn config(what: &str, given: &str, wanted: &str) -> PyErr {
    errors::config(ccroute_core::ConfigError::new(format!("{what} '{given}': give {wanted}")))
}

/// The name of each dimension and the dimension, as columns and questions have it.
fn dimensions(own: &[String]) -> impl Iterator<Item = (&str, Dimension)> {
    let built_in = NAMED.iter().filter(|(name, _)| !name.starts_with("custom"));
    let customs = NAMED.iter().filter(|(name, _)| name.starts_with("custom"));
    let agents = [("agent", Dimension::Agent), ("team", Dimension::Team)];
    let own = own.iter().map(String::as_str).zip(customs.map(|&(_, dimension)| dimension));
    built_in.copied().chain(agents).chain(own)
}

#[pymethods]
impl PyVisitTable {
    #[new]
    #[pyo3(
        signature = (columns, *, names, dimensions=Vec::new()),
        text_signature = "(columns, *, names, dimensions=())"
    )]
    fn new(
        columns: &Bound<'_, PyDict>,
        names: Vec<(String, Vec<String>)>,
        dimensions: Vec<String>,
    ) -> PyResult<Self> {
        if dimensions.len() > OWN {
            return Err(config("dimensions", &dimensions.join(", "), "four of your own at most"));
        }
        let Some(entered) = columns.get_item("entered_us")? else {
            return Err(config("columns", "without", "the column entered_us"));
        };
        let entered = columns::keep::<i64>("entered_us", &entered)?;
        let rows = entered.bind(columns.py()).len()?;
        let mut given = Given { columns, rows, known: vec!["entered_us".to_owned()] };
        let mut labels = Vec::new();
        for (name, dimension) in self::dimensions(&dimensions) {
            if dimension == Dimension::Team {
                continue;
            }
            let Some(places) = given.take::<i32>(name)? else { continue };
            let list = names.iter().find(|(known, _)| known == name);
            let Some((_, list)) = list else {
                return Err(config("names", "without", &format!("those of the column {name}")));
            };
            labels.push((dimension, places, list.clone()));
        }
        for (name, _) in &names {
            if !self::dimensions(&dimensions).any(|(known, _)| known == name) {
                return Err(config("names", name, "names of queue, channel, agent or a label"));
            }
        }
        let table = Self {
            rows,
            entered,
            visit: given.take("visit")?,
            course: given.take("course")?,
            cause: given.take("cause")?,
            wait: given.take("wait_us")?,
            talk: given.take("talk_us")?,
            hold: given.take("hold_us")?,
            holds: given.take("holds")?,
            wrap_up: given.take("wrap_up_us")?,
            first_response: given.take("first_response_us")?,
            customer: given.take("customer")?,
            labels,
            own: dimensions,
        };
        given.check()?;
        Ok(table)
    }

    /// Figures by dimension and interval, as ``KpiAggregator.query`` gives them.
    #[pyo3(
        signature = (by, fields, *, basis="offered", edges=None, r#where=None, now=None),
        text_signature = "($self, by, fields, *, basis='offered', edges=None, where=None, now=None)"
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
    ) -> PyResult<Bound<'py, PyDict>> {
        // Of visits that are over nothing still lasts.
        let _ = now;
        let asked = fields.iter().map(|word| Field::parse(word));
        let only = r#where.unwrap_or_default().into_iter();
        let query = Query {
            by: by.iter().map(|name| self.dimension(name)).collect::<PyResult<_>>()?,
            fields: asked.collect::<Result<Vec<_>, _>>().map_err(errors::config)?,
            basis: word("basis", basis, Basis::from_word)?,
            edges: instants(edges)?,
            only: only
                .map(|(name, names)| Ok((self.dimension(&name)?, names)))
                .collect::<PyResult<_>>()?,
            now: None,
        };
        let answer = self.read(py, |table| table.query(&query).map(Columns::of))?;
        answer.map_err(refused)?.into_dict(py, &by, &fields)
    }

    /// When the first of them began and the last was over, its wrap-up included, in seconds
    /// since the epoch; ``None`` without any.
    fn extent(&self, py: Python<'_>) -> PyResult<Option<(f64, f64)>> {
        let extent = self.read(py, |table| table.extent())?;
        let extent = extent.map_err(|(row, refusal)| errors::rejected(of_row(row, &refusal)))?;
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

fn refused(why: NoFigures) -> PyErr {
    match why {
        NoFigures::Config(error) => errors::config(error),
        NoFigures::Row(row, refusal) => errors::rejected(of_row(row, &refusal)),
    }
}

/// A column while nobody can change it.
fn lent<'py, T: Element>(
    py: Python<'py>,
    column: &Column<T>,
) -> PyResult<Option<PyReadonlyArray1<'py, T>>> {
    Ok(column.as_ref().map(|column| column.bind(py).try_readonly()).transpose()?)
}

fn slice<'a, T: Element>(
    column: &'a Option<PyReadonlyArray1<'_, T>>,
    rows: usize,
) -> PyResult<Option<&'a [T]>> {
    let Some(column) = column else { return Ok(None) };
    let values = column.as_slice()?;
    check_rows("a column", values.len(), rows)?;
    Ok(Some(values))
}

impl PyVisitTable {
    fn dimension(&self, name: &str) -> PyResult<Dimension> {
        let found = dimensions(&self.own).find(|&(known, _)| known == name);
        found.map(|(_, dimension)| dimension).ok_or_else(|| {
            let known: Vec<&str> = dimensions(&self.own).map(|(known, _)| known).collect();
            config("dimension", name, &format!("one of {}", known.join(", ")))
        })
    }

    /// Reads the table where it lies. The interpreter is held all the while: it is what keeps
    /// others from changing the columns.
    fn read<R>(&self, py: Python<'_>, read: impl FnOnce(&VisitTable<'_>) -> R) -> PyResult<R> {
        let entered = Some(self.entered.bind(py).try_readonly()?);
        let [course, cause] = [lent(py, &self.course)?, lent(py, &self.cause)?];
        let [visit, holds] = [lent(py, &self.visit)?, lent(py, &self.holds)?];
        let spans = [&self.wait, &self.talk, &self.hold, &self.wrap_up, &self.first_response];
        let spans = spans.map(|column| lent(py, column));
        let [wait, talk, hold, wrap_up, first_response] = spans;
        let (wait, talk, hold, wrap_up) = (wait?, talk?, hold?, wrap_up?);
        let (first_response, customer) = (first_response?, lent(py, &self.customer)?);
        let places = self.labels.iter().map(|(_, places, _)| places.bind(py).try_readonly());
        let places = places.collect::<Result<Vec<_>, _>>()?;
        let rows = self.rows;
        let mut labels = Vec::with_capacity(places.len());
        for ((dimension, _, names), places) in self.labels.iter().zip(&places) {
            let places = places.as_slice()?;
            check_rows("a column", places.len(), rows)?;
            labels.push(LabelColumn { dimension: *dimension, places, names });
        }
        let columns = VisitColumns {
            entered: slice(&entered, rows)?.unwrap_or_default(),
            visit: slice(&visit, rows)?,
            course: slice(&course, rows)?,
            cause: slice(&cause, rows)?,
            wait: slice(&wait, rows)?,
            talk: slice(&talk, rows)?,
            hold: slice(&hold, rows)?,
            holds: slice(&holds, rows)?,
            wrap_up: slice(&wrap_up, rows)?,
            first_response: slice(&first_response, rows)?,
            customer: slice(&customer, rows)?,
        };
        Ok(read(&VisitTable { columns, labels: &labels }))
    }
}
