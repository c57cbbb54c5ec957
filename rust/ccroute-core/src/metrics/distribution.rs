//! How durations of one kind are spread: exact while small, bounded in error for ever after.
//!
//! Zero has a count of its own, since half of a centre's callers may not wait at all. Up to
//! 256 other samples are kept as they are, and everything is read from them. Beyond, there
//! are buckets for the quantiles, and the ladder of thresholds counts exactly what a service
//! level needs, which is never read from a bucket. What a duration is of does not belong here.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::bucket::{bucket, midpoint, seconds};
use super::buckets::Buckets;
use super::ladder::{Ladder, Thresholds};
use crate::time::Span;

/// Samples above zero that are kept exactly.
const EXACT: usize = 256;

#[derive(Clone, Debug)]
enum Store {
    /// Microseconds, in no order.
    Exact(Vec<i64>),
    Wide(Box<Wide>),
}

/// What is kept of many samples above zero.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Wide {
    samples: u64,
    /// The squares of the microseconds in all.
    squares: i128,
    longest: i64,
    ladder: Ladder,
    buckets: Buckets,
}

/// Counts of durations by size, their sum, and the greatest.
///
/// Merging is exact and order-free: any merge tree over the same samples gives the same. So
/// is taking away what was counted, but for one thing: [`Self::retract`] says when the
/// greatest, or the list of exact samples, can only be had from the samples themselves.
///
/// ```
/// use ccroute_core::{Distribution, Span, Thresholds};
/// let (mut waits, ladder) = (Distribution::default(), Thresholds::default());
/// for seconds in [0, 3, 111] {
///     waits.record(Span::secs(seconds), &ladder);
/// }
/// assert_eq!(waits.quantile(500_000), Some(3.0));
/// assert_eq!(waits.within(Span::secs(7), &ladder), Ok(2));
/// ```
#[derive(Clone, Debug)]
pub struct Distribution {
    zeros: u64,
    /// Microseconds in all.
    sum: i128,
    store: Store,
}

impl Default for Distribution {
    fn default() -> Self {
        Self { zeros: 0, sum: 0, store: Store::Exact(Vec::new()) }
    }
}

impl Wide {
    fn of(values: &[i64], ladder: &Thresholds) -> Self {
        let mut wide = Self::default();
        values.iter().for_each(|&micros| wide.record(micros, ladder));
        wide
    }

    fn record(&mut self, micros: i64, ladder: &Thresholds) {
        self.samples += 1;
        self.squares = self.squares.wrapping_add(square(micros));
        self.longest = self.longest.max(micros);
        self.ladder.record(ladder.place(micros), ladder.spans().len());
        self.buckets.add(bucket(micros.cast_unsigned()), 1);
    }

    fn retract(&mut self, micros: i64, ladder: &Thresholds) {
        self.samples -= 1;
        self.squares = self.squares.wrapping_sub(square(micros));
        self.ladder.retract(ladder.place(micros));
        self.buckets.take(bucket(micros.cast_unsigned()));
    }

    fn merge(&mut self, other: &Self) {
        self.samples += other.samples;
        self.squares = self.squares.wrapping_add(other.squares);
        self.longest = self.longest.max(other.longest);
        self.ladder.merge(&other.ladder);
        self.buckets.merge(&other.buckets);
    }
}

fn square(micros: i64) -> i128 {
    i128::from(micros) * i128::from(micros)
}

impl Distribution {
    /// Counts one duration.
    pub fn record(&mut self, span: Span, ladder: &Thresholds) {
        let micros = span.micros();
        if micros == 0 {
            self.zeros += 1;
            return;
        }
        self.sum += i128::from(micros);
        match &mut self.store {
            Store::Exact(values) if values.len() < EXACT => values.push(micros),
            Store::Exact(values) => {
                let mut wide = Wide::of(values, ladder);
                wide.record(micros, ladder);
                self.store = Store::Wide(Box::new(wide));
            }
            Store::Wide(wide) => wide.record(micros, ladder),
        }
    }

