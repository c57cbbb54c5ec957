"""Records as they close: asks an aggregator now and then, and writes what is new or changed."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from os import PathLike
from pathlib import Path

import attrs

from ccroute._errors import ConfigError, DataUnavailable
from ccroute._wire import KpiAggregator, VisitRecord
from ccroute.history._folder import Folder, State, day_of
from ccroute.history._rows import Key, Row, key_of, row_of, same
from ccroute.history._standing import standing
from ccroute.metrics import Metrics

_MICROS = 1_000_000
_NEWEST = (1 << 63) - 1


@attrs.frozen(kw_only=True)
class Recorded:
    """What one call of :meth:`Recorder.record` did."""

    rows: int
    """Written: new visits, and corrected ones."""
    through: datetime
    """All visits over before this are written."""
    lost: tuple[datetime, datetime] | None
    """Between these, visits may be missing: they were no longer kept when they were asked
    for. Ask more often, or give the aggregator a longer retention."""


class Recorder:
    """Writes the contact records of an aggregator into a folder.

    Call :meth:`record` now and then, at least as often as the aggregator's retention is long.
    A visit is written once all of its interval is final; what changes afterwards, as a wrap-up
    that ends late or a correction, is written again with what it is now. A recorder that is
    made anew goes on where the last of the same node stopped: no visit is missing and, when
    read, none is there twice.

    Args:
        source: The aggregator, or a ``Metrics`` of it (a router's ``metrics``).
        folder: Where to; made where it does not exist.
        keep: For how long days are kept.
        node: The name of this writer: each that writes into the folder needs its own.

    Raises:
        ConfigError: ``keep`` is not at least a day, or the folder is a file.
    """

    def __init__(
        self,
        source: KpiAggregator | Metrics,
        folder: str | PathLike[str],
        *,
        keep: timedelta = timedelta(days=400),
        node: str = "node",
    ) -> None:
        if keep < timedelta(days=1):
            raise ConfigError(f"keep {keep}: at least a day, as timedelta(days=400)")
        self._aggregator = source.aggregator if isinstance(source, Metrics) else source
        self._folder = Folder(Path(folder), node)
        self._keep = keep
        self._cell = round(self._aggregator.interval() * _MICROS)
        self._batch = self._folder.batch()
        state = self._folder.state()
        self._through = state.through_us
        self._pending = set(state.pending_us)
        """Cells in which something is not over yet, as a wrap-up."""
        self._seen = 0

    def record(self) -> Recorded:
        """Writes what has become final, and what was final and changed.

        Raises:
            OSError: It cannot be written; then the next call writes it.
        """
        end = round(self._aggregator.watermark() * _MICROS) // self._cell * self._cell
        start = self._begin(end)
        end = max(start, end)
        batch = self._batch + 1
        rows, lost = self._closed(start, end, batch)
        cells, seen = self._changed(start)
        for cell in sorted(cells | self._pending):
            rows += self._differing(cell, batch)
        if rows:
            self._folder.write(rows, batch)
            self._batch = batch
        pending = self._unsettled(cells | self._pending, start, end)
        if self._through != end or rows or pending != self._pending:
            self._folder.set_state(State(through_us=end, pending_us=sorted(pending)))
            self._tidy(end)
        self._through, self._seen, self._pending = end, seen, pending
        return Recorded(rows=len(rows), through=_instant(end), lost=lost)

    def _begin(self, end: int) -> int:
        """Where the last call stopped; at first, where counting began."""
        if self._through is not None:
            return self._through
        extent = self._aggregator.extent()
        return end if extent is None else min(end, round(extent[0] * _MICROS))

    def _closed(
        self, start: int, end: int, batch: int
    ) -> tuple[list[Row], tuple[datetime, datetime] | None]:
        """The visits over in the range, and the part of it that is no longer known."""
        if start >= end:
            return [], None
        try:
            return _rows(self._visits(start, end), batch), None
        except DataUnavailable:
            known = self._known_since(start, end)
        visits = [] if known >= end else self._visits(known, end)
        return _rows(visits, batch), (_instant(start), _instant(known))

    def _known_since(self, start: int, end: int) -> int:
        """The first edge of a cell from which all visits are kept."""
        low, high = start // self._cell, end // self._cell
        while low < high:
            middle = (low + high) // 2
            try:
                self._visits(middle * self._cell, middle * self._cell)
            except DataUnavailable:
                low = middle + 1
            else:
                high = middle
        return low * self._cell

    def _changed(self, before: int) -> tuple[set[int], int]:
        """The cells before an instant that changed since they were written."""
        try:
            changes, seen = self._aggregator.changed(self._seen)
        except DataUnavailable:
            # Too many to remember: all that is still known is compared.
            _, seen = self._aggregator.changed(_NEWEST)
            extent = self._aggregator.extent()
            first = before if extent is None else round(extent[0] * _MICROS)
            known = self._known_since(first, before)
            return set(range(known, before, self._cell)), seen
        cells = {round(start * _MICROS) for _, basis, start in changes if basis == "completion"}
        return {start for start in cells if start < before}, seen

    def _unsettled(self, cells: set[int], start: int, end: int) -> set[int]:
        """Of some cells and a range, the cells with a conversation not wholly done."""
        spans = [(cell, cell + self._cell) for cell in cells]
        found: set[int] = set()
        for first, last in [*spans, (start, end)]:
            try:
                visits = self._visits(first, last) if first < last else []
            except DataUnavailable:
                continue  # nothing more will be known of them
            for visit in visits:
                if any(part[-1] < 0 for part in visit["parts"]):
                    found.add((visit["completed_us"] or 0) // self._cell * self._cell)
        return found

    def _differing(self, start: int, batch: int) -> list[Row]:
        try:
            visits = self._visits(start, start + self._cell)
        except DataUnavailable:
            return []  # what is no longer kept was written as it was known
        written = self._written(start)
        return [row for row in _rows(visits, batch) if not _is_written(row, written)]

    def _written(self, start: int) -> dict[Key, Row]:
        """The rows of the day of a cell that stand in the files."""
        rows: list[Row] = standing(self._folder.read([day_of(start)])).to_pylist()
        return {key_of(row): row for row in rows}

    def _visits(self, start: int, end: int) -> list[VisitRecord]:
        return self._aggregator.visits(start / _MICROS, end / _MICROS, basis="completion")

    def _tidy(self, end: int) -> None:
        """Days that are over become one file; days that are too old go."""
        today = day_of(end)
        if self._through is None or day_of(self._through) < today:
            self._folder.remove(today - self._keep)
            self._folder.compact(today)


def _rows(visits: Iterable[VisitRecord], batch: int) -> list[Row]:
    return [row_of(visit, batch) for visit in visits if visit["completed_us"] is not None]


def _is_written(row: Row, written: dict[Key, Row]) -> bool:
    known = written.get(key_of(row))
    return known is not None and same(row, known)


def _instant(micros: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)
