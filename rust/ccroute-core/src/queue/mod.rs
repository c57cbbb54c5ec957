//! Who goes next: a queue in the order of [`OrderKey`], with every operation a
//! waiting line needs. What an item means, and whose turn it is across queues, is
//! not known here.
//!
//! The waiting are kept in sorted blocks. Between two blocks stands a *floor*: no
//! key before it, every key after it at least as great. Taking entries out leaves
//! floors valid, so popping touches nothing but the front block. A queue that never
//! held more than one block of contacts has one allocation, an unused one none.

mod blocks;
mod handles;
mod order;

use core::{fmt, mem};
use std::collections::VecDeque;

use self::blocks::{Block, CAPACITY};
pub use self::handles::{Gone, HandleQueue, Left};
pub use self::order::OrderKey;

/// A removal that leaves fewer than this in a block looks for a neighbour to join.
const SMALL: usize = CAPACITY / 4;

/// How many blocks that ran empty are kept at most.
const SPARE: usize = 2;

/// Joined blocks keep this much room, so that they do not split again at once.
const JOINED: usize = CAPACITY - CAPACITY / 4;

/// A priority queue with removal and rank: items by [`OrderKey`], smallest first.
///
/// Push, pop and removal cost O(log n) comparisons and a move within one block; push
/// at the back and pop at the front are O(1). Rank adds up block lengths.
///
/// ```
/// use ccroute_core::{OrderKey, PriorityQueue, Span, Timestamp};
/// let key = |band, sequence| OrderKey::new(band, Timestamp::ZERO, Span::ZERO, sequence);
/// let mut queue = PriorityQueue::default();
/// queue.push(key(0, 1), 10);
/// queue.push(key(0, 2), 20);
/// queue.push(key(7, 3), 30);
/// assert_eq!(queue.rank(key(0, 2)), Some(2));
/// assert_eq!(queue.remove(key(0, 1)), Some(10));
/// assert_eq!(queue.pop(), Some((key(7, 3), 30)));
/// assert_eq!(queue.peek(), Some((key(0, 2), 20)));
/// ```
#[derive(Clone, Default)]
pub struct PriorityQueue {
    /// The first block; empty only when the queue is.
    front: Block,
    /// The blocks behind it, none empty.
    rest: VecDeque<Block>,
    /// `floors[i]` stands before `rest[i]`.
    floors: VecDeque<OrderKey>,
    /// How many are in `rest[i]`: side by side, to be added up.
    sizes: Vec<u8>,
    /// The memory of blocks that ran empty, for the next ones needed.
    spare: Vec<Block>,
    len: usize,
}

impl PriorityQueue {
    /// Puts `item` at its place. Keys must differ, which sequence numbers see to.
    pub fn push(&mut self, key: OrderKey, item: u32) {
        let index = self.block_of(key);
        let block = self.block_mut(index);
        let at = block.slot(key);
        if !block.is_full() {
            block.insert(at, key, item);
            self.count(index);
        } else if at == CAPACITY && index == self.rest.len() {
            let mut last = self.empty_block();
            last.insert(0, key, item);
            self.rest.push_back(last);
            self.floors.push_back(key);
            self.sizes.push(1);
        } else if at == CAPACITY && !self.rest[index].is_full() {
            // Between two blocks it may as well be the first of the next.
            self.rest[index].insert(0, key, item);
            self.floors[index] = key;
            self.count(index + 1);
        } else {
            self.split_and_insert(index, at, key, item);
        }
        self.len += 1;
    }

    /// Takes out the first.
    pub fn pop(&mut self) -> Option<(OrderKey, u32)> {
        let first = self.front.pop_first()?;
        self.len -= 1;
        if self.front.is_empty() && !self.rest.is_empty() {
            self.join(0);
        }
        Some(first)
    }

    /// The first, left in place.
    #[must_use]
    pub fn peek(&self) -> Option<(OrderKey, u32)> {
        self.front.first()
    }

    /// Takes out the item under `key`; `None` when it is not here.
    pub fn remove(&mut self, key: OrderKey) -> Option<u32> {
        let index = self.block_of(key);
        let block = self.block_mut(index);
        let item = block.find(key).and_then(|at| block.remove(at))?;
        self.len -= 1;
        self.count(index);
        self.join_if_small(index);
        Some(item)
    }

