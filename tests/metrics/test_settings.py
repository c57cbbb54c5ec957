"""What an aggregator is created with: thresholds, cells, bases, dimensions, caps, retention."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.metrics.telling import DAY, conversation, edges, figures, told, waited

from ccroute import ConfigError, DataUnavailable, KpiAggregator
from ccroute.metrics import Metrics


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
    with pytest.raises(ConfigError, match=says):
        KpiAggregator(thresholds, interval)


@pytest.mark.parametrize(
    ("own", "says"),
    [
        (["a", "b", "c", "d", "e"], "5 dimensions of your own: give at most 4"),
        (["Region"], "dimension 'Region': give lower-case letters"),
        (["queue"], "dimension 'queue' is there already"),
        (["site", "site"], "dimension 'site' is there already"),
    ],
)
def test_own_dimensions_that_cannot_be_are_refused(own: list[str], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        KpiAggregator(dimensions=own)


def test_caps_of_nothing_are_refused() -> None:
    for caps in ({"most_names": 0}, {"most_labels": 0}):
        with pytest.raises(ConfigError, match="give a cap above zero"):
            KpiAggregator(**caps)


def test_a_basis_that_is_not_kept_is_refused() -> None:
    aggregator = told(KpiAggregator(bases=["offered", "event"]), *conversation("c1", 0.0))
    assert figures(aggregator, "offered", basis="event") == [1]
    with pytest.raises(ConfigError, match="basis 'split' is not kept"):
        figures(aggregator, "offered", basis="split")


def test_ladders_hold_up_to_and_below() -> None:
    aggregator = KpiAggregator(thresholds=[5.0, 20.0])
    for contact, wait in (("a", 5.0), ("b", 6.0), ("c", 20.0), ("d", 21.0)):
        told(aggregator, *waited(contact, 0.0, wait, "contact_connected"))
    fields = [f"wait_answered.{word}:{t}000000" for t in (5, 20) for word in ("within", "below")]
    assert figures(aggregator, *fields, "wait_answered.sum") == [1, 0, 3, 2, 52_000_000]


def test_threshold_off_the_ladder_counts_exactly_while_there_are_few_waits() -> None:
    """Or while the facts are kept, of which it is counted again."""
    metrics = Metrics(KpiAggregator(thresholds=[10.0, 20.0], retention=0.0))
    with_facts = KpiAggregator(thresholds=[10.0, 20.0])
    kpis = ["sl.answered_within(T=15)", "sl.answered_within(T=10)"]
    for number in range(256):
        told(metrics.aggregator, *waited(f"c{number}", 0.0, 1 + number / 10, "contact_connected"))
    row = metrics.report(kpis=kpis)["billing"]
    assert [row[kpi].numerator for kpi in kpis] == [141, 91]
    told(metrics.aggregator, *waited("one more", 0.0, 3.0, "contact_connected"))
    for number in range(600):
        told(with_facts, *waited(f"c{number}", 0.0, 1 + number / 20, "contact_connected"))
    assert figures(with_facts, "wait_answered.within:15000000") == [281]
    with pytest.raises(ConfigError, match=r"threshold 15s .*10s, 20s"):
        metrics.report(kpis=kpis)
    assert metrics.report(kpis=kpis[1:])["billing"][kpis[1]].numerator == 92


@given(st.lists(st.integers(0, 2_000_000), min_size=1, max_size=600), st.sampled_from(range(4)))
def test_percentiles_are_nearest_ranks_within_the_bound(waits: list[int], which: int) -> None:
    aggregator = KpiAggregator()
    for number, wait in enumerate(waits):
        told(aggregator, *waited(f"c{number}", 0.0, wait / 1000))
    fields = [f"wait_abandoned.{part}" for part in ("count", "sum", "max", "exact", "p50", "p90",
                                                    "p95", "p99")]  # fmt: skip
    count, total, longest, exact, *quantiles = figures(aggregator, *fields)
    assert (count, total, longest) == (len(waits), sum(waits) * 1000, max(waits) * 1000)
    rank = -(-(50, 90, 95, 99)[which] * len(waits) // 100)
    truth = sorted(waits)[rank - 1] / 1000
    assert exact == (sum(wait > 0 for wait in waits) <= 256)
    assert quantiles[which] == pytest.approx(truth, rel=1e-12 if exact else 0.0055)


def test_names_past_the_cap_count_as_others() -> None:
    aggregator = KpiAggregator(most_names=2, most_labels=1)
    for number, queue in enumerate(["a", "b", "c", "d"]):
        contact = f"c{number}"
        aggregator.describe(contact, [("client", f"client {number}")])
        told(aggregator, *waited(contact, 0.0, 1.0), queue=queue)
    metrics = Metrics(aggregator)
    by_queue = {row.labels["queue"]: row["offered"].value for row in metrics.report()}
    assert by_queue == {"__other__": 2, "a": 1, "b": 1}
    by_client = {row.labels["client"]: row["offered"].value for row in metrics.report("client")}
    assert by_client == {"__other__": 3, "client 0": 1}
    assert aggregator.counters()["other"] > 0
    assert figures(aggregator, "offered") == [4]


def test_facts_are_kept_as_long_as_the_retention() -> None:
    metrics = Metrics(KpiAggregator(retention=3600.0))
    told(metrics.aggregator, *waited("old", 0.0, 1.0), *waited("new", 7200.0, 1.0))
    told(metrics.aggregator, *waited("last", 9000.0, 1.0))
    assert [visit.contact for visit in metrics.visits(DAY + 7200.0, DAY + 9900.0)] == [
        "new",
        "last",
    ]
    with pytest.raises(DataUnavailable):
        metrics.visits(DAY, DAY + 900.0)
    # The cells know for ever.
    assert figures(metrics.aggregator, "abandoned", edges=edges(0, 900)) == [1]


def test_without_retention_there_are_counts_and_no_visits() -> None:
    metrics = Metrics(KpiAggregator(retention=0.0))
    told(metrics.aggregator, *conversation("c1", 0.0))
    assert metrics.report()["billing"]["answered"].value == 1
    with pytest.raises(DataUnavailable):
        metrics.visits(DAY, DAY + 900.0)


def test_no_more_records_are_kept_than_asked_for() -> None:
    metrics = Metrics(KpiAggregator(most_records=2))
    told(metrics.aggregator, *(e for n in range(4) for e in waited(f"c{n}", n * 900.0, 1.0)))
    assert [visit.contact for visit in metrics.visits(DAY + 1800.0, DAY + 3600.0)] == ["c2", "c3"]
    with pytest.raises(DataUnavailable):
        metrics.visits(DAY, DAY + 3600.0)
