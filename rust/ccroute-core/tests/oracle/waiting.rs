//! Going into a queue and out of it: visits, requeueing, exclusions, closing.

use ccroute_core::{Cause, EventKind};

use super::happening::Happening;
use super::router::{Exclusion, Oracle, Phase, Seq, Timer};

impl Oracle {
    /// Another visit, in `queue`; "the contact starts a new visit": exclusions that the host
    /// did not set end, "contacts of queues that were `frozen` keep their rules until their
    /// next visit".
    pub(crate) fn change_queue(&mut self, seq: Seq, queue: &str) {
        let contact = self.contact_mut(seq);
        contact.queue = queue.to_owned();
        contact.visit += 1;
        self.forget_visit(seq);
    }

    /// What belonged to the visit before.
    pub(crate) fn forget_visit(&mut self, seq: Seq) {
        let contact = self.contact_mut(seq);
        contact.steps.clear();
        (contact.offers, contact.missed, contact.overtaken) = (0, 0, 0);
        contact.callback_offered = false;
        contact.kept = None;
        contact.owner_first = None;
        self.end_exclusions(|of, excluded| of == seq && !excluded.by_host);
    }

    /// "A new visit starts from step 0 of the new queue, with what is due by its age taken at
    /// once, after `contact_queued`."
    pub(crate) fn begin_visit(&mut self, seq: Seq, cause: Cause) {
        self.enter_queue(seq, cause);
        self.foretell(seq);
        self.take_due_steps(seq);
    }

    /// `contact_queued`, time = since.
    pub(crate) fn enter_queue(&mut self, seq: Seq, cause: Cause) {
        let now = self.now;
        let contact = self.contact_mut(seq);
        contact.phase = Phase::Waiting;
        contact.entered = now;
        contact.preferred_since = now;
        contact.foretold = None;
        let time = Some(contact.since);
        let event = self.about(seq, EventKind::ContactQueued);
        self.emit(Happening { cause, time, ..event });
    }

    /// "While the contact is offered, connecting or suspended, steps are deferred: when it
    /// waits again, overdue ones are taken at once, after `contact_requeued`."
    pub(crate) fn requeue(&mut self, seq: Seq, cause: Cause) {
        let contact = self.contact_mut(seq);
        contact.phase = Phase::Waiting;
        let time = Some(contact.since);
        self.end_round(seq);
        let event = self.about(seq, EventKind::ContactRequeued);
        self.emit(Happening { cause, time, ..event });
        self.take_due_steps(seq);
    }

    /// "`contact_requeued` comes when the last one ended": those of some contacts, once each,
    /// that have no live offer any more.
    pub(crate) fn requeue_bare(&mut self, contacts: &[Seq], cause: Cause) {
        for &seq in contacts {
            let bare = self.offers.iter().all(|offer| offer.contact != seq);
            if bare && self.contact(seq).phase == Phase::Offered {
                self.requeue(seq, cause);
            }
        }
    }

    /// "And ends the round."
    pub(crate) fn end_round(&mut self, seq: Seq) {
        self.contact_mut(seq).added = 0;
        self.cancel_timer(&Timer::Ring(seq));
    }

    /// Ends the visit of a contact nobody has talked to yet in it: "each live offer:
    /// `offer_withdrawn` (same cause); when connecting, each reservation
    /// `reservation_released` (same cause). Then" `kind`, "the agent on it when connecting".
    pub(crate) fn leave_queue(&mut self, seq: Seq, kind: EventKind, cause: Cause) {
        let agent = self.end_attempts(seq, cause);
        let event = self.about(seq, kind);
        self.emit(Happening { cause, agent, ..event });
    }

    /// Offers, reservations and the connection end; who was connecting.
    pub(crate) fn end_attempts(&mut self, seq: Seq, cause: Cause) -> Option<String> {
        let live = self.offers.iter().filter(|offer| offer.contact == seq);
        let live: Vec<usize> = live.map(|offer| offer.ordinal).collect();
        for ordinal in live {
            self.withdraw(ordinal, cause);
        }
        self.release_reservations(seq, cause);
        let agent = self.contact(seq).connecting_with().map(str::to_owned);
        self.end_connection(seq);
        self.end_round(seq);
        for timer in [Timer::Escalation(seq), Timer::Suspension(seq), Timer::Due(seq)] {
            self.cancel_timer(&timer);
        }
        agent
    }

    /// The slot of whoever was connecting is free again.
    pub(crate) fn end_connection(&mut self, seq: Seq) {
        self.cancel_timer(&Timer::Connect(seq));
        if self.contact(seq).connecting_with().is_some() {
            self.contact_mut(seq).phase = Phase::Waiting;
        }
    }

    /// "The contact is closed."
    pub(crate) fn close(&mut self, seq: Seq) {
        self.contact_mut(seq).phase = Phase::Closed;
        self.end_exclusions(|of, _| of == seq);
        self.begin_retention(seq);
    }

    /// "*Closed* – gone; remembered for the plan's `retention`, counted from the end of the
    /// last wrap-up after it."
    pub(crate) fn begin_retention(&mut self, seq: Seq) {
        let over = self.contact(seq).phase == Phase::Closed
            && self.wrap_ups.iter().all(|wrap| wrap.contact != seq);
        if over {
            self.contact_mut(seq).gone_until = Some(self.remembered());
        }
    }

    /// "An agent who missed, declined, or failed to connect a contact is excluded from it until
    /// the first of: `exclude_for` has passed (`"step"`: never by time); …"
    pub(crate) fn exclude_after_failure(
        &mut self,
        seq: Seq,
        agent: &str,
        span: Option<ccroute_core::Span>,
    ) {
        if self.contact(seq).phase == Phase::Closed {
            return;
        }
        let exclusion = Exclusion { agent: agent.to_owned(), by_host: false };
        let until = span.map(|span| self.after(span));
        self.begin_exclusion(seq, exclusion, until);
    }

    pub(crate) fn begin_exclusion(
        &mut self,
        seq: Seq,
        exclusion: Exclusion,
        until: Option<ccroute_core::Timestamp>,
    ) {
        self.end_exclusions(|of, running| of == seq && *running == exclusion);
        self.contact_mut(seq).excluded.push(exclusion.clone());
        if let Some(until) = until {
            self.set_timer(until, Timer::Exclusion(seq, exclusion));
        }
    }

    /// Those exclusions end, whatever their deadline.
    pub(crate) fn end_exclusions(&mut self, over: impl Fn(Seq, &Exclusion) -> bool) {
        for contact in &mut self.contacts {
            let seq = contact.seq;
            contact.excluded.retain(|excluded| !over(seq, excluded));
        }
        self.timers.retain(|(.., timer)| match timer {
            Timer::Exclusion(of, excluded) => !over(*of, excluded),
            Timer::Offer(_)
            | Timer::Ring(_)
            | Timer::Connect(_)
            | Timer::Grace(_)
            | Timer::Escalation(_)
            | Timer::WrapUp(..)
            | Timer::BackOff(_)
            | Timer::Due(_)
            | Timer::Suspension(_)
            | Timer::Help(..) => true,
        });
    }
}