    /// How many go before `key`; `None` when it is not here.
    #[must_use]
    pub fn rank(&self, key: OrderKey) -> Option<usize> {
        let index = self.block_of(key);
        self.block(index).find(key).map(|at| self.before_block(index) + at)
    }

    /// How many go before `key`, whether it is here or not.
    #[must_use]
    pub fn ahead_of(&self, key: OrderKey) -> usize {
        let index = self.block_of(key);
        self.before_block(index) + self.block(index).slot(key)
    }

    /// How many are in the blocks before block `index`, counted from the nearer end.
    fn before_block(&self, index: usize) -> usize {
        match index.checked_sub(1) {
            None => 0,
            Some(behind) if behind < self.sizes.len() / 2 => {
                self.front.len() + total(&self.sizes[..behind])
            }
            Some(behind) => self.len - total(&self.sizes[behind..]),
        }
    }

    /// Notes how many are in block `index` by now.
    fn count(&mut self, index: usize) {
        if let Some(behind) = index.checked_sub(1) {
            self.sizes[behind] = size(&self.rest[behind]);
        }
    }

    /// All that wait, in order.
    pub fn iter(&self) -> impl Iterator<Item = (OrderKey, u32)> {
        self.front.iter().chain(self.rest.iter().flat_map(Block::iter))
    }

    /// How many wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether nobody waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The block `key` belongs to: 0 is the front, `i + 1` is `rest[i]`.
    fn block_of(&self, key: OrderKey) -> usize {
        match self.floors.back() {
            Some(&floor) if key < floor => self.floors.partition_point(|&floor| floor <= key),
            Some(_) | None => self.floors.len(),
        }
    }

    fn block(&self, index: usize) -> &Block {
        if index == 0 { &self.front } else { &self.rest[index - 1] }
    }

    fn block_mut(&mut self, index: usize) -> &mut Block {
        if index == 0 { &mut self.front } else { &mut self.rest[index - 1] }
    }

    fn empty_block(&mut self) -> Block {
        let mut block = self.spare.pop().unwrap_or_default();
        block.reserve();
        block
    }

    /// Splits the full block `index` to make room at `at`. Where the newcomer goes next to who
    /// came last, so will the next (a band's end): the cut is there, and what is on this side
    /// of it fills up. Else it is in the middle.
    fn split_and_insert(&mut self, index: usize, at: usize, key: OrderKey, item: u32) {
        let mut upper = self.empty_block();
        let lower = self.block_mut(index);
        let cut = if lower.grows_at(at) { at } else { CAPACITY / 2 };
        lower.split_into(cut, &mut upper);
        if at <= cut && cut < CAPACITY {
            lower.insert(at, key, item);
        } else {
            upper.insert(at - cut, key, item);
        }
        let (floor, _) = upper.first().expect("the cut leaves somebody on both sides");
        self.sizes.insert(index, size(&upper));
        self.rest.insert(index, upper);
        self.floors.insert(index, floor);
        self.count(index);
    }

    /// Joins block `index` with a neighbour when it is small and both fit in one.
    fn join_if_small(&mut self, index: usize) {
        let size = self.block(index).len();
        if size >= SMALL {
            return;
        }
        let fits = |other: &Block| size == 0 || size + other.len() <= JOINED;
        if self.rest.get(index).is_some_and(fits) {
            self.join(index);
        } else if index > 0 && fits(self.block(index - 1)) {
            self.join(index - 1);
        }
    }

    /// Moves block `index + 1` into block `index`.
    fn join(&mut self, index: usize) {
        let mut upper = self.rest.remove(index).expect("a block stands behind `index`");
        self.floors.remove(index);
        self.sizes.remove(index);
        let lower = self.block_mut(index);
        if lower.is_empty() {
            mem::swap(lower, &mut upper);
        } else {
            lower.append(&mut upper);
        }
        if self.spare.len() < SPARE {
            self.spare.push(upper);
        }
        self.count(index);
    }
}

fn size(block: &Block) -> u8 {
    u8::try_from(block.len()).expect("a block holds less than 256")
}

fn total(sizes: &[u8]) -> usize {
    sizes.iter().map(|&size| usize::from(size)).sum()
}

