"""What the benchmark says of its figures: the best peer, the goals, and what became worse."""

import json
import types
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def benches(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT))


def row(way, ns, *, cell="1,000", goal=None, **more):
    told = {"setting": "queue", "cell": cell, "way": way, "ns": ns, "spread": 0.01, "goal": goal}
    return {"size": None, **told, **more}


def test_each_way_of_ours_stands_beside_the_fastest_peer_of_its_cell():
    from benches import table

    rows = [
        row("heapq", 300.0), row("list", 200.0), row("list", 10.0, cell="10"),
        row("ccroute calls", 100.0, goal=3.0), row("ccroute batch", 50.0, goal=3.0),
    ]  # fmt: skip
    calls, batch = table.comparisons(rows)
    assert (calls.peer, calls.ratio, calls.holds) == ("list", 2.0, False)
    assert (batch.peer, batch.ratio, batch.holds) == ("list", 4.0, True)
    lines = table.text([calls, batch]).splitlines()
    assert [line.split()[-1] for line in lines[1:]] == ["SHORT", "ok"]
    assert table.means([calls, batch]) == []
    assert table.means([calls, calls]) == ["geometric mean of 2 cells: queue, ccroute calls: 2.00"]


def test_a_goal_may_be_nanoseconds_more_than_the_peer():
    from benches import table

    loop, near, far = row("loop", 10.0), row("ccroute", 50.0), row("ccroute far", 60.0)
    near["beyond_ns"] = far["beyond_ns"] = 45.0
    assert [one.holds for one in table.comparisons([loop, near, far])] == [True, False]
    assert "+45 ns" in table.text(table.comparisons([loop, near]))


def test_without_a_peer_or_a_goal_nothing_is_said():
    from benches import table

    (alone,) = table.comparisons([row("ccroute", 1.0, goal=2.0)])
    (aimless, _) = table.comparisons([row("ccroute", 1.0), row("ccroute 2", 1.0), row("p", 2.0)])
    assert (alone.ratio, alone.holds, aimless.holds) == (None, None, None)


def test_what_is_heavier_than_it_may_be_is_short():
    from benches import table

    weight = {"setting": "a contact", "cell": "1,000", "way": "ccroute", "bytes": 50.0}
    shown = table.weights(
        [{**weight, "limit": 40}, {**weight, "limit": 60}, {**weight, "limit": None}]
    )
    assert [line.split()[-1] for line in shown.splitlines()[1:]] == ["SHORT", "ok", "-"]


def test_what_takes_longer_than_it_may_is_short():
    from benches import table

    took = {"cell": "1,000", "way": "ccroute", "p50_ns": 1e3, "p99_ns": 5e3, "p999_ns": 9e4}
    shown = table.latencies([{**took, "limit_ns": 4e3}, {**took, "limit_ns": 5e3}, took])
    assert [line.split()[-1] for line in shown.splitlines()[1:]] == ["SHORT", "ok", "-"]
    assert shown.splitlines()[1].split()[2:6] == ["1.0", "5.0", "90.0", "4"]


def test_growth_is_the_slope_of_both_logarithms_regime_by_regime():
    from benches import table

    def grown(way, regime, cost):
        return [
            row(way, cost(size), cell=f"{size:,} agents, {regime}", size=size)
            for size in (100, 1_000, 10_000)
        ]

    rows = [
        *grown("list", "idle", lambda size: size), *grown("heapq", "idle", lambda size: 9.0),
        *grown("ccroute", "idle", lambda size: size**0.5),
        *grown("ccroute", "backlog", lambda size: 7.0),
        row("ccroute", 1.0, cell="100 waiting", size=100), row("ccroute", 1.0, cell="a queue"),
        *(row("ccroute", 1.0, cell=f"{side}^2, {share} %", size=side) for side, share in
          [(1_000, 1), (1_000, 5), (2_000, 5), (5_000, 1)]),
        *(row("short of breath", 0.1, cell=f"{size:,} agents, backlog", size=size)
          for size in (1, 10, 100)),
    ]  # fmt: skip
    assert table.growth(rows) == [
        "cost grows by an exponent of 0.50: queue, agents, idle, ccroute; heapq by 0.00",
        "cost grows by an exponent of 0.00: queue, agents, backlog, ccroute",
    ]


def test_a_ratio_that_fell_by_more_than_noise_is_named(tmp_path, monkeypatch):
    from benches import ledger, table

    monkeypatch.setattr(ledger, "FOLDER", tmp_path)
    monkeypatch.setattr(ledger, "LEDGER", tmp_path / "LEDGER.md")

    def compared(ours):
        rows = [row("heapq", 100.0), row("ccroute", ours, goal=5.0)]
        return rows, table.comparisons(rows)

    rows, before = compared(10.0)
    assert list(ledger.regressions(before, quick=False)) == []
    ledger.write(rows, before, command="make bench", quick=False)
    assert list(ledger.regressions(compared(11.0)[1], quick=False)) == []
    (said,) = ledger.regressions(compared(12.0)[1], quick=False)
    assert said.endswith("10.00 -> 8.33")
    kept = json.loads((tmp_path / "results" / "latest.json").read_text())
    assert kept["ratios"] == {"queue | 1,000 | ccroute": 10.0}
    assert "`make bench`: 1 of 1 goals reached" in (tmp_path / "LEDGER.md").read_text()
    ledger.write(rows, before, command="make bench-quick", quick=True)
    assert (tmp_path / "LEDGER.md").read_text().count("## ") == 1


class Stopwatch:
    """What of pytest-benchmark's fixture a race needs."""

    def __init__(self):
        self.extra_info = {}
        self.stats = types.SimpleNamespace(stats=types.SimpleNamespace(data=[3e-6, 1e-6, 2e-6]))

    def pedantic(self, work, *, setup, rounds, warmup_rounds):
        for _ in range(rounds + warmup_rounds):
            given, named = setup()
            work(*given, **named)


def test_times_are_medians_of_an_event():
    from benches.race import Race

    watch = Stopwatch()
    Race(watch, {}, quick=True)("s", "c", "way", events=2, work=lambda: np.arange(2))
    assert watch.extra_info["ns"] == pytest.approx(1_000)


def test_what_else_is_noted_stands_beside_the_times():
    from benches.race import Race

    watch = Stopwatch()
    race = Race(watch, {}, quick=True)
    race("s", "c", "way", events=2, work=lambda: None)
    race.noted(error=0.5)
    assert (watch.extra_info["way"], watch.extra_info["figures"]) == ("way", {"error": 0.5})


@pytest.mark.parametrize(
    ("way", "answers", "words"),
    [
        ("peer", [1, 2, 9, 4], "answer 2 of peer is 9, that of first 3"),
        ("ccroute", [1, 2, 9, 4], "answer 2 of ccroute is 9, that of first 3"),
        ("ccroute", [1, 2], "ccroute gave 2 of 4 answers"),
    ],
)
def test_other_answers_than_the_first_fail(way, answers, words):
    from benches.race import Race

    race = Race(Stopwatch(), {}, quick=True)
    race("s", "c", "first", events=4, work=lambda: np.array([1, 2, 3, 4]))
    race("s", "c", "slow peer", events=2, work=lambda: np.array([1, 2]))
    with pytest.raises(pytest.fail.Exception, match=words):
        race("s", "c", way, events=4, work=lambda: np.array(answers))
