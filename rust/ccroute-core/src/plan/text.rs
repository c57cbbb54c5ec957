//! The written form of a plan read into the checked form: every key, its default and
//! its bounds. `docs/plan.md` is the reference. Parsing is `document.rs`; kinds of
//! values and their complaints are `lookup.rs`.

use std::collections::{BTreeMap, BTreeSet};

use super::document::{Node, PlanDocument};
use super::lookup::{Name, Problems, Table};
use super::{
    AgentPlan, DEFAULT_CHANNELS, OfferPolicy, OnMissed, Plan, QueuePlan, Relax, ServiceTarget,
    Step, Strategy, WrapUp, WrapUpMode,
};
use crate::command::Capacity;
use crate::directory::Directory;
use crate::error::ConfigError;
use crate::ids::{ChannelKey, QueueKey, SkillKey};
use crate::skill::{MAX_LEVEL, Requirement, SkillLevel};
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

impl PlanDocument {
    /// The plan it describes.
    ///
    /// # Errors
    /// Everything that is wrong, by line; at least one.
    pub fn check(&self) -> Result<Plan, Vec<ConfigError>> {
        let mut reader = Reader::default();
        let plan = reader.plan(&self.root);
        let problems = reader.problems.into_errors(self);
        if problems.is_empty() { Ok(plan) } else { Err(problems) }
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
    queue_names: Directory,
}

impl Reader {
    fn plan(&mut self, root: &Node) -> Plan {
        let Some(table) = self.problems.table_at(root, String::new()) else {
            return Plan::default();
        };
        self.problems.only(&table, &["skills", "channels", "retention", "queues", "agents"]);
        if let Some(names) = self.problems.names(&table, "skills") {
            self.declared = true;
            self.skills = directory(names.iter().map(|name| name.text));
        }
        self.channels(&table);
        let mut plan = Plan::default();
        if let Some(span) = self.problems.span(&table, "retention", Span::ZERO) {
            plan.retention = span;
        }
        if let Some(queues) = self.problems.table(&table, "queues") {
            plan.queues = self.queues(&queues);
        }
        if let Some(agents) = self.problems.table(&table, "agents") {
            plan.agents = self.agents(&agents);
        }
        plan.skills = core::mem::take(&mut self.skills);
        plan.channels = core::mem::take(&mut self.channels);
        plan.queue_names = core::mem::take(&mut self.queue_names);
        plan
    }

    fn channels(&mut self, table: &Table<'_>) {
        let before = self.problems.count();
        let written = self.problems.names(table, "channels");
        if written.as_ref().is_some_and(Vec::is_empty) && self.problems.count() == before {
            let valid = "at least one channel, such as \"voice\"";
            self.problems.invalid(table.place("channels"), "channels", "is empty", valid);
        }
        if let Some(names) = &written {
            self.at_most(MAX_CHANNELS, names.len(), table.place("channels"), "channels");
        }
        self.channels = match written {
            Some(names) => directory(names.iter().map(|name| name.text)),
            None => directory(DEFAULT_CHANNELS.iter().copied()),
        };
    }

    fn at_most(&mut self, most: usize, written: usize, at: usize, path: &str) {
        if written > most {
            let valid = format!("at most {most}; divide the plan among engines");
            self.problems.invalid(at, path, &format!("names {written}"), &valid);
        }
    }

    fn queues(&mut self, queues: &Table<'_>) -> Vec<QueuePlan> {
        self.at_most(MAX_QUEUES, queues.entries.len(), queues.at, &queues.path);
        let mut plans = Vec::with_capacity(queues.entries.len());
        for entry in queues.entries {
            let name = Name { text: &entry.key, at: entry.at };
            self.problems.is_name(&name, &queues.path);
            self.queue_names.intern(&entry.key);
            let table = self.problems.table_at(&entry.node, queues.path_of(&entry.key));
            plans.push(table.map(|table| self.queue(&table)).unwrap_or_default());
        }
        plans
    }

