//! Who may join a queue, who must leave it, and how they are called back.

use super::super::document::Value;
use super::super::lookup::Table;
use super::super::{
    Action, Admission, CallbackRule, Hours, Leaving, StaffReason, StaffReasons, grammar,
};
use super::Reader;
use crate::event::Cause;
use crate::ids::CalendarKey;
use crate::time::Span;

/// Asterisk's words for usual choices of reasons.
const USUAL: &[(&str, &[StaffReason])] = &[
    ("loose", &[StaffReason::Penalty, StaffReason::Invalid]),
    ("no", &[StaffReason::Penalty, StaffReason::Invalid, StaffReason::Paused]),
    (
        "strict",
        &[
            StaffReason::Penalty,
            StaffReason::Invalid,
            StaffReason::Paused,
            StaffReason::Unavailable,
        ],
    ),
];

impl Reader {
    pub(super) fn admission(&mut self, queue: &Table<'_>, rule: &mut Admission) {
        let section = self.problems.section(queue, "admission", &grammar::ADMISSION);
        let Some(table) = section else { return };
        let longest = self.problems.whole(&table, "longest", 0, 1_000_000_000);
        rule.longest = longest.or(rule.longest);
        rule.staff = self.reasons(&table).unwrap_or(rule.staff);
        rule.otherwise = self.queue_at(&table, "otherwise").or(rule.otherwise);
    }

    /// A list of reasons, or a word for a usual choice of them.
    fn reasons(&mut self, table: &Table<'_>) -> Option<StaffReasons> {
        let key = "staff_free_of";
        if let Value::Text(text) = &table.get(key)?.value
            && let Some((_, reasons)) = USUAL.iter().find(|(word, _)| word == text)
        {
            return Some(StaffReasons::of(reasons));
        }
        Some(StaffReasons::of(&self.problems.words(table, key, StaffReason::ALL)?))
    }

    pub(super) fn leaving(&mut self, queue: &Table<'_>, rule: &mut Leaving) {
        let section = self.problems.section(queue, "leaving", &grammar::LEAVING);
        let Some(table) = section else { return };
        rule.staff = self.reasons(&table).unwrap_or(rule.staff);
        for (key, span) in [
            ("after", &mut rule.after),
            ("grace", &mut rule.grace),
            ("resume_within", &mut rule.resume_within),
        ] {
            *span = self.problems.span(&table, key, Span::ZERO).unwrap_or(*span);
        }
        if let Some(queue) = self.queue_at(&table, "move_to") {
            rule.action = Action::Move(queue);
        }
    }

    pub(super) fn hours(&mut self, queue: &Table<'_>) -> Option<Hours> {
        let closed = self.problems.section(queue, "closed", &grammar::CLOSED);
        let Some(name) = self.problems.name(queue, "hours") else {
            if let Some(closed) = closed {
                let valid = "`hours`, the name of a calendar, beside it";
                self.problems.invalid(closed.at, &closed.path, "is never the case", valid);
            }
            return None;
        };
        let path = queue.path_of("hours");
        let Some(index) = self.calendar_names.find(name.text) else {
            self.problems.unknown("calendar", &name, &path, self.calendar_names.iter());
            return None;
        };
        let mut hours = Hours { calendar: CalendarKey::new(index), otherwise: None, waiting: None };
        if let Some(closed) = closed {
            hours.otherwise = self.queue_at(&closed, "otherwise");
            let move_to = self.queue_at(&closed, "move_to");
            let word = self.problems.word(&closed, "waiting", &["stay", "end"]);
            hours.waiting = match (word, move_to) {
                (Some(_), Some(_)) => {
                    let valid = "one of `waiting` and `move_to`";
                    self.problems.invalid(closed.at, &closed.path, "says two things", valid);
                    None
                }
                (Some("end"), None) => Some(Action::End(Cause::Closed)),
                (Some(_) | None, None) => None,
                (None, Some(queue)) => Some(Action::Move(queue)),
            };
        }
        Some(hours)
    }

    pub(super) fn exits(&mut self, queue: &Table<'_>) -> Vec<(String, Action)> {
        let Some(table) = self.problems.table(queue, "exits") else { return Vec::new() };
        let mut exits = Vec::new();
        for entry in table.entries {
            let Some(exit) = self.problems.table_at(&entry.node, table.path_of(&entry.key)) else {
                continue;
            };
            self.problems.only(&exit, &grammar::EXIT);
            if entry.key.is_empty() || entry.key.chars().count() > 8 {
                let valid = "what the customer types, 1 to 8 characters";
                self.problems.invalid(entry.at, &exit.path, "is no key", valid);
            }
            let move_to = self.queue_at(&exit, "move_to").map(Action::Move);
            let callback = self.problems.flag(&exit, "offer_callback").unwrap_or_default();
            let end = self.problems.flag(&exit, "end").unwrap_or_default();
            if callback && queue.get("callback").is_none() {
                let valid = "`callback`, how customers are called back, in the queue";
                self.problems.invalid(exit.at, &exit.path, "has no rule to go by", valid);
            }
            let callback = callback.then_some(Action::OfferCallback);
            let end = end.then_some(Action::End(Cause::ExitedByKey));
            let mut actions = [move_to, callback, end].into_iter().flatten();
            match (actions.next(), actions.next()) {
                (Some(action), None) => exits.push((entry.key.clone(), action)),
                _ => {
                    let valid = "one of `move_to`, `offer_callback` and `end`";
                    self.problems.invalid(exit.at, &exit.path, "does not do one thing", valid);
                }
            }
        }
        exits
    }

    pub(super) fn callback(&mut self, queue: &Table<'_>) -> Option<CallbackRule> {
        let table = self.problems.section(queue, "callback", &grammar::CALLBACK)?;
        let mut rule =
            CallbackRule { queue: self.queue_at(&table, "queue"), ..CallbackRule::default() };
        let problems = &mut self.problems;
        rule.attempts = problems.whole(&table, "attempts", 1, 1_000).unwrap_or(rule.attempts);
        let owner = problems.span(&table, "owner_first", Span::ZERO);
        rule.owner_first = owner.unwrap_or(rule.owner_first);
        let connect = problems.span(&table, "connect_within", Span::SHORTEST);
        rule.connect_within = connect.unwrap_or(rule.connect_within);
        if let Some(retry) = problems.section(&table, "retry", &grammar::RETRY) {
            for (key, span) in [
                ("missed", &mut rule.retry.missed),
                ("busy", &mut rule.retry.busy),
                ("unreachable", &mut rule.retry.unreachable),
            ] {
                *span = problems.span(&retry, key, Span::SHORTEST).unwrap_or(*span);
            }
        }
        Some(rule)
    }
}
