//! Coming in: `enqueue`, the wait until a contact's time comes, and what its queue says then.

use ccroute_core::{Cause, EventKind, RejectionCode, Shift, Span, Timestamp};

use super::commands::Arrival;
use super::happening::Happening;
use super::router::{Answer, Contact, Exclusion, Oracle, Phase, Seq, Timer};
use super::state::Place;

impl Oracle {
    /// "**enqueue** – id not live nor retained, else `duplicate_contact`; a queue that is not
    /// retired, else `unknown_queue`; without a queue: classification. … → [`contact_classified`];
    /// with `not_before` ahead of now `contact_scheduled` (time), else *joining*."
    pub(crate) fn enqueue(&mut self, arrival: &Arrival) -> Answer {
        self.valid_arrival(arrival)?;
        self.may_come(arrival)?;
        let seq = self.take_in(arrival);
        match arrival.not_before.filter(|&at| at > self.now) {
            Some(at) => self.schedule(seq, at, false),
            None => self.join_queue(seq),
        }
        Ok(arrival.contact.clone())
    }

    /// "Unknown keys and whatever is an `invalid_value` come before all others, in the order of
    /// the arguments."
    pub(crate) fn valid_arrival(&self, arrival: &Arrival) -> Result<(), RejectionCode> {
        if let Some(queue) = &arrival.queue {
            self.queue_in_use(queue)?;
        }
        self.known_channel(&arrival.channel)?;
        valid_head_start(arrival.head_start)?;
        self.valid_need(arrival.need.as_ref())?;
        valid_scores(&arrival.preferred)?;
        if arrival.entered_at.is_some_and(|at| at > self.now) {
            return Err(RejectionCode::InvalidValue);
        }
        Ok(())
    }

    /// "Id not live nor retained, else `duplicate_contact`; … without a queue: classification."
    pub(crate) fn may_come(&self, arrival: &Arrival) -> Result<(), RejectionCode> {
        if self.find_contact(&arrival.contact).is_ok() {
            return Err(RejectionCode::DuplicateContact);
        }
        match &arrival.queue {
            Some(_) => Ok(()),
            None => self.classify(&self.newcomer(arrival), true).map(|_| ()),
        }
    }

    /// A contact that is there from now on, but in no queue yet. "`since` = `entered_at`, else
    /// now."
    fn newcomer(&self, arrival: &Arrival) -> Contact {
        let arrival = arrival.clone();
        let mut preferred: Vec<(String, u16)> = Vec::new();
        for (agent, score) in arrival.preferred {
            // "Of one agent named twice the first counts."
            if preferred.iter().all(|(named, _)| *named != agent) {
                preferred.push((agent, score));
            }
        }
        Contact {
            seq: self.entered + 1,
            id: arrival.contact,
            phase: Phase::Scheduled { begun: false },
            queue: arrival.queue.unwrap_or_default(),
            channel: arrival.channel,
            entry: self.now,
            since: arrival.entered_at.unwrap_or(self.now),
            visit: 1,
            entered: self.now,
            came_with: Place { band: arrival.band, head_start: arrival.head_start, slope: None },
            ruled: Place::default(),
            own: arrival.need.unwrap_or_default(),
            attached: Vec::new(),
            attributes: last_of_each(arrival.attributes),
            customer: arrival.customer,
            conversation: arrival.conversation,
            previous: arrival.previous,
            preferred,
            preferred_since: self.now,
            owner_first: None,
            excluded: Vec::new(),
            steps: Vec::new(),
            offers: 0,
            missed: 0,
            added: 0,
            overtaken: 0,
            callback_offered: false,
            asked_in: None,
            attempts: 0,
            tried_by: None,
            left: (Timestamp::ZERO, Vec::new()),
            kept: None,
            foretold: None,
            parts: Vec::new(),
            conversations: Vec::new(),
            gone_until: None,
        }
    }

    /// A valid newcomer is known from now on; classified, where it came without a queue.
    pub(crate) fn take_in(&mut self, arrival: &Arrival) -> Seq {
        let newcomer = self.newcomer(arrival);
        let seq = newcomer.seq;
        let class = arrival.queue.is_none().then(|| self.classify(&newcomer, true));
        self.entered = seq;
        self.contacts.push(newcomer);
        for (agent, _) in &arrival.preferred {
            self.get_to_know(agent);
        }
        // Exclusion: "the host's: when the command says so, before any event".
        for (agent, lasts) in &arrival.excluded {
            self.get_to_know(agent);
            let exclusion = Exclusion { agent: agent.clone(), by_host: true };
            let until = lasts.map(|lasts| self.after(lasts));
            self.begin_exclusion(seq, exclusion, until);
        }
        if let Some(class) = class {
            let class = class.expect("it was asked before");
            let queue = self.take_class(seq, class);
            self.contact_mut(seq).queue = queue;
        }
        seq
    }

    /// `contact_scheduled`, for a visit ahead or begun.
    pub(crate) fn schedule(&mut self, seq: Seq, at: Timestamp, begun: bool) {
        self.contact_mut(seq).phase = Phase::Scheduled { begun };
        let event = self.about(seq, EventKind::ContactScheduled);
        self.emit(Happening { time: Some(at), ..event });
        self.set_timer(at, Timer::Due(seq));
    }

