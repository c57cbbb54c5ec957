//! Offers: a contact proposed to an agent until a deadline. An offer ends exactly
//! once: accepted, declined, missed or withdrawn.

use super::Router;
use super::state::{Exclusion, Offer, Phase};
use super::timers::Deadline;
use crate::error::{Rejection, RejectionCode};
use crate::event::{Cause, Event, EventKind};
use crate::ids::{AgentKey, ContactKey, OfferKey};
use crate::matching::Choice;
use crate::plan::OnMissed;

impl Router {
    /// Proposes a waiting contact; the agent's slot is taken from now on.
    pub(super) fn make_offer(&mut self, contact: ContactKey, choice: Choice) {
        let agent = AgentKey::new(choice.agent);
        self.leave_queue(contact);
        let channel = self.contact(contact).channel;
        let until = self.after(self.plan.queue(self.contact(contact).queue).offer.timeout);
        let key = self.offers.insert_with(|index, generation| {
            let key = OfferKey::new(index, generation);
            let timer = self.timers.set(until, Deadline::Offer(key));
            let Choice { eligible, score, idle_since, .. } = choice;
            (key, Offer { contact, agent, timer, eligible, score, idle_since })
        });
        self.contact_mut(contact).phase = Phase::Offered(key);
        self.agent_mut(agent).offers.push(key);
        self.take_slot(agent, channel);
        self.refresh(agent);
        let event = self.contact_event(EventKind::OfferMade, contact);
        self.emit(Event { agent: Some(agent), offer: Some(key), time: Some(until), ..event });
    }

    pub(super) fn accept(&mut self, key: OfferKey) -> Result<(), Rejection> {
        self.live_offer(key)?;
        let Offer { contact, agent, .. } = self.end_offer(key);
        let until = self.after(self.plan.queue(self.contact(contact).queue).offer.connect_within);
        let timer = self.timers.set(until, Deadline::Connect(contact));
        self.contact_mut(contact).phase = Phase::Connecting { agent, timer };
        self.agent_mut(agent).connecting.push(contact);
        let event = self.offer_event(EventKind::OfferAccepted, key, contact, agent);
        self.emit(Event { time: Some(until), ..event });
        Ok(())
    }

    pub(super) fn decline(&mut self, key: OfferKey, reason: Option<&str>) -> Result<(), Rejection> {
        self.live_offer(key)?;
        let reason = self.reason(reason)?;
        let Offer { contact, agent, .. } = self.end_offer(key);
        self.free_slot(agent, self.contact(contact).channel);
        let event = self.offer_event(EventKind::OfferDeclined, key, contact, agent);
        self.emit(Event { reason, ..event });
        self.refresh(agent);
        self.requeue(contact, Cause::Declined);
        self.exclude(contact, agent);
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
        self.came_to_nothing(contact, agent, Cause::Missed);
    }

    /// Accepted, but customer and agent were not joined in time.
    pub(super) fn connect_timed_out(&mut self, contact: ContactKey) {
        let Phase::Connecting { agent, .. } = self.contact(contact).phase else { return };
        self.agent_mut(agent).connecting.retain(|&other| other != contact);
        self.drop_connection(contact, agent);
        self.came_to_nothing(contact, agent, Cause::ConnectTimeout);
    }

    fn came_to_nothing(&mut self, contact: ContactKey, agent: AgentKey, cause: Cause) {
        let others = match self.plan.queue(self.contact(contact).queue).offer.on_missed {
            OnMissed::NotReady => self.set_missed(agent, cause),
            OnMissed::StayReady => Vec::new(),
        };
        self.refresh(agent);
        self.requeue(contact, cause);
        self.exclude(contact, agent);
        self.requeue_all(&others, Cause::NotReady);
    }

    /// Takes a live offer back; returns its contact, which has no phase of its own
    /// until the caller gives it one.
    pub(super) fn withdraw(&mut self, key: OfferKey, cause: Cause) -> ContactKey {
        let Offer { contact, agent, .. } = self.end_offer(key);
        self.free_slot(agent, self.contact(contact).channel);
        let event = self.offer_event(EventKind::OfferWithdrawn, key, contact, agent);
        self.emit(Event { cause, ..event });
        contact
    }

    /// The slot and the deadline of a connection that will not be.
    pub(super) fn drop_connection(&mut self, contact: ContactKey, agent: AgentKey) {
        if let Phase::Connecting { timer, .. } = self.contact(contact).phase {
            self.timers.cancel(timer);
        }
        self.free_slot(agent, self.contact(contact).channel);
    }

