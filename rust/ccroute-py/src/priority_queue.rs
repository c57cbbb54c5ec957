//! `PriorityQueue` for Python. Who goes next is the core's business; what a row of a
//! batch means is that of the scalar call beside it.

use ccroute_core::{Handle, HandleQueue, Left, Rejection, RejectionCode, Span};
use numpy::PyArray1;
use pyo3::exceptions::{PyOverflowError, PyTypeError};
use pyo3::prelude::*;
use pyo3::types::PyString;

use crate::gate::Gate;
use crate::scalars::{self, Band, Seconds, Whole};
use crate::{columns, errors};

/// Who goes next: contacts by strict band, then by arrival less head start, then in the
/// order they were pushed.
///
/// A contact is known by its handle, an int that is never given out twice, or by the
/// host's id, which is free again when the contact leaves. The low 32 bits of a handle are a
/// row, counted from 0, that another contact gets when this one has left: a place in arrays of
/// your own. Times and spans are seconds
/// (float) one at a time, and int64 microseconds in columns whose names end in ``_us``.
/// Times need not grow from call to call. One queue may be used from several threads.
///
/// Greater ``band`` goes first, always (-32768 to 32767). A ``head_start`` counts as
/// having come so much earlier, so whoever waits long enough passes it. To go by a score
/// of your own, give every contact the same ``at`` and the score (0 or more, to six
/// decimals) as ``head_start``: greatest first, equals in the order they were pushed.
///
/// Raises ``Rejected`` with code ``invalid_value`` for a number out of range,
/// ``unknown_contact`` for a contact that does not wait, ``duplicate_contact`` for an id
/// that does; ``TypeError`` or ``ValueError`` for a malformed column. Whatever raises
/// has changed nothing.
///
/// >>> queue = PriorityQueue()
/// >>> first = queue.push(10.0, "c1")
/// >>> dear = queue.push(12.0, "c2", head_start=60.0)
/// >>> queue.rank("c1"), queue.rank(dear)
/// (1, 0)
/// >>> queue.pop() == dear, queue.pop_entry() == (first, "c1")
/// (True, True)
#[pyclass(frozen, module = "ccroute", name = "PriorityQueue")]
pub(crate) struct PyPriorityQueue {
    gate: Gate<HandleQueue>,
}

type Column<'py, T> = Bound<'py, PyArray1<T>>;

#[pymethods]
impl PyPriorityQueue {
    #[new]
    fn new() -> Self {
        Self { gate: Gate::new("PriorityQueue", HandleQueue::default()) }
    }

