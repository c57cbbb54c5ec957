"""Time that counts only while a calendar is open, and service levels by it."""

import itertools
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.scenarios.opening import DAYS

from ccroute import (
    Calendar,
    ConfigError,
    KpiAggregator,
    ManualClock,
    OpenTime,
    Plan,
    QueuePlan,
    Rejected,
    Router,
    openings,
)
from ccroute.history import History, Recorder
from ccroute.metrics import (
    Metrics,
    read_calls,
    records,
    report_visits,
    visit_table,
)

WEEKDAYS = {day: ["09:00-18:00"] for day in DAYS[:5]}
MADRID, SANTIAGO = ZoneInfo("Europe/Madrid"), ZoneInfo("America/Santiago")
HOUR, MICROS = 3600.0, 1_000_000


def plan_of(**calendar):
    return Plan(
        queues={"mail": QueuePlan(hours="office")}, calendars={"office": Calendar(**calendar)}
    )


def office(**calendar):
    return OpenTime(plan_of(**{"zone": "Europe/Madrid", "weekly": WEEKDAYS, **calendar}), "office")


def at(text, zone=MADRID):
    return datetime.fromisoformat(text).replace(tzinfo=zone).timestamp()


# Worked by hand


@pytest.mark.parametrize(
    ("came", "answered", "minutes"),
    [
        ("2026-11-27 17:50", "2026-11-30 09:05", 15),  # a Friday, a Monday
        ("2026-11-27 10:00", "2026-11-27 10:25", 25),
        ("2026-11-27 18:00", "2026-11-30 09:00", 0),
        ("2026-11-27 20:00", "2026-11-30 09:01", 1),
        ("2026-11-28 03:00", "2026-11-29 23:00", 0),  # the weekend
        ("2026-11-27 08:00", "2026-11-27 20:00", 9 * 60),
        ("2026-11-23 00:00", "2026-11-30 00:00", 5 * 9 * 60),
        ("2026-11-27 17:50", "2026-11-27 17:50", 0),
    ],
)
def test_only_open_hours_count(came, answered, minutes):
    assert office().seconds(at(came), at(answered)) == minutes * 60.0


def test_holidays_and_special_days_count_as_the_calendar_says():
    closed = office(holidays="ES", special={"2026-12-24": ["09:00-13:00"], "2026-12-26": []})
    # 24 December until 13:00, 25 a holiday, a weekend, and on Monday five minutes.
    assert closed.seconds(at("2026-12-24 12:50"), at("2026-12-28 09:05")) == 15 * 60.0
    # A special day goes before the holiday that it is.
    open_day = office(holidays="ES", special={"2026-12-25": ["10:00-11:00"]})
    assert open_day.seconds(at("2026-12-25 00:00"), at("2026-12-26 00:00")) == HOUR


@pytest.mark.parametrize(
    ("zone", "day", "open_hours"),
    [
        (MADRID, "2026-03-28", 24),
        (MADRID, "2026-03-29", 23),  # the clock skips 02:00 to 03:00
        (MADRID, "2026-10-25", 25),  # and shows it twice
        (SANTIAGO, "2026-04-04", 25),  # at midnight back to 23:00
        (SANTIAGO, "2026-09-06", 23),  # a day that begins at 01:00
    ],
)
def test_a_day_of_a_clock_change_is_as_long_as_it_is(zone, day, open_hours):
    always = {name: ["00:00-24:00"] for name in DAYS}
    open_time = office(zone=zone.key, weekly=always, special={day: ["00:00-24:00"]})
    begin, end = (
        datetime.combine(date.fromisoformat(day) + timedelta(days=more), datetime.min.time(), zone)
        for more in (0, 1)
    )
    assert open_time.seconds(begin.timestamp(), end.timestamp()) == open_hours * HOUR
    only = office(zone=zone.key, weekly={}, special={day: ["00:00-24:00"]})
    assert only.seconds(begin.timestamp() - 9e5, end.timestamp() + 9e5) == open_hours * HOUR


def test_a_night_shift_over_the_change_is_longer_or_shorter():
    # Saturday night in Madrid, open from 01:00 to 04:00 of Sunday.
    night = office(weekly={"sun": ["01:00-04:00"]})
    assert night.seconds(at("2026-10-24 12:00"), at("2026-10-25 12:00")) == 4 * HOUR
    assert night.seconds(at("2026-03-28 12:00"), at("2026-03-29 12:00")) == 2 * HOUR
    assert night.seconds(at("2026-03-21 12:00"), at("2026-03-22 12:00")) == 3 * HOUR
    # Half past two, shown twice: an hour lies between the two.
    first = datetime(2026, 10, 25, 2, 30, tzinfo=MADRID)
    assert night.seconds(first.timestamp(), first.replace(fold=1).timestamp()) == HOUR


