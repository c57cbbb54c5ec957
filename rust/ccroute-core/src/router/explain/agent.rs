//! What an agent could take, and why not.

use std::collections::BTreeMap;

use super::Obstacle;
use super::kept::Kept;
use crate::bitset::BitSet;
use crate::error::Rejection;
use crate::event::Device;
use crate::ids::{AgentKey, ChannelKey, ContactKey, QueueKey, TextKey};
use crate::router::Router;
use crate::router::state::Availability;
use crate::time::Timestamp;

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
    pub device: Device,
    /// Since when the agent has been idle, or last was.
    pub idle_since: Timestamp,
    /// Until when the agent is left alone after a failure.
    pub back_off: Option<Timestamp>,
    /// Channels on which the agent can be offered contacts now.
    pub open: Vec<ChannelKey>,
    /// All waiting contacts, by what keeps them from the agent.
    pub withheld: Vec<Withheld>,
    /// The first waiting contact in order that only the agent's own state keeps from them:
    /// what they would take, were they free.
    pub next: Option<ContactKey>,
}

impl Router {
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
        let channels = (0..self.plan.channels.len()).filter(|&index| self.is_open(key, index));
        let only: BitSet = [key.index()].into_iter().collect();
        let mut counts: BTreeMap<Obstacle, u32> = BTreeMap::new();
        let mut could: Vec<ContactKey> = Vec::new();
        for queue in (0..self.plan.queues.len()).map(QueueKey::new) {
            let mut now: BTreeMap<ChannelKey, Kept> = BTreeMap::new();
            for (demand, item) in self.matcher.waiting(queue) {
                let contact = self.contacts.at(item as usize).expect("a waiting contact is live");
                let now = now
                    .entry(demand.channel)
                    .or_insert_with(|| self.kept_now(queue, demand.channel, &only));
                let kept = self.kept_from(contact, &only, now);
                if let Some(first) = kept.obstacles_of(key).next() {
                    *counts.entry(first).or_default() += 1;
                }
                let slots = agent.capacity[demand.channel.index()];
                if slots > 0 && kept.obstacles_of(key).all(is_own) {
                    could.push(self.contact_key(item));
                }
            }
        }
        Ok(AgentExplanation {
            availability,
            reason,
            activity: agent.activity(),
            device: agent.device,
            idle_since: self.matcher.idle_since(key),
            back_off: agent.back_off.map(|timer| timer.at()),
            open: channels.map(ChannelKey::new).collect(),
            withheld: counts
                .into_iter()
                .map(|(obstacle, contacts)| Withheld { obstacle, contacts })
                .collect(),
            next: self.turn_among(key, &could).map(|turn| turn.contact),
        })
    }
}

/// Whether an obstacle is how the agent is now, and not what the contact asks.
fn is_own(obstacle: Obstacle) -> bool {
    match obstacle {
        Obstacle::Offline
        | Obstacle::NotReady
        | Obstacle::Device
        | Obstacle::BackOff
        | Obstacle::NoSlot
        | Obstacle::NoRoom => true,
        Obstacle::OtherQueue
        | Obstacle::Skills
        | Obstacle::Rank
        | Obstacle::NotYet
        | Obstacle::Line
        | Obstacle::OthersFirst
        | Obstacle::Excluded
        | Obstacle::KeptFree
        | Obstacle::OtherRank => false,
    }
}
