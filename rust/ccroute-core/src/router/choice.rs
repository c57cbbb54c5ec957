//! Who may take a contact, and who of them: beyond skills and idle times, which the
//! matcher decides alone, what the plan and the contact ask for.

use core::cmp::Ordering;

use super::Router;
use super::state::{Contact, Phase};
use crate::bitset::BitSet;
use crate::ids::{AgentKey, ContactKey, QueueKey};
use crate::matching::{Choice, Demand, Look, Ranked};
use crate::plan::{KeepFree, OfferPolicy, Strategy};

impl Router {
    /// Whether more than heads, skills and idle times decide.
    pub(super) fn goes_by_turns(&self) -> bool {
        self.in_use.turns || self.in_use.preferences || !self.matcher.is_plain()
    }

    /// Whether a contact is open for an offer, or one more.
    pub(super) fn is_open_for_offers(&self, contact: &Contact) -> bool {
        contact.place.is_some()
            && !self.set_aside.contains(&contact.sequence)
            && (contact.phase == Phase::Waiting || !self.is_step_overdue(contact))
    }

    /// Whether a contact with live offers may have more of them.
    pub(super) fn wants_more(&self, key: ContactKey) -> bool {
        let contact = self.contact(key);
        let live = contact.offers().count();
        let added = contact.more.as_deref().map_or(0, |more| more.added);
        match self.rules(contact).offer.parallel {
            OfferPolicy::ALL => true,
            parallel => live < usize::from(parallel) + usize::from(added),
        }
    }

    /// The best of all agents eligible for a contact that stands in line, as
    /// [`Self::best_agent`] says, found as quickly as can be.
    pub(super) fn agent_for(&mut self, key: ContactKey) -> Option<Choice> {
        let contact = self.contacts.get(key.index(), key.generation())?;
        let strategy = self.plan.queue(contact.queue).strategy.only().unwrap_or_default();
        let in_line = strategy == Strategy::LongestIdle
            && contact.excluded.is_empty()
            && contact.wrapping.is_empty()
            && self.is_open_for_offers(contact)
            && !self.goes_by_turns();
        if in_line { self.matcher.longest_idle_of(contact.group) } else { self.best_agent(key) }
    }

    /// The best of all agents eligible for a contact that stands in line.
    pub(super) fn best_agent(&self, key: ContactKey) -> Option<Choice> {
        let contact = self.contacts.get(key.index(), key.generation())?;
        if !self.is_open_for_offers(contact) {
            return None;
        }
        if !self.goes_by_turns() {
            let strategy = self.plan.queue(contact.queue).strategy.only().unwrap_or_default();
            return self
                .matcher
                .best_agent(contact.demand(), strategy, |agent| contact.excludes(agent));
        }
        let eligible = self.eligible(key);
        self.best_of(key, &eligible)
    }

    /// Everyone eligible for a contact.
    pub(super) fn eligible(&self, key: ContactKey) -> BitSet {
        let contact = self.contact(key);
        if !self.is_open_for_offers(contact) {
            return BitSet::EMPTY;
        }
        let (demand, look) = (contact.demand(), self.look_of(key));
        let mut all = self.matcher.eligible(demand, look);
        if self.rules(contact).preferred.without_skills {
            for &(agent, _) in contact.preferred() {
                if self.may_without_skills(agent, demand, look) {
                    all.set(agent.index(), true);
                }
            }
        }
        self.drop_withheld(contact, &mut all);
        all
    }

    /// Takes out of some agents those of [`Self::is_withheld`].
    fn drop_withheld(&self, contact: &Contact, all: &mut BitSet) {
        let excluded = contact.excluded.iter().map(|of| of.agent);
        let wrapping = contact.wrapping.iter().map(|left| left.agent);
        for agent in excluded.chain(wrapping) {
            all.set(agent.index(), false);
        }
        if contact.phase == Phase::Offered {
            for offer in contact.offers().filter_map(|key| self.offer(key)) {
                all.set(offer.agent.index(), false);
            }
        }
        let by_pair = !contact.preferred().is_empty()
            || (contact.phase == Phase::Offered && self.rules(contact).offer.one_rank);
        if by_pair {
            let withheld = |agent: &usize| {
                let agent = AgentKey::new(*agent);
                self.is_for_others_first(contact, agent) || self.is_of_other_rank(contact, agent)
            };
            let withheld: Vec<usize> = all.iter().filter(withheld).collect();
            withheld.into_iter().for_each(|agent| all.set(agent, false));
        }
        if self.in_use.keep_free {
            self.drop_kept_free(contact.queue, all);
        }
    }

    /// Whether an agent is eligible for a contact.
    pub(super) fn is_eligible(&self, agent: AgentKey, key: ContactKey) -> bool {
        let contact = self.contact(key);
        let (demand, look) = (contact.demand(), self.look_of(key));
        let able = self.matcher.is_able(agent, demand.class)
            || (self.rules(contact).preferred.without_skills && prefers(contact, agent));
        self.is_open_for_offers(contact)
            && able
            && self.matcher.is_open(agent, contact.channel)
            && self.matcher.is_linked(agent, demand, look)
            && !self.is_withheld(contact, agent)
    }

    fn may_without_skills(&self, agent: AgentKey, demand: Demand, look: Look) -> bool {
        self.matcher.is_open(agent, demand.channel) && self.matcher.is_linked(agent, demand, look)
    }

