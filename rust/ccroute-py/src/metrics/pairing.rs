//! `pair_visits` for Python: columns of events in, columns of visits out. What an event means is
//! the core's business.

use ccroute_core::{ConfigError, EventColumns, EventKind, PairCounters, Paired, pair_visits};
use numpy::{Element, PyArray1, PyReadonlyArray1};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::posted_table::NAMED;
use super::visit_table::refused;
use crate::{columns, errors};

/// The columns besides those of names.
const COLUMNS: [&str; 7] = ["contact", "kind", "at_us", "visit", "cause", "agent", "customer"];

/// (columns, the events that began visits which still wait, counters)
type PairedParts<'py> = (Bound<'py, PyDict>, Bound<'py, PyArray1<i64>>, Bound<'py, PyDict>);

/// Events as columns, paired: a row a visit whose wait is over. See ``ccroute.metrics``.
#[pyfunction]
#[pyo3(
    name = "pair_visits",
    signature = (columns, *, kinds),
    text_signature = "(columns, *, kinds)"
)]
pub(crate) fn py_pair_visits<'py>(
    columns: &Bound<'py, PyDict>,
    kinds: Vec<String>,
) -> PyResult<PairedParts<'py>> {
    let kinds = kinds.iter().map(|word| kind(word)).collect::<PyResult<Vec<_>>>()?;
    let given = Given::of(columns)?;
    let contact = given.needed::<u64>("contact")?;
    let (happened, at) = (given.needed::<u8>("kind")?, given.needed::<i64>("at_us")?);
    let visit = given.column::<u32>("visit")?;
    let cause = given.column::<u8>("cause")?;
    let agent = given.column::<i32>("agent")?;
    let queue = given.column::<i32>("queue")?;
    let events = EventColumns {
        contact: contact.as_slice()?,
        kind: happened.as_slice()?,
        kinds: &kinds,
        at: at.as_slice()?,
        visit: slice(&visit)?,
        cause: slice(&cause)?,
        queue: slice(&queue)?,
        agent: slice(&agent)?,
    };
    let paired = pair_visits(&events).map_err(refused)?;
    let (py, made) = (columns.py(), PyDict::new(columns.py()));
    put(&made, "contact", paired.of(events.contact))?;
    put(&made, "entered_us", paired.of(events.at))?;
    if let Some(visit) = events.visit {
        put(&made, "visit", paired.of(visit))?;
    }
    if let Some(customer) = given.column::<u64>("customer")? {
        put(&made, "customer", paired.of(customer.as_slice()?))?;
    }
    for (name, _) in NAMED {
        if let Some(places) = given.column::<i32>(name)? {
            put(&made, name, paired.of(places.as_slice()?))?;
        }
    }
    if let Some(agent) = events.agent {
        put(&made, "agent", paired.of_answers(agent, -1))?;
    }
    into_columns(paired, &made)
        .map(|(waiting, counters)| (made, PyArray1::from_vec(py, waiting), counters))
}

/// Puts the columns that were made of what happened; what is left of the pairing.
fn into_columns<'py>(
    paired: Paired,
    made: &Bound<'py, PyDict>,
) -> PyResult<(Vec<i64>, Bound<'py, PyDict>)> {
    put(made, "course", paired.course)?;
    put(made, "wait_us", paired.wait)?;
    if let Some(cause) = paired.cause {
        put(made, "cause", cause)?;
    }
    if let Some(talk) = paired.talk {
        put(made, "talk_us", talk)?;
    }
    if let Some((hold, holds)) = paired.hold {
        put(made, "hold_us", hold)?;
        put(made, "holds", holds)?;
    }
    if let Some(wrap_up) = paired.wrap_up {
        put(made, "wrap_up_us", wrap_up)?;
    }
    let counters = PyDict::new(made.py());
    let PairCounters {
        events,
        duplicates,
        orphans,
        incomplete,
        backwards,
        overlong,
        unused,
        waiting,
        talking,
    } = paired.counters;
    for (name, count) in [
        ("events", events),
        ("duplicates", duplicates),
        ("orphans", orphans),
        ("incomplete", incomplete),
        ("backwards", backwards),
        ("overlong", overlong),
        ("unused", unused),
        ("waiting", waiting),
        ("talking", talking),
    ] {
        counters.set_item(name, count)?;
    }
    Ok((paired.waiting.into_iter().map(i64::from).collect(), counters))
}

fn put<T: Element>(made: &Bound<'_, PyDict>, name: &str, column: Vec<T>) -> PyResult<()> {
    made.set_item(name, PyArray1::from_vec(made.py(), column))
}

fn kind(word: &str) -> PyResult<EventKind> {
    EventKind::from_word(word).ok_or_else(|| {
        let message = format!("kind '{word}': give words of EVENT_KINDS");
        errors::config(ConfigError::new(message))
    })
}

fn slice<'a, T: Element>(column: &'a Option<PyReadonlyArray1<'_, T>>) -> PyResult<Option<&'a [T]>> {
    Ok(column.as_ref().map(PyReadonlyArray1::as_slice).transpose()?)
}

/// The columns on their way in.
struct Given<'a, 'py> {
    columns: &'a Bound<'py, PyDict>,
    rows: usize,
}

impl<'a, 'py> Given<'a, 'py> {
    /// Refuses a column that is not known.
    fn of(columns: &'a Bound<'py, PyDict>) -> PyResult<Self> {
        for name in columns.keys() {
            let name: String = name.extract()?;
            let named = NAMED.iter().any(|(known, _)| *known == name);
            if !named && !COLUMNS.contains(&name.as_str()) {
                let dimensions: Vec<&str> = NAMED.iter().map(|(name, _)| *name).collect();
                let known = format!("{}, {}", COLUMNS.join(", "), dimensions.join(", "));
                let message = format!("column '{name}': give columns among {known}");
                return Err(errors::config(ConfigError::new(message)));
            }
        }
        let rows = columns.get_item("contact")?.map_or(Ok(0), |contact| contact.len())?;
        Ok(Self { columns, rows })
    }

    fn needed<T: Element + Copy>(&self, name: &str) -> PyResult<PyReadonlyArray1<'py, T>> {
        self.column(name)?.ok_or_else(|| {
            let message = format!("columns 'without': give the column {name}");
            errors::config(ConfigError::new(message))
        })
    }

    /// A column where it lies, or a copy where its values do not lie one behind the other.
    fn column<T: Element + Copy>(&self, name: &str) -> PyResult<Option<PyReadonlyArray1<'py, T>>> {
        let Some(array) = self.columns.get_item(name)? else { return Ok(None) };
        let column = columns::keep::<T>(name, &array)?;
        columns::lent(name, column.bind(array.py()), self.rows).map(Some)
    }
}
