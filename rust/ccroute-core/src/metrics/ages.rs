//! Visits by age, source by source: each source has its own clock, so what is too old is asked
//! of one source at a time. What becomes of the old does not belong here.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::visits::VisitKey;
use crate::time::Timestamp;

/// A visit and the instant its age counts from.
type Aged = (Timestamp, VisitKey);

/// Visits in order of an instant each.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<Aged>", into = "Vec<Aged>")]
pub(crate) struct Ages {
    sources: BTreeMap<u16, BTreeSet<Aged>>,
    /// The first of each source.
    firsts: BTreeSet<Aged>,
    len: usize,
}

impl Ages {
    pub(crate) fn insert(&mut self, at: Timestamp, key: VisitKey) {
        let visits = self.sources.entry(key.source).or_default();
        let before = visits.first().copied();
        if !visits.insert((at, key)) {
            return;
        }
        self.len += 1;
        if before.is_none_or(|before| (at, key) < before) {
            before.iter().for_each(|before| _ = self.firsts.remove(before));
            self.firsts.insert((at, key));
        }
    }

    pub(crate) fn remove(&mut self, at: Timestamp, key: VisitKey) {
        let Some(visits) = self.sources.get_mut(&key.source) else { return };
        if !visits.remove(&(at, key)) {
            return;
        }
        self.len -= 1;
        if self.firsts.remove(&(at, key)) {
            self.firsts.extend(visits.first());
        }
        if visits.is_empty() {
            self.sources.remove(&key.source);
        }
    }

    /// The oldest of a source.
    pub(crate) fn first_of(&self, source: u16) -> Option<Aged> {
        self.sources.get(&source)?.first().copied()
    }

    /// The oldest of all.
    pub(crate) fn first(&self) -> Option<Aged> {
        self.firsts.first().copied()
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }
}

impl From<Vec<Aged>> for Ages {
    fn from(visits: Vec<Aged>) -> Self {
        let mut ages = Self::default();
        visits.into_iter().for_each(|(at, key)| ages.insert(at, key));
        ages
    }
}

impl From<Ages> for Vec<Aged> {
    fn from(ages: Ages) -> Self {
        ages.sources.into_values().flatten().collect()
    }
}
