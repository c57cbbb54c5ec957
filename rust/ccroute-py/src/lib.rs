//! Python bindings of the ccroute engine: convert, detach, map errors. No routing rules.

mod arrays;
mod assignment;
mod columns;
mod distribution;
mod engine;
mod errors;
mod gate;
mod matcher_batch;
mod metrics;
mod plan;
mod priority_queue;
mod queue_batch;
mod scalars;
mod skill_matcher;
mod threads;

use pyo3::prelude::*;

/// The extension module `ccroute._core`; `ccroute._wire` is its only importer.
#[pymodule(gil_used = false)]
mod _core {
    use super::*;

    #[pymodule_export]
    use super::assignment::py_assign;
    #[pymodule_export]
    use super::distribution::PyDistribution;
    #[pymodule_export]
    use super::engine::PyEngine;
    #[pymodule_export]
    use super::engine::PyRedaction;
    #[pymodule_export]
    use super::engine::PyRestored;
    #[pymodule_export]
    use super::engine::array_words;
    #[pymodule_export]
    use super::metrics::PyKpiAggregator;
    #[pymodule_export]
    use super::metrics::PyVisitTable;
    #[pymodule_export]
    use super::metrics::py_pair_visits;
    #[pymodule_export]
    use super::plan::PyPlan;
    #[pymodule_export]
    use super::priority_queue::PyPriorityQueue;
    #[pymodule_export]
    use super::skill_matcher::PySkillMatcher;

    /// The version the extension was built from.
    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("EVENT_DTYPE", arrays::event_dtype(module.py())?)?;
        module.add("EVENT_DTYPE_VERSION", arrays::EVENT_VERSION)?;
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
