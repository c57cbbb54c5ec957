//! The row of an event in arrays: its dtype and its bytes. A public, versioned type: a field
//! is never changed, new ones come with a new version. Which events there are, and what
//! becomes of them, does not belong here.

use ccroute_core::{
    AgentKey, Cause, ChannelKey, ContactKey, Event, EventKind, OfferKey, QueueKey, Role, TextKey,
    Timestamp,
};
use numpy::{PyArrayDescr, PyArrayDescrMethods, PyUntypedArray, PyUntypedArrayMethods};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyBytes;

/// What `EVENT_DTYPE_VERSION` says.
pub(crate) const EVENT_VERSION: u32 = 1;

/// Bytes of a row of `EVENT_DTYPE`.
pub(crate) const EVENT_ROW: usize = 64;

/// No queue, agent or reason.
const NONE: u32 = u32::MAX;
/// No channel.
const NO_CHANNEL: u8 = u8::MAX;

/// Names and types of the fields, in the order of the bytes; widest first, so that every
/// field is aligned and nothing is padded.
const EVENT_FIELDS: [(&str, &str); 14] = [
    ("sequence", "<u8"),
    ("at_us", "<i8"),
    ("contact", "<u8"),
    ("offer", "<u8"),
    ("time_us", "<i8"),
    ("visit", "<u4"),
    ("number", "<u4"),
    ("queue", "<u4"),
    ("agent", "<u4"),
    ("reason", "<u4"),
    ("kind", "u1"),
    ("cause", "u1"),
    ("role", "u1"),
    ("channel", "u1"),
];

/// The dtype of fields given as (name, type) or (name, type, shape), made by numpy.
pub(crate) fn dtype<'py>(
    py: Python<'py>,
    fields: impl IntoPyObject<'py>,
) -> PyResult<Bound<'py, PyArrayDescr>> {
    let made = py.import("numpy")?.call_method1("dtype", (fields,))?;
    Ok(made.cast_into::<PyArrayDescr>()?)
}

/// `EVENT_DTYPE`.
pub(crate) fn event_dtype(py: Python<'_>) -> PyResult<&Bound<'_, PyArrayDescr>> {
    static MADE: PyOnceLock<Py<PyArrayDescr>> = PyOnceLock::new();
    let made = MADE.get_or_try_init(py, || dtype(py, EVENT_FIELDS.to_vec()).map(Bound::unbind))?;
    Ok(made.bind(py))
}

/// The bytes of an array of `EVENT_DTYPE`, whatever its strides.
///
/// `TypeError` for anything else, `ValueError` unless it has one dimension.
pub(crate) fn event_rows<'py>(array: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyBytes>> {
    let wanted = event_dtype(array.py())?;
    let events = array.cast::<PyUntypedArray>().map_err(|_| {
        PyTypeError::new_err("events: give a numpy array of dtype ccroute.EVENT_DTYPE")
    })?;
    let given = events.dtype();
    if !given.is_equiv_to(wanted) {
        return Err(PyTypeError::new_err(format!(
            "events of dtype {given}: give an array of dtype ccroute.EVENT_DTYPE"
        )));
    }
    if events.ndim() != 1 {
        return Err(PyValueError::new_err(format!(
            "events of shape {:?}: give an array of one dimension",
            events.shape()
        )));
    }
    Ok(array.call_method0("tobytes")?.cast_into::<PyBytes>()?)
}

/// Events as rows of `EVENT_DTYPE`.
pub(crate) fn event_bytes(events: &[Event]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(events.len() * EVENT_ROW);
    for event in events {
        let dense = |index: Option<usize>| {
            index.map_or(NONE, |index| u32::try_from(index).expect("keys count in 32 bits"))
        };
        let channel = event.channel.map_or(NO_CHANNEL, |key| {
            // The code above the last stands for none.
            let code = u8::try_from(key.index()).ok().filter(|&code| code != NO_CHANNEL);
            code.expect("a plan has at most 200 channels")
        });
        bytes.extend(event.sequence.to_le_bytes());
        bytes.extend(event.at.micros().to_le_bytes());
        bytes.extend(event.contact.map_or(0, ContactKey::raw).to_le_bytes());
        bytes.extend(event.offer.map_or(0, OfferKey::raw).to_le_bytes());
        bytes.extend(event.time.map_or(-1, Timestamp::micros).to_le_bytes());
        bytes.extend(event.visit.to_le_bytes());
        bytes.extend(event.number.to_le_bytes());
        bytes.extend(dense(event.queue.map(QueueKey::index)).to_le_bytes());
        bytes.extend(dense(event.agent.map(AgentKey::index)).to_le_bytes());
        bytes.extend(dense(event.reason.map(TextKey::index)).to_le_bytes());
        bytes.extend([event.kind as u8, event.cause as u8, event.role as u8]);
        bytes.push(channel);
    }
    bytes
}

