//! Contacts: entering, place, data, whom they prefer.

use super::Router;
use super::known::valid_name;
use super::state::{Contact, Phase};
use super::{Outcome, Reply};
use crate::command::{NewContact, Preferred};
use crate::condition::Value;
use crate::error::{Rejection, RejectionCode};
use crate::event::{Cause, Event, EventKind};
use crate::ids::{AgentKey, ContactKey, QueueKey};
use crate::plan::StepsTaken;
use crate::skill::Requirement;
use crate::time::{Shift, Span, Timestamp};

impl Router {
    pub(super) fn enqueue(&mut self, new: &NewContact<'_>) -> Outcome {
        self.valid_contact(new)?;
        let key = self.take_in(new)?;
        if let Some(at) = new.not_before.filter(|at| *at > self.now) {
            self.schedule(key, at, false);
        } else {
            self.join_queue(key);
        }
        Ok(Reply::Contact(key))
    }

    /// Makes the record of a newcomer that is valid, classified where no queue is said.
    pub(super) fn take_in(&mut self, new: &NewContact<'_>) -> Result<ContactKey, Rejection> {
        self.fresh_id(new.id)?;
        let Some(queue) = new.queue else {
            let rule = self.rule_for(new)?;
            let key = self.insert(new, rule.queue);
            self.follow_rule(key, &rule);
            return Ok(key);
        };
        Ok(self.insert(new, queue))
    }

    /// What is wrong with a newcomer, if anything.
    pub(super) fn valid_contact(&self, new: &NewContact<'_>) -> Result<(), Rejection> {
        valid_name("contact", new.id)?;
        if let Some(queue) = new.queue {
            self.open_to_newcomers(queue)?;
        }
        self.known_channel(new.channel)?;
        if let Some(head_start) = new.head_start {
            Self::valid_head_start(head_start)?;
        }
        self.valid_requirement(new.requirement)?;
        Self::valid_preferred(new.preferred)?;
        for (agent, _) in new.excluded {
            valid_name("agent", agent)?;
        }
        if let Some(at) = new.entered_at.filter(|at| *at > self.now) {
            let message =
                format!("entered_at {at} lies ahead of now ({}): give now or less", self.now);
            return Err(Rejection::new(RejectionCode::InvalidValue, message));
        }
        Ok(())
    }

    /// Whether an id is free.
    pub(super) fn fresh_id(&self, id: &str) -> Result<(), Rejection> {
        if let Some(key) = self.find_contact(id) {
            let message = format!(
                "contact '{id}' is {}: give each contact an id of its own, not used within the \
                 plan's retention of {}",
                self.contact(key).phase.word(),
                self.plan.retention
            );
            return Err(Rejection::new(RejectionCode::DuplicateContact, message));
        }
        Ok(())
    }

    /// Makes the record of a newcomer, in no queue yet.
    pub(super) fn insert(&mut self, new: &NewContact<'_>, queue: QueueKey) -> ContactKey {
        self.entered += 1;
        let contact = Contact {
            id: new.id.into(),
            customer: known(new.customer),
            conversation: known(new.conversation),
            previous: known(new.previous),
            attributes: Vec::new(),
            channel: new.channel,
            queue,
            visit: 1,
            sequence: self.entered,
            band: new.band,
            head_start: new.head_start,
            since: new.entered_at.unwrap_or(self.now),
            entered: self.now,
            own: new.requirement.map(|own| Box::new(own.clone().canonical())),
            steps: StepsTaken::default(),
            escalation: None,
            phase: Phase::Waiting,
            offer: None,
            excluded: Vec::new(),
            parts: Vec::new(),
            wrapping: Vec::new(),
            handled: None,
            more: None,
            class: None,
            place: None,
            group: 0,
            look: None,
        };
        let (index, generation) = self.contacts.insert(contact);
        let key = ContactKey::new(index, generation);
        self.ids.insert(index, &self.contacts);
        if !new.attributes.is_empty() {
            self.set_attributes(key, new.attributes);
        }
        if !new.preferred.is_empty() {
            self.set_preferred(key, new.preferred);
        }
        for &(agent, lasts) in new.excluded {
            let agent = self.agent_named(agent);
            self.exclude_by_host(key, agent, lasts);
        }
        key
    }

