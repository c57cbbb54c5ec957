//! The written form of a plan read into the checked form: every key, its default and
//! its bounds. Which keys there are stands in `grammar`; `docs/plan.md` is the
//! reference. Parsing is `document.rs`; kinds of values and their complaints are
//! `lookup.rs`.

mod agents;
mod calendars;
mod classification;
mod escalation;
mod joining;
mod queues;
mod requirements;

use super::document::{Node, PlanDocument};
use super::lookup::{Name, Problems, Table};
use super::{
    Across, Calendar, CapacityPlan, DEFAULT_CHANNELS, Finding, OrderPlan, Plan, QueuePlan,
    ScoreTable, grammar,
};
use crate::directory::Directory;
use crate::error::ConfigError;
use crate::ids::{ChannelKey, QueueKey};
use crate::time::Span;

/// How many channels: a row of an array carries one in a byte, where 255 means none.
const MAX_CHANNELS: usize = 200;

/// How many queues; more is a table in the wrong place.
const MAX_QUEUES: usize = 1 << 16;

/// How many problems one error message carries.
const TOLD: usize = 20;

impl Plan {
    /// Reads and checks a plan written in TOML.
    ///
    /// ```
    /// use ccroute_core::Plan;
    /// let wrong = "[queues.sales]\noffer = { timout = \"15s\" }";
    /// let error = Plan::from_toml(wrong).unwrap_err();
    /// assert_eq!(error.line, Some(2));
    /// assert!(error.message.starts_with("unknown key `timout` in queues.sales.offer; valid: "));
    /// ```
    ///
    /// # Errors
    /// Everything that is wrong, by line: `line` is the first one's; the others follow
    /// in `message`, one a line.
    pub fn from_toml(text: &str) -> Result<Self, ConfigError> {
        Self::from_document(&PlanDocument::from_toml(text)?)
    }

    /// Checks a plan that was parsed elsewhere.
    ///
    /// # Errors
    /// As [`Self::from_toml`]; no lines where there was no text.
    pub fn from_document(document: &PlanDocument) -> Result<Self, ConfigError> {
        document.check().map_err(joined)
    }
}

impl Plan {
    /// This plan in the numbering of the one before, so that what is known by number stays
    /// so. What only the plan before has is kept as far as numbers need it; it is retired.
    ///
    /// # Errors
    /// When both together name too much.
    pub fn succeeding(&self, before: &Self) -> Result<Self, ConfigError> {
        let document = self.to_document();
        let mut reader = Reader::after(before);
        let mut plan = reader.plan(&document.root);
        let problems = reader.problems.into_errors(&document);
        if !problems.is_empty() {
            return Err(joined(problems));
        }
        for (index, name) in before.queue_names.iter().enumerate() {
            if self.queue_names.find(name).is_none_or(|at| self.queues[at].retired) {
                plan.queues[index] = QueuePlan { retired: true, ..before.queues[index].clone() };
            }
        }
        for (index, name) in before.table_names.iter().enumerate() {
            if self.table_names.find(name).is_none() {
                plan.tables[index] = ScoreTable { retired: true, ..before.tables[index].clone() };
            }
        }
        for (index, name) in before.calendar_names.iter().enumerate() {
            if self.calendar_names.find(name).is_none() {
                plan.calendars[index] =
                    Calendar { retired: true, ..before.calendars[index].clone() };
            }
        }
        Ok(plan)
    }

    /// Whether a plan that came back from bytes is one that could have been read.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        let mut live = self.clone();
        live.queues.iter_mut().for_each(|queue| queue.retired = false);
        live.tables.iter_mut().for_each(|table| table.retired = false);
        live.calendars.iter_mut().for_each(|calendar| calendar.retired = false);
        live.succeeding(&live).is_ok_and(|again| again == live)
    }
}

impl PlanDocument {
    /// The plan it describes.
    ///
    /// # Errors
    /// Everything that is wrong, by line; at least one.
    pub fn check(&self) -> Result<Plan, Vec<ConfigError>> {
        let mut reader = Reader::default();
        let plan = reader.plan(&self.root);
        let problems = reader.problems.into_errors(self);
        if !problems.is_empty() {
            return Err(problems);
        }
        let refusals = self.refusals(&plan).into_iter();
        let errors: Vec<ConfigError> = refusals.map(ConfigError::from).collect();
        if errors.is_empty() { Ok(plan) } else { Err(errors) }
    }
}

impl From<Finding> for ConfigError {
    fn from(finding: Finding) -> Self {
        Self { message: format!("{}: {}", finding.path, finding.message), line: finding.line }
    }
}

