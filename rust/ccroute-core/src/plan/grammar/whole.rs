//! The keys of a plan outside its queues.

use super::queue::QUEUE;
use super::{Kind, MOMENT, SPAN, Section, key};
use crate::plan::Across;

pub(in crate::plan) static PLAN: Section = Section {
    path: "",
    keys: &[
        key(
            "skills",
            Kind::Names,
            "those the queues name, then those the agents name",
            "The abilities there are. Once the list stands there, even empty, a skill that is not in it is an error, which is how a typing slip is found.",
        ),
        key(
            "channels",
            Kind::Names,
            "`voice`, `chat`, `email`, `sms`",
            "The media contacts arrive by, 1 to 200 of them.",
        ),
        key(
            "retention",
            SPAN,
            "`\"10m\"`",
            "How long a closed contact is remembered. Its id is refused as a duplicate for so long, and its dispositions can be corrected.",
        ),
        key(
            "seed",
            Kind::Whole(0, 1 << 53),
            "`0`",
            "What random choices begin with. The same seed and the same commands give the same choices.",
        ),
        key("order", Kind::Table(&ORDER), "see below", "How the queues an agent serves compare."),
        key(
            "capacity",
            Kind::Table(&CAPACITY),
            "see below",
            "How much agents can hold, beside their slots.",
        ),
        key(
            "classification",
            Kind::Table(&CLASSIFICATION),
            "none",
            "Which contact goes where, when the host does not say.",
        ),
        key(
            "scores",
            Kind::Map(&SCORE_TABLE),
            "none",
            "Tables of scores by contact type and agent, which the host fills with `set_scores`.",
        ),
        key("calendars", Kind::Map(&CALENDAR), "none", "Opening hours, by name."),
        key(
            "assign_together",
            Kind::Whole(0, 100),
            "`0`",
            "When several agents become free at once (`ready_all`, a new plan, `reconcile`), up to so many contacts are shared out among them for the best total score. `0`: one after the other. Which contacts are served stays the same, but where `order.across` is `ratio`, or weights count.",
        ),
        key(
            "queues",
            Kind::Map(&QUEUE),
            "none",
            "One table a queue, at most 65,536; they keep the order in which they are written.",
        ),
        key(
            "agents",
            Kind::Map(&AGENT),
            "none",
            "One table an agent. Agents the plan does not know may sign in all the same.",
        ),
    ],
};

pub(in crate::plan) static ORDER: Section = Section {
    path: "order",
    keys: &[
        key(
            "across",
            Kind::Word(|| Across::ALL.iter().map(|word| word.word()).collect()),
            "`age`",
            "How the first contacts of several queues compare, after rank, weight and band. `age`: the longest wait, with its head start, times its slope. `ratio`: the queue that most exceeds its `share` of all that wait. `marginal_cost`: the highest cost of waiting on, divided by the time to handle one. `due_date`: whose `service_level.within` runs out first.",
        ),
        key(
            "ranked",
            Kind::Flag,
            "`true`",
            "Whether an agent serves queues of a lower link rank first. With `false` ranks say only which agent is chosen, as penalties and tiers do.",
        ),
    ],
};

pub(in crate::plan) static CAPACITY: Section = Section {
    path: "capacity",
    keys: &[
        key(
            "budget",
            Kind::Whole(1, 65_535),
            "no such bound",
            "What an agent can hold in all, in the coin of `cost`.",
        ),
        key(
            "cost",
            Kind::Counts(0, 65_535),
            "`1` each",
            "What a contact takes of the budget, by channel.",
        ),
        key(
            "interrupted_by",
            Kind::Lists,
            "all",
            "Which other channels may come in while an agent works on this one. A channel that is not written lets all in.",
        ),
        key(
            "offers",
            Kind::Whole(1, 65_535),
            "as many as slots",
            "How many live offers an agent can have.",
        ),
    ],
};

pub(in crate::plan) static CLASSIFICATION: Section = Section {
    path: "classification",
    keys: &[
        key(
            "rules",
            Kind::List(&RULE),
            "none",
            "In order; the first whose `when` holds decides. One without `when` at the end is the default.",
        ),
        key(
            "attach",
            Kind::List(&ATTACHMENT),
            "none",
            "What contacts are given to ask for besides, each entry as far as it applies.",
        ),
    ],
};

pub(in crate::plan) static RULE: Section = Section {
    path: "classification.rules[]",
    keys: &[
        key("name", Kind::Name, "its number", "What events and explanations call it."),
        key("when", Kind::Condition, "everybody", "Whom it is for."),
        key("queue", Kind::Name, "must be given, or `split`", "Where to."),
        key(
            "split",
            Kind::List(&SPLIT),
            "none",
            "Where to, by shares: each contact is drawn from the seed.",
        ),
        key(
            "band",
            Kind::Whole(-32_768, 32_767),
            "the queue's",
            "Strict class; higher goes first.",
        ),
        key(
            "head_start",
            Kind::Shift,
            "the queue's",
            "As if it had come so much earlier, or, negative, later.",
        ),
        key("slope", Kind::Number(0.000_001, 1_000.0), "the queue's", "How fast it ages."),
        key(
            "requires",
            Kind::Table(&super::REQUIREMENT),
            "nothing",
            "What it needs beyond what the queue asks.",
        ),
    ],
};

