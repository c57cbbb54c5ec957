//! The plan: what a coordinator decides. Checked once, read often, swapped whole.
//!
//! Here and in the files beside stands the checked form, in keys. `read` makes it of the
//! written form and `write` the written form of it, both by way of `document.rs`;
//! `grammar` says which keys there are.

mod classification;
mod document;
mod duration;
mod escalation;
mod findings;
mod grammar;
mod joining;
mod lookup;
mod offer;
mod order;
mod presets;
mod read;
mod staffing;
mod strategy;
#[cfg(test)]
mod tests;
mod write;

use serde::{Deserialize, Serialize};

use crate::condition::Condition;
use crate::directory::Directory;
use crate::event::words;
use crate::ids::{ChannelKey, LineKey, QueueKey, SkillKey, TableKey};
use crate::skill::Requirement;
use crate::time::Span;

pub use classification::{
    AttachedNeed, Attachment, Calendar, Classification, OpenInterval, Rule, ScoreTable,
};
pub use document::PlanDocument;
pub use escalation::{Action, AtStep, Change, MAX_STEPS, RankChange, RankWindow, Step, StepsTaken};
pub use findings::{Finding, FindingCode, Severity};
pub use joining::{Admission, CallbackRule, Hours, Leaving, Retry, StaffReason, StaffReasons};
pub use offer::{Failure, Failures, OfferPolicy, OnMissed};
pub use order::{Across, MarginalCost, OrderPlan, OrderRule, Pick, QueueOrder};
pub use presets::{PRESETS, Preset};
pub use staffing::{AgentPlan, Capacity, CapacityPlan, Help, KeepFree, Link, PreferredRule};
pub use strategy::{Ranking, Strategy};

/// The channels of a plan that names none.
pub const DEFAULT_CHANNELS: &[&str] = &["voice", "chat", "email", "sms"];

/// Everything the engine needs to know before the first contact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The abilities that requirements may name.
    pub skills: Directory,
    /// The media contacts arrive by.
    pub channels: Directory,
    /// Ways by which agents are reached.
    pub lines: Directory,
    /// Figures that routing follows.
    pub kpis: Directory,
    /// Queue names, in the order of `queues`.
    pub queue_names: Directory,
    /// The queues, by key.
    pub queues: Vec<QueuePlan>,
    /// Agents the plan knows by name; others may sign in all the same.
    pub agents: Vec<AgentPlan>,
    /// How long a closed contact is remembered: its id is not free before, and its
    /// dispositions can be corrected.
    pub retention: Span,
    /// What random choices begin with.
    pub seed: u64,
    /// How queues compare.
    pub order: OrderPlan,
    /// How much agents can hold.
    pub capacity: CapacityPlan,
    /// Which contact goes where.
    pub classification: Classification,
    /// Names of score tables, in the order of `tables`.
    pub table_names: Directory,
    /// Score tables, by key.
    pub tables: Vec<ScoreTable>,
    /// Names of calendars, in the order of `calendars`.
    pub calendar_names: Directory,
    /// Opening hours, by key.
    pub calendars: Vec<Calendar>,
    /// The most contacts that are shared out together for the best total score, when
    /// several agents become free at once; 0: one after the other.
    pub assign_together: u32,
}

/// One queue: contacts waiting under one set of rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueuePlan {
    /// Which agent among the eligible.
    pub strategy: Ranking,
    /// What every contact of the queue needs.
    pub requirement: Requirement,
    /// Which ranks of agents may take a contact at first.
    pub ranks: RankWindow,
    /// Agents whom contacts ask for by name.
    pub preferred: PreferredRule,
    /// Who goes next.
    pub order: OrderRule,
    /// How a contact is proposed.
    pub offer: OfferPolicy,
    /// What follows the conversation.
    pub wrap_up: WrapUp,
    /// The codes an agent may give; none: the queue takes no codes.
    pub dispositions: Vec<String>,
    /// What the queue is measured against.
    pub target: ServiceTarget,
    /// Steps by which a contact asks for less, or something else, as it waits.
    pub escalation: Vec<Step>,
    /// Who may join.
    pub admission: Admission,
    /// Who must leave.
    pub leaving: Leaving,
    /// When it is open; `None`: always.
    pub hours: Option<Hours>,
    /// What a customer's key does.
    pub exits: Vec<(String, Action)>,
    /// How customers are called back; `None`: they are not.
    pub callback: Option<CallbackRule>,
    /// Whom its contacts must leave free.
    pub keep_free: Option<KeepFree>,
    /// Who helps while a figure is bad.
    pub help: Vec<Help>,
    /// Over which lines its contacts reach agents, the first that works; none: over any.
    pub lines: Vec<LineKey>,
    /// Whether a conversation makes its agent the latest to become idle.
    pub resets_idle: bool,
    /// How long a contact may be suspended.
    pub suspension: Span,
    /// Whether contacts keep the rules they came under when the plan changes.
    pub frozen: bool,
    /// Whether a wait is foretold for each contact, and the error kept.
    pub expected_wait: bool,
    /// Not in the plan any more, but still in use: no contact may enter.
    pub retired: bool,
}

