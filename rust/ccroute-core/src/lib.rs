//! The ccroute engine: who takes which contact and when, and every second of it
//! measured. Pure and deterministic: no clock, no thread, no I/O; the same commands
//! give the same events.
//!
//! Three parts stand alone, because vendors embed them one at a time:
//! [`PriorityQueue`] (who goes next), [`SkillMatcher`] (who may take it) and
//! [`KpiAggregator`] (what it cost in time). [`Router`] is built of the first two;
//! it and the aggregator are strangers who share only the [`Event`] vocabulary.

mod bitset;
mod command;
mod directory;
mod error;
mod event;
mod feed;
mod ids;
mod matching;
mod metrics;
mod plan;
mod queue;
mod router;
mod skill;
mod slab;
mod time;

pub use command::{Capacity, Command, Envelope, NewContact};
pub use directory::Directory;
pub use error::{ConfigError, Rejection, RejectionCode};
pub use event::{Cause, Device, Event, EventKind, Role};
pub use feed::Feed;
pub use ids::{
    AgentKey, ChannelKey, ClassKey, ContactKey, Handle, OfferKey, QueueKey, SkillKey, TextKey,
};
pub use matching::{Arrival, Choice, Demand, HandleMatcher, SkillMatcher};
pub use metrics::{
    AgentFigures, Basis, Cell, CellRow, Counters, DEFAULT_INTERVAL, Durations, Histogram,
    KpiAggregator, Ladder, MAX_THRESHOLDS, Offers, Query, QueueFigures, Ratio, ServiceLevel,
    StateTimes, Subject, Thresholds, bucket_upper_bound,
};
pub use plan::{
    AgentPlan, DEFAULT_CHANNELS, OfferPolicy, OnMissed, Plan, PlanDocument, QueuePlan, Relax,
    ServiceTarget, Step, Strategy, WrapUp, WrapUpMode,
};
pub use queue::{Gone, HandleQueue, Left, OrderKey, PriorityQueue};
pub use router::{
    AgentExplanation, Answer, Chosen, ContactExplanation, Eliminated, NextStep, Obstacle,
    RULES_VERSION, Reply, Router, Withheld,
};
pub use skill::{MAX_LEVEL, Requirement, SkillLevel, SkillSet};
pub use time::{MICROS, Span, Timestamp};
