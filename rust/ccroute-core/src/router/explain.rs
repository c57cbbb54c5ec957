//! Why: for a contact, who cannot take it and for what reason; for an agent, what is
//! kept from them. Data only; words are made above.

use super::Router;
use super::state::{Agent, Availability, Contact, Phase};
use crate::error::Rejection;
use crate::event::words;
use crate::ids::{AgentKey, ChannelKey, ContactKey, QueueKey, TextKey};
use crate::matching::Demand;
use crate::skill::Requirement;
use crate::time::Timestamp;

words!(
    /// What keeps an agent from a contact; the first in this order counts.
    Obstacle {
        /// The agent is signed out.
        Offline = "offline",
        /// The agent does not serve the queue.
        OtherQueue = "other_queue",
        /// The agent lacks a skill, or has one that is ruled out.
        Skills = "skills",
        /// The agent chose not to take contacts, or missed one.
        NotReady = "not_ready",
        /// The agent's device is busy outside, or out of order.
        Device = "device",
        /// The agent has no free slot on the channel.
        NoSlot = "no_slot",
        /// The agent missed, declined or failed to connect this contact just now, or still
        /// wraps up after it.
        Excluded = "excluded",
    }
);

/// How many agents one obstacle keeps from a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Eliminated {
    /// What stands in the way.
    pub obstacle: Obstacle,
    /// How many it stops.
    pub agents: u32,
}

/// The agent a contact was proposed to, and what decided it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// Who.
    pub agent: AgentKey,
    /// Out of how many eligible, this one included.
    pub eligible: u32,
    /// Since when the agent has been idle.
    pub idle_since: Timestamp,
    /// The agent's score; 0 where the strategy keeps none.
    pub score: u32,
    /// When the offer ends.
    pub until: Timestamp,
}

/// The escalation step a contact will take next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NextStep {
    /// Which, from 1.
    pub step: u32,
    /// When it is due; it waits for a live offer to end.
    pub at: Timestamp,
}

/// Why a contact is where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactExplanation {
    /// waiting, offered, connecting, engaged, held or closed.
    pub phase: &'static str,
    /// Where.
    pub queue: QueueKey,
    /// The instant its age counts from.
    pub since: Timestamp,
    /// How many of its queue go before it; `None` unless it waits.
    pub ahead: Option<usize>,
    /// What it requires at its step.
    pub requirement: Requirement,
    /// Escalation steps taken.
    pub steps: u32,
    /// The step to come, if one is left.
    pub next_step: Option<NextStep>,
    /// All agents but the chosen one, by what stops them, in the order of [`Obstacle`].
    pub eliminated: Vec<Eliminated>,
    /// The agent it is offered to.
    pub chosen: Option<Chosen>,
    /// The agent it is with, or is being connected to.
    pub with: Option<AgentKey>,
}

/// How many waiting contacts one obstacle keeps from an agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Withheld {
    /// What stands in the way.
    pub obstacle: Obstacle,
    /// How many it stops.
    pub contacts: u32,
}

/// What an agent could take, and why not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentExplanation {
    /// offline, ready or not_ready.
    pub availability: &'static str,
    /// Why not ready, in the host's word.
    pub reason: Option<TextKey>,
    /// idle, offered, connecting, engaged or wrapping.
    pub activity: &'static str,
    /// The observed state of the device.
    pub device: crate::event::Device,
    /// Since when the agent has been idle, or last was.
    pub idle_since: Timestamp,
    /// Channels on which the agent can be offered contacts now.
    pub open: Vec<ChannelKey>,
    /// All waiting contacts, by what keeps them from the agent.
    pub withheld: Vec<Withheld>,
}

