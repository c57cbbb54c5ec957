//! Facts given whole, as columns: rows of call-detail tables, and corrections.

use ccroute_core::{
    AgentKey, Cause, ChannelKey, ContactKey, Course, Dimension, KpiAggregator, Mark, Millionths,
    Posted, QueueKey, Rejection, RejectionCode, Span, Timestamp, VisitFact,
};
use numpy::PyArray1;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::{PyKpiAggregator, invalid, refusal};
use crate::scalars::{self, Number, Real, Seconds};
use crate::{columns, errors};

/// The dimensions whose columns hold places in lists of names, in the order of the core.
const NAMED: [(&str, Dimension); 10] = [
    ("queue", Dimension::Queue),
    ("channel", Dimension::Channel),
    ("direction", Dimension::Direction),
    ("client", Dimension::Client),
    ("campaign", Dimension::Campaign),
    ("custom1", Dimension::Custom1),
    ("custom2", Dimension::Custom2),
    ("custom3", Dimension::Custom3),
    ("custom4", Dimension::Custom4),
    ("tenant", Dimension::Tenant),
];

/// Without a name.
const NONE: i32 = -1;

/// No first response.
const NO_RESPONSE: i64 = -1;

#[pymethods]
impl PyKpiAggregator {
    /// Counts visits given as a whole, a row each, in place of what was known of them.
    /// Returns what became of each row: see the stub.
    #[pyo3(signature = (columns, *, names, source=""))]
    fn post_visits<'py>(
        &self,
        py: Python<'py>,
        columns: &Bound<'py, PyDict>,
        names: Vec<(String, Vec<String>)>,
        source: &str,
    ) -> PyResult<Bound<'py, PyArray1<u8>>> {
        let table = Visits::read(columns)?;
        let posted = self.run_detached(py, "post_visits", |metrics| {
            let source = metrics.source(source)?;
            let labels = Labels::of(metrics, &names, &table)?;
            // All or none: a row that cannot be is found before the first is counted.
            for row in 0..table.contact.len() {
                table.fact(row, source, &labels)?;
            }
            let fact = |row| table.fact(row, source, &labels).expect("looked at before");
            let posted = metrics.post_visits((0..table.contact.len()).map(fact));
            let posted = posted.map_err(|(row, refusal)| of_row(row, &refusal))?;
            Ok(posted.into_iter().map(code).collect::<Vec<u8>>())
        })?;
        Ok(PyArray1::from_vec(py, posted.map_err(errors::rejected)?))
    }

    /// Marks a visit: an answer of its customer, an amount, or a code. Returns what became
    /// of it.
    #[pyo3(
        signature = (contact, name, at, *, visit=Number(1), score=None, amount=None,
            revision=Number(1), source=""),
        text_signature = "($self, contact, name, at, *, visit=1, score=None, amount=None, \
            revision=1, source='')"
    )]
    fn mark(
        &self,
        py: Python<'_>,
        contact: &Bound<'_, PyAny>,
        name: &str,
        at: Seconds,
        visit: Number,
        score: Option<Number>,
        amount: Option<Real>,
        revision: Number,
        source: &str,
    ) -> PyResult<&'static str> {
        let mark = match (score, amount) {
            (None, None) => Mark::Code,
            (Some(score), None) => Mark::Score(u8::try_from(score.0).map_err(|_| {
                invalid("score", &score.0.to_string(), "a whole number from 0 to 255")
            })?),
            (None, Some(Real(amount))) => {
                let millionths = Millionths::from_f64(amount).ok_or_else(|| {
                    invalid("amount", &amount.to_string(), "a finite number up to a million")
                })?;
                Mark::Amount(millionths.raw())
            }
            (Some(_), Some(_)) => {
                return Err(invalid("mark", name, "a score or an amount, not both"));
            }
        };
        let at = scalars::instant("at", at).map_err(errors::rejected)?;
        let visit = scalars::half("visit", visit).map_err(errors::rejected)?;
        let revision = scalars::half("revision", revision).map_err(errors::rejected)?;
        let key: Option<u64> = contact.extract().ok();
        let id: Option<String> = contact.extract().ok();
        let posted = self.run(py, "mark", |metrics| {
            let source = metrics.source(source)?;
            let contact = match (key.and_then(ContactKey::from_raw), &id) {
                (Some(key), _) => key,
                (None, Some(id)) => metrics.contact(source, id),
                (None, None) => {
                    return Err(refusal("contact", "of another type", "its text or its key"));
                }
            };
            let name = metrics.text(name);
            metrics.mark(source, contact, visit, at, name, mark, revision)
        })?;
        Ok(said(posted.map_err(errors::rejected)?))
    }
}

