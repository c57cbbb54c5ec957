//! Agents: signing in and out, availability, device, settings. What work makes of an
//! agent is derived, never set.

use super::state::{Agent, Availability};
use super::{Outcome, Reply, Router, valid_name};
use crate::command::Capacity;
use crate::error::{Rejection, RejectionCode};
use crate::event::{Cause, Device, Event, EventKind};
use crate::ids::{AgentKey, ChannelKey, ContactKey, OfferKey, QueueKey};
use crate::skill::{SkillLevel, SkillSet};

impl Router {
    pub(super) fn sign_in(
        &mut self,
        name: &str,
        skills: &[SkillLevel],
        queues: &[QueueKey],
        capacity: &[Capacity],
    ) -> Outcome {
        valid_name("agent", name)?;
        self.valid_settings(skills, queues, capacity)?;
        if let Some(known) = self.find_agent(name)
            && self.agent(known).availability != Availability::Offline
        {
            let message = format!("agent '{name}' is signed in already: sign out first");
            return Err(Rejection::new(RejectionCode::AgentSignedIn, message));
        }
        let key = AgentKey::new(self.agent_names.intern(name));
        if key.index() == self.agents.len() {
            self.agents.push(Agent::new(self.plan.channels.len()));
        }
        self.matcher.set_skills(key, SkillSet::new(skills));
        self.matcher.set_queues(key, queues);
        self.set_capacity(key, capacity);
        let agent = self.agent_mut(key);
        agent.availability = Availability::NotReady(None);
        agent.device = Device::Unknown;
        self.emit(Self::agent_event(EventKind::AgentSignedIn, key));
        Ok(Reply::Agent(key))
    }

    pub(super) fn sign_out(&mut self, key: AgentKey) -> Result<(), Rejection> {
        self.signed_in(key)?;
        let mut back = self.take_back_offers(key, Cause::SignedOut);
        for contact in core::mem::take(&mut self.agent_mut(key).wrapping) {
            self.finish_wrap_up(key, contact, Cause::SignedOut);
        }
        let failed = core::mem::take(&mut self.agent_mut(key).connecting);
        for &contact in &failed {
            self.drop_connection(contact, key);
        }
        back.extend(failed);
        self.agent_mut(key).availability = Availability::Offline;
        self.emit(Self::agent_event(EventKind::AgentSignedOut, key));
        self.refresh(key);
        self.requeue_all(&back, Cause::SignedOut);
        Ok(())
    }

    pub(super) fn ready(&mut self, key: AgentKey) -> Result<(), Rejection> {
        self.signed_in(key)?;
        if self.agent(key).availability == Availability::Ready {
            return Ok(());
        }
        self.agent_mut(key).availability = Availability::Ready;
        self.matcher.set_idle_since(key, self.now);
        self.emit(Self::agent_event(EventKind::AgentReady, key));
        for contact in core::mem::take(&mut self.agent_mut(key).excluded_from) {
            self.end_exclusion(contact, key);
        }
        self.refresh(key);
        Ok(())
    }

    pub(super) fn not_ready(
        &mut self,
        key: AgentKey,
        reason: Option<&str>,
    ) -> Result<(), Rejection> {
        self.signed_in(key)?;
        let reason = self.reason(reason)?;
        if self.agent(key).availability == Availability::NotReady(reason) {
            return Ok(());
        }
        let back = self.take_back_offers(key, Cause::NotReady);
        self.agent_mut(key).availability = Availability::NotReady(reason);
        let event = Self::agent_event(EventKind::AgentNotReady, key);
        self.emit(Event { cause: Cause::Agent, reason, ..event });
        self.refresh(key);
        self.requeue_all(&back, Cause::NotReady);
        Ok(())
    }

    pub(super) fn set_device(&mut self, key: AgentKey, device: Device) -> Result<(), Rejection> {
        self.known_agent(key)?;
        if self.agent(key).device == device {
            return Ok(());
        }
        let back = match device {
            Device::Unreachable => self.take_back_offers(key, Cause::Unreachable),
            Device::Unknown | Device::Available | Device::InUse | Device::Ringing => Vec::new(),
        };
        self.agent_mut(key).device = device;
        let event = Self::agent_event(EventKind::AgentDevice, key);
        self.emit(Event { number: device as u32, ..event });
        self.refresh(key);
        self.requeue_all(&back, Cause::Unreachable);
        Ok(())
    }

