"""The rows of reports: what was counted, and the means and ratios made of it.

Everything here is made of sums and counts over the whole range asked for; nothing is an
average of averages. What is not known, because nothing was counted, is ``None``.
"""

import math
from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

import attrs

from ccroute._wire import AgentNumbers, IntervalNumbers, QueueNumbers

_SECOND = 1_000_000


@attrs.frozen(kw_only=True)
class Ratio:
    """Two counts and the name of the formula that divides them.

    >>> str(Ratio(name="sl.answered_within", numerator=3, denominator=4))
    '75.0 %'
    """

    name: str
    numerator: int
    denominator: int

    @property
    def value(self) -> float | None:
        """The quotient; ``None`` for nothing out of nothing, which is neither 0 nor 1."""
        return self.numerator / self.denominator if self.denominator else None

    def __str__(self) -> str:
        return "-" if self.value is None else f"{self.value:.1%}".replace("%", " %")


@attrs.frozen(kw_only=True)
class Visits:
    """What queues and intervals have in common. All durations are in seconds.

    Waits run from the entry into the queue to the answer, the abandonment or the leaving.
    Percentiles are nearest ranks: exact up to 256 waits above zero, then at most 0.55 %
    off, relative. Formulas and sources: ``docs/metrics.md``.
    """

    offered: int
    """Visits begun."""
    answered: int
    """Visits joined with an agent."""
    answered_at_once: int
    """Of them, without any wait."""
    abandoned: int
    """Visits the customer ended while waiting."""
    left: int
    """Visits that ended unserved for another cause."""
    left_by_cause: Mapping[str, int]
    """The same by cause: ``timed_out``, ``exited_by_key``, ``transferred`` and so on."""
    refused: int
    """Contacts that were not let in; no visits."""
    service_level: Ratio
    abandon_rate: Ratio
    """``abandon.of_answered_and_abandoned``: B / (A + B)."""
    asa: float | None
    """Speed of answer: the mean wait of all answered, zero waits included."""
    asa_waited: float | None
    """The mean wait of the answered who waited at all."""
    abandon_wait: float | None
    """The mean wait of the abandoned."""
    wait_p50: float | None
    wait_p90: float | None
    wait_p95: float | None
    wait_p99: float | None
    wait_longest: float | None
    """The longest wait of the answered."""
    abandon_longest: float | None
    """The longest wait of the abandoned."""
    conversations: int
    """Conversations that ended; each primary agent's part counts on its own."""
    transferred: int
    """Of them, passed on to a queue or an agent."""
    handled: int
    """Conversations wholly done, wrap-up included."""
    handle_time: float | None
    """The mean of talk, hold and wrap-up over the handled."""
    handle_sd: float | None
    """The standard deviation of the same (of the population)."""
    handle_p50: float | None
    handle_p90: float | None
    handle_longest: float | None
    talk: float
    """Talking in all, hold excluded."""
    hold: float
    wrap_up: float
    offers: int
    missed: int
    lost: int
    """Offers that another agent took first."""


@attrs.frozen(kw_only=True)
class QueueRow(Visits):
    """One queue."""

    queue: str
    within: float
    """The threshold T of its service level, in seconds."""
    waiting: int
    """Visits that wait now and began within the range."""
    longest_waiting: float | None
    """How long the first of them has waited."""

    @classmethod
    def of(cls, numbers: QueueNumbers, service_level: str, within: float) -> "QueueRow":
        """The row behind the aggregator's numbers."""
        return cls(
            queue=numbers["queue"],
            within=within,
            waiting=numbers["waiting"],
            longest_waiting=numbers["longest_waiting"],
            **_visits(numbers, service_level),
        )


@attrs.frozen(kw_only=True)
class IntervalRow(Visits):
    """One interval, over all queues."""

    start: datetime
    """When it begins, in UTC; it ends where the next begins, without that instant."""

    @classmethod
    def of(cls, numbers: IntervalNumbers, service_level: str) -> "IntervalRow":
        """The row behind the aggregator's numbers."""
        start = datetime.fromtimestamp(numbers["start"], UTC)
        return cls(start=start, **_visits(numbers, service_level))


