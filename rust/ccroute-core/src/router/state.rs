//! What the router remembers of a contact, an agent and an offer. Data only: what may
//! happen to them stands in the files beside.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::timers::TimerKey;
use crate::condition::Value;
use crate::event::{Device, Role};
use crate::ids::{
    AgentKey, ChannelKey, ClassKey, ContactKey, LineKey, OfferKey, QueueKey, TextKey,
};
use crate::matching::Demand;
use crate::number::Millionths;
use crate::plan::{Capacity, Failures, QueuePlan, StaffReason, StaffReasons, StepsTaken};
use crate::queue::OrderKey;
use crate::skill::Requirement;
use crate::time::{Shift, Span, Timestamp};

/// Where a contact stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Phase {
    /// Its time has not come yet.
    Scheduled { timer: TimerKey, begun: bool },
    /// In the queue, without a live offer.
    Waiting,
    /// Proposed to one agent or several.
    Offered,
    /// Accepted; the platform is joining customer and agent.
    Connecting { agent: AgentKey, timer: TimerKey },
    /// In conversation.
    Engaged { held: bool },
    /// In the queue, but out of matching.
    Suspended { timer: TimerKey },
    /// Gone; remembered until retention ends.
    Closed,
}

impl Phase {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Scheduled { .. } => "scheduled",
            Self::Waiting => "waiting",
            Self::Offered => "offered",
            Self::Connecting { .. } => "connecting",
            Self::Engaged { held: false } => "engaged",
            Self::Engaged { held: true } => "held",
            Self::Suspended { .. } => "suspended",
            Self::Closed => "closed",
        }
    }

    /// Whether it counts for the length of its queue.
    pub(super) fn is_in_queue(self) -> bool {
        match self {
            Self::Waiting | Self::Offered | Self::Connecting { .. } | Self::Suspended { .. } => {
                true
            }
            Self::Scheduled { .. } | Self::Engaged { .. } | Self::Closed => false,
        }
    }

    /// Whether nobody talks with it, and somebody may yet.
    pub(super) fn is_unconnected(self) -> bool {
        !matches!(self, Self::Engaged { .. } | Self::Closed)
    }
}

/// An agent's live part in a conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Part {
    pub(super) agent: AgentKey,
    pub(super) role: Role,
    pub(super) since: Timestamp,
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

/// An agent who is not offered a contact, for a while or for good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Exclusion {
    pub(super) agent: AgentKey,
    pub(super) timer: Option<TimerKey>,
    /// By the host: neither a step nor readiness ends it.
    pub(super) by_host: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Contact {
    pub(super) id: Box<str>,
    pub(super) customer: Option<Box<str>>,
    pub(super) conversation: Option<Box<str>>,
    pub(super) previous: Option<Box<str>>,
    pub(super) attributes: Vec<(Box<str>, Value)>,
    pub(super) channel: ChannelKey,
    pub(super) queue: QueueKey,
    pub(super) visit: u32,
    pub(super) sequence: u64,
    /// What it came with; `None`: its queue's.
    pub(super) band: Option<i16>,
    pub(super) head_start: Option<Shift>,
    pub(super) since: Timestamp,
    /// When the visit began.
    pub(super) entered: Timestamp,
    /// What the host says it needs.
    pub(super) own: Option<Box<Requirement>>,
    pub(super) steps: StepsTaken,
    pub(super) escalation: Option<TimerKey>,
    pub(super) phase: Phase,
    /// The live offer, or the oldest of several.
    pub(super) offer: Option<OfferKey>,
    pub(super) excluded: Vec<Exclusion>,
    pub(super) parts: Vec<Part>,
    pub(super) wrapping: Vec<WrappingUp>,
    pub(super) handled: Option<Handled>,
    /// What few contacts need.
    pub(super) more: Option<Box<More>>,
    /// The class of what it asks at its step; `None` once closed.
    #[serde(skip)]
    pub(super) class: Option<ClassKey>,
    /// Its place in the matcher while it stands there.
    #[serde(skip)]
    pub(super) place: Option<OrderKey>,
    /// The group it stands in.
    #[serde(skip)]
    pub(super) group: u32,
    /// When it is looked at for its age.
    #[serde(skip)]
    pub(super) look: Option<Timestamp>,
}

