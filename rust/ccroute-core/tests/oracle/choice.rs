//! Who takes it: the keys of the strategies, draws, and scores.

use std::cmp::Ordering;

use ccroute_core::{MILLION, Strategy};

use super::asking::Asking;
use super::eligibility::{capacity, preference};
use super::router::{Agent, Contact, Oracle, Seq};

impl Oracle {
    /// "Of several agents whose turn a contact is, first those it prefers most: if any of them
    /// is preferred by the contact, only those of the greatest score stay. Among these the
    /// queue's `strategy` keys decide in order, then the least `idle_since`, then who has been
    /// known longest."
    pub(crate) fn best<'a>(&self, asking: &Asking<'_>, agents: &[&'a Agent]) -> &'a Agent {
        let liked = |agent: &&Agent| preference(asking.contact, &agent.name);
        let most = agents.iter().filter_map(liked).max();
        let mut left: Vec<&Agent> = agents.to_vec();
        left.retain(|agent| most.is_none() || liked(agent) == most);
        let keys = &self.rules_for(asking.contact).keys;
        let goes_first = |a: &&Agent, b: &&Agent| {
            let by_keys = keys.iter().fold(Ordering::Equal, |decided, &key| {
                decided.then_with(|| self.by_key(key, asking, a, b))
            });
            by_keys
                .then(a.idle_since.cmp(&b.idle_since))
                .then(self.place(&a.name).cmp(&self.place(&b.name)))
        };
        left.into_iter().min_by(goes_first).expect("somebody has the turn")
    }

    /// An agent's "place in the order of becoming known, from 0".
    fn place(&self, name: &str) -> usize {
        self.agents.iter().position(|agent| agent.name == name).expect("a known agent")
    }

    fn by_key(&self, key: Strategy, asking: &Asking<'_>, a: &Agent, b: &Agent) -> Ordering {
        /// Least first, or greatest first.
        fn least<K: Ord>(of: impl Fn(&Agent) -> K, a: &Agent, b: &Agent) -> Ordering {
            of(a).cmp(&of(b))
        }
        fn most<K: Ord>(of: impl Fn(&Agent) -> K, a: &Agent, b: &Agent) -> Ordering {
            of(b).cmp(&of(a))
        }
        match key {
            Strategy::LongestIdle => least(|agent| agent.idle_since, a, b),
            Strategy::MostProficient => most(|agent| asking.need.proficiency(agent), a, b),
            // "Who had none, first of all."
            Strategy::LeastRecent => least(|agent| agent.gave_back, a, b),
            Strategy::LeastOccupied => self.less_occupied(a, b),
            Strategy::FewestHandled => least(|agent| agent.handled, a, b),
            Strategy::LeastTalkTime => least(|agent| agent.talked, a, b),
            Strategy::WeightedScore => most(|agent| self.weighted(agent, asking.contact), a, b),
            Strategy::BestMatch => most(|agent| asking.need.match_score(agent), a, b),
            Strategy::FewestSkills => least(skills, a, b),
            Strategy::LeastFlexible => least(|agent| agent.flexible, a, b),
            // "After whom the queue made its last offer, by (position, known longest), in a
            // circle".
            Strategy::RoundRobin => {
                let queue = &asking.contact.queue;
                let last = self.last_offered.iter().find(|(named, _)| named == queue);
                let key = |agent: &Agent| {
                    let (position, place) = self.position(agent, asking.contact);
                    let here = (position.is_none(), position, place);
                    let before = last.is_some_and(|&(_, (position, place))| {
                        here <= (position.is_none(), position, place)
                    });
                    (before, here)
                };
                least(key, a, b)
            }
            Strategy::Ordered => {
                let key = |agent: &Agent| {
                    let (position, place) = self.position(agent, asking.contact);
                    (position.is_none(), position, place)
                };
                least(key, a, b)
            }
            Strategy::LowestRank => least(|agent| self.rank(agent, asking), a, b),
            Strategy::Random => least(|agent| self.draw_of(agent), a, b),
            // "The least draw × (1 + rank)".
            Strategy::WeightedRandom => {
                let weighed = |agent: &Agent| {
                    u128::from(self.draw_of(agent)) * (1 + u128::from(self.rank(agent, asking)))
                };
                least(weighed, a, b)
            }
            // "Who has none there goes last."
            Strategy::Scores => most(|agent| self.table_score(agent, asking.contact), a, b),
        }
    }

    /// "*Position* is that of the link to the contact's own queue; without one, after all
    /// others"; and "known longest".
    pub(crate) fn position(&self, agent: &Agent, contact: &Contact) -> (Option<u32>, usize) {
        (agent.link(&contact.queue).map(|link| link.position), self.place(&agent.name))
    }

    /// "The least used / room: Σ used × cost over the budget, or, without a budget, Σ used over
    /// Σ capacity, of all channels. Without room: last."
    fn less_occupied(&self, a: &Agent, b: &Agent) -> Ordering {
        let share = |agent: &Agent| match agent.budget.or(self.rules.capacity.budget) {
            Some(budget) => (self.budget_used(agent), u64::from(budget)),
            None => {
                let channels = self.rules.channels.iter();
                let used =
                    channels.clone().map(|on| self.slots_used(&agent.name, on)).sum::<usize>();
                let room = channels.map(|on| capacity(agent, on)).sum::<usize>();
                (used as u64, room as u64)
            }
        };
        let ((used, room), (other, others)) = (share(a), share(b));
        match (room, others) {
            (0, 0) => Ordering::Equal,
            (0, _) => Ordering::Greater,
            (_, 0) => Ordering::Less,
            (room, others) => (used * others).cmp(&(other * room)),
        }
    }

    /// "The decision is the number of offers made so far, the one the agent's place in the
    /// order of becoming known, from 0."
    fn draw_of(&self, agent: &Agent) -> u64 {
        draw(self.rules.seed, self.offers_made as u64, self.place(&agent.name) as u64)
    }

    /// "The greatest Σ weight × level over the queue's `weights`".
    fn weighted(&self, agent: &Agent, contact: &Contact) -> i64 {
        let weights = self.rules_for(contact).weights.iter();
        weights.map(|(skill, weight)| weight.raw() * agent.proficiency(skill)).sum()
    }

    /// "The greatest score of the queue's table for the contact's type …. A table that is
    /// absent, expired or without the type ties all".
    pub(crate) fn table_score(&self, agent: &Agent, contact: &Contact) -> Option<i64> {
        let rows = self.table_rows(contact)?;
        rows.into_iter().rev().find(|(name, _)| *name == agent.name).map(|(_, score)| score)
    }

    /// "The agent's score for the contact (`most_proficient`, in whole points; or
    /// `weighted_score`, `best_match`, `scores`: the first of these among the queue's keys;
    /// else 0)".
    pub(crate) fn score_for(&self, agent: &Agent, asking: &Asking<'_>) -> i64 {
        for key in &self.rules_for(asking.contact).keys {
            match key {
                Strategy::MostProficient => return asking.need.proficiency(agent) * MILLION,
                Strategy::WeightedScore => return self.weighted(agent, asking.contact),
                Strategy::BestMatch => return asking.need.match_score(agent),
                Strategy::Scores => {
                    return self.table_score(agent, asking.contact).unwrap_or_default();
                }
                Strategy::LongestIdle
                | Strategy::LeastRecent
                | Strategy::LeastOccupied
                | Strategy::FewestHandled
                | Strategy::LeastTalkTime
                | Strategy::FewestSkills
                | Strategy::LeastFlexible
                | Strategy::RoundRobin
                | Strategy::Ordered
                | Strategy::LowestRank
                | Strategy::Random
                | Strategy::WeightedRandom => {}
            }
        }
        0
    }

    /// "Each offer made so counts as a fallback of the table."
    pub(crate) fn count_fallback(&mut self, seq: Seq) {
        let rules = self.rules_of(seq);
        let Some(table) = rules.table.clone().filter(|_| rules.keys.contains(&Strategy::Scores))
        else {
            return;
        };
        if self.table_rows(self.contact(seq)).is_some() {
            return;
        }
        match self.fallbacks.iter_mut().find(|(named, _)| *named == table) {
            Some((_, count)) => *count += 1,
            None => self.fallbacks.push((table, 1)),
        }
    }
}

/// How many skills an agent has.
fn skills(agent: &Agent) -> usize {
    let mut skills: Vec<&String> = agent.skills.iter().map(|(skill, _)| skill).collect();
    skills.sort();
    skills.dedup();
    skills.len()
}

/// "A *draw* for a decision and one of those it is about is `mix(mix(mix(seed) ^ decision) ^
/// one)` in 64 bits, `mix` being a step of SplitMix64."
pub(crate) fn draw(seed: u64, decision: u64, one: u64) -> u64 {
    fn mix(state: u64) -> u64 {
        let z = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    mix(mix(mix(seed) ^ decision) ^ one)
}
