//! How an offer ends: accepted, declined, missed, withdrawn or lost; reservations; and the
//! connection that follows, or fails.

use ccroute_core::{Cause, EventKind, Failure, RejectionCode, Role};

use super::happening::Happening;
use super::router::{Answer, Availability, Oracle, Phase, Seq, Timer};
use super::state::Reservation;

impl Oracle {
    /// "Live, else `offer_ended`."
    fn live(&self, ordinal: usize) -> Result<(Seq, String), RejectionCode> {
        let offer = self.offers.iter().find(|offer| offer.ordinal == ordinal);
        let offer = offer.ok_or(RejectionCode::OfferEnded)?;
        Ok((offer.contact, offer.agent.clone()))
    }

    /// An event about a live offer.
    pub(crate) fn about_offer(&self, ordinal: usize, kind: EventKind) -> Happening {
        let offer = self.offers.iter().find(|offer| offer.ordinal == ordinal);
        let offer = offer.expect("a live offer");
        Happening {
            offer: Some(ordinal),
            agent: Some(offer.agent.clone()),
            ..self.about(offer.contact, kind)
        }
    }

    /// The offer ends with `event`.
    fn end_offer(&mut self, ordinal: usize, event: Happening) {
        self.emit(event);
        self.offers.retain(|offer| offer.ordinal != ordinal);
        self.cancel_timer(&Timer::Offer(ordinal));
    }

    pub(crate) fn withdraw(&mut self, ordinal: usize, cause: Cause) {
        let event = self.about_offer(ordinal, EventKind::OfferWithdrawn);
        self.end_offer(ordinal, Happening { cause, ..event });
    }

    /// "Each live offer in order of making: `offer_withdrawn`." Of which contacts.
    pub(crate) fn withdraw_all(&mut self, agent: &str, cause: Cause) -> Vec<Seq> {
        let live = self.offers.iter().filter(|offer| offer.agent == agent);
        let live: Vec<(usize, Seq)> = live.map(|offer| (offer.ordinal, offer.contact)).collect();
        for &(ordinal, _) in &live {
            self.withdraw(ordinal, cause);
        }
        live.into_iter().map(|(_, contact)| contact).collect()
    }

    /// "**accept** – live, else `offer_ended`. → `offer_accepted` (time = now + connect_within;
    /// for a callback under a `callback` rule, that rule's), `offer_lost`s."
    pub(crate) fn accept(&mut self, ordinal: usize) -> Answer {
        self.live(ordinal)?;
        self.take_offer(ordinal);
        Ok(String::new())
    }

    /// "The first `accept` wins: `offer_accepted`; then each other live offer, in order of
    /// making: `offer_lost` (lost). The losers' slots stay reserved".
    pub(crate) fn take_offer(&mut self, ordinal: usize) {
        let (seq, agent) = self.live(ordinal).expect("a live offer");
        let rules = self.rules_of(seq);
        let callback = self.contact(seq).asked_in.is_some().then(|| self.callback_rule(seq));
        let within = callback.map_or(rules.offer.connect_within, |rule| rule.connect_within);
        let grace = rules.offer.grace;
        let until = self.after(within);
        let event = self.about_offer(ordinal, EventKind::OfferAccepted);
        self.offers.retain(|offer| offer.ordinal != ordinal);
        self.acceptances += 1;
        let acceptance = self.acceptances;
        self.contact_mut(seq).phase = Phase::Connecting { agent, acceptance };
        self.cancel_timer(&Timer::Offer(ordinal));
        self.end_round(seq);
        self.emit(Happening { time: Some(until), ..event });
        self.set_timer(until, Timer::Connect(seq));
        let others = self.offers.iter().filter(|offer| offer.contact == seq);
        let others: Vec<(usize, String)> =
            others.map(|offer| (offer.ordinal, offer.agent.clone())).collect();
        for (other, loser) in &others {
            let event = self.about_offer(*other, EventKind::OfferLost);
            self.reservations.push(Reservation { contact: seq, agent: loser.clone() });
            self.end_offer(*other, Happening { cause: Cause::Lost, ..event });
        }
        // "*grace*: after the last `offer_lost`."
        if !others.is_empty() {
            self.set_timer(self.after(grace), Timer::Grace(seq));
        }
    }

