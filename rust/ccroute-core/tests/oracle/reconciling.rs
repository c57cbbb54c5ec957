//! Contacts that the platform holds already, and making ours agree with what it reports.

use ccroute_core::{Cause, EventKind, RejectionCode, Value};

use super::commands::{Arrival, Observed};
use super::router::{Answer, Oracle, Phase, Seq};

impl Oracle {
    /// "**adopt** – as enqueue; *waiting*: `contact_queued` (adopted), no joining. *Engaged*
    /// with a known agent: `contact_queued` (adopted), `contact_connected` (adopted); the slot
    /// is taken, free or not, signed in or not."
    pub(crate) fn adopt(&mut self, arrival: &Arrival, engaged: Option<&str>) -> Answer {
        self.valid_arrival(arrival)?;
        if let Some(agent) = engaged {
            self.known_agent(agent)?;
        }
        self.may_come(arrival)?;
        self.take_over_from_platform(arrival, engaged);
        Ok(arrival.contact.clone())
    }

    fn take_over_from_platform(&mut self, arrival: &Arrival, engaged: Option<&str>) {
        let seq = self.take_in(arrival);
        match engaged {
            None => self.begin_visit(seq, Cause::Adopted),
            Some(agent) => {
                self.enter_queue(seq, Cause::Adopted);
                self.engage(seq, agent, Cause::Adopted);
            }
        }
    }

    /// "**reconcile** – agents known, no id twice, newcomers valid, else refused as by `adopt`
    /// with nothing changed. Then our live contacts by sequence: … At last those observed that
    /// we do not know and of which something is given are adopted, in the order observed."
    pub(crate) fn reconcile(
        &mut self,
        observed: &[Observed],
        among: Option<&(String, Value)>,
    ) -> Answer {
        self.valid_report(observed)?;
        let mut live: Vec<Seq> = self.contacts.iter().map(|contact| contact.seq).collect();
        live.sort_unstable();
        live.retain(|&seq| self.contact(seq).phase != Phase::Closed);
        for seq in live {
            let id = &self.contact(seq).id;
            match observed.iter().find(|seen| seen.contact == *id) {
                Some(Observed { engaged: Some(agent), .. }) => self.make_engaged(seq, agent),
                Some(Observed { engaged: None, .. }) => self.make_present(seq),
                None if self.is_meant(seq, among) => self.make_gone(seq),
                None => {}
            }
        }
        for seen in observed {
            if let Some(arrival) = &seen.arrival
                && self.find_contact(&seen.contact).is_err()
            {
                self.take_over_from_platform(arrival, seen.engaged.as_deref());
            }
        }
        Ok(String::new())
    }

    /// "In this order: agents known, no id twice, newcomers valid".
    fn valid_report(&self, observed: &[Observed]) -> Result<(), RejectionCode> {
        for (at, seen) in observed.iter().enumerate() {
            if let Some(agent) = &seen.engaged {
                self.known_agent(agent)?;
            }
            if observed[..at].iter().any(|other| other.contact == seen.contact) {
                return Err(RejectionCode::InvalidValue);
            }
        }
        for seen in observed {
            if let Some(arrival) = &seen.arrival
                && self.find_contact(&seen.contact).is_err()
            {
                self.valid_arrival(arrival)?;
                self.may_come(arrival)?;
            }
        }
        Ok(())
    }

    /// "Though `among` is absent or its attribute has that value".
    fn is_meant(&self, seq: Seq, among: Option<&(String, Value)>) -> bool {
        among.is_none_or(|pair| self.contact(seq).attributes.contains(pair))
    }

    /// "Observed *engaged* with an agent: one that is in no conversation: [`contact_queued`
    /// (reconciled) when scheduled with a visit ahead], offers and reservations end
    /// (reconciled), [the agent's `wrap_up_ended` (reconciled) after it], `contact_connected`
    /// (reconciled); one in conversation with another: `contact_transferred` (handed_over),
    /// wrap-up, [the new one's part `agent_left`, or `wrap_up_ended` (reconciled)],
    /// `agent_joined` (reconciled)".
    fn make_engaged(&mut self, seq: Seq, agent: &str) {
        let cause = Cause::Reconciled;
        if !self.contact(seq).is_engaged() {
            if self.contact(seq).phase == (Phase::Scheduled { begun: false }) {
                self.end_attempts(seq, cause);
                self.enter_queue(seq, cause);
            } else {
                self.end_attempts(seq, cause);
            }
            self.end_wrap_up_for(seq, agent);
            self.engage(seq, agent, cause);
            return;
        }
        if self.primary(seq) == agent {
            return;
        }
        self.hand_on(seq);
        if self.contact(seq).role(agent).is_some() {
            self.end_part(seq, agent);
        }
        self.end_wrap_up_for(seq, agent);
        self.take_over(seq, agent, cause);
    }

    fn end_wrap_up_for(&mut self, seq: Seq, agent: &str) {
        if self.wrapping(agent, seq).is_some() {
            self.finish_wrap_up(agent, seq, Cause::Reconciled);
        }
    }

    /// "Observed *present* while in conversation: parts end, `contact_transferred`
    /// (reconciled), wrap-up, `contact_queued` (reconciled) as after a transfer to its own
    /// queue with its age."
    fn make_present(&mut self, seq: Seq) {
        if !self.contact(seq).is_engaged() {
            return;
        }
        self.end_conversation(seq, EventKind::ContactTransferred, Cause::Reconciled);
        let queue = self.contact(seq).queue.clone();
        self.go_on_in(seq, &queue, true, Cause::Reconciled);
    }

    /// "Not observed …: in conversation `contact_released` (reconciled), wrap-up, closed; in the
    /// queue and no callback: as cancel (reconciled); scheduled ones stay."
    fn make_gone(&mut self, seq: Seq) {
        let contact = self.contact(seq);
        if contact.is_engaged() {
            self.end_conversation(seq, EventKind::ContactReleased, Cause::Reconciled);
            self.close(seq);
        } else if contact.is_in_queue() && contact.asked_in.is_none() {
            self.depart(seq, Cause::Reconciled);
        }
    }
}
