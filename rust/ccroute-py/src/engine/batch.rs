//! `apply_batch`: rows of commands, carried out in order as the scalar calls would.
//!
//! A row refers to a contact by the host's number, whose id is its decimal text, so
//! that a batch can speak of contacts that it brings in itself.

use ccroute_core::{
    AgentKey, Cause, ChannelKey, Command, ContactKey, Device, EventKind, Failure, NewContact,
    OfferKey, QueueKey, Rejection, RejectionCode, Role, Router, Shift, Timestamp,
};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use super::{Measured, PyEngine, session, simulation};
use crate::arrays::{self, Fields};
use crate::scalars::invalid;
use crate::{matcher_batch, queue_batch};

/// Bytes of a row of `COMMAND_DTYPE`.
const ROW: usize = 48;

/// Field names and numpy types of `COMMAND_DTYPE`, in the order of their bytes.
const COMMAND_FIELDS: &[(&str, &str)] = &[
    ("at_us", "<i8"),
    ("value_us", "<i8"),
    ("contact", "<u8"),
    ("offer", "<u8"),
    ("queue", "<u4"),
    ("agent", "<u4"),
    ("band", "<i2"),
    ("op", "u1"),
    ("channel", "u1"),
    ("cause", "u1"),
    ("flag", "u1"),
    ("spare", "<u2"),
];

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

impl PyEngine {
    /// Carries out rows in bytes; returns events in bytes and a status a row.
    pub(super) fn carry_out(&self, py: Python<'_>, bytes: &[u8]) -> PyResult<(Vec<u8>, Vec<u8>)> {
        let rows = bytes.chunks_exact(ROW).enumerate().map(|(at, row)| Row::read(at, row));
        let rows: Vec<Row> = rows.collect::<Result<_, _>>().map_err(PyValueError::new_err)?;
        self.gate.run_detached(py, "apply_batch", |measured| {
            let status = |row: &Row| match row.carry_out(&mut measured.router) {
                Ok(()) => 0,
                Err(refused) => refused.code as u8 + 1,
            };
            let statuses = rows.iter().map(status).collect();
            self.pour_detached(measured);
            (drained(measured), statuses)
        })
    }

    /// Every event since the last reading, in bytes.
    pub(super) fn drain(&self, py: Python<'_>) -> PyResult<Vec<u8>> {
        self.gate.run(py, "take_event_rows", drained)
    }
}

type FieldList = &'static [(&'static str, &'static str)];
type WordList = (&'static str, Vec<&'static str>);

/// For Python: the fields of a command, and the words behind each small number.
#[pyfunction]
pub(crate) fn array_words() -> (FieldList, Vec<WordList>) {
    let words = vec![
        ("ops", OPS.iter().map(|(word, _)| *word).collect()),
        ("refusals", RejectionCode::ALL.iter().map(|code| code.word()).collect()),
        ("kinds", EventKind::ALL.iter().map(|kind| kind.word()).collect()),
        ("causes", Cause::ALL.iter().map(|cause| cause.word()).collect()),
        ("roles", Role::ALL.iter().map(|role| role.word()).collect()),
        ("queue_ops", queue_batch::OPS.to_vec()),
        ("match_ops", matcher_batch::OPS.to_vec()),
        ("devices", Device::ALL.iter().map(|device| device.word()).collect()),
        ("caller_outcomes", simulation::outcome_words()),
    ];
    (COMMAND_FIELDS, words)
}

fn drained(measured: &mut Measured) -> Vec<u8> {
    let rows = arrays::event_bytes(measured.router.events());
    measured.router.clear_events();
    rows
}

impl Row {
    fn read(row: usize, bytes: &[u8]) -> Result<Self, String> {
        let mut fields = Fields { bytes };
        let (at, value) = (fields.signed(), fields.signed());
        let (contact, offer) = (fields.take(8), fields.take(8));
        let (queue, agent) = (fields.half(), fields.half());
        let band = (fields.take(2) as u16).cast_signed();
        let [op, channel, cause, flag] =
            [fields.byte(), fields.byte(), fields.byte(), fields.byte()];
        let Some(&(_, op)) = OPS.get(usize::from(op)) else {
            let words: Vec<&str> = OPS.iter().map(|(word, _)| *word).collect();
            return Err(format!(
                "row {row}: op {op} is none of 0 to {} ({})",
                OPS.len() - 1,
                words.join(", ")
            ));
        };
        Ok(Self { at, value, contact, offer, queue, agent, band, op, channel, cause, flag })
    }

