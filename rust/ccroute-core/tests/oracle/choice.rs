//! Who goes next, who takes it, and matching, as the last sentence of the rule has it.

use std::cmp::Reverse;

use ccroute_core::{Device, EventKind, Role, Strategy, Timestamp};

use super::happening::Happening;
use super::router::{Agent, Availability, Contact, Offer, Oracle, Phase, Seq, Timer};
use super::rules::Need;

impl Oracle {
    /// "Repeatedly take, over all waiting contacts in order, the first that has an
    /// eligible agent, and offer it to the best."
    pub(crate) fn match_waiting(&mut self) {
        while let Some((contact, agent)) = self.next_pair() {
            self.make_offer(contact, &agent);
        }
    }

    pub(crate) fn next_pair(&self) -> Option<(Seq, String)> {
        let mut waiting: Vec<&Contact> =
            self.contacts.iter().filter(|contact| contact.phase == Phase::Waiting).collect();
        // "Band descending, then virtual arrival (`since` minus head start) ascending,
        // then sequence ascending."
        waiting.sort_by_key(|contact| {
            let arrival = contact.since.micros() - contact.head_start.micros();
            (Reverse(contact.band), arrival, contact.seq)
        });
        waiting.iter().find_map(|contact| Some((contact.seq, self.best_agent(contact)?)))
    }

    /// "Among the eligible, `longest_idle`: least (`idle_since`, agent's order of first
    /// sign-in). `most_proficient`: greatest score, then as longest idle."
    fn best_agent(&self, contact: &Contact) -> Option<String> {
        let need = self.need(contact);
        let strategy = self.rules.queue(&contact.queue).strategy;
        let rank = |agent: &Agent, order: usize| {
            let score = match strategy {
                Strategy::LongestIdle => 0,
                Strategy::MostProficient => need.score(&agent.skills),
            };
            (Reverse(score), agent.idle_since, order)
        };
        let agents = self.agents.iter().enumerate();
        agents
            .filter(|(_, agent)| self.is_eligible(agent, contact, &need))
            .min_by_key(|&(order, agent)| rank(agent, order))
            .map(|(_, agent)| agent.name.clone())
    }

    /// "A contact's requirement is the queue's *and* its own …, relaxed by every step
    /// taken so far."
    fn need(&self, contact: &Contact) -> Need {
        let queue = self.rules.queue(&contact.queue);
        let steps = queue.escalation.iter().take(contact.steps);
        steps.fold(queue.need.and(&contact.own), |need, (_, relaxing)| need.relaxed(relaxing))
    }

    /// "Serves the queue; is open on the channel; meets the requirement at the contact's
    /// current step; is not excluded from the contact."
    fn is_eligible(&self, agent: &Agent, contact: &Contact, need: &Need) -> bool {
        agent.queues.contains(&contact.queue)
            && self.is_open(agent, &contact.channel)
            && need.met_by(&agent.skills)
            && !contact.excluded.contains(&agent.name)
            // "Whoever is in wrap-up after a contact is excluded from it as long as that
            // lasts."
            && self.wrapping(&agent.name, contact.seq).is_none()
    }

    /// "Ready; used < capacity there; and the device is unknown or available, or is in use
    /// or ringing while the agent has a live offer, connection or conversation of ours."
    fn is_open(&self, agent: &Agent, channel: &str) -> bool {
        let device = match agent.device {
            Device::Unknown | Device::Available => true,
            Device::InUse | Device::Ringing => self.explains_device(&agent.name),
            Device::Unreachable => false,
        };
        agent.availability == Availability::Ready && self.has_slot(agent, channel) && device
    }

    fn explains_device(&self, agent: &str) -> bool {
        let offered = self.offers.iter().any(|offer| offer.agent == agent);
        let with_contact = self.contacts.iter().any(|contact| {
            // "Monitoring is no conversation here: it … explains no device."
            let talks = |(name, role): &(String, Role)| name == agent && *role != Role::Monitor;
            is_connecting(contact, agent) || contact.parts.iter().any(talks)
        });
        offered || with_contact
    }

    /// "Per channel a capacity (absent: none) and slots used."
    pub(crate) fn has_slot(&self, agent: &Agent, channel: &str) -> bool {
        let room = agent.capacity.iter().find(|(named, _)| named == channel);
        let slots = room.map_or(0, |&(_, slots)| usize::from(slots));
        self.slots_used(&agent.name, channel) < slots
    }

    /// "A slot is taken when an offer is made and kept through connection, conversation
    /// and wrap-up"; a monitor takes none.
    fn slots_used(&self, agent: &str, channel: &str) -> usize {
        let offered = self
            .offers
            .iter()
            .filter(|offer| offer.agent == agent && self.contact(offer.contact).channel == channel);
        let here = self.contacts.iter().filter(|contact| contact.channel == channel);
        let with_contacts: usize = here
            .map(|contact| {
                let mut parts = contact.parts.iter();
                let takes = |(name, role): &(String, Role)| name == agent && *role != Role::Monitor;
                usize::from(is_connecting(contact, agent)) + usize::from(parts.any(takes))
            })
            .sum();
        let wrapping = self.wrap_ups.iter();
        let wrapping = wrapping.filter(|wrap| wrap.agent == agent && wrap.channel == channel);
        offered.count() + with_contacts + wrapping.count()
    }

    /// → `offer_made`; "Offer; `time`: the offer's deadline".
    fn make_offer(&mut self, contact: Seq, agent: &str) {
        self.offers_made += 1;
        let ordinal = self.offers_made;
        let until = self.now + self.rules.queue(&self.contact(contact).queue).timeout;
        self.contact_mut(contact).phase = Phase::Offered;
        // "While the contact is offered or connecting, steps are deferred."
        self.cancel_timer(&Timer::Escalation(contact));
        self.set_timer(until, Timer::Offer(ordinal));
        self.offers.push(Offer { ordinal, contact, agent: agent.to_owned() });
        let event = self.about_offer(ordinal, EventKind::OfferMade);
        self.events.push(Happening { time: Some(until), ..event });
    }

    /// An event about a live offer.
    pub(crate) fn about_offer(&self, ordinal: usize, kind: EventKind) -> Happening {
        let offer = self.offers.iter().find(|offer| offer.ordinal == ordinal);
        let offer = offer.expect("a live offer");
        Happening {
            offer: Some(ordinal),
            agent: Some(offer.agent.clone()),
            ..self.about(offer.contact, kind)
        }
    }

    /// "When a conversation's slot is given back."
    pub(crate) fn becomes_idle(&mut self, agent: &str) {
        let now: Timestamp = self.now;
        self.agent_mut(agent).idle_since = now;
    }
}

fn is_connecting(contact: &Contact, agent: &str) -> bool {
    matches!(&contact.phase, Phase::Connecting { agent: with, .. } if with == agent)
}
