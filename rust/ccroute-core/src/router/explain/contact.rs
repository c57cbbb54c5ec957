//! Why a contact is where it is.

use super::Obstacle;
use super::kept::tally;
use crate::bitset::BitSet;
use crate::error::Rejection;
use crate::ids::{AgentKey, ContactKey, QueueKey, SkillKey};
use crate::plan::RankWindow;
use crate::router::Router;
use crate::router::state::{Contact, Phase};
use crate::skill::Requirement;
use crate::time::Timestamp;

/// How many agents one obstacle keeps from a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Eliminated {
    /// What stands in the way.
    pub obstacle: Obstacle,
    /// How many it stops.
    pub agents: u32,
}

/// The agent a contact was proposed to, and what decided it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// Who.
    pub agent: AgentKey,
    /// Out of how many eligible, this one included.
    pub eligible: u32,
    /// Since when the agent has been idle.
    pub idle_since: Timestamp,
    /// The agent's score; 0 where the strategy keeps none.
    pub score: i64,
    /// When the offer ends.
    pub until: Timestamp,
}

/// The escalation step a contact will take next by its age.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NextStep {
    /// Which, from 1.
    pub step: u32,
    /// When it is due; it waits for a live offer to end.
    pub at: Timestamp,
}

/// A skill that an agent lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Missing {
    /// Which.
    pub skill: SkillKey,
    /// The least proficiency asked for.
    pub asked: u8,
    /// The agent's; 0: none.
    pub held: u8,
}

/// The agent who comes nearest to taking a contact, and what is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nearest {
    /// Who.
    pub agent: AgentKey,
    /// All that stands in the way, in the order of [`Obstacle`].
    pub obstacles: Vec<Obstacle>,
    /// Skills of `all_of` that the agent lacks.
    pub missing: Vec<Missing>,
    /// When the last of what passes by itself has passed; `None`: something does not.
    pub until: Option<Timestamp>,
}

/// Why a contact is where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactExplanation {
    /// scheduled, waiting, offered, connecting, engaged, held, suspended or closed.
    pub phase: &'static str,
    /// Where.
    pub queue: QueueKey,
    /// The instant its age counts from.
    pub since: Timestamp,
    /// How many of its queue go before it; `None` unless it stands in line.
    pub ahead: Option<usize>,
    /// What it requires at its step.
    pub requirement: Requirement,
    /// Which ranks may take it.
    pub ranks: RankWindow,
    /// Escalation steps behind it.
    pub steps: u32,
    /// The step to come by its age, if one is left.
    pub next_step: Option<NextStep>,
    /// When it will be looked at again, or wait again: scheduled and suspended contacts too.
    pub until: Option<Timestamp>,
    /// All agents but those it is offered to, by what stops them, in the order of
    /// [`Obstacle`].
    pub eliminated: Vec<Eliminated>,
    /// The agent who comes nearest, while it stands in line.
    pub nearest: Option<Nearest>,
    /// The agents it is offered to, in order of making.
    pub chosen: Vec<Chosen>,
    /// The agent it is with, or is being connected to.
    pub with: Option<AgentKey>,
}

impl Router {
    /// Why a contact is where it is, as of now.
    ///
    /// # Errors
    /// `unknown_contact`.
    pub fn explain_contact(&self, key: ContactKey) -> Result<ContactExplanation, Rejection> {
        let contact = self.known_contact(key)?;
        let rules = self.rules(contact);
        let at = rules.at_step(contact.steps, &self.own_need(contact));
        let next_step = self.next_step(contact).filter(|_| contact.phase.is_unconnected());
        let chosen: Vec<Chosen> = contact.offers().filter_map(|key| self.chosen(key)).collect();
        let with = match contact.phase {
            Phase::Connecting { agent, .. } => Some(agent),
            Phase::Engaged { .. } => contact.primary().map(|part| part.agent),
            Phase::Waiting
            | Phase::Offered
            | Phase::Scheduled { .. }
            | Phase::Suspended { .. }
            | Phase::Closed => None,
        };
        let until = match contact.phase {
            Phase::Scheduled { timer, .. } | Phase::Suspended { timer } => Some(timer.at()),
            Phase::Waiting | Phase::Offered => contact.look,
            Phase::Connecting { .. } | Phase::Engaged { .. } | Phase::Closed => None,
        };
        let offered: Vec<AgentKey> = chosen.iter().map(|chosen| chosen.agent).collect();
        Ok(ContactExplanation {
            phase: contact.phase.word(),
            queue: contact.queue,
            since: contact.since,
            ahead: self.ahead_of(contact).filter(|_| contact.phase == Phase::Waiting),
            requirement: at.requirement,
            ranks: at.ranks,
            steps: contact.steps.count,
            next_step: next_step.map(|(step, at)| NextStep { step, at }),
            until,
            eliminated: self.eliminated(contact, &offered),
            nearest: self.nearest(contact),
            chosen,
            with,
        })
    }

