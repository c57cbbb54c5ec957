//! Conversations: from connection to release, and the parts agents play in them.

use super::Router;
use super::state::{Contact, Handled, Part, Phase};
use crate::error::{Rejection, RejectionCode};
use crate::event::{Cause, Event, EventKind, Role};
use crate::ids::{AgentKey, ContactKey, QueueKey};
use crate::plan::Failures;
use crate::time::Span;

impl Router {
    pub(super) fn connected(&mut self, key: ContactKey) -> Result<(), Rejection> {
        let contact = self.known_contact(key)?;
        let Phase::Connecting { agent, timer } = contact.phase else {
            return Err(Self::wrong_phase(contact, "accept its offer before connecting"));
        };
        self.timers.cancel(timer);
        self.agent_mut(agent).connecting.retain(|&other| other != key);
        self.engage(key, agent, Cause::None);
        Ok(())
    }

    /// Customer and agent are joined, whose slot is taken already.
    pub(super) fn engage(&mut self, key: ContactKey, agent: AgentKey, cause: Cause) {
        let contact = self.contact_mut(key);
        contact.phase = Phase::Engaged { held: false };
        let queue = contact.queue;
        self.queues[queue.index()].length -= 1;
        self.begin_primary(key, agent);
        let event = self.contact_event(EventKind::ContactConnected, key);
        self.emit(Event { agent: Some(agent), cause, ..event });
        self.agent_mut(agent).failures = Failures::default();
        if cause == Cause::None {
            self.takes.note(self.now, agent);
        }
        if self.contact(key).more.is_some() {
            self.release_reserved(key, Cause::Connected);
            self.compare_with_foretold(key);
            // The customer is on the line: from here on it is like any other contact.
            self.contact_mut(key).more_mut().callback = None;
        }
    }

    pub(super) fn hold(&mut self, key: ContactKey, hold: bool) -> Result<(), Rejection> {
        let contact = self.known_contact(key)?;
        if contact.phase != (Phase::Engaged { held: !hold }) {
            let remedy = if hold {
                "only a conversation that is not held can be held"
            } else {
                "only a held conversation can be resumed"
            };
            return Err(Self::wrong_phase(contact, remedy));
        }
        let agent = contact.primary().map(|part| part.agent);
        self.contact_mut(key).phase = Phase::Engaged { held: hold };
        let kind = if hold { EventKind::ContactHeld } else { EventKind::ContactResumed };
        let event = self.contact_event(kind, key);
        self.emit(Event { agent, ..event });
        Ok(())
    }

    pub(super) fn transfer(
        &mut self,
        key: ContactKey,
        queue: QueueKey,
        keep_age: bool,
    ) -> Result<(), Rejection> {
        let contact = self.known_contact(key)?;
        self.open_to_newcomers(queue)?;
        match contact.phase {
            Phase::Closed | Phase::Scheduled { .. } => {
                let remedy = "only a live contact can be transferred; reinstate a scheduled one";
                return Err(Self::wrong_phase(contact, remedy));
            }
            Phase::Waiting
            | Phase::Offered
            | Phase::Connecting { .. }
            | Phase::Suspended { .. } => self.leave_visit(key, Cause::Transferred),
            Phase::Engaged { .. } => {
                self.end_other_parts(key);
                self.end_primary(key, EventKind::ContactTransferred, Cause::Agent);
            }
        }
        self.go_to(key, queue, keep_age, Cause::None);
        Ok(())
    }

