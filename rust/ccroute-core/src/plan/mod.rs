//! The plan: what a coordinator decides. Checked once, read often, swapped whole.
//!
//! Here stands the checked form, in keys. `text.rs` reads the written form and
//! `write.rs` writes it, both by way of `document.rs`.

mod document;
mod duration;
mod lookup;
#[cfg(test)]
mod tests;
mod text;
mod write;

use serde::{Deserialize, Serialize};

use crate::command::Capacity;
use crate::directory::Directory;
use crate::event::words;
use crate::ids::{ChannelKey, QueueKey, SkillKey};
use crate::skill::{Requirement, SkillLevel};
use crate::time::Span;

pub use document::PlanDocument;

/// The channels of a plan that names none.
pub const DEFAULT_CHANNELS: &[&str] = &["voice", "chat", "email", "sms"];

/// Everything the engine needs to know before the first contact.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The abilities that requirements may name.
    pub skills: Directory,
    /// The media contacts arrive by.
    pub channels: Directory,
    /// Queue names, in the order of `queues`.
    pub queue_names: Directory,
    /// The queues, by key.
    pub queues: Vec<QueuePlan>,
    /// Agents the plan knows by name; others may sign in all the same.
    pub agents: Vec<AgentPlan>,
    /// How long a closed contact is remembered: its id is not free before, and its
    /// dispositions can be corrected.
    pub retention: Span,
}

/// One queue: contacts waiting under one set of rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueuePlan {
    /// Which agent among the eligible.
    pub strategy: Strategy,
    /// What every contact of the queue needs.
    pub requirement: Requirement,
    /// How a contact is proposed.
    pub offer: OfferPolicy,
    /// What follows the conversation.
    pub wrap_up: WrapUp,
    /// The codes an agent may give; none: the queue takes no codes.
    pub dispositions: Vec<String>,
    /// What the queue is measured against.
    pub target: ServiceTarget,
    /// Steps that ease the requirement as the contact ages, by `after`.
    pub escalation: Vec<Step>,
}

words!(
    /// The rule for choosing among eligible agents. Ties go to the longest idle, then
    /// to the agent known longest.
    #[derive(Default)]
    Strategy {
        /// Who has been idle longest.
        #[default]
        LongestIdle = "longest_idle",
        /// Who has the highest sum of proficiencies in the skills asked for.
        MostProficient = "most_proficient",
    }
);

/// How a contact is proposed to an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfferPolicy {
    /// How long the agent may take to answer.
    pub timeout: Span,
    /// How long the platform may take to join customer and agent after that.
    pub connect_within: Span,
    /// What a missed offer does to the agent.
    pub on_missed: OnMissed,
    /// How long the agent is not offered the same contact again.
    pub exclude_for: Span,
}

words!(
    /// What a missed offer does to the agent.
    #[derive(Default)]
    OnMissed {
        /// Not ready, until the agent says otherwise.
        #[default]
        NotReady = "not_ready",
        /// Nothing but the exclusion from that contact.
        StayReady = "stay_ready",
    }
);

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

/// One step of an escalation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// The contact's age at which it is due.
    pub after: Span,
    /// What it eases, on top of the steps before.
    pub relax: Vec<Relax>,
}

/// How a step eases a requirement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Relax {
    /// The skill no longer matters.
    Drop(SkillKey),
    /// The skill is needed at this level only (where more was asked).
    Lower(SkillLevel),
}

/// An agent the plan knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentPlan {
    /// The agent's name.
    pub name: String,
    /// What the agent can do.
    pub skills: Vec<SkillLevel>,
    /// Which queues the agent serves.
    pub queues: Vec<QueueKey>,
    /// How much at once.
    pub capacity: Vec<Capacity>,
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
            queue_names: Directory::default(),
            queues: Vec::new(),
            agents: Vec::new(),
            retention: Span::secs(600),
        }
    }
}

impl Default for QueuePlan {
    fn default() -> Self {
        Self {
            strategy: Strategy::LongestIdle,
            requirement: Requirement::default(),
            offer: OfferPolicy {
                timeout: Span::secs(15),
                connect_within: Span::secs(10),
                on_missed: OnMissed::NotReady,
                exclude_for: Span::secs(30),
            },
            wrap_up: WrapUp {
                mode: WrapUpMode::None,
                limit: Span::secs(60),
                extension: Span::secs(120),
            },
            dispositions: Vec::new(),
            target: ServiceTarget { within: Span::secs(20), short_abandon: Span::secs(5) },
            escalation: Vec::new(),
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

    /// The key of a channel's name.
    #[must_use]
    pub fn find_channel(&self, name: &str) -> Option<ChannelKey> {
        self.channels.find(name).map(ChannelKey::new)
    }
}

impl QueuePlan {
    /// What a contact that itself asks for `own` needs here after `steps` steps.
    #[must_use]
    pub fn requirement_at(&self, steps: usize, own: &Requirement) -> Requirement {
        let full = self.requirement.and(own);
        self.escalation[..steps].iter().fold(full, |eased, step| eased.relaxed(&step.relax))
    }
}

impl Requirement {
    /// The requirement as one step leaves it.
    #[must_use]
    pub fn relaxed(&self, relax: &[Relax]) -> Self {
        let mut eased = self.clone();
        for rule in relax {
            match *rule {
                Relax::Drop(skill) => {
                    eased.all_of.retain(|need| need.skill != skill);
                    // A group that loses a member asks for nothing any more: the step
                    // must widen, and fewer alternatives would narrow.
                    eased.any_of.retain(|group| group.iter().all(|need| need.skill != skill));
                    eased.none_of.retain(|need| need.skill != skill);
                }
                Relax::Lower(to) => {
                    let groups = eased.any_of.iter_mut().flatten();
                    for need in eased.all_of.iter_mut().chain(groups) {
                        if need.skill == to.skill {
                            need.level = need.level.min(to.level);
                        }
                    }
                }
            }
        }
        eased.canonical()
    }
}
