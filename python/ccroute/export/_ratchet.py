"""Counters never fall: what a correction takes away is made up for before they rise again.

A server takes a counter that falls for one that began anew, and adds its whole height to
every rate: one call corrected out of ten thousand would look like ten thousand calls. So
whoever scrapes sees the greatest value so far until the true one passes it.
"""

from threading import Lock

import attrs

from ccroute.export._families import HELD
from ccroute.export._points import Buckets, Labels, Measured, Reading, Series, Spread


class Ratchet:
    """Remembers how high each counter and bucket was: one for each place that is scraped.

    Give the same one to every call; it is safe between threads. It lives as long as the
    process. After a restart counters go on from the aggregator's snapshot, without the little
    that was held.
    """

    def __init__(self) -> None:
        self._highest: dict[tuple[str, Labels], int | float | Spread] = {}
        self._lock = Lock()

    def lift(self, reading: Reading) -> Reading:
        """The reading with nothing lower than it was, and how many series that concerns."""
        with self._lock:
            held = 0
            lifted: list[Measured] = []
            for measured in reading.measured:
                family = measured.family
                if family.kind not in {"counter", "histogram"}:
                    lifted.append(measured)
                    continue
                series = []
                for each in measured.series:
                    key = (family.name, each.labels)
                    highest = _higher(self._highest.get(key, each.value), each.value)
                    self._highest[key] = highest
                    held += highest != each.value
                    series.append(Series(each.labels, highest))
                lifted.append(Measured(family, tuple(series)))
        lifted = [
            Measured(HELD, (Series((), held),)) if measured.family is HELD else measured
            for measured in lifted
        ]
        return attrs.evolve(reading, measured=tuple(lifted))


def _higher(former: float | Spread, now: float | Spread) -> int | float | Spread:
    if not (isinstance(former, Spread) and isinstance(now, Spread)):
        assert not isinstance(former, Spread), "a series keeps its kind"
        assert not isinstance(now, Spread), "a series keeps its kind"
        return max(former, now)
    # Greatest by greatest, ascending counts stay ascending.
    cumulative = tuple(map(max, former.cumulative, now.cumulative))
    return Spread(
        count=max(former.count, now.count),
        sum=max(former.sum, now.sum),
        longest=now.longest,
        zeros=max(former.zeros, now.zeros),
        cumulative=cumulative,
        buckets=_higher_buckets(former.buckets, now.buckets),
    )


def _higher_buckets(former: Buckets | None, now: Buckets | None) -> Buckets | None:
    if former is None or now is None:
        return now
    found = dict(former)
    for index, count in now:
        found[index] = max(count, found.get(index, 0))
    return tuple(sorted(found.items()))
