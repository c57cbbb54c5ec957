//! `KpiAggregator`: words to keys and back. What is counted, and how, is the core's business.

mod facts;
mod folding;
mod live;
mod pairing;
mod posted_table;
mod reading;
mod visit_table;

pub(crate) use pairing::py_pair_visits;
pub(crate) use visit_table::PyVisitTable;

use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use ccroute_core::{
    Basis, Cause, ConfigError, Dimension, EventKind, KpiAggregator, MICROS, Poured, Query,
    Rejection, RejectionCode, Role, Settings, Span, Thresholds, Timing,
};
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

use crate::errors;
use crate::gate::{self, Gate};
use crate::scalars::{self, Number, Seconds};

/// Measures events of any source: one of the three parts that stand alone.
///
/// thresholds: the waits, in seconds and ascending, at which service levels can be asked for
/// (1 to 32). interval: the length of the cells in seconds, a divisor of a day. bases: those
/// to keep cells for. dimensions: up to four of one's own. retention: seconds for which the
/// facts of a visit are kept once it is over (0: not at all), most_records of them. lateness:
/// seconds a source may be behind its latest event. most_names: queues, agents, teams;
/// most_labels: names of any other dimension; past them counts `__other__`.
#[pyclass(frozen, module = "ccroute._core", name = "KpiAggregator")]
pub(crate) struct PyKpiAggregator {
    gate: Gate<KpiAggregator>,
    /// What a router has told while somebody else was inside: the engine waits for no reader.
    inbox: Mutex<Vec<Poured>>,
    /// Whether anything may lie there: most calls are of those who share it with no router.
    told: AtomicBool,
}

impl PyKpiAggregator {
    fn of(metrics: KpiAggregator) -> Self {
        Self {
            gate: Gate::new("KpiAggregator", metrics),
            inbox: Mutex::default(),
            told: AtomicBool::new(false),
        }
    }

    /// Counts what lies in the inbox. Only ever called inside the gate, so that the order is
    /// kept.
    fn take_in(&self, metrics: &mut KpiAggregator) {
        if !self.told.load(Ordering::Acquire) {
            return;
        }
        self.told.store(false, Ordering::Relaxed);
        let fresh = mem::take(&mut *self.inbox.lock().unwrap_or_else(PoisonError::into_inner));
        fresh.iter().for_each(|poured| poured.fold(metrics));
    }

    /// Runs `act` on the aggregator.
    pub(crate) fn run<R>(
        &self,
        py: Python<'_>,
        call: &'static str,
        act: impl FnOnce(&mut KpiAggregator) -> R,
    ) -> PyResult<R> {
        self.gate.run(py, call, |metrics| {
            self.take_in(metrics);
            act(metrics)
        })
    }

    /// As [`Self::run`], for work long enough that other Python threads run meanwhile.
    fn run_detached<R: Send>(
        &self,
        py: Python<'_>,
        call: &'static str,
        act: impl FnOnce(&mut KpiAggregator) -> R + Send,
    ) -> PyResult<R> {
        self.gate.run_detached(py, call, |metrics| {
            self.take_in(metrics);
            act(metrics)
        })
    }

    /// Takes in what a router has to tell, and counts it unless somebody is inside: whoever
    /// comes next does. The router's command has succeeded: that the aggregator is broken is
    /// for those who read it.
    pub(crate) fn tell(&self, draw: impl FnOnce(&mut Vec<Poured>)) {
        {
            let mut inbox = self.inbox.lock().unwrap_or_else(PoisonError::into_inner);
            draw(&mut inbox);
            self.told.store(true, Ordering::Release);
        }
        if self.gate.run_if_free("fold", |metrics| self.take_in(metrics)).is_err() {
            self.tell_nothing();
        }
    }

