//! Contacts in the queue: entering, leaving, place, requirement, escalation.

use super::Router;
use super::state::{Contact, Phase};
use super::timers::Deadline;
use super::{Outcome, Reply, valid_name};
use crate::command::NewContact;
use crate::error::{Rejection, RejectionCode};
use crate::event::{Cause, Event, EventKind};
use crate::ids::{AgentKey, ClassKey, ContactKey};
use crate::skill::Requirement;
use crate::time::Span;

impl Router {
    pub(super) fn enqueue(&mut self, new: &NewContact<'_>) -> Outcome {
        valid_name("contact", new.id)?;
        self.known_queue(new.queue)?;
        self.known_channel(new.channel)?;
        Self::valid_head_start(new.head_start)?;
        self.valid_requirement(new.requirement)?;
        if let Some(key) = self.find_contact(new.id) {
            let message = format!(
                "contact '{}' is {}: give each contact an id of its own, not used within the \
                 plan's retention of {}",
                new.id,
                self.contact(key).phase.word(),
                self.plan.retention
            );
            return Err(Rejection::new(RejectionCode::DuplicateContact, message));
        }
        self.entered += 1;
        let contact = Contact {
            id: new.id.into(),
            customer: new.customer.map(Into::into),
            conversation: new.conversation.map(Into::into),
            previous: new.previous.map(Into::into),
            attributes: Vec::new(),
            channel: new.channel,
            queue: new.queue,
            visit: 1,
            sequence: self.entered,
            band: new.band,
            head_start: new.head_start,
            since: self.now,
            own: new.requirement.map(|own| own.clone().canonical()),
            steps: 0,
            escalation: None,
            phase: Phase::Waiting,
            excluded: Vec::new(),
            parts: Vec::new(),
            wrapping: Vec::new(),
            handled: None,
            class: None,
        };
        let (index, generation) = self.contacts.insert(contact);
        let key = ContactKey::new(index, generation);
        self.ids.insert(new.id.into(), key);
        self.set_attributes(key, new.attributes);
        self.begin_visit(key);
        Ok(Reply::Contact(key))
    }

    pub(super) fn cancel(&mut self, key: ContactKey, cause: Cause) -> Result<(), Rejection> {
        let contact = self.known_contact(key)?;
        if !Cause::OF_CANCEL.contains(&cause) {
            let words: Vec<&str> = Cause::OF_CANCEL.iter().map(|cause| cause.word()).collect();
            let message = format!("cause '{cause}' cannot end a wait: give {}", words.join(", "));
            return Err(Rejection::new(RejectionCode::InvalidValue, message));
        }
        if matches!(contact.phase, Phase::Engaged { .. } | Phase::Closed) {
            return Err(Self::wrong_phase(contact, "only a contact that waits can be cancelled"));
        }
        let agent = self.stop_waiting(key, cause);
        let abandoned = cause == Cause::Abandoned;
        let kind = if abandoned { EventKind::ContactAbandoned } else { EventKind::ContactLeft };
        let event = self.contact_event(kind, key);
        self.emit(Event { agent, cause, ..event });
        self.close(key);
        Ok(())
    }

    pub(super) fn reprioritise(
        &mut self,
        key: ContactKey,
        band: Option<i16>,
        head_start: Option<Span>,
    ) -> Result<(), Rejection> {
        let contact = self.known_contact(key)?;
        if let Some(head_start) = head_start {
            Self::valid_head_start(head_start)?;
        }
        if matches!(contact.phase, Phase::Engaged { .. } | Phase::Closed) {
            return Err(Self::wrong_phase(contact, "only a contact that waits has a place"));
        }
        let waiting = contact.phase == Phase::Waiting;
        if waiting {
            let (demand, order) = (contact.demand(), contact.order());
            self.matcher.leave(demand, order);
        }
        let contact = self.contact_mut(key);
        contact.band = band.unwrap_or(contact.band);
        contact.head_start = head_start.unwrap_or(contact.head_start);
        let number = i32::from(contact.band).cast_unsigned();
        if waiting {
            let (demand, order) = (contact.demand(), contact.order());
            self.matcher.wait(demand, order, key.index() as u32);
        }
        let event = self.contact_event(EventKind::ContactReprioritised, key);
        self.emit(Event { number, ..event });
        Ok(())
    }

