//! What is asked of an aggregator, as columns and rows. Ratios and percentages are made where
//! they are shown.

use std::collections::BTreeMap;

use ccroute_core::{
    Basis, ConfigError, Dimension, Field, FigureColumn, FigureTable, KpiAggregator, NoAnswer,
    Query, Rejection, Timestamp, Timing, Unavailable, VisitQuery, VisitRow,
};
use numpy::PyArray1;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use super::{PyKpiAggregator, asked, seconds, unsuitable};
use crate::scalars::{self, Number, Seconds};
use crate::{columns, errors};

/// Names by dimension; `None` is without a name.
pub(super) type Where = BTreeMap<String, Vec<Option<String>>>;

/// The names asked for in a dimension.
type Only = (Dimension, Vec<Option<String>>);

/// (labels, interval, zeros, sum in µs, buckets)
type Spread = (Vec<Option<String>>, usize, u64, i128, Vec<(i16, u64)>);

/// (agent, ended_us, talk_us, hold_us, holds, wrap_up_us or -1)
type PartTuple = (Option<String>, i64, i64, i64, u32, i64);

#[pymethods]
impl PyKpiAggregator {
    /// Figures by dimension and interval, as a dict of columns: see the stub.
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
        let fields_asked = fields.iter().map(|word| Field::parse(word));
        let fields_asked = fields_asked.collect::<Result<Vec<_>, _>>().map_err(errors::config)?;
        let basis = asked("basis", basis, Basis::from_word)?;
        let edges = instants(edges)?;
        let now = now.map(|now| scalars::instant("now", now)).transpose();
        let now = now.map_err(unsuitable)?;
        let gathered = self.run_detached(py, "query", |metrics| {
            let query = Query {
                by: dimensions(metrics, &by)?,
                fields: fields_asked,
                basis,
                edges,
                only: only(metrics, r#where)?,
                now,
            };
            Ok(Columns::of(metrics.answer(&query).map_err(Refused::from)?))
        })?;
        gathered.map_err(Refused::into_py)?.into_dict(py, &by, &fields)
    }

