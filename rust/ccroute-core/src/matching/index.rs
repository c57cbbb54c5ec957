//! The matcher: best agent for a contact, best contact for an agent.

use serde::{Deserialize, Serialize};

use super::classes::Classes;
use super::groups::{Demand, Groups};
use super::ranker::{Choice, choose};
use crate::bitset::{BitSet, Ones};
use crate::ids::{AgentKey, ChannelKey, ClassKey, QueueKey};
use crate::plan::Strategy;
use crate::queue::OrderKey;
use crate::skill::{Requirement, SkillSet};
use crate::time::Timestamp;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct AgentRow {
    skills: SkillSet,
    queues: Vec<QueueKey>,
}

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
/// matcher.set_skills(ana, SkillSet::new(&[SkillLevel { skill: spanish, level: 8 }]));
/// matcher.set_queues(ana, &[support]);
/// matcher.set_open(ana, voice, true);
///
/// let all_of = vec![SkillLevel { skill: spanish, level: 5 }];
/// let class = matcher.hold_class(&Requirement { all_of, ..Requirement::default() });
/// let demand = Demand { queue: support, class, channel: voice };
/// let choice = matcher.best_agent(demand, Strategy::LongestIdle, |_| false).unwrap();
/// assert_eq!(choice.agent, ana.index());
/// ```
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct SkillMatcher {
    agents: Vec<AgentRow>,
    /// By agent, apart from the rows: a decision reads it for everyone eligible.
    idle_since: Vec<Timestamp>,
    #[serde(skip)]
    classes: Classes,
    #[serde(skip)]
    groups: Groups,
    #[serde(skip)]
    serving: Vec<BitSet>,
    #[serde(skip)]
    open: Vec<BitSet>,
}

impl SkillMatcher {
    /// Gives an agent its skills; an agent never seen is added.
    pub fn set_skills(&mut self, agent: AgentKey, skills: SkillSet) {
        let row = self.row_mut(agent);
        let old = core::mem::replace(&mut row.skills, skills);
        let row = &self.agents[agent.index()];
        self.classes.set_skills(agent.index(), &old, &row.skills);
    }

    /// Gives an agent the queues it serves.
    pub fn set_queues(&mut self, agent: AgentKey, queues: &[QueueKey]) {
        let mut sorted = queues.to_vec();
        sorted.sort_unstable();
        sorted.dedup();
        let old = core::mem::replace(&mut self.row_mut(agent).queues, sorted);
        for queue in old {
            self.serving[queue.index()].set(agent.index(), false);
        }
        self.mark_serving(agent.index());
    }

    /// Sets since when an agent has been idle.
    pub fn set_idle_since(&mut self, agent: AgentKey, since: Timestamp) {
        self.row_mut(agent);
        self.idle_since[agent.index()] = since;
    }

    /// Says whether an agent can be offered contacts of `channel` now; true when it
    /// could not before and now can.
    pub fn set_open(&mut self, agent: AgentKey, channel: ChannelKey, open: bool) -> bool {
        let index = channel.index();
        if index >= self.open.len() {
            self.open.resize_with(index + 1, BitSet::default);
        }
        let set = &mut self.open[index];
        let before = set.contains(agent.index());
        if before != open {
            set.set(agent.index(), open);
        }
        open && !before
    }