def test_spans_are_half_open_to_the_microsecond():
    open_time = office()
    opens, closes = at("2026-11-30 09:00"), at("2026-11-30 18:00")
    assert open_time.seconds(opens - 1e-6, opens) == 0.0
    assert open_time.seconds(opens, opens + 1e-6) == 1e-6
    assert open_time.seconds(closes - 1e-6, closes) == 1e-6
    assert open_time.seconds(closes, closes + 1e-6) == 0.0


def test_what_is_always_or_never_open_is_whole_or_nothing():
    never = office(weekly={})
    assert never.seconds(0.0, 4e9) == 0.0
    assert never.due(0.0, 1.0) is None
    always = office(weekly={day: ["00:00-24:00"] for day in DAYS})
    assert always.seconds(1e9, 4e9) == 3e9
    assert always.due(1e9, 3e8) == 1.3e9
    # Until the last instant that there is.
    assert always.seconds(0.0, 253_370_764_799.0) == 253_370_764_799.0


# By when


def test_due_is_when_so_much_has_passed():
    open_time = office()
    for came, minutes, by in (
        ("2026-11-27 17:50", 15, "2026-11-30 09:05"),
        ("2026-11-27 17:50", 10, "2026-11-27 18:00"),  # not Monday: it has passed by then
        ("2026-11-28 12:00", 60, "2026-11-30 10:00"),
        ("2026-11-27 10:00", 8 * 60 + 9 * 60, "2026-11-30 18:00"),
    ):
        assert open_time.due(at(came), minutes * 60.0) == at(by)
    saturday = at("2026-11-28 12:00")
    assert open_time.due(saturday, 0.0) == saturday


def test_due_is_found_years_ahead_and_not_for_ever():
    once = office(weekly={}, special={"2034-05-05": ["10:00-11:00"]})
    begin = at("2026-01-01 00:00")
    assert once.due(begin, 60.0) == at("2034-05-05 10:01")
    assert once.due(begin, 3601.0) is None
    assert once.due(at("2010-01-01 00:00"), 60.0) is None


# Properties

CALENDARS = st.fixed_dictionaries(
    {
        "zone": st.sampled_from(["Europe/Madrid", "America/Santiago", "Asia/Kolkata", "UTC"]),
        "weekly": st.dictionaries(
            st.sampled_from(DAYS),
            # Bounds that no change of a clock shows twice, where the walk below is right.
            st.sampled_from(
                [["00:00-24:00"], ["09:00-18:00"], ["08:30-13:00", "15:00-24:00"], ["00:00-05:15"]]
            ),
        ),
    }
)
BEGIN = int(datetime(2026, 3, 25, tzinfo=UTC).timestamp())
INSTANTS = st.integers(BEGIN * MICROS, (BEGIN + 20 * 86_400) * MICROS)


def walked(calendar, first, last):
    """Open minutes between two whole ones, by looking at the clock on the wall at each."""
    zone, count = ZoneInfo(calendar["zone"]), 0
    for instant in range(first, last, 60):
        wall = datetime.fromtimestamp(instant, zone)
        minute = f"{wall:%H:%M}"
        spans = calendar["weekly"].get(DAYS[wall.weekday()], ())
        count += any(span.split("-")[0] <= minute < span.split("-")[1] for span in spans)
    return count


@given(CALENDARS, st.integers(0, 20 * 1440), st.integers(0, 5 * 1440))
@example({"zone": "Europe/Madrid", "weekly": {"sun": ["00:00-24:00"]}}, 3 * 1440, 3 * 1440)
@example({"zone": "America/Santiago", "weekly": {"sat": ["08:30-13:00", "15:00-24:00"]}}, 0, 20_000)
@settings(max_examples=40)
def test_it_is_what_a_clock_on_the_wall_shows(calendar, start, minutes):
    first = BEGIN + start * 60
    last = first + minutes * 60
    expected = walked(calendar, first, last) * 60.0
    assert OpenTime(plan_of(**calendar), "office").seconds(first, last) == expected


@given(CALENDARS, st.lists(INSTANTS, min_size=3, max_size=3))
def test_open_and_closed_are_the_whole_and_parts_add_up(calendar, instants):
    first, middle, last = sorted(instants)
    plan = plan_of(**calendar)
    open_time = OpenTime(plan, "office")
    both = open_time.micros(first, last)
    assert both == open_time.micros(first, middle) + open_time.micros(middle, last)
    # Closed time, by the commands that would open and close a queue.
    changes = [*openings(plan, since=first / MICROS, until=last / MICROS), (last / MICROS, None)]
    closed = sum(
        max(0, round(until * MICROS) - max(first, round(since * MICROS)))
        for (since, command), (until, _) in itertools.pairwise(changes)
        if not command.open
    )
    assert abs(int(both) + closed - (last - first)) <= 1  # of floats of seconds


