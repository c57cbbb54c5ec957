//! `Engine`: the router and the aggregator it feeds, behind one gate. Converts words
//! to keys and back; what is legal and who takes what is the core's business.

mod agents;
mod arguments;
mod batch;
mod contacts;
mod conversations;
mod explain;
mod newcomers;
mod readings;
mod redaction;
mod restored;
mod session;
mod simulation;
mod whole;

pub(crate) use batch::array_words;
pub(crate) use redaction::PyRedaction;
pub(crate) use restored::PyRestored;

use std::sync::Arc;

use ccroute_core::{Command, Feed, Rejection, Reply, Router};
use pyo3::prelude::*;

use self::arguments::Asked;
use self::session::{Outcome, Session};
use crate::errors;
use crate::gate::Gate;
use crate::metrics::PyKpiAggregator;
use crate::plan::PyPlan;
use crate::scalars::Seconds;

/// The router and what turns its events into the aggregator's.
pub(crate) struct Measured {
    router: Router,
    feed: Feed,
}

/// The state machine behind `ccroute.Router`.
#[pyclass(frozen, module = "ccroute._core", name = "Engine")]
pub(crate) struct PyEngine {
    gate: Gate<Measured>,
    aggregator: Py<PyKpiAggregator>,
}

#[pymethods]
impl PyEngine {
    #[new]
    fn new(
        py: Python<'_>,
        plan: &PyPlan,
        aggregator: Py<PyKpiAggregator>,
        source: &str,
    ) -> PyResult<Self> {
        Self::with(py, Router::new(Arc::clone(&plan.plan)), aggregator, source)
    }
}

impl PyEngine {
    fn with(
        py: Python<'_>,
        router: Router,
        aggregator: Py<PyKpiAggregator>,
        source: &str,
    ) -> PyResult<Self> {
        let feed = aggregator.get().run(py, "fold", |metrics| Feed::new(source, metrics))?;
        let feed = feed.map_err(errors::rejected)?;
        Ok(Self { gate: Gate::new("Router", Measured { router, feed }), aggregator })
    }

    /// Runs one command: names to keys, command to core, events to the aggregator.
    fn command(
        &self,
        py: Python<'_>,
        call: &'static str,
        now: Seconds,
        asked: &Option<Asked>,
        act: impl FnOnce(&mut Session<'_>) -> Outcome,
    ) -> PyResult<Reply> {
        let outcome = self.gate.run(py, call, |measured| {
            let outcome = Session::open(measured, now, asked).and_then(|mut session| {
                act(&mut session).or_else(|refusal| session.refuse(call, refusal))
            });
            self.pour(py, measured);
            outcome
        })?;
        outcome.map_err(errors::rejected)
    }

    /// Tells the aggregator what happened since the last time. It waits for nobody who reads,
    /// but where a name comes up for the first time; then it must not keep the interpreter: who
    /// is inside may wait for that. One that is broken is told nothing, and breaks no command.
    fn pour(&self, py: Python<'_>, measured: &mut Measured) {
        let Measured { router, feed } = measured;
        let aggregator = self.aggregator.get();
        if !feed.knows_names(router) {
            let learnt = aggregator.run(py, "fold", |metrics| feed.learn_names(router, metrics));
            if learnt.is_err() {
                return aggregator.tell_nothing();
            }
        }
        aggregator.tell(|inbox| feed.draw(router, inbox));
    }

    /// As [`Self::pour`], for a thread that has let go of the interpreter already.
    fn pour_detached(&self, measured: &mut Measured) {
        let Measured { router, feed } = measured;
        let aggregator = self.aggregator.get();
        if !feed.knows_names(router) {
            let learnt = aggregator.within("fold", |metrics| feed.learn_names(router, metrics));
            if learnt.is_err() {
                return aggregator.tell_nothing();
            }
        }
        aggregator.tell(|inbox| feed.draw(router, inbox));
    }

    /// A command that names and numbers make up; it may borrow what came with the call.
    fn simple<'c>(
        &self,
        py: Python<'_>,
        call: &'static str,
        now: Seconds,
        asked: &Option<Asked>,
        command: impl FnOnce(&Session<'_>) -> Result<Command<'c>, Rejection>,
    ) -> PyResult<()> {
        self.command(py, call, now, asked, |session| {
            let command = command(session)?;
            session.apply(command)
        })?;
        Ok(())
    }
}
