//! Leaving a queue by rule: escalated, for want of staff, at closing time, by a key.

use super::Router;
use super::known::listed;
use super::state::{Contact, Phase};
use crate::error::{Rejection, RejectionCode};
use crate::event::{Cause, Event, EventKind};
use crate::ids::{AgentKey, ContactKey, QueueKey};
use crate::plan::Action;
use crate::time::Timestamp;

impl Router {
    /// Does to an unconnected contact what a rule says.
    pub(super) fn act_on(&mut self, key: ContactKey, action: Action) {
        match action {
            Action::Move(queue) => {
                self.note_left(key);
                self.leave_visit(key, Cause::Overflowed);
                self.go_to(key, queue, true, Cause::Overflowed);
            }
            Action::End(cause) => self.leave_for_good(key, cause),
            Action::OfferCallback => self.offer_callback(key),
        }
    }

    /// On to another queue, where a visit begins.
    pub(super) fn go_to(&mut self, key: ContactKey, queue: QueueKey, keep_age: bool, cause: Cause) {
        if cause != Cause::Callback && !self.plan.queue(queue).preferred.keep_on_transfer {
            self.drop_preferences(key);
        }
        self.change_queue(key, queue);
        if !keep_age {
            self.contact_mut(key).since = self.now;
        }
        self.begin_preference(key);
        self.begin_visit(key, cause);
    }

    /// A contact belongs to another queue, under whose rules its next visit will be.
    pub(super) fn change_queue(&mut self, key: ContactKey, queue: QueueKey) {
        self.clear_exclusions(key);
        let contact = self.contact_mut(key);
        contact.queue = queue;
        contact.visit += 1;
        contact.steps = Default::default();
        if let Some(more) = contact.more.as_deref_mut() {
            more.rules = None;
        }
    }

    /// Remembers which queues a contact left by rule at this instant.
    fn note_left(&mut self, key: ContactKey) {
        let (now, queue) = (self.now, self.contact(key).queue);
        let more = self.contact_mut(key).more_mut();
        if more.moved_at != now {
            more.moved.clear();
            more.moved_at = now;
        }
        more.moved.push(queue);
    }

    /// Whether a contact left a queue by rule at this very instant, or is in it: rules
    /// must not chase it in a circle.
    pub(super) fn has_left_now(&self, key: ContactKey, queue: QueueKey) -> bool {
        let contact = self.contact(key);
        let more = contact.more.as_deref().filter(|more| more.moved_at == self.now);
        contact.queue == queue
            || more.is_some_and(|more| more.moved.contains(&queue))
            || self.plan.queue(queue).retired
    }

    /// The customer presses a key.
    pub(super) fn press(&mut self, key: ContactKey, pressed: &str) -> Result<(), Rejection> {
        let contact = self.known_contact(key)?;
        if !contact.phase.is_in_queue() {
            return Err(Self::wrong_phase(contact, "only a contact in a queue has exits"));
        }
        let exits = &self.rules(contact).exits;
        let Some(&(_, action)) = exits.iter().find(|(known, _)| known == pressed) else {
            let known = listed(exits.iter().map(|(known, _)| known.as_str()));
            let shown: String = pressed.escape_debug().take(20).collect();
            let message = format!("queue has no exit '{shown}': it has {known}");
            return Err(Rejection::new(RejectionCode::UnknownExit, message));
        };
        match action {
            Action::OfferCallback => self.request_callback(key, None),
            Action::Move(queue) => {
                self.open_to_newcomers(queue)?;
                self.leave_visit(key, Cause::ExitedByKey);
                self.go_to(key, queue, true, Cause::ExitedByKey);
                Ok(())
            }
            Action::End(cause) => {
                self.leave_for_good(key, cause);
                Ok(())
            }
        }
    }

