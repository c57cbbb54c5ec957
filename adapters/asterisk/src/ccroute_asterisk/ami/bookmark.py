"""Up to when all was told, kept in a file: for a host that is restarted."""

import json
from collections import Counter, deque
from math import isfinite
from pathlib import Path

from ccroute import Event

_WRITTEN_EVERY = 0.1
"""Seconds, by the events' time, between two writings."""
_LATELY = 3.0
"""Seconds of which each event is kept: a log's stamps are cut to the second, so time alone does
not say what was told."""

_PAST = 10.0
"""Seconds beyond the last event that was told, after which none is asked for that was; clocks
and stamps are not as far from each other."""


class Bookmark:
    """Remembers what was told last. ``at``: up to when, ``None``: never anything."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._written = 0.0
        self.at: float | None = None
        self.failures = 0
        """How often the file could not be written."""
        self._unwritten = False
        try:
            kept = json.loads(path.read_text())
            lately = [(float(at), str(key)) for at, key in kept["lately"]]
            at = float(kept["at"])
            if not isfinite(at):
                raise ValueError(at)
            self.at = at
        except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
            lately = []  # not there yet, or none of ours: as without one
        self._lately = deque(lately)
        # What the process before told, and its last second.
        self._before = self.at or 0.0
        self._known = Counter(key for _, key in self._lately)

    def knows(self, event: Event) -> bool:
        """Whether the process before told this event, of which each is asked once."""
        if event.at > self._before:
            if event.at > self._before + _PAST:
                self._forget()  # a clock that is set back later does not bring it all again
            return False
        key = _key(event)
        if self._known[key] > 0:
            self._known[key] -= 1
            return True
        return event.at < int(self._before)

    def lies_ahead(self, now: float) -> bool:
        """Whether it is of a time to come: the clock was set back since. Then what happens from
        now on is news, and the file is of no use."""
        if self.at is None or self.at <= now + _PAST:
            return False
        self.at = None
        self._lately.clear()
        self._forget()
        return True

    def _forget(self) -> None:
        self._before = 0.0
        self._known.clear()

    def told(self, event: Event) -> None:
        """This event was told, and all before it."""
        self.at = max(event.at, self.at or 0.0)
        self._unwritten = True
        self._lately.append((event.at, _key(event)))
        while self._lately[0][0] < self.at - _LATELY:
            self._lately.popleft()
        if self.at >= self._written + _WRITTEN_EVERY:
            self.write()

    def write(self) -> None:
        """Brings the file up to date; one that cannot be written is counted."""
        if not self._unwritten:
            return
        self._unwritten, self._written = False, self.at or 0.0
        beside = self._path.with_name(f"{self._path.name}.new")
        try:
            beside.write_text(json.dumps({"at": self.at, "lately": list(self._lately)}))
            beside.replace(self._path)
        except OSError:
            self.failures += 1


def _key(event: Event) -> str:
    return f"{event.kind} {event.contact} {event.visit} {event.agent}"
