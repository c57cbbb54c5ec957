//! What may yet be followed by wrap-up, by visit and agent. When the time for it has passed does
//! not belong here.

use std::collections::hash_map::Entry;

use rustc_hash::FxHashMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::conversations::Tail;
use super::few::Few;
use super::visits::VisitKey;
use crate::ids::AgentKey;

pub(super) type TailKey = (VisitKey, Option<AgentKey>);

/// All tails: of each visit one of each agent.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tails {
    visits: FxHashMap<VisitKey, Few<(Option<AgentKey>, Tail)>>,
}

impl Tails {
    pub(super) fn get(&self, (key, agent): TailKey) -> Option<&Tail> {
        let mut tails = self.visits.get(&key)?.iter();
        tails.find(|&&(known, _)| known == agent).map(|(_, tail)| tail)
    }

    pub(super) fn get_mut(&mut self, (key, agent): TailKey) -> Option<&mut Tail> {
        let tails = self.visits.get_mut(&key)?;
        tails.find_mut(|&(known, _)| known == agent).map(|(_, tail)| tail)
    }

    /// The one that was there before.
    pub(super) fn insert(&mut self, (key, agent): TailKey, tail: Tail) -> Option<Tail> {
        let tails = self.visits.entry(key).or_default();
        if let Some((_, known)) = tails.find_mut(|&(known, _)| known == agent) {
            return Some(core::mem::replace(known, tail));
        }
        tails.push((agent, tail));
        None
    }

    /// Takes one out, if it is as wanted.
    pub(super) fn take(
        &mut self,
        (key, agent): TailKey,
        wanted: impl Fn(&Tail) -> bool,
    ) -> Option<Tail> {
        let Entry::Occupied(mut tails) = self.visits.entry(key) else { return None };
        let (_, tail) = tails.get_mut().take(|(known, tail)| *known == agent && wanted(tail))?;
        if tails.get().is_empty() {
            tails.remove();
        }
        Some(tail)
    }

    /// Those of a visit.
    pub(super) fn of(&self, key: VisitKey) -> impl Iterator<Item = &Tail> {
        self.visits.get(&key).into_iter().flat_map(Few::iter).map(|(_, tail)| tail)
    }

    /// Forgets those of a visit.
    pub(super) fn remove_all(&mut self, key: VisitKey) {
        self.visits.remove(&key);
    }

    /// All in no order, for what needs none.
    pub(super) fn any_order(&self) -> impl Iterator<Item = &Tail> {
        self.visits.values().flat_map(Few::iter).map(|(_, tail)| tail)
    }

    /// All, ascending.
    pub(super) fn iter(&self) -> impl Iterator<Item = (TailKey, &Tail)> {
        let tails = self
            .visits
            .iter()
            .flat_map(|(&key, tails)| tails.iter().map(move |(agent, tail)| ((key, *agent), tail)));
        let mut all: Vec<_> = tails.collect();
        all.sort_unstable_by_key(|&(whose, _)| whose);
        all.into_iter()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.visits.is_empty()
    }
}

impl Serialize for Tails {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.iter().collect::<Vec<_>>().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Tails {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut all = Self::default();
        for (whose, tail) in Vec::<(TailKey, Tail)>::deserialize(deserializer)? {
            all.insert(whose, tail);
        }
        Ok(all)
    }
}
