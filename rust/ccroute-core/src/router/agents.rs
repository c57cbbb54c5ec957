//! Agents: signing in and out, availability, device, settings. What work makes of an
//! agent is derived, never set.

use super::state::{Agent, Availability};
use super::{Outcome, Reply, Router, valid_name};
use crate::command::AgentSettings;
use crate::error::Rejection;
use crate::event::{Cause, Device, Event, EventKind};
use crate::ids::{AgentKey, ChannelKey, ContactKey, OfferKey, QueueKey};
use crate::plan::{Failures, StaffReason};
use crate::skill::{Labels, Profile, SkillSet};

impl Router {
    pub(super) fn sign_in(&mut self, name: &str, settings: &AgentSettings<'_>) -> Outcome {
        valid_name("agent", name)?;
        self.valid_settings(settings)?;
        if let Some(known) = self.find_agent(name)
            && self.agent(known).availability != Availability::Offline
        {
            let message = format!("agent '{name}' is signed in already: sign out first");
            return Err(Rejection::new(crate::error::RejectionCode::AgentSignedIn, message));
        }
        let key = self.agent_named(name);
        let whole = AgentSettings {
            skills: Some(settings.skills.unwrap_or_default()),
            labels: Some(settings.labels.unwrap_or_default()),
            queues: Some(settings.queues.unwrap_or_default()),
            capacity: Some(settings.capacity.unwrap_or_default()),
            budget: Some(settings.budget.unwrap_or_default()),
            lines: Some(settings.lines.unwrap_or_default()),
        };
        let agent = self.agent_mut(key);
        agent.availability = Availability::NotReady(None);
        agent.device = Device::Unknown;
        agent.failures = Failures::default();
        self.matcher.set_present(key, true);
        let touched = self.give(key, &whole);
        self.emit(Self::agent_event(EventKind::AgentSignedIn, key));
        self.refresh(key);
        self.arm_looks_in(&touched);
        Ok(Reply::Agent(key))
    }

    pub(super) fn sign_out(&mut self, key: AgentKey) -> Result<(), Rejection> {
        self.signed_in(key)?;
        let mut back = self.take_back_offers(key, Cause::SignedOut);
        self.drop_reservations(key, Cause::SignedOut);
        for contact in core::mem::take(&mut self.agent_mut(key).wrapping) {
            self.finish_wrap_up(key, contact, Cause::SignedOut);
        }
        let failed = core::mem::take(&mut self.agent_mut(key).connecting);
        for &contact in &failed {
            self.drop_connection(contact, key, Cause::SignedOut);
        }
        back.extend(failed);
        self.end_back_off(key, Cause::SignedOut);
        self.agent_mut(key).availability = Availability::Offline;
        self.matcher.set_present(key, false);
        let queues: Vec<QueueKey> = self.matcher.links(key).iter().map(|link| link.queue).collect();
        self.ranks_may_count_for_nothing(&queues);
        self.emit(Self::agent_event(EventKind::AgentSignedOut, key));
        self.refresh(key);
        self.preference_ended(key);
        self.requeue_all(&back, Cause::SignedOut);
        Ok(())
    }

    pub(super) fn ready(&mut self, key: AgentKey) -> Result<(), Rejection> {
        self.signed_in(key)?;
        self.make_ready(key);
        Ok(())
    }

    pub(super) fn ready_all(&mut self, keys: &[AgentKey]) -> Result<(), Rejection> {
        for &key in keys {
            self.known_agent(key)?;
        }
        for &key in keys {
            self.signed_in(key)?;
        }
        for &key in keys {
            self.make_ready(key);
        }
        Ok(())
    }

    fn make_ready(&mut self, key: AgentKey) {
        if self.agent(key).availability == Availability::Ready {
            if self.agent(key).back_off.is_some() {
                self.end_back_off(key, Cause::Agent);
                self.refresh(key);
            }
            return;
        }
        self.agent_mut(key).availability = Availability::Ready;
        self.matcher.set_idle_since(key, self.now);
        self.emit(Self::agent_event(EventKind::AgentReady, key));
        self.forgive(key);
        self.refresh(key);
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
        self.end_back_off(key, Cause::NotReady);
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
            Device::Unreachable | Device::Invalid => self.take_back_offers(key, Cause::Unreachable),
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
        settings: &AgentSettings<'_>,
    ) -> Result<(), Rejection> {
        self.known_agent(key)?;
        self.valid_settings(settings)?;
        self.change_settings(key, settings);
        Ok(())
    }

    pub(super) fn change_settings(&mut self, key: AgentKey, settings: &AgentSettings<'_>) {
        let touched = self.give(key, settings);
        self.emit(Self::agent_event(EventKind::AgentChanged, key));
        self.refresh(key);
        self.unsettled.agent(key);
        if self.in_use.keep_free && settings.queues.is_some() {
            for at in 0..self.agent(key).media.len() {
                let channel = self.agent(key).media[at];
                if self.matcher.is_open(key, channel) {
                    self.one_more_free(key, channel);
                }
            }
        }
        self.arm_looks_in(&touched);
    }

