//! Agents: what they can do, whom they serve, how much at once.

use super::super::document::Value;
use super::super::lookup::{Name, Table};
use super::super::{AgentPlan, Capacity, Link, grammar};
use super::Reader;
use crate::condition;
use crate::ids::{ChannelKey, LineKey};
use crate::skill::Labels;
use crate::time::Span;

impl Reader {
    pub(super) fn agents(&mut self, agents: &Table<'_>) -> Vec<AgentPlan> {
        let mut plans = Vec::with_capacity(agents.entries.len());
        for entry in agents.entries {
            let name = Name { text: &entry.key, at: entry.at };
            self.problems.is_name(&name, &agents.path);
            let path = agents.path_of(&entry.key);
            if let Some(table) = self.problems.table_at(&entry.node, path) {
                plans.push(self.agent(&entry.key, &table));
            }
        }
        plans
    }

    fn agent(&mut self, name: &str, table: &Table<'_>) -> AgentPlan {
        self.problems.only(table, &grammar::AGENT);
        AgentPlan {
            name: name.to_owned(),
            skills: self.levels(table, "skills"),
            labels: self.labels(table),
            queues: self.links(table),
            capacity: self.capacity(table),
            budget: self.problems.whole(table, "budget", 1, 65_535),
            lines: self.line_list(table),
        }
    }

    fn labels(&mut self, agent: &Table<'_>) -> Labels {
        let Some(table) = self.problems.table(agent, "labels") else { return Labels::default() };
        let mut labels = Vec::new();
        for entry in table.entries {
            let name = Name { text: &entry.key, at: entry.at };
            self.problems.is_name(&name, &table.path);
            let value = match &entry.node.value {
                Value::Bool(flag) => condition::Value::Flag(*flag),
                Value::Integer(number) => condition::Value::Number(*number),
                Value::Text(text) => condition::Value::Text(text.as_str().into()),
                Value::Float(_)
                | Value::List(_)
                | Value::Table(_)
                | Value::Span(_)
                | Value::Shift(_)
                | Value::Foreign(_) => {
                    let path = table.path_of(&entry.key);
                    let valid = "a text, a whole number, true or false";
                    self.problems.wrong_kind(&entry.node, &path, valid);
                    continue;
                }
            };
            labels.push((entry.key.as_str(), value));
        }
        Labels::new(labels)
    }

    /// `queues = ["billing"]`, or `queues = { billing = { rank = 1 } }`.
    fn links(&mut self, agent: &Table<'_>) -> Vec<Link> {
        let Some(node) = agent.get("queues") else { return Vec::new() };
        if matches!(node.value, Value::List(_)) {
            return self.queue_list(agent, "queues").into_iter().map(Link::new).collect();
        }
        if !matches!(node.value, Value::Table(_)) {
            let valid = "a list of queues, or a table of queues with settings";
            self.problems.wrong_kind(node, &agent.path_of("queues"), valid);
            return Vec::new();
        }
        let Some(table) = self.problems.table(agent, "queues") else { return Vec::new() };
        let mut links = Vec::new();
        for entry in table.entries {
            let name = Name { text: &entry.key, at: entry.at };
            let queue = self.queue_named(&name, &table.path);
            let Some(settings) = self.problems.table_at(&entry.node, table.path_of(&entry.key))
            else {
                continue;
            };
            self.problems.only(&settings, &grammar::LINK);
            let help = self.problems.section(&settings, "help_when", &grammar::HELP_WHEN);
            let problems = &mut self.problems;
            let mut link = Link {
                rank: problems.whole(&settings, "rank", 0, 1_000_000).unwrap_or_default(),
                position: problems.whole(&settings, "position", 0, 1_000_000).unwrap_or_default(),
                delay: problems.span(&settings, "delay", Span::ZERO).unwrap_or_default(),
                ..Link::new(queue.unwrap_or(crate::ids::QueueKey::new(0)))
            };
            if let Some(help) = help {
                link.help_waiting = problems.whole(&help, "waiting", 1, 1_000_000_000);
                link.help_waited = problems.span(&help, "waited", Span::SHORTEST);
                if help.entries.is_empty() {
                    let valid = "`waiting`, `waited` or both";
                    problems.invalid(help.at, &help.path, "is empty", valid);
                }
            }
            links.extend(queue.map(|_| link));
        }
        links
    }

    fn capacity(&mut self, agent: &Table<'_>) -> Vec<Capacity> {
        let Some(table) = self.problems.table(agent, "capacity") else {
            return vec![Capacity { channel: ChannelKey::new(0), slots: 1 }];
        };
        if table.entries.is_empty() {
            let valid = "at least one channel, or the key left out";
            self.problems.invalid(table.at, &table.path, "is empty", valid);
        }
        let mut capacity = Vec::new();
        for entry in table.entries {
            let slots = self.problems.number(&table, entry, 1, i64::from(u16::MAX));
            let name = Name { text: &entry.key, at: entry.at };
            let channel = self.channel(&name, &table.path);
            if let (Some(channel), Some(slots)) = (channel, slots) {
                let slots = u16::try_from(slots).expect("within bounds");
                capacity.push(Capacity { channel, slots });
            }
        }
        capacity
    }

    /// Lines are not declared: they come as queues and agents name them.
    pub(super) fn line_list(&mut self, table: &Table<'_>) -> Vec<LineKey> {
        let names = self.problems.names(table, "lines").unwrap_or_default();
        names.iter().map(|name| LineKey::new(self.lines.intern(name.text))).collect()
    }
}
