"""Each queue is measured by its own thresholds unless a report is asked for others."""

import re

import pytest
from tests.metrics.telling import DAY, told, waited

import ccroute
from ccroute import KpiAggregator
from ccroute.metrics import Metrics, Row

LEVEL = "sl.answered_within"


def measured(row: Row, kpi: str = LEVEL) -> tuple[str, float]:
    return row[kpi].variant, row[kpi].numerator


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
    report = router.metrics.report()
    assert measured(report["fast"]) == ("sl.answered_within(T=7s)", 0)
    assert measured(report["slow"]) == ("sl.answered_within(T=90s)", 1)
    asked = f"{LEVEL}(T=90)"
    both = router.metrics.report(kpis=[asked])
    assert [measured(row, asked) for row in both] == [("sl.answered_within(T=90s)", 1)] * 2
    again = ccroute.Router.restore(router.snapshot(), clock=clock)
    again.enqueue("another", queue="fast")
    assert measured(again.metrics.report()["fast"])[0] == "sl.answered_within(T=7s)"


def test_the_short_threshold_is_each_queues_own_too() -> None:
    metrics = Metrics(targets={"q": (20.0, 10.0)})
    for number, queue in enumerate(["q", "other"]):
        told(metrics.aggregator, *waited(f"c{number}", 0.0, 8.0), queue=queue)
    report = metrics.report(kpis=["abandoned.short", "sl.short_excluded"])
    assert [report[queue]["abandoned.short"].value for queue in ("q", "other")] == [1, 0]
    assert report["q"]["sl.short_excluded"].variant == "sl.short_excluded(T=20s, S=10s)"
    assert report["other"]["sl.short_excluded"].variant == "sl.short_excluded(T=20s, S=5s)"


def test_more_targets_than_can_be_counted_fall_back_and_say_so() -> None:
    queues = {
        f"q{number:02}": ccroute.QueuePlan(
            service_level=ccroute.ServiceTarget(within=100.0 + number, short_abandon=0.0)
        )
        for number in range(40)
    }
    router = ccroute.Router(ccroute.Plan(queues=queues), clock=ccroute.ManualClock(DAY))
    for name in queues:
        router.enqueue(f"c-{name}", queue=name)
    assert len(router.metrics.aggregator.thresholds()) == 32
    kpi = "sl.short_excluded"
    variants = [row[kpi].variant for row in router.metrics.report(kpis=[kpi])]
    own = [f"sl.short_excluded(T={100 + number}s, S=0s)" for number in range(30)]
    assert variants == own + ["sl.short_excluded(T=20s, S=0s)"] * 10


def test_without_short_abandons_both_short_variants_are_the_plain_one() -> None:
    call = {"source": "log", "contact": "c1", "visit": 1, "queue": "q"}
    metrics = Metrics(targets={"q": (20.0, 0.0)})
    metrics.fold(ccroute.ContactQueued(**call, sequence=1, at=DAY, since=DAY))
    metrics.fold(ccroute.ContactAbandoned(**call, sequence=2, at=DAY + 1.0))
    kpis = ["sl.short_excluded", "sl.short_credited", "sl.answered_within"]
    row = metrics.report(kpis=kpis)["q"]
    assert [(row[kpi].numerator, row[kpi].denominator) for kpi in kpis] == [(0, 1)] * 3


def test_other_labels_may_have_targets_of_a_report() -> None:
    metrics = Metrics()
    for number, client in enumerate(["acme", "umbrella"]):
        metrics.aggregator.describe(f"c{number}", [("client", client)])
        told(metrics.aggregator, *waited(f"c{number}", 0.0, 25.0, "contact_connected"))
    report = metrics.report("client", targets={"acme": (30, 5)}, target_by="client")
    assert measured(report["acme"]) == ("sl.answered_within(T=30s)", 1)
    assert measured(report["umbrella"]) == ("sl.answered_within(T=20s)", 0)


@pytest.mark.parametrize(
    "target", [20, (-1.0, 5.0), (20.0,), (20, 5, 1), (float("nan"), 5.0), ("20", "5"), "20", None]
)
def test_a_target_that_is_none_is_refused(target: object) -> None:
    said = re.escape(f"target of 'q' is {target!r}: T and S in seconds, as (20, 5)")
    wrong: dict[str, tuple[float, float]] = {"q": target}  # type: ignore[dict-item]
    with pytest.raises(ccroute.ConfigError, match=said):
        Metrics().report(targets=wrong)
    with pytest.raises(ccroute.ConfigError, match=said):
        Metrics(targets=wrong)
    metrics = Metrics(targets={"q": (7.0, 5.0)})
    with pytest.raises(ccroute.ConfigError, match=said):
        metrics.set_targets({"other": (20.0, 5.0), **wrong})
    assert metrics.targets == {"q": (7.0, 5.0)}


def test_the_live_view_counts_by_the_target() -> None:
    metrics = Metrics(KpiAggregator(), targets={"q": (7.0, 5.0)})
    told(metrics.aggregator, *waited("c1", 0.0, 8.0, "contact_connected"), queue="q")
    told(metrics.aggregator, *waited("c2", 0.0, 8.0, "contact_connected"), queue="other")
    live = metrics.live(DAY + 10.0)
    assert [live.queues[name].windows[5].met for name in ("q", "other")] == [0, 1]
    assert live.queues["q"].windows[5].missed == 1
