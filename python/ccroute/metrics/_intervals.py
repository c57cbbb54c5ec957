"""Civil intervals: what a clock on the wall in some zone calls a quarter, an hour, a day.

Cells are kept in UTC. An interval is a union of whole cells, so its edges lie on theirs. On
days of a clock change a day has 92 or 100 quarters; the repeated hour is shown twice.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import TypeAlias
from zoneinfo import ZoneInfo

import attrs
import numpy as np
from numpy.typing import NDArray

from ccroute._errors import ConfigError

Instant: TypeAlias = datetime | float
"""An aware datetime, or seconds since the epoch. Of an hour that a zone's clock shows twice
``fold`` says which; one that it skips is refused."""

MOST_INTERVALS = 1_000_000
_MICROS = 1_000_000
_CLOCK: dict[str, int] = {
    "15min": 15 * 60 * _MICROS,
    "30min": 30 * 60 * _MICROS,
    "1h": 60 * 60 * _MICROS,
}
_LEAST_OF: dict[str, int] = {
    **_CLOCK,
    "day": 86_400 * _MICROS,
    "week": 7 * 86_400 * _MICROS,
    "month": 28 * 86_400 * _MICROS,
}
_PROBE = 3 * 3600 * _MICROS
"""How far apart to look for a change of offset: no zone changes twice in three hours."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EARLIEST, _LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
_FIRST = (_EARLIEST - _EPOCH) // timedelta(microseconds=1)
_LAST = (_LATEST - _EPOCH) // timedelta(microseconds=1)


@attrs.frozen(kw_only=True)
class Interval:
    """One interval, half-open, as the zone's clock showed it.

    ``start`` and ``end`` are aware; ``start.fold`` is 1 the second time the clock shows it.
    """

    start: datetime
    end: datetime

    @property
    def offset(self) -> timedelta:
        """Local time less UTC at the start."""
        return self.start.utcoffset() or timedelta(0)

    def __str__(self) -> str:
        hours = f"{self.start:%Y-%m-%d %H:%M}"
        return f"{hours}{self.start:%z}" if self.start.fold else hours


@attrs.frozen(kw_only=True, eq=False)
class Intervals:
    """Adjoining intervals, in order."""

    edges: NDArray[np.int64]
    """One more than there are intervals: microseconds since the epoch, ascending."""
    interval: str
    zone: str

    def __len__(self) -> int:
        return len(self.edges) - 1

    def __getitem__(self, place: int) -> Interval:
        if not -len(self) <= place < len(self):
            raise IndexError(f"no interval {place}: there are {len(self)}")
        place %= len(self)
        zone = zone_of(self.zone)
        return Interval(
            start=at_local(int(self.edges[place]), zone),
            end=at_local(int(self.edges[place + 1]), zone),
        )

    def __iter__(self) -> Iterator[Interval]:
        return (self[place] for place in range(len(self)))


def civil_intervals(
    start: Instant, end: Instant, interval: str, zone: str, *, cell: float = 900.0
) -> Intervals:
    """The intervals of a half-open range, by the clock and calendar of a zone.

    Args:
        start: An edge of an interval, included.
        end: An edge, not included.
        interval: ``15min``, ``30min``, ``1h``, ``day``, ``week`` (from Monday, ISO 8601) or
            ``month``.
        zone: IANA name, as ``America/Bogota``.
        cell: Length of the cells in seconds.

    Raises:
        ConfigError: The interval is no multiple of the cell, an edge does not lie on an edge
            of a cell, ``start`` or ``end`` is no edge of an interval or is naive, the zone is
            unknown, or there would be more than a million intervals.

    >>> from datetime import datetime
    >>> from zoneinfo import ZoneInfo
    >>> berlin = ZoneInfo("Europe/Berlin")
    >>> day = datetime(2026, 10, 25, tzinfo=berlin), datetime(2026, 10, 26, tzinfo=berlin)
    >>> len(civil_intervals(*day, "15min", "Europe/Berlin"))
    100
    """
    _check_interval(interval)
    length = _length_of(cell)
    if _LEAST_OF[interval] % length:
        raise ConfigError(
            f"interval {interval!r} is no multiple of the cells' {cell:g} s: a coarser interval, "
            "or an aggregator with finer cells"
        )
    where = zone_of(zone)
    first, last = micros_of(start, "start"), micros_of(end, "end")
    if last <= first:
        raise ConfigError(f"end {end} does not lie after start {start}: give the earlier first")
    if (last - first) // _LEAST_OF[interval] > MOST_INTERVALS:
        raise ConfigError(
            f"more than {MOST_INTERVALS} intervals of {interval!r} from {start} to {end}: "
            "a shorter range or a coarser interval"
        )
    if interval in _CLOCK:
        edges = _by_clock(first, last, _CLOCK[interval], where)
    else:
        edges = _by_calendar(first, last, interval, where)
    for edge, what in ((first, "start"), (last, "end")):
        _require_edge(edge, what, edges, interval, where)
    edges = [edge for edge in edges if first <= edge <= last]
    for edge in edges:
        if edge % length:
            raise ConfigError(
                f"{at_local(edge, where).isoformat()} in {zone} lies within a cell of {cell:g} s: "
                f"{interval!r} cannot be made of whole cells there; a zone whose offset is a "
                "multiple of the cell, or finer cells"
            )
    return Intervals(edges=np.asarray(edges, dtype=np.int64), interval=interval, zone=zone)


