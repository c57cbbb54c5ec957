"""``ccroute audit``: whether a target set by law or contract was met, from a file of calls."""

import sys
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from ccroute._errors import CcrouteError, ConfigError
from ccroute.cli import _report_options as options
from ccroute.cli._console import fail
from ccroute.cli._reading import sentence, tell_faults
from ccroute.cli._report_options import Format, Step
from ccroute.cli._report_question import question
from ccroute.cli._report_source import File
from ccroute.metrics import Audit, LegalTarget, legal_targets, load_target

_Target = Annotated[
    str, typer.Option(help="The id of a target, or a TOML file with one of your own.")
]
_Year = Annotated[int | None, typer.Option(help="The calendar year; or --start and --end.")]
_Start = Annotated[str | None, typer.Option(help="The first day, as 2027-01-01.")]
_End = Annotated[str | None, typer.Option(help="The day after the last.")]
_Zone = Annotated[str | None, typer.Option(help="Whose days they are; else the target's.")]
_Step = Annotated[
    Step | None, typer.Option(help="A row a day or a month; else as the target measures.")
]


def audit(
    log: options.Log = None,
    target: _Target = "",
    calls: options.CallTable = None,
    year: _Year = None,
    start: _Start = None,
    end: _End = None,
    zone: _Zone = None,
    step: _Step = None,
    where: options.Only = None,
    form: options.Form = Format.table,
    reader: options.Reader = None,
    column: options.Columns = None,
    calls_zone: options.CallsZone = None,
    encoding: options.Encoding = None,
    growing: options.Growing = False,
) -> None:
    """The table an auditor asks for: a target, month by month and to date."""
    file = File(
        log=log,
        calls=calls,
        reader=reader,
        column=column,
        calls_zone=calls_zone,
        encoding=encoding,
        growing=growing,
    )
    try:
        demanded = _demanded(target)
        first, last = _day(start, "start"), _day(end, "end")
        if (year is None) == (first is None or last is None):
            raise ConfigError("give --year 2027, or --start 2027-01-01 and --end 2028-01-01")
        asked = question(kpi=[demanded.kpi], by=list(demanded.by) or ["total"], where=where)
        counted = file.counted(asked)
        table = counted.metrics.audit(
            demanded,
            year=year,
            start=first,
            end=last,
            zone=zone,
            step=None if step is None else step.value,
            where=asked.where or None,
        )
    except CcrouteError as error:
        fail(str(error))
    if not table.rows and form is Format.table:
        fail(
            f"nothing was counted from {table.start} to {table.end}: another range, or other "
            "labels in --where"
        )
    tell_faults(file.path, counted.faults, counted.notes)
    _print(table, form)


def _demanded(target: str) -> LegalTarget:
    """The target of an id, or in a file."""
    known = legal_targets()
    if target in known:
        return known[target]
    path = Path(target)
    if path.suffix != ".toml" and not path.is_file():
        words = f"no target {target!r}" if target else "no --target"
        raise ConfigError(f"{words}: {', '.join(known)}; or a TOML file with one of your own")
    try:
        return load_target(path)
    except OSError as error:
        fail(sentence(error, path))


def _day(words: str | None, option: str) -> date | None:
    if words is None:
        return None
    try:
        return date.fromisoformat(words)
    except ValueError:
        raise ConfigError(f"--{option} {words!r}: a day, as 2027-01-01") from None


def _print(table: Audit, form: Format) -> None:
    match form:
        case Format.csv:
            sys.stdout.write(table.to_csv())
        case Format.json:
            print(table.to_json(indent=1))
        case Format.table:
            print(table)
