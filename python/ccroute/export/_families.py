"""What is exported, under which names: an entry a family, the same for every format.

OpenTelemetry's name and unit give Prometheus' name by the rules its own receiver follows:
dots become underscores, the unit a suffix, and a counter's sample ends with ``_total``.
"""

from typing import Literal, TypeAlias

import attrs

Kind: TypeAlias = Literal["counter", "gauge", "histogram", "info"]
Slices: TypeAlias = Literal["visits", "agents", "none"]

_SUFFIXES = {"s": "_seconds", "1": "_ratio"}


@attrs.frozen(kw_only=True)
class Family:
    """A metric: its names, its unit and which labels its series carry.

    >>> ACTIVITY.name, ACTIVITY.prometheus, ACTIVITY.sample
    ('ccroute.agent.time', 'ccroute_agent_time_seconds', 'ccroute_agent_time_seconds_total')
    """

    name: str
    """OpenTelemetry's, dotted."""
    kind: Kind
    """``info`` is a gauge of 1 whose labels say something."""
    unit: str
    """As UCUM has it: ``s``, ``1`` for a share, a word in braces for things counted."""
    help: str
    labels: tuple[str, ...] = ()
    """Its own labels."""
    slices: Slices = "visits"
    """Which of the labels asked for come before them."""

    @property
    def prometheus(self) -> str:
        """The family's name in Prometheus and OpenMetrics."""
        return self.name.replace(".", "_") + _SUFFIXES.get(self.unit, "")

    @property
    def sample(self) -> str:
        """The name of its samples there; of a histogram they have suffixes of their own."""
        return self.prometheus + {"counter": "_total", "info": "_info"}.get(self.kind, "")

    @property
    def prometheus_unit(self) -> str:
        """Prometheus' word for its unit; empty for things counted."""
        return _SUFFIXES.get(self.unit, "").removeprefix("_")

    @property
    def scale(self) -> int:
        """What its integers are divided by: durations are counted in microseconds."""
        return 1_000_000 if self.unit == "s" else 1


def _counter(name: str, unit: str, text: str, *labels: str, slices: Slices = "visits") -> Family:
    return Family(
        name=f"ccroute.{name}", kind="counter", unit=unit, help=text, labels=labels, slices=slices
    )


def _histogram(name: str, text: str, *labels: str) -> Family:
    return Family(name=f"ccroute.{name}", kind="histogram", unit="s", help=text, labels=labels)


CONTACTS = _counter(
    "contacts",
    "{contact}",
    "Visits to a queue by how they ended; refused: not let in, so no visit",
    "outcome",
)
OFFERED = _counter("offered_contacts", "{contact}", "Visits to a queue that began")
NEW = _counter("new_contacts", "{contact}", "Visits that are the first of their contact")
LEFT = _counter("left_contacts", "{contact}", "Visits that ended unserved, by cause", "cause")
REFUSED = _counter("refused_contacts", "{contact}", "Contacts not let in, by cause", "cause")
MADE = _counter("made_offers", "{offer}", "Offers of a contact to an agent")
OFFERS = _counter("offers", "{offer}", "Offers to an agent by how they ended", "outcome")
CONVERSATIONS = _counter(
    "conversations", "{conversation}", "Conversations that ended, a part per primary agent"
)
ENDED = _counter(
    "ended_conversations",
    "{conversation}",
    "Conversations that the agent or the customer ended",
    "by",
)
TRANSFERRED = _counter(
    "transferred_conversations", "{conversation}", "Conversations passed on to a queue or an agent"
)
HANDED_OVER = _counter(
    "handed_over_conversations", "{conversation}", "Of these, handed over to the agent consulted"
)
HOLD_ABANDONED = _counter(
    "hold_abandoned_conversations", "{conversation}", "Conversations the customer left on hold"
)
HOLDS = _counter("holds", "{hold}", "Times a customer was put on hold")
CALLBACKS = _counter(
    "callbacks",
    "{callback}",
    "Call-backs offered to who waits, taken instead of waiting, and attempts that failed",
    "step",
)
LEFT_WAIT = _counter("left_wait", "s", "Waited by those who left unserved")
RING = _counter("ring", "s", "From an offer to its acceptance, of those accepted")
CONNECTING = _counter("connecting", "s", "From an acceptance to the connection")
WAIT = _histogram("queue.wait", "Waits of the answered and of the abandoned", "outcome")
TALK = _histogram("talk", "Conversations, without hold")
HOLD = _histogram("hold", "Hold in all of a conversation with hold")
WRAP_UP = _histogram("wrap_up", "Wrap-up of a conversation with wrap-up")
HANDLE = _histogram("handle", "Talk, hold and wrap-up of a conversation wholly done")
FIRST_RESPONSE = _histogram("first_response", "From the entry to the agent's first message")
NUMERATOR = _counter(
    "sl.numerator",
    "{contact}",
    "Contacts within the service level, by variant",
    *("variant", "threshold", "short"),
)
DENOMINATOR = _counter(
    "sl.denominator",
    "{contact}",
    "Contacts the service level is a share of, by variant",
    *("variant", "threshold", "short"),
)
GOAL = Family(
    name="ccroute.sl.goal",
    kind="gauge",
    unit="1",
    help="The share a queue is to reach: a setting, not a measurement",
    labels=("queue",),
    slices="none",
)
WAITING = Family(
    name="ccroute.queue.waiting", kind="gauge", unit="{contact}", help="Contacts that wait now"
)
OLDEST = Family(
    name="ccroute.queue.oldest_wait",
    kind="gauge",
    unit="s",
    help="How long the longest waiting contact has waited; 0 when none waits",
)
EXPECTED = Family(
    name="ccroute.queue.expected_wait",
    kind="gauge",
    unit="s",
    help="How long who enters now may expect to wait, where enough was answered lately",
    labels=("queue",),
    slices="none",
)
AGENTS = Family(
    name="ccroute.agents",
    kind="gauge",
    unit="{agent}",
    help="Agents signed in, by what they do now",
    labels=("state", "reason"),
    slices="none",
)
ACTIVITY = _counter(
    "agent.time",
    "s",
    "Time of signed-in agents by state; its rate is how many agents are in the state",
    "state",
    slices="agents",
)
NOT_READY = _counter(
    "agent.not_ready", "s", "Time of agents not ready, by reason", "reason", slices="agents"
)
SIGNED_IN = _counter("agent.signed_in", "s", "Time of agents signed in", slices="agents")
EVENTS = _counter("events", "{event}", "Events folded, counted or not", slices="none")
BAD_DATA = _counter(
    "bad_data",
    "{event}",
    "What was dropped, late, cut or conflicting, by kind; each kind is a word of counters()",
    "kind",
    slices="none",
)
WAITING_EVENTS = Family(
    name="ccroute.feed.held_events",
    kind="gauge",
    unit="{event}",
    help="Events that wait now for those before them",
    slices="none",
)
WATERMARK = Family(
    name="ccroute.feed.watermark_timestamp",
    kind="gauge",
    unit="s",
    help="Up to when every source has said what it had to say, since the epoch",
    slices="none",
)
FOLDED = _counter(
    "folded_labels",
    "{value}",
    "Values of a label that are exported as __other__, by label",
    "label",
    slices="none",
)
HELD = Family(
    name="ccroute.export.held_series",
    kind="gauge",
    unit="{series}",
    help="Series shown at their former height because a correction lowered them",
    slices="none",
)
BUILD = Family(
    name="ccroute.build",
    kind="info",
    unit="",
    help="The version of ccroute",
    labels=("version",),
    slices="none",
)