fn of_row(row: usize, refusal: &Rejection) -> Rejection {
    Rejection::new(refusal.code, format!("row {row}: {}", refusal.message))
}

/// As a number in the array of what became of rows.
fn code(posted: Posted) -> u8 {
    match posted {
        Posted::Counted => 0,
        Posted::Duplicate => 1,
        Posted::Superseded => 2,
        Posted::Conflict => 3,
        Posted::Late => 4,
        Posted::Held => 5,
    }
}

fn said(posted: Posted) -> &'static str {
    match posted {
        Posted::Counted => "counted",
        Posted::Duplicate => "duplicate",
        Posted::Superseded => "superseded",
        Posted::Conflict => "conflict",
        Posted::Late => "late",
        Posted::Held => "held",
    }
}

/// The columns of a table of visits.
struct Visits {
    contact: Vec<u64>,
    visit: Vec<u32>,
    revision: Vec<u32>,
    /// Places in the lists of names, by dimension; `None` where the column is left out.
    labels: Vec<Option<Vec<i32>>>,
    agent: Option<Vec<i32>>,
    customer: Vec<u64>,
    course: Vec<u8>,
    cause: Vec<u8>,
    entered: Vec<Timestamp>,
    wait: Vec<Span>,
    talk: Vec<Span>,
    hold: Vec<Span>,
    holds: Vec<u32>,
    wrap_up: Vec<Span>,
    first_response: Option<Vec<i64>>,
}

/// Refuses a column that is not known.
fn check_names(given: &Bound<'_, PyDict>) -> PyResult<()> {
    let known = [
        "contact",
        "visit",
        "revision",
        "agent",
        "customer",
        "course",
        "cause",
        "entered_us",
        "wait_us",
        "talk_us",
        "hold_us",
        "holds",
        "wrap_up_us",
        "first_response_us",
    ];
    for name in given.keys() {
        let name: String = name.extract()?;
        let named = NAMED.iter().any(|(known, _)| *known == name);
        if !named && !known.contains(&name.as_str()) {
            let dimensions: Vec<&str> = NAMED.iter().map(|(name, _)| *name).collect();
            let wanted = format!("{}, {}", known.join(", "), dimensions.join(", "));
            return Err(invalid("column", &name, &format!("columns among {wanted}")));
        }
    }
    Ok(())
}

impl Visits {
    fn read(given: &Bound<'_, PyDict>) -> PyResult<Self> {
        check_names(given)?;
        let column = |name: &str| given.get_item(name);
        let needed = |name: &str| {
            column(name)?
                .ok_or_else(|| invalid("columns", "without", &format!("the column {name}")))
        };
        let contact = columns::read::<u64>("contact", &needed("contact")?)?;
        let rows = contact.len();
        let spans = |name: &str| -> PyResult<Vec<Span>> {
            let micros = columns::read_beside::<i64>(name, column(name)?.as_ref(), rows)?;
            let micros = micros.unwrap_or_else(|| vec![0; rows]);
            columns::spans(name, &micros).map_err(errors::rejected)
        };
        let numbers = |name: &str, default: u32| -> PyResult<Vec<u32>> {
            let read = columns::read_beside::<u32>(name, column(name)?.as_ref(), rows)?;
            Ok(read.unwrap_or_else(|| vec![default; rows]))
        };
        let codes = |name: &str| -> PyResult<Vec<u8>> {
            let read = columns::read_beside::<u8>(name, column(name)?.as_ref(), rows)?;
            Ok(read.unwrap_or_else(|| vec![0; rows]))
        };
        let places = |name: &str| columns::read_beside::<i32>(name, column(name)?.as_ref(), rows);
        let entered = needed("entered_us")?;
        let entered = columns::read_beside::<i64>("entered_us", Some(&entered), rows)?;
        let customer = column("customer")?;
        let customer = columns::read_beside::<u64>("customer", customer.as_ref(), rows)?;
        let response = column("first_response_us")?;
        Ok(Self {
            visit: numbers("visit", 1)?,
            revision: numbers("revision", 1)?,
            labels: NAMED.iter().map(|(name, _)| places(name)).collect::<PyResult<_>>()?,
            agent: places("agent")?,
            customer: customer.unwrap_or_else(|| vec![0; rows]),
            course: codes("course")?,
            cause: codes("cause")?,
            entered: columns::instants("entered_us", &entered.unwrap_or_default())
                .map_err(errors::rejected)?,
            wait: spans("wait_us")?,
            talk: spans("talk_us")?,
            hold: spans("hold_us")?,
            holds: numbers("holds", 0)?,
            wrap_up: spans("wrap_up_us")?,
            first_response: columns::read_beside("first_response_us", response.as_ref(), rows)?,
            contact,
        })
    }

