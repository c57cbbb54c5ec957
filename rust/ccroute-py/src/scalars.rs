//! Single numbers from Python, as the core's types. What is out of range is refused by
//! name and value; arrays have their own file.

use ccroute_core::{Rejection, RejectionCode, Shift, Span, Timestamp};
use pyo3::exceptions::PyOverflowError;
use pyo3::prelude::*;

use crate::errors;

/// Seconds since the epoch.
pub(crate) fn instant(name: &str, Seconds(seconds): Seconds) -> Result<Timestamp, Rejection> {
    let micros = Span::from_secs(seconds).map(Span::micros).and_then(Timestamp::from_micros);
    micros.ok_or_else(|| {
        let (seconds, most) = (shown(seconds), Timestamp::MAX.micros() / 1_000_000);
        let remedy = format!("give seconds since the epoch, from 0 to {most}");
        invalid(format!("{name} {seconds}: {remedy}"))
    })
}

/// A length of time in seconds.
pub(crate) fn span(name: &str, Seconds(seconds): Seconds) -> Result<Span, Rejection> {
    Span::from_secs(seconds).ok_or_else(|| {
        let (seconds, most) = (shown(seconds), Span::MAX.micros() / 1_000_000);
        invalid(format!("{name} {seconds}: give seconds, finite, from 0 to {most}"))
    })
}

/// A length of time in seconds, of those that plans may hold.
pub(crate) fn setting(name: &str, Seconds(seconds): Seconds) -> Result<Span, Rejection> {
    let span = Span::from_secs(seconds).filter(|span| *span <= Span::LONGEST_SETTING);
    span.ok_or_else(|| {
        let (seconds, most) = (shown(seconds), Span::LONGEST_SETTING.micros() / 1_000_000);
        invalid(format!("{name} {seconds}: give seconds, finite, from 0 to {most} (ten years)"))
    })
}

/// A head start in seconds, which may be negative.
pub(crate) fn head_start(Seconds(seconds): Seconds) -> Result<Shift, Rejection> {
    Shift::from_secs(seconds).ok_or_else(|| {
        let (seconds, most) = (shown(seconds), Span::LONGEST_SETTING.micros() / 1_000_000);
        invalid(format!("head_start {seconds}: give seconds from -{most} to {most} (ten years)"))
    })
}

/// A number as a person would write it, however great.
fn shown(seconds: f64) -> String {
    if seconds.abs() < 1e15 { seconds.to_string() } else { format!("{seconds:e}") }
}

/// How many, from 0.
pub(crate) fn count(name: &str, Whole(number): Whole) -> Result<usize, Rejection> {
    usize::try_from(number)
        .map_err(|_| invalid(format!("{name} {number}: give a whole number, 0 or more")))
}

/// A strict class as an argument; an int out of range is refused, however big.
#[derive(Clone, Copy)]
pub(crate) struct Band(pub(crate) i16);

impl<'a, 'py> FromPyObject<'a, 'py> for Band {
    type Error = PyErr;

    fn extract(number: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        number.extract().map(Self).map_err(|error| {
            let (least, most) = (i16::MIN, i16::MAX);
            let remedy = format!("give a whole number from {least} to {most}");
            too_big("band ", number, &remedy, error)
        })
    }
}

/// A whole number, as an argument; what it may be is for the callee to check.
#[derive(Clone, Copy)]
pub(crate) struct Whole(pub(crate) i64);

impl<'a, 'py> FromPyObject<'a, 'py> for Whole {
    type Error = PyErr;

    fn extract(number: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        let remedy = "give a whole number of at most 64 bits";
        number.extract().map(Self).map_err(|error| too_big("number ", number, remedy, error))
    }
}

/// Something counted, as an argument.
#[derive(Clone, Copy)]
pub(crate) struct Number(pub(crate) u64);

impl<'a, 'py> FromPyObject<'a, 'py> for Number {
    type Error = PyErr;

    fn extract(number: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        let remedy = "give a whole number, 0 or more, of at most 64 bits";
        number.extract().map(Self).map_err(|error| too_big("number ", number, remedy, error))
    }
}

/// A number that events keep in 32 bits.
pub(crate) fn half(name: &str, Number(number): Number) -> Result<u32, Rejection> {
    u32::try_from(number)
        .map_err(|_| invalid(format!("{name} {number}: give a whole number of at most 32 bits")))
}

/// Seconds as an argument, still to be checked by [`instant`], [`span`], [`setting`] or
/// [`head_start`].
#[derive(Clone, Copy)]
pub(crate) struct Seconds(pub(crate) f64);

impl<'a, 'py> FromPyObject<'a, 'py> for Seconds {
    type Error = PyErr;

    fn extract(number: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        let remedy = "give seconds, finite";
        number.extract().map(Self).map_err(|error| too_big("", number, remedy, error))
    }
}

/// A number with a fraction, as an argument; what it may be is for the callee to check.
#[derive(Clone, Copy)]
pub(crate) struct Real(pub(crate) f64);

impl<'a, 'py> FromPyObject<'a, 'py> for Real {
    type Error = PyErr;

    fn extract(number: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        let remedy = "give a finite number";
        number.extract().map(Self).map_err(|error| too_big("number ", number, remedy, error))
    }
}

/// An int that no machine number holds is out of range like any other; the rest of what
/// can be wrong with an argument is Python's to say.
fn too_big(name: &str, number: Borrowed<'_, '_, PyAny>, remedy: &str, error: PyErr) -> PyErr {
    if error.is_instance_of::<PyOverflowError>(number.py()) {
        errors::rejected(invalid(format!("{name}{}: {remedy}", *number)))
    } else {
        error
    }
}

/// A number outside its range.
pub(crate) fn invalid(message: String) -> Rejection {
    Rejection::new(RejectionCode::InvalidValue, message)
}
