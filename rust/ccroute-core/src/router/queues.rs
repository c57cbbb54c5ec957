//! What the router remembers of a queue, and what follows from the plan alone.

use serde::{Deserialize, Serialize};

use super::helping::Helping;
use super::wait_estimate::Foretold;
use super::{InUse, Router};
use crate::bitset::BitSet;
use crate::condition::{Condition, ContactField, Path};
use crate::ids::{ContactKey, QueueKey};
use crate::matching::Ask;
use crate::number::Millionths;
use crate::plan::{Across, CapacityPlan, QueueOrder, QueuePlan, RankWindow, StepsTaken, Strategy};
use crate::skill::Requirement;
use crate::time::{Span, Timestamp};

/// One queue as it stands.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct QueueState {
    /// Whether it takes contacts.
    pub(super) open: bool,
    /// Contacts in it that are not connected yet.
    #[serde(skip)]
    pub(super) length: u32,
    /// The position that the agent had to whom it made its last offer, and the agent's place
    /// in the order of becoming known.
    pub(super) turn: Option<(u32, usize)>,
    /// Since when nobody serves it as its leaving rule asks.
    pub(super) empty_since: Option<Timestamp>,
    /// Agents who count as staff when somebody would join …
    #[serde(skip)]
    pub(super) to_join: BitSet,
    /// … and for those who wait.
    #[serde(skip)]
    pub(super) to_stay: BitSet,
    /// By its rules of help.
    pub(super) help: Vec<Helping>,
    /// How well waits were foretold.
    pub(super) foretold: Foretold,
}

impl QueueState {
    pub(super) fn new(queue: &QueuePlan, now: Timestamp) -> Self {
        Self {
            open: queue.hours.is_none(),
            length: 0,
            turn: None,
            empty_since: (!queue.leaving.staff.is_empty()).then_some(now),
            to_join: BitSet::EMPTY,
            to_stay: BitSet::EMPTY,
            help: queue.help.iter().map(|_| Helping::default()).collect(),
            foretold: Foretold::default(),
        }
    }
}

impl Router {
    /// Brings what follows from the plan alone in line with it.
    pub(super) fn follow_plan(&mut self) {
        let plan = std::sync::Arc::clone(&self.plan);
        for queue in &plan.queues[self.queues.len()..] {
            self.queues.push(QueueState::new(queue, self.now));
        }
        self.kpis.resize(plan.kpis.len(), None);
        self.lines_down.resize(plan.lines.len(), false);
        self.scores.resize_with(plan.tables.len(), super::ScoreState::default);
        // Contacts may go by rules that the plan has no longer.
        let kept: Vec<_> =
            self.contacts.iter().filter_map(|(_, _, contact)| contact.kept_rules()).collect();
        let queues = || plan.queues.iter().chain(kept.iter().copied());
        let lends = queues().any(|queue| !queue.help.is_empty());
        let lasts = plan.queues.iter().map(|queue| queue.preferred.last_agent);
        self.in_use = InUse {
            turns: plan.order.across != Across::Age || lends || queues().any(needs_turns),
            turns_keep: plan.order.across != Across::Ratio && !queues().any(unsettles_turns),
            shares: plan.queues.iter().map(|queue| u64::from(queue.order.share)).sum(),
            preferences: self.in_use.preferences,
            counts: plan.conditions().any(asks_for_counts),
            staff: queues().any(|q| !(q.leaving.staff.is_empty() && q.admission.staff.is_empty())),
            occupancy: queues().any(|queue| queue.strategy.uses(Strategy::LeastOccupied)),
            keep_free: queues().any(|queue| queue.keep_free.is_some()),
            last_agent: lasts.max().unwrap_or(Span::ZERO),
            lines: queues().any(|queue| !queue.lines.is_empty()) || self.in_use.lines,
            capacity: plan.capacity != CapacityPlan::default() || self.in_use.capacity,
        };
        for (index, queue) in plan.queues.iter().enumerate() {
            self.matcher.limit_ranks(QueueKey::new(index), queue.ranks.ignored_up_to);
        }
        self.hold_plan_classes();
    }

    /// Classes of every queue at every step are held for good.
    fn hold_plan_classes(&mut self) {
        let plan = std::sync::Arc::clone(&self.plan);
        let nothing = Requirement::default();
        let old = core::mem::take(&mut self.plan_classes);
        for (index, queue) in plan.queues.iter().enumerate() {
            let key = QueueKey::new(index);
            let classes = (0..=queue.escalation.len()).map(|count| {
                let count = u32::try_from(count).expect("at most 64 steps");
                let taken = StepsTaken { count, passed_over: 0 };
                self.matcher.hold_class(&ask(queue, queue.order.by, key, taken, &nothing, None))
            });
            self.plan_classes.push(classes.collect());
        }
        old.into_iter().flatten().for_each(|class| self.matcher.release_class(class));
    }

    /// Whether some condition may ask how often a contact was offered, or missed.
    pub(super) fn counts_offers(&self, key: ContactKey) -> bool {
        let kept = || self.contact(key).kept_rules();
        let steps = || kept().into_iter().flat_map(|queue| &queue.escalation);
        self.in_use.counts
            || steps().flat_map(|step| [&step.when, &step.only_if]).flatten().any(asks_for_counts)
    }
}

/// What a contact of a queue asks after some steps, under rules of its own where those
/// are frozen, but in the order that is in force.
pub(super) fn ask(
    queue: &QueuePlan,
    by: QueueOrder,
    key: QueueKey,
    taken: StepsTaken,
    own: &Requirement,
    slope: Option<Millionths>,
) -> Ask {
    let at = queue.at_step(taken, own);
    let everyone = RankWindow { ignored_up_to: at.ranks.ignored_up_to, ..RankWindow::ALL };
    let slope = match by {
        QueueOrder::Aged => slope.unwrap_or(queue.order.slope),
        QueueOrder::Strict | QueueOrder::Lifo | QueueOrder::DueDate => Millionths::ONE,
    };
    Ask {
        requirement: at.requirement,
        ranks: (at.ranks != everyone).then_some((key, at.ranks)),
        widen: at.widen.into_iter().filter(|queue| *queue != key).collect(),
        slope,
    }
}

/// Whether a queue's contacts and agents need more looking at than heads and skills.
fn needs_turns(queue: &QueuePlan) -> bool {
    let plain =
        matches!(queue.strategy.only(), Some(Strategy::LongestIdle | Strategy::MostProficient));
    !plain
        || queue.order.by != QueueOrder::Aged
        || queue.order.slope != Millionths::ONE
        || queue.order.weight != 0
        || queue.order.pick.oldest > 1
        || queue.offer.parallel > 1
        || queue.offer.add_every.is_some()
        || queue.keep_free.is_some()
        || queue.preferred.last_agent > Span::ZERO
}

/// Whether an offer may change the turns even of those who could not have taken the contact.
fn unsettles_turns(queue: &QueuePlan) -> bool {
    queue.order.weight != 0
        || queue.order.pick.oldest > 1
        || queue.keep_free.is_some()
        || queue.offer.auto_accept
}

fn asks_for_counts(condition: &Condition) -> bool {
    condition
        .root()
        .paths()
        .into_iter()
        .any(|path| matches!(path, Path::Contact(ContactField::Offers | ContactField::Missed)))
}
