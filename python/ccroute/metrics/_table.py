"""The answer to a report: rows of groups and intervals, a column a KPI.

It prints, iterates and is looked up here; how it leaves for numpy, Arrow, CSV and JSON
stands in ``_export``.
"""

import textwrap
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeAlias

import attrs
import numpy as np
from numpy.typing import NDArray

from ccroute._errors import ConfigError
from ccroute._extras import of_extra
from ccroute.metrics import _export
from ccroute.metrics._columns import Column, number
from ccroute.metrics._intervals import Interval, Intervals
from ccroute.metrics._kpi import Value, printed
from ccroute.metrics._printing import aligned, shown

if TYPE_CHECKING:
    from ccroute.metrics._expression import Number

Labels: TypeAlias = tuple[str | None, ...]
"""A group: one label per dimension of ``by``."""

_MOST_PRINTED = 400


@attrs.frozen(kw_only=True, eq=False)
class Row:
    """One group in one interval: ``row["asa"].value``, ``row.labels["queue"]``."""

    labels: Mapping[str, str | None]
    start: datetime | None
    """In the report's zone; ``None`` where the range is open there."""
    end: datetime | None
    """Not included."""
    place: int
    """Which row of the table it is."""
    table: "ReportTable" = attrs.field(repr=False)

    def __getitem__(self, kpi: str) -> Value:
        """The figure of a KPI of the report, by the name it was asked for, its id or alias."""
        return self.table.column(kpi).value(self.place)

    def __iter__(self) -> Iterator[tuple[str, Value]]:
        """Names and figures, in the order asked."""
        return ((column.name, column.value(self.place)) for column in self.table.columns)

    def inputs(self, kpi: str) -> Mapping[str, "Number | None"]:
        """The fields behind a figure, by the core's names; durations in microseconds."""
        column = self.table.column(kpi)
        return {field: number(values, self.place) for field, values in column.inputs.items()}

    @property
    def final(self) -> bool:
        """Whether nothing more is expected for any figure of the row."""
        return all(bool(column.final[self.place]) for column in self.table.columns)

    @property
    def gap(self) -> bool:
        """Whether a source was not heard for a part of its time: something may be missing."""
        return self.table.gap is not None and bool(self.table.gap[self.place])

    @property
    def revision(self) -> int:
        """How often its cells were corrected after they were final: the greatest of them."""
        return max(int(column.revisions[self.place]) for column in self.table.columns)


