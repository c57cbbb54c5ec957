//! Looking up typed values in a document, and noting what is wrong with them.
//!
//! Knows kinds of values, not their meaning: no key of the plan is named here.

use core::fmt;
use std::collections::BTreeSet;

use super::document::{Entry, Node, PlanDocument, Value};
use super::duration;
use super::grammar::Section;
use super::write::is_bare;
use crate::condition::{Condition, ConditionError, Scope};
use crate::error::ConfigError;
use crate::number::Millionths;
use crate::time::{Shift, Span};

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
#[derive(Clone, Copy)]
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

    pub(super) fn get(&self, key: &str) -> Option<&'d Node> {
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

    /// Notes every key that `section` does not have.
    pub(super) fn only(&mut self, table: &Table<'_>, section: &Section) {
        let valid = section.names();
        for entry in table.entries.iter().filter(|entry| !valid.contains(&entry.key.as_str())) {
            let place = if table.path.is_empty() { "the plan" } else { &table.path };
            let (key, valid) = (short(&entry.key), valid.join(", "));
            self.add(entry.at, format!("unknown key `{key}` in {place}; valid: {valid}"));
        }
    }

    /// The table under `key`, with no other keys than the section's; `None` without one.
    pub(super) fn section<'d>(
        &mut self,
        parent: &Table<'d>,
        key: &str,
        section: &Section,
    ) -> Option<Table<'d>> {
        let table = self.table(parent, key)?;
        self.only(&table, section);
        Some(table)
    }

    /// The tables in the list under `key`, with no other keys than the section's.
    pub(super) fn tables<'d>(
        &mut self,
        parent: &Table<'d>,
        key: &str,
        section: &Section,
    ) -> Vec<Table<'d>> {
        let path = parent.path_of(key);
        let mut tables = Vec::new();
        for (at, node) in self.list(parent, key).into_iter().flatten().enumerate() {
            if let Some(table) = self.table_at(node, format!("{path}[{at}]")) {
                self.only(&table, section);
                tables.push(table);
            }
        }
        tables
    }

    /// Notes that `key`, which must be given, is not there; `None` always.
    pub(super) fn missing<T>(&mut self, table: &Table<'_>, key: &str, valid: &str) -> Option<T> {
        if table.get(key).is_none() {
            self.invalid(table.at, &table.path_of(key), "is missing", valid);
        }
        None
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
            Value::Bool(_)
            | Value::List(_)
            | Value::Table(_)
            | Value::Shift(_)
            | Value::Foreign(_) => Err("is not a duration"),
        };
        let valid = if least == Span::ZERO { "a duration" } else { "a duration above zero" };
        match read {
            Ok(span) if span >= least => return Some(span),
            Ok(_) => self.not(node, &table.path_of(key), "is too short", valid),
            Err(wrong) => self.not(node, &table.path_of(key), wrong, valid),
        }
        None
    }

    /// As [`Self::span`], or `None` inside for the word.
    pub(super) fn span_or(
        &mut self,
        table: &Table<'_>,
        key: &str,
        least: Span,
        word: &str,
    ) -> Option<Option<Span>> {
        match &table.get(key)?.value {
            Value::Text(text) if text == word => Some(None),
            Value::Text(_)
            | Value::Bool(_)
            | Value::Integer(_)
            | Value::Float(_)
            | Value::List(_)
            | Value::Table(_)
            | Value::Span(_)
            | Value::Shift(_)
            | Value::Foreign(_) => self.span(table, key, least).map(Some),
        }
    }

    /// The duration under `key`, which may be negative; `None` without one.
    pub(super) fn shift(&mut self, table: &Table<'_>, key: &str) -> Option<Shift> {
        let node = table.get(key)?;
        let read = match &node.value {
            Value::Text(text) => duration::parse_shift(text),
            Value::Integer(number) => duration::shift_of(*number as f64),
            Value::Float(number) => duration::shift_of(*number),
            Value::Span(span) => Ok(Shift::from(*span)),
            Value::Shift(shift) => Ok(*shift),
            Value::Bool(_) | Value::List(_) | Value::Table(_) | Value::Foreign(_) => {
                Err("is not a duration")
            }
        };
        read.map_err(|wrong| {
            self.not(node, &table.path_of(key), wrong, "a duration, negative for later,");
        })
        .ok()
    }

    fn not(&mut self, node: &Node, path: &str, wrong: &str, valid: &str) {
        let valid = format!("{valid} such as \"15s\", \"1.5m\", \"2h\", \"500ms\" or 15");
        self.invalid(node.at, path, &format!("{} {wrong}", node.value), &valid);
    }

    /// The whole number behind an entry, within `least..=most`; `None` when it is not.
    pub(super) fn number(
        &mut self,
        table: &Table<'_>,
        entry: &Entry,
        least: i64,
        most: i64,
    ) -> Option<i64> {
        if let Value::Integer(number) = entry.node.value
            && (least..=most).contains(&number)
        {
            return Some(number);
        }
        let valid = format!("a whole number from {least} to {most}");
        self.wrong_kind(&entry.node, &table.path_of(&entry.key), &valid);
        None
    }

    /// The whole number under `key`, within bounds and of type `T`; `None` without one.
    pub(super) fn whole<T: TryFrom<i64>>(
        &mut self,
        table: &Table<'_>,
        key: &str,
        least: i64,
        most: i64,
    ) -> Option<T> {
        let entry = table.entries.iter().find(|entry| entry.key == key)?;
        T::try_from(self.number(table, entry, least, most)?).ok()
    }

    /// The number under `key`, within bounds; `None` without one.
    pub(super) fn decimal(
        &mut self,
        table: &Table<'_>,
        key: &str,
        least: f64,
        most: f64,
    ) -> Option<Millionths> {
        let node = table.get(key)?;
        self.decimal_at(node, &table.path_of(key), least, most)
    }

    /// The number of a value, within bounds; `None` when it is not.
    pub(super) fn decimal_at(
        &mut self,
        node: &Node,
        path: &str,
        least: f64,
        most: f64,
    ) -> Option<Millionths> {
        let number = match node.value {
            Value::Integer(number) => Some(number as f64),
            Value::Float(number) => Some(number),
            Value::Bool(_)
            | Value::Text(_)
            | Value::List(_)
            | Value::Table(_)
            | Value::Span(_)
            | Value::Shift(_)
            | Value::Foreign(_) => None,
        };
        let within = number.filter(|number| *number >= least && *number <= most);
        let read = within.and_then(Millionths::from_f64);
        if read.is_none() {
            self.wrong_kind(node, path, &format!("a number from {least} to {most}"));
        }
        read
    }

    /// The yes or no under `key`; `None` without one.
    pub(super) fn flag(&mut self, table: &Table<'_>, key: &str) -> Option<bool> {
        let node = table.get(key)?;
        if let Value::Bool(flag) = node.value {
            return Some(flag);
        }
        self.wrong_kind(node, &table.path_of(key), "true or false");
        None
    }

    /// The text under `key` that names something; `None` without one.
    pub(super) fn name<'d>(&mut self, table: &Table<'d>, key: &str) -> Option<Name<'d>> {
        let node = table.get(key)?;
        let Value::Text(text) = &node.value else {
            self.wrong_kind(node, &table.path_of(key), "a name");
            return None;
        };
        let name = Name { text, at: node.at };
        self.is_name(&name, &table.path_of(key)).then_some(name)
    }

    /// The condition under `key`; `None` without one.
    pub(super) fn condition(
        &mut self,
        table: &Table<'_>,
        key: &str,
        scope: Scope,
    ) -> Option<Condition> {
        let node = table.get(key)?;
        let Value::Text(text) = &node.value else {
            self.wrong_kind(node, &table.path_of(key), "a condition as text");
            return None;
        };
        Condition::new(text, scope).map_err(|error| self.no_condition(table, key, &error)).ok()
    }

    /// Notes where a text is no condition.
    pub(super) fn no_condition(&mut self, table: &Table<'_>, key: &str, error: &ConditionError) {
        self.add(table.place(key), format!("{}: {error}", table.path_of(key)));
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

    /// The word under `key`, or the list of words; `None` without either.
    pub(super) fn words<T: Copy + fmt::Display>(
        &mut self,
        table: &Table<'_>,
        key: &str,
        all: &[T],
    ) -> Option<Vec<T>> {
        if !matches!(table.get(key)?.value, Value::List(_)) {
            return self.word(table, key, all).map(|word| vec![word]);
        }
        let path = table.path_of(key);
        let words: Vec<String> = all.iter().map(T::to_string).collect();
        let mut found = Vec::new();
        for name in self.names(table, key)? {
            match words.iter().position(|word| word == name.text) {
                Some(at) => found.push(all[at]),
                None => self.invalid(
                    name.at,
                    &path,
                    &format!("is \"{}\"", short(name.text)),
                    &words.join(", "),
                ),
            }
        }
        Some(found)
    }

    pub(super) fn wrong_kind(&mut self, node: &Node, path: &str, valid: &str) {
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
            Self::Shift(shift) => write!(f, "`{shift}`"),
            Self::List(_) => f.write_str("a list"),
            Self::Table(_) => f.write_str("a table"),
            Self::Foreign(what) => f.write_str(what),
        }
    }
}

/// A text fit for a sentence: without control characters, cut when long.
pub(super) fn short(text: &str) -> String {
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
