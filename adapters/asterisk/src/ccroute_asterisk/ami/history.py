"""What the queue_log adds to AMI for one link: history, gaps, and up to when all was told."""

from pathlib import Path

from ccroute import Event
from ccroute_asterisk.ami.bookmark import Bookmark
from ccroute_asterisk.ami.observer import Observer
from ccroute_asterisk.ami.settings import ObserveSettings
from ccroute_asterisk.tail import QueueLogTail

_PRIMING = 4 * 3600.0
"""Seconds of the log before what is to be told, to know who is in the middle of a call."""


class History:
    """The log of a link, if it has one, and its bookmark."""

    def __init__(self, settings: ObserveSettings) -> None:
        self._tail = QueueLogTail(Path(settings.queue_log)) if settings.queue_log else None
        self._bookmark = Bookmark(Path(settings.bookmark)) if settings.bookmark else None
        self._length = settings.history
        self._since: float | None = None
        self._unreadable = 0
        self._ahead = 0

    def close(self) -> None:
        """Lets the files go."""
        self.save()
        if self._tail is not None:
            self._tail.close()

    def save(self) -> None:
        """Keeps what was told up to now."""
        if self._bookmark is not None:
            self._bookmark.write()

    def counters(self) -> dict[str, int]:
        """What went wrong, by name."""
        faults = rotations = damaged = 0
        if (tail := self._tail) is not None:
            faults, rotations, damaged = tail.faults, tail.rotations, tail.damaged
        return {
            "unusable_lines": faults,
            "rotations": rotations,
            "unreadable_log": self._unreadable + damaged,
            "bookmarks_ahead": self._ahead,
            "unwritten_bookmarks": 0 if self._bookmark is None else self._bookmark.failures,
        }

    def fill(self, observer: Observer, up_at: float, *, first: bool) -> bool:
        """Tells the observer what AMI was not heard of before ``up_at``; whether the log could
        be read. ``first``: the link was never up before."""
        if self._tail is None:
            return False
        if not first:
            return self.poll(observer)
        marked = None if self._bookmark is None else self._bookmark.at
        since = up_at - self._length if marked is None else min(marked, up_at)
        if self._bookmark is not None and self._bookmark.lies_ahead(up_at):
            self._ahead += 1
            marked, since = None, up_at  # of the past nobody knows what was told
        self._since = since
        try:
            lines = [line for part in self._tail.history(since - _PRIMING) for line in part]
        except OSError:
            self._unreadable += 1
            return False
        if not self._tail.is_open:
            self._unreadable += 1
            return False
        self._since = None
        before = observer.begin(lines, since)
        if marked is None:
            observer.go_on(observer.in_progress(before), since)
        else:
            observer.go_on(before)
        return True

    def poll(self, observer: Observer) -> bool:
        """Gives the observer the lines that were added; whether the log could be read."""
        if self._tail is None:
            return False
        try:
            lines = self._tail.poll()
        except OSError:
            self._unreadable += 1
            return False
        if not self._tail.is_open:
            self._unreadable += 1
            return False
        if self._since is not None:  # it could not be read before, and has what is old too
            lines = [line for line in lines if line.at >= self._since]
            self._since = None
        observer.read(lines)
        return True

    def knows(self, event: Event) -> bool:
        """Whether this event was told by the process before, of which each is asked once."""
        return self._bookmark is not None and self._bookmark.knows(event)

    def told(self, event: Event) -> None:
        """This event was told, and all before it."""
        if self._bookmark is not None:
            self._bookmark.told(event)
