//! What is kept of many durations of one kind: too many to keep them one by one. All of it
//! adds and subtracts exactly, but for the greatest. How few are kept is in `timings.rs` and
//! `distribution.rs`, what is read of both in `spread.rs`.

use serde::{Deserialize, Serialize};

use super::bucket::bucket;
use super::buckets::Buckets;
use super::ladder::{Ladder, Thresholds};

/// Samples above zero of one kind that are kept one by one.
pub(crate) const EXACT: usize = 256;

/// Counts of durations above zero, in microseconds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Wide {
    pub(crate) samples: u64,
    pub(crate) sum: i128,
    /// The squares of the microseconds in all.
    pub(crate) squares: i128,
    pub(crate) longest: i64,
    pub(crate) ladder: Ladder,
    pub(crate) buckets: Buckets,
}

pub(crate) fn square(micros: i64) -> i128 {
    i128::from(micros) * i128::from(micros)
}

impl Wide {
    pub(crate) fn of(values: impl IntoIterator<Item = i64>, ladder: &Thresholds) -> Self {
        let mut wide = Self::default();
        values.into_iter().for_each(|micros| wide.record(micros, ladder));
        wide
    }

    #[inline]
    pub(crate) fn record(&mut self, micros: i64, ladder: &Thresholds) {
        let index = bucket(micros.cast_unsigned());
        self.samples += 1;
        self.sum += i128::from(micros);
        self.squares = self.squares.wrapping_add(square(micros));
        self.longest = self.longest.max(micros);
        let rungs = self.ladder.rungs(ladder.spans().len());
        if let Some(rung) = ladder.place_in(index, micros) {
            rung.count_in(rungs);
        }
        self.buckets.add(index, 1);
    }

    /// Takes away one that was counted. Returns whether what is left must be rebuilt from its
    /// samples: the greatest may have gone, or few enough are left to be kept one by one.
    pub(crate) fn retract(&mut self, micros: i64, ladder: &Thresholds) -> bool {
        let index = bucket(micros.cast_unsigned());
        self.samples -= 1;
        self.sum -= i128::from(micros);
        self.squares = self.squares.wrapping_sub(square(micros));
        self.ladder.retract(ladder.place_in(index, micros));
        self.buckets.take(index);
        micros >= self.longest || self.samples <= EXACT as u64
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.samples += other.samples;
        self.sum += other.sum;
        self.squares = self.squares.wrapping_add(other.squares);
        self.longest = self.longest.max(other.longest);
        self.ladder.merge(&other.ladder);
        self.buckets.merge(&other.buckets);
    }
}
