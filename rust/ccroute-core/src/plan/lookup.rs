//! Looking up typed values in a document, and noting what is wrong with them.
//!
//! Knows kinds of values, not their meaning: no key of the plan is named here.

use core::fmt;
use std::collections::BTreeSet;

use super::document::{Entry, Node, PlanDocument, Value};
use super::duration;
use super::write::is_bare;
use crate::error::ConfigError;
use crate::time::Span;

/// A name longer than this (in bytes) is data in the wrong place.
const LONGEST_NAME: usize = 128;

/// How many values a sentence lists before it gives only their number.
const LISTED: usize = 20;

/// A table of the document under its full path; the document's own path is empty.
pub(super) struct Table<'d> {
    pub(super) path: String,
    pub(super) at: usize,
    pub(super) entries: &'d [Entry],
}

/// A text of a list, with its place.
pub(super) struct Name<'d> {
    pub(super) text: &'d str,
    pub(super) at: usize,
}

/// What is wrong so far. Reading goes on after a problem, so that one run shows all.
#[derive(Default)]
pub(super) struct Problems(Vec<(usize, String)>);

impl Table<'_> {
    /// The full path of one of its keys.
    pub(super) fn path_of(&self, key: &str) -> String {
        let dot = if self.path.is_empty() { "" } else { "." };
        if is_bare(key) {
            format!("{}{dot}{key}", self.path)
        } else {
            format!("{}{dot}\"{}\"", self.path, short(key))
        }
    }
}

impl<'d> Table<'d> {
    /// Where the value of `key` stands, or the table without one.
    pub(super) fn place(&self, key: &str) -> usize {
        self.get(key).map_or(self.at, |node| node.at)
    }

    fn get(&self, key: &str) -> Option<&'d Node> {
        self.entries.iter().find(|entry| entry.key == key).map(|entry| &entry.node)
    }
}

impl Problems {
    /// How many so far.
    pub(super) fn count(&self) -> usize {
        self.0.len()
    }

    /// Notes a problem at a place.
    pub(super) fn add(&mut self, at: usize, message: String) {
        self.0.push((at, message));
    }

    /// Notes that a value is not what its key takes.
    pub(super) fn invalid(&mut self, at: usize, path: &str, what: &str, valid: &str) {
        self.add(at, format!("{path}: {what}; valid: {valid}"));
    }

