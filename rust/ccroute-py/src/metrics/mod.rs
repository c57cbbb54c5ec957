//! `KpiAggregator`: words to keys and back. What is counted, and how, is the core's business.

mod cells;
mod rows;

use ccroute_core::{
    Basis, Cause, ConfigError, Event, EventKind, KpiAggregator, Query, Rejection, RejectionCode,
    Role, ServiceLevel, Span, Subject, Thresholds,
};
use numpy::PyArray1;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyList};

use crate::arrays::{self, Names};
use crate::errors;
use crate::gate::{self, Gate};
use crate::scalars::{self, Number, Seconds};

/// Measures events of any source: one of the three parts that stand alone.
///
/// thresholds: the waits, in seconds and ascending, at which service levels can be asked
/// for (1 to 32). interval: the length of the cells in seconds, a divisor of a day.
#[pyclass(frozen, module = "ccroute._core", name = "KpiAggregator")]
pub(crate) struct PyKpiAggregator {
    gate: Gate<KpiAggregator>,
}

impl PyKpiAggregator {
    /// Runs `act` on the aggregator, for whoever feeds it from within Rust.
    pub(crate) fn with<R>(
        &self,
        py: Python<'_>,
        call: &'static str,
        act: impl FnOnce(&mut KpiAggregator) -> R,
    ) -> PyResult<R> {
        self.gate.run(py, call, act)
    }

    /// As [`Self::with`], for a thread that has let go of the interpreter already.
    pub(crate) fn within<R>(
        &self,
        call: &'static str,
        act: impl FnOnce(&mut KpiAggregator) -> R,
    ) -> PyResult<R> {
        self.gate.within(call, act)
    }
}

