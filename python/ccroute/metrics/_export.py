"""How a table leaves: structured array, CSV, JSON and Arrow, all with the same columns."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import datetime
from types import ModuleType
from typing import TYPE_CHECKING, TypeAlias

import attrs
import numpy as np
from numpy.typing import NDArray

from ccroute.metrics._columns import REASONS, Column
from ccroute.metrics._expression import Numbers

if TYPE_CHECKING:
    from ccroute.metrics._table import ReportTable

Words: TypeAlias = tuple[str | None, ...]


@attrs.frozen(kw_only=True, eq=False)
class _Flat:
    """One column as it leaves: numbers, instants (int64 µs), truths or words."""

    name: str
    data: Numbers | NDArray[np.bool_] | NDArray[np.uint32] | Words
    missing: NDArray[np.bool_] | None = None
    instant: bool = False


def _flat(table: "ReportTable") -> Iterator[_Flat]:
    for place, dimension in enumerate(table.by):
        yield _Flat(name=dimension, data=tuple(labels[place] for labels in table.labels))
    if table.intervals is not None:
        edges = table.intervals.edges
        sides = (("start", 0, table.open_start), ("end", 1, table.open_end))
        for name, side, is_open in sides:
            at = edges[table.places + side]
            missing = np.full(len(at), is_open, dtype=np.bool_) if is_open else None
            yield _Flat(name=name, data=at, missing=missing, instant=True)
    for column in table.columns:
        yield from _flat_column(column)
    final, revision = _state(table)
    yield _Flat(name="final", data=final)
    yield _Flat(name="revision", data=revision)
    if table.gap is not None and table.gap.any():
        yield _Flat(name="gap", data=table.gap)


def _flat_column(column: Column) -> Iterator[_Flat]:
    missing = column.reasons != 0
    none = missing if bool(missing.any()) else None
    value: Numbers = column.numerators if column.whole else column.values
    yield _Flat(name=column.name, data=value, missing=none)
    if column.denominators is not None:
        yield _Flat(name=f"{column.name}.numerator", data=_plain(column.numerators))
        yield _Flat(name=f"{column.name}.denominator", data=_plain(column.denominators))
    if column.observations is not None and not column.whole:
        yield _Flat(name=f"{column.name}.n", data=_plain(column.observations))
    if column.exact is not None:
        yield _Flat(name=f"{column.name}.exact", data=column.exact)
    if column.denominators is not None or column.kpi.parameters:
        variants = column.variants()
        words = tuple(variants[place] for place in column.setting.tolist())
        yield _Flat(name=f"{column.name}.variant", data=words)


def _plain(numbers: Numbers) -> Numbers:
    """Integers past int64 leave as floats: neither numpy records nor Arrow hold them."""
    return numbers.astype(np.float64) if numbers.dtype == np.object_ else numbers


def structured(table: "ReportTable") -> NDArray[np.void]:
    """See ``ReportTable.to_numpy``."""
    flat = [each for each in _flat(table) if not each.name.endswith(".variant")]
    dtype: list[tuple[str, np.dtype[np.generic]]] = []
    for each in flat:
        if isinstance(each.data, tuple):
            dtype.append((each.name, np.dtype(np.object_)))
        elif each.instant:
            dtype.append((each.name, np.dtype("datetime64[us]")))
        elif each.missing is not None:
            dtype.append((each.name, np.dtype(np.float64)))
        else:
            dtype.append((each.name, each.data.dtype))
    records = np.zeros(len(table), dtype=dtype)
    for each in flat:
        if isinstance(each.data, tuple):
            words = np.empty(len(table), dtype=np.object_)
            words[:] = each.data
            records[each.name] = words
            continue
        records[each.name] = each.data.view("datetime64[us]") if each.instant else each.data
        if each.missing is not None:
            records[each.name][each.missing] = np.datetime64("NaT") if each.instant else np.nan
    return records


def csv_text(table: "ReportTable") -> str:
    """See ``ReportTable.to_csv``."""
    flat = list(_flat(table))
    columns = [list(_cells(table, each)) for each in flat]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([each.name for each in flat])
    writer.writerows(zip(*columns, strict=True))
    return text.getvalue()


def _cells(table: "ReportTable", flat: _Flat) -> Iterator[str]:
    if isinstance(flat.data, tuple):
        yield from ("" if word is None else word for word in flat.data)
        return
    if flat.instant:
        words = _bounds(table)[0 if flat.name == "start" else 1]
        yield from (words.get(place) or "" for place in table.places.tolist())
        return
    missing = np.zeros(len(table), dtype=np.bool_) if flat.missing is None else flat.missing
    for value, none in zip(flat.data.tolist(), missing.tolist(), strict=True):
        yield "" if none else str(value).lower() if isinstance(value, bool) else repr(value)


def json_text(table: "ReportTable", indent: int | None) -> str:
    """See ``ReportTable.to_json``."""
    start, end = table.range()
    question = {
        "by": list(table.by),
        "interval": table.interval,
        "zone": table.zone,
        "basis": table.basis,
        "start": _iso(start),
        "end": _iso(end),
        "rows": _rows(table),
    }
    return json.dumps(question, indent=indent, ensure_ascii=False, allow_nan=False)


def _rows(table: "ReportTable") -> list[dict[str, object]]:
    starts, ends = _bounds(table)
    final, revision = _state(table)
    places = table.places.tolist()
    gaps = [False] * len(table) if table.gap is None else table.gap.tolist()
    figures = [list(_figures(column)) for column in table.columns]
    return [
        {
            "labels": dict(zip(table.by, table.labels[row], strict=True)),
            "start": starts.get(place),
            "end": ends.get(place),
            "final": bool(final[row]),
            "revision": int(revision[row]),
            "gap": gaps[row],
            "kpis": {
                column.name: values[row]
                for column, values in zip(table.columns, figures, strict=True)
            },
        }
        for row, place in enumerate(places)
    ]


def _figures(column: Column) -> Iterator[dict[str, object]]:
    """What ``Value`` has, row by row, without making a million of them."""
    variants, unit, basis = column.variants(), column.kpi.unit, column.basis
    exact = np.ones(len(column.values), dtype=np.bool_) if column.exact is None else column.exact
    columns = (
        column.values.tolist(),
        _listed(column.numerators, len(column.values)),
        _listed(column.denominators, len(column.values)),
        _listed(column.observations, len(column.values)),
        column.setting.tolist(),
        column.final.tolist(),
        column.revisions.tolist(),
        column.reasons.tolist(),
        exact.tolist(),
    )
    for value, above, below, n, setting, final, revision, reason, sure in zip(
        *columns, strict=True
    ):
        yield {
            "value": None if reason else value,
            "numerator": above,
            "denominator": below,
            "n": n,
            "variant": variants[setting],
            "unit": unit,
            "basis": basis,
            "final": final,
            "revision": revision,
            "reason": REASONS[reason],
            "exact": sure,
        }


def _listed(numbers: Numbers | None, rows: int) -> list[int | float | None]:
    if numbers is None:
        return [None] * rows
    if numbers.dtype != np.float64:
        return list(numbers.tolist())
    return [None if np.isnan(value) else value for value in numbers.tolist()]


def _bounds(table: "ReportTable") -> tuple[dict[int, str | None], dict[int, str | None]]:
    """Start and end of each interval in use, in ISO 8601: few for many rows."""
    if table.intervals is None:
        return {}, {}
    used = {place: table.intervals[place] for place in np.unique(table.places).tolist()}
    return (
        {place: None if table.open_start else _iso(each.start) for place, each in used.items()},
        {place: None if table.open_end else _iso(each.end) for place, each in used.items()},
    )


def _state(table: "ReportTable") -> tuple[NDArray[np.bool_], NDArray[np.uint32]]:
    """Per row, whether all of it is final, and its greatest revision."""
    final = np.ones(len(table), dtype=np.bool_)
    revision = np.zeros(len(table), dtype=np.uint32)
    for column in table.columns:
        final &= column.final
        revision = np.maximum(revision, column.revisions)
    return final, revision


def _iso(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def arrow_stream(table: "ReportTable", nanoarrow: ModuleType, schema: object) -> object:
    """See ``ReportTable.__arrow_c_stream__``: one batch, its numbers not copied."""
    rows = len(table)
    types: dict[str, object] = {}
    children: list[object] = []
    for each in _flat(table):
        of, buffers = _buffers(each, table.zone, nanoarrow)
        types[each.name] = of
        children.append(nanoarrow.c_array_from_buffers(of, rows, buffers))
    struct = nanoarrow.struct(types, nullable=False)
    batch = nanoarrow.c_array_from_buffers(struct, rows, [None], children=children)
    capsule: object = nanoarrow.c_array_stream(batch).__arrow_c_stream__(schema)
    return capsule


def _buffers(flat: _Flat, zone: str, nanoarrow: ModuleType) -> tuple[object, list[object]]:
    """A column's Arrow type and buffers: validity, then data."""
    if isinstance(flat.data, tuple):
        valid = np.array([word is not None for word in flat.data], dtype=np.bool_)
        encoded = [b"" if word is None else word.encode() for word in flat.data]
        offsets = np.zeros(len(encoded) + 1, dtype=np.int64)
        np.cumsum([len(word) for word in encoded], out=offsets[1:])
        return nanoarrow.large_string(), [_bits(valid), offsets, b"".join(encoded)]
    valid_bits = None if flat.missing is None else _bits(~flat.missing)
    if flat.instant:
        return nanoarrow.timestamp("us", timezone=zone), [valid_bits, flat.data]
    if flat.data.dtype == np.bool_:
        return nanoarrow.bool_(), [valid_bits, np.packbits(flat.data != 0, bitorder="little")]
    makers = {"int64": nanoarrow.int64, "float64": nanoarrow.float64, "uint32": nanoarrow.uint32}
    return makers[flat.data.dtype.name](), [valid_bits, np.ascontiguousarray(flat.data)]


def _bits(valid: NDArray[np.bool_]) -> NDArray[np.uint8] | None:
    return None if bool(valid.all()) else np.packbits(valid, bitorder="little")
