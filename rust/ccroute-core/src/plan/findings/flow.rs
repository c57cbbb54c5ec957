//! Where contacts go: in circles, or nowhere at all.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::{FindingCode, Findings, Place, Severity};
use crate::ids::QueueKey;
use crate::plan::{Action, QueuePlan, Step};

/// A way from a queue to another.
struct Way {
    to: QueueKey,
    /// Whether it is taken by every contact that waits long enough.
    always: bool,
    /// The key that says so.
    place: Place,
}

impl Findings<'_> {
    pub(super) fn look_at_flow(&mut self) {
        self.circles();
        self.endless_waits();
    }

    /// Circles of ways that lead from queue to queue.
    fn circles(&mut self) {
        let ways: Vec<Vec<Way>> =
            (0..self.plan.queues.len()).map(|index| self.ways_from(QueueKey::new(index))).collect();
        let mut told: Vec<Vec<QueueKey>> = Vec::new();
        for start in (0..ways.len()).map(QueueKey::new) {
            for always in [true, false] {
                let Some(circle) = circle(&ways, start, always) else { continue };
                let mut members: Vec<QueueKey> = circle.clone();
                members.sort_unstable();
                if told.contains(&members) {
                    continue;
                }
                told.push(members);
                let names: Vec<&str> =
                    circle.iter().chain([&start]).map(|queue| self.name(*queue)).collect();
                let round = names.join(" → ");
                let next = circle.get(1).copied().unwrap_or(start);
                let way = ways[start.index()].iter().find(|way| way.to == next);
                let place = way.expect("the circle begins with it").place.clone();
                let (severity, message) = if always {
                    let message = format!("contacts go round: {round}; let one of the steps `end`");
                    (Severity::Error, message)
                } else {
                    let message =
                        format!("contacts may go round: {round}; see that each stays somewhere");
                    (Severity::Warning, message)
                };
                self.add(severity, FindingCode::OverflowLoop, place, message);
            }
        }
    }

    fn ways_from(&self, from: QueueKey) -> Vec<Way> {
        let queue = self.plan.queue(from);
        let place = self.place_of(from);
        let steps = (0..).zip(&queue.escalation).filter_map(|(number, step)| {
            let Some(Action::Move(to)) = step.action else { return None };
            let place = place.clone().key("escalation").item(number);
            Some(Way { to, always: step.always_takes_away(), place })
        });
        let by_rule = |section: &str, key: &str, to: Option<QueueKey>| {
            let place = place.clone().key(section).key(key);
            to.map(|to| Way { to, always: false, place })
        };
        let moved = |action: Option<Action>| match action {
            Some(Action::Move(to)) => Some(to),
            Some(Action::End(_) | Action::OfferCallback) | None => None,
        };
        let leaving = Some(queue.leaving.action).filter(|_| !queue.leaving.staff.is_empty());
        let others = [
            by_rule("admission", "otherwise", queue.admission.otherwise),
            by_rule("closed", "otherwise", queue.hours.and_then(|hours| hours.otherwise)),
            by_rule("closed", "move_to", moved(queue.hours.and_then(|hours| hours.waiting))),
            by_rule("leaving", "move_to", moved(leaving)),
        ];
        steps.chain(others.into_iter().flatten()).collect()
    }

    /// Queues in which a contact may wait for ever.
    fn endless_waits(&mut self) {
        let endless: Vec<QueueKey> =
            self.queues().filter(|(_, queue)| !ends(queue)).map(|(key, _)| key).collect();
        for queue in endless {
            let message = "nothing ends a wait here; where nobody may come, give `escalation` a \
                           last step with `end` or `move_to`";
            let place = self.place_of(queue);
            self.add(Severity::Note, FindingCode::EndlessWait, place, message);
        }
    }
}

fn ends(queue: &QueuePlan) -> bool {
    queue.escalation.iter().any(Step::always_takes_away)
}

/// The shortest circle through `start`; with `always` only by ways that are always taken.
fn circle(ways: &[Vec<Way>], start: QueueKey, always: bool) -> Option<Vec<QueueKey>> {
    let mut before: BTreeMap<QueueKey, QueueKey> = BTreeMap::new();
    let mut reached = vec![start];
    let mut at = 0;
    while let Some(&from) = reached.get(at) {
        at += 1;
        for way in ways[from.index()].iter().filter(|way| way.always || !always) {
            if way.to == start {
                let mut round = vec![from];
                while let Some(queue) = before.get(&round[round.len() - 1]) {
                    round.push(*queue);
                }
                round.reverse();
                return Some(round);
            }
            if let Entry::Vacant(unseen) = before.entry(way.to) {
                unseen.insert(from);
                reached.push(way.to);
            }
        }
    }
    None
}
