//! What the oracle remembers: agents, contacts, offers and the rest, as the page names
//! them. Nothing here is kept twice, and nothing that follows from something else.

use std::rc::Rc;

use ccroute_core::{Device, Failures, RejectionCode, Role, Shift, Span, Timestamp, Value};

use super::need::{Level, Need};
use super::rules::{Link, Profile, QueueRules};

/// A contact, named for good by its sequence number "given at entry".
pub(crate) type Seq = u64;

/// What a command comes to: the name of what came into being, or empty.
pub(crate) type Answer = Result<String, RejectionCode>;

/// "Availability: offline, ready, not ready (reason)."
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Availability {
    Offline,
    Ready,
    NotReady(Option<String>),
}

/// "An agent is known from when a name first comes up": the place in the list is the
/// order of becoming known. Slots are counted when asked for, never kept.
#[derive(Clone, Debug)]
pub(crate) struct Agent {
    pub(crate) name: String,
    pub(crate) availability: Availability,
    pub(crate) device: Device,
    pub(crate) skills: Vec<Level>,
    pub(crate) labels: Vec<(String, Value)>,
    pub(crate) links: Vec<Link>,
    pub(crate) capacity: Vec<(String, u16)>,
    pub(crate) budget: Option<u32>,
    pub(crate) lines: Vec<String>,
    pub(crate) idle_since: Timestamp,
    pub(crate) failures: Failures<u32>,
    pub(crate) back_off: Option<Timestamp>,
    /// When the last conversation's slot was given back.
    pub(crate) gave_back: Option<Timestamp>,
    /// Parts as primary begun, and the time of those that ended.
    pub(crate) handled: u32,
    pub(crate) talked: i64,
    /// "The fewest links to queues whose need at step 0 … the agent meets; counted at
    /// sign-in, at changes of the agent and at a new plan."
    pub(crate) flexible: usize,
}

impl Agent {
    /// Somebody whose name came up.
    pub(crate) fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            availability: Availability::Offline,
            device: Device::Unknown,
            skills: Vec::new(),
            labels: Vec::new(),
            links: Vec::new(),
            capacity: Vec::new(),
            budget: None,
            lines: Vec::new(),
            idle_since: Timestamp::ZERO,
            failures: Failures::default(),
            back_off: None,
            gave_back: None,
            handled: 0,
            talked: 0,
            flexible: 0,
        }
    }

    pub(crate) fn is_ready(&self) -> bool {
        self.availability == Availability::Ready
    }

    pub(crate) fn is_signed_in(&self) -> bool {
        self.availability != Availability::Offline
    }

    /// The proficiency in a skill, 0 without it.
    pub(crate) fn proficiency(&self, skill: &str) -> i64 {
        let held = self.skills.iter().rev().find(|(held, _)| held == skill);
        held.map_or(0, |&(_, level)| i64::from(level))
    }

    pub(crate) fn label(&self, name: &str) -> Option<&Value> {
        self.labels.iter().rev().find(|(label, _)| label == name).map(|(_, value)| value)
    }

    pub(crate) fn link(&self, queue: &str) -> Option<&Link> {
        self.links.iter().find(|link| link.queue == queue)
    }

    /// What is said of the agent is so from now on; "budget 0: the plan's".
    pub(crate) fn take_profile(&mut self, profile: &Profile) {
        let Profile { skills, labels, links, capacity, budget, lines } = profile.clone();
        self.skills = skills.unwrap_or_else(|| std::mem::take(&mut self.skills));
        self.labels = labels.unwrap_or_else(|| std::mem::take(&mut self.labels));
        self.links = links.unwrap_or_else(|| std::mem::take(&mut self.links));
        self.capacity = capacity.unwrap_or_else(|| std::mem::take(&mut self.capacity));
        self.lines = lines.unwrap_or_else(|| std::mem::take(&mut self.lines));
        if let Some(budget) = budget {
            self.budget = Some(budget).filter(|&budget| budget > 0);
        }
    }
}

/// "A contact is in one phase."
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// With a visit ahead, or begun.
    Scheduled {
        begun: bool,
    },
    Waiting,
    Offered,
    /// The how-many-th acceptance it was says in which order connections began.
    Connecting {
        agent: String,
        acceptance: usize,
    },
    Engaged {
        held: bool,
    },
    Suspended,
    Closed,
}

/// From connection, or hand-over, to the end of that primary's part.
#[derive(Clone, Debug)]
pub(crate) struct Conversation {
    pub(crate) visit: u32,
    pub(crate) queue: String,
    pub(crate) agent: String,
    pub(crate) began: Timestamp,
    /// How many sets of disposition codes were given.
    pub(crate) sets: u32,
}

/// Band, head start and slope, as far as somebody said them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Place {
    pub(crate) band: Option<i16>,
    pub(crate) head_start: Option<Shift>,
    pub(crate) slope: Option<ccroute_core::Millionths>,
}

/// A need that a rule gave, and how long after `since` it lapses.
#[derive(Clone, Debug)]
pub(crate) struct AttachedNeed {
    pub(crate) need: Need,
    pub(crate) lasts: Option<Span>,
}