@given(CALENDARS, INSTANTS, st.integers(1, 3 * 86_400))
def test_due_is_the_first_instant_at_which_so_much_has_passed(calendar, came, seconds):
    open_time = OpenTime(plan_of(**calendar), "office")
    due = open_time.due(came / MICROS, float(seconds))
    if not calendar["weekly"]:
        assert due is None
        return
    by = round(due * MICROS)
    assert int(open_time.micros(came, by)) == seconds * MICROS
    assert int(open_time.micros(came, by - 1)) == seconds * MICROS - 1


@given(CALENDARS, st.lists(st.tuples(INSTANTS, INSTANTS), max_size=6), st.randoms())
def test_columns_say_what_each_question_says_in_any_order(calendar, pairs, random):
    spans = [(min(pair), max(pair)) for pair in pairs]
    since = np.array([first for first, _ in spans], dtype=np.int64)
    until = np.array([last for _, last in spans], dtype=np.int64)
    batch = OpenTime(plan_of(**calendar), "office").micros(since, until)
    assert batch.dtype == np.int64
    # One that is asked early and late: what it has read must not matter.
    asked = OpenTime(plan_of(**calendar), "office")
    order = [*range(len(spans))]
    random.shuffle(order)
    for place in order:
        assert int(asked.micros(*spans[place])) == batch[place]


def test_one_number_goes_with_a_column():
    since = np.array([int(at("2026-11-27 17:50")), int(at("2026-11-27 17:59"))]) * MICROS
    found = office().micros(since, int(at("2026-11-27 20:00")) * MICROS)
    assert found.tolist() == [600 * MICROS, 60 * MICROS]


# What cannot be


def test_what_cannot_be_is_named_with_the_remedy():
    open_time = office()
    with pytest.raises(ConfigError, match=r"no calendar 'shop': give one of 'office'"):
        OpenTime(plan_of(zone="UTC"), "shop")
    with pytest.raises(ConfigError, match=r"calendars\.office\.zone: no time zone"):
        OpenTime(plan_of(zone="Europe/Atlantis"), "office")
    with pytest.raises(TypeError, match=r"give a ccroute\.Plan"):
        OpenTime("plan", "office")
    for since in (-1.0, float("nan"), float("inf"), 1e12):
        with pytest.raises(Rejected, match=rf"since {since}: give seconds since"):
            open_time.seconds(since, 5.0)
        with pytest.raises(Rejected, match=rf"since {since}: give seconds since"):
            open_time.due(since, 5.0)
    for seconds in (-1.0, float("nan"), float("inf")):
        with pytest.raises(Rejected, match=rf"seconds {seconds}: give a number"):
            open_time.due(5.0, seconds)
    with pytest.raises(Rejected, match=r"row 1: until 1 lies before since 2: .*earlier first"):
        open_time.micros(np.array([0, 2]), np.array([1, 1]))
    with pytest.raises(Rejected, match=r"row 1: until_us -5: give microseconds"):
        open_time.micros(np.array([0, 2]), np.array([1, -5]))
    with pytest.raises(ConfigError, match=r"since_us is of float64: give whole microseconds"):
        open_time.micros(np.array([0.5]), 9)
    with pytest.raises(ConfigError, match=r"shape \(2,\) and until_us \(3,\): give columns"):
        open_time.micros(np.zeros(2, np.int64), np.zeros(3, np.int64))


# Service levels

MAILS = [
    "queue,channel,entered,outcome,wait,first_response",
    # Friday 17:50 to Monday 9:05: 15 minutes.
    "mail,email,2026-11-27T17:50+01:00,answered,63:15:00,63:16:00",
    # Saturday to Monday 9:30: half an hour.
    "mail,email,2026-11-28T12:00+01:00,answered,45:30:00,",
    # Given up on Friday after an hour, at 18:30: half an hour of it open.
    "mail,email,2026-11-27T17:30+01:00,abandoned,1:00:00,",
]


