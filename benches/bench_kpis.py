"""KPIs beside peers in the same run: a cube of facts, one call an event, and distributions.

Every peer answers the same question and the answers are compared before anything is timed; what
only brings them into one order for that is not timed. The peers' threads are theirs to choose:
DuckDB and polars take every core, we take one, or two where the row says so.
"""

from collections.abc import Callable, Mapping
from typing import Any, Literal, cast

import crick
import datasketches
import duckdb
import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from benches.race import Race
from ccroute import Distribution, KpiAggregator, VisitTable
from ccroute.metrics import pair_visits

QUEUES = 1_000
DAY_US = 86_400_000_000
CELL_US = 900_000_000
TARGET_US = 20_000_000
FIELDS = [
    "offered", "answered", "abandoned", "wait_answered.within:20000000", "wait_answered.sum",
    "wait_answered.max", "wait_answered.p50", "wait_answered.p90", "wait_answered.p95",
    "wait_answered.p99",
]  # fmt: skip
NAMES = [("queue", [f"queue-{number}" for number in range(QUEUES)])]
SHARES = (0.5, 0.9, 0.95, 0.99)

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


def timed(
    race: Race,
    setting: str,
    cell: str,
    way: str,
    work: Callable[[], object],
    events: int,
    goal: float | None = None,
) -> None:
    """Times what does ``events`` things; the answers have been compared."""
    race(
        setting,
        cell,
        way,
        events=events,
        work=work,
        settle=lambda _: None,
        goal=goal,
        size=float(events),
        rounds=7,
    )


def ours(columns: Columns, threads: int = 1) -> Mapping[str, Any]:
    edges = np.arange(0, DAY_US + 1, CELL_US, dtype=np.int64)
    table = VisitTable(columns, names=NAMES, threads=threads)
    return table.query(["queue"], FIELDS, edges=edges)


def posted(columns: Columns) -> Mapping[str, Any]:
    """By way of an aggregator, which can then be corrected, merged and told of more."""
    aggregator = KpiAggregator(bases=["offered"], retention=0)
    contacts = np.arange(1 << 32, (1 << 32) + len(columns["queue"]), dtype=np.uint64)
    aggregator.post_visits({**columns, "contact": contacts}, names=NAMES)
    edges = np.arange(0, DAY_US + 1, CELL_US, dtype=np.int64)
    return aggregator.query(["queue"], FIELDS, edges=edges)


def in_order(answer: dict) -> Columns:
    queues = [int((name or "").removeprefix("queue-")) for name in answer["labels"]["queue"]]
    order = np.lexsort((answer["interval"], np.array(queues)))
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


def by_duckdb(columns: Columns) -> pl.DataFrame:
    visits = pl.DataFrame(columns)  # shared by Arrow, not copied
    assert len(visits)
    return duckdb.sql(QUERY).pl()


def by_polars(columns: Columns) -> pl.DataFrame:
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
            *(wait.quantile(share, "nearest").alias(f"p{share}") for share in SHARES),
        )
        .collect()
    )


CUBE_GOALS = {"ccroute batch": 3.0, "ccroute batch, two threads": 5.0}


