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
        py.detach(|| Plan::from_toml(text)).map(Self::new).map_err(errors::config)
    }

    /// Reads and checks JSON; raises `ConfigError` with the key's path.
    #[staticmethod]
    fn from_json(py: Python<'_>, text: &str) -> PyResult<Self> {
        py.detach(|| read_json(text)).map(Self::new).map_err(errors::config)
    }

    /// The plan in TOML, every setting spelt out.
    fn to_toml(&self) -> String {
        self.plan.to_toml()
    }

    /// The plan in JSON, every setting spelt out, durations in seconds.
    fn to_json(&self) -> String {
        serde_json::to_string(&self.plan.to_document()).expect("the keys of a document are text")
    }
}

impl PyPlan {
    fn new(plan: Plan) -> Self {
        Self { plan: Arc::new(plan) }
    }
}

fn read_json(text: &str) -> Result<Plan, ConfigError> {
    let document: PlanDocument = serde_json::from_str(text)
        .map_err(|error| ConfigError::new(format!("not JSON: {error}")))?;
    Plan::from_document(&document)
}
