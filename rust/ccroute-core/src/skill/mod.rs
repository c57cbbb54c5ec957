//! Skills, proficiency, labels, and what a contact requires of them. Who meets what at
//! scale is `matching`'s business; here is only the meaning.

mod clause;

use serde::{Deserialize, Serialize};

use crate::condition::Value;
use crate::ids::SkillKey;

pub use clause::{Clause, Where};

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
/// of each group, none of those, and whatever the conditions say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Requirement {
    /// Every one of these, at the level or better.
    pub all_of: Vec<SkillLevel>,
    /// Of every group at least one, at the level or better.
    pub any_of: Vec<Vec<SkillLevel>>,
    /// None of these at the level or better.
    pub none_of: Vec<SkillLevel>,
    /// Conditions on skills and labels; every one must hold.
    pub wheres: Vec<Where>,
}

/// How a requirement eases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Relax {
    /// The skill no longer matters.
    Drop(SkillKey),
    /// The skill is needed at this level only (where more was asked).
    Lower(SkillLevel),
}

/// What is known of an agent beside skills: words and numbers by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Labels(Vec<(Box<str>, Value)>);

impl Labels {
    /// These labels; the last mention of a name wins.
    #[must_use]
    pub fn new<'l>(labels: impl IntoIterator<Item = (&'l str, Value)>) -> Self {
        let mut sorted: Vec<(Box<str>, Value)> =
            labels.into_iter().map(|(name, value)| (name.into(), value)).collect();
        sorted.reverse();
        sorted.sort_by(|a, b| a.0.cmp(&b.0));
        sorted.dedup_by(|a, b| a.0 == b.0);
        Self(sorted)
    }

    /// The value of a label.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        let at = self.0.binary_search_by(|(known, _)| (**known).cmp(name)).ok()?;
        Some(&self.0[at].1)
    }

    /// All of them, by name.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (&**name, value))
    }
}

/// What requirements look at in an agent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// The agent's name; empty where nobody asks for it.
    pub name: Box<str>,
    /// What the agent can do.
    pub skills: SkillSet,
    /// What else is known.
    pub labels: Labels,
}

impl From<SkillSet> for Profile {
    fn from(skills: SkillSet) -> Self {
        Self { skills, ..Self::default() }
    }
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
        self.wheres.sort();
        self.wheres.dedup();
        self
    }

    /// Both requirements at once.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let mut both = self.clone();
        both.all_of.extend(&other.all_of);
        both.any_of.extend(other.any_of.iter().cloned());
        both.none_of.extend(&other.none_of);
        both.wheres.extend(other.wheres.iter().cloned());
        both.canonical()
    }

    /// Whether nothing is asked.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.all_of.is_empty()
            && self.any_of.is_empty()
            && self.none_of.is_empty()
            && self.wheres.is_empty()
    }

    /// Whether somebody meets it.
    #[must_use]
    pub fn met_by(&self, agent: &Profile) -> bool {
        let has = |need: &SkillLevel| agent.skills.level(need.skill) >= need.level;
        self.all_of.iter().all(has)
            && self.any_of.iter().all(|group| group.iter().any(has))
            && !self.none_of.iter().any(has)
            && self.wheres.iter().all(|condition| condition.clause.met_by(agent))
    }

    /// The requirement as one step leaves it.
    #[must_use]
    pub fn relaxed(&self, relax: &[Relax]) -> Self {
        let mut eased = self.clone();
        for rule in relax {
            match *rule {
                Relax::Drop(skill) => {
                    eased.all_of.retain(|need| need.skill != skill);
                    // A group that loses a member asks for nothing any more: the step
                    // must widen, and fewer alternatives would narrow.
                    eased.any_of.retain(|group| group.iter().all(|need| need.skill != skill));
                    eased.none_of.retain(|need| need.skill != skill);
                }
                Relax::Lower(to) => {
                    let groups = eased.any_of.iter_mut().flatten();
                    for need in eased.all_of.iter_mut().chain(groups) {
                        if need.skill == to.skill {
                            need.level = need.level.min(to.level);
                        }
                    }
                }
            }
            for condition in &mut eased.wheres {
                condition.clause.relax(*rule, true);
            }
            eased.wheres.retain(|condition| condition.clause != Clause::Always);
        }
        eased.canonical()
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
