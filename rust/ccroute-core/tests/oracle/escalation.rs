//! Steps: by age, by condition, passed over, and what they do.

use ccroute_core::{Cause, EventKind, Timestamp};

use super::happening::Happening;
use super::router::{Contact, Oracle, Phase, Seq, Timer};
use super::rules::Deed;

impl Oracle {
    /// "*By age*: the next step with an `after` is due at `since + after`." Which one, and when.
    pub(crate) fn next_timed_step(&self, contact: &Contact) -> Option<(usize, Timestamp)> {
        let steps = self.rules_for(contact).steps.iter().enumerate().skip(contact.steps.len());
        let mut timed = steps.filter_map(|(at, step)| Some((at, contact.since + step.after?)));
        timed.next()
    }

    /// "*By condition*: when the very next step has a `when` that holds."
    pub(crate) fn next_step_wants(&self, contact: &Contact) -> bool {
        let step = self.rules_for(contact).steps.get(contact.steps.len());
        let when = step.and_then(|step| step.when.as_ref());
        when.is_some_and(|when| self.holds(when, contact))
    }

    /// "When it is, and the contact waits, the steps before it that go by `when` alone are
    /// passed over, and then it is taken; several due ones in one go." And the deadline of the
    /// next: "whenever the contact begins to wait … or takes or passes over a step, after the
    /// due steps were taken".
    pub(crate) fn take_due_steps(&mut self, seq: Seq) {
        self.cancel_timer(&Timer::Escalation(seq));
        let visit = self.contact(seq).visit;
        while self.contact(seq).phase == Phase::Waiting && self.contact(seq).visit == visit {
            let Some((step, due)) = self.next_timed_step(self.contact(seq)) else { return };
            if due > self.now {
                self.set_timer(due, Timer::Escalation(seq));
                return;
            }
            while self.contact(seq).steps.len() < step {
                self.note_step(seq, false);
            }
            self.take_step(seq);
        }
    }

    /// "A step with an `if` that does not hold when it is to be taken is passed over. So is one
    /// whose `move_to` names a queue the contact is in or left by rule at this very instant, or
    /// one that is retired."
    pub(crate) fn take_step(&mut self, seq: Seq) {
        let contact = self.contact(seq);
        let step = self.rules_for(contact).steps[contact.steps.len()].clone();
        let asked = step.only_if.as_ref().is_none_or(|only_if| self.holds(only_if, contact));
        let moves = match &step.deed {
            Some(Deed::Move(queue)) => self.may_move_by_rule(contact, queue),
            Some(Deed::End(_) | Deed::OfferCallback) | None => true,
        };
        let taken = asked && moves;
        self.note_step(seq, taken);
        if !taken {
            return;
        }
        // "Exclusions that the host did not set end."
        self.end_exclusions(|of, excluded| of == seq && !excluded.by_host);
        match step.deed {
            None => {}
            Some(Deed::OfferCallback) => self.offer_callback(seq),
            Some(Deed::Move(queue)) => self.move_by_rule(seq, &queue, Cause::Overflowed),
            Some(Deed::End(cause)) => {
                self.leave_queue(seq, EventKind::ContactLeft, cause);
                self.close(seq);
            }
        }
    }

    /// "`contact_escalated` (number = steps behind it, reason = the step's name)"; "*Passed
    /// over*: `contact_escalated` (cause passed_over), nothing else."
    fn note_step(&mut self, seq: Seq, taken: bool) {
        let contact = self.contact(seq);
        let reason = self.rules_for(contact).steps[contact.steps.len()].name.clone();
        self.contact_mut(seq).steps.push(taken);
        let number = u32::try_from(self.contact(seq).steps.len()).expect("few steps");
        let cause = if taken { Cause::None } else { Cause::PassedOver };
        let event = self.about(seq, EventKind::ContactEscalated);
        self.emit(Happening { cause, number, reason, ..event });
    }

    /// "`offer_callback` (once a visit, and nothing to a callback: `callback_offered`)".
    /// "`number`: the step."
    fn offer_callback(&mut self, seq: Seq) {
        if self.contact(seq).asked_in.is_some() {
            return;
        }
        if std::mem::replace(&mut self.contact_mut(seq).callback_offered, true) {
            return;
        }
        let number = u32::try_from(self.contact(seq).steps.len()).expect("few steps");
        let event = self.about(seq, EventKind::CallbackOffered);
        self.emit(Happening { number, ..event });
    }

    /// Whether a rule may move a contact there: not "a queue the contact is in or left by rule
    /// at this very instant, or one that is retired".
    pub(crate) fn may_move_by_rule(&self, contact: &Contact, queue: &str) -> bool {
        let (at, left) = &contact.left;
        let left = *at == self.now && left.iter().any(|gone| gone == queue);
        contact.queue != queue && !left && !self.is_retired(queue)
    }

    /// "**Moved by rule** (a step, closing time, want of staff): `contact_left` (overflowed);
    /// then it goes on with its age, visit + 1, `contact_queued` (overflowed); of its preferred
    /// agents the same is true as of a transfer."
    pub(crate) fn move_by_rule(&mut self, seq: Seq, queue: &str, cause: Cause) {
        let now = self.now;
        let contact = self.contact_mut(seq);
        if contact.left.0 != now {
            contact.left = (now, Vec::new());
        }
        let from = contact.queue.clone();
        contact.left.1.push(from);
        self.move_to(seq, queue, cause);
    }

    /// The same, but that it counts as no rule.
    pub(crate) fn move_to(&mut self, seq: Seq, queue: &str, cause: Cause) {
        self.leave_queue(seq, EventKind::ContactLeft, cause);
        self.go_on_in(seq, queue, true, cause);
    }
}
