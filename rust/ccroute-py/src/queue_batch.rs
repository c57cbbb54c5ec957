//! `PriorityQueue.apply_batch`: rows of any of its operations, carried out in order as the
//! scalar calls would.

use ccroute_core::{Handle, HandleQueue, Rejection, Span, Timestamp};
use numpy::PyArray1;
use pyo3::prelude::*;

use crate::priority_queue::PyPriorityQueue;
use crate::scalars::invalid;
use crate::{columns, errors};

/// The words of the `ops` column, by number.
pub(crate) const OPS: &[&str] = &["push", "pop", "cancel", "reprioritise"];
const PUSH: u8 = 0;
const POP: u8 = 1;
const CANCEL: u8 = 2;

/// The columns of a batch, all of one length.
struct Rows {
    ops: Vec<u8>,
    contacts: Vec<u64>,
    at_us: Vec<i64>,
    bands: Option<Vec<i16>>,
    head_starts_us: Option<Vec<i64>>,
}

#[pymethods]
impl PyPriorityQueue {
    /// Any operations, row by row, as the scalar calls would: ``ops`` uint8[n], places in
    /// ``ccroute.QUEUE_OPS``; ``contacts`` uint64[n], for ``cancel`` and ``reprioritise`` a
    /// handle, or a number below 2**32: the row of this batch whose push is meant; ``at_us``
    /// int64[n], for ``push``; ``band`` int16[n] and ``head_start_us`` int64[n], for ``push``
    /// (default 0) and ``reprioritise`` (default: each keeps its own). What an operation does
    /// not read may hold anything.
    ///
    /// Returns uint64[n]: the handle of whoever was pushed, popped, cancelled or moved; 0
    /// where nobody waits. A number out of range in any row refuses them all.
    ///
    /// >>> import numpy as np
    /// >>> from ccroute import QUEUE_OPS
    /// >>> push, pop, cancel, _ = range(4)
    /// >>> ops = np.array([push, push, cancel, pop, pop], np.uint8)
    /// >>> at_us = np.array([5, 6, 0, 0, 0])
    /// >>> rows = np.array([0, 0, 0, 0, 0], np.uint64)
    /// >>> answers = PriorityQueue().apply_batch(ops, rows, at_us)
    /// >>> answers[2:].tolist() == [answers[0], answers[1], 0]
    /// True
    #[pyo3(signature = (ops, contacts, at_us, band=None, head_start_us=None))]
    fn apply_batch<'py>(
        &self,
        py: Python<'py>,
        ops: &Bound<'py, PyAny>,
        contacts: &Bound<'py, PyAny>,
        at_us: &Bound<'py, PyAny>,
        band: Option<&Bound<'py, PyAny>>,
        head_start_us: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyArray1<u64>>> {
        let ops = columns::ops("ops", ops, OPS)?;
        let rows = Rows {
            contacts: columns::beside("contacts", contacts, ops.len())?,
            at_us: columns::beside("at_us", at_us, ops.len())?,
            bands: columns::read_beside("band", band, ops.len())?,
            head_starts_us: columns::read_beside("head_start_us", head_start_us, ops.len())?,
            ops,
        };
        rows.check().map_err(errors::rejected)?;
        let answers = self.gate().run_detached(py, "apply_batch", |queue| {
            let mut answers = Vec::with_capacity(rows.ops.len());
            for row in 0..rows.ops.len() {
                answers.push(rows.carry_out(row, &answers, queue).map_or(0, Handle::raw));
            }
            answers
        })?;
        Ok(PyArray1::from_vec(py, answers))
    }
}

impl Rows {
    fn check(&self) -> Result<(), Rejection> {
        let starts = self.head_starts_us.as_deref().unwrap_or_default();
        if columns::are_instants(&self.at_us) && columns::are_spans(starts) {
            return Ok(());
        }
        for (row, &op) in self.ops.iter().enumerate() {
            if op == PUSH && Timestamp::from_micros(self.at_us[row]).is_none() {
                let at = self.at_us[row];
                let remedy = "give microseconds since the epoch, not negative";
                return Err(invalid(format!("at_us[{row}] is {at}: {remedy}")));
            }
            if let Some(starts) = &self.head_starts_us
                && op != POP
                && op != CANCEL
                && Span::from_micros(starts[row]).is_none()
            {
                return Err(columns::no_span("head_start_us", row, starts[row]));
            }
        }
        Ok(())
    }

    fn carry_out(&self, row: usize, answers: &[u64], queue: &mut HandleQueue) -> Option<Handle> {
        let band = self.bands.as_ref().map(|bands| bands[row]);
        let start = self.head_starts_us.as_ref();
        let start = || start.map(|starts| Span::from_micros(starts[row]).expect("checked"));
        match self.ops[row] {
            PUSH => {
                let at = Timestamp::from_micros(self.at_us[row]).expect("checked");
                let pushed = queue.push(None, band.unwrap_or(0), at, start().unwrap_or_default());
                Some(pushed.expect("only an id can be refused"))
            }
            POP => queue.pop().map(|left| left.handle),
            CANCEL => {
                let contact = self.contact(row, answers)?;
                queue.cancel(contact).is_ok().then_some(contact)
            }
            _ => {
                let contact = self.contact(row, answers)?;
                queue.reprioritise(contact, band, start()).is_ok().then_some(contact)
            }
        }
    }

    /// Whom a row means.
    fn contact(&self, row: usize, answers: &[u64]) -> Option<Handle> {
        columns::meant(self.contacts[row], answers, |earlier| self.ops[earlier] == PUSH)
    }
}