    /// "*due deadline*, or **reinstate** of a scheduled contact: with a visit ahead, `since` =
    /// now unless it lies before the entry or the contact is a callback; *joining*, or for a
    /// callback `contact_queued` (callback). With a visit begun: the agent who tried is its only
    /// preferred agent (score 1000), with `owner_first` as `preferred.first`; `contact_requeued`
    /// (due)."
    pub(crate) fn come_due(&mut self, seq: Seq) {
        let now = self.now;
        self.cancel_timer(&Timer::Due(seq));
        let contact = self.contact_mut(seq);
        if contact.phase == (Phase::Scheduled { begun: true }) {
            self.return_to_owner(seq);
            self.requeue(seq, Cause::Due);
        } else if contact.asked_in.is_some() {
            self.begin_visit(seq, Cause::Callback);
        } else {
            if contact.since >= contact.entry {
                contact.since = now;
            }
            self.join_queue(seq);
        }
    }

    /// "A newcomer … asks its queue: closed → `contact_refused` (closed), then
    /// `closed.otherwise`; as long as `admission.longest` → (full), nobody counts as staff for
    /// `admission.staff_free_of` → (no_agents), then `admission.otherwise`. It asks each queue
    /// once; where there is no other, or it was asked already, or is retired, the contact is
    /// closed."
    fn join_queue(&mut self, seq: Seq) {
        let mut asked = Vec::new();
        loop {
            let queue = self.contact(seq).queue.clone();
            let Some((cause, otherwise)) = self.refusal(&queue) else { break };
            asked.push(queue);
            let event = self.about(seq, EventKind::ContactRefused);
            self.emit(Happening { cause, ..event });
            match otherwise.filter(|next| !asked.contains(next) && !self.is_retired(next)) {
                Some(next) => self.contact_mut(seq).queue = next,
                None => return self.close(seq),
            }
        }
        let resumed = self.resume_place(seq);
        self.prefer_last_agent(seq);
        self.begin_visit(seq, if resumed { Cause::Resumed } else { Cause::None });
    }

    fn refusal(&self, name: &str) -> Option<(Cause, Option<String>)> {
        let queue = self.rules.queue(name);
        let rule = &queue.admission;
        if self.is_closed(name) {
            let otherwise = queue.hours.as_ref().and_then(|hours| hours.otherwise.clone());
            Some((Cause::Closed, otherwise))
        } else if rule.longest.is_some_and(|most| self.length(name) >= most as usize) {
            Some((Cause::Full, rule.otherwise.clone()))
        } else if !rule.staff.is_empty() && !self.is_staffed(name, &rule.staff) {
            Some((Cause::NoAgents, rule.otherwise.clone()))
        } else {
            None
        }
    }

    pub(crate) fn is_closed(&self, queue: &str) -> bool {
        self.closed_queues.iter().any(|closed| closed == queue)
    }

    /// "A newcomer with a customer who was abandoned in the same queue (within that queue's
    /// `leaving.resume_within`, counted from then) gets that `since`; … The place is used up."
    fn resume_place(&mut self, seq: Seq) -> bool {
        let contact = self.contact(seq);
        let as_of = self.as_of;
        let place = self.places.iter().position(|place| {
            Some(&place.customer) == contact.customer.as_ref()
                && place.queue == contact.queue
                && as_of <= place.until
        });
        let Some(place) = place else { return false };
        let place = self.places.remove(place);
        self.contact_mut(seq).since = place.since;
        true
    }

    /// "One whose customer talked with an agent as primary at most `preferred.last_agent` ago
    /// prefers that agent with score 100, unless it prefers that agent already."
    fn prefer_last_agent(&mut self, seq: Seq) {
        let contact = self.contact(seq);
        let within = self.rules.queue(&contact.queue).preferred.last_agent;
        let mut talks = self.talks.iter().rev();
        let last = talks.find(|talk| Some(&talk.customer) == contact.customer.as_ref());
        let last = last.filter(|talk| {
            within > Span::ZERO && self.as_of <= talk.at + within && self.as_of <= talk.until
        });
        let Some(agent) = last.map(|talk| talk.agent.clone()) else { return };
        let preferred = &mut self.contact_mut(seq).preferred;
        if preferred.iter().all(|(name, _)| *name != agent) {
            preferred.push((agent, 100));
        }
    }
}

/// "Head start at most ten years either way."
pub(crate) fn valid_head_start(head_start: Option<Shift>) -> Result<(), RejectionCode> {
    const TEN_YEARS: i64 = 10 * 365 * 86_400 * 1_000_000;
    match head_start {
        Some(shift) if shift.micros().abs() > TEN_YEARS => Err(RejectionCode::InvalidValue),
        Some(_) | None => Ok(()),
    }
}

/// "Preferred scores 0…1000."
pub(crate) fn valid_scores(preferred: &[(String, u16)]) -> Result<(), RejectionCode> {
    let valid = preferred.iter().all(|&(_, score)| score <= 1_000);
    if valid { Ok(()) } else { Err(RejectionCode::InvalidValue) }
}

/// Each key once, where it stood first, with its last value.
fn last_of_each<V: Clone>(pairs: Vec<(String, V)>) -> Vec<(String, V)> {
    let mut kept: Vec<(String, V)> = Vec::new();
    for (key, value) in pairs {
        match kept.iter_mut().find(|(known, _)| *known == key) {
            Some((_, known)) => *known = value,
            None => kept.push((key, value)),
        }
    }
    kept
}
