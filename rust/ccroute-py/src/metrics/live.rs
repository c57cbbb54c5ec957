//! The live view as tuples. What of it is shown is the reader's business.

use ccroute_core::{Dimension, KpiAggregator, LiveAgent, LiveQueue, Window};
use pyo3::prelude::*;

use super::{PyKpiAggregator, seconds, span};
use crate::errors;
use crate::scalars::{self, Seconds};

/// offered, answered, abandoned, left, met, missed, early, wait in µs
type WindowTuple = (u64, u64, u64, u64, u64, u64, u64, i128);

/// queue, waiting, of them overdue, `oldest_entered`, expected wait, windows of 5, 15, 30 and 60
/// minutes
type QueueTuple = (String, u64, u64, Option<f64>, Option<f64>, [WindowTuple; 4]);

/// agent, state, reason, since, contacts
type AgentTuple = (String, Option<&'static str>, Option<String>, f64, u32);

#[pymethods]
impl PyKpiAggregator {
    /// The centre as it stands: (at, queues, agents), each a list of tuples.
    #[pyo3(signature = (now=None), text_signature = "($self, now=None)")]
    fn live(
        &self,
        py: Python<'_>,
        now: Option<Seconds>,
    ) -> PyResult<(f64, Vec<QueueTuple>, Vec<AgentTuple>)> {
        let now = now.map(|now| scalars::instant("now", now)).transpose();
        let now = now.map_err(errors::rejected)?;
        self.run_detached(py, "live", |metrics| {
            let view = metrics.live(now);
            let queues = view.queues.iter().map(|queue| queue_tuple(metrics, queue));
            let agents = view.agents.iter().map(|agent| agent_tuple(metrics, agent));
            (seconds(view.at.micros()), queues.collect(), agents.collect())
        })
    }

    /// The threshold, in seconds, that a queue's live windows count by, for visits that enter
    /// from now on.
    fn set_target(&self, py: Python<'_>, queue: &str, within: Seconds) -> PyResult<()> {
        let within = span("within", within)?;
        self.run(py, "set_target", |metrics| {
            let queue = metrics.queue(queue);
            metrics.set_target(queue, within);
        })
    }
}

fn queue_tuple(metrics: &KpiAggregator, live: &LiveQueue) -> QueueTuple {
    let window = |window: &Window| {
        let Window { offered, answered, abandoned, left, met, missed, early, wait } = *window;
        (offered, answered, abandoned, left, met, missed, early, wait)
    };
    (
        metrics.names(Dimension::Queue).name(live.queue.index()).to_owned(),
        live.waiting,
        live.overdue,
        live.oldest_entered.map(|at| seconds(at.micros())),
        live.expected_wait.map(|span| seconds(span.micros())),
        live.windows.each_ref().map(window),
    )
}

fn agent_tuple(metrics: &KpiAggregator, live: &LiveAgent) -> AgentTuple {
    (
        metrics.names(Dimension::Agent).name(live.agent.index()).to_owned(),
        live.state.map(ccroute_core::StateTime::word),
        live.reason.map(|key| metrics.text_names().name(key.index()).to_owned()),
        seconds(live.since.micros()),
        live.contacts,
    )
}
