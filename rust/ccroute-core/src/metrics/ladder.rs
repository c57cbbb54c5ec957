//! The threshold ladder: how many waited no longer than each threshold, counted exactly.
//!
//! A service level must never be read from a histogram, so it is counted here. Which counts
//! make a service level, its formula says.

use serde::{Deserialize, Serialize};

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
pub struct Thresholds(Vec<Span>);

impl Default for Thresholds {
    /// 5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300 and 600 seconds.
    fn default() -> Self {
        Self([5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600].map(Span::secs).to_vec())
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
            None => Ok(Self(spans)),
        }
    }

    /// The thresholds, ascending.
    #[must_use]
    pub fn spans(&self) -> &[Span] {
        &self.0
    }

    /// The rung of `threshold`.
    ///
    /// # Errors
    /// When it is none of the ladder's: only those were counted.
    pub fn find(&self, threshold: Span) -> Result<usize, ConfigError> {
        self.0.binary_search(&threshold).map_err(|_| {
            let ladder: Vec<String> = self.0.iter().map(ToString::to_string).collect();
            ConfigError::new(format!(
                "threshold {threshold} is not on the ladder ({}): choose one of these, or \
                 create the aggregator with it",
                ladder.join(", ")
            ))
        })
    }

    /// Where a duration falls: the lowest rung it does not exceed, and whether it equals it.
    pub(crate) fn place(&self, micros: i64) -> Option<Rung> {
        let index = self.0.partition_point(|threshold| threshold.micros() < micros);
        self.0.get(index).map(|threshold| Rung { index, equal: threshold.micros() == micros })
    }
}

/// Where one duration falls on a ladder.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rung {
    index: usize,
    equal: bool,
}

/// Durations counted by rung; empty until the first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ladder {
    /// Per rung: (those above the rung below, up to this one; those that equal it).
    rungs: Vec<(u64, u64)>,
}

impl Ladder {
    /// Counts one on a ladder of `height` rungs; `None` is past the last.
    pub(crate) fn record(&mut self, rung: Option<Rung>, height: usize) {
        if let Some(Rung { index, equal }) = rung {
            self.rungs.resize(height, (0, 0));
            self.rungs[index].0 += 1;
            self.rungs[index].1 += u64::from(equal);
        }
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
        for seconds in [0, 5, 6, 20, 21] {
            ladder.record(thresholds.place(Span::secs(seconds).micros()), 2);
        }
        assert_eq!((ladder.within(0), ladder.equal(0)), (2, 1));
        assert_eq!((ladder.within(1), ladder.equal(1)), (4, 1));
    }

    #[test]
    fn refuses_what_is_no_ladder() {
        for wrong in [vec![], vec![Span::ZERO], vec![Span::secs(2); 2], vec![Span::secs(1); 33]] {
            assert!(Thresholds::new(wrong.clone()).is_err(), "{wrong:?}");
        }
    }
}
