"""``KpiAggregator`` alone: events of any source in, one by one or in rows; figures out."""

import json
import threading
from datetime import UTC, datetime
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import ccroute
from ccroute import EVENT_DTYPE, EVENT_KINDS, KpiAggregator
from ccroute.metrics import AgentRow, Metrics, QueueRow, Ratio

NONE = 0xFFFFFFFF
DAY = 1_700_006_400.0  # an edge of every interval

Told = tuple[str, float, str | None, str | None]
"""kind, seconds, contact, agent"""


def told(aggregator: KpiAggregator, *events: Told, queue: str = "billing") -> KpiAggregator:
    for kind, seconds, contact, agent in events:
        aggregator.fold(kind, DAY + seconds, contact, queue=queue if contact else None, agent=agent)
    return aggregator


def conversation(contact: str, start: float, agent: str = "ana") -> list[Told]:
    return [
        ("contact_queued", start, contact, None),
        ("offer_made", start, contact, agent),
        ("offer_accepted", start + 3, contact, agent),
        ("contact_connected", start + 4, contact, agent),
        ("contact_held", start + 20, contact, agent),
        ("contact_resumed", start + 30, contact, agent),
        ("contact_released", start + 64, contact, agent),
        ("wrap_up_started", start + 64, contact, agent),
        ("wrap_up_ended", start + 79, contact, agent),
    ]


def rows(events: list[Told], contacts: np.ndarray, agents: list[str]) -> np.ndarray:
    """The same as rows of the public dtype: one queue, voice."""
    array = np.zeros(len(events), EVENT_DTYPE)
    array["time_us"] = -1
    array["reason"] = NONE
    for row, (kind, seconds, contact, agent), key in zip(array, events, contacts, strict=True):
        row["kind"] = list(EVENT_KINDS).index(kind)
        row["at_us"] = round((DAY + seconds) * 1e6)
        row["contact"] = key if contact else 0
        row["visit"] = 1 if contact else 0
        row["queue"] = 0 if contact else NONE
        row["channel"] = 0 if contact else 255
        row["agent"] = NONE if agent is None else agents.index(agent)
    return array


def test_one_conversation_counts_in_queue_and_agent() -> None:
    metrics = Metrics(told(KpiAggregator(), *conversation("c1", 10.0)))
    (row,) = metrics.report()
    assert isinstance(row, QueueRow)
    assert (row.queue, row.offered, row.answered, row.handled) == ("billing", 1, 1, 1)
    assert (row.asa, row.talk, row.hold, row.wrap_up) == (4.0, 50.0, 10.0, 15.0)
    assert row.handle_time == 75.0
    assert row.service_level == Ratio(name="sl.answered_within", numerator=1, denominator=1)
    (agent,) = metrics.report(by="agent")
    assert isinstance(agent, AgentRow)
    assert (agent.handled, agent.offers, agent.missed) == (1, 1, 0)
    assert (agent.offered, agent.connecting, agent.talk) == (3.0, 1.0, 50.0)


def test_occupancy_counts_waiting_for_work_and_not_breaks() -> None:
    aggregator = told(
        KpiAggregator(),
        ("agent_signed_in", 0.0, None, "ana"),
        ("agent_ready", 25.0, None, "ana"),
        *conversation("c1", 100.0),
        ("agent_signed_out", 200.0, None, "ana"),
    )
    (row,) = Metrics(aggregator).report(by="agent")
    # 75 s handling; with ringing (4 s) and idle (96 s) 175 s; 25 s not ready stay out.
    assert row.occupancy == Ratio(
        name="occupancy.handling", numerator=75_000_000, denominator=175_000_000
    )
    assert (row.idle, row.not_ready, row.signed_in) == (96.0, 25.0, 200.0)
    assert row.not_ready_by_reason == {"": 25.0}


def test_open_states_and_waits_are_cut_at_the_instant_of_asking() -> None:
    aggregator = told(
        KpiAggregator(),
        ("agent_ready", 0.0, None, "ana"),
        ("contact_queued", 30.0, "c1", None),
        ("contact_queued", 40.0, "c2", None),
    )
    metrics = Metrics(aggregator)
    (queue,) = metrics.report(now=DAY + 100.0)
    assert (queue.waiting, queue.longest_waiting) == (2, 70.0)
    assert metrics.report(by="agent", now=DAY + 100.0)["ana"].idle == 100.0
    assert metrics.report(by="agent")["ana"].idle == 40.0


