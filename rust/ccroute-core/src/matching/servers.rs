//! Who serves each queue: always, from some age or length on, or lent by other queues.

use crate::bitset::BitSet;
use crate::ids::QueueKey;
use crate::plan::Link;
use crate::time::Span;

/// How old a waiting contact is, and how many wait in its queue: what opens links that
/// are not always open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// Since the instant its age counts from.
    pub age: Span,
    /// In its queue, itself included.
    pub waiting: u32,
}

/// When a link is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Terms {
    delay: Span,
    help_waiting: Option<u32>,
    help_waited: Option<Span>,
}

impl Terms {
    fn of(link: &Link) -> Self {
        let Link { delay, help_waiting, help_waited, .. } = *link;
        Self { delay, help_waiting, help_waited }
    }

    fn are_met(self, look: Look) -> bool {
        let asked = self.help_waiting.is_some() || self.help_waited.is_some();
        let helps = self.help_waiting.is_some_and(|waiting| look.waiting >= waiting)
            || self.help_waited.is_some_and(|waited| look.age >= waited);
        look.age >= self.delay && (helps || !asked)
    }
}

/// Whether a link is open for a contact.
pub(super) fn is_open(link: &Link, look: Look) -> bool {
    Terms::of(link).are_met(look)
}

/// The age at which a link opens by age alone; `None`: it does not.
pub(super) fn opens_at(link: &Link) -> Option<Span> {
    let Terms { delay, help_waiting, help_waited } = Terms::of(link);
    match (help_waiting, help_waited) {
        (None, None) => Some(delay),
        (_, waited) => waited.map(|waited| waited.max(delay)),
    }
}

/// Those who serve one queue.
#[derive(Clone, Debug, Default)]
pub(super) struct Servers {
    /// Whatever waits.
    pub(super) always: BitSet,
    /// On terms.
    on_terms: Vec<(Terms, BitSet)>,
    /// Queues that lend their agents now.
    pub(super) lenders: Vec<QueueKey>,
    /// Queues to which this one's agents are lent now.
    pub(super) lent_to: Vec<QueueKey>,
    /// Agents who cannot be reached from here now.
    pub(super) barred: BitSet,
}

impl Servers {
    pub(super) fn add(&mut self, agent: usize, link: &Link) {
        if link.is_always_open() {
            self.always.set(agent, true);
            return;
        }
        let terms = Terms::of(link);
        if let Some((_, set)) = self.on_terms.iter_mut().find(|(known, _)| *known == terms) {
            set.set(agent, true);
        } else {
            let mut set = BitSet::default();
            set.set(agent, true);
            self.on_terms.push((terms, set));
        }
    }

    pub(super) fn remove(&mut self, agent: usize, link: &Link) {
        if link.is_always_open() {
            self.always.set(agent, false);
            return;
        }
        let terms = Terms::of(link);
        if let Some(at) = self.on_terms.iter().position(|(known, _)| *known == terms) {
            let set = &mut self.on_terms[at].1;
            set.set(agent, false);
            if set.is_empty() {
                self.on_terms.remove(at);
            }
        }
    }

    /// Everyone with a link that is open.
    pub(super) fn add_open(&self, look: Look, to: &mut BitSet) {
        to.add(&self.always);
        for (terms, set) in &self.on_terms {
            if terms.are_met(look) {
                to.add(set);
            }
        }
    }

    /// Whether some link opens by how many wait.
    pub(super) fn helps_by_number(&self) -> bool {
        self.on_terms.iter().any(|(terms, _)| terms.help_waiting.is_some())
    }

    /// Everyone with a link, open or not.
    pub(super) fn add_all(&self, to: &mut BitSet) {
        to.add(&self.always);
        self.on_terms.iter().for_each(|(_, set)| to.add(set));
    }

    /// The next age at which another link opens for a contact of `age`.
    pub(super) fn next_age(&self, age: Span) -> Option<Span> {
        let ages = self
            .on_terms
            .iter()
            .flat_map(|(terms, _)| [Some(terms.delay), terms.help_waited].into_iter().flatten());
        ages.filter(|&opens| opens > age).min()
    }

    /// Agents whose help begins when so many wait.
    pub(super) fn helpers_from(&self, waiting: u32) -> BitSet {
        let mut helpers = BitSet::default();
        for (terms, set) in &self.on_terms {
            if terms.help_waiting == Some(waiting) {
                helpers.add(set);
            }
        }
        helpers
    }
}
