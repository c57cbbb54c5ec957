"""``ccroute report``: a recording or a table of calls as figures by group and interval."""

import sys
from pathlib import Path

from ccroute._errors import CcrouteError, ConfigError
from ccroute.cli import _report_options as options
from ccroute.cli._console import fail
from ccroute.cli._reading import tell_faults
from ccroute.cli._report_options import Format
from ccroute.cli._report_question import Question, instant, pairs, question
from ccroute.cli._report_source import Counted, of_calls, of_recording
from ccroute.metrics import Instant, Metrics, ReportTable, explain, shown

_MOST_EXPLAINED = 20


def report(
    log: options.Log = None,
    calls: options.CallTable = None,
    kpi: options.Kpis = None,
    by: options.By = None,
    interval: options.Interval = None,
    zone: options.Zone = "UTC",
    basis: options.Basis = "offered",
    start: options.Start = None,
    end: options.End = None,
    where: options.Only = None,
    plan: options.PlanFile = None,
    target: options.Targets = None,
    given: options.Givens = None,
    sort: options.Sort = None,
    explained: options.Explained = None,
    form: options.Form = Format.table,
    reader: options.Reader = None,
    column: options.Columns = None,
    calls_zone: options.CallsZone = None,
    encoding: options.Encoding = None,
    growing: options.Growing = False,
) -> None:
    """Figures of a recording or a table of calls, by group and interval."""
    if explained and form is not Format.table:
        fail(f"--explain prints text: leave out --format {form}")
    try:
        asked = question(
            kpi=kpi, explained=explained, by=by, where=where, target=target, given=given, plan=plan
        )
        counted = _counted(log, calls, reader, column, calls_zone, encoding, asked, growing=growing)
        _check_queues(counted.metrics, asked)
        first, last = instant(start, zone, "start"), instant(end, zone, "end")
        table = _table(counted, asked, interval, zone, basis, first, last)
        if sort is not None:
            table = table.sorted(sort.removeprefix("-"), descending=sort.startswith("-"))
    except CcrouteError as error:
        fail(str(error))
    if not len(table) and form is Format.table:
        fail("nothing was counted there: a wider range, or other labels in --where")
    tell_faults(log or calls or Path(), counted.faults, counted.notes)
    if asked.explained:
        _print_explained(table, asked.explained)
    else:
        _print(table, form)


def _counted(
    log: Path | None,
    calls: Path | None,
    reader: str | None,
    column: list[str] | None,
    calls_zone: str | None,
    encoding: str | None,
    asked: Question,
    *,
    growing: bool,
) -> Counted:
    """The one file that is named; an option of the other kind of file is refused."""
    if (log is None) == (calls is None):
        raise ConfigError("give a recording, or a table of calls with --calls")
    if calls is not None:
        if reader is not None:
            raise ConfigError("--reader says what a recording is: leave it out beside --calls")
        names = pairs(column, "column")
        return of_calls(calls, names, calls_zone, encoding, asked, growing=growing)
    assert log is not None
    for option, value in (("--column", column), ("--calls-zone", calls_zone)):
        if value:
            raise ConfigError(f"{option} is of a table of calls: give the table with --calls")
    return of_recording(log, reader or "queue_log", encoding, asked, growing=growing)


def _table(
    counted: Counted,
    asked: Question,
    interval: str | None,
    zone: str,
    basis: str,
    start: Instant | None,
    end: Instant | None,
) -> ReportTable:
    if interval is None and start is None and end is None:
        start, end = counted.metrics.aggregator.extent() or (None, None)
    return counted.metrics.report(
        asked.by,
        interval=interval,
        zone=zone,
        basis=basis,
        kpis=asked.kpis,
        start=start,
        end=end,
        where=asked.where or None,
        given=asked.given,
        now=counted.now,
    )


def _check_queues(metrics: Metrics, asked: Question) -> None:
    """A target of a queue that there is not would be passed over in silence."""
    labels = metrics.aggregator.query(["queue"], ["offered"])["labels"]["queue"]
    there = [label for label in labels if label is not None]
    if wrong := [queue for queue in asked.targets if queue not in there]:
        raise ConfigError(f"--target: no queue {wrong[0]!r} in it: {', '.join(there)}")


def _print(table: ReportTable, form: Format) -> None:
    match form:
        case Format.csv:
            sys.stdout.write(table.to_csv())
        case Format.json:
            print(table.to_json(indent=1))
        case Format.table:
            print(table)


def _print_explained(table: ReportTable, kpis: list[str]) -> None:
    if len(table) > _MOST_EXPLAINED:
        fail(f"{len(table)} rows to explain: narrow them with --where, --start and --end")
    for row in table:
        labels = ", ".join(f"{name} {label or '-'}" for name, label in row.labels.items())
        since = "" if table.interval is None or row.start is None else f"{row.start:%Y-%m-%d %H:%M}"
        if heading := " ".join(filter(None, [labels, since])):
            print(f"{shown(heading)}:")
        for kpi in kpis:
            print(explain(kpi, row))
