"""The command line: ``ccroute``. Needs the extra ``ccroute[cli]``; the library does not."""

import sys

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
    app()
