//! What is noteworthy about a plan whose every key is right by itself: queues nobody can
//! serve, rules that never match, contacts that go round in circles. Errors refuse the
//! plan as a wrong key does; the rest is told.

mod flow;
mod order;
mod staff;

use core::fmt;

use super::document::{Node, PlanDocument, Value};
use super::lookup::Table;
use super::{Plan, QueuePlan};
use crate::event::words;
use crate::ids::QueueKey;

words!(
    /// How bad it is.
    Severity {
        /// The plan is refused.
        Error = "error",
        /// The plan works, and hardly as it was meant.
        Warning = "warning",
        /// Worth knowing.
        Note = "note",
    }
);

words!(
    /// What was found.
    FindingCode {
        /// Contacts go from queue to queue in a circle.
        OverflowLoop = "overflow_loop",
        /// A rule, or a step's condition, can never hold, or comes too late.
        NeverMatches = "never_matches",
        /// No agent of the plan serves the queue.
        NobodyServes = "nobody_serves",
        /// No agent who serves the queue can ever take its contacts.
        NobodyAble = "nobody_able",
        /// No agent of the plan has the skill.
        NobodyHas = "nobody_has",
        /// The agent serves no queue.
        ServesNothing = "serves_nothing",
        /// No line leads from the queue to the agent.
        LinesNeverMeet = "lines_never_meet",
        /// Nothing ends a wait in the queue.
        EndlessWait = "endless_wait",
        /// Ranks are used in two ways that get into each other's way.
        RanksDecideTwice = "ranks_decide_twice",
        /// Nothing refers to it.
        Unused = "unused",
    }
);

/// One thing about a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// What it is.
    pub code: FindingCode,
    /// The key it is about.
    pub path: String,
    /// What is the matter and what to do, naming both.
    pub message: String,
    /// The line in the text, from 1, where there is one.
    pub line: Option<usize>,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.severity, self.path, self.message)
    }
}

/// A key of a plan, from the whole down.
#[derive(Clone, Debug, Default)]
struct Place(Vec<Part>);

#[derive(Clone, Debug)]
enum Part {
    Key(String),
    /// Of a list, from 0.
    Item(usize),
}

impl Place {
    fn key(mut self, key: &str) -> Self {
        self.0.push(Part::Key(key.to_owned()));
        self
    }

    fn item(mut self, item: usize) -> Self {
        self.0.push(Part::Item(item));
        self
    }

    fn path(&self) -> String {
        self.0.iter().fold(String::new(), |path, part| match part {
            Part::Key(key) => Table { path, at: 0, entries: &[] }.path_of(key),
            Part::Item(item) => format!("{path}[{item}]"),
        })
    }

    /// Where it is written, or the innermost part of it that is.
    fn at(&self, root: &Node) -> usize {
        let (mut node, mut at) = (root, root.at);
        for part in &self.0 {
            let next = match (&node.value, part) {
                (Value::Table(entries), Part::Key(key)) => entries
                    .iter()
                    .find(|entry| entry.key == *key)
                    .map(|entry| (&entry.node, entry.at)),
                (Value::List(items), Part::Item(item)) => {
                    items.get(*item).map(|item| (item, item.at))
                }
                _ => None,
            };
            let Some((inner, place)) = next else { break };
            (node, at) = (inner, place);
        }
        at
    }
}

/// What was found so far.
struct Findings<'p> {
    plan: &'p Plan,
    found: Vec<(Place, Finding)>,
}

impl Findings<'_> {
    fn add(
        &mut self,
        severity: Severity,
        code: FindingCode,
        place: Place,
        message: impl Into<String>,
    ) {
        let (path, message) = (place.path(), message.into());
        self.found.push((place, Finding { severity, code, path, message, line: None }));
    }

    fn queues(&self) -> impl Iterator<Item = (QueueKey, &QueuePlan)> {
        let all = self.plan.queues.iter().enumerate();
        let live = all.filter(|(_, queue)| !queue.retired);
        live.map(|(index, queue)| (QueueKey::new(index), queue))
    }

    fn name(&self, queue: QueueKey) -> &str {
        self.plan.queue_names.name(queue.index())
    }

    fn place_of(&self, queue: QueueKey) -> Place {
        Place::default().key("queues").key(self.name(queue))
    }
}

impl Plan {
    /// What is noteworthy about the plan, errors first, without lines.
    ///
    /// ```
    /// use ccroute_core::{FindingCode, Plan};
    /// let text = "[queues.sales]\nrequires.all_of.es = 5\n[agents.ana]\nqueues = [\"sales\"]";
    /// let found = Plan::from_toml(text).unwrap().findings();
    /// assert!(found.iter().any(|finding| finding.code == FindingCode::NobodyHas));
    /// ```
    #[must_use]
    pub fn findings(&self) -> Vec<Finding> {
        let mut found: Vec<Finding> = self.found().into_iter().map(|(_, of)| of).collect();
        found.sort_by_key(|finding| finding.severity);
        found
    }

    fn found(&self) -> Vec<(Place, Finding)> {
        let mut findings = Findings { plan: self, found: Vec::new() };
        findings.look_at_flow();
        findings.look_at_order();
        findings.look_at_staff();
        findings.found
    }
}

impl PlanDocument {
    /// What is noteworthy about the plan it describes, errors first, with lines.
    #[must_use]
    pub fn findings(&self, plan: &Plan) -> Vec<Finding> {
        self.with_lines(plan, |_| true)
    }

    /// What the plan is refused for though every key is right by itself.
    pub(super) fn refusals(&self, plan: &Plan) -> Vec<Finding> {
        self.with_lines(plan, |finding| finding.severity == Severity::Error)
    }

    fn with_lines(&self, plan: &Plan, which: impl Fn(&Finding) -> bool) -> Vec<Finding> {
        let found = plan.found().into_iter().filter(|(_, finding)| which(finding));
        let mut found: Vec<Finding> = found
            .map(|(place, of)| Finding { line: self.line(place.at(&self.root)), ..of })
            .collect();
        found.sort_by_key(|finding| (finding.severity, finding.line));
        found
    }
}

#[cfg(test)]
mod tests;
