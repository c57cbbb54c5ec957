//! The matcher: best agent for a contact, best contact for an agent.

use serde::{Deserialize, Serialize};

use super::ask::Ask;
use super::classes::Classes;
use super::groups::{Demand, Groups};
use super::line::IdleLine;
use super::rows::{AgentRow, Standing};
use super::servers::Servers;
use crate::bitset::BitSet;
use crate::ids::{AgentKey, ChannelKey, ClassKey, QueueKey};
use crate::plan::Link;
use crate::queue::OrderKey;
use crate::skill::Profile;
use crate::time::Timestamp;

/// Agents and waiting contacts, matched by bit sets.
///
/// A contact finds its agent by AND-ing three sets (able, open on the channel, serving
/// the queue) and ranking what is left; an agent finds its contact by comparing the
/// heads of the groups it may serve. Nothing looks at all agents or all contacts.
///
/// ```
/// use ccroute_core::*;
/// let mut matcher = SkillMatcher::default();
/// let (spanish, voice, support) = (SkillKey::new(0), ChannelKey::new(0), QueueKey::new(0));
/// let ana = AgentKey::new(0);
/// let skills = SkillSet::new(&[SkillLevel { skill: spanish, level: 8 }]);
/// matcher.set_profile(ana, skills.into());
/// matcher.set_links(ana, &[Link::new(support)]);
/// matcher.set_open(ana, voice, true);
///
/// let all_of = vec![SkillLevel { skill: spanish, level: 5 }];
/// let class = matcher.hold_class(&Ask::plain(Requirement { all_of, ..Requirement::default() }));
/// let demand = Demand { queue: support, class, channel: voice };
/// let choice = matcher.best_agent(demand, Strategy::LongestIdle, |_| false).unwrap();
/// assert_eq!(choice.agent, ana.index());
/// ```
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct SkillMatcher {
    pub(super) agents: Vec<AgentRow>,
    /// By agent, apart from the rows: a decision reads it for everyone eligible.
    pub(super) idle_since: Vec<Timestamp>,
    pub(super) standings: Vec<Standing>,
    #[serde(skip)]
    pub(super) classes: Classes,
    #[serde(skip)]
    pub(super) groups: Groups,
    #[serde(skip)]
    pub(super) servers: Vec<Servers>,
    #[serde(skip)]
    pub(super) open: Vec<BitSet>,
    /// Who is open, by channel, in the order of idleness.
    #[serde(skip)]
    pub(super) lines: Vec<IdleLine>,
    /// Who is signed in, as far as the caller says.
    #[serde(skip)]
    present: BitSet,
    /// Queues whose ranks count for nothing while few agents serve them, and how few.
    #[serde(skip)]
    rank_limits: Vec<(QueueKey, u32)>,
    /// Whether ranks, terms, widened or sloped classes, loans or barred lines have come up: the
    /// first contacts alone do not decide then, but whose turn it is.
    #[serde(skip)]
    pub(super) by_turns: bool,
}

impl SkillMatcher {
    /// Gives an agent its profile; an agent never seen is added.
    pub fn set_profile(&mut self, agent: AgentKey, profile: Profile) {
        let row = self.row_mut(agent);
        let old = core::mem::replace(&mut row.profile, profile);
        let row = &self.agents[agent.index()];
        self.classes.set_skills(agent.index(), old.skills.as_slice(), row);
        self.stand_anew(agent);
    }

    /// What an agent can do and is known for.
    #[must_use]
    pub fn profile(&self, agent: AgentKey) -> &Profile {
        &self.agents[agent.index()].profile
    }

    /// Gives an agent the queues it serves; the last mention of a queue wins.
    pub fn set_links(&mut self, agent: AgentKey, links: &[Link]) {
        let mut sorted = links.to_vec();
        sorted.reverse();
        sorted.sort_by_key(|link| link.queue);
        sorted.dedup_by_key(|link| link.queue);
        let old = core::mem::replace(&mut self.row_mut(agent).links, sorted);
        for link in &old {
            self.servers[link.queue.index()].remove(agent.index(), link);
        }
        self.serve(agent.index());
        let touched: Vec<QueueKey> = old.iter().map(|link| link.queue).collect();
        self.count_ranks(&touched);
        self.count_ranks_of(agent);
        if self.by_turns {
            self.classes.look_at(agent.index(), &self.agents[agent.index()]);
        }
        self.stand_anew(agent);
    }

