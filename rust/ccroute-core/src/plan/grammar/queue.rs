//! The keys of a queue.

use super::escalation::STEP;
use super::joining::{ADMISSION, CALLBACK, CLOSED, EXIT, HELP, KEEP_FREE, LEAVING};
use super::{Kind, MOMENT, SPAN, Section, key};
use crate::plan::presets::PRESETS;
use crate::plan::{OnMissed, QueueOrder, Strategy, WrapUpMode};

pub(in crate::plan) static QUEUE: Section = Section {
    path: "queues.<name>",
    keys: &[
        key(
            "preset",
            Kind::Word(|| PRESETS.iter().map(|preset| preset.name).collect()),
            "none",
            "Begins with the settings that make the queue work as in another system; the other keys change them. Which ones there are stands in [Presets](presets.md).",
        ),
        key(
            "strategy",
            Kind::Words(|| Strategy::ALL.iter().map(|word| word.word()).collect()),
            "`longest_idle`",
            "Which of the eligible agents: one key, or a list of keys of which each decides where those before tie. Ties go to the longest idle at last.",
        ),
        key(
            "weights",
            Kind::Weights,
            "none",
            "With `weighted_score`: what a level of each skill is worth.",
        ),
        key("scores", Kind::Name, "none", "With `scores`: the table of the plan."),
        key(
            "preferred",
            Kind::Table(&PREFERRED),
            "see below",
            "Agents whom contacts ask for by name.",
        ),
        key(
            "requires",
            Kind::Table(&REQUIREMENT),
            "nothing",
            "What every contact of the queue needs.",
        ),
        key(
            "ranks",
            Kind::Table(&RANKS),
            "all",
            "Which ranks of agents may take a contact at first.",
        ),
        key("order", Kind::Table(&ORDER_RULE), "see below", "Who goes next."),
        key("offer", Kind::Table(&OFFER), "see below", "How a contact is proposed to agents."),
        key("wrap_up", Kind::Table(&WRAP_UP), "see below", "What follows the conversation."),
        key(
            "dispositions",
            Kind::Names,
            "none",
            "The codes an agent may give; without any the queue takes none.",
        ),
        key(
            "service_level",
            Kind::Table(&SERVICE_LEVEL),
            "see below",
            "What the queue is measured against.",
        ),
        key(
            "escalation",
            Kind::List(&STEP),
            "none",
            "Steps by which a contact asks for less, or something else, as it waits; at most 64.",
        ),
        key("admission", Kind::Table(&ADMISSION), "everybody", "Who may join."),
        key(
            "leaving",
            Kind::Table(&LEAVING),
            "nobody",
            "Who must leave, and who may come back to their place.",
        ),
        key(
            "hours",
            Kind::Name,
            "always open",
            "The calendar of the plan by which the queue opens and closes. Closed until the host says otherwise.",
        ),
        key("closed", Kind::Table(&CLOSED), "see below", "What happens while it is closed."),
        key("exits", Kind::Map(&EXIT), "none", "What each key of the customer's phone does."),
        key("callback", Kind::Table(&CALLBACK), "none", "How customers are called back."),
        key(
            "keep_free",
            Kind::Table(&KEEP_FREE),
            "nobody",
            "How many agents its contacts must leave free for other queues.",
        ),
        key(
            "help",
            Kind::List(&HELP),
            "none",
            "Agents of other queues who help while a figure is bad.",
        ),
        key(
            "lines",
            Kind::Names,
            "any",
            "Over which lines its contacts reach agents, the first that works.",
        ),
        key(
            "resets_idle",
            Kind::Flag,
            "`true`",
            "Whether a conversation makes its agent the latest to become idle. `false` for outbound work that should not cost an agent the turn.",
        ),
        key("suspension", MOMENT, "`\"1h\"`", "How long a contact may be suspended at most."),
        key(
            "frozen",
            Kind::Flag,
            "`false`",
            "Whether a contact keeps the rules it came under when the plan changes.",
        ),
        key(
            "expected_wait",
            Kind::Flag,
            "`false`",
            "Whether a wait is foretold for every contact that comes in, and the error kept.",
        ),
    ],
};

