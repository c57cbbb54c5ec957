//! Steps by which a contact asks for less, or something else, as it waits.

use serde::{Deserialize, Serialize};

use super::QueuePlan;
use crate::condition::Condition;
use crate::event::Cause;
use crate::ids::QueueKey;
use crate::skill::{Relax, Requirement};
use crate::time::{Shift, Span};

/// The most steps a queue can have: which were passed over is kept in as many bits.
pub const MAX_STEPS: usize = 64;

/// One step of an escalation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// What the host and the explanations call it.
    pub name: Option<String>,
    /// The contact's age at which it is due; `None`: by `when` alone.
    pub after: Option<Span>,
    /// Makes it due earlier.
    pub when: Option<Condition>,
    /// Asked once, when it is due: if it does not hold, the step is passed over.
    pub only_if: Option<Condition>,
    /// How it eases the requirement, on top of the steps before.
    pub relax: Vec<Relax>,
    /// How it moves the window of ranks.
    pub ranks: RankChange,
    /// Whose agents may take it too.
    pub widen: Vec<QueueKey>,
    /// So many bands higher.
    pub band: i16,
    /// So much more head start.
    pub head_start: Shift,
    /// What else it does.
    pub action: Option<Action>,
}

impl Step {
    /// Whether no contact is left in the queue after the step.
    #[must_use]
    pub fn always_takes_away(&self) -> bool {
        let goes = matches!(self.action, Some(Action::Move(_) | Action::End(_)));
        let holds = |asked: &Condition| asked.always_holds();
        let due = self.after.is_some() || self.when.as_ref().is_some_and(holds);
        goes && due && self.only_if.as_ref().is_none_or(holds)
    }
}

/// What becomes of a contact by rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Action {
    /// On to another queue, with its age.
    Move(QueueKey),
    /// Out of the queue, unserved.
    End(Cause),
    /// The host may offer to call back.
    OfferCallback,
}

/// Which ranks of agents may take a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct RankWindow {
    /// Not those of a lower rank.
    pub min: u32,
    /// Not those of a higher rank.
    pub max: u32,
    /// Lower ranks count as this one.
    pub raise: u32,
    /// Ranks count for nothing while no more agents than this serve the queue.
    pub ignored_up_to: u32,
}

impl RankWindow {
    /// Every rank, as it is.
    pub const ALL: Self = Self { min: 0, max: u32::MAX, raise: 0, ignored_up_to: 0 };

    /// Whether a rank lies in it.
    #[must_use]
    pub fn admits(&self, rank: u32) -> bool {
        self.min <= rank && rank <= self.max
    }

    /// The window as a step leaves it: `min` and `raise` never pass `max`.
    #[must_use]
    pub fn changed(&self, by: &RankChange) -> Self {
        let max = by.max.map_or(self.max, |change| change.of(self.max));
        let min = by.min.map_or(self.min, |change| change.of(self.min)).min(max);
        let raise = by.raise.map_or(self.raise, |change| change.of(self.raise)).min(max);
        Self { min, max, raise, ..*self }
    }
}

impl Default for RankWindow {
    fn default() -> Self {
        Self::ALL
    }
}

/// How a step moves a window of ranks; what is `None` stays.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RankChange {
    /// The lowest rank.
    pub min: Option<Change>,
    /// The highest.
    pub max: Option<Change>,
    /// What lower ranks count as.
    pub raise: Option<Change>,
}

impl RankChange {
    /// Whether it changes nothing.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.min.is_none() && self.max.is_none() && self.raise.is_none()
    }
}

/// A new number, or so much more or less.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Change {
    /// This one.
    To(u32),
    /// So much more; never below zero, and nothing is more than all.
    By(i32),
}

impl Change {
    fn of(self, number: u32) -> u32 {
        match self {
            Self::To(number) => number,
            Self::By(_) if number == u32::MAX => number,
            Self::By(more) => number.saturating_add_signed(more),
        }
    }
}

/// What a contact asks for at its step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AtStep {
    /// What it needs.
    pub requirement: Requirement,
    /// Which ranks may take it.
    pub ranks: RankWindow,
    /// Whose agents may take it, beside the queue's own.
    pub widen: Vec<QueueKey>,
}

/// Which steps count: so many, without those passed over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepsTaken {
    /// Steps behind it, taken or passed over.
    pub count: u32,
    /// One bit a step that was passed over.
    pub passed_over: u64,
}

impl StepsTaken {
    /// The next step is behind it, taken or not.
    pub fn note(&mut self, taken: bool) {
        if !taken {
            self.passed_over |= 1 << self.count;
        }
        self.count += 1;
    }

    fn of(self, steps: &[Step]) -> impl Iterator<Item = &Step> {
        let behind = steps.iter().take(self.count as usize).enumerate();
        behind.filter(move |(at, _)| self.passed_over >> at & 1 == 0).map(|(_, step)| step)
    }
}

impl QueuePlan {
    /// What a contact that itself asks for `own` asks for here after those steps.
    #[must_use]
    pub fn at_step(&self, taken: StepsTaken, own: &Requirement) -> AtStep {
        let mut at = AtStep {
            requirement: self.requirement.and(own),
            ranks: self.ranks_at(taken),
            widen: Vec::new(),
        };
        for step in taken.of(&self.escalation) {
            at.requirement = at.requirement.relaxed(&step.relax);
            at.widen.extend(&step.widen);
        }
        at.widen.sort_unstable();
        at.widen.dedup();
        at
    }

    /// Which ranks may take a contact after those steps.
    #[must_use]
    pub fn ranks_at(&self, taken: StepsTaken) -> RankWindow {
        let steps = taken.of(&self.escalation);
        steps.fold(self.ranks, |ranks, step| ranks.changed(&step.ranks))
    }

    /// How many bands and how much head start those steps have brought.
    #[must_use]
    pub fn raised(&self, taken: StepsTaken) -> (i16, Shift) {
        taken.of(&self.escalation).fold((0_i16, Shift::ZERO), |(band, head_start), step| {
            (band.saturating_add(step.band), head_start + step.head_start)
        })
    }
}
