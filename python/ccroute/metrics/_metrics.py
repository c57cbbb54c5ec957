"""The object users hold: questions in words and aware datetimes, answers in reports."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Literal, TypedDict, overload

from ccroute._errors import ConfigError
from ccroute._events import AgentJoined, AgentLeft, Event
from ccroute._wire import KpiAggregator
from ccroute.metrics._report import Report
from ccroute.metrics._rows import AgentRow, IntervalRow, QueueRow

Instant = float | datetime


class Metrics:
    """Reads what an aggregator counted; folds events of other sources into it.

    ``aggregator``: a router's, or one of your own for recorded logs, other platforms and
    simulations (default: a new one with the default thresholds).

    >>> from ccroute import ContactAbandoned, ContactQueued
    >>> metrics = Metrics()
    >>> call = {"source": "pbx", "contact": "c1", "visit": 1, "queue": "billing"}
    >>> metrics.fold(ContactQueued(**call, sequence=1, at=100.0, since=100.0))
    >>> metrics.fold(ContactAbandoned(**call, sequence=2, at=107.5))
    >>> metrics.report()["billing"].abandon_wait
    7.5
    """

    def __init__(self, aggregator: KpiAggregator | None = None) -> None:
        self._aggregator = KpiAggregator() if aggregator is None else aggregator

    @property
    def aggregator(self) -> KpiAggregator:
        """What counts: for batches, cells and merging."""
        return self._aggregator

    def fold(self, event: Event) -> None:
        """Counts one event, of whatever source.

        An event that cannot be counted (see :meth:`counters`) changes nothing else.
        Raises ``Rejected`` with code ``invalid_value`` for a time that is none, or a word
        outside the vocabulary.
        """
        role = event.role if isinstance(event, AgentJoined | AgentLeft) else "primary"
        self._aggregator.fold(
            event.kind,
            event.at,
            event.contact,
            visit=event.visit,
            queue=event.queue,
            agent=event.agent,
            cause=event.cause or "none",
            channel=event.channel,
            reason=event.reason,
            role=role,
            source=event.source,
            sequence=event.sequence,
        )

    def fold_all(self, events: Iterable[Event]) -> None:
        """Counts events in order, as :meth:`fold` one by one."""
        for event in events:
            self.fold(event)

    def counters(self) -> dict[str, int]:
        """What became of the events.

        ``events`` folded in all; of them not counted: ``duplicates``, ``orphans`` (an end
        without a beginning) and ``incomplete`` (without a contact, queue or agent that the
        kind must name). ``backwards``: durations that came out negative and were taken as
        zero; ``overlong``: states cut after 31 days.
        """
        return self._aggregator.counters()

    @overload
    def report(
        self,
        *,
        by: Literal["queue"] = "queue",
        start: Instant | None = None,
        end: Instant | None = None,
        basis: str = "offered",
        service_level: str = "sl.answered_within",
        within: float | None = None,
        short: float = 5.0,
        now: Instant | None = None,
    ) -> Report[QueueRow]: ...
    @overload
    def report(
        self,
        *,
        by: Literal["agent"],
        start: Instant | None = None,
        end: Instant | None = None,
        basis: str = "offered",
        service_level: str = "sl.answered_within",
        within: float | None = None,
        short: float = 5.0,
        now: Instant | None = None,
    ) -> Report[AgentRow]: ...
    @overload
    def report(
        self,
        *,
        by: Literal["interval"],
        start: Instant | None = None,
        end: Instant | None = None,
        basis: str = "offered",
        service_level: str = "sl.answered_within",
        within: float | None = None,
        short: float = 5.0,
        now: Instant | None = None,
    ) -> Report[IntervalRow]: ...
    def report(
        self,
        *,
        by: Literal["queue", "agent", "interval"] = "queue",
        start: Instant | None = None,
        end: Instant | None = None,
        basis: str = "offered",
        service_level: str = "sl.answered_within",
        within: float | None = None,
        short: float = 5.0,
        now: Instant | None = None,
    ) -> Report[QueueRow] | Report[AgentRow] | Report[IntervalRow]:
        """Totals over a half-open range of intervals, a row a queue, agent or interval.

        Args:
            by: ``queue``, ``agent`` or ``interval`` (over all queues).
            start: From this edge of an interval on: seconds since the epoch or an aware
                datetime. Default: from the first.
            end: Up to this edge, without it. Default: to the last.
            basis: ``offered`` counts a visit, whole, in the interval of its entry;
                ``event`` counts each thing in the interval where it happened.
            service_level: Which formula; the names stand in ``docs/metrics.md``.
            within: Its threshold T in seconds, one of the aggregator's (default: 20).
            short: The short threshold S in seconds, one of the aggregator's; only
                ``sl.short_excluded`` and ``sl.short_credited`` look at it.
            now: The instant of asking, where states and waits that still last are cut
                (default: the time of the latest event).

        Raises:
            ConfigError: An edge is no edge of an interval, a threshold is not one of the
                aggregator's, or a datetime is naive.
            Rejected: A word is outside its vocabulary.
        """
        level: _Level = {
            "basis": basis,
            "service_level": service_level,
            "within": 20.0 if within is None else within,
            "short": short,
        }
        asked: _Range = {"start": _seconds(start), "end": _seconds(end), "now": _seconds(now)}
        question: _Question = {**level, "by": by, "start": _utc(start), "end": _utc(end)}
        if by == "agent":
            agents = self._aggregator.report("agent", **level, **asked)
            return Report(**question, rows=tuple(AgentRow.of(row) for row in agents))
        if by == "interval":
            intervals = self._aggregator.report("interval", **level, **asked)
            found = tuple(IntervalRow.of(row, service_level) for row in intervals)
            return Report(**question, rows=found)
        queues = self._aggregator.report(by, **level, **asked)
        return Report(**question, rows=tuple(QueueRow.of(row, service_level) for row in queues))


class _Level(TypedDict):
    basis: str
    service_level: str
    within: float
    short: float


class _Range(TypedDict):
    start: float | None
    end: float | None
    now: float | None


class _Question(_Level):
    by: str
    start: datetime | None
    end: datetime | None


def _seconds(instant: Instant | None) -> float | None:
    if isinstance(instant, datetime):
        if instant.tzinfo is None:
            raise ConfigError(
                f"{instant.isoformat()} names no zone: give an aware datetime or seconds since "
                "the epoch"
            )
        return instant.timestamp()
    return instant


def _utc(instant: Instant | None) -> datetime | None:
    seconds = _seconds(instant)
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
