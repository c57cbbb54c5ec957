//! The threshold ladder: how many waited no longer than each threshold, counted exactly.
//!
//! A service level must never be read from a histogram, so it is counted here. Which counts
//! make a service level, its formula says.

use serde::{Deserialize, Serialize};

use super::bucket::{BUCKETS, bucket, bucket_row};
use crate::error::ConfigError;
use crate::time::Span;

/// Rungs a ladder can have at most.
pub const MAX_THRESHOLDS: usize = 32;

/// The thresholds a service level can be asked for, ascending.
///
/// ```
/// use ccroute_core::{Span, Thresholds};
/// let ladder = Thresholds::default();
/// assert!(ladder.find(Span::secs(20)).is_ok());
/// let refused = ladder.find(Span::secs(25)).unwrap_err();
/// assert!(refused.message.contains("5s, 10s, 15s, 20s, 30s"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<Span>", into = "Vec<Span>")]
pub struct Thresholds {
    spans: Vec<Span>,
    /// By bucket, how many thresholds lie in lower ones: where the search of a duration begins.
    below: Box<[u8; BUCKETS]>,
    /// By bucket, whether a threshold lies in it: only there does a duration need comparing.
    edges: Box<[bool; BUCKETS]>,
}

impl From<Vec<Span>> for Thresholds {
    fn from(spans: Vec<Span>) -> Self {
        let (mut below, mut edges) = (Box::new([0u8; BUCKETS]), Box::new([false; BUCKETS]));
        for span in spans.iter().filter(|&&span| span > Span::ZERO) {
            let row = bucket_row(bucket(span.micros().cast_unsigned()));
            below[row + 1..].iter_mut().for_each(|count| *count = count.saturating_add(1));
            edges[row] = true;
        }
        Self { spans, below, edges }
    }
}

impl From<Thresholds> for Vec<Span> {
    fn from(all: Thresholds) -> Self {
        all.spans
    }
}

impl Default for Thresholds {
    /// 5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300 and 600 seconds.
    fn default() -> Self {
        [5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600].map(Span::secs).to_vec().into()
    }
}

impl Thresholds {
    /// A ladder of `spans`.
    ///
    /// # Errors
    /// Unless they are 1 to 32, above zero and ascending.
    pub fn new(spans: Vec<Span>) -> Result<Self, ConfigError> {
        if spans.is_empty() || spans.len() > MAX_THRESHOLDS {
            let count = spans.len();
            return Err(ConfigError::new(format!(
                "{count} thresholds: give between 1 and {MAX_THRESHOLDS}"
            )));
        }
        if spans[0] == Span::ZERO {
            return Err(ConfigError::new(
                "threshold 0s: give thresholds above zero; answers without any wait are counted anyway",
            ));
        }
        match spans.windows(2).find(|pair| pair[0] >= pair[1]) {
            Some(pair) => Err(ConfigError::new(format!(
                "threshold {} follows {}: give each once, in ascending order",
                pair[1], pair[0]
            ))),
            None => Ok(spans.into()),
        }
    }

    /// The thresholds, ascending.
    #[must_use]
    pub fn spans(&self) -> &[Span] {
        &self.spans
    }

    /// The rung of `threshold`.
    ///
    /// # Errors
    /// When it is none of the ladder's: only those were counted.
    pub fn find(&self, threshold: Span) -> Result<usize, ConfigError> {
        self.spans.binary_search(&threshold).map_err(|_| {
            let ladder: Vec<String> = self.spans.iter().map(ToString::to_string).collect();
            ConfigError::new(format!(
                "threshold {threshold} is not on the ladder ({}): choose one of these, or \
                 create the aggregator with it",
                ladder.join(", ")
            ))
        })
    }

    /// By place of a bucket, whether a threshold lies in it.
    #[inline]
    pub(crate) fn edges(&self) -> &[bool; BUCKETS] {
        &self.edges
    }

    /// The rung of every duration in a bucket that holds no threshold, by its place.
    pub(crate) fn rung_above(&self, row: usize) -> usize {
        usize::from(self.below[row])
    }

