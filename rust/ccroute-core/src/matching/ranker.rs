//! Which of several eligible agents: a total order, so that nothing is left to the
//! order in which agents are looked at.

use crate::plan::Strategy;
use crate::skill::{Requirement, SkillSet};
use crate::time::Timestamp;

/// An agent who was chosen, with what decided it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    /// The agent's row.
    pub agent: usize,
    /// How many were eligible, this one included.
    pub eligible: u32,
    /// Since when the chosen one has been idle.
    pub idle_since: Timestamp,
    /// The chosen one's score; 0 where the strategy keeps none.
    pub score: u32,
}

/// What agents are compared by: greater score first, then longer idle, then the row,
/// which counts first sign-ins.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct RankKey {
    missing_score: u32,
    idle_since: Timestamp,
    agent: usize,
}

impl RankKey {
    pub(super) fn new(
        strategy: Strategy,
        requirement: &Requirement,
        skills: &SkillSet,
        idle_since: Timestamp,
        agent: usize,
    ) -> Self {
        let score = match strategy {
            Strategy::LongestIdle => 0,
            Strategy::MostProficient => requirement.score(skills),
        };
        Self { missing_score: u32::MAX - score, idle_since, agent }
    }

    pub(super) fn chosen(self, eligible: u32) -> Choice {
        let Self { missing_score, idle_since, agent } = self;
        Choice { agent, eligible, idle_since, score: u32::MAX - missing_score }
    }
}
