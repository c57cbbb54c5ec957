"""Facts that the aggregator keeps no longer, asked of whoever kept them: a figure by a threshold
off its ladder, the contacts behind a cell of last month.
"""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ccroute._errors import DataUnavailable
from ccroute._wire import Groups, KpiAggregator, VisitRecord, VisitTable
from ccroute.metrics._fields import LADDERS
from ccroute.metrics._source import Where

_THRESHOLDS = ("within", "below")
_BASES = ("offered", "event", "completion")
_KNOWN_TO_BOTH = ("count", "zero", "sum")
_OF_VISITS = ("offered", *(f"{kind}.{part}" for kind in LADDERS for part in ("count", "sum")))
_FARTHEST = (0, 7_258_118_400_000_000)
"""All time, in microseconds: up to the year 2200."""


class FactStore(Protocol):
    """Keeps visits that are over for longer than an aggregator does, as ``History`` does."""

    def table(self, start: float, end: float, *, dimensions: Sequence[str] = ()) -> VisitTable:
        """The visits that entered in the range, in seconds since the epoch; with columns for
        these dimensions of one's own, whether any has a label or none."""
        ...

    def visits(self, start: float, end: float, where: Where | None = None) -> list[VisitRecord]:
        """The same, one by one, by entry."""
        ...


class Backed:
    """An aggregator's cells, and a store for what they cannot say.

    Whatever the cells know they say. A threshold that they were not made with is counted from
    the store, row by row of theirs, and only where the store has as many visits of that kind
    as the cell, of as many seconds: one that is not written yet, or not as it was corrected
    since, would be missed in silence.
    """

    def __init__(self, aggregator: KpiAggregator, store: FactStore) -> None:
        self._aggregator, self._store = aggregator, store

    def query(
        self,
        by: Sequence[str],
        fields: Sequence[str],
        *,
        basis: str = "offered",
        edges: NDArray[np.int64] | None = None,
        where: Where | None = None,
        now: float | None = None,
    ) -> Groups:
        """As ``KpiAggregator.query``, of thresholds off the ladder too.

        Raises:
            DataUnavailable: A row needs visits that neither has.
        """
        try:
            return self._aggregator.query(
                by, fields, basis=basis, edges=edges, where=where, now=now
            )
        except DataUnavailable as error:
            unavailable = error
        ladder = {round(seconds * 1_000_000) for seconds in self._aggregator.thresholds()}
        told = {field: kind for field in fields if (kind := _off_ladder(field, ladder))}
        if not told or basis not in _BASES:
            raise unavailable
        # What both know of each kind: a correction that is not recorded yet shows in them too.
        counts = tuple(
            f"{kind}.{part}" for kind in dict.fromkeys(told.values()) for part in _KNOWN_TO_BOTH
        )
        rest = tuple(dict.fromkeys((*(field for field in fields if field not in told), *counts)))
        groups = self._aggregator.query(by, rest, basis=basis, edges=edges, where=where, now=now)
        first, last = _reach(edges, basis)
        own = self._aggregator.dimensions()
        table = self._store.table(first / 1_000_000, last / 1_000_000, dimensions=own)
        theirs = table.query(by, (*told, *counts), basis=basis, edges=edges, where=where)
        place_of = {key: place for place, key in enumerate(_keys(by, theirs))}
        places = np.array([place_of.get(key, -1) for key in _keys(by, groups)], dtype=np.intp)
        for count in counts:
            ours, stored = groups["columns"][count], _at(theirs["columns"][count], places)
            _check(count, ours, stored, unavailable)
        columns = groups["columns"] | {
            field: _at(theirs["columns"][field], places) for field in told
        }
        return {**groups, "columns": {field: columns[field] for field in fields}}


def stored_visits(
    aggregator: KpiAggregator,
    store: FactStore,
    first: int,
    last: int,
    where: Where | None,
    unavailable: DataUnavailable,
) -> list[VisitRecord]:
    """The visits that entered in a range, in microseconds, by the store.

    Raises:
        DataUnavailable: It has more or fewer of them than the cells: some are not over, or not
            written yet.
    """
    if first == last:
        return []
    cell = round(aggregator.interval() * 1_000_000)
    begin, end = first // cell * cell, -(-last // cell) * cell
    edges = np.array([begin, end], dtype=np.int64)
    ours = aggregator.query([], _OF_VISITS, edges=edges)["columns"]
    stored = store.visits(begin / 1_000_000, end / 1_000_000)
    for field, known in _sums(stored).items():
        counted = np.array([ours[field].sum()], dtype=np.int64)
        _check(field, counted, np.array([known], dtype=np.int64), unavailable)
    if where is not None:
        return store.visits(first / 1_000_000, last / 1_000_000, where)
    return [visit for visit in stored if first <= visit["entered_us"] < last]


def _sums(visits: Sequence[VisitRecord]) -> dict[str, int]:
    """What visits come to, by field of the cells."""
    sums = dict.fromkeys(_OF_VISITS, 0)
    for visit in visits:
        sums["offered"] += 1
        sums[f"wait_{visit['outcome']}.count"] += 1
        sums[f"wait_{visit['outcome']}.sum"] += visit["wait_us"] or 0
    return sums


def _off_ladder(field: str, ladder: set[int]) -> str | None:
    """The kind of durations that a field counts by a threshold off the ladder."""
    kind, _, part = field.partition(".")
    what, _, micros = part.partition(":")
    return kind if what in _THRESHOLDS and int(micros) not in ladder else None


def _reach(edges: NDArray[np.int64] | None, basis: str) -> tuple[int, int]:
    """When visits that count between the edges may have entered."""
    if edges is None or not len(edges):
        return _FARTHEST
    longest = 0 if basis == "offered" else 62 * 86_400_000_000
    return max(int(edges[0]) - longest, 0), int(edges[-1])


def _keys(by: Sequence[str], groups: Groups) -> list[tuple[object, ...]]:
    labels = [groups["labels"][dimension] for dimension in by]
    return list(zip(*labels, groups["interval"].tolist(), strict=True))


def _at(
    column: NDArray[np.int64] | NDArray[np.float64], places: NDArray[np.intp]
) -> NDArray[np.int64]:
    """Values of some rows; 0 where there is none."""
    padded = np.append(np.asarray(column, dtype=np.int64), np.int64(0))
    return np.asarray(padded[places], dtype=np.int64)


def _check(
    what: str,
    ours: NDArray[np.int64] | NDArray[np.float64],
    stored: NDArray[np.int64],
    unavailable: DataUnavailable,
) -> None:
    if wrong := np.flatnonzero(ours != stored).tolist():
        row = wrong[0]
        raise DataUnavailable(
            f"{unavailable}; the store says {what} {int(stored[row])} where the cells say "
            f"{int(ours[row])}: record first, or ask again once all visits are over"
        ) from unavailable