/// An agent who is not offered a contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Exclusion {
    pub(crate) agent: String,
    pub(crate) by_host: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Contact {
    pub(crate) seq: Seq,
    pub(crate) id: String,
    pub(crate) phase: Phase,
    pub(crate) queue: String,
    pub(crate) channel: String,
    /// When the host named it first.
    pub(crate) entry: Timestamp,
    pub(crate) since: Timestamp,
    pub(crate) visit: u32,
    pub(crate) entered: Timestamp,
    /// What it came with, or `reprioritise` set since; what the classifying rule says.
    pub(crate) came_with: Place,
    pub(crate) ruled: Place,
    pub(crate) own: Need,
    pub(crate) attached: Vec<AttachedNeed>,
    pub(crate) attributes: Vec<(String, Value)>,
    pub(crate) customer: Option<String>,
    pub(crate) conversation: Option<String>,
    pub(crate) previous: Option<String>,
    pub(crate) preferred: Vec<(String, u16)>,
    pub(crate) preferred_since: Timestamp,
    /// In place of `preferred.first`.
    pub(crate) owner_first: Option<Span>,
    pub(crate) excluded: Vec<Exclusion>,
    /// Steps behind it in this visit: taken, or passed over.
    pub(crate) steps: Vec<bool>,
    /// Offers of this visit made, and come to nothing by the agent's doing.
    pub(crate) offers: u32,
    pub(crate) missed: u32,
    /// Agents asked beyond the first ones in this round, by `add_every`.
    pub(crate) added: usize,
    pub(crate) overtaken: u32,
    pub(crate) callback_offered: bool,
    /// Of a callback, which it is until it is connected: the queue where it was asked for.
    pub(crate) asked_in: Option<String>,
    pub(crate) attempts: u32,
    /// Who called back last, in vain.
    pub(crate) tried_by: Option<String>,
    /// Queues it left by rule, and at which instant.
    pub(crate) left: (Timestamp, Vec<String>),
    /// The rules it keeps though the plan has changed.
    pub(crate) kept: Option<Rc<QueueRules>>,
    /// The wait that was foretold at entry.
    pub(crate) foretold: Option<Span>,
    /// Live parts in order of joining; the primary among them.
    pub(crate) parts: Vec<(String, Role)>,
    pub(crate) conversations: Vec<Conversation>,
    /// Closed, and nobody wraps up after it any more: until when it is remembered.
    pub(crate) gone_until: Option<Timestamp>,
}

impl Contact {
    /// "Waiting, offered, connecting and suspended contacts are **in** their queue and
    /// make up its **length**."
    pub(crate) fn is_in_queue(&self) -> bool {
        match self.phase {
            Phase::Waiting | Phase::Offered | Phase::Connecting { .. } | Phase::Suspended => true,
            Phase::Scheduled { .. } | Phase::Engaged { .. } | Phase::Closed => false,
        }
    }

    pub(crate) fn is_engaged(&self) -> bool {
        matches!(self.phase, Phase::Engaged { .. })
    }

    /// Who is being joined with it.
    pub(crate) fn connecting_with(&self) -> Option<&str> {
        match &self.phase {
            Phase::Connecting { agent, .. } => Some(agent),
            Phase::Scheduled { .. }
            | Phase::Waiting
            | Phase::Offered
            | Phase::Engaged { .. }
            | Phase::Suspended
            | Phase::Closed => None,
        }
    }

    pub(crate) fn role(&self, agent: &str) -> Option<Role> {
        self.parts.iter().find(|(name, _)| name == agent).map(|&(_, role)| role)
    }
}

/// A live offer; ended ones are gone.
#[derive(Clone, Debug)]
pub(crate) struct Offer {
    pub(crate) ordinal: usize,
    pub(crate) contact: Seq,
    pub(crate) agent: String,
    /// The agent's rank for the contact when it was made.
    pub(crate) rank: u32,
    pub(crate) line: Option<String>,
}

/// An agent who was not quick enough, not yet free again; in order of making.
#[derive(Clone, Debug)]
pub(crate) struct Reservation {
    pub(crate) contact: Seq,
    pub(crate) agent: String,
}

/// An agent working on after a conversation, in order of beginning.
#[derive(Clone, Debug)]
pub(crate) struct WrapUp {
    pub(crate) agent: String,
    pub(crate) contact: Seq,
    pub(crate) id: String,
    pub(crate) channel: String,
    /// Which conversation of the contact.
    pub(crate) conversation: usize,
    pub(crate) visit: u32,
    pub(crate) queue: String,
    pub(crate) ends: Timestamp,
    pub(crate) extended: Span,
}

/// What falls due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Timer {
    Offer(usize),
    /// `add_every`.
    Ring(Seq),
    Connect(Seq),
    /// Of the reservations.
    Grace(Seq),
    Escalation(Seq),
    Exclusion(Seq, Exclusion),
    WrapUp(String, Seq),
    BackOff(String),
    Due(Seq),
    Suspension(Seq),
    /// Of a queue, and which rule.
    Help(String, usize),
}

/// A place in line that a customer left by hanging up.
#[derive(Clone, Debug)]
pub(crate) struct KeptPlace {
    pub(crate) customer: String,
    pub(crate) queue: String,
    pub(crate) since: Timestamp,
    pub(crate) until: Timestamp,
}

/// A customer talked with an agent as primary.
#[derive(Clone, Debug)]
pub(crate) struct Talk {
    pub(crate) customer: String,
    pub(crate) agent: String,
    pub(crate) at: Timestamp,
    pub(crate) until: Timestamp,
}

/// A score table as the host filled it.
#[derive(Clone, Debug)]
pub(crate) struct Scores {
    pub(crate) table: String,
    pub(crate) version: u64,
    pub(crate) expires: Timestamp,
    /// Contact type, agent, score in millionths.
    pub(crate) rows: Vec<(String, String, i64)>,
}

/// Agents of other queues help.
#[derive(Clone, Debug)]
pub(crate) struct Helping {
    pub(crate) queue: String,
    pub(crate) rule: usize,
    pub(crate) since: Timestamp,
}
