//! The commands of a conversation: hold, parts, hand-over, release, dispositions; and what
//! is remembered of it.

use ccroute_core::{Cause, EventKind, RejectionCode, Role, Span};

use super::happening::Happening;
use super::router::{Answer, Oracle, Phase, Seq};
use super::state::{Conversation, Talk};

impl Oracle {
    /// "Engaged or held, else `wrong_phase`"; whether it is held.
    fn engaged(&self, seq: Seq) -> Result<bool, RejectionCode> {
        match self.contact(seq).phase {
            Phase::Engaged { held } => Ok(held),
            Phase::Scheduled { .. }
            | Phase::Waiting
            | Phase::Offered
            | Phase::Connecting { .. }
            | Phase::Suspended
            | Phase::Closed => Err(RejectionCode::WrongPhase),
        }
    }

    pub(crate) fn primary(&self, seq: Seq) -> String {
        let parts = &self.contact(seq).parts;
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
        let seq = self.find_contact(id)?;
        if self.engaged(seq)? == held {
            return Err(RejectionCode::WrongPhase);
        }
        self.contact_mut(seq).phase = Phase::Engaged { held };
        let agent = Some(self.primary(seq));
        let event = self.about(seq, kind);
        self.emit(Happening { agent, ..event });
        Ok(String::new())
    }

    /// "Every part that is not primary: `agent_left`" in order of joining, then the event that
    /// ends the conversation; wrap-up.
    pub(crate) fn end_conversation(&mut self, seq: Seq, kind: EventKind, cause: Cause) {
        let primary = self.primary(seq);
        let parts = self.contact(seq).parts.clone();
        for (agent, _) in parts.iter().filter(|(_, role)| *role != Role::Primary) {
            self.end_part(seq, agent);
        }
        self.pass_on(seq, &primary, kind, cause);
    }

    /// The primary's part ends with that event; wrap-up.
    fn pass_on(&mut self, seq: Seq, primary: &str, kind: EventKind, cause: Cause) {
        let event = self.about(seq, kind);
        self.emit(Happening { cause, agent: Some(primary.to_owned()), ..event });
        self.contact_mut(seq).parts.retain(|(name, _)| name != primary);
        self.remember_talk(seq);
        self.wrap_up(seq, primary);
    }

    /// `agent_left`; "`idle_since` is set … on leaving a consult or conference".
    pub(crate) fn end_part(&mut self, seq: Seq, agent: &str) {
        let role = self.contact(seq).role(agent).expect("a live part");
        let event = self.about(seq, EventKind::AgentLeft);
        self.emit(Happening { agent: Some(agent.to_owned()), role, ..event });
        self.contact_mut(seq).parts.retain(|(name, _)| name != agent);
        if role != Role::Monitor {
            let queue = self.contact(seq).queue.clone();
            self.give_back_slot(agent, &queue);
        }
    }

    /// "**join** – engaged or held; role consult, conference or monitor, else `invalid_value`.
    /// As conference, of an agent with a part as consult: the role of the part becomes
    /// conference → `agent_joined`. Else agent signed in; no live part in the contact and no wrap-up after it, else
    /// `already_joined`; for consult and conference used < capacity, and the budget bears it,
    /// else `no_capacity`. Takes a slot (monitor: none). → `agent_joined`."
    pub(crate) fn join(&mut self, id: &str, name: &str, role: Role) -> Answer {
        let seq = self.find_contact(id)?;
        self.known_agent(name)?;
        if role == Role::Primary {
            return Err(RejectionCode::InvalidValue);
        }
        self.engaged(seq)?;
        let part = self.contact_mut(seq).parts.iter_mut().find(|(agent, _)| agent == name);
        if let Some((_, consult @ Role::Consult)) = part
            && role == Role::Conference
        {
            *consult = role;
            let event = self.about(seq, EventKind::AgentJoined);
            self.emit(Happening { agent: Some(name.to_owned()), role, ..event });
            return Ok(String::new());
        }
        let agent = self.agent(name);
        if !agent.is_signed_in() {
            return Err(RejectionCode::AgentSignedOut);
        }
        if self.contact(seq).role(name).is_some() || self.wrapping(name, seq).is_some() {
            return Err(RejectionCode::AlreadyJoined);
        }
        let channel = &self.contact(seq).channel;
        let bears = self.has_slot(agent, channel) && self.has_budget(agent, channel);
        if role != Role::Monitor && !bears {
            return Err(RejectionCode::NoCapacity);
        }
        self.contact_mut(seq).parts.push((name.to_owned(), role));
        let event = self.about(seq, EventKind::AgentJoined);
        self.emit(Happening { agent: Some(name.to_owned()), role, ..event });
        Ok(String::new())
    }

    /// "**leave** – a live part that is not primary, else `not_joined`. → `agent_left`."
    pub(crate) fn leave(&mut self, id: &str, agent: &str) -> Answer {
        let seq = self.find_contact(id)?;
        self.known_agent(agent)?;
        match self.contact(seq).role(agent) {
            Some(Role::Consult | Role::Conference | Role::Monitor) => {
                self.end_part(seq, agent);
                Ok(String::new())
            }
            Some(Role::Primary) | None => Err(RejectionCode::NotJoined),
        }
    }

