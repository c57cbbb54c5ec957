"""KPIs beside peers in the same run: a cube of facts, and counting one event at a time.

Every peer answers the same question and the answers are compared before anything is timed.
The ratio to the fastest peer is printed at the end; compare ratios of one run only. The peers'
threads are theirs to choose: DuckDB and polars take every core, we take one.
"""

from collections.abc import Callable

import duckdb
import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray
from pytest_benchmark.fixture import BenchmarkFixture

from ccroute import KpiAggregator

QUEUES = 1_000
DAY_US = 86_400_000_000
CELL_US = 900_000_000
TARGET_US = 20_000_000
SIZES = [pytest.param(10**6, id="1e6"), pytest.param(10**7, id="1e7")]
FIELDS = [
    "offered", "answered", "abandoned", "wait_answered.within:20000000", "wait_answered.sum",
    "wait_answered.max", "wait_answered.p50", "wait_answered.p90", "wait_answered.p95",
    "wait_answered.p99",
]  # fmt: skip

Columns = dict[str, NDArray[np.integer]]


def facts(size: int) -> Columns:
    """A day of visits in order of entry: half of them answered at once, one in ten lost."""
    rng = np.random.default_rng(7)
    waits = rng.lognormal(2.5, 1.2, size) * 1e6 * (rng.random(size) < 0.5)
    return {
        "queue": rng.integers(0, QUEUES, size).astype(np.int32),
        "entered_us": np.sort(rng.integers(0, DAY_US, size)),
        "course": (rng.random(size) < 0.1).astype(np.uint8),
        "wait_us": waits.astype(np.int64),
    }


def ours(columns: Columns) -> Columns:
    aggregator = KpiAggregator(bases=["offered"], retention=0)
    contacts = np.arange(1 << 32, (1 << 32) + len(columns["queue"]), dtype=np.uint64)
    names = [("queue", [f"queue-{number}" for number in range(QUEUES)])]
    aggregator.post_visits({**columns, "contact": contacts}, names=names)
    edges = np.arange(0, DAY_US + 1, CELL_US, dtype=np.int64)
    answer = aggregator.query(["queue"], FIELDS, edges=edges)
    queues = np.array(
        [int((name or "").removeprefix("queue-")) for name in answer["labels"]["queue"]]
    )
    order = np.lexsort((answer["interval"], queues))
    return {name: column[order] for name, column in answer["columns"].items()}


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


def by_duckdb(columns: Columns) -> Columns:
    visits = pl.DataFrame(columns)  # shared by Arrow, not copied
    assert len(visits)
    table = duckdb.sql(QUERY).pl().sort("queue", "cell")
    return {name: table[name].to_numpy() for name in ("offered", "within", "total", "longest")}


def by_polars(columns: Columns) -> Columns:
    answered = pl.col("course") == 0
    wait = pl.col("wait_us").filter(answered)
    table = (
        pl.DataFrame(columns)
        .lazy()
        .group_by("queue", (pl.col("entered_us") // CELL_US).alias("cell"))
        .agg(
            pl.len().alias("offered"),
            answered.sum().alias("answered"),
            (answered & (pl.col("wait_us") <= TARGET_US)).sum().alias("within"),
            wait.sum().alias("total"),
            wait.max().fill_null(0).alias("longest"),
            *(
                wait.quantile(share, "nearest").alias(f"p{share}")
                for share in (0.5, 0.9, 0.95, 0.99)
            ),
        )
        .sort("queue", "cell")
        .collect()
    )
    return {name: table[name].to_numpy() for name in ("offered", "within", "total", "longest")}


WAYS: dict[str, Callable[[Columns], Columns]] = {
    "ccroute": ours,
    "duckdb": by_duckdb,
    "polars": by_polars,
}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("way", WAYS)
def test_cube(benchmark: BenchmarkFixture, size: int, way: str) -> None:
    """Queue × quarter of an hour: counts, service level, sum, max, four percentiles."""
    columns = facts(size)
    expected, found = ours(columns), WAYS[way](columns)
    names = ("offered", "wait_answered.within:20000000", "wait_answered.sum", "wait_answered.max")
    if way != "ccroute":
        for mine, theirs in zip(names, ("offered", "within", "total", "longest"), strict=True):
            np.testing.assert_array_equal(expected[mine], found[theirs])
    benchmark.pedantic(WAYS[way], args=(columns,), rounds=5, warmup_rounds=1)
    benchmark.extra_info["unit"] = "facts/s"
    benchmark.extra_info["rate"] = size / benchmark.stats["median"]


def counted(events: list[tuple[str, float, str, str]]) -> int:
    aggregator = KpiAggregator(bases=["offered"], retention=0)
    fold = aggregator.fold
    for kind, at, contact, queue in events:
        fold(kind, at, contact, queue=queue)
    return int(aggregator.query([], ["offered"])["columns"]["offered"].sum())


def by_dict(events: list[tuple[str, float, str, str]]) -> int:
    """The obvious way: counters in dicts, and a list of waits for the percentiles."""
    waiting: dict[str, float] = {}
    counts: dict[tuple[str, str], int] = {}
    waits: dict[str, list[float]] = {}
    for kind, at, contact, queue in events:
        counts[queue, kind] = counts.get((queue, kind), 0) + 1
        if kind == "contact_queued":
            waiting[contact] = at
        else:
            waits.setdefault(queue, []).append(at - waiting.pop(contact))
    return sum(count for (_, kind), count in counts.items() if kind == "contact_queued")


@pytest.mark.parametrize("way", [counted, by_dict], ids=["ccroute", "dict"])
def test_one_call_an_event(
    benchmark: BenchmarkFixture, way: Callable[[list[tuple[str, float, str, str]]], int]
) -> None:
    events = []
    for number in range(20_000):
        queue = f"queue-{number % 100}"
        events.append(("contact_queued", number * 1.0, f"c{number}", queue))
        events.append(("contact_abandoned", number * 1.0 + 0.5, f"c{number}", queue))
    assert way(events) == 20_000
    benchmark.pedantic(way, args=(events,), rounds=5, warmup_rounds=1)
    benchmark.extra_info["unit"] = "events/s"
    benchmark.extra_info["rate"] = len(events) / benchmark.stats["median"]
