"""Records read back: as arrays for what needs whole records, as facts to count anew."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from os import PathLike
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ccroute._errors import ConfigError
from ccroute._wire import CAUSES, COURSES, FATES, KpiAggregator, VisitRecord, VisitTable
from ccroute.history._folder import Folder, day_of
from ccroute.history._rows import LABELS, VOID, record_of
from ccroute.history._standing import standing
from ccroute.metrics import Instant, Where, micros_of

_LONGEST_VISIT = timedelta(days=62)
"""From the entry of a visit to its end: a wait and a conversation of 31 days at most."""
_MOST_DIMENSIONS = 4
_DURATIONS = ("talk_us", "hold_us", "wrap_up_us")
_NUMBERS: tuple[tuple[str, str], ...] = (
    ("customer", "<u8"), ("entered_us", "<i8"), ("ended_us", "<i8"), ("completed_us", "<i8"),
    ("wait_us", "<i8"), ("talk_us", "<i8"), ("hold_us", "<i8"), ("wrap_up_us", "<i8"),
    ("visit", "<u4"), ("revision", "<u4"),
)  # fmt: skip
_TEXTS = ("source", "contact", *LABELS, "agent", "outcome", "cause")


class History:
    """The contact records in a folder that recorders write, or have written.

    It reads what stands: of a visit that was written several times, what is known last.
    Only visits that are over are records.
    """

    def __init__(self, folder: str | PathLike[str]) -> None:
        self._folder = Folder(Path(folder))

    def records(self, start: Instant, end: Instant, where: Where | None = None) -> NDArray[np.void]:
        """The visits that entered in the range, by entry, as a structured array.

        Columns: customer uint64 (a hash; 0: unknown), entered_us, ended_us (of the wait),
        completed_us, wait_us (-1: none), talk_us, hold_us, wrap_up_us int64 (sums over the
        parts), visit, revision uint32; as text, empty for none: source, contact, queue,
        channel, direction, client, campaign, agent (of the first part), outcome, cause. So
        ``first_contact_resolution``, ``peak_concurrency`` and ``patience`` take it.

        Args:
            start: From this instant on: seconds since the epoch or an aware datetime.
            end: Up to this instant, without it.
            where: Only these labels, by dimension; ``agent``: with a part of one of them.

        Raises:
            ConfigError: An instant or a dimension that is none; a file that holds no records.
        """
        table = self._table(start, end, where)
        columns = {**_numbers(table), **_texts(table)}
        records = np.zeros(
            table.num_rows, dtype=[(name, column.dtype) for name, column in columns.items()]
        )
        for name, column in columns.items():
            records[name] = column
        return records

    def post(
        self,
        aggregator: KpiAggregator,
        start: Instant,
        end: Instant,
        where: Where | None = None,
    ) -> dict[str, int]:
        """Counts the visits of the range again, by whatever the aggregator counts by: other
        thresholds, other intervals, dimensions of one's own.

        Waits, conversations, wrap-ups, labels, customers and dispositions are counted;
        offers, scores, amounts and agents' time are in no record. A visit of several agents
        counts as one conversation of the first, as long as all together. The aggregator
        should have a retention as long as the range, or corrections posted later are late.

        Returns:
            How many rows were ``counted``, ``duplicate``, ``superseded``, ``conflict`` or
            ``late``, and how many of several agents were ``joined``.

        Raises:
            ConfigError: As :meth:`records`.
            Rejected: A visit of the range is under way in the aggregator.
        """
        table = self._table(start, end, where)
        # In the order in which they ended: what is over first is forgotten first.
        table = table.take(pc.sort_indices(table, sort_keys=[("completed_us", "ascending")]))
        fates = dict.fromkeys(FATES, 0)
        for source in pc.unique(table["source"]).to_pylist():
            own = table.filter(pc.equal(table["source"], source))
            for name, count in _post(aggregator, own, source).items():
                fates[name] += count
        parts = pc.list_value_length(table["parts"])
        fates["joined"] = pc.sum(pc.greater(parts, 1)).as_py() or 0
        return fates

    def table(
        self,
        start: Instant,
        end: Instant,
        where: Where | None = None,
        *,
        dimensions: Sequence[str] = (),
        threads: int = 1,
    ) -> VisitTable:
        """The visits of the range as a table that answers for itself, by any threshold, interval
        and label: of ``report_visits``, or behind ``Metrics(history=…)``.

        What is counted of each is as in :meth:`post`; dispositions are not. Its own dimensions
        are ``dimensions``, and the labels that the records have beyond the built-in ones: four
        in all, by name. So many ``threads``, 1 to 256, share the work on a question.

        Raises:
            ConfigError: As :meth:`records`; threads out of range.
        """
        table = self._table(start, end, where)
        found = {name for pairs in table["labels"].to_pylist() for name, _ in pairs or ()}
        own = [*dimensions, *sorted(found - set(dimensions))][:_MOST_DIMENSIONS]
        columns, names = _columns(table, {name: f"custom{n}" for n, name in enumerate(own, 1)})
        del columns["revision"]
        return VisitTable(columns, names=names, dimensions=own, threads=threads)

    def visits(self, start: Instant, end: Instant, where: Where | None = None) -> list[VisitRecord]:
        """The visits of the range one by one, by entry, as ``KpiAggregator.visits`` gives them.

        Raises:
            ConfigError: As :meth:`records`.
        """
        table = self._table(start, end, where).sort_by("entered_us")
        return [record_of(row) for row in table.to_pylist()]

    def _table(self, start: Instant, end: Instant, where: Where | None) -> pa.Table:
        first, last = micros_of(start, "start"), micros_of(end, "end")
        if last <= first:
            raise ConfigError(f"end {end} does not lie after start {start}: give the earlier first")
        latest = day_of(last) + _LONGEST_VISIT
        days = [day for day in self._folder.days() if day_of(first) <= day <= latest]
        table = standing(self._folder.read(days))
        entered = table["entered_us"]
        kept = pc.and_(pc.greater_equal(entered, first), pc.less(entered, last))
        table = table.filter(pc.and_(kept, pc.not_equal(table["outcome"], VOID)))
        for dimension, labels in (where or {}).items():
            table = table.filter(_has(table, dimension, labels))
        return table


def _has(table: pa.Table, dimension: str, labels: Sequence[str | None]) -> pa.Array:
    wanted = [labels] if isinstance(labels, str) else list(labels)
    if dimension == "agent":
        found = [
            any(part["agent"] in wanted for part in parts) if parts else None in wanted
            for parts in table["parts"].to_pylist()
        ]
        return pa.array(found, type=pa.bool_())
    if dimension in LABELS:
        names = table[dimension].to_pylist()
    else:
        own = [dict(pairs or ()) for pairs in table["labels"].to_pylist()]
        there = {name for names in own for name in names}
        if own and dimension not in there and None not in wanted:
            known = ", ".join((*LABELS, "agent", *sorted(there)))
            raise ConfigError(f"no dimension {dimension!r} in the records: {known}")
        names = [names.get(dimension) for names in own]
    return pa.array([name in wanted for name in names], type=pa.bool_())


# Arrays -------------------------------------------------------------------------------


def _numbers(table: pa.Table) -> dict[str, NDArray[np.generic]]:
    columns = {
        name: np.asarray(table[name].combine_chunks().to_numpy(zero_copy_only=False), dtype=kind)
        for name, kind in _NUMBERS
        if name in table.column_names
    }
    wait = columns["wait_us"]
    columns["ended_us"] = np.where(wait < 0, -1, columns["entered_us"] + wait)
    columns |= _sums(table)
    return {name: columns[name].astype(kind) for name, kind in _NUMBERS}


def _sums(table: pa.Table) -> dict[str, NDArray[np.generic]]:
    """Durations over the parts of each visit; a wrap-up that was not over counts nothing."""
    parts = table["parts"].combine_chunks()
    whose = np.asarray(pc.list_parent_indices(parts).to_numpy(zero_copy_only=False), dtype=np.intp)
    flat = pc.list_flatten(parts)
    sums: dict[str, NDArray[np.generic]] = {}
    for name in _DURATIONS:
        values = np.asarray(flat.field(name).to_numpy(zero_copy_only=False), dtype=np.int64)
        total = np.zeros(table.num_rows, dtype=np.int64)
        np.add.at(total, whose, np.maximum(values, 0))
        sums[name] = total
    return sums


def _texts(table: pa.Table) -> dict[str, NDArray[np.str_]]:
    words = {name: table[name].to_pylist() for name in _TEXTS if name in table.column_names}
    words["agent"] = [parts[0]["agent"] if parts else None for parts in table["parts"].to_pylist()]
    words["cause"] = ["" if cause == "none" else cause for cause in words["cause"]]
    return {name: np.array([word or "" for word in words[name]], dtype=np.str_) for name in _TEXTS}


# Facts --------------------------------------------------------------------------------


def _post(aggregator: KpiAggregator, table: pa.Table, source: str) -> dict[str, int]:
    keys = _keys(aggregator, table, source)
    custom = {name: f"custom{n}" for n, name in enumerate(aggregator.dimensions(), 1)}
    columns, names = _columns(table, custom)
    fates = aggregator.post_visits({**columns, "contact": keys}, names=names, source=source)
    _mark(aggregator, table, keys, fates, source)
    counts = np.bincount(fates, minlength=len(FATES)).tolist()
    return dict(zip(FATES, counts, strict=True))


def _columns(
    table: pa.Table, custom: Mapping[str, str]
) -> tuple[dict[str, NDArray[np.integer]], list[tuple[str, tuple[str, ...]]]]:
    """What is told of each visit but its contact, and the names that columns hold places in;
    ``custom``: what columns of one's own labels are called."""
    numbers = _numbers(table)
    outcomes, causes = table["outcome"].to_pylist(), table["cause"].to_pylist()
    parts = table["parts"].to_pylist()
    columns: dict[str, NDArray[np.integer]] = {
        "visit": np.asarray(numbers["visit"], dtype=np.uint32),
        # What events said is revision 0; facts are numbered from 1.
        "revision": np.asarray(numbers["revision"], dtype=np.uint32) + 1,
        "customer": np.asarray(numbers["customer"], dtype=np.uint64),
        "course": np.array([COURSES[outcome] for outcome in outcomes], dtype=np.uint8),
        "cause": np.array([CAUSES.index(cause) for cause in causes], dtype=np.uint8),
        "holds": np.array([sum(part["holds"] for part in own) for own in parts], dtype=np.uint32),
        "entered_us": np.asarray(numbers["entered_us"], dtype=np.int64),
        "wait_us": np.maximum(np.asarray(numbers["wait_us"], dtype=np.int64), 0),
        **{name: np.asarray(numbers[name], dtype=np.int64) for name in _DURATIONS},
    }
    labels: dict[str, list[str | None]] = {
        label: table[label].to_pylist() for label in LABELS if table[label].null_count < len(table)
    }
    labels["agent"] = [(own[0]["agent"] or "unknown") if own else None for own in parts]
    own_labels = [dict(pairs or ()) for pairs in table["labels"].to_pylist()]
    labels |= {name: [pairs.get(name) for pairs in own_labels] for name in custom}
    names = []
    for label, own in labels.items():
        places = {name: n for n, name in enumerate(dict.fromkeys(filter(None, own)))}
        if not places:
            continue
        names.append((label, tuple(places)))
        column = [places.get(name or "", -1) for name in own]
        columns[custom.get(label, label)] = np.array(column, dtype=np.int32)
    return columns, names


def _keys(aggregator: KpiAggregator, table: pa.Table, source: str) -> NDArray[np.uint64]:
    ids = table["contact"].to_pylist()
    numbered = np.array(table["numbered"].to_pylist(), dtype=np.bool_)
    keys = np.zeros(len(ids), dtype=np.uint64)
    texts = [name for name, number in zip(ids, numbered, strict=True) if not number]
    keys[~numbered] = aggregator.contacts(texts, source=source)
    keys[numbered] = [int(name) for name, number in zip(ids, numbered, strict=True) if number]
    return keys


def _mark(
    aggregator: KpiAggregator,
    table: pa.Table,
    keys: NDArray[np.uint64],
    fates: NDArray[np.uint8],
    source: str,
) -> None:
    """Dispositions of the visits that were counted."""
    codes, at = table["codes"].to_pylist(), table["completed_us"].to_pylist()
    visits = table["visit"].to_pylist()
    for row in np.flatnonzero(fates == 0).tolist():
        for code in codes[row] or ():
            aggregator.mark(
                int(keys[row]), code, at[row] / 1_000_000, visit=visits[row], source=source
            )
