//! `Redaction`: keyed pseudonyms for what is personal, for states and for commands alike.

use std::sync::RwLock;

use ccroute_core::{ContactField, Redaction};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use super::arguments::Fact;
use super::restored::PyRestored;
use crate::plan::PyPlan;

/// Keyed pseudonyms that answer what plans ask as the texts do.
#[pyclass(frozen, module = "ccroute._core", name = "Redaction")]
pub(crate) struct PyRedaction {
    /// Read by every call but those that heed a plan.
    inner: RwLock<Redaction>,
}

impl PyRedaction {
    pub(super) fn within<R>(&self, act: impl FnOnce(&Redaction) -> R) -> R {
        act(&self.inner.read().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    fn change(&self, act: impl FnOnce(&mut Redaction)) {
        act(&mut self.inner.write().unwrap_or_else(std::sync::PoisonError::into_inner));
    }
}

#[pymethods]
impl PyRedaction {
    /// `key`: 32 bytes that nobody keeps.
    #[new]
    fn new(key: &[u8]) -> PyResult<Self> {
        let key = key
            .try_into()
            .map_err(|_| PyValueError::new_err(format!("a key of {} bytes: give 32", key.len())))?;
        Ok(Self { inner: RwLock::new(Redaction::new(key)) })
    }

    fn heed(&self, plan: &PyPlan) {
        self.change(|redaction| redaction.heed(&plan.plan));
    }

    fn heed_state(&self, restored: &PyRestored) {
        self.change(|redaction| redaction.heed_router(&restored.router));
    }

    fn text(&self, text: &str) -> String {
        self.within(|redaction| redaction.text(text).into())
    }

    fn reason(&self, text: &str) -> String {
        self.within(|redaction| redaction.reason(text).into())
    }

    fn actor(&self, text: &str) -> String {
        self.within(|redaction| redaction.actor(text).into())
    }

    fn customer(&self, text: &str) -> String {
        self.within(|redaction| redaction.story(ContactField::Customer, text).into())
    }

    fn conversation(&self, text: &str) -> String {
        self.within(|redaction| redaction.story(ContactField::Conversation, text).into())
    }

    fn previous(&self, text: &str) -> String {
        self.within(|redaction| redaction.story(ContactField::Previous, text).into())
    }

    fn value(&self, attribute: &str, value: Fact) -> Fact {
        Fact(self.within(|redaction| redaction.value(attribute, &value.0)))
    }
}
