"""Opening hours: when a plan's calendars open and close its queues, by the clock on the wall,
and what a router makes of the commands."""

import itertools
import math
import sys
from bisect import bisect_right
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccroute import (
    Calendar,
    ConfigError,
    ManualClock,
    Plan,
    QueuePlan,
    Rejected,
    Router,
    SetQueueOpen,
    openings,
)

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ALWAYS = dict.fromkeys(DAYS, ("00:00-24:00",))


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def plan_of(**calendar):
    return Plan(
        queues={"desk": QueuePlan(hours="hours")}, calendars={"hours": Calendar(**calendar)}
    )


def changes(since, until, **calendar):
    """(UTC, open) from one day to another."""
    found = openings(plan_of(**calendar), since=utc(since), until=utc(until))
    return [(datetime.fromtimestamp(at, UTC).strftime("%d %H:%M"), it.open) for at, it in found]


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


# From when to when


def test_the_first_commands_say_how_each_queue_stands():
    weekly = {"mon": ["09:00-18:00"]}  # 2026-06-01 is a Monday
    for since, rest in (
        ("08:59", [("01 08:59", False), ("01 09:00", True), ("01 18:00", False)]),
        ("09:00", [("01 09:00", True), ("01 18:00", False)]),
        ("12:00", [("01 12:00", True), ("01 18:00", False)]),
        ("18:00", [("01 18:00", False)]),
    ):
        found = changes(f"2026-06-01 {since}", "2026-06-02 00:00", zone="UTC", weekly=weekly)
        assert found == rest


def test_what_happens_at_until_is_in_and_nothing_after():
    weekly = {"mon": ["09:00-18:00"]}
    for until, count in (("08:00", 1), ("09:00", 2), ("17:59", 2), ("18:00", 3), ("18:01", 3)):
        found = changes("2026-06-01 00:00", f"2026-06-01 {until}", zone="UTC", weekly=weekly)
        assert len(found) == count
    assert changes("2026-06-02 00:00", "2026-06-01 00:00", zone="UTC", weekly=weekly) == []


def test_queues_come_in_order_of_time_then_of_the_plan_and_those_without_hours_not_at_all():
    plan = Plan.from_toml("""
    [queues.b]
    hours = "late"
    [queues.free]
    [queues.a]
    hours = "early"
    [queues.c]
    hours = "late"
    [calendars.early]
    zone = "UTC"
    weekly = { mon = ["08:00-18:00"] }
    [calendars.late]
    zone = "UTC"
    weekly = { mon = ["09:00-18:00"] }
    """)
    since = utc("2026-06-01")
    found = openings(plan, since=since, until=since + 86_400)
    assert [(at - since, it.queue, it.open) for at, it in found] == [
        *[(0, queue, False) for queue in "bac"],
        (8 * 3600, "a", True),
        (9 * 3600, "b", True),
        (9 * 3600, "c", True),
        *[(18 * 3600, queue, False) for queue in "bac"],
    ]
    assert list(openings(Plan.from_toml("[queues.free]"), since=since)) == []


@pytest.mark.parametrize("since", [-1.0, math.nan, math.inf, -math.inf, 1e12, 1e300])
def test_an_instant_that_is_none_is_refused_by_name(since):
    with pytest.raises(Rejected, match="give seconds since the Unix") as refused:
        list(openings(plan_of(zone="UTC"), since=since))
    assert refused.value.code == "invalid_value"
    assert str(refused.value).startswith(f"since {since}: ")


@pytest.mark.parametrize("zone", ["Europe/Atlantis", "../etc/passwd", "Europe", ""])
def test_an_unknown_zone_is_named_with_its_key(zone):
    plan = plan_of(zone=zone or "nowhere")
    with pytest.raises(ConfigError, match=r"calendars\.hours\.zone: no time zone .*America/Bogota"):
        list(openings(plan, since=0.0))


@pytest.mark.parametrize("place", ["XX", "ES-ZZ", "Spain?", "es-", "CO-"])
def test_an_unknown_country_or_region_is_named_with_its_key(place):
    plan = plan_of(zone="UTC", holidays=place)
    words = rf"calendars\.hours\.holidays: no holidays are known for '{place[:2]}.*'; give an ISO"
    with pytest.raises(ConfigError, match=words):
        list(openings(plan, since=0.0))


def test_a_special_day_as_late_as_can_be_is_refused_with_its_key():
    last = plan_of(zone="UTC", special={"9998-12-31": ["10:00-24:00"]})
    assert [it.open for _, it in openings(last, since=0.0)] == [False, True, False]
    plan = plan_of(zone="UTC", special={"2026-01-01": [], "9999-12-31": ["10:00-24:00"]})
    with pytest.raises(ConfigError, match=r"calendars\.hours\.special: 9999-12-31 is too late"):
        list(openings(plan, since=0.0))


@pytest.mark.parametrize("plan", ["x", None, {"queues": {}}])
def test_openings_are_those_of_a_plan(plan):
    with pytest.raises(TypeError, match=r"plan: give a ccroute\.Plan, not"):
        list(openings(plan, since=0.0))


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


# What a router makes of them


OFFICE = Plan.from_toml("""
[queues.support]
hours = "office"
closed = { waiting = "end" }
escalation = [{ after = "9h", end = "timed_out" }]
[queues.chat]
[calendars.office]
zone = "Europe/Madrid"
weekly = { fri = ["22:00-24:00"], sat = ["00:00-02:00"], sun = ["01:00-02:30"] }
""")


