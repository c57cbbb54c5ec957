//! `Distribution` for Python: how durations are spread, by itself. How they are counted is the
//! core's business.

use ccroute_core::{ConfigError, Distribution, OffLadder, Span, Thresholds, bucket_upper_bound};
use pyo3::prelude::*;

use crate::gate::Gate;
use crate::scalars::{self, Real, Seconds, invalid};
use crate::{columns, errors};

/// How durations are spread: their number, sum, greatest and percentiles, and how many stayed
/// within a threshold.
///
/// Exact up to 256 durations above zero. Beyond, percentiles are at most 0.55 % off, and a
/// threshold must be one of those it was made with; counts, sum and greatest stay exact. Two
/// that were filled apart add up to the same as one, in any order. Times are seconds (float)
/// one at a time, and int64 microseconds in columns, which nobody may write to meanwhile. One
/// may be used from several threads.
///
/// thresholds: 1 to 32 in seconds, ascending; those of ``KpiAggregator`` when left out.
///
/// Raises ``Rejected`` with code ``invalid_value`` for a duration or a share that cannot be,
/// ``ConfigError`` for thresholds that are none or are not its own; ``TypeError`` or
/// ``ValueError`` for a malformed column. Whatever raises has changed nothing.
///
/// >>> waits = Distribution()
/// >>> for seconds in (0.0, 3.0, 111.0):
/// ...     waits.record(seconds)
/// >>> waits.count(), waits.quantile(0.5), waits.within(7.0)
/// (3, 3.0, 2)
#[pyclass(frozen, module = "ccroute", name = "Distribution")]
pub(crate) struct PyDistribution {
    gate: Gate<Spans>,
}

/// Durations, and what they are counted by.
#[derive(Clone)]
struct Spans {
    all: Distribution,
    ladder: Thresholds,
}

#[pymethods]
impl PyDistribution {
    #[new]
    #[pyo3(signature = (thresholds=None), text_signature = "(thresholds=None)")]
    fn new(thresholds: Option<Vec<Seconds>>) -> PyResult<Self> {
        let ladder = match thresholds {
            None => Thresholds::default(),
            Some(seconds) => {
                let spans = seconds.into_iter().map(|s| scalars::span("threshold", s));
                let spans = spans.collect::<Result<_, _>>();
                let spans = spans.map_err(|refused| ConfigError::new(refused.message));
                let spans = spans.map_err(errors::config)?;
                Thresholds::new(spans).map_err(errors::config)?
            }
        };
        let spans = Spans { all: Distribution::default(), ladder };
        Ok(Self { gate: Gate::new("Distribution", spans) })
    }

    /// Counts a duration, in seconds.
    fn record(&self, py: Python<'_>, seconds: Seconds) -> PyResult<()> {
        let span = scalars::span("duration", seconds).map_err(errors::rejected)?;
        self.gate.run(py, "record", |Spans { all, ladder }| all.record(span, ladder))
    }

    /// Counts a column of durations, in microseconds.
    fn record_batch(&self, py: Python<'_>, durations_us: &Bound<'_, PyAny>) -> PyResult<()> {
        let act = |Spans { all, ladder }: &mut Spans, micros: &[i64]| {
            all.record_column(micros, ladder).map_err(|row| (row, micros[row]))
        };
        let lent = |spans: &mut Spans| columns::lend(durations_us, |micros| act(spans, micros));
        let counted = match self.gate.run(py, "record_batch", lent)? {
            Some(counted) => counted,
            None => {
                let micros = columns::read::<i64>("durations_us", durations_us)?;
                self.gate.run_detached(py, "record_batch", |spans| act(spans, &micros))?
            }
        };
        counted.map_err(|(row, micros)| {
            errors::rejected(columns::no_span("durations_us", row, micros))
        })
    }

