//! Matching after each change, until no waiting contact has an eligible agent and no
//! condition that a contact waits for holds.
//!
//! Before a change no eligible pair was left, so only those whom the change touched
//! are looked at: agents who may have become able to take something, contacts that
//! began to wait or ask for less, queues whose contacts may take somebody new.

use std::collections::BTreeMap;

use super::Router;
use super::explain::How;
use super::precedence::{Scarce, Turn};
use crate::bitset::BitSet;
use crate::ids::{AgentKey, ContactKey, QueueKey};
use crate::matching::{Choice, Look};
use crate::queue::OrderKey;
use crate::time::{Span, Timestamp};

/// What agents would take, as far as it is known.
type Turns = BTreeMap<usize, Option<Turn>>;

/// Whom the current change touched.
#[derive(Clone, Debug, Default)]
pub(super) struct Unsettled {
    agents: Vec<AgentKey>,
    contacts: Vec<ContactKey>,
    queues: Vec<QueueKey>,
    /// Queues that have staff again, and since when they had none: staff that comes and
    /// goes within one command was never there.
    staffed: Vec<(QueueKey, Timestamp)>,
}

impl Unsettled {
    pub(super) fn agent(&mut self, agent: AgentKey) {
        if !self.agents.contains(&agent) {
            self.agents.push(agent);
        }
    }

    /// Every one of so many agents.
    pub(super) fn all(&mut self, agents: usize) {
        self.agents = (0..agents).map(AgentKey::new).collect();
    }

    pub(super) fn contact(&mut self, contact: ContactKey) {
        if !self.contacts.contains(&contact) {
            self.contacts.push(contact);
        }
    }

    pub(super) fn queue(&mut self, queue: QueueKey) {
        if !self.queues.contains(&queue) {
            self.queues.push(queue);
        }
    }

    pub(super) fn staffed(&mut self, queue: QueueKey, wanted_since: Timestamp) {
        self.staffed.push((queue, wanted_since));
    }

    /// Since when a queue had no staff before the current change.
    pub(super) fn wanted_since(&self, queue: QueueKey) -> Option<Timestamp> {
        self.staffed.iter().find(|(staffed, _)| *staffed == queue).map(|(_, since)| *since)
    }

    /// The want of staff of a queue begins anew.
    pub(super) fn forget_want(&mut self, queue: QueueKey) {
        self.staffed.retain(|(staffed, _)| *staffed != queue);
    }

    /// The change is over: who is there now is there.
    pub(super) fn settle_staff(&mut self) {
        self.staffed.clear();
    }

    pub(super) fn is_empty(&self) -> bool {
        self.agents.is_empty() && self.contacts.is_empty() && self.queues.is_empty()
    }

    fn clear(&mut self) {
        self.agents.clear();
        self.contacts.clear();
        self.queues.clear();
    }
}

impl Router {
    /// Offers contacts, first in order first, while one has an eligible agent; then takes
    /// the steps whose conditions hold.
    pub(super) fn settle(&mut self) {
        self.unsettled.settle_staff();
        if !self.unsettled.is_empty() {
            self.match_waiting();
        }
        while self.step_by_condition() {
            self.match_waiting();
        }
    }

    fn match_waiting(&mut self) {
        if self.goes_by_turns() {
            let keeps = self.in_use.turns_keep && !self.matcher.helps_by_number();
            let mut turns = Turns::new();
            while let Some((contact, choice, overtaken)) = self.next_turn(&mut turns) {
                self.note_overtaken(&overtaken);
                self.make_offer(contact, choice, How::Turn);
                if !keeps {
                    turns.clear();
                }
            }
        } else {
            while let Some((contact, choice)) = self.next_match() {
                self.make_offer(contact, choice, How::Turn);
            }
        }
        self.unsettled.clear();
    }

