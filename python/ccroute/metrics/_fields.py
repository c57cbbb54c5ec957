"""The vocabulary of formulas: what a cell holds, and what kind of number each field is.

The core checks again what it is asked for; here a formula is checked when it is written,
so that a misspelt field is found before a report is asked for.
"""

import re
from collections.abc import Collection, Mapping
from types import MappingProxyType
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["count", "duration", "extreme", "seconds", "amount", "unique"]
"""Of a field: ``duration`` and ``extreme`` are int64 microseconds, ``seconds`` float64,
``amount`` int64 millionths, the others int64. Only counts, durations and amounts add up."""

BASES = ("offered", "event", "completion", "split", "sl_event")
"""The rules by which a thing counts in an interval."""

ADDITIVE: frozenset[Kind] = frozenset({"count", "duration", "amount"})

DISTRIBUTIONS = (
    "wait_answered",
    "wait_abandoned",
    "wait_left",
    "talk",
    "hold",
    "wrap_up",
    "handle",
    "first_response",
)
LADDERS = ("wait_answered", "wait_abandoned", "wait_left")
"""The distributions whose counts within a threshold are kept exactly."""

COUNTS = (
    "offered",
    "contacts",
    "answered",
    "abandoned",
    "refused",
    "left",
    "offers_made",
    "offers_accepted",
    "offers_declined",
    "offers_missed",
    "offers_withdrawn",
    "offers_lost",
    "conversations",
    "transferred",
    "handed_over",
    "held",
    "holds",
    "wrapped",
    "handled",
    "ended_by_agent",
    "ended_by_customer",
    "abandoned_on_hold",
    "callbacks_offered",
    "callbacks_taken",
    "callbacks_failed",
    "responded",
    "waiting",
)
SUMS = ("ringing", "connecting")
STATES = (
    "talk",
    "hold",
    "connecting",
    "offered",
    "wrap_up",
    "idle",
    "device_busy",
    "not_ready",
    "signed_in",
)
LEFT_CAUSES: Mapping[str, str] = MappingProxyType(
    {
        "timed_out": "waited as long as the queue lets",
        "no_agents": "nobody there to wait for",
        "exited_by_key": "by key",
        "overflowed": "moved on by rule",
        "callback": "left the line for a callback",
        "withdrawn": "taken back by the host",
        "failed": "could not be connected",
        "closed": "the queue closed",
        "line_down": "its line went down",
        "system": "by the system",
    }
)
"""Why a visit left unserved, in words: what ``left.<cause>`` counts and tables of calls say."""

INTERVAL = "interval.length"
"""Not of the cells: the length of the row's interval, which the report puts in."""

_OF_DISTRIBUTION: Mapping[str, Kind] = MappingProxyType(
    {
        "count": "count",
        "zero": "count",
        "sum": "duration",
        "max": "extreme",
        "exact": "unique",
        "deviation": "seconds",
    }
)
_EXACT: Mapping[str, Kind] = MappingProxyType(
    {
        **dict.fromkeys(COUNTS, "count"),
        **dict.fromkeys(SUMS, "duration"),
        **{f"time.{state}": "duration" for state in STATES},
        **{
            f"{name}.{part}": kind
            for name in DISTRIBUTIONS
            for part, kind in _OF_DISTRIBUTION.items()
        },
        "oldest": "extreme",
        "unique.customers": "unique",
        "unique.customers.exact": "unique",
        INTERVAL: "duration",
    }
)
_BY_PATTERN: Mapping[str, Kind] = MappingProxyType(
    {
        rf"(?:{'|'.join(DISTRIBUTIONS)})\.p\d\d?(?:_\d+)?": "seconds",
        rf"(?:{'|'.join(LADDERS)})\.(?:within|below):\d+": "count",
        r"passed:\d+": "count",
        r"(?:left|refused)\.[a-z_]+": "count",
        r"time\.not_ready\..+": "duration",
        r"(?:score|code)\..+": "count",
        r"amount\..+\.count": "count",
        r"amount\..+": "amount",
        r"given_seconds\..+": "duration",
        r"given\..+": "count",
    }
)
_PATTERNS = tuple((re.compile(pattern), kind) for pattern, kind in _BY_PATTERN.items())


