"""Labels of contacts and agents: what they are said by, and what can be asked by them."""

import pytest
from tests.metrics.telling import DAY, conversation, figures, told, waited

import ccroute
from ccroute import KpiAggregator, ManualClock, Plan, Rejected, Router
from ccroute.metrics import Metrics, ReportTable


def counts(table: ReportTable, kpi: str = "offered") -> dict[object, float | None]:
    return {
        tuple(row.labels.values()) if len(table.by) > 1 else row.labels[table.by[0]]: row[kpi].value
        for row in table
    }


def test_attributes_of_a_router_are_dimensions() -> None:
    clock = ManualClock(DAY)
    router = Router(Plan.from_toml("[queues.q]"), clock=clock)
    router.enqueue("c1", queue="q", attributes={"client": "acme", "direction": "inbound"})
    router.enqueue("c2", queue="q", attributes={"client": "acme", "campaign": "spring"})
    router.enqueue("c3", queue="q", attributes={"shoe_size": 43})
    metrics = router.metrics
    kpis = ["offered"]
    assert counts(metrics.report(["client"], kpis=kpis)) == {None: 1, "acme": 2}
    assert counts(metrics.report("direction", kpis=kpis)) == {None: 2, "inbound": 1}
    assert counts(metrics.report(["client", "campaign"], kpis=kpis)) == {
        (None, None): 1,
        ("acme", None): 1,
        ("acme", "spring"): 1,
    }
    clock.advance(5.0)
    router.cancel("c1")
    mine = metrics.report([], kpis=["abandoned"], where={"client": ["acme"]})
    assert mine[()]["abandoned"].value == 1


def test_own_dimensions_of_a_router_are_attributes_too() -> None:
    clock = ManualClock(DAY)
    saved = Router(Plan.from_toml("[queues.q]"), clock=clock).snapshot()
    aggregator = KpiAggregator(dimensions=["site"])
    router = Router.restore(saved, clock=clock, aggregator=aggregator)
    router.enqueue("c1", queue="q", attributes={"site": "north"})
    assert counts(router.metrics.report("site", kpis=["offered"])) == {"north": 1}


def test_a_customer_of_a_router_is_counted_once() -> None:
    router = Router(Plan.from_toml("[queues.q]"), clock=ManualClock(DAY))
    for contact, customer in (("c1", "573001"), ("c2", "573002"), ("c3", "573001"), ("c4", None)):
        router.enqueue(contact, queue="q", customer=customer)
    row = router.metrics.report(kpis=["offered", "unique.customers"])["q"]
    assert [value.value for _, value in row] == [4, 2]


def test_labels_are_said_before_the_visit_begins() -> None:
    aggregator = KpiAggregator(dimensions=["site"])
    labels = [("client", "acme"), ("direction", "inbound"), ("site", "north")]
    aggregator.describe("c1", labels, customer="573001")
    told(aggregator, *conversation("c1", 0.0))
    metrics = Metrics(aggregator)
    table = metrics.report(["client", "direction", "site"], kpis=["handled"])
    assert counts(table, "handled") == {("acme", "inbound", "north"): 1}
    aggregator.describe("c2", [])
    told(aggregator, *waited("c2", 100.0, 5.0))
    aggregator.describe("c2", [("client", "too late")])
    assert counts(metrics.report("client", kpis=["offered"])) == {None: 1, "acme": 1}
    assert figures(aggregator, "unique.customers") == [1]


@pytest.mark.parametrize(
    ("dimension", "says"),
    [
        ("site", "dimension 'site': give one of queue, channel"),
        ("queue", "dimension 'queue' is no label of a contact"),
        ("team", "dimension 'team' is no label of a contact"),
    ],
)
def test_labels_of_no_contact_are_refused(dimension: str, says: str) -> None:
    with pytest.raises(Rejected, match=says):
        KpiAggregator().describe("c1", [(dimension, "x")])


def test_an_agent_counts_for_the_team_of_then() -> None:
    aggregator = KpiAggregator()
    aggregator.set_team("ana", "north")
    told(aggregator, ("agent_ready", 0.0, None, "ana"), *conversation("c1", 10.0))
    aggregator.set_team("ana", "south")
    told(aggregator, *conversation("c2", 1000.0))
    told(aggregator, *conversation("c3", 2000.0, "ben"))
    metrics = Metrics(aggregator)
    handled = metrics.report("team", kpis=["handled"])
    assert counts(handled, "handled") == {None: 1, "north": 1, "south": 1}
    both = metrics.report(["team", "agent"], kpis=["handled"])
    assert counts(both, "handled") == {
        (None, "ben"): 1,
        ("north", "ana"): 1,
        ("south", "ana"): 1,
    }
    talk = metrics.report("team", kpis=["time.talk", "handled"], where={"agent": ["ana"]})
    assert sum(row["time.talk"].value or 0 for row in talk) == 100.0


def test_channels_of_a_queue_and_queues_of_an_agent() -> None:
    aggregator = KpiAggregator()
    for contact, queue, channel in (("c1", "a", "voice"), ("c2", "a", "chat"), ("c3", "b", "chat")):
        call = {"visit": 1, "source": "pbx", "contact": contact, "queue": queue}
        metrics = Metrics(aggregator)
        metrics.fold_all(
            [
                ccroute.ContactQueued(**call, sequence=0, at=DAY, since=DAY, channel=channel),
                ccroute.ContactConnected(**call, sequence=0, at=DAY + 1.0, agent="ana"),
            ]
        )
    assert counts(metrics.report(["queue", "channel"], kpis=["answered"]), "answered") == {
        ("a", "chat"): 1,
        ("a", "voice"): 1,
        ("b", "chat"): 1,
    }
    assert counts(metrics.report(["agent", "queue"], kpis=["answered"]), "answered") == {
        ("ana", "a"): 2,
        ("ana", "b"): 1,
    }
    only = metrics.report("queue", kpis=["answered"], where={"channel": ["chat"]})
    assert counts(only, "answered") == {"a": 1, "b": 1}
