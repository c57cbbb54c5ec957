//! The first contacts of a queue's groups, side by side, so that an agent compares keys and
//! looks at nothing else. Where groups are many they are kept by a skill that all of their
//! contacts ask for: an agent then looks only at those whose skill it has.

use crate::ids::{ChannelKey, ClassKey};
use crate::queue::OrderKey;
use crate::skill::SkillLevel;

/// With more groups than this in a queue they are kept by skill …
const MANY: usize = 24;
/// … until there are fewer than this.
const FEW: usize = 8;

/// The first contact of a group, with all that decides whether an agent may take it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head {
    pub(super) key: OrderKey,
    pub(super) item: u32,
    pub(super) group: u32,
    pub(super) class: ClassKey,
    pub(super) channel: ChannelKey,
}

/// Where a group's head is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    list: u32,
    at: u32,
}

/// The lists of one skill: which levels have an entry, and where.
#[derive(Clone, Copy, Debug, Default)]
struct Levels {
    filled: u16,
    lists: [u32; 10],
}

/// The heads of one queue.
#[derive(Clone, Debug, Default)]
pub(super) struct Heads {
    /// The first is of groups that are everybody's: all of them while they are few.
    lists: Vec<Vec<Head>>,
    /// By skill; empty while groups are few.
    by_skill: Vec<Levels>,
    count: usize,
}

impl Heads {
    /// Enters the first contact of a group.
    pub(super) fn insert(&mut self, head: Head, anchor: Option<SkillLevel>) -> Place {
        let list = match anchor {
            Some(anchor) if self.is_by_skill() => self.list_of(anchor),
            Some(_) | None => 0,
        };
        if self.lists.is_empty() {
            self.lists.push(Vec::new());
        }
        let heads = &mut self.lists[list as usize];
        heads.push(head);
        self.count += 1;
        Place { list, at: u32::try_from(heads.len() - 1).expect("fewer than 2^32 groups") }
    }

    /// Another contact is the first of a group.
    pub(super) fn set(&mut self, place: Place, key: OrderKey, item: u32) {
        let head = &mut self.lists[place.list as usize][place.at as usize];
        (head.key, head.item) = (key, item);
    }

    /// Takes a group out; returns the group that is in its place now.
    pub(super) fn remove(&mut self, place: Place, anchor: Option<SkillLevel>) -> Option<u32> {
        let heads = &mut self.lists[place.list as usize];
        heads.swap_remove(place.at as usize);
        self.count -= 1;
        let moved = heads.get(place.at as usize).map(|head| head.group);
        if heads.is_empty() && place.list > 0 {
            let SkillLevel { skill, level } = anchor.expect("it is kept by a skill");
            self.by_skill[skill.index()].filled &= !(1 << (level - 1));
        }
        moved
    }

    /// Whether they are to be kept the other way.
    pub(super) fn are_to_turn(&self) -> bool {
        if self.is_by_skill() { self.count < FEW } else { self.count > MANY }
    }

    /// Empties it, to be filled the other way.
    pub(super) fn turn(&mut self) -> Vec<Head> {
        let by_skill = !self.is_by_skill();
        let old = core::mem::take(self);
        if by_skill {
            self.by_skill.push(Levels::default());
        }
        old.lists.concat()
    }

    /// Looks at the lists that hold whatever an agent of these skills may take.
    #[inline]
    pub(super) fn for_agent(&self, skills: &[SkillLevel], mut look: impl FnMut(&[Head])) {
        self.lists.first().into_iter().for_each(|heads| look(heads));
        if !self.is_by_skill() {
            return;
        }
        for held in skills {
            let Some(levels) = self.by_skill.get(held.skill.index()) else { continue };
            let mut within = levels.filled & ((1 << held.level) - 1);
            while within != 0 {
                look(&self.lists[levels.lists[within.trailing_zeros() as usize] as usize]);
                within &= within - 1;
            }
        }
    }

    /// Every group.
    pub(super) fn groups(&self) -> impl Iterator<Item = u32> + '_ {
        self.lists.iter().flatten().map(|head| head.group)
    }

    fn is_by_skill(&self) -> bool {
        !self.by_skill.is_empty()
    }

    /// The list of a skill at a level, which gets an entry.
    fn list_of(&mut self, SkillLevel { skill, level }: SkillLevel) -> u32 {
        if skill.index() >= self.by_skill.len() {
            self.by_skill.resize(skill.index() + 1, Levels::default());
        }
        if self.lists.is_empty() {
            self.lists.push(Vec::new());
        }
        let levels = &mut self.by_skill[skill.index()];
        let list = &mut levels.lists[usize::from(level) - 1];
        if *list == 0 {
            *list = u32::try_from(self.lists.len()).expect("fewer than 2^32 lists");
            self.lists.push(Vec::new());
        }
        levels.filled |= 1 << (level - 1);
        *list
    }
}