def kind_of(field: str) -> Kind | None:
    """What kind of number a field is; ``None`` for a field that there is not.

    >>> kind_of("wait_answered.p99_9"), kind_of("wait_answered.within:20000000")
    ('seconds', 'count')
    >>> kind_of("answerd") is None
    True
    """
    if exact := _EXACT.get(field):
        return exact
    for pattern, kind in _PATTERNS:
        if pattern.fullmatch(field):
            return kind
    return None


def exactness_of(field: str) -> str | None:
    """The field that says, 1 or 0, whether this one is exact; ``None`` for one that always is.

    >>> exactness_of("unique.customers"), exactness_of("talk.p90"), exactness_of("talk.sum")
    ('unique.customers.exact', 'talk.exact', None)
    """
    if field == "unique.customers":
        return "unique.customers.exact"
    stem, _, part = field.rpartition(".")
    return f"{stem}.exact" if stem in DISTRIBUTIONS and re.fullmatch(r"p\d.*", part) else None


_TOUCHED = ("offered", "conversations", "wrapped")
"""On ``split`` these count the cells that a wait, a conversation or a wrap-up touches."""
_SPLIT = frozenset(
    {*_TOUCHED, *(f"{name}.sum" for name in DISTRIBUTIONS if name != "first_response")}
)
_WITHOUT_SPLIT = tuple(basis for basis in BASES if basis != "split")


def bases_of(field: str) -> tuple[str, ...]:
    """The bases on which a field is counted; on others it would be 0 whatever happened.

    >>> bases_of("talk.sum") == BASES, bases_of("passed:20000000")
    (True, ('sl_event',))
    """
    if field.startswith("passed:"):
        return ("sl_event",)
    if field.startswith("unique."):
        return ("offered",)
    if field in _SPLIT or is_agents_time(field) or is_given(field) or field == INTERVAL:
        return BASES
    return _WITHOUT_SPLIT


def adds_up(field: str, basis: str) -> bool:
    """Whether the sum over intervals is the figure of the whole."""
    if basis == "split" and field in _TOUCHED:
        return False
    return kind_of(field) in ADDITIVE


_QUEUES = frozenset(
    {"offered", "contacts", "abandoned", "refused", "left", "waiting", "oldest"}
    | {"callbacks_offered", "callbacks_taken"}
)
_QUEUES_STEMS = ("wait_", "left.", "refused.", "passed:", "unique.")
AGENTS_DIMENSIONS = frozenset({"agent", "team"})
"""The dimensions of the roll-up by agent."""
NOT_ON_SPLIT = "not counted on basis split"
NOT_BY_QUEUE = "agents' time is kept by agent and team"
NOT_BY_AGENT = "waits belong to queues, not to agents or teams"


def absence(field: str, *, basis: str, dimensions: Collection[str], by_agent: bool) -> str | None:
    """Why a field would be 0 whatever happened; ``None`` where it is counted.

    ``by_agent``: whether the roll-up by agent is asked, where the waits are not.

    >>> absence("time.idle", basis="offered", dimensions=["queue"], by_agent=True)
    "agents' time is kept by agent and team"
    >>> absence("answered", basis="split", dimensions=[], by_agent=False)
    'not counted on basis split'
    """
    if basis not in bases_of(field):
        return NOT_ON_SPLIT if basis == "split" else f"counted on basis {bases_of(field)[0]} only"
    if is_agents_time(field):
        return NOT_BY_QUEUE if set(dimensions) - AGENTS_DIMENSIONS else None
    if by_agent and (field in _QUEUES or field.startswith(_QUEUES_STEMS)):
        return NOT_BY_AGENT
    return None


def is_given(field: str) -> bool:
    """Whether the caller of a report gives it; no cell holds it."""
    return field.startswith(("given.", "given_seconds."))


def is_agents_time(field: str) -> bool:
    """Whether it lies in the roll-up by agent only."""
    return field.startswith("time.")


def known_fields() -> tuple[str, ...]:
    """The fields with fixed names, for the messages of errors and for the docs."""
    return tuple(_EXACT)
