//! Visits to be posted, as Python gives them: columns, checked one by one, and their rows.
//! What becomes of a row is the core's business.

use ccroute_core::{
    AgentKey, Cause, ChannelKey, ContactKey, Course, Dimension, KpiAggregator, QueueKey, Rejection,
    Span, Timestamp, VisitFact, VisitRows,
};
use numpy::Element;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::facts::of_row;
use super::{invalid, refusal};
use crate::{columns, errors};

/// The dimensions whose columns hold places in lists of names, in the order of the core.
pub(super) const NAMED: [(&str, Dimension); 10] = [
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

/// The columns besides those of names.
const COLUMNS: [&str; 14] = [
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

/// The columns of a table of visits; `None` where one is left out.
pub(super) struct PostedTable {
    contact: Vec<u64>,
    visit: Option<Vec<u32>>,
    revision: Option<Vec<u32>>,
    /// Places in the lists of names, by dimension.
    labels: [Option<Vec<i32>>; NAMED.len()],
    agent: Option<Vec<i32>>,
    customer: Option<Vec<u64>>,
    course: Option<Vec<u8>>,
    cause: Option<Vec<u8>>,
    entered: Vec<Timestamp>,
    wait: Option<Vec<Span>>,
    talk: Option<Vec<Span>>,
    hold: Option<Vec<Span>>,
    holds: Option<Vec<u32>>,
    wrap_up: Option<Vec<Span>>,
    first_response: Option<Vec<i64>>,
}

/// A column, if it is there.
struct Columns<'a, 'py> {
    given: &'a Bound<'py, PyDict>,
    rows: usize,
}

impl Columns<'_, '_> {
    fn of<T: Element + Copy>(&self, name: &str) -> PyResult<Option<Vec<T>>> {
        columns::read_beside(name, self.given.get_item(name)?.as_ref(), self.rows)
    }

    fn spans(&self, name: &str) -> PyResult<Option<Vec<Span>>> {
        let micros = self.of::<i64>(name)?;
        micros.map(|micros| columns::spans(name, micros)).transpose().map_err(errors::rejected)
    }
}

/// Refuses a column that is not known.
fn check_names(given: &Bound<'_, PyDict>) -> PyResult<()> {
    for name in given.keys() {
        let name: String = name.extract()?;
        let named = NAMED.iter().any(|(known, _)| *known == name);
        if !named && !COLUMNS.contains(&name.as_str()) {
            let dimensions: Vec<&str> = NAMED.iter().map(|(name, _)| *name).collect();
            let wanted = format!("{}, {}", COLUMNS.join(", "), dimensions.join(", "));
            return Err(invalid("column", &name, &format!("columns among {wanted}")));
        }
    }
    Ok(())
}

impl PostedTable {
    pub(super) fn read(given: &Bound<'_, PyDict>) -> PyResult<Self> {
        check_names(given)?;
        let needed = |name: &str| {
            given
                .get_item(name)?
                .ok_or_else(|| invalid("columns", "without", &format!("the column {name}")))
        };
        let contact = columns::read::<u64>("contact", &needed("contact")?)?;
        needed("entered_us")?;
        let column = Columns { given, rows: contact.len() };
        let entered = column.of::<i64>("entered_us")?.unwrap_or_default();
        let mut labels = [const { None }; NAMED.len()];
        for (places, (name, _)) in labels.iter_mut().zip(NAMED) {
            *places = column.of(name)?;
        }
        Ok(Self {
            visit: column.of("visit")?,
            revision: column.of("revision")?,
            labels,
            agent: column.of("agent")?,
            customer: column.of("customer")?,
            course: column.of("course")?,
            cause: column.of("cause")?,
            entered: columns::instants("entered_us", entered).map_err(errors::rejected)?,
            wait: column.spans("wait_us")?,
            talk: column.spans("talk_us")?,
            hold: column.spans("hold_us")?,
            holds: column.of("holds")?,
            wrap_up: column.spans("wrap_up_us")?,
            first_response: column.of("first_response_us")?,
            contact,
        })
    }

    /// Whether every row can be one; what two columns say together is the core's to check.
    pub(super) fn check(&self, names: &NamedLists<'_>) -> Result<(), Rejection> {
        let remedy = "one of contacts()";
        check("contact", Some(&self.contact), |raw| ContactKey::from_raw(raw).is_some(), remedy)?;
        let known = |code| Cause::from_code(code).is_some();
        check("cause", self.cause.as_deref(), known, "a code of CAUSES")?;
        let remedy = "0 answered, 1 abandoned, 2 left, 3 none";
        check("course", self.course.as_deref(), |code| code < 4, remedy)?;
        let remedy = "microseconds, or -1 for none";
        let fits = |micros| micros == NO_RESPONSE || Span::from_micros(micros).is_some();
        check("first_response_us", self.first_response.as_deref(), fits, remedy)?;
        let queue = self.labels[0].as_deref();
        if queue.is_none() && !self.contact.is_empty() {
            return Err(of_row(0, &refusal("queue", "-1", EVERY)));
        }
        check("queue", queue, |place| place != NONE, EVERY)?;
        let agents = ("agent", &self.agent, names.agents);
        let labels = NAMED.iter().zip(&self.labels).zip(names.dimensions);
        let labels = labels.map(|(((name, _), column), list)| (*name, column, list));
        for (name, column, list) in labels.chain([agents]) {
            if column.is_some() && list.is_empty() && !self.contact.is_empty() {
                return Err(refusal("names", "without", &format!("those of the column {name}")));
            }
            let last = i32::try_from(list.len()).unwrap_or(i32::MAX);
            let remedy = "a place in its list of names, or -1";
            check(name, column.as_deref(), |place| (NONE..last).contains(&place), remedy)?;
        }
        Ok(())
    }

    /// The rows, which were checked.
    pub(super) fn rows<'a>(&'a self, source: u16, keys: &'a Keys) -> Rows<'a> {
        let mut given = self
            .labels
            .iter()
            .zip(&keys.labels)
            .map(|(places, keys)| places.as_deref().map(|places| LabelColumn { places, keys }));
        let [queue, channel] = [given.next().flatten(), given.next().flatten()];
        let labels = given.enumerate().filter_map(|(place, column)| Some((place, column?)));
        Rows { table: self, source, queue, channel, labels: labels.collect(), agents: &keys.agents }
    }
}

/// The rows of a table, with the numbers of their names.
pub(super) struct Rows<'a> {
    table: &'a PostedTable,
    source: u16,
    queue: Option<LabelColumn<'a>>,
    channel: Option<LabelColumn<'a>>,
    /// Of the other dimensions those that are given.
    labels: Vec<(usize, LabelColumn<'a>)>,
    agents: &'a [AgentKey],
}

impl VisitRows for Rows<'_> {
    fn rows(&self) -> usize {
        self.table.contact.len()
    }

    #[inline(always)]
    fn visit(&self, row: usize) -> VisitFact {
        let Self { table, source, agents, .. } = *self;
        let span = |column: &Option<Vec<Span>>| at(column, row).unwrap_or(Span::ZERO);
        let mut labels = [0; NAMED.len() - 2];
        for (place, column) in &self.labels {
            labels[*place] = column.label(row);
        }
        let [queue, channel] =
            [self.queue, self.channel].map(|column| column.map_or(0, |column| column.label(row)));
        let cause = at(&table.cause, row).and_then(Cause::from_code).unwrap_or(Cause::None);
        let response = at(&table.first_response, row).and_then(Span::from_micros);
        VisitFact {
            source,
            contact: ContactKey::from_raw(table.contact[row]).expect("it was checked"),
            visit: at(&table.visit, row).unwrap_or(1),
            revision: at(&table.revision, row).unwrap_or(1),
            queue: QueueKey::new(queue as usize - 1),
            channel: (channel as usize).checked_sub(1).map(ChannelKey::new),
            labels,
            customer: at(&table.customer, row).unwrap_or(0),
            entered: table.entered[row],
            course: match at(&table.course, row) {
                None | Some(0) => Course::Answered,
                Some(1) => Course::Abandoned,
                Some(2) => Course::Left(cause),
                Some(_) => Course::None,
            },
            wait: span(&table.wait),
            agent: at(&table.agent, row).and_then(|place| agents.get(place as usize).copied()),
            talk: span(&table.talk),
            hold: span(&table.hold),
            holds: at(&table.holds, row).unwrap_or(0),
            wrap_up: span(&table.wrap_up),
            ending: cause,
            first_response: response,
        }
    }
}

/// A column of places, and the labels they stand for.
#[derive(Clone, Copy)]
struct LabelColumn<'a> {
    places: &'a [i32],
    keys: &'a [u32],
}

