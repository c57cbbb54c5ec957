//! Metrics: what every event cost in time.
//!
//! Events become facts (`visits.rs`, `facts.rs`), facts, told one by one (`telling.rs`), become
//! contributions to cells (`posting.rs`, `cell.rs`) kept by slice and interval under each basis
//! (`table.rs`); agents' time is kept by state (`agent_time.rs`). The facts themselves are kept
//! for a while (`records.rs`), so that they can be corrected and shown. Readers get integers and make
//! ratios of them (`query.rs`, `reading.rs`). A table that is whole answers without any of it
//! (`visit_table`), and a table of events can be made one of visits (`pairing`). A stranger to the router: it knows events, keys,
//! names and time, and measures whatever source they come from.

mod agent;
mod agent_acts;
mod agent_past;
mod agent_state;
mod agent_time;
mod ages;
mod aggregator;
mod astray;
mod bucket;
mod buckets;
mod bulk;
mod canonical;
mod cell;
mod changes;
mod clock;
mod contacts;
mod conversations;
mod corrections;
mod counters;
mod distribution;
mod drill_down;
mod due;
mod extras;
mod facts;
mod few;
mod fields;
mod gathered;
mod gathering;
mod ladder;
mod lasting;
mod live;
mod live_view;
mod lost_ends;
mod marks;
mod merge;
mod order;
mod pairing;
mod parts;
mod posting;
mod query;
mod reading;
mod rebuild;
mod records;
mod recount;
mod rising;
mod samples;
mod settings;
mod skipped;
mod slices;
mod snapshot;
mod split;
mod spread;
mod state_times;
mod table;
mod tails;
mod tally;
mod telling;
#[cfg(test)]
mod tests;
mod timings;
mod uniques;
mod visit_table;
mod visits;
mod wide;

pub use aggregator::KpiAggregator;
pub use bucket::bucket_upper_bound;
pub use bulk::VisitRows;
pub use corrections::{Course, Posted, VisitFact};
pub use counters::Counters;
pub use distribution::Distribution;
pub use drill_down::{ChangedCell, PartRow, Unavailable, VisitQuery, VisitRow};
pub use facts::Mark;
pub use fields::{Basis, Count, Dimension, Sum, Timing};
pub use ladder::{Ladder, MAX_THRESHOLDS, Thresholds};
pub use live::{LiveQueue, WINDOWS, Window};
pub use live_view::{LiveAgent, LiveView};
pub use pairing::{EventColumns, PairCounters, Paired, pair_visits};
pub use parts::{InTurn, Parallel, Part};
pub use query::{DistributionRow, FigureColumn, FigureRow, FigureTable, NoAnswer, Query};
pub use reading::{Field, Figure, StateTime, TimingPart};
pub use settings::{DEFAULT_INTERVAL, Settings};
pub use slices::OTHER;
pub use spread::OffLadder;
pub use state_times::StateTimes;
pub use uniques::Uniques;
pub use visit_table::{LabelColumn, NoFigures, VisitColumns, VisitTable};