fn joined(errors: Vec<ConfigError>) -> ConfigError {
    let more = errors.len().saturating_sub(TOLD);
    let mut told = errors.into_iter().take(TOLD);
    let mut all = told.next().expect("a plan is refused for a reason");
    for error in told {
        all.message.push_str(&format!("\n{error}"));
    }
    if more > 0 {
        all.message.push_str(&format!("\nand {more} more"));
    }
    all
}

/// A plan half read: what later parts may refer to, and what is wrong so far.
#[derive(Default)]
struct Reader {
    problems: Problems,
    skills: Directory,
    /// Whether `skills` was written; without it, skills are collected as they come.
    declared: bool,
    channels: Directory,
    lines: Directory,
    kpis: Directory,
    queue_names: Directory,
    table_names: Directory,
    calendar_names: Directory,
}

impl Reader {
    /// A reader that knows the names of an earlier plan, and gives them the same numbers.
    fn after(before: &Plan) -> Self {
        Self {
            skills: before.skills.clone(),
            channels: before.channels.clone(),
            lines: before.lines.clone(),
            kpis: before.kpis.clone(),
            queue_names: before.queue_names.clone(),
            table_names: before.table_names.clone(),
            calendar_names: before.calendar_names.clone(),
            ..Self::default()
        }
    }

    fn plan(&mut self, root: &Node) -> Plan {
        let Some(table) = self.problems.table_at(root, String::new()) else {
            return Plan::default();
        };
        self.problems.only(&table, &grammar::PLAN);
        if let Some(names) = self.problems.names(&table, "skills") {
            self.declared = true;
            extend(&mut self.skills, names.iter().map(|name| name.text));
        }
        self.channels(&table);
        let mut plan = Plan::default();
        if let Some(span) = self.problems.span(&table, "retention", Span::ZERO) {
            plan.retention = span;
        }
        plan.seed = self.problems.whole(&table, "seed", 0, 1 << 53).unwrap_or_default();
        plan.order = self.order(&table);
        plan.capacity = self.capacity_plan(&table);
        let together = self.problems.whole(&table, "assign_together", 0, 100);
        plan.assign_together = together.unwrap_or_default();
        plan.tables = self.score_tables(&table);
        plan.calendars = self.calendars(&table);
        let queues = self.problems.table(&table, "queues");
        if let Some(queues) = &queues {
            self.name_queues(queues);
            plan.queues = self.queues(queues);
        }
        plan.queues.resize_with(self.queue_names.len(), QueuePlan::default);
        plan.classification = self.classification(&table);
        if let Some(agents) = self.problems.table(&table, "agents") {
            plan.agents = self.agents(&agents);
        }
        plan.skills = core::mem::take(&mut self.skills);
        plan.channels = core::mem::take(&mut self.channels);
        plan.lines = core::mem::take(&mut self.lines);
        plan.kpis = core::mem::take(&mut self.kpis);
        plan.queue_names = core::mem::take(&mut self.queue_names);
        plan.table_names = core::mem::take(&mut self.table_names);
        plan.calendar_names = core::mem::take(&mut self.calendar_names);
        plan
    }

    fn channels(&mut self, table: &Table<'_>) {
        let before = self.problems.count();
        let written = self.problems.names(table, "channels");
        if written.as_ref().is_some_and(Vec::is_empty) && self.problems.count() == before {
            let valid = "at least one channel, such as \"voice\"";
            self.problems.invalid(table.place("channels"), "channels", "is empty", valid);
        }
        match written {
            Some(names) => extend(&mut self.channels, names.iter().map(|name| name.text)),
            None => extend(&mut self.channels, DEFAULT_CHANNELS.iter().copied()),
        }
        self.at_most(MAX_CHANNELS, self.channels.len(), table.place("channels"), "channels");
    }

    fn at_most(&mut self, most: usize, written: usize, at: usize, path: &str) {
        if written > most {
            let valid = format!("at most {most}; divide the plan among engines");
            self.problems.invalid(at, path, &format!("names {written}"), &valid);
        }
    }

    fn order(&mut self, table: &Table<'_>) -> OrderPlan {
        let default = OrderPlan::default();
        let Some(table) = self.problems.section(table, "order", &grammar::ORDER) else {
            return default;
        };
        OrderPlan {
            across: self.problems.word(&table, "across", Across::ALL).unwrap_or_default(),
            ranked: self.problems.flag(&table, "ranked").unwrap_or(default.ranked),
        }
    }

