//! The commands of contacts that are not connected: leaving, their place and their need,
//! who is not offered them, time out of matching, keys.

use ccroute_core::{Cause, EventKind, RejectionCode, Shift, Span};

use super::commands::Update;
use super::happening::Happening;
use super::joining::{valid_head_start, valid_scores};
use super::router::{Answer, Exclusion, Oracle, Phase, Seq, Timer};
use super::rules::Deed;
use super::state::KeptPlace;

impl Oracle {
    /// "**cancel** – scheduled, waiting, offered, connecting or suspended, else `wrong_phase`;
    /// cause one of …, else `invalid_value`. Each live offer: `offer_withdrawn` (same cause);
    /// when connecting, each reservation `reservation_released` (same cause). Then
    /// `contact_abandoned` for abandoned, else `contact_left`; the agent on it when connecting.
    /// The contact is closed."
    pub(crate) fn cancel(&mut self, id: &str, cause: Cause) -> Answer {
        self.find_contact(id)?;
        let allowed = [
            Cause::Abandoned,
            Cause::Withdrawn,
            Cause::TimedOut,
            Cause::NoAgents,
            Cause::ExitedByKey,
            Cause::Failed,
        ];
        if !allowed.contains(&cause) {
            return Err(RejectionCode::InvalidValue);
        }
        let seq = self.unconnected(id)?;
        self.depart(seq, cause);
        Ok(String::new())
    }

    /// As cancel.
    pub(crate) fn depart(&mut self, seq: Seq, cause: Cause) {
        let abandoned = cause == Cause::Abandoned;
        if abandoned {
            self.keep_place(seq);
        }
        let kind = if abandoned { EventKind::ContactAbandoned } else { EventKind::ContactLeft };
        self.leave_queue(seq, kind, cause);
        self.close(seq);
    }

    /// "A newcomer with a customer who was abandoned in the same queue (within that queue's
    /// `leaving.resume_within`, counted from then)": what is remembered of it.
    fn keep_place(&mut self, seq: Seq) {
        let contact = self.contact(seq);
        let within = self.rules_for(contact).leaving.resume_within;
        let Some(customer) = contact.customer.clone() else { return };
        if within == Span::ZERO || !contact.is_in_queue() {
            return;
        }
        let (queue, since) = (contact.queue.clone(), contact.since);
        self.places.retain(|place| place.customer != customer || place.queue != queue);
        self.places.push(KeptPlace { customer, queue, since, until: self.now + within });
    }

    /// "Scheduled, waiting, offered, connecting or suspended, else `wrong_phase`."
    fn unconnected(&self, id: &str) -> Result<Seq, RejectionCode> {
        let seq = self.find_contact(id)?;
        match self.contact(seq).phase {
            Phase::Scheduled { .. }
            | Phase::Waiting
            | Phase::Offered
            | Phase::Connecting { .. }
            | Phase::Suspended => Ok(seq),
            Phase::Engaged { .. } | Phase::Closed => Err(RejectionCode::WrongPhase),
        }
    }

    /// "In the queue, else `wrong_phase`."
    pub(crate) fn in_queue(&self, id: &str) -> Result<Seq, RejectionCode> {
        let seq = self.find_contact(id)?;
        if self.contact(seq).is_in_queue() { Ok(seq) } else { Err(RejectionCode::WrongPhase) }
    }

    /// "Not closed."
    fn open_contact(&self, seq: Seq) -> Result<(), RejectionCode> {
        let closed = self.contact(seq).phase == Phase::Closed;
        if closed { Err(RejectionCode::WrongPhase) } else { Ok(()) }
    }

    /// "**reprioritise** – scheduled, waiting, offered, connecting or suspended. →
    /// `contact_reprioritised` (number: the band without what steps added). An offer stands."
    pub(crate) fn reprioritise(
        &mut self,
        id: &str,
        band: Option<i16>,
        head_start: Option<Shift>,
    ) -> Answer {
        self.find_contact(id)?;
        valid_head_start(head_start)?;
        let seq = self.unconnected(id)?;
        let contact = self.contact_mut(seq);
        if band.is_some() {
            (contact.came_with.band, contact.ruled.band) = (band, None);
        }
        if head_start.is_some() {
            (contact.came_with.head_start, contact.ruled.head_start) = (head_start, None);
        }
        // "The band, as two's complement."
        let number = i32::from(self.own_band(self.contact(seq))) as u32;
        let event = self.about(seq, EventKind::ContactReprioritised);
        self.emit(Happening { number, ..event });
        Ok(String::new())
    }

