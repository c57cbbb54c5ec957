//! Contacts that do not wait for an agent just now: scheduled, suspended, or to be called
//! back after an attempt that failed.

use super::Router;
use super::state::{CallingBack, Phase};
use super::timers::Deadline;
use crate::error::{Rejection, RejectionCode};
use crate::event::{Cause, Event, EventKind};
use crate::ids::{AgentKey, ContactKey};
use crate::plan::CallbackRule;
use crate::time::{Span, Timestamp};

impl Router {
    /// The contact waits for its time; `begun`: its visit goes on then, instead of
    /// beginning.
    pub(super) fn schedule(&mut self, key: ContactKey, at: Timestamp, begun: bool) {
        self.change_class(key);
        let timer = self.timers.set(at, Deadline::Due(key));
        self.contact_mut(key).phase = Phase::Scheduled { timer, begun };
        let event = self.contact_event(EventKind::ContactScheduled, key);
        self.emit(Event { time: Some(at), ..event });
    }

    /// A scheduled contact's time has come.
    pub(super) fn scheduled_due(&mut self, key: ContactKey) {
        let Phase::Scheduled { begun, .. } = self.contact(key).phase else { return };
        self.end_schedule(key, begun);
    }

    fn end_schedule(&mut self, key: ContactKey, begun: bool) {
        if begun {
            let queue = self.contact(key).queue;
            self.queues[queue.index()].length += 1;
            self.prefer_owner(key);
            self.requeue(key, Cause::Due);
            return;
        }
        // Its age counts from now, unless it has one.
        let now = self.now;
        let contact = self.contact_mut(key);
        if contact.callback().is_none() && contact.since == contact.entered {
            contact.since = now;
        }
        if contact.callback().is_some() {
            self.begin_preference(key);
            self.begin_visit(key, Cause::Callback);
        } else {
            self.join_queue(key);
        }
    }

    pub(super) fn suspend(
        &mut self,
        key: ContactKey,
        lasts: Option<Span>,
    ) -> Result<(), Rejection> {
        let contact = self.known_contact(key)?;
        let most = self.rules(contact).suspension;
        if !matches!(contact.phase, Phase::Waiting | Phase::Offered | Phase::Connecting { .. }) {
            return Err(Self::wrong_phase(contact, "only a contact that waits can be suspended"));
        }
        let lasts = lasts.unwrap_or(most);
        if lasts > most {
            let message = format!("suspension of {lasts}: the queue allows {most}");
            return Err(Rejection::new(RejectionCode::InvalidValue, message));
        }
        let queue = contact.queue;
        if self.stop_waiting(key, Cause::Suspended).is_some() {
            // The agent is free again, and pays for nothing.
            let since = Some(self.contact(key).since);
            let event = self.contact_event(EventKind::ContactRequeued, key);
            self.emit(Event { cause: Cause::Suspended, time: since, ..event });
        }
        self.queues[queue.index()].length += 1;
        let until = self.after(lasts);
        let timer = self.timers.set(until, Deadline::Suspension(key));
        self.contact_mut(key).phase = Phase::Suspended { timer };
        let event = self.contact_event(EventKind::ContactSuspended, key);
        self.emit(Event { time: Some(until), ..event });
        Ok(())
    }

    /// A contact was suspended long enough.
    pub(super) fn suspension_over(&mut self, key: ContactKey) {
        self.requeue(key, Cause::Limit);
    }

    pub(super) fn reinstate(&mut self, key: ContactKey) -> Result<(), Rejection> {
        let contact = self.known_contact(key)?;
        match contact.phase {
            Phase::Suspended { timer } => {
                self.timers.cancel(timer);
                self.requeue(key, Cause::Reinstated);
            }
            Phase::Scheduled { timer, begun } => {
                self.timers.cancel(timer);
                self.end_schedule(key, begun);
            }
            Phase::Waiting
            | Phase::Offered
            | Phase::Connecting { .. }
            | Phase::Engaged { .. }
            | Phase::Closed => {
                let remedy = "only a suspended or scheduled contact can be reinstated";
                return Err(Self::wrong_phase(contact, remedy));
            }
        }
        Ok(())
    }