/// The keys behind the integers of a batch: those of its own lists of names.
pub(crate) struct Names {
    pub(crate) queues: Vec<QueueKey>,
    pub(crate) agents: Vec<AgentKey>,
    pub(crate) channels: Vec<ChannelKey>,
    pub(crate) reasons: Vec<TextKey>,
}

impl Names {
    /// Stand-ins for lists of so many names: each key is its place in its list.
    pub(crate) fn of_lengths(
        queues: usize,
        agents: usize,
        channels: usize,
        reasons: usize,
    ) -> Self {
        Self {
            queues: (0..queues).map(QueueKey::new).collect(),
            agents: (0..agents).map(AgentKey::new).collect(),
            channels: (0..channels).map(ChannelKey::new).collect(),
            reasons: (0..reasons).map(TextKey::new).collect(),
        }
    }

    /// Puts these keys where an event has places.
    pub(crate) fn rename(&self, event: &mut Event) {
        event.queue = event.queue.map(|key| self.queues[key.index()]);
        event.agent = event.agent.map(|key| self.agents[key.index()]);
        event.channel = event.channel.map(|key| self.channels[key.index()]);
        event.reason = event.reason.map(|key| self.reasons[key.index()]);
    }
}

/// The events behind rows of `EVENT_DTYPE`; the first row that is none, named, otherwise.
pub(crate) fn events(bytes: &[u8], names: &Names) -> Result<Vec<Event>, String> {
    let rows = bytes.chunks_exact(EVENT_ROW).enumerate();
    rows.map(|(row, bytes)| {
        event(Fields { bytes }, names).map_err(|wrong| format!("row {row}: {wrong}"))
    })
    .collect()
}

/// What is left of a row to read.
pub(crate) struct Fields<'a> {
    pub(crate) bytes: &'a [u8],
}

impl Fields<'_> {
    pub(crate) fn take(&mut self, size: usize) -> u64 {
        let (field, rest) = self.bytes.split_at(size);
        self.bytes = rest;
        let mut wide = [0; 8];
        wide[..size].copy_from_slice(field);
        u64::from_le_bytes(wide)
    }

    pub(crate) fn signed(&mut self) -> i64 {
        self.take(8).cast_signed()
    }

    pub(crate) fn half(&mut self) -> u32 {
        u32::try_from(self.take(4)).expect("four bytes")
    }

    pub(crate) fn byte(&mut self) -> u8 {
        u8::try_from(self.take(1)).expect("one byte")
    }
}

fn event(mut fields: Fields<'_>, names: &Names) -> Result<Event, String> {
    let sequence = fields.take(8);
    let at = fields.signed();
    let (contact, offer) = (fields.take(8), fields.take(8));
    let time = fields.signed();
    let (visit, number) = (fields.half(), fields.half());
    let (queue, agent, reason) = (fields.half(), fields.half(), fields.half());
    let (kind, cause, role) = (fields.byte(), fields.byte(), fields.byte());
    let channel = fields.byte();
    let channel = if channel == NO_CHANNEL { NONE } else { u32::from(channel) };
    Ok(Event {
        sequence,
        at: Timestamp::from_micros(at).ok_or_else(|| format!("at_us {at} is no time"))?,
        kind: EventKind::from_code(kind).ok_or_else(|| format!("kind {kind} is unknown"))?,
        cause: Cause::from_code(cause).ok_or_else(|| format!("cause {cause} is unknown"))?,
        role: Role::from_code(role).ok_or_else(|| format!("role {role} is unknown"))?,
        channel: named("channel", channel, &names.channels)?,
        contact: versioned("contact", contact, ContactKey::from_raw)?,
        visit,
        queue: named("queue", queue, &names.queues)?,
        agent: named("agent", agent, &names.agents)?,
        offer: versioned("offer", offer, OfferKey::from_raw)?,
        reason: named("reason", reason, &names.reasons)?,
        number,
        time: match time {
            -1 => None,
            _ => Some(
                Timestamp::from_micros(time).ok_or_else(|| format!("time_us {time} is no time"))?,
            ),
        },
    })
}

fn named<K: Copy>(what: &str, index: u32, keys: &[K]) -> Result<Option<K>, String> {
    if index == NONE {
        return Ok(None);
    }
    keys.get(index as usize)
        .copied()
        .map(Some)
        .ok_or_else(|| format!("{what} {index} is not among the {} names given for it", keys.len()))
}

fn versioned<K>(what: &str, raw: u64, key: impl Fn(u64) -> Option<K>) -> Result<Option<K>, String> {
    if raw == 0 {
        return Ok(None);
    }
    key(raw).map(Some).ok_or_else(|| {
        format!("{what} {raw} is no key: keys are 2**32 and above, as `contacts()` or a router gives them")
    })
}