def test_batch_equals_scalar_calls() -> None:
    events = sorted(
        [event for n in range(50) for event in conversation(f"c{n}", n * 40.0)],
        key=lambda event: event[1],
    )
    scalar = told(KpiAggregator(), *events)
    batched = KpiAggregator()
    keys = batched.contacts([contact or "" for _, _, contact, _ in events])
    batched.fold_batch(rows(events, keys, ["ana"]), queues=["billing"], agents=["ana"])
    assert batched.counters() == scalar.counters() | {"events": 450, "orphans": 0}
    for by in ("queue", "agent"):
        np.testing.assert_array_equal(batched.cells(by), scalar.cells(by))
        assert batched.report(by) == scalar.report(by)


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
    assert aggregator.names("queues") == []


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
    assert aggregator.report()[0]["offered"] == 3


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
    assert (aggregator.counters()["events"], aggregator.names("queues")) == (0, [])


@pytest.mark.parametrize(
    ("thresholds", "interval", "says"),
    [
        ([], 900.0, "0 thresholds: give between 1 and 32"),
        ([0.0, 5.0], 900.0, "threshold 0s"),
        ([5.0, 5.0], 900.0, "threshold 5s follows 5s"),
        (list(range(1, 34)), 900.0, "33 thresholds"),
        (None, 7.0, "interval 7s: give whole seconds that divide a day"),
        (None, 0.0, "interval 0s"),
    ],
)
def test_settings_that_cannot_be_are_refused(
    thresholds: list[float] | None, interval: float, says: str
) -> None:
    with pytest.raises(ccroute.ConfigError, match=says):
        KpiAggregator(thresholds, interval)


def test_snapshot_goes_on_as_if_never_saved() -> None:
    whole = told(KpiAggregator([10.0, 20.0], 300.0), *conversation("c1", 0.0))
    told(whole, ("agent_ready", 90.0, None, "ana"), ("contact_queued", 100.0, "c2", None))
    restored = KpiAggregator.restore(whole.snapshot())
    for aggregator in (whole, restored):
        told(aggregator, ("contact_abandoned", 130.0, "c2", None))
    assert restored.snapshot() == whole.snapshot()
    level = {"within": 10.0, "short": 10.0}
    assert restored.report(**level) == whole.report(**level)
    assert restored.report(**level)[0]["abandoned"] == 1
    damaged = whole.snapshot()[:-1] + b"?"
    with pytest.raises(ccroute.ConfigError, match="its checksum differs"):
        KpiAggregator.restore(damaged)


def test_ready_agent_on_an_outside_call_is_not_idle() -> None:
    aggregator = told(KpiAggregator(), ("agent_ready", 0.0, None, "ana"))
    aggregator.fold("agent_device", DAY + 10.0, agent="ana", number=2)
    row = Metrics(aggregator).report(by="agent", now=DAY + 40.0)["ana"]
    assert (row.idle, row.device_busy, row.signed_in) == (10.0, 30.0, 40.0)
    assert row.occupancy.denominator == 10_000_000


def test_threshold_off_the_ladder_names_the_ladder() -> None:
    metrics = Metrics(KpiAggregator(thresholds=[10.0, 20.0]))
    with pytest.raises(ccroute.ConfigError, match=r"threshold 15s .* \(10s, 20s\)"):
        metrics.report(within=15.0)


def test_question_in_words_it_does_not_know_is_refused() -> None:
    metrics = Metrics()
    with pytest.raises(ccroute.Rejected, match=r"service_level 'sl': give one of sl\.answered"):
        metrics.report(service_level="sl")
    with pytest.raises(ccroute.Rejected, match="basis 'split': give one of offered, event"):
        metrics.report(basis="split")
    with pytest.raises(ccroute.Rejected, match="by 'team': give one of queue, agent, interval"):
        metrics.aggregator.report("team")  # type: ignore[call-overload]
    with pytest.raises(ccroute.Rejected, match="kind 'skills'"):
        metrics.aggregator.names("skills")
    with pytest.raises(ccroute.ConfigError, match="names no zone"):
        metrics.report(start=datetime(2026, 1, 1))  # noqa: DTZ001
    with pytest.raises(ccroute.ConfigError, match="no edge of an interval"):
        metrics.report(end=DAY + 1.0)


def test_what_cannot_be_counted_is_counted_as_such() -> None:
    aggregator = told(
        KpiAggregator(),
        ("contact_connected", 1.0, "nobody", "ana"),
        ("contact_queued", 2.0, "c1", None),
        ("contact_queued", 3.0, "c1", None),
        ("agent_ready", 4.0, None, None),
    )
    assert aggregator.counters() == {
        "events": 4,
        "duplicates": 1,
        "orphans": 1,
        "incomplete": 1,
        "backwards": 0,
        "overlong": 0,
    }
    assert aggregator.report()[0]["offered"] == 1


