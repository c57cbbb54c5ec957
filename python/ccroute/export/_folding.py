"""How many values a label may have: later ones count together, so that no exporter drowns a
server in series.

Which names stay is decided by the order in which they were first seen, which never
changes: a series that was exported once is never folded later, and no counter falls.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ccroute._wire import KpiAggregator
from ccroute.export._points import Labels

OTHER = "__other__"
"""The aggregator's own word for what was too much for it."""


class Folding:
    """The names of some labels, and which of them are exported."""

    def __init__(self, source: KpiAggregator, labels: Sequence[str], most: int) -> None:
        self.labels = tuple(labels)
        self._kept: dict[str, frozenset[str]] = {}
        self._folded: dict[str, int] = {}
        for label in labels:
            names = [name for name in source.names(label) if name != OTHER]
            self._kept[label] = frozenset(names[:most])
            self._folded[label] = max(0, len(names) - most)

    def folded(self) -> dict[str, int]:
        """By label, how many of its values count as ``__other__``."""
        return dict(self._folded)

    def named(self, label: str, value: str | None) -> str:
        """The value as exported: itself, ``__other__``, or empty where there is none."""
        if value is None:
            return ""
        return value if value in self._kept[label] else OTHER

    def rows(self, columns: dict[str, list[str | None]], length: int) -> "Rows":
        """The rows of an answer, put together by their labels as exported."""
        places: dict[Labels, int] = {}
        of_row = np.zeros(length, dtype=np.intp)
        for row in range(length):
            key = tuple((label, self.named(label, columns[label][row])) for label in self.labels)
            of_row[row] = places.setdefault(key, len(places))
        return Rows(tuple(places), of_row)


class Rows:
    """Groups of rows that are exported as one."""

    def __init__(self, labels: tuple[Labels, ...], of_row: NDArray[np.intp]) -> None:
        self.labels = labels
        self._of_row = of_row

    def sums(self, column: NDArray[np.int64] | NDArray[np.float64]) -> list[int]:
        """A column added up per group."""
        total = np.zeros(len(self.labels), dtype=np.int64)
        np.add.at(total, self._of_row, column.astype(np.int64))
        return [int(value) for value in total]

    def greatest(self, column: NDArray[np.int64] | NDArray[np.float64]) -> list[int]:
        """The greatest of a column per group."""
        most = np.zeros(len(self.labels), dtype=np.int64)
        np.maximum.at(most, self._of_row, column.astype(np.int64))
        return [int(value) for value in most]
