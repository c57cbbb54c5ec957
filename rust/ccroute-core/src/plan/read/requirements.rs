//! Skills with levels, and requirements.

use super::super::document::Value;
use super::super::grammar;
use super::super::lookup::{Name, Table};
use super::Reader;
use crate::condition::Scope;
use crate::ids::SkillKey;
use crate::skill::{MAX_LEVEL, Requirement, SkillLevel, Where};

impl Reader {
    /// The requirement under `key`; nothing without it.
    pub(super) fn requirement(&mut self, parent: &Table<'_>, key: &str) -> Requirement {
        let Some(table) = self.problems.section(parent, key, &grammar::REQUIREMENT) else {
            return Requirement::default();
        };
        let mut requirement =
            Requirement { all_of: self.levels(&table, "all_of"), ..Requirement::default() };
        let path = table.path_of("any_of");
        for (at, group) in self.problems.list(&table, "any_of").into_iter().flatten().enumerate() {
            let Some(group) = self.problems.table_at(group, format!("{path}[{at}]")) else {
                continue;
            };
            if group.entries.is_empty() {
                let valid = "at least one skill, or the group left out";
                self.problems.invalid(group.at, &group.path, "nobody meets an empty group", valid);
            }
            requirement.any_of.push(self.levels_of(&group));
        }
        requirement.none_of = self.levels(&table, "none_of");
        requirement.wheres.extend(self.condition_on_agents(&table, "where"));
        requirement.canonical()
    }

    fn condition_on_agents(&mut self, table: &Table<'_>, key: &str) -> Option<Where> {
        let condition = self.problems.condition(table, key, Scope::Agent)?;
        // Undeclared skills are collected here as elsewhere.
        let mut unknown = Vec::new();
        for name in condition.skills() {
            let name = Name { text: name, at: table.place(key) };
            if self.skill(&name, &table.path_of(key)).is_none() {
                unknown.push(name);
            }
        }
        if !unknown.is_empty() {
            return None;
        }
        let find = |name: &str| self.skills.find(name).map(SkillKey::new);
        let made = Where::new(condition.text(), find);
        made.map_err(|error| self.problems.no_condition(table, key, &error)).ok()
    }

    /// The skills with their levels under `key`; none without it.
    pub(super) fn levels(&mut self, table: &Table<'_>, key: &str) -> Vec<SkillLevel> {
        let levels = self.problems.table(table, key);
        levels.map(|levels| self.levels_of(&levels)).unwrap_or_default()
    }

    fn levels_of(&mut self, table: &Table<'_>) -> Vec<SkillLevel> {
        let mut levels = Vec::new();
        for entry in table.entries {
            let name = Name { text: &entry.key, at: entry.at };
            let skill = self.skill(&name, &table.path);
            let level = self.problems.number(table, entry, 1, i64::from(MAX_LEVEL));
            if let (Some(skill), Some(level)) = (skill, level) {
                let level = u8::try_from(level).expect("at most MAX_LEVEL");
                levels.push(SkillLevel { skill, level });
            }
        }
        levels
    }

    /// The skills with their worth under `key`; none without it.
    pub(super) fn weights(
        &mut self,
        table: &Table<'_>,
        key: &str,
    ) -> Vec<(SkillKey, crate::number::Millionths)> {
        let Some(weights) = self.problems.table(table, key) else { return Vec::new() };
        let mut read = Vec::new();
        for entry in weights.entries {
            let name = Name { text: &entry.key, at: entry.at };
            let skill = self.skill(&name, &weights.path);
            let path = weights.path_of(&entry.key);
            let worth = self.problems.decimal_at(&entry.node, &path, -1_000.0, 1_000.0);
            if let (Some(skill), Some(worth)) = (skill, worth) {
                read.push((skill, worth));
            }
        }
        read
    }

    pub(super) fn skill(&mut self, name: &Name<'_>, path: &str) -> Option<SkillKey> {
        if let Some(index) = self.skills.find(name.text) {
            return Some(SkillKey::new(index));
        }
        if self.declared {
            self.problems.unknown("skill", name, path, self.skills.iter());
            None
        } else {
            let sound = self.problems.is_name(name, path);
            sound.then(|| SkillKey::new(self.skills.intern(name.text)))
        }
    }

    /// The skills named in the list under `key`.
    pub(super) fn skill_list(&mut self, table: &Table<'_>, key: &str) -> Vec<SkillKey> {
        let path = table.path_of(key);
        let names = self.problems.names(table, key).unwrap_or_default();
        names.iter().filter_map(|name| self.skill(name, &path)).collect()
    }

    /// A whole number, or `"all"`; see [`super::super::OfferPolicy::ALL`].
    pub(super) fn count_or(
        &mut self,
        table: &Table<'_>,
        key: &str,
        most: i64,
        word: &str,
        stands_for: u16,
    ) -> Option<u16> {
        match &table.get(key)?.value {
            Value::Text(text) if text == word => Some(stands_for),
            Value::Integer(number) if (1..=most).contains(number) => u16::try_from(*number).ok(),
            Value::Text(_)
            | Value::Integer(_)
            | Value::Bool(_)
            | Value::Float(_)
            | Value::List(_)
            | Value::Table(_)
            | Value::Span(_)
            | Value::Shift(_)
            | Value::Foreign(_) => {
                let node = table.get(key)?;
                let valid = format!("a whole number from 1 to {most}, or \"{word}\"");
                self.problems.wrong_kind(node, &table.path_of(key), &valid);
                None
            }
        }
    }
}