def whole_range(
    start: Instant | None, end: Instant | None, zone: str, *, cell: float = 900.0
) -> Intervals | None:
    """A range as one interval; ``None`` where it has neither start nor end.

    An open side reaches to the year 1970 or 2200.

    Raises:
        ConfigError: As :func:`civil_intervals`, for the edges of cells.
    """
    where = zone_of(zone)
    if start is None and end is None:
        return None
    first = 0 if start is None else micros_of(start, "start")
    last = micros_of(_LATEST if end is None else end, "end")
    if last <= first:
        raise ConfigError(f"end {end} does not lie after start {start}: give the earlier first")
    length = _length_of(cell)
    for edge, what in ((first, "start"), (last, "end")):
        if edge % length:
            raise ConfigError(
                f"{what} {at_local(edge, where).isoformat()} lies within a cell of {cell:g} s: "
                f"take {at_local(edge - edge % length, where).isoformat()}"
            )
    return Intervals(edges=np.asarray([first, last], dtype=np.int64), interval="range", zone=zone)


def covering(
    extent: tuple[float, float] | None, interval: str, zone: str, *, cell: float = 900.0
) -> tuple[float, float]:
    """The smallest range of whole intervals that covers an extent, both in seconds; of
    nothing the first interval of 1970.

    Raises:
        ConfigError: There is no such interval or zone.
    """
    _check_interval(interval)
    where = zone_of(zone)
    first, last = (round(edge * _MICROS) for edge in extent or (86_400.0, 86_400.0 + cell))
    if interval in _CLOCK:
        edges = _by_clock(first, last, _CLOCK[interval], where)
    else:
        edges = _by_calendar(first, last, interval, where)
    begins = max(edge for edge in edges if edge <= first)
    ends = min(edge for edge in edges if edge >= last)
    return begins / _MICROS, ends / _MICROS


def range_of(
    start: Instant | None,
    end: Instant | None,
    interval: str | None,
    zone: str,
    extent: Callable[[], tuple[float, float] | None],
    *,
    cell: float = 900.0,
) -> tuple[Instant | None, Instant | None]:
    """The edges of a report: those given, else of whole intervals that cover what there is.

    Raises:
        ConfigError: As :func:`covering`.
    """
    if interval is None or (start is not None and end is not None):
        return start, end
    first, last = covering(extent(), interval, zone, cell=cell)
    return first if start is None else start, last if end is None else end


def _check_interval(interval: object) -> None:
    if not isinstance(interval, str) or interval not in _LEAST_OF:
        raise ConfigError(f"interval {interval!r}: one of {', '.join(_LEAST_OF)}")


def _length_of(cell: float) -> int:
    length = round(cell * _MICROS) if 0 < cell <= 86_400 else 0
    if not length:
        raise ConfigError(f"cells of {cell!r} s: from a microsecond to a day")
    return length


def zone_of(name: str) -> ZoneInfo:
    """The zone of an IANA name; ``ConfigError`` where there is none."""
    try:
        return ZoneInfo(name)
    except (TypeError, AttributeError, LookupError, ValueError, OSError):  # none, or no name
        raise ConfigError(
            f"no zone {name!r}: an IANA name, as America/Bogota (Windows needs the package tzdata)"
        ) from None


def on_clock(local: datetime, zone: ZoneInfo) -> datetime:
    """The instant at which the clock of a zone shows a naive local time; of an hour that it
    shows twice the first, unless ``fold`` is 1.

    Raises:
        ConfigError: The clock skips it, or it is absurdly far.

    >>> from datetime import datetime
    >>> print(on_clock(datetime(2026, 10, 25, 2, 30), ZoneInfo("Europe/Berlin")))
    2026-10-25 02:30:00+02:00
    """
    if not _EARLIEST.year <= local.year < _LATEST.year:
        raise ConfigError(f"{local.isoformat()} is absurdly far: from 1900 to 2200")
    at = local.replace(tzinfo=zone)
    around = [at.replace(fold=fold).astimezone(UTC).astimezone(zone) for fold in (1, 0)]
    if all(shown.replace(tzinfo=None) != local for shown in around):
        near = " or ".join(shown.isoformat() for shown in around)
        raise ConfigError(
            f"{local.isoformat()} is no time of {zone.key}: its clock skips that hour; take {near}"
        )
    return at