    pub(super) fn update(
        &mut self,
        key: ContactKey,
        requirement: Option<&Requirement>,
        attributes: &[(&str, &str)],
    ) -> Result<(), Rejection> {
        let contact = self.known_contact(key)?;
        self.valid_requirement(requirement)?;
        if contact.phase == Phase::Closed {
            return Err(Self::wrong_phase(contact, "only a live contact can be updated"));
        }
        self.set_attributes(key, attributes);
        let event = self.contact_event(EventKind::ContactUpdated, key);
        self.emit(event);
        if let Some(own) = requirement {
            self.contact_mut(key).own = Some(own.clone().canonical());
            self.reclassify(key);
        }
        Ok(())
    }

    /// A stay in the contact's queue begins.
    pub(super) fn begin_visit(&mut self, key: ContactKey) {
        let contact = self.contact_mut(key);
        contact.steps = 0;
        let since = contact.since;
        let class = self.class_of(key);
        self.contact_mut(key).class = Some(class);
        let event = self.contact_event(EventKind::ContactQueued, key);
        self.emit(Event { time: Some(since), ..event });
        self.begin_waiting(key);
    }

    /// Back to the queue: the wait goes on where it was.
    pub(super) fn requeue(&mut self, key: ContactKey, cause: Cause) {
        let event = self.contact_event(EventKind::ContactRequeued, key);
        let since = self.contact(key).since;
        self.emit(Event { cause, time: Some(since), ..event });
        self.begin_waiting(key);
    }

    pub(super) fn requeue_all(&mut self, keys: &[ContactKey], cause: Cause) {
        for &key in keys {
            self.requeue(key, cause);
        }
    }

    fn begin_waiting(&mut self, key: ContactKey) {
        self.contact_mut(key).phase = Phase::Waiting;
        let contact = self.contact(key);
        let (demand, order) = (contact.demand(), contact.order());
        self.matcher.wait(demand, order, key.index() as u32);
        self.unsettled.contact(key);
        self.escalation_due(key);
    }

    /// Takes a contact out of the waiting: withdraws its offer or drops its
    /// connection. Returns the agent it was being connected to.
    pub(super) fn stop_waiting(&mut self, key: ContactKey, cause: Cause) -> Option<AgentKey> {
        match self.contact(key).phase {
            Phase::Waiting => {
                self.leave_queue(key);
                None
            }
            Phase::Offered(offer) => {
                let agent = self.offer(offer).expect("an offered contact's offer is live").agent;
                self.withdraw(offer, cause);
                self.refresh(agent);
                None
            }
            Phase::Connecting { agent, .. } => {
                self.agent_mut(agent).connecting.retain(|&other| other != key);
                self.drop_connection(key, agent);
                self.refresh(agent);
                Some(agent)
            }
            Phase::Engaged { .. } | Phase::Closed => None,
        }
    }

    /// Out of the matcher, with the escalation deadline.
    pub(super) fn leave_queue(&mut self, key: ContactKey) {
        let contact = self.contact(key);
        let (demand, order) = (contact.demand(), contact.order());
        self.matcher.leave(demand, order);
        if let Some(timer) = self.contact_mut(key).escalation.take() {
            self.timers.cancel(timer);
        }
    }

    /// Takes every escalation step that is due while the contact waits, and sets the
    /// deadline of the next.
    pub(super) fn escalation_due(&mut self, key: ContactKey) {
        let plan = std::sync::Arc::clone(&self.plan);
        let steps = &plan.queue(self.contact(key).queue).escalation;
        self.contact_mut(key).escalation = None;
        while let Some(step) = steps.get(self.contact(key).steps as usize) {
            let due = self.contact(key).since + step.after;
            if due > self.now {
                let timer = self.timers.set(due, Deadline::Escalation(key));
                self.contact_mut(key).escalation = Some(timer);
                break;
            }
            self.contact_mut(key).steps += 1;
            let number = self.contact(key).steps;
            let event = self.contact_event(EventKind::ContactEscalated, key);
            self.emit(Event { number, ..event });
            self.clear_exclusions(key);
            self.reclassify(key);
        }
    }