    fn queue(&mut self, table: &Table<'_>) -> QueuePlan {
        self.problems.only(
            table,
            &[
                "strategy",
                "requires",
                "offer",
                "wrap_up",
                "dispositions",
                "service_level",
                "escalation",
            ],
        );
        let default = QueuePlan::default();
        let strategy = self.problems.word(table, "strategy", Strategy::ALL);
        let requires = self.problems.table(table, "requires");
        let written = self.problems.names(table, "dispositions");
        let no_codes = written.as_ref().is_none_or(Vec::is_empty);
        let codes = written.unwrap_or_default();
        QueuePlan {
            strategy: strategy.unwrap_or_default(),
            requirement: requires.map(|table| self.requirement(&table)).unwrap_or_default(),
            offer: self.offer(table).unwrap_or(default.offer),
            wrap_up: self.wrap_up(table, no_codes).unwrap_or(default.wrap_up),
            dispositions: codes.iter().map(|code| code.text.to_owned()).collect(),
            target: self.target(table).unwrap_or(default.target),
            escalation: self.escalation(table),
        }
    }

    fn requirement(&mut self, table: &Table<'_>) -> Requirement {
        self.problems.only(table, &["all_of", "any_of", "none_of"]);
        let mut requirement =
            Requirement { all_of: self.levels(table, "all_of"), ..Requirement::default() };
        let path = table.path_of("any_of");
        for (at, group) in self.problems.list(table, "any_of").into_iter().flatten().enumerate() {
            let Some(group) = self.problems.table_at(group, format!("{path}[{at}]")) else {
                continue;
            };
            if group.entries.is_empty() {
                let valid = "at least one skill, or the group left out";
                self.problems.invalid(group.at, &group.path, "nobody meets an empty group", valid);
            }
            requirement.any_of.push(self.levels_of(&group));
        }
        requirement.none_of = self.levels(table, "none_of");
        requirement.canonical()
    }

    fn offer(&mut self, queue: &Table<'_>) -> Option<OfferPolicy> {
        let table = self.problems.table(queue, "offer")?;
        let problems = &mut self.problems;
        problems.only(&table, &["timeout", "connect_within", "on_missed", "exclude_for"]);
        let mut offer = QueuePlan::default().offer;
        for (key, span) in [
            ("timeout", &mut offer.timeout),
            ("connect_within", &mut offer.connect_within),
            ("exclude_for", &mut offer.exclude_for),
        ] {
            *span = problems.span(&table, key, Span::SHORTEST).unwrap_or(*span);
        }
        offer.on_missed = problems.word(&table, "on_missed", OnMissed::ALL).unwrap_or_default();
        Some(offer)
    }

    fn wrap_up(&mut self, queue: &Table<'_>, no_codes: bool) -> Option<WrapUp> {
        let table = self.problems.table(queue, "wrap_up")?;
        let problems = &mut self.problems;
        problems.only(&table, &["mode", "limit", "extension"]);
        let WrapUp { limit, extension, .. } = QueuePlan::default().wrap_up;
        let mode = problems.word(&table, "mode", WrapUpMode::ALL).unwrap_or_default();
        if mode == WrapUpMode::Mandatory && no_codes {
            let what = "is \"mandatory\", but the queue has no codes to give";
            let valid = "`dispositions` with at least one code, or another mode";
            problems.invalid(table.place("mode"), &table.path_of("mode"), what, valid);
        }
        Some(WrapUp {
            mode,
            limit: problems.span(&table, "limit", Span::SHORTEST).unwrap_or(limit),
            extension: problems.span(&table, "extension", Span::ZERO).unwrap_or(extension),
        })
    }

    fn target(&mut self, queue: &Table<'_>) -> Option<ServiceTarget> {
        let table = self.problems.table(queue, "service_level")?;
        let problems = &mut self.problems;
        problems.only(&table, &["within", "short_abandon"]);
        let ServiceTarget { within, short_abandon } = QueuePlan::default().target;
        Some(ServiceTarget {
            within: problems.span(&table, "within", Span::SHORTEST).unwrap_or(within),
            short_abandon: problems
                .span(&table, "short_abandon", Span::ZERO)
                .unwrap_or(short_abandon),
        })
    }

    fn escalation(&mut self, queue: &Table<'_>) -> Vec<Step> {
        let path = queue.path_of("escalation");
        let (mut steps, mut eased) = (Vec::<Step>::new(), Eased::default());
        for (at, node) in self.problems.list(queue, "escalation").into_iter().flatten().enumerate()
        {
            let Some(table) = self.problems.table_at(node, format!("{path}[{at}]")) else {
                continue;
            };
            let Some(step) = self.step(&table) else { continue };
            if steps.last().is_some_and(|before| before.after >= step.after) {
                let what = format!("{} does not come after the step before", step.after);
                let valid = "steps in the order of `after`, no two at once";
                let place = table.place("after");
                self.problems.invalid(place, &table.path_of("after"), &what, valid);
            }
            if !eased.take(&step) {
                let what = "the step changes nothing that earlier steps have not";
                let valid = "`drop` a skill, or `lower` one below its level so far";
                self.problems.invalid(table.at, &table.path, what, valid);
            }
            steps.push(step);
        }
        steps
    }

