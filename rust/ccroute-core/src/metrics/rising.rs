//! What is kept in order of an instant, source by source: each source has its own clock, so what
//! is due is asked of one source at a time. The time of a source nearly always goes forward, so
//! nearly every step is at an end of a list. What becomes of what is due does not belong here.

use std::collections::{BTreeSet, VecDeque};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::time::Timestamp;

/// How far from the end of its list a value may still be put in its place there.
const NEAR: usize = 32;

type Dated<K> = (Timestamp, K);

/// The values of one source, ascending.
#[derive(Clone, Debug)]
struct Run<K> {
    /// Each with whether it is still there; the first and the last are.
    list: VecDeque<(Dated<K>, bool)>,
    /// How many of the list are gone.
    gone: usize,
    /// What came too far out of order.
    rest: BTreeSet<Dated<K>>,
}

impl<K> Default for Run<K> {
    fn default() -> Self {
        Self { list: VecDeque::new(), gone: 0, rest: BTreeSet::new() }
    }
}

impl<K: Copy + Ord> Run<K> {
    #[inline]
    fn insert(&mut self, value: Dated<K>) -> bool {
        let comes_last = self.list.back().is_none_or(|&(last, _)| last < value);
        if comes_last && self.rest.is_empty() {
            self.list.push_back((value, true));
            return true;
        }
        self.insert_out_of_order(value)
    }

    #[inline(never)]
    fn insert_out_of_order(&mut self, value: Dated<K>) -> bool {
        let row = self.list.partition_point(|&(known, _)| known < value);
        let after = self.list.len() - row;
        match self.list.get_mut(row) {
            Some((known, there)) if *known == value => {
                self.gone -= usize::from(!*there);
                !core::mem::replace(there, true)
            }
            Some(_) | None if self.rest.contains(&value) => false,
            Some(_) | None if after <= NEAR => {
                self.list.insert(row, (value, true));
                true
            }
            Some(_) | None => self.rest.insert(value),
        }
    }

    fn remove(&mut self, value: Dated<K>) -> bool {
        // Nearly always it is at an end.
        let is = |end: Option<&(Dated<K>, bool)>| end.is_some_and(|&(known, _)| known == value);
        let row = match self.list.len() {
            _ if is(self.list.front()) => 0,
            len if is(self.list.back()) => len - 1,
            _ => self.list.partition_point(|&(known, _)| known < value),
        };
        match self.list.get_mut(row) {
            Some((known, there)) if *known == value => {
                let was_there = core::mem::take(there);
                self.gone += usize::from(was_there);
                self.drop_gone();
                was_there
            }
            Some(_) | None => self.rest.remove(&value),
        }
    }

    /// The first and the last of the list are there, and so is a good part of all.
    fn drop_gone(&mut self) {
        while self.list.front().is_some_and(|&(_, there)| !there) {
            self.list.pop_front();
            self.gone -= 1;
        }
        while self.list.back().is_some_and(|&(_, there)| !there) {
            self.list.pop_back();
            self.gone -= 1;
        }
        if self.gone > NEAR + self.list.len() / 2 {
            self.list.retain(|&(_, there)| there);
            self.gone = 0;
        }
    }

    #[inline]
    fn first(&self) -> Option<Dated<K>> {
        let listed = self.list.front().map(|&(first, _)| first);
        match self.rest.first() {
            Some(&early) => Some(listed.map_or(early, |listed| listed.min(early))),
            None => listed,
        }
    }

    #[inline]
    fn len(&self) -> usize {
        self.list.len() - self.gone + self.rest.len()
    }

    fn sorted(&self) -> Vec<Dated<K>> {
        let listed = self.list.iter().filter(|&&(_, there)| there).map(|&(value, _)| value);
        let mut all: Vec<_> = listed.chain(self.rest.iter().copied()).collect();
        all.sort();
        all
    }
}

/// Values of every source.
#[derive(Clone, Debug)]
pub(crate) struct Rising<K> {
    sources: Vec<Run<K>>,
    len: usize,
}

impl<K> Default for Rising<K> {
    fn default() -> Self {
        Self { sources: Vec::new(), len: 0 }
    }
}

impl<K: Copy + Ord> Rising<K> {
    /// Whether it was not there before.
    #[inline]
    pub(crate) fn insert(&mut self, source: u16, at: Timestamp, key: K) -> bool {
        let row = usize::from(source);
        if self.sources.len() <= row {
            self.sources.resize_with(row + 1, Run::default);
        }
        let is_new = self.sources[row].insert((at, key));
        self.len += usize::from(is_new);
        is_new
    }

