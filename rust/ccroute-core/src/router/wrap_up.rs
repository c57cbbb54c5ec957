//! Wrap-up: work after the conversation, before the slot is free; and dispositions,
//! the agent's codes for how it ended.

use super::Router;
use super::known::listed;
use super::state::{Availability, Handled, WrappingUp};
use super::timers::Deadline;
use crate::error::{Rejection, RejectionCode};
use crate::event::{Cause, Event, EventKind};
use crate::ids::{AgentKey, ContactKey};
use crate::plan::WrapUpMode;
use crate::time::Span;

impl Router {
    /// After a primary's conversation: wrap-up by the queue's rule, or a free slot.
    pub(super) fn begin_wrap_up(&mut self, key: ContactKey, agent: AgentKey) {
        let contact = self.contact(key);
        let (queue, visit, channel) = (contact.queue, contact.visit, contact.channel);
        let rule = self.plan.queue(queue).wrap_up;
        let offline = self.agent(agent).availability == Availability::Offline;
        if rule.mode == WrapUpMode::None || offline {
            self.slot_worked(agent, channel, queue);
            return;
        }
        let until = self.after(rule.limit);
        let timer = self.timers.set(until, Deadline::WrapUp(agent, key));
        let left = WrappingUp { agent, visit, queue, timer, extended: Span::ZERO };
        let contact = self.contacts.get_mut(key.index(), key.generation());
        let wrapping = &mut contact.expect("a key inside the router is live").wrapping;
        self.room_for_wrap_up.push(wrapping, left);
        self.agent_mut(agent).wrapping.push(key);
        let event = self.wrap_up_event(EventKind::WrapUpStarted, key, &left);
        self.emit(Event { time: Some(until), ..event });
    }

    pub(super) fn extend_wrap_up(
        &mut self,
        agent: AgentKey,
        key: ContactKey,
        by: Span,
    ) -> Result<(), Rejection> {
        let left = self.wrapping_up(agent, key)?;
        let rule = self.plan.queue(left.queue).wrap_up;
        let extended = left.extended + by;
        if rule.mode == WrapUpMode::Timed || extended > rule.extension {
            let message = format!(
                "wrap-up of agent '{}' cannot grow by {by}: the queue allows {} in all, of which \
                 {} is used",
                self.agent_name(agent),
                if rule.mode == WrapUpMode::Timed { Span::ZERO } else { rule.extension },
                left.extended
            );
            return Err(Rejection::new(RejectionCode::WrapUpRule, message));
        }
        self.timers.cancel(left.timer);
        let until = left.timer.at() + by;
        let timer = self.timers.set(until, Deadline::WrapUp(agent, key));
        let wrapping = &mut self.contact_mut(key).wrapping;
        let entry = wrapping.iter_mut().find(|left| left.agent == agent);
        let entry = entry.expect("found above");
        *entry = WrappingUp { timer, extended, ..left };
        let event = self.wrap_up_event(EventKind::WrapUpExtended, key, &left);
        self.emit(Event { time: Some(until), ..event });
        Ok(())
    }

    pub(super) fn end_wrap_up(
        &mut self,
        agent: AgentKey,
        key: ContactKey,
    ) -> Result<(), Rejection> {
        let left = self.wrapping_up(agent, key)?;
        let undisposed = self.contact(key).handled.is_some_and(|handled| {
            handled.agent == agent && handled.visit == left.visit && handled.sets == 0
        });
        let remedy = match self.plan.queue(left.queue).wrap_up.mode {
            WrapUpMode::Timed => Some("it lasts its limit"),
            WrapUpMode::Mandatory if undisposed => Some("dispose of the contact first"),
            WrapUpMode::Mandatory | WrapUpMode::Optional | WrapUpMode::None => None,
        };
        if let Some(remedy) = remedy {
            let name = self.agent_name(agent);
            let message = format!("wrap-up of agent '{name}' cannot end yet: {remedy}");
            return Err(Rejection::new(RejectionCode::WrapUpRule, message));
        }
        self.finish_wrap_up(agent, key, Cause::Agent);
        self.refresh(agent);
        Ok(())
    }