    fn step(&mut self, table: &Table<'_>) -> Option<Step> {
        self.problems.only(table, &["after", "drop", "lower"]);
        let before = self.problems.count();
        let after = self.problems.span(table, "after", Span::SHORTEST);
        if after.is_none() && self.problems.count() == before {
            let valid = "the contact's age at which the step is due, such as \"30s\"";
            self.problems.invalid(table.at, &table.path_of("after"), "is missing", valid);
        }
        let path = table.path_of("drop");
        let dropped = self.problems.names(table, "drop").unwrap_or_default();
        let dropped: Vec<SkillKey> =
            dropped.iter().filter_map(|name| self.skill(name, &path)).collect();
        let lowered = self.levels(table, "lower");
        if let Some(both) = lowered.iter().find(|to| dropped.contains(&to.skill)) {
            let name = self.skills.name(both.skill.index());
            let what = format!("`{name}` is both dropped and lowered");
            self.problems.invalid(table.at, &table.path, &what, "one of the two");
        }
        let dropped = dropped.into_iter().map(Relax::Drop);
        // A step already in error is not judged further.
        let sound = self.problems.count() == before;
        let relax = dropped.chain(lowered.into_iter().map(Relax::Lower)).collect();
        after.filter(|_| sound).map(|after| Step { after, relax })
    }

    fn agents(&mut self, agents: &Table<'_>) -> Vec<AgentPlan> {
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
        self.problems.only(table, &["skills", "queues", "capacity"]);
        let skills = self.levels(table, "skills");
        let path = table.path_of("queues");
        let mut queues = Vec::new();
        for queue in self.problems.names(table, "queues").unwrap_or_default() {
            match self.queue_names.find(queue.text) {
                Some(index) => queues.push(QueueKey::new(index)),
                None => self.problems.unknown("queue", &queue, &path, self.queue_names.iter()),
            }
        }
        AgentPlan { name: name.to_owned(), skills, queues, capacity: self.capacity(table) }
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
            let slots = self.problems.number(&table, entry, u16::MAX);
            match self.channels.find(&entry.key) {
                Some(index) => capacity
                    .extend(slots.map(|slots| Capacity { channel: ChannelKey::new(index), slots })),
                None => {
                    let name = Name { text: &entry.key, at: entry.at };
                    let known = self.channels.iter();
                    self.problems.unknown("channel", &name, &table.path, known);
                }
            }
        }
        capacity
    }

    /// The skills with their levels under `key`; none without it.
    fn levels(&mut self, table: &Table<'_>, key: &str) -> Vec<SkillLevel> {
        let levels = self.problems.table(table, key);
        levels.map(|levels| self.levels_of(&levels)).unwrap_or_default()
    }

    fn levels_of(&mut self, table: &Table<'_>) -> Vec<SkillLevel> {
        let mut levels = Vec::new();
        for entry in table.entries {
            let name = Name { text: &entry.key, at: entry.at };
            let skill = self.skill(&name, &table.path);
            let level = self.problems.number(table, entry, u16::from(MAX_LEVEL));
            if let (Some(skill), Some(level)) = (skill, level) {
                let level = u8::try_from(level).expect("at most MAX_LEVEL");
                levels.push(SkillLevel { skill, level });
            }
        }
        levels
    }

    fn skill(&mut self, name: &Name<'_>, path: &str) -> Option<SkillKey> {
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
}

/// How far the steps of an escalation have eased each skill so far.
#[derive(Default)]
struct Eased {
    dropped: BTreeSet<SkillKey>,
    lowered: BTreeMap<SkillKey, u8>,
}

impl Eased {
    /// Takes one more step; whether it changed anything for some contact.
    fn take(&mut self, step: &Step) -> bool {
        let mut changed = false;
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
        changed
    }
}

fn directory<'n>(names: impl Iterator<Item = &'n str>) -> Directory {
    let mut directory = Directory::default();
    for name in names {
        directory.intern(name);
    }
    directory
}