@pytest.mark.parametrize("way", [*CUBE_GOALS, "duckdb", "polars", "ccroute by an aggregator"])
@pytest.mark.cells(quick=[10**6], more=[10**7])
def test_cube(race: Race, cell: int, way: str) -> None:
    """Queue × quarter of an hour: counts, service level, sum, max, four percentiles."""
    columns = facts(cell)
    ways: dict[str, Callable[[], object]] = {
        "ccroute batch": lambda: ours(columns),
        "ccroute batch, two threads": lambda: ours(columns, threads=2),
        "ccroute by an aggregator": lambda: posted(columns),
        "duckdb": lambda: by_duckdb(columns),
        "polars": lambda: by_polars(columns),
    }
    expected = in_order(ours(columns))
    if way.startswith("ccroute"):
        found = in_order(cast("dict[str, Any]", ways[way]()))
        for name in FIELDS:
            np.testing.assert_array_equal(expected[name], found[name])
    else:
        found = ways[way]()
        assert isinstance(found, pl.DataFrame)
        found = found.sort("queue", "cell")
        theirs = ("offered", "answered", "abandoned", "within", "total", "longest")
        for mine, name in zip(FIELDS, theirs, strict=False):
            np.testing.assert_array_equal(expected[mine], found[name].to_numpy())
        if way == "duckdb":  # polars' nearest is another rank
            none = [float("nan")] * len(SHARES)
            quantiles = np.array([row or none for row in found["quantiles"].to_list()]) / 1e6
            for mine, column in zip(FIELDS[-len(SHARES) :], quantiles.T, strict=True):
                np.testing.assert_allclose(expected[mine], column)
    name = f"{cell:,} visits"
    timed(race, "cube of visits", name, way, ways[way], cell, CUBE_GOALS.get(way))


PAIRED = ["contact_queued", "contact_connected", "contact_abandoned"]


def log() -> Columns:
    """A day of a million events in the order of time: half a million visits that begin, and end."""
    visits = facts(500_000)
    rng = np.random.default_rng(7)
    contact = rng.permutation(500_000).astype(np.uint64) + (1 << 32)
    ends = visits["entered_us"] + visits["wait_us"]
    at = np.concatenate([visits["entered_us"], ends])
    order = np.argsort(at, kind="stable")
    return {
        "contact": np.concatenate([contact, contact])[order],
        "kind": np.concatenate([np.zeros_like(visits["course"]), visits["course"] + 1])[order],
        "at_us": at[order],
        "queue": np.concatenate([visits["queue"], visits["queue"]])[order],
    }


def joined(events: Columns, order: Literal["none", "left"] = "none") -> pl.DataFrame:
    """Beginnings and ends by contact; what cannot be paired is dropped, unless it is doubled."""
    rows = pl.DataFrame(events).lazy()
    begins = rows.filter(pl.col("kind") == 0).select("contact", "queue", entered_us="at_us")
    ends = rows.filter(pl.col("kind") > 0).select("contact", "kind", end="at_us")
    paired = begins.join(ends, on="contact", maintain_order=order)
    course, wait = pl.col("kind") - 1, pl.col("end") - pl.col("entered_us")
    return paired.select("contact", "queue", "entered_us", course=course, wait_us=wait).collect()


@pytest.mark.parametrize("way", ["ccroute batch", "polars"])
@pytest.mark.parametrize("order", ["in order", "in any order"])
def test_pairing_by_contact(race: Race, order: str, way: str) -> None:
    """A million events to half a million visits, in the order of entry and in whatever order the
    peer likes best; ours also counts what cannot be paired, and always keeps the order."""
    events = log()
    ways: dict[str, Callable[[], object]] = {
        "ccroute batch": lambda: pair_visits(events, kinds=PAIRED),
        "polars": lambda: joined(events, "left" if order == "in order" else "none"),
    }
    found = pair_visits(events, kinds=PAIRED)
    assert found.counters["orphans"] == found.counters["waiting"] == 0
    expected = joined(events, "left")
    for name in expected.columns:
        np.testing.assert_array_equal(found.columns[name], expected[name].to_numpy())
    timed(race, "pairing by contact", order, way, ways[way], len(events["kind"]), 3.0)


def live_ours(columns: Columns) -> Mapping[str, Any]:
    return VisitTable(columns, names=NAMES).query(["queue"], FIELDS)


def live_rows(columns: Columns) -> list[tuple[int, int, int]]:
    """What `live_by_digest` takes."""
    return list(
        zip(*(columns[name].tolist() for name in ("queue", "course", "wait_us")), strict=True)
    )


