//! A queue as a whole: so many wait, so many are idle, why? Those who ask for the same are
//! looked at together, so that it takes no longer than a supervisor's glance.

use core::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use super::Obstacle;
use super::kept::{Kept, tally};
use crate::bitset::BitSet;
use crate::error::Rejection;
use crate::ids::{AgentKey, ChannelKey, ContactKey, QueueKey, SkillKey};
use crate::matching::{Ask, Demand};
use crate::router::Router;
use crate::router::state::{Availability, Contact, Phase};
use crate::skill::{Relax, Requirement, SkillLevel};
use crate::time::Timestamp;

/// Waiting contacts that ask for the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupExplanation {
    /// How many.
    pub waiting: u32,
    /// Since when the first in order has waited.
    pub since: Timestamp,
    /// What they require.
    pub requirement: Requirement,
    /// All agents who are there, by what keeps them from the first in order.
    pub eliminated: Vec<(Obstacle, u32)>,
}

/// A change that would let contacts be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Ask for a skill at this level only, which is below what is asked.
    Lower(SkillLevel),
    /// Do not ask for a skill.
    Drop(SkillKey),
    /// Let so many free agents of other queues serve this one.
    Link(u32),
    /// Make so many agents ready who are not.
    Ready(u32),
}

/// What stands between those who wait in a queue and those who are idle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueExplanation {
    /// Whether it takes contacts.
    pub open: bool,
    /// Contacts that wait without an offer.
    pub waiting: u32,
    /// Contacts in it that are not connected yet.
    pub length: u32,
    /// Agents who are ready and idle, of all queues.
    pub idle: u32,
    /// Agents who serve it and are there.
    pub staff: u32,
    /// Those who wait, by what they ask, the most first.
    pub groups: Vec<GroupExplanation>,
    /// Idle agents, by what keeps them from the contact they come nearest to.
    pub idle_kept: Vec<(Obstacle, u32)>,
    /// The smallest change that lets most contacts be taken, and how many.
    pub change: Option<(Change, u32)>,
}

/// Waiting contacts of one group from which the same agents are kept for the same reasons.
struct Alike {
    demand: Demand,
    waiting: u32,
    first: ContactKey,
    kept: Kept,
    /// Those whom nothing but skills keeps away.
    but_for_skills: BitSet,
}

impl Router {
    /// What stands between those who wait in a queue and those who are idle, as of now.
    ///
    /// # Errors
    /// `unknown_queue`.
    pub fn explain_queue(&self, queue: QueueKey) -> Result<QueueExplanation, Rejection> {
        self.known_queue(queue)?;
        let here = self.matcher.present();
        let idle = self.idle_agents();
        let mut staff = self.matcher.staff(queue);
        staff.keep(here);
        let mut now: BTreeMap<ChannelKey, Kept> = BTreeMap::new();
        let (mut groups, mut all_alike) = (Vec::new(), Vec::new());
        let mut nearest = vec![BitSet::default(); Obstacle::ALL.len()];
        for (demand, line) in self.matcher.groups_of(queue) {
            let keys = line.iter().map(|(_, item)| self.contact_key(item));
            let waits = |key: &ContactKey| self.contact(*key).phase == Phase::Waiting;
            let waiting: Vec<ContactKey> = keys.filter(waits).collect();
            let Some(&first) = waiting.first() else { continue };
            let now = now
                .entry(demand.channel)
                .or_insert_with(|| self.kept_now(queue, demand.channel, here));
            let alike = self.alike(demand, &waiting, now);
            let of_first = alike.iter().find(|alike| alike.first == first);
            let firsts = of_first.expect("the first is like itself").kept.firsts(here);
            for (obstacle, stopped) in &firsts {
                nearest[*obstacle as usize].add(stopped);
            }
            groups.push(GroupExplanation {
                waiting: count(waiting.len()),
                since: self.contact(first).since,
                requirement: self.matcher.ask(demand.class).requirement.clone(),
                eliminated: tally(&firsts),
            });
            all_alike.extend(alike);
        }
        groups.sort_by(|a, b| b.waiting.cmp(&a.waiting).then(a.since.cmp(&b.since)));
        all_alike.sort_by_key(|alike| Reverse(alike.waiting));
        Ok(QueueExplanation {
            open: self.queues[queue.index()].open,
            waiting: groups.iter().map(|group| group.waiting).sum(),
            length: self.queues[queue.index()].length,
            idle: count(idle.len()),
            staff: count(staff.len()),
            groups,
            idle_kept: last_of(&nearest, idle),
            change: self.best_change(&all_alike),
        })
    }

    fn idle_agents(&self) -> BitSet {
        let is_idle = |agent: &usize| {
            let known = self.agent(AgentKey::new(*agent));
            known.availability == Availability::Ready && known.activity() == "idle"
        };
        self.matcher.present().iter().filter(is_idle).collect()
    }