    /// The queues an agent serves, by key.
    #[must_use]
    pub fn links(&self, agent: AgentKey) -> &[Link] {
        self.agents.get(agent.index()).map_or(&[], |row| &row.links)
    }

    /// Says whether an agent is there at all: ranks count by how many are.
    pub fn set_present(&mut self, agent: AgentKey, present: bool) {
        self.present.set(agent.index(), present);
        if !self.rank_limits.is_empty() {
            self.count_ranks_of(agent);
        }
    }

    /// Who is there.
    pub(crate) fn present(&self) -> &BitSet {
        &self.present
    }

    /// Lets the ranks of `queue` count for nothing while no more than `agents` who are
    /// there serve it.
    pub fn limit_ranks(&mut self, queue: QueueKey, agents: u32) {
        self.rank_limits.retain(|(known, _)| *known != queue);
        if agents > 0 {
            self.rank_limits.push((queue, agents));
            self.count_ranks(&[queue]);
        } else {
            self.classes.set_rankless(queue, false, &self.agents);
        }
    }

    /// Sets since when an agent has been idle.
    pub fn set_idle_since(&mut self, agent: AgentKey, since: Timestamp) {
        self.row_mut(agent);
        let before = core::mem::replace(&mut self.idle_since[agent.index()], since);
        if before == since {
            return;
        }
        for line in &mut self.lines {
            if line.holds(agent.index()) {
                line.leave(agent.index(), before);
                line.join(agent.index(), since, &self.idle_since);
            }
        }
    }

    /// Others may find what they ask in an agent by now: whoever looked already looks again.
    fn stand_anew(&mut self, agent: AgentKey) {
        let since = self.idle_since[agent.index()];
        for line in &mut self.lines {
            if line.holds(agent.index()) {
                line.leave(agent.index(), since);
                line.stand_aside(agent.index(), since, &self.idle_since);
            }
        }
    }

    /// What rankers go by of an agent who has a profile, to change.
    pub fn standing_mut(&mut self, agent: AgentKey) -> &mut Standing {
        &mut self.standings[agent.index()]
    }

    /// What rankers go by.
    #[must_use]
    pub fn standing(&self, agent: AgentKey) -> &Standing {
        &self.standings[agent.index()]
    }

    /// Says whether an agent can be offered contacts of `channel` now; true when it
    /// could not before and now can.
    pub fn set_open(&mut self, agent: AgentKey, channel: ChannelKey, open: bool) -> bool {
        self.row_mut(agent);
        let index = channel.index();
        if index >= self.open.len() {
            self.open.resize_with(index + 1, BitSet::default);
            self.lines.resize_with(index + 1, IdleLine::default);
        }
        let set = &mut self.open[index];
        let before = set.contains(agent.index());
        if before != open {
            set.set(agent.index(), open);
            let since = self.idle_since[agent.index()];
            if open {
                self.lines[index].join(agent.index(), since, &self.idle_since);
            } else {
                self.lines[index].leave(agent.index(), since);
            }
        }
        open && !before
    }

    /// The agents of `lenders` serve `queue` too from now on, besides their own.
    pub fn lend(&mut self, queue: QueueKey, lenders: &[QueueKey]) {
        self.by_turns |= !lenders.is_empty();
        let old = core::mem::replace(&mut self.servers_mut(queue).lenders, lenders.to_vec());
        for lender in old {
            self.servers_mut(lender).lent_to.retain(|to| *to != queue);
        }
        for &lender in lenders {
            self.servers_mut(lender).lent_to.push(queue);
        }
    }

