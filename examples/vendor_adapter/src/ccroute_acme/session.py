"""A session with the PBX as far as it needs no socket and no task: what is due, what is lost."""

import random
from collections import Counter

from ccroute_acme.codec import LineDecoder, Message
from ccroute_acme.messages import Malformed, whole

QUIET = 10.0
"""Seconds without a byte after which we ask whether somebody is there."""
DEAD = 25.0
"""Seconds without a byte after which nobody is."""


class EventsLost(Exception):
    """The numbers of the events have a hole."""


class Session:
    """What came in: replies as they are, events only when none is missing before.

    Events count from the reply to ``list``, which says all that came before.
    """

    def __init__(self, now: float, counters: Counter[str]) -> None:
        self.last_heard = now
        self._decoder = LineDecoder()
        self._counters = counters
        self._next: int | None = None

    def begin_after(self, number: int) -> None:
        """The list was replied to: the next event has the number after this one."""
        self._next = number + 1

    def receive_data(self, data: bytes, now: float) -> list[Message]:
        """The messages that are whole now.

        Raises:
            LineTooLong: see `LineDecoder`.
        """
        self.last_heard = now
        before = self._decoder.malformed
        try:
            return self._decoder.receive_data(data)
        finally:
            self._counters["malformed"] += self._decoder.malformed - before

    def counts(self, event: Message) -> bool:
        """Whether an event is to be heard: it is the next one.

        Raises:
            EventsLost: it is a later one.
            Malformed: it has no number.
        """
        if self._next is None:
            return False
        number = whole(event, "n")
        if number < self._next:
            raise Malformed("n")
        if number > self._next:
            raise EventsLost(f"event {number} came where {self._next} was due")
        self._next += 1
        return True

    def is_quiet(self, now: float) -> bool:
        """Whether to ask if somebody is there."""
        return now - self.last_heard >= QUIET

    def is_dead(self, now: float) -> bool:
        """Whether nobody is."""
        return now - self.last_heard >= DEAD


class BackOff:
    """Pauses between tries: twice as long each time up to ``longest`` seconds, and up to half
    shorter by chance, so that a thousand links do not come back in the same second."""

    def __init__(self, seed: str, longest: float = 60.0) -> None:
        self._random = random.Random(seed)
        self._longest = longest
        self._next = 1.0

    def pause(self) -> float:
        """Seconds until the next try."""
        pause = min(self._next, self._longest) * self._random.uniform(0.5, 1.0)
        self._next *= 2
        return pause

    def reset(self) -> None:
        """It worked."""
        self._next = 1.0


class Pace:
    """Lets so many through in a second, evenly."""

    def __init__(self, per_second: float) -> None:
        self._apart = 1.0 / per_second
        self._free = 0.0

    def turn(self, now: float) -> float:
        """When the next one may go; it is taken."""
        turn = max(now, self._free)
        self._free = turn + self._apart
        return turn
