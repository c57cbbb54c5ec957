"""What a simulated PBX is to do, and when."""

import heapq
import itertools
from collections.abc import Callable


class Timetable:
    """Base of a PBX that is told the time. All times are seconds since the epoch by the caller's
    clock; its own says them ``skew`` later."""

    def __init__(self) -> None:
        self.now = 0.0
        self.skew = 0.0
        self._ids = itertools.count(1)
        self._timers: list[tuple[float, int, Callable[[], object]]] = []

    def next_deadline(self) -> float | None:
        """When `advance` has something to do."""
        return self._timers[0][0] if self._timers else None

    def advance(self, now: float) -> None:
        """Lets everything happen that is due until ``now``."""
        while self._timers and self._timers[0][0] <= now:
            instant, _, action = heapq.heappop(self._timers)
            self.now = max(self.now, instant)
            action()
        self.now = max(self.now, now)

    def later(self, seconds: float, action: Callable[[], object]) -> None:
        """Does it in so many seconds."""
        heapq.heappush(self._timers, (self.now + seconds, next(self._ids), action))

    def clock(self) -> float:
        """What its own clock says."""
        return self.now + self.skew
