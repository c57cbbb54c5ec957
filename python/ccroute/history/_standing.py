"""Which of the rows with one key stands: the greatest revision, the latest batch."""

import pyarrow as pa
import pyarrow.compute as pc

_KEY = ("source", "contact", "visit")


def standing(table: pa.Table) -> pa.Table:
    """The rows that stand, those that take others back among them; in order of entry."""
    if not table.num_rows:
        return table
    order = [(name, "ascending") for name in (*_KEY, "revision", "batch")]
    ordered = table.take(pc.sort_indices(table, sort_keys=order))
    last = None
    for name in _KEY:
        column = ordered[name].combine_chunks()
        differs = pc.not_equal(column[:-1], column[1:])
        last = differs if last is None else pc.or_(last, differs)
    keep = pa.concat_arrays([_whole(last), pa.array([True])])
    kept = ordered.filter(keep)
    by_entry = [("entered_us", "ascending"), *((name, "ascending") for name in _KEY)]
    return kept.take(pc.sort_indices(kept, sort_keys=by_entry))


def _whole(array: pa.Array | pa.ChunkedArray) -> pa.Array:
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array