    /// Gives an agent what is written of some settings; returns the queues whose staff
    /// may have changed.
    fn give(&mut self, key: AgentKey, settings: &AgentSettings<'_>) -> Vec<QueueKey> {
        let AgentSettings { skills, labels, queues, capacity, budget, lines } = *settings;
        let links = |router: &Self| -> Vec<QueueKey> {
            router.matcher.links(key).iter().map(|link| link.queue).collect()
        };
        let mut touched = links(self);
        if skills.is_some() || labels.is_some() {
            let known = self.matcher.profile(key).clone();
            let skills = skills.map_or(known.skills, SkillSet::new);
            let labels = labels.map_or(known.labels, |labels| {
                Labels::new(labels.iter().map(|(name, value)| (*name, value.clone())))
            });
            self.matcher.set_profile(key, Profile { skills, labels, ..known });
        }
        if let Some(queues) = queues {
            self.matcher.set_links(key, queues);
        }
        if let Some(capacity) = capacity {
            for channel in core::mem::take(&mut self.agent_mut(key).media) {
                self.matcher.set_open(key, channel, false);
            }
            self.agent_mut(key).set_capacity(capacity);
        }
        if let Some(budget) = budget {
            self.in_use.capacity |= budget > 0;
            self.agent_mut(key).budget = budget;
        }
        if let Some(lines) = lines {
            self.in_use.lines |= !lines.is_empty();
            self.agent_mut(key).lines = lines.to_vec();
        }
        self.count_flexibility(key);
        if self.in_use.lines {
            self.bar_by_lines(key);
        }
        if self.in_use.staff {
            let kept = links(self);
            for &queue in touched.iter().filter(|queue| !kept.contains(queue)) {
                self.forget_staff(key, queue);
            }
        }
        touched.extend(links(self));
        touched.sort_unstable();
        touched.dedup();
        self.ranks_may_count_for_nothing(&touched);
        touched
    }

    /// Fewer agents may serve some queues: whom their ranks kept away may take something.
    fn ranks_may_count_for_nothing(&mut self, queues: &[QueueKey]) {
        for &queue in queues {
            if self.plan.queue(queue).ranks.ignored_up_to > 0 {
                self.unsettled.queue(queue);
            }
        }
    }

    /// The key of an agent's name, given now if it is new.
    pub(super) fn agent_named(&mut self, name: &str) -> AgentKey {
        let key = AgentKey::new(self.agent_names.intern(name));
        if key.index() == self.agents.len() {
            self.agents.push(Agent::new(self.plan.channels.len()));
            self.matcher.set_profile(key, Profile { name: name.into(), ..Profile::default() });
        }
        key
    }

    /// Of how many of its queues the agent could take contacts at their first step.
    pub(super) fn count_flexibility(&mut self, key: AgentKey) {
        let able = self
            .matcher
            .links(key)
            .iter()
            .filter(|link| self.matcher.is_able(key, self.first_class(link.queue)));
        let flexible = u32::try_from(able.count()).expect("keys count in 32 bits");
        self.matcher.standing_mut(key).flexible = flexible;
    }

    /// What a missed offer or connection does to the agent: not ready, and the other
    /// offers are taken back. Returns the contacts of those that have none left.
    pub(super) fn set_missed(&mut self, key: AgentKey, cause: Cause) -> Vec<ContactKey> {
        let back = self.take_back_offers(key, Cause::NotReady);
        self.end_back_off(key, Cause::NotReady);
        let agent = self.agent_mut(key);
        agent.failures = Failures::default();
        agent.availability = Availability::NotReady(None);
        let event = Self::agent_event(EventKind::AgentNotReady, key);
        self.emit(Event { cause, ..event });
        back
    }

    /// Withdraws every live offer to an agent; returns the contacts that have none left,
    /// which the caller puts back once the agent's own event is written.
    fn take_back_offers(&mut self, key: AgentKey, cause: Cause) -> Vec<ContactKey> {
        let offers: Vec<OfferKey> = self.agent(key).offers.clone();
        self.withdraw_all(&offers, cause)
    }

    /// Tells the matcher on which channels an agent is open, after anything that
    /// bears on it changed.
    pub(super) fn refresh(&mut self, key: AgentKey) {
        let reachable = self.is_reachable(key);
        for at in 0..self.agent(key).media.len() {
            let agent = self.agent(key);
            let channel = agent.media[at];
            let open = reachable && self.has_place(agent, channel.index());
            if self.matcher.set_open(key, channel, open) {
                self.unsettled.agent(key);
                if self.in_use.keep_free {
                    self.one_more_free(key, channel);
                }
            }
        }
        if self.in_use.occupancy {
            self.count_room(key);
        }
        if self.in_use.staff {
            self.mind_staff(key);
        }
    }