    fn carry_out(&self, router: &mut Router) -> Done {
        let now = Timestamp::from_micros(self.at)
            .ok_or_else(|| invalid(format!("at_us {}: not a time", self.at)))?;
        // As for a scalar call: what is due comes first, even before a refusal.
        router.advance(now)?;
        let id = self.contact.to_string();
        let command = match self.op {
            Op::Advance => return Ok(()),
            Op::Enqueue => {
                let (queue, channel) = (self.queue(router)?, self.channel(router)?);
                Command::Enqueue(NewContact {
                    band: Some(self.band),
                    head_start: Some(self.head_start()?),
                    ..NewContact::new(&id, queue, channel)
                })
            }
            Op::Cancel => {
                Command::Cancel { contact: self.contact(router, &id)?, cause: self.cause()? }
            }
            Op::Reprioritise => Command::Reprioritise {
                contact: self.contact(router, &id)?,
                band: Some(self.band),
                head_start: Some(self.head_start()?),
            },
            Op::Accept => Command::Accept(self.offer(router, &id)?),
            Op::Decline => {
                let (failure, offer) = (self.failure()?, self.offer(router, &id)?);
                Command::Decline { offer, failure, reason: None }
            }
            Op::Connected => Command::Connected(self.contact(router, &id)?),
            Op::Hold => Command::Hold(self.contact(router, &id)?),
            Op::Resume => Command::Resume(self.contact(router, &id)?),
            Op::Transfer => Command::Transfer {
                contact: self.contact(router, &id)?,
                queue: self.queue(router)?,
                keep_age: self.flag != 0,
            },
            Op::Release => {
                Command::Release { contact: self.contact(router, &id)?, by: self.cause()? }
            }
            Op::EndWrapUp => {
                let agent = self.agent(router)?;
                Command::EndWrapUp { agent, contact: self.contact(router, &id)? }
            }
            Op::Ready => Command::Ready(self.agent(router)?),
            Op::NotReady => Command::NotReady { agent: self.agent(router)?, reason: None },
            Op::SignOut => Command::SignOut(self.agent(router)?),
        };
        router.apply(now, command).map(|_| ())
    }

    fn queue(&self, router: &Router) -> Result<QueueKey, Rejection> {
        let known = router.plan().queues.len();
        place(self.queue as usize, known, RejectionCode::UnknownQueue).map(QueueKey::new)
    }

    fn agent(&self, router: &Router) -> Result<AgentKey, Rejection> {
        let known = router.agent_names().len();
        place(self.agent as usize, known, RejectionCode::UnknownAgent).map(AgentKey::new)
    }

    fn channel(&self, router: &Router) -> Result<ChannelKey, Rejection> {
        let known = router.plan().channels.len();
        place(usize::from(self.channel), known, RejectionCode::UnknownChannel).map(ChannelKey::new)
    }

    fn contact(&self, router: &Router, id: &str) -> Result<ContactKey, Rejection> {
        session::contact(router, id)
    }

    fn head_start(&self) -> Result<Shift, Rejection> {
        Shift::from_micros(self.value)
            .ok_or_else(|| invalid(format!("value_us {}: not a head start", self.value)))
    }

    /// Why it was not taken: 0 is a refusal.
    fn failure(&self) -> Result<Failure, Rejection> {
        let cause = self.cause()?;
        if cause == Cause::None {
            return Ok(Failure::Declined);
        }
        session::failure(cause.word())
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

/// A place in a list of `known` names.
fn place(index: usize, known: usize, code: RejectionCode) -> Result<usize, Rejection> {
    if index < known {
        return Ok(index);
    }
    Err(Rejection::new(code, format!("no place {index}: the list has {known} names")))
}
