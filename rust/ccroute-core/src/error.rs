//! Refusals. [`Rejection`]: the state says no, now. [`ConfigError`]: it could never
//! be valid. Neither changes anything.

use core::fmt;

use crate::event::words;

words!(
    /// Why a command was refused.
    RejectionCode {
        /// No agent of that name.
        UnknownAgent = "unknown_agent",
        /// No contact of that name or key.
        UnknownContact = "unknown_contact",
        /// No queue of that name.
        UnknownQueue = "unknown_queue",
        /// No skill of that name in the plan.
        UnknownSkill = "unknown_skill",
        /// No channel of that name in the plan.
        UnknownChannel = "unknown_channel",
        /// A number outside its range, a NaN, a negative duration.
        InvalidValue = "invalid_value",
        /// The contact's id is in use, or was within retention.
        DuplicateContact = "duplicate_contact",
        /// `now` lies before the last command.
        TimeBackwards = "time_backwards",
        /// The offer has ended, or never was.
        OfferEnded = "offer_ended",
        /// The agent is signed in already.
        AgentSignedIn = "agent_signed_in",
        /// The agent is signed out.
        AgentSignedOut = "agent_signed_out",
        /// The contact is in another phase than the command needs.
        WrongPhase = "wrong_phase",
        /// The agent has no free slot for the channel.
        NoCapacity = "no_capacity",
        /// The agent already has a part in the contact.
        AlreadyJoined = "already_joined",
        /// The agent has no such part in the contact.
        NotJoined = "not_joined",
        /// The wrap-up rules forbid it.
        WrapUpRule = "wrap_up_rule",
        /// The code is not in the queue's set.
        UnknownDisposition = "unknown_disposition",
        /// The queue has no such exit.
        UnknownExit = "unknown_exit",
        /// No line of that name in the plan.
        UnknownLine = "unknown_line",
        /// No figure of that name in the plan.
        UnknownKpi = "unknown_kpi",
        /// No score table of that name in the plan.
        UnknownTable = "unknown_table",
        /// The queue does not call customers back.
        NoCallback = "no_callback",
        /// The agent does not serve the contact's queue.
        NotServing = "not_serving",
        /// No rule says where the contact goes.
        Unclassified = "unclassified",
    }
);

/// A refused command: the code for machines, the sentence for people.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Rejection {
    /// What is wrong, as one word.
    pub code: RejectionCode,
    /// What is wrong and what to do about it, naming the value.
    pub message: String,
}

impl Rejection {
    /// A refusal with its sentence.
    #[must_use]
    pub fn new(code: RejectionCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Rejection {}

/// A setting or a saved state that could never be valid.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// What is wrong and what would be valid, naming the value.
    pub message: String,
    /// Where in the text, from 1, when there was a text.
    pub line: Option<usize>,
}

impl ConfigError {
    /// An error without a place in a text.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), line: None }
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            Some(line) => write!(f, "line {line}: {}", self.message),
            None => f.write_str(&self.message),
        }
    }
}

impl std::error::Error for ConfigError {}