    /// Takes away one duration that was counted. Returns whether what is left must be
    /// rebuilt from its samples: the greatest may have gone, or few enough are left to be
    /// kept as they are. Counts, sums and buckets are right in any case.
    #[must_use]
    pub fn retract(&mut self, span: Span, ladder: &Thresholds) -> bool {
        let micros = span.micros();
        if micros == 0 {
            self.zeros -= 1;
            return false;
        }
        self.sum -= i128::from(micros);
        match &mut self.store {
            Store::Exact(values) => {
                let row = values.iter().position(|&value| value == micros);
                values.swap_remove(row.expect("what is taken was counted"));
                false
            }
            Store::Wide(wide) => {
                wide.retract(micros, ladder);
                micros >= wide.longest || wide.samples <= EXACT as u64
            }
        }
    }

    /// Adds every duration of `other`, counted with the same thresholds.
    pub fn merge(&mut self, other: &Self, ladder: &Thresholds) {
        self.zeros += other.zeros;
        self.sum += other.sum;
        match (&mut self.store, &other.store) {
            (Store::Exact(ours), Store::Exact(theirs)) if ours.len() + theirs.len() <= EXACT => {
                ours.extend_from_slice(theirs);
            }
            (Store::Exact(ours), theirs) => {
                let mut wide = Wide::of(ours, ladder);
                add(&mut wide, theirs, ladder);
                self.store = Store::Wide(Box::new(wide));
            }
            (Store::Wide(wide), theirs) => add(wide, theirs, ladder),
        }
    }

    /// How many durations were counted.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.zeros + self.samples()
    }

    fn samples(&self) -> u64 {
        match &self.store {
            Store::Exact(values) => values.len() as u64,
            Store::Wide(wide) => wide.samples,
        }
    }

    /// How many of them were zero.
    #[must_use]
    pub fn zeros(&self) -> u64 {
        self.zeros
    }

    /// Microseconds in all.
    #[must_use]
    pub fn sum(&self) -> i128 {
        self.sum
    }

    /// The squares of the microseconds in all.
    #[must_use]
    pub fn squares(&self) -> i128 {
        match &self.store {
            Store::Exact(values) => values.iter().map(|&micros| square(micros)).sum(),
            Store::Wide(wide) => wide.squares,
        }
    }

    /// The longest; zero when there is none.
    #[must_use]
    pub fn longest(&self) -> Span {
        let micros = match &self.store {
            Store::Exact(values) => values.iter().copied().max().unwrap_or(0),
            Store::Wide(wide) => wide.longest,
        };
        Span::from_micros(micros).unwrap_or(Span::MAX)
    }

    /// Whether quantiles are exact: at most 256 samples above zero.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        matches!(self.store, Store::Exact(_))
    }

    /// How many durations are no longer than `threshold`.
    ///
    /// # Errors
    /// When there are too many to be kept as they are and the threshold is not on the ladder.
    pub fn within(&self, threshold: Span, ladder: &Thresholds) -> Result<u64, OffLadder> {
        let limit = threshold.micros();
        Ok(self.zeros
            + match &self.store {
                Store::Exact(values) => {
                    values.iter().filter(|&&value| value <= limit).count() as u64
                }
                Store::Wide(wide) => wide.ladder.within(rung(threshold, ladder)?),
            })
    }

    /// How many durations are shorter than `threshold`.
    ///
    /// # Errors
    /// As [`Self::within`].
    pub fn below(&self, threshold: Span, ladder: &Thresholds) -> Result<u64, OffLadder> {
        let limit = threshold.micros();
        if limit == 0 {
            return Ok(0);
        }
        Ok(self.zeros
            + match &self.store {
                Store::Exact(values) => {
                    values.iter().filter(|&&value| value < limit).count() as u64
                }
                Store::Wide(wide) => {
                    let rung = rung(threshold, ladder)?;
                    wide.ladder.within(rung) - wide.ladder.equal(rung)
                }
            })
    }

    /// The quantile of `millionths` (500 000 is the median) in seconds, by nearest rank:
    /// the least sample that at least that share of all samples does not exceed. Exact
    /// while [`Self::is_exact`], else at most 0.55 % off, relative; zero is always exact.
    /// `None` when there are no samples.
    #[must_use]
    pub fn quantile(&self, millionths: u32) -> Option<f64> {
        let mut sorted = Vec::new();
        self.sort_into(&mut sorted);
        self.quantile_of(millionths, &sorted)
    }

    /// The samples that are kept as they are, in order: what several quantiles are read from.
    pub(crate) fn sort_into(&self, sorted: &mut Vec<i64>) {
        sorted.clear();
        if let Store::Exact(values) = &self.store {
            sorted.extend_from_slice(values);
            sorted.sort_unstable();
        }
    }

    /// As [`Self::quantile`]; `sorted` is of [`Self::sort_into`].
    pub(crate) fn quantile_of(&self, millionths: u32, sorted: &[i64]) -> Option<f64> {
        let all = self.count();
        if all == 0 {
            return None;
        }
        let share = u128::from(millionths.min(1_000_000));
        let rank = (share * u128::from(all)).div_ceil(1_000_000).max(1);
        let rank = u64::try_from(rank).expect("a rank is at most the count");
        let Some(left) = rank.checked_sub(self.zeros).filter(|&left| left > 0) else {
            return Some(0.0);
        };
        match &self.store {
            Store::Exact(_) => {
                sorted.get(left as usize - 1).map(|&micros| seconds(micros.cast_unsigned()))
            }
            // The greatest is known: what stands for its bucket may lie above it.
            Store::Wide(wide) => {
                let longest = seconds(wide.longest.cast_unsigned());
                wide.buckets.at_rank(left).map(|index| midpoint(index).min(longest))
            }
        }
    }

    /// The standard deviation of the population, in seconds; `None` without samples.
    #[must_use]
    pub fn deviation(&self) -> Option<f64> {
        let count = i128::from(self.count());
        if count == 0 {
            return None;
        }
        // Exact in integers up to the root: the variance times the square of the count.
        let spread = count * self.squares() - self.sum * self.sum;
        Some((spread as f64).sqrt() / count as f64 / 1e6)
    }

    /// The buckets that are not empty, ascending, as exporters want them. Zeros are apart.
    #[must_use]
    pub fn buckets(&self) -> Vec<(i16, u64)> {
        match &self.store {
            Store::Exact(values) => {
                let mut buckets = Buckets::default();
                values.iter().for_each(|&micros| buckets.add(bucket(micros.cast_unsigned()), 1));
                buckets.list()
            }
            Store::Wide(wide) => wide.buckets.list(),
        }
    }
}