#[pymethods]
impl PyKpiAggregator {
    #[new]
    #[pyo3(
        signature = (thresholds=None, interval=Seconds(900.0)),
        text_signature = "(thresholds=None, interval=900.0)"
    )]
    fn new(thresholds: Option<Vec<Seconds>>, interval: Seconds) -> PyResult<Self> {
        let ladder = match thresholds {
            None => Thresholds::default(),
            Some(seconds) => {
                let spans = seconds.into_iter().map(|s| span("threshold", s));
                Thresholds::new(spans.collect::<PyResult<_>>()?).map_err(errors::config)?
            }
        };
        let aggregator = KpiAggregator::new(ladder, span("interval", interval)?);
        Ok(Self { gate: Gate::new("KpiAggregator", aggregator.map_err(errors::config)?) })
    }

    /// Folds one event. Times in seconds since the epoch; names as text. What the event's
    /// kind does not concern is left out; `sequence` 0: the source does not number.
    #[pyo3(
        signature = (kind, at, contact=None, *, visit=Number(1), queue=None, agent=None,
            cause="none", channel=Some("voice"), reason=None, number=Number(0), time=None,
            role="primary", source="", sequence=Number(0)),
        text_signature = "($self, kind, at, contact=None, *, visit=1, queue=None, agent=None, \
            cause='none', channel='voice', reason=None, number=0, time=None, role='primary', \
            source='', sequence=0)"
    )]
    fn fold(
        &self,
        py: Python<'_>,
        kind: &str,
        at: Seconds,
        contact: Option<&str>,
        visit: Number,
        queue: Option<&str>,
        agent: Option<&str>,
        cause: &str,
        channel: Option<&str>,
        reason: Option<&str>,
        number: Number,
        time: Option<Seconds>,
        role: &str,
        source: &str,
        sequence: Number,
    ) -> PyResult<()> {
        let mut event = Event::new(word("kind", kind, EventKind::from_word)?);
        event.sequence = sequence.0;
        event.at = scalars::instant("at", at).map_err(errors::rejected)?;
        event.cause = word("cause", cause, Cause::from_word)?;
        event.role = word("role", role, Role::from_word)?;
        let time = time.map(|time| scalars::instant("time", time)).transpose();
        event.time = time.map_err(errors::rejected)?;
        event.number = scalars::half("number", number).map_err(errors::rejected)?;
        let visit = scalars::half("visit", visit).map_err(errors::rejected)?;
        event.visit = if contact.is_some() { visit } else { 0 };
        let folded = self.gate.run(py, "fold", |metrics| {
            let source = metrics.source(source)?;
            event.contact = contact.map(|id| metrics.contact(source, id));
            event.queue = queue.map(|name| metrics.queue(name));
            event.agent = agent.map(|name| metrics.agent(name));
            event.channel = contact.and(channel).map(|name| metrics.channel(name));
            event.reason = reason.map(|text| metrics.text(text));
            metrics.fold(source, &event);
            Ok(())
        })?;
        folded.map_err(errors::rejected)
    }

    /// Folds rows of dtype `EVENT_DTYPE` in order, as the scalar calls would. Queue, agent,
    /// channel and reason are places in the lists of names given; contact is a router's key
    /// or one of `contacts()`. A malformed array raises before anything is folded.
    #[pyo3(signature = (events, *, queues, agents, channels=None, reasons=None, source=""))]
    fn fold_batch(
        &self,
        events: &Bound<'_, PyAny>,
        queues: Vec<String>,
        agents: Vec<String>,
        channels: Option<Vec<String>>,
        reasons: Option<Vec<String>>,
        source: &str,
    ) -> PyResult<()> {
        let py = events.py();
        let rows = arrays::event_rows(events)?;
        let bytes = rows.as_bytes();
        let channels = channels.unwrap_or_else(default_channels);
        let reasons = reasons.unwrap_or_default();
        // Checked against keys that mean nothing yet: a row that is wrong must leave no
        // names behind.
        let trial = Names::of_lengths(queues.len(), agents.len(), channels.len(), reasons.len());
        let mut events =
            py.detach(|| arrays::events(bytes, &trial)).map_err(PyValueError::new_err)?;
        let folded = self.gate.run_detached(py, "fold_batch", |metrics| {
            let source = metrics.source(source)?;
            let names = Names {
                queues: queues.iter().map(|name| metrics.queue(name)).collect(),
                agents: agents.iter().map(|name| metrics.agent(name)).collect(),
                channels: channels.iter().map(|name| metrics.channel(name)).collect(),
                reasons: reasons.iter().map(|text| metrics.text(text)).collect(),
            };
            for event in &mut events {
                names.rename(event);
                metrics.fold(source, event);
            }
            Ok(())
        })?;
        folded.map_err(errors::rejected)
    }

    /// Keys for the contacts of a batch that are known by text.
    #[pyo3(signature = (ids, *, source=""))]
    fn contacts<'py>(
        &self,
        py: Python<'py>,
        ids: Vec<String>,
        source: &str,
    ) -> PyResult<Bound<'py, PyArray1<u64>>> {
        let keys = self.gate.run_detached(py, "contacts", |metrics| {
            let source = metrics.source(source)?;
            Ok(ids.iter().map(|id| metrics.contact(source, id).raw()).collect())
        })?;
        Ok(PyArray1::from_vec(py, keys.map_err(errors::rejected)?))
    }

    /// Adds all that another aggregator of the same settings counted. Every contact and
    /// every agent must have been the business of one of the two.
    fn merge(&self, py: Python<'_>, other: &Self) -> PyResult<()> {
        // One gate at a time, so that two merging into each other cannot wait for ever.
        let other = other.gate.run_detached(py, "merge", |metrics| metrics.clone())?;
        let merged = self.gate.run_detached(py, "merge", |metrics| metrics.merge(&other))?;
        merged.map_err(errors::config)
    }

    /// All that was counted and all that is open, as bytes for `restore`.
    fn snapshot<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let bytes = self.gate.run_detached(py, "snapshot", |metrics| metrics.snapshot())?;
        Ok(PyBytes::new(py, &bytes))
    }

    /// The aggregator a snapshot was taken of.
    #[staticmethod]
    fn restore(py: Python<'_>, snapshot: &[u8]) -> PyResult<Self> {
        // A checksum proves no author: what cannot be read is refused here, not broken later.
        let sound = py.detach(|| {
            gate::attempt(|| {
                let metrics = KpiAggregator::restore(snapshot)?;
                let query = Query::default();
                metrics.by_queue(&query)?;
                metrics.by_agent(&query)?;
                Ok(metrics)
            })
        });
        let forged = || ConfigError::new("snapshot is inconsistent: take it anew");
        let metrics = sound.unwrap_or_else(|| Err(forged())).map_err(errors::config)?;
        Ok(Self { gate: Gate::new("KpiAggregator", metrics) })
    }

    /// Totals of a range of intervals: one dict a queue, agent or interval. Which keys it
    /// has is written in the stub; ratios are (numerator, denominator).
    #[pyo3(
        signature = (by="queue", *, basis="offered", start=None, end=None, now=None,
            service_level="sl.answered_within", within=Seconds(20.0), short=Seconds(5.0)),
        text_signature = "($self, by='queue', *, basis='offered', start=None, end=None, \
            now=None, service_level='sl.answered_within', within=20.0, short=5.0)"
    )]
    fn report<'py>(
        &self,
        py: Python<'py>,
        by: &str,
        basis: &str,
        start: Option<Seconds>,
        end: Option<Seconds>,
        now: Option<Seconds>,
        service_level: &str,
        within: Seconds,
        short: Seconds,
    ) -> PyResult<Bound<'py, PyList>> {
        let query = query(basis, start, end, now)?;
        let level = rows::Level {
            variant: word("service_level", service_level, ServiceLevel::from_word)?,
            within: span("within", within)?,
            short: span("short", short)?,
        };
        let by = rows::By::from_word(by)?;
        let rows = self
            .gate
            .run_detached(py, "report", |metrics| rows::read(metrics, by, &query, &level))?;
        let list = PyList::empty(py);
        for row in rows.map_err(errors::config)? {
            list.append(row.to_dict(py)?)?;
        }
        Ok(list)
    }

    /// The cells as a structured array: one row a queue or agent, channel and interval.
    #[pyo3(signature = (by="queue", *, basis="offered", start=None, end=None))]
    fn cells<'py>(
        &self,
        py: Python<'py>,
        by: &str,
        basis: &str,
        start: Option<Seconds>,
        end: Option<Seconds>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let subject = word("by", by, Subject::from_word)?;
        let query = query(basis, start, end, None)?;
        let read = self.gate.run_detached(py, "cells", |metrics| {
            let height = metrics.thresholds().spans().len();
            metrics.cells(subject, &query).map(|rows| (cells::bytes(&rows, height), height))
        })?;
        let (bytes, height) = read.map_err(errors::config)?;
        let dtype = cells::dtype(py, height)?;
        PyArray1::from_vec(py, bytes).call_method1("view", (dtype,))
    }

    /// The names behind the integers of arrays, in order. `kind`: queues, agents, channels
    /// or reasons.
    fn names(&self, py: Python<'_>, kind: &str) -> PyResult<Vec<String>> {
        let names = self.gate.run(py, "names", |metrics| {
            let directory = match kind {
                "queues" => metrics.queue_names(),
                "agents" => metrics.agent_names(),
                "channels" => metrics.channel_names(),
                "reasons" => metrics.text_names(),
                _ => return None,
            };
            Some(directory.iter().map(str::to_owned).collect())
        })?;
        names.ok_or_else(|| invalid("kind", kind, "queues, agents, channels or reasons"))
    }

    /// What became of the events: how many were folded, and how many could not be counted,
    /// by why.
    fn counters<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let counters = self.gate.run(py, "counters", |metrics| metrics.counters())?;
        let dict = PyDict::new(py);
        dict.set_item("events", counters.events)?;
        dict.set_item("duplicates", counters.duplicates)?;
        dict.set_item("orphans", counters.orphans)?;
        dict.set_item("incomplete", counters.incomplete)?;
        dict.set_item("backwards", counters.backwards)?;
        dict.set_item("overlong", counters.overlong)?;
        Ok(dict)
    }

    /// The thresholds service levels can be asked for, in seconds, ascending.
    fn thresholds(&self, py: Python<'_>) -> PyResult<Vec<f64>> {
        self.gate.run(py, "thresholds", |metrics| {
            let spans = metrics.thresholds().spans().iter();
            spans.map(|span| rows::seconds(span.micros())).collect()
        })
    }

    /// The length of the cells, in seconds.
    fn interval(&self, py: Python<'_>) -> PyResult<f64> {
        self.gate.run(py, "interval", |metrics| rows::seconds(metrics.interval().micros()))
    }
}

