"""Replay under a plan of today: what it does to the contacts of a day before."""

from tests.scenarios.diary import Diary, route, story

from ccroute import Plan


def test_contact_offered_to_all_goes_to_the_quickest() -> None:
    diary = Diary()
    diary.agent("ana", "sales")
    diary.agent("ben", "sales")
    diary.answered("c1", 10, agent="ana", wait=4, ring=4, talk=60)
    diary.answered("c2", 100, agent="ben", wait=2, ring=2, talk=60)
    routed = route(diary, Plan.from_toml('[queues.sales]\noffer = { parallel = "all" }'))
    assert story(routed, "c1")[1:] == [
        "10 offer_made ana",
        "10 offer_made ben",
        "12 offer_accepted ben",
        "12 offer_lost ana lost",
        "12 contact_connected ben",
        "12 reservation_released ana connected",
        "72 contact_released ben customer",
    ]
    assert routed.waiting == ()


def test_contact_accepted_of_itself_talks_at_once() -> None:
    diary = Diary()
    diary.agent("ana", "sales")
    diary.answered("c1", 10, agent="ana", wait=4, talk=60)
    routed = route(diary, Plan.from_toml("[queues.sales]\noffer = { auto_accept = true }"))
    assert "10 contact_connected ana" in story(routed, "c1")
    assert "70 contact_released ana customer" in story(routed, "c1")


def test_contact_that_a_step_ends_is_gone() -> None:
    diary = Diary()
    diary.agent("ana", "sales")
    diary.answered("c1", 10, agent="ana", wait=0, talk=100)
    diary.answered("c2", 20, agent="ana", wait=90, talk=10)
    steps = '[queues.sales]\nescalation = [{ after = "30s", end = "timed_out" }]'
    routed = route(diary, Plan.from_toml(steps))
    assert story(routed, "c2") == [
        "20 contact_queued",
        "50 contact_escalated",
        "50 contact_left timed_out",
    ]
    assert routed.waiting == ()


def test_contact_that_a_step_moves_is_served_elsewhere() -> None:
    diary = Diary()
    diary.agent("ana", "sales")
    diary.agent("ben", "support")
    diary.answered("c1", 10, agent="ana", wait=0, talk=100)
    diary.answered("c2", 20, agent="ana", wait=90, talk=10)
    diary.answered("c3", 300, agent="ben", talk=10, queue="support")
    steps = 'escalation = [{ after = "30s", move_to = "support" }]'
    routed = route(diary, Plan.from_toml(f"[queues.support]\n[queues.sales]\n{steps}"))
    assert "50 offer_made ben" in story(routed, "c2")
    assert routed.waiting == ()


def test_closed_queue_refuses_as_its_calendar_says() -> None:
    diary = Diary()
    diary.agent("ana", "sales")
    diary.answered("c1", 10, agent="ana", talk=10)
    diary.answered("c2", 30, agent="ana", talk=10)
    hours = """
    [queues.sales]
    hours = "day"
    [calendars.day]
    zone = "UTC"
    weekly = { thu = ["00:00-00:01"] }
    special = { 1970-01-01 = [] }
    """
    routed = route(diary, Plan.from_toml(hours))
    assert story(routed, "c1") == ["10 contact_refused closed"]
    assert routed.waiting == ()