    fn chosen(&self, key: crate::ids::OfferKey) -> Option<Chosen> {
        self.offer(key).map(|offer| Chosen {
            agent: offer.agent,
            eligible: offer.eligible,
            idle_since: offer.idle_since,
            score: offer.score,
            until: offer.timer.at(),
        })
    }

    pub(super) fn eliminated(&self, contact: &Contact, chosen: &[AgentKey]) -> Vec<Eliminated> {
        if !contact.phase.is_unconnected() {
            return Vec::new();
        }
        let others = (0..self.agents.len()).filter(|at| !chosen.contains(&AgentKey::new(*at)));
        let among: BitSet = others.collect();
        let now = self.kept_now(contact.queue, contact.channel, &among);
        let firsts = self.kept_from(contact, &among, &now).firsts(&among);
        let counts = tally(&firsts).into_iter();
        counts.map(|(obstacle, agents)| Eliminated { obstacle, agents }).collect()
    }

    /// Of the agents who are there, the one whose first obstacle comes last; then the one
    /// with the fewest obstacles, then the one who has been idle longest.
    fn nearest(&self, contact: &Contact) -> Option<Nearest> {
        contact.place?;
        let here = self.matcher.present();
        let now = self.kept_now(contact.queue, contact.channel, here);
        let kept = self.kept_from(contact, here, &now);
        let barred = here.iter().map(AgentKey::new).filter_map(|key| {
            let obstacles: Vec<Obstacle> = kept.obstacles_of(key).collect();
            let first = *obstacles.first()?;
            let order = (core::cmp::Reverse(first), obstacles.len(), self.matcher.idle_since(key));
            Some(((order, key), obstacles))
        });
        let ((_, agent), obstacles) = barred.min_by_key(|(order, _)| *order)?;
        let until = obstacles.iter().map(|of| self.passes_at(*of, agent, contact));
        let until = until.collect::<Option<Vec<_>>>().and_then(|all| all.into_iter().max());
        let requirement = &self.matcher.ask(contact.demand().class).requirement;
        let skills = &self.matcher.profile(agent).skills;
        let missing = requirement.all_of.iter().filter_map(|need| {
            let held = skills.level(need.skill);
            let lacks = held < need.level;
            lacks.then_some(Missing { skill: need.skill, asked: need.level, held })
        });
        Some(Nearest { agent, missing: missing.collect(), obstacles, until })
    }

    /// When an obstacle passes by itself; `None`: it does not.
    fn passes_at(&self, obstacle: Obstacle, key: AgentKey, contact: &Contact) -> Option<Timestamp> {
        match obstacle {
            Obstacle::BackOff => self.agent(key).back_off.map(|timer| timer.at()),
            Obstacle::OthersFirst => Some(self.first_until(contact)),
            Obstacle::NotYet => {
                self.matcher.opens_at(key, contact.demand()).map(|age| contact.since + age)
            }
            Obstacle::Excluded => {
                let excluded = contact.excluded.iter().filter(|of| of.agent == key);
                let ends: Option<Vec<Timestamp>> =
                    excluded.map(|of| of.timer.map(|timer| timer.at())).collect();
                ends?.into_iter().max()
            }
            Obstacle::Offline
            | Obstacle::OtherQueue
            | Obstacle::Skills
            | Obstacle::Rank
            | Obstacle::NotReady
            | Obstacle::Device
            | Obstacle::NoSlot
            | Obstacle::NoRoom
            | Obstacle::Line
            | Obstacle::KeptFree
            | Obstacle::OtherRank => None,
        }
    }
}
