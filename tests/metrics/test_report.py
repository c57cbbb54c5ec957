"""Reports: what is asked of the source, and what a row says."""

import csv
import io
import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.metrics.engine import build
from tests.metrics.fake import CALLS, DAY, NEXT, Fake, Seen, Spent
from tests.metrics.telling import conversation, in_time, told, waited

from ccroute import ConfigError
from ccroute.metrics import BUILT_IN, Kpi, Metrics, explain
from ccroute.metrics.registry import disposition


def test_the_default_report() -> None:
    row = build(Fake(*CALLS))["billing"]
    assert {name: str(value) for name, value in row} == {
        "offered": "5",
        "answered": "2",
        "abandoned": "2",
        "left": "1",
        "sl.answered_within": "25.0 %",
        "abandon.of_answered_and_abandoned": "50.0 %",
        "asa": "14.5 s",
        "wait.p50": "4.0 s",
        "wait.p90": "25.0 s",
        "wait.p95": "25.0 s",
        "wait.longest": "25.0 s",
        "aht": "185.0 s",
    }


def test_a_ratio_comes_with_everything_behind_it() -> None:
    value = build(Fake(*CALLS))["sales"]["sl.answered_within"]
    assert (value.value, value.numerator, value.denominator, value.n) == (0.5, 1, 2, 2)
    assert value.variant == "sl.answered_within(T=20s)"
    assert (value.final, value.revision, value.basis) == (False, 2, "offered")


def test_nothing_out_of_nothing_is_null_with_a_reason() -> None:
    lost = Seen(end="timed_out")
    row = build(Fake(lost), kpis=["asa", "sl.late_abandons", "wait.p90", "wait.longest", "offered"])
    row_of = row["billing"]
    for name in ("asa", "sl.late_abandons", "wait.p90", "wait.longest"):
        assert row_of[name].value is None
        assert row_of[name].reason
    assert row_of["offered"].value == 1


def test_the_source_is_asked_once_for_all_fields() -> None:
    source = Fake(*CALLS)
    build(source, targets={"billing": (60, 5), "sales": (10, 10)})
    ((by, fields, basis),) = source.asked
    assert (by, basis) == (("queue",), "offered")
    assert len(fields) == len(set(fields))
    thresholds = {name for name in fields if ".within:" in name}
    assert thresholds == {f"wait_answered.within:{t}000000" for t in (10, 20, 60)}


def test_each_queue_is_measured_by_its_own_target() -> None:
    table = build(
        Fake(*CALLS, Seen(queue="other", wait=15)),
        kpis=["sl.answered_within", "sl.short_excluded", "sl.answered_within(T=30)"],
        targets={"billing": (30, 5), "sales": (60, 0)},
    )
    variants = {row.labels["queue"]: row["sl.short_excluded"].variant for row in table}
    assert variants == {
        "billing": "sl.short_excluded(T=30s, S=5s)",
        "other": "sl.short_excluded(T=20s, S=5s)",
        "sales": "sl.short_excluded(T=60s, S=0s)",
    }
    own = {
        row.labels["queue"]: str(row.table.column("sl.answered_within").value(row.place))
        for row in table
    }
    assert own == {"billing": "50.0 %", "other": "100.0 %", "sales": "100.0 %"}
    assert str(table["sales"]["sl.answered_within(T=30)"]) == "50.0 %"
    assert "sl.short_excluded(T: own, S: own)" in str(table)


def test_a_report_on_one_queue_takes_its_target() -> None:
    table = build(
        Fake(*CALLS),
        by=[],
        where={"queue": ["sales"]},
        kpis=["sl.answered_within"],
        targets={"sales": (60, 0)},
    )
    assert table[()]["sl.answered_within"].variant == "sl.answered_within(T=60s)"


def test_other_dimensions_may_have_targets() -> None:
    table = build(
        Fake(Seen(client="acme", wait=25), Seen(client=None, wait=25)),
        by=["client"],
        kpis=["sl.answered_within"],
        targets={"acme": (30, 0)},
        target_by="client",
    )
    assert [row["sl.answered_within"].value for row in table] == [0.0, 1.0]
    assert table[None]["sl.answered_within"].value == 0.0