def live_by_digest(rows: list[tuple[int, int, int]]) -> dict[int, list[int]]:
    """The obvious way: counters in dicts, and a t-digest a queue."""
    counts: dict[int, list[int]] = {}
    digests: dict[int, crick.TDigest] = {}
    for queue, course, wait in rows:
        if queue not in counts:
            counts[queue], digests[queue] = [0, 0, 0, 0], crick.TDigest()
        row = counts[queue]
        row[0] += 1
        row[1 + course] += 1
        if course == 0:
            row[3] += wait <= TARGET_US
            digests[queue].add(wait)
    for digest in digests.values():
        digest.quantile(SHARES)
    return counts


@pytest.mark.parametrize("way", ["ccroute batch", "dict and t-digest"])
def test_counters_and_percentiles(race: Race, way: str) -> None:
    """By queue, of a column of visits: three counts, the service level, four percentiles."""
    columns = facts(10**6)
    rows = live_rows(columns)
    ways: dict[str, Callable[[], object]] = {
        "ccroute batch": lambda: live_ours(columns),
        "dict and t-digest": lambda: live_by_digest(rows),
    }
    answer = live_ours(columns)
    found = in_order({**answer, "interval": np.zeros(QUEUES)})
    counts = live_by_digest(rows)
    for place, name in enumerate(FIELDS[:4]):
        assert found[name].tolist() == [counts[queue][place] for queue in range(QUEUES)]
    timed(race, "counters and percentiles", "batch", way, ways[way], 10**6, 15.0)


def counted(events: list[tuple[str, float, str, str]]) -> int:
    aggregator = KpiAggregator(bases=["offered"], retention=0)
    fold = aggregator.fold
    for kind, at, contact, queue in events:
        fold(kind, at, contact, queue=queue)
    return int(aggregator.query([], ["offered"])["columns"]["offered"].sum())


def by_dict(events: list[tuple[str, float, str, str]]) -> int:
    """The obvious way: counters in dicts, and a t-digest of the waits of each queue."""
    waiting: dict[str, float] = {}
    counts: dict[tuple[str, str], int] = {}
    waits: dict[str, crick.TDigest] = {}
    for kind, at, contact, queue in events:
        counts[queue, kind] = counts.get((queue, kind), 0) + 1
        if kind == "contact_queued":
            waiting[contact] = at
        else:
            digest = waits.get(queue)
            if digest is None:
                digest = waits[queue] = crick.TDigest()
            digest.add(at - waiting.pop(contact))
    return sum(count for (_, kind), count in counts.items() if kind == "contact_queued")


@pytest.mark.parametrize("way", ["ccroute calls", "dict and t-digest"])
def test_one_call_an_event(race: Race, way: str) -> None:
    """A visit's beginning and end, a call each; ours also keeps intervals and who waits."""
    events = []
    for number in range(20_000):
        queue = f"queue-{number % 100}"
        events.append(("contact_queued", number * 1.0, f"c{number}", queue))
        events.append(("contact_abandoned", number * 1.0 + 0.5, f"c{number}", queue))
    ways: dict[str, Callable[[], object]] = {
        "ccroute calls": lambda: counted(events),
        "dict and t-digest": lambda: by_dict(events),
    }
    assert ways[way]() == 20_000
    timed(race, "counters and percentiles", "a call an event", way, ways[way], len(events), 4.0)


Visit = tuple[int, str, float, float, str]
"""contact, queue, entered, wait, course"""


def told_whole(visits: list[Visit], interval: float) -> KpiAggregator:
    aggregator = KpiAggregator(bases=["offered"], retention=0, interval=interval)
    post = aggregator.post_visit
    for contact, queue, entered, wait, course in visits:
        post(contact, queue, entered, wait, course)
    return aggregator


def whole_by_digest(visits: list[Visit]) -> dict[str, list[int]]:
    """The obvious way: counters in a dict, and a t-digest a queue."""
    counts: dict[str, list[int]] = {}
    digests: dict[str, crick.TDigest] = {}
    for _, queue, _, wait, course in visits:
        if queue not in counts:
            counts[queue], digests[queue] = [0, 0, 0, 0], crick.TDigest()
        row = counts[queue]
        row[0] += 1
        if course == "answered":
            row[1] += 1
            row[3] += wait <= TARGET_US / 1e6
            digests[queue].add(wait)
        else:
            row[2] += 1
    return counts


