//! Everything that can have happened: one closed vocabulary, shared by the engine
//! (which writes it) and the metrics (which read it, from whatever source).
//!
//! An event is a flat record of small integers, so that it folds by its ids alone
//! and fits a row of an array. Which fields a kind fills is said at the kind; the
//! others are `None` or zero.

use serde::{Deserialize, Serialize};

use crate::ids::{AgentKey, ChannelKey, ContactKey, OfferKey, QueueKey, TextKey};
use crate::time::Timestamp;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        #[repr(u8)]
        pub enum $name { $($(#[$vdoc])* $variant,)+ }

        impl $name {
            /// Every value, in the order of its number.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// The word for it, outside.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }

            /// The value a word stands for.
            #[must_use]
            pub fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)+ _ => None }
            }

            /// The value behind a number that came from outside.
            #[must_use]
            pub fn from_code(code: u8) -> Option<Self> {
                Self::ALL.get(code as usize).copied()
            }
        }

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str(self.word())
            }
        }
    };
}
pub(crate) use words;

words!(
    /// What happened. Unless said otherwise a contact event carries contact, visit,
    /// queue and channel.
    EventKind {
        /// A visit began. `time`: the instant its age counts from.
        ContactQueued = "contact_queued",
        /// Back in the queue after an offer or a connection came to nothing; the
        /// visit goes on. `cause`: why; `time`: the instant its age counts from.
        ContactRequeued = "contact_requeued",
        /// An escalation step was taken, or (`cause` passed_over) not. `number`: how many so
        /// far, `reason`: its name.
        ContactEscalated = "contact_escalated",
        /// Band or head start changed. `number`: the band, as two's complement.
        ContactReprioritised = "contact_reprioritised",
        /// Requirement or attributes changed.
        ContactUpdated = "contact_updated",
        /// Proposed to `agent`. `offer`; `time`: the offer's deadline; `reason`: the line it
        /// goes over; `cause`: picked, when the agent chose it.
        OfferMade = "offer_made",
        /// `agent` took it. `offer`; `time`: the deadline for connecting.
        OfferAccepted = "offer_accepted",
        /// `agent` refused it. `offer`, `reason`.
        OfferDeclined = "offer_declined",
        /// `agent` let it pass. `offer`; `cause`: busy or unreachable where the phone was.
        OfferMissed = "offer_missed",
        /// Taken back from `agent`. `offer`, `cause`.
        OfferWithdrawn = "offer_withdrawn",
        /// Customer and `agent` are joined: the wait is over.
        ContactConnected = "contact_connected",
        /// Put on hold by `agent`.
        ContactHeld = "contact_held",
        /// Taken off hold by `agent`.
        ContactResumed = "contact_resumed",
        /// The customer left while waiting; `agent` when one was being connected.
        ContactAbandoned = "contact_abandoned",
        /// Left the queue unserved for `cause`, which is not the customer's doing.
        ContactLeft = "contact_left",
        /// `agent` passed it on; the visit ends, the contact goes on. `cause`.
        ContactTransferred = "contact_transferred",
        /// The conversation with `agent` ended; `cause`: by whom.
        ContactReleased = "contact_released",
        /// Disposition code `reason` by `agent`, one event a code; `number`: 1 for
        /// the first set, more for a correction, which replaces the set before.
        ContactDisposed = "contact_disposed",
        /// `agent` works on after release. `time`: when that ends at the latest.
        WrapUpStarted = "wrap_up_started",
        /// `agent` got more time. `time`: the new end.
        WrapUpExtended = "wrap_up_extended",
        /// `agent` finished; `cause`: agent, limit, signed_out.
        WrapUpEnded = "wrap_up_ended",
        /// `agent` joined a conversation as `role`, or goes on in it as `role`: who was
        /// consulted, as conference or primary.
        AgentJoined = "agent_joined",
        /// `agent`, who was not the primary, left the conversation. `role`.
        AgentLeft = "agent_left",
        /// `agent` signed in, not ready yet.
        AgentSignedIn = "agent_signed_in",
        /// `agent` signed out.
        AgentSignedOut = "agent_signed_out",
        /// `agent` can be offered contacts.
        AgentReady = "agent_ready",
        /// `agent` cannot. `reason`: the agent's own; `cause`: agent, missed, declined, busy,
        /// unreachable, connect_timeout.
        AgentNotReady = "agent_not_ready",
        /// The state of `agent`'s device changed. `number`: a [`Device`] code.
        AgentDevice = "agent_device",
        /// Skills, queues or capacity of `agent` changed.
        AgentChanged = "agent_changed",
        /// A rule said where it goes: `number`, from 1, `reason`: its name. `queue`: where.
        ContactClassified = "contact_classified",
        /// Not let into the queue; `cause`: full, no_agents or closed. It goes on where the
        /// plan says, else it is gone.
        ContactRefused = "contact_refused",
        /// Waits for `time` before it (again) waits for an agent.
        ContactScheduled = "contact_scheduled",
        /// Taken out of matching; `time`: until when at the latest.
        ContactSuspended = "contact_suspended",
        /// Another agent took it before `agent`. `offer`.
        OfferLost = "offer_lost",
        /// `agent`, who was not quick enough, is free again. `cause`: connected, limit or
        /// what ended the connection.
        ReservationReleased = "reservation_released",
        /// The host may offer to call back. `number`: the step.
        CallbackOffered = "callback_offered",
        /// `agent` tried in vain to reach the customer; `cause`: why, `number`: attempts so
        /// far.
        CallbackFailed = "callback_failed",
        /// `agent` is left alone for a while. `cause`: what went wrong, `time`: until when.
        BackOffStarted = "back_off_started",
        /// `agent` can be offered contacts again. `cause`: limit, or what ended it early.
        BackOffEnded = "back_off_ended",
        /// `queue` takes newcomers.
        QueueOpened = "queue_opened",
        /// `queue` takes no newcomers.
        QueueClosed = "queue_closed",
        /// Agents of other queues help in `queue`. `number`: by which rule, from 1.
        HelpStarted = "help_started",
        /// They do no longer.
        HelpEnded = "help_ended",
        /// Agents cannot be reached over the line `reason`.
        LineWentDown = "line_went_down",
        /// They can again.
        LineCameUp = "line_came_up",
        /// Another plan is in force.
        PlanChanged = "plan_changed",
        /// The score table `reason` was filled anew. `time`: until when it holds.
        ScoresSet = "scores_set",
    }
);

