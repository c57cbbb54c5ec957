"""From a question in words to a table: which fields are needed, asked once, evaluated."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

import attrs
import numpy as np
from numpy.typing import NDArray

from ccroute._errors import ConfigError
from ccroute.metrics._columns import Cells, Column, empty, evaluate, uncounted
from ccroute.metrics._expression import Number, Numbers
from ccroute.metrics._fields import (
    AGENTS_DIMENSIONS,
    BASES,
    INTERVAL,
    NOT_BY_AGENT,
    NOT_BY_QUEUE,
    NOT_ON_SPLIT,
    absence,
    exactness_of,
    is_agents_time,
    is_given,
)
from ccroute.metrics._given import Given, given_column
from ccroute.metrics._intervals import (
    Instant,
    Intervals,
    civil_intervals,
    micros_of,
    whole_range,
    zone_of,
)
from ccroute.metrics._kpi import Kpi
from ccroute.metrics._source import Source
from ccroute.metrics._table import Labels, ReportTable
from ccroute.metrics._targets import checked_targets
from ccroute.metrics._words import names, only
from ccroute.metrics.registry import BUILT_IN, Asked, Registry

DEFAULT_KPIS = (
    "offered",
    "answered",
    "abandoned",
    "left",
    "sl.answered_within",
    "abandon.of_answered_and_abandoned",
    "asa",
    "wait.p50",
    "wait.p90",
    "wait.p95",
    "wait.longest",
    "aht",
)


def build(
    source: Source,
    registry: Registry = BUILT_IN,
    *,
    by: Sequence[str] = ("queue",),
    interval: str | None = None,
    zone: str = "UTC",
    basis: str = "offered",
    kpis: Sequence[str | Kpi] = DEFAULT_KPIS,
    start: Instant | None = None,
    end: Instant | None = None,
    where: Mapping[str, Sequence[str | None]] | None = None,
    targets: Mapping[str, tuple[float, float]] | None = None,
    target_by: str = "queue",
    own_targets: Mapping[str, tuple[float, float]] = MappingProxyType({}),
    given: Mapping[str, Given] | None = None,
    now: Instant | None = None,
    cell: float = 900.0,
) -> ReportTable:
    """Asks the source and evaluates: a row a group and interval, a column a KPI.

    Args:
        source: What counted.
        registry: Where the KPIs are looked up.
        by: Dimensions of the groups; none for totals.
        interval: ``15min``, ``30min``, ``1h``, ``day``, ``week``, ``month``; ``None``: the
            whole range as one. With an interval, ``start`` and ``end`` must be given.
        zone: IANA name of the zone whose clock the intervals follow.
        basis: In which interval things count. A KPI that is counted on one other basis only
            is asked on that, which its values name.
        kpis: Ids and aliases, with parameters in brackets if any
            (``"sl.answered_within(T=30)"``), or KPIs themselves.
        start: Edge of an interval (a cell, without interval), included.
        end: The same, not included.
        where: Only these labels, by dimension.
        targets: T and S in seconds by label of ``target_by``; they stand above a KPI's
            defaults and below parameters asked for. Rows without such a label take defaults.
        target_by: ``queue``, or another dimension of ``by`` or of ``where``, as ``client``.
        own_targets: By queue, in force where no ``targets`` are given.
        given: Numbers for KPIs over ``given("…")`` and ``given_seconds("…")``, by name.
        now: Where what still lasts is cut; default: the latest event.
        cell: Length of the source's cells in seconds.

    Raises:
        ConfigError: Something asked for does not exist or does not fit; the message says
            what would.
        DataUnavailable: A threshold needs facts that are no longer kept.

    A KPI that is not counted on this basis or by these dimensions has no values, but the
    reason; where that is so of all of them, it is an error.
    """
    asked = _resolved(registry, kpis)
    dimensions = names(by, "by", "['queue'], or () for totals")
    if len(set(dimensions)) != len(dimensions):
        raise ConfigError(f"by {list(dimensions)} names a dimension twice")
    if basis not in BASES:
        raise ConfigError(f"basis {basis!r}: one of {', '.join(BASES)}")
    zone_of(zone)
    intervals = _intervals(start, end, interval, zone, cell)
    question = _Question(
        source=source,
        by=dimensions,
        basis=basis,
        intervals=intervals,
        bounded=start is not None and end is not None,
        where=only(where),
        targets=own_targets if targets is None else checked_targets(targets),
        target_by=target_by,
        given=_mapping(given),
        now=None if now is None else micros_of(now, "now") / 1_000_000,
    )
    if targets is None:
        question.refuse_target_by()
    else:
        question.check_target_by()
    rows, columns = _answer(question, asked)
    if targets is not None:
        _check_labels(question, rows)
    return ReportTable(
        by=dimensions,
        basis=basis,
        zone=zone,
        interval=interval,
        intervals=intervals,
        open_start=start is None,
        open_end=end is None,
        labels=rows.labels,
        places=rows.places,
        columns=columns,
    )


@attrs.frozen(kw_only=True, eq=False)
class _Question:
    source: Source
    by: tuple[str, ...]
    basis: str
    intervals: Intervals | None
    bounded: bool
    where: Mapping[str, Sequence[str | None]] | None
    targets: Mapping[str, tuple[float, float]]
    target_by: str
    given: Mapping[str, Given]
    now: float | None

    @property
    def dimensions(self) -> frozenset[str]:
        """Those asked by, and those only some labels of which are asked for."""
        return frozenset({*self.by, *(self.where or {})})

    def refuse_target_by(self) -> None:
        if self.target_by != "queue":
            raise ConfigError(
                f"target_by {self.target_by!r} without targets: give them, as "
                "targets={label: (20, 5)}"
            )

    def check_target_by(self) -> None:
        """Targets that no row could go by would be dropped in silence."""
        only = (self.where or {}).get(self.target_by, ())
        if self.targets and self.target_by not in self.by and len(only) != 1:
            raise ConfigError(
                f"targets by {self.target_by!r}, but the report is by {list(self.by)}: add it "
                "there, ask for one label of it with where, or say target_by"
            )

    def settings(self, asked: Asked) -> list[Mapping[str, Number]]:
        """Every setting of its parameters that a row may need: the default first."""
        own = self._by_target(asked).values()
        return list({tuple(each.items()): each for each in own}.values())

    def setting_of(self, asked: Asked) -> Mapping[str | None, Mapping[str, Number]]:
        """The setting for each label with a target; ``None`` stands for all others."""
        own = self._by_target(asked)
        return {None: own[None], **{label: own[pair] for label, pair in self._targets_in_use()}}

    def _by_target(self, asked: Asked) -> dict[tuple[float, float] | None, Mapping[str, Number]]:
        only = self.targets.get(self._only())
        pairs = dict.fromkeys([None, *(pair for _, pair in self._targets_in_use())])
        return {pair: self._setting(asked, pair or only) for pair in pairs}

    def _targets_in_use(self) -> Iterable[tuple[str, tuple[float, float]]]:
        return self.targets.items() if self.target_by in self.by else ()

    def _setting(self, asked: Asked, target: tuple[float, float] | None) -> Mapping[str, Number]:
        own = {} if target is None else {"T": target[0], "S": target[1]}
        fitting = {name: value for name, value in own.items() if name in asked.kpi.parameters}
        return asked.kpi.settled({**fitting, **asked.parameters})

    def _only(self) -> str:
        """The label of a report about one only."""
        labels = (self.where or {}).get(self.target_by, ())
        return (labels[0] or "") if len(labels) == 1 else ""


@attrs.frozen(kw_only=True, eq=False)
class _Rows:
    labels: tuple[Labels, ...]
    places: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.places)


def _mapping(given: Mapping[str, Given] | None) -> Mapping[str, Given]:
    if given is not None and not isinstance(given, Mapping):
        raise ConfigError(f"given {given!r}: numbers by name, as {{'forecast': 120}}")
    return given or {}


def _resolved(registry: Registry, kpis: Sequence[str | Kpi]) -> tuple[Asked, ...]:
    wanted = (kpis,) if isinstance(kpis, str | Kpi) else kpis
    if isinstance(wanted, bytes | Mapping) or not isinstance(wanted, Iterable):
        raise ConfigError(f"kpis {kpis!r}: names of KPIs, as ['asa', 'aht']")
    asked = tuple(
        Asked(name=kpi.id, kpi=kpi, parameters={}) if isinstance(kpi, Kpi) else registry.ask(kpi)
        for kpi in wanted
    )
    names = [each.name for each in asked]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise ConfigError(f"KPI {twice!r} is asked for twice")
    for each in asked:
        if each.kpi.computed_by is not None:
            raise ConfigError(
                f"KPI {each.name!r} is no formula over cells: {each.kpi.computed_by} gives it"
            )
    if not asked:
        raise ConfigError("kpis is empty: name at least one")
    return asked


def _intervals(
    start: Instant | None, end: Instant | None, interval: str | None, zone: str, cell: float
) -> Intervals | None:
    if interval is None:
        return whole_range(start, end, zone, cell=cell)
    if start is None or end is None:
        raise ConfigError(f"interval {interval!r} needs a start and an end: give both")
    return civil_intervals(start, end, interval, zone, cell=cell)


def _check_labels(question: _Question, rows: _Rows) -> None:
    """A target of a label that nothing has is misspelt."""
    place = question.by.index(question.target_by) if question.target_by in question.by else None
    there = set() if place is None else {labels[place] for labels in rows.labels}
    if question.targets.keys() <= there:
        return
    groups = question.source.query([question.target_by], ["answered"], basis=question.basis)
    known = [label for label in groups["labels"][question.target_by] if label is not None]
    wrong = [label for label in question.targets if label not in known]
    if known and wrong:
        words = ", ".join(known[:20])
        raise ConfigError(
            f"target of {wrong[0]!r}: no {question.target_by} {wrong[0]!r} was counted; "
            f"there are: {words}"
        )


def _answer(question: _Question, asked: Sequence[Asked]) -> tuple[_Rows, tuple[Column, ...]]:
    """One question per basis (and roll-up, where agents' time stands beside queues)."""
    groups: dict[tuple[str, bool], list[Asked]] = {}
    lacking: dict[str, str] = {}
    for each in asked:
        basis, by_agent, reason = _counted(question, each)
        if reason is None:
            groups.setdefault((basis, by_agent), []).append(each)
        else:
            lacking[each.name] = reason
    if not groups:
        name, reason = next(iter(lacking.items()))
        raise ConfigError(f"KPI {name!r}: {reason}: {_REMEDIES[reason]}")
    answers = [
        (members, *_query(question, basis, members)) for (basis, _), members in groups.items()
    ]
    rows = _joined([own for _, own, _ in answers])
    columns: dict[str, Column] = {}
    for members, own, cells in answers:
        full = cells if own is rows else _spread(cells, own, rows)
        full = attrs.evolve(full, columns={**full.columns, **_outside(question, members, rows)})
        for each in members:
            parameters, setting = _settings(question, each, rows)
            columns[each.name] = evaluate(each.name, each.kpi, full, parameters, setting)
    for each in asked:
        if each.name in lacking:
            parameters, setting = _settings(question, each, rows)
            columns[each.name] = uncounted(
                each.name, each.kpi, question.basis, lacking[each.name], parameters, setting
            )
    return rows, tuple(columns[each.name] for each in asked)


_REMEDIES = {
    NOT_ON_SPLIT: "ask on another basis, as basis='offered'",
    NOT_BY_QUEUE: "ask by=['agent']",
    NOT_BY_AGENT: "ask by=['queue']",
}


def _counted(question: _Question, asked: Asked) -> tuple[str, bool, str | None]:
    """On which basis and by which roll-up a KPI is asked, or why it is not."""
    bases = asked.kpi.bases
    fits = question.basis in bases
    if not fits and question.basis == "split" and len(bases) > 1:
        return question.basis, False, NOT_ON_SPLIT
    basis = question.basis if fits else bases[0]
    fields = asked.kpi.fields(asked.parameters)
    by_agent = bool(AGENTS_DIMENSIONS & question.dimensions) or any(map(is_agents_time, fields))
    reasons = (
        absence(field, basis=basis, dimensions=question.dimensions, by_agent=by_agent)
        for field in fields
    )
    return basis, by_agent, next((reason for reason in reasons if reason is not None), None)


def _query(question: _Question, basis: str, members: Sequence[Asked]) -> tuple[_Rows, Cells]:
    fields = dict.fromkeys(
        field
        for each in members
        for setting in question.settings(each)
        for field in each.kpi.fields(setting)
        if field != INTERVAL and not is_given(field)
    )
    fields |= {sign: None for sign in map(exactness_of, tuple(fields)) if sign is not None}
    groups = question.source.query(
        question.by,
        tuple(fields),
        basis=basis,
        edges=None if question.intervals is None else question.intervals.edges,
        where=question.where,
        now=question.now,
    )
    count = len(groups["interval"])
    labels = [groups["labels"][dimension] for dimension in question.by]
    rows = _Rows(
        labels=tuple(zip(*labels, strict=True)) if labels else ((),) * count,
        places=groups["interval"],
    )
    columns: dict[str, Numbers] = {field: groups["columns"][field] for field in fields}
    cells = Cells(basis=basis, columns=columns, final=groups["final"], revisions=groups["revision"])
    return rows, cells


def _joined(several: Sequence[_Rows]) -> _Rows:
    """The rows of all answers, in the order of each."""
    if len(several) == 1:
        return several[0]
    keys = {
        (labels, place)
        for rows in several
        for labels, place in zip(rows.labels, rows.places.tolist(), strict=True)
    }
    ordered = sorted(
        keys, key=lambda key: ([(label is not None, label or "") for label in key[0]], key[1])
    )
    return _Rows(
        labels=tuple(labels for labels, _ in ordered),
        places=np.array([place for _, place in ordered], dtype=np.int64),
    )


def _spread(cells: Cells, own: _Rows, rows: _Rows) -> Cells:
    """An answer on the rows of all answers: nothing where it had no row."""
    place_of = {
        key: place for place, key in enumerate(zip(rows.labels, rows.places.tolist(), strict=True))
    }
    keys = zip(own.labels, own.places.tolist(), strict=True)
    to = np.array([place_of[key] for key in keys], dtype=np.intp)
    columns: dict[str, Numbers] = {}
    for field, column in cells.columns.items():
        wide = empty(field, len(rows))
        wide[to] = column
        columns[field] = wide
    final, revisions = np.ones(len(rows), dtype=np.bool_), np.zeros(len(rows), dtype=np.uint32)
    final[to], revisions[to] = cells.final, cells.revisions
    return Cells(basis=cells.basis, columns=columns, final=final, revisions=revisions)


def _settings(
    question: _Question, asked: Asked, rows: _Rows
) -> tuple[list[Mapping[str, Number]], NDArray[np.intp]]:
    """The settings in use, and which of them each row has."""
    settings = question.settings(asked)
    if len(settings) == 1:
        return settings, np.zeros(len(rows), dtype=np.intp)
    of_label = question.setting_of(asked)
    place_of = {tuple(setting.items()): place for place, setting in enumerate(settings)}
    label_place = {label: place_of[tuple(own.items())] for label, own in of_label.items()}
    column = question.by.index(question.target_by)
    other = label_place[None]
    chosen = np.array(
        [label_place.get(labels[column], other) for labels in rows.labels], dtype=np.intp
    )
    used = np.unique(chosen) if len(chosen) else np.zeros(1, dtype=np.intp)
    return [settings[place] for place in used.tolist()], np.searchsorted(used, chosen)


def _outside(question: _Question, members: Sequence[Asked], rows: _Rows) -> dict[str, Numbers]:
    """The columns that no cell holds: what is given, and the lengths of intervals."""
    needed = {
        field: each.name
        for each in members
        for field in each.kpi.fields(each.parameters)
        if field == INTERVAL or is_given(field)
    }
    columns: dict[str, Numbers] = {}
    for field, name in needed.items():
        if field == INTERVAL:
            if question.intervals is None or not question.bounded:
                raise ConfigError(f"KPI {name!r} needs a start and an end: give both")
            columns[field] = np.diff(question.intervals.edges)[rows.places]
            continue
        kind, _, word = field.partition(".")
        if word not in question.given:
            raise ConfigError(f"KPI {name!r} needs a number: given={{{word!r}: …}}")
        starts = [
            None if question.intervals is None else question.intervals[place].start
            for place in rows.places.tolist()
        ]
        times = 1_000_000 if kind == "given_seconds" else 1
        columns[field] = given_column(word, question.given[word], rows.labels, starts, times)
    return columns
