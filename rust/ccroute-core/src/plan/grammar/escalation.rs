//! The keys of an escalation step.

use super::{Kind, MOMENT, Section, key};
use crate::event::Cause;

pub(in crate::plan) static STEP: Section = Section {
    path: "queues.<name>.escalation[]",
    keys: &[
        key("name", Kind::Name, "its number", "What events and explanations call it."),
        key(
            "after",
            MOMENT,
            "by `when` alone",
            "The contact's age at which the step is due. Steps stand in this order, no two at once.",
        ),
        key(
            "when",
            Kind::Condition,
            "by `after` alone",
            "Makes the step due as soon as it holds, once the steps before are taken.",
        ),
        key(
            "if",
            Kind::Condition,
            "in any case",
            "Asked once, when the step is due; if it does not hold, the step is passed over.",
        ),
        key(
            "drop",
            Kind::Names,
            "none",
            "These skills no longer matter, to the queue's requirement or the contact's own. A group of `any_of` that loses a skill asks for nothing any more.",
        ),
        key(
            "lower",
            Kind::Levels,
            "none",
            "These skills are needed at this level only, where more was asked.",
        ),
        key("ranks", Kind::Table(&RANK_CHANGE), "stay", "Which ranks of agents may take it now."),
        key("widen", Kind::Names, "none", "Queues whose agents may take it too."),
        key("raise", Kind::Table(&RAISE), "stays", "How its place gets better."),
        key("move_to", Kind::Name, "stays", "On to this queue, with its age."),
        key(
            "offer_callback",
            Kind::Flag,
            "`false`",
            "The host may offer to call back (`callback_offered`).",
        ),
        key(
            "end",
            Kind::Word(|| ENDS.iter().map(|cause| cause.word()).collect()),
            "stays",
            "Out of the queue, unserved.",
        ),
    ],
};

/// What a rule may end a wait for.
pub(in crate::plan) const ENDS: &[Cause] =
    &[Cause::TimedOut, Cause::Overflowed, Cause::NoAgents, Cause::Closed, Cause::Failed];

pub(in crate::plan) static RANK_CHANGE: Section = Section {
    path: "queues.<name>.escalation[].ranks",
    keys: &[
        key(
            "min",
            Kind::Change,
            "stays",
            "The lowest rank: a number, or `\"+2\"` for so much more.",
        ),
        key("max", Kind::Change, "stays", "The highest rank."),
        key("raise", Kind::Change, "stays", "What lower ranks count as."),
    ],
};

pub(in crate::plan) static RAISE: Section = Section {
    path: "queues.<name>.escalation[].raise",
    keys: &[
        key("band", Kind::Whole(-32_768, 32_767), "`0`", "So many bands higher."),
        key("head_start", Kind::Shift, "`0`", "So much more head start."),
    ],
};
