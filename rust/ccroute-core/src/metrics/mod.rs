//! Metrics: what every event cost in time.
//!
//! Events become facts (`visits.rs`, `facts.rs`), facts become contributions to cells
//! (`cell.rs`) kept by queue or agent, channel and interval (`table.rs`); agents' time is
//! kept by state (`agent_time.rs`). Readers get integers and make ratios of them
//! (`report.rs`, `service_level.rs`). A stranger to the router: it knows events, keys, names
//! and time, and measures whatever source they come from.

mod agent_time;
mod aggregator;
mod bucket;
mod canonical;
mod cell;
mod contacts;
mod facts;
mod histogram;
mod ladder;
mod merge;
mod report;
mod service_level;
mod snapshot;
mod table;
mod visits;

#[cfg(test)]
mod tests;

pub use agent_time::StateTimes;
pub use aggregator::{DEFAULT_INTERVAL, KpiAggregator};
pub use bucket::bucket_upper_bound;
pub use cell::{Cell, Durations, Offers};
pub use facts::Counters;
pub use histogram::Histogram;
pub use ladder::{Ladder, MAX_THRESHOLDS, Thresholds};
pub use report::{AgentFigures, CellRow, Query, QueueFigures, Subject};
pub use service_level::{Ratio, ServiceLevel};
pub use table::Basis;