impl fmt::Debug for PriorityQueue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::time::{Span, Timestamp};

    fn key(band: i16, sequence: u64) -> OrderKey {
        OrderKey::new(band, Timestamp::ZERO, Span::ZERO, sequence)
    }

    /// Invariants of the layout, beyond what callers see.
    fn check(queue: &PriorityQueue) {
        assert_eq!(queue.rest.len(), queue.floors.len());
        assert!(queue.rest.iter().map(size).eq(queue.sizes.iter().copied()));
        assert_eq!(queue.front.is_empty(), queue.is_empty());
        assert_eq!(queue.iter().count(), queue.len());
        assert!(queue.spare.iter().all(Block::is_empty));
        let mut last = None;
        for (index, block) in queue.rest.iter().enumerate() {
            assert!(!block.is_empty() && block.len() <= CAPACITY);
            assert!(block.first().unwrap().0 >= queue.floors[index]);
        }
        for (index, block) in std::iter::once(&queue.front).chain(&queue.rest).enumerate() {
            for (key, _) in block.iter() {
                assert!(last < Some(key));
                assert!(queue.floors.get(index).is_none_or(|&floor| key < floor));
                last = Some(key);
            }
        }
    }

    fn blocks(queue: &PriorityQueue) -> usize {
        1 + queue.rest.len()
    }

    #[derive(Clone, Debug)]
    enum Op {
        Push(i16),
        PushMany(i16, usize),
        /// Each before the one before.
        PushDown(usize),
        Pop(usize),
        Remove(prop::sample::Index, usize),
    }

    fn op() -> impl Strategy<Value = Op> {
        let band = -3..=3i16;
        prop_oneof![
            4 => band.clone().prop_map(Op::Push),
            2 => (band, 1..300usize).prop_map(|(band, n)| Op::PushMany(band, n)),
            2 => (1..300usize).prop_map(Op::PushDown),
            2 => (1..100usize).prop_map(Op::Pop),
            4 => (any::<prop::sample::Index>(), 1..120usize).prop_map(|(at, n)| Op::Remove(at, n)),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]
        #[test]
        fn behaves_like_a_sorted_list(ops in prop::collection::vec(op(), 1..60)) {
            let mut queue = PriorityQueue::default();
            let mut model: Vec<(OrderKey, u32)> = Vec::new();
            let mut sequence = 0;
            let mut push = |queue: &mut PriorityQueue, model: &mut Vec<_>, band, down| {
                sequence += 1;
                let arrival = if down { -(sequence as i64) } else { 0 };
                let entry = (OrderKey::at(band, arrival, sequence), sequence as u32);
                queue.push(entry.0, entry.1);
                let at = model.partition_point(|other| *other < entry);
                model.insert(at, entry);
            };
            for op in ops {
                match op {
                    Op::Push(band) => push(&mut queue, &mut model, band, false),
                    Op::PushMany(band, n) => {
                        for step in 0..n as i16 {
                            push(&mut queue, &mut model, band + step % 2, false);
                        }
                    }
                    Op::PushDown(n) => {
                        (0..n).for_each(|_| push(&mut queue, &mut model, 0, true));
                    }
                    Op::Pop(n) => for _ in 0..n {
                        let first = (!model.is_empty()).then(|| model.remove(0));
                        prop_assert_eq!(queue.peek(), first);
                        prop_assert_eq!(queue.pop(), first);
                    },
                    Op::Remove(at, n) => for _ in 0..n.min(model.len()) {
                        let at = at.index(model.len());
                        let (key, item) = model.remove(at);
                        prop_assert_eq!(queue.rank(key), Some(at));
                        prop_assert_eq!(queue.remove(key), Some(item));
                        prop_assert_eq!(queue.remove(key), None);
                        prop_assert_eq!(queue.rank(key), None);
                    },
                }
                check(&queue);
                prop_assert!(queue.iter().eq(model.iter().copied()));
            }
            for (rank, (key, _)) in model.iter().enumerate() {
                prop_assert_eq!(queue.rank(*key), Some(rank));
                prop_assert_eq!(queue.ahead_of(*key), rank);
            }
        }
    }

    #[test]
    fn an_unused_queue_allocates_nothing() {
        let queue = PriorityQueue::default();
        assert_eq!(queue.rest.capacity() + queue.floors.capacity(), 0);
        assert_eq!((queue.front.room(), queue.spare.capacity()), (0, 0));
    }

    #[test]
    fn newcomers_at_the_end_fill_every_block() {
        let mut queue = PriorityQueue::default();
        for sequence in 0..100 * CAPACITY as u64 {
            queue.push(key(0, sequence), 0);
        }
        assert_eq!(blocks(&queue), 100);
    }

    #[test]
    fn bands_fill_their_blocks() {
        let mut queue = PriorityQueue::default();
        let total = 100 * CAPACITY as u64;
        for sequence in 0..total {
            queue.push(key((sequence * 7 % 5) as i16, sequence), 0);
        }
        check(&queue);
        assert!(blocks(&queue) <= 100 + 5, "{} blocks", blocks(&queue));
    }

    #[test]
    fn the_latest_first_fill_their_blocks() {
        let mut queue = PriorityQueue::default();
        for back in 1..=100 * CAPACITY as u64 {
            let sequence = OrderKey::MAX_SEQUENCE - back;
            queue.push(OrderKey::at(0, -(back as i64), sequence), 0);
        }
        check(&queue);
        assert!(blocks(&queue) <= 100 + 1, "{} blocks", blocks(&queue));
    }

    #[test]
    fn each_before_the_one_before_fills_the_blocks() {
        let filled = |queue: &mut PriorityQueue| {
            for sequence in 1_000..1_000 + 100 * CAPACITY as u64 {
                queue.push(OrderKey::at(4, -(sequence as i64), sequence), 0);
            }
            check(queue);
            blocks(queue)
        };
        assert!(filled(&mut PriorityQueue::default()) <= 100 + 1);
        // Behind a block that is full, and before others.
        let mut queue = PriorityQueue::default();
        for sequence in 0..2 * CAPACITY as u64 {
            queue.push(key(if sequence < CAPACITY as u64 { 5 } else { 0 }, sequence), 0);
        }
        assert!(filled(&mut queue) <= 102 + 1);
    }

    #[test]
    fn places_at_random_leave_blocks_two_thirds_full() {
        let mut queue = PriorityQueue::default();
        for sequence in 0..100 * CAPACITY as u64 {
            let arrival = (sequence * 0x9e37_79b9 % 1_000_003) as i64;
            queue.push(OrderKey::at(0, arrival, sequence), 0);
        }
        check(&queue);
        assert!(blocks(&queue) <= 100 * 3 / 2 + 5, "{} blocks", blocks(&queue));
    }

    #[test]
    fn cancellations_do_not_leave_crumbs() {
        let mut queue = PriorityQueue::default();
        let total = 100 * CAPACITY as u64;
        for sequence in 0..total {
            queue.push(key(0, sequence), 0);
        }
        for sequence in (0..total).filter(|sequence| sequence % 64 != 0) {
            assert!(queue.remove(key(0, sequence)).is_some());
        }
        check(&queue);
        assert_eq!(queue.len(), 200);
        assert!(blocks(&queue) <= 200 / SMALL + 1, "{} blocks", blocks(&queue));
    }

    #[test]
    fn a_block_that_runs_empty_between_full_ones_goes() {
        let mut queue = PriorityQueue::default();
        let full = CAPACITY as u64;
        for sequence in 0..3 * full {
            queue.push(key(0, sequence), 0);
        }
        for sequence in full..2 * full {
            assert!(queue.remove(key(0, sequence)).is_some());
        }
        check(&queue);
        assert_eq!((queue.len(), blocks(&queue)), (2 * CAPACITY, 2));
    }

    #[test]
    fn a_line_that_moves_on_reuses_its_memory() {
        let mut queue = PriorityQueue::default();
        for sequence in 0..3 * CAPACITY as u64 {
            queue.push(key(0, sequence), 0);
        }
        for sequence in 0..CAPACITY as u64 {
            assert_eq!(queue.pop(), Some((key(0, sequence), 0)));
        }
        assert_eq!((blocks(&queue), queue.spare[0].room()), (2, CAPACITY));
        queue.push(key(0, 3 * CAPACITY as u64), 0);
        assert_eq!((blocks(&queue), queue.spare.len()), (3, 0));
    }
}
