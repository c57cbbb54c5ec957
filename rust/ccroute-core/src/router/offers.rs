//! Offers: a contact proposed to an agent until a deadline, to several agents at once
//! where the queue says so. An offer ends exactly once: accepted, declined, missed,
//! withdrawn, or lost to who was quicker.

use super::Router;
use super::explain::How;
use super::state::{Offer, Phase};
use super::timers::{Deadline, TimerKey, Timers};
use crate::error::{Rejection, RejectionCode};
use crate::event::{Cause, Event, EventKind};
use crate::ids::{AgentKey, ContactKey, OfferKey};
use crate::matching::Choice;
use crate::plan::OfferPolicy;
use crate::time::{Span, Timestamp};

impl Router {
    /// Proposes a contact that stands in line; the agent's slot is taken from now on.
    pub(super) fn make_offer(&mut self, contact: ContactKey, choice: Choice, how: How) {
        let accept = self.rules(self.contact(contact)).offer.auto_accept;
        if !self.scores.is_empty() {
            self.count_fallback(contact);
        }
        if accept {
            self.make_taken_offer(contact, choice, how);
        } else {
            self.propose(contact, choice, how, Timers::set);
        }
        self.unsettled.settle_staff();
    }

    /// Makes an offer that the agent takes at once: its deadline never comes.
    pub(super) fn make_taken_offer(&mut self, contact: ContactKey, choice: Choice, how: How) {
        let key = self.propose(contact, choice, how, Timers::pass);
        self.take_offer(key);
    }

    /// Makes an offer, whose deadline `due` notes; returns it.
    fn propose(
        &mut self,
        contact: ContactKey,
        choice: Choice,
        how: How,
        due: impl FnOnce(&mut Timers, Timestamp, Deadline) -> TimerKey,
    ) -> OfferKey {
        if self.traced.is_some() {
            self.trace_offer(contact, choice, how);
        }
        let agent = AgentKey::new(choice.agent);
        let waiting = self.contact(contact);
        let (channel, queue) = (waiting.channel, waiting.queue);
        let OfferPolicy { timeout, parallel, add_every, .. } = self.rules(waiting).offer;
        let line = if self.in_use.lines { self.line_for(queue, agent) } else { None };
        let rank = if self.goes_by_turns() { self.rank_for(waiting, agent) } else { 0 };
        let until = self.after(timeout);
        let key = self.offers.insert_with(|index, generation| {
            let key = OfferKey::new(index, generation);
            let timer = due(&mut self.timers, until, Deadline::Offer(key));
            let Choice { eligible, score, idle_since, .. } = choice;
            (key, Offer { contact, agent, timer, line, rank, eligible, score, idle_since })
        });
        self.offers_made += 1;
        // Whatever the strategy: another plan may go round from here.
        self.queues[queue.index()].turn = Some(self.matcher.turn(queue, agent));
        self.stop_escalating(contact);
        let holder = self.contact_mut(contact);
        let first = holder.phase == Phase::Waiting;
        holder.phase = Phase::Offered;
        match holder.offer {
            None => holder.offer = Some(key),
            Some(_) => holder.more_mut().offers.push(key),
        }
        if self.counts_offers(contact) {
            self.contact_mut(contact).more_mut().offers_made += 1;
        }
        if let Some(every) = add_every.filter(|_| first) {
            let timer = self.timers.set(self.after(every), Deadline::Ring(contact));
            self.contact_mut(contact).more_mut().ring = Some(timer);
        }
        if first && parallel == 1 && add_every.is_none() {
            self.step_out(contact);
        } else {
            self.mind_line(contact);
        }
        self.agent_mut(agent).offers.push(key);
        self.take_slot(agent, channel);
        self.refresh(agent);
        let reason = line.map(|line| self.line_text(line));
        let event = self.contact_event(EventKind::OfferMade, contact);
        let event = Event { agent: Some(agent), offer: Some(key), time: Some(until), ..event };
        let cause = if how == How::Picked { Cause::Picked } else { Cause::None };
        self.emit(Event { cause, reason, ..event });
        key
    }

