//! The service level in its variants: which counts make the ratio. Where the counts come
//! from is in `ladder.rs`; a ratio exists only here, at read time, as two integers.

use super::cell::Cell;
use super::ladder::Thresholds;
use crate::error::ConfigError;
use crate::event::words;
use crate::time::Span;

/// Two counts whose quotient is asked for. No quotient is stored or averaged anywhere.
///
/// ```
/// use ccroute_core::Ratio;
/// assert_eq!(Ratio { numerator: 3, denominator: 4 }.value(), Some(0.75));
/// assert_eq!(Ratio { numerator: 0, denominator: 0 }.value(), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ratio {
    /// What is counted.
    pub numerator: u64,
    /// Out of what.
    pub denominator: u64,
}

impl Ratio {
    /// The quotient; `None` for nothing out of nothing, which is neither 0 nor 100 %.
    #[must_use]
    pub fn value(self) -> Option<f64> {
        (self.denominator > 0).then(|| self.numerator as f64 / self.denominator as f64)
    }
}

words!(
    /// The service level, as different houses count it. A answered, B abandoned; a(T), b(T)
    /// of them within the threshold T (`<=`); s abandoned within the short threshold S.
    /// Sources by their numbers in `docs/metrics.md`.
    ServiceLevel {
        /// a(T) / (A + B): every abandoned contact is a failure. The default.
        AnsweredWithin = "sl.answered_within",
        /// a(T) / A: blind to those who gave up.
        AnsweredOnly = "sl.answered_only",
        /// a(T) / (A + B - b(T)): those who left within T do not count.
        LateAbandons = "sl.late_abandons",
        /// (a(T) + b(T)) / (A + B): those who left within T count as served.
        AbandonsCredited = "sl.abandons_credited",
        /// a(T) / (A + B - s): those who left within S do not count.
        ShortExcluded = "sl.short_excluded",
        /// (a(T) + s) / (A + B): those who left within S count as served.
        ShortCredited = "sl.short_credited",
    }
);

impl ServiceLevel {
    /// The ratio over `cell`, for threshold `within` and short threshold `short`. Only
    /// the two short variants look at `short`.
    ///
    /// # Errors
    /// When a threshold it needs is not on the ladder.
    pub fn ratio(
        self,
        cell: &Cell,
        ladder: &Thresholds,
        within: Span,
        short: Span,
    ) -> Result<Ratio, ConfigError> {
        let rung = ladder.find(within)?;
        let (answered, all) = (cell.answered, cell.answered + cell.abandoned);
        let in_time = cell.answered_ladder.within(rung);
        let left_early = |rung: usize| cell.abandoned_ladder.within(rung);
        // With S = 0 no abandon is short, not even one without a wait.
        let short_ones = || match short {
            Span::ZERO => Ok(0),
            _ => ladder.find(short).map(left_early),
        };
        let (numerator, denominator) = match self {
            Self::AnsweredWithin => (in_time, all),
            Self::AnsweredOnly => (in_time, answered),
            Self::LateAbandons => (in_time, all - left_early(rung)),
            Self::AbandonsCredited => (in_time + left_early(rung), all),
            Self::ShortExcluded => (in_time, all - short_ones()?),
            Self::ShortCredited => (in_time + short_ones()?, all),
        };
        Ok(Ratio { numerator, denominator })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A cell with so many answered and abandoned after so many seconds.
    fn cell(answered: &[(u64, u32)], abandoned: &[(u64, u32)]) -> Cell {
        let (mut cell, ladder) = (Cell::default(), Thresholds::default());
        for &(count, seconds) in answered {
            (0..count).for_each(|_| cell.answer(Span::secs(seconds), &ladder));
        }
        for &(count, seconds) in abandoned {
            (0..count).for_each(|_| cell.abandon(Span::secs(seconds), &ladder));
        }
        cell
    }

    fn percent(variant: ServiceLevel, cell: &Cell) -> String {
        let (ladder, t, s) = (Thresholds::default(), Span::secs(20), Span::secs(5));
        let value = variant.ratio(cell, &ladder, t, s).unwrap().value();
        value.map_or("null".into(), |value| format!("{:.1}", value * 100.0))
    }

    /// kpi.md §6.16: 1,000 answered, 860 of them in time; 60 gave up, 20 within T, 10 of
    /// these within S.
    #[test]
    fn icmi_example_gives_its_five_formulas() {
        let cell = cell(&[(860, 20), (140, 21)], &[(10, 5), (10, 20), (40, 21)]);
        assert_eq!(percent(ServiceLevel::AbandonsCredited, &cell), "83.0");
        assert_eq!(percent(ServiceLevel::AnsweredOnly, &cell), "86.0");
        assert_eq!(percent(ServiceLevel::AnsweredWithin, &cell), "81.1");
        assert_eq!(percent(ServiceLevel::LateAbandons, &cell), "82.7");
        assert_eq!(percent(ServiceLevel::ShortCredited, &cell), "82.1");
        assert_eq!(percent(ServiceLevel::ShortExcluded, &cell), "81.9");
    }

    /// kpi.md §6.16: of 100 calls 70 are answered and 10 abandoned within T; 20 exceed it.
    #[test]
    fn cisco_example_ignores_punishes_or_credits_abandons() {
        let cell = cell(&[(70, 10), (20, 30)], &[(10, 10)]);
        assert_eq!(percent(ServiceLevel::LateAbandons, &cell), "77.8");
        assert_eq!(percent(ServiceLevel::AnsweredWithin, &cell), "70.0");
        assert_eq!(percent(ServiceLevel::AbandonsCredited, &cell), "80.0");
    }

    #[test]
    fn no_abandon_is_short_where_the_limit_is_nothing() {
        let cell = cell(&[(3, 1)], &[(1, 0)]);
        for variant in [ServiceLevel::ShortExcluded, ServiceLevel::ShortCredited] {
            let ratio = variant.ratio(&cell, &Thresholds::default(), Span::secs(20), Span::ZERO);
            assert_eq!(ratio, Ok(Ratio { numerator: 3, denominator: 4 }));
        }
    }

    #[test]
    fn nothing_out_of_nothing_is_null() {
        assert_eq!(percent(ServiceLevel::AnsweredWithin, &Cell::default()), "null");
        let early = cell(&[], &[(3, 4)]);
        assert_eq!(percent(ServiceLevel::LateAbandons, &early), "null");
    }

    #[test]
    fn thresholds_off_the_ladder_are_named() {
        let (ladder, off) = (Thresholds::default(), Span::secs(7));
        let ratio = |t, s| ServiceLevel::ShortExcluded.ratio(&Cell::default(), &ladder, t, s);
        assert!(ratio(off, Span::secs(5)).unwrap_err().message.contains("threshold 7s"));
        assert!(ratio(Span::secs(5), off).unwrap_err().message.contains("ladder"));
    }
}
