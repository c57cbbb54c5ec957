//! Who goes next: the order within a queue, and the one strict order over all queues.

use std::cmp::{Ordering, Reverse};

use ccroute_core::{Across, QueueOrder};

use super::router::{Contact, Oracle};

/// Microseconds in a minute.
pub(crate) const MINUTE: i128 = 60_000_000;

/// A fraction, the denominator above zero.
struct Fraction(i128, i128);

impl Oracle {
    /// "A contact's **precedence** is (band descending, urgency descending, sequence
    /// ascending): one strict order over all queues." Less goes first.
    pub(crate) fn precedes(&self, a: &Contact, b: &Contact) -> Ordering {
        let (urgency, other) = (self.urgency(a), self.urgency(b));
        self.band(b)
            .cmp(&self.band(a))
            .then_with(|| (other.0 * urgency.1).cmp(&(urgency.0 * other.1)))
            .then(a.seq.cmp(&b.seq))
    }

    /// "**Urgency** is, under `order.across`" …
    fn urgency(&self, contact: &Contact) -> Fraction {
        let queue = self.rules.queue(&contact.queue);
        match self.rules.order.across {
            // "slope × (now − virtual arrival)".
            Across::Age => Fraction(self.aged(contact), 1),
            // "−(virtual arrival + `service_level.within`)".
            Across::DueDate => {
                Fraction(-i128::from(self.virtual_arrival(contact) + queue.within.micros()), 1)
            }
            // "waiting(queue) × Σ shares − share(queue) × Σ waiting, over all queues;
            // *waiting* counts the contacts that stand in line".
            Across::Ratio => {
                let queues = self.rules.queues.iter();
                let shares: i128 = queues.clone().map(|q| i128::from(q.order.share)).sum();
                let waiting: usize = queues.map(|q| self.in_line(&q.name)).sum();
                let here = self.in_line(&queue.name);
                Fraction(here as i128 * shares - i128::from(queue.order.share) * waiting as i128, 1)
            }
            // "(constant + per_minute × minutes since `since`) / handle_time, compared exactly
            // in whole microseconds and millionths; handle_time in whole milliseconds, at
            // least one".
            Across::MarginalCost => {
                let cost = queue.order.cost;
                let waited = i128::from(self.age(contact).micros());
                let worth = i128::from(cost.constant.raw()) * MINUTE
                    + i128::from(cost.per_minute.raw()) * waited;
                Fraction(worth, i128::from((cost.handle_time.micros() / 1_000).max(1)))
            }
        }
    }

    /// "Slope × (now − virtual arrival)"; "*Slope*: the rule's, else the queue's; 1 in queues
    /// that are not `aged`."
    fn aged(&self, contact: &Contact) -> i128 {
        let slope = if self.rules.queue(&contact.queue).order.by == QueueOrder::Aged {
            contact.ruled.slope.unwrap_or(self.rules_for(contact).order.slope)
        } else {
            ccroute_core::Millionths::ONE
        };
        let waited = self.as_of.micros() - self.virtual_arrival(contact);
        i128::from(slope.raw()) * i128::from(waited)
    }

    /// "Its place **within its queue** is by `order.by`." Less goes first.
    pub(crate) fn goes_first(&self, a: &Contact, b: &Contact) -> Ordering {
        let rule = self.rules.queue(&a.queue);
        let bands = self.band(b).cmp(&self.band(a));
        match rule.order.by {
            // "Band descending, then slope × (now − virtual arrival) descending, then
            // sequence".
            QueueOrder::Aged => bands.then_with(|| self.aged(b).cmp(&self.aged(a))),
            // "Band descending, then `since` ascending, then sequence".
            QueueOrder::Strict => bands.then(a.since.cmp(&b.since)),
            // "`since` descending, then sequence descending; bands do not matter".
            QueueOrder::Lifo => {
                (Reverse(a.since), Reverse(a.seq)).cmp(&(Reverse(b.since), Reverse(b.seq)))
            }
            // "Band descending, then virtual arrival + `service_level.within` ascending, then
            // sequence": the target is the same for all of a queue.
            QueueOrder::DueDate => {
                bands.then(self.virtual_arrival(a).cmp(&self.virtual_arrival(b)))
            }
        }
        .then(a.seq.cmp(&b.seq))
    }
}
