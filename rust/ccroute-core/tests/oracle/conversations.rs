//! The commands of a conversation and of what follows it: hold, transfer, parts,
//! release, wrap-up and dispositions.

use ccroute_core::{Cause, EventKind, RejectionCode, Role, Span, WrapUpMode};

use super::happening::Happening;
use super::router::{Answer, Availability, Conversation, Oracle, Phase, Seq, Timer, WrapUp};

impl Oracle {
    /// "Engaged or held, else `wrong_phase`"; whether it is held.
    fn engaged(&self, contact: Seq) -> Result<bool, RejectionCode> {
        match self.contact(contact).phase {
            Phase::Engaged { held } => Ok(held),
            Phase::Waiting | Phase::Offered | Phase::Connecting { .. } | Phase::Closed => {
                Err(RejectionCode::WrongPhase)
            }
        }
    }

    fn primary(&self, contact: Seq) -> String {
        let parts = &self.contact(contact).parts;
        let primary = parts.iter().find(|(_, role)| *role == Role::Primary);
        primary.expect("an engaged contact has a primary").0.clone()
    }

    /// "**hold** / **resume** – engaged and not held / held, else `wrong_phase`.
    /// → `contact_held` / `contact_resumed`, agent = primary."
    pub(crate) fn hold(&mut self, id: &str) -> Answer {
        self.set_held(id, true, EventKind::ContactHeld)
    }

    pub(crate) fn resume(&mut self, id: &str) -> Answer {
        self.set_held(id, false, EventKind::ContactResumed)
    }

    fn set_held(&mut self, id: &str, held: bool, kind: EventKind) -> Answer {
        let contact = self.find_contact(id)?;
        if self.engaged(contact)? == held {
            return Err(RejectionCode::WrongPhase);
        }
        self.contact_mut(contact).phase = Phase::Engaged { held };
        let agent = Some(self.primary(contact));
        let event = self.about(contact, kind);
        self.events.push(Happening { agent, ..event });
        Ok(String::new())
    }

    /// "**transfer** – waiting, offered, connecting, engaged, held; the same queue is
    /// allowed. … Then `contact_queued`, visit + 1; since = now, or unchanged under
    /// keep_age. The sequence number stays."
    pub(crate) fn transfer(&mut self, id: &str, queue: &str, keep_age: bool) -> Answer {
        let contact = self.find_contact(id)?;
        self.known_queue(queue)?;
        match self.contact(contact).phase {
            Phase::Closed => return Err(RejectionCode::WrongPhase),
            Phase::Engaged { .. } => {
                let primary =
                    self.end_conversation(contact, EventKind::ContactTransferred, Cause::Agent);
                self.wrap_up(contact, &primary);
            }
            Phase::Waiting | Phase::Offered | Phase::Connecting { .. } => {
                self.leave_queue(contact, EventKind::ContactLeft, Cause::Transferred);
            }
        }
        let now = self.now;
        let known = self.contact_mut(contact);
        known.queue = queue.to_owned();
        known.visit += 1;
        known.steps = 0;
        if !keep_age {
            known.since = now;
        }
        // Exclusion lasts until "the contact changes queue".
        self.end_exclusions(contact);
        self.start_visit(contact);
        Ok(String::new())
    }

    /// "Every part that is not primary `agent_left` in order of joining", then the event
    /// that ends the conversation. Returns who was the primary.
    fn end_conversation(&mut self, contact: Seq, kind: EventKind, cause: Cause) -> String {
        let primary = self.primary(contact);
        let parts = self.contact(contact).parts.clone();
        for (agent, _) in parts.iter().filter(|(_, role)| *role != Role::Primary) {
            self.end_part(contact, agent);
        }
        let event = self.about(contact, kind);
        self.events.push(Happening { cause, agent: Some(primary.clone()), ..event });
        self.contact_mut(contact).parts.clear();
        primary
    }

    /// `agent_left`; "`idle_since` is set … on leaving a consult or conference".
    fn end_part(&mut self, contact: Seq, agent: &str) {
        let role = self.role(contact, agent).expect("a live part");
        let event = self.about(contact, EventKind::AgentLeft);
        self.events.push(Happening { agent: Some(agent.to_owned()), role, ..event });
        self.contact_mut(contact).parts.retain(|(name, _)| name != agent);
        if role != Role::Monitor {
            self.becomes_idle(agent);
        }
    }

    fn role(&self, contact: Seq, agent: &str) -> Option<Role> {
        let mut parts = self.contact(contact).parts.iter();
        parts.find(|(name, _)| name == agent).map(|&(_, role)| role)
    }

