"""The object users hold: questions in words and aware datetimes, answers in reports."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Literal, TypedDict, overload

from ccroute._errors import ConfigError
from ccroute._events import AgentDevice, AgentJoined, AgentLeft, Event
from ccroute._wire import DEVICES, KpiAggregator
from ccroute.metrics._report import Report
from ccroute.metrics._rows import AgentRow, IntervalRow, QueueRow

Instant = float | datetime


class Metrics:
    """Reads what an aggregator counted; folds events of other sources into it.

    ``aggregator``: a router's, or one of your own for recorded logs, other platforms and
    simulations (default: a new one with the default thresholds). ``targets``: by queue, the
    threshold T and the short threshold S that its service level is measured with unless a
    report is asked for others, in seconds; a router's are those of its plan.

    >>> from ccroute import ContactAbandoned, ContactQueued
    >>> metrics = Metrics()
    >>> call = {"source": "pbx", "contact": "c1", "visit": 1, "queue": "billing"}
    >>> metrics.fold(ContactQueued(**call, sequence=1, at=100.0, since=100.0))
    >>> metrics.fold(ContactAbandoned(**call, sequence=2, at=107.5))
    >>> metrics.report()["billing"].abandon_wait
    7.5
    """

    def __init__(
        self,
        aggregator: KpiAggregator | None = None,
        *,
        targets: Mapping[str, tuple[float, float]] | None = None,
    ) -> None:
        self._aggregator = KpiAggregator() if aggregator is None else aggregator
        self._targets = dict(targets or {})

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
        number = DEVICES.index(event.device) if isinstance(event, AgentDevice) else 0
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
            number=number,
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
        short: float | None = None,
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
        short: float | None = None,
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
        short: float | None = None,
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
        short: float | None = None,
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
            within: Its threshold T in seconds, one of the aggregator's. Default: each
                queue's own target, 20 where it has none and over all queues.
            short: The short threshold S in seconds, one of the aggregator's; only
                ``sl.short_excluded`` and ``sl.short_credited`` look at it. Default: each
                queue's own, 5 where it has none and over all queues.
            now: The instant of asking, where states and waits that still last are cut
                (default: the time of the latest event).

        Raises:
            ConfigError: An edge is no edge of an interval, a threshold is not one of the
                aggregator's, or a datetime is naive.
            Rejected: A word is outside its vocabulary.
        """
        asked: _Range = {"start": _seconds(start), "end": _seconds(end), "now": _seconds(now)}
        if asked["start"] is not None and asked["end"] is not None:
            _ascending(asked["start"], asked["end"])
        shown: _Question = {"by": by, "basis": basis, "service_level": service_level}
        span: _Span = {"start": _utc(start), "end": _utc(end)}
        if by == "queue":
            queues = self._by_queue(basis, service_level, within, short, asked)
            return Report(**shown, **span, within=within, short=short, rows=queues)
        level: _Level = {
            "basis": basis,
            "service_level": service_level,
            "within": _WITHIN if within is None else within,
            "short": _SHORT if short is None else short,
        }
        both: _Thresholds = {"within": level["within"], "short": level["short"]}
        if by == "agent":
            agents = self._aggregator.report("agent", **level, **asked)
            return Report(**shown, **span, **both, rows=tuple(map(AgentRow.of, agents)))
        intervals = self._aggregator.report(by, **level, **asked)
        found = tuple(IntervalRow.of(row, service_level) for row in intervals)
        return Report(**shown, **span, **both, rows=found)

    def _by_queue(
        self,
        basis: str,
        service_level: str,
        within: float | None,
        short: float | None,
        asked: "_Range",
    ) -> tuple[QueueRow, ...]:
        """Each queue by its own thresholds: one question to the aggregator per pair."""
        rows: dict[str, QueueRow] = {}

        def pair(queue: str) -> tuple[float, float]:
            own, own_short = self._targets.get(queue, (_WITHIN, _SHORT))
            return own if within is None else within, own_short if short is None else short

        names = self._aggregator.names("queues")
        # With no queue yet the question is still asked, for what is wrong with it.
        for t, s in sorted({pair(name) for name in names} or {pair("")}):
            level: _Level = {
                "basis": basis,
                "service_level": service_level,
                "within": t,
                "short": s,
            }
            for row in self._aggregator.report("queue", **level, **asked):
                if pair(row["queue"]) == (t, s):
                    rows[row["queue"]] = QueueRow.of(row, service_level, t)
        return tuple(rows[name] for name in names)


_WITHIN, _SHORT = 20.0, 5.0


class _Thresholds(TypedDict):
    within: float
    short: float


class _Span(TypedDict):
    start: datetime | None
    end: datetime | None


class _Level(TypedDict):
    basis: str
    service_level: str
    within: float
    short: float


class _Range(TypedDict):
    start: float | None
    end: float | None
    now: float | None


class _Question(TypedDict):
    by: str
    basis: str
    service_level: str


def _ascending(start: float, end: float) -> None:
    if end < start:
        raise ConfigError(f"end {end:g} lies before start {start:g}: give the earlier first")


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
