//! The checked form written down again: names for keys, every setting spelt out.
//!
//! `to_document` says what is written, `to_toml` how it looks. What was written is
//! read back as the same plan.

use core::fmt::Write as _;

use super::document::{Entry, Node, PlanDocument, Value};
use super::{AgentPlan, Plan, QueuePlan, Relax, Step, duration};
use crate::skill::{Requirement, SkillLevel};

impl Plan {
    /// The plan as a document, durations in seconds.
    #[must_use]
    pub fn to_document(&self) -> PlanDocument {
        let queues = self.queue_names.iter().zip(&self.queues);
        let agents = self.agents.iter();
        PlanDocument::new(table([
            ("skills", filled(names(self.skills.iter()))),
            ("channels", Some(names(self.channels.iter()))),
            ("retention", Some(Value::Span(self.retention))),
            ("queues", filled(rows(queues.map(|(name, queue)| (name, self.queue_value(queue)))))),
            ("agents", filled(rows(agents.map(|agent| (&*agent.name, self.agent_value(agent)))))),
        ]))
    }

    /// The plan in TOML. What [`Self::from_toml`] accepted, it accepts again as an
    /// equal plan; what was built in code is not checked here.
    ///
    /// ```
    /// use ccroute_core::Plan;
    /// let plan = Plan::from_toml("[queues.sales]\noffer.timeout = 20").unwrap();
    /// assert!(plan.to_toml().contains("offer = { timeout = \"20s\", "));
    /// assert_eq!(Plan::from_toml(&plan.to_toml()).unwrap(), plan);
    /// ```
    #[must_use]
    pub fn to_toml(&self) -> String {
        let mut toml = String::new();
        let Value::Table(entries) = self.to_document().root.value else {
            unreachable!("a plan is written as a table");
        };
        for entry in &entries {
            if let Value::Table(rows) = &entry.node.value {
                sections(&mut toml, &entry.key, rows);
            } else {
                line(&mut toml, entry);
            }
        }
        toml
    }

    fn queue_value(&self, queue: &QueuePlan) -> Value {
        let QueuePlan { strategy, requirement, offer, wrap_up, dispositions, target, escalation } =
            queue;
        let steps = escalation.iter().map(|step| self.step_value(step).into()).collect();
        table([
            ("strategy", word(strategy.word())),
            ("requires", filled(self.requirement_value(requirement))),
            (
                "offer",
                Some(table([
                    ("timeout", Some(Value::Span(offer.timeout))),
                    ("connect_within", Some(Value::Span(offer.connect_within))),
                    ("on_missed", word(offer.on_missed.word())),
                    ("exclude_for", Some(Value::Span(offer.exclude_for))),
                ])),
            ),
            (
                "wrap_up",
                Some(table([
                    ("mode", word(wrap_up.mode.word())),
                    ("limit", Some(Value::Span(wrap_up.limit))),
                    ("extension", Some(Value::Span(wrap_up.extension))),
                ])),
            ),
            ("dispositions", filled(names(dispositions.iter().map(String::as_str)))),
            (
                "service_level",
                Some(table([
                    ("within", Some(Value::Span(target.within))),
                    ("short_abandon", Some(Value::Span(target.short_abandon))),
                ])),
            ),
            ("escalation", filled(Value::List(steps))),
        ])
    }

    fn requirement_value(&self, requirement: &Requirement) -> Value {
        let groups = requirement.any_of.iter().map(|group| self.levels_value(group).into());
        table([
            ("all_of", filled(self.levels_value(&requirement.all_of))),
            ("any_of", filled(Value::List(groups.collect()))),
            ("none_of", filled(self.levels_value(&requirement.none_of))),
        ])
    }

    fn step_value(&self, step: &Step) -> Value {
        let (mut dropped, mut lowered) = (Vec::new(), Vec::new());
        for relax in &step.relax {
            match *relax {
                Relax::Drop(skill) => dropped.push(self.skills.name(skill.index())),
                Relax::Lower(to) => lowered.push(to),
            }
        }
        table([
            ("after", Some(Value::Span(step.after))),
            ("drop", filled(names(dropped.into_iter()))),
            ("lower", filled(self.levels_value(&lowered))),
        ])
    }

    fn agent_value(&self, agent: &AgentPlan) -> Value {
        let queues = agent.queues.iter().map(|key| self.queue_names.name(key.index()));
        let capacity = agent.capacity.iter().map(|held| {
            let name = self.channels.name(held.channel.index());
            (name, Value::Integer(held.slots.into()))
        });
        table([
            ("skills", filled(self.levels_value(&agent.skills))),
            ("queues", filled(names(queues))),
            ("capacity", filled(rows(capacity))),
        ])
    }