    fn end_offer(&mut self, key: OfferKey) -> Offer {
        let offer = self.offers.remove(key.index(), key.generation());
        let offer = offer.expect("only a live offer ends");
        self.timers.cancel(offer.timer);
        self.agent_mut(offer.agent).offers.retain(|&other| other != key);
        offer
    }

    fn live_offer(&self, key: OfferKey) -> Result<(), Rejection> {
        if self.offer(key).is_some() {
            return Ok(());
        }
        let message = format!(
            "offer {} has ended or never was: read the events, it may be somebody else's now",
            key.raw()
        );
        Err(Rejection::new(RejectionCode::OfferEnded, message))
    }

    fn offer_event(
        &self,
        kind: EventKind,
        offer: OfferKey,
        contact: ContactKey,
        agent: AgentKey,
    ) -> Event {
        let event = self.contact_event(kind, contact);
        Event { agent: Some(agent), offer: Some(offer), ..event }
    }

    /// Does not offer `contact` to `agent` for a while. Comes after the steps that were
    /// overdue while it was offered: else they would end it before it began.
    fn exclude(&mut self, contact: ContactKey, agent: AgentKey) {
        let span = self.plan.queue(self.contact(contact).queue).offer.exclude_for;
        let timer = self.timers.set(self.after(span), Deadline::Exclusion(contact, agent));
        self.contact_mut(contact).excluded.push(Exclusion { agent, timer });
        self.agent_mut(agent).excluded_from.push(contact);
    }

    /// The deadline of an exclusion passed.
    pub(super) fn exclusion_over(&mut self, contact: ContactKey, agent: AgentKey) {
        self.agent_mut(agent).excluded_from.retain(|&other| other != contact);
        self.end_exclusion(contact, agent);
        self.unsettled.contact(contact);
    }

    /// Removes an exclusion from the contact's side.
    pub(super) fn end_exclusion(&mut self, contact: ContactKey, agent: AgentKey) {
        let excluded = &mut self.contact_mut(contact).excluded;
        if let Some(at) = excluded.iter().position(|exclusion| exclusion.agent == agent) {
            let exclusion = excluded.remove(at);
            self.timers.cancel(exclusion.timer);
        }
    }

    /// A step, another queue or the end: nobody is excluded any more.
    pub(super) fn clear_exclusions(&mut self, contact: ContactKey) {
        for Exclusion { agent, timer } in core::mem::take(&mut self.contact_mut(contact).excluded) {
            self.timers.cancel(timer);
            self.agent_mut(agent).excluded_from.retain(|&other| other != contact);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::{Capacity, Command, NewContact};
    use crate::plan::{OfferPolicy, Plan, QueuePlan};
    use crate::time::{Span, Timestamp};

    /// One contact offered at `now` to one agent who stays ready.
    fn offered(now: Timestamp, span: Span) -> Router {
        let mut plan = Plan::default();
        let offer = OfferPolicy {
            timeout: span,
            connect_within: span,
            on_missed: OnMissed::StayReady,
            exclude_for: span,
        };
        let queue = plan.add_queue("q", QueuePlan { offer, ..QueuePlan::default() });
        let channel = plan.find_channel("voice").unwrap();
        let mut router = Router::new(plan);
        let capacity = [Capacity { channel, slots: 1 }];
        let sign_in =
            Command::SignIn { agent: "ana", skills: &[], queues: &[queue], capacity: &capacity };
        router.apply(now, sign_in).unwrap();
        router.apply(now, Command::Ready(router.find_agent("ana").unwrap())).unwrap();
        router.apply(now, Command::Enqueue(NewContact::new("c1", queue, channel))).unwrap();
        router
    }

    #[test]
    fn no_span_of_zero_stops_time() {
        let mut router = offered(Timestamp::ZERO, Span::ZERO);
        for step in 1..=3 {
            let due = router.next_deadline().expect("an offer is live");
            assert_eq!(due.micros(), step);
            router.advance(due).unwrap();
            router.check().unwrap();
        }
        let later = Timestamp::ZERO + Span::secs(60);
        router.advance(later).unwrap();
        assert!(router.next_deadline().is_some_and(|due| due > later));
    }

    #[test]
    fn the_end_of_time_comes_to_an_end() {
        let mut router = offered(Timestamp::MAX, Span::secs(5));
        router.clear_events();
        router.advance(Timestamp::MAX).unwrap();
        let kinds: Vec<EventKind> = router.events().iter().map(|event| event.kind).collect();
        assert_eq!(kinds, [EventKind::OfferMissed, EventKind::ContactRequeued]);
        router.check().unwrap();
    }
}