    /// "**hand_over** – engaged or held; agent has a live part that is consult or conference,
    /// else `not_joined`. → `contact_transferred` (cause handed_over, agent = the old primary),
    /// wrap-up of the old primary, `agent_joined` (role primary, agent = the new one). Held
    /// ends."
    pub(crate) fn hand_over(&mut self, id: &str, agent: &str) -> Answer {
        let seq = self.find_contact(id)?;
        self.known_agent(agent)?;
        self.engaged(seq)?;
        match self.contact(seq).role(agent) {
            Some(Role::Consult | Role::Conference) => {}
            Some(Role::Primary | Role::Monitor) | None => return Err(RejectionCode::NotJoined),
        }
        self.hand_on(seq);
        self.take_over(seq, agent, Cause::None);
        Ok(String::new())
    }

    /// `agent_joined` as primary.
    pub(crate) fn take_over(&mut self, seq: Seq, agent: &str, cause: Cause) {
        let contact = self.contact_mut(seq);
        contact.phase = Phase::Engaged { held: false };
        match contact.parts.iter_mut().find(|(name, _)| name == agent) {
            Some((_, role)) => *role = Role::Primary,
            None => contact.parts.push((agent.to_owned(), Role::Primary)),
        }
        self.begin_conversation(seq, agent);
        let event = self.about(seq, EventKind::AgentJoined);
        self.emit(Happening { cause, agent: Some(agent.to_owned()), ..event });
    }

    /// The primary's part ends, and somebody else's is to begin.
    pub(crate) fn hand_on(&mut self, seq: Seq) {
        let old = self.primary(seq);
        self.pass_on(seq, &old, EventKind::ContactTransferred, Cause::HandedOver);
    }

    /// "**release** – engaged or held, else `wrong_phase`; by customer, agent or system, else
    /// `invalid_value`. Every part that is not primary: `agent_left`; `contact_released` (cause
    /// by, agent = primary); wrap-up. The contact is closed."
    pub(crate) fn release(&mut self, id: &str, by: Cause) -> Answer {
        let seq = self.find_contact(id)?;
        if ![Cause::Customer, Cause::Agent, Cause::System].contains(&by) {
            return Err(RejectionCode::InvalidValue);
        }
        self.engaged(seq)?;
        self.end_conversation(seq, EventKind::ContactReleased, by);
        self.close(seq);
        Ok(String::new())
    }

    pub(crate) fn begin_conversation(&mut self, seq: Seq, agent: &str) {
        let began = self.now;
        let contact = self.contact_mut(seq);
        let (visit, queue) = (contact.visit, contact.queue.clone());
        let agent = agent.to_owned();
        contact.conversations.push(Conversation {
            visit,
            queue,
            agent: agent.clone(),
            began,
            sets: 0,
        });
        // "The fewest parts as primary begun".
        self.agent_mut(&agent).handled += 1;
    }

    /// "One whose customer talked with an agent as primary … (Remembered at most for the
    /// longest `last_agent` of the plan at the time.)" And "the least time in ended parts as
    /// primary".
    fn remember_talk(&mut self, seq: Seq) {
        let contact = self.contact(seq);
        let last = contact.conversations.last().expect("it has just ended");
        let (agent, talked) = (last.agent.clone(), self.now.since(last.began));
        let queues = self.rules.queues.iter();
        let longest = queues.map(|queue| queue.preferred.last_agent).max().unwrap_or(Span::ZERO);
        if let Some(customer) = contact.customer.clone().filter(|_| longest > Span::ZERO) {
            let until = self.now + longest;
            self.talks.push(Talk { customer, agent: agent.clone(), at: self.now, until });
        }
        self.agent_mut(&agent).talked += talked.micros();
    }

    /// "`idle_since` is set … when a conversation's slot is given back …, unless the queue of
    /// that conversation says `resets_idle = false`." "Whose last conversation's slot was given
    /// back longest ago …. Queues with `resets_idle = false` do not count."
    pub(crate) fn give_back_slot(&mut self, agent: &str, queue: &str) {
        if self.rules.queue(queue).resets_idle {
            let now = self.now;
            let agent = self.agent_mut(agent);
            (agent.idle_since, agent.gave_back) = (now, Some(now));
        }
    }

    /// "**dispose** – known (live or retained) and has had a conversation, else `wrong_phase`.
    /// At least one code, none twice, else `invalid_value`; each code in the set of the queue
    /// of the last conversation, else `unknown_disposition`. → one `contact_disposed` a code,
    /// reason = code, number = how many sets this conversation has been given, visit, queue
    /// and agent of the last conversation."
    pub(crate) fn dispose(&mut self, id: &str, codes: &[String]) -> Answer {
        let seq = self.find_contact(id)?;
        let twice = (1..codes.len()).any(|at| codes[..at].contains(&codes[at]));
        if codes.is_empty() || twice {
            return Err(RejectionCode::InvalidValue);
        }
        let last = self.contact(seq).conversations.last().cloned();
        let Some(Conversation { visit, queue, agent, sets, .. }) = last else {
            return Err(RejectionCode::WrongPhase);
        };
        if !codes.iter().all(|code| self.rules.queue(&queue).dispositions.contains(code)) {
            return Err(RejectionCode::UnknownDisposition);
        }
        let contact = self.contact_mut(seq);
        contact.conversations.last_mut().expect("it was read above").sets += 1;
        for code in codes {
            let event = self.about(seq, EventKind::ContactDisposed);
            self.emit(Happening {
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
