//! What is read of durations of one kind, whether they are kept one by one or as counts. How
//! they are kept does not belong here.

use super::bucket::{bucket, midpoint, seconds};
use super::buckets::Buckets;
use super::ladder::Thresholds;
use super::wide::{Wide, square};
use crate::time::Span;

/// Durations above zero.
#[derive(Clone, Copy, Debug)]
enum Samples<'a> {
    /// Microseconds, ascending.
    Few(&'a [i64]),
    Many(&'a Wide),
}

/// Durations of one kind as they are read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spread<'a> {
    zeros: u64,
    samples: Samples<'a>,
}

/// A threshold that was not counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OffLadder(pub Span);

impl<'a> Spread<'a> {
    /// Of durations kept one by one; `sorted`: those above zero, ascending.
    pub(crate) fn few(zeros: u64, sorted: &'a [i64]) -> Self {
        Self { zeros, samples: Samples::Few(sorted) }
    }

    pub(crate) fn many(zeros: u64, wide: &'a Wide) -> Self {
        Self { zeros, samples: Samples::Many(wide) }
    }

    pub(crate) fn count(&self) -> u64 {
        self.zeros
            + match self.samples {
                Samples::Few(sorted) => sorted.len() as u64,
                Samples::Many(wide) => wide.samples,
            }
    }

    pub(crate) fn zeros(&self) -> u64 {
        self.zeros
    }

    /// Microseconds in all.
    pub(crate) fn sum(&self) -> i128 {
        match self.samples {
            // Where so many of the longest fit into 64 bits, all of them do.
            Samples::Few(sorted) => {
                match sorted.last().map(|last| last.checked_mul(sorted.len() as i64)) {
                    Some(None) => sorted.iter().map(|&micros| i128::from(micros)).sum(),
                    Some(Some(_)) | None => sorted.iter().sum::<i64>().into(),
                }
            }
            Samples::Many(wide) => wide.sum,
        }
    }

    pub(crate) fn squares(&self) -> i128 {
        match self.samples {
            Samples::Few(sorted) => sorted.iter().map(|&micros| square(micros)).sum(),
            Samples::Many(wide) => wide.squares,
        }
    }

    pub(crate) fn longest(&self) -> Span {
        let micros = match self.samples {
            Samples::Few(sorted) => sorted.last().copied().unwrap_or(0),
            Samples::Many(wide) => wide.longest,
        };
        Span::from_micros(micros).unwrap_or(Span::MAX)
    }

    pub(crate) fn is_exact(&self) -> bool {
        matches!(self.samples, Samples::Few(_))
    }

    pub(crate) fn within(&self, threshold: Span, ladder: &Thresholds) -> Result<u64, OffLadder> {
        let limit = threshold.micros();
        Ok(self.zeros
            + match self.samples {
                Samples::Few(sorted) => sorted.partition_point(|&micros| micros <= limit) as u64,
                Samples::Many(wide) => wide.ladder.within(rung(threshold, ladder)?),
            })
    }

    pub(crate) fn below(&self, threshold: Span, ladder: &Thresholds) -> Result<u64, OffLadder> {
        let limit = threshold.micros();
        if limit == 0 {
            return Ok(0);
        }
        Ok(self.zeros
            + match self.samples {
                Samples::Few(sorted) => sorted.partition_point(|&micros| micros < limit) as u64,
                Samples::Many(wide) => {
                    let rung = rung(threshold, ladder)?;
                    wide.ladder.within(rung) - wide.ladder.equal(rung)
                }
            })
    }

    #[inline]
    pub(crate) fn quantile(&self, millionths: u32) -> Option<f64> {
        let all = self.count();
        if all == 0 {
            return None;
        }
        let share = u64::from(millionths.min(1_000_000));
        let rank = match all.checked_mul(share) {
            Some(product) => product.div_ceil(1_000_000),
            // In two parts, as the product is too great.
            None => {
                let (whole, rest) = (all / 1_000_000, all % 1_000_000);
                whole * share + (rest * share).div_ceil(1_000_000)
            }
        };
        let rank = rank.max(1);
        let Some(left) = rank.checked_sub(self.zeros).filter(|&left| left > 0) else {
            return Some(0.0);
        };
        match self.samples {
            Samples::Few(sorted) => {
                sorted.get(left as usize - 1).map(|&micros| seconds(micros.cast_unsigned()))
            }
            // The greatest is known: what stands for its bucket may lie above it.
            Samples::Many(wide) => {
                let longest = seconds(wide.longest.cast_unsigned());
                wide.buckets.at_rank(left).map(|index| midpoint(index).min(longest))
            }
        }
    }

    pub(crate) fn deviation(&self) -> Option<f64> {
        let count = i128::from(self.count());
        if count == 0 {
            return None;
        }
        // Exact in integers up to the root: the variance times the square of the count.
        let (sum, squares) = (self.sum(), self.squares());
        let exact = count.checked_mul(squares).zip(sum.checked_mul(sum));
        let spread = exact.map_or_else(
            // Of durations of many years only: beyond what integers hold.
            || (count as f64 * squares as f64 - (sum as f64).powi(2)).max(0.0),
            |(squares, sums)| (squares - sums) as f64,
        );
        Some(spread.sqrt() / count as f64 / 1e6)
    }

    pub(crate) fn buckets(&self) -> Vec<(i16, u64)> {
        match self.samples {
            Samples::Few(sorted) => {
                let mut buckets = Buckets::default();
                sorted.iter().for_each(|&micros| buckets.add(bucket(micros.cast_unsigned()), 1));
                buckets.list()
            }
            Samples::Many(wide) => wide.buckets.list(),
        }
    }
}

fn rung(threshold: Span, ladder: &Thresholds) -> Result<usize, OffLadder> {
    ladder.find(threshold).map_err(|_| OffLadder(threshold))
}