    /// "**join** – engaged or held; role consult, conference or monitor, else
    /// `invalid_value`; agent signed in; no live part in the contact and no wrap-up after
    /// it, else `already_joined`; for consult and conference used < capacity, else
    /// `no_capacity`. Takes a slot (monitor: none). → `agent_joined`."
    pub(crate) fn join(&mut self, id: &str, agent: &str, role: Role) -> Answer {
        let contact = self.find_contact(id)?;
        self.known_agent(agent)?;
        if role == Role::Primary {
            return Err(RejectionCode::InvalidValue);
        }
        self.engaged(contact)?;
        if self.agent(agent).availability == Availability::Offline {
            return Err(RejectionCode::AgentSignedOut);
        }
        if self.role(contact, agent).is_some() || self.wrapping(agent, contact).is_some() {
            return Err(RejectionCode::AlreadyJoined);
        }
        let channel = &self.contact(contact).channel;
        if role != Role::Monitor && !self.has_slot(self.agent(agent), channel) {
            return Err(RejectionCode::NoCapacity);
        }
        self.contact_mut(contact).parts.push((agent.to_owned(), role));
        let event = self.about(contact, EventKind::AgentJoined);
        self.events.push(Happening { agent: Some(agent.to_owned()), role, ..event });
        Ok(String::new())
    }

    /// "**leave** – a live part that is not primary, else `not_joined`. → `agent_left`."
    pub(crate) fn leave(&mut self, id: &str, agent: &str) -> Answer {
        let contact = self.find_contact(id)?;
        self.known_agent(agent)?;
        match self.role(contact, agent) {
            Some(Role::Consult | Role::Conference | Role::Monitor) => {
                self.end_part(contact, agent);
                Ok(String::new())
            }
            Some(Role::Primary) | None => Err(RejectionCode::NotJoined),
        }
    }

    /// "**hand_over** – engaged or held; agent has a live part that is consult or
    /// conference, else `not_joined`. → `contact_transferred` (cause handed_over, agent =
    /// the old primary), wrap-up of the old primary, `agent_joined` (role primary, agent =
    /// the new one). Held ends."
    pub(crate) fn hand_over(&mut self, id: &str, agent: &str) -> Answer {
        let contact = self.find_contact(id)?;
        self.known_agent(agent)?;
        self.engaged(contact)?;
        match self.role(contact, agent) {
            Some(Role::Consult | Role::Conference) => {}
            Some(Role::Primary | Role::Monitor) | None => return Err(RejectionCode::NotJoined),
        }
        let old = self.primary(contact);
        let event = self.about(contact, EventKind::ContactTransferred);
        let (cause, from) = (Cause::HandedOver, Some(old.clone()));
        self.events.push(Happening { cause, agent: from, ..event });
        let parts = &mut self.contact_mut(contact).parts;
        parts.retain(|(name, _)| *name != old);
        for part in parts.iter_mut().filter(|(name, _)| name == agent) {
            part.1 = Role::Primary;
        }
        self.wrap_up(contact, &old);
        let event = self.about(contact, EventKind::AgentJoined);
        self.events.push(Happening { agent: Some(agent.to_owned()), ..event });
        self.contact_mut(contact).phase = Phase::Engaged { held: false };
        self.begin_conversation(contact, agent.to_owned());
        Ok(String::new())
    }

    /// "**release** – engaged or held, else `wrong_phase`; by customer, agent or system,
    /// else `invalid_value`. Every part that is not primary: `agent_left`;
    /// `contact_released` (cause by, agent = primary); wrap-up. The contact is closed."
    pub(crate) fn release(&mut self, id: &str, by: Cause) -> Answer {
        let contact = self.find_contact(id)?;
        if ![Cause::Customer, Cause::Agent, Cause::System].contains(&by) {
            return Err(RejectionCode::InvalidValue);
        }
        self.engaged(contact)?;
        let primary = self.end_conversation(contact, EventKind::ContactReleased, by);
        self.wrap_up(contact, &primary);
        self.close(contact);
        Ok(String::new())
    }

    /// "*wrap-up* of a primary at release, transfer or hand-over, by the queue's mode,
    /// unless the agent is offline: none: the slot is free. Else `wrap_up_started` (time =
    /// now + limit)."
    fn wrap_up(&mut self, contact: Seq, agent: &str) {
        let known = self.contact(contact).clone();
        let queue = self.rules.queue(&known.queue);
        let offline = self.agent(agent).availability == Availability::Offline;
        if offline || queue.wrap_up == WrapUpMode::None {
            self.becomes_idle(agent);
            return;
        }
        let ends = self.now + queue.wrap_up_limit;
        self.wrap_ups.push(WrapUp {
            agent: agent.to_owned(),
            contact,
            id: known.id,
            channel: known.channel,
            conversation: known.conversations.len() - 1,
            visit: known.visit,
            queue: known.queue,
            ends,
            extended: Span::ZERO,
        });
        self.set_timer(ends, Timer::WrapUp(agent.to_owned(), contact));
        let event = self.about_wrap_up(self.wrap_ups.len() - 1, EventKind::WrapUpStarted);
        self.events.push(Happening { time: Some(ends), ..event });
    }

    /// "In wrap-up after it": where it stands in the list.
    pub(crate) fn wrapping(&self, agent: &str, contact: Seq) -> Option<usize> {
        self.wrap_ups.iter().position(|wrap| wrap.agent == agent && wrap.contact == contact)
    }