def micros_of(instant: Instant, what: str) -> int:
    """Microseconds since the epoch, exact for datetimes.

    Raises:
        ConfigError: The datetime is naive or of an hour that its zone's clock skips, or the
            number not finite or absurdly far. A skipped midnight is the beginning of its day.
    """
    if isinstance(instant, datetime):
        if instant.utcoffset() is None:
            raise ConfigError(
                f"{what} {instant.isoformat()} names no zone: give an aware datetime or seconds "
                "since the epoch"
            )
        if isinstance(instant.tzinfo, ZoneInfo) and instant.time() != time():
            try:
                on_clock(instant.replace(tzinfo=None), instant.tzinfo)
            except ConfigError as error:
                raise ConfigError(f"{what} {error.message}") from None
        micros = (instant - _EPOCH) // timedelta(microseconds=1)
    else:
        try:
            micros = round(float(instant) * _MICROS)
        except (TypeError, ValueError, OverflowError):  # no number, or not a finite one
            raise ConfigError(
                f"{what} {instant!r}: an aware datetime or seconds since the epoch"
            ) from None
    if not _FIRST <= micros <= _LAST:
        raise ConfigError(f"{what} {instant!r} is absurdly far: from 1900 to 2200")
    return micros


def at_local(micros: int, zone: ZoneInfo) -> datetime:
    """The instant as the zone's clock shows it; ``fold`` is 1 the second time."""
    return (_EPOCH + timedelta(microseconds=micros)).astimezone(zone)


def _offset(micros: int, zone: ZoneInfo) -> int:
    offset = at_local(micros, zone).utcoffset()
    assert offset is not None
    return offset // timedelta(microseconds=1)


def _changes(first: int, last: int, zone: ZoneInfo) -> list[int]:
    """The instants in (first, last] at which the clock jumps, to the second."""
    found: list[int] = []
    probes = [*range(first, last, _PROBE), last]
    offsets = [_offset(probe, zone) for probe in probes]
    for place in range(len(probes) - 1):
        if offsets[place] != offsets[place + 1]:
            low, high = probes[place], probes[place + 1]
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (
                    (low, middle)
                    if _offset(middle, zone) != offsets[place]
                    else (
                        middle,
                        high,
                    )
                )
            found.append(high)
    return found


def _by_clock(first: int, last: int, step: int, zone: ZoneInfo) -> list[int]:
    """Where the clock shows a multiple of the step, and where it jumps.

    The range reaches a step further on both sides, so that the nearest edges are there.
    """
    begin, stop = first - step, last + step
    bounds = [begin, *_changes(begin, stop, zone), stop + 1]
    edges: list[int] = []
    for low, high in pairwise(bounds):
        offset = _offset(low, zone)
        if low != begin:
            edges.append(low)
        edges.extend(range(low + -(low + offset) % step, high, step))
    return sorted(set(edges))


def _by_calendar(first: int, last: int, interval: str, zone: ZoneInfo) -> list[int]:
    """Where a day, week or month begins, from the last one at or before ``first``."""
    day = at_local(first, zone).date()
    if interval == "week":
        day -= timedelta(days=day.weekday())
    elif interval == "month":
        day = day.replace(day=1)
    edges: list[int] = []
    while True:
        edge = _begin_of(day, zone)
        if not edges or edge > edges[-1]:  # a day the zone skipped begins with the next
            edges.append(edge)
        if edge >= last:
            return edges
        day = _next(day, interval)


def _next(day: date, interval: str) -> date:
    if interval == "month":
        return (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    return day + timedelta(days=7 if interval == "week" else 1)


def _begin_of(day: date, zone: ZoneInfo) -> int:
    """The first instant of a local date; where its midnight is skipped, the jump."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
    edge = micros_of(midnight, "day")
    if at_local(edge, zone).replace(tzinfo=None) == midnight.replace(tzinfo=None):
        return edge
    around = _changes(edge - 86_400 * _MICROS, edge + 86_400 * _MICROS, zone)
    return next(
        (jump for jump in reversed(around) if jump <= edge and at_local(jump, zone).date() >= day),
        edge,
    )


def _require_edge(edge: int, what: str, edges: list[int], interval: str, zone: ZoneInfo) -> None:
    place = bisect_left(edges, edge)
    if place < len(edges) and edges[place] == edge:
        return
    near = [at_local(other, zone).isoformat() for other in edges[max(0, place - 1) : place + 1]]
    raise ConfigError(
        f"{what} {at_local(edge, zone).isoformat()} is no edge of {interval!r} in {zone.key}: "
        f"take {' or '.join(near)}"
    )