def test_bases_put_the_same_counts_into_other_intervals() -> None:
    metrics = Metrics(told(KpiAggregator(), *conversation("c1", 890.0)))
    starts = {
        basis: [(row.start.timestamp() - DAY, row.offered, row.handled) for row in report]
        for basis in ("offered", "event")
        if (report := metrics.report(by="interval", basis=basis))
    }
    assert starts == {"offered": [(0.0, 1, 1)], "event": [(0.0, 1, 0), (900.0, 0, 1)]}


def test_range_is_half_open_and_totals_are_the_sum_of_their_parts() -> None:
    events = [event for n in range(40) for event in conversation(f"c{n}", n * 90.0)]
    metrics = Metrics(told(KpiAggregator(), *sorted(events, key=lambda event: event[1])))
    edges = [DAY + 900.0 * n for n in range(5)]
    for basis in ("offered", "event"):
        parts = [
            metrics.report(start=start, end=end, basis=basis)["billing"]
            for start, end in pairwise(edges)
        ]
        whole = metrics.report(basis=basis)["billing"]
        assert [part.offered for part in parts] == [10, 10, 10, 10]
        assert sum(part.talk for part in parts) == whole.talk
    start = datetime.fromtimestamp(DAY, UTC)
    assert metrics.report(start=start)["billing"] == metrics.report(start=DAY)["billing"]


def test_cells_carry_ladders_from_which_less_than_follows() -> None:
    aggregator = KpiAggregator(thresholds=[5.0, 20.0])
    for contact, wait in (("a", 5.0), ("b", 6.0), ("c", 20.0), ("d", 21.0)):
        told(aggregator, ("contact_queued", 0.0, contact, None))
        told(aggregator, ("contact_connected", wait, contact, "ana"))
    (cell,) = aggregator.cells()
    assert cell["answered_within"].tolist() == [1, 3]
    assert cell["answered_equal"].tolist() == [1, 1]
    assert (cell["start_us"], cell["wait_answered_us"]) == (DAY * 1e6, 52_000_000)


def test_merged_parts_equal_the_whole() -> None:
    parts = [KpiAggregator(), KpiAggregator()]
    whole = KpiAggregator()
    for n, agent in enumerate(["ana", "ben"] * 20):
        for event in conversation(f"c{n}", n * 100.0, agent):
            told(whole, event)
            told(parts[n % 2], event)
    parts[0].merge(parts[1])
    for by in ("queue", "agent"):
        np.testing.assert_array_equal(parts[0].cells(by), whole.cells(by))
    with pytest.raises(ccroute.ConfigError, match="create both with the same"):
        whole.merge(KpiAggregator(interval=300.0))


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


