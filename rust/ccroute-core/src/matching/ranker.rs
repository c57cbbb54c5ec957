//! Which of several eligible agents: a total order, so that nothing is left to the
//! order in which agents are looked at.

use core::cmp::{Ordering, Reverse};

use super::index::SkillMatcher;
use super::logistic::logistic;
use crate::condition::{Comparison, Value};
use crate::draw::drawn;
use crate::ids::{AgentKey, ClassKey, QueueKey};
use crate::number::MILLION;
use crate::plan::{Ranking, Strategy};
use crate::skill::{Clause, Profile, Requirement, SkillLevel};
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
    /// The chosen one's score: levels for `most_proficient`, millionths for the other
    /// strategies that keep one, else 0.
    pub score: i64,
}

/// The best of `eligible` agents by a strategy that looks at skills and idle times alone.
pub(super) fn choose(
    strategy: Strategy,
    eligible: impl Iterator<Item = usize>,
    idle_since: &[Timestamp],
    score: impl Fn(usize) -> u32,
) -> Option<Choice> {
    if strategy == Strategy::MostProficient {
        let key = |agent| (Reverse(score(agent)), idle_since[agent], agent);
        let (count, (Reverse(score), idle_since, agent)) = first(eligible.map(key))?;
        return Some(Choice { agent, eligible: count, idle_since, score: i64::from(score) });
    }
    let (count, (idle_since, agent)) = first(eligible.map(|agent| (idle_since[agent], agent)))?;
    Some(Choice { agent, eligible: count, idle_since, score: 0 })
}

/// How many keys there are, and the smallest.
fn first<K: Ord>(mut keys: impl Iterator<Item = K>) -> Option<(u32, K)> {
    let start = (1, keys.next()?);
    Some(keys.fold(start, |(count, best), key| (count + 1, best.min(key))))
}

/// What a ranking goes by beside the agents.
#[derive(Clone, Copy, Debug)]
pub struct Ranked<'a> {
    /// The keys.
    pub ranking: &'a Ranking,
    /// The queue the contact waits in.
    pub queue: QueueKey,
    /// What it asks.
    pub class: ClassKey,
    /// Lower ranks count as this one.
    pub raise: u32,
    /// Position and row of the agent the queue offered a contact to last.
    pub turn: Option<(u32, usize)>,
    /// The seed, and how many offers were made before.
    pub draw: (u64, u64),
    /// The score of each agent by row, where the table has one for the contact's type.
    pub scores: Option<&'a [Option<i64>]>,
}

impl SkillMatcher {
    /// The best of `eligible` agents.
    pub fn choose(&self, by: &Ranked<'_>, eligible: impl Iterator<Item = usize>) -> Option<Choice> {
        let mut best: Option<(usize, u32)> = None;
        for agent in eligible {
            best = Some(match best {
                None => (agent, 1),
                Some((other, count)) if self.compare(by, agent, other) == Ordering::Less => {
                    (agent, count + 1)
                }
                Some((other, count)) => (other, count + 1),
            });
        }
        let (agent, eligible) = best?;
        let score = self.score(by, agent);
        Some(Choice { agent, eligible, idle_since: self.idle_since[agent], score })
    }

    /// Which of two agents comes first. Keys that tie leave it to the next, at last to
    /// the longest idle and then to the one known longest.
    fn compare(&self, by: &Ranked<'_>, a: usize, b: usize) -> Ordering {
        let keys = by.ranking.by.iter();
        let mut ranked = keys.map(|&key| self.value(by, key, a).cmp(&self.value(by, key, b)));
        let decided = ranked.find(|order| order.is_ne()).unwrap_or(Ordering::Equal);
        decided.then(self.idle_since[a].cmp(&self.idle_since[b])).then(a.cmp(&b))
    }

    /// What each key of a ranking makes of an agent; less is better.
    #[must_use]
    pub fn values(&self, by: &Ranked<'_>, agent: usize) -> Vec<i128> {
        by.ranking.by.iter().map(|&key| self.value(by, key, agent)).collect()
    }

    /// What an agent scores by the first key that keeps a score.
    pub(crate) fn score(&self, by: &Ranked<'_>, agent: usize) -> i64 {
        let value = by.ranking.scored().map_or(0, |key| -self.value(by, key, agent));
        i64::try_from(value.max(i64::MIN.into()).min(i64::MAX.into())).expect("clamped")
    }

