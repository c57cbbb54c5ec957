//! Skills, proficiency and what a contact requires. Who meets what at scale is
//! `matching`'s business; here is only the meaning.

use serde::{Deserialize, Serialize};

use crate::ids::SkillKey;

/// The strongest proficiency; the weakest is 1.
pub const MAX_LEVEL: u8 = 10;

/// A skill at a least proficiency (in a requirement) or at a proficiency (of an agent).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct SkillLevel {
    /// Which ability.
    pub skill: SkillKey,
    /// 1–10, higher is better.
    pub level: u8,
}

impl SkillLevel {
    /// The proficiencies there are.
    pub const VALID: core::ops::RangeInclusive<u8> = 1..=MAX_LEVEL;
}

/// What an agent must be able to do to take a contact: all of these, at least one
/// of each group, none of those.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Requirement {
    /// Every one of these, at the level or better.
    pub all_of: Vec<SkillLevel>,
    /// Of every group at least one, at the level or better.
    pub any_of: Vec<Vec<SkillLevel>>,
    /// None of these at the level or better.
    pub none_of: Vec<SkillLevel>,
}

/// An agent's skills, sorted by key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SkillSet(Vec<SkillLevel>);

impl SkillSet {
    /// A set of skills; the last mention of a skill wins.
    #[must_use]
    pub fn new(skills: &[SkillLevel]) -> Self {
        let mut sorted: Vec<SkillLevel> = skills.to_vec();
        sorted.reverse();
        sorted.sort_by_key(|held| held.skill);
        sorted.dedup_by_key(|held| held.skill);
        Self(sorted)
    }

    /// The proficiency in `skill`; 0 without it.
    #[must_use]
    pub fn level(&self, skill: SkillKey) -> u8 {
        self.0.binary_search_by_key(&skill, |held| held.skill).map_or(0, |at| self.0[at].level)
    }

    /// The skills, by key.
    #[must_use]
    pub fn as_slice(&self) -> &[SkillLevel] {
        &self.0
    }
}

impl Requirement {
    /// The same requirement in the one form that equal requirements share: sorted,
    /// without repetitions, the stricter of two mentions kept.
    #[must_use]
    pub fn canonical(mut self) -> Self {
        strictest(&mut self.all_of, true);
        strictest(&mut self.none_of, false);
        for group in &mut self.any_of {
            strictest(group, false);
        }
        self.any_of.sort();
        self.any_of.dedup();
        self
    }

    /// Both requirements at once.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let mut both = self.clone();
        both.all_of.extend(&other.all_of);
        both.any_of.extend(other.any_of.iter().cloned());
        both.none_of.extend(&other.none_of);
        both.canonical()
    }

    /// Whether somebody with `skills` meets it.
    #[must_use]
    pub fn met_by(&self, skills: &SkillSet) -> bool {
        let has = |need: &SkillLevel| skills.level(need.skill) >= need.level;
        self.all_of.iter().all(has)
            && self.any_of.iter().all(|group| group.iter().any(has))
            && !self.none_of.iter().any(has)
    }

    /// How well somebody with `skills` suits it: the sum of the proficiencies in the
    /// skills of `all_of` plus, of every group of `any_of`, the best one.
    #[must_use]
    pub fn score(&self, skills: &SkillSet) -> u32 {
        let level = |need: &SkillLevel| u32::from(skills.level(need.skill));
        let all: u32 = self.all_of.iter().map(level).sum();
        let any: u32 = self.any_of.iter().filter_map(|group| group.iter().map(level).max()).sum();
        all + any
    }

    /// Every (skill, least level) it mentions.
    pub fn mentions(&self) -> impl Iterator<Item = SkillLevel> + '_ {
        let any = self.any_of.iter().flatten();
        self.all_of.iter().chain(any).chain(&self.none_of).copied()
    }
}

/// Sorts and keeps one mention a skill: the higher level where `high`, else the lower.
fn strictest(needs: &mut Vec<SkillLevel>, high: bool) {
    needs.sort_by_key(|need| (need.skill, if high { u8::MAX - need.level } else { need.level }));
    needs.dedup_by_key(|need| need.skill);
}