    /// Gives a contact the class of its requirement at its step, and looks at it again.
    fn reclassify(&mut self, key: ContactKey) {
        let class = self.class_of(key);
        let contact = self.contact(key);
        let (old, order, waiting) =
            (contact.demand(), contact.order(), contact.phase == Phase::Waiting);
        self.contact_mut(key).class = Some(class);
        if waiting {
            self.matcher.leave(old, order);
            self.matcher.wait(self.contact(key).demand(), order, key.index() as u32);
            self.unsettled.contact(key);
        }
        self.matcher.release_class(old.class);
    }

    /// The class of a contact's requirement at its step, held for it.
    pub(super) fn class_of(&mut self, key: ContactKey) -> ClassKey {
        let contact = self.contact(key);
        let steps = contact.steps as usize;
        let Some(own) = &contact.own else {
            let class = self.plan_classes[contact.queue.index()][steps];
            self.matcher.hold_again(class);
            return class;
        };
        let requirement = self.plan.queue(contact.queue).requirement_at(steps, own);
        self.matcher.hold_class(&requirement)
    }

    /// Classes of every queue at every step are held for good.
    pub(super) fn hold_plan_classes(&mut self) {
        let nothing = Requirement::default();
        for queue in &self.plan.queues {
            let steps = 0..=queue.escalation.len();
            let classes =
                steps.map(|step| self.matcher.hold_class(&queue.requirement_at(step, &nothing)));
            self.plan_classes.push(classes.collect());
        }
    }

    /// The contact is gone; it is remembered until its retention ends.
    pub(super) fn close(&mut self, key: ContactKey) {
        self.clear_exclusions(key);
        let contact = self.contact_mut(key);
        contact.phase = Phase::Closed;
        let class = contact.class.take();
        self.matcher.release_class(class.expect("a contact closes once"));
        self.retain_closed(key);
    }

    /// Starts retention once nothing of the contact is live.
    pub(super) fn retain_closed(&mut self, key: ContactKey) {
        let contact = self.contact(key);
        if contact.phase == Phase::Closed && contact.wrapping.is_empty() {
            self.closed.push_back((self.now + self.plan.retention, key));
        }
    }

    /// Forgets the closed contacts whose retention is over.
    pub(super) fn forget_closed(&mut self) {
        while self.closed.front().is_some_and(|(until, _)| *until <= self.now)
            && let Some((_, key)) = self.closed.pop_front()
        {
            let contact = self.contacts.remove(key.index(), key.generation());
            let contact = contact.expect("a closed contact is forgotten once");
            self.ids.remove(&contact.id);
            if !self.events.is_empty() {
                self.departed.insert(key, contact.id);
            }
        }
    }

    /// Puts a contact that came back from a snapshot where it was.
    pub(super) fn place_again(&mut self, key: ContactKey) {
        if self.contact(key).phase == Phase::Closed {
            return;
        }
        let class = self.class_of(key);
        self.contact_mut(key).class = Some(class);
        let contact = self.contact(key);
        if contact.phase == Phase::Waiting {
            self.matcher.wait(contact.demand(), contact.order(), key.index() as u32);
        }
    }

    fn set_attributes(&mut self, key: ContactKey, attributes: &[(&str, &str)]) {
        let held = &mut self.contact_mut(key).attributes;
        for &(name, value) in attributes {
            match held.iter_mut().find(|(known, _)| &**known == name) {
                Some((_, known)) => *known = value.into(),
                None => held.push((name.into(), value.into())),
            }
        }
    }

    /// A contact's attributes, in the order they were first given.
    pub fn attributes(&self, key: ContactKey) -> impl Iterator<Item = (&str, &str)> {
        let contact = self.contacts.get(key.index(), key.generation());
        contact.into_iter().flat_map(|contact| &contact.attributes).map(|(k, v)| (&**k, &**v))
    }

    fn valid_head_start(head_start: Span) -> Result<(), Rejection> {
        if head_start <= Span::LONGEST_SETTING {
            return Ok(());
        }
        let message = format!("head start {head_start}: ten years at most");
        Err(Rejection::new(RejectionCode::InvalidValue, message))
    }

    fn valid_requirement(&self, requirement: Option<&Requirement>) -> Result<(), Rejection> {
        let Some(requirement) = requirement else { return Ok(()) };
        if requirement.any_of.iter().any(Vec::is_empty) {
            let message = "an empty group in any_of: nobody has one of no skills; leave it out";
            return Err(Rejection::new(RejectionCode::InvalidValue, message));
        }
        let mentions: Vec<_> = requirement.mentions().collect();
        self.valid_levels(&mentions)
    }
}