/// What few contacts need.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct More {
    /// What the rule that classified it says; `None`: what it came with, or its queue's.
    pub(super) band: Option<i16>,
    pub(super) head_start: Option<Shift>,
    pub(super) slope: Option<Millionths>,
    /// What rules say it needs, up to which age.
    pub(super) attached: Vec<(Requirement, Option<Span>)>,
    /// Whom it prefers, and how much.
    pub(super) preferred: Vec<(AgentKey, u16)>,
    /// From when on only they may take it, for as long as its rules say …
    pub(super) first_from: Timestamp,
    /// … or, after a failed attempt to call back, so long.
    pub(super) owner_first: Option<Span>,
    /// Live offers beside the oldest, in order of making.
    pub(super) offers: Vec<OfferKey>,
    /// How many live offers more than its queue says it may have in this round.
    pub(super) added: u16,
    /// When it may have one more.
    pub(super) ring: Option<TimerKey>,
    /// Agents who were not quick enough and are still reserved.
    pub(super) reserved: Vec<AgentKey>,
    /// Until when they are.
    pub(super) grace: Option<TimerKey>,
    /// It is to be called back.
    pub(super) callback: Option<CallingBack>,
    /// Queues it left by rule at one instant, so that rules cannot chase it in a circle.
    pub(super) moved: Vec<QueueKey>,
    pub(super) moved_at: Timestamp,
    /// The rules it came under, where they are frozen.
    pub(super) rules: Option<Arc<QueuePlan>>,
    /// How often others behind it were taken for their score.
    pub(super) overtaken: u16,
    /// Offers made in this visit, and of those that came to nothing by the agent's doing.
    pub(super) offers_made: u32,
    pub(super) failed: u32,
    /// The wait foretold at entry.
    pub(super) expected: Option<Span>,
    /// The host offered a callback in this visit.
    pub(super) callback_offered: bool,
}

/// A contact whose customer left the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct CallingBack {
    /// Where it was asked for: whose rule it goes by.
    pub(super) asked_in: QueueKey,
    pub(super) attempts: u16,
    pub(super) owner: Option<AgentKey>,
}

impl Contact {
    pub(super) fn demand(&self) -> Demand {
        let class = self.class.expect("a contact that is not closed holds a class");
        Demand { queue: self.queue, class, channel: self.channel }
    }

    pub(super) fn primary(&self) -> Option<Part> {
        self.parts.iter().find(|part| part.role == Role::Primary).copied()
    }

    /// Band and head start, as its rule or the host gave them; `None`: its queue's.
    pub(super) fn given_place(&self) -> (Option<i16>, Option<Shift>) {
        match self.more.as_deref() {
            None => (self.band, self.head_start),
            Some(more) => (more.band.or(self.band), more.head_start.or(self.head_start)),
        }
    }

    pub(super) fn more_mut(&mut self) -> &mut More {
        self.more.get_or_insert_with(Box::default)
    }

    /// Its live offers, in order of making.
    pub(super) fn offers(&self) -> impl Iterator<Item = OfferKey> + '_ {
        let others = self.more.as_deref().map_or(&[][..], |more| &more.offers);
        self.offer.into_iter().chain(others.iter().copied())
    }

    pub(super) fn reserved(&self) -> &[AgentKey] {
        self.more.as_deref().map_or(&[], |more| &more.reserved)
    }

    pub(super) fn preferred(&self) -> &[(AgentKey, u16)] {
        self.more.as_deref().map_or(&[], |more| &more.preferred)
    }

    /// The rules it keeps though the plan has changed.
    pub(super) fn kept_rules(&self) -> Option<&QueuePlan> {
        self.more.as_deref()?.rules.as_deref()
    }

    pub(super) fn callback(&self) -> Option<CallingBack> {
        self.more.as_deref()?.callback
    }

    pub(super) fn attribute(&self, name: &str) -> Option<&Value> {
        self.attributes.iter().find(|(known, _)| &**known == name).map(|(_, value)| value)
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
    pub(super) used: Vec<u32>,
    /// Channels with slots.
    #[serde(skip)]
    pub(super) media: Vec<ChannelKey>,
    /// Instead of the plan's; 0: the plan's.
    pub(super) budget: u32,
    pub(super) lines: Vec<LineKey>,
    /// Live, in the order they were made.
    pub(super) offers: Vec<OfferKey>,
    /// Contacts somebody else accepted first, for which a slot is still kept.
    pub(super) reserved: Vec<ContactKey>,
    pub(super) connecting: Vec<ContactKey>,
    /// Conversations with a part other than monitor.
    pub(super) talking: Vec<ContactKey>,
    pub(super) monitoring: Vec<ContactKey>,
    pub(super) wrapping: Vec<ContactKey>,
    /// Contacts the agent is excluded from for having missed or declined them.
    pub(super) failed: Vec<ContactKey>,
    /// Live contacts that prefer the agent.
    pub(super) preferred_by: Vec<ContactKey>,
    pub(super) back_off: Option<TimerKey>,
    /// In a row, by cause.
    pub(super) failures: Failures<u16>,
}

