//! The core's errors as the exceptions of `ccroute._errors`.

use pyo3::PyErr;

mod exceptions {
    pyo3::import_exception!(ccroute._errors, ConfigError);
    pyo3::import_exception!(ccroute._errors, DataUnavailable);
    pyo3::import_exception!(ccroute._errors, EngineBroken);
    pyo3::import_exception!(ccroute._errors, Rejected);
}

/// What could never be valid, with its line where there was a text.
pub(crate) fn config(error: ccroute_core::ConfigError) -> PyErr {
    exceptions::ConfigError::new_err((error.message, error.line))
}

/// The state said no.
pub(crate) fn rejected(refusal: ccroute_core::Rejection) -> PyErr {
    exceptions::Rejected::new_err((refusal.code.word(), refusal.message))
}

/// It is not kept, or not any more.
pub(crate) fn unavailable(what: String) -> PyErr {
    exceptions::DataUnavailable::new_err(what)
}

/// A panic: the object is gone.
pub(crate) fn broken(class: &str, call: &str) -> PyErr {
    exceptions::EngineBroken::new_err(format!(
        "a defect of ccroute in {class}.{call} broke this {class}: drop it and restore it from a \
         snapshot"
    ))
}

/// An invariant does not hold.
pub(crate) fn unsound(what: String) -> PyErr {
    exceptions::EngineBroken::new_err(format!(
        "a defect of ccroute: {what}; drop this Router and restore it from an earlier snapshot"
    ))
}
