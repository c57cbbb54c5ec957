//! Visits by age. What becomes of the old does not belong here.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::rising::Rising;
use super::visits::VisitKey;
use crate::time::Timestamp;

/// A visit and the instant its age counts from.
type Aged = (Timestamp, VisitKey);

/// Visits in order of an instant each.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<Aged>", into = "Vec<Aged>")]
pub(crate) struct Ages {
    visits: Rising<VisitKey>,
    /// By source one that is no later than its first, so that the oldest of all is found without
    /// a look at each, and nothing is to be done when the first of a source goes.
    bounds: Vec<Option<Aged>>,
    /// The same, ascending.
    by_age: BTreeSet<Aged>,
}

impl Ages {
    pub(crate) fn insert(&mut self, at: Timestamp, key: VisitKey) {
        self.visits.insert(key.source, at, key);
        let row = usize::from(key.source);
        if self.bounds.get(row).copied().flatten().is_none_or(|bound| (at, key) < bound) {
            self.bind(row, Some((at, key)));
        }
    }

    pub(crate) fn remove(&mut self, at: Timestamp, key: VisitKey) {
        self.visits.remove(key.source, at, key);
    }

    #[inline(never)]
    fn bind(&mut self, source: usize, bound: Option<Aged>) {
        if self.bounds.len() <= source {
            self.bounds.resize(source + 1, None);
        }
        let before = core::mem::replace(&mut self.bounds[source], bound);
        before.iter().for_each(|before| _ = self.by_age.remove(before));
        self.by_age.extend(bound);
    }

    /// The oldest of a source.
    #[inline]
    pub(crate) fn first_of(&self, source: u16) -> Option<Aged> {
        self.visits.first_of(source)
    }

    /// The oldest of all.
    pub(crate) fn first(&self) -> Option<Aged> {
        self.visits.firsts().min()
    }

    /// The same, where it is asked for often and there may be many sources.
    pub(crate) fn oldest(&mut self) -> Option<Aged> {
        while let Some(&bound) = self.by_age.first() {
            let source = bound.1.source;
            let first = self.visits.first_of(source);
            if first == Some(bound) {
                return first;
            }
            self.bind(usize::from(source), first);
        }
        None
    }

    pub(crate) fn len(&self) -> usize {
        self.visits.len()
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
        ages.visits.iter().map(|(_, at, key)| (at, key)).collect()
    }
}
