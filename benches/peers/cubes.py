"""The cube of visits by DuckDB, polars, pandas and numpy: queue × quarter of an hour.

Each says, where there are visits, how many were offered, answered and abandoned, how many of
those answered waited no longer than the target, the sum and the longest of their waits, and four
percentiles. What a peer returns is its own; `PEERS` has beside each what brings it into one form,
untimed.
"""

from collections.abc import Callable
from typing import Any, Literal

import duckdb
import numpy as np
import pandas as pd
import polars as pl
from numpy.typing import NDArray

from benches.traces.visits import CELL_US, DAY_US, SHARES, TARGET_US, Columns

Table = dict[str, NDArray[Any]]
"""`MEASURES` and `PERCENTILES` by `queue` and `cell`; a percentile of nothing is NaN."""

MEASURES = ("offered", "answered", "abandoned", "within", "total", "longest")
PERCENTILES = tuple(f"p{share * 100:g}" for share in SHARES)
CELLS = DAY_US // CELL_US
WAIT_BITS = 40
"""A wait of this many microseconds is twelve days."""

QUERY = f"""
select queue, entered_us // {CELL_US} as cell,
  count(*) as offered, count(*) filter (course = 0) as answered,
  count(*) filter (course = 1) as abandoned,
  count(*) filter (course = 0 and wait_us <= {TARGET_US}) as within,
  coalesce(sum(wait_us) filter (course = 0), 0)::bigint as total,
  coalesce(max(wait_us) filter (course = 0), 0) as longest,
  quantile_disc(wait_us, [0.5, 0.9, 0.95, 0.99]) filter (course = 0) as quantiles
from visits group by queue, cell
"""


def by_duckdb(columns: Columns) -> pl.DataFrame:
    """On every core."""
    visits = pl.DataFrame(columns)  # shared by Arrow, not copied
    assert len(visits)
    return duckdb.sql(QUERY).pl()


def duckdb_table(found: pl.DataFrame) -> Table:
    none = [float("nan")] * len(SHARES)
    quantiles = np.array([row or none for row in found["quantiles"].to_list()])
    named = {name: found[name].to_numpy() for name in ("queue", "cell", *MEASURES)}
    return named | dict(zip(PERCENTILES, quantiles.T, strict=True))


def by_polars(columns: Columns) -> pl.DataFrame:
    """On every core."""
    answered = pl.col("course") == 0
    wait = pl.col("wait_us").filter(answered)
    return (
        pl.DataFrame(columns)
        .lazy()
        .group_by("queue", (pl.col("entered_us") // CELL_US).alias("cell"))
        .agg(
            pl.len().alias("offered"),
            answered.sum().alias("answered"),
            (pl.col("course") == 1).sum().alias("abandoned"),
            (answered & (pl.col("wait_us") <= TARGET_US)).sum().alias("within"),
            wait.sum().alias("total"),
            wait.max().fill_null(0).alias("longest"),
            *(
                wait.quantile(share, "equiprobable").alias(name)
                for share, name in zip(SHARES, PERCENTILES, strict=True)
            ),
        )
        .collect()
    )


def polars_table(found: pl.DataFrame) -> Table:
    return {name: found[name].to_numpy() for name in found.columns}


def by_pandas(
    columns: Columns, rank: Literal["lower", "higher"] = "lower"
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Counts are sums of truths. Its ranks are another's: of two neighbouring waits it can give
    the lower or the higher, and ours is one of them."""
    visits = pd.DataFrame(columns, copy=False)
    place = visits["queue"].to_numpy().astype(np.int64) * CELLS + visits["entered_us"] // CELL_US
    answered = visits["course"] == 0
    truths = {
        "answered": answered,
        "abandoned": visits["course"] == 1,
        "within": answered & (visits["wait_us"] <= TARGET_US),
    }
    counts = pd.DataFrame(truths).groupby(place).sum()
    counts["offered"] = counts["answered"] + counts["abandoned"]
    waits = visits["wait_us"][answered].groupby(place[answered])
    quantiles = waits.quantile(list(SHARES), interpolation=rank).unstack()
    return counts, waits.agg(["sum", "max"]), quantiles


def pandas_table(found: tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]) -> Table:
    counts, measured, quantiles = found
    place = counts.index.to_numpy()
    some = {"queue": place // CELLS, "cell": place % CELLS}
    some |= {name: counts[name].to_numpy() for name in MEASURES[:4]}
    measured, quantiles = measured.reindex(place, fill_value=0), quantiles.reindex(place)
    some |= {"total": measured["sum"].to_numpy(), "longest": measured["max"].to_numpy()}
    return some | dict(zip(PERCENTILES, quantiles.to_numpy().T, strict=True))


def by_numpy(columns: Columns) -> Table:
    """Queue, quarter, course and wait are packed into one integer, as these data allow; they are
    sorted once, and all that is asked is a difference of places or a look at one."""
    half = (columns["queue"] * np.int64(CELLS) + columns["entered_us"] // CELL_US) << 1
    packed = np.sort(((half | columns["course"]) << WAIT_BITS) | columns["wait_us"])
    places = int(packed[-1] >> (WAIT_BITS + 1)) + 1
    heads = np.arange(2 * places + 1) << WAIT_BITS
    bounds = np.searchsorted(packed, heads)
    some = np.flatnonzero(bounds[2::2] > bounds[:-1:2])
    first, last, end = bounds[:-1:2][some], bounds[1::2][some], bounds[2::2][some]
    answered = last - first
    waits = packed & ((1 << WAIT_BITS) - 1)
    sums = np.concatenate([[0], np.cumsum(waits)])
    within = np.searchsorted(packed, heads[:-1:2][some] + TARGET_US, side="right") - first
    found = {
        "queue": some // CELLS,
        "cell": some % CELLS,
        "offered": end - first,
        "answered": answered,
        "abandoned": end - last,
        "within": within,
        "total": sums[last] - sums[first],
        "longest": np.where(answered, waits[last - 1], 0),
    }
    for share, name in zip(SHARES, PERCENTILES, strict=True):
        rank = np.ceil(share * answered).astype(np.int64)
        found[name] = np.where(answered, waits[first + np.maximum(rank, 1) - 1], np.nan)
    return found


PEERS: dict[str, tuple[Callable[[Columns], Any], Callable[[Any], Table]]] = {
    "duckdb": (by_duckdb, duckdb_table),
    "polars": (by_polars, polars_table),
    "pandas": (by_pandas, pandas_table),
    "numpy": (by_numpy, lambda found: found),
}
