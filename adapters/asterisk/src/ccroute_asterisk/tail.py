"""A queue_log that is being written: what was added since the last look, across rotations.

The file stays open: one that is renamed is read to its end before the new one of its name; one
that was cut (copytruncate) is read from its start.
"""

import gzip
import os
import zlib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from ccroute import Fault
from ccroute_asterisk.queue_log import Line, QueueLogDecoder

_CHUNK = 1 << 20


class QueueLogTail:
    """Reads what is added to a queue_log.

    ``faults``: how many lines could not be used. ``rotations``: how often the file was another.
    ``damaged``: how many rotated files could not be read to their end.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: BinaryIO | None = None
        self._decoder = QueueLogDecoder()
        self.faults = 0
        self.rotations = 0
        self.damaged = 0

    @property
    def is_open(self) -> bool:
        """Whether there is a file to read from."""
        return self._file is not None

    def close(self) -> None:
        """Lets the file go."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def history(self, since: float) -> Iterator[list[Line]]:
        """The lines from about ``since`` on, of rotated files too (also ``.gz``), up to the end
        of the file; `poll` goes on from there. To be asked once, first.

        Raises:
            OSError: The file cannot be read. One that is not there yet has no history.
        """
        for old in self._rotated(since):
            decoder = QueueLogDecoder()
            try:
                with gzip.open(old) if old.suffix == ".gz" else old.open("rb") as file:
                    while data := file.read(_CHUNK):
                        yield self._lines(decoder.receive_data(data), since)
            except (OSError, EOFError, zlib.error):
                self.damaged += 1  # or still being packed
            yield self._lines(decoder.finish(), since)
        self._open()
        if self._file is not None:
            _seek(self._file, since)
            while data := self._file.read(_CHUNK):
                yield self._lines(self._decoder.receive_data(data), since)

    def poll(self) -> list[Line]:
        """The lines that were completed since the last time.

        Raises:
            OSError: The file cannot be read.
        """
        lines: list[Line] = []
        if self._file is None:
            self._open()
        while self._file is not None:
            lines += self._grown(self._file)
            if not self._another(self._file):
                break
            lines += self._lines(self._decoder.finish())
            self.rotations += 1
            self.close()
            self._open()
        return lines

    def _open(self) -> None:
        self._decoder = QueueLogDecoder()
        try:
            self._file = self._path.open("rb")
        except FileNotFoundError:
            self._file = None

    def _grown(self, file: BinaryIO) -> list[Line]:
        if os.fstat(file.fileno()).st_size < file.tell():
            file.seek(0)
            self._decoder = QueueLogDecoder()
            self.rotations += 1
        lines: list[Line] = []
        while data := file.read(_CHUNK):
            lines += self._lines(self._decoder.receive_data(data))
        return lines

    def _another(self, file: BinaryIO) -> bool:
        """Whether the path leads to another file by now."""
        try:
            now = self._path.stat()
        except FileNotFoundError:
            return False  # moved away, and none in its place yet: more may come to it
        open_one = os.fstat(file.fileno())
        return (now.st_dev, now.st_ino) != (open_one.st_dev, open_one.st_ino)

    def _rotated(self, since: float) -> list[Path]:
        """Files of its name with an ending, that were written to after ``since``, oldest first."""
        found = []
        for path in self._path.parent.glob(f"{self._path.name}[.-]*"):
            with suppress(OSError):  # gone by now, or a link to nowhere
                if path.is_file():
                    found.append((path.stat().st_mtime, path))
        return [path for changed, path in sorted(found) if changed >= since]

    def _lines(self, found: list[Line | Fault], since: float = 0.0) -> list[Line]:
        lines = [it for it in found if isinstance(it, Line)]
        self.faults += len(found) - len(lines)
        return [line for line in lines if line.at >= since] if since else lines


def _seek(file: BinaryIO, since: float) -> None:
    """Goes to a line's start at or before the first stamp that is not before ``since``."""
    low, high = 0, file.seek(0, os.SEEK_END)
    while high - low > _CHUNK:
        middle = (low + high) // 2
        file.seek(middle)
        file.readline()
        stamp = file.readline().partition(b"|")[0]
        if stamp.isdigit() and int(stamp) < since:
            low = middle
        else:
            high = middle
    file.seek(low)
    if low:
        file.readline()
