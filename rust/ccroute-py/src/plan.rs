//! The plan's checked form behind a handle. What a plan may say is the core's business.

use std::sync::Arc;

use ccroute_core::{ConfigError, Plan, PlanDocument};
use pyo3::prelude::*;

use crate::errors;

/// severity, code, path, message, line.
type FindingRow = (&'static str, &'static str, String, String, Option<usize>);

/// A checked plan, ready for a router. `ccroute.Plan` is its readable side.
#[pyclass(frozen, name = "Plan", module = "ccroute._core")]
pub(crate) struct PyPlan {
    /// Shared with the routers under it.
    pub(crate) plan: Arc<Plan>,
    /// The text it was read from, for lines.
    document: Option<PlanDocument>,
}

#[pymethods]
impl PyPlan {
    /// Reads and checks TOML; raises `ConfigError` with the line.
    #[staticmethod]
    fn from_toml(py: Python<'_>, text: &str) -> PyResult<Self> {
        let read = || PlanDocument::from_toml(text).and_then(Self::read);
        py.detach(read).map_err(errors::config)
    }

    /// Reads and checks JSON; raises `ConfigError` with the key's path.
    #[staticmethod]
    fn from_json(py: Python<'_>, text: &str) -> PyResult<Self> {
        let parse = || {
            serde_json::from_str(text)
                .map_err(|error| ConfigError::new(format!("not JSON: {error}")))
        };
        py.detach(|| parse().and_then(Self::read)).map_err(errors::config)
    }

    /// The JSON Schema of the written form.
    #[staticmethod]
    fn json_schema() -> String {
        Plan::json_schema()
    }

    /// Every key with its meaning, as tables in Markdown.
    #[staticmethod]
    fn reference() -> String {
        Plan::reference()
    }

    /// The plan in TOML.
    fn to_toml(&self) -> String {
        self.plan.to_toml()
    }

    /// The plan in JSON, durations in seconds.
    fn to_json(&self) -> String {
        serde_json::to_string(&self.plan.to_document()).expect("the keys of a document are text")
    }

    /// What is noteworthy about the plan, warnings first.
    fn findings(&self, py: Python<'_>) -> Vec<FindingRow> {
        let found = py.detach(|| match &self.document {
            Some(document) => document.findings(&self.plan),
            None => self.plan.findings(),
        });
        let row = |of: ccroute_core::Finding| {
            (of.severity.word(), of.code.word(), of.path, of.message, of.line)
        };
        found.into_iter().map(row).collect()
    }
}

impl PyPlan {
    fn read(document: PlanDocument) -> Result<Self, ConfigError> {
        let plan = Arc::new(Plan::from_document(&document)?);
        Ok(Self { plan, document: Some(document) })
    }

    /// A plan that was read before.
    pub(crate) fn known(plan: Arc<Plan>) -> Self {
        Self { plan, document: None }
    }
}
