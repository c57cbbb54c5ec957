//! What a command may name: keys that were given out, and names fit for people.

use super::Router;
use super::state::Contact;
use crate::command::AgentSettings;
use crate::error::{Rejection, RejectionCode};
use crate::ids::{AgentKey, ChannelKey, ContactKey, LineKey, QueueKey, TextKey};
use crate::plan::Capacity;
use crate::skill::SkillLevel;

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

    /// A reason in the host's word; an empty one is none.
    pub(super) fn reason(&mut self, text: Option<&str>) -> Result<Option<TextKey>, Rejection> {
        let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(None) };
        valid_name("reason", text)?;
        Ok(Some(self.intern(text)))
    }

    pub(super) fn signed_in(&self, key: AgentKey) -> Result<(), Rejection> {
        self.known_agent(key)?;
        if self.is_signed_in(key) {
            return Ok(());
        }
        let name = self.agent_name(key);
        let message = format!("agent '{name}' is signed out: sign in first");
        Err(Rejection::new(RejectionCode::AgentSignedOut, message))
    }

    pub(super) fn valid_settings(&self, settings: &AgentSettings<'_>) -> Result<(), Rejection> {
        self.valid_levels(settings.skills.unwrap_or_default())?;
        for (label, _) in settings.labels.unwrap_or_default() {
            valid_name("label", label)?;
        }
        for link in settings.queues.unwrap_or_default() {
            self.known_queue(link.queue)?;
        }
        for &Capacity { channel, .. } in settings.capacity.unwrap_or_default() {
            self.known_channel(channel)?;
        }
        for line in settings.lines.unwrap_or_default() {
            self.known_line(*line)?;
        }
        Ok(())
    }

    pub(super) fn known_line(&self, line: LineKey) -> Result<(), Rejection> {
        if line.index() < self.plan.lines.len() {
            return Ok(());
        }
        let known = listed(self.plan.lines.iter());
        let message = format!("no line with key {}: the plan has {known}", line.index());
        Err(Rejection::new(RejectionCode::UnknownLine, message))
    }

    pub(super) fn known_channel(&self, key: ChannelKey) -> Result<(), Rejection> {
        if key.index() < self.plan.channels.len() {
            return Ok(());
        }
        let known = listed(self.plan.channels.iter());
        let message = format!("no channel with key {}: the plan has {known}", key.index());
        Err(Rejection::new(RejectionCode::UnknownChannel, message))
    }

    pub(super) fn valid_levels(&self, skills: &[SkillLevel]) -> Result<(), Rejection> {
        for &SkillLevel { skill, level } in skills {
            if skill.index() >= self.plan.skills.len() {
                let message = format!(
                    "no skill with key {}: the plan has {} skills",
                    skill.index(),
                    self.plan.skills.len()
                );
                return Err(Rejection::new(RejectionCode::UnknownSkill, message));
            }
            if !SkillLevel::VALID.contains(&level) {
                let name = self.plan.skills.name(skill.index());
                let message =
                    format!("level {level} of skill '{name}': give a proficiency from 1 to 10");
                return Err(Rejection::new(RejectionCode::InvalidValue, message));
            }
        }
        Ok(())
    }
}

/// Names for a sentence.
pub(super) fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

/// Bytes of the longest name, id, reason or label.
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
