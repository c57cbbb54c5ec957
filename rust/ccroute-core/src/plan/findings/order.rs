//! Rules that come too late or never hold, and ranks that decide twice.

use super::{FindingCode, Findings, Place, Severity};
use crate::condition::{Condition, Node};
use crate::plan::{Ranking, Strategy};

impl Findings<'_> {
    pub(super) fn look_at_order(&mut self) {
        self.rules();
        self.steps();
        self.ranks();
        self.unused();
    }

    fn rules(&mut self) {
        let rules = &self.plan.classification.rules;
        for (at, rule) in rules.iter().enumerate() {
            let place = Place::default().key("classification").key("rules").item(at);
            let before = rules[..at]
                .iter()
                .position(|earlier| hides(earlier.when.as_ref(), rule.when.as_ref()));
            if let Some(before) = before {
                let name = rules[before].name.clone().unwrap_or_else(|| (before + 1).to_string());
                let message =
                    format!("can never match: rule {name} before it takes all of its contacts");
                self.add(Severity::Error, FindingCode::NeverMatches, place, message);
            } else if rule.when.as_ref().is_some_and(Condition::never_holds) {
                let message = "can never match: its condition holds for no contact";
                self.add(Severity::Warning, FindingCode::NeverMatches, place.key("when"), message);
            }
        }
        for (at, entry) in self.plan.classification.attach.iter().enumerate() {
            if entry.when.as_ref().is_some_and(Condition::never_holds) {
                let place = Place::default().key("classification").key("attach").item(at);
                let message = "never applies: its condition holds for no contact";
                self.add(Severity::Warning, FindingCode::NeverMatches, place.key("when"), message);
            }
        }
    }

    fn steps(&mut self) {
        let mut found = Vec::new();
        for (key, queue) in self.queues() {
            for (number, step) in (0..).zip(&queue.escalation) {
                let place = self.place_of(key).key("escalation").item(number);
                let never =
                    |when: &Option<Condition>| when.as_ref().is_some_and(Condition::never_holds);
                if never(&step.only_if) {
                    found.push((
                        place.key("if"),
                        "the step is always passed over: this never holds",
                    ));
                } else if never(&step.when) {
                    found.push((place.key("when"), "never makes the step due: this never holds"));
                }
            }
        }
        for (place, message) in found {
            self.add(Severity::Warning, FindingCode::NeverMatches, place, message);
        }
    }

    /// Ranks that choose among agents as penalties do, in a plan in which they also say
    /// which queue an agent serves first.
    fn ranks(&mut self) {
        let ranked = |ranking: &Ranking| {
            ranking.uses(Strategy::LowestRank) || ranking.uses(Strategy::WeightedRandom)
        };
        let used =
            self.plan.agents.iter().flat_map(|agent| &agent.queues).any(|link| link.rank > 0);
        let queues: Vec<_> = self
            .queues()
            .filter(|(_, queue)| ranked(&queue.strategy))
            .map(|(key, _)| key)
            .collect();
        if !self.plan.order.ranked || !used || queues.is_empty() || self.plan.queues.len() < 2 {
            return;
        }
        let message = "ranks choose the agent here, and by `order.ranked` also which queue an \
                       agent serves first; for penalties or tiers set `order.ranked = false`";
        for queue in queues {
            let place = self.place_of(queue).key("strategy");
            self.add(Severity::Warning, FindingCode::RanksDecideTwice, place, message);
        }
    }

    fn unused(&mut self) {
        let plan = self.plan;
        for (index, name) in plan.table_names.iter().enumerate() {
            let used = plan
                .queues
                .iter()
                .any(|queue| queue.strategy.table.is_some_and(|table| table.index() == index));
            if !used {
                let place = Place::default().key("scores").key(name);
                self.add(Severity::Note, FindingCode::Unused, place, "no queue goes by it");
            }
        }
        for (index, name) in plan.calendar_names.iter().enumerate() {
            let used = plan
                .queues
                .iter()
                .any(|queue| queue.hours.is_some_and(|hours| hours.calendar.index() == index));
            if !used {
                let place = Place::default().key("calendars").key(name);
                self.add(Severity::Note, FindingCode::Unused, place, "no queue has these hours");
            }
        }
    }
}

/// Whether whatever meets the later condition meets the earlier one.
fn hides(earlier: Option<&Condition>, later: Option<&Condition>) -> bool {
    match (earlier, later) {
        (None, _) => true,
        (Some(earlier), _) if earlier.always_holds() => true,
        (Some(_), None) => false,
        (Some(earlier), Some(later)) => {
            let asked = parts(later.root());
            parts(earlier.root()).iter().all(|part| asked.contains(part))
        }
    }
}

fn parts(node: &Node) -> Vec<&Node> {
    if let Node::All(parts) = node { parts.iter().collect() } else { vec![node] }
}
