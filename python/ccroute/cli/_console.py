"""Where the command line writes: tables to stdout, faults and progress to stderr."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from ccroute.metrics import shown_lines

# Wider than any line: nothing is wrapped.
_UNWRAPPED = 1 << 20


def output() -> Console:
    """The console for results. Names in them are shown as they are, never as markup.

    Lines are wrapped for a terminal only: whatever else reads them wants them whole.
    """
    width = None if sys.stdout.isatty() else _UNWRAPPED
    return Console(markup=False, highlight=False, emoji=False, width=width)


def count(number: int, what: str) -> str:
    """A number and what is counted, in the singular or the plural."""
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def fail(message: str, code: int = 1) -> NoReturn:
    """Ends the program with a code and one sentence."""
    print(f"ccroute: {shown_lines(message)}", file=sys.stderr)
    raise typer.Exit(code)


@contextmanager
def progress(title: str, *, long: bool) -> Iterator[Callable[[int, int], None] | None]:
    """A callback that moves a bar on stderr.

    ``None`` where a bar would only disturb: for short work, and when nobody is looking.
    """
    if not (long and sys.stderr.isatty()):
        yield None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
