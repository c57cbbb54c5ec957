//! `apply_batch`: rows of commands, carried out in order as the scalar calls would.
//!
//! A row refers to a contact by the host's number, whose id is its decimal text, so
//! that a batch can speak of contacts that it brings in itself.

use ccroute_core::{
    AgentKey, Cause, ChannelKey, Command, ContactKey, NewContact, OfferKey, QueueKey, Rejection,
    RejectionCode, Router, Span, Timestamp,
};
use numpy::{PyArray1, PyReadonlyArray1};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use super::{Measured, PyEngine, session};
use crate::arrays;

/// Bytes of a row of `COMMAND_DTYPE`.
const ROW: usize = 48;

/// What a row asks; its number is the place in [`OPS`].
#[derive(Clone, Copy)]
enum Op {
    Advance,
    Enqueue,
    Cancel,
    Reprioritise,
    Accept,
    Decline,
    Connected,
    Hold,
    Resume,
    Transfer,
    Release,
    EndWrapUp,
    Ready,
    NotReady,
    SignOut,
}

/// The words of the `op` column, by number.
const OPS: &[(&str, Op)] = &[
    ("advance", Op::Advance),
    ("enqueue", Op::Enqueue),
    ("cancel", Op::Cancel),
    ("reprioritise", Op::Reprioritise),
    ("accept", Op::Accept),
    ("decline", Op::Decline),
    ("connected", Op::Connected),
    ("hold", Op::Hold),
    ("resume", Op::Resume),
    ("transfer", Op::Transfer),
    ("release", Op::Release),
    ("end_wrap_up", Op::EndWrapUp),
    ("ready", Op::Ready),
    ("not_ready", Op::NotReady),
    ("sign_out", Op::SignOut),
];

/// One row, as it stands in the array.
struct Row {
    at: i64,
    value: i64,
    contact: u64,
    offer: u64,
    queue: u32,
    agent: u32,
    band: i16,
    op: Op,
    channel: u8,
    cause: u8,
    flag: u8,
}

type Done = Result<(), Rejection>;

#[pymethods]
impl PyEngine {
    /// Rows as bytes in; a status a row out: 0, or the rejection's number plus one.
    fn apply_batch<'py>(
        &self,
        py: Python<'py>,
        rows: PyReadonlyArray1<'py, u8>,
    ) -> PyResult<(Bound<'py, PyArray1<u8>>, Bound<'py, PyArray1<u8>>)> {
        let bytes = rows.as_slice()?;
        let rows = bytes.chunks_exact(ROW).enumerate().map(|(at, row)| Row::read(at, row));
        let rows: Vec<Row> = rows.collect::<Result<_, _>>().map_err(PyValueError::new_err)?;
        let (statuses, events) = {
            self.gate.run_detached(py, "apply_batch", |measured| {
                let statuses: Vec<u8> = rows
                    .iter()
                    .map(|row| match row.carry_out(&mut measured.router) {
                        Ok(()) => 0,
                        Err(refused) => refused.code as u8 + 1,
                    })
                    .collect();
                self.pour(measured);
                (statuses, drained(measured))
            })
        }?;
        Ok((PyArray1::from_vec(py, events), PyArray1::from_vec(py, statuses)))
    }

    /// Everything since the last reading, as rows of `EVENT_DTYPE` in bytes.
    fn take_event_rows<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyArray1<u8>>> {
        let rows = self.gate.run(py, "take_event_rows", drained)?;
        Ok(PyArray1::from_vec(py, rows))
    }
}

/// What `COMMAND_DTYPE` is made of, for Python: the words of `op`, the words of a
/// status behind 0, and the row's size.
#[pyfunction]
pub(crate) fn batch_words() -> (Vec<&'static str>, Vec<&'static str>, usize) {
    let codes = RejectionCode::ALL.iter().map(|code| code.word());
    (OPS.iter().map(|(word, _)| *word).collect(), codes.collect(), ROW)
}

fn drained(measured: &mut Measured) -> Vec<u8> {
    let rows = arrays::event_bytes(measured.router.events());
    measured.router.clear_events();
    rows
}