    /// "**update** – not closed. Attributes are added or replaced. A requirement replaces the
    /// contact's own; preferred agents replace those before, and `preferred.first` counts from
    /// now. → `contact_updated`. An offer stands."
    pub(crate) fn update(&mut self, id: &str, update: &Update) -> Answer {
        let seq = self.find_contact(id)?;
        self.valid_need(update.need.as_ref())?;
        valid_scores(update.preferred.as_deref().unwrap_or_default())?;
        self.open_contact(seq)?;
        let now = self.now;
        for (agent, _) in update.preferred.iter().flatten() {
            self.get_to_know(agent);
        }
        let contact = self.contact_mut(seq);
        if let Some(need) = &update.need {
            contact.own = need.clone();
        }
        for (key, value) in &update.attributes {
            match contact.attributes.iter_mut().find(|(known, _)| known == key) {
                Some((_, known)) => *known = value.clone(),
                None => contact.attributes.push((key.clone(), value.clone())),
            }
        }
        if let Some(preferred) = &update.preferred {
            contact.preferred.clear();
            for (agent, score) in preferred {
                if contact.preferred.iter().all(|(named, _)| named != agent) {
                    contact.preferred.push((agent.clone(), *score));
                }
            }
            (contact.preferred_since, contact.owner_first) = (now, None);
        }
        self.emit(self.about(seq, EventKind::ContactUpdated));
        Ok(String::new())
    }

    /// "**exclude** – not closed. The agent may be unknown yet. Replaces an exclusion that runs.
    /// → `contact_updated`. A live offer stands."
    pub(crate) fn exclude(&mut self, id: &str, agent: &str, lasts: Option<Span>) -> Answer {
        let seq = self.find_contact(id)?;
        self.open_contact(seq)?;
        self.get_to_know(agent);
        self.end_exclusions(|of, running| of == seq && running.agent == agent);
        let exclusion = Exclusion { agent: agent.to_owned(), by_host: true };
        let until = lasts.map(|lasts| self.after(lasts));
        self.begin_exclusion(seq, exclusion, until);
        self.emit(self.about(seq, EventKind::ContactUpdated));
        Ok(String::new())
    }

    /// "**readmit** – not closed. Ends an exclusion, if there is one, whoever set it. →
    /// `contact_updated`."
    pub(crate) fn readmit(&mut self, id: &str, agent: &str) -> Answer {
        let seq = self.find_contact(id)?;
        self.known_agent(agent)?;
        self.open_contact(seq)?;
        self.end_exclusions(|of, running| of == seq && running.agent == agent);
        self.emit(self.about(seq, EventKind::ContactUpdated));
        Ok(String::new())
    }

    /// "**suspend** – waiting, offered or connecting, else `wrong_phase`; at most the queue's
    /// `suspension`, else `invalid_value`; not given: that. Offers: `offer_withdrawn`
    /// (suspended). When connecting: `reservation_released`s and `contact_requeued`
    /// (suspended); nothing counts against the agent, who is free and not excluded. →
    /// `contact_suspended` (time)."
    pub(crate) fn suspend(&mut self, id: &str, lasts: Option<Span>) -> Answer {
        let seq = self.find_contact(id)?;
        let contact = self.contact(seq);
        let connecting = contact.connecting_with().is_some();
        if !connecting && !matches!(contact.phase, Phase::Waiting | Phase::Offered) {
            return Err(RejectionCode::WrongPhase);
        }
        let most = self.rules_of(seq).suspension;
        if lasts.is_some_and(|lasts| lasts > most) {
            return Err(RejectionCode::InvalidValue);
        }
        self.end_attempts(seq, Cause::Suspended);
        if connecting {
            let time = Some(self.contact(seq).since);
            let event = self.about(seq, EventKind::ContactRequeued);
            self.emit(Happening { cause: Cause::Suspended, time, ..event });
        }
        self.contact_mut(seq).phase = Phase::Suspended;
        let until = self.after(lasts.unwrap_or(most));
        let event = self.about(seq, EventKind::ContactSuspended);
        self.emit(Happening { time: Some(until), ..event });
        self.set_timer(until, Timer::Suspension(seq));
        Ok(String::new())
    }