def test_report_of_a_table_counts_open_time():
    calls = read_calls(MAILS)
    opened = office().calls(calls)
    assert (opened.columns["wait_us"] // (60 * MICROS)).tolist() == [15, 30, 30]
    assert (opened.columns["first_response_us"] // MICROS).tolist() == [16 * 60, -1, -1]
    assert opened.columns["entered_us"].tolist() == calls.columns["entered_us"].tolist()
    row = report_visits(
        opened.table(),
        kpis=["sl.answered_within", "sl.answered_only", "asa", "abandon.wait"],
        targets={"mail": (15 * 60.0, 0.0)},
    )["mail"]
    assert [str(value) for _, value in row] == ["33.3 %", "50.0 %", "1350.0 s", "1800.0 s"]
    # By the clock nobody was answered in time.
    whole = report_visits(calls.table(), kpis=["sl.answered_within(T=900)"])["mail"]
    assert whole["sl.answered_within"].value == 0.0


def test_an_aggregator_counts_open_time_of_the_same_table():
    counted = KpiAggregator([900.0], retention=0)
    assert office().calls(read_calls(MAILS)).post(counted)["counted"] == 3
    row = Metrics(counted).report(kpis=["sl.answered_within(T=900)", "asa"])["mail"]
    assert [str(value) for _, value in row] == ["33.3 %", "1350.0 s"]


def test_visits_of_a_router_are_reported_by_open_time():
    plan = Plan(
        channels=["email"],
        queues={"mail": QueuePlan(service_level={"within": 900.0})},
        calendars={"office": Calendar(zone="Europe/Madrid", weekly=WEEKDAYS)},
    )
    clock = ManualClock(at("2026-11-27 17:50"))
    router = Router(plan, clock=clock)
    router.enqueue("m1", queue="mail", channel="email")
    router.enqueue("m2", queue="mail", channel="email")
    router.enqueue("m3", queue="mail", channel="email")
    clock.set(at("2026-11-30 09:05"))
    router.sign_in("ana", queues=["mail"], capacity={"email": 1})
    router.ready("ana")
    (offer,) = [event for event in router.events() if event.kind == "offer_made"]
    router.accept(offer.offer)
    router.connected("m1")
    router.release("m1", by="agent")
    router.cancel("m2")
    visits = router.metrics.visits(at("2026-11-27 00:00"), at("2026-12-01 00:00"))
    taken = records(visits)
    assert sorted(taken["outcome"].tolist()) == ["abandoned", "answered", "waiting"]
    opened = OpenTime(plan, "office").records(taken)
    waits = dict(zip(opened["contact"].tolist(), opened["wait_us"].tolist(), strict=True))
    assert waits == {"m1": 900 * MICROS, "m2": 900 * MICROS, "m3": -1}
    assert (taken["wait_us"] > 2 * 86_400 * MICROS).sum() == 2  # what was given is as it was
    assert opened["ended_us"].tolist() == taken["ended_us"].tolist()
    row = report_visits(
        visit_table(opened), kpis=["offered", "sl.answered_within(T=900)", "asa", "abandon.wait"]
    )["mail"]
    # The one that still waits is in no table.
    assert [value.value for _, value in row] == [2, 0.5, 900.0, 900.0]


def test_table_of_records_says_what_the_aggregator_says():
    counted = KpiAggregator(retention=1e9)
    rows = [
        "queue,channel,agent,entered,outcome,wait,talk,hold,wrap_up,customer,ended_by",
        "a,voice,ana,1000,answered,12,60,5,30,c1,customer",
        "a,chat,ben,2000,answered,0,6,0,0,c1,agent",
        "b,voice,,3000,abandoned,7,,,,c2,",
        "b,voice,,4000,timed_out,70,,,,,",
    ]
    read_calls(rows).post(counted)
    kpis = ["offered", "asa", "aht", "hold.rate", "abandon.wait", "left.timed_out",
            "unique.customers", "att", "wait.longest"]  # fmt: skip
    table = visit_table(records(Metrics(counted).visits(0.0, 9000.0)))
    for by in ("queue", "channel", ()):
        ours = report_visits(table, by, kpis=kpis)
        theirs = Metrics(counted).report(by, kpis=kpis)
        assert [[value.value for _, value in row] for row in ours] == [
            [value.value for _, value in row] for row in theirs
        ]


def test_records_of_a_history_are_reported_by_open_time(tmp_path):
    counted = KpiAggregator(retention=1e9)
    read_calls([f"contact,{MAILS[0]}", *(f"m{n},{row}" for n, row in enumerate(MAILS[1:]))]).post(
        counted
    )
    counted.advance(at("2026-12-24 00:00"), source="calls")
    assert Recorder(counted, tmp_path).record().rows == 3
    kept = History(tmp_path).records(at("2026-11-27 00:00"), at("2026-12-01 00:00"))
    table = visit_table(office().records(kept))
    row = report_visits(table, kpis=["sl.answered_within(T=900)", "asa"])["mail"]
    assert [str(value) for _, value in row] == ["33.3 %", "1350.0 s"]


def test_table_of_other_records_is_refused_by_column():
    with pytest.raises(ConfigError, match=r"no column .*outcome.*: give what records\(\) makes"):
        visit_table(np.zeros(1, dtype=[("entered_us", "<i8")]))
    odd = np.zeros(1, dtype=records([]).dtype)
    odd = odd.astype(
        [(name, "U9" if name == "outcome" else kind) for name, kind in odd.dtype.descr]
    )
    odd["outcome"] = "lost"
    with pytest.raises(ConfigError, match=r"outcome 'lost': one of 'answered', 'abandoned'"):
        visit_table(odd)
