//! `assign` for Python: edges in compressed rows in, an agent a contact out. What is best is the
//! core's business.

use ccroute_core::{Column, Rejection, assign};
use numpy::{Element, PyArray1};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::{columns, errors};

/// Who stays waiting.
const NOBODY: i64 = -1;

/// Who takes whom: many contacts and many agents at once, at the least total cost.
///
/// As many contacts as possible are placed, each with one agent, each agent with one contact;
/// of all ways to place so many, one of the least sum of costs is chosen, exactly. Which one of
/// several is not said, but the same input always gives the same. Whoever cannot be placed
/// stays waiting. Other Python threads run meanwhile.
///
/// Args:
///     indptr: shape (contacts + 1,). Contact ``c`` suits the agents
///         ``indices[indptr[c]:indptr[c + 1]]``: compressed rows, as in ``scipy.sparse``.
///     indices: shape (pairs,). Numbers of agents from 0, ascending within a contact.
///     costs: shape (pairs,). What each pair costs, in a unit of your own: whole numbers from
///         -2**38 to 2**38. Where more is better, give scores times -1.
///     agents: how many agents there are; as of contacts, 2**20 at most.
///
/// Returns:
///     shape (contacts,): the number of each contact's agent, -1 for who stays waiting.
///
/// Raises:
///     Rejected: ``invalid_value``, with the first value that is wrong and what would be right.
///     TypeError, ValueError: no array of that type, or of more than one dimension; fewer
///         agents than 0.
///
/// >>> import numpy as np
/// >>> indptr = np.array([0, 2, 3, 3])  # the third contact suits nobody
/// >>> indices, costs = np.array([0, 1, 0]), np.array([1, 5, 7])
/// >>> assign(indptr, indices, costs, agents=2)
/// array([ 1,  0, -1])
#[pyfunction]
#[pyo3(
    name = "assign",
    signature = (indptr, indices, costs, *, agents),
    text_signature = "(indptr, indices, costs, *, agents)"
)]
pub(crate) fn py_assign<'py>(
    py: Python<'py>,
    indptr: &Bound<'py, PyAny>,
    indices: &Bound<'py, PyAny>,
    costs: &Bound<'py, PyAny>,
    agents: i64,
) -> PyResult<Bound<'py, PyArray1<i64>>> {
    let count = usize::try_from(agents).map_err(|_| {
        PyValueError::new_err(format!("agents={agents}: say how many there are, 0 or more"))
    })?;
    let starts = of_either_width("indptr", indptr)?;
    let costs = columns::read::<i64>("costs", costs)?;
    // scipy's sparse arrays have places in 32 bits as long as they fit.
    let taken = match is_short(indices) {
        true => solve(py, &starts, &columns::read::<i32>("indices", indices)?, &costs, count),
        false => solve(py, &starts, &columns::read::<i64>("indices", indices)?, &costs, count),
    }?;
    Ok(PyArray1::from_vec(py, taken))
}

fn is_short(array: &Bound<'_, PyAny>) -> bool {
    array.cast::<PyArray1<i32>>().is_ok()
}

fn of_either_width(name: &str, array: &Bound<'_, PyAny>) -> PyResult<Vec<i64>> {
    fn wide<T: Element + Copy + Into<i64>>(values: Vec<T>) -> Vec<i64> {
        values.into_iter().map(Into::into).collect()
    }
    if is_short(array) {
        columns::read::<i32>(name, array).map(wide)
    } else {
        columns::read(name, array)
    }
}

fn solve<I: Column + Sync>(
    py: Python<'_>,
    starts: &[i64],
    agents: &[I],
    costs: &[i64],
    count: usize,
) -> PyResult<Vec<i64>> {
    let work = || {
        let agent = |taken: Option<usize>| taken.map_or(NOBODY, |agent| agent as i64);
        let taken = assign(starts, agents, costs, count)?;
        Ok::<_, Rejection>(taken.into_iter().map(agent).collect())
    };
    py.detach(work).map_err(errors::rejected)
}
