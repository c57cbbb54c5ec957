//! The words a reader asks for. Every figure is an integer but quantiles and deviations. What
//! they come to of a group of cells is in `gathered.rs`.

use super::fields::{Count, Sum, Timing};
use crate::error::ConfigError;
use crate::event::{Cause, words};
use crate::time::Span;

words!(
    /// The states an agent's time is spent in, in microseconds.
    StateTime {
        /// Talking with at least one contact.
        Talk = "talk",
        /// All contacts in conversation on hold.
        Hold = "hold",
        /// Accepted, not yet joined.
        Connecting = "connecting",
        /// Being offered a contact.
        Offered = "offered",
        /// Wrapping up, and nothing else.
        WrapUp = "wrap_up",
        /// Ready, with nothing to do.
        Idle = "idle",
        /// Ready, with nothing of ours to do, but the device in use.
        DeviceBusy = "device_busy",
        /// Not ready, with nothing to do.
        NotReady = "not_ready",
        /// Signed in, whatever the state.
        SignedIn = "signed_in",
    }
);

/// What is asked of a distribution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimingPart {
    /// How many durations.
    Count,
    /// How many of them were zero.
    Zero,
    /// Microseconds in all.
    Sum,
    /// The longest, in microseconds.
    Max,
    /// The standard deviation, in seconds.
    Deviation,
    /// A quantile in millionths, in seconds.
    Quantile(u32),
    /// How many were no longer than this.
    Within(Span),
    /// How many were shorter than this.
    Below(Span),
    /// Whether the quantiles are exact: 1 or 0.
    Exact,
}

/// A figure that can be asked for; its word is what [`Field::parse`] reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Field {
    /// Things counted one by one: `offered`.
    Count(Count),
    /// Microseconds summed: `wait_left`.
    Sum(Sum),
    /// A part of a distribution: `wait_answered.p90`, `talk.sum`, `wait_answered.within:20000000`.
    Timing(Timing, TimingPart),
    /// Visits that left for a cause: `left.timed_out`.
    Left(Cause),
    /// Contacts refused for a cause: `refused.full`.
    Refused(Cause),
    /// Visits that passed a threshold still waiting: `passed:20000000`.
    Passed(Span),
    /// Codes of a name: `code.sale`.
    Code(String),
    /// Answers on a scale, all or those of a value: `score.csat`, `score.csat.5`.
    Score(String, Option<u8>),
    /// Millionths in all, or how many amounts: `amount.cost`, `amount.cost.count`.
    Amount(String, bool),
    /// Different customers, or whether their number is exact: `unique.customers`,
    /// `unique.customers.exact`. By the interval of the entry.
    Customers(bool),
    /// Visits that still wait, of those begun in the interval: `waiting`.
    Waiting,
    /// How long the first of them has waited, in microseconds: `oldest`.
    Oldest,
    /// An agent's time: `time.idle`, `time.not_ready.lunch`; `time.not_ready.` without a reason.
    Time(StateTime, Option<String>),
}

impl Field {
    /// The field of a word.
    ///
    /// # Errors
    /// When the word is none; the message says what would do.
    pub fn parse(word: &str) -> Result<Self, ConfigError> {
        if let Some(count) = Count::from_word(word) {
            return Ok(Self::Count(count));
        }
        if let Some(sum) = Sum::from_word(word) {
            return Ok(Self::Sum(sum));
        }
        match word {
            "waiting" => return Ok(Self::Waiting),
            "oldest" => return Ok(Self::Oldest),
            "unique.customers" => return Ok(Self::Customers(false)),
            "unique.customers.exact" => return Ok(Self::Customers(true)),
            _ => {}
        }
        if let Some(micros) = word.strip_prefix("passed:") {
            return Ok(Self::Passed(span(word, micros)?));
        }
        let (head, rest) = word.split_once('.').ok_or_else(|| unknown(word))?;
        let cause = || Cause::from_word(rest).ok_or_else(|| unknown(word));
        match head {
            "left" => return Ok(Self::Left(cause()?)),
            "refused" => return Ok(Self::Refused(cause()?)),
            "code" => return Ok(Self::Code(rest.to_owned())),
            "score" => {
                let parts = rest.rsplit_once('.').map(|(name, value)| (name, value.parse()));
                return Ok(match parts {
                    Some((name, Ok(value))) => Self::Score(name.to_owned(), Some(value)),
                    Some((_, Err(_))) | None => Self::Score(rest.to_owned(), None),
                });
            }
            "amount" => {
                let counted = rest.strip_suffix(".count");
                let name = counted.unwrap_or(rest).to_owned();
                return Ok(Self::Amount(name, counted.is_some()));
            }
            "time" => {
                let (state, reason) = rest
                    .split_once('.')
                    .map_or((rest, None), |(state, reason)| (state, Some(reason.to_owned())));
                let time = StateTime::from_word(state).ok_or_else(|| unknown(word))?;
                if reason.is_some() && time != StateTime::NotReady {
                    return Err(unknown(word));
                }
                return Ok(Self::Time(time, reason));
            }
            _ => {}
        }
        let timing = Timing::from_word(head).ok_or_else(|| unknown(word))?;
        Ok(Self::Timing(timing, part(word, rest)?))
    }

