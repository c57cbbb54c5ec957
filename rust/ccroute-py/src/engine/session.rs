//! One call's way from words to keys. Every word that is not known becomes a typed
//! refusal that names it and says what would do.

use ccroute_core::{
    AgentKey, Capacity, Cause, ChannelKey, Command, ContactKey, Device, Envelope, OfferKey,
    QueueKey, Rejection, RejectionCode, Reply, Requirement, Role, Router, SkillLevel, Timestamp,
};
use pyo3::prelude::*;
use pyo3::types::PyInt;

use super::Measured;
use crate::scalars::{self, Seconds, Whole, invalid};

/// (name, number) pairs: skills with levels, channels with slots.
pub(super) type Pairs = Vec<(String, Whole)>;
/// A requirement in names: all_of, any_of, none_of.
pub(super) type Wish = (Pairs, Vec<Pairs>, Pairs);
/// command_id, actor, reason.
pub(super) type Asked = (String, Option<String>, Option<String>);

/// kind, sequence, at, contact, visit, queue, channel, agent.
type NamedHead =
    (u8, u64, f64, Option<String>, u32, Option<String>, Option<String>, Option<String>);
/// offer, cause, reason, role, number, time.
type NamedRest = (Option<u64>, &'static str, Option<String>, &'static str, u32, Option<f64>);
/// An event with names in place of keys.
pub(super) type NamedEvent = (NamedHead, NamedRest);

type Found<T> = Result<T, Rejection>;
pub(super) type Outcome = Found<Reply>;

/// A command under way: the router, its time, and who asked.
pub(super) struct Session<'a> {
    router: &'a mut Router,
    now: Timestamp,
    envelope: Envelope<'a>,
}

impl<'a> Session<'a> {
    pub(super) fn open(
        measured: &'a mut Measured,
        now: Seconds,
        asked: &'a Option<Asked>,
    ) -> Found<Self> {
        let now = scalars::instant("time", now)?;
        // What is due comes first, even before a name that is not known.
        measured.router.advance(now)?;
        let envelope = asked.as_ref().map_or_else(Envelope::default, |(id, actor, reason)| {
            Envelope { command_id: Some(id), actor: actor.as_deref(), reason: reason.as_deref() }
        });
        Ok(Self { router: &mut measured.router, now, envelope })
    }

    pub(super) fn apply(&mut self, command: Command<'_>) -> Outcome {
        self.router.apply_enveloped(self.now, &self.envelope, command)
    }

    /// Refuses what never became a command, as the core refuses commands.
    pub(super) fn refuse(&mut self, word: &str, refusal: Rejection) -> Outcome {
        self.router.refuse(&self.envelope, word, refusal)
    }

    pub(super) fn agent(&self, name: &str) -> Found<AgentKey> {
        agent(self.router, name)
    }

    pub(super) fn contact(&self, id: &str) -> Found<ContactKey> {
        contact(self.router, id)
    }

    pub(super) fn queue(&self, name: &str) -> Found<QueueKey> {
        let plan = self.router.plan();
        plan.find_queue(name).ok_or_else(|| {
            unknown(RejectionCode::UnknownQueue, "queue", name, plan.queue_names.iter())
        })
    }

    pub(super) fn channel(&self, name: &str) -> Found<ChannelKey> {
        let plan = self.router.plan();
        plan.find_channel(name).ok_or_else(|| {
            unknown(RejectionCode::UnknownChannel, "channel", name, plan.channels.iter())
        })
    }

    pub(super) fn queues(&self, names: &[String]) -> Found<Vec<QueueKey>> {
        names.iter().map(|name| self.queue(name)).collect()
    }

    pub(super) fn levels(&self, pairs: &Pairs) -> Found<Vec<SkillLevel>> {
        let plan = self.router.plan();
        let level = |(name, Whole(level)): &(String, Whole)| {
            let skill = plan.find_skill(name).ok_or_else(|| {
                unknown(RejectionCode::UnknownSkill, "skill", name, plan.skills.iter())
            })?;
            let level = u8::try_from(*level).map_err(|_| {
                invalid(format!("level {level} of skill '{name}': give a proficiency from 1 to 10"))
            })?;
            Ok(SkillLevel { skill, level })
        };
        pairs.iter().map(level).collect()
    }

    pub(super) fn capacity(&self, pairs: &Pairs) -> Found<Vec<Capacity>> {
        let slots = |(name, Whole(slots)): &(String, Whole)| {
            let at_once = u16::try_from(*slots).map_err(|_| {
                invalid(format!("capacity {slots} for {name}: give 0 to {} at once", u16::MAX))
            })?;
            Ok(Capacity { channel: self.channel(name)?, slots: at_once })
        };
        pairs.iter().map(slots).collect()
    }

