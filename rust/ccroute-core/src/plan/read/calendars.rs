//! Opening hours as written: intervals of local days. Which instants they are, and
//! whether a zone or a country exists, is for the host, which has the tables.

use super::super::document::{Node, Value};
use super::super::lookup::{Name, Table};
use super::super::{Calendar, OpenInterval, grammar};
use super::{Reader, place};

const MINUTES_A_DAY: u16 = 24 * 60;

impl Reader {
    pub(super) fn calendars(&mut self, root: &Table<'_>) -> Vec<Calendar> {
        let mut calendars = vec![Calendar::default(); self.calendar_names.len()];
        let Some(tables) = self.problems.table(root, "calendars") else { return calendars };
        for entry in tables.entries {
            let name = Name { text: &entry.key, at: entry.at };
            self.problems.is_name(&name, &tables.path);
            let index = self.calendar_names.intern(&entry.key);
            let path = tables.path_of(&entry.key);
            let table = self.problems.table_at(&entry.node, path);
            let calendar = table.map(|table| self.calendar(&table)).unwrap_or_default();
            place(&mut calendars, index, calendar);
        }
        calendars
    }

    fn calendar(&mut self, table: &Table<'_>) -> Calendar {
        self.problems.only(table, &grammar::CALENDAR);
        let zone = self.problems.name(table, "zone");
        let zone = zone.or_else(|| {
            self.problems.missing(table, "zone", "a time zone such as \"America/Bogota\"")
        });
        let holidays = self.problems.name(table, "holidays").map(|name| name.text.to_owned());
        let mut calendar = Calendar {
            zone: zone.map_or_else(String::new, |zone| zone.text.to_owned()),
            holidays,
            ..Calendar::default()
        };
        if let Some(week) = self.problems.section(table, "weekly", &grammar::DAYS) {
            for (day, intervals) in grammar::DAYS.names().iter().zip(&mut calendar.weekly) {
                if let Some(node) = week.get(day) {
                    *intervals = self.intervals(node, &week.path_of(day));
                }
            }
        }
        if let Some(special) = self.problems.table(table, "special") {
            for entry in special.entries {
                let path = special.path_of(&entry.key);
                if !is_date(&entry.key) {
                    let valid = "a date such as 2026-12-24";
                    self.problems.invalid(entry.at, &path, "is no date", valid);
                }
                calendar.special.push((entry.key.clone(), self.intervals(&entry.node, &path)));
            }
            calendar.special.sort();
        }
        calendar
    }

    /// `["09:00-13:00", "14:00-24:00"]`, in order and apart.
    fn intervals(&mut self, node: &Node, path: &str) -> Vec<OpenInterval> {
        let valid = "a list of intervals such as [\"09:00-13:00\", \"14:00-24:00\"], in order";
        let Value::List(items) = &node.value else {
            self.problems.wrong_kind(node, path, valid);
            return Vec::new();
        };
        let mut intervals: Vec<OpenInterval> = Vec::new();
        for item in items {
            let read = match &item.value {
                Value::Text(text) => interval(text),
                Value::Bool(_)
                | Value::Integer(_)
                | Value::Float(_)
                | Value::List(_)
                | Value::Table(_)
                | Value::Span(_)
                | Value::Shift(_)
                | Value::Foreign(_) => None,
            };
            let free =
                |read: &OpenInterval| intervals.last().is_none_or(|last| last.to <= read.from);
            match read.filter(free) {
                Some(read) => intervals.push(read),
                None => self.problems.wrong_kind(item, path, valid),
            }
        }
        intervals
    }
}

fn interval(text: &str) -> Option<OpenInterval> {
    let (from, to) = text.split_once('-')?;
    let (from, to) = (minute(from.trim())?, minute(to.trim())?);
    (from < to).then_some(OpenInterval { from, to })
}

fn minute(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let digits = |part: &str| {
        let plain = part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
        plain.then(|| part.parse::<u16>().ok()).flatten()
    };
    let (hours, minutes) = (digits(hours)?, digits(minutes)?);
    let at = hours * 60 + minutes;
    (minutes < 60 && at <= MINUTES_A_DAY).then_some(at)
}

/// Whether a text is a day that some year has: `2026-12-24`.
fn is_date(text: &str) -> bool {
    let mut parts = text.split('-');
    let mut number = |digits: usize| {
        let part = parts.next()?;
        let plain = part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit());
        plain.then(|| part.parse::<u16>().ok()).flatten()
    };
    let (Some(year), Some(month), Some(day)) = (number(4), number(2), number(2)) else {
        return false;
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => 0,
    };
    parts.next().is_none() && (1..=days).contains(&day)
}
