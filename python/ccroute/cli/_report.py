"""``ccroute report``: a recording or a table of calls as figures by group and interval."""

import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from math import isfinite
from pathlib import Path
from typing import Annotated

import attrs
import numpy as np
import typer

from ccroute._errors import CcrouteError, ConfigError
from ccroute._plan import Plan
from ccroute._targets import targets as plan_targets
from ccroute._wire import KpiAggregator
from ccroute.cli._console import fail
from ccroute.cli._reading import called, recorded, sentence, tell_faults
from ccroute.metrics import BUILT_IN, Metrics, ReportTable, explain
from ccroute.metrics._intervals import zone_of

_DIMENSIONS = ("queue", "channel", "direction", "client", "campaign", "tenant", "agent", "team")
_MOST_THRESHOLDS = 32
_MOST_EXPLAINED = 20
# All facts of the file are kept: they are what corrections in it need.
_RETENTION = 100 * 366 * 86_400.0
_DAY = 86_400.0
_UNCOUNTED = ("duplicates", "orphans", "incomplete", "backwards", "overlong")
_UNPOSTED = ("duplicate", "superseded", "conflict", "late")


class Format(StrEnum):
    """How the report is printed."""

    table = "table"
    csv = "csv"
    json = "json"


@attrs.frozen(kw_only=True)
class _Asked:
    """The question, as far as it stands before anything is read."""

    kpis: list[str] | None
    by: list[str]
    where: dict[str, list[str | None]]
    targets: dict[str, tuple[float, float]]
    plan: Plan | None

    @property
    def dimensions(self) -> list[str]:
        """Those that only a table's own columns can have."""
        return [name for name in dict.fromkeys([*self.by, *self.where]) if name not in _DIMENSIONS]

    def thresholds(self) -> list[float]:
        """What must be counted by: first what was asked for, then what is usual."""
        wanted = [seconds for pair in self.targets.values() for seconds in pair]
        for name in self.kpis or ():
            asked = BUILT_IN.ask(name)
            setting = asked.kpi.settled(asked.parameters)
            wanted += [float(setting[parameter]) for parameter in sorted(asked.kpi.thresholds())]
        if self.plan is not None:
            for queue in self.plan.queues.values():
                wanted += [queue.service_level.within, queue.service_level.short_abandon]
        wanted += KpiAggregator().thresholds()
        return sorted([each for each in dict.fromkeys(wanted) if each > 0][:_MOST_THRESHOLDS])