    /// Throws away what lies in the inbox: the aggregator is broken and nobody will count it.
    pub(crate) fn tell_nothing(&self) {
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// As [`Self::run`], for a thread that has let go of the interpreter already.
    pub(crate) fn within<R>(
        &self,
        call: &'static str,
        act: impl FnOnce(&mut KpiAggregator) -> R,
    ) -> PyResult<R> {
        self.gate.within(call, |metrics| {
            self.take_in(metrics);
            act(metrics)
        })
    }
}

#[pymethods]
impl PyKpiAggregator {
    #[new]
    #[pyo3(
        signature = (thresholds=None, interval=Seconds(900.0), *, bases=None, dimensions=None,
            retention=Seconds(172_800.0), most_records=Number(1_000_000), lateness=Seconds(120.0),
            most_names=Number(100_000), most_labels=Number(1_000)),
        text_signature = "(thresholds=None, interval=900.0, *, bases=None, dimensions=None, \
            retention=172800.0, most_records=1000000, lateness=120.0, most_names=100000, \
            most_labels=1000)"
    )]
    fn new(
        thresholds: Option<Vec<Seconds>>,
        interval: Seconds,
        bases: Option<Vec<String>>,
        dimensions: Option<Vec<String>>,
        retention: Seconds,
        most_records: Number,
        lateness: Seconds,
        most_names: Number,
        most_labels: Number,
    ) -> PyResult<Self> {
        let mut settings = Settings {
            interval: setting("interval", interval)?,
            dimensions: dimensions.unwrap_or_default(),
            retention: setting("retention", retention)?,
            most_records: usize::try_from(most_records.0).unwrap_or(usize::MAX),
            lateness: setting("lateness", lateness)?,
            most_names: scalars::half("most_names", most_names).map_err(unsuitable)?,
            most_labels: scalars::half("most_labels", most_labels).map_err(unsuitable)?,
            ..Settings::default()
        };
        if let Some(seconds) = thresholds {
            let spans = seconds.into_iter().map(|s| setting("threshold", s));
            let spans = spans.collect::<PyResult<_>>()?;
            settings.thresholds = Thresholds::new(spans).map_err(errors::config)?;
        }
        if let Some(bases) = bases {
            let bases = bases.iter().map(|basis| asked("basis", basis, Basis::from_word));
            settings.kept_bases = bases.collect::<PyResult<_>>()?;
        }
        let aggregator = KpiAggregator::new(settings).map_err(errors::config)?;
        Ok(Self::of(aggregator))
    }

    /// Adds all that another aggregator of the same settings counted. Every contact and
    /// every agent must have been the business of one of the two.
    fn merge(&self, py: Python<'_>, other: &Self) -> PyResult<()> {
        if std::ptr::eq(self, other) {
            let message = "an aggregator and itself: every count would double; give another";
            return Err(errors::config(ConfigError::new(message)));
        }
        // One gate at a time, so that two merging into each other cannot wait for ever.
        let other = other.run_detached(py, "merge", |metrics| metrics.clone())?;
        let merged = self.run_detached(py, "merge", |metrics| metrics.merge(&other))?;
        merged.map_err(errors::config)
    }

    /// All that was counted and all that is open, as bytes for `restore`.
    fn snapshot<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let bytes = self.run_detached(py, "snapshot", |metrics| metrics.snapshot())?;
        Ok(PyBytes::new(py, &bytes))
    }

    /// The aggregator a snapshot was taken of.
    #[staticmethod]
    fn restore(py: Python<'_>, snapshot: &[u8]) -> PyResult<Self> {
        let forged = || ConfigError::new("snapshot is inconsistent: take it anew");
        // A checksum proves no author: what cannot be read is refused here, not broken later.
        let sound = py.detach(|| {
            gate::attempt(|| {
                let mut metrics = KpiAggregator::restore(snapshot)?;
                for by in [Dimension::Queue, Dimension::Agent] {
                    for basis in metrics.kept_bases().collect::<Vec<_>>() {
                        let query = Query { by: vec![by], basis, ..Query::default() };
                        metrics.query(&query).map_err(|_| forged())?;
                    }
                }
                Ok(metrics)
            })
        });
        let metrics = sound.unwrap_or_else(|| Err(forged())).map_err(errors::config)?;
        Ok(Self::of(metrics))
    }

    /// Says of a contact what its events do not: labels by dimension, and the customer, of
    /// whom a hash is kept. To be called before the event that begins a visit.
    #[pyo3(signature = (contact, labels, *, customer=None, source=""))]
    fn describe(
        &self,
        py: Python<'_>,
        contact: &str,
        labels: Vec<(String, String)>,
        customer: Option<&str>,
        source: &str,
    ) -> PyResult<()> {
        let described = self.run(py, "describe", |metrics| {
            let source = metrics.source(source)?;
            let contact = metrics.contact(source, contact);
            let labels = labels.iter().map(|(name, label)| {
                let dimension = reading::dimension(metrics, name)?;
                Ok((dimension, label.as_str()))
            });
            let labels = labels.collect::<Result<Vec<_>, Rejection>>()?;
            metrics.describe(
                source,
                contact,
                None,
                &labels,
                customer.map_or(0, KpiAggregator::customer),
            )
        })?;
        described.map_err(errors::rejected)
    }

    /// How long a source is waited for, in seconds: a gap in its numbers, and, where there
    /// are none, an event that happened before those that came. `None`: 120 for a gap, and
    /// events without a number count as they come.
    #[pyo3(signature = (hold, *, source=""), text_signature = "($self, hold, *, source='')")]
    fn set_hold(&self, py: Python<'_>, hold: Option<Seconds>, source: &str) -> PyResult<()> {
        let hold = hold.map(|hold| span("hold", hold)).transpose()?;
        let set = self.run_detached(py, "set_hold", |metrics| {
            metrics.source(source).map(|source| metrics.set_hold(source, hold))
        })?;
        set.map_err(errors::rejected)
    }

    /// Counts all that is held of every source: they will send no more.
    fn flush(&self, py: Python<'_>) -> PyResult<()> {
        self.run_detached(py, "flush", KpiAggregator::flush)
    }

    /// Says that a source has nothing to tell up to `now`, in seconds.
    #[pyo3(signature = (now, *, source=""), text_signature = "($self, now, *, source='')")]
    fn advance(&self, py: Python<'_>, now: Seconds, source: &str) -> PyResult<()> {
        let now = scalars::instant("now", now).map_err(errors::rejected)?;
        let advanced = self.run(py, "advance", |metrics| {
            metrics.source(source).map(|source| metrics.advance(source, now))
        })?;
        advanced.map_err(errors::rejected)
    }

    /// Says to which team an agent belongs, from the latest event on.
    fn set_team(&self, py: Python<'_>, agent: &str, team: &str) -> PyResult<()> {
        self.run(py, "set_team", |metrics| {
            let agent = metrics.agent(agent);
            metrics.set_team(agent, team);
        })
    }

    /// The names behind the integers of arrays, in order. `kind`: a dimension, or reasons.
    fn names(&self, py: Python<'_>, kind: &str) -> PyResult<Vec<String>> {
        let names = self.run(py, "names", |metrics| {
            let directory = match kind {
                "reasons" => metrics.text_names(),
                _ => metrics.names(reading::dimension(metrics, kind)?),
            };
            Ok(directory.iter().map(str::to_owned).collect())
        })?;
        names.map_err(errors::rejected)
    }

    /// The bases cells are kept for.
    fn bases(&self, py: Python<'_>) -> PyResult<Vec<&'static str>> {
        self.run(py, "bases", |metrics| metrics.kept_bases().map(Basis::word).collect())
    }

    /// The names of the dimensions of one's own.
    fn dimensions(&self, py: Python<'_>) -> PyResult<Vec<String>> {
        self.run(py, "dimensions", |metrics| metrics.own_dimensions().to_vec())
    }

    /// What became of the events: how many were folded, and how many could not be counted,
    /// by why.
    fn counters<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let counters = self.run(py, "counters", |metrics| metrics.counters())?;
        let dict = PyDict::new(py);
        dict.set_item("events", counters.events)?;
        dict.set_item("duplicates", counters.duplicates)?;
        dict.set_item("orphans", counters.orphans)?;
        dict.set_item("incomplete", counters.incomplete)?;
        dict.set_item("backwards", counters.backwards)?;
        dict.set_item("overlong", counters.overlong)?;
        dict.set_item("given_up", counters.given_up)?;
        dict.set_item("skewed", counters.skewed)?;
        dict.set_item("other", counters.other)?;
        dict.set_item("late", counters.late)?;
        dict.set_item("late_live", counters.late_live)?;
        dict.set_item("missing", counters.missing)?;
        dict.set_item("held", counters.held)?;
        dict.set_item("conflicts", counters.conflicts)?;
        dict.set_item("superseded", counters.superseded)?;
        dict.set_item("approximate", counters.approximate)?;
        Ok(dict)
    }

    /// The thresholds service levels can be asked for, in seconds, ascending.
    fn thresholds(&self, py: Python<'_>) -> PyResult<Vec<f64>> {
        self.run(py, "thresholds", |metrics| {
            let spans = metrics.thresholds().spans().iter();
            spans.map(|span| seconds(span.micros())).collect()
        })
    }

    /// The length of the cells, in seconds.
    fn interval(&self, py: Python<'_>) -> PyResult<f64> {
        self.run(py, "interval", |metrics| seconds(metrics.interval().micros()))
    }
}

