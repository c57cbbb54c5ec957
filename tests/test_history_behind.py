"""A history behind the aggregator: what it has forgotten is asked of the records."""

from pathlib import Path

import pytest
from tests.test_history import DAY, call, post, told

from ccroute import DataUnavailable, KpiAggregator
from ccroute.history import History, Recorder
from ccroute.metrics import Metrics, report_visits

WAITS = [3.0, 12.0, 18.0, 26.0] * 100
FIVE_DAYS = {"start": 0.0, "end": 5 * DAY}


def recorded(folder: Path) -> KpiAggregator:
    """Five days of visits, of which two days' facts are kept."""
    aggregator = KpiAggregator(retention=2 * DAY, dimensions=["site"])
    recorder = Recorder(aggregator, folder)
    visits = [(n * DAY / 90, call(f"c{n}", n * DAY / 90, wait=w)) for n, w in enumerate(WAITS)]
    visits += [
        (n * DAY / 90, call(f"a{n}", n * DAY / 90, "abandoned", wait=4.0)) for n in range(0, 400, 4)
    ]
    for day in range(5):
        post(aggregator, *(row for at, row in visits if day <= at / DAY < day + 1))
        told(aggregator, (day + 1) * DAY + 900)
        recorder.record()
    return aggregator


def test_a_threshold_off_the_ladder_is_counted_from_the_records(tmp_path: Path) -> None:
    aggregator = recorded(tmp_path)
    kpis = ["sl.answered_within(T=17)", "sl.short_excluded(T=17, S=4)", "asa", "aht"]
    with pytest.raises(DataUnavailable, match="not on the ladder"):
        Metrics(aggregator).report(kpis=kpis, **FIVE_DAYS)
    history = History(tmp_path)
    backed = Metrics(aggregator, history=history)
    row = backed.report(kpis=kpis, **FIVE_DAYS)["billing"]
    assert [str(row[name]) for name in ("sl.answered_within", "asa")] == ["40.0 %", "14.8 s"]
    plain = report_visits(history.table(0.0, 5 * DAY), kpis=kpis)["billing"]
    assert [value.value for _, value in row] == [value.value for _, value in plain]
    weeks = backed.report(
        interval="week", basis="event", kpis=kpis[:1], start=4 * DAY, end=11 * DAY
    )
    assert [value.denominator for row in weeks for _, value in row] == [50]
    (nowhere,) = backed.report("site", kpis=kpis[:1], **FIVE_DAYS)
    assert (nowhere.labels["site"], nowhere["sl.answered_within"].numerator) == (None, 200)
    (whole,) = backed.report((), kpis=kpis[:1], where={"client": ["acme"]}, **FIVE_DAYS)
    assert whole["sl.answered_within"].numerator == 200
    by_client = backed.report(by=["client"], kpis=kpis[:1], **FIVE_DAYS)["acme"]
    assert by_client["sl.answered_within"].numerator == 200


def test_what_is_not_recorded_is_not_left_out_in_silence(tmp_path: Path) -> None:
    aggregator = recorded(tmp_path)
    post(aggregator, call("late", 4.9 * DAY, wait=1.0))
    backed = Metrics(aggregator, history=History(tmp_path))
    words = "the store says wait_answered.count 400 where the cells say 401: record first"
    with pytest.raises(DataUnavailable, match=words):
        backed.report(kpis=["sl.answered_within(T=17)"], **FIVE_DAYS)
    with pytest.raises(DataUnavailable, match="the store says offered 500 where the cells say 501"):
        backed.visits(0.0, 5 * DAY)
    # By a threshold of the ladder the cells know.
    report = backed.report(kpis=["sl.answered_within(T=20)"], **FIVE_DAYS)
    assert report["billing"]["sl.answered_within"].numerator == 301


def test_the_contacts_behind_an_old_figure_are_in_the_records(tmp_path: Path) -> None:
    aggregator = recorded(tmp_path)
    with pytest.raises(DataUnavailable):
        Metrics(aggregator).visits(0.0, 900.0)
    backed = Metrics(aggregator, history=History(tmp_path))
    first, other = backed.visits(0.0, 900.0, where={"client": ["acme"]})
    assert {first.contact, other.contact} == {"c0", "a0"}
    answered = first if first.contact == "c0" else other
    assert (answered.wait, answered.labels["queue"], answered.outcome) == (
        3.0,
        "billing",
        "answered",
    )
    assert answered.parts[0].agent == "ana"
    assert not backed.visits(0.0, 900.0, where={"client": ["nobody"]})
    # What is kept is told by the aggregator, scores and offers too.
    assert backed.visits(4.5 * DAY, 4.6 * DAY) == Metrics(aggregator).visits(4.5 * DAY, 4.6 * DAY)
    with pytest.raises(DataUnavailable):
        backed.visits(0.0, 900.0, basis="event")
    assert backed.visits(10.0, 10.0) == []
    assert len(backed.visits(0.0, 900.0, where={"site": [None]})) == 2
    both = (4.5 * DAY, 4.6 * DAY)
    stored = [{**row, "key": 0} for row in History(tmp_path).visits(*both)]
    assert stored == [{**row, "key": 0} for row in aggregator.visits(*both)]


def test_a_correction_that_is_not_recorded_yet_is_no_figure(tmp_path: Path) -> None:
    aggregator = recorded(tmp_path)
    backed = Metrics(aggregator, history=History(tmp_path))
    late = 399 * DAY / 90
    post(aggregator, call("c399", late, wait=1.0, revision=2))
    words = "the store says wait_answered.sum"
    with pytest.raises(DataUnavailable, match=words):
        backed.report(kpis=["sl.answered_within(T=17)"], **FIVE_DAYS)
    with pytest.raises(DataUnavailable, match=words):
        backed.visits(0.0, 5 * DAY)
    with pytest.raises(DataUnavailable, match="not on the ladder"):
        backed.report(kpis=["sl.answered_within(T=17)"], basis="sl_event", **FIVE_DAYS)