    pub(super) fn join(
        &mut self,
        key: ContactKey,
        agent: AgentKey,
        role: Role,
    ) -> Result<(), Rejection> {
        self.known_contact(key)?;
        self.known_agent(agent)?;
        if !Role::OF_JOIN.contains(&role) {
            let message = "role 'primary' comes by offer or hand_over: give consult, conference \
                           or monitor";
            return Err(Rejection::new(RejectionCode::InvalidValue, message));
        }
        let contact = self.in_conversation(key)?;
        if role == Role::Conference && self.part(contact, agent, &[Role::Consult]).is_ok() {
            self.bring_in(key, agent);
            return Ok(());
        }
        self.signed_in(agent)?;
        let name = self.agent_name(agent);
        let taking_part = contact.parts.iter().any(|part| part.agent == agent);
        if taking_part || contact.wrapping.iter().any(|left| left.agent == agent) {
            let message = format!(
                "agent '{name}' already has a part in contact '{}': leave it or finish it first",
                contact.id
            );
            return Err(Rejection::new(RejectionCode::AlreadyJoined, message));
        }
        let channel = contact.channel;
        let helper = self.agent(agent);
        let room = helper.has_slot(channel.index()) && self.within_budget(helper, channel.index());
        if role != Role::Monitor && !room {
            let message = format!(
                "agent '{name}' has no room for {}: wait, or raise capacity or budget",
                self.plan.channels.name(channel.index())
            );
            return Err(Rejection::new(RejectionCode::NoCapacity, message));
        }
        if role != Role::Monitor {
            self.take_slot(agent, channel);
        }
        self.add_part(key, agent, role);
        self.refresh(agent);
        let event = self.contact_event(EventKind::AgentJoined, key);
        self.emit(Event { agent: Some(agent), role, ..event });
        Ok(())
    }

    /// Who was consulted speaks with the customer too: the part goes on, with its slot, in
    /// another role.
    fn bring_in(&mut self, key: ContactKey, agent: AgentKey) {
        let parts = &mut self.contact_mut(key).parts;
        let part = parts.iter_mut().find(|part| part.agent == agent);
        part.expect("who is consulted has a part").role = Role::Conference;
        let event = self.contact_event(EventKind::AgentJoined, key);
        self.emit(Event { agent: Some(agent), role: Role::Conference, ..event });
    }

    pub(super) fn leave(&mut self, key: ContactKey, agent: AgentKey) -> Result<(), Rejection> {
        let contact = self.known_contact(key)?;
        self.known_agent(agent)?;
        let part = self.part(contact, agent, Role::OF_JOIN)?;
        self.end_part(key, part);
        Ok(())
    }

    pub(super) fn hand_over(&mut self, key: ContactKey, agent: AgentKey) -> Result<(), Rejection> {
        self.known_contact(key)?;
        self.known_agent(agent)?;
        let contact = self.in_conversation(key)?;
        self.part(contact, agent, &[Role::Consult, Role::Conference])?;
        self.end_primary(key, EventKind::ContactTransferred, Cause::HandedOver);
        let now = self.now;
        let contact = self.contact_mut(key);
        contact.phase = Phase::Engaged { held: false };
        let part = contact.parts.iter_mut().find(|part| part.agent == agent);
        let part = part.expect("the new primary has a part");
        (part.role, part.since) = (Role::Primary, now);
        self.begin_handling(key, agent);
        let event = self.contact_event(EventKind::AgentJoined, key);
        self.emit(Event { agent: Some(agent), ..event });
        Ok(())
    }

    pub(super) fn release(&mut self, key: ContactKey, by: Cause) -> Result<(), Rejection> {
        let contact = self.known_contact(key)?;
        if !Cause::OF_RELEASE.contains(&by) {
            let message = format!("'{by}' cannot release: give customer, agent or system");
            return Err(Rejection::new(RejectionCode::InvalidValue, message));
        }
        if !matches!(contact.phase, Phase::Engaged { .. }) {
            return Err(Self::wrong_phase(
                contact,
                "only a conversation can be released; cancel a contact that waits",
            ));
        }
        self.end_other_parts(key);
        self.end_primary(key, EventKind::ContactReleased, by);
        self.close(key);
        Ok(())
    }