    fn about_wrap_up(&self, at: usize, kind: EventKind) -> Happening {
        let wrap = &self.wrap_ups[at];
        Happening {
            contact: Some(wrap.id.clone()),
            visit: wrap.visit,
            queue: Some(wrap.queue.clone()),
            channel: Some(wrap.channel.clone()),
            ..self.of_agent(&wrap.agent, kind)
        }
    }

    /// "**extend_wrap_up** – in wrap-up after it, else `not_joined`; under timed, or past
    /// the queue's `extension` in all: `wrap_up_rule`. → `wrap_up_extended` (time = the
    /// new end)."
    pub(crate) fn extend_wrap_up(&mut self, agent: &str, id: &str, by: Span) -> Answer {
        self.known_agent(agent)?;
        let contact = self.find_contact(id)?;
        let at = self.wrapping(agent, contact).ok_or(RejectionCode::NotJoined)?;
        let queue = self.rules.queue(&self.wrap_ups[at].queue);
        let in_all = self.wrap_ups[at].extended + by;
        if queue.wrap_up == WrapUpMode::Timed || in_all > queue.wrap_up_extension {
            return Err(RejectionCode::WrapUpRule);
        }
        let wrap = &mut self.wrap_ups[at];
        (wrap.extended, wrap.ends) = (in_all, wrap.ends + by);
        let ends = wrap.ends;
        let timer = Timer::WrapUp(agent.to_owned(), contact);
        self.cancel_timer(&timer);
        self.set_timer(ends, timer);
        let event = self.about_wrap_up(at, EventKind::WrapUpExtended);
        self.events.push(Happening { time: Some(ends), ..event });
        Ok(String::new())
    }

    /// "**end_wrap_up** – in wrap-up after it, else `not_joined`; timed, or mandatory while
    /// that conversation is the contact's last and has no disposition: `wrap_up_rule`.
    /// → `wrap_up_ended` (agent)."
    pub(crate) fn end_wrap_up(&mut self, agent: &str, id: &str) -> Answer {
        self.known_agent(agent)?;
        let contact = self.find_contact(id)?;
        let at = self.wrapping(agent, contact).ok_or(RejectionCode::NotJoined)?;
        let wrap = &self.wrap_ups[at];
        let conversations = &self.contact(contact).conversations;
        let is_last = wrap.conversation + 1 == conversations.len();
        let owed = is_last && conversations[wrap.conversation].sets == 0;
        let forbidden = match self.rules.queue(&wrap.queue).wrap_up {
            WrapUpMode::Timed => true,
            WrapUpMode::Mandatory => owed,
            WrapUpMode::Optional | WrapUpMode::None => false,
        };
        if forbidden {
            return Err(RejectionCode::WrapUpRule);
        }
        self.finish_wrap_up(agent, contact, Cause::Agent);
        Ok(String::new())
    }

    /// "*Wrap-up deadline* → `wrap_up_ended` (limit)."
    pub(crate) fn run_out_of_wrap_up(&mut self, agent: &str, contact: Seq) {
        self.finish_wrap_up(agent, contact, Cause::Limit);
    }

    pub(crate) fn finish_wrap_up(&mut self, agent: &str, contact: Seq, cause: Cause) {
        let at = self.wrapping(agent, contact).expect("a live wrap-up");
        let event = self.about_wrap_up(at, EventKind::WrapUpEnded);
        self.events.push(Happening { cause, ..event });
        self.wrap_ups.remove(at);
        self.cancel_timer(&Timer::WrapUp(agent.to_owned(), contact));
        // "At the end of wrap-up."
        self.becomes_idle(agent);
        self.begin_retention(contact);
    }

    /// "**dispose** – known (live or retained) and has had a conversation, else
    /// `wrong_phase`. At least one code, none twice, else `invalid_value`; each code in the
    /// set of the queue of the last conversation, else `unknown_disposition`. → one
    /// `contact_disposed` a code, reason = code, number = how many sets this conversation
    /// has been given, visit, queue and agent of the last conversation."
    pub(crate) fn dispose(&mut self, id: &str, codes: &[String]) -> Answer {
        let contact = self.find_contact(id)?;
        let twice = (1..codes.len()).any(|at| codes[..at].contains(&codes[at]));
        if codes.is_empty() || twice {
            return Err(RejectionCode::InvalidValue);
        }
        let last = self.contact(contact).conversations.last().cloned();
        let Some(Conversation { visit, queue, agent, sets }) = last else {
            return Err(RejectionCode::WrongPhase);
        };
        if !codes.iter().all(|code| self.rules.queue(&queue).dispositions.contains(code)) {
            return Err(RejectionCode::UnknownDisposition);
        }
        let known = self.contact_mut(contact);
        known.conversations.last_mut().expect("it was read above").sets += 1;
        for code in codes {
            let event = self.about(contact, EventKind::ContactDisposed);
            self.events.push(Happening {
                reason: Some(code.clone()),
                number: sets + 1,
                visit,
                queue: Some(queue.clone()),
                agent: Some(agent.clone()),
                ..event
            });
        }
        Ok(String::new())
    }
}
