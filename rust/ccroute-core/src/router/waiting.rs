//! Contacts that wait: where they stand in line, and under which class.

use super::Router;
use super::explain::How;
use super::queues::ask;
use super::state::{Contact, Phase};
use crate::event::{Cause, Event, EventKind};
use crate::ids::{AgentKey, ClassKey, ContactKey, QueueKey};
use crate::matching::Ask;
use crate::plan::{QueueOrder, QueuePlan, Strategy};
use crate::queue::OrderKey;
use crate::skill::Requirement;
use crate::time::Span;

impl Router {
    /// A stay in the contact's queue begins.
    pub(super) fn begin_visit(&mut self, key: ContactKey, cause: Cause) {
        self.open_visit(key, cause);
        self.wait(key);
        let queue = self.contact(key).queue;
        if self.plan.queue(queue).expected_wait {
            self.foretell(key);
        }
        self.escalation_due(key);
    }

    /// As [`Self::begin_visit`], of a contact whose coming is all that happens.
    pub(super) fn begin_visit_alone(&mut self, key: ContactKey, cause: Cause) {
        if !self.is_settled_at_once(key) {
            return self.begin_visit(key, cause);
        }
        self.open_visit(key, cause);
        let demand = self.contact(key).demand();
        let group = self.matcher.group(demand);
        // Who waits already cannot be taken by anybody who is idle.
        match self.matcher.longest_idle_of(group) {
            Some(choice) => self.make_offer(key, choice, How::Turn),
            None => self.stand_in_group(key, group),
        }
    }

    /// Whether nothing but skills and idle times says what becomes of a newcomer, and that it
    /// waits changes nothing else.
    fn is_settled_at_once(&self, key: ContactKey) -> bool {
        let contact = self.contact(key);
        let rules = self.rules(contact);
        let QueuePlan { strategy, offer, escalation, expected_wait, .. } = rules;
        strategy.only().unwrap_or_default() == Strategy::LongestIdle
            && (offer.parallel, offer.add_every) == (1, None)
            && escalation.is_empty()
            && !expected_wait
            && contact.more.is_none()
            && contact.excluded.is_empty()
            && !self.in_use.staff
            && !self.goes_by_turns()
            && self.unsettled.is_empty()
            && self.traced.is_none()
    }

    fn open_visit(&mut self, key: ContactKey, cause: Cause) {
        let now = self.now;
        let contact = self.contact_mut(key);
        contact.steps = Default::default();
        contact.entered = now;
        contact.phase = Phase::Waiting;
        if let Some(more) = contact.more.as_deref_mut() {
            (more.offers_made, more.failed, more.overtaken) = (0, 0, 0);
            (more.expected, more.callback_offered) = (None, false);
        }
        let (since, queue) = (contact.since, contact.queue);
        self.change_class(key);
        self.queues[queue.index()].length += 1;
        let event = self.contact_event(EventKind::ContactQueued, key);
        self.emit(Event { cause, time: Some(since), ..event });
    }

    /// Back to the queue: the wait goes on where it was.
    pub(super) fn requeue(&mut self, key: ContactKey, cause: Cause) {
        let event = self.contact_event(EventKind::ContactRequeued, key);
        let since = self.contact(key).since;
        self.emit(Event { cause, time: Some(since), ..event });
        self.wait(key);
        self.escalation_due(key);
    }

    pub(super) fn requeue_all(&mut self, keys: &[ContactKey], cause: Cause) {
        for &key in keys {
            self.requeue(key, cause);
        }
    }

    fn wait(&mut self, key: ContactKey) {
        self.contact_mut(key).phase = Phase::Waiting;
        if self.contact(key).more.as_deref().is_some_and(|more| !more.attached.is_empty()) {
            // What rules attached may have lapsed meanwhile.
            self.change_class(key);
        }
        self.stand_in_line(key);
        self.unsettled.contact(key);
    }

    /// Puts a contact at its place, to be looked at when time alone changes something.
    pub(super) fn stand_in_line(&mut self, key: ContactKey) {
        let demand = self.contact(key).demand();
        let group = self.matcher.group(demand);
        self.stand_in_group(key, group);
        if !self.matcher.is_plain() {
            self.call_helpers(demand.queue);
        }
        self.arm_look(key);
    }