    /// The class of a requirement, held until [`Self::release_class`].
    pub fn hold_class(&mut self, requirement: &Requirement) -> ClassKey {
        let canonical = requirement.clone().canonical();
        self.classes.hold(&canonical)
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

    /// Whether a class is in use.
    #[must_use]
    pub fn is_held(&self, class: ClassKey) -> bool {
        self.classes.is_held(class)
    }

    /// Lets a contact wait; `item` is the caller's name for it.
    pub fn wait(&mut self, demand: Demand, key: OrderKey, item: u32) {
        self.groups.push(demand, key, item);
    }

    /// Takes a contact out; its item, if it was waiting there.
    pub fn leave(&mut self, demand: Demand, key: OrderKey) -> Option<u32> {
        self.groups.remove(demand, key)
    }

    /// The best agent for a contact, without those `excluded` names.
    pub fn best_agent(
        &self,
        demand: Demand,
        strategy: Strategy,
        excluded: impl Fn(AgentKey) -> bool,
    ) -> Option<Choice> {
        let open = self.open.get(demand.channel.index())?;
        let serving = self.serving.get(demand.queue.index())?;
        let able = self.classes.able_set(demand.class);
        let words = able.words().iter().zip(open.words()).zip(serving.words());
        let eligible = words.enumerate().flat_map(|(at, ((able, open), serving))| {
            Ones(able & open & serving).map(move |bit| at * 64 + bit)
        });
        let eligible = eligible.filter(|&agent| !excluded(AgentKey::new(agent)));
        let requirement = self.classes.requirement(demand.class);
        let score = |agent: usize| requirement.score(&self.agents[agent].skills);
        choose(strategy, eligible, &self.idle_since, score)
    }

    /// The first waiting contact in order that an agent may take, without those
    /// `excluded` names: its place in the order and its item.
    pub fn best_contact(
        &self,
        agent: AgentKey,
        excluded: impl Fn(u32) -> bool,
    ) -> Option<(OrderKey, u32)> {
        let mut best: Option<(OrderKey, u32)> = None;
        for &queue in &self.agents.get(agent.index())?.queues {
            for group in self.groups.of_queue(queue) {
                let Demand { class, channel, .. } = group.demand;
                if !self.is_open(agent, channel) || !self.is_able(agent, class) {
                    continue;
                }
                // Whom the agent is excluded from is few: look past them, not at all.
                let head = group.waiting.iter().find(|&(_, item)| !excluded(item));
                if let Some(head) = head
                    && best.is_none_or(|best| head.0 < best.0)
                {
                    best = Some(head);
                }
            }
        }
        best
    }

    /// How many contacts of `queue` go before the place `key`.
    #[must_use]
    pub fn rank(&self, queue: QueueKey, key: OrderKey) -> usize {
        self.groups.of_queue(queue).map(|group| group.waiting.ahead_of(key)).sum()
    }

    /// Everyone waiting in `queue`, group by group.
    pub fn waiting(&self, queue: QueueKey) -> impl Iterator<Item = (Demand, u32)> {
        self.groups
            .of_queue(queue)
            .flat_map(|group| group.waiting.iter().map(|(_, item)| (group.demand, item)))
    }

    /// Whether an agent has the skills of `class`.
    #[must_use]
    pub fn is_able(&self, agent: AgentKey, class: ClassKey) -> bool {
        self.classes.able_set(class).contains(agent.index())
    }

    /// Whether an agent can be offered contacts of `channel`.
    #[must_use]
    pub fn is_open(&self, agent: AgentKey, channel: ChannelKey) -> bool {
        self.open.get(channel.index()).is_some_and(|set| set.contains(agent.index()))
    }

    /// Whether an agent serves `queue`.
    #[must_use]
    pub fn serves(&self, agent: AgentKey, queue: QueueKey) -> bool {
        self.serving.get(queue.index()).is_some_and(|set| set.contains(agent.index()))
    }

    /// Since when an agent has been idle.
    #[must_use]
    pub fn idle_since(&self, agent: AgentKey) -> Timestamp {
        self.idle_since[agent.index()]
    }

    /// Builds the sets anew after the rows came back from a snapshot. Who is open and
    /// who waits is the caller's to say again.
    pub(crate) fn rebuild(&mut self) {
        for index in 0..self.agents.len() {
            let skills = &self.agents[index].skills;
            self.classes.set_skills(index, &SkillSet::default(), skills);
            self.mark_serving(index);
        }
    }

    fn mark_serving(&mut self, agent: usize) {
        for queue in &self.agents[agent].queues {
            if queue.index() >= self.serving.len() {
                self.serving.resize_with(queue.index() + 1, BitSet::default);
            }
            self.serving[queue.index()].set(agent, true);
        }
    }

    fn row_mut(&mut self, agent: AgentKey) -> &mut AgentRow {
        if agent.index() >= self.agents.len() {
            self.agents.resize_with(agent.index() + 1, AgentRow::default);
            self.idle_since.resize(agent.index() + 1, Timestamp::ZERO);
        }
        &mut self.agents[agent.index()]
    }
}
