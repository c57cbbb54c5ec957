//! Events told to an aggregator, one by one and in batches. What they come to is the core's
//! business.

use ccroute_core::{Cause, ContactKey, Event, EventKind, KpiAggregator, Rejection, Role};
use numpy::PyArray1;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyString;

use super::{PyKpiAggregator, refusal, word};
use crate::arrays::{self, Names};
use crate::errors;
use crate::scalars::{self, Number, Seconds};

/// A contact as an argument: its text, or the key that stands for it.
pub(super) enum Whose<'a> {
    Id(&'a str),
    Key(u64),
}

impl<'a, 'py> FromPyObject<'a, 'py> for Whose<'a> {
    type Error = PyErr;

    fn extract(contact: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        if contact.is_instance_of::<PyString>() {
            return Ok(Self::Id(contact.extract()?));
        }
        // Nearly all keys fit into a machine's signed number, which is read at once.
        if let Ok(key) = contact.extract::<i64>()
            && let Ok(key) = u64::try_from(key)
        {
            return Ok(Self::Key(key));
        }
        contact.extract().map(|Number(key)| Self::Key(key))
    }
}

impl Whose<'_> {
    pub(super) fn key(
        self,
        metrics: &mut KpiAggregator,
        source: u16,
    ) -> Result<ContactKey, Rejection> {
        match self {
            Self::Id(id) => Ok(metrics.contact(source, id)),
            Self::Key(raw) => {
                let key = ContactKey::from_raw(raw);
                key.ok_or_else(|| refusal("contact", &raw.to_string(), "its text or its key"))
            }
        }
    }
}

#[pymethods]
impl PyKpiAggregator {
    /// Folds one event. Times in seconds since the epoch; names as text, and the contact as text
    /// or as a router's key or one of `contacts()`. What the event's kind does not concern is
    /// left out; `sequence` 0: the source does not number.
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
        contact: Option<Whose<'_>>,
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
        let folded = self.run(py, "fold", |metrics| {
            let source = metrics.source(source)?;
            event.contact = contact.map(|whose| whose.key(metrics, source)).transpose()?;
            event.queue = queue.map(|name| metrics.queue(name));
            event.agent = agent.map(|name| metrics.agent(name));
            event.channel =
                channel.filter(|_| event.contact.is_some()).map(|name| metrics.channel(name));
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
        let folded = self.run_detached(py, "fold_batch", |metrics| {
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
        let keys = self.run_detached(py, "contacts", |metrics| {
            let source = metrics.source(source)?;
            Ok(ids.iter().map(|id| metrics.contact(source, id).raw()).collect())
        })?;
        Ok(PyArray1::from_vec(py, keys.map_err(errors::rejected)?))
    }

    /// Customers' ids as numbers that do not give them away; an empty one is nobody: 0.
    #[staticmethod]
    fn customers(py: Python<'_>, ids: Vec<String>) -> Bound<'_, PyArray1<u64>> {
        let hashed =
            ids.iter().map(|id| if id.is_empty() { 0 } else { KpiAggregator::customer(id) });
        PyArray1::from_vec(py, hashed.collect())
    }
}

fn default_channels() -> Vec<String> {
    ccroute_core::DEFAULT_CHANNELS.iter().map(|&name| name.to_owned()).collect()
}
