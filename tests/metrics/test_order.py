"""Events in any order, in any batches, some of them twice: the same counts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.metrics.telling import DAY, conversation, everything, figures, in_time, told, waited

from ccroute import KpiAggregator, Rejected

DAYS = in_time(
    conversation("c1", 0.0),
    conversation("c2", 890.0, "ben"),
    waited("c3", 40.0, 25.0),
    waited("c4", 880.0, 30.0),
    [("agent_signed_in", 5.0, None, "eva"), ("agent_ready", 6.0, None, "eva")],
    [("agent_not_ready", 700.0, None, "eva"), ("agent_signed_out", 1000.0, None, "eva")],
)


def fold(aggregator: KpiAggregator, event: int, *, numbered: bool, source: str = "pbx") -> None:
    kind, seconds, contact, agent = DAYS[event]
    queue = "billing" if contact else None
    sequence = event + 1 if numbered else 0
    at = DAY + seconds
    aggregator.fold(kind, at, contact, queue=queue, agent=agent, source=source, sequence=sequence)


def in_order(*, numbered: bool) -> KpiAggregator:
    aggregator = KpiAggregator()
    for event in range(len(DAYS)):
        fold(aggregator, event, numbered=numbered)
    return aggregator


places = list(range(len(DAYS)))


@given(st.permutations(places), st.lists(st.sampled_from(places), max_size=10))
def test_numbered_events_count_the_same_in_any_order_and_once(order, again) -> None:
    aggregator = KpiAggregator()
    aggregator.set_hold(3600.0, source="pbx")
    fold(aggregator, 0, numbered=True)  # a source begins with the first it shows
    for event in [*filter(None, order), *again]:
        fold(aggregator, event, numbered=True)
    aggregator.flush()
    whole = in_order(numbered=True)
    assert everything(aggregator) == everything(whole)
    counters = aggregator.counters()
    assert (counters["orphans"], counters["held"], counters["missing"]) == (0, 0, 0)
    assert counters["duplicates"] == len(again)


@given(st.permutations(places))
def test_unnumbered_events_are_put_in_order_while_they_are_held(order: list[int]) -> None:
    aggregator = KpiAggregator()
    aggregator.set_hold(3600.0, source="pbx")
    for event in order:
        fold(aggregator, event, numbered=False)
    assert aggregator.counters()["held"] > 0
    aggregator.flush()
    held = KpiAggregator()
    held.set_hold(3600.0, source="pbx")
    for event in places:
        fold(held, event, numbered=False)
    held.flush()
    assert everything(aggregator) == everything(held)
    assert aggregator.counters()["held"] == 0


def test_a_hold_lets_go_of_what_is_old_enough() -> None:
    aggregator = KpiAggregator()
    aggregator.set_hold(60.0)
    told(aggregator, ("contact_queued", 0.0, "c1", None))
    assert (figures(aggregator, "offered"), aggregator.counters()["held"]) == ([], 1)
    told(aggregator, ("contact_queued", 61.0, "c2", None))
    assert (figures(aggregator, "offered"), aggregator.counters()["held"]) == ([1], 1)
    aggregator.advance(DAY + 122.0)
    assert (figures(aggregator, "offered"), aggregator.counters()["held"]) == ([2], 0)
    told(aggregator, ("contact_queued", 30.0, "c3", None))
    assert (figures(aggregator, "offered"), aggregator.counters()["late"]) == ([2], 1)


def test_a_gap_is_waited_for_and_then_passed_over() -> None:
    aggregator = KpiAggregator()
    for number in (0, 2, 3):
        fold(aggregator, number, numbered=True)
    assert (aggregator.counters()["held"], aggregator.counters()["missing"]) == (2, 0)
    aggregator.advance(DAY + 3600.0, source="pbx")
    assert (aggregator.counters()["held"], aggregator.counters()["missing"]) == (0, 1)
    fold(aggregator, 1, numbered=True)
    assert aggregator.counters()["late"] == 1
    fold(aggregator, 2, numbered=True)
    assert aggregator.counters()["duplicates"] == 1


def test_sources_are_put_in_order_apart() -> None:
    aggregator = KpiAggregator()
    aggregator.set_hold(60.0, source="slow")
    fold(aggregator, 0, numbered=False, source="slow")
    fold(aggregator, 0, numbered=False, source="fast")
    assert (figures(aggregator, "offered"), aggregator.counters()["held"]) == ([1], 1)
    assert aggregator.watermark() < DAY
    aggregator.flush()
    assert figures(aggregator, "offered") == [2]


def test_what_is_held_is_in_a_snapshot() -> None:
    aggregator = KpiAggregator()
    aggregator.set_hold(60.0)
    told(aggregator, ("contact_queued", 0.0, "c1", None))
    again = KpiAggregator.restore(aggregator.snapshot())
    assert again.counters()["held"] == 1
    again.flush()
    assert figures(again, "offered") == [1]


def test_a_hold_that_is_none_is_refused() -> None:
    for hold in (-1.0, float("nan")):
        with pytest.raises(Rejected, match="hold"):
            KpiAggregator().set_hold(hold)