def test_intervals_are_rows_of_their_own() -> None:
    table = build(
        Fake(*CALLS), interval="15min", zone="America/Bogota", start=DAY.timestamp() + 5 * 3600,
        end=NEXT.timestamp() + 5 * 3600, kpis=["offered"],
    )  # fmt: skip
    bogota = ZoneInfo("America/Bogota")
    assert [(row.labels["queue"], row.start, row["offered"].value) for row in table] == [
        ("billing", datetime(2026, 6, 1, 7, 0, tzinfo=bogota), 3),
        ("billing", datetime(2026, 6, 1, 7, 15, tzinfo=bogota), 2),
        ("sales", datetime(2026, 6, 1, 7, 0, tzinfo=bogota), 2),
    ]
    assert table["billing", datetime(2026, 6, 1, 12, 15, tzinfo=UTC)]["offered"].value == 2
    assert len(table.select("billing")) == 2
    with pytest.raises(KeyError, match="2 rows here"):
        table["billing"]


def test_the_repeated_hour_is_two_rows() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    first = datetime(2026, 10, 25, 2, tzinfo=berlin)
    again = first.replace(fold=1)
    table = build(
        Fake(Seen(at=first.timestamp()), Seen(at=again.timestamp()), Seen(at=again.timestamp())),
        interval="1h",
        zone="Europe/Berlin",
        start=datetime(2026, 10, 25, tzinfo=berlin),
        end=datetime(2026, 10, 26, tzinfo=berlin),
        kpis=["offered"],
    )
    assert table["billing", first]["offered"].value == 1
    assert table["billing", again]["offered"].value == 2
    assert "2026-10-25 02:00+0100" in str(table)


def test_agents_time_beside_queues_is_a_second_question() -> None:
    source = Fake(*CALLS, Spent(agent="ana", state="idle", start=0, end=100))
    table = build(source, by=[], kpis=["offered", "time.idle", "abandoned"])
    assert len(source.asked) == 2
    assert [str(value) for _, value in table[()]] == ["7", "100.0 s", "2"]
    source.asked.clear()
    build(source, by=["agent"], kpis=["handled", "time.idle", "occupancy.handling"])
    assert len(source.asked) == 1


def test_a_kpi_of_another_basis_says_so() -> None:
    table = build(Fake(*CALLS), by=[], kpis=["offered", "sl.at_event"])
    value = table[()]["sl.at_event"]
    assert (value.basis, str(value)) == ("sl_event", "28.6 %")
    assert "sl.at_event(T=20s) on basis sl_event" in str(table)


def test_given_numbers_come_by_label_or_interval() -> None:
    kpis = ["forecast.variance", "utilisation.paid"]
    source = Fake(*CALLS)
    table = build(source, kpis=kpis[:1], given={"forecast": {"billing": 6, "sales": None}})
    assert str(table["billing"][kpis[0]]) == "20.0 %"
    assert table["sales"][kpis[0]].reason == "a number that the report must be given is missing"
    by_interval = build(
        source, kpis=kpis[:1], interval="1h", start=DAY, end=NEXT,
        given={"forecast": lambda labels, start: 10 if start and start.hour == 12 else None},
    )  # fmt: skip
    assert str(by_interval["billing"][kpis[0]]) == "100.0 %"
    with pytest.raises(ConfigError, match=r"given=\{'paid'"):
        build(source, by=["agent"], kpis=kpis[1:])


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"billing": 6}, "given 'forecast' has no number for 'sales'"),
        ({"billing": 6, "sales": "many"}, "given 'forecast' for 'sales' is 'many'"),
        ({"billing": 1e30, "sales": 6}, "given 'forecast' for 'billing' is 1e+30"),
        (float("inf"), "given 'forecast' for 'billing' is inf"),
        (float("nan"), "given 'forecast' for 'billing' is nan"),
        (lambda labels, start: True, "given 'forecast' for 'billing' is True"),
    ],
)
def test_given_numbers_that_are_none_are_named(given: object, words: str) -> None:
    with pytest.raises(ConfigError) as refused:
        build(Fake(*CALLS), kpis=["forecast.variance"], given={"forecast": given})
    assert words in str(refused.value)
    with pytest.raises(ConfigError, match="for the total is -inf"):
        build(Fake(*CALLS), by=[], kpis=["forecast.variance"], given={"forecast": -np.inf})


def test_given_numbers_may_be_numpys() -> None:
    given = {"forecast": {"billing": np.int64(6), "sales": np.float64(2.5)}}
    table = build(Fake(*CALLS), kpis=["forecast.variance"], given=given)
    assert [str(row["forecast.variance"]) for row in table] == ["20.0 %", "25.0 %"]