@pytest.mark.parametrize(
    "way", ["ccroute calls", "ccroute calls, by quarters of an hour", "dict and t-digest"]
)
def test_one_call_a_visit(race: Race, way: str) -> None:
    """A visit that is over, a call each: counts, the service level and percentiles by queue. The
    peer knows no intervals, nor does an aggregator of days."""
    columns, names = facts(200_000), NAMES[0][1]
    rows = zip(*(columns[name].tolist() for name in columns), strict=True)
    visits = [
        ((1 << 32) + n, names[queue], at / 1e6, wait / 1e6, ("answered", "abandoned")[course])
        for n, (queue, at, course, wait) in enumerate(rows)
    ]
    ways: dict[str, Callable[[], object]] = {
        "ccroute calls": lambda: told_whole(visits, 86_400.0),
        "ccroute calls, by quarters of an hour": lambda: told_whole(visits, 900.0),
        "dict and t-digest": lambda: whole_by_digest(visits),
    }
    answer = told_whole(visits, 86_400.0).query(["queue"], FIELDS)
    figures = zip(*(answer["columns"][name].tolist() for name in FIELDS[:4]), strict=True)
    counts = dict(zip(answer["labels"]["queue"], map(list, figures), strict=True))
    assert counts == whole_by_digest(visits)
    timed(race, "counters and percentiles", "a call a visit", way, ways[way], len(visits), 4.0)


def waits() -> NDArray[np.int64]:
    rng = np.random.default_rng(7)
    return (rng.lognormal(2.5, 1.2, 10**6) * 1e6).astype(np.int64)


def filled(column: NDArray[np.int64]) -> Distribution:
    distribution = Distribution()
    distribution.record_batch(column)
    return distribution


def digested(column: NDArray[np.float64]) -> crick.TDigest:
    digest = crick.TDigest()
    digest.update(column)
    return digest


def sketched(column: NDArray[np.float64]) -> datasketches.kll_doubles_sketch:
    sketch = datasketches.kll_doubles_sketch(200)
    sketch.update(column)
    return sketch


SKETCHES = ["ccroute batch", "t-digest", "KLL"]


@pytest.mark.parametrize("way", SKETCHES)
def test_distribution_filled(race: Race, way: str) -> None:
    """A column of a million waits; ours also counts by twelve thresholds exactly."""
    column = waits()
    reals = column.astype(np.float64)
    ways: dict[str, Callable[[], object]] = {
        "ccroute batch": lambda: filled(column),
        "t-digest": lambda: digested(reals),
        "KLL": lambda: sketched(reals),
    }
    exact = np.quantile(column, 0.9, method="inverted_cdf") / 1e6
    found = filled(column).quantile(0.9)
    assert found is not None
    assert abs(found / exact - 1) <= 0.0055
    timed(race, "distributions", "inserted", way, ways[way], len(column), 10.0)


@pytest.mark.parametrize("way", SKETCHES)
def test_distributions_merged(race: Race, way: str) -> None:
    """A hundred of a thousand waits each into one."""
    parts = np.array_split(waits()[: 10**5], 100)
    distributions = [filled(part) for part in parts]
    digests = [digested(part.astype(np.float64)) for part in parts]
    sketches = [sketched(part.astype(np.float64)) for part in parts]

    def merged() -> int:
        whole = Distribution()
        for part in distributions:
            whole.merge(part)
        return whole.count()

    def digests_merged() -> float:
        whole = crick.TDigest()
        whole.merge(*digests)
        return whole.size()

    def sketches_merged() -> int:
        whole = datasketches.kll_doubles_sketch(200)
        for part in sketches:
            whole.merge(part)
        return whole.n

    ways: dict[str, Callable[[], object]] = {
        "ccroute batch": merged, "t-digest": digests_merged, "KLL": sketches_merged,
    }  # fmt: skip
    assert ways[way]() == 10**5
    timed(race, "distributions", "merged", way, ways[way], len(parts), 3.0)
