//! Numbers of a source that were passed over, as ranges: what tells an event that comes too
//! late from one that comes twice. When to pass over belongs to `order.rs`.

use serde::{Deserialize, Serialize};

/// Ranges kept; beyond, the two oldest become one with all between them.
const MAX_RANGES: usize = 1_024;

/// Ranges of numbers, first and last included, ascending and apart.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Skipped {
    ranges: Vec<(u64, u64)>,
}

impl Skipped {
    /// Adds the numbers from `first` to `last`, which lie above all others; none when
    /// `first` is the greater.
    pub(super) fn push(&mut self, first: u64, last: u64) {
        if first > last {
            return;
        }
        match self.ranges.last_mut() {
            Some(before) if before.1.saturating_add(1) >= first => before.1 = last,
            Some(_) | None => self.ranges.push((first, last)),
        }
        if self.ranges.len() > MAX_RANGES {
            let (first, _) = self.ranges.remove(0);
            self.ranges[0].0 = first;
        }
    }

    /// Whether `number` was passed over.
    pub(super) fn contains(&self, number: u64) -> bool {
        let after = self.ranges.partition_point(|&(first, _)| first <= number);
        after > 0 && self.ranges[after - 1].1 >= number
    }

    /// These and all numbers above `reached` up to `last`.
    pub(super) fn until(&self, reached: u64, last: u64) -> Self {
        let mut more = self.clone();
        more.push(reached.saturating_add(1), last);
        more
    }

    /// The numbers that were passed over in both.
    pub(super) fn common(&self, other: &Self) -> Self {
        let (mut ours, mut theirs) =
            (self.ranges.iter().peekable(), other.ranges.iter().peekable());
        let mut both = Self::default();
        while let (Some(&&(first, last)), Some(&&(begin, end))) = (ours.peek(), theirs.peek()) {
            both.push(first.max(begin), last.min(end));
            if last < end {
                ours.next();
            } else {
                theirs.next();
            }
        }
        both
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn skipped(ranges: &[(u64, u64)]) -> Skipped {
        let mut skipped = Skipped::default();
        ranges.iter().for_each(|&(first, last)| skipped.push(first, last));
        skipped
    }

    #[test]
    fn ranges_hold_their_ends_and_nothing_else() {
        let skipped = skipped(&[(1, 4), (5, 6), (9, 9), (12, 11)]);
        assert_eq!(skipped.ranges, [(1, 6), (9, 9)]);
        let inside: Vec<u64> = (0..14).filter(|&number| skipped.contains(number)).collect();
        assert_eq!(inside, [1, 2, 3, 4, 5, 6, 9]);
    }

    #[test]
    fn what_is_common_is_in_both() {
        let (ours, theirs) = (skipped(&[(1, 6), (9, 9), (20, 30)]), skipped(&[(3, 9), (25, 25)]));
        assert_eq!(ours.common(&theirs), skipped(&[(3, 6), (9, 9), (25, 25)]));
        assert_eq!(theirs.common(&ours), ours.common(&theirs));
        assert_eq!(skipped(&[(2, 3)]).until(5, 8), skipped(&[(2, 3), (6, 8)]));
        assert_eq!(skipped(&[(2, 3)]).until(5, 5), skipped(&[(2, 3)]));
    }

    #[test]
    fn too_many_ranges_become_fewer_and_cover_as_much() {
        let mut skipped = Skipped::default();
        for number in 1..=2_000 {
            skipped.push(3 * number, 3 * number);
        }
        assert_eq!(skipped.ranges.len(), MAX_RANGES);
        assert!((1..=2_000).all(|number| skipped.contains(3 * number)));
        assert!(!skipped.contains(5_999));
    }
}