def test_targets_that_no_row_can_go_by_are_refused() -> None:
    asked = {"kpis": ["sl.answered_within"], "targets": {"billing": (60, 5)}}
    with pytest.raises(ConfigError, match=r"targets by 'queue', but the report is by \['client'\]"):
        build(Fake(*CALLS), by=["client"], **asked)
    with pytest.raises(ConfigError, match="ask for one label of it with where"):
        build(Fake(*CALLS), by=[], where={"queue": ["billing", "sales"]}, **asked)
    with pytest.raises(ConfigError, match=r"no queue 'biling' was counted; .*: billing, sales"):
        build(Fake(*CALLS), kpis=["offered"], targets={"biling": (60, 5)})
    with pytest.raises(ConfigError, match="target_by 'client' without targets"):
        build(Fake(*CALLS), target_by="client")
    absent = build(Fake(*CALLS), where={"queue": ["sales"]}, **asked)
    assert absent["sales"]["sl.answered_within"].variant == "sl.answered_within(T=20s)"
    assert len(build(Fake(), **asked)) == 0


def test_the_queues_own_targets_stay_out_of_other_reports() -> None:
    metrics = Metrics(Fake(*CALLS), targets={"billing": (60.0, 5.0), "quiet": (10.0, 5.0)})
    value = metrics.report("client", kpis=["sl.answered_within"])[None]["sl.answered_within"]
    assert value.variant == "sl.answered_within(T=20s)"


BY_QUEUE = "agents' time is kept by agent and team"


@pytest.mark.parametrize(
    ("asked", "kpi", "words"),
    [
        ({"by": ["queue"]}, "time.idle", f"{BY_QUEUE}: ask by=['agent']"),
        ({"by": ["agent", "queue"]}, "occupancy.handling", BY_QUEUE),
        ({"by": [], "where": {"queue": ["billing"]}}, "aht.attention", BY_QUEUE),
        ({"by": ["agent"]}, "asa", "waits belong to queues, not to agents or teams: ask by"),
        ({"by": ["agent"]}, "sl.answered_within", "waits belong to queues"),
        ({"by": ["team"]}, "sl.at_event", "waits belong to queues"),
        ({"basis": "split"}, "answered", "not counted on basis split: ask on another basis"),
        ({"basis": "split"}, "sl.answered_within", "not counted on basis split"),
        ({"basis": "split"}, "att", "not counted on basis split"),
        ({"basis": "split", "by": ["agent"]}, "offered", "waits belong to queues"),
    ],
)
def test_what_is_not_counted_so_is_no_zero(asked: dict[str, object], kpi: str, words: str) -> None:
    source = Fake(*CALLS, Spent(agent="ana", state="idle", start=0, end=100))
    with pytest.raises(ConfigError) as refused:
        build(source, kpis=[kpi], **asked)  # type: ignore[arg-type]
    assert f"KPI '{kpi}': {words}" in str(refused.value)
    table = build(source, kpis=["conversations", kpi], **asked)  # type: ignore[arg-type]
    for row in table:
        assert row["conversations"].value is not None
        value = row[kpi]
        assert (value.value, value.numerator, value.denominator, value.n) == (None,) * 4
        assert value.reason is not None
        assert words.startswith(value.reason) or value.reason.startswith(words)
    assert len(table)
    assert f"({table.column(kpi).lacking})" in " ".join(str(table).split())
    assert kpi in explain(kpi, table.row(0))
    figures = json.loads(table.to_json())["rows"][0]["kpis"]
    assert figures[kpi]["reason"] == table.column(kpi).lacking
    assert np.isnan(table.to_numpy()[kpi]).all()
    assert next(csv.DictReader(io.StringIO(table.to_csv())))[kpi] == ""


def test_figures_of_agents_and_their_time_mixed_with_waits_are_none() -> None:
    source = Fake(*CALLS, Spent(agent="ana", state="idle", start=0, end=100))
    own = Kpi(
        id="my.load", title="Offered an hour idle", unit="1/h", numerator="offered",
        denominator="time.idle", n="offered",
    )  # fmt: skip
    with pytest.raises(ConfigError, match=r"'my\.load': waits belong to queues"):
        build(source, by=[], kpis=[own])


def test_what_passes_is_asked_on_its_own_basis() -> None:
    own = Kpi(id="my.passed", title="Passed", unit="n", numerator="passed(20)")
    for basis in ("offered", "event", "split", "sl_event"):
        table = build(Fake(*CALLS), by=[], kpis=[own, "conversations"], basis=basis)
        value = table[()]["my.passed"]
        assert (value.value, value.basis) == (4, "sl_event")