    fn stand_in_group(&mut self, key: ContactKey, group: u32) {
        let place = self.place_of(self.contact(key));
        self.matcher.wait(group, place, key.index() as u32);
        let contact = self.contact_mut(key);
        (contact.place, contact.group) = (Some(place), group);
    }

    /// Takes a contact from its place; whether it had one.
    pub(super) fn step_out(&mut self, key: ContactKey) -> bool {
        let contact = self.contact_mut(key);
        let Some(place) = contact.place.take() else { return false };
        let group = contact.group;
        self.matcher.leave(group, place);
        self.forget_look(key);
        true
    }

    /// Puts a contact that stands in line where it belongs by now.
    pub(super) fn place_anew(&mut self, key: ContactKey) {
        if self.step_out(key) {
            self.stand_in_line(key);
        }
    }

    /// Band, and virtual arrival in microseconds: what came with the contact or is its
    /// queue's, and what steps have added.
    pub(super) fn standing_of(&self, contact: &Contact) -> (i16, i64) {
        let rules = self.rules(contact);
        let (band, head_start) = contact.given_place();
        let band = band.unwrap_or(rules.order.band);
        let head_start = head_start.unwrap_or(rules.order.head_start);
        if contact.steps.count == 0 {
            return (band, contact.since.micros() - head_start.micros());
        }
        let (bands, more) = rules.raised(contact.steps);
        let head_start = head_start + more;
        (band.saturating_add(bands), contact.since.micros() - head_start.micros())
    }

    /// The key by which a contact stands in its queue's order.
    fn place_of(&self, contact: &Contact) -> OrderKey {
        let (band, arrival) = self.standing_of(contact);
        let rules = self.plan.queue(contact.queue);
        match rules.order.by {
            QueueOrder::Aged => OrderKey::at(band, arrival, contact.sequence),
            QueueOrder::Strict => OrderKey::at(band, contact.since.micros(), contact.sequence),
            // The latest first: everything the other way round.
            QueueOrder::Lifo => {
                OrderKey::at(0, -contact.since.micros(), OrderKey::MAX_SEQUENCE - contact.sequence)
            }
            QueueOrder::DueDate => {
                let within = rules.target.within.micros();
                OrderKey::at(band, arrival + within, contact.sequence)
            }
        }
    }

    /// Takes a contact out of the waiting: withdraws its offers or drops its connection.
    /// Returns the agent it was being connected to.
    pub(super) fn stop_waiting(&mut self, key: ContactKey, cause: Cause) -> Option<AgentKey> {
        let contact = self.contact(key);
        let (phase, queue) = (contact.phase, contact.queue);
        if phase.is_in_queue() {
            self.queues[queue.index()].length -= 1;
        }
        match phase {
            Phase::Waiting => {
                self.leave_queue(key);
                None
            }
            Phase::Offered => {
                self.leave_queue(key);
                self.withdraw_offers_of(key, cause);
                None
            }
            Phase::Connecting { agent, .. } => {
                self.drop_connection(key, agent, cause);
                self.refresh(agent);
                Some(agent)
            }
            Phase::Scheduled { timer, .. } | Phase::Suspended { timer } => {
                self.timers.cancel(timer);
                None
            }
            Phase::Engaged { .. } | Phase::Closed => None,
        }
    }

    /// Takes a contact out of the waiting and tells that it left; it goes on elsewhere.
    pub(super) fn leave_visit(&mut self, key: ContactKey, cause: Cause) {
        let agent = self.stop_waiting(key, cause);
        let event = self.contact_event(EventKind::ContactLeft, key);
        self.emit(Event { agent, cause, ..event });
    }

    /// Out of the line, with the escalation deadline.
    fn leave_queue(&mut self, key: ContactKey) {
        self.step_out(key);
        self.stop_escalating(key);
    }