    /// A queue opens or closes.
    pub(super) fn set_queue_open(&mut self, queue: QueueKey, open: bool) -> Result<(), Rejection> {
        self.known_queue(queue)?;
        if self.queues[queue.index()].open == open {
            return Ok(());
        }
        self.queues[queue.index()].open = open;
        let kind = if open { EventKind::QueueOpened } else { EventKind::QueueClosed };
        self.emit(Event { queue: Some(queue), ..Event::new(kind) });
        let waiting = self.plan.queue(queue).hours.and_then(|hours| hours.waiting);
        if let Some(action) = waiting.filter(|_| !open) {
            for key in self.waiting_in(queue) {
                let back = matches!(action, Action::Move(to) if self.has_left_now(key, to));
                if !back {
                    self.act_on(key, action);
                }
            }
        }
        Ok(())
    }

    /// Those who wait in a queue without an offer, in the order in which they came.
    fn waiting_in(&self, queue: QueueKey) -> Vec<ContactKey> {
        let items = self.matcher.waiting(queue);
        let keys = items.map(|(_, item)| self.contact_key(item));
        let mut waiting: Vec<ContactKey> =
            keys.filter(|key| self.contact(*key).phase == Phase::Waiting).collect();
        waiting.sort_by_key(|key| self.contact(*key).sequence);
        waiting
    }

    /// An agent changed: whether the queues it serves have staff to join for, and to wait
    /// for.
    pub(super) fn mind_staff(&mut self, agent: AgentKey) {
        let links = self.matcher.links(agent);
        let queues: Vec<QueueKey> = links.iter().map(|link| link.queue).collect();
        for queue in queues {
            let (join, stay) = {
                let rules = self.plan.queue(queue);
                (rules.admission.staff, rules.leaving.staff)
            };
            let fits = |router: &Self, free_of| router.is_staff(agent, queue, free_of);
            let (joins, stays) = (fits(self, join), fits(self, stay));
            let state = &mut self.queues[queue.index()];
            state.to_join.set(agent.index(), joins);
            state.to_stay.set(agent.index(), stays);
            self.mind_empty(queue);
        }
    }

    /// An agent serves a queue no longer.
    pub(super) fn forget_staff(&mut self, agent: AgentKey, queue: QueueKey) {
        let state = &mut self.queues[queue.index()];
        state.to_join.set(agent.index(), false);
        state.to_stay.set(agent.index(), false);
        self.mind_empty(queue);
    }

    /// Notes since when a queue is without the staff its leaving rule asks for.
    pub(super) fn mind_empty(&mut self, queue: QueueKey) {
        if self.plan.queue(queue).leaving.staff.is_empty() {
            return;
        }
        let state = &mut self.queues[queue.index()];
        let before = state.empty_since;
        let since = match (state.to_stay.is_empty(), before) {
            (true, Some(since)) => Some(since),
            (true, None) => Some(self.unsettled.wanted_since(queue).unwrap_or(self.now)),
            (false, _) => None,
        };
        if since != before {
            state.empty_since = since;
            if let Some(before) = before {
                self.unsettled.staffed(queue, before);
            }
            self.arm_looks_in(&[queue]);
        }
    }

    /// When a contact that waits must leave for want of staff, if nobody comes.
    pub(super) fn leaves_at(&self, contact: &Contact) -> Option<Timestamp> {
        let since = self.queues[contact.queue.index()].empty_since?;
        let rule = &self.rules(contact).leaving;
        (contact.phase == Phase::Waiting)
            .then(|| (since + rule.after).max(contact.entered + rule.grace))
    }

    /// Nobody has served a contact's queue for too long.
    pub(super) fn leave_for_want_of_staff(&mut self, key: ContactKey) {
        let action = match self.rules(self.contact(key)).leaving.action {
            Action::Move(queue) if self.has_left_now(key, queue) => Action::End(Cause::NoAgents),
            action @ (Action::Move(_) | Action::End(_) | Action::OfferCallback) => action,
        };
        self.act_on(key, action);
    }
}
