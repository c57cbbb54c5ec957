"""What events come to: visits, conversations, the agents' time; what cannot be counted."""

import pytest
from tests.metrics.telling import DAY, conversation, edges, told, waited

import ccroute
from ccroute import KpiAggregator
from ccroute.metrics import Metrics, Row


def shown(row: Row, *kpis: str) -> list[float | None]:
    return [row[kpi].value for kpi in kpis]


def test_one_conversation_counts_in_queue_and_agent() -> None:
    metrics = Metrics(told(KpiAggregator(), *conversation("c1", 10.0)))
    row = metrics.report(
        kpis=["offered", "answered", "handled", "asa", "att", "hold.average", "acw", "aht",
              "ringing.average", "connecting.average", "sl.answered_within"]
    )["billing"]  # fmt: skip
    assert [value.value for _, value in row] == [1, 1, 1, 4.0, 50.0, 10.0, 15.0, 75.0, 3.0, 1.0, 1]
    level = row["sl.answered_within"]
    assert (level.numerator, level.denominator, level.variant) == (
        1,
        1,
        "sl.answered_within(T=20s)",
    )
    agents = metrics.report(
        "agent",
        kpis=["handled", "offers.made", "offers.missed", "time.offered", "time.connecting",
              "time.talk", "time.hold", "time.wrap_up"],
    )  # fmt: skip
    assert [value.value for _, value in agents["ana"]] == [1, 1, 0, 3.0, 1.0, 50.0, 10.0, 15.0]


def test_occupancy_counts_waiting_for_work_and_not_breaks() -> None:
    aggregator = told(
        KpiAggregator(),
        ("agent_signed_in", 0.0, None, "ana"),
        ("agent_ready", 25.0, None, "ana"),
        *conversation("c1", 100.0),
        ("agent_signed_out", 200.0, None, "ana"),
    )
    row = Metrics(aggregator).report("agent")["ana"]
    # 75 s handling; with ringing (4 s) and idle (96 s) 175 s; 25 s not ready stay out.
    occupancy = row["occupancy.handling"]
    assert (occupancy.numerator, occupancy.denominator) == (75_000_000, 175_000_000)
    assert shown(row, "time.idle", "time.not_ready", "time.signed_in") == [96.0, 25.0, 200.0]
    without_reason = aggregator.query(["agent"], ["time.not_ready."])["columns"]
    assert without_reason["time.not_ready."].tolist() == [25_000_000]


def test_open_states_and_waits_are_cut_at_the_instant_of_asking() -> None:
    aggregator = told(
        KpiAggregator(),
        ("agent_ready", 0.0, None, "ana"),
        ("contact_queued", 30.0, "c1", None),
        ("contact_queued", 40.0, "c2", None),
    )
    metrics = Metrics(aggregator)
    assert metrics.report(kpis=["waiting"])["billing"]["waiting"].value == 2
    oldest = aggregator.query(["queue"], ["oldest"], now=DAY + 100.0)["columns"]["oldest"]
    assert oldest.tolist() == [70_000_000]
    for now, idle in ((DAY + 100.0, 100.0), (None, 40.0)):
        agents = metrics.report("agent", kpis=["time.idle"], now=now)
        assert agents["ana"]["time.idle"].value == idle


def test_ready_agent_on_an_outside_call_is_not_idle() -> None:
    aggregator = told(KpiAggregator(), ("agent_ready", 0.0, None, "ana"))
    aggregator.fold("agent_device", DAY + 10.0, agent="ana", number=2)
    kpis = ["time.idle", "time.device_busy", "time.signed_in", "occupancy.handling"]
    row = Metrics(aggregator).report("agent", kpis=kpis, now=DAY + 40.0)["ana"]
    assert shown(row, *kpis[:3]) == [10.0, 30.0, 40.0]
    assert row["occupancy.handling"].denominator == 10_000_000


def test_bases_put_the_same_counts_into_other_intervals() -> None:
    metrics = Metrics(told(KpiAggregator(), *conversation("c1", 890.0)))
    kpis = ["offered", "answered", "handled", "att"]
    starts = {
        basis: [
            (row.start.timestamp() - DAY, *shown(row, *kpis))
            for row in metrics.report((), kpis=kpis, interval="15min", basis=basis)
            if row.start is not None
        ]
        for basis in ("offered", "event", "completion")
    }
    assert starts == {
        "offered": [(0.0, 1, 1, 1, 50.0)],
        "event": [(0.0, 1, 1, 0, None), (900.0, 0, 0, 1, 50.0)],
        "completion": [(900.0, 1, 1, 1, 50.0)],
    }


def test_split_cuts_a_wait_and_a_conversation_where_an_interval_ends() -> None:
    """Counts are of the intervals touched."""
    aggregator = told(KpiAggregator(), *conversation("c1", 880.0))
    aggregator = told(aggregator, *waited("c2", 890.0, 30.0))
    fields = ["talk.sum", "hold.sum", "conversations", "wait_abandoned.sum", "offered"]
    columns = aggregator.query([], fields, basis="split", edges=edges(0, 900, 1800))["columns"]
    seconds = {name: (columns[name] / 1e6).tolist() for name in fields if name.endswith(".sum")}
    # In conversation from 884 to 944, on hold from 900 to 910.
    assert seconds == {
        "talk.sum": [16.0, 34.0],
        "hold.sum": [0.0, 10.0],
        "wait_abandoned.sum": [10.0, 20.0],
    }
    assert [columns[name].tolist() for name in ("conversations", "offered")] == [[1, 1], [2, 1]]


