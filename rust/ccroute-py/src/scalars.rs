//! Single numbers from Python, as the core's types. What is out of range is refused by
//! name and value; arrays have their own file.

use ccroute_core::{Rejection, RejectionCode, Span, Timestamp};
use pyo3::exceptions::PyOverflowError;
use pyo3::prelude::*;

use crate::errors;

/// Seconds since the epoch.
pub(crate) fn instant(name: &str, seconds: f64) -> Result<Timestamp, Rejection> {
    let micros = Span::from_secs(seconds).map(Span::micros).and_then(Timestamp::from_micros);
    micros.ok_or_else(|| {
        let remedy = "give seconds since the epoch, finite and not negative";
        invalid(format!("{name} {seconds}: {remedy}"))
    })
}

/// A length of time in seconds.
pub(crate) fn span(name: &str, seconds: f64) -> Result<Span, Rejection> {
    Span::from_secs(seconds)
        .ok_or_else(|| invalid(format!("{name} {seconds}: give seconds, finite and not negative")))
}

/// How many, from 0.
pub(crate) fn count(name: &str, number: i64) -> Result<usize, Rejection> {
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
            if error.is_instance_of::<PyOverflowError>(number.py()) {
                let (least, most) = (i16::MIN, i16::MAX);
                let remedy = format!("give a whole number from {least} to {most}");
                errors::rejected(invalid(format!("band {}: {remedy}", *number)))
            } else {
                error
            }
        })
    }
}

/// A number outside its range.
pub(crate) fn invalid(message: String) -> Rejection {
    Rejection::new(RejectionCode::InvalidValue, message)
}