    fn capacity_plan(&mut self, table: &Table<'_>) -> CapacityPlan {
        let Some(table) = self.problems.section(table, "capacity", &grammar::CAPACITY) else {
            return CapacityPlan::default();
        };
        let mut cost = Vec::new();
        if let Some(costs) = self.problems.table(&table, "cost") {
            cost = vec![1; self.channels.len()];
            for entry in costs.entries {
                let name = Name { text: &entry.key, at: entry.at };
                let channel = self.channel(&name, &costs.path);
                let takes = self.problems.number(&costs, entry, 0, 65_535);
                if let (Some(channel), Some(takes)) = (channel, takes) {
                    cost[channel.index()] = u32::try_from(takes).expect("within bounds");
                }
            }
        }
        let mut interrupted_by = Vec::new();
        if let Some(lists) = self.problems.table(&table, "interrupted_by") {
            interrupted_by = vec![None; self.channels.len()];
            for entry in lists.entries {
                let name = Name { text: &entry.key, at: entry.at };
                let channel = self.channel(&name, &lists.path);
                let by = self.channel_list(&lists, &entry.key);
                if let Some(channel) = channel {
                    interrupted_by[channel.index()] = Some(by);
                }
            }
        }
        CapacityPlan {
            budget: self.problems.whole(&table, "budget", 1, 65_535),
            cost,
            interrupted_by,
            offers: self.problems.whole(&table, "offers", 1, 65_535),
        }
    }

    fn score_tables(&mut self, table: &Table<'_>) -> Vec<ScoreTable> {
        let mut read = vec![ScoreTable::default(); self.table_names.len()];
        let Some(tables) = self.problems.table(table, "scores") else { return read };
        for entry in tables.entries {
            let name = Name { text: &entry.key, at: entry.at };
            self.problems.is_name(&name, &tables.path);
            let index = self.table_names.intern(&entry.key);
            let path = tables.path_of(&entry.key);
            let Some(table) = self.problems.table_at(&entry.node, path) else { continue };
            self.problems.only(&table, &grammar::SCORE_TABLE);
            let by = self.problems.name(&table, "by").or_else(|| {
                self.problems.missing(&table, "by", "the attribute that says a contact's type")
            });
            let attribute = by.map_or_else(String::new, |by| by.text.into());
            place(&mut read, index, ScoreTable { attribute, retired: false });
        }
        read
    }

    /// Queues may speak of each other: all are known before any is read.
    fn name_queues(&mut self, queues: &Table<'_>) {
        for entry in queues.entries {
            let name = Name { text: &entry.key, at: entry.at };
            self.problems.is_name(&name, &queues.path);
            self.queue_names.intern(&entry.key);
        }
        // Those of a plan before, which are retired, included.
        self.at_most(MAX_QUEUES, self.queue_names.len(), queues.at, &queues.path);
    }

    fn queues(&mut self, queues: &Table<'_>) -> Vec<QueuePlan> {
        let mut plans = Vec::with_capacity(queues.entries.len());
        for entry in queues.entries {
            let table = self.problems.table_at(&entry.node, queues.path_of(&entry.key));
            let index = self.queue_names.find(&entry.key).expect("named before");
            place(&mut plans, index, table.map(|table| self.queue(&table)).unwrap_or_default());
        }
        plans
    }

    fn channel(&mut self, name: &Name<'_>, path: &str) -> Option<ChannelKey> {
        let found = self.channels.find(name.text).map(ChannelKey::new);
        if found.is_none() {
            self.problems.unknown("channel", name, path, self.channels.iter());
        }
        found
    }

    fn channel_list(&mut self, table: &Table<'_>, key: &str) -> Vec<ChannelKey> {
        let path = table.path_of(key);
        let names = self.problems.names(table, key).unwrap_or_default();
        names.iter().filter_map(|name| self.channel(name, &path)).collect()
    }

    fn queue_named(&mut self, name: &Name<'_>, path: &str) -> Option<QueueKey> {
        let found = self.queue_names.find(name.text).map(QueueKey::new);
        if found.is_none() {
            self.problems.unknown("queue", name, path, self.queue_names.iter());
        }
        found
    }

    /// The queue named under `key`; `None` without one.
    fn queue_at(&mut self, table: &Table<'_>, key: &str) -> Option<QueueKey> {
        let name = self.problems.name(table, key)?;
        self.queue_named(&name, &table.path_of(key))
    }

    fn queue_list(&mut self, table: &Table<'_>, key: &str) -> Vec<QueueKey> {
        let path = table.path_of(key);
        let names = self.problems.names(table, key).unwrap_or_default();
        names.iter().filter_map(|name| self.queue_named(name, &path)).collect()
    }
}

fn extend<'n>(directory: &mut Directory, names: impl Iterator<Item = &'n str>) {
    for name in names {
        directory.intern(name);
    }
}

/// Puts a value where its number says, filling up with what stands for nothing.
fn place<T: Default>(list: &mut Vec<T>, index: usize, value: T) {
    if list.len() <= index {
        list.resize_with(index + 1, T::default);
    }
    list[index] = value;
}