    /// What a key makes of an agent; less is better.
    fn value(&self, by: &Ranked<'_>, key: Strategy, agent: usize) -> i128 {
        let row = &self.agents[agent];
        let standing = &self.standings[agent];
        let requirement = || &self.classes.ask(by.class).requirement;
        match key {
            Strategy::LongestIdle => self.idle_since[agent].micros().into(),
            Strategy::MostProficient => -i128::from(requirement().score(&row.profile.skills)),
            Strategy::LeastRecent => standing.last_worked.micros().into(),
            Strategy::LeastOccupied => match standing.room {
                0 => i128::MAX,
                room => (i128::from(standing.taken) << 64) / i128::from(room),
            },
            Strategy::FewestHandled => standing.handled.into(),
            Strategy::LeastTalkTime => standing.talked.into(),
            Strategy::WeightedScore => {
                let worth = by.ranking.weights.iter().map(|&(skill, weight)| {
                    i128::from(weight.raw()) * i128::from(row.profile.skills.level(skill))
                });
                -worth.sum::<i128>()
            }
            Strategy::BestMatch => -i128::from(best_match(requirement(), &row.profile)),
            Strategy::FewestSkills => row.profile.skills.as_slice().len() as i128,
            Strategy::LeastFlexible => standing.flexible.into(),
            Strategy::RoundRobin => {
                let place = (self.position(by.queue, agent), agent);
                let waits_a_round = by.turn.is_some_and(|turn| place <= turn);
                i128::from(waits_a_round) << 96 | ordered(place)
            }
            Strategy::Ordered => ordered((self.position(by.queue, agent), agent)),
            Strategy::LowestRank => self.rank(by, agent).into(),
            Strategy::Random => drawn(by.draw.0, by.draw.1, agent as u64).into(),
            Strategy::WeightedRandom => {
                let number = i128::from(drawn(by.draw.0, by.draw.1, agent as u64));
                number * (1 + i128::from(self.rank(by, agent)))
            }
            Strategy::Scores => match by.scores {
                None => 0,
                Some(scores) => {
                    let score = scores.get(agent).copied().flatten();
                    score.map_or(i128::MAX, |score| -i128::from(score))
                }
            },
        }
    }

    /// The rank of an agent for a contact, as far as ranks count.
    #[must_use]
    pub fn rank(&self, by: &Ranked<'_>, agent: usize) -> u32 {
        if self.classes.is_rankless(by.queue) {
            return 0;
        }
        self.link_for(by.queue, by.class, agent).map_or(0, |link| link.rank).max(by.raise)
    }

    /// What `round_robin` remembers of an agent.
    #[must_use]
    pub fn turn(&self, queue: QueueKey, agent: AgentKey) -> (u32, usize) {
        (self.position(queue, agent.index()), agent.index())
    }

    fn position(&self, queue: QueueKey, agent: usize) -> u32 {
        self.agents[agent].link(queue).map_or(u32::MAX, |link| link.position)
    }
}

fn ordered((position, agent): (u32, usize)) -> i128 {
    i128::from(position) << 64 | agent as i128
}

/// The mean over the criteria, in millionths: one that asks for equality counts one if it is
/// met, one with a bound by the logistic function of the distance from it over the bound.
fn best_match(requirement: &Requirement, agent: &Profile) -> i64 {
    let level = |need: &SkillLevel| i64::from(agent.skills.level(need.skill));
    let beyond =
        |need: &SkillLevel| logistic(level(need) - i64::from(need.level), need.level.into());
    let below =
        |need: &SkillLevel| logistic(i64::from(need.level) - level(need), need.level.into());
    let mut scores: Vec<i64> = requirement.all_of.iter().map(beyond).collect();
    scores.extend(requirement.any_of.iter().filter_map(|group| group.iter().map(beyond).max()));
    scores.extend(requirement.none_of.iter().map(below));
    for asked in &requirement.wheres {
        criteria(&asked.clause, agent, &mut scores);
    }
    if scores.is_empty() {
        return MILLION;
    }
    let count = i64::try_from(scores.len()).expect("few criteria");
    (scores.iter().sum::<i64>() + count / 2) / count
}

fn criteria(clause: &Clause, agent: &Profile, scores: &mut Vec<i64>) {
    let bound = |how: Comparison, held: i64, bound: i64| match how {
        Comparison::AtLeast | Comparison::Greater => logistic(held.saturating_sub(bound), bound),
        Comparison::AtMost | Comparison::Less => logistic(bound.saturating_sub(held), bound),
        Comparison::Equal | Comparison::NotEqual => {
            if how.holds(&held, &bound) {
                MILLION
            } else {
                0
            }
        }
    };
    match clause {
        Clause::All(parts) => parts.iter().for_each(|part| criteria(part, agent, scores)),
        Clause::Skill(skill, how, level) => {
            scores.push(bound(*how, agent.skills.level(*skill).into(), *level));
        }
        Clause::Label(name, how, Value::Number(number)) => match agent.labels.get(name) {
            Some(Value::Number(held)) => scores.push(bound(*how, *held, *number)),
            Some(Value::Flag(_) | Value::Text(_)) | None => scores.push(0),
        },
        Clause::Always => {}
        Clause::Never
        | Clause::Label(..)
        | Clause::LabelText(..)
        | Clause::HasLabel(_)
        | Clause::Name(..)
        | Clause::Not(_)
        | Clause::Any(_) => scores.push(if clause.met_by(agent) { MILLION } else { 0 }),
    }
}