    /// Says whether an agent can be reached from `queue`.
    pub fn set_barred(&mut self, agent: AgentKey, queue: QueueKey, barred: bool) {
        self.by_turns |= barred;
        self.servers_mut(queue).barred.set(agent.index(), barred);
    }

    /// Whether an agent cannot be reached from `queue`.
    #[must_use]
    pub fn is_barred(&self, agent: AgentKey, queue: QueueKey) -> bool {
        let servers = self.servers.get(queue.index());
        servers.is_some_and(|servers| servers.barred.contains(agent.index()))
    }

    /// The class of what is asked, held until [`Self::release_class`].
    pub fn hold_class(&mut self, ask: &Ask) -> ClassKey {
        let requirement = ask.requirement.clone().canonical();
        let ask = Ask { requirement, ..ask.clone() };
        self.by_turns |= !ask.widen.is_empty() || ask.ranks.is_some();
        self.by_turns |= ask.slope != crate::number::Millionths::ONE;
        self.classes.hold(&ask, &self.agents)
    }

    /// What a class asks.
    #[must_use]
    pub fn ask(&self, class: ClassKey) -> &Ask {
        self.classes.ask(class)
    }

    /// Holds a class that is in use once more.
    pub fn hold_again(&mut self, class: ClassKey) {
        self.classes.hold_again(class);
    }

    /// Lets go of a class.
    pub fn release_class(&mut self, class: ClassKey) {
        if self.classes.release(class) {
            self.groups.forget_class(class);
        }
    }

    /// The group of those who ask for the same, which is there as long as the class is held.
    pub fn group(&mut self, demand: Demand) -> u32 {
        self.groups.of(demand, &self.classes)
    }

    /// Lets a contact wait in its group; `item` is the caller's name for it.
    pub fn wait(&mut self, group: u32, key: OrderKey, item: u32) {
        self.groups.push(group, key, item);
    }

    /// Takes a contact out of its group; its item, if it was waiting there.
    pub fn leave(&mut self, group: u32, key: OrderKey) -> Option<u32> {
        self.groups.remove(group, key)
    }

    /// Builds the sets anew after the rows came back from a snapshot. Who is open, who is
    /// there and who waits is the caller's to say again.
    pub(crate) fn rebuild(&mut self) {
        for index in 0..self.agents.len() {
            self.classes.set_skills(index, &[], &self.agents[index]);
            self.serve(index);
        }
    }

    fn serve(&mut self, agent: usize) {
        self.agents[agent].queues = BitSet::EMPTY;
        for at in 0..self.agents[agent].links.len() {
            let link = self.agents[agent].links[at];
            self.agents[agent].queues.set(link.queue.index(), true);
            self.by_turns |= link.rank != 0 || !link.is_always_open();
            self.servers_mut(link.queue).add(agent, &link);
        }
    }

    fn count_ranks_of(&mut self, agent: AgentKey) {
        let queues: Vec<QueueKey> = self.links(agent).iter().map(|link| link.queue).collect();
        self.count_ranks(&queues);
    }

    fn count_ranks(&mut self, queues: &[QueueKey]) {
        for at in 0..self.rank_limits.len() {
            let (queue, limit) = self.rank_limits[at];
            if queues.contains(&queue) {
                let staff = self.staff(queue).shared_with(&self.present);
                self.classes.set_rankless(queue, staff <= limit as usize, &self.agents);
            }
        }
    }

    fn servers_mut(&mut self, queue: QueueKey) -> &mut Servers {
        if queue.index() >= self.servers.len() {
            self.servers.resize_with(queue.index() + 1, Servers::default);
        }
        &mut self.servers[queue.index()]
    }

    fn row_mut(&mut self, agent: AgentKey) -> &mut AgentRow {
        if agent.index() >= self.agents.len() {
            self.agents.resize_with(agent.index() + 1, AgentRow::default);
            self.idle_since.resize(agent.index() + 1, Timestamp::ZERO);
            self.standings.resize(agent.index() + 1, Standing::default());
        }
        &mut self.agents[agent.index()]
    }
}
