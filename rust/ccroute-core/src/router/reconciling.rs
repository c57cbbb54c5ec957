//! Making contacts agree with what a platform reports, all of it, after a crash or a gap.

use std::collections::BTreeMap;

use super::Router;
use super::state::{Contact, Phase};
use crate::command::{AdoptedPhase, NewContact, Observed, ObservedPhase};
use crate::condition::Value;
use crate::error::{Rejection, RejectionCode};
use crate::event::{Cause, Event, EventKind};
use crate::ids::{AgentKey, ContactKey};

impl Router {
    pub(super) fn reconcile(
        &mut self,
        observed: &[Observed<'_>],
        among: Option<(&str, &Value)>,
    ) -> Result<(), Rejection> {
        let mut there: BTreeMap<&str, &Observed<'_>> = BTreeMap::new();
        for seen in observed {
            if let ObservedPhase::Engaged(agent) = seen.phase {
                self.known_agent(agent)?;
            }
            if there.insert(seen.id, seen).is_some() {
                let message = format!("contact '{}' is reported twice: report it once", seen.id);
                return Err(Rejection::new(RejectionCode::InvalidValue, message));
            }
        }
        for seen in observed.iter().filter(|seen| self.find_contact(seen.id).is_none()) {
            if let Some(new) = &seen.contact {
                self.valid_contact(&NewContact { id: seen.id, ..*new })?;
                if new.queue.is_none() {
                    self.rule_for(new)?;
                }
            }
        }
        for key in self.live_contacts() {
            let contact = self.contact(key);
            let concerned =
                among.is_none_or(|(name, value)| contact.attribute(name) == Some(value));
            match there.get(&*contact.id) {
                Some(seen) => self.agree(key, seen.phase),
                None if concerned => self.not_there(key),
                None => {}
            }
        }
        for seen in observed {
            if let (None, Some(new)) = (self.find_contact(seen.id), &seen.contact) {
                let phase = match seen.phase {
                    ObservedPhase::Present => AdoptedPhase::Waiting,
                    ObservedPhase::Engaged(agent) => AdoptedPhase::Engaged(agent),
                };
                self.adopt(&NewContact { id: seen.id, ..*new }, phase)?;
            }
        }
        Ok(())
    }

    /// A contact that we know and the platform does not: gone. One that is not on the line
    /// yet, or no more, is none of the platform's business.
    fn not_there(&mut self, key: ContactKey) {
        let contact = self.contact(key);
        match contact.phase {
            Phase::Engaged { .. } => {
                self.end_other_parts(key);
                self.end_primary(key, EventKind::ContactReleased, Cause::Reconciled);
                self.close(key);
            }
            Phase::Scheduled { .. } | Phase::Closed => {}
            Phase::Waiting
            | Phase::Offered
            | Phase::Connecting { .. }
            | Phase::Suspended { .. } => {
                if contact.callback().is_none() {
                    self.leave_for_good(key, Cause::Reconciled);
                }
            }
        }
    }

    /// Brings a contact to where the platform says it is.
    fn agree(&mut self, key: ContactKey, seen: ObservedPhase) {
        let contact = self.contact(key);
        match (contact.phase, seen) {
            (Phase::Closed, _) => {}
            (Phase::Engaged { .. }, ObservedPhase::Present) => self.back_to_queue(key),
            (Phase::Engaged { .. }, ObservedPhase::Engaged(agent)) => {
                if contact.primary().is_some_and(|part| part.agent != agent) {
                    self.take_over(key, agent);
                }
            }
            (_, ObservedPhase::Present) => {}
            (
                Phase::Scheduled { .. }
                | Phase::Waiting
                | Phase::Offered
                | Phase::Connecting { .. }
                | Phase::Suspended { .. },
                ObservedPhase::Engaged(agent),
            ) => self.engage_as_seen(key, agent),
        }
    }

    /// Nobody talks with it any more, and it is still on the line.
    fn back_to_queue(&mut self, key: ContactKey) {
        self.end_other_parts(key);
        self.end_primary(key, EventKind::ContactTransferred, Cause::Reconciled);
        let queue = self.contact(key).queue;
        self.go_to(key, queue, true, Cause::Reconciled);
    }

    /// Another agent talks with it than we thought.
    fn take_over(&mut self, key: ContactKey, agent: AgentKey) {
        let joined = self.contact(key).parts.iter().find(|part| part.agent == agent).copied();
        self.end_primary(key, EventKind::ContactTransferred, Cause::HandedOver);
        if let Some(part) = joined {
            self.end_part(key, part);
        }
        self.finish_wrap_up_for(key, agent);
        let channel = self.contact(key).channel;
        self.take_slot(agent, channel);
        self.contact_mut(key).phase = Phase::Engaged { held: false };
        self.begin_primary(key, agent);
        let event = self.contact_event(EventKind::AgentJoined, key);
        self.emit(Event { agent: Some(agent), cause: Cause::Reconciled, ..event });
        self.refresh(agent);
    }

    /// It is in conversation, whatever we waited for.
    fn engage_as_seen(&mut self, key: ContactKey, agent: AgentKey) {
        if let Phase::Scheduled { begun: false, .. } = self.contact(key).phase {
            let event = self.contact_event(EventKind::ContactQueued, key);
            let since = self.contact(key).since;
            self.emit(Event { cause: Cause::Reconciled, time: Some(since), ..event });
        }
        self.stop_waiting(key, Cause::Reconciled);
        let contact = self.contact(key);
        let (channel, queue) = (contact.channel, contact.queue);
        self.queues[queue.index()].length += 1;
        self.finish_wrap_up_for(key, agent);
        self.take_slot(agent, channel);
        self.engage(key, agent, Cause::Reconciled);
        self.refresh(agent);
    }

    /// An agent who wraps up after a contact is in it again.
    fn finish_wrap_up_for(&mut self, key: ContactKey, agent: AgentKey) {
        let wraps = |contact: &Contact| contact.wrapping.iter().any(|left| left.agent == agent);
        if wraps(self.contact(key)) {
            self.finish_wrap_up(agent, key, Cause::Reconciled);
        }
    }
}