def test_a_router_opens_and_closes_its_queues_at_these_instants():
    since = utc("2026-03-27 12:00")  # a Friday; clocks change in the night to Sunday
    clock = ManualClock(since)
    router = Router(OFFICE, clock=clock)
    came = itertools.count()
    told = []
    for at, command in openings(OFFICE, since=since, until=since + 2 * 86_400):
        if at > clock.now():
            clock.set(at - 1)
            router.enqueue(f"before-{next(came)}", queue="support")
        clock.set(at)
        router.apply(command)
        router.enqueue(f"after-{next(came)}", queue="support")
        told += [event for event in router.events() if event.queue == "support"]
    hours = [
        (datetime.fromtimestamp(event.at, UTC).strftime("%d %H:%M"), event.kind)
        for event in told
        if event.kind.startswith("queue_")
    ]
    assert hours == [
        ("27 21:00", "queue_opened"),
        ("28 01:00", "queue_closed"),
        ("29 00:00", "queue_opened"),
        ("29 01:00", "queue_closed"),
    ]
    of_contacts = [(event.contact, event.kind, event.cause) for event in told if event.contact]
    refused = [
        contact
        for contact, kind, cause in of_contacts
        if (kind, cause) == ("contact_refused", "closed")
    ]
    ended = [
        contact
        for contact, kind, cause in of_contacts
        if (kind, cause) == ("contact_left", "closed")
    ]
    assert refused == ["after-0", "before-1", "after-4", "before-5", "after-8"]
    assert ended == ["after-2", "before-3", "after-6", "before-7"]


def test_a_queue_without_hours_is_open_from_the_start():
    router = Router(OFFICE, clock=ManualClock(0.0))
    router.enqueue("c1", queue="chat")
    router.enqueue("c2", queue="support")
    assert [(event.contact, event.kind) for event in router.events()][:2] == [
        ("c1", "contact_queued"),
        ("c2", "contact_refused"),
    ]
    assert router.explain_queue("chat").open
    assert not router.explain_queue("support").open


# A year


ZONES = [
    "Europe/Madrid",
    "America/New_York",
    "America/Bogota",
    "America/Santiago",  # clocks change at midnight
    "America/Havana",  # and here 00:00 comes twice
    "Africa/Cairo",  # and here it is skipped
    "Africa/Casablanca",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Chatham",
]


@st.composite
def intervals(draw):
    bounds = sorted(draw(st.sets(st.integers(0, 96), max_size=6)))
    pairs = zip(bounds[::2], bounds[1::2], strict=False)
    return [f"{a // 4:02}:{a % 4 * 15:02}-{b // 4:02}:{b % 4 * 15:02}" for a, b in pairs]


calendars = st.builds(
    Calendar,
    zone=st.sampled_from(ZONES),
    weekly=st.fixed_dictionaries(dict.fromkeys(DAYS, intervals())),
    special=st.dictionaries(
        st.integers(0, 365).map(
            lambda day: (datetime(2026, 1, 1, tzinfo=UTC) + timedelta(day)).date().isoformat()
        ),
        intervals(),
        max_size=6,
    ),
)


def shows_open(calendar, at):
    """Whether a calendar is open by the wall clock; ``None``: the clock shows this twice."""
    wall = datetime.fromtimestamp(at, ZoneInfo(calendar.zone))
    if wall.replace(fold=0).utcoffset() != wall.replace(fold=1).utcoffset():
        return None
    day = calendar.special.get(wall.date().isoformat(), calendar.weekly[DAYS[wall.weekday()]])
    return any(
        begin <= wall.strftime("%H:%M") < end for begin, end in (it.split("-") for it in day)
    )


@settings(max_examples=40, deadline=None)
@given(
    calendar=calendars,
    begins=st.integers(0, 364 * 96),
    looks=st.lists(st.integers(0, 366 * 96 - 1), min_size=50, max_size=200),
)
def test_for_a_year_a_queue_opens_and_closes_in_turn_and_as_the_clock_on_the_wall_says(
    calendar, begins, looks
):
    plan = Plan(queues={"desk": QueuePlan(hours="hours")}, calendars={"hours": calendar})
    since = utc("2026-01-01") + begins * 900
    until = since + 366 * 86_400
    found = list(openings(plan, since=since, until=until))
    times = [at for at, _ in found]
    assert times[0] == since
    assert times[-1] <= until
    for (before, was), (after, now) in itertools.pairwise(found):
        assert before < after
        assert was.open is not now.open
    edges = {round((at - since) // 900) for at in times}
    for look in {*looks, *edges, *(edge - 1 for edge in edges)}:
        at = since + max(0, look) * 900
        if (shown := shows_open(calendar, at)) is not None:
            assert found[bisect_right(times, at) - 1][1].open is shown, datetime.fromtimestamp(
                at, UTC
            )


@settings(max_examples=40, deadline=None)
@given(calendar=calendars, begins=st.integers(0, 200 * 96))
def test_asked_from_later_it_says_the_same_from_then_on(calendar, begins):
    plan = Plan(queues={"desk": QueuePlan(hours="hours")}, calendars={"hours": calendar})
    since, until = utc("2026-01-01"), utc("2026-12-31")
    later = since + begins * 900
    whole = list(openings(plan, since=since, until=until))
    stands = [it for at, it in whole if at <= later][-1]
    rest = [(at, it) for at, it in whole if at > later]
    assert list(openings(plan, since=later, until=until)) == [(later, stands), *rest]