fn default_channels() -> Vec<String> {
    ccroute_core::DEFAULT_CHANNELS.iter().map(|&name| name.to_owned()).collect()
}

fn query(
    basis: &str,
    start: Option<Seconds>,
    end: Option<Seconds>,
    now: Option<Seconds>,
) -> PyResult<Query> {
    let edge = |what, seconds: Option<Seconds>| {
        let edge = seconds.map(|seconds| scalars::instant(what, seconds)).transpose();
        edge.map_err(errors::rejected)
    };
    Ok(Query {
        basis: word("basis", basis, Basis::from_word)?,
        start: edge("start", start)?,
        end: edge("end", end)?,
        now: edge("now", now)?,
    })
}

fn invalid(what: &str, given: &str, wanted: &str) -> PyErr {
    let message = format!("{what} '{given}': give {wanted}");
    errors::rejected(Rejection::new(RejectionCode::InvalidValue, message))
}

/// The value a word stands for; refused with all that would do.
fn word<T: Listed>(what: &str, given: &str, from_word: impl Fn(&str) -> Option<T>) -> PyResult<T> {
    from_word(given).ok_or_else(|| {
        let words: Vec<String> = T::all().iter().map(ToString::to_string).collect();
        invalid(what, given, &format!("one of {}", words.join(", ")))
    })
}

/// A closed vocabulary of the core.
trait Listed: std::fmt::Display + Sized + 'static {
    fn all() -> &'static [Self];
}

macro_rules! listed {
    ($($name:ident)+) => { $(impl Listed for $name {
        fn all() -> &'static [Self] { Self::ALL }
    })+ };
}
listed!(Basis Cause EventKind Role ServiceLevel Subject);

fn span(what: &str, seconds: Seconds) -> PyResult<Span> {
    scalars::span(what, seconds).map_err(errors::rejected)
}