words!(
    /// Why, in one word. `None` where nothing more is to be said.
    Cause {
        /// Nothing more to say.
        None = "none",
        /// The customer did it.
        Customer = "customer",
        /// The agent did it.
        Agent = "agent",
        /// The host or the platform did it.
        System = "system",
        /// An offer passed unanswered.
        Missed = "missed",
        /// An offer was refused.
        Declined = "declined",
        /// The customer left.
        Abandoned = "abandoned",
        /// Taken back by the host.
        Withdrawn = "withdrawn",
        /// Waited as long as the queue allows.
        TimedOut = "timed_out",
        /// No agent to wait for.
        NoAgents = "no_agents",
        /// The customer chose another way by a key.
        ExitedByKey = "exited_by_key",
        /// Went on to another queue.
        Transferred = "transferred",
        /// Went on to the agent who was consulted.
        HandedOver = "handed_over",
        /// Accepted but not connected in time.
        ConnectTimeout = "connect_timeout",
        /// The agent signed out.
        SignedOut = "signed_out",
        /// The agent went not ready.
        NotReady = "not_ready",
        /// The agent's device became unreachable.
        Unreachable = "unreachable",
        /// A limit was reached.
        Limit = "limit",
        /// Something broke.
        Failed = "failed",
        /// The agent's phone was busy.
        Busy = "busy",
        /// Left the queue by rule, unserved.
        Overflowed = "overflowed",
        /// The queue is as long as it may be.
        Full = "full",
        /// The queue is closed.
        Closed = "closed",
        /// To be called back.
        Callback = "callback",
        /// Another agent was quicker.
        Lost = "lost",
        /// Customer and agent were joined.
        Connected = "connected",
        /// The line over which the agent is reached is down.
        LineDown = "line_down",
        /// Back within the time in which a customer finds the old place.
        Resumed = "resumed",
        /// Matching was suspended.
        Suspended = "suspended",
        /// Matching goes on.
        Reinstated = "reinstated",
        /// The time it was scheduled for has come.
        Due = "due",
        /// The agent chose it.
        Picked = "picked",
        /// A condition did not hold.
        PassedOver = "passed_over",
        /// Taken over as the platform reports it.
        Adopted = "adopted",
        /// The platform reports otherwise.
        Reconciled = "reconciled",
    }
);

