//! Interned requirements ("classes") and which agents are able to meet each.
//!
//! Contacts that ask for the same share a class, so that a decision ANDs one ready
//! bit set instead of evaluating a requirement per agent.

use rustc_hash::FxHashMap;

use crate::bitset::BitSet;
use crate::ids::{ClassKey, SkillKey};
use crate::skill::{MAX_LEVEL, Requirement, SkillLevel, SkillSet};
use crate::slab::Slab;

/// Agents at or above a proficiency, one set per level.
#[derive(Clone, Debug, Default)]
struct SkillHolders {
    at_least: [BitSet; MAX_LEVEL as usize],
}

#[derive(Clone, Debug)]
struct Class {
    requirement: Requirement,
    able: BitSet,
    users: u32,
}

/// All requirements in use. A class lives as long as somebody holds it.
#[derive(Clone, Debug, Default)]
pub(super) struct Classes {
    rows: Slab<Class>,
    by_requirement: FxHashMap<Requirement, ClassKey>,
    holders: Vec<SkillHolders>,
    everyone: BitSet,
}

impl Classes {
    /// The class of `requirement` (in canonical form), held once more.
    pub(super) fn hold(&mut self, requirement: &Requirement) -> ClassKey {
        if let Some(&key) = self.by_requirement.get(requirement) {
            self.row_mut(key).users += 1;
            return key;
        }
        let able = self.able(requirement);
        let class = Class { requirement: requirement.clone(), able, users: 1 };
        let (index, _) = self.rows.insert(class);
        let key = ClassKey::new(index as usize);
        self.by_requirement.insert(requirement.clone(), key);
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
        self.by_requirement.remove(&class.requirement);
        true
    }

    pub(super) fn is_held(&self, key: ClassKey) -> bool {
        self.rows.at(key.index()).is_some()
    }

    pub(super) fn requirement(&self, key: ClassKey) -> &Requirement {
        &self.row(key).requirement
    }

    pub(super) fn able_set(&self, key: ClassKey) -> &BitSet {
        &self.row(key).able
    }

    /// Holds a class once more.
    pub(super) fn hold_again(&mut self, key: ClassKey) {
        self.row_mut(key).users += 1;
    }

    /// Brings an agent's new skills into every set.
    pub(super) fn set_skills(&mut self, agent: usize, old: &SkillSet, new: &SkillSet) {
        self.mark(agent, old.as_slice(), false);
        self.mark(agent, new.as_slice(), true);
        self.everyone.set(agent, true);
        for class in self.rows.iter_mut() {
            class.able.set(agent, class.requirement.met_by(new));
        }
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

    fn able(&self, requirement: &Requirement) -> BitSet {
        let mut able = self.everyone.clone();
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
