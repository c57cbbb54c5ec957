//! Interned asks ("classes") and which agents are able to meet each.
//!
//! Contacts that ask for the same share a class, so that a decision ANDs one ready
//! bit set instead of evaluating a requirement per agent.

use rustc_hash::FxHashMap;

use super::ask::Ask;
use super::rows::AgentRow;
use crate::bitset::BitSet;
use crate::ids::{ClassKey, QueueKey, SkillKey};
use crate::skill::{MAX_LEVEL, Requirement, SkillLevel};
use crate::slab::Slab;

/// Agents at or above a proficiency, one set per level.
#[derive(Clone, Debug, Default)]
struct SkillHolders {
    at_least: [BitSet; MAX_LEVEL as usize],
}

#[derive(Clone, Debug)]
struct Class {
    ask: Ask,
    users: u32,
}

/// All asks in use. A class lives as long as somebody holds it.
#[derive(Clone, Debug, Default)]
pub(super) struct Classes {
    rows: Slab<Class>,
    /// By class, who is able: apart from the rows, for decisions look at nothing else.
    able: Vec<BitSet>,
    by_ask: FxHashMap<Ask, ClassKey>,
    holders: Vec<SkillHolders>,
    everyone: BitSet,
    /// Queues in which ranks count for nothing now, for want of agents.
    rankless: BitSet,
}

impl Classes {
    /// The class of `ask` (its requirement in canonical form), held once more.
    pub(super) fn hold(&mut self, ask: &Ask, agents: &[AgentRow]) -> ClassKey {
        if let Some(&key) = self.by_ask.get(ask) {
            self.row_mut(key).users += 1;
            return key;
        }
        let able = self.who_meets(ask, &self.everyone, agents);
        let (index, _) = self.rows.insert(Class { ask: ask.clone(), users: 1 });
        let key = ClassKey::new(index as usize);
        if key.index() >= self.able.len() {
            self.able.resize_with(key.index() + 1, BitSet::default);
        }
        self.able[key.index()] = able;
        self.by_ask.insert(ask.clone(), key);
        key
    }

    /// Lets go of a class; true when nobody holds it any more and it is gone.
    pub(super) fn release(&mut self, key: ClassKey) -> bool {
        let class = self.row_mut(key);
        class.users -= 1;
        if class.users > 0 {
            return false;
        }
        let class = self.rows.take(key.index()).expect("a held class exists");
        self.by_ask.remove(&class.ask);
        self.able[key.index()] = BitSet::EMPTY;
        true
    }

    pub(super) fn ask(&self, key: ClassKey) -> &Ask {
        &self.row(key).ask
    }

    pub(super) fn able_set(&self, key: ClassKey) -> &BitSet {
        &self.able[key.index()]
    }

    /// Of the skills that everybody of a class asks for the one that fewest agents have.
    pub(super) fn anchor(&self, key: ClassKey) -> Option<SkillLevel> {
        let asked = self.ask(key).requirement.all_of.iter().copied();
        asked.min_by_key(|need| (self.at_least(*need).len(), need.skill))
    }

    /// Holds a class once more.
    pub(super) fn hold_again(&mut self, key: ClassKey) {
        self.row_mut(key).users += 1;
    }

    /// Brings an agent's new skills into every set.
    pub(super) fn set_skills(&mut self, agent: usize, old: &[SkillLevel], row: &AgentRow) {
        self.mark(agent, old, false);
        self.mark(agent, row.profile.skills.as_slice(), true);
        self.everyone.set(agent, true);
        self.look_at(agent, row);
    }

    /// Asks of every class anew whether an agent meets it.
    pub(super) fn look_at(&mut self, agent: usize, row: &AgentRow) {
        let rankless = &self.rankless;
        for (index, _, class) in self.rows.iter() {
            self.able[index as usize].set(agent, meets(&class.ask, row, rankless));
        }
    }

    /// Whether ranks count in a queue; true when that changed.
    pub(super) fn set_rankless(
        &mut self,
        queue: QueueKey,
        rankless: bool,
        agents: &[AgentRow],
    ) -> bool {
        if self.rankless.contains(queue.index()) == rankless {
            return false;
        }
        self.rankless.set(queue.index(), rankless);
        let counts = &self.rankless;
        for (at, _, class) in self.rows.iter() {
            if class.ask.ranks.is_some_and(|(of, _)| of == queue) {
                for (index, row) in agents.iter().enumerate() {
                    self.able[at as usize].set(index, meets(&class.ask, row, counts));
                }
            }
        }
        true
    }

    /// Whether a queue's ranks count for nothing now.
    pub(super) fn is_rankless(&self, queue: QueueKey) -> bool {
        self.rankless.contains(queue.index())
    }

    fn mark(&mut self, agent: usize, skills: &[SkillLevel], present: bool) {
        for held in skills {
            let index = held.skill.index();
            if index >= self.holders.len() {
                self.holders.resize_with(index + 1, SkillHolders::default);
            }
            for set in &mut self.holders[index].at_least[..held.level as usize] {
                set.set(agent, present);
            }
        }
    }

    /// Of some agents those who meet what is asked.
    pub(super) fn who_meets(&self, ask: &Ask, among: &BitSet, agents: &[AgentRow]) -> BitSet {
        let able = self.by_skills(&ask.requirement, among);
        if ask.requirement.wheres.is_empty() && ask.ranks.is_none() {
            return able;
        }
        able.iter().filter(|&agent| meets(ask, &agents[agent], &self.rankless)).collect()
    }

    fn by_skills(&self, requirement: &Requirement, among: &BitSet) -> BitSet {
        let mut able = among.clone();
        for need in &requirement.all_of {
            able.keep(self.at_least(*need));
        }
        for group in &requirement.any_of {
            let mut any = BitSet::default();
            for need in group {
                any.add(self.at_least(*need));
            }
            able.keep(&any);
        }
        for need in &requirement.none_of {
            able.drop_all(self.at_least(*need));
        }
        able
    }

    /// Who has each of some skills, at the level or better.
    pub(super) fn sets_of(&self, skills: &[SkillLevel]) -> Vec<&BitSet> {
        skills.iter().map(|need| self.at_least(*need)).collect()
    }

    fn at_least(&self, need: SkillLevel) -> &BitSet {
        static NOBODY: BitSet = BitSet::EMPTY;
        let SkillLevel { skill, level } = need;
        self.holders(skill).map_or(&NOBODY, |holders| &holders.at_least[level as usize - 1])
    }

    fn holders(&self, skill: SkillKey) -> Option<&SkillHolders> {
        self.holders.get(skill.index())
    }

    fn row(&self, key: ClassKey) -> &Class {
        self.rows.at(key.index()).expect("a held class exists")
    }

    fn row_mut(&mut self, key: ClassKey) -> &mut Class {
        self.rows.at_mut(key.index()).expect("a held class exists")
    }
}

/// Whether an agent has the skills and the rank. Of agents who do not serve the queue
/// themselves the rank does not matter: a step or a figure brought them in.
fn meets(ask: &Ask, row: &AgentRow, rankless: &BitSet) -> bool {
    let ranked = ask.ranks.is_none_or(|(queue, window)| {
        rankless.contains(queue.index())
            || row.link(queue).is_none_or(|link| window.admits(link.rank))
    });
    ranked && ask.requirement.met_by(&row.profile)
}
