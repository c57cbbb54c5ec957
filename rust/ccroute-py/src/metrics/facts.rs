//! Facts given whole, one by one or as columns: rows of call-detail tables, and corrections.

use ccroute_core::{
    Cause, ContactKey, Course, Dimension, KpiAggregator, Mark, Millionths, Posted, QueueKey,
    Rejection, Span, VisitFact,
};
use numpy::PyArray1;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};

use super::folding::Whose;
use super::posted_table::{NamedLists, PostedTable};
use super::reading::dimension;
use super::{PyKpiAggregator, invalid, span, word};
use crate::errors;
use crate::scalars::{self, Number, Real, Seconds};

#[pymethods]
impl PyKpiAggregator {
    /// Counts visits given as a whole, a row each, in place of what was known of them.
    /// Returns what became of each row: see the stub.
    #[pyo3(signature = (columns, *, names, source=""))]
    fn post_visits<'py>(
        &self,
        py: Python<'py>,
        columns: &Bound<'py, PyDict>,
        names: Vec<(String, Vec<String>)>,
        source: &str,
    ) -> PyResult<Bound<'py, PyArray1<u8>>> {
        let table = PostedTable::read(columns)?;
        let posted = self.run_detached(py, "post_visits", |metrics| {
            let names = NamedLists::of(metrics, &names)?;
            // All or none: what cannot be is found before the first row is counted, and before
            // a name is given a number. Only whether a visit is under way is for later.
            table.check(&names)?;
            let named = |(row, refusal): (usize, Rejection)| of_row(row, &refusal);
            KpiAggregator::check_visits(&table.rows(0, &names.trial())).map_err(named)?;
            let source = metrics.source(source)?;
            let keys = names.intern(metrics);
            let posted = metrics.post_checked(&table.rows(source, &keys)).map_err(named)?;
            Ok(posted.into_iter().map(code).collect::<Vec<u8>>())
        })?;
        Ok(PyArray1::from_vec(py, posted.map_err(errors::rejected)?))
    }

    /// Counts one visit given as a whole, in place of what was known of it. Returns what became
    /// of it: see the stub.
    #[pyo3(
        signature = (contact, queue, entered, wait=Seconds(0.0), course="answered", *, agent=None,
            talk=Seconds(0.0), hold=Seconds(0.0), holds=Number(0), wrap_up=Seconds(0.0), cause="none",
            first_response=None, channel=None, labels=None, customer=None, visit=Number(1),
            revision=Number(1), source=""),
        text_signature = "($self, contact, queue, entered, wait=0.0, course='answered', *, \
            agent=None, talk=0.0, hold=0.0, holds=0, wrap_up=0.0, cause='none', \
            first_response=None, channel=None, labels=None, customer=None, visit=1, revision=1, \
            source='')"
    )]
    fn post_visit<'py>(
        &self,
        py: Python<'py>,
        contact: Whose<'_>,
        queue: &str,
        entered: Seconds,
        wait: Seconds,
        course: &str,
        agent: Option<&str>,
        talk: Seconds,
        hold: Seconds,
        holds: Number,
        wrap_up: Seconds,
        cause: &str,
        first_response: Option<Seconds>,
        channel: Option<&str>,
        labels: Option<Vec<(String, String)>>,
        customer: Option<&str>,
        visit: Number,
        revision: Number,
        source: &str,
    ) -> PyResult<&'py Bound<'py, PyString>> {
        let cause = word("cause", cause, Cause::from_word)?;
        let response = first_response.map(|given| span("first_response", given)).transpose()?;
        // Of names that stand for nothing yet: what cannot be leaves none behind.
        let mut fact = VisitFact {
            source: 0,
            contact: ContactKey::from_raw(u64::MAX).expect("above zero"),
            visit: scalars::half("visit", visit).map_err(errors::rejected)?,
            revision: scalars::half("revision", revision).map_err(errors::rejected)?,
            queue: QueueKey::new(0),
            channel: None,
            labels: [0; 8],
            customer: customer.map_or(0, KpiAggregator::customer),
            entered: scalars::instant("entered", entered).map_err(errors::rejected)?,
            course: course_of(course, cause)?,
            wait: span("wait", wait)?,
            agent: None,
            talk: part("talk", talk)?,
            hold: part("hold", hold)?,
            holds: scalars::half("holds", holds).map_err(errors::rejected)?,
            wrap_up: part("wrap_up", wrap_up)?,
            ending: cause,
            first_response: response,
        };
        fact.check().map_err(errors::rejected)?;
        let posted = self.run(py, "post_visit", |metrics| {
            let labels = labels.as_deref().map(|given| known_labels(metrics, given)).transpose()?;
            fact.source = metrics.source(source)?;
            fact.contact = contact.key(metrics, fact.source)?;
            fact.queue = metrics.queue(queue);
            fact.channel = channel.map(|name| metrics.channel(name));
            fact.agent = agent.map(|name| metrics.agent(name));
            for (dimension, place, label) in labels.into_iter().flatten() {
                fact.labels[place] = metrics.label(dimension, label);
            }
            metrics.post_checked_visit(&fact)
        })?;
        Ok(said(py, posted.map_err(errors::rejected)?))
    }

    /// Marks a visit: an answer of its customer, an amount, an agent's first message, or a code.
    /// Returns what became of it.
    #[pyo3(
        signature = (contact, name, at, *, visit=Number(1), score=None, amount=None,
            response=None, revision=Number(1), source=""),
        text_signature = "($self, contact, name, at, *, visit=1, score=None, amount=None, \
            response=None, revision=1, source='')"
    )]
    fn mark<'py>(
        &self,
        py: Python<'py>,
        contact: Whose<'_>,
        name: &str,
        at: Seconds,
        visit: Number,
        score: Option<Number>,
        amount: Option<Real>,
        response: Option<Seconds>,
        revision: Number,
        source: &str,
    ) -> PyResult<&'py Bound<'py, PyString>> {
        let mark = match (score, amount, response) {
            (None, None, None) => Mark::Code,
            (None, None, Some(wait)) => {
                Mark::Response(scalars::span("response", wait).map_err(errors::rejected)?)
            }
            (Some(score), None, None) => Mark::Score(u8::try_from(score.0).map_err(|_| {
                invalid("score", &score.0.to_string(), "a whole number from 0 to 255")
            })?),
            (None, Some(Real(amount)), None) => {
                let millionths = Millionths::from_f64(amount).ok_or_else(|| {
                    invalid("amount", &amount.to_string(), "a finite number up to a million")
                })?;
                Mark::Amount(millionths.raw())
            }
            _ => {
                return Err(invalid("mark", name, "a score, an amount or a response, not both"));
            }
        };
        let at = scalars::instant("at", at).map_err(errors::rejected)?;
        let visit = scalars::half("visit", visit).map_err(errors::rejected)?;
        let revision = scalars::half("revision", revision).map_err(errors::rejected)?;
        let posted = self.run(py, "mark", |metrics| {
            let source = metrics.source(source)?;
            let contact = contact.key(metrics, source)?;
            let name = metrics.text(name);
            metrics.mark(source, contact, visit, at, name, mark, revision)
        })?;
        Ok(said(py, posted.map_err(errors::rejected)?))
    }
}

