"""What several nodes counted, added up once, whatever the network does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.metrics.telling import conversation, everything, figures, told, waited

from ccroute import ConfigError, KpiAggregator
from ccroute.metrics import Metrics, Partials, Stand


def counted(*waits: float, node: str = "north", **settings: object) -> KpiAggregator:
    aggregator = KpiAggregator(**settings)
    for number, wait in enumerate(waits):
        told(aggregator, *waited(f"{node}-{number}", number * 10.0, wait))
    return aggregator


def test_what_is_sent_again_takes_the_place_of_nothing() -> None:
    nodes = Partials()
    first, later = counted(1.0).snapshot(), counted(1.0, 2.0).snapshot()
    assert nodes.put("north", 1, 1, first)
    assert not nodes.put("north", 1, 1, first)
    assert nodes.put("north", 1, 2, later)
    assert not nodes.put("north", 1, 1, first)  # late
    assert nodes.stands() == {"north": Stand(epoch=1, sequence=2)}
    assert figures(nodes.total(), "offered", "wait_abandoned.sum") == [2, 3_000_000]


def test_a_restart_begins_an_epoch() -> None:
    nodes = Partials()
    assert nodes.put("north", 1, 900, counted(1.0, 2.0).snapshot())
    assert nodes.put("north", 2, 1, counted(1.0).snapshot())
    assert not nodes.put("north", 1, 901, counted(1.0, 2.0, 3.0).snapshot())
    assert figures(nodes.total(), "offered") == [1]


def test_nodes_are_added_up_and_taken_out() -> None:
    nodes = Partials()
    nodes.put("south", 1, 1, counted(5.0, node="south").snapshot())
    nodes.put("north", 1, 1, counted(1.0, 2.0).snapshot())
    assert list(nodes.stands()) == ["north", "south"]
    assert Metrics(nodes.total()).report()["billing"]["offered"].value == 3
    nodes.forget("north")
    nodes.forget("unheard of")
    assert figures(nodes.total(), "offered") == [1]
    # A total is a copy: what is counted further is not in the parts.
    total = nodes.total()
    told(total, *waited("more", 100.0, 1.0))
    assert figures(nodes.total(), "offered") == [1]


def test_without_nodes_there_is_no_sum() -> None:
    with pytest.raises(ConfigError, match=r"put\(\) what a node sent first"):
        Partials().total()


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"thresholds": [7.0]}, "node 'south' counts by other thresholds .* than node 'north'"),
        ({"interval": 300.0}, "other intervals"),
        ({"dimensions": ["site"]}, "other dimensions"),
        ({"bases": ["offered"]}, "other bases"),
    ],
)
def test_nodes_that_count_otherwise_are_refused(settings: dict[str, object], says: str) -> None:
    nodes = Partials()
    nodes.put("north", 1, 1, counted(1.0).snapshot())
    with pytest.raises(ConfigError, match=says):
        nodes.put("south", 1, 1, counted(node="south", **settings).snapshot())
    assert list(nodes.stands()) == ["north"]
    # The only node may change its settings.
    assert nodes.put("north", 1, 2, counted(2.0, **settings).snapshot())


def test_what_is_no_snapshot_is_refused_and_changes_nothing() -> None:
    nodes = Partials()
    nodes.put("north", 1, 1, counted(1.0).snapshot())
    with pytest.raises(ConfigError):
        nodes.put("north", 1, 2, b"nothing of ours")
    assert nodes.stands() == {"north": Stand(epoch=1, sequence=1)}


sendings = st.lists(st.sampled_from([(node, n) for node in "abc" for n in range(3)]), max_size=12)


@given(sendings, st.randoms(use_true_random=False))
def test_the_sum_is_that_of_the_latest_whatever_came_when(sent, random) -> None:
    def stands(node: str, sequence: int) -> bytes:
        aggregator = KpiAggregator()
        for n in range(sequence + 1):
            told(aggregator, *conversation(f"{node}{n}", n * 200.0, f"agent of {node}"))
        return aggregator.snapshot()

    totals = []
    for _ in range(2):
        nodes = Partials()
        for node, sequence in sent:
            nodes.put(node, 1, sequence, stands(node, sequence))
        totals.append(everything(nodes.total()) if sent else {})
        random.shuffle(sent)
    assert totals[0] == totals[1]
    latest = {node: max(n for other, n in sent if other == node) for node, _ in sent}
    whole = KpiAggregator()
    for node, sequence in latest.items():
        for n in range(sequence + 1):
            told(whole, *conversation(f"{node}{n}", n * 200.0, f"agent of {node}"))
    assert {key: row[:5] for key, row in totals[0].items()} == {
        key: row[:5] for key, row in everything(whole).items()
    }
