//! The keys about joining and leaving a queue, and about whom it is staffed by.

use super::{Kind, MOMENT, SPAN, Section, key};

pub(in crate::plan) static ADMISSION: Section = Section {
    path: "queues.<name>.admission",
    keys: &[
        key(
            "longest",
            Kind::Whole(0, 1_000_000_000),
            "any number",
            "How many contacts may be in the queue, not yet connected.",
        ),
        key(
            "staff_free_of",
            Kind::Reasons,
            "nobody needed",
            "Somebody must serve the queue who is free of all these reasons: `paused`, `penalty`, `in_use`, `ringing`, `unavailable`, `invalid`, `unknown`, `wrap_up`; or `\"strict\"`, `\"loose\"` or `\"no\"` as in Asterisk.",
        ),
        key("otherwise", Kind::Name, "refused", "The queue for those who may not join."),
    ],
};

pub(in crate::plan) static LEAVING: Section = Section {
    path: "queues.<name>.leaving",
    keys: &[
        key(
            "staff_free_of",
            Kind::Reasons,
            "nobody needed",
            "Contacts leave when nobody serves the queue who is free of all these reasons …",
        ),
        key("after", SPAN, "`0`", "… for so long …"),
        key("grace", SPAN, "`0`", "… and they have been in it for so long themselves."),
        key("move_to", Kind::Name, "they end", "The queue they go to, with their age."),
        key(
            "resume_within",
            SPAN,
            "`0`",
            "A customer who hangs up and is back in the queue within this finds the place again.",
        ),
    ],
};

pub(in crate::plan) static CLOSED: Section = Section {
    path: "queues.<name>.closed",
    keys: &[
        key(
            "otherwise",
            Kind::Name,
            "refused",
            "The queue for those who come while this one is closed.",
        ),
        key(
            "waiting",
            Kind::Word(|| vec!["stay", "end"]),
            "`stay`",
            "What becomes of those who wait when it closes: `\"stay\"` or `\"end\"`.",
        ),
        key("move_to", Kind::Name, "they stay", "The queue they go to, with their age."),
    ],
};

pub(in crate::plan) static EXIT: Section = Section {
    path: "queues.<name>.exits.<key>",
    keys: &[
        key("move_to", Kind::Name, "none", "On to this queue, with its age."),
        key("offer_callback", Kind::Flag, "`false`", "Called back: the contact keeps its place."),
        key("end", Kind::Flag, "`false`", "Out of the queue (`exited_by_key`)."),
    ],
};

pub(in crate::plan) static CALLBACK: Section = Section {
    path: "queues.<name>.callback",
    keys: &[
        key("queue", Kind::Name, "the same", "The queue in which customers wait to be called."),
        key("attempts", Kind::Whole(1, 1_000), "`3`", "How often a customer is called."),
        key(
            "retry",
            Kind::Table(&RETRY),
            "see below",
            "How long after a failed attempt comes the next.",
        ),
        key(
            "owner_first",
            SPAN,
            "`\"30s\"`",
            "How long only the agent who tried may take the next attempt.",
        ),
        key(
            "connect_within",
            MOMENT,
            "`\"1m\"`",
            "How long the platform may take to reach the customer.",
        ),
    ],
};

pub(in crate::plan) static RETRY: Section = Section {
    path: "queues.<name>.callback.retry",
    keys: &[
        key("missed", MOMENT, "`\"15m\"`", "The customer did not answer."),
        key("busy", MOMENT, "`\"5m\"`", "The line was busy."),
        key(
            "unreachable",
            MOMENT,
            "`\"1h\"`",
            "The customer could not be reached, or anything else.",
        ),
    ],
};

pub(in crate::plan) static KEEP_FREE: Section = Section {
    path: "queues.<name>.keep_free",
    keys: &[
        key("agents", Kind::Whole(1, 1_000_000), "must be given", "How many must stay free."),
        key("for", Kind::Names, "must be given", "The queues they must serve."),
        key(
            "channel",
            Kind::Name,
            "the first of `channels`",
            "The channel on which they must be free.",
        ),
    ],
};

pub(in crate::plan) static HELP: Section = Section {
    path: "queues.<name>.help[]",
    keys: &[
        key("from", Kind::Names, "must be given", "The queues whose agents help."),
        key(
            "kpi",
            Kind::Name,
            "must be given",
            "The figure, as the host names it in `observe_kpi`.",
        ),
        key(
            "below",
            Kind::Number(-1_000_000.0, 1_000_000.0),
            "one of the two must be given",
            "They help when it is below this …",
        ),
        key(
            "above",
            Kind::Number(-1_000_000.0, 1_000_000.0),
            "one of the two must be given",
            "… or above this …",
        ),
        key(
            "until",
            Kind::Number(-1_000_000.0, 1_000_000.0),
            "must be given",
            "… until it has come back to this, beyond the first threshold.",
        ),
        key("hold", SPAN, "`\"5m\"`", "And no shorter than this."),
    ],
};
