"""Calendars of a plan: when clocks change, days, holidays and special days."""

import sys
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from tests.scenarios.opening import DAYS, changes, plan_of, utc

from ccroute import (
    ConfigError,
    SetQueueOpen,
    openings,
)

ALWAYS = dict.fromkeys(DAYS, ("00:00-24:00",))


# When clocks change


def around(zone, day, intervals):
    """What happens from the day before to the day after."""
    noon = datetime.fromisoformat(f"{day} 12:00")
    before, after = ((noon + timedelta(sign)).isoformat() for sign in (-1, 1))
    return changes(before, after, zone=zone, special={day: intervals})


GAPS = [
    # 02:00 to 03:00 in Madrid at 01:00 UTC, in New York at 07:00 UTC.
    ("Europe/Madrid", "2026-03-29", "01:00-02:30", ["29 00:00", "29 01:00"]),
    ("Europe/Madrid", "2026-03-29", "02:30-05:00", ["29 01:00", "29 03:00"]),
    ("Europe/Madrid", "2026-03-29", "01:30-03:30", ["29 00:30", "29 01:30"]),
    ("Europe/Madrid", "2026-03-29", "02:00-03:00", []),
    ("Europe/Madrid", "2026-03-29", "02:10-02:50", []),
    ("America/New_York", "2026-03-08", "01:00-02:30", ["08 06:00", "08 07:00"]),
    ("America/New_York", "2026-03-08", "02:30-05:00", ["08 07:00", "08 09:00"]),
    ("America/New_York", "2026-03-08", "00:00-24:00", ["08 05:00", "09 04:00"]),
    # 02:00 to 02:30 at 15:30 UTC of the day before.
    ("Australia/Lord_Howe", "2026-10-04", "02:10-05:00", ["03 15:30", "03 18:00"]),
]


@pytest.mark.parametrize(("zone", "day", "interval", "when"), GAPS)
def test_an_hour_the_clock_skips_begins_or_ends_where_it_goes_on(zone, day, interval, when):
    (_, first), *rest = around(zone, day, [interval])
    assert not first
    assert rest == [(at, place == 0) for place, at in enumerate(when)]


FOLDS = [
    # 03:00 to 02:00 in Madrid at 01:00 UTC; 02:00 to 01:00 in New York at 06:00 UTC.
    ("Europe/Madrid", "2026-10-25", ["02:30-05:00"], ["25 00:30", "25 04:00"]),
    ("Europe/Madrid", "2026-10-25", ["01:00-02:30"], ["24 23:00", "25 01:30"]),
    ("Europe/Madrid", "2026-10-25", ["02:10-02:20"], ["25 00:10", "25 01:20"]),
    ("Europe/Madrid", "2026-10-25", ["01:00-02:30", "02:30-04:00"], ["24 23:00", "25 03:00"]),
    ("Europe/Madrid", "2026-10-25", ["01:00-02:15", "02:30-04:00"], ["24 23:00", "25 03:00"]),
    ("America/New_York", "2026-11-01", ["01:30-04:00"], ["01 05:30", "01 09:00"]),
    ("America/New_York", "2026-11-01", ["00:30-01:30"], ["01 04:30", "01 06:30"]),
    # 02:00 to 01:30 at 15:00 UTC of the day before.
    ("Australia/Lord_Howe", "2026-04-05", ["01:45-02:30"], ["04 14:45", "04 16:00"]),
    # What ends where the repeated hour begins has none of it; what goes to its end, all.
    ("America/New_York", "2026-11-01", ["00:00-01:00"], ["01 04:00", "01 05:00"]),
    ("America/New_York", "2026-11-01", ["00:00-02:00"], ["01 04:00", "01 07:00"]),
    ("Europe/Madrid", "2026-10-25", ["01:00-02:00"], ["24 23:00", "25 00:00"]),
    ("Europe/Madrid", "2026-10-25", ["01:00-03:00"], ["24 23:00", "25 02:00"]),
    ("Australia/Lord_Howe", "2026-04-05", ["01:00-01:30"], ["04 14:00", "04 14:30"]),
    # In the Azores and in Havana the hour after midnight comes twice.
    ("Atlantic/Azores", "2026-10-24", ["20:00-24:00"], ["24 20:00", "25 00:00"]),
    ("America/Havana", "2026-10-31", ["20:00-24:00"], ["01 00:00", "01 04:00"]),
    ("America/Havana", "2026-11-01", ["00:00-01:00"], ["01 04:00", "01 06:00"]),
]


@pytest.mark.parametrize(("zone", "day", "intervals", "when"), FOLDS)
def test_an_hour_shown_twice_counts_from_its_first_to_its_last_showing(zone, day, intervals, when):
    (_, first), *rest = around(zone, day, intervals)
    assert not first
    assert rest == [(when[0], True), (when[1], False)]


@pytest.mark.parametrize(
    ("zone", "opens", "closes"),
    [
        ("Asia/Kolkata", "05 03:30", "05 12:30"),
        ("Asia/Kathmandu", "05 03:15", "05 12:15"),
        ("America/St_Johns", "05 12:30", "05 21:30"),
        ("Pacific/Chatham", "04 19:15", "05 04:15"),
    ],
)
def test_zones_off_the_full_hour(zone, opens, closes):
    found = changes(
        "2026-01-04 00:00", "2026-01-05 23:59", zone=zone, weekly={"mon": ["09:00-18:00"]}
    )
    assert found == [("04 00:00", False), (opens, True), (closes, False)]


