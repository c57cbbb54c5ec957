//! Sharing out: when several agents become free at once, the contacts that are served
//! and the agents who serve are those of matching one after the other; who takes which
//! is chosen for the best total score.

use std::collections::BTreeMap;

use pathfinding::kuhn_munkres::kuhn_munkres;
use pathfinding::matrix::Matrix;

use super::Router;
use super::explain::How;
use super::precedence::{Scarce, Turn};
use super::state::Phase;
use crate::bitset::BitSet;
use crate::ids::{AgentKey, ContactKey};
use crate::matching::Choice;

/// Who may not take a contact costs more than the scores of 100 pairs could gain.
const NEVER: i64 = -(1 << 52);

/// Scores beyond this count as this.
const GREATEST: i64 = 1 << 42;

impl Router {
    /// Makes the first offers of a change that touched many, for the best total score
    /// where the plan says so. What is left is matched one after the other.
    pub(super) fn share_out(&mut self) {
        let pairs = self.in_turn(self.plan.assign_together as usize);
        if pairs.len() < 2 {
            return;
        }
        for (contact, agent) in self.best_total(&pairs) {
            let eligible = self.eligible(contact);
            // An offer before may have used up what agents of a queue must leave free.
            if eligible.contains(agent.index()) {
                let only: BitSet = [agent.index()].into_iter().collect();
                let choice = self.best_of(contact, &only).expect("there is one");
                let eligible = u32::try_from(eligible.len()).expect("keys count in 32 bits");
                self.make_offer(contact, Choice { eligible, ..choice }, How::Together);
            }
        }
    }

    /// The pairs that matching one after the other would come to, each agent and each
    /// contact once, as long as contacts are for one agent each.
    fn in_turn(&mut self, most: usize) -> Vec<(ContactKey, AgentKey)> {
        let mut pairs: Vec<(ContactKey, AgentKey)> = Vec::new();
        let mut turns: BTreeMap<AgentKey, Turn> = BTreeMap::new();
        let concerned = self.concerned();
        self.note_turns(&concerned, &mut turns);
        while pairs.len() < most {
            let Some(first) = turns.values().min_by_key(|turn| turn.precedence) else { break };
            let key = first.contact;
            let contact = self.contact(key);
            if self.rules(contact).offer.parallel != 1 || contact.phase != Phase::Waiting {
                break;
            }
            let those = turns.iter().filter(|(_, turn)| turn.contact == key);
            let in_turn: BitSet = those.map(|(agent, _)| agent.index()).collect();
            let choice = self.best_of(key, &in_turn).expect("it is somebody's turn");
            pairs.push((key, AgentKey::new(choice.agent)));
            turns.remove(&AgentKey::new(choice.agent));
            // Whoever might have taken it has another first contact now.
            let mut others = self.eligible(key);
            self.set_aside.insert(self.contact(key).sequence);
            for agent in others.iter().collect::<Vec<_>>() {
                let is_free = turns.contains_key(&AgentKey::new(agent));
                others.set(agent, is_free);
            }
            self.note_turns(&others, &mut turns);
        }
        self.set_aside.clear();
        pairs
    }

    fn note_turns(&self, agents: &BitSet, turns: &mut BTreeMap<AgentKey, Turn>) {
        let mut scarce = Scarce::default();
        for agent in agents.iter().map(AgentKey::new) {
            match self.turn_of(agent, &mut scarce) {
                Some(turn) => turns.insert(agent, turn),
                None => turns.remove(&agent),
            };
        }
    }

    /// The same contacts and agents, paired for the greatest sum of scores.
    fn best_total(&self, pairs: &[(ContactKey, AgentKey)]) -> Vec<(ContactKey, AgentKey)> {
        let rows = pairs.iter().map(|&(key, _)| {
            let (contact, eligible) = (self.contact(key), self.eligible(key));
            let score = |&(_, agent): &(ContactKey, AgentKey)| {
                if eligible.contains(agent.index()) {
                    self.suits(contact, agent).clamp(-GREATEST, GREATEST)
                } else {
                    NEVER
                }
            };
            pairs.iter().map(score).collect::<Vec<i64>>()
        });
        let scores = Matrix::from_rows(rows).expect("rows of one length");
        let (_, chosen) = kuhn_munkres(&scores);
        let paired = pairs.iter().zip(chosen);
        paired.map(|(&(contact, _), column)| (contact, pairs[column].1)).collect()
    }
}