    /// Lets a contact wait that came at ``at``; returns its handle.
    #[pyo3(
        signature = (at, id=None, band=Band(0), head_start=Seconds(0.0)),
        text_signature = "($self, at, id=None, band=0, head_start=0.0)"
    )]
    fn push(
        &self,
        py: Python<'_>,
        at: Seconds,
        id: Option<&str>,
        band: Band,
        head_start: Seconds,
    ) -> PyResult<u64> {
        self.decide(py, "push", |queue| {
            let since = scalars::instant("at", at)?;
            let head_start = scalars::span("head_start", head_start)?;
            queue.push(id, band.0, since, head_start).map(Handle::raw)
        })
    }

    /// Takes out who goes next; returns the handle, or ``None`` when nobody waits.
    fn pop(&self, py: Python<'_>) -> PyResult<Option<u64>> {
        let left = self.gate.run(py, "pop", HandleQueue::pop)?;
        Ok(left.map(|left| left.handle.raw()))
    }

    /// Takes out who goes next; returns handle and id (``None`` if it came without), or
    /// ``None`` when nobody waits.
    fn pop_entry(&self, py: Python<'_>) -> PyResult<Option<(u64, Option<String>)>> {
        let left = self.gate.run(py, "pop_entry", HandleQueue::pop)?;
        Ok(left.map(|Left { handle, id, .. }| (handle.raw(), id.map(|id| id.as_ref().to_owned()))))
    }

    /// The handle of who goes next, left in place; ``None`` when nobody waits.
    fn peek(&self, py: Python<'_>) -> PyResult<Option<u64>> {
        let next = self.gate.run(py, "peek", |queue| queue.peek())?;
        Ok(next.map(Handle::raw))
    }

    /// Takes a contact, by handle or id, out of the line.
    fn cancel(&self, py: Python<'_>, contact: Contact<'_>) -> PyResult<()> {
        self.decide(py, "cancel", |queue| {
            let handle = contact.find(queue)?;
            queue.cancel(handle)?;
            Ok(())
        })
    }

    /// Changes the place of a contact; what is ``None`` stays. Arrival stays too, so
    /// going back to the old priority gives the old place.
    #[pyo3(signature = (contact, band=None, head_start=None))]
    fn reprioritise(
        &self,
        py: Python<'_>,
        contact: Contact<'_>,
        band: Option<Band>,
        head_start: Option<Seconds>,
    ) -> PyResult<()> {
        self.decide(py, "reprioritise", |queue| {
            let handle = contact.find(queue)?;
            let head_start = head_start.map(|it| scalars::span("head_start", it)).transpose()?;
            queue.reprioritise(handle, band.map(|band| band.0), head_start)?;
            Ok(())
        })
    }

    /// How many go before a contact: 0 is next.
    fn rank(&self, py: Python<'_>, contact: Contact<'_>) -> PyResult<usize> {
        self.decide(py, "rank", |queue| {
            let handle = contact.find(queue)?;
            Ok(queue.rank(handle)?)
        })
    }

    /// The handle of the contact with this id; ``None`` when it does not wait.
    fn find(&self, py: Python<'_>, id: &str) -> PyResult<Option<u64>> {
        let found = self.gate.run(py, "find", |queue| queue.find(id))?;
        Ok(found.map(Handle::raw))
    }

    /// The id of the contact under this handle; ``None`` when it came without one.
    fn id(&self, py: Python<'_>, handle: Contact<'_>) -> PyResult<Option<String>> {
        self.decide(py, "id", |queue| {
            let handle = handle.find(queue)?;
            Ok(queue.id(handle)?.map(str::to_owned))
        })
    }

    fn __len__(&self, py: Python<'_>) -> PyResult<usize> {
        self.gate.run(py, "len", |queue| queue.len())
    }

    fn __contains__(&self, py: Python<'_>, contact: Contact<'_>) -> PyResult<bool> {
        self.gate
            .run(py, "in", |queue| contact.find(queue).is_ok_and(|handle| queue.contains(handle)))
    }

    /// ``push`` row by row, without ids: ``at_us`` int64[n], ``band`` int16[n] (default
    /// 0), ``head_start_us`` int64[n] (default 0). Returns the handles, uint64[n]. A
    /// number out of range in any row refuses them all.
    #[pyo3(signature = (at_us, band=None, head_start_us=None))]
    fn push_batch<'py>(
        &self,
        py: Python<'py>,
        at_us: &Bound<'py, PyAny>,
        band: Option<&Bound<'py, PyAny>>,
        head_start_us: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Column<'py, u64>> {
        let since = columns::read("at_us", at_us)?;
        let since = columns::instants("at_us", since).map_err(errors::rejected)?;
        let bands = columns::read_beside::<i16>("band", band, since.len())?;
        let starts = head_starts(head_start_us, since.len())?;
        let pushed = self.gate.run_detached(py, "push_batch", |queue| {
            let push = |(row, &since)| {
                let band = bands.as_ref().map_or(0, |bands| bands[row]);
                let head_start = starts.as_ref().map_or(Span::ZERO, |starts| starts[row]);
                queue.push(None, band, since, head_start).map(Handle::raw)
            };
            since.iter().enumerate().map(push).collect::<Result<Vec<u64>, Rejection>>()
        })?;
        Ok(PyArray1::from_vec(py, pushed.map_err(errors::rejected)?))
    }

    /// ``pop`` up to ``n`` times. Returns the handles in order, uint64[at most n].
    fn pop_batch<'py>(&self, py: Python<'py>, n: Whole) -> PyResult<Column<'py, u64>> {
        let n = scalars::count("n", n).map_err(errors::rejected)?;
        let popped = self.gate.run_detached(py, "pop_batch", |queue| {
            let count = n.min(queue.len());
            let mut popped = Vec::with_capacity(count);
            popped.extend((0..count).map_while(|_| queue.pop()).map(|left| left.handle.raw()));
            popped
        })?;
        Ok(PyArray1::from_vec(py, popped))
    }

    /// ``cancel`` row by row: ``handles`` uint64[n]. Returns bool[n], false where nobody
    /// waits.
    fn cancel_batch<'py>(
        &self,
        py: Python<'py>,
        handles: &Bound<'py, PyAny>,
    ) -> PyResult<Column<'py, bool>> {
        let handles = columns::read("handles", handles)?;
        self.batch(py, "cancel_batch", &handles, |queue, _, handle| {
            handle.is_some_and(|handle| queue.cancel(handle).is_ok())
        })
    }

    /// ``reprioritise`` row by row: ``handles`` uint64[n], ``band`` int16[n] and
    /// ``head_start_us`` int64[n] (default: each keeps its own). Returns bool[n], false
    /// where nobody waits. A head start out of range in any row refuses them all.
    #[pyo3(signature = (handles, band=None, head_start_us=None))]
    fn reprioritise_batch<'py>(
        &self,
        py: Python<'py>,
        handles: &Bound<'py, PyAny>,
        band: Option<&Bound<'py, PyAny>>,
        head_start_us: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Column<'py, bool>> {
        let handles = columns::read("handles", handles)?;
        let bands = columns::read_beside::<i16>("band", band, handles.len())?;
        let starts = head_starts(head_start_us, handles.len())?;
        self.batch(py, "reprioritise_batch", &handles, |queue, row, handle| {
            let band = bands.as_ref().map(|bands| bands[row]);
            let head_start = starts.as_ref().map(|starts| starts[row]);
            handle.is_some_and(|handle| queue.reprioritise(handle, band, head_start).is_ok())
        })
    }

    /// ``rank`` row by row: ``handles`` uint64[n]. Returns int64[n], -1 where nobody waits.
    fn rank_batch<'py>(
        &self,
        py: Python<'py>,
        handles: &Bound<'py, PyAny>,
    ) -> PyResult<Column<'py, i64>> {
        let handles = columns::read("handles", handles)?;
        self.batch(py, "rank_batch", &handles, |queue, _, handle| {
            let rank = handle.and_then(|handle| queue.rank(handle).ok());
            rank.map_or(-1, |rank| i64::try_from(rank).expect("a queue fits in memory"))
        })
    }
}