    fn begin_handling(&mut self, key: ContactKey, agent: AgentKey) {
        let contact = self.contact_mut(key);
        let Contact { visit, queue, .. } = *contact;
        contact.handled = Some(Handled { agent, visit, queue, sets: 0 });
        self.matcher.standing_mut(agent).handled += 1;
    }

    /// An agent whose slot is taken already becomes the primary.
    pub(super) fn begin_primary(&mut self, key: ContactKey, agent: AgentKey) {
        self.add_part(key, agent, Role::Primary);
        self.begin_handling(key, agent);
    }

    fn add_part(&mut self, key: ContactKey, agent: AgentKey, role: Role) {
        let since = self.now;
        let contact = self.contacts.get_mut(key.index(), key.generation());
        let parts = &mut contact.expect("a key inside the router is live").parts;
        self.room_for_parts.push(parts, Part { agent, role, since });
        self.agent_mut(agent).list_of(role).push(key);
    }

    fn remove_part(&mut self, key: ContactKey, Part { agent, role, .. }: Part) {
        let contact = self.contacts.get_mut(key.index(), key.generation());
        let parts = &mut contact.expect("a key inside the router is live").parts;
        parts.retain(|part| part.agent != agent);
        self.room_for_parts.take_back(parts);
        self.agent_mut(agent).list_of(role).retain(|&other| other != key);
    }

    /// The primary is done with the contact; wrap-up follows by the queue's rule.
    pub(super) fn end_primary(&mut self, key: ContactKey, kind: EventKind, cause: Cause) {
        let part = self.contact(key).primary().expect("a conversation has a primary");
        let agent = part.agent;
        self.remove_part(key, part);
        let talked = self.now.since(part.since).micros();
        let standing = self.matcher.standing_mut(agent);
        standing.talked = standing.talked.saturating_add(talked);
        if self.in_use.last_agent > Span::ZERO
            && let Some(customer) = self.contact(key).customer.clone()
        {
            let until = self.now + self.in_use.last_agent;
            self.last_agents.insert(customer, (agent, self.now), until);
        }
        let event = self.contact_event(kind, key);
        self.emit(Event { agent: Some(agent), cause, ..event });
        self.begin_wrap_up(key, agent);
        self.refresh(agent);
    }

    pub(super) fn end_other_parts(&mut self, key: ContactKey) {
        let other = |part: &&Part| part.role != Role::Primary;
        while let Some(&part) = self.contact(key).parts.iter().find(other) {
            self.end_part(key, part);
        }
    }

    pub(super) fn end_part(&mut self, key: ContactKey, part: Part) {
        let Part { agent, role, .. } = part;
        self.remove_part(key, part);
        if role != Role::Monitor {
            let contact = self.contact(key);
            let (channel, queue) = (contact.channel, contact.queue);
            self.slot_worked(agent, channel, queue);
        }
        let event = self.contact_event(EventKind::AgentLeft, key);
        self.emit(Event { agent: Some(agent), role, ..event });
        self.refresh(agent);
    }

    fn in_conversation(&self, key: ContactKey) -> Result<&Contact, Rejection> {
        let contact = self.known_contact(key)?;
        if matches!(contact.phase, Phase::Engaged { .. }) {
            return Ok(contact);
        }
        Err(Self::wrong_phase(contact, "only a conversation takes more agents"))
    }

    /// The part an agent plays, if it is one of `roles`.
    fn part(&self, contact: &Contact, agent: AgentKey, roles: &[Role]) -> Result<Part, Rejection> {
        let part = contact.parts.iter().find(|part| part.agent == agent);
        if let Some(part) = part
            && roles.contains(&part.role)
        {
            return Ok(*part);
        }
        let words: Vec<&str> = roles.iter().map(|role| role.word()).collect();
        let message = format!(
            "agent '{}' has no part in contact '{}' as {}: join first",
            self.agent_name(agent),
            contact.id,
            words.join(" or ")
        );
        Err(Rejection::new(RejectionCode::NotJoined, message))
    }
}