    /// Whether it comes to a real number: a quantile or a deviation.
    pub(crate) fn is_real(&self) -> bool {
        matches!(self, Self::Timing(_, TimingPart::Quantile(_) | TimingPart::Deviation))
    }

    /// The distributions it reads, a bit each.
    pub(crate) fn timings(&self) -> u8 {
        match self {
            Self::Timing(timing, _) => 1 << *timing as u8,
            Self::Count(_)
            | Self::Sum(_)
            | Self::Left(_)
            | Self::Refused(_)
            | Self::Passed(_)
            | Self::Code(_)
            | Self::Score(..)
            | Self::Amount(..)
            | Self::Customers(_)
            | Self::Waiting
            | Self::Oldest
            | Self::Time(..) => 0,
        }
    }
}

fn part(word: &str, part: &str) -> Result<TimingPart, ConfigError> {
    Ok(match part {
        "count" => TimingPart::Count,
        "zero" => TimingPart::Zero,
        "sum" => TimingPart::Sum,
        "max" => TimingPart::Max,
        "deviation" => TimingPart::Deviation,
        "exact" => TimingPart::Exact,
        _ => {
            if let Some(micros) = part.strip_prefix("within:") {
                TimingPart::Within(span(word, micros)?)
            } else if let Some(micros) = part.strip_prefix("below:") {
                TimingPart::Below(span(word, micros)?)
            } else {
                let percent = part.strip_prefix('p').ok_or_else(|| unknown(word))?;
                TimingPart::Quantile(millionths(percent).ok_or_else(|| unknown(word))?)
            }
        }
    })
}

/// `99_9` as 999,000.
fn millionths(percent: &str) -> Option<u32> {
    let (whole, tenths) = percent.split_once('_').unwrap_or((percent, ""));
    if whole.is_empty() || tenths.len() > 4 || !tenths.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let digits = format!("{whole}{tenths:0<4}");
    digits.parse().ok().filter(|&millionths| millionths <= 1_000_000)
}

fn span(word: &str, micros: &str) -> Result<Span, ConfigError> {
    let span = micros.parse().ok().and_then(Span::from_micros);
    span.filter(|&span| span >= Span::ZERO).ok_or_else(|| {
        ConfigError::new(format!("field '{word}': give the threshold in whole microseconds"))
    })
}

fn unknown(word: &str) -> ConfigError {
    let words = |all: Vec<&str>| all.join(", ");
    ConfigError::new(format!(
        "field '{word}' is not known: give one of {}, {}, waiting, oldest, unique.customers; left.CAUSE, refused.CAUSE, code.NAME, \
         score.NAME[.N], amount.NAME[.count], passed:MICROSECONDS; one of {}, each with .count, \
         .zero, .sum, .max, .deviation, .exact, .p50 or another percentile, .within:MICROSECONDS \
         or .below:MICROSECONDS; or time. with one of {}",
        words(Count::ALL.iter().map(|word| word.word()).collect()),
        words(Sum::ALL.iter().map(|word| word.word()).collect()),
        words(Timing::ALL.iter().map(|word| word.word()).collect()),
        words(StateTime::ALL.iter().map(|word| word.word()).collect()),
    ))
}

/// What a field comes to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Figure {
    /// A count, or microseconds or millionths in all.
    Integer(i128),
    /// A quantile or a deviation, in seconds; `None` where there are no samples.
    Real(Option<f64>),
}

impl Figure {
    /// The integer, if it is one.
    #[must_use]
    pub fn integer(self) -> Option<i128> {
        match self {
            Self::Integer(value) => Some(value),
            Self::Real(_) => None,
        }
    }
}
