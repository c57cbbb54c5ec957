"""Where an adapter puts its signals: a queue with a bound, which waits for nobody.

What happened is never dropped to make room: when there is none, ``push`` says no, and the
adapter cuts its link and takes a snapshot, which says all that matters. Signals about a state
replace the one before that still waits. Signals about the link always find a place.
"""

from collections import OrderedDict
from collections.abc import Callable
from typing import Protocol

import attrs

from ccroute._errors import ConfigError
from ccroute.adapters._held import PlatformSnapshot
from ccroute.adapters._signals import Gap, LinkDown, LinkUp, Signal, state_key


class Sink(Protocol):
    """Takes signals, at once and without waiting."""

    def push(self, signal: Signal) -> bool:
        """Takes a signal; ``False``: there was no room, and nothing was taken.

        After ``False`` the adapter cuts its link, tells `LinkDown`, and begins anew with a
        snapshot.
        """
        ...

    def resync(self, snapshot: PlatformSnapshot) -> None:
        """Takes what the platform holds now, after a link came up. Always finds a place; signals
        pushed later are of later."""
        ...


Waiting = Signal | PlatformSnapshot


class BoundedSink:
    """The sink that the host gives to adapters, and tests too.

    ``room``: how many signals wait at most, besides those about the link; ``notify``:
    called when something waits that did not before.

    >>> from ccroute.adapters import Ended
    >>> sink = BoundedSink(room=1)
    >>> sink.push(Ended(contact="1")), sink.push(Ended(contact="2"))
    (True, False)
    >>> [signal.contact for signal in sink.take(10)]
    ['1']
    """

    def __init__(self, room: int = 10_000, notify: Callable[[], None] | None = None) -> None:
        if room < 1:
            raise ConfigError(f"a sink with room for {room}: give at least 1")
        self._room = room
        self._notify = notify
        self._waiting: OrderedDict[object, Waiting] = OrderedDict()
        self._links = 0
        self._serial = 0
        self.refused = 0
        """How often there was no room."""
        self.replaced = 0
        """How many signals about states were replaced by later ones while they waited."""

    def push(self, signal: Signal) -> bool:
        """See `Sink.push`."""
        if isinstance(signal, LinkUp | LinkDown):
            self._replace("link", signal)  # how it stands now; the snapshot says the rest
            return True
        if isinstance(signal, Gap):
            before = self._waiting.get("gap")
            if isinstance(before, Gap):
                since, until = min(before.since, signal.since), max(before.until, signal.until)
                signal = attrs.evolve(signal, since=since, until=until)
            self._replace("gap", signal)
            return True
        key = state_key(signal)
        if key is not None and key in self._waiting:
            # To the end: it happened after all that waits.
            self.replaced += 1
            del self._waiting[key]
        elif len(self._waiting) - self._links >= self._room:
            self.refused += 1
            return False
        self._put(self._next() if key is None else key, signal, link=False)
        return True

    def resync(self, snapshot: PlatformSnapshot) -> None:
        """See `Sink.resync`."""
        self._replace("snapshot", snapshot)

    def take(self, most: int) -> list[Waiting]:
        """The next signals and snapshots in order, ``most`` of them at most."""
        taken: list[Waiting] = []
        while self._waiting and len(taken) < most:
            _, it = self._waiting.popitem(last=False)
            if isinstance(it, LinkUp | LinkDown | Gap | PlatformSnapshot):
                self._links -= 1
            taken.append(it)
        return taken

    def __len__(self) -> int:
        return len(self._waiting)

    def _next(self) -> int:
        self._serial += 1
        return self._serial

    def _replace(self, key: str, it: Waiting) -> None:
        """Of words about the link as a whole the last one counts, after all that waits."""
        if self._waiting.pop(key, None) is not None:
            self._links -= 1
        self._put(key, it, link=True)

    def _put(self, key: object, it: Waiting, *, link: bool) -> None:
        first = not self._waiting
        self._waiting[key] = it
        self._links += link
        if first and self._notify is not None:
            self._notify()
