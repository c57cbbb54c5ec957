//! The invariants that hold after every command. Looks at everything: for tests, for
//! loading snapshots and for hosts in doubt, never for the hot path.

use super::Router;
use super::state::{Agent, Contact, Exclusion, Phase};
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
        let mut lengths = vec![0; self.plan.queues.len()];
        let mut offered = 0;
        for (index, generation, contact) in self.contacts.iter() {
            let key = ContactKey::new(index, generation);
            self.check_contact(key, contact)?;
            waiting += usize::from(contact.place.is_some());
            if contact.phase.is_in_queue() {
                lengths[contact.queue.index()] += 1;
            }
            offered += contact.offers().count();
            deadlines += self.check_deadlines(key, contact)?;
        }
        ensure(offered == self.offers.len(), || "an offer has no contact".into())?;
        let counted: Vec<u32> = self.queues.iter().map(|state| state.length).collect();
        ensure(lengths == counted, || format!("queues hold {lengths:?}, {counted:?} are counted"))?;
        for (index, agent) in self.agents.iter().enumerate() {
            deadlines += self.check_back_off(AgentKey::new(index), agent)?;
        }
        deadlines += self.check_help()?;
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
        ensure(self.find_contact(id) == Some(key), || format!("contact '{id}' has lost its name"))?;
        ensure(contact.class.is_none() == (contact.phase == Phase::Closed), || {
            format!("contact '{id}' is {} with the wrong class", contact.phase.word())
        })?;
        let primaries = contact.parts.iter().filter(|part| part.role == Role::Primary).count();
        let engaged = matches!(contact.phase, Phase::Engaged { .. });
        ensure(primaries == usize::from(engaged) && (engaged || contact.parts.is_empty()), || {
            format!("contact '{id}' is {} with {primaries} primaries", contact.phase.word())
        })?;
        let stands = contact.phase == Phase::Waiting
            || (contact.phase == Phase::Offered && self.wants_more(key));
        ensure(contact.place.is_some() == stands, || {
            format!("contact '{id}' is {} and in the wrong place", contact.phase.word())
        })?;
        ensure(self.next_look_of(key) == contact.look, || {
            format!("contact '{id}' is looked at at another time than it should")
        })?;
        let free = self.best_agent(key).map(|choice| AgentKey::new(choice.agent));
        ensure(free.is_none(), || {
            let name = free.map_or("", |agent| self.agent_name(agent));
            format!("contact '{id}' waits while agent '{name}' is eligible")
        })?;
        let offers = contact.offers().all(|offer| {
            self.offer(offer)
                .is_some_and(|of| of.contact == key && self.agent(of.agent).offers.contains(&offer))
        });
        let offered = contact.offers().next().is_some();
        ensure(offers && offered == (contact.phase == Phase::Offered), || {
            format!("contact '{id}' is {} with the wrong offers", contact.phase.word())
        })?;
        let reserved = contact.reserved();
        let connecting = matches!(contact.phase, Phase::Connecting { .. });
        let known = reserved.iter().all(|agent| self.agent(*agent).reserved.contains(&key));
        ensure(known && (connecting || reserved.is_empty()), || {
            format!("contact '{id}' is {} with the wrong reservations", contact.phase.word())
        })?;
        match contact.phase {
            Phase::Connecting { agent, .. } => {
                ensure(self.agent(agent).connecting.contains(&key), || {
                    format!("contact '{id}' is being connected to nobody")
                })
            }
            Phase::Waiting
            | Phase::Offered
            | Phase::Scheduled { .. }
            | Phase::Suspended { .. }
            | Phase::Engaged { .. }
            | Phase::Closed => Ok(()),
        }
    }

    /// How many deadlines a contact accounts for, each being set as it should.
    fn check_deadlines(&self, key: ContactKey, contact: &Contact) -> Result<usize, String> {
        let mut due: Vec<(TimerKey, Deadline)> = Vec::new();
        match contact.phase {
            Phase::Connecting { timer, .. } => due.push((timer, Deadline::Connect(key))),
            Phase::Scheduled { timer, .. } => due.push((timer, Deadline::Due(key))),
            Phase::Suspended { timer } => due.push((timer, Deadline::Suspension(key))),
            Phase::Waiting | Phase::Offered | Phase::Engaged { .. } | Phase::Closed => {}
        }
        for offer in contact.offers() {
            let timer = self.offer(offer).map(|live| live.timer);
            due.extend(timer.map(|timer| (timer, Deadline::Offer(offer))));
        }
        if let Some(more) = contact.more.as_deref() {
            due.extend(more.ring.map(|timer| (timer, Deadline::Ring(key))));
            due.extend(more.grace.map(|timer| (timer, Deadline::Grace(key))));
            let in_grace = more.grace.is_some() != more.reserved.is_empty();
            ensure(in_grace, || format!("contact '{}' has a grace for nobody", contact.id))?;
        }
        due.extend(contact.escalation.map(|timer| (timer, Deadline::Escalation(key))));
        for exclusion in &contact.excluded {
            let Exclusion { agent, by_host, .. } = *exclusion;
            let deadline = Deadline::Exclusion { contact: key, agent, by_host };
            due.extend(exclusion.timer.map(|timer| (timer, deadline)));
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

    fn check_back_off(&self, key: AgentKey, agent: &Agent) -> Result<usize, String> {
        let Some(timer) = agent.back_off else { return Ok(0) };
        ensure(self.timers.get(timer) == Some(Deadline::BackOff(key)), || {
            format!("agent '{}' backs off without an end", self.agent_name(key))
        })?;
        Ok(1)
    }

    fn check_help(&self) -> Result<usize, String> {
        let mut deadlines = 0;
        for (index, state) in self.queues.iter().enumerate() {
            for (rule, helping) in (0..).zip(&state.help) {
                let Some(timer) = helping.timer else { continue };
                let deadline = Deadline::Help(QueueKey::new(index), rule);
                ensure(self.timers.get(timer) == Some(deadline), || "help has no end".into())?;
                deadlines += 1;
            }
        }
        Ok(deadlines)
    }

    fn check_agent(&self, key: AgentKey, agent: &Agent) -> Checked {
        let name = self.agent_name(key);
        for index in 0..self.plan.channels.len() {
            let channel = ChannelKey::new(index);
            let held = self.slots_held(agent, channel);
            ensure(held == agent.used[index] as usize, || {
                format!("agent '{name}' holds {held} slots, {} are counted", agent.used[index])
            })?;
            ensure(self.matcher.is_open(key, channel) == self.is_open(key, index), || {
                format!("agent '{name}' is open on a channel and not in the matcher, or inversely")
            })?;
        }
        let failed = agent.failed.iter().all(|&contact| {
            let excluded = &self.contact(contact).excluded;
            excluded.iter().any(|exclusion| exclusion.agent == key && !exclusion.by_host)
        });
        ensure(failed, || format!("agent '{name}' is excluded from a contact unawares"))
    }

    /// Slots of `channel` that offers, connections, parts and wrap-ups of an agent hold.
    fn slots_held(&self, agent: &Agent, channel: ChannelKey) -> usize {
        let on_channel = |contact: &&ContactKey| self.contact(**contact).channel == channel;
        let offered = |offer: &&OfferKey| {
            let live = self.offer(**offer);
            live.is_some_and(|offer| self.contact(offer.contact).channel == channel)
        };
        agent.offers.iter().filter(offered).count()
            + agent.reserved.iter().filter(on_channel).count()
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