    /// `reservation_released`, of one of a contact's reservations.
    pub(crate) fn release_reservation(&mut self, seq: Seq, agent: &str, cause: Cause) {
        let this = |r: &Reservation| r.contact == seq && r.agent == agent;
        let at = self.reservations.iter().position(this).expect("a reservation");
        let event = self.about(seq, EventKind::ReservationReleased);
        self.reservations.remove(at);
        self.emit(Happening { cause, agent: Some(agent.to_owned()), ..event });
        if self.reservations.iter().all(|reserved| reserved.contact != seq) {
            self.cancel_timer(&Timer::Grace(seq));
        }
    }

    /// All of a contact's, in order of making.
    pub(crate) fn release_reservations(&mut self, seq: Seq, cause: Cause) {
        let reserved = self.reservations.iter().filter(|reserved| reserved.contact == seq);
        let reserved: Vec<String> = reserved.map(|reserved| reserved.agent.clone()).collect();
        for agent in reserved {
            self.release_reservation(seq, &agent, cause);
        }
    }

    /// "**decline** – live, else `offer_ended`; declined → `offer_declined`, missed, busy,
    /// unreachable → `offer_missed` (cause: busy, unreachable, or none). Then *came to nothing*."
    pub(crate) fn decline(
        &mut self,
        ordinal: usize,
        failure: Failure,
        reason: Option<&str>,
    ) -> Answer {
        let (seq, agent) = self.live(ordinal)?;
        let (kind, told, cause) = match failure {
            Failure::Declined => (EventKind::OfferDeclined, Cause::None, Cause::Declined),
            Failure::Missed => (EventKind::OfferMissed, Cause::None, Cause::Missed),
            Failure::Busy => (EventKind::OfferMissed, Cause::Busy, Cause::Busy),
            Failure::Unreachable => {
                (EventKind::OfferMissed, Cause::Unreachable, Cause::Unreachable)
            }
        };
        let event = self.about_offer(ordinal, kind);
        let reason = reason.map(str::to_owned);
        self.end_offer(ordinal, Happening { cause: told, reason, ..event });
        self.come_to_nothing(seq, &agent, Some(failure), cause);
        Ok(String::new())
    }

    /// "*offer deadline* → `offer_missed`, came to nothing (missed)."
    pub(crate) fn miss(&mut self, ordinal: usize) {
        let (seq, agent) = self.live(ordinal).expect("timers of ended offers are gone");
        let event = self.about_offer(ordinal, EventKind::OfferMissed);
        self.end_offer(ordinal, event);
        self.come_to_nothing(seq, &agent, Some(Failure::Missed), Cause::Missed);
    }

    /// "*connect deadline* – of a callback: *attempt failed* (connect_timeout). Else
    /// `reservation_released`s (connect_timeout), came to nothing (a missed failure) with
    /// connect_timeout in place of missed."
    pub(crate) fn fail_to_connect(&mut self, seq: Seq) {
        let cause = Cause::ConnectTimeout;
        if self.contact(seq).asked_in.is_some() {
            return self.fail_attempt(seq, cause);
        }
        let agent = self.end_attempts(seq, cause).expect("timers of ended connections are gone");
        self.contact_mut(seq).phase = Phase::Offered;
        self.come_to_nothing(seq, &agent, Some(Failure::Missed), cause);
    }

    /// "**fail_connection** – cause missed, declined, busy, unreachable or failed, else
    /// `invalid_value`; connecting, else `wrong_phase`. → `reservation_released`s (cause), came
    /// to nothing (that failure; failed: none) with that cause."
    pub(crate) fn fail_connection(&mut self, id: &str, cause: Cause) -> Answer {
        let seq = self.find_contact(id)?;
        let failures = [
            (Cause::Missed, Failure::Missed),
            (Cause::Declined, Failure::Declined),
            (Cause::Busy, Failure::Busy),
            (Cause::Unreachable, Failure::Unreachable),
        ];
        let failure = failures.iter().find(|(of, _)| *of == cause).map(|&(_, failure)| failure);
        if failure.is_none() && cause != Cause::Failed {
            return Err(RejectionCode::InvalidValue);
        }
        if self.contact(seq).connecting_with().is_none() {
            return Err(RejectionCode::WrongPhase);
        }
        let agent = self.end_attempts(seq, cause).expect("somebody was connecting");
        self.contact_mut(seq).phase = Phase::Offered;
        self.come_to_nothing(seq, &agent, failure, cause);
        Ok(String::new())
    }

