//! The plan's checked form behind a handle. What a plan may say is the core's business.

use std::sync::Arc;

use ccroute_core::{ConfigError, Plan, PlanDocument};
use pyo3::prelude::*;

use crate::errors;

/// A checked plan, ready for a router. `ccroute.Plan` is its readable side.
#[pyclass(frozen, name = "Plan", module = "ccroute._core")]
pub(crate) struct PyPlan {
    /// Shared with the routers under it.
    pub(crate) plan: Arc<Plan>,
}

#[pymethods]
impl PyPlan {
    /// Reads and checks TOML; raises `ConfigError` with the line.
    #[staticmethod]
    fn from_toml(py: Python<'_>, text: &str) -> PyResult<Self> {
        Self::new(py, py.detach(|| Plan::from_toml(text)))
    }

    /// Reads and checks JSON; raises `ConfigError` with the key's path.
    #[staticmethod]
    fn from_json(py: Python<'_>, text: &str) -> PyResult<Self> {
        let read = py.detach(|| {
            let document: PlanDocument = serde_json::from_str(text)
                .map_err(|error| ConfigError::new(format!("not JSON: {error}")))?;
            Plan::from_document(&document)
        });
        Self::new(py, read)
    }

    /// The plan in TOML, every setting spelt out.
    fn to_toml(&self) -> String {
        self.plan.to_toml()
    }

    /// The plan in JSON, every setting spelt out, durations in seconds.
    fn to_json(&self) -> String {
        serde_json::to_string(&self.plan.to_document()).expect("a document has text for keys")
    }
}

impl PyPlan {
    fn new(py: Python<'_>, read: Result<Plan, ConfigError>) -> PyResult<Self> {
        match read {
            Ok(plan) => Ok(Self { plan: Arc::new(plan) }),
            Err(error) => Err(errors::config(py, &error)),
        }
    }
}
