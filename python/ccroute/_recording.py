"""Recordings: what a platform wrote down of a past day, as ccroute's events.

The format is the reader's business. Readers are separate distributions, found by the
entry-point group ``ccroute.recordings``; nothing here knows one by name.
"""

from collections.abc import Callable
from importlib.metadata import EntryPoint, entry_points
from os import PathLike
from pathlib import Path
from typing import Protocol

import attrs

from ccroute._errors import AdapterError
from ccroute._events import Event

RECORDINGS_GROUP = "ccroute.recordings"

Progress = Callable[[int, int], None]
"""Called with (bytes read, bytes in all), now and then."""


@attrs.frozen(kw_only=True)
class Fault:
    """A line of the recording that could not be used. The rest was."""

    line: int
    """From 1."""
    reason: str
    text: str
    """The line, cut to a readable length."""

    def __str__(self) -> str:
        return f"line {self.line}: {self.reason}: {self.text}"


@attrs.frozen(kw_only=True)
class Recording:
    """What a recording says: events in order of time, and what is wrong or missing.

    ``lines`` counts the lines read, faults included; ``notes`` are sentences on what
    this recording cannot show or had to be inferred, for a person to read beside its
    figures.
    """

    source: str
    events: tuple[Event, ...]
    lines: int
    faults: tuple[Fault, ...] = ()
    notes: tuple[str, ...] = ()


class RecordingReader(Protocol):
    """What an entry point of the group ``ccroute.recordings`` must load to.

    A reader takes a path or the bytes themselves and never raises for what stands in
    them: unusable lines become faults. It may raise ``OSError`` for the file itself.
    """

    def __call__(
        self, recording: Path | bytes, *, progress: Progress | None = None
    ) -> Recording: ...


def recording_readers() -> tuple[str, ...]:
    """The names of the installed readers, sorted."""
    return tuple(sorted({point.name for point in entry_points(group=RECORDINGS_GROUP)}))


def read_recording(
    recording: str | PathLike[str] | bytes, *, reader: str, progress: Progress | None = None
) -> Recording:
    """Reads a recording, given by its path or as bytes, with the reader of a name.

    Raises:
        AdapterError: no such reader is installed, or it cannot be loaded; or the
            recording is neither a path nor bytes.
        OSError: the file cannot be read.
    """
    read = _load(reader)
    if isinstance(recording, bytes):
        return read(recording, progress=progress)
    try:
        path = Path(recording)
    except TypeError:
        raise AdapterError(
            f"a recording cannot be {type(recording).__name__}: "
            "give the path of its file, or its contents as bytes"
        ) from None
    return read(path, progress=progress)


def _load(name: str) -> RecordingReader:
    points: list[EntryPoint] = list(entry_points(group=RECORDINGS_GROUP, name=name))
    if not points:
        known = ", ".join(recording_readers()) or "none"
        raise AdapterError(
            f"no reader {name!r} for recordings (installed: {known}): "
            "install the adapter that brings it, e.g. ccroute-asterisk for queue_log"
        )
    try:
        loaded: RecordingReader = points[0].load()
    except Exception as error:
        # A broken plug-in is its own fault, told by name, whatever it raised.
        raise AdapterError(
            f"the reader {name!r} ({points[0].value}) cannot be loaded: {error}"
        ) from error
    return loaded
