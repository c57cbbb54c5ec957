//! Reports as dicts of plain numbers. Means and percentages are made where they are shown.

use ccroute_core::{
    AgentFigures, Cell, ConfigError, Durations, KpiAggregator, MICROS, Query, QueueFigures, Ratio,
    ServiceLevel, Span, Timestamp,
};
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// What a row is about.
#[derive(Clone, Copy)]
pub(super) enum By {
    Queue,
    Agent,
    Interval,
}

impl By {
    pub(super) fn from_word(word: &str) -> PyResult<Self> {
        match word {
            "queue" => Ok(Self::Queue),
            "agent" => Ok(Self::Agent),
            "interval" => Ok(Self::Interval),
            _ => Err(super::invalid("by", word, "one of queue, agent, interval")),
        }
    }
}

/// Which service level is asked for.
pub(super) struct Level {
    pub(super) variant: ServiceLevel,
    pub(super) within: Span,
    pub(super) short: Span,
}

/// A row, with names in place of keys.
pub(super) enum Row {
    Queue { name: String, figures: QueueFigures, level: Ratio },
    Agent { name: String, figures: AgentFigures, reasons: Vec<(String, i64)> },
    Interval { start: Timestamp, cell: Cell, level: Ratio },
}

/// The rows asked for.
pub(super) fn read(
    metrics: &KpiAggregator,
    by: By,
    query: &Query,
    level: &Level,
) -> Result<Vec<Row>, ConfigError> {
    let ratio =
        |cell: &Cell| level.variant.ratio(cell, metrics.thresholds(), level.within, level.short);
    if !matches!(by, By::Agent) {
        // A question that cannot be answered is refused also while there are no rows.
        ratio(&Cell::default())?;
    }
    match by {
        By::Queue => {
            let rows = metrics.by_queue(query)?.into_iter();
            rows.map(|figures| {
                let name = metrics.queue_names().name(figures.queue.index()).to_owned();
                let level = ratio(&figures.cell)?;
                Ok(Row::Queue { name, figures, level })
            })
            .collect()
        }
        By::Agent => {
            let rows = metrics.by_agent(query)?.into_iter();
            let text =
                |key: ccroute_core::TextKey| metrics.text_names().name(key.index()).to_owned();
            let row = |figures: AgentFigures| {
                let name = metrics.agent_names().name(figures.agent.index()).to_owned();
                let by_reason = figures.times.not_ready.iter();
                let reasons =
                    by_reason.map(|&(key, micros)| (key.map(text).unwrap_or_default(), micros));
                Row::Agent { name, reasons: reasons.collect(), figures }
            };
            Ok(rows.map(row).collect())
        }
        By::Interval => {
            let rows = metrics.by_interval(query)?.into_iter();
            rows.map(|(start, cell)| Ok(Row::Interval { start, level: ratio(&cell)?, cell }))
                .collect()
        }
    }
}

impl Row {
    pub(super) fn to_dict<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let dict = PyDict::new(py);
        match self {
            Self::Queue { name, figures, level } => {
                dict.set_item("queue", name)?;
                dict.set_item("waiting", figures.waiting)?;
                let longest = figures.longest_waiting.map(|span| seconds(span.micros()));
                dict.set_item("longest_waiting", longest)?;
                put_visits(&dict, &figures.cell, *level)?;
                put_handling(&dict, &figures.cell)?;
            }
            Self::Interval { start, cell, level } => {
                dict.set_item("start", seconds(start.micros()))?;
                put_visits(&dict, cell, *level)?;
                put_handling(&dict, cell)?;
            }
            Self::Agent { name, figures, reasons } => {
                dict.set_item("agent", name)?;
                put_handling(&dict, &figures.cell)?;
                put_times(&dict, figures, reasons)?;
            }
        }
        Ok(dict)
    }
}

fn put_visits(dict: &Bound<'_, PyDict>, cell: &Cell, level: Ratio) -> PyResult<()> {
    let left = PyDict::new(dict.py());
    for &(cause, count) in cell.left() {
        left.set_item(cause.word(), count)?;
    }
    dict.set_item("offered", cell.offered)?;
    dict.set_item("abandoned", cell.abandoned)?;
    dict.set_item("left", left)?;
    dict.set_item("refused", cell.refused)?;
    dict.set_item("answered_at_once", cell.wait_answered.histogram.zeros())?;
    dict.set_item("wait_answered", durations(&cell.wait_answered))?;
    dict.set_item("wait_abandoned", durations(&cell.wait_abandoned))?;
    dict.set_item("wait_left_us", cell.wait_left)?;
    dict.set_item("service_level", (level.numerator, level.denominator))
}

fn put_handling(dict: &Bound<'_, PyDict>, cell: &Cell) -> PyResult<()> {
    let offers = cell.offers;
    dict.set_item("answered", cell.answered)?;
    dict.set_item("offers_made", offers.made)?;
    dict.set_item("offers_accepted", offers.accepted)?;
    dict.set_item("offers_declined", offers.declined)?;
    dict.set_item("offers_missed", offers.missed)?;
    dict.set_item("offers_withdrawn", offers.withdrawn)?;
    dict.set_item("offers_lost", offers.lost)?;
    dict.set_item("conversations", cell.conversations)?;
    dict.set_item("transferred", cell.transferred)?;
    dict.set_item("holds", cell.holds)?;
    dict.set_item("talk_us", cell.talk)?;
    dict.set_item("hold_us", cell.hold)?;
    dict.set_item("wrap_up_us", cell.wrap_up)?;
    dict.set_item("handle", durations(&cell.handle))
}

fn put_times(
    dict: &Bound<'_, PyDict>,
    figures: &AgentFigures,
    reasons: &[(String, i64)],
) -> PyResult<()> {
    let times = &figures.times;
    let not_ready = PyDict::new(dict.py());
    for (reason, micros) in reasons {
        not_ready.set_item(reason, micros)?;
    }
    dict.set_item("time_talk_us", times.talk)?;
    dict.set_item("time_hold_us", times.hold)?;
    dict.set_item("time_connecting_us", times.connecting)?;
    dict.set_item("time_offered_us", times.offered)?;
    dict.set_item("time_wrap_up_us", times.wrap_up)?;
    dict.set_item("time_idle_us", times.idle)?;
    dict.set_item("time_device_busy_us", times.device_busy)?;
    dict.set_item("time_not_ready_us", not_ready)?;
    dict.set_item("time_signed_in_us", times.signed_in)?;
    dict.set_item("occupancy", (times.handling(), times.handling_or_ready()))
}

/// count, sum in µs, sum of squares in µs², longest in s, and p50, p90, p95, p99 in s.
type Figures = (u64, i128, i128, f64, [Option<f64>; 4]);

fn durations(durations: &Durations) -> Figures {
    let histogram = &durations.histogram;
    let quantiles = [500_000, 900_000, 950_000, 990_000].map(|share| histogram.quantile(share));
    let longest = seconds(durations.longest.micros());
    (histogram.count_all(), durations.sum, durations.squares, longest, quantiles)
}

/// Whole microseconds as seconds.
pub(super) fn seconds(micros: i64) -> f64 {
    micros as f64 / MICROS as f64
}