    /// One more agent may be offered the contact.
    pub(super) fn ring_one_more(&mut self, key: ContactKey) {
        let every = self.rules(self.contact(key)).offer.add_every;
        let timer = every.map(|every| self.timers.set(self.after(every), Deadline::Ring(key)));
        let more = self.contact_mut(key).more_mut();
        more.ring = timer;
        more.added = more.added.saturating_add(1);
        self.mind_line(key);
        self.unsettled.contact(key);
    }

    /// A contact with live offers stands in line as long as it may have more.
    pub(super) fn mind_line(&mut self, key: ContactKey) {
        let contact = self.contact(key);
        if contact.phase != Phase::Offered {
            return;
        }
        match (contact.place.is_some(), self.wants_more(key)) {
            (true, false) => {
                self.step_out(key);
            }
            (false, true) => self.stand_in_line(key),
            // Want of staff is nothing to a contact that has an offer.
            (true, true) => self.arm_look(key),
            (false, false) => {}
        }
    }

    fn end_round(&mut self, key: ContactKey) {
        if let Some(more) = self.contact_mut(key).more.as_deref_mut() {
            more.added = 0;
            if let Some(timer) = more.ring.take() {
                self.timers.cancel(timer);
            }
        }
    }

    pub(super) fn accept(&mut self, key: OfferKey) -> Result<(), Rejection> {
        self.live_offer(key)?;
        self.take_offer(key);
        Ok(())
    }

    /// The agent takes a live offer; whoever else was offered the contact has lost it.
    pub(super) fn take_offer(&mut self, key: OfferKey) {
        let Offer { contact, agent, .. } = self.end_offer(key);
        let rules = self.rules(self.contact(contact));
        let within = match self.contact(contact).callback() {
            Some(callback) => self.callback_rule(callback).connect_within,
            None => rules.offer.connect_within,
        };
        let grace = rules.offer.grace;
        let until = self.after(within);
        let timer = self.timers.set(until, Deadline::Connect(contact));
        self.step_out(contact);
        self.contact_mut(contact).phase = Phase::Connecting { agent, timer };
        self.agent_mut(agent).connecting.push(contact);
        self.refresh(agent);
        let event = self.offer_event(EventKind::OfferAccepted, key, contact, agent);
        self.emit(Event { time: Some(until), ..event });
        self.end_round(contact);
        if self.contact(contact).offer.is_some() {
            self.lose_other_offers(contact, grace);
        }
    }

    /// Whoever else was offered an accepted contact has lost it, and stays reserved for now.
    fn lose_other_offers(&mut self, contact: ContactKey, grace: Span) {
        let losers: Vec<OfferKey> = self.contact(contact).offers().collect();
        for loser in losers {
            let Offer { agent, .. } = self.end_offer(loser);
            let event = self.offer_event(EventKind::OfferLost, loser, contact, agent);
            self.emit(Event { cause: Cause::Lost, ..event });
            self.contact_mut(contact).more_mut().reserved.push(agent);
            self.agent_mut(agent).reserved.push(contact);
            self.refresh(agent);
        }
        let timer = self.timers.set(self.after(grace), Deadline::Grace(contact));
        self.contact_mut(contact).more_mut().grace = Some(timer);
    }

    /// Those who were not quick enough are free again.
    pub(super) fn release_reserved(&mut self, key: ContactKey, cause: Cause) {
        let Some(more) = self.contact_mut(key).more.as_deref_mut() else { return };
        let reserved = core::mem::take(&mut more.reserved);
        if let Some(timer) = more.grace.take() {
            self.timers.cancel(timer);
        }
        for agent in reserved {
            self.agent_mut(agent).reserved.retain(|&other| other != key);
            self.end_reservation(key, agent, cause);
        }
    }

    /// Frees the slot of a reservation that no list names any more.
    pub(super) fn end_reservation(&mut self, key: ContactKey, agent: AgentKey, cause: Cause) {
        self.free_slot(agent, self.contact(key).channel);
        let event = self.contact_event(EventKind::ReservationReleased, key);
        self.emit(Event { agent: Some(agent), cause, ..event });
        self.refresh(agent);
    }

