"""Where time comes from: the only module that looks at a clock.

The engine never does; whoever drives it passes ``now``.
"""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import RLock
from typing import Protocol

from ccroute._errors import Rejected


class Clock(Protocol):
    """Tells the time in seconds since the Unix epoch."""

    def now(self) -> float:
        """Seconds since the Unix epoch."""
        ...


class SystemClock:
    """The machine's clock, kept from running backwards.

    >>> SystemClock().now() > 1.7e9
    True
    """

    def __init__(self) -> None:
        self._latest = 0.0

    def now(self) -> float:
        """Seconds since the epoch.

        While the machine's clock is set back, the latest instant already told.
        """
        self._latest = max(self._latest, time.time())
        return self._latest


class ManualClock:
    """A clock that moves when told: for tests, replay and simulation.

    >>> clock = ManualClock(100.0)
    >>> clock.advance(2.5)
    >>> clock.now()
    102.5
    >>> clock.set(50.0)
    Traceback (most recent call last):
    ...
    ccroute._errors.Rejected: time cannot go back from 102.5 to 50.0: set a later instant
    """

    def __init__(self, start: float = 0.0) -> None:
        """Starts at ``start`` seconds since the epoch.

        Raises:
            Rejected: ``invalid_value`` when it is negative or not a finite number.
        """
        self._now = _instant(start)

    def now(self) -> float:
        """The instant it was last set to."""
        return self._now

    def set(self, to: float) -> None:
        """Goes to the instant ``to``, in seconds since the epoch.

        Raises:
            Rejected: ``invalid_value`` when it is negative or not a finite number,
                ``time_backwards`` when it lies before :meth:`now`.
        """
        instant = _instant(to)
        if instant < self._now:
            raise Rejected(
                "time_backwards",
                f"time cannot go back from {self._now} to {instant}: set a later instant",
            )
        self._now = instant

    def advance(self, by: float) -> None:
        """Goes ``by`` seconds forward.

        Raises:
            Rejected: ``invalid_value`` when ``by`` is negative or not a finite number.
        """
        if not (math.isfinite(by) and by >= 0):
            raise Rejected(
                "invalid_value", f"cannot advance by {by} seconds: give a finite number from 0"
            )
        self._now = _instant(self._now + by)


class Turn:
    """One command's turn: between its look at the clock and its end no other thread has
    one, so that commands come in the order of their times."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.lock = RLock()
        """Whoever holds it has the turn."""
        self._set: float | None = None

    def now(self) -> float:
        """The instant of who has the turn."""
        return self._clock.now() if self._set is None else self._set

    @contextmanager
    def at(self, instant: float | None) -> Iterator[None]:
        """Turns inside are at ``instant``, whatever the clock says; ``None``: by the clock."""
        with self.lock:
            before, self._set = self._set, instant
            try:
                yield
            finally:
                self._set = before


def _instant(seconds: float) -> float:
    if not (math.isfinite(seconds) and seconds >= 0):
        raise Rejected(
            "invalid_value",
            f"{seconds} is no instant: give seconds since the Unix epoch, finite and from 0",
        )
    return float(seconds)
