"""The reader behind ``ccroute replay queue_log``: a file or bytes in, a recording out. A log that
is still being written is read by `tail`.
"""

from collections.abc import Iterator
from pathlib import Path

from ccroute import Fault, Progress, Recording
from ccroute_asterisk.chronology import in_order
from ccroute_asterisk.queue_log import Line, QueueLogDecoder
from ccroute_asterisk.translate import translate

_CHUNK = 1 << 20


def read_queue_log(recording: Path | bytes, *, progress: Progress | None = None) -> Recording:
    r"""Reads a queue_log: what can be used as events, the rest as faults by line.

    ``progress`` is called with (bytes read, bytes in all) after each mebibyte.

    Raises:
        OSError: the file cannot be read.

    >>> log = b"10|c1|sales|NONE|ENTERQUEUE|||1\n14|c1|sales|NONE|ABANDON|1|1|4\n15|c1|sal"
    >>> recording = read_queue_log(log)
    >>> [event.kind for event in recording.events]
    ['contact_queued', 'contact_abandoned']
    >>> recording.faults[0].line, recording.faults[0].reason
    (3, 'cut off: 3 columns of at least 5')
    """
    decoder = QueueLogDecoder()
    lines: list[Line] = []
    faults: list[Fault] = []
    for data in _chunks(recording, progress):
        _sort(decoder.receive_data(data), lines, faults)
    _sort(decoder.finish(), lines, faults)
    ordered, backward = in_order(lines)
    source = "queue_log" if isinstance(recording, bytes) else _readable(recording.name)
    events, impossible, notes = translate(ordered, source=source)
    faults += backward + impossible
    return Recording(
        source=source,
        events=tuple(events),
        lines=decoder.lines,
        faults=tuple(sorted(faults, key=lambda fault: fault.line)),
        notes=tuple(notes),
    )


def _readable(name: str) -> str:
    """A file's name as text: bytes in it that are not UTF-8 are shown, not kept."""
    return name.encode(errors="backslashreplace").decode()


def _sort(found: list[Line | Fault], lines: list[Line], faults: list[Fault]) -> None:
    for item in found:
        if isinstance(item, Line):
            lines.append(item)
        else:
            faults.append(item)


def _chunks(recording: Path | bytes, progress: Progress | None) -> Iterator[bytes]:
    if isinstance(recording, bytes):
        yield recording
        return
    size = recording.stat().st_size
    read = 0
    with recording.open("rb") as file:
        while data := file.read(_CHUNK):
            yield data
            read += len(data)
            if progress is not None:
                progress(read, size)
