"""Civil intervals: whole cells, clock changes, odd zones, and what is refused."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccroute import ConfigError
from ccroute.metrics import Intervals, Metrics, civil_intervals, micros_of

QUARTER = 900_000_000
ZONES = [
    "UTC",
    "America/Bogota",
    "America/New_York",
    "America/Havana",
    "America/Sao_Paulo",
    "Asia/Kathmandu",
    "Asia/Kolkata",
    "Asia/Beirut",
    "Australia/Adelaide",
    "Australia/Eucla",
    "Australia/Lord_Howe",
    "Atlantic/Azores",
    "Europe/Berlin",
    "Pacific/Apia",
    "Pacific/Chatham",
]


def day(zone: str, on: str, interval: str = "15min", *, days: int = 1) -> Intervals:
    start = datetime.fromisoformat(on).replace(tzinfo=ZoneInfo(zone))
    return civil_intervals(start, start + timedelta(days=days), interval, zone)


@pytest.mark.parametrize(
    ("zone", "date", "quarters"),
    [
        ("Europe/Berlin", "2026-06-01", 96),
        ("Europe/Berlin", "2026-03-29", 92),
        ("Europe/Berlin", "2026-10-25", 100),
        ("America/New_York", "2026-03-08", 92),
        ("America/New_York", "2026-11-01", 100),
        ("America/Havana", "2026-11-01", 100),
        ("Australia/Lord_Howe", "2026-10-04", 94),
        ("Australia/Lord_Howe", "2026-04-05", 98),
        ("Asia/Kathmandu", "2026-06-01", 96),
        ("Pacific/Chatham", "2026-09-27", 92),
    ],
)
def test_a_day_has_as_many_quarters_as_its_clock_runs(zone: str, date: str, quarters: int) -> None:
    assert len(day(zone, date)) == quarters
    assert len(day(zone, date, "day")) == 1


def test_the_repeated_hour_is_shown_twice() -> None:
    found = [each for each in day("Europe/Berlin", "2026-10-25", "1h") if each.start.hour == 2]
    assert [(each.start.fold, each.offset) for each in found] == [
        (0, timedelta(hours=2)),
        (1, timedelta(hours=1)),
    ]
    assert [str(each) for each in found] == ["2026-10-25 02:00", "2026-10-25 02:00+0100"]


def test_a_clock_that_jumps_half_an_hour_cuts_the_hour() -> None:
    hours = list(day("Australia/Lord_Howe", "2026-04-05", "1h"))
    assert len(hours) == 25
    shown = [f"{each.start:%H:%M}/{each.start.fold}" for each in hours[:4]]
    assert shown == ["00:00/0", "01:00/0", "01:30/1", "02:00/0"]


@pytest.mark.parametrize("zone", ["Asia/Kathmandu", "Asia/Kolkata", "Australia/Eucla"])
def test_hours_follow_the_local_clock(zone: str) -> None:
    hours = day(zone, "2026-06-01", "1h")
    assert len(hours) == 24
    assert all(each.start.minute == 0 for each in hours)


def test_a_day_whose_midnight_is_skipped_begins_with_the_jump() -> None:
    found = day("America/Sao_Paulo", "2018-11-03", "day", days=3)
    assert [f"{each.start:%d %H:%M}" for each in found] == ["03 00:00", "04 01:00", "05 00:00"]
    assert np.diff(found.edges).tolist() == [24 * 4 * QUARTER, 23 * 4 * QUARTER, 24 * 4 * QUARTER]


def test_a_skipped_day_is_no_interval() -> None:
    found = day("Pacific/Apia", "2011-12-29", "day", days=3)
    assert [each.start.day for each in found] == [29, 31]


def test_weeks_begin_on_monday_and_months_on_the_first() -> None:
    bogota = ZoneInfo("America/Bogota")
    weeks = civil_intervals(
        datetime(2026, 6, 1, tzinfo=bogota),
        datetime(2026, 6, 29, tzinfo=bogota),
        "week",
        "America/Bogota",
    )
    assert [each.start.isoweekday() for each in weeks] == [1] * 4
    months = civil_intervals(
        datetime(2024, 1, 1, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC), "month", "UTC"
    )
    lengths = (np.diff(months.edges) // (96 * QUARTER)).tolist()
    assert lengths == [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]


dates = st.dates(min_value=date(1975, 1, 1), max_value=date(2036, 1, 1))


@given(st.sampled_from(ZONES), dates, st.sampled_from(["15min", "30min", "1h", "day"]))
def test_intervals_tile_the_days_and_show_the_clock(zone: str, on: date, kind: str) -> None:
    whole = day(zone, f"{on}", "day", days=3)
    found = civil_intervals(whole[0].start, whole[-1].end, kind, zone)
    edges = found.edges
    assert (np.diff(edges) > 0).all()
    assert not (edges % QUARTER).any()
    assert edges[0] == whole.edges[0]
    assert edges[-1] == whole.edges[-1]
    assert set(whole.edges.tolist()) <= set(edges.tolist())
    step = {"15min": 15, "30min": 30, "1h": 60, "day": 1440}[kind]
    for each in found:
        lasted = each.end.astimezone(UTC) - each.start.astimezone(UTC)
        if kind != "day":
            assert lasted <= timedelta(minutes=step)
            on_the_clock = (each.start.hour * 60 + each.start.minute) % step == 0
            jumped = (
                each.start.utcoffset()
                != (
                    (each.start.astimezone(UTC) - timedelta(seconds=1)).astimezone(ZoneInfo(zone))
                ).utcoffset()
            )
            assert on_the_clock or jumped


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"start": datetime(2026, 6, 1, tzinfo=UTC).replace(tzinfo=None)}, "names no zone"),
        ({"start": datetime(2026, 6, 1, 0, 10, tzinfo=UTC)}, "no edge of '15min'"),
        ({"end": datetime(2026, 5, 1, tzinfo=UTC)}, "give the earlier first"),
        ({"zone": "America/Bogotá"}, "IANA name"),
        ({"zone": "../etc/passwd"}, "IANA name"),
        ({"zone": ""}, "IANA name"),
        ({"interval": "5min"}, "one of 15min"),
        ({"cell": 3600.0}, "no multiple of the cells"),
        ({"cell": 420.0}, "no multiple of the cells"),
        ({"end": datetime(2056, 6, 1, tzinfo=UTC)}, "more than 1000000"),
        ({"cell": 0.0}, "from a microsecond to a day"),
        ({"start": float("nan")}, "aware datetime or seconds"),
        ({"start": "2026-06-01"}, "aware datetime or seconds"),
        ({"start": 1e15}, "from 1900 to 2200"),
        ({"end": datetime.max.replace(tzinfo=UTC)}, "from 1900 to 2200"),
    ],
)
def test_what_cannot_be_is_refused(change: dict[str, object], words: str) -> None:
    plain: dict[str, object] = {
        "start": datetime(2026, 6, 1, tzinfo=UTC),
        "end": datetime(2026, 6, 2, tzinfo=UTC),
        "interval": "15min",
        "zone": "UTC",
    }
    with pytest.raises(ConfigError) as refused:
        civil_intervals(**{**plain, **change})  # type: ignore[arg-type]
    assert words in str(refused.value)


def test_a_day_that_cuts_cells_is_refused() -> None:
    with pytest.raises(ConfigError, match="lies within a cell"):
        day("Europe/Amsterdam", "1932-01-01", "day")  # an odd offset then
    with pytest.raises(ConfigError, match="lies within a cell"):
        day("America/St_Johns", "1990-10-28")  # the clock went back at 00:01


def test_a_day_starts_on_an_edge_of_a_day() -> None:
    noon = datetime(2026, 6, 1, 12, tzinfo=UTC)
    with pytest.raises(ConfigError, match=r"take 2026-06-01T00:00:00\+00:00 or 2026-06-02"):
        civil_intervals(noon, noon + timedelta(days=1), "day", "UTC")


def test_finer_cells_let_finer_edges_be() -> None:
    start = datetime(2026, 6, 1, tzinfo=UTC)
    found = civil_intervals(start, start + timedelta(hours=1), "15min", "UTC", cell=300.0)
    assert len(found) == 4


def test_a_range_may_be_open_and_lies_on_edges_of_cells() -> None:
    metrics, start = Metrics(), datetime(2026, 6, 1, tzinfo=UTC)
    assert metrics.report().range() == (None, None)
    assert metrics.report(start=start).range() == (start, None)
    assert metrics.report(end=start).range() == (None, start)
    with pytest.raises(ConfigError, match="within a cell"):
        metrics.report(start=start + timedelta(minutes=1))


def test_an_hour_that_the_clock_skips_is_no_instant() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    for fold in (0, 1):
        with pytest.raises(ConfigError, match=r"start 2026-03-29T02:30:00 is no time of Europe/Be"):
            micros_of(datetime(2026, 3, 29, 2, 30, tzinfo=berlin, fold=fold), "start")
    assert micros_of(datetime(2026, 3, 29, 3, 0, tzinfo=berlin), "start") == 1_774_746_000_000_000
    twice = datetime(2026, 10, 25, 2, 30, tzinfo=berlin)
    hour = micros_of(twice.replace(fold=1), "start") - micros_of(twice, "start")
    assert hour == 3_600_000_000


def test_a_midnight_that_the_clock_skips_begins_its_day() -> None:
    santiago = ZoneInfo("America/Santiago")
    midnight = micros_of(datetime(2026, 9, 6, tzinfo=santiago), "start")
    assert midnight == micros_of(datetime(2026, 9, 6, 1, tzinfo=santiago), "start")
