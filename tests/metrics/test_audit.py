"""Targets set by law: the data that come with ccroute, and the table of one."""

import csv
import io
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from ccroute import ConfigError, KpiAggregator
from ccroute.metrics import (
    BUILT_IN,
    Audit,
    Kpi,
    LegalTarget,
    Metrics,
    legal_targets,
    load_target,
    read_calls,
)

MADRID = ZoneInfo("Europe/Madrid")
SPAIN = "es.ley_10_2025.calls"
HEAD = "contact,queue,entered,outcome,wait,agent,client"
OWN = """\
id = "acme.calls"
jurisdiction = "contract with Acme"
title = "Calls answered within 20 seconds"
text = "80 % within 20 seconds, month by month."
source = "contract of 1 March 2026, annex 2"
valid_from = 2026-03-01
kpi = "sl.answered_within(T=20)"
goal = 0.8
period = "year"
by = ["client"]
zone = "America/Bogota"
"""


def call(day: date, number: int, wait: float, outcome: str = "answered") -> str:
    at = datetime(day.year, day.month, day.day, 10, tzinfo=MADRID) + timedelta(seconds=number)
    agent = "ana" if outcome == "answered" else ""
    return f"{day}-{number},help,{at.isoformat()},{outcome},{wait},{agent},acme"


def centre(*rows: str, until: date = date(2027, 4, 1)) -> Metrics:
    aggregator = KpiAggregator(retention=1e9)
    read_calls([HEAD, *rows]).post(aggregator)
    at = datetime(until.year, until.month, until.day, tzinfo=UTC).timestamp()
    aggregator.advance(at, source="calls")
    return Metrics(aggregator)


def spanish_quarter() -> Metrics:
    rows = [call(date(2027, 1, 10), n, 10.0) for n in range(90)]
    rows += [call(date(2027, 1, 10), 90 + n, 400.0) for n in range(10)]
    rows += [call(date(2027, 3, 2), n, 179.9) for n in range(198)]
    rows += [call(date(2027, 3, 2), 200 + n, 180.0) for n in range(2)]
    return centre(*rows)


def test_every_target_is_dated_sourced_and_marked() -> None:
    known = legal_targets()
    assert {SPAIN, "gb.ofcom.abandoned_calls_2006", "gb.ofcom.abandoned_calls"} <= known.keys()
    assert {"us.fcc.abandoned_calls", "us.ftc.abandoned_calls"} <= known.keys()
    for target in known.values():
        assert target.source
        assert target.unverified
        assert "check with counsel" in target.status
        assert BUILT_IN.ask(target.kpi).kpi.unit == "ratio"
    assert known["gb.ofcom.abandoned_calls_2006"].valid_until == date(2017, 3, 1)
    assert known["gb.ofcom.abandoned_calls"].goal is None


def test_a_year_to_date_is_made_of_sums() -> None:
    audit = spanish_quarter().audit(SPAIN, year=2027)
    january, february, march = audit.rows
    assert (january.numerator, january.denominator, january.value) == (90, 100, 0.9)
    assert (january.met, february.met, march.met) == (False, False, True)
    assert (february.denominator, february.value, february.value_to_date) == (0, None, 0.9)
    assert (march.numerator, march.value) == (198, 0.99)
    assert (march.numerator_to_date, march.denominator_to_date) == (288, 300)
    assert march.value_to_date == 0.96
    assert audit.outcomes() == (march,)


def test_days_on_which_nothing_was_counted_are_named() -> None:
    audit = spanish_quarter().audit(SPAIN, year=2027, step="day")
    assert [row.start for row in audit.rows if not row.missing] == [
        date(2027, 1, 10),
        date(2027, 3, 2),
    ]
    assert audit.rows[0].missing == (date(2027, 1, 1),)
    assert audit.through == date(2027, 3, 3)
    months = spanish_quarter().audit(SPAIN, year=2027, now=datetime(2027, 4, 2, tzinfo=MADRID))
    assert [len(row.missing) for row in months.rows] == [30, 28, 30, 2]


def test_what_is_not_final_says_so() -> None:
    rows = [call(date(2027, 1, 10), n, 10.0) for n in range(3)]
    early = centre(*rows, until=date(2027, 1, 10)).audit(SPAIN, year=2027, step="day")
    assert [row.final for row in early.rows[-2:]] == [True, False]
    assert centre(*rows).audit(SPAIN, year=2027).rows[-1].final