@attrs.frozen(kw_only=True)
class AgentRow:
    """One agent. All durations are in seconds.

    Times are by the clock and cut to the range: an agent with three contacts at once talks
    one second per second. ``handle_time`` is of whole conversations, as for queues.
    """

    agent: str
    answered: int
    handled: int
    """Conversations wholly done, wrap-up included."""
    transferred: int
    offers: int
    declined: int
    missed: int
    lost: int
    """Offers that another agent took first."""
    handle_time: float | None
    """The mean of talk, hold and wrap-up over the handled."""
    talk: float
    """Talking with at least one contact."""
    hold: float
    """With every contact in conversation on hold."""
    wrap_up: float
    connecting: float
    """Accepted, not yet joined."""
    offered: float
    """Being offered a contact."""
    idle: float
    """Ready, with nothing to do."""
    device_busy: float
    """Ready, but the device in use for others, ringing or unreachable: not idle."""
    not_ready: float
    not_ready_by_reason: Mapping[str, float]
    """The same by reason; ``""`` for none given."""
    signed_in: float
    occupancy: Ratio
    """``occupancy.handling``, in microseconds."""

    @classmethod
    def of(cls, numbers: AgentNumbers) -> "AgentRow":
        """The row behind the aggregator's numbers."""
        reasons = numbers["time_not_ready_us"]
        handling, base = numbers["occupancy"]
        handled, handle = numbers["handle"][:2]
        return cls(
            agent=numbers["agent"],
            answered=numbers["answered"],
            handled=handled,
            transferred=numbers["transferred"],
            offers=numbers["offers_made"],
            declined=numbers["offers_declined"],
            missed=numbers["offers_missed"],
            lost=numbers["offers_lost"],
            handle_time=_mean(handle, handled),
            talk=numbers["time_talk_us"] / _SECOND,
            hold=numbers["time_hold_us"] / _SECOND,
            wrap_up=numbers["time_wrap_up_us"] / _SECOND,
            connecting=numbers["time_connecting_us"] / _SECOND,
            offered=numbers["time_offered_us"] / _SECOND,
            idle=numbers["time_idle_us"] / _SECOND,
            device_busy=numbers["time_device_busy_us"] / _SECOND,
            not_ready=sum(reasons.values()) / _SECOND,
            not_ready_by_reason=MappingProxyType(
                {reason: micros / _SECOND for reason, micros in reasons.items()}
            ),
            signed_in=numbers["time_signed_in_us"] / _SECOND,
            occupancy=Ratio(name="occupancy.handling", numerator=handling, denominator=base),
        )


def _visits(numbers: QueueNumbers | IntervalNumbers, service_level: str) -> dict[str, Any]:
    """The fields of ``Visits``."""
    answered, abandoned = numbers["answered"], numbers["abandoned"]
    waits, wait_sum, _, wait_longest, wait_quantiles = numbers["wait_answered"]
    losses, loss_sum, _, loss_longest, _ = numbers["wait_abandoned"]
    handled, handle_sum, handle_squares, handle_longest, handle_quantiles = numbers["handle"]
    waited = waits - numbers["answered_at_once"]
    met, out_of = numbers["service_level"]
    return {
        "offered": numbers["offered"],
        "answered": answered,
        "answered_at_once": numbers["answered_at_once"],
        "abandoned": abandoned,
        "left": sum(numbers["left"].values()),
        "left_by_cause": MappingProxyType(numbers["left"]),
        "refused": numbers["refused"],
        "service_level": Ratio(name=service_level, numerator=met, denominator=out_of),
        "abandon_rate": Ratio(
            name="abandon.of_answered_and_abandoned",
            numerator=abandoned,
            denominator=answered + abandoned,
        ),
        "asa": _mean(wait_sum, waits),
        "asa_waited": _mean(wait_sum, waited),
        "abandon_wait": _mean(loss_sum, losses),
        "wait_p50": wait_quantiles[0],
        "wait_p90": wait_quantiles[1],
        "wait_p95": wait_quantiles[2],
        "wait_p99": wait_quantiles[3],
        "wait_longest": wait_longest if waits else None,
        "abandon_longest": loss_longest if losses else None,
        "conversations": numbers["conversations"],
        "transferred": numbers["transferred"],
        "handled": handled,
        "handle_time": _mean(handle_sum, handled),
        "handle_sd": _deviation(handle_sum, handle_squares, handled),
        "handle_p50": handle_quantiles[0],
        "handle_p90": handle_quantiles[1],
        "handle_longest": handle_longest if handled else None,
        "talk": numbers["talk_us"] / _SECOND,
        "hold": numbers["hold_us"] / _SECOND,
        "wrap_up": numbers["wrap_up_us"] / _SECOND,
        "offers": numbers["offers_made"],
        "missed": numbers["offers_missed"],
        "lost": numbers["offers_lost"],
    }


def _mean(micros: int, count: int) -> float | None:
    return micros / (count * _SECOND) if count else None


def _deviation(micros: int, squares: int, count: int) -> float | None:
    """Of the population, in seconds: exact in integers up to the last division."""
    if not count:
        return None
    return math.sqrt(count * squares - micros * micros) / (count * _SECOND)
