//! Sharing out several contacts at once for the best sum of scores.

use super::matching::Pair;
use super::router::{Oracle, Phase, Seq};

/// "Cut to ±2⁴²".
const MOST: i64 = 1 << 42;

impl Oracle {
    /// "**Together**: after `ready_all`, `set_plan` and `reconcile`, under `assign_together` =
    /// n > 1, the first up to n pairs of matching (each agent and each contact once, as if an
    /// agent took one contact; as long as the contact is waiting and its queue's
    /// `offer.parallel` is 1) are first made out, then the same contacts and agents paired for
    /// the greatest sum of scores …, and offered in that order; a pair that an earlier offer
    /// made ineligible is left out. Fewer than two pairs: nothing happens."
    pub(crate) fn assign_together(&mut self) {
        let advice = std::mem::take(&mut self.advice);
        let most = self.rules.assign_together;
        let mut pairs: Vec<Pair> = Vec::new();
        while pairs.len() < most {
            let contacts: Vec<Seq> = pairs.iter().map(|pair| pair.contact).collect();
            let agents: Vec<String> = pairs.iter().map(|pair| pair.agent.clone()).collect();
            let Some(pair) = self.next_pair(&contacts, &agents) else { break };
            let alone = self.rules_of(pair.contact).offer.parallel == 1
                && self.contact(pair.contact).phase == Phase::Waiting;
            if !alone {
                break;
            }
            pairs.push(pair);
        }
        if most < 2 || pairs.len() < 2 {
            return;
        }
        let contacts: Vec<Seq> = pairs.iter().map(|pair| pair.contact).collect();
        let agents: Vec<&str> = pairs.iter().map(|pair| pair.agent.as_str()).collect();
        let scores = self.pair_scores(&contacts, &agents);
        let (best, order) = best_sum(&scores);
        let order = self.advised(&contacts, &agents, &scores, &advice, best).unwrap_or(order);
        let chosen: Vec<(Seq, String)> = contacts
            .iter()
            .zip(order)
            .map(|(&contact, agent)| (contact, agents[agent].to_owned()))
            .collect();
        for (seq, agent) in chosen {
            let asking = self.asking(seq);
            if self.is_eligible(self.agent(&agent), &asking) {
                self.make_offer(seq, &agent);
                self.note_staff();
            }
        }
    }

    /// By contact and agent; `None` where the agent is not eligible.
    fn pair_scores(&self, contacts: &[Seq], agents: &[&str]) -> Vec<Vec<Option<i64>>> {
        let row = |&seq: &Seq| {
            let asking = self.asking(seq);
            let score = |name: &&str| {
                let agent = self.agent(name);
                let score = self.score_for(agent, &asking).clamp(-MOST, MOST);
                self.is_eligible(agent, &asking).then_some(score)
            };
            agents.iter().map(score).collect()
        };
        contacts.iter().map(row).collect()
    }

    /// Where several pairings have the greatest sum, any of them will do: the one that somebody
    /// else found, if its sum is as great.
    fn advised(
        &self,
        contacts: &[Seq],
        agents: &[&str],
        scores: &[Vec<Option<i64>>],
        advice: &[(String, String)],
        best: i64,
    ) -> Option<Vec<usize>> {
        let mut order = Vec::new();
        let mut sum = 0;
        for (row, &seq) in contacts.iter().enumerate() {
            let id = &self.contact(seq).id;
            let (_, agent) = advice.iter().find(|(contact, _)| contact == id)?;
            let at = agents.iter().position(|name| name == agent)?;
            sum += scores[row][at]?;
            order.push(at);
        }
        let mut each = order.clone();
        each.sort_unstable();
        each.dedup();
        (each.len() == order.len() && sum == best).then_some(order)
    }
}

/// The greatest sum there is, and the first pairing that has it, by trying all.
fn best_sum(scores: &[Vec<Option<i64>>]) -> (i64, Vec<usize>) {
    fn extend(
        scores: &[Vec<Option<i64>>],
        so_far: &mut Vec<usize>,
        sum: i64,
        best: &mut Option<(i64, Vec<usize>)>,
    ) {
        let Some(row) = scores.get(so_far.len()) else {
            if best.as_ref().is_none_or(|(most, _)| sum > *most) {
                *best = Some((sum, so_far.clone()));
            }
            return;
        };
        for (at, score) in row.iter().enumerate() {
            if let Some(score) = score
                && !so_far.contains(&at)
            {
                so_far.push(at);
                extend(scores, so_far, sum + score, best);
                so_far.pop();
            }
        }
    }
    let mut best = None;
    extend(scores, &mut Vec::new(), 0, &mut best);
    best.expect("the pairs as they were made out are one")
}