    /// An agent who signs out is reserved for nothing any more.
    pub(super) fn drop_reservations(&mut self, agent: AgentKey, cause: Cause) {
        for contact in core::mem::take(&mut self.agent_mut(agent).reserved) {
            let more = self.contact_mut(contact).more_mut();
            more.reserved.retain(|&other| other != agent);
            if more.reserved.is_empty()
                && let Some(timer) = more.grace.take()
            {
                self.timers.cancel(timer);
            }
            self.end_reservation(contact, agent, cause);
        }
    }

    /// Takes a live offer back; returns its contact, of which the caller says whether it
    /// waits again.
    fn withdraw(&mut self, key: OfferKey, cause: Cause) -> ContactKey {
        let Offer { contact, agent, .. } = self.end_offer(key);
        self.free_slot(agent, self.contact(contact).channel);
        let event = self.offer_event(EventKind::OfferWithdrawn, key, contact, agent);
        self.emit(Event { cause, ..event });
        contact
    }

    /// Withdraws all live offers of a contact that leaves.
    pub(super) fn withdraw_offers_of(&mut self, key: ContactKey, cause: Cause) {
        let offers: Vec<OfferKey> = self.contact(key).offers().collect();
        for offer in offers {
            let agent = self.offer(offer).expect("a live offer").agent;
            self.withdraw(offer, cause);
            self.refresh(agent);
        }
        self.end_round(key);
    }

    /// Withdraws some live offers; returns the contacts that have none left, in order.
    pub(super) fn withdraw_all(&mut self, offers: &[OfferKey], cause: Cause) -> Vec<ContactKey> {
        let mut contacts: Vec<ContactKey> = Vec::new();
        for &offer in offers {
            let contact = self.withdraw(offer, cause);
            if !contacts.contains(&contact) {
                contacts.push(contact);
            }
        }
        contacts.into_iter().filter(|&contact| self.is_last_offer(contact)).collect()
    }

    /// An offer of a contact has ended: whether none is left, so that it waits again.
    /// Otherwise it may be offered to somebody else instead.
    pub(super) fn is_last_offer(&mut self, key: ContactKey) -> bool {
        if self.contact(key).offer.is_none() {
            self.end_round(key);
            self.step_out(key);
            return true;
        }
        self.mind_line(key);
        self.unsettled.contact(key);
        false
    }

    /// A connection that will not be: those still reserved, its deadline and its slot are
    /// free again.
    pub(super) fn drop_connection(&mut self, contact: ContactKey, agent: AgentKey, cause: Cause) {
        self.release_reserved(contact, cause);
        self.agent_mut(agent).connecting.retain(|&other| other != contact);
        if let Phase::Connecting { timer, .. } = self.contact(contact).phase {
            self.timers.cancel(timer);
        }
        self.free_slot(agent, self.contact(contact).channel);
    }

    /// Takes an offer off every list.
    pub(super) fn end_offer(&mut self, key: OfferKey) -> Offer {
        let offer = self.offers.remove(key.index(), key.generation());
        let offer = offer.expect("only a live offer ends");
        self.timers.cancel(offer.timer);
        self.agent_mut(offer.agent).offers.retain(|&other| other != key);
        let contact = self.contact_mut(offer.contact);
        match contact.more.as_deref_mut() {
            Some(more) if contact.offer == Some(key) && !more.offers.is_empty() => {
                contact.offer = Some(more.offers.remove(0));
            }
            Some(more) if contact.offer != Some(key) => more.offers.retain(|&other| other != key),
            Some(_) | None => contact.offer = None,
        }
        offer
    }

    pub(super) fn live_offer(&self, key: OfferKey) -> Result<(), Rejection> {
        if self.offer(key).is_some() {
            return Ok(());
        }
        let message = format!(
            "offer {} has ended or never was: read the events, it may be somebody else's now",
            key.raw()
        );
        Err(Rejection::new(RejectionCode::OfferEnded, message))
    }

    pub(super) fn offer_event(
        &self,
        kind: EventKind,
        offer: OfferKey,
        contact: ContactKey,
        agent: AgentKey,
    ) -> Event {
        let event = self.contact_event(kind, contact);
        Event { agent: Some(agent), offer: Some(offer), ..event }
    }
}