pub(in crate::plan) static PREFERRED: Section = Section {
    path: "queues.<name>.preferred",
    keys: &[
        key(
            "first",
            SPAN,
            "`0`",
            "How long only the preferred agents may take a contact, if one of them is signed in.",
        ),
        key(
            "without_skills",
            Kind::Flag,
            "`false`",
            "Whether they may take it without the skills it needs.",
        ),
        key(
            "last_agent",
            SPAN,
            "`0`",
            "Who last talked with the customer within this is preferred too; `0`: nobody.",
        ),
        key(
            "keep_on_transfer",
            Kind::Flag,
            "`false`",
            "Whether contacts that come from another queue keep their preferred agents.",
        ),
    ],
};

pub(in crate::plan) static REQUIREMENT: Section = Section {
    path: "requires",
    keys: &[
        key("all_of", Kind::Levels, "none", "Every one of these, at the level or better."),
        key(
            "any_of",
            Kind::List(&ANY_OF),
            "none",
            "A list of skills with levels, none empty: of every group at least one, at the level or better.",
        ),
        key("none_of", Kind::Levels, "none", "None of these at the level or better."),
        key(
            "where",
            Kind::Condition,
            "everybody",
            "A condition on the agent: `skills.es >= 5 && (labels.site == \"lima\" || !(skills.trainee >= 1))`.",
        ),
    ],
};

/// Groups of `any_of` are skills with levels; what they may name, no table can say.
static ANY_OF: Section = Section { path: "requires.any_of[]", keys: &[] };

pub(in crate::plan) static RANKS: Section = Section {
    path: "queues.<name>.ranks",
    keys: &[
        key("min", Kind::Whole(0, 1_000_000), "`0`", "Agents of a lower rank may not."),
        key("max", Kind::Whole(0, 1_000_000), "all", "Agents of a higher rank may not."),
        key(
            "raise",
            Kind::Whole(0, 1_000_000),
            "`0`",
            "Lower ranks count as this one when agents are chosen.",
        ),
        key(
            "ignored_up_to",
            Kind::Whole(0, 1_000_000),
            "`0`",
            "Ranks count for nothing while no more agents than this serve the queue.",
        ),
    ],
};

pub(in crate::plan) static ORDER_RULE: Section = Section {
    path: "queues.<name>.order",
    keys: &[
        key(
            "by",
            Kind::Word(|| QueueOrder::ALL.iter().map(|word| word.word()).collect()),
            "`aged`",
            "The order within the queue. `aged`: band, then the longest wait, head start included, times its slope. `strict`: band, then the longest wait. `lifo`: the newest, whatever its band. `due_date`: band, then whose `service_level.within` runs out first.",
        ),
        key(
            "band",
            Kind::Whole(-32_768, 32_767),
            "`0`",
            "The strict class of contacts that bring none.",
        ),
        key(
            "head_start",
            Kind::Shift,
            "`0`",
            "The head start of contacts that bring none; negative: they count as come later.",
        ),
        key(
            "slope",
            Kind::Number(0.000_001, 1_000.0),
            "`1`",
            "How fast contacts age that come without a rule's slope.",
        ),
        key(
            "weight",
            Kind::Whole(0, 1_000_000),
            "`0`",
            "An agent is left to a heavier queue that has as many contacts waiting as agents free, or more.",
        ),
        key(
            "share",
            Kind::Whole(1, 1_000_000),
            "`1`",
            "Under `order.across = \"ratio\"`: the queue's due part of all that wait.",
        ),
        key(
            "cost",
            Kind::Table(&COST),
            "see below",
            "Under `order.across = \"marginal_cost\"`: what waiting on costs.",
        ),
        key("pick", Kind::Table(&PICK), "the oldest", "Which of the oldest a freed agent takes."),
    ],
};

pub(in crate::plan) static COST: Section = Section {
    path: "queues.<name>.order.cost",
    keys: &[
        key("constant", Kind::Number(0.0, 1_000_000.0), "`0`", "Whatever the wait."),
        key("per_minute", Kind::Number(0.0, 1_000_000.0), "`1`", "More for each minute waited."),
        key("handle_time", MOMENT, "`\"5m\"`", "The time one contact takes."),
    ],
};

