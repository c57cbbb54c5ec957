//! `KpiAggregator`: the fold behind a gate.

use ccroute_core::{Feed, KpiAggregator, Router};
use pyo3::prelude::*;

use crate::gate::Gate;

/// Folds events into counts, sums and distributions by queue, agent and interval.
#[pyclass(frozen, module = "ccroute", name = "KpiAggregator")]
pub(crate) struct PyKpiAggregator {
    gate: Gate<KpiAggregator>,
}

#[pymethods]
impl PyKpiAggregator {
    #[new]
    fn new() -> Self {
        Self { gate: Gate::new("KpiAggregator", KpiAggregator::default()) }
    }
}

impl PyKpiAggregator {
    /// Folds what a router did since the last time.
    pub(crate) fn pour_from(&self, feed: &mut Feed, router: &Router) -> PyResult<()> {
        self.gate.within("fold", |aggregator| feed.pour(router, aggregator))
    }
}
