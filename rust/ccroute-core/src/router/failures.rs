//! Offers and connections that come to nothing by the agent's doing, or the phone's: what
//! it does to the agent, and to the contact.

use super::Router;
use super::state::{Availability, Offer, Phase};
use super::timers::Deadline;
use crate::error::{Rejection, RejectionCode};
use crate::event::{Cause, Event, EventKind};
use crate::ids::{AgentKey, ContactKey, OfferKey};
use crate::plan::{Failure, OfferPolicy};
use crate::time::Timestamp;

/// The cause that events give for a failure.
fn cause_of(failure: Failure) -> Cause {
    match failure {
        Failure::Missed => Cause::Missed,
        Failure::Declined => Cause::Declined,
        Failure::Busy => Cause::Busy,
        Failure::Unreachable => Cause::Unreachable,
    }
}

impl Router {
    pub(super) fn decline(
        &mut self,
        key: OfferKey,
        failure: Failure,
        reason: Option<&str>,
    ) -> Result<(), Rejection> {
        self.live_offer(key)?;
        let reason = self.reason(reason)?;
        let Offer { contact, agent, .. } = self.end_offer(key);
        self.free_slot(agent, self.contact(contact).channel);
        let (kind, cause) = match failure {
            Failure::Declined => (EventKind::OfferDeclined, Cause::None),
            Failure::Missed => (EventKind::OfferMissed, Cause::None),
            Failure::Busy | Failure::Unreachable => (EventKind::OfferMissed, cause_of(failure)),
        };
        let event = self.offer_event(kind, key, contact, agent);
        self.emit(Event { cause, reason, ..event });
        self.came_to_nothing(contact, agent, Some(failure), cause_of(failure));
        Ok(())
    }

    /// Closes an offer nobody answered.
    ///
    /// The contact keeps its arrival time: being ignored by one agent must never cost
    /// the customer their place.
    pub(super) fn offer_missed(&mut self, key: OfferKey) {
        let Offer { contact, agent, .. } = self.end_offer(key);
        self.free_slot(agent, self.contact(contact).channel);
        let event = self.offer_event(EventKind::OfferMissed, key, contact, agent);
        self.emit(event);
        self.came_to_nothing(contact, agent, Some(Failure::Missed), Cause::Missed);
    }

    /// Accepted, but customer and agent cannot be joined: known before the deadline.
    pub(super) fn fail_connection(
        &mut self,
        key: ContactKey,
        cause: Cause,
    ) -> Result<(), Rejection> {
        let contact = self.known_contact(key)?;
        if !Cause::OF_CONNECTION.contains(&cause) {
            return Err(Self::no_way_to_fail(cause, Cause::OF_CONNECTION));
        }
        let Phase::Connecting { agent, .. } = contact.phase else {
            let remedy = "only a connection that was accepted fails so; decline or cancel others";
            return Err(Self::wrong_phase(contact, remedy));
        };
        let failure = Failure::ALL.iter().copied().find(|&failure| cause_of(failure) == cause);
        self.drop_connection(key, agent, cause);
        self.came_to_nothing(key, agent, failure, cause);
        Ok(())
    }

    /// The cause is none of those a command can give.
    pub(super) fn no_way_to_fail(cause: Cause, among: &[Cause]) -> Rejection {
        let words: Vec<&str> = among.iter().map(|cause| cause.word()).collect();
        let message = format!("'{cause}' is no way to fail: give {}", words.join(", "));
        Rejection::new(RejectionCode::InvalidValue, message)
    }

    /// Accepted, but customer and agent were not joined in time.
    pub(super) fn connect_timed_out(&mut self, contact: ContactKey) {
        let Phase::Connecting { agent, .. } = self.contact(contact).phase else { return };
        if self.contact(contact).callback().is_some() {
            // It was the customer who could not be reached.
            self.attempt_failed(contact, agent, Cause::ConnectTimeout);
            return;
        }
        self.drop_connection(contact, agent, Cause::ConnectTimeout);
        self.came_to_nothing(contact, agent, Some(Failure::Missed), Cause::ConnectTimeout);
    }

    /// `failure`: what counts against the agent; `None`: nothing.
    fn came_to_nothing(
        &mut self,
        contact: ContactKey,
        agent: AgentKey,
        failure: Option<Failure>,
        cause: Cause,
    ) {
        if self.counts_offers(contact) {
            self.contact_mut(contact).more_mut().failed += 1;
        }
        let policy = self.rules(self.contact(contact)).offer;
        let others = failure
            .map_or_else(Vec::new, |failure| self.count_failure(agent, failure, cause, &policy));
        self.refresh(agent);
        if self.is_last_offer(contact) {
            self.requeue(contact, cause);
        }
        self.exclude_failed(contact, agent);
        self.requeue_all(&others, Cause::NotReady);
    }

    /// One failure more: so many in a row make the agent not ready, and fewer leave them
    /// alone for a while. Returns the contacts whose offers were taken back.
    fn count_failure(
        &mut self,
        key: AgentKey,
        failure: Failure,
        cause: Cause,
        policy: &OfferPolicy,
    ) -> Vec<ContactKey> {
        if self.agent(key).availability != Availability::Ready {
            return Vec::new();
        }
        let limit = policy.limit(failure);
        let count = self.agent_mut(key).failures.of_mut(failure);
        *count = count.saturating_add(1);
        if limit > 0 && *count >= limit {
            return self.set_missed(key, cause);
        }
        let span = *policy.back_off.of(failure);
        if span.micros() > 0 {
            self.back_off(key, self.after(span), cause);
        }
        Vec::new()
    }

    /// Leaves an agent alone until an instant, unless that is so for longer already.
    fn back_off(&mut self, key: AgentKey, until: Timestamp, cause: Cause) {
        if let Some(running) = self.agent(key).back_off {
            if running.at() >= until {
                return;
            }
            self.timers.cancel(running);
        }
        let timer = self.timers.set(until, Deadline::BackOff(key));
        self.agent_mut(key).back_off = Some(timer);
        let event = Self::agent_event(EventKind::BackOffStarted, key);
        self.emit(Event { cause, time: Some(until), ..event });
    }

    /// The agent was left alone long enough.
    pub(super) fn back_off_over(&mut self, key: AgentKey) {
        self.end_back_off(key, Cause::Limit);
        self.refresh(key);
    }

    /// Ends an agent's back-off, if one runs.
    pub(super) fn end_back_off(&mut self, key: AgentKey, cause: Cause) {
        if let Some(timer) = self.agent_mut(key).back_off.take() {
            self.timers.cancel(timer);
            let event = Self::agent_event(EventKind::BackOffEnded, key);
            self.emit(Event { cause, ..event });
        }
    }
}