words!(
    /// The part an agent plays in a conversation.
    Role {
        /// Responsible for the contact; one at most.
        Primary = "primary",
        /// Asked for advice, apart from the customer.
        Consult = "consult",
        /// One of several who talk with the customer.
        Conference = "conference",
        /// Listens; takes no slot.
        Monitor = "monitor",
    }
);

words!(
    /// What is observed of an agent's device.
    Device {
        /// Nothing is known: treated as available.
        Unknown = "unknown",
        /// Free.
        Available = "available",
        /// In a call, ours or another.
        InUse = "in_use",
        /// Ringing, for us or another.
        Ringing = "ringing",
        /// Not registered or out of order.
        Unreachable = "unreachable",
        /// There is no such device.
        Invalid = "invalid",
    }
);

impl Cause {
    /// What can end a wait before it is connected; only the first is the customer's doing.
    pub const OF_CANCEL: &[Self] = &[
        Self::Abandoned,
        Self::Withdrawn,
        Self::TimedOut,
        Self::NoAgents,
        Self::ExitedByKey,
        Self::Failed,
    ];
    /// Why an attempt to reach a customer can fail.
    pub const OF_ATTEMPT: &[Self] = &[Self::Missed, Self::Busy, Self::Unreachable, Self::Failed];
    /// Why customer and agent can fail to be joined; only the last is not the agent's.
    pub const OF_CONNECTION: &[Self] =
        &[Self::Missed, Self::Declined, Self::Busy, Self::Unreachable, Self::Failed];
    /// Who can end a conversation.
    pub const OF_RELEASE: &[Self] = &[Self::Customer, Self::Agent, Self::System];
}

impl Role {
    /// The parts an agent can join in; the primary's comes by offer or hand-over.
    pub const OF_JOIN: &[Self] = &[Self::Consult, Self::Conference, Self::Monitor];
}

/// One thing that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Counts from 1, without gaps, per source.
    pub sequence: u64,
    /// When.
    pub at: Timestamp,
    /// What.
    pub kind: EventKind,
    /// Why.
    pub cause: Cause,
    /// In which part; primary unless the kind says otherwise.
    pub role: Role,
    /// The contact's medium.
    pub channel: Option<ChannelKey>,
    /// Whose request.
    pub contact: Option<ContactKey>,
    /// Which stay of the contact in a queue, from 1; 0 without a contact.
    pub visit: u32,
    /// The queue of the visit.
    pub queue: Option<QueueKey>,
    /// The agent concerned.
    pub agent: Option<AgentKey>,
    /// The offer concerned.
    pub offer: Option<OfferKey>,
    /// A text by its key: a reason or code of the host, or the name of a rule, step, figure, table
    /// or line.
    pub reason: Option<TextKey>,
    /// A small number whose meaning the kind gives.
    pub number: u32,
    /// An instant whose meaning the kind gives.
    pub time: Option<Timestamp>,
}

impl Event {
    /// A bare event of `kind`; the writer fills what the kind asks for.
    #[must_use]
    pub const fn new(kind: EventKind) -> Self {
        Self {
            sequence: 0,
            at: Timestamp::ZERO,
            kind,
            cause: Cause::None,
            role: Role::Primary,
            channel: None,
            contact: None,
            visit: 0,
            queue: None,
            agent: None,
            offer: None,
            reason: None,
            number: 0,
            time: None,
        }
    }
}
