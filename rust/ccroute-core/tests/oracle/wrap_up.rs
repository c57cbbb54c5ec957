//! Working on after a conversation.

use ccroute_core::{Cause, EventKind, RejectionCode, Span, WrapUpMode};

use super::happening::Happening;
use super::router::{Answer, Oracle, Seq, Timer, WrapUp};

impl Oracle {
    /// "*wrap-up* of a primary at release, transfer or hand-over, by the queue's mode, unless
    /// the agent is offline: none: the slot is free. Else `wrap_up_started` (time = now +
    /// limit)."
    pub(crate) fn wrap_up(&mut self, seq: Seq, agent: &str) {
        let contact = self.contact(seq).clone();
        let rule = self.queue_of(seq).wrap_up;
        if !self.agent(agent).is_signed_in() || rule.mode == WrapUpMode::None {
            self.give_back_slot(agent, &contact.queue);
            return;
        }
        let ends = self.after(rule.limit);
        self.wrap_ups.push(WrapUp {
            agent: agent.to_owned(),
            contact: seq,
            id: contact.id,
            channel: contact.channel,
            conversation: contact.conversations.len() - 1,
            visit: contact.visit,
            queue: contact.queue,
            ends,
            extended: Span::ZERO,
        });
        let event = self.about_wrap_up(self.wrap_ups.len() - 1, EventKind::WrapUpStarted);
        self.emit(Happening { time: Some(ends), ..event });
        self.set_timer(ends, Timer::WrapUp(agent.to_owned(), seq));
    }

    /// "In wrap-up after it": where it stands in the list.
    pub(crate) fn wrapping(&self, agent: &str, seq: Seq) -> Option<usize> {
        self.wrap_ups.iter().position(|wrap| wrap.agent == agent && wrap.contact == seq)
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

    /// "**extend_wrap_up** – in wrap-up after it, else `not_joined`; under timed, or past the
    /// queue's `extension` in all: `wrap_up_rule`. → `wrap_up_extended` (time = the new end)."
    pub(crate) fn extend_wrap_up(&mut self, agent: &str, id: &str, by: Span) -> Answer {
        self.known_agent(agent)?;
        let seq = self.find_contact(id)?;
        let at = self.wrapping(agent, seq).ok_or(RejectionCode::NotJoined)?;
        let rule = self.rules.queue(&self.wrap_ups[at].queue).wrap_up;
        let in_all = self.wrap_ups[at].extended + by;
        if rule.mode == WrapUpMode::Timed || in_all > rule.extension {
            return Err(RejectionCode::WrapUpRule);
        }
        let wrap = &mut self.wrap_ups[at];
        (wrap.extended, wrap.ends) = (in_all, wrap.ends + by);
        let ends = wrap.ends;
        let event = self.about_wrap_up(at, EventKind::WrapUpExtended);
        self.emit(Happening { time: Some(ends), ..event });
        let timer = Timer::WrapUp(agent.to_owned(), seq);
        self.cancel_timer(&timer);
        self.set_timer(ends, timer);
        Ok(String::new())
    }

    /// "**end_wrap_up** – in wrap-up after it, else `not_joined`; timed, or mandatory while that
    /// conversation is the contact's last and has no disposition: `wrap_up_rule`. →
    /// `wrap_up_ended` (agent)."
    pub(crate) fn end_wrap_up(&mut self, agent: &str, id: &str) -> Answer {
        self.known_agent(agent)?;
        let seq = self.find_contact(id)?;
        let at = self.wrapping(agent, seq).ok_or(RejectionCode::NotJoined)?;
        let wrap = &self.wrap_ups[at];
        let conversations = &self.contact(seq).conversations;
        let is_last = wrap.conversation + 1 == conversations.len();
        let owed = is_last && conversations[wrap.conversation].sets == 0;
        let forbidden = match self.rules.queue(&wrap.queue).wrap_up.mode {
            WrapUpMode::Timed => true,
            WrapUpMode::Mandatory => owed,
            WrapUpMode::Optional | WrapUpMode::None => false,
        };
        if forbidden {
            return Err(RejectionCode::WrapUpRule);
        }
        self.finish_wrap_up(agent, seq, Cause::Agent);
        Ok(String::new())
    }

    /// "*Wrap-up deadline* → `wrap_up_ended` (limit)."
    pub(crate) fn run_out_of_wrap_up(&mut self, agent: &str, seq: Seq) {
        self.finish_wrap_up(agent, seq, Cause::Limit);
    }

    pub(crate) fn finish_wrap_up(&mut self, agent: &str, seq: Seq, cause: Cause) {
        let at = self.wrapping(agent, seq).expect("a live wrap-up");
        let event = self.about_wrap_up(at, EventKind::WrapUpEnded);
        self.emit(Happening { cause, ..event });
        let wrap = self.wrap_ups.remove(at);
        self.cancel_timer(&Timer::WrapUp(agent.to_owned(), seq));
        // "At the end of wrap-up."
        self.give_back_slot(agent, &wrap.queue);
        self.begin_retention(seq);
    }
}
