//! Which of several eligible agents: the keys they are ranked by, one after the other.

use serde::{Deserialize, Serialize};

use crate::event::words;
use crate::ids::{SkillKey, TableKey};
use crate::number::Millionths;

words!(
    /// One key to rank eligible agents by; ties go to the next key, at last to the
    /// longest idle and then to the agent known longest.
    #[derive(Default)]
    Strategy {
        /// Who has been idle longest.
        #[default]
        LongestIdle = "longest_idle",
        /// The highest sum of proficiencies in the skills asked for.
        MostProficient = "most_proficient",
        /// Whose last conversation ended longest ago; who had none comes first.
        LeastRecent = "least_recent",
        /// The least share of the agent's room taken: of the budget, or of all slots.
        LeastOccupied = "least_occupied",
        /// The fewest conversations so far.
        FewestHandled = "fewest_handled",
        /// The least time in conversations so far.
        LeastTalkTime = "least_talk_time",
        /// The highest sum of proficiencies, each times the weight the queue gives it.
        WeightedScore = "weighted_score",
        /// How far beyond what is asked: the mean over the criteria of a logistic score.
        BestMatch = "best_match",
        /// The fewest skills: specialists before generalists.
        FewestSkills = "fewest_skills",
        /// The fewest queues the agent could take contacts of at their first step.
        LeastFlexible = "least_flexible",
        /// In a circle, beginning behind whom the queue offered a contact to last.
        RoundRobin = "round_robin",
        /// Always from the top: by position, then by who has been known longest.
        Ordered = "ordered",
        /// The lowest rank of the agent's link to the queue: tier, or penalty.
        LowestRank = "lowest_rank",
        /// Anyone, all alike.
        Random = "random",
        /// Anyone, the likelier the lower the rank.
        WeightedRandom = "weighted_random",
        /// The highest score in the queue's table for the contact's type.
        Scores = "scores",
    }
);

/// The keys a queue ranks agents by, and what they need.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ranking {
    /// The keys, the first one first.
    pub by: Vec<Strategy>,
    /// For `weighted_score`: what a level of a skill is worth.
    pub weights: Vec<(SkillKey, Millionths)>,
    /// For `scores`: the table.
    pub table: Option<TableKey>,
}

impl Ranking {
    /// Whether agents are ranked by `strategy`, first or later.
    #[must_use]
    pub fn uses(&self, strategy: Strategy) -> bool {
        self.by.contains(&strategy)
    }

    /// The first key that keeps a score.
    #[must_use]
    pub fn scored(&self) -> Option<Strategy> {
        const SCORED: [Strategy; 4] = [
            Strategy::MostProficient,
            Strategy::WeightedScore,
            Strategy::BestMatch,
            Strategy::Scores,
        ];
        self.by.iter().find(|key| SCORED.contains(key)).copied()
    }

    /// The one key, when there is one only.
    #[must_use]
    pub fn only(&self) -> Option<Strategy> {
        match *self.by {
            [only] => Some(only),
            [..] => None,
        }
    }
}

impl Default for Ranking {
    fn default() -> Self {
        Strategy::LongestIdle.into()
    }
}

impl From<Strategy> for Ranking {
    fn from(strategy: Strategy) -> Self {
        Self { by: vec![strategy], weights: Vec::new(), table: None }
    }
}
