"""``Metrics``: what is asked in words, and what is refused."""

import json
from datetime import UTC, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from tests.metrics.telling import DAY, conversation, in_time, told, waited

from ccroute import ConfigError, KpiAggregator, Rejected
from ccroute.metrics import Kpi, Metrics


def busy() -> Metrics:
    """Forty conversations, one every 90 s: an hour."""
    stories = in_time(*(conversation(f"c{n}", n * 90.0) for n in range(40)))
    return Metrics(told(KpiAggregator(), *stories))


def test_range_is_half_open_and_totals_are_the_sum_of_their_parts() -> None:
    metrics = busy()
    edges = [DAY + 900.0 * n for n in range(5)]
    for basis in ("offered", "event"):
        parts = [
            metrics.report(start=start, end=end, basis=basis, kpis=["offered", "att"])["billing"]
            for start, end in pairwise(edges)
        ]
        whole = metrics.report(basis=basis, kpis=["att"])["billing"]
        assert [part["offered"].value for part in parts] == [10, 10, 10, 10]
        assert sum(part["att"].numerator or 0 for part in parts) == whole["att"].numerator
    start = datetime.fromtimestamp(DAY, UTC)
    assert metrics.report(start=start).to_csv() == metrics.report(start=DAY).to_csv()


def test_intervals_cover_what_was_counted_unless_bounded() -> None:
    metrics = busy()
    table = metrics.report((), interval="30min", zone="America/Bogota", kpis=["offered"])
    bogota = ZoneInfo("America/Bogota")
    assert [(row.start, row["offered"].value) for row in table] == [
        (datetime(2023, 11, 14, 19, 0, tzinfo=bogota), 20),
        (datetime(2023, 11, 14, 19, 30, tzinfo=bogota), 20),
    ]
    (later,) = metrics.report((), interval="30min", start=DAY + 1800.0, kpis=["offered"])
    assert later["offered"].value == 20
    days = metrics.report((), interval="day", zone="America/Bogota", kpis=["offered"])
    assert [(row.start, row["offered"].value) for row in days] == [
        (datetime(2023, 11, 14, tzinfo=bogota), 40)
    ]
    assert len(Metrics().report(interval="day")) == 0


def test_a_zone_of_half_hours_has_its_own_hours() -> None:
    table = busy().report((), interval="1h", zone="Asia/Kathmandu", kpis=["offered"])
    # 00:00 UTC is 05:45 there: the hour is cut after 15 minutes.
    assert [(f"{row.start:%H:%M}", row["offered"].value) for row in table] == [
        ("05:00", 10),
        ("06:00", 30),
    ]


