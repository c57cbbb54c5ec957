//! One call's way from words to keys. Every word that is not known becomes a typed
//! refusal that names it and says what would do.

use std::sync::Arc;

use ccroute_core::{
    AgentKey, Capacity, Cause, ChannelKey, Command, ContactKey, Device, Directory, Envelope,
    Failure, KpiKey, LineKey, Link, OfferKey, Plan, QueueKey, Rejection, RejectionCode, Reply,
    Requirement, Role, Router, SkillLevel, TableKey, Timestamp, Where,
};
use pyo3::prelude::*;
use pyo3::types::PyInt;

use super::Measured;
use super::arguments::{Asked, LinkArgument, Pairs, Wish};
use crate::scalars::{self, Seconds, Whole, invalid};

pub(super) type Found<T> = Result<T, Rejection>;
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

    pub(super) fn plan(&self) -> Arc<Plan> {
        self.router.shared_plan()
    }

    pub(super) fn agent(&self, name: &str) -> Found<AgentKey> {
        agent(self.router, name)
    }

    pub(super) fn contact(&self, id: &str) -> Found<ContactKey> {
        contact(self.router, id)
    }

    pub(super) fn queue(&self, name: &str) -> Found<QueueKey> {
        queue(self.router, name)
    }

    pub(super) fn channel(&self, name: &str) -> Found<ChannelKey> {
        let names = &self.router.plan().channels;
        find(names, "channel", name, RejectionCode::UnknownChannel).map(ChannelKey::new)
    }

    pub(super) fn line(&self, name: &str) -> Found<LineKey> {
        let names = &self.router.plan().lines;
        find(names, "line", name, RejectionCode::UnknownLine).map(LineKey::new)
    }

    pub(super) fn kpi(&self, name: &str) -> Found<KpiKey> {
        let names = &self.router.plan().kpis;
        find(names, "figure", name, RejectionCode::UnknownKpi).map(KpiKey::new)
    }

    pub(super) fn table(&self, name: &str) -> Found<TableKey> {
        table(self.router, name)
    }

    pub(super) fn links(&self, given: &[LinkArgument]) -> Found<Vec<Link>> {
        let link = |given: &LinkArgument| {
            let name = &given.queue;
            let of = |what: &str| format!("{what} of queue '{name}'");
            Ok(Link {
                queue: self.queue(name)?,
                rank: bounded(&of("rank"), given.rank, 0, 1_000_000)?,
                position: bounded(&of("position"), given.position, 0, 1_000_000)?,
                delay: scalars::setting(&of("delay"), given.delay)?,
                help_waiting: given
                    .waiting
                    .map(|waiting| bounded(&of("help_when.waiting"), waiting, 1, 1_000_000_000))
                    .transpose()?,
                help_waited: given
                    .waited
                    .map(|waited| scalars::setting(&of("help_when.waited"), waited))
                    .transpose()?,
            })
        };
        given.iter().map(link).collect()
    }

    pub(super) fn levels(&self, pairs: &Pairs) -> Found<Vec<SkillLevel>> {
        let names = &self.router.plan().skills;
        let level = |(name, Whole(level)): &(String, Whole)| {
            let skill = find(names, "skill", name, RejectionCode::UnknownSkill)?;
            let level = u8::try_from(*level).map_err(|_| {
                invalid(format!("level {level} of skill '{name}': give a proficiency from 1 to 10"))
            })?;
            Ok(SkillLevel { skill: ccroute_core::SkillKey::new(skill), level })
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

    pub(super) fn requirement(&self, wish: &Wish) -> Found<Requirement> {
        let (all_of, any_of, none_of, asked) = wish;
        let plan = self.router.plan();
        let condition = |text: &String| {
            Where::new(text, |name| plan.find_skill(name))
                .map_err(|error| invalid(format!("where: {error}")))
        };
        Ok(Requirement {
            all_of: self.levels(all_of)?,
            any_of: any_of.iter().map(|group| self.levels(group)).collect::<Found<_>>()?,
            none_of: self.levels(none_of)?,
            wheres: asked.iter().map(condition).collect::<Found<_>>()?,
        })
    }
}

/// A number within bounds.
pub(super) fn bounded(name: &str, Whole(number): Whole, least: u32, most: u32) -> Found<u32> {
    u32::try_from(number).ok().filter(|number| (least..=most).contains(number)).ok_or_else(|| {
        invalid(format!("{name} {number}: give a whole number from {least} to {most}"))
    })
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

pub(super) fn queue(router: &Router, name: &str) -> Found<QueueKey> {
    let names = &router.plan().queue_names;
    find(names, "queue", name, RejectionCode::UnknownQueue).map(QueueKey::new)
}

pub(super) fn table(router: &Router, name: &str) -> Found<TableKey> {
    let names = &router.plan().table_names;
    find(names, "score table", name, RejectionCode::UnknownTable).map(TableKey::new)
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

pub(super) fn failure(word: &str) -> Found<Failure> {
    Failure::from_word(word).ok_or_else(|| no_word("failure", word, Failure::ALL))
}

/// The role a word stands for; what it may be else is what can be joined in.
pub(super) fn role(word: &str) -> Found<Role> {
    Role::from_word(word).ok_or_else(|| no_word("role", word, Role::OF_JOIN))
}

/// The cause a word stands for; `valid` is what to give else.
pub(super) fn cause(word: &str, valid: &[Cause]) -> Found<Cause> {
    Cause::from_word(word).ok_or_else(|| no_word("cause", word, valid))
}

pub(super) fn no_word(what: &str, word: &str, valid: &[impl ToString]) -> Rejection {
    let words: Vec<String> = valid.iter().map(ToString::to_string).collect();
    invalid(format!("no {what} '{word}': give {}", words.join(", ")))
}

/// The place of a name in a list of the plan.
fn find(names: &Directory, what: &str, name: &str, code: RejectionCode) -> Found<usize> {
    names.find(name).ok_or_else(|| {
        let known: Vec<&str> = names.iter().collect();
        let list = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        Rejection::new(code, format!("no {what} '{name}': the plan has {list}"))
    })
}
