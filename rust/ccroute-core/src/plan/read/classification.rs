//! Rules that say which contact goes where, and what contacts are given to ask for.

use super::super::lookup::Table;
use super::super::{AttachedNeed, Attachment, Classification, Rule, grammar};
use super::Reader;
use crate::condition::Scope;
use crate::ids::QueueKey;
use crate::time::Span;

impl Reader {
    pub(super) fn classification(&mut self, root: &Table<'_>) -> Classification {
        let section = self.problems.section(root, "classification", &grammar::CLASSIFICATION);
        let Some(table) = section else { return Classification::default() };
        let rules = self.problems.tables(&table, "rules", &grammar::RULE);
        let attach = self.problems.tables(&table, "attach", &grammar::ATTACHMENT);
        Classification {
            rules: rules.iter().map(|rule| self.rule(rule)).collect(),
            attach: attach.iter().filter_map(|entry| self.attachment(entry)).collect(),
        }
    }

    fn rule(&mut self, table: &Table<'_>) -> Rule {
        let (least, most) = (i64::from(i16::MIN), i64::from(i16::MAX));
        Rule {
            name: self.problems.name(table, "name").map(|name| name.text.to_owned()),
            when: self.problems.condition(table, "when", Scope::Contact),
            to: self.destinations(table),
            band: self.problems.whole(table, "band", least, most),
            head_start: self.problems.shift(table, "head_start"),
            slope: self.problems.decimal(table, "slope", 0.000_001, 1_000.0),
            requirement: self.requirement(table, "requires"),
        }
    }

    fn destinations(&mut self, table: &Table<'_>) -> Vec<(QueueKey, u32)> {
        let queue = self.queue_at(table, "queue");
        let split = self.problems.tables(table, "split", &grammar::SPLIT);
        if table.get("queue").is_some() == table.get("split").is_some() {
            let valid = "either `queue` or `split`, where the contact goes";
            self.problems.invalid(table.at, &table.path, "has not one destination", valid);
        } else if table.get("split").is_some() && split.is_empty() {
            let valid = "at least one queue with its share";
            self.problems.invalid(table.place("split"), &table.path_of("split"), "is empty", valid);
        }
        let mut to: Vec<(QueueKey, u32)> = queue.map(|queue| (queue, 1)).into_iter().collect();
        for part in &split {
            let queue = self.queue_at(part, "queue");
            let queue = queue.or_else(|| self.problems.missing(part, "queue", "a queue"));
            let share = self.problems.whole(part, "share", 1, 1_000_000);
            let share = share.or_else(|| self.problems.missing(part, "share", "its part"));
            to.extend(queue.zip(share));
        }
        to
    }

    fn attachment(&mut self, table: &Table<'_>) -> Option<Attachment> {
        let when = self.problems.condition(table, "when", Scope::Contact);
        let lasts = self.problems.span(table, "lasts", Span::SHORTEST);
        let requirement = self.requirement(table, "requires");
        let skill_of = self.problems.name(table, "skill_of");
        let level = self.problems.whole(table, "level", 1, 10);
        let label_of = self.problems.name(table, "label_of");
        let label = self.problems.name(table, "label");
        let fixed = table.get("requires").map(|_| AttachedNeed::Fixed(requirement));
        let skill = skill_of.map(|attribute| AttachedNeed::SkillOf {
            attribute: attribute.text.to_owned(),
            level: level.unwrap_or(1),
        });
        let label = label_of.map(|attribute| AttachedNeed::LabelOf {
            attribute: attribute.text.to_owned(),
            label: label.unwrap_or(attribute).text.to_owned(),
        });
        let mut needs = [fixed, skill, label].into_iter().flatten();
        match (needs.next(), needs.next()) {
            (Some(need), None) => Some(Attachment { when, need, lasts }),
            _ => {
                let valid = "one of `requires`, `skill_of` and `label_of`";
                self.problems.invalid(table.at, &table.path, "does not ask for one thing", valid);
                None
            }
        }
    }
}