    pub(super) fn change(
        &mut self,
        key: AgentKey,
        skills: Option<&[SkillLevel]>,
        queues: Option<&[QueueKey]>,
        capacity: Option<&[Capacity]>,
    ) -> Result<(), Rejection> {
        self.known_agent(key)?;
        self.valid_settings(
            skills.unwrap_or_default(),
            queues.unwrap_or_default(),
            capacity.unwrap_or_default(),
        )?;
        if let Some(skills) = skills {
            self.matcher.set_skills(key, SkillSet::new(skills));
        }
        if let Some(queues) = queues {
            self.matcher.set_queues(key, queues);
        }
        if let Some(capacity) = capacity {
            self.set_capacity(key, capacity);
        }
        self.emit(Self::agent_event(EventKind::AgentChanged, key));
        self.refresh(key);
        self.unsettled.agent(key);
        Ok(())
    }

    /// What a missed offer or connection does to the agent: not ready, and the other
    /// offers are taken back. Returns the contacts of those.
    pub(super) fn set_missed(&mut self, key: AgentKey, cause: Cause) -> Vec<ContactKey> {
        if self.agent(key).availability != Availability::Ready {
            return Vec::new();
        }
        let back = self.take_back_offers(key, Cause::NotReady);
        self.agent_mut(key).availability = Availability::NotReady(None);
        let event = Self::agent_event(EventKind::AgentNotReady, key);
        self.emit(Event { cause, ..event });
        back
    }

    /// Withdraws every live offer to an agent; returns their contacts, which the
    /// caller puts back once the agent's own event is written.
    fn take_back_offers(&mut self, key: AgentKey, cause: Cause) -> Vec<ContactKey> {
        let offers: Vec<OfferKey> = self.agent(key).offers.clone();
        offers.into_iter().map(|offer| self.withdraw(offer, cause)).collect()
    }

    /// Tells the matcher on which channels an agent is open, after anything that
    /// bears on it changed.
    pub(super) fn refresh(&mut self, key: AgentKey) {
        for channel in 0..self.plan.channels.len() {
            let open = self.agents[key.index()].is_open(channel);
            if self.matcher.set_open(key, ChannelKey::new(channel), open) {
                self.unsettled.agent(key);
            }
        }
    }

    pub(super) fn take_slot(&mut self, key: AgentKey, channel: ChannelKey) {
        let agent = self.agent_mut(key);
        // Capacity may be lowered below what is taken; nothing is taken beyond it.
        assert!(agent.has_slot(channel.index()), "a slot is taken only where one is free");
        agent.used[channel.index()] += 1;
    }

    pub(super) fn free_slot(&mut self, key: AgentKey, channel: ChannelKey) {
        self.agent_mut(key).used[channel.index()] -= 1;
    }

    /// A conversation gave its slot back: the agent is idle from now.
    pub(super) fn slot_worked(&mut self, key: AgentKey, channel: ChannelKey) {
        self.free_slot(key, channel);
        self.matcher.set_idle_since(key, self.now);
    }

    pub(super) fn signed_in(&self, key: AgentKey) -> Result<(), Rejection> {
        self.known_agent(key)?;
        if self.agent(key).availability != Availability::Offline {
            return Ok(());
        }
        let name = self.agent_name(key);
        let message = format!("agent '{name}' is signed out: sign in first");
        Err(Rejection::new(RejectionCode::AgentSignedOut, message))
    }

    fn set_capacity(&mut self, key: AgentKey, capacity: &[Capacity]) {
        let slots = &mut self.agent_mut(key).capacity;
        slots.fill(0);
        for &Capacity { channel, slots: at_once } in capacity {
            slots[channel.index()] = at_once;
        }
    }

    fn valid_settings(
        &self,
        skills: &[SkillLevel],
        queues: &[QueueKey],
        capacity: &[Capacity],
    ) -> Result<(), Rejection> {
        self.valid_levels(skills)?;
        for &queue in queues {
            self.known_queue(queue)?;
        }
        for &Capacity { channel, .. } in capacity {
            self.known_channel(channel)?;
        }
        Ok(())
    }

    pub(super) fn known_channel(&self, channel: ChannelKey) -> Result<(), Rejection> {
        if channel.index() < self.plan.channels.len() {
            return Ok(());
        }
        let known: Vec<&str> = self.plan.channels.iter().collect();
        let message =
            format!("no channel with key {}: the plan has {}", channel.index(), known.join(", "));
        Err(Rejection::new(RejectionCode::UnknownChannel, message))
    }

    pub(super) fn valid_levels(&self, skills: &[SkillLevel]) -> Result<(), Rejection> {
        for &SkillLevel { skill, level } in skills {
            if skill.index() >= self.plan.skills.len() {
                let message = format!(
                    "no skill with key {}: the plan has {} skills",
                    skill.index(),
                    self.plan.skills.len()
                );
                return Err(Rejection::new(RejectionCode::UnknownSkill, message));
            }
            if !SkillLevel::VALID.contains(&level) {
                let name = self.plan.skills.name(skill.index());
                let message =
                    format!("level {level} of skill '{name}': give a proficiency from 1 to 10");
                return Err(Rejection::new(RejectionCode::InvalidValue, message));
            }
        }
        Ok(())
    }
}
