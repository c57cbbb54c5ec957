"""Opening hours: the commands of a plan's calendars from one instant to another, and what a
router makes of them."""

import itertools
import math
from bisect import bisect_right
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.scenarios.opening import DAYS, changes, plan_of, utc

from ccroute import (
    Calendar,
    ConfigError,
    ManualClock,
    Plan,
    QueuePlan,
    Rejected,
    Router,
    openings,
)

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
