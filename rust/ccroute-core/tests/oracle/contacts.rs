//! The commands of contacts that wait: coming, leaving, their place and their need;
//! going back into the queue, escalation and closing.

use ccroute_core::{Cause, EventKind, RejectionCode, Span};

use super::commands::Arrival;
use super::happening::Happening;
use super::router::{Answer, Contact, Oracle, Phase, Seq, Timer};
use super::rules::Need;

/// "Head start at most ten years."
const TEN_YEARS: i64 = 10 * 365 * 86_400 * 1_000_000;

impl Oracle {
    /// "**enqueue** – id not live nor retained, else `duplicate_contact`.
    /// → `contact_queued` (time = since = now), overdue steps."
    pub(crate) fn enqueue(&mut self, arrival: &Arrival) -> Answer {
        let Arrival { contact: id, queue, channel, band, head_start, need, .. } = arrival;
        self.known_queue(queue)?;
        self.known_channel(channel)?;
        // "Unknown keys and whatever is an `invalid_value` come before all others, in the
        // order of the arguments."
        valid_head_start(Some(*head_start))?;
        self.valid_need(need.as_ref())?;
        if self.find_contact(id).is_ok() {
            return Err(RejectionCode::DuplicateContact);
        }
        self.entered += 1;
        self.contacts.push(Contact {
            seq: self.entered,
            id: id.clone(),
            phase: Phase::Waiting,
            queue: queue.clone(),
            channel: channel.clone(),
            band: *band,
            head_start: *head_start,
            since: self.now,
            visit: 1,
            steps: 0,
            own: need.clone().unwrap_or_default(),
            excluded: Vec::new(),
            parts: Vec::new(),
            conversations: Vec::new(),
            gone_since: None,
        });
        self.start_visit(self.entered);
        Ok(id.clone())
    }

    /// "A new visit starts from step 0 of the new queue, with what is due by its age
    /// taken at once, after `contact_queued`."
    pub(crate) fn start_visit(&mut self, contact: Seq) {
        self.begin_waiting(contact, EventKind::ContactQueued, Cause::None);
    }

    /// "Deferred: on requeue, overdue ones are taken at once, after `contact_requeued`."
    pub(crate) fn requeue(&mut self, contact: Seq, cause: Cause) {
        self.begin_waiting(contact, EventKind::ContactRequeued, cause);
    }

    fn begin_waiting(&mut self, contact: Seq, kind: EventKind, cause: Cause) {
        self.contact_mut(contact).phase = Phase::Waiting;
        let since = self.contact(contact).since;
        let event = self.about(contact, kind);
        self.events.push(Happening { cause, time: Some(since), ..event });
        self.escalate(contact);
    }

    /// "A due step is taken when the contact is waiting (`contact_escalated`, number =
    /// steps taken so far); several due ones in one go, one event each."
    pub(crate) fn escalate(&mut self, contact: Seq) {
        while let Some(due) = self.next_step_due(contact) {
            if due > self.now {
                self.set_timer(due, Timer::Escalation(contact));
                return;
            }
            self.contact_mut(contact).steps += 1;
            let number = u32::try_from(self.contact(contact).steps).expect("few steps");
            let event = self.about(contact, EventKind::ContactEscalated);
            self.events.push(Happening { number, ..event });
            // Exclusion lasts until "the contact takes its next escalation step".
            self.end_exclusions(contact);
        }
    }

    /// "A queue's steps are due at `since + after`."
    fn next_step_due(&self, contact: Seq) -> Option<ccroute_core::Timestamp> {
        let contact = self.contact(contact);
        let (after, _) = self.rules.queue(&contact.queue).escalation.get(contact.steps)?;
        Some(contact.since + *after)
    }

    pub(crate) fn end_exclusions(&mut self, contact: Seq) {
        self.contact_mut(contact).excluded.clear();
        self.timers
            .retain(|(_, timer)| !matches!(timer, Timer::Exclusion(of, _) if *of == contact));
    }

    /// "An agent who missed, declined, or failed to connect a contact is excluded from it
    /// until the first of: `exclude_for` has passed; …"
    pub(crate) fn exclude(&mut self, contact: Seq, agent: &str) {
        let span = self.rules.queue(&self.contact(contact).queue).exclude_for;
        self.contact_mut(contact).excluded.push(agent.to_owned());
        self.set_timer(self.now + span, Timer::Exclusion(contact, agent.to_owned()));
    }