    pub(super) fn cancel(&mut self, key: ContactKey, cause: Cause) -> Result<(), Rejection> {
        let contact = self.known_contact(key)?;
        if !Cause::OF_CANCEL.contains(&cause) {
            let words: Vec<&str> = Cause::OF_CANCEL.iter().map(|cause| cause.word()).collect();
            let message = format!("cause '{cause}' cannot end a wait: give {}", words.join(", "));
            return Err(Rejection::new(RejectionCode::InvalidValue, message));
        }
        if !contact.phase.is_unconnected() {
            return Err(Self::wrong_phase(contact, "only a contact that waits can be cancelled"));
        }
        self.leave_for_good(key, cause);
        Ok(())
    }

    /// Ends the wait of a contact that goes for good.
    pub(super) fn leave_for_good(&mut self, key: ContactKey, cause: Cause) {
        let had_place = self.contact(key).phase.is_in_queue();
        let agent = self.stop_waiting(key, cause);
        let abandoned = cause == Cause::Abandoned;
        if abandoned && had_place {
            self.keep_place(key);
        }
        let kind = if abandoned { EventKind::ContactAbandoned } else { EventKind::ContactLeft };
        let event = self.contact_event(kind, key);
        self.emit(Event { agent, cause, ..event });
        self.close(key);
    }

    pub(super) fn reprioritise(
        &mut self,
        key: ContactKey,
        band: Option<i16>,
        head_start: Option<Shift>,
    ) -> Result<(), Rejection> {
        let contact = self.known_contact(key)?;
        if let Some(head_start) = head_start {
            Self::valid_head_start(head_start)?;
        }
        if !contact.phase.is_unconnected() {
            return Err(Self::wrong_phase(contact, "only a contact that waits has a place"));
        }
        let contact = self.contact_mut(key);
        contact.band = band.or(contact.band);
        contact.head_start = head_start.or(contact.head_start);
        if let Some(more) = contact.more.as_deref_mut() {
            more.band = more.band.filter(|_| band.is_none());
            more.head_start = more.head_start.filter(|_| head_start.is_none());
        }
        self.place_anew(key);
        let contact = self.contact(key);
        let band = contact.given_place().0.unwrap_or(self.rules(contact).order.band);
        let number = i32::from(band).cast_unsigned();
        let event = self.contact_event(EventKind::ContactReprioritised, key);
        self.emit(Event { number, ..event });
        Ok(())
    }

