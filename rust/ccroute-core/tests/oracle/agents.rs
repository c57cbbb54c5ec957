//! The commands of agents: coming and going, readiness, device, what they can do.

use ccroute_core::{Cause, Device, EventKind, Failures, RejectionCode};

use super::happening::Happening;
use super::router::{Answer, Availability, Oracle, Seq};
use super::rules::Profile;

impl Oracle {
    /// "**sign_in** – offline or new, else `agent_signed_in`. What is not given is none. Not
    /// ready after it. → `agent_signed_in`. Device: unknown."
    pub(crate) fn sign_in(&mut self, name: &str, profile: &Profile) -> Answer {
        self.valid_profile(profile)?;
        if self.known_agent(name).is_ok() && self.agent(name).is_signed_in() {
            return Err(RejectionCode::AgentSignedIn);
        }
        self.get_to_know(name);
        let Profile { skills, labels, links, capacity, budget, lines } = profile.clone();
        let agent = self.agent_mut(name);
        agent.take_profile(&Profile {
            skills: Some(skills.unwrap_or_default()),
            labels: Some(labels.unwrap_or_default()),
            links: Some(links.unwrap_or_default()),
            capacity: Some(capacity.unwrap_or_default()),
            budget: Some(budget.unwrap_or_default()),
            lines: Some(lines.unwrap_or_default()),
        });
        agent.availability = Availability::NotReady(None);
        agent.device = Device::Unknown;
        // "Signing in resets all four."
        agent.failures = Failures::default();
        self.count_flexibility(name);
        self.emit(self.of_agent(name, EventKind::AgentSignedIn));
        Ok(name.to_owned())
    }

    fn valid_profile(&self, profile: &Profile) -> Result<(), RejectionCode> {
        self.valid_levels(profile.skills.iter().flatten())?;
        for link in profile.links.iter().flatten() {
            self.known_queue(&link.queue)?;
        }
        for (channel, _) in profile.capacity.iter().flatten() {
            self.known_channel(channel)?;
        }
        let mut lines = profile.lines.iter().flatten();
        lines.try_for_each(|line| self.known_line(line))
    }

    fn signed_in(&self, name: &str) -> Result<(), RejectionCode> {
        if self.agent(name).is_signed_in() { Ok(()) } else { Err(RejectionCode::AgentSignedOut) }
    }

    /// "**sign_out** – … Each live offer in order of making: `offer_withdrawn` (signed_out);
    /// each reservation: `reservation_released` (signed_out); each wrap-up in order of
    /// beginning: `wrap_up_ended` (signed_out); of each connection, in order of acceptance,
    /// the reservations of others: `reservation_released` (signed_out); [`back_off_ended`
    /// (signed_out)]; `agent_signed_out`; then each contact that was offered and has no other
    /// offer (in order of making) or connecting (in order of acceptance) goes back:
    /// `contact_requeued` (signed_out)."
    pub(crate) fn sign_out(&mut self, name: &str) -> Answer {
        self.known_agent(name)?;
        self.signed_in(name)?;
        let cause = Cause::SignedOut;
        let offered = self.withdraw_all(name, cause);
        let reserved = self.reservations.iter().filter(|reserved| reserved.agent == name);
        let reserved: Vec<Seq> = reserved.map(|reserved| reserved.contact).collect();
        for contact in reserved {
            self.release_reservation(contact, name, cause);
        }
        let wrapping = self.wrap_ups.iter().filter(|wrap| wrap.agent == name);
        let wrapping: Vec<Seq> = wrapping.map(|wrap| wrap.contact).collect();
        for contact in wrapping {
            self.finish_wrap_up(name, contact, cause);
        }
        let connecting = self.connections_of(name);
        for &contact in &connecting {
            self.release_reservations(contact, cause);
        }
        if self.agent(name).back_off.is_some() {
            self.end_back_off(name, cause);
        }
        for &contact in &connecting {
            self.end_connection(contact);
        }
        self.agent_mut(name).availability = Availability::Offline;
        self.emit(self.of_agent(name, EventKind::AgentSignedOut));
        self.requeue_bare(&offered, cause);
        for contact in connecting {
            self.requeue(contact, cause);
        }
        Ok(String::new())
    }

    /// The contacts being joined with an agent, in order of acceptance.
    fn connections_of(&self, name: &str) -> Vec<Seq> {
        use super::router::Phase;
        let mut connecting: Vec<(usize, Seq)> = Vec::new();
        for contact in &self.contacts {
            if let Phase::Connecting { agent, acceptance } = &contact.phase
                && agent == name
            {
                connecting.push((*acceptance, contact.seq));
            }
        }
        connecting.sort_unstable();
        connecting.into_iter().map(|(_, contact)| contact).collect()
    }

