"""The object users hold: questions in words and aware datetimes, answers in tables."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime

import attrs
import numpy as np
from numpy.typing import NDArray

from ccroute._errors import ConfigError, DataUnavailable, Rejected
from ccroute._events import AgentDevice, AgentJoined, AgentLeft, Event
from ccroute._wire import DEVICES, KpiAggregator
from ccroute.metrics._audit import Audit, Step, audit
from ccroute.metrics._build import DEFAULT_KPIS, build
from ccroute.metrics._explain import explain
from ccroute.metrics._fact_store import Backed, FactStore, stored_visits
from ccroute.metrics._fields import BASES
from ccroute.metrics._gaps import Gaps
from ccroute.metrics._given import Given
from ccroute.metrics._intervals import Instant, micros_of, range_of
from ccroute.metrics._kpi import Kpi, Value
from ccroute.metrics._legal import LegalTarget
from ccroute.metrics._live import LiveView, live_view
from ccroute.metrics._records import Fairness
from ccroute.metrics._shifts import counted_adherence, counted_fairness
from ccroute.metrics._source import Source, Where
from ccroute.metrics._table import ReportTable
from ccroute.metrics._targets import checked_targets
from ccroute.metrics._visits import Visit, visit_of
from ccroute.metrics._words import check_dimensions, names, one_name, only
from ccroute.metrics.registry import BUILT_IN, Registry

DEFAULT_AGENT_KPIS = (
    "handled",
    "offers.made",
    "offers.missed",
    "aht",
    "time.talk",
    "time.hold",
    "time.wrap_up",
    "time.idle",
    "time.not_ready",
    "time.signed_in",
    "occupancy.handling",
)
"""What a report by agent shows unless asked otherwise."""


@attrs.frozen(kw_only=True)
class Change:
    """A cell of a queue that changed after it had been final."""

    labels: Mapping[str, str]
    """By dimension."""
    basis: str
    start: datetime
    """When its interval begins."""


class Metrics:
    """Reads what an aggregator counted; folds events of other sources into it.

    ``aggregator``: a router's, or one of your own for recorded logs, other platforms and
    simulations (default: a new one with the default settings). ``targets``: by queue, the
    threshold T and the short threshold S that its service level is measured with unless a
    report is asked for others, in seconds, else ``ConfigError``; a router's are those of its
    plan. ``registry``: where KPIs are looked up (default: the built-in ones). ``history``: who
    keeps visits for longer than the aggregator, as ``ccroute.history.History``: thresholds off
    the ladder and the contacts behind a figure are asked of it where the aggregator has
    forgotten.

    >>> from ccroute import ContactAbandoned, ContactQueued
    >>> metrics = Metrics()
    >>> call = {"source": "pbx", "contact": "c1", "visit": 1, "queue": "billing"}
    >>> metrics.fold(ContactQueued(**call, sequence=1, at=100.0, since=100.0))
    >>> metrics.fold(ContactAbandoned(**call, sequence=2, at=107.5))
    >>> metrics.report(kpis=["abandon.wait"])["billing"]["abandon.wait"].value
    7.5
    """

    def __init__(
        self,
        aggregator: KpiAggregator | None = None,
        *,
        targets: Mapping[str, tuple[float, float]] | None = None,
        registry: Registry = BUILT_IN,
        history: FactStore | None = None,
    ) -> None:
        self._aggregator = KpiAggregator() if aggregator is None else aggregator
        self._history = history
        self._targets: dict[str, tuple[float, float]] = {}
        self._registry = registry.child()
        self._gaps = Gaps()
        self.set_targets(targets or {})

    @property
    def aggregator(self) -> KpiAggregator:
        """What counts: for batches, facts, queries and merging."""
        return self._aggregator

    def set_targets(self, targets: Mapping[str, tuple[float, float]]) -> None:
        """Goes by other targets from now on: T and S in seconds by queue. Reports show all
        there is by them; the live windows count by them the visits that enter from now on.

        Raises:
            ConfigError: A target is no pair of seconds, or its queue no text.
        """
        self._targets = checked_targets(targets)
        for queue, (within, _) in self._targets.items():
            self._aggregator.set_target(queue, within)

    @property
    def targets(self) -> Mapping[str, tuple[float, float]]:
        """By queue, T and S in seconds."""
        return dict(self._targets)

    @property
    def registry(self) -> Registry:
        """The KPIs that can be asked for; :meth:`Registry.add` takes in your own."""
        return self._registry

    # What is measured ------------------------------------------------------------------

    def note_gap(self, since: Instant, until: Instant) -> None:
        """Notes that a source was not heard from ``since`` to ``until``: reports flag what lies
        across it, since things may have happened then that nobody counted.

        Raises:
            ConfigError: its end lies before its beginning.
        """
        self._gaps.note(since, until)

    def fold(self, event: Event) -> None:
        """Counts one event, of whatever source.

        An event that cannot be counted (see :meth:`counters`) changes nothing else.
        Raises ``Rejected`` with code ``invalid_value`` for a time that is none, a word
        outside the vocabulary, or a name that holds half a character (a lone surrogate).
        """
        role = event.role if isinstance(event, AgentJoined | AgentLeft) else "primary"
        number = DEVICES.index(event.device) if isinstance(event, AgentDevice) else 0
        try:
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
        except UnicodeEncodeError as error:
            raise Rejected(
                "invalid_value",
                f"{error.object!r} in {event.kind} holds half a character (a lone surrogate): "
                "read it with the encoding it was written in",
            ) from None

    def fold_all(self, events: Iterable[Event]) -> None:
        """Counts events in order, as :meth:`fold` one by one."""
        for event in events:
            self.fold(event)

    def _groups(
        self, by: str | Sequence[str], where: Where | None
    ) -> tuple[tuple[str, ...], Where | None]:
        """Dimensions and labels that the aggregator has, or ``ConfigError``."""
        dimensions, labels = names(by, "by", "['queue'], or () for totals"), only(where)
        for what, asked in (("by", dimensions), ("where", labels or ())):
            check_dimensions(asked, self._aggregator, what)
        return dimensions, labels

    def counters(self) -> dict[str, int]:
        """What became of the events; each counter stands in ``docs/metrics/counting.md``."""
        return self._aggregator.counters()

    # What is asked ---------------------------------------------------------------------

    def report(
        self,
        by: str | Sequence[str] = "queue",
        *,
        interval: str | None = None,
        zone: str = "UTC",
        basis: str = "offered",
        kpis: Sequence[str | Kpi] | None = None,
        start: Instant | None = None,
        end: Instant | None = None,
        where: Where | None = None,
        targets: Mapping[str, tuple[float, float]] | None = None,
        target_by: str = "queue",
        given: Mapping[str, Given] | None = None,
        now: Instant | None = None,
    ) -> ReportTable:
        """A row a group and interval, a column a KPI.

        Args:
            by: Dimensions of the groups: ``queue``, ``channel``, ``direction``, ``client``,
                ``campaign``, ``tenant``, ``agent``, ``team`` (``DIMENSIONS``), the
                aggregator's own; ``()`` for totals.
            interval: ``15min``, ``30min``, ``1h``, ``day``, ``week``, ``month``; default: the
                whole range as one.
            zone: IANA name of the zone whose clock the intervals follow.
            basis: In which interval things count: ``offered``, ``event``, ``completion``,
                ``split`` or ``sl_event``.
            kpis: Ids and aliases, with parameters if any (``"sl.answered_within(T=30)"``), or
                KPIs themselves. Default: volumes, service level, waits and handle time; by
                agent: handling and time by state.
            start: From this edge of an interval on: seconds since the epoch or an aware
                datetime. Default: the interval in which counting began.
            end: Up to this edge, without it. Default: the end of the last interval counted.
            where: Only these labels, by dimension.
            targets: T and S in seconds by label of ``target_by``. Default: those of the queues.
            target_by: ``queue``, or another dimension of ``by``: each client of a service
                provider has its own.
            given: Numbers that no cell holds, for KPIs that need some.
            now: Where states and waits that still last are cut (default: the latest event).

        Raises:
            ConfigError: Something asked for does not exist or does not fit; the message says
                what would.
            DataUnavailable: A threshold needs facts that are no longer kept.
        """
        dimensions, where = self._groups(by, where)
        cell = self._aggregator.interval()
        if kpis is None:
            agents = {"agent", "team"} & set(dimensions)
            kpis = DEFAULT_AGENT_KPIS if agents else DEFAULT_KPIS

        def extent() -> tuple[float, float] | None:
            asked = None if now is None else micros_of(now, "now") / 1_000_000
            return self._aggregator.extent(asked)

        start, end = range_of(start, end, interval, zone, extent, cell=cell)
        source: Source = self._aggregator
        if self._history is not None:
            source = Backed(self._aggregator, self._history)
        table = build(
            source,
            self._registry,
            by=dimensions,
            interval=interval,
            zone=zone,
            basis=basis,
            kpis=kpis,
            start=start,
            end=end,
            where=where,
            targets=targets,
            target_by=target_by,
            own_targets=self._targets,
            given=given,
            now=now,
            cell=cell,
        )
        return attrs.evolve(table, gap=self._gaps.across(table.intervals, table.places))

    def explain(
        self,
        kpi: str | Kpi,
        *,
        queue: str | None = None,
        agent: str | None = None,
        at: Instant | None = None,
        start: Instant | None = None,
        end: Instant | None = None,
        basis: str = "offered",
        where: Where | None = None,
    ) -> str:
        """A KPI in words, and the arithmetic behind one figure of it.

        The figure: of a ``queue`` or an ``agent``, or what ``where`` says, over the cell that
        holds ``at``, the range from ``start`` to ``end``, or all time.

        Raises:
            ConfigError: There is no such KPI, or the range is no range of cells.
        """
        asked = dict(only(where) or {})
        for name, label in (("queue", queue), ("agent", agent)):
            if label is not None and label != "":
                asked[name] = (one_name(label, name, "'billing'"),)
        if at is not None:
            if start is not None or end is not None:
                raise ConfigError("at and a range: give the one or the other")
            cell = round(self._aggregator.interval() * 1_000_000)
            first = micros_of(at, "at") // cell * cell
            start, end = first / 1_000_000, (first + cell) / 1_000_000
        named = kpi if isinstance(kpi, Kpi) else self._registry.ask(kpi).kpi
        if named.computed_by is not None:
            return explain(kpi, registry=self._registry)
        by = [name for name in ("queue", "agent") if name in asked]
        table = self.report(by, kpis=[kpi], start=start, end=end, basis=basis, where=asked or None)
        row = table.row(0) if len(table) else None
        words = explain(kpi, row, registry=self._registry)
        return words if row is not None else f"{words}\n  numbers:    nothing was counted there"

    def visits(
        self,
        start: Instant,
        end: Instant,
        *,
        basis: str = "offered",
        where: Where | None = None,
    ) -> list[Visit]:
        """The contacts behind figures, by entry: those that entered in the range; on basis
        ``event`` those whose wait ended in it, on ``completion`` those that were over, on
        ``split`` those that lasted in it.

        Raises:
            ConfigError: The end lies before the start; there is no such basis or dimension.
            DataUnavailable: Facts that old are no longer kept, and there is no history, or the
                basis is not ``offered``; or it is ``sl_event``, where it depends on the
                threshold.
        """
        first, last = micros_of(start, "start"), micros_of(end, "end")
        if last < first:
            raise ConfigError(f"end {end} lies before start {start}: give the earlier first")
        if basis not in BASES:
            raise ConfigError(f"basis {basis!r}: one of {', '.join(BASES)}")
        _, labels = self._groups((), where)
        begin, until = first / 1_000_000, last / 1_000_000
        try:
            rows = self._aggregator.visits(begin, until, basis=basis, where=labels)
        except DataUnavailable as unavailable:
            if self._history is None or basis != "offered":
                raise
            rows = stored_visits(self._aggregator, self._history, first, last, labels, unavailable)
        return list(map(visit_of, rows))

    def live(self, now: Instant | None = None) -> LiveView:
        """The centre as it stands at ``now``, or at the latest event when that is later."""
        seconds = None if now is None else micros_of(now, "now") / 1_000_000
        return live_view(*self._aggregator.live(seconds))

    def adherence(
        self,
        schedule: NDArray[np.void],
        *,
        states: Mapping[str, Sequence[str]] | None = None,
        now: Instant | None = None,
    ) -> Value:
        """The share of scheduled time that agents spent as planned, by what was counted of
        them: :func:`ccroute.metrics.adherence` without spans to give.

        Args:
            schedule: Spans (``SPAN_DTYPE``) of what each agent was to do, as long as cells or
                several of them: cells keep sums. Plan up to now only; what lies ahead counts
                as missed.
            states: What agents' states a planned one stands for, as ``{"work": ["talk",
                "idle"], "lunch": ["not_ready.lunch"]}``. Default: ``work`` is all of handling,
                offers and idle; the name of a state is that; another is the reason of being
                not ready.
            now: Where states that still last are cut (default: the latest event).

        Raises:
            ConfigError: A column is missing, a span is open or ends before it begins, or does
                not lie on the edges of cells; or there is no such state.
        """
        at = None if now is None else micros_of(now, "now") / 1_000_000
        return counted_adherence(self._aggregator, schedule, states=states, now=at)

    def occupancy_fairness(
        self,
        *,
        start: Instant | None = None,
        end: Instant | None = None,
        where: Where | None = None,
        now: Instant | None = None,
    ) -> Fairness:
        """How evenly work lay on the agents: the spread of ``occupancy.handling``.

        Only agents who could have had each other's work are to be compared: narrow them with
        ``where``, as ``{"team": ["north"]}``. The range is one of whole cells.

        Raises:
            ConfigError: As :meth:`report`.
        """
        table = self.report(
            "agent", kpis=["occupancy.handling"], start=start, end=end, where=where, now=now
        )
        return counted_fairness(table)

    def audit(
        self,
        target: str | LegalTarget,
        *,
        year: int | None = None,
        start: date | None = None,
        end: date | None = None,
        zone: str | None = None,
        step: Step | None = None,
        where: Where | None = None,
        now: Instant | None = None,
    ) -> Audit:
        """Whether a target set by law or contract was met: see :func:`ccroute.metrics.audit`."""
        return audit(
            self,
            target,
            year=year,
            start=start,
            end=end,
            zone=zone,
            step=step,
            where=where,
            now=now,
        )

    def changes(self, seen: int = 0) -> tuple[list[Change], int]:
        """The cells of queues that changed after number ``seen``, having been final, and the
        number to ask with next time.

        Raises:
            ConfigError: ``seen`` is no number of a change, or lies after the last one.
            DataUnavailable: Some of them are no longer remembered; read the report anew.
        """
        rows, last = self._aggregator.changed(_number_of(seen))
        if last < seen:
            raise ConfigError(
                f"seen {seen} lies after the last change, {last}: it is of another aggregator or "
                f"of before a restart; read the report anew and go on from number {last}"
            )
        found = [
            Change(labels=dict(labels), basis=basis, start=datetime.fromtimestamp(start, UTC))
            for labels, basis, start in rows
        ]
        return found, last


def _number_of(seen: object) -> int:
    if isinstance(seen, bool) or not isinstance(seen, int) or not 0 <= seen < 1 << 64:
        raise ConfigError(f"seen {seen!r}: the number that changes() gave last, or 0")
    return seen
