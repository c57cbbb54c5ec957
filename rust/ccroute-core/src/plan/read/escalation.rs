//! The steps of an escalation: each must change something, in an order that makes sense.

use std::collections::{BTreeMap, BTreeSet};

use super::super::document::Value;
use super::super::lookup::Table;
use super::super::{Action, Change, MAX_STEPS, RankChange, Step, grammar};
use super::Reader;
use crate::condition::Scope;
use crate::ids::{QueueKey, SkillKey};
use crate::skill::{MAX_LEVEL, Relax};
use crate::time::{Shift, Span};

impl Reader {
    pub(super) fn escalation(&mut self, queue: &Table<'_>) -> Vec<Step> {
        let tables = self.problems.tables(queue, "escalation", &grammar::STEP);
        let (mut steps, mut eased) = (Vec::<Step>::new(), Eased::default());
        if tables.len() > MAX_STEPS {
            let what = format!("has {} steps", tables.len());
            let path = queue.path_of("escalation");
            let valid = format!("at most {MAX_STEPS}");
            self.problems.invalid(queue.place("escalation"), &path, &what, &valid);
        }
        for table in &tables {
            let Some(step) = self.step(table, queue) else { continue };
            let before = steps.iter().rev().find_map(|step| step.after);
            if let (Some(before), Some(after)) = (before, step.after)
                && before >= after
            {
                let what = format!("{after} does not come after the step before");
                let valid = "steps in the order of `after`, no two at once";
                let place = table.place("after");
                self.problems.invalid(place, &table.path_of("after"), &what, valid);
            }
            if !eased.take(&step) {
                let what = "the step changes nothing that earlier steps have not";
                let valid = "`drop` a skill, `lower` one below its level so far, or do \
                             something else";
                self.problems.invalid(table.at, &table.path, what, valid);
            }
            if let Some(ends) = steps.last().filter(|step| step.always_takes_away()) {
                let what = "the step comes after one that always takes the contact away";
                let before = ends.name.as_deref().unwrap_or("the step before");
                let valid = format!("nothing after it, or `if` in {before}");
                self.problems.invalid(table.at, &table.path, what, &valid);
            }
            steps.push(step);
        }
        steps
    }

    fn step(&mut self, table: &Table<'_>, queue: &Table<'_>) -> Option<Step> {
        let before = self.problems.count();
        let after = self.problems.span(table, "after", Span::SHORTEST);
        let when = self.problems.condition(table, "when", Scope::Step);
        if after.is_none() && when.is_none() && self.problems.count() == before {
            let valid = "the contact's age at which the step is due, such as \"30s\", or `when`";
            self.problems.invalid(table.at, &table.path_of("after"), "is missing", valid);
        }
        let only_if = self.problems.condition(table, "if", Scope::Step);
        let dropped = self.skill_list(table, "drop");
        let lowered = self.levels(table, "lower");
        if let Some(both) = lowered.iter().find(|to| dropped.contains(&to.skill)) {
            let name = self.skills.name(both.skill.index());
            let what = format!("`{name}` is both dropped and lowered");
            self.problems.invalid(table.at, &table.path, &what, "one of the two");
        }
        let dropped = dropped.into_iter().map(Relax::Drop);
        let relax = dropped.chain(lowered.into_iter().map(Relax::Lower)).collect();
        let ranks = self.rank_change(table);
        let widen = self.queue_list(table, "widen");
        let (band, head_start) = self.raise(table);
        let name = self.problems.name(table, "name").map(|name| name.text.to_owned());
        let action = self.step_action(table, queue);
        let step =
            Step { name, after, when, only_if, relax, ranks, widen, band, head_start, action };
        // A step already in error is not judged further.
        (self.problems.count() == before).then_some(step)
    }

    fn step_action(&mut self, table: &Table<'_>, queue: &Table<'_>) -> Option<Action> {
        let move_to = self.queue_at(table, "move_to").map(Action::Move);
        let end = self.problems.word(table, "end", grammar::ENDS).map(Action::End);
        let callback = self.problems.flag(table, "offer_callback").unwrap_or_default();
        if callback && queue.get("callback").is_none() {
            let valid = "`callback`, how customers are called back, in the queue";
            let path = table.path_of("offer_callback");
            let place = table.place("offer_callback");
            self.problems.invalid(place, &path, "has no rule to go by", valid);
        }
        let callback = callback.then_some(Action::OfferCallback);
        let mut actions = [move_to, end, callback].into_iter().flatten();
        let action = actions.next();
        if actions.next().is_some() {
            let valid = "one of `move_to`, `end` and `offer_callback`";
            self.problems.invalid(table.at, &table.path, "does several things", valid);
        }
        action
    }

    fn raise(&mut self, table: &Table<'_>) -> (i16, Shift) {
        let Some(raise) = self.problems.section(table, "raise", &grammar::RAISE) else {
            return (0, Shift::ZERO);
        };
        let (least, most) = (i64::from(i16::MIN), i64::from(i16::MAX));
        let band = self.problems.whole(&raise, "band", least, most).unwrap_or_default();
        (band, self.problems.shift(&raise, "head_start").unwrap_or_default())
    }

    fn rank_change(&mut self, table: &Table<'_>) -> RankChange {
        let Some(ranks) = self.problems.section(table, "ranks", &grammar::RANK_CHANGE) else {
            return RankChange::default();
        };
        RankChange {
            min: self.change(&ranks, "min"),
            max: self.change(&ranks, "max"),
            raise: self.change(&ranks, "raise"),
        }
    }

    /// `5`, `"+5"` or `"-5"`.
    fn change(&mut self, table: &Table<'_>, key: &str) -> Option<Change> {
        const MOST: i32 = 1_000_000;
        let node = table.get(key)?;
        let change = match &node.value {
            Value::Integer(number) => {
                u32::try_from(*number).ok().filter(|to| *to <= MOST.unsigned_abs()).map(Change::To)
            }
            Value::Text(text) if text.starts_with(['+', '-']) => {
                text.parse().ok().filter(|by: &i32| by.abs() <= MOST).map(Change::By)
            }
            Value::Text(_)
            | Value::Bool(_)
            | Value::Float(_)
            | Value::List(_)
            | Value::Table(_)
            | Value::Span(_)
            | Value::Shift(_)
            | Value::Foreign(_) => None,
        };
        if change.is_none() {
            let valid = "a rank from 0 to 1000000, or \"+2\" or \"-2\" for more or less";
            self.problems.wrong_kind(node, &table.path_of(key), valid);
        }
        change
    }
}

/// How far the steps of an escalation have eased things so far.
#[derive(Default)]
struct Eased {
    dropped: BTreeSet<SkillKey>,
    lowered: BTreeMap<SkillKey, u8>,
    widened: BTreeSet<QueueKey>,
}

impl Eased {
    /// Takes one more step; whether it changed anything for some contact. A step with a
    /// name alone tells the host something.
    fn take(&mut self, step: &Step) -> bool {
        let mut changed = step.name.is_some()
            || step.action.is_some()
            || !step.ranks.is_none()
            || step.band != 0
            || step.head_start != Shift::ZERO;
        for relax in &step.relax {
            changed |= match *relax {
                Relax::Drop(skill) => self.dropped.insert(skill),
                Relax::Lower(to) => {
                    let level = self.lowered.entry(to.skill).or_insert(MAX_LEVEL);
                    let lower = to.level < *level && !self.dropped.contains(&to.skill);
                    *level = to.level.min(*level);
                    lower
                }
            };
        }
        for queue in &step.widen {
            changed |= self.widened.insert(*queue);
        }
        changed
    }
}