def test_a_target_that_passes_counts_where_it_passes() -> None:
    aggregator = told(
        KpiAggregator(),
        *waited("c1", 890.0, 30.0, "contact_connected"),
        *waited("c2", 895.0, 3.0),
        *waited("c3", 950.0, 5.0, "contact_connected"),
    )
    rows = Metrics(aggregator).report(
        (), kpis=["sl.at_event"], interval="15min", start=DAY, end=DAY + 1800
    )
    levels = [(row["sl.at_event"].numerator, row["sl.at_event"].denominator) for row in rows]
    assert levels == [(0, 1), (1, 2)]


def test_what_cannot_be_counted_is_counted_as_such() -> None:
    aggregator = told(
        KpiAggregator(),
        ("contact_connected", 1.0, "nobody", "ana"),
        ("contact_queued", 2.0, "c1", None),
        ("contact_queued", 3.0, "c1", None),
        ("agent_ready", 4.0, None, None),
    )
    counters = {name: count for name, count in aggregator.counters().items() if count}
    assert counters == {"events": 4, "duplicates": 1, "orphans": 1, "incomplete": 1}
    assert Metrics(aggregator).report()["billing"]["offered"].value == 1


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"kind": "contact_came"}, "kind 'contact_came': give one of contact_queued, "),
        ({"at": float("nan")}, "at NaN: give seconds"),
        ({"at": -1.0}, "at -1: give seconds"),
        ({"at": 10**400}, "0: give seconds"),
        ({"visit": -1}, "number -1: give a whole number"),
        ({"visit": 2**32}, "visit 4294967296: give a whole number"),
        ({"number": 2**32}, "number 4294967296: give a whole number"),
        ({"sequence": -1}, "number -1: give a whole number"),
        ({"sequence": 2**64}, "number 18446744073709551616: give a whole number"),
        ({"cause": "weather"}, "cause 'weather': give one of none, "),
        ({"role": "boss"}, "role 'boss': give one of primary, consult, conference, monitor"),
        ({"time": float("inf")}, "time inf: give seconds"),
    ],
)
def test_wrong_word_or_time_is_refused_and_changes_nothing(
    arguments: dict[str, object], says: str
) -> None:
    aggregator = KpiAggregator()
    whole = {"kind": "contact_queued", "at": 5.0, "contact": "c1", "queue": "billing"}
    with pytest.raises(ccroute.Rejected, match=says) as refused:
        aggregator.fold(**{**whole, **arguments})
    assert refused.value.code == "invalid_value"
    assert (aggregator.counters()["events"], aggregator.names("queue")) == (0, [])


def test_metrics_fold_events_as_objects() -> None:
    metrics = Metrics()
    call = {"source": "pbx", "contact": "c1", "visit": 1, "queue": "billing"}
    metrics.fold_all(
        [
            ccroute.ContactQueued(**call, sequence=1, at=DAY, since=DAY - 60.0),
            ccroute.ContactConnected(**call, sequence=2, at=DAY + 8.0, agent="ana"),
            ccroute.AgentJoined(**call, sequence=3, at=DAY + 9.0, agent="eva", role="monitor"),
            ccroute.ContactReleased(**call, sequence=4, at=DAY + 68.0, agent="ana"),
        ]
    )
    assert metrics.report()["billing"]["asa"].value == 8.0
    assert metrics.counters()["orphans"] == 0
    agents = metrics.report("agent")
    assert agents["ana"]["time.talk"].value == 60.0
    with pytest.raises(KeyError, match="no row 'eva'; there are: ana"):  # monitoring is nothing
        agents["eva"]
    with pytest.raises(KeyError, match="no row 'sales'; there are: billing"):
        metrics.report()["sales"]


def test_events_folded_again_measure_what_the_router_measured() -> None:
    clock = ccroute.ManualClock(DAY)
    router = ccroute.Router(ccroute.Plan.from_toml("[queues.q]"), clock=clock)
    router.sign_in("ana", queues=["q"])
    for act in (
        lambda: router.ready("ana"),
        lambda: router.set_device("ana", "in_use"),
        lambda: router.set_device("ana", "available"),
        lambda: router.not_ready("ana", reason=""),
        lambda: router.not_ready("ana", reason="x"),
        lambda: router.not_ready("ana"),
    ):
        clock.advance(10.0)
        act()
    clock.advance(10.0)
    again = Metrics()
    again.fold_all(router.events())
    kpis = ["time.device_busy", "time.idle", "time.signed_in"]
    for metrics in (router.metrics, again):
        row = metrics.report("agent", kpis=kpis, now=clock.now())["ana"]
        assert shown(row, *kpis) == [10.0, 20.0, 70.0]
        fields = ["time.not_ready.", "time.not_ready.x"]
        columns = metrics.aggregator.query(["agent"], fields, now=clock.now())["columns"]
        assert [columns[field].tolist() for field in fields] == [[30_000_000], [10_000_000]]


def test_agent_who_missed_is_not_ready_for_that_reason() -> None:
    clock = ccroute.ManualClock(DAY)
    router = ccroute.Router(ccroute.Plan.from_toml("[queues.vip]"), clock=clock)
    router.sign_in("ana", queues=["vip"])
    router.ready("ana")
    router.enqueue("c1", queue="vip")
    clock.advance(15.0)
    router.advance()
    clock.advance(20.0)
    router.not_ready("ana", reason="lunch")
    clock.advance(30.0)
    router.advance()
    fields = ["time.not_ready.missed", "time.not_ready.lunch", "time.not_ready"]
    columns = router.metrics.aggregator.query(["agent"], fields, now=clock.now())["columns"]
    assert [columns[field].tolist() for field in fields] == [
        [20_000_000],
        [30_000_000],
        [50_000_000],
    ]