pub(super) fn of_row(row: usize, refusal: &Rejection) -> Rejection {
    Rejection::new(refusal.code, format!("row {row}: {}", refusal.message))
}

/// As a number in the array of what became of rows.
fn code(posted: Posted) -> u8 {
    match posted {
        Posted::Counted => 0,
        Posted::Duplicate => 1,
        Posted::Superseded => 2,
        Posted::Conflict => 3,
        Posted::Late => 4,
        Posted::Held => 5,
    }
}

fn said(py: Python<'_>, posted: Posted) -> &Bound<'_, PyString> {
    match posted {
        Posted::Counted => intern!(py, "counted"),
        Posted::Duplicate => intern!(py, "duplicate"),
        Posted::Superseded => intern!(py, "superseded"),
        Posted::Conflict => intern!(py, "conflict"),
        Posted::Late => intern!(py, "late"),
        Posted::Held => intern!(py, "held"),
    }
}

/// A length of time that most visits have nothing of.
fn part(what: &str, seconds: Seconds) -> PyResult<Span> {
    if seconds.0 == 0.0 { Ok(Span::ZERO) } else { span(what, seconds) }
}

/// What became of a visit, by its word.
fn course_of(word: &str, cause: Cause) -> PyResult<Course> {
    match word {
        "answered" => Ok(Course::Answered),
        "abandoned" => Ok(Course::Abandoned),
        "left" => Ok(Course::Left(cause)),
        "none" => Ok(Course::None),
        _ => Err(invalid("course", word, "one of answered, abandoned, left, none")),
    }
}

/// Labels with their dimensions and their places among those of a visit.
fn known_labels<'a>(
    metrics: &KpiAggregator,
    labels: &'a [(String, String)],
) -> Result<Vec<(Dimension, usize, &'a str)>, Rejection> {
    let known = |(name, label): &'a (String, String)| {
        let dimension = dimension(metrics, name)?;
        Ok((dimension, dimension.label_place()?, label.as_str()))
    };
    labels.iter().map(known).collect()
}
