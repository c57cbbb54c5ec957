//! Matching after each change, until no waiting contact has an eligible agent.
//!
//! Before a change no eligible pair was left, so only those whom the change touched
//! are looked at: agents who may have become able to take something, and contacts
//! that began to wait or ask for less.

use serde::{Deserialize, Serialize};

use super::Router;
use crate::ids::{AgentKey, ContactKey};
use crate::matching::Choice;
use crate::queue::OrderKey;

/// Whom the current change touched.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Unsettled {
    agents: Vec<AgentKey>,
    contacts: Vec<ContactKey>,
}

impl Unsettled {
    pub(super) fn agent(&mut self, agent: AgentKey) {
        if !self.agents.contains(&agent) {
            self.agents.push(agent);
        }
    }

    pub(super) fn contact(&mut self, contact: ContactKey) {
        if !self.contacts.contains(&contact) {
            self.contacts.push(contact);
        }
    }
}

impl Router {
    /// Offers contacts, first in order first, while one has an eligible agent.
    pub(super) fn settle(&mut self) {
        while let Some((contact, choice)) = self.next_match() {
            self.make_offer(contact, choice);
        }
    }

    fn next_match(&mut self) -> Option<(ContactKey, Choice)> {
        let by_agent = self.first_for_agents();
        let by_contact = self.first_of_contacts();
        match (by_agent, by_contact) {
            (Some((at, contact)), Some((other, ..))) if at < other => {
                self.best_agent(contact).map(|choice| (contact, choice))
            }
            (Some((_, contact)), None) => self.best_agent(contact).map(|choice| (contact, choice)),
            (_, Some((_, contact, choice))) => Some((contact, choice)),
            (None, None) => None,
        }
    }

    /// The first contact in order that one of the touched agents may take. Agents who
    /// can take none are settled.
    fn first_for_agents(&mut self) -> Option<(OrderKey, ContactKey)> {
        let mut agents = core::mem::take(&mut self.unsettled.agents);
        let mut first: Option<(OrderKey, u32)> = None;
        agents.retain(|&agent| {
            let found = self.matcher.best_contact(agent, |item| {
                let contact = self.contacts.at(item as usize);
                contact.is_some_and(|contact| contact.excludes(agent))
            });
            if let Some(found) = found
                && first.is_none_or(|first| found.0 < first.0)
            {
                first = Some(found);
            }
            found.is_some()
        });
        self.unsettled.agents = agents;
        first.map(|(at, item)| (at, self.contact_key(item)))
    }

    /// The first of the touched contacts that has an eligible agent. Contacts that
    /// have none are settled.
    fn first_of_contacts(&mut self) -> Option<(OrderKey, ContactKey, Choice)> {
        let mut contacts = core::mem::take(&mut self.unsettled.contacts);
        let mut first: Option<(OrderKey, ContactKey, Choice)> = None;
        contacts.retain(|&key| {
            let Some(choice) = self.best_agent(key) else { return false };
            let at = self.contact(key).order();
            if first.is_none_or(|first| at < first.0) {
                first = Some((at, key, choice));
            }
            true
        });
        self.unsettled.contacts = contacts;
        first
    }

    /// The best of all agents eligible for a contact that waits.
    pub(super) fn best_agent(&self, key: ContactKey) -> Option<Choice> {
        let contact = self.contacts.get(key.index(), key.generation())?;
        if contact.phase != super::state::Phase::Waiting {
            return None;
        }
        let strategy = self.plan.queue(contact.queue).strategy;
        self.matcher.best_agent(contact.demand(), strategy, |agent| contact.excludes(agent))
    }
}
