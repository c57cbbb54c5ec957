"""Beginnings and ends of visits paired by contact: a join in DuckDB, polars, pandas and numpy.

What has no other half is dropped; nothing is doubled here, which joins and numpy would take
differently. ``ordered`` is whether the visits have to come in the order of entry, which is that of
their beginnings.
"""

from collections.abc import Callable
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl

from benches.traces.visits import Columns

QUERY = """
select b.contact, b.queue, b.at_us as entered_us, e.kind - 1 as course, e.at_us - b.at_us as wait_us
from events b join events e on b.contact = e.contact and b.kind = 0 and e.kind > 0
"""


def by_duckdb(columns: Columns, *, ordered: bool) -> dict[str, Any]:
    """On every core."""
    events = pl.DataFrame(columns)  # shared by Arrow, not copied
    if ordered:
        events = events.with_row_index("row")
    assert len(events)
    return duckdb.sql(QUERY + "order by b.row" * ordered).fetchnumpy()


def by_polars(columns: Columns, *, ordered: bool) -> dict[str, Any]:
    """On every core."""
    rows = pl.DataFrame(columns).lazy()
    begins = rows.filter(pl.col("kind") == 0).select("contact", "queue", entered_us="at_us")
    ends = rows.filter(pl.col("kind") > 0).select("contact", "kind", end="at_us")
    paired = begins.join(ends, on="contact", maintain_order="left" if ordered else "none")
    course, wait = pl.col("kind") - 1, pl.col("end") - pl.col("entered_us")
    found = paired.select("contact", "queue", "entered_us", course=course, wait_us=wait).collect()
    return {name: found[name].to_numpy() for name in found.columns}


def by_pandas(columns: Columns, *, ordered: bool) -> dict[str, Any]:
    """Its join keeps the order in any case."""
    rows = pd.DataFrame(columns, copy=False)
    begins = rows[rows["kind"] == 0].drop(columns="kind")
    ends = rows.loc[rows["kind"] > 0, ["contact", "kind", "at_us"]]
    paired = begins.merge(ends, on="contact", suffixes=("", "_end"))
    return {
        "contact": paired["contact"].to_numpy(),
        "queue": paired["queue"].to_numpy(),
        "entered_us": paired["at_us"].to_numpy(),
        "course": paired["kind"].to_numpy() - 1,
        "wait_us": (paired["at_us_end"] - paired["at_us"]).to_numpy(),
    }


def by_numpy(columns: Columns, *, ordered: bool) -> dict[str, Any]:
    """Both halves sorted by contact, and each beginning looked up among the ends."""
    kinds, contacts = columns["kind"], columns["contact"]
    begins, ends = np.flatnonzero(kinds == 0), np.flatnonzero(kinds)
    begins = begins[np.argsort(contacts[begins])]
    ends = ends[np.argsort(contacts[ends])]
    known = contacts[ends]
    place = np.searchsorted(known, contacts[begins])
    place[place == len(known)] = 0
    paired = known[place] == contacts[begins]
    begins, ends = begins[paired], ends[place[paired]]
    if ordered:
        order = np.argsort(begins)
        begins, ends = begins[order], ends[order]
    return {
        "contact": contacts[begins],
        "queue": columns["queue"][begins],
        "entered_us": columns["at_us"][begins],
        "course": kinds[ends] - 1,
        "wait_us": columns["at_us"][ends] - columns["at_us"][begins],
    }


PEERS: dict[str, Callable[..., dict[str, Any]]] = {
    "duckdb": by_duckdb,
    "polars": by_polars,
    "pandas": by_pandas,
    "numpy": by_numpy,
}
