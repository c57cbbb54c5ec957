//! Which keys a plan has, as data: what the reader accepts, what the JSON Schema says and
//! what `docs/plan.md` tells all come from these tables.

mod escalation;
mod joining;
mod queue;
mod reference;
mod schema;
mod whole;

pub(super) use escalation::{ENDS, RAISE, RANK_CHANGE, STEP};
pub(super) use joining::{ADMISSION, CALLBACK, CLOSED, EXIT, HELP, KEEP_FREE, LEAVING, RETRY};
pub(super) use queue::{
    BACK_OFF, COST, LIMITS, OFFER, ORDER_RULE, PICK, PREFERRED, QUEUE, RANKS, REQUIREMENT,
    SERVICE_LEVEL, WRAP_UP,
};
pub(super) use whole::{
    AGENT, ATTACHMENT, CALENDAR, CAPACITY, CLASSIFICATION, DAYS, HELP_WHEN, LINK, ORDER, PLAN,
    RULE, SCORE_TABLE, SPLIT,
};

/// What a key takes.
pub(super) enum Kind {
    /// A duration, or one above zero.
    Duration { above_zero: bool },
    /// A duration above zero, or a word.
    DurationOr(&'static str),
    /// A duration that may be negative.
    Shift,
    /// The name of something.
    Name,
    /// A list of names.
    Names,
    /// A whole number within bounds.
    Whole(i64, i64),
    /// A whole number within bounds, or a word.
    WholeOr(i64, i64, &'static str),
    /// A number within bounds, with a fraction.
    Number(f64, f64),
    /// True or false.
    Flag,
    /// One of some words.
    Word(fn() -> Vec<&'static str>),
    /// One of some words, or a list of them.
    Words(fn() -> Vec<&'static str>),
    /// Reasons as a list, or one of some words for a usual choice.
    Reasons,
    /// A condition in CEL.
    Condition,
    /// A table of skills with levels.
    Levels,
    /// A table of names with numbers.
    Weights,
    /// A table of names with whole numbers within bounds.
    Counts(i64, i64),
    /// A table of names with lists of names.
    Lists,
    /// A table of names with texts, whole numbers or flags.
    Labels,
    /// A whole number, or `"+2"` for so much more.
    Change,
    /// A list of intervals of a day.
    Intervals,
    /// A table of dates with intervals.
    Dates,
    /// A list of names, or a table of names with settings each.
    Links(&'static Section),
    /// A table.
    Table(&'static Section),
    /// A list of tables.
    List(&'static Section),
    /// A table of names, each with a table.
    Map(&'static Section),
}

/// One key.
pub(super) struct Key {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    /// What holds without it, as it would be written or in words.
    pub(super) default: &'static str,
    pub(super) meaning: &'static str,
}

/// The keys of one table.
pub(super) struct Section {
    /// Where it stands, as people find it in the reference.
    pub(super) path: &'static str,
    pub(super) keys: &'static [Key],
}

impl Section {
    pub(super) fn names(&self) -> Vec<&'static str> {
        self.keys.iter().map(|key| key.name).collect()
    }
}

/// A key of a table.
const fn key(name: &'static str, kind: Kind, default: &'static str, meaning: &'static str) -> Key {
    Key { name, kind, default, meaning }
}

/// A duration, zero included.
const SPAN: Kind = Kind::Duration { above_zero: false };
/// A duration above zero.
const MOMENT: Kind = Kind::Duration { above_zero: true };
