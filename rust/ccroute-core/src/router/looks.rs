//! Looks: a waiting contact is looked at again when something opens by its age alone.
//! When that is follows from how things stand; nobody sets it.

use super::Router;
use super::state::{Contact, Phase};
use crate::ids::{ContactKey, QueueKey};
use crate::matching::Look;
use crate::time::Timestamp;

impl Router {
    /// How old a contact is, and how many wait in its queue.
    pub(super) fn look_of(&self, key: ContactKey) -> Look {
        self.look_at(self.contact(key))
    }

    pub(super) fn look_at(&self, contact: &Contact) -> Look {
        let waiting = self.matcher.waiting_in(contact.queue);
        Look { age: self.as_of.since(contact.since), waiting }
    }

    /// Notes when a contact that stands in line is to be looked at next.
    pub(super) fn arm_look(&mut self, key: ContactKey) {
        let contact = self.contact(key);
        if contact.more.is_none() && self.matcher.is_plain() && !self.in_use.staff {
            return;
        }
        let next = self.next_look_of(key);
        if next == self.contact(key).look {
            return;
        }
        self.forget_look(key);
        if let Some(at) = next {
            let contact = self.contact_mut(key);
            contact.look = Some(at);
            let sequence = contact.sequence;
            self.timers.look_at(at, sequence, key);
        }
    }

    /// When a contact is to be looked at next; only one that stands in line is.
    pub(super) fn next_look_of(&self, key: ContactKey) -> Option<Timestamp> {
        self.contact(key).place.and_then(|_| self.next_look(key))
    }

    pub(super) fn forget_look(&mut self, key: ContactKey) {
        let contact = self.contact_mut(key);
        if let Some(at) = contact.look.take() {
            let sequence = contact.sequence;
            self.timers.forget_look(at, sequence);
        }
    }

    /// The next instant at which another link opens for it, those it prefers lose their
    /// turn, something it needs lapses, or it must leave for want of staff.
    fn next_look(&self, key: ContactKey) -> Option<Timestamp> {
        let contact = self.contact(key);
        let age = self.as_of.since(contact.since);
        let opens = self.matcher.next_age(contact.demand(), age).map(|age| contact.since + age);
        let more = contact.more.as_deref();
        let first = more.filter(|more| !more.preferred.is_empty());
        let first = first.map(|_| self.first_until(contact));
        let attached = more.into_iter().flat_map(|more| &more.attached);
        let lapses = attached.filter_map(|(_, lasts)| Some(contact.since + (*lasts)?));
        let opens = opens.into_iter().chain(first).chain(lapses).filter(|at| *at > self.as_of);
        opens.chain(self.leaves_at(contact)).min()
    }

    /// Something may have opened for a contact.
    pub(super) fn look_due(&mut self, key: ContactKey) {
        self.contact_mut(key).look = None;
        if self.leaves_at(self.contact(key)).is_some_and(|at| at <= self.as_of) {
            self.leave_for_want_of_staff(key);
            return;
        }
        if self.contact(key).more.as_deref().is_some_and(|more| !more.attached.is_empty()) {
            self.reclassify(key);
        }
        self.unsettled.contact(key);
        self.arm_look(key);
    }

    /// Notes anew when those are to be looked at whom links to some queues lead to: the links
    /// have changed.
    pub(super) fn arm_looks_in(&mut self, queues: &[QueueKey]) {
        if self.matcher.is_plain() && !self.in_use.staff {
            return;
        }
        for &queue in queues {
            let groups = self.matcher.groups_served_in(queue);
            let waiting: Vec<u32> =
                groups.flat_map(|(_, line)| line.iter()).map(|(_, item)| item).collect();
            for item in waiting {
                let key = self.contact_key(item);
                debug_assert!(matches!(self.contact(key).phase, Phase::Waiting | Phase::Offered));
                self.arm_look(key);
            }
        }
    }
}