    /// "**ready** – signed in, else `agent_signed_out`; already ready: a running back-off ends
    /// (`back_off_ended`, agent), else nothing. → `agent_ready`; exclusions of this agent that
    /// the host did not set end."
    pub(crate) fn ready(&mut self, name: &str) -> Answer {
        self.known_agent(name)?;
        self.signed_in(name)?;
        self.become_ready(name);
        Ok(String::new())
    }

    /// "**ready_all** – one after the other, all or (refused) none."
    pub(crate) fn ready_all(&mut self, names: &[String]) -> Answer {
        for name in names {
            self.known_agent(name)?;
        }
        for name in names {
            self.signed_in(name)?;
        }
        for name in names {
            self.become_ready(name);
        }
        Ok(String::new())
    }

    fn become_ready(&mut self, name: &str) {
        if self.agent(name).is_ready() {
            if self.agent(name).back_off.is_some() {
                self.end_back_off(name, Cause::Agent);
            }
            return;
        }
        let now = self.now;
        let agent = self.agent_mut(name);
        agent.availability = Availability::Ready;
        // "`idle_since` is set when the agent goes from not ready to ready."
        agent.idle_since = now;
        self.emit(self.of_agent(name, EventKind::AgentReady));
        self.end_exclusions(|_, excluded| excluded.agent == name && !excluded.by_host);
    }

    /// "**not_ready** – signed in; same state and reason: nothing. Each live offer:
    /// `offer_withdrawn` (not_ready); [`back_off_ended` (not_ready)]; `agent_not_ready` (cause
    /// agent); each such contact without another offer `contact_requeued` (not_ready)."
    pub(crate) fn not_ready(&mut self, name: &str, reason: Option<&str>) -> Answer {
        self.known_agent(name)?;
        self.signed_in(name)?;
        let wanted = Availability::NotReady(reason.map(str::to_owned));
        if self.agent(name).availability != wanted {
            let back = self.go_not_ready(name, reason, Cause::Agent);
            self.requeue_bare(&back, Cause::NotReady);
        }
        Ok(String::new())
    }

    /// Ends with `agent_not_ready`; returns the contacts whose offers were taken back.
    pub(crate) fn go_not_ready(
        &mut self,
        name: &str,
        reason: Option<&str>,
        cause: Cause,
    ) -> Vec<Seq> {
        let back = self.withdraw_all(name, Cause::NotReady);
        if self.agent(name).back_off.is_some() {
            self.end_back_off(name, Cause::NotReady);
        }
        let reason = reason.map(str::to_owned);
        self.agent_mut(name).availability = Availability::NotReady(reason.clone());
        let event = self.of_agent(name, EventKind::AgentNotReady);
        self.emit(Happening { cause, reason, ..event });
        back
    }

    /// "**set_device** – any known agent; same: nothing. When unreachable or invalid, each live
    /// offer: `offer_withdrawn` (unreachable); `agent_device`; `contact_requeued`
    /// (unreachable)."
    pub(crate) fn set_device(&mut self, name: &str, device: Device) -> Answer {
        self.known_agent(name)?;
        if self.agent(name).device == device {
            return Ok(String::new());
        }
        let back = if matches!(device, Device::Unreachable | Device::Invalid) {
            self.withdraw_all(name, Cause::Unreachable)
        } else {
            Vec::new()
        };
        self.agent_mut(name).device = device;
        let event = self.of_agent(name, EventKind::AgentDevice);
        self.emit(Happening { number: device as u32, ..event });
        self.requeue_bare(&back, Cause::Unreachable);
        Ok(String::new())
    }

    /// "**change** – any known agent. → `agent_changed`. Live offers stand."
    pub(crate) fn change(&mut self, name: &str, profile: &Profile) -> Answer {
        self.known_agent(name)?;
        self.valid_profile(profile)?;
        self.turn_into(name, profile);
        Ok(String::new())
    }

    pub(crate) fn turn_into(&mut self, name: &str, profile: &Profile) {
        self.agent_mut(name).take_profile(profile);
        self.count_flexibility(name);
        self.emit(self.of_agent(name, EventKind::AgentChanged));
    }

    /// "The fewest links to queues whose need at step 0, window included, the agent meets;
    /// counted at sign-in, at changes of the agent and at a new plan."
    pub(crate) fn count_flexibility(&mut self, name: &str) {
        let agent = self.agent(name);
        let could = |link: &&super::rules::Link| {
            let queue = self.rules.queue(&link.queue);
            queue.need.met_by(agent) && self.window_admits(queue.ranks, &link.queue, link.rank)
        };
        let flexible = agent.links.iter().filter(could).count();
        self.agent_mut(name).flexible = flexible;
    }
}
