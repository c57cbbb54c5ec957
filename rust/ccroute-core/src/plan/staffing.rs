//! Whom a queue may draw on besides, whom it must leave for others, and how much an
//! agent can hold.

use serde::{Deserialize, Serialize};

use crate::ids::{ChannelKey, KpiKey, LineKey, QueueKey};
use crate::number::Millionths;
use crate::skill::{Labels, SkillLevel};
use crate::time::Span;

/// How much agents can hold, beside their slots.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CapacityPlan {
    /// What an agent can hold in all, in the coin of `cost`; `None`: no such bound.
    pub budget: Option<u32>,
    /// What a contact takes of it, by channel.
    pub cost: Vec<u32>,
    /// Which other channels may come in while an agent works on one, by channel;
    /// `None`: all.
    pub interrupted_by: Vec<Option<Vec<ChannelKey>>>,
    /// How many live offers an agent can have; `None`: as many as slots.
    pub offers: Option<u16>,
}

/// An agent's link to a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Link {
    /// The queue it serves.
    pub queue: QueueKey,
    /// Lower ranks first: the agent's order of queues, tiers, penalties.
    pub rank: u32,
    /// The place among the queue's agents, for `ordered` and `round_robin`.
    pub position: u32,
    /// Contacts that have not waited this long are not for this agent.
    pub delay: Span,
    /// The agent helps out only when this many contacts wait …
    pub help_waiting: Option<u32>,
    /// … or the contact has waited this long.
    pub help_waited: Option<Span>,
}

impl Link {
    /// A plain link.
    #[must_use]
    pub const fn new(queue: QueueKey) -> Self {
        Self {
            queue,
            rank: 0,
            position: 0,
            delay: Span::ZERO,
            help_waiting: None,
            help_waited: None,
        }
    }

    /// Whether it is open whatever waits.
    #[must_use]
    pub fn is_always_open(&self) -> bool {
        self.delay == Span::ZERO && self.help_waiting.is_none() && self.help_waited.is_none()
    }
}

impl From<QueueKey> for Link {
    fn from(queue: QueueKey) -> Self {
        Self::new(queue)
    }
}

/// How much an agent can hold on one channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capacity {
    /// The channel.
    pub channel: ChannelKey,
    /// Contacts at once.
    pub slots: u16,
}

/// An agent the plan knows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentPlan {
    /// The agent's name.
    pub name: String,
    /// What the agent can do.
    pub skills: Vec<SkillLevel>,
    /// What else is known of the agent.
    pub labels: Labels,
    /// Which queues the agent serves.
    pub queues: Vec<Link>,
    /// How much at once.
    pub capacity: Vec<Capacity>,
    /// What the agent can hold in all, instead of the plan's budget.
    pub budget: Option<u32>,
    /// Over which lines the agent is reached; none: over any.
    pub lines: Vec<LineKey>,
}

/// Contacts that may only take an agent while enough are left free for others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeepFree {
    /// How many must stay free.
    pub agents: u32,
    /// For these queues.
    pub queues: Vec<QueueKey>,
    /// On this channel.
    pub channel: ChannelKey,
}

/// Agents of other queues who help while a figure is bad.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Help {
    /// Whose agents.
    pub from: Vec<QueueKey>,
    /// Which figure, as the host observes it.
    pub kpi: KpiKey,
    /// Whether low is bad; else high is.
    pub when_low: bool,
    /// They help from here on …
    pub bad: Millionths,
    /// … until here.
    pub good: Millionths,
    /// And no shorter than this.
    pub hold: Span,
}

/// The agents a contact may ask for by name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreferredRule {
    /// How long only they may take it, if one of them is signed in.
    pub first: Span,
    /// They may take it without the skills.
    pub without_skills: bool,
    /// Who last talked with the customer, within this, is preferred; zero: nobody is.
    pub last_agent: Span,
    /// Contacts that come by transfer keep theirs.
    pub keep_on_transfer: bool,
}
