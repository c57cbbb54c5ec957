//! What a host may ask of the router's state, without changing it.

use std::sync::Arc;

use super::{Answer, Router};
use crate::event::Event;
use crate::ids::{AgentKey, ContactKey, OfferKey, QueueKey, TextKey};
use crate::plan::Plan;
use crate::time::Timestamp;

impl Router {
    /// When `advance` will have something to do; `None`: nothing is pending.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Timestamp> {
        self.timers.next()
    }

    /// How many events there have been; the next one's sequence number is one more.
    #[must_use]
    pub fn sequence(&self) -> u64 {
        self.sequence
    }

    /// What happened since [`Self::clear_events`].
    #[must_use]
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// Forgets the events that were read.
    pub fn clear_events(&mut self) {
        self.events.clear();
        self.departed.clear();
    }

    /// The plan in force.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The plan in force, to share.
    #[must_use]
    pub fn shared_plan(&self) -> Arc<Plan> {
        Arc::clone(&self.plan)
    }

    /// The key of an agent whose name has come up: at sign-in, or in a preference, an exclusion or a score.
    #[must_use]
    pub fn find_agent(&self, name: &str) -> Option<AgentKey> {
        self.agent_names.find(name).map(AgentKey::new)
    }

    /// The key of a contact, live or retained.
    #[must_use]
    pub fn find_contact(&self, id: &str) -> Option<ContactKey> {
        self.ids.find(id, &self.contacts)
    }

    /// The host's ids of a contact's customer, conversation and previous contact.
    #[must_use]
    pub fn story(&self, contact: ContactKey) -> Option<[Option<&str>; 3]> {
        let contact = self.contacts.get(contact.index(), contact.generation())?;
        let ids = [&contact.customer, &contact.conversation, &contact.previous];
        Some(ids.map(Option::as_deref))
    }

    /// The queue a contact is in, or was in last.
    #[must_use]
    pub fn queue_of(&self, contact: ContactKey) -> Option<QueueKey> {
        Some(self.contacts.get(contact.index(), contact.generation())?.queue)
    }

    /// The live offer of a contact, the oldest of several.
    #[must_use]
    pub fn live_offer_of(&self, contact: ContactKey) -> Option<OfferKey> {
        self.contacts.get(contact.index(), contact.generation())?.offer
    }

    /// An agent's name.
    #[must_use]
    pub fn agent_name(&self, agent: AgentKey) -> &str {
        self.agent_names.name(agent.index())
    }

    /// A contact's id; `None` once it is forgotten and its events are read.
    #[must_use]
    pub fn contact_id(&self, contact: ContactKey) -> Option<&str> {
        let live = self.contacts.get(contact.index(), contact.generation());
        live.map(|contact| &*contact.id).or_else(|| self.departed.get(&contact).map(|id| &**id))
    }

    /// Every agent whose name ever came up, by key.
    pub fn agent_names(&self) -> impl ExactSizeIterator<Item = &str> {
        self.agent_names.iter()
    }

    /// Every text that may ride on an event, by key: reasons, codes, and names of rules, steps,
    /// figures, tables and lines.
    pub fn texts(&self) -> impl ExactSizeIterator<Item = &str> {
        self.texts.iter()
    }

    /// The text of a key, as an event carries it.
    #[must_use]
    pub fn text(&self, key: TextKey) -> &str {
        self.texts.name(key.index())
    }

    /// The answer once given under a command id, within retention.
    #[must_use]
    pub fn answer(&self, command_id: &str) -> Option<&Answer> {
        self.answers.find(command_id)
    }
}
