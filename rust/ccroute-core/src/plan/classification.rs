//! Which contact goes where, with which priority and which needs: rules over what the
//! host knows of it.

use serde::{Deserialize, Serialize};

use crate::condition::Condition;
use crate::ids::QueueKey;
use crate::number::Millionths;
use crate::skill::Requirement;
use crate::time::{Shift, Span};

/// All rules; the first that matches decides.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Classification {
    /// In order.
    pub rules: Vec<Rule>,
    /// What every contact is given besides, as far as it applies.
    pub attach: Vec<Attachment>,
}

/// One rule.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// What the explanations call it.
    pub name: Option<String>,
    /// Whom it is for; `None`: everybody.
    pub when: Option<Condition>,
    /// Where to, each with its share.
    pub to: Vec<(QueueKey, u32)>,
    /// Strict class.
    pub band: Option<i16>,
    /// Head start.
    pub head_start: Option<Shift>,
    /// How fast it ages.
    pub slope: Option<Millionths>,
    /// What it needs.
    pub requirement: Requirement,
}

/// A need that contacts are given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachment {
    /// Which contacts; `None`: all.
    pub when: Option<Condition>,
    /// What they need.
    pub need: AttachedNeed,
    /// For how long; `None`: as long as they wait.
    pub lasts: Option<Span>,
}

/// What an attachment asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AttachedNeed {
    /// The same of all.
    Fixed(Requirement),
    /// The skill that an attribute names, at a level.
    SkillOf {
        /// The attribute.
        attribute: String,
        /// The least proficiency.
        level: u8,
    },
    /// A label that equals an attribute.
    LabelOf {
        /// The attribute.
        attribute: String,
        /// The label.
        label: String,
    },
}

/// A table of scores by contact type and agent, which the host fills.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScoreTable {
    /// The attribute that says of which type a contact is.
    pub attribute: String,
    /// Whether only a plan before this one had it.
    pub retired: bool,
}

/// When a queue with these hours is open. Times are local to the zone: what they come to
/// is for the host, which knows zones.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Calendar {
    /// The IANA name of the zone.
    pub zone: String,
    /// From Monday on, the intervals of a day.
    pub weekly: [Vec<OpenInterval>; 7],
    /// The country, or country and region (`ES-MD`), whose public holidays are closed.
    pub holidays: Option<String>,
    /// Days of their own, by date (`2026-12-24`).
    pub special: Vec<(String, Vec<OpenInterval>)>,
    /// Whether only a plan before this one had it.
    pub retired: bool,
}

/// Open from one minute of a day to another, the latter not included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct OpenInterval {
    /// Minutes after midnight.
    pub from: u16,
    /// Up to 1,440: the next midnight.
    pub to: u16,
}
