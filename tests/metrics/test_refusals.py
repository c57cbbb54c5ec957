"""What is asked with a wrong type, an unknown name or half a character: refused in our words."""

from datetime import UTC, date, datetime
from typing import Any

import attrs
import pytest
from tests.metrics.telling import DAY, conversation, told

from ccroute import ConfigError, ContactQueued, KpiAggregator, Rejected
from ccroute.metrics import Kpi, Metrics, civil_intervals, read_calls, zone_of

HALF = "caf\udce9"
QUEUED = ContactQueued(
    source="pbx", contact="c1", visit=1, queue="billing", sequence=1, at=100.0, since=100.0
)


def metrics(**settings: Any) -> Metrics:
    return Metrics(told(KpiAggregator(**settings), *conversation("c1", 0.0)))


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"kpis": [5]}, r"KPI 5: its name, as 'asa'"),
        ({"kpis": [None]}, r"KPI None: its name"),
        ({"kpis": 5}, r"kpis 5: names of KPIs, as \['asa', 'aht'\]"),
        ({"kpis": b"asa"}, r"kpis b'asa': names of KPIs"),
        ({"kpis": {"asa": 1}}, r"kpis {'asa': 1}: names of KPIs"),
        ({"zone": None}, r"no zone None: an IANA name"),
        ({"zone": 5}, r"no zone 5: an IANA name"),
        ({"zone": ["UTC"]}, r"no zone \['UTC'\]: an IANA name"),
        ({"zone": HALF}, r"no zone 'caf\\udce9': an IANA name"),
        ({"by": None}, r"by None: one name or several, as \['queue'\], or \(\) for totals"),
        ({"by": 5}, r"by 5: one name or several"),
        ({"by": b"queue"}, r"by b'queue': one name or several"),
        ({"by": {"queue": 1}}, r"by {'queue': 1}: one name or several"),
        ({"by": [5]}, r"by with 5: a text, as \['queue'\]"),
        ({"by": [["queue"]]}, r"by with \['queue'\]: a text"),
        ({"by": HALF}, r"by 'caf\\udce9' holds half a character \(a lone surrogate\)"),
        ({"by": "skill"}, r"by: no dimension 'skill': there are queue, .*, team, site; more of"),
        ({"by": "custom1"}, r"by: no dimension 'custom1'"),
        ({"where": {"skill": ["x"]}}, r"where: no dimension 'skill': there are queue, channel"),
        ({"where": ["queue"]}, r"where \['queue'\]: labels by dimension, as {'queue':"),
        ({"where": {5: ["x"]}}, r"where: dimension 5: a text"),
        ({"where": {"queue": 5}}, r"where: queue 5: labels, as {'queue': \['billing'\]}"),
        ({"where": {"queue": None}}, r"where: queue None: labels, .* or \[None\]"),
        ({"where": {"queue": [5]}}, r"where: queue with 5: a text"),
        ({"where": {"queue": [HALF]}}, r"where: queue with 'caf\\udce9' holds half a character"),
        ({"interval": 5}, r"interval 5: one of 15min, 30min"),
        ({"interval": ["day"]}, r"interval \['day'\]: one of 15min"),
        ({"basis": None}, r"basis None: one of offered"),
        ({"basis": ["offered"]}, r"basis \['offered'\]: one of offered"),
        ({"targets": 5}, r"targets 5: T and S in seconds by label, as {'billing': \(20, 5\)}"),
        ({"targets": {5: (20, 5)}}, r"target of 5: a text, as 'billing'"),
        ({"targets": {HALF: (20, 5)}}, r"target of 'caf\\udce9' holds half a character"),
        ({"target_by": 5}, r"target_by 5 without targets"),
        ({"target_by": "skill", "targets": {"x": (20, 5)}}, r"targets by 'skill', but the report"),
        ({"given": 5}, r"given 5: numbers by name, as {'forecast': 120}"),
        ({"start": "yesterday"}, r"start 'yesterday': an aware datetime or seconds"),
        ({"end": [1]}, r"end \[1\]: an aware datetime or seconds"),
        ({"now": object}, r"now <class 'object'>: an aware datetime or seconds"),
    ],
)
def test_a_report_asked_wrongly_says_what_would_do(asked: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        metrics(dimensions=["site"]).report(**asked)


def test_a_report_is_asked_by_all_there_is() -> None:
    counted = metrics(dimensions=["site"])
    assert len(counted.report("site", kpis=["offered"])) == 1
    assert len(counted.report((), kpis="offered")) == 1
    assert len(counted.report(iter(["queue"]), kpis=iter(["offered"]))) == 1  # type: ignore[arg-type]
    assert len(counted.report(where={"queue": "billing", "site": [None]})) == 1


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"kpi": 5}, r"KPI 5: its name"),
        ({"queue": 5}, r"queue 5: a text, as 'billing'"),
        ({"agent": ["ana"]}, r"agent \['ana'\]: a text"),
        ({"queue": HALF}, r"queue 'caf\\udce9' holds half a character"),
        ({"where": {"skill": ["x"]}}, r"where: no dimension 'skill'"),
    ],
)
def test_an_explanation_asked_wrongly_says_what_would_do(asked: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        metrics().explain(**{"kpi": "asa", **asked})


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"start": DAY + 1, "end": DAY}, r"end 1700006400.0 lies before start 1700006401.0: give"),
        (
            {"start": datetime(2026, 3, 2, tzinfo=UTC), "end": datetime(2026, 3, 1, tzinfo=UTC)},
            r"end 2026-03-01 00:00:00\+00:00 lies before start 2026-03-02 00:00:00\+00:00",
        ),
        ({"basis": "mean"}, r"basis 'mean': one of offered"),
        ({"where": {"skill": ["x"]}}, r"where: no dimension 'skill': there are queue"),
        ({"where": {"queue": [HALF]}}, r"holds half a character"),
    ],
)
def test_visits_asked_wrongly_say_what_would_do(asked: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        metrics().visits(**{"start": DAY, "end": DAY + 900.0, **asked})
    assert metrics().visits(DAY, DAY) == []  # an empty range is one


@pytest.mark.parametrize("seen", [-1, 1.5, "1", None, True, 1 << 64])
def test_changes_are_asked_from_a_number_on(seen: Any) -> None:
    with pytest.raises(ConfigError, match="the number that changes\\(\\) gave last, or 0"):
        metrics().changes(seen)


def test_changes_of_another_aggregator_are_refused() -> None:
    with pytest.raises(
        ConfigError, match=r"seen 7 lies after the last change, 0: .* from number 0"
    ):
        metrics().changes(7)


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ({"target": 5}, r"no target 5: "),
        ({"target": ["x"]}, r"no target \['x'\]: "),
        ({"year": "2027"}, r"year '2027', start None, end None: a range of days: year=2027"),
        ({"year": True}, r"year True, start None"),
        ({"year": None, "start": date(2027, 1, 1)}, r"start 2027-01-01, end None: a range"),
        (
            {"year": None, "start": date(2027, 2, 1), "end": date(2027, 1, 1)},
            r"start 2027-02-01, end 2027-01-01: a range of days: .* and a later end",
        ),
        (
            {"year": None, "start": datetime(2027, 1, 1, tzinfo=UTC), "end": date(2027, 2, 1)},
            r"start datetime.datetime\(2027, 1, 1.*: a range of days",
        ),
        ({"step": "week"}, r"step 'week': day or month"),
        ({"zone": 5}, r"no zone 5"),
        ({"where": {"skill": ["x"]}}, r"where: no dimension 'skill'"),
    ],
)
def test_an_audit_asked_wrongly_says_what_would_do(asked: dict[str, Any], says: str) -> None:
    aggregator = KpiAggregator()
    line = "help,2027-01-10T10:00:00Z,abandoned,1"
    read_calls(["queue,entered,outcome,wait", line]).post(aggregator)
    question = {"target": "es.ley_10_2025.calls", "year": 2027, **asked}
    with pytest.raises(ConfigError, match=says):
        Metrics(aggregator).audit(**question)


@pytest.mark.parametrize("name", ["source", "contact", "queue"])
def test_half_a_character_in_an_event_is_refused(name: str) -> None:
    counted = Metrics()
    with pytest.raises(Rejected, match=r"'caf\\udce9' in contact_queued holds half a") as refused:
        counted.fold(attrs.evolve(QUEUED, **{name: HALF}))
    assert refused.value.code == "invalid_value"
    counted.fold(QUEUED)
    assert counted.report(kpis=["offered"])["billing"]["offered"].value == 1
    assert counted.aggregator.names("queue") == ["billing"]


def test_half_a_character_in_a_target_or_a_formula_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"target of 'caf.* holds half a character"):
        Metrics(targets={HALF: (20, 5)})
    for name in (HALF, r"caf\udce9"):  # as it is, and as Python writes it
        with pytest.raises(ConfigError, match=r"KPI 'my\.code': formula"):
            Kpi(id="my.code", title="Code", unit="n", numerator=f'code("{name}")')


def test_intervals_and_zones_are_asked_by_name() -> None:
    with pytest.raises(ConfigError, match="interval None: one of 15min"):
        civil_intervals(0.0, 900.0, None, "UTC")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="no zone None"):
        zone_of(None)  # type: ignore[arg-type]