    /// The host may offer the customer to be called back, once a visit.
    pub(super) fn offer_callback(&mut self, key: ContactKey) {
        if self.contact(key).callback().is_some() {
            return;
        }
        let more = self.contact_mut(key).more_mut();
        if core::mem::replace(&mut more.callback_offered, true) {
            return;
        }
        let number = self.contact(key).steps.count;
        let event = self.contact_event(EventKind::CallbackOffered, key);
        self.emit(Event { number, ..event });
    }

    /// The customer leaves the line and keeps the place.
    pub(super) fn request_callback(
        &mut self,
        key: ContactKey,
        at: Option<Timestamp>,
    ) -> Result<(), Rejection> {
        let contact = self.known_contact(key)?;
        if !contact.phase.is_in_queue() {
            return Err(Self::wrong_phase(contact, "only a contact in a queue can be called back"));
        }
        let Some(rule) = &self.rules(contact).callback else {
            let name = self.plan.queue_names.name(contact.queue.index());
            let message = format!("queue '{name}' calls nobody back: give it a `callback` rule");
            return Err(Rejection::new(RejectionCode::NoCallback, message));
        };
        let to = rule.queue.unwrap_or(contact.queue);
        self.leave_visit(key, Cause::Callback);
        let asked_in = self.contact(key).queue;
        let before = self.contact(key).callback();
        self.contact_mut(key).more_mut().callback = Some(match before {
            Some(before) => CallingBack { asked_in, ..before },
            None => CallingBack { asked_in, attempts: 0, owner: None },
        });
        match at.filter(|at| *at > self.now) {
            None => self.go_to(key, to, true, Cause::Callback),
            Some(at) => {
                self.change_queue(key, to);
                self.schedule(key, at, false);
            }
        }
        Ok(())
    }

    pub(super) fn fail_callback(&mut self, key: ContactKey, cause: Cause) -> Result<(), Rejection> {
        let contact = self.known_contact(key)?;
        if !Cause::OF_ATTEMPT.contains(&cause) {
            return Err(Self::no_way_to_fail(cause, Cause::OF_ATTEMPT));
        }
        let (Phase::Connecting { agent, .. }, Some(_)) = (contact.phase, contact.callback()) else {
            let remedy = "only the connection of a callback fails so; decline or cancel others";
            return Err(Self::wrong_phase(contact, remedy));
        };
        self.attempt_failed(key, agent, cause);
        Ok(())
    }

    /// The customer could not be reached: another time, or never.
    pub(super) fn attempt_failed(&mut self, key: ContactKey, agent: AgentKey, cause: Cause) {
        self.drop_connection(key, agent, cause);
        let contact = self.contact(key);
        let before = contact.callback().expect("a callback failed");
        let attempts = before.attempts.saturating_add(1);
        let rule = self.callback_rule(before);
        self.contact_mut(key).more_mut().callback =
            Some(CallingBack { attempts, owner: Some(agent), ..before });
        let number = u32::from(attempts);
        let event = self.contact_event(EventKind::CallbackFailed, key);
        self.emit(Event { agent: Some(agent), cause, number, ..event });
        self.refresh(agent);
        let queue = self.contact(key).queue;
        self.queues[queue.index()].length -= 1;
        if attempts >= rule.attempts {
            let event = self.contact_event(EventKind::ContactLeft, key);
            self.emit(Event { cause, ..event });
            self.close(key);
            return;
        }
        let span = if matches!(cause, Cause::Missed | Cause::ConnectTimeout) {
            rule.retry.missed
        } else if cause == Cause::Busy {
            rule.retry.busy
        } else {
            rule.retry.unreachable
        };
        self.schedule(key, self.after(span), true);
    }

    /// The rule a callback goes by: of the queue in which it was asked for, where that still
    /// has one.
    pub(super) fn callback_rule(&self, callback: CallingBack) -> CallbackRule {
        self.plan.queue(callback.asked_in).callback.unwrap_or_default()
    }

    /// The agent who tried is preferred at the next attempt.
    fn prefer_owner(&mut self, key: ContactKey) {
        let contact = self.contact(key);
        let Some(callback) = contact.callback() else { return };
        let Some(owner) = callback.owner else { return };
        let first = self.callback_rule(callback).owner_first;
        let now = self.now;
        self.drop_preferences(key);
        self.prefer(key, owner, 1_000);
        let more = self.contact_mut(key).more_mut();
        (more.first_from, more.owner_first) = (now, Some(first));
    }
}
