//! How durations of one kind are spread: exact while small, bounded in error for ever after.
//!
//! Zero has a count of its own, since half of a centre's callers may not wait at all. Up to
//! 256 other samples are kept as they are, and everything is read from them. Beyond, there
//! are buckets for the quantiles, and the ladder of thresholds counts exactly what a service
//! level needs, which is never read from a bucket. What a duration is of does not belong here.

use super::ladder::Thresholds;
use super::spread::{OffLadder, Spread};
use super::tally::{self, Micros};
use super::wide::{EXACT, Wide};
use crate::time::Span;

#[derive(Clone, Debug)]
enum Store {
    /// Microseconds, in no order.
    Exact(Vec<i64>),
    Wide(Box<Wide>),
}

/// Counts of durations by size, their sum, and the greatest.
///
/// Merging is exact and order-free: any merge tree over the same samples gives the same.
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
    store: Store,
}

impl Default for Distribution {
    fn default() -> Self {
        Self { zeros: 0, store: Store::Exact(Vec::new()) }
    }
}

impl Distribution {
    /// Counts one duration.
    #[inline]
    pub fn record(&mut self, span: Span, ladder: &Thresholds) {
        let micros = span.micros();
        if micros == 0 {
            self.zeros += 1;
            return;
        }
        match &mut self.store {
            Store::Exact(values) if values.len() < EXACT => values.push(micros),
            Store::Exact(_) => self.widen(ladder).record(micros, ladder),
            Store::Wide(wide) => wide.record(micros, ladder),
        }
    }

    /// Counts many durations, as one by one.
    pub fn record_all(&mut self, spans: &[Span], ladder: &Thresholds) {
        self.record_many(spans, ladder).expect("a span is one");
    }

    /// Counts a column of durations in microseconds, as one by one.
    ///
    /// # Errors
    /// The first row that is no [`Span`]; then none was counted.
    ///
    /// ```
    /// use ccroute_core::{Distribution, Thresholds};
    /// let (mut waits, ladder) = (Distribution::default(), Thresholds::default());
    /// assert_eq!(waits.record_column(&[0, 3_000_000], &ladder), Ok(()));
    /// assert_eq!(waits.record_column(&[1, -1], &ladder), Err(1));
    /// assert_eq!(waits.count(), 2);
    /// ```
    pub fn record_column(&mut self, micros: &[i64], ladder: &Thresholds) -> Result<(), usize> {
        self.record_many(micros, ladder)
    }

    fn record_many<T: Micros>(&mut self, all: &[T], ladder: &Thresholds) -> Result<(), usize> {
        let room = match &self.store {
            Store::Exact(values) => EXACT - values.len(),
            Store::Wide(_) => 0,
        };
        let above = all.iter().filter(|value| value.micros() != 0).take(room + 1).count();
        if above <= room || all.len() < tally::MANY {
            tally::each(all)?.for_each(|span| self.record(span, ladder));
        } else {
            // Counted apart, for what is no duration is found only on the way.
            let mut wide = Wide::default();
            let zeros = tally::record_all(&mut wide, all, ladder)?;
            self.add_many(zeros, &wide, ladder);
        }
        Ok(())
    }

    /// Adds every duration of `other`, counted with the same thresholds.
    pub fn merge(&mut self, other: &Self, ladder: &Thresholds) {
        match &other.store {
            Store::Exact(values) => self.add_few(other.zeros, values.iter().copied(), ladder),
            Store::Wide(wide) => self.add_many(other.zeros, wide, ladder),
        }
    }

    /// Adds durations kept one by one.
    pub(crate) fn add_few(
        &mut self,
        zeros: u64,
        values: impl Iterator<Item = i64> + Clone,
        ladder: &Thresholds,
    ) {
        self.zeros += zeros;
        match &mut self.store {
            Store::Exact(ours) if ours.len() + values.clone().count() <= EXACT => {
                ours.extend(values);
            }
            Store::Exact(_) | Store::Wide(_) => {
                let wide = self.widen(ladder);
                values.for_each(|micros| wide.record(micros, ladder));
            }
        }
    }

    /// Adds durations that are kept as counts.
    pub(crate) fn add_many(&mut self, zeros: u64, wide: &Wide, ladder: &Thresholds) {
        self.zeros += zeros;
        self.widen(ladder).merge(wide);
    }

    fn widen(&mut self, ladder: &Thresholds) -> &mut Wide {
        if let Store::Exact(values) = &self.store {
            let wide = Wide::of(values.iter().copied(), ladder);
            self.store = Store::Wide(Box::new(wide));
        }
        let Store::Wide(wide) = &mut self.store else { unreachable!("it was just made so") };
        wide
    }

    /// How it is read; `sorted` is room for the samples that are kept as they are.
    pub(crate) fn spread<'a>(&'a self, sorted: &'a mut Vec<i64>) -> Spread<'a> {
        match &self.store {
            Store::Exact(values) => {
                sorted.clear();
                sorted.extend_from_slice(values);
                sorted.sort_unstable();
                Spread::few(self.zeros, sorted)
            }
            Store::Wide(wide) => Spread::many(self.zeros, wide),
        }
    }

    fn read<R>(&self, read: impl FnOnce(Spread<'_>) -> R) -> R {
        read(self.spread(&mut Vec::new()))
    }

    /// How many durations were counted.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.zeros
            + match &self.store {
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
        match &self.store {
            Store::Exact(values) => values.iter().map(|&micros| i128::from(micros)).sum(),
            Store::Wide(wide) => wide.sum,
        }
    }

    /// The squares of the microseconds in all.
    #[must_use]
    pub fn squares(&self) -> i128 {
        self.read(|all| all.squares())
    }

    /// The longest; zero when there is none.
    #[must_use]
    pub fn longest(&self) -> Span {
        self.read(|all| all.longest())
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
        self.read(|all| all.within(threshold, ladder))
    }

    /// How many durations are shorter than `threshold`.
    ///
    /// # Errors
    /// As [`Self::within`].
    pub fn below(&self, threshold: Span, ladder: &Thresholds) -> Result<u64, OffLadder> {
        self.read(|all| all.below(threshold, ladder))
    }

    /// The quantile of `millionths` (500 000 is the median) in seconds, by nearest rank:
    /// the least sample that at least that share of all samples does not exceed. Exact
    /// while [`Self::is_exact`], else at most 0.55 % off, relative; zero is always exact.
    /// `None` when there are no samples.
    #[must_use]
    pub fn quantile(&self, millionths: u32) -> Option<f64> {
        self.read(|all| all.quantile(millionths))
    }

    /// The standard deviation of the population, in seconds; `None` without samples.
    #[must_use]
    pub fn deviation(&self) -> Option<f64> {
        self.read(|all| all.deviation())
    }

    /// The buckets that are not empty, ascending, as exporters want them. Zeros are apart.
    #[must_use]
    pub fn buckets(&self) -> Vec<(i16, u64)> {
        self.read(|all| all.buckets())
    }
}

/// The same durations, whatever order they came in.
impl PartialEq for Distribution {
    fn eq(&self, other: &Self) -> bool {
        let sorted = |values: &[i64]| {
            let mut sorted = values.to_vec();
            sorted.sort_unstable();
            sorted
        };
        self.zeros == other.zeros
            && match (&self.store, &other.store) {
                (Store::Exact(ours), Store::Exact(theirs)) => sorted(ours) == sorted(theirs),
                (Store::Wide(ours), Store::Wide(theirs)) => ours == theirs,
                (Store::Exact(_), Store::Wide(_)) | (Store::Wide(_), Store::Exact(_)) => false,
            }
    }
}

impl Eq for Distribution {}