pub(in crate::plan) static SPLIT: Section = Section {
    path: "classification.rules[].split[]",
    keys: &[
        key("queue", Kind::Name, "must be given", "Where to."),
        key(
            "share",
            Kind::Whole(1, 1_000_000),
            "must be given",
            "Its part of the sum of all shares.",
        ),
    ],
};

pub(in crate::plan) static ATTACHMENT: Section = Section {
    path: "classification.attach[]",
    keys: &[
        key("when", Kind::Condition, "all", "Which contacts."),
        key(
            "requires",
            Kind::Table(&super::REQUIREMENT),
            "nothing",
            "What they need, the same for all (static), or for those of `when` (conditional).",
        ),
        key(
            "skill_of",
            Kind::Name,
            "none",
            "An attribute whose value names a skill they need (pass-through). A contact without the attribute needs none; a value that is no skill is one nobody has.",
        ),
        key("level", Kind::Whole(1, 10), "`1`", "With `skill_of`: the least proficiency."),
        key(
            "label_of",
            Kind::Name,
            "none",
            "An attribute whose value an agent's label must equal (pass-through).",
        ),
        key("label", Kind::Name, "the attribute's name", "With `label_of`: which label."),
        key(
            "lasts",
            MOMENT,
            "as long as the contact waits",
            "How long after its entry the contact needs it.",
        ),
    ],
};

pub(in crate::plan) static SCORE_TABLE: Section = Section {
    path: "scores.<name>",
    keys: &[key(
        "by",
        Kind::Name,
        "must be given",
        "The attribute that says of which type a contact is.",
    )],
};

pub(in crate::plan) static CALENDAR: Section = Section {
    path: "calendars.<name>",
    keys: &[
        key(
            "zone",
            Kind::Name,
            "must be given",
            "The IANA name of the time zone, such as `America/Bogota`.",
        ),
        key("weekly", Kind::Table(&DAYS), "never open", "When it is open, by day of the week."),
        key(
            "holidays",
            Kind::Name,
            "none",
            "The country, or country and region, whose public holidays are closed: `CO`, `ES-MD`. Needs the extra `hours`.",
        ),
        key(
            "special",
            Kind::Dates,
            "none",
            "Days of their own, which go before holidays and the week: `{ 2026-12-24 = [\"09:00-13:00\"], 2026-12-31 = [] }`.",
        ),
    ],
};

pub(in crate::plan) static DAYS: Section = Section {
    path: "calendars.<name>.weekly",
    keys: &[
        key(
            "mon",
            Kind::Intervals,
            "closed",
            "Intervals of the local day, such as `[\"09:00-13:00\", \"14:00-24:00\"]`.",
        ),
        key("tue", Kind::Intervals, "closed", "As `mon`."),
        key("wed", Kind::Intervals, "closed", "As `mon`."),
        key("thu", Kind::Intervals, "closed", "As `mon`."),
        key("fri", Kind::Intervals, "closed", "As `mon`."),
        key("sat", Kind::Intervals, "closed", "As `mon`."),
        key("sun", Kind::Intervals, "closed", "As `mon`."),
    ],
};

pub(in crate::plan) static AGENT: Section = Section {
    path: "agents.<name>",
    keys: &[
        key("skills", Kind::Levels, "none", "What the agent can do."),
        key(
            "labels",
            Kind::Labels,
            "none",
            "What else is known of the agent: texts, whole numbers, true or false, by name.",
        ),
        key(
            "queues",
            Kind::Links(&LINK),
            "none",
            "Which queues the agent serves: a list of names, or a table of names with settings.",
        ),
        key(
            "capacity",
            Kind::Counts(1, 65_535),
            "one contact on the first of `channels`",
            "How many contacts the agent can hold at once on each channel; none on those left out.",
        ),
        key("budget", Kind::Whole(1, 65_535), "the plan's", "What the agent can hold in all."),
        key("lines", Kind::Names, "any", "Over which lines the agent is reached."),
    ],
};

pub(in crate::plan) static LINK: Section = Section {
    path: "agents.<name>.queues.<queue>",
    keys: &[
        key(
            "rank",
            Kind::Whole(0, 1_000_000),
            "`0`",
            "Lower ranks first: the agent's order of queues, and the penalty or tier by which agents are chosen.",
        ),
        key(
            "position",
            Kind::Whole(0, 1_000_000),
            "`0`",
            "The agent's place in the queue, for `ordered` and `round_robin`.",
        ),
        key("delay", SPAN, "`0`", "A contact that has not waited this long is not for this agent."),
        key(
            "help_when",
            Kind::Table(&HELP_WHEN),
            "always",
            "When the agent helps out in this queue.",
        ),
    ],
};

pub(in crate::plan) static HELP_WHEN: Section = Section {
    path: "agents.<name>.queues.<queue>.help_when",
    keys: &[
        key(
            "waiting",
            Kind::Whole(1, 1_000_000_000),
            "never by number",
            "When so many contacts wait in the queue without an offer …",
        ),
        key("waited", MOMENT, "never by age", "… or the contact itself has waited so long."),
    ],
};
