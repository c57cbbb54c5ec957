//! The distribution of a duration: exact while small, bounded in error for ever after.
//!
//! Zero has a count of its own, since half of a centre's callers may not wait at all. Up to
//! 256 other samples are kept as they are; beyond, only their buckets (see `bucket.rs`), in
//! a sorted list while few are touched and in a plain vector after. Sums, and anything that
//! must be exact, do not belong here.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::bucket::{bucket, midpoint, seconds};
use crate::time::Span;

/// Samples above zero that are kept exactly.
const EXACT: usize = 256;
/// Buckets kept as a sorted list; with more, a vector is smaller and faster.
const SPARSE: usize = 96;

#[derive(Clone, Debug)]
enum Store {
    /// Microseconds, in order of arrival.
    Exact(Vec<u64>),
    /// (bucket, count), ascending, no count zero.
    Sparse(Vec<(i16, u64)>),
    /// Counts from bucket `first` on.
    Dense { first: i16, counts: Vec<u64> },
}

/// Counts of durations by size. Merging is exact and order-free: any merge tree over the
/// same samples gives the same histogram.
///
/// ```
/// use ccroute_core::{Histogram, Span};
/// let mut waits = Histogram::default();
/// for seconds in [0, 3, 111] {
///     waits.record(Span::secs(seconds));
/// }
/// assert_eq!(waits.quantile(500_000), Some(3.0));
/// ```
#[derive(Clone, Debug)]
pub struct Histogram {
    zeros: u64,
    samples: u64,
    store: Store,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { zeros: 0, samples: 0, store: Store::Exact(Vec::new()) }
    }
}

impl Histogram {
    /// Counts one duration.
    pub fn record(&mut self, span: Span) {
        let micros = span.micros().cast_unsigned();
        if micros == 0 {
            self.zeros += 1;
            return;
        }
        self.samples += 1;
        match &mut self.store {
            Store::Exact(values) if values.len() < EXACT => values.push(micros),
            Store::Exact(_) | Store::Sparse(_) | Store::Dense { .. } => {
                self.leave_exact();
                self.count(bucket(micros), 1);
            }
        }
    }

    /// How many durations were counted.
    #[must_use]
    pub fn count_all(&self) -> u64 {
        self.zeros + self.samples
    }

    /// How many of them were zero.
    #[must_use]
    pub fn zeros(&self) -> u64 {
        self.zeros
    }

