//! The commands of agents: coming, going, ready or not, device, changes.

use ccroute_core::{Cause, Device, EventKind, RejectionCode};

use super::commands::Profile;
use super::happening::Happening;
use super::router::{Agent, Answer, Availability, Oracle, Phase, Seq, Timer};

impl Oracle {
    /// "**sign_in** – offline or new, else `agent_signed_in`. Not ready after it.
    /// Device: unknown."
    pub(crate) fn sign_in(&mut self, name: &str, profile: &Profile) -> Answer {
        self.valid_profile(profile)?;
        let known = self.known_agent(name).is_ok();
        if known && self.agent(name).availability != Availability::Offline {
            return Err(RejectionCode::AgentSignedIn);
        }
        if !known {
            self.agents.push(Agent {
                name: name.to_owned(),
                availability: Availability::Offline,
                device: Device::Unknown,
                skills: Vec::new(),
                queues: Vec::new(),
                capacity: Vec::new(),
                idle_since: self.now,
            });
        }
        let agent = self.agent_mut(name);
        agent.availability = Availability::NotReady(None);
        agent.device = Device::Unknown;
        agent.skills = profile.skills.clone().unwrap_or_default();
        agent.queues = profile.queues.clone().unwrap_or_default();
        agent.capacity = profile.capacity.clone().unwrap_or_default();
        self.events.push(self.of_agent(name, EventKind::AgentSignedIn));
        Ok(name.to_owned())
    }

    /// Skills, queues and channels exist; levels are 1…10.
    fn valid_profile(&self, profile: &Profile) -> Result<(), RejectionCode> {
        self.valid_levels(profile.skills.iter().flatten())?;
        for queue in profile.queues.iter().flatten() {
            self.known_queue(queue)?;
        }
        for (channel, _) in profile.capacity.iter().flatten() {
            self.known_channel(channel)?;
        }
        Ok(())
    }

    fn signed_in(&self, agent: &str) -> Result<(), RejectionCode> {
        self.known_agent(agent)?;
        match self.agent(agent).availability {
            Availability::Offline => Err(RejectionCode::AgentSignedOut),
            Availability::Ready | Availability::NotReady(_) => Ok(()),
        }
    }

    /// "**sign_out** – else `agent_signed_out`. Each live offer in order of making:
    /// `offer_withdrawn` (signed_out); each wrap-up in order of beginning:
    /// `wrap_up_ended` (signed_out); then `agent_signed_out`; then each contact that was
    /// offered (in order of making) or connecting (in order of acceptance) goes back:
    /// `contact_requeued` (signed_out)."
    pub(crate) fn sign_out(&mut self, name: &str) -> Answer {
        self.signed_in(name)?;
        let mut going_back = self.withdraw_all(name, Cause::SignedOut);
        let mut connecting = self.connecting_with(name);
        connecting.sort();
        going_back.extend(connecting);
        let wrapping = self.wrap_ups.iter().filter(|wrap| wrap.agent == name);
        let after: Vec<Seq> = wrapping.map(|wrap| wrap.contact).collect();
        for contact in after {
            self.finish_wrap_up(name, contact, Cause::SignedOut);
        }
        self.agent_mut(name).availability = Availability::Offline;
        self.events.push(self.of_agent(name, EventKind::AgentSignedOut));
        for (_, contact) in going_back {
            self.cancel_timer(&Timer::Connect(contact));
            self.requeue(contact, Cause::SignedOut);
        }
        Ok(String::new())
    }

    fn connecting_with(&self, name: &str) -> Vec<(usize, Seq)> {
        let with_agent = self.contacts.iter().filter_map(|contact| match &contact.phase {
            Phase::Connecting { agent, acceptance } if agent == name => {
                Some((*acceptance, contact.seq))
            }
            Phase::Connecting { .. }
            | Phase::Waiting
            | Phase::Offered
            | Phase::Engaged { .. }
            | Phase::Closed => None,
        });
        with_agent.collect()
    }

    /// "**ready** – signed in, else `agent_signed_out`; already ready: nothing.
    /// → `agent_ready`; exclusions of this agent end."
    pub(crate) fn ready(&mut self, name: &str) -> Answer {
        self.signed_in(name)?;
        if self.agent(name).availability == Availability::Ready {
            return Ok(String::new());
        }
        self.agent_mut(name).availability = Availability::Ready;
        // "`idle_since` is set when the agent goes from not ready to ready."
        self.becomes_idle(name);
        self.events.push(self.of_agent(name, EventKind::AgentReady));
        for contact in &mut self.contacts {
            contact.excluded.retain(|excluded| excluded != name);
        }
        self.timers.retain(|(_, timer)| !matches!(timer, Timer::Exclusion(_, of) if of == name));
        Ok(String::new())
    }

    /// "**not_ready** – signed in; same state and reason: nothing."
    pub(crate) fn not_ready(&mut self, name: &str, reason: Option<&str>) -> Answer {
        self.signed_in(name)?;
        let wanted = Availability::NotReady(reason.map(str::to_owned));
        if self.agent(name).availability != wanted {
            let back = self.go_not_ready(name, reason, Cause::Agent);
            self.requeue_all(back, Cause::NotReady);
        }
        Ok(String::new())
    }

    /// "Each live offer: `offer_withdrawn` (not_ready); `agent_not_ready`"; returns the
    /// contacts that go back.
    pub(crate) fn go_not_ready(
        &mut self,
        name: &str,
        reason: Option<&str>,
        cause: Cause,
    ) -> Vec<(usize, Seq)> {
        let going_back = self.withdraw_all(name, Cause::NotReady);
        let reason = reason.map(str::to_owned);
        self.agent_mut(name).availability = Availability::NotReady(reason.clone());
        let event = self.of_agent(name, EventKind::AgentNotReady);
        self.events.push(Happening { cause, reason, ..event });
        going_back
    }

    pub(crate) fn requeue_all(&mut self, contacts: Vec<(usize, Seq)>, cause: Cause) {
        for (_, contact) in contacts {
            self.requeue(contact, cause);
        }
    }

    /// "**set_device** – any known agent; same: nothing. When unreachable, each live
    /// offer: `offer_withdrawn` (unreachable); `agent_device`; `contact_requeued`."
    pub(crate) fn set_device(&mut self, name: &str, device: Device) -> Answer {
        self.known_agent(name)?;
        if self.agent(name).device == device {
            return Ok(String::new());
        }
        let going_back = if device == Device::Unreachable {
            self.withdraw_all(name, Cause::Unreachable)
        } else {
            Vec::new()
        };
        self.agent_mut(name).device = device;
        let event = self.of_agent(name, EventKind::AgentDevice);
        self.events.push(Happening { number: device as u32, ..event });
        self.requeue_all(going_back, Cause::Unreachable);
        Ok(String::new())
    }

    /// "**change** – any known agent. → `agent_changed`. Live offers stand."
    pub(crate) fn change(&mut self, name: &str, profile: &Profile) -> Answer {
        self.known_agent(name)?;
        self.valid_profile(profile)?;
        let Profile { skills, queues, capacity } = profile.clone();
        let agent = self.agent_mut(name);
        agent.skills = skills.unwrap_or_else(|| agent.skills.clone());
        agent.queues = queues.unwrap_or_else(|| agent.queues.clone());
        agent.capacity = capacity.unwrap_or_else(|| agent.capacity.clone());
        self.events.push(self.of_agent(name, EventKind::AgentChanged));
        Ok(String::new())
    }
}
