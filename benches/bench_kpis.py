"""KPIs beside peers in the same run: a cube of facts, pairing by contact, one call an event.

Every peer answers the same question and the answers are compared before anything is timed; what
only brings them into one order for that is not timed. The peers' threads are theirs to choose:
DuckDB and polars take every core, pandas and numpy one, we take one, or two where the row says so.
"""

from collections.abc import Callable, Mapping
from typing import Any, cast

import numpy as np
import pytest

from benches.peers import counters, cubes, pairs
from benches.peers.counters import ABANDONED, QUEUED, Event, Visit
from benches.peers.sketches import OUR_ERROR
from benches.race import Race
from benches.traces.visits import CELL_US, DAY_US, NAMES, QUEUES, Columns, facts, log
from ccroute import KpiAggregator, VisitTable
from ccroute.metrics import pair_visits

FIELDS = [
    "offered", "answered", "abandoned", "wait_answered.within:20000000", "wait_answered.sum",
    "wait_answered.max", "wait_answered.p50", "wait_answered.p90", "wait_answered.p95",
    "wait_answered.p99",
]  # fmt: skip


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


def sorted_table(table: cubes.Table) -> cubes.Table:
    order = np.lexsort((table["cell"], table["queue"]))
    return {name: column[order] for name, column in table.items()}


CUBE_GOALS = {"ccroute batch": 3.0, "ccroute batch, two threads": 5.0}
PANDAS_ROUNDS = 3
"""It is the slowest at ten million."""


@pytest.mark.parametrize("way", [*CUBE_GOALS, *cubes.PEERS, "ccroute by an aggregator"])
@pytest.mark.cells(quick=[10**6], more=[10**7])
def test_cube(race: Race, cell: int, way: str) -> None:
    """Queue × quarter of an hour: counts, service level, sum, max, four percentiles. Of pandas'
    percentiles it is compared that ours lie between its lower and its higher."""
    columns = facts(cell)
    ways: dict[str, Callable[[], object]] = {
        "ccroute batch": lambda: ours(columns),
        "ccroute batch, two threads": lambda: ours(columns, threads=2),
        "ccroute by an aggregator": lambda: posted(columns),
        **{name: lambda work=work: work(columns) for name, (work, _) in cubes.PEERS.items()},
    }
    expected = in_order(ours(columns))
    if way.startswith("ccroute"):
        found = in_order(cast("dict[str, Any]", ways[way]()))
        for name in FIELDS:
            np.testing.assert_array_equal(expected[name], found[name])
    else:
        found = sorted_table(cubes.PEERS[way][1](ways[way]()))
        for mine, name in zip(FIELDS, cubes.MEASURES, strict=False):
            np.testing.assert_array_equal(expected[mine], found[name])
        higher = found
        if way == "pandas":
            higher = sorted_table(cubes.pandas_table(cubes.by_pandas(columns, "higher")))
        for mine, name in zip(FIELDS[len(cubes.MEASURES) :], cubes.PERCENTILES, strict=True):
            mean = np.clip(expected[mine], found[name] / 1e6, higher[name] / 1e6)
            np.testing.assert_allclose(expected[mine], mean)
    rounds = PANDAS_ROUNDS if way == "pandas" else 7
    goal = CUBE_GOALS.get(way)
    race.compared("cube of visits", f"{cell:,} visits", way, ways[way], cell, goal, rounds)


PAIRED = [QUEUED, "contact_connected", ABANDONED]


@pytest.mark.parametrize("way", ["ccroute batch", *pairs.PEERS])
@pytest.mark.parametrize("order", ["in order", "in any order"])
def test_pairing_by_contact(race: Race, order: str, way: str) -> None:
    """A million events to half a million visits, in the order of entry and in whatever order the
    peer likes best; ours also counts what cannot be paired, and always keeps the order."""
    events, ordered = log(), order == "in order"
    ways: dict[str, Callable[[], Any]] = {
        "ccroute batch": lambda: pair_visits(events, kinds=PAIRED),
        **{
            name: lambda work=work: work(events, ordered=ordered)
            for name, work in pairs.PEERS.items()
        },
    }
    expected = pair_visits(events, kinds=PAIRED)
    assert expected.counters["orphans"] == expected.counters["waiting"] == 0
    if way in pairs.PEERS:
        found = ways[way]()
        mine, theirs = (
            slice(None) if ordered else np.argsort(columns["contact"])
            for columns in (expected.columns, found)
        )
        for name, column in found.items():
            np.testing.assert_array_equal(expected.columns[name][mine], column[theirs])
    race.compared("pairing by contact", order, way, ways[way], len(events["kind"]), 3.0)


def live_ours(columns: Columns) -> Mapping[str, Any]:
    return VisitTable(columns, names=NAMES).query(["queue"], FIELDS)


