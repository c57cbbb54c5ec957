//! Calling customers back: who asks for it, attempts, and the next one.

use ccroute_core::{Cause, EventKind, RejectionCode, Timestamp};

use super::happening::Happening;
use super::router::{Answer, Oracle, Seq};
use super::rules::{Callback, default_callback};

impl Oracle {
    /// "**request_callback** – in the queue, else `wrong_phase`; the queue has a `callback`
    /// rule, else `no_callback`. [`offer_withdrawn` (callback)s or `reservation_released`
    /// (callback)s], `contact_left` (callback; agent when connecting). It is a callback from now
    /// on, with its age and its preferred agents, visit + 1, in the rule's queue:
    /// `contact_queued` (callback), or, with `at` ahead of now, `contact_scheduled`."
    pub(crate) fn request_callback(&mut self, id: &str, at: Option<Timestamp>) -> Answer {
        let seq = self.in_queue(id)?;
        let rule = self.rules_of(seq).callback.clone().ok_or(RejectionCode::NoCallback)?;
        let queue = rule.queue.unwrap_or_else(|| self.contact(seq).queue.clone());
        self.leave_queue(seq, EventKind::ContactLeft, Cause::Callback);
        let contact = self.contact_mut(seq);
        contact.asked_in = Some(contact.queue.clone());
        self.change_queue(seq, &queue);
        match at.filter(|&at| at > self.now) {
            Some(at) => self.schedule(seq, at, false),
            None => self.begin_visit(seq, Cause::Callback),
        }
        Ok(String::new())
    }

    /// "**fail_callback** – cause missed, busy, unreachable or failed, else `invalid_value`; a
    /// callback that is connecting, else `wrong_phase`."
    pub(crate) fn fail_callback(&mut self, id: &str, cause: Cause) -> Answer {
        let seq = self.find_contact(id)?;
        if ![Cause::Missed, Cause::Busy, Cause::Unreachable, Cause::Failed].contains(&cause) {
            return Err(RejectionCode::InvalidValue);
        }
        let contact = self.contact(seq);
        if contact.asked_in.is_none() || contact.connecting_with().is_none() {
            return Err(RejectionCode::WrongPhase);
        }
        self.fail_attempt(seq, cause);
        Ok(String::new())
    }

    /// "*Attempt failed*: `reservation_released`s (cause); `callback_failed` (agent, cause,
    /// number = attempts so far); the agent's slot is free, nothing counts against it. With
    /// `attempts` of them `contact_left` (cause), closed; else `contact_scheduled`, after
    /// `retry` by the cause (missed and connect_timeout: missed; busy; else unreachable)."
    pub(crate) fn fail_attempt(&mut self, seq: Seq, cause: Cause) {
        let agent = self.end_attempts(seq, cause).expect("somebody was connecting");
        let contact = self.contact_mut(seq);
        contact.attempts += 1;
        contact.tried_by = Some(agent.clone());
        let number = contact.attempts;
        let event = self.about(seq, EventKind::CallbackFailed);
        self.emit(Happening { agent: Some(agent), cause, number, ..event });
        let rule = self.callback_rule(seq);
        if number >= rule.attempts {
            self.leave_queue(seq, EventKind::ContactLeft, cause);
            self.close(seq);
            return;
        }
        let retry = if matches!(cause, Cause::Missed | Cause::ConnectTimeout) {
            rule.retry.missed
        } else if cause == Cause::Busy {
            rule.retry.busy
        } else {
            rule.retry.unreachable
        };
        self.schedule(seq, self.after(retry), true);
    }

    /// "It goes by the `callback` rule of the queue in which it was asked for (or, if a plan took
    /// that away, the defaults), whatever queue it is in."
    pub(crate) fn callback_rule(&self, seq: Seq) -> Callback {
        let asked_in = self.contact(seq).asked_in.as_deref().expect("a callback");
        self.rules.queue(asked_in).callback.clone().unwrap_or_else(default_callback)
    }

    /// "The agent who tried is its only preferred agent (score 1000), with `owner_first` as
    /// `preferred.first`", from when the next attempt may be made.
    pub(crate) fn return_to_owner(&mut self, seq: Seq) {
        let rule = self.callback_rule(seq);
        let now = self.now;
        let contact = self.contact_mut(seq);
        let owner = contact.tried_by.clone().expect("somebody tried");
        contact.preferred = vec![(owner, 1_000)];
        (contact.owner_first, contact.preferred_since) = (Some(rule.owner_first), now);
    }
}