    /// How durations of one kind are spread, by dimension and interval: rows of (labels,
    /// interval, zeros, sum in µs, [(bucket, count)]).
    #[pyo3(
        signature = (by, timing, *, basis="offered", edges=None, r#where=None),
        text_signature = "($self, by, timing, *, basis='offered', edges=None, where=None)"
    )]
    fn distributions(
        &self,
        py: Python<'_>,
        by: Vec<String>,
        timing: &str,
        basis: &str,
        edges: Option<&Bound<'_, PyAny>>,
        r#where: Option<Where>,
    ) -> PyResult<Vec<Spread>> {
        let timing = asked("timing", timing, Timing::from_word)?;
        let basis = asked("basis", basis, Basis::from_word)?;
        let edges = instants(edges)?;
        let read = self.run_detached(py, "distributions", |metrics| {
            let query = Query {
                by: dimensions(metrics, &by)?,
                basis,
                edges,
                only: only(metrics, r#where)?,
                ..Query::default()
            };
            let rows = metrics.distributions(&query, timing).map_err(Refused::Config)?;
            let spread = |row: ccroute_core::DistributionRow<'_>| {
                let labels = row.labels.iter().map(|name| name.map(str::to_owned)).collect();
                let all = &row.distribution;
                (labels, row.interval, all.zeros(), all.sum(), all.buckets())
            };
            Ok(rows.into_iter().map(spread).collect())
        })?;
        read.map_err(Refused::into_py)
    }

    /// The visits behind figures: a list of dicts, by entry.
    #[pyo3(
        signature = (start, end, *, basis="offered", r#where=None),
        text_signature = "($self, start, end, *, basis='offered', where=None)"
    )]
    fn visits<'py>(
        &self,
        py: Python<'py>,
        start: Seconds,
        end: Seconds,
        basis: &str,
        r#where: Option<Where>,
    ) -> PyResult<Bound<'py, PyList>> {
        let basis = asked("basis", basis, Basis::from_word)?;
        let start = scalars::instant("start", start).map_err(unsuitable)?;
        let end = scalars::instant("end", end).map_err(unsuitable)?;
        let read = self.run_detached(py, "visits", |metrics| {
            let query = VisitQuery { basis, start, end, only: only(metrics, r#where)? };
            let rows = metrics.visits(&query).map_err(Refused::Unavailable)?;
            Ok(rows.iter().map(|row| VisitColumns::of(metrics, row)).collect::<Vec<_>>())
        })?;
        let rows = read.map_err(Refused::into_py)?;
        let list = PyList::empty(py);
        for row in rows {
            list.append(row.into_dict(py)?)?;
        }
        Ok(list)
    }

    /// The cells of queues that changed after number `seen`, having been final: ([(labels by
    /// dimension, basis, start)], the number to ask with next time).
    #[pyo3(signature = (seen=Number(0)), text_signature = "($self, seen=0)")]
    #[expect(clippy::type_complexity, reason = "a tuple is what crosses")]
    fn changed(
        &self,
        py: Python<'_>,
        seen: Number,
    ) -> PyResult<(Vec<(Vec<(String, String)>, &'static str, f64)>, u64)> {
        let read = self.run(py, "changed", |metrics| {
            let (cells, last) = metrics.changed(seen.0)?;
            let row = |cell: &ccroute_core::ChangedCell| {
                let labels = labelled(metrics, &cell.labels);
                (labels, cell.basis.word(), seconds(cell.start.micros()))
            };
            Ok((cells.iter().map(row).collect(), last))
        })?;
        read.map_err(|unavailable: Unavailable| errors::unavailable(unavailable.0))
    }

    /// From the first interval of which anything is known to the end of the last, that of `now`
    /// where an agent's time still runs; in seconds.
    #[pyo3(signature = (now=None), text_signature = "($self, now=None)")]
    fn extent(&self, py: Python<'_>, now: Option<Seconds>) -> PyResult<Option<(f64, f64)>> {
        let now = now.map(|now| scalars::instant("now", now)).transpose();
        let now = now.map_err(unsuitable)?;
        self.run(py, "extent", |metrics| {
            metrics.extent(now).map(|(from, to)| (seconds(from.micros()), seconds(to.micros())))
        })
    }

    /// The instant up to which every source has said what it had to say, in seconds.
    fn watermark(&self, py: Python<'_>) -> PyResult<f64> {
        self.run(py, "watermark", |metrics| seconds(metrics.watermark().micros()))
    }
}

/// Why there is no answer.
enum Refused {
    Config(ConfigError),
    /// There is no such name.
    Unsuitable(Rejection),
    Unavailable(Unavailable),
}

impl From<NoAnswer> for Refused {
    fn from(why: NoAnswer) -> Self {
        match why {
            NoAnswer::Config(error) => Self::Config(error),
            NoAnswer::Unavailable(unavailable) => Self::Unavailable(unavailable),
        }
    }
}

impl Refused {
    fn into_py(self) -> PyErr {
        match self {
            Self::Config(error) => errors::config(error),
            Self::Unsuitable(refusal) => unsuitable(refusal),
            Self::Unavailable(Unavailable(what)) => errors::unavailable(what),
        }
    }
}

/// The dimension of a name.
pub(super) fn dimension(metrics: &KpiAggregator, name: &str) -> Result<Dimension, Rejection> {
    metrics.dimension(name).ok_or_else(|| {
        let known = Dimension::ALL.iter().map(|known| known.word());
        let known: Vec<&str> = known.filter(|word| !word.starts_with("custom")).collect();
        let own = metrics.own_dimensions().join(", ");
        let own = if own.is_empty() { "none".to_owned() } else { own };
        super::refusal(
            "dimension",
            name,
            &format!("one of {}, or one of the aggregator's own ({own})", known.join(", ")),
        )
    })
}

fn dimensions(metrics: &KpiAggregator, by: &[String]) -> Result<Vec<Dimension>, Refused> {
    by.iter().map(|name| dimension(metrics, name).map_err(Refused::Unsuitable)).collect()
}

fn only(metrics: &KpiAggregator, given: Option<Where>) -> Result<Vec<Only>, Refused> {
    let given = given.unwrap_or_default().into_iter();
    let one = |(name, names): (String, Vec<Option<String>>)| {
        dimension(metrics, &name).map(|dimension| (dimension, names)).map_err(Refused::Unsuitable)
    };
    given.map(one).collect()
}

pub(super) fn instants(edges: Option<&Bound<'_, PyAny>>) -> PyResult<Vec<Timestamp>> {
    let Some(edges) = edges else { return Ok(Vec::new()) };
    let micros = columns::read::<i64>("edges", edges)?;
    if micros.len() == 1 {
        return Err(unsuitable(super::refusal(
            "edges",
            "of one instant",
            "where the intervals begin and the last ends",
        )));
    }
    // A civil day may begin before the epoch, where nothing can have been counted.
    let micros: Vec<i64> = micros.into_iter().map(|edge| edge.max(0)).collect();
    columns::instants("edges", micros).map_err(unsuitable)
}

/// The labels there are, by name of the dimension.
fn labelled(metrics: &KpiAggregator, labels: &[Option<u32>]) -> Vec<(String, String)> {
    let named = labels.iter().zip(Dimension::ALL).filter_map(|(label, &dimension)| {
        let name = metrics.names(dimension).name((*label)? as usize).to_owned();
        Some((shown(metrics, dimension), name))
    });
    named.collect()
}

/// What users call a dimension.
fn shown(metrics: &KpiAggregator, dimension: Dimension) -> String {
    let own = (dimension as usize).checked_sub(Dimension::Custom1 as usize);
    let own = own.and_then(|row| metrics.own_dimensions().get(row)).cloned();
    own.unwrap_or_else(|| dimension.word().to_owned())
}

/// The rows of a query, column by column, with names of their own.
pub(super) struct Columns {
    groups: Vec<Vec<Option<String>>>,
    group: Vec<u32>,
    interval: Vec<i64>,
    figures: Vec<FigureColumn>,
    is_final: Vec<bool>,
    revision: Vec<u32>,
}

impl Columns {
    pub(super) fn of(table: FigureTable<'_>) -> Self {
        let named = |labels: Vec<Option<&str>>| {
            labels.into_iter().map(|label| label.map(str::to_owned)).collect()
        };
        Self {
            groups: table.groups.into_iter().map(named).collect(),
            group: table.group,
            interval: table.interval.into_iter().map(i64::from).collect(),
            figures: table.columns,
            is_final: table.is_final,
            revision: table.revision,
        }
    }

    pub(super) fn into_dict<'py>(
        self,
        py: Python<'py>,
        by: &[String],
        fields: &[String],
    ) -> PyResult<Bound<'py, PyDict>> {
        let (dict, labels, figures) = (PyDict::new(py), PyDict::new(py), PyDict::new(py));
        for (place, name) in by.iter().enumerate() {
            // One object a group, whatever the number of its rows.
            let words = self.groups.iter().map(|group| group[place].as_deref().into_pyobject(py));
            let words = words.collect::<Result<Vec<_>, _>>()?;
            let column = self.group.iter().map(|&group| &words[group as usize]);
            labels.set_item(name, PyList::new(py, column)?)?;
        }
        dict.set_item("interval", PyArray1::from_vec(py, self.interval))?;
        for (name, column) in fields.iter().zip(self.figures) {
            match column {
                FigureColumn::Integers(values) => {
                    figures.set_item(name, PyArray1::from_vec(py, values))?;
                }
                FigureColumn::Reals(values) => {
                    figures.set_item(name, PyArray1::from_vec(py, values))?;
                }
            }
        }
        dict.set_item("labels", labels)?;
        dict.set_item("columns", figures)?;
        dict.set_item("final", PyArray1::from_vec(py, self.is_final))?;
        dict.set_item("revision", PyArray1::from_vec(py, self.revision))?;
        Ok(dict)
    }
}