@pytest.mark.parametrize("way", ["ccroute batch", "dict and t-digest"])
def test_counters_and_percentiles(race: Race, way: str) -> None:
    """By queue, of a column of visits: three counts, the service level, four percentiles."""
    columns = facts(10**6)
    rows = []
    if way == "dict and t-digest":
        taken = (columns[name].tolist() for name in ("queue", "course", "wait_us"))
        rows = list(zip(*taken, strict=True))
        counts = counters.rows_by_digest(rows)
        found = in_order({**live_ours(columns), "interval": np.zeros(QUEUES)})
        for place, name in enumerate(FIELDS[:4]):
            assert found[name].tolist() == [counts[queue][place] for queue in range(QUEUES)]
    ways: dict[str, Callable[[], object]] = {
        "ccroute batch": lambda: live_ours(columns),
        "dict and t-digest": lambda: counters.rows_by_digest(rows),
    }
    race.compared("counters and percentiles", "batch", way, ways[way], 10**6, 15.0)


def counted(events: list[Event]) -> dict[tuple[str, str], int]:
    aggregator = KpiAggregator(bases=["offered"], retention=0)
    fold = aggregator.fold
    for kind, at, contact, queue in events:
        fold(kind, at, contact, queue=queue)
    answer = aggregator.query(["queue"], ["offered", "abandoned"])
    return {
        (queue, kind): int(count)
        for kind, field in ((QUEUED, "offered"), (ABANDONED, "abandoned"))
        for queue, count in zip(answer["labels"]["queue"], answer["columns"][field], strict=True)
    }


PROMETHEUS = ("prometheus_client", "prometheus_client, children kept")


@pytest.mark.parametrize("way", ["ccroute calls", "dict and t-digest", *PROMETHEUS])
def test_one_call_an_event(race: Race, way: str) -> None:
    """A visit's beginning and end, a call each; ours also keeps intervals and who waits, the
    peers keep in a dict since when. prometheus_client has buckets instead of percentiles."""
    events = []
    for number in range(20_000):
        queue = f"queue-{number % 100}"
        events.append((QUEUED, number * 1.0, f"c{number}", queue))
        events.append((ABANDONED, number * 1.0 + 0.5, f"c{number}", queue))
    ways: dict[str, Callable[[], dict[tuple[str, str], int]]] = {
        "ccroute calls": lambda: counted(events),
        "dict and t-digest": lambda: counters.events_by_digest(events),
        "prometheus_client": lambda: counters.events_monitored(events).counted(),
        "prometheus_client, children kept": lambda: counters.events_by_children(events).counted(),
    }
    kinds = (QUEUED, ABANDONED)
    assert ways[way]() == {(f"queue-{queue}", kind): 200 for queue in range(100) for kind in kinds}
    race.compared("counters and percentiles", "a call an event", way, ways[way], len(events), 4.0)


def told_whole(visits: list[Visit], interval: float) -> KpiAggregator:
    aggregator = KpiAggregator(bases=["offered"], retention=0, interval=interval)
    post = aggregator.post_visit
    for contact, queue, entered, wait, course in visits:
        post(contact, queue, entered, wait, course)
    return aggregator


WHOLE = {
    "ccroute calls": lambda visits: told_whole(visits, 86_400.0),
    "ccroute calls, by quarters of an hour": lambda visits: told_whole(visits, 900.0),
    "dict and t-digest": counters.visits_by_digest,
    "prometheus_client": counters.visits_monitored,
    "prometheus_client, children kept": counters.visits_by_children,
}
VISITS, MONITORED, QUICK_MONITORED = 200_000, 50_000, 20_000
"""How many are told; prometheus_client takes so long that it is told of the first alone."""


@pytest.mark.parametrize("way", WHOLE)
def test_one_call_a_visit(race: Race, way: str) -> None:
    """A visit that is over, a call each: counts, the service level and percentiles by queue. The
    peers know no intervals, nor does an aggregator of days. Percentiles of prometheus_client are
    no more than buckets: ours lie in them, or 0.55 % beside."""
    columns, names = facts(VISITS), NAMES[0][1]
    rows = zip(*(columns[name].tolist() for name in columns), strict=True)
    visits = [
        ((1 << 32) + n, names[queue], at / 1e6, wait / 1e6, ("answered", "abandoned")[course])
        for n, (queue, at, course, wait) in enumerate(rows)
    ]
    if way in PROMETHEUS:
        visits = visits[: QUICK_MONITORED if race.quick else MONITORED]
    answer = told_whole(visits, 86_400.0).query(["queue"], FIELDS)
    figures = zip(*(answer["columns"][name].tolist() for name in FIELDS[:4]), strict=True)
    counts = dict(zip(answer["labels"]["queue"], map(list, figures), strict=True))
    if way in PROMETHEUS:
        monitored = WHOLE[way](visits)
        assert counts == monitored.counts()
        ninetieth = answer["columns"]["wait_answered.p90"]
        found = monitored.percentile_buckets(0.9)
        for queue, value in zip(answer["labels"]["queue"], ninetieth, strict=True):
            above, most = found[queue]
            assert above * (1 - OUR_ERROR) <= value <= most * (1 + OUR_ERROR)
    elif way == "dict and t-digest":
        assert counts == WHOLE[way](visits)
    work = WHOLE[way]
    race.compared(
        "counters and percentiles",
        "a call a visit",
        way,
        lambda: work(visits),
        len(visits),
        4.0,
    )
