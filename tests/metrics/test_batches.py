"""Rows of events in place of calls: the same counts, checked before the first is folded."""

import numpy as np
import pytest
from tests.metrics.telling import conversation, everything, figures, in_time, rows, told

from ccroute import EVENT_DTYPE, KpiAggregator


def test_batch_equals_scalar_calls() -> None:
    events = in_time(*(conversation(f"c{n}", n * 40.0) for n in range(50)))
    scalar = told(KpiAggregator(), *events)
    batched = KpiAggregator()
    keys = batched.contacts([contact or "" for _, _, contact, _ in events])
    batched.fold_batch(rows(events, keys, ["ana"]), queues=["billing"], agents=["ana"])
    assert batched.counters() == scalar.counters()
    assert batched.counters()["events"] == 450
    assert everything(batched) == everything(scalar) != {}


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("kind", 200, "row 1: kind 200"),
        ("queue", 1, "row 1: queue 1 is not among the 1 names"),
        ("agent", 7, "row 1: agent 7 is not among the 1 names"),
        ("channel", 99, "row 1: channel 99"),
        ("reason", 0, "row 1: reason 0 is not among the 0 names"),
        ("contact", 5, "row 1: contact 5 is no key"),
        ("at_us", -5, "row 1: at_us -5"),
        ("time_us", -2, "row 1: time_us -2"),
    ],
)
def test_malformed_row_raises_before_anything_is_folded(field: str, value: int, says: str) -> None:
    aggregator = KpiAggregator()
    events = conversation("c1", 0.0)
    array = rows(events, aggregator.contacts(["c1"] * len(events)), ["ana"])
    array[field][1] = value
    with pytest.raises(ValueError, match=says):
        aggregator.fold_batch(array, queues=["billing"], agents=["ana"])
    assert aggregator.counters()["events"] == 0
    assert aggregator.names("queue") == []


def test_what_is_no_array_of_events_is_refused() -> None:
    aggregator = KpiAggregator()
    for wrong in ([], np.zeros(3), np.zeros(3, [("kind", "u1")])):
        with pytest.raises(TypeError, match=r"ccroute\.EVENT_DTYPE"):
            aggregator.fold_batch(wrong, queues=[], agents=[])
    with pytest.raises(ValueError, match="one dimension"):
        aggregator.fold_batch(np.zeros((2, 2), EVENT_DTYPE), queues=[], agents=[])


def test_strided_array_is_read_as_it_stands() -> None:
    aggregator = KpiAggregator()
    events = [("contact_queued", float(n), f"c{n}", None) for n in range(6)]
    array = rows(events, aggregator.contacts([e[2] for e in events]), [])
    aggregator.fold_batch(array[::-2], queues=["billing"], agents=[])
    assert figures(aggregator, "offered") == [3]