/// What follows the conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrapUp {
    /// Under which rule.
    pub mode: WrapUpMode,
    /// How long at most; `Timed`: exactly.
    pub limit: Span,
    /// How much `extend_wrap_up` may add in all.
    pub extension: Span,
}

words!(
    /// Under which rule an agent wraps up.
    #[derive(Default)]
    WrapUpMode {
        /// The slot is free at once.
        #[default]
        None = "none",
        /// The agent may end it at any time.
        Optional = "optional",
        /// The agent may end it once a disposition is given, from the queue's codes.
        Mandatory = "mandatory",
        /// It lasts its limit; the agent cannot end it.
        Timed = "timed",
    }
);

/// What a queue is measured against.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceTarget {
    /// Answered within this counts as in time.
    pub within: Span,
    /// Abandoned within this counts as a short abandon.
    pub short_abandon: Span,
}

impl Default for Plan {
    fn default() -> Self {
        let mut channels = Directory::default();
        for name in DEFAULT_CHANNELS {
            channels.intern(name);
        }
        Self {
            skills: Directory::default(),
            channels,
            lines: Directory::default(),
            kpis: Directory::default(),
            queue_names: Directory::default(),
            queues: Vec::new(),
            agents: Vec::new(),
            retention: Span::secs(600),
            seed: 0,
            order: OrderPlan::default(),
            capacity: CapacityPlan::default(),
            classification: Classification::default(),
            table_names: Directory::default(),
            tables: Vec::new(),
            calendar_names: Directory::default(),
            calendars: Vec::new(),
            assign_together: 0,
        }
    }
}

impl Default for QueuePlan {
    fn default() -> Self {
        Self {
            strategy: Ranking::default(),
            requirement: Requirement::default(),
            ranks: RankWindow::ALL,
            preferred: PreferredRule::default(),
            order: OrderRule::default(),
            offer: OfferPolicy::default(),
            wrap_up: WrapUp {
                mode: WrapUpMode::None,
                limit: Span::secs(60),
                extension: Span::secs(120),
            },
            dispositions: Vec::new(),
            target: ServiceTarget { within: Span::secs(20), short_abandon: Span::secs(5) },
            escalation: Vec::new(),
            admission: Admission::default(),
            leaving: Leaving::default(),
            hours: None,
            exits: Vec::new(),
            callback: None,
            keep_free: None,
            help: Vec::new(),
            lines: Vec::new(),
            resets_idle: true,
            suspension: Span::secs(3_600),
            frozen: false,
            expected_wait: false,
            retired: false,
        }
    }
}

impl Plan {
    /// Adds a queue in code; its key counts up from the first. Nothing is
    /// checked: what [`crate::Router::new`] makes of it is said there.
    pub fn add_queue(&mut self, name: &str, queue: QueuePlan) -> QueueKey {
        let index = self.queue_names.intern(name);
        if index == self.queues.len() {
            self.queues.push(queue);
        } else {
            self.queues[index] = queue;
        }
        QueueKey::new(index)
    }

    /// Adds a skill in code.
    pub fn add_skill(&mut self, name: &str) -> SkillKey {
        SkillKey::new(self.skills.intern(name))
    }

    /// The queue behind a key.
    #[must_use]
    pub fn queue(&self, key: QueueKey) -> &QueuePlan {
        &self.queues[key.index()]
    }

    /// Every condition on contacts: of rules, attachments and steps.
    pub fn conditions(&self) -> impl Iterator<Item = &Condition> {
        let rules = self.classification.rules.iter().map(|rule| &rule.when);
        let attached = self.classification.attach.iter().map(|entry| &entry.when);
        let steps = self.queues.iter().flat_map(|queue| &queue.escalation);
        let steps = steps.flat_map(|step| [&step.when, &step.only_if]);
        rules.chain(attached).chain(steps).flatten()
    }

    /// The key of a queue's name.
    #[must_use]
    pub fn find_queue(&self, name: &str) -> Option<QueueKey> {
        self.queue_names.find(name).map(QueueKey::new)
    }

    /// The key of a skill's name.
    #[must_use]
    pub fn find_skill(&self, name: &str) -> Option<SkillKey> {
        self.skills.find(name).map(SkillKey::new)
    }

    /// The key of a score table's name.
    #[must_use]
    pub fn find_table(&self, name: &str) -> Option<TableKey> {
        self.table_names.find(name).map(TableKey::new)
    }

    /// The key of a channel's name.
    #[must_use]
    pub fn find_channel(&self, name: &str) -> Option<ChannelKey> {
        self.channels.find(name).map(ChannelKey::new)
    }
}
