//! Which of several eligible agents: a total order, so that nothing is left to the
//! order in which agents are looked at.

use core::cmp::Reverse;

use crate::plan::Strategy;
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

/// The best of `eligible` agents: the greatest score where the strategy has one, then the
/// longest idle, then the lowest row, which counts first sign-ins.
pub(super) fn choose(
    strategy: Strategy,
    eligible: impl Iterator<Item = usize>,
    idle_since: &[Timestamp],
    score: impl Fn(usize) -> u32,
) -> Option<Choice> {
    match strategy {
        Strategy::LongestIdle => {
            let (count, first) = first(eligible.map(|agent| (idle_since[agent], agent)))?;
            let (idle_since, agent) = first;
            Some(Choice { agent, eligible: count, idle_since, score: 0 })
        }
        Strategy::MostProficient => {
            let key = |agent| (Reverse(score(agent)), idle_since[agent], agent);
            let (count, (Reverse(score), idle_since, agent)) = first(eligible.map(key))?;
            Some(Choice { agent, eligible: count, idle_since, score })
        }
    }
}

/// How many keys there are, and the smallest.
fn first<K: Ord>(mut keys: impl Iterator<Item = K>) -> Option<(u32, K)> {
    let start = (1, keys.next()?);
    Some(keys.fold(start, |(count, best), key| (count + 1, best.min(key))))
}