    /// Whether something between just these two stands in the way, or the agent must be
    /// left free.
    fn is_withheld(&self, contact: &Contact, agent: AgentKey) -> bool {
        contact.excludes(agent)
            || self.has_offer_from(contact, agent)
            || self.is_for_others_first(contact, agent)
            || self.is_of_other_rank(contact, agent)
            || (self.in_use.keep_free && !self.may_spare(contact.queue, agent))
    }

    pub(super) fn has_offer_from(&self, contact: &Contact, agent: AgentKey) -> bool {
        contact.phase == Phase::Offered
            && contact.offers().any(|offer| self.offer(offer).is_some_and(|of| of.agent == agent))
    }

    /// Whether those the contact prefers have it to themselves, and the agent is not one.
    pub(super) fn is_for_others_first(&self, contact: &Contact, agent: AgentKey) -> bool {
        let Some(more) = contact.more.as_deref() else { return false };
        !more.preferred.is_empty()
            && self.first_until(contact) > self.as_of
            && !prefers(contact, agent)
            && more.preferred.iter().any(|(agent, _)| self.is_signed_in(*agent))
    }

    /// Whether others of another rank have it already, where one rank is offered it at once.
    pub(super) fn is_of_other_rank(&self, contact: &Contact, agent: AgentKey) -> bool {
        if contact.phase != Phase::Offered || !self.rules(contact).offer.one_rank {
            return false;
        }
        let first = contact.offer.and_then(|offer| self.offer(offer));
        let rank = self.rank_for(contact, agent);
        first.is_some_and(|first| first.rank != rank)
    }

    /// The rank that counts for a contact.
    pub(super) fn rank_for(&self, contact: &Contact, agent: AgentKey) -> u32 {
        self.with_ranked(contact, |ranked| self.matcher.rank(&ranked, agent.index()))
    }

    /// Whether enough agents stay free for others when `agent` takes a contact of `queue`.
    pub(super) fn may_spare(&self, queue: QueueKey, agent: AgentKey) -> bool {
        let Some(rule) = &self.plan.queue(queue).keep_free else { return true };
        let mut pool = self.kept_free(rule);
        pool.set(agent.index(), false);
        pool.len() >= rule.agents as usize
    }

    /// Takes out of some agents those whom a queue must leave free for others.
    fn drop_kept_free(&self, queue: QueueKey, all: &mut BitSet) {
        let Some(rule) = &self.plan.queue(queue).keep_free else { return };
        let pool = self.kept_free(rule);
        match pool.len().cmp(&(rule.agents as usize)) {
            Ordering::Less => *all = BitSet::EMPTY,
            Ordering::Equal => all.drop_all(&pool),
            Ordering::Greater => {}
        }
    }

    /// Whether a queue must leave everybody free for others.
    pub(super) fn spares_nobody(&self, queue: QueueKey) -> bool {
        let rule = self.plan.queue(queue).keep_free.as_ref();
        rule.is_some_and(|rule| self.kept_free(rule).len() < rule.agents as usize)
    }

    /// Those free for others.
    fn kept_free(&self, rule: &KeepFree) -> BitSet {
        let mut pool = BitSet::default();
        for &queue in &rule.queues {
            pool.add(&self.matcher.staff(queue));
        }
        pool.keep(self.matcher.open_set(rule.channel));
        pool
    }

    /// The best of some agents for a contact: those it prefers most, then by its queue's
    /// strategy.
    pub(super) fn best_of(&self, key: ContactKey, eligible: &BitSet) -> Option<Choice> {
        let contact = self.contact(key);
        let among = self.most_preferred(contact, eligible);
        let all = u32::try_from(eligible.len()).expect("keys count in 32 bits");
        self.with_ranked(contact, |ranked| {
            let choice = match &among {
                Some(among) => self.matcher.choose(&ranked, among.iter()),
                None => self.matcher.choose(&ranked, eligible.iter()),
            };
            choice.map(|choice| Choice { eligible: all, ..choice })
        })
    }

    /// Of some agents those whom a contact prefers most; `None` when it prefers none.
    fn most_preferred(&self, contact: &Contact, eligible: &BitSet) -> Option<BitSet> {
        let there =
            contact.preferred().iter().filter(|(agent, _)| eligible.contains(agent.index()));
        let most = there.clone().map(|(_, score)| *score).max()?;
        let mut among = BitSet::default();
        for (agent, _) in there.filter(|(_, score)| *score == most) {
            among.set(agent.index(), true);
        }
        Some(among)
    }

    /// Runs `act` with what ranking goes by for a contact.
    pub(super) fn with_ranked<R>(&self, contact: &Contact, act: impl FnOnce(Ranked<'_>) -> R) -> R {
        let rules = self.rules(contact);
        let turn = self.queues[contact.queue.index()].turn;
        let scores = rules.strategy.table.and_then(|table| self.scores_for(table, contact));
        act(Ranked {
            ranking: &rules.strategy,
            queue: contact.queue,
            class: contact.class.expect("a contact that waits holds a class"),
            raise: rules.ranks_at(contact.steps).raise,
            turn,
            draw: (self.plan.seed, self.offers_made),
            scores,
        })
    }
}

/// Whether a contact prefers an agent.
pub(super) fn prefers(contact: &Contact, agent: AgentKey) -> bool {
    contact.preferred().iter().any(|(preferred, _)| *preferred == agent)
}