    /// "**cancel** – waiting, offered or connecting, else `wrong_phase`; cause one of …,
    /// else `invalid_value`. A live offer: `offer_withdrawn` (same cause). Then
    /// `contact_abandoned` for abandoned, else `contact_left`; the agent on it when
    /// connecting. The contact is closed."
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
        let contact = self.unconnected(id)?;
        let kind = if cause == Cause::Abandoned {
            EventKind::ContactAbandoned
        } else {
            EventKind::ContactLeft
        };
        self.leave_queue(contact, kind, cause);
        self.close(contact);
        Ok(String::new())
    }

    /// Ends the visit of a contact nobody has talked to yet in it.
    pub(crate) fn leave_queue(&mut self, contact: Seq, kind: EventKind, cause: Cause) {
        let live = self.offers.iter().find(|offer| offer.contact == contact);
        if let Some(ordinal) = live.map(|offer| offer.ordinal) {
            self.withdraw(ordinal, cause);
        }
        let agent = match &self.contact(contact).phase {
            Phase::Connecting { agent, .. } => Some(agent.clone()),
            Phase::Waiting | Phase::Offered | Phase::Engaged { .. } | Phase::Closed => None,
        };
        let event = self.about(contact, kind);
        self.events.push(Happening { cause, agent, ..event });
        self.cancel_timer(&Timer::Escalation(contact));
        self.cancel_timer(&Timer::Connect(contact));
    }

    /// "The contact is closed."
    pub(crate) fn close(&mut self, contact: Seq) {
        self.contact_mut(contact).phase = Phase::Closed;
        self.end_exclusions(contact);
        self.begin_retention(contact);
    }

    /// "Closed (gone; remembered for the plan's `retention`, counted from the end of the
    /// last wrap-up after it …)."
    pub(crate) fn begin_retention(&mut self, contact: Seq) {
        let over = self.contact(contact).phase == Phase::Closed
            && self.wrap_ups.iter().all(|wrap| wrap.contact != contact);
        if over {
            self.contact_mut(contact).gone_since = Some(self.now);
        }
    }

    /// "Waiting, offered or connecting, else `wrong_phase`."
    fn unconnected(&self, id: &str) -> Result<Seq, RejectionCode> {
        let contact = self.find_contact(id)?;
        match self.contact(contact).phase {
            Phase::Waiting | Phase::Offered | Phase::Connecting { .. } => Ok(contact),
            Phase::Engaged { .. } | Phase::Closed => Err(RejectionCode::WrongPhase),
        }
    }

    /// "**reprioritise** – waiting, offered or connecting. → `contact_reprioritised`. An
    /// offer stands." "`number`: the band, as two's complement."
    pub(crate) fn reprioritise(
        &mut self,
        id: &str,
        band: Option<i16>,
        head_start: Option<Span>,
    ) -> Answer {
        self.find_contact(id)?;
        valid_head_start(head_start)?;
        let contact = self.unconnected(id)?;
        let known = self.contact_mut(contact);
        known.band = band.unwrap_or(known.band);
        known.head_start = head_start.unwrap_or(known.head_start);
        let number = i32::from(known.band) as u32;
        let event = self.about(contact, EventKind::ContactReprioritised);
        self.events.push(Happening { number, ..event });
        Ok(String::new())
    }

    /// "**update** – not closed. A requirement replaces the contact's own.
    /// → `contact_updated`. An offer stands."
    pub(crate) fn update(&mut self, id: &str, need: Option<&Need>) -> Answer {
        let contact = self.find_contact(id)?;
        self.valid_need(need)?;
        if self.contact(contact).phase == Phase::Closed {
            return Err(RejectionCode::WrongPhase);
        }
        if let Some(need) = need {
            self.contact_mut(contact).own = need.clone();
        }
        self.events.push(self.about(contact, EventKind::ContactUpdated));
        Ok(String::new())
    }

    fn valid_need(&self, need: Option<&Need>) -> Result<(), RejectionCode> {
        let Some(need) = need else { return Ok(()) };
        self.valid_levels(need.all.iter().chain(need.any.iter().flatten()).chain(&need.none))
    }
}

fn valid_head_start(head_start: Option<Span>) -> Result<(), RejectionCode> {
    match head_start {
        Some(span) if span.micros() > TEN_YEARS => Err(RejectionCode::InvalidValue),
        Some(_) | None => Ok(()),
    }
}
