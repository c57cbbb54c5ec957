//! Taking over contacts that a platform holds already, and an agent's own choice of one.

use super::explain::How;
use super::state::Phase;
use super::{Outcome, Reply, Router};
use crate::bitset::BitSet;
use crate::command::{AdoptedPhase, NewContact};
use crate::error::{Rejection, RejectionCode};
use crate::event::{Cause, Event, EventKind};
use crate::ids::{AgentKey, ContactKey};

impl Router {
    pub(super) fn adopt(&mut self, new: &NewContact<'_>, phase: AdoptedPhase) -> Outcome {
        self.valid_contact(new)?;
        if let AdoptedPhase::Engaged(agent) = phase {
            self.known_agent(agent)?;
        }
        let key = self.take_in(new)?;
        match phase {
            AdoptedPhase::Waiting => {
                self.begin_preference(key);
                self.begin_visit(key, Cause::Adopted);
            }
            AdoptedPhase::Engaged(agent) => self.adopt_engaged(key, agent),
        }
        Ok(Reply::Contact(key))
    }

    /// A contact that is in conversation already: the agent's slot is taken, free or not.
    fn adopt_engaged(&mut self, key: ContactKey, agent: AgentKey) {
        self.change_class(key);
        let contact = self.contact(key);
        let (since, queue, channel) = (contact.since, contact.queue, contact.channel);
        self.queues[queue.index()].length += 1;
        let event = self.contact_event(EventKind::ContactQueued, key);
        self.emit(Event { cause: Cause::Adopted, time: Some(since), ..event });
        self.take_slot(agent, channel);
        self.engage(key, agent, Cause::Adopted);
        self.refresh(agent);
    }

    /// An agent chooses a waiting contact, skilled or not.
    pub(super) fn pick_contact(
        &mut self,
        agent: AgentKey,
        key: ContactKey,
    ) -> Result<(), Rejection> {
        self.known_agent(agent)?;
        let contact = self.known_contact(key)?;
        self.signed_in(agent)?;
        if contact.phase != Phase::Waiting {
            return Err(Self::wrong_phase(contact, "only a contact that waits can be picked"));
        }
        let (channel, queue) = (contact.channel, contact.queue);
        let name = self.agent_name(agent);
        if contact.wrapping.iter().any(|left| left.agent == agent) {
            let message =
                format!("agent '{name}' wraps up after contact '{}': end that first", contact.id);
            return Err(Rejection::new(RejectionCode::AlreadyJoined, message));
        }
        if !self.matcher.is_linked(agent, contact.demand(), self.look_of(key)) {
            let queue = self.plan.queue_names.name(queue.index());
            let message = format!("agent '{name}' does not serve queue '{queue}' for now");
            return Err(Rejection::new(RejectionCode::NotServing, message));
        }
        let known = self.agent(agent);
        if !(known.has_slot(channel.index()) && self.within_budget(known, channel.index())) {
            let channel = self.plan.channels.name(channel.index());
            let message =
                format!("agent '{name}' has no room for {channel}: finish something first");
            return Err(Rejection::new(RejectionCode::NoCapacity, message));
        }
        let only: BitSet = [agent.index()].into_iter().collect();
        let choice = self.best_of(key, &only).expect("there is one");
        self.make_taken_offer(key, choice, How::Picked);
        Ok(())
    }
}
