//! What is forgotten after an instant, so that it cannot grow for ever.

use std::borrow::Borrow;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// Entries with the last instant at which they hold.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(bound(
    serialize = "K: Serialize, V: Serialize",
    deserialize = "K: Deserialize<'de> + Ord, V: Deserialize<'de>"
))]
pub(super) struct Expiring<K, V> {
    entries: BTreeMap<K, (Timestamp, V)>,
    ends: BTreeSet<(Timestamp, K)>,
}

impl<K, V> Default for Expiring<K, V> {
    fn default() -> Self {
        Self { entries: BTreeMap::new(), ends: BTreeSet::new() }
    }
}

impl<K: Clone + Ord, V> Expiring<K, V> {
    /// Enters a value that holds up to an instant, instead of the one before.
    pub(super) fn insert(&mut self, key: K, value: V, until: Timestamp) {
        if let Some((before, _)) = self.entries.insert(key.clone(), (until, value)) {
            self.ends.remove(&(before, key.clone()));
        }
        self.ends.insert((until, key));
    }

    /// The value that holds at an instant.
    pub(super) fn get<Q: Ord + ?Sized>(&self, key: &Q, at: Timestamp) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.entries.get(key).filter(|(until, _)| at <= *until).map(|(_, value)| value)
    }

    /// The value that holds at an instant, which is used up.
    pub(super) fn take(&mut self, key: &K, at: Timestamp) -> Option<V> {
        let (until, value) = self.entries.remove(key)?;
        self.ends.remove(&(until, key.clone()));
        (at <= until).then_some(value)
    }

    /// Gives every key another name.
    pub(super) fn rename(&mut self, name: impl Fn(&K) -> K) {
        let known = std::mem::take(&mut self.entries);
        self.entries = known.into_iter().map(|(key, entry)| (name(&key), entry)).collect();
        self.ends = self.ends.iter().map(|(until, key)| (*until, name(key))).collect();
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Forgets what does not hold any more.
    pub(super) fn forget(&mut self, now: Timestamp) {
        while self.ends.first().is_some_and(|(until, _)| *until < now)
            && let Some((_, key)) = self.ends.pop_first()
        {
            self.entries.remove(&key);
        }
    }
}

/// What is to be forgotten, by when. Nearly always what comes last ends last: only where
/// another plan remembers for less long does it not.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Ends<K>(VecDeque<(Timestamp, K)>);

impl<K> Default for Ends<K> {
    fn default() -> Self {
        Self(VecDeque::new())
    }
}

impl<K> Ends<K> {
    pub(super) fn insert(&mut self, until: Timestamp, key: K) {
        if self.0.back().is_none_or(|(last, _)| *last <= until) {
            self.0.push_back((until, key));
        } else {
            let at = self.0.partition_point(|(known, _)| *known <= until);
            self.0.insert(at, (until, key));
        }
    }

    /// The next of those that are to be forgotten by now.
    pub(super) fn take(&mut self, now: Timestamp) -> Option<K> {
        let (until, _) = self.0.front()?;
        if *until > now { None } else { self.0.pop_front().map(|(_, key)| key) }
    }

    /// Gives every key another name.
    pub(super) fn rename(&mut self, name: impl Fn(&K) -> K) {
        self.0.iter_mut().for_each(|(_, key)| *key = name(key));
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Span;

    #[test]
    fn an_entry_holds_up_to_its_instant() {
        let at = |secs| Timestamp::ZERO + Span::secs(secs);
        let mut kept = Expiring::default();
        kept.insert("ana", 1, at(10));
        kept.insert("luis", 2, at(5));
        kept.insert("ana", 3, at(7));
        kept.forget(at(5));
        assert_eq!((kept.get("ana", at(7)), kept.get("luis", at(5))), (Some(&3), Some(&2)));
        assert_eq!((kept.get("ana", at(8)), kept.get("luis", at(6))), (None, None));
        kept.forget(at(7));
        assert_eq!((kept.get("ana", at(7)), kept.get("luis", at(5))), (Some(&3), None));
        assert_eq!((kept.take(&"ana", at(8)), kept.ends.len()), (None, 0));
        kept.insert("eva", 4, at(9));
        assert_eq!((kept.take(&"eva", at(9)), kept.take(&"eva", at(9))), (Some(4), None));
    }

    #[test]
    fn what_ends_first_is_forgotten_first() {
        let at = |secs| Timestamp::ZERO + Span::secs(secs);
        let mut ends = Ends::default();
        for (until, key) in [(5, 'a'), (9, 'b'), (7, 'c'), (5, 'd')] {
            ends.insert(at(until), key);
        }
        let gone = |ends: &mut Ends<char>, now| -> String {
            std::iter::from_fn(|| ends.take(at(now))).collect()
        };
        assert_eq!((gone(&mut ends, 4), ends.len()), (String::new(), 4));
        assert_eq!((gone(&mut ends, 7), ends.len()), ("adc".to_owned(), 1));
    }
}
