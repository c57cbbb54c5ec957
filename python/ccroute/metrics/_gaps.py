"""Times in which a source was not heard: figures across them are flagged, not mended."""

import numpy as np
from numpy.typing import NDArray

from ccroute._errors import ConfigError
from ccroute.metrics._intervals import Instant, Intervals, micros_of

_MOST = 10_000


class Gaps:
    """Stretches of time, in whole microseconds; those that meet are one."""

    def __init__(self) -> None:
        self._stretches: list[tuple[int, int]] = []

    def note(self, since: Instant, until: Instant) -> None:
        """Adds a stretch.

        Raises:
            ConfigError: its end lies before its beginning, or it is no time.
        """
        start, end = micros_of(since, "since"), micros_of(until, "until")
        if end < start:
            raise ConfigError(f"a gap from {since} to {until}: give its end last")
        kept: list[tuple[int, int]] = []
        for one, other in self._stretches:
            if other < start or one > end:
                kept.append((one, other))
            else:
                start, end = min(start, one), max(end, other)
        # Of too many the oldest two become one: more is flagged, never less.
        kept.append((start, end))
        kept.sort()
        while len(kept) > _MOST:
            kept[:2] = [(kept[0][0], kept[1][1])]
        self._stretches = kept

    def across(self, intervals: Intervals | None, places: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which rows, by the places of their intervals (``None``: one without bounds), lie across a
        gap."""
        if intervals is None:
            return np.full(len(places), bool(self._stretches))
        across = np.zeros(len(places), dtype=np.bool_)
        starts, ends = intervals.edges[places], intervals.edges[places + 1]
        for start, end in self._stretches:
            across |= (starts <= end) & (start < ends)
        return across