    fn next_match(&mut self) -> Option<(ContactKey, Choice)> {
        let by_agent = self.first_for_agents();
        let by_contact = self.first_of_contacts();
        match (by_agent, by_contact) {
            (Some((at, contact)), Some((other, ..))) if at < other => {
                self.agent_for(contact).map(|choice| (contact, choice))
            }
            (Some((_, contact)), None) => self.agent_for(contact).map(|choice| (contact, choice)),
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
            let Some(choice) = self.agent_for(key) else { return false };
            let at = self.contact(key).place.expect("who has a choice stands in line");
            if first.is_none_or(|first| at < first.0) {
                first = Some((at, key, choice));
            }
            true
        });
        self.unsettled.contacts = contacts;
        first
    }

    /// The next offer where more than heads decide: of the contacts that are some agent's
    /// turn the first in order, to the best of those whose turn it is.
    ///
    /// `turns`: those known from the offer before. Those who might have taken the contact
    /// now are asked anew next time.
    fn next_turn(&mut self, turns: &mut Turns) -> Option<(ContactKey, Choice, Vec<ContactKey>)> {
        let concerned = self.concerned();
        let Unsettled { agents, contacts, queues, .. } = &self.unsettled;
        if let ([], [only], []) = (&**agents, &**contacts, &**queues) {
            // Where one contact is all that moves, it is everybody's turn.
            turns.clear();
            let choice = self.best_of(*only, &concerned);
            return choice.map(|choice| (*only, choice, Vec::new()));
        }
        let mut scarce = Scarce::default();
        for agent in concerned.iter() {
            let turn = || self.turn_of(AgentKey::new(agent), &mut scarce);
            turns.entry(agent).or_insert_with(turn);
        }
        let concerned = turns.iter().filter(|(agent, _)| concerned.contains(**agent));
        let first = concerned.filter_map(|(_, turn)| turn.as_ref());
        let first = first.min_by_key(|turn| turn.precedence)?.contact;
        // Whoever else may take it could not before: their turn is to be known too.
        let concerned = self.eligible(first);
        let mut in_turn = BitSet::default();
        let mut overtaken: Vec<(usize, Vec<ContactKey>)> = Vec::new();
        for agent in concerned.iter() {
            let known = turns.remove(&agent);
            let turn = known.unwrap_or_else(|| self.turn_of(AgentKey::new(agent), &mut scarce));
            if let Some(turn) = turn.filter(|turn| turn.contact == first) {
                in_turn.set(agent, true);
                overtaken.push((agent, turn.overtaken));
            }
        }
        let choice = self.best_of(first, &in_turn).expect("it is somebody's turn");
        let eligible = u32::try_from(concerned.len()).expect("keys count in 32 bits");
        let passed = overtaken.into_iter().find(|(agent, _)| *agent == choice.agent);
        let passed = passed.map(|(_, keys)| keys).unwrap_or_default();
        Some((first, Choice { eligible, ..choice }, passed))
    }

    /// Everyone whom the current change may let take something. Touched contacts that have
    /// no eligible agent are settled.
    pub(super) fn concerned(&mut self) -> BitSet {
        let mut concerned = BitSet::default();
        let mut contacts = core::mem::take(&mut self.unsettled.contacts);
        contacts.retain(|&key| {
            if self.contacts.get(key.index(), key.generation()).is_none() {
                return false;
            }
            let eligible = self.eligible(key);
            concerned.add(&eligible);
            !eligible.is_empty()
        });
        self.unsettled.contacts = contacts;
        let Unsettled { agents, queues, .. } = &self.unsettled;
        agents.iter().for_each(|agent| concerned.set(agent.index(), true));
        queues.iter().for_each(|queue| concerned.add(&self.concerned_by(*queue)));
        concerned
    }

    /// Everyone who might take some contact of a queue, whichever its age.
    fn concerned_by(&self, queue: QueueKey) -> BitSet {
        let mut all = BitSet::default();
        if self.spares_nobody(queue) {
            return all;
        }
        let look = Look { age: Span::MAX, waiting: u32::MAX };
        for (demand, _) in self.matcher.groups_of(queue) {
            all.add(&self.matcher.eligible(demand, look));
        }
        if self.in_use.preferences {
            // Whom a contact prefers may lack its skills: its group does not show it.
            let agents = (0..).zip(&self.agents).filter(|(_, agent)| {
                let mut prefer = agent.preferred_by.iter().map(|key| self.contact(*key));
                prefer.any(|contact| contact.queue == queue && contact.place.is_some())
            });
            agents.for_each(|(agent, _)| all.set(agent, true));
        }
        all
    }

    fn note_overtaken(&mut self, overtaken: &[ContactKey]) {
        for &key in overtaken {
            let more = self.contact_mut(key).more_mut();
            more.overtaken = more.overtaken.saturating_add(1);
        }
    }
}