    /// "**reinstate** of a suspended contact → `contact_requeued` (reinstated); of one neither
    /// suspended nor scheduled: `wrong_phase`."
    pub(crate) fn reinstate(&mut self, id: &str) -> Answer {
        let seq = self.find_contact(id)?;
        match self.contact(seq).phase {
            Phase::Scheduled { .. } => self.come_due(seq),
            Phase::Suspended => {
                self.cancel_timer(&Timer::Suspension(seq));
                self.requeue(seq, Cause::Reinstated);
            }
            Phase::Waiting
            | Phase::Offered
            | Phase::Connecting { .. }
            | Phase::Engaged { .. }
            | Phase::Closed => return Err(RejectionCode::WrongPhase),
        }
        Ok(String::new())
    }

    /// "**press** – in the queue, else `wrong_phase`; the queue has that exit, else
    /// `unknown_exit`. `move_to`: as *moved by rule*, with exited_by_key in place of overflowed,
    /// even to a queue it left just now (a retired one: `unknown_queue`), and not as left by
    /// rule; `end`: as cancel (exited_by_key); `offer_callback`: as
    /// request_callback."
    pub(crate) fn press(&mut self, id: &str, key: &str) -> Answer {
        let seq = self.in_queue(id)?;
        let exits = &self.rules_of(seq).exits;
        let exit = exits.iter().find(|(named, _)| named == key);
        let (_, deed) = exit.ok_or(RejectionCode::UnknownExit)?;
        match deed.clone() {
            Deed::Move(queue) => {
                self.queue_in_use(&queue)?;
                self.move_to(seq, &queue, Cause::ExitedByKey);
            }
            Deed::End(_) => self.depart(seq, Cause::ExitedByKey),
            Deed::OfferCallback => return self.request_callback(id, None),
        }
        Ok(String::new())
    }

    /// "**transfer** – waiting, offered, connecting, suspended, engaged, held (else
    /// `wrong_phase`); the same queue is allowed, a retired one is not (`unknown_queue`)."
    pub(crate) fn transfer(&mut self, id: &str, queue: &str, keep_age: bool) -> Answer {
        let seq = self.find_contact(id)?;
        self.queue_in_use(queue)?;
        match self.contact(seq).phase {
            Phase::Scheduled { .. } | Phase::Closed => return Err(RejectionCode::WrongPhase),
            // "Engaged or held: every part that is not primary `agent_left` in order of
            // joining, `contact_transferred` (cause agent, agent = primary), wrap-up."
            Phase::Engaged { .. } => {
                self.end_conversation(seq, EventKind::ContactTransferred, Cause::Agent);
            }
            // "In the queue: [`offer_withdrawn` (transferred)s, or when connecting
            // `reservation_released` (transferred)s], `contact_left` (transferred), with the
            // agent when connecting, whose slot is free again."
            Phase::Waiting | Phase::Offered | Phase::Connecting { .. } | Phase::Suspended => {
                self.leave_queue(seq, EventKind::ContactLeft, Cause::Transferred);
            }
        }
        self.go_on_in(seq, queue, keep_age, Cause::None);
        Ok(String::new())
    }

    /// "Then `contact_queued`, visit + 1; since = now, or unchanged under keep_age. The sequence
    /// number stays. Exclusions that the host did not set end; preferred agents are forgotten
    /// unless the new queue says `keep_on_transfer`."
    pub(crate) fn go_on_in(&mut self, seq: Seq, queue: &str, keep_age: bool, cause: Cause) {
        self.change_queue(seq, queue);
        let keeps = self.rules.queue(queue).preferred.keep_on_transfer;
        let now = self.now;
        let contact = self.contact_mut(seq);
        if !keep_age {
            contact.since = now;
        }
        if !keeps {
            contact.preferred.clear();
        }
        self.begin_visit(seq, cause);
    }
}
