"""``ccroute plan``: what coordinators do with plans at a prompt; the engine says what is valid."""

from pathlib import Path
from typing import Annotated

import typer

from ccroute import ConfigError, Plan

plan_app = typer.Typer(no_args_is_help=True)


@plan_app.callback()
def plan() -> None:
    """Work with routing plans."""


@plan_app.command()
def validate(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Plans in TOML.")],
) -> None:
    """Check plans: one line for each, or for each problem."""
    wrong = False
    for path in paths:
        try:
            typer.echo(f"{path}: valid, {_contents(Plan.load(path))}")
        except ConfigError as error:
            wrong = True
            typer.echo(error)
        except OSError as error:
            wrong = True
            typer.echo(f"{path}: {error.strerror}")
    if wrong:
        raise typer.Exit(1)


def _contents(plan: Plan) -> str:
    counts = {"queue": len(plan.queues), "skill": len(plan.skills), "agent": len(plan.agents)}
    return ", ".join(f"{n} {kind}{'' if n == 1 else 's'}" for kind, n in counts.items())