impl Router {
    /// Why a contact is where it is, as of now.
    ///
    /// # Errors
    /// `unknown_contact`.
    pub fn explain_contact(&self, key: ContactKey) -> Result<ContactExplanation, Rejection> {
        let contact = self.known_contact(key)?;
        let queue = self.plan.queue(contact.queue);
        let nothing = Requirement::default();
        let own = contact.own.as_ref().unwrap_or(&nothing);
        let requirement = queue.requirement_at(contact.steps as usize, own);
        let step = queue.escalation.get(contact.steps as usize);
        let next_step = step
            .filter(|_| self.is_unconnected(contact))
            .map(|step| NextStep { step: contact.steps + 1, at: contact.since + step.after });
        let chosen = match contact.phase {
            Phase::Offered(key) => self.offer(key).map(|offer| Chosen {
                agent: offer.agent,
                eligible: offer.eligible,
                idle_since: offer.idle_since,
                score: offer.score,
                until: offer.timer.at(),
            }),
            Phase::Waiting | Phase::Connecting { .. } | Phase::Engaged { .. } | Phase::Closed => {
                None
            }
        };
        let with = match contact.phase {
            Phase::Connecting { agent, .. } => Some(agent),
            Phase::Engaged { .. } => contact.primary(),
            Phase::Waiting | Phase::Offered(_) | Phase::Closed => None,
        };
        let waiting = contact.phase == Phase::Waiting;
        Ok(ContactExplanation {
            phase: contact.phase.word(),
            queue: contact.queue,
            since: contact.since,
            ahead: waiting.then(|| self.matcher.rank(contact.queue, contact.order())),
            requirement,
            steps: contact.steps,
            next_step,
            eliminated: self.eliminated(contact, chosen.map(|chosen| chosen.agent)),
            chosen,
            with,
        })
    }

    /// What an agent could take, and why not, as of now.
    ///
    /// # Errors
    /// `unknown_agent`.
    pub fn explain_agent(&self, key: AgentKey) -> Result<AgentExplanation, Rejection> {
        self.known_agent(key)?;
        let agent = self.agent(key);
        let (availability, reason) = match agent.availability {
            Availability::Offline => ("offline", None),
            Availability::Ready => ("ready", None),
            Availability::NotReady(reason) => ("not_ready", reason),
        };
        let channels = (0..self.plan.channels.len()).filter(|&index| agent.is_open(index));
        let mut counts = [0; Obstacle::ALL.len()];
        for queue in (0..self.plan.queues.len()).map(QueueKey::new) {
            for (demand, item) in self.matcher.waiting(queue) {
                let contact = self.contacts.at(item as usize).expect("a waiting contact is live");
                if let Some(obstacle) = self.obstacle(key, agent, contact, demand) {
                    counts[obstacle as usize] += 1;
                }
            }
        }
        let withheld = tally(counts);
        Ok(AgentExplanation {
            availability,
            reason,
            activity: agent.activity(),
            device: agent.device,
            idle_since: self.matcher.idle_since(key),
            open: channels.map(ChannelKey::new).collect(),
            withheld: withheld
                .map(|(obstacle, contacts)| Withheld { obstacle, contacts })
                .collect(),
        })
    }

    fn is_unconnected(&self, contact: &Contact) -> bool {
        match contact.phase {
            Phase::Waiting | Phase::Offered(_) | Phase::Connecting { .. } => true,
            Phase::Engaged { .. } | Phase::Closed => false,
        }
    }

    fn eliminated(&self, contact: &Contact, chosen: Option<AgentKey>) -> Vec<Eliminated> {
        if !self.is_unconnected(contact) {
            return Vec::new();
        }
        let demand = contact.demand();
        let mut counts = [0; Obstacle::ALL.len()];
        for (index, agent) in self.agents.iter().enumerate() {
            let key = AgentKey::new(index);
            let obstacle = self.obstacle(key, agent, contact, demand);
            if let Some(obstacle) = obstacle.filter(|_| chosen != Some(key)) {
                counts[obstacle as usize] += 1;
            }
        }
        tally(counts).map(|(obstacle, agents)| Eliminated { obstacle, agents }).collect()
    }

    /// The first thing that keeps an agent from a contact.
    fn obstacle(
        &self,
        key: AgentKey,
        agent: &Agent,
        contact: &Contact,
        demand: Demand,
    ) -> Option<Obstacle> {
        let stops = [
            (Obstacle::Offline, agent.availability == Availability::Offline),
            (Obstacle::OtherQueue, !self.matcher.serves(key, demand.queue)),
            (Obstacle::Skills, !self.matcher.is_able(key, demand.class)),
            (Obstacle::NotReady, agent.availability != Availability::Ready),
            (Obstacle::Device, !agent.device_allows()),
            (Obstacle::NoSlot, !agent.has_slot(demand.channel.index())),
            (Obstacle::Excluded, contact.excludes(key)),
        ];
        stops.into_iter().find(|(_, stopped)| *stopped).map(|(obstacle, _)| obstacle)
    }
}

fn tally(counts: [u32; Obstacle::ALL.len()]) -> impl Iterator<Item = (Obstacle, u32)> {
    Obstacle::ALL.iter().copied().zip(counts).filter(|&(_, count)| count > 0)
}
