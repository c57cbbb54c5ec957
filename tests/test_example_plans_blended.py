"""The plans in ``examples/plans`` where kinds of work mix: inbound with outbound, channels with
each other, sites that relieve each other. The rest: ``test_example_plans.py``.
"""

import pytest
from tests.scenarios.day import Day, plan_of, utc

from ccroute import openings

# --- Blended -------------------------------------------------------------------------------------


def test_two_agents_stay_free_for_inbound() -> None:
    day = Day("blended")
    day.staff("dora", "ana", "bo", "cleo")
    for number in range(3):
        day.come(f"out{number}", direction="out", campaign="renewals")
    # dora never serves inbound; with ana gone, bo and cleo are the two to be kept.
    assert day.offers() == [("out0", "dora"), ("out1", "ana")]
    day.at(10)
    assert day.last("contact_left", "contact", "cause") == ("out2", "failed")
    day.come("in", topic="bill")
    assert day.offers() == [("in", "bo")]


def test_inbound_goes_before_callbacks_however_old() -> None:
    day = Day("blended")
    day.router.enqueue("back", queue="callbacks")
    day.at(600)
    day.come("in", topic="bill")
    day.staff("cleo")
    assert day.offers() == [("in", "cleo")]
    day.talk("in")
    day.staff("bo")
    assert day.offers() == []  # one must stay free
    day.staff("ana")
    assert day.offers() == [("back", "bo")]


def test_outbound_helps_below_eighty_percent_until_ninety() -> None:
    day = Day("blended")
    day.staff("dora")
    day.come("in1")
    assert day.offers() == []
    day.router.observe_kpi("service_level", 79, 100)
    assert day.offers() == [("in1", "dora")]
    day.router.accept(day.offer_of("in1"))
    day.at(5)
    day.router.connected("in1")
    day.at(60)
    day.router.observe_kpi("service_level", 95, 100)
    day.at(299)
    assert day.all_of("help_ended") == []
    day.at(300)
    assert day.last("help_ended", "queue") == ("service",)
    day.router.release("in1")
    day.at(400)
    day.come("in2")
    assert day.offers() == []


def test_a_seller_is_left_to_buyers() -> None:
    day = Day("blended")
    day.come("service")
    day.at(30)
    day.come("buyer", topic="buy")
    day.staff("bo")
    assert day.offers() == [("buyer", "bo")]


def test_who_wants_to_leave_rings_all_sellers_after_twenty_seconds() -> None:
    day = Day("blended")
    day.staff("ana", "bo")
    day.come("c1", topic="cancel")
    assert day.offers() == [("c1", "ana")]
    day.at(10)  # missed; ana stays ready, but is not rung again before the next step
    assert day.offers() == []
    day.at(20)
    assert day.offers() == [("c1", "ana"), ("c1", "bo")]
    day.talk("c1")
    assert [event.agent for event in day.all_of("offer_lost")] == ["ana"]


# --- Channels ------------------------------------------------------------------------------------


def in_hand(day: Day, contact: str, channel: str, **attributes: str | int) -> None:
    """A contact that whoever is alone ready works on now."""
    day.router.enqueue(contact, channel=channel, attributes=attributes)
    day.talk(contact)


@pytest.mark.parametrize(
    ("busy_with", "comes", "gets_it"),
    [
        (["email"], "voice", True),
        (["email"], "chat", True),
        (["chat"], "voice", False),
        (["chat"], "sms", True),
        (["chat"], "email", False),
        (["voice"], "chat", False),
        (["voice"], "sms", False),
        (["voice"], "email", False),
        (["email", "voice"], "sms", False),
        (["chat", "chat"], "chat", True),
        (["chat", "chat", "chat"], "chat", False),
        (["chat", "chat", "chat"], "sms", True),
        (["chat", "chat", "chat", "sms"], "sms", False),
        (["sms"], "chat", True),
        (["sms"], "voice", False),
        (["email"], "email", False),
    ],
)
def test_what_may_come_in_while_an_agent_works(
    busy_with: list[str], comes: str, gets_it: bool
) -> None:
    day = Day("channels")
    day.staff("bo")
    for number, channel in enumerate(busy_with):
        in_hand(day, f"b{number}", channel)
    day.offers()
    day.router.enqueue("next", channel=comes)
    assert day.offers() == ([("next", "bo")] if gets_it else [])


@pytest.mark.parametrize(("waited", "next_one"), [(4 * 3600 - 10, "mail"), (4 * 3600 - 30, "call")])
def test_whose_promise_runs_out_first_goes_next(waited: int, next_one: str) -> None:
    """The call has 15 of its 20 seconds left."""
    day = Day("channels")
    day.router.enqueue("mail", channel="email")
    day.at(waited - 5)
    day.router.enqueue("call", channel="voice")
    day.at(waited)
    day.staff("bo")
    assert day.offers() == [(next_one, "bo")]


def test_claim_that_is_overdue_goes_before_everything() -> None:
    day = Day("channels")
    day.router.enqueue("claim", channel="email", attributes={"topic": "claim"})
    day.staff("bo")
    assert day.offers() == []
    day.router.sign_out("bo")
    assert day.queue_of("claim") == "claims"
    day.at(24 * 3600 - 60)
    day.router.enqueue("call", channel="voice")  # overdue for longer than the claim
    day.at(24 * 3600 + 60)
    day.staff("ana")
    assert day.offers() == [("claim", "ana")]


