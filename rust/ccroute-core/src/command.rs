//! Everything a host may ask of the engine.
//!
//! Keys name what exists; text names what comes into being. The rules of each
//! command stand in `docs/engine.md`.

use crate::event::{Cause, Device, Role};
use crate::ids::{AgentKey, ChannelKey, ContactKey, OfferKey, QueueKey};
use crate::skill::{Requirement, SkillLevel};
use crate::time::Span;

/// How much an agent can hold on one channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Capacity {
    /// The channel.
    pub channel: ChannelKey,
    /// Contacts at once.
    pub slots: u16,
}

/// What a contact brings along when it enters.
#[derive(Clone, Copy, Debug)]
pub struct NewContact<'a> {
    /// The host's id, unique among live and retained contacts.
    pub id: &'a str,
    /// Where it waits.
    pub queue: QueueKey,
    /// Its medium.
    pub channel: ChannelKey,
    /// Strict class: higher goes first.
    pub band: i16,
    /// Head start in the order: as if it had come so much earlier.
    pub head_start: Span,
    /// What it needs beyond what the queue asks.
    pub requirement: Option<&'a Requirement>,
    /// The host's data, opaque here.
    pub attributes: &'a [(&'a str, &'a str)],
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
        Self {
            id,
            queue,
            channel,
            band: 0,
            head_start: Span::ZERO,
            requirement: None,
            attributes: &[],
            customer: None,
            conversation: None,
            previous: None,
        }
    }
}

/// One request of the host.
#[derive(Clone, Copy, Debug)]
pub enum Command<'a> {
    /// An agent comes in, not ready yet.
    SignIn {
        /// Name; new ones are added.
        agent: &'a str,
        /// What the agent can do.
        skills: &'a [SkillLevel],
        /// Which queues the agent serves.
        queues: &'a [QueueKey],
        /// How much at once.
        capacity: &'a [Capacity],
    },
    /// An agent goes.
    SignOut(AgentKey),
    /// An agent wants contacts.
    Ready(AgentKey),
    /// An agent wants none.
    NotReady {
        /// Who.
        agent: AgentKey,
        /// Why, in the host's word.
        reason: Option<&'a str>,
    },
    /// A device was observed.
    SetDevice {
        /// Whose.
        agent: AgentKey,
        /// In which state.
        device: Device,
    },
    /// An agent's settings change; what is `None` stays.
    Change {
        /// Who.
        agent: AgentKey,
        /// What the agent can do now.
        skills: Option<&'a [SkillLevel]>,
        /// Which queues the agent serves now.
        queues: Option<&'a [QueueKey]>,
        /// How much at once now.
        capacity: Option<&'a [Capacity]>,
    },
    /// A contact comes in.
    Enqueue(NewContact<'a>),
    /// A contact leaves before it is connected.
    Cancel {
        /// Which.
        contact: ContactKey,
        /// Why: `Abandoned` is the customer, all else is not.
        cause: Cause,
    },
    /// A contact's place changes; what is `None` stays.
    Reprioritise {
        /// Which.
        contact: ContactKey,
        /// The new strict class.
        band: Option<i16>,
        /// The new head start.
        head_start: Option<Span>,
    },
    /// A contact's data change; what is `None` stays.
    Update {
        /// Which.
        contact: ContactKey,
        /// What it needs now beyond what the queue asks.
        requirement: Option<&'a Requirement>,
        /// Attributes to add or replace.
        attributes: &'a [(&'a str, &'a str)],
    },
    /// The agent takes an offer.
    Accept(OfferKey),
    /// The agent refuses an offer.
    Decline {
        /// Which.
        offer: OfferKey,
        /// Why, in the host's word.
        reason: Option<&'a str>,
    },
    /// Customer and agent are joined.
    Connected(ContactKey),
    /// The customer is put on hold.
    Hold(ContactKey),
    /// The customer is taken off hold.
    Resume(ContactKey),
    /// The contact goes to another queue.
    Transfer {
        /// Which.
        contact: ContactKey,
        /// Where to.
        queue: QueueKey,
        /// Whether its age goes along.
        keep_age: bool,
    },
    /// Another agent joins a conversation.
    Join {
        /// Which.
        contact: ContactKey,
        /// Who.
        agent: AgentKey,
        /// As what; not as primary.
        role: Role,
    },
    /// An agent who joined leaves again.
    Leave {
        /// Which.
        contact: ContactKey,
        /// Who.
        agent: AgentKey,
    },
    /// An agent who joined becomes the primary; the primary is done.
    HandOver {
        /// Which.
        contact: ContactKey,
        /// Who takes over.
        agent: AgentKey,
    },
    /// The conversation ends.
    Release {
        /// Which.
        contact: ContactKey,
        /// By whom: customer, agent or system.
        by: Cause,
    },
    /// An agent asks for more wrap-up time.
    ExtendWrapUp {
        /// Who.
        agent: AgentKey,
        /// After which contact.
        contact: ContactKey,
        /// How much more.
        by: Span,
    },
    /// An agent finishes wrap-up before its end.
    EndWrapUp {
        /// Who.
        agent: AgentKey,
        /// After which contact.
        contact: ContactKey,
    },
    /// The agent's codes for how it ended; a later set replaces an earlier one.
    Dispose {
        /// Which.
        contact: ContactKey,
        /// Codes of the queue's set.
        codes: &'a [&'a str],
    },
}

impl Command<'_> {
    /// The command's name, outside.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::SignIn { .. } => "sign_in",
            Self::SignOut(_) => "sign_out",
            Self::Ready(_) => "ready",
            Self::NotReady { .. } => "not_ready",
            Self::SetDevice { .. } => "set_device",
            Self::Change { .. } => "change",
            Self::Enqueue(_) => "enqueue",
            Self::Cancel { .. } => "cancel",
            Self::Reprioritise { .. } => "reprioritise",
            Self::Update { .. } => "update",
            Self::Accept(_) => "accept",
            Self::Decline { .. } => "decline",
            Self::Connected(_) => "connected",
            Self::Hold(_) => "hold",
            Self::Resume(_) => "resume",
            Self::Transfer { .. } => "transfer",
            Self::Join { .. } => "join",
            Self::Leave { .. } => "leave",
            Self::HandOver { .. } => "hand_over",
            Self::Release { .. } => "release",
            Self::ExtendWrapUp { .. } => "extend_wrap_up",
            Self::EndWrapUp { .. } => "end_wrap_up",
            Self::Dispose { .. } => "dispose",
        }
    }
}

/// Who asked, and under which id, so that a repetition is recognised.
#[derive(Clone, Copy, Debug, Default)]
pub struct Envelope<'a> {
    /// Unique per request; a repetition gets the first answer.
    pub command_id: Option<&'a str>,
    /// Who asked, in the host's word.
    pub actor: Option<&'a str>,
    /// Why, in the host's word.
    pub reason: Option<&'a str>,
}
