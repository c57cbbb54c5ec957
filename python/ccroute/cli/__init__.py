"""The command line: ``ccroute``. Needs the extra ``ccroute[cli]``; the library does not."""

import io
import os
import sys

_EXTRA = frozenset({"typer", "rich", "click"})
_INTERRUPTED = 130


def main() -> None:
    """Runs the command line, or says in one sentence what it lacks."""
    try:
        _main()
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)


def _main() -> None:
    try:
        from ccroute.cli._app import app  # noqa: PLC0415 - the extra may be missing
    except ModuleNotFoundError as error:
        if error.name not in _EXTRA:
            raise
        sys.exit(
            f"ccroute: the command line needs {error.name}, which comes with the extra: "
            "pip install 'ccroute[cli]'"
        )
    if sys.stdout is None:
        sys.exit("ccroute: stdout is closed: give the results somewhere to go")
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A name that the terminal's encoding lacks must not end the program.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        try:
            app()
        finally:
            # What is still in the buffer fails here and not while Python shuts down.
            sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read the results has seen enough.
        _drop_output()
        sys.exit(1)
    except OSError as error:
        _drop_output()
        sys.exit(f"ccroute: the results cannot be written: {error.strerror or error}")


def _drop_output() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
