"""How commands read recordings and tables of calls, and say what was wrong with them."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from ccroute._errors import AdapterError, ConfigError
from ccroute._recording import Recording, read_recording
from ccroute.cli._console import count, fail, progress
from ccroute.metrics import Calls, read_calls, shown

# From here on a bar is worth its flicker.
_LONG_FILE = 8 << 20
_SHOWN_FAULTS = 20


UTF_8 = "utf-8-sig"
"""What a file is written in unless somebody says otherwise; with or without the mark that
editors on Windows put in front."""


def recorded(path: Path, reader: str, purpose: str, encoding: str | None = None) -> Recording:
    """A recording with at least one event; else the program ends with a sentence.

    ``purpose``: what there is nothing to do with, as ``replay``. ``encoding``: what it is
    written in, if not what its reader expects.
    """
    try:
        size = _file(path).stat().st_size
        with progress("reading", long=size >= _LONG_FILE) as report:
            what = path if encoding is None else _in_utf8(path, encoding)
            recording = read_recording(what, reader=reader, progress=report)
    except FileNotFoundError:
        fail(f"no file {path}")
    except (AdapterError, ConfigError, OSError) as error:
        fail(sentence(error, path))
    if not recording.events:
        if not recording.faults:
            fail(f"{path} holds nothing to {purpose} ({count(recording.lines, 'line')})")
        first = recording.faults[0]
        fail(
            f"{path} has no usable line in {recording.lines}: is it a {reader}? "
            f"Line {first.line}: {first.reason}"
        )
    return recording


def called(
    path: Path,
    columns: Mapping[str, str],
    dimensions: Sequence[str],
    zone: str | None,
    encoding: str,
) -> Calls:
    """A table of calls with at least one usable row; else the program ends with a sentence."""
    try:
        calls = read_calls(
            _file(path),
            columns=columns,
            dimensions=dimensions,
            zone=zone,
            encoding=encoding,
            skip_faults=True,
        )
    except FileNotFoundError:
        fail(f"no file {path}")
    except (ConfigError, OSError) as error:
        fail(sentence(error, path))
    if not len(calls):
        if not calls.faults:
            fail(f"{path} holds no calls below its line of names")
        fail(f"{path} has no usable row in {calls.rows}: {calls.faults[0]}")
    return calls


def tell_faults(path: Path, faults: Sequence[object], notes: Sequence[str] = ()) -> None:
    """On stderr: what was left out, and what the figures do not show."""
    if faults:
        print(f"ccroute: {path}: {count(len(faults), 'line')} not used", file=sys.stderr)
        for line in fault_lines(faults):
            print(line, file=sys.stderr)
    for note in notes:
        print(f"note: {shown(note)}", file=sys.stderr)


def fault_lines(faults: Sequence[object], remedy: str = "") -> Iterator[str]:
    """The first faults, a line each, and how many more there are; ``remedy``: how to see
    those.
    """
    for fault in faults[:_SHOWN_FAULTS]:
        yield f"  {shown(str(fault))}"
    if len(faults) > _SHOWN_FAULTS:
        yield f"  and {len(faults) - _SHOWN_FAULTS:,} more{remedy}"


def sentence(error: Exception, path: Path | None) -> str:
    """What went wrong, with the file's name."""
    if isinstance(error, OSError):
        # An error of reading, not of opening, names no file.
        return f"{error.filename or path}: {error.strerror or error}"
    return str(error)


def _in_utf8(path: Path, encoding: str) -> bytes:
    """A file's text in UTF-8; bytes that are not of its encoding stay, for the reader to name
    with their line."""
    try:
        text = path.read_bytes().decode(encoding, errors="surrogateescape")
    except LookupError:
        raise ConfigError(f"no encoding {encoding!r}: one of Python's, as cp1252") from None
    except UnicodeError as error:
        wrong = f"is not {encoding}: name its encoding, as cp1252 ({error})"
        raise ConfigError(wrong, path=str(path)) from None
    return text.encode(errors="surrogateescape")


def _file(path: Path) -> Path:
    if path.is_dir():
        fail(f"{path} is a directory: name the file in it")
    return path
