"""The workload read from events: what the day was, and the plan derived of it."""

from tests.scenarios.diary import Diary, handed_over

from ccroute import Plan
from ccroute.replay import Outcome, derive_plan, workload


def test_workload_says_who_came_and_how_it_ended() -> None:
    diary = Diary()
    diary.agent("ana", "sales")
    diary.answered("c1", 10, agent="ana", wait=5, talk=60, ring=2)
    diary.unserved("c2", 20, 7)
    diary.unserved("c3", 30, 9, "timed_out")
    diary.contact("c4", 70)
    day = diary.day()
    assert [(v.contact, v.outcome, v.entered, v.wait, v.talk, v.cause) for v in day.visits()] == [
        ("c1", Outcome.ANSWERED, 10, 5, 60, "customer"),
        ("c2", Outcome.ABANDONED, 20, 7, None, None),
        ("c3", Outcome.LEFT, 30, 9, None, "timed_out"),
        ("c4", Outcome.OPEN, 70, 5, None, None),
    ]
    assert (day.queues, day.agents) == (("sales",), ("ana",))
    assert day.ring == {"ana": 2, None: 2}
    assert (day.started, day.ended) == (0, 75)


def test_two_visits_of_one_contact_are_two() -> None:
    diary = Diary()
    diary.answered("c1", 10, agent="ana", talk=60, end="contact_transferred", cause="agent")
    diary.answered("c1", 70, agent="ben", talk=30, queue="support", visit=2)
    (visits,) = diary.day().contacts.values()
    assert [(v.number, v.queue, v.outcome, v.agent) for v in visits] == [
        (1, "sales", Outcome.TRANSFERRED, "ana"),
        (2, "support", Outcome.ANSWERED, "ben"),
    ]


def test_ring_is_the_median_of_each_agent() -> None:
    diary = Diary()
    for n, ring in enumerate((1, 2, 6)):
        diary.answered(f"a{n}", 100 * n + 10, agent="ana", wait=8, ring=ring, talk=10)
    diary.answered("b", 50, agent="ben", wait=8, ring=8, talk=10)
    assert diary.day().ring == {"ana": 2, "ben": 8, None: 4}


def test_wrap_up_is_known_where_the_source_tells() -> None:
    diary = Diary()
    diary.answered("c1", 10, agent="ana", talk=60)
    of = {"contact": "c1", "visit": 1, "queue": "sales", "agent": "ana"}
    diary.add(70, "wrap_up_started", **of)
    diary.add(82, "wrap_up_ended", **of)
    assert [visit.wrap_up for visit in diary.day().visits()] == [12]


def test_hand_over_is_not_the_end_of_the_visit() -> None:
    diary = handed_over()
    of = {"contact": "c1", "visit": 1, "queue": "sales", "agent": "ben"}
    diary.add(79, "wrap_up_ended", **of)
    (visit,) = diary.day().visits()
    assert (visit.outcome, visit.cause, visit.agent) == (Outcome.ANSWERED, "agent", "ben")
    assert (visit.wait, visit.talk, visit.wrap_up) == (5, 60, 6 + 4)


def test_wrap_up_not_seen_to_its_end_is_not_known() -> None:
    (visit,) = handed_over().day().visits()
    assert visit.wrap_up is None


def test_no_events_are_an_empty_day() -> None:
    day = workload([])
    assert (day.contacts, day.staff, day.started, day.ended) == ({}, (), 0, 0)


# The plan of the day


def test_derived_plan_has_the_queues_and_who_served_them() -> None:
    diary = Diary()
    diary.agent("ana", "sales")
    diary.add(5, "agent_changed", agent="ana", queues=("sales", "support"))
    of = diary.contact("c1", 10)
    diary.add(10, "offer_made", offer=1, agent="ana", **of)
    diary.add(14, "offer_missed", offer=1, agent="ana", **of)
    derived = derive_plan(diary.day())
    assert list(derived.queues) == ["sales", "support"]
    assert list(derived.agents["ana"].queues) == ["sales", "support"]
    assert derived.queues["sales"].offer.timeout == 4
    assert derived.queues["support"].offer.timeout == 15
    assert Plan.from_toml(derived.to_toml()) == derived