    /// Adds every duration of another with the same thresholds.
    fn merge(&self, py: Python<'_>, other: &Self) -> PyResult<()> {
        if std::ptr::eq(self, other) {
            let message = "a distribution and itself: every count would double; give another";
            return Err(errors::config(ConfigError::new(message)));
        }
        // One gate at a time, so that two merging into each other cannot wait for ever.
        let other = other.gate.run(py, "merge", |spans| spans.clone())?;
        let merged = self.gate.run(py, "merge", |Spans { all, ladder }| {
            let same = *ladder == other.ladder;
            if same {
                all.merge(&other.all, ladder);
            }
            same
        })?;
        if merged {
            return Ok(());
        }
        let message = "the two count by different thresholds: create both with the same";
        Err(errors::config(ConfigError::new(message)))
    }

    /// How many durations were counted.
    fn count(&self, py: Python<'_>) -> PyResult<u64> {
        self.gate.run(py, "count", |spans| spans.all.count())
    }

    /// How many of them were zero.
    fn zeros(&self, py: Python<'_>) -> PyResult<u64> {
        self.gate.run(py, "zeros", |spans| spans.all.zeros())
    }

    /// Their sum, in seconds.
    fn sum(&self, py: Python<'_>) -> PyResult<f64> {
        self.gate.run(py, "sum", |spans| spans.all.sum() as f64 / 1e6)
    }

    /// The longest, in seconds; 0.0 without any.
    fn max(&self, py: Python<'_>) -> PyResult<f64> {
        self.gate.run(py, "max", |spans| spans.all.longest().micros() as f64 / 1e6)
    }

    /// Whether percentiles are exact: at most 256 durations above zero.
    fn is_exact(&self, py: Python<'_>) -> PyResult<bool> {
        self.gate.run(py, "is_exact", |spans| spans.all.is_exact())
    }

    /// The quantile of a share from 0 to 1, in seconds, by nearest rank; ``None`` without any.
    fn quantile(&self, py: Python<'_>, share: Real) -> PyResult<Option<f64>> {
        if !(0.0..=1.0).contains(&share.0) {
            let message = format!("share {}: give a number from 0 to 1", share.0);
            return Err(errors::rejected(invalid(message)));
        }
        let millionths = (share.0 * 1e6).round() as u32;
        self.gate.run(py, "quantile", |spans| spans.all.quantile(millionths))
    }

    /// The standard deviation of all of them, in seconds; ``None`` without any.
    fn deviation(&self, py: Python<'_>) -> PyResult<Option<f64>> {
        self.gate.run(py, "deviation", |spans| spans.all.deviation())
    }

    /// How many are no longer than a threshold, in seconds.
    fn within(&self, py: Python<'_>, threshold: Seconds) -> PyResult<u64> {
        self.by(py, "within", threshold, Distribution::within)
    }

    /// How many are shorter than a threshold, in seconds.
    fn below(&self, py: Python<'_>, threshold: Seconds) -> PyResult<u64> {
        self.by(py, "below", threshold, Distribution::below)
    }

    /// The buckets that are not empty, ascending: (upper bound in seconds, how many). Those of
    /// scale 6 of OpenTelemetry's exponential histogram; zeros are apart.
    fn buckets(&self, py: Python<'_>) -> PyResult<Vec<(f64, u64)>> {
        let buckets = self.gate.run(py, "buckets", |spans| spans.all.buckets())?;
        Ok(buckets.into_iter().map(|(index, n)| (bucket_upper_bound(index), n)).collect())
    }

    fn __len__(&self, py: Python<'_>) -> PyResult<usize> {
        Ok(usize::try_from(self.count(py)?).unwrap_or(usize::MAX))
    }
}

impl PyDistribution {
    fn by(
        &self,
        py: Python<'_>,
        call: &'static str,
        threshold: Seconds,
        read: fn(&Distribution, Span, &Thresholds) -> Result<u64, OffLadder>,
    ) -> PyResult<u64> {
        let span = scalars::span("threshold", threshold).map_err(errors::rejected)?;
        let (found, refused) = self.gate.run(py, call, |Spans { all, ladder }| {
            (read(all, span, ladder), ladder.find(span).err())
        })?;
        match (found, refused) {
            (Ok(count), _) => Ok(count),
            (Err(_), Some(refused)) => Err(errors::config(refused)),
            (Err(OffLadder(span)), None) => unreachable!("threshold {span} is on the ladder"),
        }
    }
}