impl Row {
    fn read(row: usize, bytes: &[u8]) -> Result<Self, String> {
        let mut at = 0;
        let mut take = |size: usize| {
            let mut wide = [0; 8];
            wide[..size].copy_from_slice(&bytes[at..at + size]);
            at += size;
            u64::from_le_bytes(wide)
        };
        let mut read = Self {
            at: take(8).cast_signed(),
            value: take(8).cast_signed(),
            contact: take(8),
            offer: take(8),
            queue: take(4) as u32,
            agent: take(4) as u32,
            band: (take(2) as u16).cast_signed(),
            op: Op::Advance,
            channel: take(1) as u8,
            cause: take(1) as u8,
            flag: take(1) as u8,
        };
        let op = take(1) as usize;
        let Some(&(_, known)) = OPS.get(op) else {
            let words: Vec<&str> = OPS.iter().map(|(word, _)| *word).collect();
            return Err(format!("row {row}: op {op} is none of 0 to {} ({})", OPS.len() - 1, words.join(", ")));
        };
        read.op = known;
        Ok(read)
    }

    fn carry_out(&self, router: &mut Router) -> Done {
        let now = Timestamp::from_micros(self.at)
            .ok_or_else(|| invalid(format!("at_us {}: not a time", self.at)))?;
        // As for a scalar call: what is due comes first, even before a refusal.
        router.advance(now)?;
        let id = self.contact.to_string();
        let command = match self.op {
            Op::Advance => return Ok(()),
            Op::Enqueue => Command::Enqueue(NewContact {
                band: self.band,
                head_start: self.span()?,
                ..NewContact::new(&id, self.queue(), self.channel())
            }),
            Op::Cancel => Command::Cancel { contact: self.contact(router, &id)?, cause: self.cause()? },
            Op::Reprioritise => Command::Reprioritise {
                contact: self.contact(router, &id)?,
                band: Some(self.band),
                head_start: Some(self.span()?),
            },
            Op::Accept => Command::Accept(self.offer(router, &id)?),
            Op::Decline => Command::Decline { offer: self.offer(router, &id)?, reason: None },
            Op::Connected => Command::Connected(self.contact(router, &id)?),
            Op::Hold => Command::Hold(self.contact(router, &id)?),
            Op::Resume => Command::Resume(self.contact(router, &id)?),
            Op::Transfer => Command::Transfer {
                contact: self.contact(router, &id)?,
                queue: self.queue(),
                keep_age: self.flag != 0,
            },
            Op::Release => {
                Command::Release { contact: self.contact(router, &id)?, by: self.cause()? }
            }
            Op::EndWrapUp => Command::EndWrapUp {
                agent: self.agent(),
                contact: self.contact(router, &id)?,
            },
            Op::Ready => Command::Ready(self.agent()),
            Op::NotReady => Command::NotReady { agent: self.agent(), reason: None },
            Op::SignOut => Command::SignOut(self.agent()),
        };
        router.apply(now, command).map(|_| ())
    }

    fn queue(&self) -> QueueKey {
        QueueKey::new(self.queue as usize)
    }

    fn agent(&self) -> AgentKey {
        AgentKey::new(self.agent as usize)
    }

    fn channel(&self) -> ChannelKey {
        ChannelKey::new(usize::from(self.channel))
    }

    fn contact(&self, router: &Router, id: &str) -> Result<ContactKey, Rejection> {
        session::contact(router, id)
    }

    fn span(&self) -> Result<Span, Rejection> {
        Span::from_micros(self.value)
            .ok_or_else(|| invalid(format!("value_us {}: not a duration", self.value)))
    }

    fn cause(&self) -> Result<Cause, Rejection> {
        Cause::from_code(self.cause).ok_or_else(|| invalid(format!("no cause {}", self.cause)))
    }

    /// The offer named, or with 0 the live one of the contact.
    fn offer(&self, router: &Router, id: &str) -> Result<OfferKey, Rejection> {
        let ended = || {
            let message = format!("offer {} of contact '{id}' has ended or never was", self.offer);
            Rejection::new(RejectionCode::OfferEnded, message)
        };
        if self.offer != 0 {
            return OfferKey::from_raw(self.offer).ok_or_else(ended);
        }
        router.live_offer_of(session::contact(router, id)?).ok_or_else(ended)
    }
}

fn invalid(message: String) -> Rejection {
    Rejection::new(RejectionCode::InvalidValue, message)
}