    pub(super) fn requirement(&self, (all_of, any_of, none_of): &Wish) -> Found<Requirement> {
        Ok(Requirement {
            all_of: self.levels(all_of)?,
            any_of: any_of.iter().map(|group| self.levels(group)).collect::<Found<_>>()?,
            none_of: self.levels(none_of)?,
        })
    }
}

pub(super) fn agent(router: &Router, name: &str) -> Found<AgentKey> {
    router.find_agent(name).ok_or_else(|| {
        let message = format!("no agent '{name}': sign it in before changing its state");
        Rejection::new(RejectionCode::UnknownAgent, message)
    })
}

pub(super) fn contact(router: &Router, id: &str) -> Found<ContactKey> {
    router.find_contact(id).ok_or_else(|| {
        let message = format!("no contact '{id}': it never came, or left and is forgotten");
        Rejection::new(RejectionCode::UnknownContact, message)
    })
}

pub(super) fn seconds(at: Timestamp) -> f64 {
    at.micros() as f64 / 1e6
}

/// The key behind an offer's number; a number that cannot be one is an ended offer.
pub(super) fn offer(number: &Bound<'_, PyAny>) -> PyResult<Found<OfferKey>> {
    let number = number.cast::<PyInt>()?;
    let key = number.extract().ok().and_then(OfferKey::from_raw);
    Ok(key.ok_or_else(|| {
        let message = format!("offer {number} has ended or never was: take it from offer_made");
        Rejection::new(RejectionCode::OfferEnded, message)
    }))
}

pub(super) fn device(word: &str) -> Found<Device> {
    Device::from_word(word).ok_or_else(|| no_word("device", word, Device::ALL))
}

/// The role a word stands for; what it may be else is what can be joined in.
pub(super) fn role(word: &str) -> Found<Role> {
    Role::from_word(word).ok_or_else(|| no_word("role", word, Role::OF_JOIN))
}

/// The cause a word stands for; `valid` is what to give else.
pub(super) fn cause(word: &str, valid: &[Cause]) -> Found<Cause> {
    Cause::from_word(word).ok_or_else(|| no_word("cause", word, valid))
}

pub(super) fn texts(pairs: &[(String, String)]) -> Vec<(&str, &str)> {
    pairs.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

pub(super) fn names(router: &Router, kind: &str) -> Found<Vec<String>> {
    let plan = router.plan();
    let names: Vec<String> = match kind {
        "agents" => router.agent_names().map(Into::into).collect(),
        "queues" => plan.queue_names.iter().map(Into::into).collect(),
        "channels" => plan.channels.iter().map(Into::into).collect(),
        "skills" => plan.skills.iter().map(Into::into).collect(),
        "reasons" => router.texts().map(Into::into).collect(),
        other => {
            let kinds = ["agents", "queues", "channels", "skills", "reasons"];
            return Err(no_word("kind", other, &kinds));
        }
    };
    Ok(names)
}

pub(super) fn named_events(router: &Router) -> Vec<NamedEvent> {
    let plan = router.plan();
    let named = |event: &ccroute_core::Event| {
        let head = (
            event.kind as u8,
            event.sequence,
            seconds(event.at),
            event.contact.and_then(|key| router.contact_id(key)).map(Into::into),
            event.visit,
            event.queue.map(|key| plan.queue_names.name(key.index()).into()),
            event.channel.map(|key| plan.channels.name(key.index()).into()),
            event.agent.map(|key| router.agent_name(key).into()),
        );
        let rest = (
            event.offer.map(OfferKey::raw),
            event.cause.word(),
            event.reason.map(|key| router.text(key).into()),
            event.role.word(),
            event.number,
            event.time.map(seconds),
        );
        (head, rest)
    };
    router.events().iter().map(named).collect()
}

fn no_word(what: &str, word: &str, valid: &[impl ToString]) -> Rejection {
    let words: Vec<String> = valid.iter().map(ToString::to_string).collect();
    invalid(format!("no {what} '{word}': give {}", words.join(", ")))
}

fn unknown<'a>(
    code: RejectionCode,
    what: &str,
    name: &str,
    known: impl Iterator<Item = &'a str>,
) -> Rejection {
    let known: Vec<&str> = known.collect();
    let list = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    Rejection::new(code, format!("no {what} '{name}': the plan has {list}"))
}