FAMILIES = (
    *(CONTACTS, OFFERED, NEW, LEFT, REFUSED, MADE, OFFERS),
    *(CONVERSATIONS, ENDED, TRANSFERRED, HANDED_OVER, HOLD_ABANDONED, HOLDS, CALLBACKS),
    *(LEFT_WAIT, RING, CONNECTING, WAIT, TALK, HOLD, WRAP_UP, HANDLE, FIRST_RESPONSE),
    *(NUMERATOR, DENOMINATOR, GOAL, WAITING, OLDEST, EXPECTED),
    *(AGENTS, ACTIVITY, NOT_READY, SIGNED_IN),
    *(EVENTS, BAD_DATA, WAITING_EVENTS, WATERMARK, FOLDED, HELD, BUILD),
)
"""All of them, in the order of the export."""

COUNTS: tuple[tuple[Family, tuple[tuple[str, str], ...], str], ...] = (
    *((CONTACTS, (("outcome", word),), word) for word in ("answered", "abandoned", "left")),
    (CONTACTS, (("outcome", "refused"),), "refused"),
    (OFFERED, (), "offered"),
    (NEW, (), "contacts"),
    (MADE, (), "offers_made"),
    *(
        (OFFERS, (("outcome", word),), f"offers_{word}")
        for word in ("accepted", "declined", "missed", "withdrawn", "lost")
    ),
    (CONVERSATIONS, (), "conversations"),
    *((ENDED, (("by", word),), f"ended_by_{word}") for word in ("agent", "customer")),
    (TRANSFERRED, (), "transferred"),
    (HANDED_OVER, (), "handed_over"),
    (HOLD_ABANDONED, (), "abandoned_on_hold"),
    (HOLDS, (), "holds"),
    *(
        (CALLBACKS, (("step", word),), f"callbacks_{word}")
        for word in ("offered", "taken", "failed")
    ),
    (LEFT_WAIT, (), "wait_left.sum"),
    (RING, (), "ringing"),
    (CONNECTING, (), "connecting"),
    (WAITING, (), "waiting"),
    (OLDEST, (), "oldest"),
)
"""Single figures of visits: family, own labels, field of the cells."""

TIMINGS: tuple[tuple[Family, tuple[tuple[str, str], ...], str], ...] = (
    (WAIT, (("outcome", "answered"),), "wait_answered"),
    (WAIT, (("outcome", "abandoned"),), "wait_abandoned"),
    (TALK, (), "talk"),
    (HOLD, (), "hold"),
    (WRAP_UP, (), "wrap_up"),
    (HANDLE, (), "handle"),
    (FIRST_RESPONSE, (), "first_response"),
)
"""Histograms: family, own labels, distribution of the cells."""

STATES = (
    *("talk", "hold", "connecting", "offered", "wrap_up"),
    *("idle", "device_busy", "not_ready"),
)
"""Values of ``state``. Together they are all time signed in, and conversations past it."""


def families() -> tuple[Family, ...]:
    """Every metric that can be exported, in the order of the export."""
    return FAMILIES