@given(st.lists(st.integers(0, 2_000_000), min_size=1, max_size=600), st.sampled_from(range(4)))
def test_percentiles_are_nearest_ranks_within_the_bound(waits: list[int], which: int) -> None:
    aggregator = KpiAggregator()
    for number, wait in enumerate(waits):
        contact = f"c{number}"
        told(aggregator, ("contact_queued", 0.0, contact, None))
        told(aggregator, ("contact_abandoned", wait / 1000, contact, None))
    count, total, _, longest, quantiles = aggregator.report()[0]["wait_abandoned"]
    assert (count, total, longest) == (len(waits), sum(waits) * 1000, max(waits) / 1000)
    rank = -(-(50, 90, 95, 99)[which] * len(waits) // 100)
    truth = sorted(waits)[rank - 1] / 1000
    exact = sum(wait > 0 for wait in waits) <= 256
    assert quantiles[which] == pytest.approx(truth, rel=1e-12 if exact else 0.0055)


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
    assert metrics.report()["billing"].asa == 8.0
    assert metrics.counters()["orphans"] == 0
    agents = metrics.report(by="agent")
    assert (agents["ana"].talk, agents["eva"].talk) == (60.0, 0.0)
    with pytest.raises(KeyError, match="no queue 'sales' in this report; there are: billing"):
        metrics.report()["sales"]


def test_report_prints_a_table_and_says_which_formula() -> None:
    aggregator = told(KpiAggregator(), *conversation("c1", 0.0))
    told(aggregator, ("contact_queued", 100.0, "c2", None), queue="sales")
    assert str(Metrics(aggregator).report(service_level="sl.short_excluded", short=10.0)) == (
        "times in seconds; service level: sl.short_excluded, T = each queue's, S = 10 s;"
        " basis: offered\n"
        "queue    offered  answered  abandoned  left  service level  ASA  p50  p90  p95  longest"
        "   AHT     T  waiting\n"
        "billing        1         1          0     0        100.0 %  4.0  4.0  4.0  4.0      4.0"
        "  75.0  20.0        0\n"
        "sales          1         0          0     0              -    -    -    -    -        -"
        "     -  20.0        1"
    )


def test_each_queue_is_measured_by_its_own_target_unless_asked_otherwise() -> None:
    plan = ccroute.Plan.from_toml(
        """
        [queues.fast]
        service_level = { within = "7s", short_abandon = "0s" }
        [queues.slow]
        service_level = { within = "90s", short_abandon = "8s" }
        """
    )
    clock = ccroute.ManualClock(DAY)
    router = ccroute.Router(plan, clock=clock)
    for queue in ("fast", "slow"):
        router.sign_in(f"agent-{queue}", queues=[queue])
        router.enqueue(f"c-{queue}", queue=queue)
    clock.advance(8.0)
    for queue in ("fast", "slow"):
        router.ready(f"agent-{queue}")
    for event in router.events():
        if isinstance(event, ccroute.OfferMade):
            router.accept(event.offer)
            router.connected(event.contact)
    rows = {row.queue: row for row in router.metrics.report()}
    assert (rows["fast"].within, rows["fast"].service_level.numerator) == (7.0, 0)
    assert (rows["slow"].within, rows["slow"].service_level.numerator) == (90.0, 1)
    asked = router.metrics.report(within=90.0)
    assert [(row.within, row.service_level.numerator) for row in asked] == [(90.0, 1)] * 2
    again = ccroute.Router.restore(router.snapshot(), clock=clock)
    assert again.metrics.report(within=7.0).within == 7.0


def test_more_targets_than_can_be_counted_fall_back_and_say_so() -> None:
    queues = {
        f"q{number}": ccroute.QueuePlan(
            service_level=ccroute.ServiceTarget(within=100.0 + number, short_abandon=0.0)
        )
        for number in range(40)
    }
    router = ccroute.Router(ccroute.Plan(queues=queues), clock=ccroute.ManualClock(DAY))
    for name in queues:
        router.enqueue(f"c-{name}", queue=name)
    assert len(router.metrics.aggregator.thresholds()) == 32
    within = [row.within for row in router.metrics.report(service_level="sl.short_excluded")]
    assert within == [*(100.0 + number for number in range(30)), *[20.0] * 10]
    with pytest.raises(ccroute.ConfigError, match="139"):
        router.metrics.report(within=139.0)


def test_without_short_abandons_both_short_variants_are_the_plain_one() -> None:
    call = {"source": "log", "contact": "c1", "visit": 1, "queue": "q"}
    metrics = Metrics(targets={"q": (20.0, 0.0)})
    metrics.fold(ccroute.ContactQueued(**call, sequence=1, at=DAY, since=DAY))
    metrics.fold(ccroute.ContactAbandoned(**call, sequence=2, at=DAY + 1.0))
    for variant in ("sl.short_excluded", "sl.short_credited", "sl.answered_within"):
        ratio = metrics.report(service_level=variant)["q"].service_level
        assert (ratio.name, ratio.numerator, ratio.denominator) == (variant, 0, 1)


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
    for metrics in (router.metrics, again):
        ana = metrics.report(by="agent", now=clock.now())["ana"]
        assert (ana.device_busy, ana.idle, ana.signed_in) == (10.0, 20.0, 70.0)
        assert ana.not_ready_by_reason == {"": 30.0, "x": 10.0}


def test_range_turned_round_is_refused() -> None:
    with pytest.raises(ccroute.ConfigError, match="end 0 lies before start 900"):
        Metrics().report(start=900.0, end=0.0)


def test_router_comes_back_with_the_metrics_saved_beside_it() -> None:
    clock = ccroute.ManualClock(DAY)
    router = ccroute.Router(ccroute.Plan.from_toml("[queues.q]"), clock=clock)
    router.enqueue("c1", queue="q")
    router.events()
    saved = KpiAggregator.restore(router.metrics.aggregator.snapshot())
    again = ccroute.Router.restore(router.snapshot(), clock=clock, aggregator=saved)
    clock.advance(5.0)
    again.cancel("c1")
    assert again.metrics.report()["q"].abandon_wait == 5.0
    assert again.metrics.counters()["orphans"] == 0


def test_report_goes_to_json_with_both_counts_of_a_ratio() -> None:

    report = Metrics(told(KpiAggregator(), *conversation("c1", 0.0))).report(start=DAY)
    told_again = json.loads(report.to_json())
    assert told_again["start"] == "2023-11-15T00:00:00Z"
    (row,) = told_again["rows"]
    assert row["service_level"] == {
        "name": "sl.answered_within",
        "numerator": 1,
        "denominator": 1,
        "value": 1.0,
    }
    assert set(row) == {field.name for field in QueueRow.__attrs_attrs__}


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
    agents = router.metrics.report(by="agent", now=clock.now())
    assert agents["ana"].not_ready_by_reason == {"missed": 20.0, "lunch": 30.0}