pub(in crate::plan) static PICK: Section = Section {
    path: "queues.<name>.order.pick",
    keys: &[
        key(
            "oldest",
            Kind::Whole(1, 1_000),
            "`1`",
            "Of how many of the first in order the agent takes the one whose score, with what its wait is worth, is highest. `1` is pure order.",
        ),
        key(
            "per_minute",
            Kind::Number(0.0, 1_000_000.0),
            "`1`",
            "What a minute of waiting is worth beside a score.",
        ),
        key(
            "overtakes",
            Kind::Whole(0, 65_535),
            "`50`",
            "How often a contact may be overtaken so before it goes next.",
        ),
    ],
};

pub(in crate::plan) static OFFER: Section = Section {
    path: "queues.<name>.offer",
    keys: &[
        key("timeout", MOMENT, "`\"15s\"`", "How long the agent may take to answer."),
        key(
            "connect_within",
            MOMENT,
            "`\"10s\"`",
            "How long the platform may take after that to join customer and agent.",
        ),
        key(
            "on_missed",
            Kind::Word(|| OnMissed::ALL.iter().map(|word| word.word()).collect()),
            "`not_ready`",
            "What missed offers do to the agent.",
        ),
        key(
            "exclude_for",
            Kind::DurationOr("step"),
            "`\"30s\"`",
            "How long an agent who did not take a contact is not offered it again. `\"step\"`: until the contact's next step.",
        ),
        key(
            "parallel",
            Kind::WholeOr(1, 1_000, "all"),
            "`1`",
            "To how many agents at once; `\"all\"` rings all.",
        ),
        key(
            "one_rank",
            Kind::Flag,
            "`false`",
            "Whether those offered it at once must be of one rank, the lowest that is eligible.",
        ),
        key(
            "add_every",
            MOMENT,
            "never",
            "One agent more whenever this has passed, while the others ring on.",
        ),
        key(
            "auto_accept",
            Kind::Flag,
            "`false`",
            "Whether an offer is accepted as soon as it is made.",
        ),
        key(
            "grace",
            MOMENT,
            "`\"2s\"`",
            "How long agents who were not quick enough stay reserved, unless customer and agent are joined before.",
        ),
        key(
            "back_off",
            Kind::Table(&BACK_OFF),
            "`0` each",
            "How long the agent is left alone afterwards, by what went wrong.",
        ),
        key(
            "limits",
            Kind::Table(&LIMITS),
            "see below",
            "How many failures in a row make the agent not ready, by what went wrong.",
        ),
    ],
};

pub(in crate::plan) static BACK_OFF: Section = Section {
    path: "queues.<name>.offer.back_off",
    keys: &[
        key("missed", SPAN, "`0`", "Nobody answered, and the agent is still ready."),
        key("declined", SPAN, "`0`", "The agent refused."),
        key("busy", SPAN, "`0`", "The phone was busy."),
        key("unreachable", SPAN, "`0`", "The phone could not be reached."),
    ],
};

pub(in crate::plan) static LIMITS: Section = Section {
    path: "queues.<name>.offer.limits",
    keys: &[
        key(
            "missed",
            Kind::Whole(0, 65_535),
            "`1`",
            "Nobody answered. With `on_missed = \"stay_ready\"`: never.",
        ),
        key("declined", Kind::Whole(0, 65_535), "`0`: never", "The agent refused."),
        key("busy", Kind::Whole(0, 65_535), "`0`: never", "The phone was busy."),
        key("unreachable", Kind::Whole(0, 65_535), "`0`: never", "The phone could not be reached."),
    ],
};

pub(in crate::plan) static WRAP_UP: Section = Section {
    path: "queues.<name>.wrap_up",
    keys: &[
        key(
            "mode",
            Kind::Word(|| WrapUpMode::ALL.iter().map(|word| word.word()).collect()),
            "`none`",
            "`none`: the agent is free at once. `optional`: the agent may end it at any time; `mandatory`: once a disposition is given, so the queue must have `dispositions`. `timed`: it lasts `limit`, and nobody ends or extends it.",
        ),
        key("limit", MOMENT, "`\"1m\"`", "How long at most."),
        key("extension", SPAN, "`\"2m\"`", "How much the agent may add in all."),
    ],
};

pub(in crate::plan) static SERVICE_LEVEL: Section = Section {
    path: "queues.<name>.service_level",
    keys: &[
        key(
            "within",
            MOMENT,
            "`\"20s\"`",
            "Answered within this counts as in time; also the target of `due_date`.",
        ),
        key("short_abandon", SPAN, "`\"5s\"`", "Abandoned within this counts as a short abandon."),
    ],
};
