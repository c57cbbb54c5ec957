//! What keeps agents from a contact, for many agents at once: a set of agents for each
//! obstacle, so that a queue with hundreds of contacts is looked through at a glance.

use super::Obstacle;
use crate::bitset::BitSet;
use crate::ids::{AgentKey, ChannelKey, QueueKey};
use crate::matching::Ask;
use crate::router::Router;
use crate::router::state::{Availability, Contact};

const OBSTACLES: usize = Obstacle::ALL.len();

/// Of some agents, those whom each obstacle keeps from a contact.
#[derive(Clone, Debug, Default)]
pub(super) struct Kept {
    by: [BitSet; OBSTACLES],
}

impl Kept {
    pub(super) fn by(&self, obstacle: Obstacle) -> &BitSet {
        &self.by[obstacle as usize]
    }

    fn by_mut(&mut self, obstacle: Obstacle) -> &mut BitSet {
        &mut self.by[obstacle as usize]
    }

    /// Everything that keeps an agent away, in order.
    pub(super) fn obstacles_of(&self, agent: AgentKey) -> impl Iterator<Item = Obstacle> + '_ {
        let obstacles = Obstacle::ALL.iter().copied();
        obstacles.filter(move |&obstacle| self.by(obstacle).contains(agent.index()))
    }

    /// Each obstacle with those for whom it is the first.
    pub(super) fn firsts(&self, among: &BitSet) -> Vec<(Obstacle, BitSet)> {
        let mut left = among.clone();
        let mut firsts = Vec::new();
        for &obstacle in Obstacle::ALL {
            let mut stopped = left.clone();
            stopped.keep(self.by(obstacle));
            if !stopped.is_empty() {
                left.drop_all(&stopped);
                firsts.push((obstacle, stopped));
            }
        }
        firsts
    }

    /// Those whom nothing keeps away once these obstacles are gone.
    pub(super) fn free_but_for(&self, gone: &[Obstacle], among: &BitSet) -> BitSet {
        let mut free = among.clone();
        for &obstacle in Obstacle::ALL.iter().filter(|obstacle| !gone.contains(obstacle)) {
            free.drop_all(self.by(obstacle));
        }
        free
    }
}

/// How many agents each obstacle is the first for.
pub(super) fn tally(firsts: &[(Obstacle, BitSet)]) -> Vec<(Obstacle, u32)> {
    let count = |set: &BitSet| u32::try_from(set.len()).expect("keys count in 32 bits");
    firsts.iter().map(|(obstacle, stopped)| (*obstacle, count(stopped))).collect()
}

impl Router {
    /// What keeps agents from a contact that is not closed. `now` is what
    /// [`Self::kept_now`] says of its queue and channel.
    pub(super) fn kept_from(&self, contact: &Contact, among: &BitSet, now: &Kept) -> Kept {
        let mut kept = now.clone();
        let demand = contact.demand();
        let ask = self.matcher.ask(demand.class);
        let mut linked = self.matcher.linked_ever(demand);
        linked.keep(among);
        let rest = |of: &BitSet| {
            let mut rest = among.clone();
            rest.drop_all(of);
            rest
        };
        *kept.by_mut(Obstacle::OtherQueue) = rest(&linked);
        let mut skilled = self.matcher.who_meets(&Ask::plain(ask.requirement.clone()), among);
        let mut able = self.matcher.able_set(demand.class).clone();
        if self.rules(contact).preferred.without_skills {
            for (agent, _) in contact.preferred() {
                skilled.set(agent.index(), among.contains(agent.index()));
                able.set(agent.index(), true);
            }
        }
        *kept.by_mut(Obstacle::Skills) = rest(&skilled);
        skilled.drop_all(&able);
        *kept.by_mut(Obstacle::Rank) = skilled;
        linked.drop_all(&self.matcher.open_links(demand, self.look_at(contact)));
        *kept.by_mut(Obstacle::NotYet) = linked;
        if !contact.preferred().is_empty() {
            let first = |agent| self.is_for_others_first(contact, agent);
            *kept.by_mut(Obstacle::OthersFirst) = those(among, first);
        }
        if contact.offer.is_some() {
            *kept.by_mut(Obstacle::OtherRank) =
                those(among, |agent| self.is_of_other_rank(contact, agent));
        }
        let mut excluded = self.lastingly_excluded(contact, among);
        for exclusion in &contact.excluded {
            let agent = exclusion.agent.index();
            excluded.set(agent, among.contains(agent));
        }
        *kept.by_mut(Obstacle::Excluded) = excluded;
        kept
    }

    /// Those excluded from a contact beyond their own failures: by the host, in wrap-up
    /// after it, or with an offer of it.
    pub(super) fn lastingly_excluded(&self, contact: &Contact, among: &BitSet) -> BitSet {
        let by_host = contact.excluded.iter().filter(|of| of.by_host).map(|of| of.agent);
        let wrapping = contact.wrapping.iter().map(|left| left.agent);
        let offered = contact.offers().filter_map(|key| self.offer(key)).map(|offer| offer.agent);
        let mut excluded = BitSet::default();
        for agent in by_host.chain(wrapping).chain(offered) {
            excluded.set(agent.index(), among.contains(agent.index()));
        }
        excluded
    }

    /// What keeps agents from whichever contact of a queue and channel, as they are now.
    pub(super) fn kept_now(&self, queue: QueueKey, channel: ChannelKey, among: &BitSet) -> Kept {
        let mut kept = Kept::default();
        for index in among.iter() {
            let key = AgentKey::new(index);
            let agent = self.agent(key);
            let mut note = |obstacle: Obstacle, keeps: bool| {
                if keeps {
                    kept.by_mut(obstacle).set(index, true);
                }
            };
            note(Obstacle::Offline, agent.availability == Availability::Offline);
            note(Obstacle::NotReady, agent.availability != Availability::Ready);
            note(Obstacle::Device, !agent.device_allows());
            note(Obstacle::BackOff, agent.back_off.is_some());
            note(Obstacle::NoSlot, !agent.has_slot(channel.index()));
            note(Obstacle::NoRoom, !self.leaves_room(agent, channel.index()));
            note(Obstacle::Line, self.matcher.is_barred(key, queue));
            note(Obstacle::KeptFree, self.in_use.keep_free && !self.may_spare(queue, key));
        }
        kept
    }
}

/// Of some agents those of whom something holds.
fn those(among: &BitSet, holds: impl Fn(AgentKey) -> bool) -> BitSet {
    among.iter().filter(|agent| holds(AgentKey::new(*agent))).collect()
}