    /// Whether an agent can be offered contacts of a channel.
    pub(super) fn is_open(&self, key: AgentKey, channel: usize) -> bool {
        self.is_reachable(key) && self.has_place(self.agent(key), channel)
    }

    /// Whether an agent can be offered contacts, on whatever channel.
    fn is_reachable(&self, key: AgentKey) -> bool {
        let agent = self.agent(key);
        agent.availability == Availability::Ready
            && agent.back_off.is_none()
            && agent.device_allows()
    }

    /// Whether an agent has a slot for a channel, and room beside other work.
    fn has_place(&self, agent: &Agent, channel: usize) -> bool {
        agent.has_slot(channel) && (!self.in_use.capacity || self.leaves_room(agent, channel))
    }

    /// Whether budget, other work and offers leave room for a contact of a channel.
    pub(super) fn leaves_room(&self, agent: &Agent, channel: usize) -> bool {
        let rules = &self.plan.capacity;
        let offers = rules.offers.is_none_or(|most| agent.offers.len() < usize::from(most));
        offers && self.within_budget(agent, channel) && self.lets_in(agent, channel)
    }

    /// Whether the budget bears one contact of a channel more.
    pub(super) fn within_budget(&self, agent: &Agent, channel: usize) -> bool {
        let Some(budget) = self.budget_of(agent) else { return true };
        self.spent(agent) + self.cost_of(channel) <= u64::from(budget)
    }

    /// Whether the work an agent has lets in a contact of a channel.
    fn lets_in(&self, agent: &Agent, channel: usize) -> bool {
        let by = &self.plan.capacity.interrupted_by;
        by.is_empty()
            || by.iter().enumerate().all(|(at, by)| {
                at == channel
                    || agent.used[at] == 0
                    || by.as_ref().is_none_or(|by| by.contains(&ChannelKey::new(channel)))
            })
    }

    fn budget_of(&self, agent: &Agent) -> Option<u32> {
        if agent.budget > 0 { Some(agent.budget) } else { self.plan.capacity.budget }
    }

    fn cost_of(&self, channel: usize) -> u64 {
        self.plan.capacity.cost.get(channel).map_or(1, |cost| u64::from(*cost))
    }

    fn spent(&self, agent: &Agent) -> u64 {
        let used = agent.used.iter().enumerate();
        used.map(|(channel, used)| u64::from(*used) * self.cost_of(channel)).sum()
    }

    /// Tells the rankers how much of an agent's room is taken.
    fn count_room(&mut self, key: AgentKey) {
        let agent = self.agent(key);
        let (taken, room) = match self.budget_of(agent) {
            Some(budget) => (self.spent(agent), u64::from(budget)),
            None => (sum(agent.used.iter().copied()), sum(agent.capacity.iter().copied())),
        };
        let within = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
        let standing = self.matcher.standing_mut(key);
        (standing.taken, standing.room) = (within(taken), within(room));
    }

    pub(super) fn take_slot(&mut self, key: AgentKey, channel: ChannelKey) {
        self.agent_mut(key).used[channel.index()] += 1;
    }

    pub(super) fn free_slot(&mut self, key: AgentKey, channel: ChannelKey) {
        self.agent_mut(key).used[channel.index()] -= 1;
    }

    /// A conversation of a queue gave its slot back: the agent is idle from now, unless
    /// the queue's work is not to cost a turn.
    pub(super) fn slot_worked(&mut self, key: AgentKey, channel: ChannelKey, queue: QueueKey) {
        self.free_slot(key, channel);
        if self.plan.queue(queue).resets_idle {
            self.matcher.set_idle_since(key, self.now);
            self.matcher.standing_mut(key).last_worked = self.now;
        }
    }

    /// How many of some agents are ready.
    pub(super) fn ready_among(&self, agents: &crate::bitset::BitSet) -> usize {
        let ready = |agent: &usize| self.agents[*agent].availability == Availability::Ready;
        agents.iter().filter(ready).count()
    }

    pub(super) fn is_signed_in(&self, key: AgentKey) -> bool {
        self.agent(key).availability != Availability::Offline
    }

    /// Whether an agent counts as staff of a queue: free of all those reasons.
    pub(super) fn is_staff(
        &self,
        key: AgentKey,
        queue: QueueKey,
        free_of: crate::plan::StaffReasons,
    ) -> bool {
        let mut reasons = self.agent(key).staff_reasons();
        let rank = self.matcher.links(key).iter().find(|link| link.queue == queue);
        if rank.is_some_and(|link| link.rank > self.plan.queue(queue).ranks.max) {
            reasons.add(StaffReason::Penalty);
        }
        !reasons.meets(free_of)
    }
}

fn sum(slots: impl Iterator<Item = impl Into<u64>>) -> u64 {
    slots.map(Into::into).sum()
}
