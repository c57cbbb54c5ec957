"""``ccroute report``: a recording or a table of calls as figures by group and interval."""

import sys

from ccroute._errors import CcrouteError, ConfigError
from ccroute.cli import _report_options as options
from ccroute.cli._console import fail
from ccroute.cli._reading import tell_faults
from ccroute.cli._report_options import Format
from ccroute.cli._report_question import Question, instant, question
from ccroute.cli._report_source import Counted, File
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
        file = File(
            log=log,
            calls=calls,
            reader=reader,
            column=column,
            calls_zone=calls_zone,
            encoding=encoding,
            growing=growing,
        )
        counted = file.counted(asked)
        _check_queues(counted.metrics, asked)
        first, last = instant(start, zone, "start"), instant(end, zone, "end")
        table = _table(counted, asked, interval, zone, basis, first, last)
        if sort is not None:
            table = table.sorted(sort.removeprefix("-"), descending=sort.startswith("-"))
    except CcrouteError as error:
        fail(str(error))
    if not len(table) and form is Format.table:
        fail("nothing was counted there: a wider range, or other labels in --where")
    tell_faults(file.path, counted.faults, counted.notes)
    if asked.explained:
        _print_explained(table, asked.explained)
    else:
        _print(table, form)


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
