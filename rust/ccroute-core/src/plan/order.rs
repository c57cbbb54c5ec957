//! Who goes next: a queue's order, and how queues compare.

use serde::{Deserialize, Serialize};

use crate::event::words;
use crate::number::Millionths;
use crate::time::{Shift, Span};

words!(
    /// In which order a queue's contacts go.
    #[derive(Default)]
    QueueOrder {
        /// Band, then the longest wait with its head start, by the contact's slope.
        #[default]
        Aged = "aged",
        /// Band, then the longest wait; head starts and slopes count for nothing.
        Strict = "strict",
        /// The newest first, whatever its band.
        Lifo = "lifo",
        /// Band, then whose target runs out first.
        DueDate = "due_date",
    }
);

words!(
    /// How the first contacts of several queues compare, after band.
    #[derive(Default)]
    Across {
        /// The longest wait with its head start, times its slope.
        #[default]
        Age = "age",
        /// The queue that most exceeds its share of all that wait.
        Ratio = "ratio",
        /// The highest cost of waiting on, divided by the time to handle one.
        MarginalCost = "marginal_cost",
        /// Whose target runs out first.
        DueDate = "due_date",
    }
);

/// How queues compare.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderPlan {
    /// By what.
    pub across: Across,
    /// Whether an agent serves the queues of a lower rank first.
    pub ranked: bool,
}

impl Default for OrderPlan {
    fn default() -> Self {
        Self { across: Across::Age, ranked: true }
    }
}

/// A queue's order, and what its contacts have unless they bring their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderRule {
    /// The order within the queue.
    pub by: QueueOrder,
    /// Strict class.
    pub band: i16,
    /// As if come so much earlier.
    pub head_start: Shift,
    /// How fast they age: their wait counts times this.
    pub slope: Millionths,
    /// Heavier queues go first where staff is scarce.
    pub weight: u32,
    /// Under `ratio`: the share of all that wait which is this queue's due.
    pub share: u32,
    /// Under `marginal_cost`: what waiting on costs.
    pub cost: MarginalCost,
    /// Which of the oldest, when an agent is free.
    pub pick: Pick,
}

impl Default for OrderRule {
    fn default() -> Self {
        Self {
            by: QueueOrder::Aged,
            band: 0,
            head_start: Shift::ZERO,
            slope: Millionths::ONE,
            weight: 0,
            share: 1,
            cost: MarginalCost::default(),
            pick: Pick::default(),
        }
    }
}

/// What another moment of waiting costs, at a wait: `constant + per_minute × wait`, and how
/// long it takes to handle one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MarginalCost {
    /// Whatever the wait.
    pub constant: Millionths,
    /// More for each minute waited.
    pub per_minute: Millionths,
    /// The time one contact takes.
    pub handle_time: Span,
}

impl Default for MarginalCost {
    fn default() -> Self {
        Self {
            constant: Millionths::ZERO,
            per_minute: Millionths::ONE,
            handle_time: Span::secs(300),
        }
    }
}

/// A freed agent may take, of the oldest few, the one they suit best.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pick {
    /// Of how many; 1 is pure order.
    pub oldest: u16,
    /// What a minute of waiting is worth beside a score.
    pub per_minute: Millionths,
    /// How often a contact may be overtaken so; then it goes next.
    pub overtakes: u16,
}

impl Default for Pick {
    fn default() -> Self {
        Self { oldest: 1, per_minute: Millionths::ONE, overtakes: 50 }
    }
}