    /// Whether quantiles are exact: at most 256 samples above zero so far.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        matches!(self.store, Store::Exact(_))
    }

    /// Adds every sample of `other`.
    pub fn merge(&mut self, other: &Self) {
        self.zeros += other.zeros;
        self.samples += other.samples;
        if let (Store::Exact(ours), Store::Exact(theirs)) = (&mut self.store, &other.store)
            && ours.len() + theirs.len() <= EXACT
        {
            ours.extend_from_slice(theirs);
            return;
        }
        self.leave_exact();
        match &other.store {
            Store::Exact(values) => values.iter().for_each(|&value| self.count(bucket(value), 1)),
            Store::Sparse(counts) => counts.iter().for_each(|&(at, n)| self.count(at, n)),
            Store::Dense { first, counts } => self.count_all_from(*first, counts),
        }
    }

    /// The quantile of `millionths` (500 000 is the median) in seconds, by nearest rank:
    /// the least sample that at least that share of all samples does not exceed. Exact
    /// while [`Self::is_exact`], else at most 0.55 % off, relative; zero is always exact.
    /// `None` when there are no samples.
    #[must_use]
    pub fn quantile(&self, millionths: u32) -> Option<f64> {
        let all = self.count_all();
        if all == 0 {
            return None;
        }
        let share = u128::from(millionths.min(1_000_000));
        let rank = (share * u128::from(all)).div_ceil(1_000_000).max(1);
        let rank = u64::try_from(rank).expect("a rank is at most the count");
        if rank <= self.zeros {
            return Some(0.0);
        }
        let mut left = rank - self.zeros;
        if let Store::Exact(values) = &self.store {
            let mut sorted = values.clone();
            sorted.sort_unstable();
            return sorted.get(left as usize - 1).map(|&micros| seconds(micros));
        }
        for (index, count) in self.buckets() {
            if left <= count {
                return Some(midpoint(index));
            }
            left -= count;
        }
        None
    }

    /// The buckets that are not empty, ascending, as exporters want them. Zeros are apart.
    #[must_use]
    pub fn buckets(&self) -> Vec<(i16, u64)> {
        match &self.store {
            Store::Exact(values) => {
                let mut all = Self { store: Store::Sparse(Vec::new()), ..Self::default() };
                values.iter().for_each(|&value| all.count(bucket(value), 1));
                all.buckets()
            }
            Store::Sparse(counts) => counts.clone(),
            Store::Dense { first, counts } => {
                (*first..).zip(counts.iter().copied()).filter(|&(_, n)| n > 0).collect()
            }
        }
    }

    fn leave_exact(&mut self) {
        if self.is_exact() {
            self.store = Store::Sparse(self.buckets());
            self.widen();
        }
    }

    /// Adds `n` to a bucket of a store that is not exact.
    fn count(&mut self, index: i16, n: u64) {
        match &mut self.store {
            Store::Exact(_) => unreachable!("the exact list was left before"),
            Store::Sparse(counts) => {
                match counts.binary_search_by_key(&index, |&(at, _)| at) {
                    Ok(row) => counts[row].1 += n,
                    Err(row) => counts.insert(row, (index, n)),
                }
                self.widen();
            }
            Store::Dense { first, counts } => {
                reach(first, counts, index, index);
                counts[(index - *first) as usize] += n;
            }
        }
    }

    fn count_all_from(&mut self, start: i16, more: &[u64]) {
        if let (Store::Dense { first, counts }, Some(last)) =
            (&mut self.store, more.len().checked_sub(1))
        {
            let last = start + i16::try_from(last).expect("as many buckets as indexes");
            reach(first, counts, start, last);
            let room = &mut counts[(start - *first) as usize..];
            room.iter_mut().zip(more).for_each(|(ours, theirs)| *ours += theirs);
        } else {
            let touched = (start..).zip(more).filter(|&(_, &n)| n > 0);
            touched.for_each(|(index, &n)| self.count(index, n));
        }
    }

    /// Goes from the list to the vector once enough buckets are touched.
    fn widen(&mut self) {
        if let Store::Sparse(list) = &self.store
            && list.len() > SPARSE
        {
            let (low, high) = (list[0].0, list[list.len() - 1].0);
            let (mut first, mut counts) = (low, Vec::new());
            reach(&mut first, &mut counts, low, high);
            list.iter().for_each(|&(index, n)| counts[(index - low) as usize] = n);
            self.store = Store::Dense { first, counts };
        }
    }
}

/// Makes room in `counts`, which begins at bucket `first`, for the buckets `low..=high`.
fn reach(first: &mut i16, counts: &mut Vec<u64>, low: i16, high: i16) {
    if low < *first {
        let missing = (*first - low) as usize;
        counts.splice(0..0, std::iter::repeat_n(0, missing));
        *first = low;
    }
    let wanted = (high - *first) as usize + 1;
    if wanted > counts.len() {
        counts.resize(wanted, 0);
    }
}

/// What a histogram is, without how it happens to be kept.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Content {
    zeros: u64,
    exact: Option<Vec<u64>>,
    buckets: Vec<(i16, u64)>,
}

impl From<&Histogram> for Content {
    fn from(histogram: &Histogram) -> Self {
        let zeros = histogram.zeros;
        match &histogram.store {
            Store::Exact(values) => {
                let mut sorted = values.clone();
                sorted.sort_unstable();
                Self { zeros, exact: Some(sorted), buckets: Vec::new() }
            }
            Store::Sparse(_) | Store::Dense { .. } => {
                Self { zeros, exact: None, buckets: histogram.buckets() }
            }
        }
    }
}

impl PartialEq for Histogram {
    fn eq(&self, other: &Self) -> bool {
        Content::from(self) == Content::from(other)
    }
}

impl Eq for Histogram {}

impl Serialize for Histogram {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Content::from(self).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Histogram {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Content { zeros, exact, buckets } = Content::deserialize(deserializer)?;
        let mut histogram = Self { zeros, ..Self::default() };
        if let Some(values) = exact {
            histogram.samples = values.len() as u64;
            histogram.store = Store::Exact(values);
        } else {
            histogram.samples = buckets.iter().map(|&(_, n)| n).sum();
            histogram.store = Store::Sparse(buckets);
            histogram.widen();
        }
        Ok(histogram)
    }
}