    fn levels_value(&self, levels: &[SkillLevel]) -> Value {
        let level = |held: &SkillLevel| {
            (self.skills.name(held.skill.index()), Value::Integer(held.level.into()))
        };
        rows(levels.iter().map(level))
    }
}

fn word(word: &str) -> Option<Value> {
    Some(Value::Text(word.to_owned()))
}

fn names<'n>(names: impl Iterator<Item = &'n str>) -> Value {
    Value::List(names.map(|name| Value::Text(name.to_owned()).into()).collect())
}

fn rows<'n>(rows: impl Iterator<Item = (&'n str, Value)>) -> Value {
    let entry = |(key, value): (&str, Value)| Entry { key: key.into(), at: 0, node: value.into() };
    Value::Table(rows.map(entry).collect())
}

fn table<const N: usize>(keys: [(&str, Option<Value>); N]) -> Value {
    rows(keys.into_iter().filter_map(|(key, value)| value.map(|value| (key, value))))
}

/// A value worth writing: not an empty list or table.
fn filled(value: Value) -> Option<Value> {
    let empty = match &value {
        Value::List(items) => items.is_empty(),
        Value::Table(entries) => entries.is_empty(),
        Value::Bool(_)
        | Value::Integer(_)
        | Value::Float(_)
        | Value::Text(_)
        | Value::Span(_)
        | Value::Foreign(_) => false,
    };
    (!empty).then_some(value)
}

/// One `[kind.name]` section a row.
fn sections(toml: &mut String, kind: &str, rows: &[Entry]) {
    for row in rows {
        toml.push_str("\n[");
        toml.push_str(kind);
        toml.push('.');
        key(toml, &row.key);
        toml.push_str("]\n");
        let Value::Table(entries) = &row.node.value else {
            unreachable!("queues and agents are written as tables");
        };
        for entry in entries {
            line(toml, entry);
        }
    }
}

fn line(toml: &mut String, entry: &Entry) {
    key(toml, &entry.key);
    toml.push_str(" = ");
    // Steps read as a list, one below the other.
    if let Value::List(items) = &entry.node.value
        && items.iter().any(|item| matches!(item.value, Value::Table(_)))
    {
        toml.push_str("[\n");
        for item in items {
            toml.push_str("    ");
            inline(toml, item);
            toml.push_str(",\n");
        }
        toml.push(']');
    } else {
        inline(toml, &entry.node);
    }
    toml.push('\n');
}

fn inline(toml: &mut String, node: &Node) {
    match &node.value {
        Value::Bool(flag) => write!(toml, "{flag}").expect("a String takes all"),
        Value::Integer(number) => write!(toml, "{number}").expect("a String takes all"),
        Value::Float(number) => write!(toml, "{number:?}").expect("a String takes all"),
        Value::Text(text) => quoted(toml, text),
        Value::Span(span) => quoted(toml, &duration::written(*span)),
        Value::Foreign(_) => unreachable!("the writer makes no foreign value"),
        Value::List(items) => {
            toml.push('[');
            for (at, item) in items.iter().enumerate() {
                toml.push_str(if at == 0 { "" } else { ", " });
                inline(toml, item);
            }
            toml.push(']');
        }
        Value::Table(entries) => {
            toml.push('{');
            for (at, entry) in entries.iter().enumerate() {
                toml.push_str(if at == 0 { " " } else { ", " });
                key(toml, &entry.key);
                toml.push_str(" = ");
                inline(toml, &entry.node);
            }
            toml.push_str(if entries.is_empty() { "}" } else { " }" });
        }
    }
}

/// A key, quoted where TOML wants it.
fn key(toml: &mut String, name: &str) {
    if is_bare(name) { toml.push_str(name) } else { quoted(toml, name) }
}

/// Whether TOML takes a key without quotes.
pub(super) fn is_bare(name: &str) -> bool {
    let bare = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    !name.is_empty() && name.bytes().all(bare)
}

fn quoted(toml: &mut String, text: &str) {
    toml.push('"');
    for letter in text.chars() {
        match letter {
            '"' | '\\' => toml.extend(['\\', letter]),
            letter if letter.is_control() => {
                write!(toml, "\\u{:04X}", letter as u32).expect("a String takes all");
            }
            letter => toml.push(letter),
        }
    }
    toml.push('"');
}