impl PyPriorityQueue {
    pub(crate) fn gate(&self) -> &Gate<HandleQueue> {
        &self.gate
    }

    /// One call that the queue may refuse.
    fn decide<R>(
        &self,
        py: Python<'_>,
        call: &'static str,
        act: impl FnOnce(&mut HandleQueue) -> Result<R, Rejection>,
    ) -> PyResult<R> {
        self.gate.run(py, call, act)?.map_err(errors::rejected)
    }

    /// One call a handle; a number that was never a handle is `None`.
    fn batch<'py, R: numpy::Element>(
        &self,
        py: Python<'py>,
        call: &'static str,
        handles: &[u64],
        mut act: impl FnMut(&mut HandleQueue, usize, Option<Handle>) -> R + Send,
    ) -> PyResult<Column<'py, R>> {
        let done = self.gate.run_detached(py, call, |queue| {
            let rows = handles.iter().enumerate();
            rows.map(|(row, &raw)| act(queue, row, Handle::from_raw(raw))).collect()
        })?;
        Ok(PyArray1::from_vec(py, done))
    }
}

fn head_starts(micros: Option<&Bound<'_, PyAny>>, rows: usize) -> PyResult<Option<Vec<Span>>> {
    let micros = columns::read_beside("head_start_us", micros, rows)?;
    let spans = micros.map(|micros| columns::spans("head_start_us", micros)).transpose();
    spans.map_err(errors::rejected)
}

/// A contact as the host names it.
enum Contact<'a> {
    Handle(Handle),
    Id(&'a str),
    /// An int that was never a handle, in its own digits.
    Stranger(String),
}

impl Contact<'_> {
    fn find(&self, queue: &HandleQueue) -> Result<Handle, Rejection> {
        let unknown = |message| Rejection::new(RejectionCode::UnknownContact, message);
        match *self {
            // Whether it still waits is seen by the call itself.
            Self::Handle(handle) => Ok(handle),
            Self::Id(id) => queue.find(id).ok_or_else(|| {
                unknown(format!("no contact '{id}' waits: it never came, or left already"))
            }),
            Self::Stranger(ref digits) => {
                Err(unknown(format!("{digits} is no handle: give what push returned, or an id")))
            }
        }
    }
}

impl<'a, 'py> FromPyObject<'a, 'py> for Contact<'a> {
    type Error = PyErr;

    fn extract(contact: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        if contact.is_instance_of::<PyString>() {
            return contact.extract().map(Self::Id);
        }
        let raw = match contact.extract::<u64>() {
            Ok(raw) => Handle::from_raw(raw),
            Err(error) if error.is_instance_of::<PyOverflowError>(contact.py()) => None,
            Err(_) => {
                let kind = contact.get_type().name()?;
                let message = format!("give a contact's handle (int) or id (str), not {kind}");
                return Err(PyTypeError::new_err(message));
            }
        };
        Ok(raw.map_or_else(|| Self::Stranger(contact.to_string()), Self::Handle))
    }
}
