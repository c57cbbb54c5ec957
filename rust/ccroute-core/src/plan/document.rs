//! A document as parsed, before anyone asks what it means: values with their place.
//!
//! TOML and JSON both arrive here, so that one reader (`read`) says what is wrong
//! in either, and the writer (`write.rs`) leaves by the same door. No rule of the
//! plan lives here.

use core::fmt;

use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::error::ConfigError;
use crate::time::{MICROS, Shift, Span};

/// A plan as written, in TOML, JSON or whatever else serde reads.
///
/// Durations are written as seconds. A document read from TOML remembers its lines.
///
/// ```
/// use ccroute_core::{Plan, PlanDocument};
/// let plan = Plan::from_toml("[queues.sales]\nrequires.all_of.es = 5").unwrap();
/// let document: PlanDocument = plan.to_document();
/// assert_eq!(Plan::from_document(&document).unwrap(), plan);
/// ```
#[derive(Clone, Debug)]
pub struct PlanDocument {
    pub(super) root: Node,
    /// Where each line starts; without them places have no meaning.
    lines: Vec<usize>,
}

/// One value and where it begins, in bytes from the start of the text.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) value: Value,
    pub(super) at: usize,
}

#[derive(Clone, Debug)]
pub(super) enum Value {
    Bool(bool),
    Integer(i64),
    Float(f64),
    Text(String),
    List(Vec<Node>),
    Table(Vec<Entry>),
    /// A duration that was never text: only the writer makes it.
    Span(Span),
    /// A head start that was never text.
    Shift(Shift),
    /// What no key of a plan takes, by its description.
    Foreign(&'static str),
}

/// One key of a table with its value.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) key: String,
    pub(super) at: usize,
    pub(super) node: Node,
}

/// Bytes of the longest piece of text that an error quotes.
const MAX_SHOWN: usize = 60;

impl PlanDocument {
    /// A document that was never text.
    pub(super) fn new(root: Value) -> Self {
        Self { root: root.into(), lines: Vec::new() }
    }

    /// Parses TOML; what it means is not looked at.
    ///
    /// # Errors
    /// The first place that is not TOML.
    pub fn from_toml(text: &str) -> Result<Self, ConfigError> {
        let breaks = text.bytes().enumerate().filter(|&(_, byte)| byte == b'\n');
        let lines: Vec<usize> = core::iter::once(0).chain(breaks.map(|(at, _)| at + 1)).collect();
        let parsed = DeTable::parse(text).map_err(|error| {
            let start = error.span().map(|span| span.start);
            // The parser says `duplicate key` of it and leaves the key to its span.
            let place = error.span().and_then(|span| text.get(span)).unwrap_or_default();
            let short = (1..=MAX_SHOWN).contains(&place.len()) && !place.contains('\n');
            let place = if short { format!(": `{place}`") } else { String::new() };
            ConfigError {
                message: format!("not TOML: {}{place}", error.message().replace('\n', "; ")),
                line: start.and_then(|at| line_of(&lines, at)),
            }
        })?;
        let at = parsed.span().start;
        Ok(Self { root: Node { value: table(parsed.into_inner()), at }, lines })
    }

    /// The line of a place, from 1.
    pub(super) fn line(&self, at: usize) -> Option<usize> {
        line_of(&self.lines, at)
    }
}

fn line_of(starts: &[usize], at: usize) -> Option<usize> {
    if starts.is_empty() { None } else { Some(starts.partition_point(|&start| start <= at)) }
}

impl From<Value> for Node {
    fn from(value: Value) -> Self {
        Self { value, at: 0 }
    }
}

impl From<Spanned<DeValue<'_>>> for Node {
    fn from(spanned: Spanned<DeValue<'_>>) -> Self {
        let at = spanned.span().start;
        let value = match spanned.into_inner() {
            DeValue::String(text) => Value::Text(text.into_owned()),
            DeValue::Integer(digits) => i64::from_str_radix(digits.as_str(), digits.radix())
                .map_or(Value::Foreign("a number out of range"), Value::Integer),
            DeValue::Float(digits) => digits
                .as_str()
                .parse()
                .map_or(Value::Foreign("a number out of range"), Value::Float),
            DeValue::Boolean(flag) => Value::Bool(flag),
            DeValue::Datetime(_) => Value::Foreign("a date"),
            DeValue::Array(items) => Value::List(items.into_iter().map(Self::from).collect()),
            DeValue::Table(entries) => table(entries),
        };
        Self { value, at }
    }
}

fn table(entries: DeTable<'_>) -> Value {
    let entry = |(key, value): (Spanned<_>, Spanned<DeValue<'_>>)| {
        let at = key.span().start;
        Entry { key: String::from(key.into_inner()), at, node: value.into() }
    };
    Value::Table(entries.into_iter().map(entry).collect())
}

impl Serialize for PlanDocument {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.root.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for PlanDocument {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self { root: Node::deserialize(deserializer)?, lines: Vec::new() })
    }
}

impl Serialize for Node {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.value {
            Value::Bool(flag) => serializer.serialize_bool(*flag),
            Value::Integer(number) => serializer.serialize_i64(*number),
            Value::Float(number) => serializer.serialize_f64(*number),
            Value::Text(text) => serializer.serialize_str(text),
            // Exact: a plan's durations stay below 2^53 microseconds.
            Value::Span(span) => serializer.serialize_f64(span.micros() as f64 / MICROS as f64),
            Value::Shift(shift) => serializer.serialize_f64(shift.micros() as f64 / MICROS as f64),
            Value::Foreign(_) => serializer.serialize_unit(),
            Value::List(items) => {
                let mut list = serializer.serialize_seq(Some(items.len()))?;
                for item in items {
                    list.serialize_element(item)?;
                }
                list.end()
            }
            Value::Table(entries) => {
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                for entry in entries {
                    map.serialize_entry(&entry.key, &entry.node)?;
                }
                map.end()
            }
        }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyValue).map(Self::from)
    }
}

/// Takes every value there is: whether it belongs there is the reader's to say.
struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value of a plan")
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Value, E> {
        Ok(Value::Bool(flag))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Integer(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(i64::try_from(number).map_or(Value::Foreign("a number out of range"), Value::Integer))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(Value::Float(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Text(text.to_owned()))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Foreign("nothing"))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut table = Vec::new();
        while let Some((key, node)) = entries.next_entry()? {
            table.push(Entry { key, at: 0, node });
        }
        Ok(Value::Table(table))
    }
}