def test_chat_draws_in_orders_and_becomes_a_mail_with_its_age() -> None:
    day = Day("channels")
    day.router.enqueue("c1", channel="chat")
    day.router.enqueue("c2", channel="chat")
    day.at(59)
    day.staff("dora")
    assert day.offers() == []
    day.at(60)
    assert day.offers() == [("c1", "dora")]
    day.router.connected("c1")
    day.at(300)
    assert day.last("contact_queued", "contact", "queue", "since") == ("c2", "mail", 0.0)


def test_mail_that_lies_there_costs_no_readiness_and_waits_half_an_hour() -> None:
    day = Day("channels")
    day.staff("bo")
    day.router.enqueue("mail", channel="email")
    assert day.offers() == [("mail", "bo")]
    day.at(300)
    assert day.last("offer_missed", "agent") == ("bo",)
    assert day.all_of("agent_not_ready") == []
    day.quiet_until(2100)
    assert day.offers() == [("mail", "bo")]


def test_each_channel_is_measured_against_its_own_promise() -> None:
    day = Day("channels")
    for channel in ("voice", "chat", "email"):
        day.router.enqueue(channel, channel=channel)
    day.at(30)
    day.staff("bo")
    day.talk("voice")  # after 30 s: too late for a call
    day.router.release("voice")
    day.at(61)  # wrap-up is over; too late for a chat, in time for an e-mail
    for channel in ("chat", "email"):
        day.talk(channel)
        day.router.release(channel)
        if channel == "chat":
            day.router.end_wrap_up("bo", channel)
    report = day.router.metrics.report()
    levels = {row.labels["queue"]: row["sl.answered_within"] for row in report}
    assert {queue: (level.variant, level.value) for queue, level in levels.items()} == {
        "telephone": ("sl.answered_within(T=20s)", 0.0),
        "chat": ("sl.answered_within(T=45s)", 0.0),
        "mail": ("sl.answered_within(T=14400s)", 1.0),
    }


# --- Follow the sun ------------------------------------------------------------------------------


def test_at_closing_time_who_waits_goes_on_with_the_time_waited() -> None:
    day = Day("follow_the_sun")
    day.router.sign_in("bo")
    day.at(100)
    day.come("old", region="europe", language="spanish")
    day.at(110)
    day.come("young", region="south_america", language="spanish")
    day.at(115)
    day.router.set_queue_open("europe", False)
    moved = day.last("contact_queued", "contact", "queue", "cause", "since")
    assert moved == ("old", "worldwide", "overflowed", 100.0)
    day.router.ready("bo")
    assert day.offers() == [("old", "bo")]
    day.come("late", region="europe")
    assert day.queue_of("late") == "worldwide"


def test_line_that_fails_gives_way_to_the_second_and_then_to_the_other_site() -> None:
    day = Day("follow_the_sun")
    day.staff("ana", "bo")
    day.at(100)
    day.come("c1", region="europe", language="spanish")
    assert day.last("offer_made", "contact", "agent", "reason") == ("c1", "ana", "madrid_1")
    day.at(105)
    day.router.set_line("madrid_1", False)
    assert day.last("offer_withdrawn", "cause") == ("line_down",)
    assert day.last("offer_made", "contact", "agent", "reason") == ("c1", "ana", "madrid_2")
    day.at(110)
    day.router.set_line("madrid_2", False)
    day.router.not_ready("bo")
    day.come("c2", region="europe", language="spanish")
    assert day.last("contact_requeued", "contact", "since") == ("c1", 100.0)
    day.offers()
    day.quiet_until(131)
    day.router.ready("bo")
    assert day.last("offer_made", "contact", "agent", "reason") == ("c1", "bo", "bogota")
    day.router.accept(day.offer_of("c1"))
    day.router.set_line("madrid_1", True)
    assert day.last("offer_made", "contact", "agent", "reason") == ("c2", "ana", "madrid_1")


def test_when_all_sleep_nobody_is_let_in_and_who_waits_leaves_after_a_minute() -> None:
    day = Day("follow_the_sun")
    for site in ("europe", "americas", "asia"):
        day.router.set_queue_open(site, False)
    day.router.sign_in("cleo")
    day.come("c1", region="europe", language="spanish")
    day.at(10)
    day.router.sign_out("cleo")
    day.come("c2", region="asia")
    refusals = [(event.queue, event.cause) for event in day.all_of("contact_refused")]
    assert refusals[-2:] == [("asia", "closed"), ("worldwide", "no_agents")]
    day.at(69)
    assert day.all_of("contact_left") == []
    day.at(70)
    assert day.last("contact_left", "contact", "cause") == ("c1", "no_agents")


def test_outage_goes_before_what_has_waited_longer() -> None:
    day = Day("follow_the_sun")
    day.router.sign_in("ana")
    day.come("c1", region="europe", language="spanish")
    day.at(15)
    day.come("c2", region="asia", topic="outage", language="spanish")
    day.router.ready("ana")
    assert day.offers() == [("c2", "ana")]


def test_from_monday_to_friday_some_site_is_always_open() -> None:
    """From Madrid's Monday to Bogota's Friday evening, in a week without holidays."""
    since, until = utc("2026-11-23T07:00"), utc("2026-11-27T22:59")
    sites: set[str] = set()
    states: dict[float, set[str]] = {}
    for at, change in openings(plan_of("follow_the_sun"), since=since, until=until):
        sites = sites | {change.queue} if change.open else sites - {change.queue}
        states[at] = sites
    assert min(map(len, states.values())) == 1
    assert max(map(len, states.values())) == 2
