//! The ccroute engine: who takes which contact and when, and every second of it
//! measured. Pure and deterministic: no clock, no thread, no I/O; the same commands
//! give the same events.
//!
//! Three parts stand alone, because vendors embed them one at a time:
//! [`PriorityQueue`] (who goes next), [`SkillMatcher`] (who may take it) and
//! [`KpiAggregator`] (what it cost in time). [`Router`] is built of the first two;
//! it and the aggregator are strangers who share only the [`Event`] vocabulary. [`simulate`]
//! runs drawn callers through a router on a virtual clock.

mod assignment;
mod bitset;
mod command;
mod condition;
mod directory;
mod draw;
mod error;
mod event;
mod feed;
mod ids;
mod matching;
mod metrics;
mod number;
mod plan;
mod queue;
mod router;
mod simulation;
mod skill;
mod slab;
mod time;

pub use assignment::{Column, GREATEST_COST, MOST, assign};
pub use command::{
    AdoptedPhase, AgentSettings, Command, Envelope, NewContact, Observed, ObservedPhase, Preferred,
    ScoreRow,
};
pub use condition::{
    Comparison, Condition, ConditionError, ContactField, Fault, Names, Node, Path, QueueField,
    Scope, TextTest, Value,
};
pub use directory::Directory;
pub use error::{ConfigError, Rejection, RejectionCode};
pub use event::{Cause, Device, Event, EventKind, Role};
pub use feed::{Feed, Poured};
pub use ids::{
    AgentKey, CalendarKey, ChannelKey, ClassKey, ContactKey, Handle, KpiKey, LineKey, OfferKey,
    QueueKey, SkillKey, TableKey, TextKey,
};
pub use matching::{
    Arrival, Ask, Choice, Demand, HandleMatcher, Look, Ranked, SkillMatcher, Standing,
};
pub use metrics::{
    Basis, ChangedCell, Count, Counters, Course, DEFAULT_INTERVAL, Dimension, Distribution,
    DistributionRow, EventColumns, Field, Figure, FigureColumn, FigureRow, FigureTable, InTurn,
    KpiAggregator, LabelColumn, Ladder, LiveAgent, LiveQueue, LiveView, MAX_THRESHOLDS, Mark,
    NoAnswer, NoFigures, OTHER, OffLadder, PairCounters, Paired, Parallel, Part, PartRow, Posted,
    Query, Settings, StateTime, StateTimes, Sum, Thresholds, Timing, TimingPart, Unavailable,
    Uniques, VisitColumns, VisitFact, VisitQuery, VisitRow, VisitRows, VisitTable, WINDOWS, Window,
    bucket_upper_bound, pair_visits,
};
pub use number::{MILLION, Millionths};
pub use plan::{
    Across, Action, Admission, AgentPlan, AtStep, AttachedNeed, Attachment, Calendar, CallbackRule,
    Capacity, CapacityPlan, Change, Classification, DEFAULT_CHANNELS, Failure, Failures, Finding,
    FindingCode, Help, Hours, KeepFree, Leaving, Link, MAX_STEPS, MarginalCost, OfferPolicy,
    OnMissed, OpenInterval, OrderPlan, OrderRule, PRESETS, Pick, Plan, PlanDocument, PreferredRule,
    Preset, QueueOrder, QueuePlan, RankChange, RankWindow, Ranking, Retry, Rule, ScoreTable,
    ServiceTarget, Severity, StaffReason, StaffReasons, Step, StepsTaken, Strategy, WrapUp,
    WrapUpMode,
};
pub use queue::{Gone, HandleQueue, Left, OrderKey, PriorityQueue};
pub use router::{
    AgentExplanation, Answer, Candidate, Change as QueueChange, Chosen, ContactExplanation,
    Decision, Eliminated, Foretold, GroupExplanation, How, Missing, Nearest, NextStep, Obstacle,
    QueueExplanation, RULES_VERSION, Redaction, Reply, Router, WaitEstimate, Withheld,
};
pub use simulation::{CallerOutcome, Callers, Simulated, simulate};
pub use skill::{
    Clause, Labels, MAX_LEVEL, Profile, Relax, Requirement, SkillLevel, SkillSet, Where,
};
pub use time::{MICROS, Shift, Span, Timestamp};