    /// Notes a name that means nothing here.
    pub(super) fn unknown<'n>(
        &mut self,
        kind: &str,
        name: &Name<'_>,
        path: &str,
        known: impl ExactSizeIterator<Item = &'n str>,
    ) {
        let known = match known.len() {
            0 => format!("the plan has no {kind}s"),
            _ => format!("the plan's {kind}s are: {}", listed(known)),
        };
        self.add(name.at, format!("unknown {kind} `{}` in {path}; {known}", short(name.text)));
    }

    /// Every problem by place; nothing when all is well.
    pub(super) fn into_errors(mut self, document: &PlanDocument) -> Vec<ConfigError> {
        self.0.sort_by_key(|&(at, _)| at);
        let error = |(at, message)| ConfigError { message, line: document.line(at) };
        self.0.into_iter().map(error).collect()
    }

    /// The document itself, or a value that must be a table.
    pub(super) fn table_at<'d>(&mut self, node: &'d Node, path: String) -> Option<Table<'d>> {
        let Value::Table(entries) = &node.value else {
            self.wrong_kind(node, &path, "a table");
            return None;
        };
        let table = Table { path, at: node.at, entries };
        let mut seen = BTreeSet::new();
        for entry in entries {
            if !seen.insert(entry.key.as_str()) {
                self.add(entry.at, format!("{}: written twice", table.path_of(&entry.key)));
            }
        }
        Some(table)
    }

    /// The table under `key`; `None` without one.
    pub(super) fn table<'d>(&mut self, parent: &Table<'d>, key: &str) -> Option<Table<'d>> {
        self.table_at(parent.get(key)?, parent.path_of(key))
    }

    /// Notes every key that is not one of `valid`.
    pub(super) fn only(&mut self, table: &Table<'_>, valid: &[&str]) {
        for entry in table.entries.iter().filter(|entry| !valid.contains(&entry.key.as_str())) {
            let place = if table.path.is_empty() { "the plan" } else { &table.path };
            let (key, valid) = (short(&entry.key), valid.join(", "));
            self.add(entry.at, format!("unknown key `{key}` in {place}; valid: {valid}"));
        }
    }

    /// The list under `key`; `None` without one.
    pub(super) fn list<'d>(&mut self, table: &Table<'d>, key: &str) -> Option<&'d [Node]> {
        let node = table.get(key)?;
        if let Value::List(items) = &node.value {
            Some(items)
        } else {
            self.wrong_kind(node, &table.path_of(key), "a list");
            None
        }
    }

    /// The list of names under `key`, each named once; `None` without one.
    pub(super) fn names<'d>(&mut self, table: &Table<'d>, key: &str) -> Option<Vec<Name<'d>>> {
        let items = self.list(table, key)?;
        let path = table.path_of(key);
        let (mut names, mut seen) = (Vec::new(), BTreeSet::new());
        for item in items {
            let Value::Text(text) = &item.value else {
                self.wrong_kind(item, &path, "a list of names");
                continue;
            };
            let name = Name { text, at: item.at };
            if !seen.insert(text) {
                self.add(item.at, format!("{path}: `{}` is named twice", short(text)));
            } else if self.is_name(&name, &path) {
                names.push(name);
            }
        }
        Some(names)
    }

    /// Whether a text can name something; notes why not.
    pub(super) fn is_name(&mut self, name: &Name<'_>, path: &str) -> bool {
        let what = if name.text.is_empty() {
            "a name is empty".to_owned()
        } else if name.text.len() > LONGEST_NAME {
            format!("the name `{}` has {} bytes", short(name.text), name.text.len())
        } else if name.text.chars().any(char::is_control) {
            format!("the name `{}` holds a control character", short(name.text))
        } else {
            return true;
        };
        self.invalid(name.at, path, &what, "1 to 128 bytes without control characters");
        false
    }

    /// The duration under `key`, not below `least`; `None` without one.
    pub(super) fn span(&mut self, table: &Table<'_>, key: &str, least: Span) -> Option<Span> {
        let node = table.get(key)?;
        let read = match &node.value {
            Value::Text(text) => duration::parse(text),
            Value::Integer(number) => duration::seconds(*number as f64),
            Value::Float(number) => duration::seconds(*number),
            Value::Span(span) => Ok(*span),
            Value::Bool(_) | Value::List(_) | Value::Table(_) | Value::Foreign(_) => {
                Err("is not a duration")
            }
        };
        let valid = if least == Span::ZERO { "a duration" } else { "a duration above zero" };
        match read {
            Ok(span) if span >= least => return Some(span),
            Ok(_) => self.not(node, &table.path_of(key), "is too short", valid),
            Err(wrong) => self.not(node, &table.path_of(key), wrong, valid),
        }
        None
    }

    fn not(&mut self, node: &Node, path: &str, wrong: &str, valid: &str) {
        let valid = format!("{valid} such as \"15s\", \"1.5m\", \"2h\", \"500ms\" or 15");
        self.invalid(node.at, path, &format!("{} {wrong}", node.value), &valid);
    }

    /// The whole number behind an entry, within `1..=most`; `None` when it is not.
    pub(super) fn number(&mut self, table: &Table<'_>, entry: &Entry, most: u16) -> Option<u16> {
        if let Value::Integer(number) = entry.node.value
            && let Ok(number @ 1..) = u16::try_from(number)
            && number <= most
        {
            return Some(number);
        }
        let valid = format!("a whole number from 1 to {most}");
        self.wrong_kind(&entry.node, &table.path_of(&entry.key), &valid);
        None
    }

    /// The word under `key`, one of `all`; `None` without one.
    pub(super) fn word<T: Copy + fmt::Display>(
        &mut self,
        table: &Table<'_>,
        key: &str,
        all: &[T],
    ) -> Option<T> {
        let node = table.get(key)?;
        let words: Vec<String> = all.iter().map(T::to_string).collect();
        if let Value::Text(text) = &node.value
            && let Some(at) = words.iter().position(|word| word == text)
        {
            return Some(all[at]);
        }
        self.wrong_kind(node, &table.path_of(key), &words.join(", "));
        None
    }

    fn wrong_kind(&mut self, node: &Node, path: &str, valid: &str) {
        self.invalid(node.at, path, &format!("is {}", node.value), valid);
    }
}

/// How a value stands in a sentence.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(flag) => write!(f, "`{flag}`"),
            Self::Integer(number) => write!(f, "`{number}`"),
            Self::Float(number) => write!(f, "`{number:?}`"),
            Self::Text(text) => write!(f, "\"{}\"", short(text)),
            Self::Span(span) => write!(f, "`{span}`"),
            Self::List(_) => f.write_str("a list"),
            Self::Table(_) => f.write_str("a table"),
            Self::Foreign(what) => f.write_str(what),
        }
    }
}

/// A text fit for a sentence: without control characters, cut when long.
fn short(text: &str) -> String {
    const MOST: usize = 40;
    let mut shown: String = text.chars().take(MOST).collect::<String>().escape_debug().collect();
    if text.chars().nth(MOST).is_some() {
        shown.push('…');
    }
    shown
}

fn listed<'n>(names: impl ExactSizeIterator<Item = &'n str>) -> String {
    let all = names.len();
    let mut text = names.take(LISTED).map(short).collect::<Vec<_>>().join(", ");
    if all > LISTED {
        text.push_str(&format!(", … ({all} in all)"));
    }
    text
}
