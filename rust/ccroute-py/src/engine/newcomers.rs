//! Settings of agents and newcomers, from the tuples they come in to what the core takes.

use ccroute_core::{
    AgentSettings, Capacity, ChannelKey, ContactKey, LineKey, Link, NewContact, Preferred,
    QueueKey, Reply, Requirement, Shift, SkillLevel, Span, Timestamp, Value,
};

use super::arguments::{ContactArgument, Facts, Preferences, SettingsArgument};
use super::session::{Found, Session, bounded};
use crate::scalars::{self, Seconds, Whole};

/// An agent's settings in keys.
pub(super) struct Settings<'a> {
    skills: Option<Vec<SkillLevel>>,
    labels: Option<Vec<(&'a str, Value)>>,
    queues: Option<Vec<Link>>,
    capacity: Option<Vec<Capacity>>,
    budget: Option<u32>,
    lines: Option<Vec<LineKey>>,
}

impl<'a> Settings<'a> {
    pub(super) fn of(session: &Session<'_>, given: &'a SettingsArgument) -> Found<Self> {
        let SettingsArgument { skills, labels, queues, capacity, budget, lines } = given;
        let named = |names: &Vec<String>| names.iter().map(|name| session.line(name)).collect();
        Ok(Self {
            skills: skills.as_ref().map(|skills| session.levels(skills)).transpose()?,
            labels: labels.as_ref().map(facts),
            queues: queues.as_ref().map(|queues| session.links(queues)).transpose()?,
            capacity: capacity.as_ref().map(|capacity| session.capacity(capacity)).transpose()?,
            budget: budget.map(|budget| bounded("budget", budget, 0, 65_535)).transpose()?,
            lines: lines.as_ref().map(named).transpose()?,
        })
    }

    pub(super) fn borrowed(&self) -> AgentSettings<'_> {
        AgentSettings {
            skills: self.skills.as_deref(),
            labels: self.labels.as_deref(),
            queues: self.queues.as_deref(),
            capacity: self.capacity.as_deref(),
            budget: self.budget,
            lines: self.lines.as_deref(),
        }
    }
}

/// A newcomer in keys.
pub(super) struct Newcomer<'a> {
    given: &'a ContactArgument,
    queue: Option<QueueKey>,
    channel: ChannelKey,
    band: Option<i16>,
    head_start: Option<Shift>,
    requirement: Option<Requirement>,
    attributes: Vec<(&'a str, Value)>,
    preferred: Vec<Preferred<'a>>,
    excluded: Vec<(&'a str, Option<Span>)>,
    entered_at: Option<Timestamp>,
    not_before: Option<Timestamp>,
}

impl<'a> Newcomer<'a> {
    pub(super) fn of(session: &Session<'_>, given: &'a ContactArgument) -> Found<Self> {
        let instant =
            |name: &str, at: Option<Seconds>| at.map(|at| scalars::instant(name, at)).transpose();
        let lasting = |(agent, lasts): &'a (String, Option<Seconds>)| {
            let lasts = lasts.map(|lasts| scalars::setting("excluded", lasts)).transpose()?;
            Ok((agent.as_str(), lasts))
        };
        let queue = given.queue.as_ref().map(|name| session.queue(name)).transpose()?;
        let channel = match &given.channel {
            Some(name) => session.channel(name)?,
            None => ChannelKey::new(0),
        };
        Ok(Self {
            given,
            queue,
            channel,
            band: given.band.map(|band| band.0),
            head_start: given.head_start.map(scalars::head_start).transpose()?,
            requirement: given
                .requirement
                .as_ref()
                .map(|needs| session.requirement(needs))
                .transpose()?,
            attributes: facts(&given.attributes),
            preferred: preferences(&given.preferred)?,
            excluded: given.excluded.iter().map(lasting).collect::<Found<_>>()?,
            entered_at: instant("entered_at", given.entered_at)?,
            not_before: instant("not_before", given.not_before)?,
        })
    }

    pub(super) fn borrowed(&self) -> NewContact<'_> {
        let ContactArgument { contact, customer, conversation, previous, .. } = self.given;
        NewContact {
            queue: self.queue,
            band: self.band,
            head_start: self.head_start,
            requirement: self.requirement.as_ref(),
            attributes: &self.attributes,
            preferred: &self.preferred,
            excluded: &self.excluded,
            entered_at: self.entered_at,
            not_before: self.not_before,
            customer: customer.as_deref(),
            conversation: conversation.as_deref(),
            previous: previous.as_deref(),
            ..NewContact::unplaced(contact, self.channel)
        }
    }
}

pub(super) fn facts(given: &Facts) -> Vec<(&str, Value)> {
    given.iter().map(|(name, value)| (name.as_str(), value.0.clone())).collect()
}

pub(super) fn preferences<'a>(given: &'a Preferences) -> Found<Vec<Preferred<'a>>> {
    let preferred = |(agent, score): &'a (String, Whole)| {
        let name = format!("score of preferred agent '{agent}':");
        let score = bounded(&name, *score, 0, 1_000)?;
        Ok(Preferred { agent, score: u16::try_from(score).expect("at most 1,000") })
    };
    given.iter().map(preferred).collect()
}

/// What a command answers that brings a contact in.
pub(super) fn contact_of(reply: Reply) -> ContactKey {
    match reply {
        Reply::Contact(key) => key,
        Reply::Done | Reply::Agent(_) => unreachable!("it answers with a contact"),
    }
}
