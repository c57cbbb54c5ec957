"""Snapshots, restored and merged: the same counts, bit by bit."""

import threading

import pytest
from tests.metrics.telling import DAY, conversation, everything, figures, told, waited

import ccroute
from ccroute import ConfigError, KpiAggregator


def test_snapshot_goes_on_as_if_never_saved() -> None:
    whole = told(KpiAggregator([10.0, 20.0], 300.0), *conversation("c1", 0.0))
    told(whole, ("agent_ready", 90.0, None, "ana"), ("contact_queued", 100.0, "c2", None))
    restored = KpiAggregator.restore(whole.snapshot())
    for aggregator in (whole, restored):
        told(aggregator, ("contact_abandoned", 130.0, "c2", None))
    assert restored.snapshot() == whole.snapshot()
    assert everything(restored) == everything(whole)
    assert restored.live() == whole.live()
    assert figures(restored, "abandoned") == [1]


def test_a_damaged_snapshot_is_refused() -> None:
    damaged = KpiAggregator().snapshot()[:-1] + b"?"
    with pytest.raises(ConfigError, match="its checksum differs"):
        KpiAggregator.restore(damaged)
    with pytest.raises(ConfigError):
        KpiAggregator.restore(b"")


def test_merged_parts_equal_the_whole() -> None:
    parts = [KpiAggregator(), KpiAggregator()]
    whole = KpiAggregator()
    for n, agent in enumerate(["ana", "ben"] * 20):
        for event in conversation(f"c{n}", n * 100.0, agent):
            told(whole, event)
            told(parts[n % 2], event)
    parts[0].merge(parts[1])
    assert everything(parts[0]) == everything(whole)
    assert parts[0].counters() == whole.counters()


def test_waits_that_go_on_merge_too() -> None:
    one, other = KpiAggregator(), KpiAggregator()
    told(one, ("contact_queued", 0.0, "c1", None))
    told(other, *waited("c2", 10.0, 5.0))
    one.merge(other)
    told(one, ("contact_abandoned", 30.0, "c1", None))
    assert figures(one, "offered", "abandoned", "waiting", "wait_abandoned.sum") == [
        2,
        2,
        0,
        35_000_000,
    ]


@pytest.mark.parametrize(
    "settings",
    [
        {"interval": 300.0},
        {"thresholds": [7.0]},
        {"dimensions": ["site"]},
        {"bases": ["offered"]},
    ],
)
def test_what_counts_otherwise_is_not_merged(settings: dict[str, object]) -> None:
    with pytest.raises(ConfigError, match="create both with the same"):
        KpiAggregator().merge(KpiAggregator(**settings))


def test_merging_into_each_other_from_two_threads_ends() -> None:
    one, other = KpiAggregator(), KpiAggregator()
    told(one, *conversation("c1", 0.0))
    threads = [
        threading.Thread(target=lambda a=a, b=b: [a.merge(b) for _ in range(10)], daemon=True)
        for a, b in ((one, other), (other, one))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert not any(thread.is_alive() for thread in threads)


def test_router_comes_back_with_the_metrics_saved_beside_it() -> None:
    clock = ccroute.ManualClock(DAY)
    router = ccroute.Router(ccroute.Plan.from_toml("[queues.q]"), clock=clock)
    router.enqueue("c1", queue="q")
    router.events()
    saved = KpiAggregator.restore(router.metrics.aggregator.snapshot())
    again = ccroute.Router.restore(router.snapshot(), clock=clock, aggregator=saved)
    clock.advance(5.0)
    again.cancel("c1")
    assert again.metrics.report(kpis=["abandon.wait"])["q"]["abandon.wait"].value == 5.0
    assert again.metrics.counters()["orphans"] == 0


def test_targets_come_back_with_the_plan() -> None:
    plan = ccroute.Plan.from_toml("[queues.q]\nservice_level.within = '7s'")
    clock = ccroute.ManualClock(DAY)
    router = ccroute.Router(plan, clock=clock)
    router.enqueue("c1", queue="q")
    for each in (router, ccroute.Router.restore(router.snapshot(), clock=clock)):
        each.enqueue("c2", queue="q")
        level = each.metrics.report()["q"]["sl.answered_within"]
        assert level.variant == "sl.answered_within(T=7s)"
