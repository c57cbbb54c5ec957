"""The visits behind figures, and records made of them."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from tests.metrics.telling import DAY, conversation, in_time, told, waited

from ccroute import ConfigError, KpiAggregator
from ccroute.metrics import (
    CONTACT_DTYPE,
    Metrics,
    first_contact_resolution,
    patience,
    peak_concurrency,
    records,
)


def at(seconds: float) -> datetime:
    return datetime.fromtimestamp(DAY + seconds, UTC)


def contacts(metrics: Metrics, start: float, end: float, **asked: object) -> list[str | None]:
    return [visit.contact for visit in metrics.visits(DAY + start, DAY + end, **asked)]


def test_a_visit_has_all_that_is_known_of_it() -> None:
    aggregator = KpiAggregator()
    aggregator.describe("c1", [("client", "acme")], customer="573001")
    *events, wrapped = conversation("c1", 10.0)
    told(aggregator, *events)
    aggregator.fold(
        "contact_disposed", DAY + 80.0, "c1", queue="billing", agent="ana", reason="paid"
    )
    told(aggregator, wrapped)
    (visit,) = Metrics(aggregator).visits(at(0.0), at(900.0))
    assert (visit.source, visit.contact, visit.visit, visit.revision) == ("", "c1", 1, 0)
    assert visit.labels == {"queue": "billing", "channel": "voice", "client": "acme"}
    assert visit.customer == KpiAggregator.customers(["573001"])[0]
    assert (visit.entered, visit.completed) == (at(10.0), at(74.0))
    assert (visit.outcome, visit.cause, visit.wait) == ("answered", None, 4.0)
    assert (visit.offers, visit.missed, visit.codes) == (1, 0, ("paid",))
    (part,) = visit.parts
    assert (part.agent, part.ended, part.talk, part.hold) == ("ana", at(74.0), 50.0, 10.0)
    assert (part.holds, part.wrap_up) == (1, 15.0)


def test_what_goes_on_says_so() -> None:
    metrics = Metrics()
    told(metrics.aggregator, ("contact_queued", 0.0, "c1", None))
    told(metrics.aggregator, *conversation("c2", 1.0)[:-1])
    told(metrics.aggregator, ("contact_queued", 100.0, "c3", None))
    metrics.aggregator.fold("contact_left", DAY + 110.0, "c3", queue="billing", cause="timed_out")
    waiting, talked, left = metrics.visits(DAY, DAY + 900.0)
    assert (waiting.outcome, waiting.wait, waiting.completed) == ("waiting", None, None)
    assert talked.parts[0].wrap_up is None
    assert (left.outcome, left.cause, left.wait) == ("left", "timed_out", 10.0)


def test_the_range_is_of_the_entry_the_end_of_the_wait_or_the_end() -> None:
    metrics = Metrics()
    told(
        metrics.aggregator,
        *in_time(
            conversation("c1", 880.0),  # answered 884, over 944
            waited("c2", 890.0, 30.0),
            waited("c3", 900.0, 1.0),
        ),
    )
    assert contacts(metrics, 0.0, 900.0) == ["c1", "c2"]
    assert contacts(metrics, 900.0, 1800.0) == ["c3"]
    assert contacts(metrics, 0.0, 900.0, basis="event") == ["c1"]
    assert contacts(metrics, 900.0, 1800.0, basis="event") == ["c2", "c3"]
    assert contacts(metrics, 900.0, 1800.0, basis="completion") == ["c1", "c2", "c3"]


def test_only_some_labels_are_asked_for() -> None:
    metrics = Metrics()
    told(metrics.aggregator, *waited("c1", 0.0, 1.0))
    told(metrics.aggregator, *waited("c2", 5.0, 1.0), queue="sales")
    told(metrics.aggregator, *conversation("c3", 10.0, "ben"))
    assert contacts(metrics, 0.0, 900.0, where={"queue": ["sales"]}) == ["c2"]
    assert contacts(metrics, 0.0, 900.0, where={"agent": ["ben"]}) == ["c3"]
    assert contacts(metrics, 0.0, 900.0, where={"client": ["acme"]}) == []
    with pytest.raises(ConfigError, match="where: no dimension 'skill': there are queue, channel"):
        contacts(metrics, 0.0, 900.0, where={"skill": ["x"]})
    with pytest.raises(ConfigError, match="names no zone"):
        metrics.visits(datetime(2026, 1, 1), DAY)  # noqa: DTZ001


def test_as_many_visits_as_the_figure_counts() -> None:
    metrics = Metrics()
    stories = [waited(f"c{n}", n * 37.0, n % 60, "contact_connected") for n in range(100)]
    told(metrics.aggregator, *in_time(*stories))
    for basis in ("offered", "event"):
        for row in metrics.report(interval="15min", basis=basis, kpis=["answered"]):
            assert row.start is not None
            assert row.end is not None
            visits = metrics.visits(row.start, row.end, basis=basis)
            answered = [visit for visit in visits if visit.wait is not None]
            assert len(answered) == row["answered"].value


# Records -------------------------------------------------------------------------------


def some() -> Metrics:
    metrics = Metrics()
    for number, customer in enumerate(["573001", "573002", "573001", None]):
        metrics.aggregator.describe(f"c{number}", [], customer=customer)
    told(
        metrics.aggregator,
        *in_time(
            conversation("c0", 0.0),
            waited("c1", 2.0, 30.0),
            waited("c2", 3.0, 5.0),
            waited("c3", 4.0, 8.0),
        ),
    )
    return metrics


def test_records_have_a_row_a_visit_and_documented_columns() -> None:
    array = records(some().visits(DAY, DAY + 900.0))
    assert array.dtype.names == (
        "customer", "entered_us", "ended_us", "completed_us", "wait_us", "talk_us", "hold_us",
        "wrap_up_us", "visit", "source", "contact", "queue", "channel", "agent", "outcome", "cause",
    )  # fmt: skip
    assert array.dtype.names[:3] == CONTACT_DTYPE.names
    assert not array.dtype.hasobject
    first = dict(zip(array.dtype.names, array[0].tolist(), strict=True))
    first.pop("customer")
    entered = round(DAY * 1e6)
    assert first == {
        "entered_us": entered,
        "ended_us": entered + 4_000_000,
        "completed_us": entered + 64_000_000,
        "wait_us": 4_000_000,
        "talk_us": 50_000_000,
        "hold_us": 10_000_000,
        "wrap_up_us": 15_000_000,
        "visit": 1,
        "source": "",
        "contact": "c0",
        "queue": "billing",
        "channel": "voice",
        "agent": "ana",
        "outcome": "answered",
        "cause": "",
    }
    assert array["agent"].tolist() == ["ana", "", "", ""]


def test_records_are_taken_as_they_are() -> None:
    metrics = some()
    array = records(metrics.visits(DAY, DAY + 900.0))
    found = first_contact_resolution(array, timedelta(days=1))
    assert (found.value.numerator, found.value.denominator, found.unknown) == (2, 3, 1)
    narrow = first_contact_resolution(array, timedelta(days=1), same=("customer", "queue"))
    assert narrow.value == found.value
    assert peak_concurrency(array) == 3  # c0 is answered as c3 comes
    assert peak_concurrency(array, end="completed_us") == 4
    curve = patience(array)
    assert (curve.abandons, curve.median()) == (3, 8.0)


def test_a_transfer_is_one_contact_to_first_contact_resolution() -> None:
    aggregator = KpiAggregator()
    aggregator.describe("c1", [], customer="573001")
    for kind, at, visit, queue in (
        ("contact_queued", 0.0, 1, "front"),
        ("contact_connected", 5.0, 1, "front"),
        ("contact_transferred", 60.0, 1, "front"),
        ("contact_queued", 60.0, 2, "loans"),
        ("contact_connected", 70.0, 2, "loans"),
        ("contact_released", 90.0, 2, "loans"),
    ):
        agent = None if kind == "contact_queued" else "ana"
        aggregator.fold(kind, DAY + at, "c1", visit=visit, queue=queue, agent=agent)
    array = records(Metrics(aggregator).visits(DAY, DAY + 900.0))
    assert array["visit"].tolist() == [1, 2]
    assert str(first_contact_resolution(array, timedelta(days=1))) == "100.0 %"


def test_a_wait_that_goes_on_is_open() -> None:
    metrics = Metrics()
    told(metrics.aggregator, ("contact_queued", 0.0, "c1", None))
    array = records(metrics.visits(DAY, DAY + 900.0))
    assert (array["ended_us"], array["completed_us"], array["wait_us"]) == (-1, -1, -1)
    assert peak_concurrency(array) == 1
    with pytest.raises(ConfigError, match="still open"):
        patience(array)


def test_no_visits_are_an_empty_array() -> None:
    array = records([])
    assert (len(array), array.dtype.names) == (
        0,
        records(some().visits(DAY, DAY + 900)).dtype.names,
    )
    assert peak_concurrency(array) == 0
    assert first_contact_resolution(array, timedelta(days=1)).value.value is None


def test_a_contact_known_by_number_is_that_number() -> None:
    aggregator = KpiAggregator()
    columns = {
        "contact": np.array([2**32 + 5], np.uint64),
        "entered_us": np.array([DAY * 1e6], np.int64),
        "queue": np.zeros(1, np.int32),
        "agent": np.zeros(1, np.int32),
    }
    aggregator.post_visits(columns, names=[("queue", ["q"]), ("agent", ["ana"])])
    visits = Metrics(aggregator).visits(DAY, DAY + 900.0)
    assert records(visits)["contact"].tolist() == [str(2**32 + 5)]