impl LabelColumn<'_> {
    /// Nobody, -1, is none of a list.
    #[inline(always)]
    fn label(self, row: usize) -> u32 {
        self.keys.get(self.places[row] as usize).copied().unwrap_or(0)
    }
}

const EVERY: &str = "a place in names: every visit is to a queue";

#[inline(always)]
fn at<T: Copy>(column: &Option<Vec<T>>, row: usize) -> Option<T> {
    column.as_ref().map(|column| column[row])
}

/// Refuses the first value of a column that is none.
fn check<T: Copy + ToString>(
    name: &str,
    column: Option<&[T]>,
    fits: impl Fn(T) -> bool,
    remedy: &str,
) -> Result<(), Rejection> {
    let wrong = column.and_then(|column| column.iter().position(|&value| !fits(value)));
    match column.zip(wrong) {
        None => Ok(()),
        Some((column, row)) => Err(of_row(row, &refusal(name, &column[row].to_string(), remedy))),
    }
}

/// The lists of names that columns hold places in; empty where none was given.
pub(super) struct NamedLists<'a> {
    dimensions: [&'a [String]; NAMED.len()],
    agents: &'a [String],
}

impl<'a> NamedLists<'a> {
    pub(super) fn of(
        metrics: &KpiAggregator,
        names: &'a [(String, Vec<String>)],
    ) -> Result<Self, Rejection> {
        let mut lists = Self { dimensions: [&[]; NAMED.len()], agents: &[] };
        for (name, list) in names {
            if name == "agent" {
                lists.agents = list;
                continue;
            }
            let place = NAMED.iter().position(|(known, _)| known == name).or_else(|| {
                let dimension = metrics.dimension(name)?;
                NAMED.iter().position(|&(_, known)| known == dimension)
            });
            let Some(place) = place else {
                return Err(refusal("names", name, "names of queue, channel, agent or a label"));
            };
            lists.dimensions[place] = list;
        }
        Ok(lists)
    }

    /// Numbers that stand for nothing yet.
    pub(super) fn trial(&self) -> Keys {
        let places = |list: &[String]| (1..).take(list.len()).collect();
        let agents = (0..self.agents.len()).map(AgentKey::new).collect();
        Keys { labels: self.dimensions.map(places), agents }
    }

    /// Gives every name a number.
    pub(super) fn intern(&self, metrics: &mut KpiAggregator) -> Keys {
        let mut labels = [const { Vec::new() }; NAMED.len()];
        for ((keys, list), (_, dimension)) in labels.iter_mut().zip(self.dimensions).zip(NAMED) {
            *keys = list.iter().map(|name| metrics.label(dimension, name)).collect();
        }
        Keys { labels, agents: self.agents.iter().map(|name| metrics.agent(name)).collect() }
    }
}

/// What the names came to, list by list.
pub(super) struct Keys {
    labels: [Vec<u32>; NAMED.len()],
    agents: Vec<AgentKey>,
}