def test_a_correction_shows_in_the_revision() -> None:
    metrics = spanish_quarter()
    row = call(date(2027, 1, 10), 0, 500.0)
    read_calls([f"{HEAD},revision,visit", f"{row},2,1"]).post(metrics.aggregator)
    january = metrics.audit(SPAIN, year=2027).rows[0]
    assert (january.numerator, january.revision > 0) == (89, True)


def test_days_before_it_was_in_force_are_left_out() -> None:
    rows = [call(date(2026, 12, day), 0, 400.0) for day in (10, 29)]
    audit = centre(*rows).audit(SPAIN, year=2026)
    assert audit.rows[0].denominator == 1
    assert audit.start == date(2026, 12, 28)
    assert audit.notes == ("in force from 2026-12-28: days before are left out",)
    with pytest.raises(ConfigError, match="in force from 2026-12-28: not in 2025-01-01"):
        centre(*rows).audit(SPAIN, year=2025)
    with pytest.raises(ConfigError, match="in force from 2006-03-01 until 2017-03-01: not in 2027"):
        centre(*rows).audit("gb.ofcom.abandoned_calls_2006", year=2027)


def dialled(*attempts: tuple[date, str, bool]) -> Metrics:
    """Calls of a dialler that a person picked up: day, campaign, whether no agent came."""
    aggregator = KpiAggregator(retention=1e9)
    count = len(attempts)
    campaigns = sorted({campaign for _, campaign, _ in attempts})
    entered = [datetime(d.year, d.month, d.day, 18, tzinfo=UTC).timestamp() for d, _, _ in attempts]
    contacts = aggregator.contacts([f"d{n}" for n in range(count)], source="dialler")
    aggregator.post_visits(
        {
            "contact": contacts,
            "entered_us": np.array(entered, dtype=np.float64).astype(np.int64) * 1_000_000,
            "queue": np.zeros(count, dtype=np.int32),
            "campaign": np.array([campaigns.index(c) for _, c, _ in attempts], dtype=np.int32),
            "course": np.ones(count, dtype=np.uint8),
        },
        names=[("queue", ["outbound"]), ("campaign", campaigns)],
        source="dialler",
    )
    for (_, _, abandoned), contact, at in zip(attempts, contacts.tolist(), entered, strict=True):
        for code in ("dial.live", *(["dial.live_abandoned"] if abandoned else [])):
            aggregator.mark(contact, code, at, source="dialler")
    return Metrics(aggregator)


def test_periods_of_thirty_days_begin_anew_for_each_campaign() -> None:
    first, later = date(2027, 1, 1), date(2027, 2, 5)
    attempts = [(first, "may", n < 4) for n in range(100)]
    attempts += [(later, "may", n < 2) for n in range(100)]
    attempts += [(later, "june", False)]
    audit = dialled(*attempts).audit(
        "us.fcc.abandoned_calls",
        start=first,
        end=date(2027, 3, 2),
        zone="America/New_York",
    )
    outcomes = {
        (row.labels["campaign"], row.period): (row.value_to_date, row.met)
        for row in audit.outcomes()
    }
    assert outcomes == {
        ("june", first): (None, None),
        ("june", date(2027, 1, 31)): (0.0, True),
        ("may", first): (0.04, False),
        ("may", date(2027, 1, 31)): (0.02, True),
    }


def test_without_a_goal_nothing_is_met_or_missed() -> None:
    audit = dialled((date(2027, 1, 1), "may", True)).audit(
        "gb.ofcom.abandoned_calls", start=date(2027, 1, 1), end=date(2027, 1, 2)
    )
    (row,) = audit.rows
    assert (row.value, row.met) == (1.0, None)
    assert "goal:       none set" in str(audit)


def test_the_table_leaves_as_text_csv_and_json() -> None:
    audit = spanish_quarter().audit(SPAIN, year=2027)
    printed = str(audit)
    for words in ("check with counsel", "unverified: whether abandoned", "at least 95.0 %"):
        assert words in printed
    assert printed.splitlines()[-1].split() == [
        *("2027-03-01", "200", "198", "99.0", "%", "96.0", "%", "met", "yes", "1")
    ]
    rows = list(csv.DictReader(io.StringIO(audit.to_csv())))
    assert [row["value_to_date"] for row in rows] == ["0.9", "0.9", "0.96"]
    assert (rows[1]["value"], rows[2]["met"], rows[2]["missing"]) == ("", "true", "2027-03-01")
    told = json.loads(audit.to_json())
    assert told["target"]["source"].startswith("Ley 10/2025")
    assert told["rows"][2]["denominator_to_date"] == 300
    assert told["variant"] == "sl.answered_below(T=180s)"


