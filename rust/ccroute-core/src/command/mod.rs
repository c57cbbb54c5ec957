//! Everything a host may ask of the engine.
//!
//! Keys name what exists; text names what comes into being. The rules of each
//! command stand in `docs/engine.md`.

mod given;

use std::sync::Arc;

use crate::condition::Value;
use crate::event::{Cause, Device, Role};
use crate::ids::{AgentKey, ContactKey, KpiKey, LineKey, OfferKey, QueueKey, TableKey};
use crate::plan::{Failure, Plan};
use crate::skill::Requirement;
use crate::time::{Shift, Span, Timestamp};

pub use given::{
    AdoptedPhase, AgentSettings, NewContact, Observed, ObservedPhase, Preferred, ScoreRow,
};

/// One request of the host.
#[derive(Clone, Copy, Debug)]
pub enum Command<'a> {
    /// An agent comes in, not ready yet.
    SignIn {
        /// Name; new ones are added.
        agent: &'a str,
        /// What the agent is; what is `None` is none.
        settings: AgentSettings<'a>,
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
        /// What the agent is now.
        settings: AgentSettings<'a>,
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
        head_start: Option<Shift>,
    },
    /// A contact's data change; what is `None` stays.
    Update {
        /// Which.
        contact: ContactKey,
        /// What it needs now beyond what the queue asks.
        requirement: Option<&'a Requirement>,
        /// Attributes to add or replace.
        attributes: &'a [(&'a str, Value)],
        /// Whom it prefers now.
        preferred: Option<&'a [Preferred<'a>]>,
    },
    /// The agent takes an offer.
    Accept(OfferKey),
    /// The agent refuses an offer, or the phone does.
    Decline {
        /// Which.
        offer: OfferKey,
        /// What went wrong.
        failure: Failure,
        /// Why, in the host's word.
        reason: Option<&'a str>,
    },
    /// Customer and agent are joined.
    Connected(ContactKey),
    /// Customer and agent could not be joined, after all.
    FailConnection {
        /// Which.
        contact: ContactKey,
        /// Why: missed, declined, busy and unreachable are the agent's, failed is nobody's.
        cause: Cause,
    },
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
    /// Another agent joins a conversation, or goes on in it: who is consulted, as conference.
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
    /// Several agents want contacts, all at once.
    ReadyAll(&'a [AgentKey]),
    /// The rules look at a contact anew.
    Reclassify(ContactKey),
    /// An agent is not offered a contact.
    Exclude {
        /// Which.
        contact: ContactKey,
        /// Who, by name, known or not.
        agent: &'a str,
        /// For how long; `None`: for good.
        lasts: Option<Span>,
    },
    /// An agent may be offered a contact again.
    Readmit {
        /// Which.
        contact: ContactKey,
        /// Who.
        agent: AgentKey,
    },
    /// The customer presses a key.
    Press {
        /// Which.
        contact: ContactKey,
        /// What was pressed.
        key: &'a str,
    },
    /// The customer is to be called back, and leaves the line.
    RequestCallback {
        /// Which.
        contact: ContactKey,
        /// Not before; `None`: in its turn.
        at: Option<Timestamp>,
    },
    /// The customer could not be reached.
    FailCallback {
        /// Which.
        contact: ContactKey,
        /// Why: missed, busy, unreachable or failed.
        cause: Cause,
    },
    /// A waiting contact is taken out of matching.
    Suspend {
        /// Which.
        contact: ContactKey,
        /// For how long; `None`: as long as the queue allows.
        lasts: Option<Span>,
    },
    /// A suspended or scheduled contact waits for an agent from now on.
    Reinstate(ContactKey),
    /// An agent chooses a waiting contact.
    Pick {
        /// Who.
        agent: AgentKey,
        /// Which.
        contact: ContactKey,
    },
    /// A queue opens or closes.
    SetQueueOpen {
        /// Which.
        queue: QueueKey,
        /// Whether it is open now.
        open: bool,
    },
    /// A line goes down or comes up.
    SetLine {
        /// Which.
        line: LineKey,
        /// Whether it works now.
        up: bool,
    },
    /// A figure was observed.
    ObserveKpi {
        /// Which.
        kpi: KpiKey,
        /// Above the fraction.
        numerator: i64,
        /// Below it; 0: nothing is known.
        denominator: i64,
    },
    /// A table of scores is filled anew.
    SetScores {
        /// Which.
        table: TableKey,
        /// The host's number of what made it.
        version: u64,
        /// Until when it holds.
        expires: Timestamp,
        /// All its scores.
        rows: &'a [ScoreRow<'a>],
    },
    /// Another plan comes into force.
    SetPlan(&'a Arc<Plan>),
    /// A contact that the platform holds already is taken over.
    Adopt {
        /// What is known of it.
        contact: NewContact<'a>,
        /// Where it stands.
        phase: AdoptedPhase,
    },
    /// What the platform holds, all of it: contacts are made to agree.
    Reconcile {
        /// The contacts there are.
        observed: &'a [Observed<'a>],
        /// An attribute and its value: of other contacts nothing is said. `None`: of none.
        among: Option<(&'a str, &'a Value)>,
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
            Self::FailConnection { .. } => "fail_connection",
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
            Self::ReadyAll(_) => "ready_all",
            Self::Reclassify(_) => "reclassify",
            Self::Exclude { .. } => "exclude",
            Self::Readmit { .. } => "readmit",
            Self::Press { .. } => "press",
            Self::RequestCallback { .. } => "request_callback",
            Self::FailCallback { .. } => "fail_callback",
            Self::Suspend { .. } => "suspend",
            Self::Reinstate(_) => "reinstate",
            Self::Pick { .. } => "pick",
            Self::SetQueueOpen { .. } => "set_queue_open",
            Self::SetLine { .. } => "set_line",
            Self::ObserveKpi { .. } => "observe_kpi",
            Self::SetScores { .. } => "set_scores",
            Self::SetPlan(_) => "set_plan",
            Self::Adopt { .. } => "adopt",
            Self::Reconcile { .. } => "reconcile",
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