    /// Gives a contact the class of what it asks by now, and looks at it again.
    pub(super) fn reclassify(&mut self, key: ContactKey) {
        let stands = self.step_out(key);
        self.change_class(key);
        if stands {
            self.stand_in_line(key);
            self.unsettled.contact(key);
        }
    }

    /// Gives a contact that stands nowhere the class of what it asks by now.
    pub(super) fn change_class(&mut self, key: ContactKey) {
        let class = self.class_of(key);
        if let Some(old) = self.contact_mut(key).class.replace(class) {
            self.matcher.release_class(old);
        }
    }

    /// The class of what a contact asks, held for it.
    fn class_of(&mut self, key: ContactKey) -> ClassKey {
        let contact = self.contact(key);
        let steps = contact.steps;
        let more = contact.more.as_deref();
        let alike = contact.own.is_none()
            && steps.passed_over == 0
            && more.is_none_or(|more| {
                more.attached.is_empty() && more.rules.is_none() && more.slope.is_none()
            });
        if alike {
            let class = self.plan_classes[contact.queue.index()][steps.count as usize];
            self.matcher.hold_again(class);
            return class;
        }
        let asked = self.ask_of(contact);
        self.matcher.hold_class(&asked)
    }

    /// What a contact asks by now.
    pub(super) fn ask_of(&self, contact: &Contact) -> Ask {
        let slope = contact.more.as_deref().and_then(|more| more.slope);
        let by = self.plan.queue(contact.queue).order.by;
        let own = self.own_need(contact);
        ask(self.rules(contact), by, contact.queue, contact.steps, &own, slope)
    }

    /// What a contact itself needs: what the host says, and what rules attached.
    pub(super) fn own_need(&self, contact: &Contact) -> Requirement {
        let own = contact.own.as_deref().cloned().unwrap_or_default();
        let attached = contact.more.as_deref().map_or(&[][..], |more| &more.attached);
        let lasts = |lasts: &Option<Span>| lasts.is_none_or(|l| contact.since + l > self.as_of);
        let lasting = attached.iter().filter(|(_, until)| lasts(until));
        lasting.fold(own, |need, (attached, _)| need.and(attached))
    }

    /// The contact is gone; it is remembered until its retention ends.
    pub(super) fn close(&mut self, key: ContactKey) {
        self.clear_all_exclusions(key);
        if self.in_use.preferences {
            self.drop_preferences(key);
        }
        let contact = self.contact_mut(key);
        contact.phase = Phase::Closed;
        if let Some(class) = contact.class.take() {
            self.matcher.release_class(class);
        }
        self.retain_closed(key);
    }

    /// Starts retention once nothing of the contact is live.
    pub(super) fn retain_closed(&mut self, key: ContactKey) {
        let contact = self.contact(key);
        if contact.phase == Phase::Closed && contact.wrapping.is_empty() {
            self.closed.insert(self.now + self.plan.retention, key);
        }
    }

    /// Forgets the closed contacts whose retention is over.
    pub(super) fn forget_closed(&mut self) {
        while let Some(key) = self.closed.take(self.now) {
            debug_assert_eq!(self.contact(key).phase, Phase::Closed);
            self.ids.remove(key.index() as u32, &self.contacts);
            if !self.events.is_empty() {
                let id = core::mem::take(&mut self.contact_mut(key).id);
                self.departed.insert(key, id);
            }
            self.contacts.discard(key.index(), key.generation());
        }
    }

    /// Puts a contact that came back from a snapshot where it was.
    pub(super) fn place_again(&mut self, key: ContactKey) {
        let contact = self.contact(key);
        let (phase, queue) = (contact.phase, contact.queue);
        if phase == Phase::Closed {
            return;
        }
        self.change_class(key);
        if phase.is_in_queue() {
            self.queues[queue.index()].length += 1;
        }
        if phase == Phase::Waiting || (phase == Phase::Offered && self.wants_more(key)) {
            self.stand_in_line(key);
        }
        self.await_condition(key);
    }

    /// The class that contacts of a queue have at first.
    pub(super) fn first_class(&self, queue: QueueKey) -> ClassKey {
        self.plan_classes[queue.index()][0]
    }
}