def test_nothing_counted_is_an_answer() -> None:
    audit: Audit = Metrics(KpiAggregator()).audit(
        SPAIN, year=2027, now=datetime(2027, 1, 2, 12, tzinfo=MADRID)
    )
    (row,) = audit.rows
    assert (row.denominator, row.value, row.met, len(row.missing)) == (0, None, None, 2)


def test_a_contract_is_a_target_too(tmp_path: Path) -> None:
    path = tmp_path / "acme.toml"
    path.write_text(OWN)
    target = load_target(path)
    assert isinstance(target, LegalTarget)
    (row, *_) = spanish_quarter().audit(target, year=2027).rows
    assert (row.labels, row.numerator, row.met) == ({"client": "acme"}, 90, True)


def test_a_contract_may_go_by_a_kpi_of_ones_own(tmp_path: Path) -> None:
    metrics = spanish_quarter()
    own = Kpi(
        id="acme.sl",
        title="Within 20 s of all offered",
        unit="ratio",
        numerator="within(wait_answered, T)",
        denominator="offered",
        parameters={"T": 20.0},
    )
    metrics.registry.add(own)
    path = tmp_path / "acme.toml"
    path.write_text(OWN.replace("sl.answered_within(T=20)", "acme.sl") + 'basis = "completion"\n')
    with pytest.raises(ConfigError, match=r"no KPI 'acme.sl'"):
        load_target(path)
    audit = metrics.audit(load_target(path, registry=metrics.registry), year=2027)
    assert (audit.rows[0].numerator, audit.variant) == (90, "acme.sl(T=20s)")
    assert "  basis:      completion" in str(audit).splitlines()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("goal = 0.8", "goal = 80", "goal 80: a share of 1"),
        ("goal = 0.8", "goel = 0.8", "no key 'goel' in a target: basis"),
        ('title = "C', '# "C', "a target needs 'title': add it"),
        ("2026-03-01", '"2026-03-01"', "valid_from '2026-03-01': a day"),
        ('period = "year"', 'period = "month"', "period 'month': \"year\" or"),
        ('period = "year"', "period = { days = 0 }", "period {'days': 0}"),
        ("sl.answered_within(", "sl.answered_wthin(", "no KPI 'sl.answered_wthin'"),
        ('kpi = "sl.answered_within(T=20)"', 'kpi = "asa"', "kpi 'asa' is no ratio"),
        ("America/Bogota", "Mars", "no zone 'Mars'"),
        ('by = ["client"]', 'by = "client"', "by 'client': a list of texts"),
        ("goal = 0.8", 'reach = "over"', "reach 'over': at_least or at_most"),
        ("goal = 0.8", 'basis = "ofered"', "basis 'ofered': one of offered, event"),
        ("goal = 0.8", 'basis = "split"', "means nothing on basis 'split': one of offered"),
        ("goal = 0.8", "valid_until = 2026-01-01", "valid_until 2026-01-01 does not lie after"),
        ("goal = 0.8", "goal =", "no TOML"),
    ],
)
def test_what_is_wrong_with_a_target_is_named(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    path = tmp_path / "acme.toml"
    path.write_text(OWN.replace(old, new))
    with pytest.raises(ConfigError) as raised:
        load_target(path)
    assert str(raised.value).startswith(f"{path}: ")
    assert said in str(raised.value)


@pytest.mark.parametrize(
    ("target", "asked", "said"),
    [
        ("es.calls", {"year": 2027}, "no target 'es.calls': es.ley_10_2025.calls, gb.ofcom"),
        (SPAIN, {}, "a range of days: year=2027"),
        (SPAIN, {"year": 2027, "start": date(2027, 1, 1)}, "a range of days"),
        (SPAIN, {"start": date(2027, 1, 2), "end": date(2027, 1, 2)}, "a later end"),
        (SPAIN, {"year": 2027, "zone": "Mars"}, "no zone 'Mars'"),
        ("us.fcc.abandoned_calls", {"year": 2027}, "says no zone: give one"),
    ],
)
def test_what_is_asked_for_is_checked(target: str, asked: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        spanish_quarter().audit(target, **asked)  # type: ignore[arg-type]