def test_split_has_the_time_and_the_intervals_touched() -> None:
    metrics = Metrics()
    told(metrics.aggregator, *in_time(waited("c1", 890.0, 20.0), conversation("c2", 860.0)))
    kpis = ["offered", "conversations", "abandoned", "my.waited", "my.talk"]
    for name, formula in (("waited", "wait_abandoned.sum"), ("talk", "talk.sum")):
        metrics.registry.add(Kpi(id=f"my.{name}", title=name, unit="s", numerator=formula))
    table = metrics.report([], interval="15min", basis="split", kpis=kpis)
    assert [[value.value for _, value in row] for row in table] == [
        [2, 1, None, 10.0, 26.0],
        [1, 1, None, 10.0, 24.0],
    ]


def test_rates_by_the_hour_know_how_long_the_interval_was() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    start, end = datetime(2026, 3, 29, tzinfo=berlin), datetime(2026, 3, 30, tzinfo=berlin)
    calls = [Seen(at=start.timestamp())] * 46
    table = build(
        Fake(*calls), interval="day", zone="Europe/Berlin", start=start, end=end,
        kpis=["arrivals.per_hour"],
    )  # fmt: skip
    assert str(table["billing"]["arrivals.per_hour"]) == "2.0 /h"
    with pytest.raises(ConfigError, match="needs a start and an end"):
        build(Fake(*calls), kpis=["arrivals.per_hour"])


def test_own_kpis_need_no_rust() -> None:
    own = BUILT_IN.child(
        [
            Kpi(
                id="my.lost",
                title="Lost",
                unit="ratio",
                numerator="abandoned + left",
                denominator="offered",
            )
        ]
    )
    assert str(build(Fake(*CALLS), own, kpis=["my.lost"])["billing"]["my.lost"]) == "60.0 %"


def test_kpis_may_be_handed_in_themselves() -> None:
    sold = disposition("sale")
    assert build(Fake(*CALLS), kpis=["offered", sold])["sales"]["disposition.sale"].value == 1
    moved = disposition('moved "house"')
    told = Fake(Seen(codes=['moved "house"']))
    assert build(told, kpis=[moved])["billing"]["disposition.moved__house_"].value == 1


@given(
    st.lists(st.tuples(st.sampled_from(["a", "b"]), st.integers(0, 40), st.booleans()), min_size=1)
)
def test_ratios_are_made_of_sums_and_never_averaged(rows: list[tuple[str, int, bool]]) -> None:
    calls = [
        Seen(queue=queue, wait=wait, end="answered" if answered else "abandoned")
        for queue, wait, answered in rows
    ]
    kpis = ["sl.answered_within", "asa", "offered"]
    total = build(Fake(*calls), by=[], kpis=kpis)[()]
    parts = list(build(Fake(*calls), kpis=kpis))
    for name in kpis[:2]:
        assert total[name].numerator == sum(row[name].numerator or 0 for row in parts)
        assert total[name].denominator == sum(row[name].denominator or 0 for row in parts)


def test_huge_sums_stay_exact() -> None:
    class Huge(Fake):
        def query(self, by, fields, **asked):  # type: ignore[no-untyped-def]
            groups = super().query(by, fields, **asked)
            groups["columns"] = {name: np.array([2**62]) for name in groups["columns"]}
            return groups

    table = build(Huge(Seen()), kpis=["wait.all"])
    value = table["billing"]["wait.all"]
    assert value.numerator == value.denominator == 3 * 2**62
    assert value.value == 1e-6
    assert table.to_numpy()["wait.all.numerator"][0] == float(3 * 2**62)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"kpis": ["asaa"]}, "near: asa"),
        ({"kpis": []}, "name at least one"),
        ({"kpis": ["asa", "asa"]}, "asked for twice"),
        ({"kpis": ["fcr.within_7d"]}, "first_contact_resolution"),
        ({"kpis": ["waiting.now"]}, "live().queues[queue].waiting gives it"),
        ({"basis": "whenever"}, "one of offered"),
        ({"by": ["queue", "queue"]}, "twice"),
        ({"zone": "Mars/Olympus"}, "IANA name"),
        ({"interval": "5min"}, "one of 15min"),
        ({"start": NEXT, "end": DAY}, "earlier first"),
        ({"targets": {"billing": (-1, 5)}}, "T and S in seconds"),
        ({"kpis": ["sl.answered_within(T=21)"]}, "off the ladder"),
    ],
)
def test_questions_that_cannot_be_answered_are_refused(
    asked: dict[str, object], words: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        build(Fake(*CALLS), **asked)  # type: ignore[arg-type]
    assert words in str(refused.value)
