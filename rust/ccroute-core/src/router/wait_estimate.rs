//! Expected waits: how many who compete for the same agents go first, and how fast those
//! agents have lately begun conversations; and how far off that was.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::Router;
use super::state::Contact;
use crate::bitset::BitSet;
use crate::error::Rejection;
use crate::ids::{AgentKey, ContactKey, QueueKey};
use crate::matching::Demand;
use crate::time::{Span, Timestamp};

/// How many beginnings are remembered, and for how long they tell something.
const REMEMBERED: usize = 256;
const RECENT: Span = Span::secs(1_800);

/// The latest beginnings of conversations, the oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Takes(VecDeque<(Timestamp, AgentKey)>);

impl Takes {
    pub(super) fn note(&mut self, at: Timestamp, agent: AgentKey) {
        if self.0.len() == REMEMBERED {
            self.0.pop_front();
        }
        self.0.push_back((at, agent));
    }
}

/// How well waits were foretold in a queue: of contacts that were connected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Foretold {
    /// Of how many.
    pub count: u64,
    /// The sum of real waits less those foretold, in microseconds: above zero, waits were
    /// longer than foretold.
    pub bias: i64,
    /// The sum of the differences either way, in microseconds.
    pub error: u64,
}

/// Where a waiting contact stands, and what that may mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaitEstimate {
    /// The place in its queue, from 1; `None`: it has an offer already.
    pub position: Option<usize>,
    /// How many who compete for its agents go first, of all queues.
    pub competing: usize,
    /// How long it may still wait; `None`: too little is known, or nobody is there.
    pub expected: Option<Span>,
    /// What was foretold when it came into the queue.
    pub foretold: Option<Span>,
}

impl Router {
    /// Where a contact stands and how long it may still wait.
    ///
    /// # Errors
    /// `unknown_contact`; `wrong_phase` unless it is in a queue.
    pub fn estimate_wait(&self, key: ContactKey) -> Result<WaitEstimate, Rejection> {
        let contact = self.known_contact(key)?;
        if !contact.phase.is_in_queue() {
            return Err(Self::wrong_phase(contact, "only a contact in a queue has a wait ahead"));
        }
        let (competing, expected) = self.estimate(contact);
        Ok(WaitEstimate {
            position: self.ahead_of(contact).map(|ahead| ahead + 1),
            competing,
            expected,
            foretold: contact.more.as_deref().and_then(|more| more.expected),
        })
    }

    /// How well waits were foretold in a queue.
    #[must_use]
    pub fn foretold(&self, queue: QueueKey) -> Option<Foretold> {
        self.queues.get(queue.index()).map(|state| state.foretold)
    }

    /// Foretells the wait of a contact that comes into a queue.
    pub(super) fn foretell(&mut self, key: ContactKey) {
        let (_, expected) = self.estimate(self.contact(key));
        if expected.is_some() {
            self.contact_mut(key).more_mut().expected = expected;
        }
    }

    /// Counts how far off the foretold wait of a connected contact was.
    pub(super) fn compare_with_foretold(&mut self, key: ContactKey) {
        let contact = self.contact(key);
        let Some(expected) = contact.more.as_deref().and_then(|more| more.expected) else { return };
        let waited = self.now.since(contact.entered);
        let off = waited.micros() - expected.micros();
        let queue = contact.queue;
        let foretold = &mut self.queues[queue.index()].foretold;
        foretold.count += 1;
        foretold.bias = foretold.bias.saturating_add(off);
        foretold.error = foretold.error.saturating_add(off.unsigned_abs());
    }

    /// How many compete and go first, and the expected wait.
    fn estimate(&self, contact: &Contact) -> (usize, Option<Span>) {
        let own = self.own_takers(contact);
        let queues = (0..self.plan.queues.len()).map(QueueKey::new);
        let groups = queues.flat_map(|queue| self.matcher.groups_of(queue));
        let own_turn = self.precedence_of(contact);
        let competing = groups.map(|(demand, waiting)| {
            if self.takers(demand).shared_with(&own) == 0 {
                return 0;
            }
            let before = waiting.iter().filter(|&(_, item)| {
                let other = self.contacts.at(item as usize).expect("a waiting contact is live");
                self.precedence_of(other) < own_turn
            });
            before.count()
        });
        let competing = competing.sum();
        (competing, self.expected_wait(&own, competing))
    }

    /// Agents who are there and can take a contact, busy or not. What rules attached may have
    /// lapsed since it stood in line.
    fn own_takers(&self, contact: &Contact) -> BitSet {
        let attached = contact.more.as_deref().is_some_and(|more| !more.attached.is_empty());
        if contact.place.is_some() || !attached {
            return self.takers(contact.demand());
        }
        let staff = self.matcher.staff(contact.queue);
        let mut takers = self.matcher.who_meets(&self.ask_of(contact), &staff);
        takers.keep(self.matcher.present());
        takers
    }

    /// Agents who are there and can take contacts of a group, busy or not.
    fn takers(&self, demand: Demand) -> BitSet {
        let mut takers = self.matcher.staff(demand.queue);
        takers.keep(self.matcher.able_set(demand.class));
        takers.keep(self.matcher.present());
        takers
    }

    /// So many go first, and then it is its turn: at the rate at which these agents have
    /// lately begun conversations.
    fn expected_wait(&self, takers: &BitSet, before: usize) -> Option<Span> {
        let recent =
            self.takes.0.iter().filter(|(at, agent)| {
                self.now.since(*at) <= RECENT && takers.contains(agent.index())
            });
        let (mut first, mut count) = (None, 0_i64);
        for (at, _) in recent {
            first.get_or_insert(*at);
            count += 1;
        }
        let passed = self.now.since(first.filter(|_| count > 1)?).micros();
        let turns = i64::try_from(before).ok()?.checked_add(1)?;
        let wait = i128::from(passed) * i128::from(turns) / i128::from(count);
        Span::from_micros(i64::try_from(wait).ok()?)
    }
}