    fn fact(&self, row: usize, source: u16, labels: &Labels) -> Result<VisitFact, Rejection> {
        let wrong =
            |what: &str, given: &str, wanted: &str| of_row(row, &refusal(what, given, wanted));
        let contact = ContactKey::from_raw(self.contact[row])
            .ok_or_else(|| wrong("contact", &self.contact[row].to_string(), "one of contacts()"))?;
        let cause = Cause::from_code(self.cause[row])
            .ok_or_else(|| wrong("cause", &self.cause[row].to_string(), "a code of CAUSES"))?;
        let course = match self.course[row] {
            0 => Course::Answered,
            1 => Course::Abandoned,
            2 => Course::Left(cause),
            3 => Course::None,
            other => {
                let wanted = "0 answered, 1 abandoned, 2 left, 3 none";
                return Err(wrong("course", &other.to_string(), wanted));
            }
        };
        let mut found = [0; 10];
        for (place, (name, _)) in NAMED.iter().enumerate() {
            let given = self.labels[place].as_ref().map_or(NONE, |column| column[row]);
            found[place] = labels.label(place, given).ok_or_else(|| {
                wrong(name, &given.to_string(), "a place in its list of names, or -1")
            })?;
        }
        if found[0] == 0 {
            return Err(wrong("queue", "-1", "a place in names: every visit is to a queue"));
        }
        let agent = self.agent.as_ref().map_or(NONE, |column| column[row]);
        let agent = labels.agent(agent).ok_or_else(|| {
            wrong("agent", &agent.to_string(), "a place in its list of names, or -1")
        })?;
        let response = self.first_response.as_ref().map_or(NO_RESPONSE, |column| column[row]);
        let first_response = match response {
            NO_RESPONSE => None,
            micros => Some(
                Span::from_micros(micros).filter(|&span| span >= Span::ZERO).ok_or_else(|| {
                    wrong("first_response_us", &micros.to_string(), "microseconds, or -1 for none")
                })?,
            ),
        };
        let [queue, channel, labels @ ..] = found;
        Ok(VisitFact {
            source,
            contact,
            visit: self.visit[row],
            revision: self.revision[row],
            queue: QueueKey::new(queue as usize - 1),
            channel: (channel as usize).checked_sub(1).map(ChannelKey::new),
            labels,
            customer: self.customer[row],
            entered: self.entered[row],
            course,
            wait: self.wait[row],
            agent,
            talk: self.talk[row],
            hold: self.hold[row],
            holds: self.holds[row],
            wrap_up: self.wrap_up[row],
            ending: cause,
            first_response,
        })
    }
}

/// The labels behind the places of a table's columns.
struct Labels {
    dimensions: Vec<Vec<u32>>,
    agents: Vec<AgentKey>,
}

impl Labels {
    fn of(
        metrics: &mut KpiAggregator,
        names: &[(String, Vec<String>)],
        table: &Visits,
    ) -> Result<Self, Rejection> {
        let mut labels = Self { dimensions: vec![Vec::new(); NAMED.len()], agents: Vec::new() };
        for (name, list) in names {
            if name == "agent" {
                labels.agents = list.iter().map(|name| metrics.agent(name)).collect();
                continue;
            }
            let place = NAMED.iter().position(|(known, _)| known == name).or_else(|| {
                let dimension = metrics.dimension(name)?;
                NAMED.iter().position(|&(_, known)| known == dimension)
            });
            let Some(place) = place else {
                return Err(refusal("names", name, "names of queue, channel, agent or a label"));
            };
            let dimension = NAMED[place].1;
            labels.dimensions[place] =
                list.iter().map(|name| metrics.label(dimension, name)).collect();
        }
        for (place, (name, _)) in NAMED.iter().enumerate() {
            if table.labels[place].is_some() && labels.dimensions[place].is_empty() {
                return Err(refusal("names", "without", &format!("those of the column {name}")));
            }
        }
        Ok(labels)
    }

    fn label(&self, dimension: usize, place: i32) -> Option<u32> {
        if place == NONE {
            return Some(0);
        }
        let place = usize::try_from(place).ok()?;
        self.dimensions[dimension].get(place).copied()
    }

    #[expect(clippy::option_option, reason = "nobody is an answer, no place in the list is not")]
    fn agent(&self, place: i32) -> Option<Option<AgentKey>> {
        if place == NONE {
            return Some(None);
        }
        let place = usize::try_from(place).ok()?;
        self.agents.get(place).copied().map(Some)
    }
}