def test_a_day_that_a_zone_skips_does_not_open():
    # In Apia 2011-12-30 never was: clocks went from the 29th to the 31st.
    found = changes(
        "2011-12-28 00:00",
        "2012-01-01 23:59",
        zone="Pacific/Apia",
        weekly={"thu": ["09:00-10:00"], "fri": ["09:00-18:00"], "sat": ["09:00-10:00"]},
    )
    assert [at for at, is_open in found if is_open] == ["29 19:00", "30 19:00"]


# Days


def test_intervals_that_meet_at_midnight_are_one():
    found = changes(
        "2026-06-05 00:00",
        "2026-06-07 00:00",
        zone="UTC",
        weekly={"fri": ["10:00-12:00", "22:00-24:00"], "sat": ["00:00-03:00"]},
    )
    assert found == [
        ("05 00:00", False),
        ("05 10:00", True),
        ("05 12:00", False),
        ("05 22:00", True),
        ("06 03:00", False),
    ]


def test_a_day_to_24_00_ends_at_midnight():
    found = changes(
        "2026-06-05 12:00", "2026-06-08 00:00", zone="UTC", weekly={"fri": ["09:00-24:00"]}
    )
    assert found == [("05 12:00", True), ("06 00:00", False)]


SPAIN = {"zone": "Europe/Madrid", "weekly": dict.fromkeys(DAYS, ("09:00-10:00",))}


def opened_on(days, **calendar):
    """The days of 2026 on which it opens, of those given."""
    found = openings(plan_of(**calendar), since=utc("2026-01-01"), until=utc("2026-12-31"))
    zone = ZoneInfo(calendar["zone"])
    opened = {datetime.fromtimestamp(at, zone).date().isoformat() for at, it in found if it.open}
    return [day for day in days if day in opened]


def test_public_holidays_of_country_and_region_are_closed():
    days = ["2026-05-01", "2026-05-02", "2026-10-12", "2026-10-13"]  # labour, Madrid, nation
    assert opened_on(days, **SPAIN) == days
    assert opened_on(days, **SPAIN, holidays="ES") == ["2026-05-02", "2026-10-13"]
    assert opened_on(days, **SPAIN, holidays="ES-MD") == ["2026-10-13"]
    bogota = {**SPAIN, "zone": "America/Bogota"}
    assert opened_on(["2026-07-20", "2026-07-21"], **bogota, holidays="CO") == ["2026-07-21"]


def test_special_days_go_before_holidays_and_these_before_the_week():
    special = {
        "2026-12-24": ["09:00-09:30"],
        "2026-12-25": ["11:00-12:00", "13:00-14:00"],
        "2026-12-28": [],
    }
    found = changes("2026-12-23 20:00", "2026-12-29 07:00", **SPAIN, holidays="ES", special=special)
    assert found == [
        ("23 20:00", False),
        ("24 08:00", True),
        ("24 08:30", False),
        ("25 10:00", True),
        ("25 11:00", False),
        ("25 12:00", True),
        ("25 13:00", False),
        ("26 08:00", True),
        ("26 09:00", False),
        ("27 08:00", True),
        ("27 09:00", False),
    ]


def test_special_days_alone_make_a_calendar():
    found = list(
        openings(
            plan_of(
                zone="UTC", special={"2026-06-05": ["09:00-10:00"], "2025-01-01": ["09:00-10:00"]}
            ),
            since=utc("2026-01-01"),
        )
    )
    assert [at for at, _ in found[1:]] == [utc("2026-06-05 09:00"), utc("2026-06-05 10:00")]


def test_a_calendar_without_days_never_opens():
    assert list(openings(plan_of(zone="UTC"), since=5.0)) == [
        (5.0, SetQueueOpen(queue="desk", open=False))
    ]


@pytest.mark.parametrize("day", [["00:00-24:00"], ["00:00-12:00", "12:00-24:00"]])
def test_a_queue_that_is_always_open_opens_once_and_for_good(day):
    weekly = dict.fromkeys(DAYS, day)
    opened = [(5.0, SetQueueOpen(queue="desk", open=True))]
    assert list(openings(plan_of(zone="Europe/Madrid", weekly=weekly), since=5.0)) == opened
    until = utc("2026-01-01")
    assert list(openings(plan_of(zone="UTC", weekly=weekly), since=5.0, until=until)) == opened


def test_a_queue_that_is_always_open_closes_on_its_special_days():
    plan = plan_of(
        zone="UTC", weekly=ALWAYS, special={"2026-12-25": [], "2026-12-31": ["00:00-12:00"]}
    )
    found = [(at, it.open) for at, it in openings(plan, since=utc("2026-12-01"))]
    assert found == [
        (utc("2026-12-01"), True),
        (utc("2026-12-25"), False),
        (utc("2026-12-26"), True),
        (utc("2026-12-31 12:00"), False),
        (utc("2027-01-01"), True),
    ]


def test_a_queue_that_closes_on_holidays_only_is_looked_at_as_far_as_asked():
    found = changes(
        "2026-12-20 00:00", "2026-12-27 00:00", zone="UTC", weekly=ALWAYS, holidays="CO"
    )
    assert found == [("20 00:00", True), ("25 00:00", False), ("26 00:00", True)]


def test_days_on_which_a_holiday_is_observed_are_closed_too():
    # 2026-07-04 is a Saturday: the day before is off in the United States.
    days = ["2026-07-02", "2026-07-03", "2026-07-04"]
    us = {"zone": "America/New_York", "weekly": dict.fromkeys(DAYS, ("09:00-10:00",))}
    assert opened_on(days, **us, holidays="US") == ["2026-07-02"]


def test_without_the_package_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "holidays", None)
    with pytest.raises(ConfigError, match=r"holidays is missing: pip install 'ccroute\[hours\]'"):
        list(openings(plan_of(zone="UTC", holidays="CO"), since=0.0))
    assert list(openings(plan_of(zone="UTC"), since=0.0))
