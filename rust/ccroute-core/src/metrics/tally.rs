//! Many durations of one kind counted at once: the same as one by one (`wide.rs`), for a
//! fifth of the time.
//!
//! Rows are counted in an array of their own that fits in the fastest cache. A threshold needs
//! no search: whatever lies in a bucket without one is placed with its bucket at the end, and
//! the few that share a bucket with one are set aside and compared after each part. Nothing in
//! the inner loop branches on what a duration is, so that no order of them makes it slow.

use super::bucket::{NORMAL, ROW_OF_ZERO, ROWS, bucket, bucket_at, normal_row};
use super::ladder::Thresholds;
use super::wide::Wide;
use crate::time::Span;

/// Durations looked at together; so many below [`NORMAL`] add up within 64 bits.
const PART: usize = 1_024;
const _: () = assert!(NORMAL.checked_mul(PART as u64).is_some());

/// With fewer than these, clearing and adding up the rows takes longer than it saves.
pub(crate) const MANY: usize = 256;

/// Durations counted in one array of rows: no row can overflow.
const BLOCK: usize = 1 << 24;

/// What may be a duration in microseconds.
pub(crate) trait Micros: Copy {
    fn micros(self) -> i64;
}

impl Micros for Span {
    #[inline(always)]
    fn micros(self) -> i64 {
        Self::micros(self)
    }
}

impl Micros for i64 {
    #[inline(always)]
    fn micros(self) -> i64 {
        self
    }
}

/// Counts all of `values` that are above zero. Returns how many are zero, or else which is the
/// first that is no [`Span`]; some of the others may have been counted then.
pub(crate) fn record_all<T: Micros>(
    wide: &mut Wide,
    values: &[T],
    ladder: &Thresholds,
) -> Result<u64, usize> {
    let (mut zeros, mut rows_before) = (0, 0);
    for block in values.chunks(BLOCK) {
        let mut tally = Tally { rows: [0; ROWS], aside: [0; PART], zeros: 0 };
        for part in block.chunks(PART) {
            if part.len() < MANY || !tally.count(part, wide, ladder) {
                let counted = one_by_one(wide, part, ladder);
                zeros += counted.map_err(|row| rows_before + row)?;
            }
            rows_before += part.len();
        }
        zeros += tally.zeros;
        tally.add_to(wide, ladder);
    }
    Ok(zeros)
}

fn one_by_one<T: Micros>(wide: &mut Wide, values: &[T], ladder: &Thresholds) -> Result<u64, usize> {
    let above = each(values)?.filter(|&span| span > Span::ZERO);
    let counted = above.map(|span| wide.record(span.micros(), ladder)).count();
    Ok((values.len() - counted) as u64)
}

/// The durations, or else which is the first that is none.
pub(crate) fn each<T: Micros>(values: &[T]) -> Result<impl Iterator<Item = Span>, usize> {
    let read = |value: &T| Span::from_micros(value.micros());
    match values.iter().position(|value| read(value).is_none()) {
        Some(row) => Err(row),
        None => Ok(values.iter().filter_map(read)),
    }
}

/// Durations by row, not yet added to the rest.
struct Tally {
    /// Zeros are in [`ROW_OF_ZERO`] too.
    rows: [u32; ROWS],
    /// Those that share a bucket with a threshold; what lies behind them means nothing.
    aside: [u64; PART],
    zeros: u64,
}

impl Tally {
    /// Counts a part of at most [`PART`]: all but their rows at once. Counts nothing and
    /// returns false where one is too long for it, or negative.
    fn count<T: Micros>(&mut self, part: &[T], wide: &mut Wide, ladder: &Thresholds) -> bool {
        let edges = ladder.edges();
        let Self { rows, aside, .. } = self;
        let (mut count, mut zeros) = (0, 0u64);
        let (mut sum, mut squares, mut longest) = (0u64, 0u128, 0u64);
        for value in part {
            let micros = value.micros().cast_unsigned();
            let row = normal_row(micros);
            rows[row] += 1;
            // What needs no comparing is overwritten by the next. The mask changes nothing.
            aside[count & (PART - 1)] = micros;
            count += usize::from(edges[row]);
            sum = sum.wrapping_add(micros);
            squares = squares.wrapping_add(u128::from(micros) * u128::from(micros));
            longest = longest.max(micros);
            zeros += u64::from(micros == 0);
        }
        if longest >= NORMAL {
            part.iter().for_each(|value| rows[normal_row(value.micros().cast_unsigned())] -= 1);
            return false;
        }
        self.zeros += zeros;
        wide.samples += part.len() as u64 - zeros;
        wide.sum += i128::from(sum);
        wide.squares = wide.squares.wrapping_add(squares.cast_signed());
        wide.longest = wide.longest.max(longest.cast_signed());
        let rungs = wide.ladder.rungs(ladder.spans().len());
        for &micros in aside[..count].iter().filter(|&&micros| micros > 0) {
            if let Some(rung) = ladder.place_in(bucket(micros), micros.cast_signed()) {
                rung.count_in(rungs);
            }
        }
        true
    }

    /// Adds the rows to the buckets, and those without a threshold to the ladder.
    fn add_to(mut self, wide: &mut Wide, ladder: &Thresholds) {
        let zeros = u32::try_from(self.zeros).expect("a block has fewer durations");
        self.rows[ROW_OF_ZERO] -= zeros;
        let Some(low) = self.rows.iter().position(|&n| n > 0) else { return };
        let high = self.rows.iter().rposition(|&n| n > 0).unwrap_or(low);
        let counts = wide.buckets.between(bucket_at(low), bucket_at(high));
        let rungs = wide.ladder.rungs(ladder.spans().len());
        for ((row, &n), count) in self.rows.iter().enumerate().skip(low).zip(counts) {
            *count += u64::from(n);
            if !ladder.edges()[row]
                && let Some(rung) = rungs.get_mut(ladder.rung_above(row))
            {
                rung.0 += u64::from(n);
            }
        }
    }
}
