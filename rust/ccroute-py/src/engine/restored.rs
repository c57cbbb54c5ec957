//! `Restored`: a router that came back from a snapshot, before it is measured: who
//! measures it wants to see its plan first, and who sends it away takes out what is personal.

use ccroute_core::{ConfigError, Router};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use super::PyEngine;
use super::redaction::PyRedaction;
use crate::errors;
use crate::gate;
use crate::metrics::PyKpiAggregator;
use crate::plan::PyPlan;

/// A router that came back from a snapshot, before it is measured.
#[pyclass(frozen, module = "ccroute._core", name = "Restored")]
pub(crate) struct PyRestored {
    pub(super) router: Router,
}

#[pymethods]
impl PyRestored {
    #[new]
    fn new(py: Python<'_>, snapshot: &[u8]) -> PyResult<Self> {
        let router = py.detach(|| restored(snapshot)).map_err(errors::config)?;
        Ok(Self { router })
    }

    fn plan(&self) -> PyPlan {
        PyPlan::known(self.router.shared_plan())
    }

    fn engine(
        &self,
        py: Python<'_>,
        aggregator: Py<PyKpiAggregator>,
        source: &str,
    ) -> PyResult<PyEngine> {
        PyEngine::with(py, self.router.clone(), aggregator, source)
    }

    /// As the router's `snapshot`.
    fn snapshot<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &py.detach(|| self.router.snapshot()))
    }

    /// As the router's `state_hash`.
    fn state_hash<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &py.detach(|| self.router.state_hash()))
    }

    /// The same with what is personal renamed, and without the sentences of remembered
    /// refusals; without a redaction only without those.
    fn redacted(&self, py: Python<'_>, redaction: Option<&PyRedaction>) -> Self {
        let mut router = self.router.clone();
        py.detach(|| match redaction {
            Some(redaction) => redaction.within(|redaction| router.redact(redaction)),
            None => router.forget_sentences(),
        });
        Self { router }
    }
}

/// The router in a snapshot. A checksum proves no author, and forged state may break what
/// the core takes for granted: the plan has to pass its reader again, and a panic is a
/// refusal.
fn restored(snapshot: &[u8]) -> Result<Router, ConfigError> {
    let sound = gate::attempt(|| {
        let router = Router::restore(snapshot)?;
        Ok::<_, ConfigError>(router.plan().is_sound().then_some(router))
    });
    let forged = || ConfigError::new("snapshot is inconsistent: take it anew");
    sound.ok_or_else(forged)??.ok_or_else(forged)
}
