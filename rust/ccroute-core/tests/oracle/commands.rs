//! Commands in names: the left side of a scenario line. `reading` and `writing` have its
//! text, whose grammar stands in `tests/scenarios/README.md`.

use ccroute_core::{Cause, Device, Failure, Millionths, Role, Shift, Span, Timestamp, Value};

use super::need::Need;
use super::rules::Profile;

/// One step of a script: when, under which command id, what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) at: Timestamp,
    pub(crate) id: Option<String>,
    pub(crate) command: ScriptCommand,
}

/// A contact that comes in; what is `None` or empty was not written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Arrival {
    pub(crate) contact: String,
    pub(crate) queue: Option<String>,
    pub(crate) channel: String,
    pub(crate) band: Option<i16>,
    pub(crate) head_start: Option<Shift>,
    pub(crate) need: Option<Need>,
    pub(crate) attributes: Vec<(String, Value)>,
    pub(crate) preferred: Vec<(String, u16)>,
    pub(crate) excluded: Vec<(String, Option<Span>)>,
    pub(crate) entered_at: Option<Timestamp>,
    pub(crate) not_before: Option<Timestamp>,
    pub(crate) customer: Option<String>,
    pub(crate) conversation: Option<String>,
    pub(crate) previous: Option<String>,
}

/// A contact as a platform reports it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Observed {
    pub(crate) contact: String,
    /// In conversation with whom.
    pub(crate) engaged: Option<String>,
    /// What is known of it.
    pub(crate) arrival: Option<Arrival>,
}

/// [`ccroute_core::Command`] in names, plus the bare passing of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ScriptCommand {
    Advance,
    SignIn { agent: String, profile: Profile },
    SignOut { agent: String },
    Ready { agent: String },
    ReadyAll { agents: Vec<String> },
    NotReady { agent: String, reason: Option<String> },
    SetDevice { agent: String, device: Device },
    Change { agent: String, profile: Profile },
    Enqueue(Arrival),
    Cancel { contact: String, cause: Cause },
    Reprioritise { contact: String, band: Option<i16>, head_start: Option<Shift> },
    Update { contact: String, update: Update },
    Reclassify { contact: String },
    Exclude { contact: String, agent: String, lasts: Option<Span> },
    Readmit { contact: String, agent: String },
    Accept { offer: usize },
    Decline { offer: usize, failure: Failure, reason: Option<String> },
    Pick { agent: String, contact: String },
    Connected { contact: String },
    Hold { contact: String },
    Resume { contact: String },
    Transfer { contact: String, queue: String, keep_age: bool },
    Join { contact: String, agent: String, role: Role },
    Leave { contact: String, agent: String },
    HandOver { contact: String, agent: String },
    Release { contact: String, by: Cause },
    ExtendWrapUp { agent: String, contact: String, by: Span },
    EndWrapUp { agent: String, contact: String },
    Dispose { contact: String, codes: Vec<String> },
    Press { contact: String, key: String },
    RequestCallback { contact: String, at: Option<Timestamp> },
    FailConnection { contact: String, cause: Cause },
    FailCallback { contact: String, cause: Cause },
    Suspend { contact: String, lasts: Option<Span> },
    Reinstate { contact: String },
    SetQueueOpen { queue: String, open: bool },
    SetLine { line: String, up: bool },
    ObserveKpi { kpi: String, numerator: i64, denominator: i64 },
    SetScores(Table),
    SetPlan { plan: String },
    Adopt { arrival: Arrival, engaged: Option<String> },
    Reconcile { among: Option<(String, Value)>, observed: Vec<Observed> },
}

/// What `update` brings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Update {
    pub(crate) need: Option<Need>,
    pub(crate) attributes: Vec<(String, Value)>,
    pub(crate) preferred: Option<Vec<(String, u16)>>,
}

/// What `set_scores` brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Table {
    pub(crate) table: String,
    pub(crate) version: u64,
    pub(crate) expires: Timestamp,
    /// Contact type, agent, score.
    pub(crate) rows: Vec<(String, String, Millionths)>,
}

/// The names of all commands.
pub(crate) const WORDS: [&str; 42] = [
    "advance",
    "sign_in",
    "sign_out",
    "ready",
    "ready_all",
    "not_ready",
    "set_device",
    "change",
    "enqueue",
    "cancel",
    "reprioritise",
    "update",
    "reclassify",
    "exclude",
    "readmit",
    "accept",
    "decline",
    "pick",
    "connected",
    "fail_connection",
    "hold",
    "resume",
    "transfer",
    "join",
    "leave",
    "hand_over",
    "release",
    "extend_wrap_up",
    "end_wrap_up",
    "dispose",
    "press",
    "request_callback",
    "fail_callback",
    "suspend",
    "reinstate",
    "set_queue_open",
    "set_line",
    "observe_kpi",
    "set_scores",
    "set_plan",
    "adopt",
    "reconcile",
];

impl ScriptCommand {
    /// The command's name, outside.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::Advance => "advance",
            Self::SignIn { .. } => "sign_in",
            Self::SignOut { .. } => "sign_out",
            Self::Ready { .. } => "ready",
            Self::ReadyAll { .. } => "ready_all",
            Self::NotReady { .. } => "not_ready",
            Self::SetDevice { .. } => "set_device",
            Self::Change { .. } => "change",
            Self::Enqueue(_) => "enqueue",
            Self::Cancel { .. } => "cancel",
            Self::Reprioritise { .. } => "reprioritise",
            Self::Update { .. } => "update",
            Self::Reclassify { .. } => "reclassify",
            Self::Exclude { .. } => "exclude",
            Self::Readmit { .. } => "readmit",
            Self::Accept { .. } => "accept",
            Self::Decline { .. } => "decline",
            Self::Pick { .. } => "pick",
            Self::Connected { .. } => "connected",
            Self::Hold { .. } => "hold",
            Self::Resume { .. } => "resume",
            Self::Transfer { .. } => "transfer",
            Self::Join { .. } => "join",
            Self::Leave { .. } => "leave",
            Self::HandOver { .. } => "hand_over",
            Self::Release { .. } => "release",
            Self::ExtendWrapUp { .. } => "extend_wrap_up",
            Self::EndWrapUp { .. } => "end_wrap_up",
            Self::Dispose { .. } => "dispose",
            Self::Press { .. } => "press",
            Self::RequestCallback { .. } => "request_callback",
            Self::FailConnection { .. } => "fail_connection",
            Self::FailCallback { .. } => "fail_callback",
            Self::Suspend { .. } => "suspend",
            Self::Reinstate { .. } => "reinstate",
            Self::SetQueueOpen { .. } => "set_queue_open",
            Self::SetLine { .. } => "set_line",
            Self::ObserveKpi { .. } => "observe_kpi",
            Self::SetScores(_) => "set_scores",
            Self::SetPlan { .. } => "set_plan",
            Self::Adopt { .. } => "adopt",
            Self::Reconcile { .. } => "reconcile",
        }
    }
}
