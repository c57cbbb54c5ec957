//! Points in time and lengths of time, in whole microseconds.
//!
//! Arithmetic cannot wrap: a [`Timestamp`] and a [`Span`] stay inside
//! [`Timestamp::MAX`], and sums saturate there. Seconds as floats exist only at
//! the edge, where [`Span::from_secs`] rounds half to even.

use core::fmt;
use core::ops::{Add, Sub};

use serde::{Deserialize, Serialize};

/// The latest instant the engine accepts (year 3111), which lets an instant share
/// a machine word pair with a band and a sequence number.
const LIMIT: i64 = (1 << 55) - 1;

/// Microseconds in one second.
pub const MICROS: i64 = 1_000_000;

/// An instant: microseconds since the Unix epoch, never negative.
///
/// ```
/// use ccroute_core::{Span, Timestamp};
/// let start = Timestamp::from_micros(5_000_000).unwrap();
/// assert_eq!((start + Span::from_secs(1.5).unwrap()).micros(), 6_500_000);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Timestamp(i64);

/// A length of time in microseconds, never negative.
///
/// ```
/// use ccroute_core::Span;
/// assert_eq!(Span::from_secs(0.25).unwrap().micros(), 250_000);
/// assert!(Span::from_secs(f64::NAN).is_none());
/// assert!(Span::from_secs(-1.0).is_none());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Span(i64);

impl Timestamp {
    /// The Unix epoch.
    pub const ZERO: Self = Self(0);
    /// The latest instant the engine accepts.
    pub const MAX: Self = Self(LIMIT);

    /// The instant `micros` after the epoch; `None` when negative or past [`Self::MAX`].
    #[must_use]
    pub const fn from_micros(micros: i64) -> Option<Self> {
        if micros >= 0 && micros <= LIMIT { Some(Self(micros)) } else { None }
    }

    /// Microseconds since the epoch.
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Time passed since `earlier`, zero when `earlier` lies ahead.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Span {
        let passed = self.0 - earlier.0;
        Span(if passed > 0 { passed } else { 0 })
    }
}

impl Span {
    /// No time at all.
    pub const ZERO: Self = Self(0);
    /// The shortest span that is not zero.
    pub const SHORTEST: Self = Self(1);
    /// The longest span the engine accepts.
    pub const MAX: Self = Self(LIMIT);
    /// The longest duration of a plan and the longest head start: ten years of 365
    /// days. Longer is a slip of the pen.
    pub const LONGEST_SETTING: Self = Self::secs(10 * 365 * 86_400);

    /// A span of `micros`; `None` when negative or past [`Self::MAX`].
    #[must_use]
    pub const fn from_micros(micros: i64) -> Option<Self> {
        if micros >= 0 && micros <= LIMIT { Some(Self(micros)) } else { None }
    }

    /// A span of `seconds`, rounded half to even to whole microseconds; `None` when
    /// it is not a number, negative or too long.
    #[must_use]
    pub fn from_secs(seconds: f64) -> Option<Self> {
        let micros = (seconds * 1e6).round_ties_even();
        // The comparison is false for NaN.
        if micros >= 0.0 && micros <= LIMIT as f64 {
            Self::from_micros(micros as i64)
        } else {
            None
        }
    }

    /// Whole seconds, for settings written in code.
    #[must_use]
    pub const fn secs(seconds: u32) -> Self {
        Self(seconds as i64 * MICROS)
    }

    /// Microseconds.
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.0
    }
}

/// A head start: how much earlier, or (negative) later, a contact counts as having
/// come.
///
/// ```
/// use ccroute_core::{Shift, Span};
/// assert_eq!(Shift::from(Span::secs(60)).micros(), 60_000_000);
/// assert_eq!(Shift::from_secs(-0.5).unwrap().to_string(), "-0.5s");
/// assert!(Shift::from_secs(f64::NAN).is_none());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
pub struct Shift(i64);

impl Shift {
    /// Neither earlier nor later.
    pub const ZERO: Self = Self(0);

    /// So many microseconds; `None` beyond [`Span::MAX`] either way.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Option<Self> {
        if micros >= -LIMIT && micros <= LIMIT { Some(Self(micros)) } else { None }
    }

    /// So many seconds, rounded half to even; `None` for what is no number or too long.
    #[must_use]
    pub fn from_secs(seconds: f64) -> Option<Self> {
        let micros = (seconds * 1e6).round_ties_even();
        if micros.abs() <= LIMIT as f64 { Self::from_micros(micros as i64) } else { None }
    }

    /// Microseconds; positive is earlier.
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// How long it is, whichever way.
    #[must_use]
    pub const fn length(self) -> Span {
        Span(self.0.abs())
    }
}

impl From<Span> for Shift {
    fn from(span: Span) -> Self {
        Self(span.0)
    }
}

/// Saturates.
impl Add for Shift {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self((self.0 + other.0).clamp(-LIMIT, LIMIT))
    }
}

impl Add<Span> for Timestamp {
    type Output = Self;
    fn add(self, span: Span) -> Self {
        Self((self.0 + span.0).min(LIMIT))
    }
}

impl Sub<Span> for Timestamp {
    type Output = Self;
    fn sub(self, span: Span) -> Self {
        Self((self.0 - span.0).max(0))
    }
}

impl Add for Span {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self((self.0 + other.0).min(LIMIT))
    }
}

fn seconds(f: &mut fmt::Formatter<'_>, micros: i64) -> fmt::Result {
    let sign = if micros < 0 { "-" } else { "" };
    let unit = MICROS.unsigned_abs();
    let (whole, part) = (micros.unsigned_abs() / unit, micros.unsigned_abs() % unit);
    if part == 0 {
        write!(f, "{sign}{whole}s")
    } else {
        let digits = format!("{part:06}");
        write!(f, "{sign}{whole}.{}s", digits.trim_end_matches('0'))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        seconds(f, self.0)
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        seconds(f, self.0)
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        seconds(f, self.0)
    }
}

impl fmt::Display for Shift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        seconds(f, self.0)
    }
}

impl fmt::Debug for Shift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        seconds(f, self.0)
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        seconds(f, self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_saturate_instead_of_wrapping() {
        assert_eq!(Timestamp::MAX + Span::MAX, Timestamp::MAX);
        assert_eq!(Timestamp::ZERO - Span::MAX, Timestamp::ZERO);
        assert_eq!(Timestamp::ZERO.since(Timestamp::MAX), Span::ZERO);
    }

    #[test]
    fn seconds_round_half_to_even() {
        assert_eq!(Span::from_secs(0.000_000_5), Some(Span(0)));
        assert_eq!(Span::from_secs(0.000_001_5), Some(Span(2)));
        assert_eq!(Span::from_secs(f64::INFINITY), None);
    }

    #[test]
    fn prints_without_trailing_zeros() {
        assert_eq!(Span(1_500_000).to_string(), "1.5s");
        assert_eq!(Span(60_000_000).to_string(), "60s");
    }
}