@attrs.frozen(kw_only=True, eq=False)
class ReportTable:
    r"""Rows sorted by labels, then interval; only those with anything.

    ``print(table)``, ``for row in table``, ``table["billing"]["asa"].value``,
    ``polars.DataFrame(table)``. In print ``*`` marks what is not final; a range without an
    end never is, so the line above the table says so instead. ``~`` marks an estimate, ``†`` what
    lies across a gap (`Metrics.note_gap`); exports have a column ``gap`` where any row does.
    Control characters in names are printed as ``\x1b``.
    """

    by: tuple[str, ...]
    basis: str
    zone: str
    interval: str | None
    intervals: Intervals | None
    """``None``: from the first to the last that was counted."""
    open_start: bool = False
    open_end: bool = False
    labels: tuple[Labels, ...]
    places: NDArray[np.int64]
    """Per row the place of its interval."""
    columns: tuple[Column, ...]
    gap: NDArray[np.bool_] | None = None
    """Per row whether it lies across a time in which a source was not heard; ``None``: nobody
    said."""

    def __len__(self) -> int:
        return len(self.labels)

    def __iter__(self) -> Iterator[Row]:
        return (self.row(place) for place in range(len(self)))

    def row(self, place: int) -> Row:
        """The row at a place, from 0."""
        start, end = self._bounds(place)
        return Row(
            labels=dict(zip(self.by, self.labels[place], strict=True)),
            start=start,
            end=end,
            place=place,
            table=self,
        )

    def __getitem__(self, key: str | datetime | tuple[str | datetime | None, ...] | None) -> Row:
        """The only row of a label, of several in the order of ``by``, or with a start at the end.

        ``table["billing"]``, ``table["billing", "voice"]``, ``table["billing", start]``.

        Raises:
            KeyError: There is no such row, or more than one: then take :meth:`select`.
        """
        found = self._places(key)
        if len(found) == 1:
            return self.row(int(found[0]))
        if len(found):
            raise KeyError(f"{key!r} has {len(found)} rows here: add a start, or use select()")
        there = ", ".join(dict.fromkeys(map(_words, self.labels[:20]))) or "no rows"
        raise KeyError(f"no row {key!r}; there are: {there}")

    def select(
        self, key: str | datetime | tuple[str | datetime | None, ...] | None
    ) -> "ReportTable":
        """All rows of the labels, as a table."""
        return self._taken(self._places(key))

    def sorted(self, by: str, *, descending: bool = False) -> "ReportTable":
        """The same rows by a dimension of ``by`` or by a KPI; those without a label or figure
        come last, equal ones stay in their order.

        Raises:
            ConfigError: The report has neither such a dimension nor such a KPI.
        """
        keys: Mapping[int, str | float]
        if by in self.by:
            place = self.by.index(by)
            labels = enumerate(own[place] for own in self.labels)
            keys = {row: label for row, label in labels if label is not None}
        else:
            column = self.column(by)
            there = np.flatnonzero(column.reasons == 0).tolist()
            keys = {row: float(column.values[row]) for row in there}
        order = sorted(keys, key=lambda row: keys[row], reverse=descending)
        rest = [row for row in range(len(self)) if row not in keys]
        return self._taken(np.array([*order, *rest], dtype=np.intp))

    def _taken(self, rows: NDArray[np.intp]) -> "ReportTable":
        return attrs.evolve(
            self,
            labels=tuple(self.labels[row] for row in rows.tolist()),
            places=self.places[rows],
            columns=tuple(column.take(rows) for column in self.columns),
            gap=None if self.gap is None else self.gap[rows],
        )

    def column(self, kpi: str) -> Column:
        """A KPI's column, by the name it was asked for, its id or alias.

        Raises:
            ConfigError: The report was not asked for it.
        """
        for column in self.columns:
            if column.name == kpi:
                return column
        same = [each for each in self.columns if kpi in {each.kpi.id, *each.kpi.aliases}]
        if len(same) == 1:
            return same[0]
        there = ", ".join(column.name for column in same or self.columns)
        many = "stands for several here" if same else "is not in this report"
        raise ConfigError(f"KPI {kpi!r} {many}; there are: {there}")

    def attainment(self, kpi: str, goal: float, *, weighted: bool = False) -> Value:
        """The share of rows whose ratio reaches ``goal`` (a share of 1), of those that have one.

        ``weighted``: each counts by what its ratio divides by. Of the rows of all groups: take
        :meth:`select` for one.

        Raises:
            ConfigError: The KPI is no ratio, or the goal is not between 0 and 1.
        """
        column = self.column(kpi)
        if column.denominators is None or column.kpi.unit != "ratio":
            raise ConfigError(f"KPI {kpi!r} is no ratio: it has no goal to reach")
        if not 0.0 <= goal <= 1.0:
            raise ConfigError(f"goal {goal!r}: a share of 1, as 0.8")
        counted = column.reasons == 0
        met = counted & (column.values >= goal)
        weights = column.denominators if weighted else np.ones(len(self), dtype=np.int64)
        above, below = int(weights[met].sum()), int(weights[counted].sum())
        return Value(
            value=above / below if below else None,
            numerator=above,
            denominator=below,
            n=int(counted.sum()),
            variant=f"sl.attainment{'.weighted' if weighted else ''}"
            f"({', '.join(column.variants())}, goal={goal:g})",
            unit="ratio",
            basis=column.basis,
            final=bool(column.final.all()),
            revision=int(column.revisions.max(initial=0)),
            reason=None if below else "no row has this ratio",
            exact=column.exact is None or bool(column.exact[counted].all()),
        )

    # How it leaves ---------------------------------------------------------------------

    def to_numpy(self) -> NDArray[np.void]:
        """A structured array, one record a row.

        Labels (objects), ``start`` and ``end`` (datetime64[us], UTC; NaT where open), and per
        KPI its figure (``asa``: float64, counts int64; NaN for none), for ratios also
        ``asa.numerator``, ``asa.denominator``, ``asa.n``, and for what may be an estimate
        ``wait.p90.exact``; at the end ``final``, ``revision``.
        """
        return _export.structured(self)

    def to_csv(self) -> str:
        """Comma-separated, with a line of names; what has no value is empty.

        Columns as in :meth:`to_numpy`, with the variant of each KPI; instants in ISO 8601.
        """
        return _export.csv_text(self)

    def to_json(self, *, indent: int | None = None) -> str:
        """The question and its rows as a JSON object.

        Every figure is ``{"value", "numerator", "denominator", "n", "variant", "unit",
        "basis", "final", "revision", "reason", "exact"}``.
        """
        return _export.json_text(self, indent)

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """The table as an Arrow stream, for polars, pandas, pyarrow, DuckDB.

        The numbers are the report's own buffers, not copied. Columns as in :meth:`to_csv`.

        Raises:
            ConfigError: The package nanoarrow is missing: ``pip install 'ccroute[arrow]'``.
        """
        nanoarrow = of_extra("nanoarrow", extra="arrow", purpose="Arrow")
        return _export.arrow_stream(self, nanoarrow, requested_schema)

    def __str__(self) -> str:
        heads = [*self.by, *(["interval"] if self.interval else [])]
        lines = [[*heads, *(column.heading for column in self.columns)]]
        half = _MOST_PRINTED // 2
        cut = len(self) > _MOST_PRINTED
        places = [*range(half), *range(len(self) - half, len(self))] if cut else range(len(self))
        lines += [self._words_of(place) for place in places]
        if cut:
            lines.insert(half + 1, ["…"] + [""] * (len(lines[0]) - 1))
        table = list(aligned(lines, named=len(heads)))
        if cut:
            table.append(f"{len(self) - 2 * half} of {len(self)} rows are not shown")
        return "\n".join([*self._legend(), *table])

    def _words_of(self, place: int) -> list[str]:
        words = ["-" if label is None else label for label in self.labels[place]]
        if self.interval and self.intervals is not None:
            words.append(self._interval_words(self.intervals[int(self.places[place])]))
        for column in self.columns:
            none = bool(column.reasons[place])
            value = None if none else float(column.values[place])
            mark = "" if self.open_end or column.final[place] else "*"
            exact = column.exact is None or bool(column.exact[place])
            sign = column.kpi.unit != "s"
            mark += "†" if self.gap is not None and self.gap[place] else ""
            words.append(printed(value, column.kpi.unit, sign=sign, exact=exact) + mark)
        return words

    def _interval_words(self, interval: Interval) -> str:
        if self.interval in {"day", "week", "month"}:
            return f"{interval.start:%Y-%m-%d}"
        return str(interval)

    def _legend(self) -> list[str]:
        """What the figures are, before any of them."""
        about = [f"basis: {self.basis}", f"zone: {self.zone}"]
        if self.interval:
            about.append(f"interval: {self.interval}")
        if any(column.kpi.unit == "s" for column in self.columns):
            about.append("times in seconds")
        if not all(bool(column.final.all()) for column in self.columns):
            about.append("open range: never final" if self.open_end else "* not final")
        if any(column.exact is not None and not column.exact.all() for column in self.columns):
            about.append("~ estimate")
        if self.gap is not None and self.gap.any():
            about.append("† across a gap: not all was heard")
        meant = []
        for column in self.columns:
            variants = column.variants()
            words = variants[0] if len(variants) == 1 else _several(column)
            if column.basis != self.basis:
                words += f" on basis {column.basis}"
            if column.lacking is not None:
                words += f" ({column.lacking})"
            if words != column.heading:
                meant.append(f"{column.heading}: {words}")
        words = shown("; ".join(meant))
        return ["; ".join(about), *textwrap.wrap(words, 100, break_long_words=False)]

    # Looking up ------------------------------------------------------------------------

    def _places(
        self, key: str | datetime | tuple[str | datetime | None, ...] | None
    ) -> NDArray[np.intp]:
        keys = key if isinstance(key, tuple) else (key,)
        start = keys[-1] if keys and isinstance(keys[-1], datetime) else None
        labels = keys if start is None else keys[:-1]
        if len(labels) > len(self.by):
            raise KeyError(f"{key!r} has more labels than this report: {', '.join(self.by)}")
        if start is not None and start.utcoffset() is None:
            raise KeyError(f"{start.isoformat()} names no zone: give an aware datetime")
        found = [
            place
            for place, own in enumerate(self.labels)
            if own[: len(labels)] == labels
            and (start is None or _same(self._bounds(place)[0], start))
        ]
        return np.array(found, dtype=np.intp)

    def _bounds(self, place: int) -> tuple[datetime | None, datetime | None]:
        if self.intervals is None:
            return None, None
        bounds = self.intervals[int(self.places[place])]
        return (
            None if self.open_start else bounds.start,
            None if self.open_end else bounds.end,
        )

    def range(self) -> tuple[datetime | None, datetime | None]:
        """Start and end of the whole, in the report's zone; ``None`` where open."""
        if self.intervals is None:
            return None, None
        return (
            None if self.open_start else self.intervals[0].start,
            None if self.open_end else self.intervals[-1].end,
        )


def _same(one: datetime | None, other: datetime) -> bool:
    # Compared in UTC: within a zone Python takes both runs of a repeated hour for one.
    return one is not None and one.astimezone(UTC) == other.astimezone(UTC)


def _several(column: Column) -> str:
    """A variant whose parameters differ by row: those that do are each row's own."""
    first, *others = column.parameters
    shared = {
        name: value if all(setting[name] == value for setting in others) else None
        for name, value in first.items()
    }
    return f"{column.kpi.id}({column.kpi.spelt(shared)})"


def _words(labels: Labels) -> str:
    return " / ".join("-" if label is None else label for label in labels) or "the total"