    pub(super) fn update(
        &mut self,
        key: ContactKey,
        requirement: Option<&Requirement>,
        attributes: &[(&str, Value)],
        preferred: Option<&[Preferred<'_>]>,
    ) -> Result<(), Rejection> {
        let contact = self.known_contact(key)?;
        self.valid_requirement(requirement)?;
        Self::valid_preferred(preferred.unwrap_or_default())?;
        if contact.phase == Phase::Closed {
            return Err(Self::wrong_phase(contact, "only a live contact can be updated"));
        }
        self.set_attributes(key, attributes);
        let event = self.contact_event(EventKind::ContactUpdated, key);
        self.emit(event);
        if let Some(preferred) = preferred {
            self.set_preferred(key, preferred);
            self.begin_preference(key);
            self.arm_look(key);
            self.unsettled.contact(key);
        }
        if let Some(own) = requirement {
            self.contact_mut(key).own = Some(Box::new(own.clone().canonical()));
            self.reclassify(key);
        }
        Ok(())
    }

    /// Gives a contact the agents it prefers, instead of those before.
    fn set_preferred(&mut self, key: ContactKey, preferred: &[Preferred<'_>]) {
        self.drop_preferences(key);
        for &Preferred { agent, score } in preferred {
            let agent = self.agent_named(agent);
            self.prefer(key, agent, score);
        }
    }

    pub(super) fn prefer(&mut self, key: ContactKey, agent: AgentKey, score: u16) {
        self.in_use.preferences = true;
        let more = self.contact_mut(key).more_mut();
        if more.preferred.iter().any(|(known, _)| *known == agent) {
            return;
        }
        more.preferred.push((agent, score));
        self.agent_mut(agent).preferred_by.push(key);
    }

    /// Those a contact prefers have it to themselves for a while from now.
    pub(super) fn begin_preference(&mut self, key: ContactKey) {
        let now = self.now;
        if let Some(more) = self.contact_mut(key).more.as_deref_mut() {
            (more.first_from, more.owner_first) = (now, None);
        }
    }

    /// Until when those a contact prefers have it to themselves.
    pub(super) fn first_until(&self, contact: &Contact) -> Timestamp {
        let Some(more) = contact.more.as_deref() else { return Timestamp::ZERO };
        let first = self.rules(contact).preferred.first;
        more.first_from + more.owner_first.unwrap_or(first)
    }

    pub(super) fn drop_preferences(&mut self, key: ContactKey) {
        let Some(more) = self.contact_mut(key).more.as_deref_mut() else { return };
        for (agent, _) in core::mem::take(&mut more.preferred) {
            self.agent_mut(agent).preferred_by.retain(|&other| other != key);
        }
    }

    /// An agent went: whoever waited for just them may take others.
    pub(super) fn preference_ended(&mut self, agent: AgentKey) {
        for at in 0..self.agent(agent).preferred_by.len() {
            let contact = self.agent(agent).preferred_by[at];
            self.unsettled.contact(contact);
        }
    }

    fn set_attributes(&mut self, key: ContactKey, attributes: &[(&str, Value)]) {
        let held = &mut self.contact_mut(key).attributes;
        for (name, value) in attributes {
            match held.iter_mut().find(|(known, _)| **known == **name) {
                Some((_, known)) => *known = value.clone(),
                None => held.push(((*name).into(), value.clone())),
            }
        }
    }

    /// A contact's attributes, in the order they were first given.
    pub fn attributes(&self, key: ContactKey) -> impl Iterator<Item = (&str, &Value)> {
        let contact = self.contacts.get(key.index(), key.generation());
        contact.into_iter().flat_map(|contact| &contact.attributes).map(|(k, v)| (&**k, v))
    }

    fn valid_head_start(head_start: Shift) -> Result<(), Rejection> {
        if head_start.length() <= Span::LONGEST_SETTING {
            return Ok(());
        }
        let message = format!("head start {head_start}: ten years at most");
        Err(Rejection::new(RejectionCode::InvalidValue, message))
    }

    fn valid_preferred(preferred: &[Preferred<'_>]) -> Result<(), Rejection> {
        for Preferred { agent, score } in preferred {
            valid_name("agent", agent)?;
            if *score > 1_000 {
                let message = format!("score {score} of preferred agent '{agent}': 0 to 1000");
                return Err(Rejection::new(RejectionCode::InvalidValue, message));
            }
        }
        Ok(())
    }

    fn valid_requirement(&self, requirement: Option<&Requirement>) -> Result<(), Rejection> {
        let Some(requirement) = requirement else { return Ok(()) };
        if requirement.any_of.iter().any(Vec::is_empty) {
            let message = "an empty group in any_of: nobody has one of no skills; leave it out";
            return Err(Rejection::new(RejectionCode::InvalidValue, message));
        }
        let mentions: Vec<_> = requirement.mentions().collect();
        self.valid_levels(&mentions)
    }

    /// Keeps the place of a customer who hung up.
    fn keep_place(&mut self, key: ContactKey) {
        let contact = self.contact(key);
        let within = self.rules(contact).leaving.resume_within;
        let Some(customer) = contact.customer.clone().filter(|_| within > Span::ZERO) else {
            return;
        };
        let (queue, since) = (contact.queue, contact.since);
        self.resumable.insert((queue, customer), since, self.now + within);
    }

    /// Since when a customer's age counts who comes back in time; the place is used up.
    pub(super) fn place_kept(&mut self, key: ContactKey) -> Option<Timestamp> {
        if self.resumable.is_empty() {
            return None;
        }
        let contact = self.contact(key);
        let customer = contact.customer.clone()?;
        self.resumable.take(&(contact.queue, customer), self.as_of)
    }
}

/// A text of the host; an empty one says nothing.
pub(super) fn known(text: Option<&str>) -> Option<Box<str>> {
    text.filter(|text| !text.is_empty()).map(Into::into)
}