def report(
    log: Annotated[
        Path | None, typer.Argument(help="A recording, e.g. Asterisk's queue_log.")
    ] = None,
    calls: Annotated[
        Path | None, typer.Option(help="Instead: a table of calls (CSV), a row a visit.")
    ] = None,
    kpi: Annotated[
        list[str] | None,
        typer.Option(help="KPIs by id, as asa or 'sl.answered_within(T=30)'; several: a,b."),
    ] = None,
    by: Annotated[
        list[str] | None, typer.Option(help="Dimensions of the rows; 'total' for none.")
    ] = None,
    interval: Annotated[
        str | None, typer.Option(help="15min, 30min, 1h, day, week or month; else one row each.")
    ] = None,
    zone: Annotated[str, typer.Option(help="Whose clock intervals follow: an IANA name.")] = "UTC",
    basis: Annotated[
        str, typer.Option(help="offered, event, completion, split or sl_event.")
    ] = "offered",
    start: Annotated[
        str | None, typer.Option(help="From this edge on: ISO 8601, in --zone unless it says.")
    ] = None,
    end: Annotated[str | None, typer.Option(help="Up to this edge, without it.")] = None,
    where: Annotated[
        list[str] | None, typer.Option(help="Only these: queue=billing, or queue=billing,sales.")
    ] = None,
    plan: Annotated[Path | None, typer.Option(help="Its queues' targets are measured by.")] = None,
    target: Annotated[
        list[str] | None, typer.Option(help="T and S of a queue in seconds: billing=20,5.")
    ] = None,
    given: Annotated[
        list[str] | None, typer.Option(help="A number no cell holds: forecast=120.")
    ] = None,
    sort: Annotated[
        str | None, typer.Option(help="By this KPI or dimension; the greatest first: -asa.")
    ] = None,
    explain_kpi: Annotated[
        str | None, typer.Option("--explain", help="Print this KPI's arithmetic for each row.")
    ] = None,
    form: Annotated[Format, typer.Option("--format", help="How to print it.")] = Format.table,
    reader: Annotated[str, typer.Option(help="What the recording is.")] = "queue_log",
    column: Annotated[
        list[str] | None, typer.Option(help="What a column is called: queue=Cola.")
    ] = None,
    calls_zone: Annotated[
        str | None, typer.Option(help="Zone of a table's instants that name no offset.")
    ] = None,
    growing: Annotated[
        bool, typer.Option("--growing", help="The file still grows: its end is not final.")
    ] = False,
) -> None:
    """Figures of a recording or a table of calls, by group and interval."""
    if (log is None) == (calls is None):
        fail("give a recording, or a table of calls with --calls")
    names = _several(kpi) or None
    if explain_kpi is not None:
        names = [*(names or ()), *([] if explain_kpi in (names or ()) else [explain_kpi])]
    dimensions = [] if by == ["total"] else _several(by) or ["queue"]
    try:
        asked = _Asked(
            kpis=names,
            by=dimensions,
            where={name: _labels(words) for name, words in _pairs(where, "where").items()},
            targets=_targets(target),
            plan=None if plan is None else _plan(plan),
        )
        if log is not None:
            read = _of_recording(log, reader, asked, growing=growing)
        else:
            assert calls is not None
            columns = _pairs(column, "column")
            read = _of_calls(calls, columns, calls_zone, asked, growing=growing)
        _check_queues(read.metrics, asked)
        begin, stop = _instant(start, zone, "start"), _instant(end, zone, "end")
        if interval is None and begin is None and stop is None:
            begin, stop = read.metrics.aggregator.extent() or (None, None)
        table = read.metrics.report(
            asked.by,
            interval=interval,
            zone=zone,
            basis=basis,
            kpis=asked.kpis,
            start=begin,
            end=stop,
            where=asked.where or None,
            given={name: _number(name, words) for name, words in _pairs(given, "given").items()},
            now=read.now,
        )
        if sort is not None:
            table = _sorted(table, sort)
    except CcrouteError as error:
        fail(str(error))
    if not len(table) and (form is Format.table or explain_kpi is not None):
        fail("nothing was counted there: a wider range, or other labels in --where")
    tell_faults(log or calls or Path(), read.faults, read.notes)
    if explain_kpi is not None:
        _print_explained(table, explain_kpi)
    else:
        _print(table, form)


# What is read -------------------------------------------------------------------------


@attrs.frozen(kw_only=True)
class _Read:
    """A file that was counted."""

    metrics: Metrics
    now: float
    """The last instant that the file tells of."""
    faults: Sequence[object]
    notes: Sequence[str]


def _of_recording(path: Path, reader: str, asked: _Asked, *, growing: bool) -> _Read:
    if asked.dimensions:
        raise ConfigError(
            f"no dimension {asked.dimensions[0]!r} in a recording: {', '.join(_DIMENSIONS)}"
        )
    recording = recorded(path, reader, "report")
    metrics = _metrics(asked)
    metrics.fold_all(recording.events)
    now = max(event.at for event in recording.events)
    if not growing:
        metrics.aggregator.flush()
        for source in {event.source for event in recording.events}:
            metrics.aggregator.advance(now + _DAY, source=source)
    counters = metrics.counters()
    return _Read(
        metrics=metrics,
        now=now,
        faults=[f"line {fault.line}: {fault.reason}: {fault.text}" for fault in recording.faults],
        notes=[
            *recording.notes,
            *(f"events, {word}: {counters[word]:,}" for word in _UNCOUNTED if counters[word]),
        ],
    )


def _of_calls(
    path: Path, columns: dict[str, str], zone: str | None, asked: _Asked, *, growing: bool
) -> _Read:
    calls = called(path, columns, asked.dimensions, zone)
    metrics = _metrics(asked, most=len(calls))
    fates = calls.post(metrics.aggregator)
    now = calls.ended
    assert now is not None
    metrics.aggregator.advance(now + (0.0 if growing else _DAY), source=calls.source)
    unused = [f"columns not used: {', '.join(calls.unused)}"] if calls.unused else []
    return _Read(
        metrics=metrics,
        now=now,
        faults=calls.faults,
        notes=[
            *(f"rows, {word}: {fates[word]:,}" for word in _UNPOSTED if fates[word]),
            *unused,
        ],
    )


def _metrics(asked: _Asked, most: int = 0) -> Metrics:
    aggregator = KpiAggregator(
        asked.thresholds(),
        dimensions=asked.dimensions or None,
        retention=_RETENTION,
        most_records=max(1_000_000, most + 1),
    )
    own = {} if asked.plan is None else plan_targets(asked.plan, aggregator.thresholds())
    return Metrics(aggregator, targets={**own, **asked.targets})