    /// The waiting contacts of a group: together, but for those with agents of their own to
    /// prefer or to avoid.
    fn alike(&self, demand: Demand, waiting: &[ContactKey], now: &Kept) -> Vec<Alike> {
        let here = self.matcher.present();
        let explain = |first: ContactKey, waiting: usize| {
            let kept = self.kept_from(self.contact(first), here, now);
            let but_for_skills = kept.free_but_for(&[Obstacle::Skills], here);
            Alike { demand, waiting: count(waiting), first, kept, but_for_skills }
        };
        let is_special = |key: &&ContactKey| is_special(self.contact(**key));
        let special = waiting.iter().filter(is_special);
        let mut alike: Vec<Alike> = special.map(|key| explain(*key, 1)).collect();
        let plain = waiting.len() - alike.len();
        if let Some(first) = waiting.iter().find(|key| !is_special(key)) {
            alike.push(explain(*first, plain));
        }
        alike
    }

    /// The change that lets most contacts be taken; of equals the one that asks least.
    fn best_change(&self, waiting: &[Alike]) -> Option<(Change, u32)> {
        let mut best: Option<(Change, u32)> = None;
        let mut consider = |change: Change, frees: u32| {
            if frees > best.map_or(0, |(_, most)| most) {
                best = Some((change, frees));
            }
        };
        let (levels, skills) = self.easings(waiting);
        for (skill, Reverse(level)) in levels {
            let to = SkillLevel { skill, level };
            consider(Change::Lower(to), self.freed_by_easing(waiting, Relax::Lower(to)));
        }
        for skill in skills {
            consider(Change::Drop(skill), self.freed_by_easing(waiting, Relax::Drop(skill)));
        }
        let here = self.matcher.present();
        let linked = freed(waiting, |alike| {
            // Who is linked anew is of rank 0.
            let ranks = self.matcher.ask(alike.demand.class).ranks;
            if ranks.is_some_and(|(_, window)| !window.admits(0)) {
                return BitSet::EMPTY;
            }
            alike.kept.free_but_for(&[Obstacle::OtherQueue], here)
        });
        consider(Change::Link(linked), linked);
        let woken = freed(waiting, |alike| {
            // Ready again ends exclusions for failures.
            let gone = [Obstacle::NotReady, Obstacle::Excluded];
            let mut free = alike.kept.free_but_for(&gone, here);
            free.keep(alike.kept.by(Obstacle::NotReady));
            free.drop_all(&self.lastingly_excluded(self.contact(alike.first), here));
            free
        });
        consider(Change::Ready(woken), woken);
        best
    }

    /// Levels below those asked that an agent has whom nothing but skills keeps away, and
    /// the skills asked.
    fn easings(
        &self,
        waiting: &[Alike],
    ) -> (BTreeSet<(SkillKey, Reverse<u8>)>, BTreeSet<SkillKey>) {
        let (mut levels, mut skills) = (BTreeSet::new(), BTreeSet::new());
        for alike in waiting.iter().filter(|alike| !alike.but_for_skills.is_empty()) {
            let requirement = &self.matcher.ask(alike.demand.class).requirement;
            for asked in asked(requirement) {
                skills.insert(asked.skill);
                for agent in alike.but_for_skills.iter() {
                    let profile = self.matcher.profile(AgentKey::new(agent));
                    let held = profile.skills.level(asked.skill);
                    if 0 < held && held < asked.level {
                        levels.insert((asked.skill, Reverse(held)));
                    }
                }
            }
        }
        (levels, skills)
    }

    fn freed_by_easing(&self, waiting: &[Alike], relax: Relax) -> u32 {
        let (Relax::Lower(SkillLevel { skill, .. }) | Relax::Drop(skill)) = relax;
        freed(waiting, |alike| {
            let ask = self.matcher.ask(alike.demand.class);
            if alike.but_for_skills.is_empty()
                || asked(&ask.requirement).all(|asked| asked.skill != skill)
            {
                return BitSet::EMPTY;
            }
            let requirement = ask.requirement.relaxed(&[relax]);
            self.matcher.who_meets(&Ask { requirement, ..ask.clone() }, &alike.but_for_skills)
        })
    }
}

/// Whether a contact has agents of its own to prefer or to avoid.
fn is_special(contact: &Contact) -> bool {
    !contact.excluded.is_empty() || !contact.wrapping.is_empty() || !contact.preferred().is_empty()
}

/// Skills with the levels that are asked for, where that can be said.
fn asked(requirement: &Requirement) -> impl Iterator<Item = SkillLevel> + '_ {
    let clauses = requirement.wheres.iter().flat_map(|of| of.clause.skills());
    requirement.mentions().chain(clauses)
}

/// How many contacts could be taken by those who would be free for them, each agent taking
/// one.
fn freed(waiting: &[Alike], free: impl Fn(&Alike) -> BitSet) -> u32 {
    let mut used = BitSet::default();
    let mut freed = 0;
    for alike in waiting {
        let mut free = free(alike);
        free.drop_all(&used);
        for agent in free.iter().take(alike.waiting as usize) {
            used.set(agent, true);
            freed += 1;
        }
    }
    freed
}

/// How many of some agents each obstacle is the last for.
fn last_of(nearest: &[BitSet], mut left: BitSet) -> Vec<(Obstacle, u32)> {
    let mut last = Vec::new();
    for &obstacle in Obstacle::ALL.iter().rev() {
        let mut those = left.clone();
        those.keep(&nearest[obstacle as usize]);
        if !those.is_empty() {
            left.drop_all(&those);
            last.push((obstacle, count(those.len())));
        }
    }
    last.reverse();
    last
}

fn count(len: usize) -> u32 {
    u32::try_from(len).expect("rows count in 32 bits")
}