    /// Whether it was there.
    pub(crate) fn remove(&mut self, source: u16, at: Timestamp, key: K) -> bool {
        let Some(run) = self.sources.get_mut(usize::from(source)) else { return false };
        let was_there = run.remove((at, key));
        self.len -= usize::from(was_there);
        was_there
    }

    /// The first of a source.
    #[inline]
    pub(crate) fn first_of(&self, source: u16) -> Option<Dated<K>> {
        self.sources.get(usize::from(source)).filter(|_| self.len > 0)?.first()
    }

    /// Takes out the first of a source, if its instant is as wanted.
    pub(crate) fn take_first_if(
        &mut self,
        source: u16,
        wanted: impl Fn(Timestamp) -> bool,
    ) -> Option<Dated<K>> {
        let first = self.first_of(source).filter(|&(at, _)| wanted(at))?;
        self.remove(source, first.0, first.1);
        Some(first)
    }

    /// How many there are of a source.
    #[inline]
    pub(crate) fn len_of(&self, source: u16) -> usize {
        self.sources.get(usize::from(source)).map_or(0, Run::len)
    }

    /// The first of each source that has any.
    pub(crate) fn firsts(&self) -> impl Iterator<Item = Dated<K>> {
        self.sources.iter().filter_map(Run::first)
    }

    /// All, by source and ascending.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u16, Timestamp, K)> {
        let all = |(source, run): (u16, &Run<K>)| {
            run.sorted().into_iter().map(move |(at, key)| (source, at, key))
        };
        (0..=u16::MAX).zip(&self.sources).flat_map(all)
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }
}

impl<K: Copy + Ord> FromIterator<(u16, Timestamp, K)> for Rising<K> {
    fn from_iter<I: IntoIterator<Item = (u16, Timestamp, K)>>(values: I) -> Self {
        let mut all = Self::default();
        all.extend(values);
        all
    }
}

impl<K: Copy + Ord> Extend<(u16, Timestamp, K)> for Rising<K> {
    fn extend<I: IntoIterator<Item = (u16, Timestamp, K)>>(&mut self, values: I) {
        values.into_iter().for_each(|(source, at, key)| _ = self.insert(source, at, key));
    }
}

/// What is there, however it came: in order.
impl<K: Copy + Ord + Serialize> Serialize for Rising<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.iter().collect::<Vec<_>>().serialize(serializer)
    }
}

impl<'de, K: Copy + Ord + Deserialize<'de>> Deserialize<'de> for Rising<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Vec::<(u16, Timestamp, K)>::deserialize(deserializer)?.into_iter().collect())
    }
}

impl<K: Copy + Ord> PartialEq for Rising<K> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl<K: Copy + Ord> Eq for Rising<K> {}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn instant(second: u32) -> Timestamp {
        Timestamp::ZERO + crate::time::Span::secs(second)
    }

    proptest! {
        /// Whatever comes and goes in whatever order: as a tree would have it.
        #[test]
        fn is_a_sorted_set(
            steps in prop::collection::vec((0..4_u8, 0..2_u16, 0..400_u32, 0..2_u64), 0..600),
            disorder in 0..400_u32,
        ) {
            let mut rising = Rising::default();
            let mut tree: BTreeSet<(u16, Timestamp, u64)> = BTreeSet::new();
            for (now, (what, source, late, key)) in (400..).zip(steps) {
                let at = instant(now - late.min(disorder));
                if what < 2 {
                    prop_assert_eq!(rising.insert(source, at, key), tree.insert((source, at, key)));
                } else if what == 2 {
                    let gone = tree.remove(&(source, at, key));
                    prop_assert_eq!(rising.remove(source, at, key), gone);
                } else if let Some(first) = tree.range((source, Timestamp::ZERO, 0)..).next() {
                    let &(source, at, key) = first;
                    prop_assert_eq!(rising.first_of(source), Some((at, key)));
                    tree.remove(&(source, at, key));
                    prop_assert!(rising.remove(source, at, key));
                }
                prop_assert_eq!(rising.len(), tree.len());
                let here = tree.range((source, Timestamp::ZERO, 0)..=(source, Timestamp::MAX, 2));
                prop_assert_eq!(rising.len_of(source), here.count());
            }
            prop_assert!(rising.iter().eq(tree.iter().copied()));
            prop_assert_eq!(&tree.into_iter().collect::<Rising<_>>(), &rising);
        }
    }
}