def _plan(path: Path) -> Plan:
    try:
        return Plan.load(path)
    except OSError as error:
        fail(sentence(error, path))


# What is asked ------------------------------------------------------------------------


def _several(words: Sequence[str] | None) -> list[str]:
    """Names between commas, but not those within brackets."""
    found = []
    for text in words or ():
        depth, name = 0, ""
        for sign in text:
            depth += (sign == "(") - (sign == ")")
            if sign == "," and depth <= 0:
                found.append(name)
                name = ""
            else:
                name += sign
        found.append(name)
    return [name.strip() for name in found if name.strip()]


def _pairs(words: Sequence[str] | None, option: str) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for text in words or ():
        name, equals, value = text.partition("=")
        if not (equals and name.strip() and value.strip()) or name.strip() in pairs:
            raise ConfigError(f"--{option} {text!r}: NAME=VALUE, each name once")
        pairs[name.strip()] = value.strip()
    return pairs


def _labels(words: str) -> list[str | None]:
    return [None if word.strip() == "-" else word.strip() for word in words.split(",")]


def _targets(words: Sequence[str] | None) -> dict[str, tuple[float, float]]:
    targets = {}
    for queue, text in _pairs(words, "target").items():
        seconds = [_number(queue, word) for word in text.split(",")]
        if len(seconds) > 2 or min(seconds) < 0:
            raise ConfigError(f"--target {queue}={text}: T and S in seconds, as {queue}=20,5")
        targets[queue] = (seconds[0], seconds[1] if len(seconds) == 2 else 5.0)
    return targets


def _check_queues(metrics: Metrics, asked: _Asked) -> None:
    """A target of a queue that there is not would be passed over in silence."""
    labels = metrics.aggregator.query(["queue"], ["offered"])["labels"]["queue"]
    there = [label for label in labels if label is not None]
    if wrong := [queue for queue in asked.targets if queue not in there]:
        raise ConfigError(f"--target: no queue {wrong[0]!r} in it: {', '.join(there)}")


def _number(name: str, words: str) -> float:
    try:
        number = float(words)
    except ValueError:
        number = float("nan")
    if not isfinite(number):
        raise ConfigError(f"{name}={words}: {words!r} is no number")
    return number


def _instant(words: str | None, zone: str, option: str) -> datetime | float | None:
    if words is None:
        return None
    try:
        at = datetime.fromisoformat(words)
    except ValueError:
        raise ConfigError(f"--{option} {words!r}: ISO 8601, as 2026-03-01T08:00") from None
    return at if at.utcoffset() is not None else at.replace(tzinfo=zone_of(zone))


# What is printed ----------------------------------------------------------------------


def _sorted(table: ReportTable, by: str) -> ReportTable:
    """By a dimension or a KPI; rows without a figure come last."""
    name, down = by.removeprefix("-"), by.startswith("-")
    keys: Mapping[int, str | float]
    if name in table.by:
        place = table.by.index(name)
        labels = enumerate(own[place] for own in table.labels)
        keys = {row: label for row, label in labels if label is not None}
    else:
        column = table.column(name)
        keys = {
            row: float(column.values[row]) for row in range(len(table)) if not column.reasons[row]
        }
    order = sorted(keys, key=lambda row: keys[row], reverse=down)
    rest = set(range(len(table))) - set(order)
    rows = np.array([*order, *sorted(rest)], dtype=np.intp)
    return attrs.evolve(
        table,
        labels=tuple(table.labels[row] for row in rows.tolist()),
        places=table.places[rows],
        columns=tuple(own.take(rows) for own in table.columns),
    )


def _print(table: ReportTable, form: Format) -> None:
    match form:
        case Format.csv:
            sys.stdout.write(table.to_csv())
        case Format.json:
            print(table.to_json(indent=1))
        case Format.table:
            print(table)


def _print_explained(table: ReportTable, kpi: str) -> None:
    if len(table) > _MOST_EXPLAINED:
        fail(f"{len(table)} rows to explain: narrow them with --where, --start and --end")
    for row in table:
        labels = ", ".join(f"{name} {label or '-'}" for name, label in row.labels.items())
        since = "" if table.interval is None or row.start is None else f"{row.start:%Y-%m-%d %H:%M}"
        if heading := " ".join(filter(None, [labels, since])):
            print(f"{heading}:")
        print(explain(kpi, row))