impl Agent {
    pub(super) fn new(channels: usize) -> Self {
        Self {
            availability: Availability::Offline,
            device: Device::Unknown,
            capacity: vec![0; channels],
            used: vec![0; channels],
            media: Vec::new(),
            budget: 0,
            lines: Vec::new(),
            offers: Vec::new(),
            reserved: Vec::new(),
            connecting: Vec::new(),
            talking: Vec::new(),
            monitoring: Vec::new(),
            wrapping: Vec::new(),
            failed: Vec::new(),
            preferred_by: Vec::new(),
            back_off: None,
            failures: Failures::default(),
        }
    }

    /// Whether the device can take a call: free as far as known, or busy with us. Our own
    /// conversation explains a device in use, never one that is out of order.
    pub(super) fn device_allows(&self) -> bool {
        match self.device {
            Device::Unknown | Device::Available => true,
            Device::InUse | Device::Ringing => {
                let idle = self.offers.is_empty()
                    && self.reserved.is_empty()
                    && self.connecting.is_empty()
                    && self.talking.is_empty();
                !idle
            }
            Device::Unreachable | Device::Invalid => false,
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
        self.used[channel] < u32::from(self.capacity[channel])
    }

    pub(super) fn set_capacity(&mut self, capacity: &[Capacity]) {
        self.capacity.fill(0);
        for &Capacity { channel, slots } in capacity {
            self.capacity[channel.index()] = slots;
        }
        self.note_media();
    }

    /// Notes the channels on which the agent has slots at all.
    pub(super) fn note_media(&mut self) {
        let slots = self.capacity.iter().enumerate();
        let media = slots.filter(|(_, slots)| **slots > 0);
        self.media = media.map(|(channel, _)| ChannelKey::new(channel)).collect();
    }

    /// What work makes of the agent; the first that applies.
    pub(super) fn activity(&self) -> &'static str {
        if !self.talking.is_empty() {
            "engaged"
        } else if !self.connecting.is_empty() {
            "connecting"
        } else if !(self.offers.is_empty() && self.reserved.is_empty()) {
            "offered"
        } else if !self.wrapping.is_empty() {
            "wrapping"
        } else {
            "idle"
        }
    }

    /// What is the matter with the agent as staff, but for the rank, which is the queue's.
    pub(super) fn staff_reasons(&self) -> StaffReasons {
        let mut reasons = StaffReasons::default();
        let busy = !(self.talking.is_empty() && self.connecting.is_empty());
        let rings = !(self.offers.is_empty() && self.reserved.is_empty());
        for (reason, applies) in [
            (StaffReason::Paused, matches!(self.availability, Availability::NotReady(_))),
            (StaffReason::InUse, busy || self.device == Device::InUse),
            (StaffReason::Ringing, rings || self.device == Device::Ringing),
            (
                StaffReason::Unavailable,
                self.availability == Availability::Offline || self.device == Device::Unreachable,
            ),
            (StaffReason::Invalid, self.device == Device::Invalid),
            (StaffReason::Unknown, self.device == Device::Unknown),
            (StaffReason::WrapUp, !self.wrapping.is_empty()),
        ] {
            if applies {
                reasons.add(reason);
            }
        }
        reasons
    }
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct Offer {
    pub(super) contact: ContactKey,
    pub(super) agent: AgentKey,
    pub(super) timer: TimerKey,
    /// Over which line.
    pub(super) line: Option<LineKey>,
    /// The agent's rank for the contact.
    pub(super) rank: u32,
    /// How many agents were eligible when it was made.
    pub(super) eligible: u32,
    /// The chosen one's score then.
    pub(super) score: i64,
    /// Since when the chosen one was idle then.
    pub(super) idle_since: Timestamp,
}