@pytest.mark.parametrize(
    ("asked", "error", "says"),
    [
        ({"kpis": ["sl"]}, ConfigError, r"no KPI 'sl'; near: sl\.answered_within"),
        ({"basis": "whenever"}, ConfigError, "one of offered, event"),
        ({"by": "skill"}, ConfigError, "by: no dimension 'skill': there are queue, .*team"),
        ({"where": {"skill": ["a"]}}, ConfigError, "where: no dimension 'skill': there are queue"),
        ({"start": datetime(2026, 1, 1)}, ConfigError, "names no zone"),  # noqa: DTZ001
        ({"end": DAY + 1.0}, ConfigError, "lies within a cell"),
        ({"start": 900.0, "end": 0.0}, ConfigError, "give the earlier first"),
        ({"interval": "hour"}, ConfigError, "one of 15min"),
        ({"zone": "Mars"}, ConfigError, "IANA name"),
    ],
)
def test_question_in_words_it_does_not_know_is_refused(
    asked: dict[str, object], error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        Metrics().report(**asked)


def test_names_of_no_dimension_are_refused() -> None:
    with pytest.raises(Rejected, match="dimension 'skills'"):
        KpiAggregator().names("skills")


def test_report_prints_a_table_and_says_which_formula() -> None:
    aggregator = told(KpiAggregator(), *conversation("c1", 0.0))
    told(aggregator, *waited("c2", 100.0, 30.0), queue="sales")
    aggregator.advance(DAY + 3600.0)
    kpis = ["offered", "answered", "sl.short_excluded(S=1)", "asa", "wait.p90", "aht", "waiting"]
    report = Metrics(aggregator).report(kpis=kpis, start=DAY, end=DAY + 900.0)
    lines = [
        "basis: offered; zone: UTC; times in seconds",
        "sl.short_excluded(S=1): sl.short_excluded(T=20s, S=1s); ASA: asa; p90: wait.p90; AHT: aht",
        "queue    offered  answered  sl.short_excluded(S=1)  ASA  p90   AHT  waiting",
        "billing        1         1                 100.0 %  4.0  4.0  75.0        0",
        "sales          1         0                   0.0 %    -    -     -        0",
    ]
    assert str(report).splitlines() == lines
    told(aggregator, ("contact_queued", 200.0, "c3", None), queue="sales")
    assert " * not final" in str(Metrics(aggregator).report(kpis=kpis, start=DAY, end=DAY + 900.0))


def test_report_goes_to_json_with_everything_behind_a_ratio() -> None:
    metrics = Metrics(told(KpiAggregator(), *conversation("c1", 0.0)))
    document = json.loads(metrics.report(start=DAY, kpis=["sl.answered_within"]).to_json())
    assert document["start"] == "2023-11-15T00:00:00+00:00"
    (row,) = document["rows"]
    assert row["kpis"]["sl.answered_within"] == {
        "value": 1.0,
        "numerator": 1,
        "denominator": 1,
        "n": 1,
        "variant": "sl.answered_within(T=20s)",
        "unit": "ratio",
        "basis": "offered",
        "final": False,
        "revision": 0,
        "reason": None,
        "exact": True,
    }


def test_own_kpis_are_this_objects_own() -> None:
    metrics = busy()
    metrics.registry.add(
        Kpi(
            id="my.talk_share",
            title="Talk of handling",
            unit="ratio",
            numerator="talk.sum",
            denominator="handle.sum",
            n="handled",
        )
    )
    value = metrics.report(kpis=["my.talk_share"])["billing"]["my.talk_share"]
    assert (str(value), value.n) == ("66.7 %", 40)
    with pytest.raises(ConfigError, match=r"no KPI 'my\.talk_share'"):
        Metrics().report(kpis=["my.talk_share"])


# Explained -----------------------------------------------------------------------------


def test_a_figure_is_explained_with_its_arithmetic() -> None:
    metrics = busy()
    whole = metrics.explain("sl.answered_within", queue="billing")
    assert "numbers:    40 / (40 + 0) = 100.0 %" in whole
    cell = metrics.explain("sl.answered_within(T=15)", queue="billing", at=DAY + 1000.0)
    assert "numbers:    10 / (10 + 0) = 100.0 %" in cell
    assert "T = 15 s" in cell
    ranged = metrics.explain("aht", queue="billing", start=DAY, end=DAY + 1800.0, basis="event")
    assert "numbers:    1500 s / 20 = 75.0 s" in ranged
    assert "basis:      event" in ranged
    agent = metrics.explain("occupancy.handling", agent="ana")
    assert "2000 s + 400 s + 600 s" in agent


def test_what_was_not_counted_and_what_is_no_formula_are_explained_too() -> None:
    metrics = busy()
    nothing = metrics.explain("asa", queue="sales")
    assert "formula:    wait_answered.sum / wait_answered.count" in nothing
    assert nothing.endswith("numbers:    nothing was counted there")
    assert "live().queues[queue].waiting" in metrics.explain("waiting.now")
    own = Kpi(id="my.lost", title="Lost", unit="n", numerator="abandoned + left")
    assert "numbers:    0 + 0 = 0" in metrics.explain(own, queue="billing")


def test_explanations_of_nothing_are_refused() -> None:
    metrics = busy()
    with pytest.raises(ConfigError, match="near: asa"):
        metrics.explain("asaa")
    with pytest.raises(ConfigError, match="give the one or the other"):
        metrics.explain("asa", queue="billing", at=DAY, start=DAY)
    with pytest.raises(ConfigError, match="lies within a cell"):
        metrics.explain("asa", queue="billing", start=DAY + 1.0)


# Changes -------------------------------------------------------------------------------


def test_changes_name_the_cells_that_changed_after_they_were_final() -> None:
    metrics = Metrics()
    told(metrics.aggregator, *waited("c1", 0.0, 5.0), *waited("c2", 7200.0, 5.0))
    assert metrics.changes() == ([], 0)
    row = metrics.report(end=DAY + 900.0)["billing"]
    assert (row.final, row.revision) == (True, 0)
    assert not metrics.report()["billing"].final  # it goes on
    assert metrics.aggregator.mark("c1", "complaint", DAY + 9000.0) == "counted"
    changes, last = metrics.changes()
    (mine,) = (change for change in changes if change.basis == "offered")
    assert mine.labels == {"queue": "billing", "channel": "voice"}
    assert mine.start == datetime.fromtimestamp(DAY, UTC)
    assert metrics.changes(last) == ([], last)
    row = metrics.report(end=DAY + 900.0, kpis=["abandoned"])["billing"]
    assert (row.final, row.revision) == (True, 1)
    assert "corrected once since" in metrics.explain("abandoned", queue="billing", at=DAY)