    /// Where a duration above zero falls, whose bucket is known: the lowest rung it does not
    /// exceed, and whether it equals it.
    #[inline]
    pub(crate) fn place_in(&self, bucket: i16, micros: i64) -> Option<Rung> {
        let mut index = usize::from(self.below[bucket_row(bucket)]);
        while let Some(threshold) = self.spans.get(index) {
            if threshold.micros() >= micros {
                return Some(Rung { index, equal: threshold.micros() == micros });
            }
            index += 1;
        }
        None
    }
}

/// Where one duration falls on a ladder.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rung {
    index: usize,
    equal: bool,
}

impl Rung {
    #[inline]
    pub(crate) fn count_in(self, rungs: &mut [(u64, u64)]) {
        rungs[self.index].0 += 1;
        rungs[self.index].1 += u64::from(self.equal);
    }
}

/// Durations counted by rung; empty until the first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ladder {
    /// Per rung: (those above the rung below, up to this one; those that equal it).
    rungs: Vec<(u64, u64)>,
}

impl Ladder {
    /// The counts, of so many rungs.
    #[inline]
    pub(crate) fn rungs(&mut self, height: usize) -> &mut [(u64, u64)] {
        if self.rungs.is_empty() {
            self.rungs.resize(height, (0, 0));
        }
        &mut self.rungs
    }

    /// Takes one away that was counted.
    pub(crate) fn retract(&mut self, rung: Option<Rung>) {
        if let Some(Rung { index, equal }) = rung {
            self.rungs[index].0 -= 1;
            self.rungs[index].1 -= u64::from(equal);
        }
    }

    /// Those up to and including the threshold of rung `index`.
    #[must_use]
    pub fn within(&self, index: usize) -> u64 {
        self.rungs.iter().take(index + 1).map(|&(count, _)| count).sum()
    }

    /// Those of exactly the threshold of rung `index`, so that `<` follows from `<=`.
    #[must_use]
    pub fn equal(&self, index: usize) -> u64 {
        self.rungs.get(index).map_or(0, |&(_, equal)| equal)
    }

    /// Adds the counts of `other`, which has the same thresholds.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.rungs.resize(self.rungs.len().max(other.rungs.len()), (0, 0));
        for (ours, theirs) in self.rungs.iter_mut().zip(&other.rungs) {
            ours.0 += theirs.0;
            ours.1 += theirs.1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_up_to_and_exactly_at_each_threshold() {
        let thresholds = Thresholds::new(vec![Span::secs(5), Span::secs(20)]).unwrap();
        let mut ladder = Ladder::default();
        for seconds in [1, 5, 6, 20, 21] {
            let micros = Span::secs(seconds).micros();
            let place = thresholds.place_in(bucket(micros.cast_unsigned()), micros);
            let rungs = ladder.rungs(2);
            place.into_iter().for_each(|rung| rung.count_in(rungs));
        }
        assert_eq!((ladder.within(0), ladder.equal(0)), (2, 1));
        assert_eq!((ladder.within(1), ladder.equal(1)), (4, 1));
    }

    #[test]
    fn durations_are_placed_as_by_comparing_with_every_threshold() {
        // Several in one bucket, one alone, one beyond all that is measured.
        let spans = [1_000_000, 1_000_001, 1_005_000, 20_000_000, Span::MAX.micros()];
        let spans = spans.map(|micros| Span::from_micros(micros).unwrap()).to_vec();
        let thresholds = Thresholds::new(spans.clone()).unwrap();
        let near = spans.iter().flat_map(|span| (-2..=2).map(|off| span.micros() + off));
        for micros in near.chain([1, 2_000_000]) {
            let slow = spans.partition_point(|threshold| threshold.micros() < micros);
            let found = thresholds.place_in(bucket(micros.cast_unsigned()), micros);
            let found = found.map(|rung| (rung.index, rung.equal));
            let wanted = spans.get(slow).map(|span| (slow, span.micros() == micros));
            assert_eq!(found, wanted, "{micros}");
        }
    }

    #[test]
    fn refuses_what_is_no_ladder() {
        for wrong in [vec![], vec![Span::ZERO], vec![Span::secs(2); 2], vec![Span::secs(1); 33]] {
            assert!(Thresholds::new(wrong.clone()).is_err(), "{wrong:?}");
        }
    }
}
