"""The command line: ``ccroute``. Needs the extra ``ccroute[cli]``; the library does not."""

import os
import sys
from io import TextIOWrapper

_EXTRA = frozenset({"typer", "rich", "click"})


def main() -> None:
    """Runs the command line, or says in one sentence what it lacks."""
    try:
        from ccroute.cli._app import app  # noqa: PLC0415 - the extra may be missing
    except ModuleNotFoundError as error:
        if error.name not in _EXTRA:
            raise
        sys.exit(
            f"ccroute: the command line needs {error.name}, which comes with the extra: "
            "pip install 'ccroute[cli]'"
        )
    if isinstance(sys.stdout, TextIOWrapper):
        # What an encoding lacks (a dash, a name) must not cost the rest.
        sys.stdout.reconfigure(errors="replace")
    try:
        try:
            app()
        finally:
            sys.stdout.flush()
    except OSError as error:
        if error.filename is not None:
            raise
        # The interpreter flushes once more at its end; let that go nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):
            # Whoever read has seen enough (`| head`).
            sys.exit(1)
        sys.exit(f"ccroute: the output cannot be written: {error.strerror}")
