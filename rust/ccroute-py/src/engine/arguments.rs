//! What comes from Python with a command, as plain tuples of names and numbers, and what
//! goes back in the same form.

use ccroute_core::Value;
use pyo3::IntoPyObjectExt;
use pyo3::conversion::FromPyObjectOwned;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyInt, PyString, PyTuple};

use crate::errors;
use crate::scalars::{Band, Seconds, Whole, invalid};

/// (name, number) pairs: skills with levels, channels with slots.
pub(super) type Pairs = Vec<(String, Whole)>;
/// A requirement in names: all_of, any_of, none_of, where.
pub(super) type Wish = (Pairs, Vec<Pairs>, Pairs, Option<String>);
/// command_id, actor, reason.
pub(super) type Asked = (String, Option<String>, Option<String>);
/// Attributes, or labels.
pub(super) type Facts = Vec<(String, Fact)>;
/// Agents with scores.
pub(super) type Preferences = Vec<(String, Whole)>;

/// The value of an attribute or a label: a text, a whole number, true or false.
#[derive(Clone)]
pub(super) struct Fact(pub(super) Value);

impl<'a, 'py> FromPyObject<'a, 'py> for Fact {
    type Error = PyErr;

    fn extract(given: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
        if let Ok(flag) = given.cast::<PyBool>() {
            return Ok(Self(Value::Flag(flag.is_true())));
        }
        if let Ok(text) = given.cast::<PyString>() {
            return Ok(Self(Value::Text(text.to_str()?.into())));
        }
        if given.is_instance_of::<PyInt>() {
            let number: Option<i64> = given.extract().ok();
            return number.map(|number| Self(Value::Number(number))).ok_or_else(|| {
                let message = format!("value {}: give a whole number of at most 64 bits", *given);
                errors::rejected(invalid(message))
            });
        }
        let kind = given.get_type().name()?;
        Err(PyTypeError::new_err(format!("give a str, int or bool as a value, not {kind}")))
    }
}

impl<'py> IntoPyObject<'py> for Fact {
    type Target = PyAny;
    type Output = Bound<'py, PyAny>;
    type Error = PyErr;

    fn into_pyobject(self, py: Python<'py>) -> PyResult<Self::Output> {
        match self.0 {
            Value::Flag(flag) => flag.into_bound_py_any(py),
            Value::Number(number) => number.into_bound_py_any(py),
            Value::Text(text) => text.into_bound_py_any(py),
        }
    }
}

/// A tuple from Python whose items have names here, so that a wrong one can be named.
macro_rules! arguments {
    ($(#[$doc:meta])* $name:ident { $($field:ident: $type:ty,)+ }) => {
        $(#[$doc])*
        pub(super) struct $name { $(pub(super) $field: $type,)+ }

        impl<'a, 'py> FromPyObject<'a, 'py> for $name {
            type Error = PyErr;

            fn extract(given: Borrowed<'a, 'py, PyAny>) -> PyResult<Self> {
                let given = given.cast::<PyTuple>()?;
                let mut items = given.iter();
                Ok(Self { $($field: item(&mut items, stringify!($field))?,)+ })
            }
        }
    };
}

/// The next item of a tuple; what is wrong with it, by its name.
fn item<'py, T: FromPyObjectOwned<'py>>(
    items: &mut impl Iterator<Item = Bound<'py, PyAny>>,
    name: &str,
) -> PyResult<T> {
    let item = items.next().ok_or_else(|| PyTypeError::new_err(format!("{name} is missing")))?;
    item.extract().map_err(|error: T::Error| {
        let error: PyErr = error.into();
        if error.is_instance_of::<PyTypeError>(item.py()) {
            PyTypeError::new_err(format!("argument '{name}': {}", error.value(item.py())))
        } else {
            error
        }
    })
}

arguments!(
    /// How an agent serves a queue.
    LinkArgument {
        queue: String,
        rank: Whole,
        position: Whole,
        delay: Seconds,
        waiting: Option<Whole>,
        waited: Option<Seconds>,
    }
);

arguments!(
    /// What an agent is; what is `None` is not said.
    SettingsArgument {
        skills: Option<Pairs>,
        labels: Option<Facts>,
        queues: Option<Vec<LinkArgument>>,
        capacity: Option<Pairs>,
        budget: Option<Whole>,
        lines: Option<Vec<String>>,
    }
);

arguments!(
    /// A contact with all it brings along.
    ContactArgument {
        contact: String,
        queue: Option<String>,
        channel: Option<String>,
        band: Option<Band>,
        head_start: Option<Seconds>,
        requirement: Option<Wish>,
        attributes: Facts,
        preferred: Preferences,
        excluded: Vec<(String, Option<Seconds>)>,
        entered_at: Option<Seconds>,
        not_before: Option<Seconds>,
        customer: Option<String>,
        conversation: Option<String>,
        previous: Option<String>,
    }
);

arguments!(
    /// A contact as a platform reports it.
    ObservedArgument {
        contact: String,
        agent: Option<String>,
        known: Option<ContactArgument>,
    }
);
