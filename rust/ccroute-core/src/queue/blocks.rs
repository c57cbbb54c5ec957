//! One block: a short sorted run of (key, item). Which block a key belongs to, and
//! when blocks split and merge, is decided by the queue above.

use std::collections::VecDeque;

use super::order::OrderKey;

/// How many entries a block holds: an insertion moves a quarter of them at most on
/// average, about half a kilobyte.
pub(super) const CAPACITY: usize = 128;

// Packed to 20 bytes: a key alone would be aligned to 16 and the pair take 32.
#[derive(Clone, Copy)]
#[repr(Rust, packed(4))]
struct Entry {
    key: OrderKey,
    item: u32,
}

const _: () = assert!(size_of::<Entry>() == 20);

impl Entry {
    /// A copy: a packed field cannot be borrowed, not even to be compared.
    fn key(self) -> OrderKey {
        self.key
    }

    fn pair(self) -> (OrderKey, u32) {
        (self.key, self.item)
    }
}

/// A sorted run of at most [`CAPACITY`] entries. Both ends are cheap.
#[derive(Clone, Default)]
pub(super) struct Block {
    entries: VecDeque<Entry>,
}

impl Block {
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(super) fn is_full(&self) -> bool {
        self.entries.len() >= CAPACITY
    }

    pub(super) fn first(&self) -> Option<(OrderKey, u32)> {
        self.entries.front().copied().map(Entry::pair)
    }

    /// Where `key` goes; newcomers mostly go last.
    pub(super) fn slot(&self, key: OrderKey) -> usize {
        match self.entries.back() {
            Some(last) if last.key() >= key => self.entries.partition_point(|it| it.key() < key),
            Some(_) | None => self.entries.len(),
        }
    }

    /// Where `key` is.
    pub(super) fn find(&self, key: OrderKey) -> Option<usize> {
        let at = self.entries.partition_point(|it| it.key() < key);
        self.entries.get(at).is_some_and(|it| it.key() == key).then_some(at)
    }

    pub(super) fn insert(&mut self, at: usize, key: OrderKey, item: u32) {
        self.entries.insert(at, Entry { key, item });
    }

    pub(super) fn remove(&mut self, at: usize) -> Option<u32> {
        self.entries.remove(at).map(|entry| entry.item)
    }

    pub(super) fn pop_first(&mut self) -> Option<(OrderKey, u32)> {
        self.entries.pop_front().map(Entry::pair)
    }

    /// Whether a newcomer at `at` stands next to who came last of all here, or before who came
    /// first: sequence numbers tell.
    pub(super) fn grows_at(&self, at: usize) -> bool {
        let sequences = || self.entries.iter().map(|it| it.key().sequence());
        let of = |at: usize| self.entries.get(at).map(|it| it.key().sequence());
        let (first, last) = (sequences().min(), sequences().max());
        at.checked_sub(1).is_some_and(|before| of(before) == last)
            || (at < self.len() && (of(at) == first || of(at) == last))
    }

    /// Moves the entries from `cut` on to the end of `upper`.
    pub(super) fn split_into(&mut self, cut: usize, upper: &mut Self) {
        upper.entries.extend(self.entries.drain(cut..));
    }

    /// Moves all of `upper` behind our own.
    pub(super) fn append(&mut self, upper: &mut Self) {
        self.entries.append(&mut upper.entries);
    }

    /// Makes room for a full block at once, so that it is allocated only once.
    pub(super) fn reserve(&mut self) {
        self.entries.reserve_exact(CAPACITY - self.entries.len());
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (OrderKey, u32)> {
        self.entries.iter().copied().map(Entry::pair)
    }

    /// How many entries fit without allocating.
    #[cfg(test)]
    pub(super) fn room(&self) -> usize {
        self.entries.capacity()
    }
}
