//! How an offer ends: accepted, declined, missed or withdrawn; and the connection that
//! follows, or fails.

use ccroute_core::{Cause, EventKind, OnMissed, RejectionCode, Role};

use super::happening::Happening;
use super::router::{Answer, Availability, Conversation, Oracle, Phase, Seq, Timer};

impl Oracle {
    /// "Live, else `offer_ended`."
    fn live(&self, ordinal: usize) -> Result<(Seq, String), RejectionCode> {
        let offer = self.offers.iter().find(|offer| offer.ordinal == ordinal);
        let offer = offer.ok_or(RejectionCode::OfferEnded)?;
        Ok((offer.contact, offer.agent.clone()))
    }

    /// The offer ends with `event`.
    fn end_offer(&mut self, ordinal: usize, event: Happening) {
        self.events.push(event);
        self.offers.retain(|offer| offer.ordinal != ordinal);
        self.cancel_timer(&Timer::Offer(ordinal));
    }

    pub(crate) fn withdraw(&mut self, ordinal: usize, cause: Cause) {
        let event = self.about_offer(ordinal, EventKind::OfferWithdrawn);
        self.end_offer(ordinal, Happening { cause, ..event });
    }

    /// "Each live offer in order of making: `offer_withdrawn`."
    pub(crate) fn withdraw_all(&mut self, agent: &str, cause: Cause) -> Vec<(usize, Seq)> {
        let live = self.offers.iter().filter(|offer| offer.agent == agent);
        let live: Vec<(usize, Seq)> = live.map(|offer| (offer.ordinal, offer.contact)).collect();
        for &(ordinal, _) in &live {
            self.withdraw(ordinal, cause);
        }
        live
    }

    /// "**accept** – → `offer_accepted` (time = now + connect_within)."
    pub(crate) fn accept(&mut self, ordinal: usize) -> Answer {
        let (contact, agent) = self.live(ordinal)?;
        let until = self.now + self.rules.queue(&self.contact(contact).queue).connect_within;
        let event = self.about_offer(ordinal, EventKind::OfferAccepted);
        self.end_offer(ordinal, Happening { time: Some(until), ..event });
        self.acceptances += 1;
        let acceptance = self.acceptances;
        self.contact_mut(contact).phase = Phase::Connecting { agent, acceptance };
        self.set_timer(until, Timer::Connect(contact));
        Ok(String::new())
    }

    /// "**decline** – → `offer_declined`; `contact_requeued` (declined); the agent is
    /// excluded."
    pub(crate) fn decline(&mut self, ordinal: usize, reason: Option<&str>) -> Answer {
        let (contact, agent) = self.live(ordinal)?;
        let event = self.about_offer(ordinal, EventKind::OfferDeclined);
        self.end_offer(ordinal, Happening { reason: reason.map(str::to_owned), ..event });
        self.requeue(contact, Cause::Declined);
        self.exclude(contact, &agent);
        Ok(String::new())
    }

    /// "*offer deadline* → `offer_missed`."
    pub(crate) fn miss(&mut self, ordinal: usize) {
        let (contact, agent) = self.live(ordinal).expect("timers of ended offers are gone");
        let event = self.about_offer(ordinal, EventKind::OfferMissed);
        self.end_offer(ordinal, event);
        self.fail(contact, &agent, Cause::Missed);
    }

    /// "*connect deadline* – as a missed offer, without the first event, and with
    /// connect_timeout in place of missed."
    pub(crate) fn fail_to_connect(&mut self, contact: Seq) {
        let Phase::Connecting { agent, .. } = self.contact(contact).phase.clone() else {
            unreachable!("the timer of a connection ends with it")
        };
        self.fail(contact, &agent, Cause::ConnectTimeout);
    }

    /// "Under `not_ready`, and if the agent is ready: each other live offer of the agent
    /// `offer_withdrawn` (not_ready), then `agent_not_ready` (missed). Then
    /// `contact_requeued` (missed); the agent is excluded; then the contacts of the other
    /// offers `contact_requeued` (not_ready)."
    fn fail(&mut self, contact: Seq, agent: &str, cause: Cause) {
        let queue = self.contact(contact).queue.clone();
        let stays = self.rules.queue(&queue).on_missed == OnMissed::StayReady
            || self.agent(agent).availability != Availability::Ready;
        let others = if stays { Vec::new() } else { self.go_not_ready(agent, None, cause) };
        self.requeue(contact, cause);
        self.exclude(contact, agent);
        self.requeue_all(others, Cause::NotReady);
    }

    /// "**connected** – connecting, else `wrong_phase`. → `contact_connected`."
    pub(crate) fn connected(&mut self, id: &str) -> Answer {
        let contact = self.find_contact(id)?;
        let Phase::Connecting { agent, .. } = self.contact(contact).phase.clone() else {
            return Err(RejectionCode::WrongPhase);
        };
        self.cancel_timer(&Timer::Connect(contact));
        let event = self.about(contact, EventKind::ContactConnected);
        self.events.push(Happening { agent: Some(agent.clone()), ..event });
        let known = self.contact_mut(contact);
        known.phase = Phase::Engaged { held: false };
        known.parts.push((agent.clone(), Role::Primary));
        self.begin_conversation(contact, agent);
        Ok(String::new())
    }

    pub(crate) fn begin_conversation(&mut self, contact: Seq, agent: String) {
        let known = self.contact_mut(contact);
        let (visit, queue) = (known.visit, known.queue.clone());
        known.conversations.push(Conversation { visit, queue, agent, sets: 0 });
    }
}
