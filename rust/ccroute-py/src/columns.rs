//! Columns from Python: one-dimensional numpy arrays, copied, so that the work on them can run
//! detached and strides do not matter; or lent, where the work takes hardly longer than the copy.

use ccroute_core::{Handle, Rejection, Span, Timestamp};
use numpy::{
    Element, PyArray1, PyArrayDescrMethods, PyArrayMethods, PyReadonlyArray1, PyUntypedArray,
    PyUntypedArrayMethods,
};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;

use crate::scalars::invalid;

/// The values of the array `name`.
///
/// `TypeError` when it is no array of this type, `ValueError` when it has another shape.
pub(crate) fn read<T: Element + Copy>(name: &str, array: &Bound<'_, PyAny>) -> PyResult<Vec<T>> {
    let column = keep::<T>(name, array)?;
    let column = column.bind(array.py()).cast::<PyArray1<T>>()?.try_readonly()?;
    Ok(column.as_slice()?.to_vec())
}

/// The array `name` itself, or a copy where its values do not lie one behind the other.
pub(crate) fn keep<T: Element + Copy>(name: &str, array: &Bound<'_, PyAny>) -> PyResult<Py<PyAny>> {
    let column = of::<T>(name, array)?;
    if lie_in_a_row(column) {
        return Ok(array.clone().unbind());
    }
    Ok(column.call_method0("copy")?.unbind())
}

/// An array that was kept, of `rows` values: an array can be turned into another meanwhile.
pub(crate) fn lent<'py, T: Element + Copy>(
    name: &str,
    array: &Bound<'py, PyAny>,
    rows: usize,
) -> PyResult<PyReadonlyArray1<'py, T>> {
    let column = of::<T>(name, array)?;
    if !lie_in_a_row(column) {
        let message = format!("{name} was turned into another array: make the table anew");
        return Err(PyValueError::new_err(message));
    }
    let column = column.try_readonly()?;
    check_rows(name, column.as_slice()?.len(), rows)?;
    Ok(column)
}

/// Refuses a column that is not as long as the others.
pub(crate) fn check_rows(name: &str, found: usize, rows: usize) -> PyResult<()> {
    if found == rows {
        return Ok(());
    }
    let message = format!("{name} has {found} rows where {rows} are needed: give one each");
    Err(PyValueError::new_err(message))
}

fn of<'a, 'py, T: Element>(
    name: &str,
    array: &'a Bound<'py, PyAny>,
) -> PyResult<&'a Bound<'py, PyArray1<T>>> {
    if let Ok(column) = array.cast::<PyArray1<T>>() {
        return Ok(column);
    }
    let wanted =
        format!("{name}: give a one-dimensional numpy array of {}", numpy::dtype::<T>(array.py()));
    let Ok(other) = array.cast::<PyUntypedArray>() else {
        return Err(PyTypeError::new_err(format!("{wanted}, not {}", array.get_type().name()?)));
    };
    if other.dtype().is_equiv_to(&numpy::dtype::<T>(array.py())) {
        let dimensions = other.ndim();
        return Err(PyValueError::new_err(format!("{wanted}, not of {dimensions} dimensions")));
    }
    Err(PyTypeError::new_err(format!("{wanted}, not of {}", other.dtype())))
}

/// Whether the values lie one behind the other. A field of a packed record lies at no multiple of
/// its size: numpy knows how to read it.
fn lie_in_a_row<T: Element>(column: &Bound<'_, PyArray1<T>>) -> bool {
    column.is_contiguous() && column.data().is_aligned()
}

/// What `act` makes of the values of an array where they lie in memory. `None` where they do not
/// lie in a row, or are of another type: `read` copies them or says so. Nobody may write to the
/// array meanwhile: numpy can without the interpreter, so that holding it is no guard.
pub(crate) fn lend<T: Element + Copy, R>(
    array: &Bound<'_, PyAny>,
    act: impl FnOnce(&[T]) -> R,
) -> Option<R> {
    let column = array.cast::<PyArray1<T>>().ok().filter(|column| lie_in_a_row(column))?;
    let column = column.try_readonly().ok()?;
    Some(act(column.as_slice().ok()?))
}

/// The values of an array that may be left out; else `rows` of them.
pub(crate) fn read_beside<T: Element + Copy>(
    name: &str,
    array: Option<&Bound<'_, PyAny>>,
    rows: usize,
) -> PyResult<Option<Vec<T>>> {
    let Some(array) = array else { return Ok(None) };
    let column = read(name, array)?;
    check_rows(name, column.len(), rows)?;
    Ok(Some(column))
}

/// `rows` values of the array `name`.
pub(crate) fn beside<T: Element + Copy>(
    name: &str,
    array: &Bound<'_, PyAny>,
    rows: usize,
) -> PyResult<Vec<T>> {
    Ok(read_beside(name, Some(array), rows)?.unwrap_or_default())
}

/// Operations by number: places in `words`.
pub(crate) fn ops(name: &str, array: &Bound<'_, PyAny>, words: &[&str]) -> PyResult<Vec<u8>> {
    let ops: Vec<u8> = read(name, array)?;
    match ops.iter().position(|&op| usize::from(op) >= words.len()) {
        None => Ok(ops),
        Some(row) => Err(PyValueError::new_err(format!(
            "{name}[{row}] is {}: give 0 to {} ({})",
            ops[row],
            words.len() - 1,
            words.join(", ")
        ))),
    }
}

/// The handle a row names: its own number, or the answer of an earlier row, which `gives` one.
pub(crate) fn meant(number: u64, answers: &[u64], gives: impl Fn(usize) -> bool) -> Option<Handle> {
    Handle::from_raw(number).or_else(|| {
        let earlier = usize::try_from(number).ok()?;
        let answer = *answers.get(earlier)?;
        if gives(earlier) { Handle::from_raw(answer) } else { None }
    })
}

/// Whether all of them are instants: nearly always, so that no row need be looked at by itself.
pub(crate) fn are_instants(micros: &[i64]) -> bool {
    micros.iter().fold(true, |all, &micros| all & Timestamp::from_micros(micros).is_some())
}

/// Whether all of them are lengths of time.
pub(crate) fn are_spans(micros: &[i64]) -> bool {
    micros.iter().fold(true, |all, &micros| all & Span::from_micros(micros).is_some())
}

/// Microseconds since the epoch as instants; all or none.
pub(crate) fn instants(name: &str, micros: Vec<i64>) -> Result<Vec<Timestamp>, Rejection> {
    let remedy = "give microseconds since the epoch, not negative";
    each(name, remedy, micros, Timestamp::from_micros)
}

/// Microseconds as lengths of time; all or none.
pub(crate) fn spans(name: &str, micros: Vec<i64>) -> Result<Vec<Span>, Rejection> {
    each(name, NO_SPAN, micros, Span::from_micros)
}

const NO_SPAN: &str = "give microseconds, not negative";

/// A row that is no length of time.
pub(crate) fn no_span(name: &str, row: usize, micros: i64) -> Rejection {
    wrong(name, row, micros, NO_SPAN)
}

fn wrong(name: &str, row: usize, micros: i64, remedy: &str) -> Rejection {
    invalid(format!("{name}[{row}] is {micros}: {remedy}"))
}

fn each<T>(
    name: &str,
    remedy: &str,
    micros: Vec<i64>,
    read: impl Fn(i64) -> Option<T>,
) -> Result<Vec<T>, Rejection> {
    let read = |(row, micros)| read(micros).ok_or_else(|| wrong(name, row, micros, remedy));
    micros.into_iter().enumerate().map(read).collect()
}
