//! What the router remembers of a contact, an agent and an offer. Data only: what may
//! happen to them stands in the files beside.

use serde::{Deserialize, Serialize};

use super::timers::TimerKey;
use crate::event::{Device, Role};
use crate::ids::{AgentKey, ChannelKey, ClassKey, ContactKey, OfferKey, QueueKey, TextKey};
use crate::matching::Demand;
use crate::queue::OrderKey;
use crate::skill::Requirement;
use crate::time::{Span, Timestamp};

/// Where a contact stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Phase {
    /// In the queue, without a live offer.
    Waiting,
    /// Proposed to an agent.
    Offered(OfferKey),
    /// Accepted; the platform is joining customer and agent.
    Connecting { agent: AgentKey, timer: TimerKey },
    /// In conversation.
    Engaged { held: bool },
    /// Gone; remembered until retention ends.
    Closed,
}

impl Phase {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Offered(_) => "offered",
            Self::Connecting { .. } => "connecting",
            Self::Engaged { held: false } => "engaged",
            Self::Engaged { held: true } => "held",
            Self::Closed => "closed",
        }
    }
}

/// An agent's live part in a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Part {
    pub(super) agent: AgentKey,
    pub(super) role: Role,
}

/// An agent's work after a conversation; the slot is still taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct WrappingUp {
    pub(super) agent: AgentKey,
    pub(super) visit: u32,
    pub(super) queue: QueueKey,
    pub(super) timer: TimerKey,
    pub(super) extended: Span,
}

/// The last conversation of a contact, which dispositions refer to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Handled {
    pub(super) agent: AgentKey,
    pub(super) visit: u32,
    pub(super) queue: QueueKey,
    pub(super) sets: u32,
}

/// An agent who is not offered a contact for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Exclusion {
    pub(super) agent: AgentKey,
    pub(super) timer: TimerKey,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Contact {
    pub(super) id: Box<str>,
    pub(super) customer: Option<Box<str>>,
    pub(super) conversation: Option<Box<str>>,
    pub(super) previous: Option<Box<str>>,
    pub(super) attributes: Vec<(Box<str>, Box<str>)>,
    pub(super) channel: ChannelKey,
    pub(super) queue: QueueKey,
    pub(super) visit: u32,
    pub(super) sequence: u64,
    pub(super) band: i16,
    pub(super) head_start: Span,
    pub(super) since: Timestamp,
    pub(super) own: Option<Requirement>,
    pub(super) steps: u32,
    pub(super) escalation: Option<TimerKey>,
    pub(super) phase: Phase,
    pub(super) excluded: Vec<Exclusion>,
    pub(super) parts: Vec<Part>,
    pub(super) wrapping: Vec<WrappingUp>,
    pub(super) handled: Option<Handled>,
    /// The class of the requirement at the current step; `None` once closed.
    #[serde(skip)]
    pub(super) class: Option<ClassKey>,
}

impl Contact {
    pub(super) fn order(&self) -> OrderKey {
        OrderKey::new(self.band, self.since, self.head_start, self.sequence)
    }

    pub(super) fn demand(&self) -> Demand {
        let class = self.class.expect("a contact that is not closed holds a class");
        Demand { queue: self.queue, class, channel: self.channel }
    }

    pub(super) fn primary(&self) -> Option<AgentKey> {
        self.parts.iter().find(|part| part.role == Role::Primary).map(|part| part.agent)
    }

    /// Whether `agent` must not be offered it: an exclusion runs, or the agent still
    /// wraps up after it (an agent wraps up after a contact once at a time).
    pub(super) fn excludes(&self, agent: AgentKey) -> bool {
        self.excluded.iter().any(|exclusion| exclusion.agent == agent)
            || self.wrapping.iter().any(|left| left.agent == agent)
    }
}

/// What an agent chose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Availability {
    Offline,
    Ready,
    NotReady(Option<TextKey>),
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Agent {
    pub(super) availability: Availability,
    pub(super) device: Device,
    /// Slots and slots taken, by channel.
    pub(super) capacity: Vec<u16>,
    pub(super) used: Vec<u16>,
    /// Live, in the order they were made.
    pub(super) offers: Vec<OfferKey>,
    pub(super) connecting: Vec<ContactKey>,
    /// Conversations with a part other than monitor.
    pub(super) talking: Vec<ContactKey>,
    pub(super) monitoring: Vec<ContactKey>,
    pub(super) wrapping: Vec<ContactKey>,
    pub(super) excluded_from: Vec<ContactKey>,
}

impl Agent {
    pub(super) fn new(channels: usize) -> Self {
        Self {
            availability: Availability::Offline,
            device: Device::Unknown,
            capacity: vec![0; channels],
            used: vec![0; channels],
            offers: Vec::new(),
            connecting: Vec::new(),
            talking: Vec::new(),
            monitoring: Vec::new(),
            wrapping: Vec::new(),
            excluded_from: Vec::new(),
        }
    }

    /// Whether the device can take a call: free as far as known, or busy with us. Our own
    /// conversation explains a device in use, never one that is out of order.
    pub(super) fn device_allows(&self) -> bool {
        match self.device {
            Device::Unknown | Device::Available => true,
            Device::InUse | Device::Ringing => {
                !(self.offers.is_empty() && self.connecting.is_empty() && self.talking.is_empty())
            }
            Device::Unreachable => false,
        }
    }

    /// Where the conversations stand in which the agent has a part of this kind.
    pub(super) fn list_of(&mut self, role: Role) -> &mut Vec<ContactKey> {
        match role {
            Role::Primary | Role::Consult | Role::Conference => &mut self.talking,
            Role::Monitor => &mut self.monitoring,
        }
    }

    pub(super) fn has_slot(&self, channel: usize) -> bool {
        self.used[channel] < self.capacity[channel]
    }

    pub(super) fn is_open(&self, channel: usize) -> bool {
        self.availability == Availability::Ready && self.device_allows() && self.has_slot(channel)
    }

    /// What work makes of the agent; the first that applies.
    pub(super) fn activity(&self) -> &'static str {
        if !self.talking.is_empty() {
            "engaged"
        } else if !self.connecting.is_empty() {
            "connecting"
        } else if !self.offers.is_empty() {
            "offered"
        } else if !self.wrapping.is_empty() {
            "wrapping"
        } else {
            "idle"
        }
    }
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Offer {
    pub(super) contact: ContactKey,
    pub(super) agent: AgentKey,
    pub(super) timer: TimerKey,
    /// How many agents were eligible when it was made.
    pub(super) eligible: u32,
    /// The chosen one's score then.
    pub(super) score: u32,
    /// Since when the chosen one was idle then.
    pub(super) idle_since: Timestamp,
}
