//! Facts given whole, as columns: rows of call-detail tables, and corrections.

use ccroute_core::{ContactKey, KpiAggregator, Mark, Millionths, Posted, Rejection};
use numpy::PyArray1;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::posted_table::{NamedLists, PostedTable};
use super::{PyKpiAggregator, invalid, refusal};
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

    /// Marks a visit: an answer of its customer, an amount, an agent's first message, or a code.
    /// Returns what became of it.
    #[pyo3(
        signature = (contact, name, at, *, visit=Number(1), score=None, amount=None,
            response=None, revision=Number(1), source=""),
        text_signature = "($self, contact, name, at, *, visit=1, score=None, amount=None, \
            response=None, revision=1, source='')"
    )]
    fn mark(
        &self,
        py: Python<'_>,
        contact: &Bound<'_, PyAny>,
        name: &str,
        at: Seconds,
        visit: Number,
        score: Option<Number>,
        amount: Option<Real>,
        response: Option<Seconds>,
        revision: Number,
        source: &str,
    ) -> PyResult<&'static str> {
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
        let key: Option<u64> = contact.extract().ok();
        let id: Option<String> = contact.extract().ok();
        let posted = self.run(py, "mark", |metrics| {
            let source = metrics.source(source)?;
            let contact = match (key.and_then(ContactKey::from_raw), &id) {
                (Some(key), _) => key,
                (None, Some(id)) => metrics.contact(source, id),
                (None, None) => {
                    return Err(refusal("contact", "of another type", "its text or its key"));
                }
            };
            let name = metrics.text(name);
            metrics.mark(source, contact, visit, at, name, mark, revision)
        })?;
        Ok(said(posted.map_err(errors::rejected)?))
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

fn said(posted: Posted) -> &'static str {
    match posted {
        Posted::Counted => "counted",
        Posted::Duplicate => "duplicate",
        Posted::Superseded => "superseded",
        Posted::Conflict => "conflict",
        Posted::Late => "late",
        Posted::Held => "held",
    }
}