/// Whole microseconds as seconds.
fn seconds(micros: i64) -> f64 {
    micros as f64 / MICROS as f64
}

fn refusal(what: &str, given: &str, wanted: &str) -> Rejection {
    Rejection::new(RejectionCode::InvalidValue, format!("{what} '{given}': give {wanted}"))
}

fn invalid(what: &str, given: &str, wanted: &str) -> PyErr {
    errors::rejected(refusal(what, given, wanted))
}

/// The value a word stands for, of what is told; refused with all that would do.
fn word<T: Listed>(what: &str, given: &str, from_word: impl Fn(&str) -> Option<T>) -> PyResult<T> {
    named(what, given, from_word).map_err(errors::rejected)
}

/// The same, of a setting or a question.
fn asked<T: Listed>(what: &str, given: &str, from_word: impl Fn(&str) -> Option<T>) -> PyResult<T> {
    named(what, given, from_word).map_err(unsuitable)
}

fn named<T: Listed>(
    what: &str,
    given: &str,
    from_word: impl Fn(&str) -> Option<T>,
) -> Result<T, Rejection> {
    from_word(given).ok_or_else(|| {
        let words: Vec<String> = T::all().iter().map(ToString::to_string).collect();
        refusal(what, given, &format!("one of {}", words.join(", ")))
    })
}

/// What no setting and no question can be, whatever the state.
fn unsuitable(refusal: Rejection) -> PyErr {
    errors::config(ConfigError::new(refusal.message))
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
listed!(Basis Cause EventKind Role Timing);

fn span(what: &str, seconds: Seconds) -> PyResult<Span> {
    scalars::span(what, seconds).map_err(errors::rejected)
}

fn setting(what: &str, seconds: Seconds) -> PyResult<Span> {
    scalars::span(what, seconds).map_err(unsuitable)
}