    /// "`contact.offers` and `contact.missed` count while some condition of the plan in force,
    /// or of the rules the contact keeps, asks for them."
    pub(crate) fn counts_offers(&self, seq: Seq) -> bool {
        self.rules.asks_for_offers() || self.rules_of(seq).asks_for_offers()
    }

    /// "*came to nothing*: the failure's effects on the agent; `contact_requeued` (declined,
    /// missed, busy, unreachable, failed, connect_timeout) unless another offer lives; the agent is
    /// excluded; then the contacts of the offers taken back that have no other offer
    /// `contact_requeued` (not_ready)."
    fn come_to_nothing(&mut self, seq: Seq, agent: &str, failure: Option<Failure>, cause: Cause) {
        let counts = self.counts_offers(seq);
        let policy = self.rules_of(seq).offer;
        self.contact_mut(seq).missed += u32::from(counts);
        let others =
            failure.map_or_else(Vec::new, |failure| self.suffer(agent, failure, cause, &policy));
        self.requeue_bare(&[seq], cause);
        // "As long as the queue says that it is in then."
        let lasts = self.rules_of(seq).offer.exclude_for;
        self.exclude_after_failure(seq, agent, lasts);
        self.requeue_bare(&others, Cause::NotReady);
    }

    /// "**pick** – signed in, else `agent_signed_out`; waiting, else `wrong_phase`; no wrap-up of
    /// the agent after it, else `already_joined`; a link to one of the contact's queues is open
    /// for it and not every line is down, else `not_serving`; a slot and budget on its channel,
    /// else `no_capacity`. … → `offer_made` (cause picked) and, at once, `offer_accepted`."
    pub(crate) fn pick(&mut self, name: &str, id: &str) -> Answer {
        self.known_agent(name)?;
        let seq = self.find_contact(id)?;
        let agent = self.agent(name);
        if agent.availability == Availability::Offline {
            return Err(RejectionCode::AgentSignedOut);
        }
        if self.contact(seq).phase != Phase::Waiting {
            return Err(RejectionCode::WrongPhase);
        }
        if self.wrapping(name, seq).is_some() {
            return Err(RejectionCode::AlreadyJoined);
        }
        if !self.is_reached(agent, &self.asking(seq)) {
            return Err(RejectionCode::NotServing);
        }
        let channel = &self.contact(seq).channel;
        if !self.has_slot(agent, channel) || !self.has_budget(agent, channel) {
            return Err(RejectionCode::NoCapacity);
        }
        self.propose(seq, name, Cause::Picked);
        self.take_offer(self.offers_made);
        Ok(String::new())
    }

    /// "**connected** – connecting, else `wrong_phase`. → `contact_connected`,
    /// `reservation_released`s (connected)."
    pub(crate) fn connected(&mut self, id: &str) -> Answer {
        let seq = self.find_contact(id)?;
        let Some(agent) = self.contact(seq).connecting_with().map(str::to_owned) else {
            return Err(RejectionCode::WrongPhase);
        };
        self.cancel_timer(&Timer::Connect(seq));
        self.engage(seq, &agent, Cause::None);
        self.note_begun(agent);
        self.release_reservations(seq, Cause::Connected);
        Ok(String::new())
    }

    /// `contact_connected`.
    pub(crate) fn engage(&mut self, seq: Seq, agent: &str, cause: Cause) {
        let contact = self.contact_mut(seq);
        contact.phase = Phase::Engaged { held: false };
        contact.parts.push((agent.to_owned(), Role::Primary));
        // "A callback until it is connected".
        (contact.asked_in, contact.attempts) = (None, 0);
        // "A connection … reset[s] all four."
        self.agent_mut(agent).failures = ccroute_core::Failures::default();
        self.compare_with_foretold(seq);
        self.begin_conversation(seq, agent);
        let event = self.about(seq, EventKind::ContactConnected);
        self.emit(Happening { cause, agent: Some(agent.to_owned()), ..event });
    }
}