/// A visit with names in place of keys.
struct VisitColumns {
    row: VisitRow,
    source: String,
    labels: Vec<(String, String)>,
    codes: Vec<String>,
    parts: Vec<PartTuple>,
}

impl VisitColumns {
    fn of(metrics: &KpiAggregator, row: &VisitRow) -> Self {
        let text = |&key: &ccroute_core::TextKey| metrics.text_names().name(key.index()).to_owned();
        let agents = metrics.names(Dimension::Agent);
        let part = |part: &ccroute_core::PartRow| {
            let agent = part.agent.map(|key| agents.name(key.index()).to_owned());
            let wrap_up = part.wrap_up.map_or(-1, |span| span.micros());
            (
                agent,
                part.ended.micros(),
                part.talk.micros(),
                part.hold.micros(),
                part.holds,
                wrap_up,
            )
        };
        Self {
            source: metrics.source_name(row.source).to_owned(),
            labels: labelled(metrics, &row.labels),
            codes: row.codes.iter().map(text).collect(),
            parts: row.parts.iter().map(part).collect(),
            row: row.clone(),
        }
    }

    fn into_dict(self, py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
        let (dict, row) = (PyDict::new(py), self.row);
        dict.set_item("source", self.source)?;
        dict.set_item("contact", row.id.as_deref())?;
        dict.set_item("key", row.contact)?;
        dict.set_item("visit", row.visit)?;
        dict.set_item("revision", row.revision)?;
        dict.set_item("labels", self.labels)?;
        dict.set_item("customer", row.customer)?;
        dict.set_item("entered_us", row.entered.micros())?;
        dict.set_item("completed_us", row.completed.map(|at| at.micros()))?;
        dict.set_item("outcome", row.outcome)?;
        dict.set_item("cause", row.cause.word())?;
        dict.set_item("wait_us", row.wait.map(|span| span.micros()))?;
        dict.set_item("offers", row.offers)?;
        dict.set_item("missed", row.missed)?;
        dict.set_item("codes", self.codes)?;
        dict.set_item("parts", self.parts)?;
        Ok(dict)
    }
}
