"""``ccroute plan``: what coordinators do with plans at a prompt; the engine says what is valid."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, cast
from zoneinfo import ZoneInfo

import typer

from ccroute import CcrouteError, ConfigError, Language, Plan, openings
from ccroute.cli._console import count, fail
from ccroute.cli._plan_diff import differences
from ccroute.cli._story import story

plan_app = typer.Typer(no_args_is_help=True)

_PATH = typer.Argument(metavar="PATH", help="A plan, in TOML or (.json) JSON.")


@plan_app.callback()
def plan() -> None:
    """Work with routing plans."""


@plan_app.command()
def validate(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Plans, TOML or JSON.")],
    strict: Annotated[bool, typer.Option("--strict", help="Warnings fail too.")] = False,
) -> None:
    """Check plans: one line for each, and for each problem, warning and note."""
    wrong = False
    for path in paths:
        try:
            it = Plan.load(path)
            _check_hours(it)
        except ConfigError as error:
            wrong = True
            typer.echo(error if error.path else f"{path}: {error}")
        except OSError as error:
            wrong = True
            typer.echo(f"{path}: {error.strerror}")
        else:
            typer.echo(f"{path}: valid, {_contents(it)}")
            for finding in it.findings:
                line = "" if finding.line is None else f":{finding.line}"
                typer.echo(f"{path}{line}: {finding}")
                wrong = wrong or (strict and finding.severity == "warning")
    if wrong:
        raise typer.Exit(1)


@plan_app.command()
def explain(
    path: Annotated[Path, _PATH],
    language: Annotated[
        str, typer.Option("--language", "-l", help="en or es: English or Spanish.")
    ] = "en",
    queue: Annotated[str | None, typer.Option("--queue", "-q", help="Only this queue.")] = None,
) -> None:
    """Say in sentences what a plan does."""
    it = _load(path)
    if queue is not None and queue not in it.queues:
        fail(f"no queue {queue!r} in {path}: it has {', '.join(it.queues) or 'none'}")
    try:
        told = story(it, cast("Language", language), queue)
    except ValueError as error:  # no such language
        fail(str(error))
    typer.echo(told)


@plan_app.command()
def diff(
    before: Annotated[Path, _PATH],
    after: Annotated[Path, _PATH],
) -> None:
    """Say what another plan does otherwise, key by key; code 1 when it does, 2 for trouble."""
    lines = differences(_load(before, 2), _load(after, 2))
    for line in lines:
        typer.echo(line)
    if lines:
        raise typer.Exit(1)


@plan_app.command()
def schema() -> None:
    """Print the JSON Schema of plans, for editors."""
    typer.echo(json.dumps(json.loads(Plan.json_schema()), indent=2, ensure_ascii=False))


@plan_app.command()
def keys() -> None:
    """Print every key of a plan with its value, default and meaning, in Markdown."""
    typer.echo(Plan.reference(), nl=False)


@plan_app.command()
def hours(
    path: Annotated[Path, _PATH],
    since: Annotated[
        datetime | None, typer.Option("--since", help="From when, UTC; default: now.")
    ] = None,
    days: Annotated[int, typer.Option("--days", min=1, max=3660, help="For so long.")] = 7,
) -> None:
    """Print when the queues of a plan open and close."""
    it = _load(path)
    if all(queue.hours is None for queue in it.queues.values()):
        typer.echo(f"no queue of {path} has hours: all are always open")
    start = (datetime.now(UTC) if since is None else since.replace(tzinfo=UTC)).timestamp()
    try:
        for at, change in openings(it, since=start, until=start + days * 86_400):
            calendar = it.calendars[it.queues[change.queue].hours or ""]
            word = "opens" if change.open else "closes"
            word = ("is open" if change.open else "is closed") if at == start else word
            local = datetime.fromtimestamp(at, UTC).astimezone(ZoneInfo(calendar.zone))
            typer.echo(f"{local:%a %Y-%m-%d %H:%M %z} {change.queue} {word}")
    except CcrouteError as error:
        fail(str(error))


def _check_hours(it: Plan) -> None:
    """Zones and holidays, which only the calendars themselves can tell."""
    # All of them are made at the first step, whatever the instant.
    for _ in openings(it, since=0.0, until=0.0):
        pass


def _load(path: Path, code: int = 1) -> Plan:
    try:
        return Plan.load(path)
    except ConfigError as error:
        fail(str(error), code)
    except OSError as error:
        fail(f"{path}: {error.strerror}", code)


def _contents(it: Plan) -> str:
    counts = {"queue": len(it.queues), "skill": len(it.skills), "agent": len(it.agents)}
    return ", ".join(count(n, kind) for kind, n in counts.items())