fn add(wide: &mut Wide, theirs: &Store, ladder: &Thresholds) {
    match theirs {
        Store::Exact(values) => values.iter().for_each(|&micros| wide.record(micros, ladder)),
        Store::Wide(other) => wide.merge(other),
    }
}

/// A threshold that was not counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OffLadder(pub Span);

fn rung(threshold: Span, ladder: &Thresholds) -> Result<usize, OffLadder> {
    ladder.find(threshold).map_err(|_| OffLadder(threshold))
}

/// What a distribution is, without the order its samples came in.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Content {
    zeros: u64,
    sum: i128,
    exact: Option<Vec<i64>>,
    wide: Option<Box<Wide>>,
}

impl From<&Distribution> for Content {
    fn from(all: &Distribution) -> Self {
        let (zeros, sum) = (all.zeros, all.sum);
        match &all.store {
            Store::Exact(values) => {
                let mut sorted = values.clone();
                sorted.sort_unstable();
                Self { zeros, sum, exact: Some(sorted), wide: None }
            }
            Store::Wide(wide) => Self { zeros, sum, exact: None, wide: Some(wide.clone()) },
        }
    }
}

impl PartialEq for Distribution {
    fn eq(&self, other: &Self) -> bool {
        Content::from(self) == Content::from(other)
    }
}

impl Eq for Distribution {}

impl Serialize for Distribution {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Content::from(self).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Distribution {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Content { zeros, sum, exact, wide } = Content::deserialize(deserializer)?;
        let store = match wide {
            Some(wide) => Store::Wide(wide),
            None => Store::Exact(exact.unwrap_or_default()),
        };
        Ok(Self { zeros, sum, store })
    }
}
