"""The vocabulary of formulas: what a cell holds, and what kind of number each field is.

The core checks again what it is asked for; here a formula is checked when it is written,
so that a misspelt field is found before a report is asked for.
"""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, TypeAlias

Kind: TypeAlias = Literal["count", "duration", "extreme", "seconds", "amount", "unique"]
"""Of a field: ``duration`` and ``extreme`` are int64 microseconds, ``seconds`` float64,
``amount`` int64 millionths, the others int64. Only counts, durations and amounts add up."""

ADDITIVE: frozenset[Kind] = frozenset({"count", "duration", "amount"})

DISTRIBUTIONS = (
    "wait_answered",
    "wait_abandoned",
    "talk",
    "hold",
    "wrap_up",
    "handle",
    "first_response",
)
LADDERS = ("wait_answered", "wait_abandoned")
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
SUMS = ("wait_left", "ringing", "connecting")
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


def is_given(field: str) -> bool:
    """Whether the caller of a report gives it; no cell holds it."""
    return field.startswith(("given.", "given_seconds."))


def is_agents_time(field: str) -> bool:
    """Whether it lies in the roll-up by agent only."""
    return field.startswith("time.")


def known_fields() -> tuple[str, ...]:
    """The fields with fixed names, for the messages of errors and for the docs."""
    return tuple(_EXACT)
