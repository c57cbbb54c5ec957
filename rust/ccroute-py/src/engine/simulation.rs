//! `simulate`: columns of callers run through the engine on a virtual clock.

use ccroute_core::{
    AgentKey, CallerOutcome, Callers, ChannelKey, QueueKey, Rejection, RejectionCode, Simulated,
};
use numpy::PyArray1;
use pyo3::prelude::*;

use super::PyEngine;
use crate::columns;
use crate::errors;

/// arrivals, queues, service, patience.
type CallersArgument<'py> =
    (Bound<'py, PyAny>, Bound<'py, PyAny>, Bound<'py, PyAny>, Option<Bound<'py, PyAny>>);
/// outcomes, agents, waits, ends.
type Rows<'py> = (
    Bound<'py, PyArray1<u8>>,
    Bound<'py, PyArray1<i64>>,
    Bound<'py, PyArray1<i64>>,
    Bound<'py, PyArray1<i64>>,
);

/// No agent.
const NOBODY: i64 = -1;

#[pymethods]
impl PyEngine {
    /// What becomes of callers; their events are told to nobody.
    fn simulate<'py>(&self, py: Python<'py>, callers: CallersArgument<'py>) -> PyResult<Rows<'py>> {
        let (arrivals_us, queues, service_us, patience_us) = callers;
        let arrivals = columns::read::<i64>("arrivals_us", &arrivals_us)?;
        let rows = arrivals.len();
        let beside = |name, array| columns::read_beside::<i64>(name, array, rows);
        let queues = beside("queues", Some(&queues))?.unwrap_or_default();
        let service = beside("service_us", Some(&service_us))?.unwrap_or_default();
        let patience = beside("patience_us", patience_us.as_ref())?;
        let found = self.gate.run_detached(py, "simulate", |measured| {
            let known = measured.router.plan().queues.len();
            let queues = places(&queues, known)?;
            let entered = columns::instants("arrivals_us", arrivals)?;
            let service = columns::spans("service_us", service)?;
            let patience = patience.map(|micros| columns::spans("patience_us", micros));
            let patience = patience.transpose()?;
            let callers = Callers {
                entered: &entered,
                queues: &queues,
                service: &service,
                patience: patience.as_deref(),
                channel: ChannelKey::new(0),
            };
            ccroute_core::simulate(&mut measured.router, &callers).map(|ends| {
                let outcomes: Vec<u8> = ends.iter().map(|end| end.outcome as u8).collect();
                let agents: Vec<i64> = ends.iter().map(agent).collect();
                let waits: Vec<i64> = ends.iter().map(|end| end.wait.micros()).collect();
                let ends: Vec<i64> = ends.iter().map(|end| end.ended.micros()).collect();
                (outcomes, agents, waits, ends)
            })
        })?;
        let (outcomes, agents, waits, ends) = found.map_err(errors::rejected)?;
        Ok((
            PyArray1::from_vec(py, outcomes),
            PyArray1::from_vec(py, agents),
            PyArray1::from_vec(py, waits),
            PyArray1::from_vec(py, ends),
        ))
    }
}

/// The words behind the outcomes of `simulate`.
pub(super) fn outcome_words() -> Vec<&'static str> {
    CallerOutcome::ALL.iter().map(|outcome| outcome.word()).collect()
}

fn agent(end: &Simulated) -> i64 {
    let place = end.agent.map(AgentKey::index).and_then(|index| i64::try_from(index).ok());
    place.unwrap_or(NOBODY)
}

/// The queues at these places of the plan's list.
fn places(queues: &[i64], known: usize) -> Result<Vec<QueueKey>, Rejection> {
    let place = |(row, &queue): (usize, &i64)| {
        let index = usize::try_from(queue).ok().filter(|index| *index < known);
        index.map(QueueKey::new).ok_or_else(|| {
            let message = format!("queues[{row}] is {queue}: the plan has {known} queues");
            Rejection::new(RejectionCode::UnknownQueue, message)
        })
    };
    queues.iter().enumerate().map(place).collect()
}
