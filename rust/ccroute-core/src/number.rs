//! Numbers with a fraction, as integers: scores and weights in millionths. Floats
//! exist only at the edge, where they are rounded half to even.

use core::fmt;

use serde::{Deserialize, Serialize};

/// How many make one.
pub const MILLION: i64 = 1_000_000;

/// A score or weight in millionths.
///
/// ```
/// use ccroute_core::Millionths;
/// assert_eq!(Millionths::from_f64(0.7), Some(Millionths::new(700_000)));
/// assert_eq!(Millionths::from_f64(f64::NAN), None);
/// assert_eq!(Millionths::new(1_500_000).to_string(), "1.5");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Millionths(i64);

impl Millionths {
    /// Nothing.
    pub const ZERO: Self = Self(0);
    /// One whole.
    pub const ONE: Self = Self(MILLION);
    /// The greatest there is, a million; products with times stay within 128 bits.
    pub const MAX: Self = Self(MILLION * MILLION);

    /// So many millionths.
    #[must_use]
    pub const fn new(raw: i64) -> Self {
        Self(raw)
    }

    /// The number as integer.
    #[must_use]
    pub const fn raw(self) -> i64 {
        self.0
    }

    /// The nearest to a float, half to even; `None` for what is no number or beyond
    /// ±[`Self::MAX`].
    #[must_use]
    pub fn from_f64(number: f64) -> Option<Self> {
        let scaled = (number * MILLION as f64).round_ties_even();
        (scaled.abs() <= Self::MAX.0 as f64).then_some(Self(scaled as i64))
    }

    /// As a float, for people.
    #[must_use]
    pub fn to_f64(self) -> f64 {
        self.0 as f64 / MILLION as f64
    }
}

impl fmt::Display for Millionths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, part) =
            (self.0.unsigned_abs() / MILLION as u64, self.0.unsigned_abs() % MILLION as u64);
        if part == 0 {
            return write!(f, "{sign}{whole}");
        }
        let digits = format!("{part:06}");
        write!(f, "{sign}{whole}.{}", digits.trim_end_matches('0'))
    }
}

impl fmt::Debug for Millionths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_round_half_to_even() {
        assert_eq!(Millionths::from_f64(0.000_000_5), Some(Millionths::ZERO));
        assert_eq!(Millionths::from_f64(0.000_001_5), Some(Millionths::new(2)));
        assert_eq!(Millionths::from_f64(-1.25), Some(Millionths::new(-1_250_000)));
        assert_eq!(Millionths::from_f64(1e6), Some(Millionths::MAX));
        assert_eq!(Millionths::from_f64(1.1e6), None);
        assert_eq!(Millionths::from_f64(f64::INFINITY), None);
    }

    #[test]
    fn prints_as_people_write() {
        assert_eq!(Millionths::new(-1_250_000).to_string(), "-1.25");
        assert_eq!(Millionths::new(-5).to_string(), "-0.000005");
        assert_eq!(Millionths::MAX.to_string(), "1000000");
    }
}