    pub(super) fn wrap_up_limit(&mut self, agent: AgentKey, key: ContactKey) {
        self.finish_wrap_up(agent, key, Cause::Limit);
        self.refresh(agent);
    }

    /// Ends a wrap-up.
    pub(super) fn finish_wrap_up(&mut self, agent: AgentKey, key: ContactKey, cause: Cause) {
        self.agent_mut(agent).wrapping.retain(|&other| other != key);
        let contact = self.contacts.get_mut(key.index(), key.generation());
        let wrapping = &mut contact.expect("a key inside the router is live").wrapping;
        let at = wrapping.iter().position(|left| left.agent == agent);
        let left = wrapping.remove(at.expect("an agent wraps up a contact that knows it"));
        self.room_for_wrap_up.take_back(wrapping);
        self.timers.cancel(left.timer);
        self.slot_worked(agent, self.contact(key).channel, left.queue);
        let event = self.wrap_up_event(EventKind::WrapUpEnded, key, &left);
        self.emit(Event { cause, ..event });
        // After a transfer the contact may be waiting for just this agent.
        self.unsettled.contact(key);
        self.retain_closed(key);
    }

    pub(super) fn dispose(&mut self, key: ContactKey, codes: &[&str]) -> Result<(), Rejection> {
        let contact = self.known_contact(key)?;
        let twice = codes.iter().enumerate().find(|(at, code)| codes[..*at].contains(code));
        if codes.is_empty() || twice.is_some() {
            let what = twice.map_or("no code".into(), |(_, code)| format!("code '{code}' twice"));
            let message = format!("{what} for contact '{}': give each code once", contact.id);
            return Err(Rejection::new(RejectionCode::InvalidValue, message));
        }
        let Some(handled) = contact.handled else {
            return Err(Self::wrong_phase(contact, "only a conversation has a disposition"));
        };
        let known = &self.plan.queue(handled.queue).dispositions;
        if let Some(unknown) = codes.iter().find(|code| !known.iter().any(|known| known == *code)) {
            let queue = self.plan.queue_names.name(handled.queue.index());
            let known = listed(known.iter().map(String::as_str));
            let message = format!("no disposition '{unknown}' in queue '{queue}': it has {known}");
            return Err(Rejection::new(RejectionCode::UnknownDisposition, message));
        }
        let sets = handled.sets + 1;
        self.contact_mut(key).handled = Some(Handled { sets, ..handled });
        for code in codes {
            let reason = Some(self.intern(code));
            let event = self.contact_event(EventKind::ContactDisposed, key);
            self.emit(Event {
                agent: Some(handled.agent),
                visit: handled.visit,
                queue: Some(handled.queue),
                number: sets,
                reason,
                ..event
            });
        }
        Ok(())
    }

    fn wrapping_up(&self, agent: AgentKey, key: ContactKey) -> Result<WrappingUp, Rejection> {
        self.known_agent(agent)?;
        let contact = self.known_contact(key)?;
        contact.wrapping.iter().find(|left| left.agent == agent).copied().ok_or_else(|| {
            let name = self.agent_name(agent);
            let message = format!(
                "agent '{name}' is not wrapping up contact '{}': wrap-up begins at release and \
                 may have ended",
                contact.id
            );
            Rejection::new(RejectionCode::NotJoined, message)
        })
    }

    /// An event of the visit that is being wrapped up, which may not be the current one.
    fn wrap_up_event(&self, kind: EventKind, key: ContactKey, left: &WrappingUp) -> Event {
        let event = self.contact_event(kind, key);
        Event { agent: Some(left.agent), visit: left.visit, queue: Some(left.queue), ..event }
    }
}
