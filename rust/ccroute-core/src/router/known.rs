//! What a command may name: keys that were given out, and names fit for people.

use super::Router;
use super::state::Contact;
use crate::error::{Rejection, RejectionCode};
use crate::ids::{AgentKey, ContactKey, QueueKey, TextKey};

impl Router {
    pub(super) fn known_agent(&self, key: AgentKey) -> Result<(), Rejection> {
        if key.index() < self.agents.len() {
            return Ok(());
        }
        let message = format!("no agent with key {}: sign the agent in first", key.index());
        Err(Rejection::new(RejectionCode::UnknownAgent, message))
    }

    pub(super) fn known_contact(&self, key: ContactKey) -> Result<&Contact, Rejection> {
        self.contacts.get(key.index(), key.generation()).ok_or_else(|| {
            let message = format!(
                "no contact with key {}: it left and its retention is over; enqueue it anew",
                key.raw()
            );
            Rejection::new(RejectionCode::UnknownContact, message)
        })
    }

    pub(super) fn known_queue(&self, key: QueueKey) -> Result<(), Rejection> {
        if key.index() < self.plan.queues.len() {
            return Ok(());
        }
        let message = format!(
            "no queue with key {}: the plan has {} queues",
            key.index(),
            self.plan.queues.len()
        );
        Err(Rejection::new(RejectionCode::UnknownQueue, message))
    }
}

impl Router {
    /// A reason in the host's word; an empty one is none.
    pub(super) fn reason(&mut self, text: Option<&str>) -> Result<Option<TextKey>, Rejection> {
        let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(None) };
        valid_name("reason", text)?;
        Ok(Some(self.intern(text)))
    }
}

/// Bytes of the longest name of an agent and id of a contact.
const LONGEST_NAME: usize = 128;

/// Names are what people read in reports and machines in logs: something to see, on one
/// line, of a sane length.
pub(super) fn valid_name(what: &str, name: &str) -> Result<(), Rejection> {
    if (1..=LONGEST_NAME).contains(&name.len()) && !name.contains(char::is_control) {
        return Ok(());
    }
    let shown: String = name.escape_debug().take(40).collect();
    let message = format!(
        "{what} '{shown}' of {} bytes: give 1 to {LONGEST_NAME} bytes without control characters",
        name.len()
    );
    Err(Rejection::new(RejectionCode::InvalidValue, message))
}
