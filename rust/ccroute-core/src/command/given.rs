//! What comes along with commands: settings of agents, newcomers, what a platform
//! reports.

use crate::condition::Value;
use crate::ids::{AgentKey, ChannelKey, LineKey, QueueKey};
use crate::number::Millionths;
use crate::plan::{Capacity, Link};
use crate::skill::{Requirement, SkillLevel};
use crate::time::{Shift, Span, Timestamp};

/// What an agent is. What is `None` is none at sign-in, and stays at a change.
#[derive(Clone, Copy, Debug, Default)]
pub struct AgentSettings<'a> {
    /// What the agent can do.
    pub skills: Option<&'a [SkillLevel]>,
    /// What else is known of the agent.
    pub labels: Option<&'a [(&'a str, Value)]>,
    /// Which queues the agent serves.
    pub queues: Option<&'a [Link]>,
    /// How much at once, by channel.
    pub capacity: Option<&'a [Capacity]>,
    /// How much in all, instead of the plan's budget; 0: the plan's.
    pub budget: Option<u32>,
    /// Over which lines the agent is reached; none: over any.
    pub lines: Option<&'a [LineKey]>,
}

/// An agent whom a contact prefers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Preferred<'a> {
    /// Who, by name, known or not.
    pub agent: &'a str,
    /// How much, 0 to 1,000; higher goes first.
    pub score: u16,
}

/// What a contact brings along when it enters.
#[derive(Clone, Copy, Debug)]
pub struct NewContact<'a> {
    /// The host's id, unique among live and retained contacts.
    pub id: &'a str,
    /// Where it waits; `None`: where the rules say.
    pub queue: Option<QueueKey>,
    /// Its medium.
    pub channel: ChannelKey,
    /// Strict class: higher goes first. `None`: the queue's. A rule's goes before both.
    pub band: Option<i16>,
    /// Head start in the order: as if it had come so much earlier. `None`: the queue's. A
    /// rule's goes before both.
    pub head_start: Option<Shift>,
    /// What it needs beyond what the queue asks.
    pub requirement: Option<&'a Requirement>,
    /// The host's data, which conditions may ask for.
    pub attributes: &'a [(&'a str, Value)],
    /// Whom it prefers.
    pub preferred: &'a [Preferred<'a>],
    /// Who is not offered it, by name, and for how long; `None`: for good.
    pub excluded: &'a [(&'a str, Option<Span>)],
    /// When its age began; `None`: now.
    pub entered_at: Option<Timestamp>,
    /// When it shall begin to wait; `None`: now.
    pub not_before: Option<Timestamp>,
    /// The host's id of who asks.
    pub customer: Option<&'a str>,
    /// The host's id of the story this belongs to.
    pub conversation: Option<&'a str>,
    /// The host's id of the contact before this one.
    pub previous: Option<&'a str>,
}

impl<'a> NewContact<'a> {
    /// A contact with nothing but its place.
    #[must_use]
    pub const fn new(id: &'a str, queue: QueueKey, channel: ChannelKey) -> Self {
        let anywhere = Self::unplaced(id, channel);
        Self { queue: Some(queue), ..anywhere }
    }

    /// A contact that goes where the rules say.
    #[must_use]
    pub const fn unplaced(id: &'a str, channel: ChannelKey) -> Self {
        Self {
            id,
            queue: None,
            channel,
            band: None,
            head_start: None,
            requirement: None,
            attributes: &[],
            preferred: &[],
            excluded: &[],
            entered_at: None,
            not_before: None,
            customer: None,
            conversation: None,
            previous: None,
        }
    }
}

/// One score of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScoreRow<'a> {
    /// Of which type the contact is.
    pub kind: &'a str,
    /// Who.
    pub agent: &'a str,
    /// How well they go together; higher is better.
    pub score: Millionths,
}

/// Where a contact stands that is taken over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AdoptedPhase {
    /// It waits.
    Waiting,
    /// It is in conversation with this agent.
    Engaged(AgentKey),
}

/// A contact as a platform reports it.
#[derive(Clone, Copy, Debug)]
pub struct Observed<'a> {
    /// The host's id.
    pub id: &'a str,
    /// Where it stands.
    pub phase: ObservedPhase,
    /// What is known of it, in case it is not known here; `None`: then it is left alone.
    pub contact: Option<NewContact<'a>>,
}

/// Where a contact stands over there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ObservedPhase {
    /// It is there, and in no conversation.
    Present,
    /// It is in conversation with this agent.
    Engaged(AgentKey),
}
