//! The invariants that hold after every command. Looks at everything: for tests, for
//! loading snapshots and for hosts in doubt, never for the hot path.

use super::Router;
use super::state::{Agent, Contact, Phase};
use super::timers::{Deadline, TimerKey};
use crate::event::Role;
use crate::ids::{AgentKey, ChannelKey, ContactKey, OfferKey, QueueKey};

type Checked = Result<(), String>;

fn ensure(holds: bool, what: impl FnOnce() -> String) -> Checked {
    if holds { Ok(()) } else { Err(what()) }
}

impl Router {
    /// Whether every invariant holds; names the first that does not.
    ///
    /// No contact is lost or doubled; no live offer, connection or wrap-up lacks its
    /// deadline; slots taken equal what holds them; one primary per conversation; no
    /// waiting contact has an eligible agent.
    ///
    /// # Errors
    /// What is broken, in words: a defect of the engine.
    pub fn check(&self) -> Result<(), String> {
        let mut deadlines = 0;
        let mut waiting = 0;
        let mut offered = 0;
        for (index, generation, contact) in self.contacts.iter() {
            let key = ContactKey::new(index, generation);
            self.check_contact(key, contact)?;
            waiting += usize::from(contact.phase == Phase::Waiting);
            offered += usize::from(matches!(contact.phase, Phase::Offered(_)));
            deadlines += self.check_deadlines(key, contact)?;
        }
        ensure(offered == self.offers.len(), || "an offer has no contact".into())?;
        ensure(deadlines == self.timers.len(), || "a deadline belongs to nothing".into())?;
        ensure(self.ids.len() == self.contacts.len(), || "ids and contacts differ".into())?;
        let queues = (0..self.plan.queues.len()).map(QueueKey::new);
        let listed: usize = queues.map(|queue| self.matcher.waiting(queue).count()).sum();
        ensure(waiting == listed, || format!("{waiting} contacts wait, {listed} are listed"))?;
        for (index, agent) in self.agents.iter().enumerate() {
            self.check_agent(AgentKey::new(index), agent)?;
        }
        ensure(self.retained() == self.closed.len(), || "retention list differs".into())
    }

    fn check_contact(&self, key: ContactKey, contact: &Contact) -> Checked {
        let id = &contact.id;
        ensure(self.ids.get(id) == Some(&key), || format!("contact '{id}' has lost its name"))?;
        ensure(contact.class.is_none() == (contact.phase == Phase::Closed), || {
            format!("contact '{id}' is {} with the wrong class", contact.phase.word())
        })?;
        let primaries = contact.parts.iter().filter(|part| part.role == Role::Primary).count();
        let engaged = matches!(contact.phase, Phase::Engaged { .. });
        ensure(primaries == usize::from(engaged) && (engaged || contact.parts.is_empty()), || {
            format!("contact '{id}' is {} with {primaries} primaries", contact.phase.word())
        })?;
        match contact.phase {
            Phase::Waiting => {
                let free = self.best_agent(key).map(|choice| AgentKey::new(choice.agent));
                ensure(free.is_none(), || {
                    let name = free.map_or("", |agent| self.agent_name(agent));
                    format!("contact '{id}' waits while agent '{name}' is eligible")
                })
            }
            Phase::Offered(offer) => ensure(
                self.offer(offer).is_some_and(|offer| {
                    offer.contact == key && !self.agent(offer.agent).offers.is_empty()
                }),
                || format!("contact '{id}' is offered without an offer"),
            ),
            Phase::Connecting { agent, .. } => {
                ensure(self.agent(agent).connecting.contains(&key), || {
                    format!("contact '{id}' connects to an agent who does not know")
                })
            }
            Phase::Engaged { .. } | Phase::Closed => Ok(()),
        }
    }

    /// How many deadlines a contact accounts for, each being set as it should.
    fn check_deadlines(&self, key: ContactKey, contact: &Contact) -> Result<usize, String> {
        let mut due: Vec<(TimerKey, Deadline)> = Vec::new();
        match contact.phase {
            Phase::Offered(offer) => {
                let timer = self.offer(offer).map(|live| live.timer);
                due.extend(timer.map(|timer| (timer, Deadline::Offer(offer))));
            }
            Phase::Connecting { timer, .. } => due.push((timer, Deadline::Connect(key))),
            Phase::Waiting | Phase::Engaged { .. } | Phase::Closed => {}
        }
        due.extend(contact.escalation.map(|timer| (timer, Deadline::Escalation(key))));
        for exclusion in &contact.excluded {
            due.push((exclusion.timer, Deadline::Exclusion(key, exclusion.agent)));
        }
        for left in &contact.wrapping {
            due.push((left.timer, Deadline::WrapUp(left.agent, key)));
        }
        for &(timer, deadline) in &due {
            ensure(self.timers.get(timer) == Some(deadline), || {
                format!("contact '{}': the deadline {deadline:?} is not set", contact.id)
            })?;
        }
        Ok(due.len())
    }

    fn check_agent(&self, key: AgentKey, agent: &Agent) -> Checked {
        let name = self.agent_name(key);
        for index in 0..self.plan.channels.len() {
            let channel = ChannelKey::new(index);
            let held = self.slots_held(agent, channel);
            ensure(held == usize::from(agent.used[index]), || {
                format!("agent '{name}' holds {held} slots, {} are counted", agent.used[index])
            })?;
            ensure(self.matcher.is_open(key, channel) == agent.is_open(index), || {
                format!("agent '{name}' is open on a channel and not in the matcher, or inversely")
            })?;
        }
        let excluded = agent.excluded_from.iter().all(|&contact| {
            self.contact(contact).excluded.iter().any(|exclusion| exclusion.agent == key)
        });
        ensure(excluded, || format!("agent '{name}' is excluded from a contact unawares"))
    }

    /// Slots of `channel` that offers, connections, parts and wrap-ups of an agent hold.
    fn slots_held(&self, agent: &Agent, channel: ChannelKey) -> usize {
        let offered = |offer: &&OfferKey| {
            let live = self.offer(**offer);
            live.is_some_and(|offer| self.contact(offer.contact).channel == channel)
        };
        let on_channel = |contact: &&ContactKey| self.contact(**contact).channel == channel;
        agent.offers.iter().filter(offered).count()
            + agent.connecting.iter().filter(on_channel).count()
            + agent.talking.iter().filter(on_channel).count()
            + agent.wrapping.iter().filter(on_channel).count()
    }

    fn retained(&self) -> usize {
        let over =
            |contact: &Contact| contact.phase == Phase::Closed && contact.wrapping.is_empty();
        self.contacts.iter().filter(|(_, _, contact)| over(contact)).count()
    }
}
