"""What AMI's events say, folded, against what the far ends of every call did.

Right to a twentieth of a second, but for the calls named here: each with what app_queue does
there. Blame is right for all of them, since who asked first to hang up is listened to.
"""

from functools import cache

import pytest
from adapters.asterisk.tests.ami.captured import observed
from adapters.asterisk.tests.far_ends import (
    DIFFERENT_OUTCOME,
    EXACT,
    GONE_LATER,
    LIVES_ON,
    REFUSED,
    Day,
)

from ccroute import ContactRefused
from ccroute.replay import Outcome

DIFFERENT_WAIT = {
    **GONE_LATER,
    **dict.fromkeys(("exit-key-037", "exit-key-039"), "the same, which whole seconds hide"),
    "redirect-waiting-048": "moved by the administrator: lives on outside the queue",
}
DIFFERENT_TALK = {
    **LIVES_ON,
    "redirect-046": "moved in mid-call by the administrator: lives on outside the queue",
}
DIFFERENT_BLAME = {
    "attended-transfer-045": "the agent's leg, ended by the administrator: the truth has nobody",
}
NOT_ABANDONED_BY_CUSTOMER = {
    "redirect-waiting-047": "moved by the administrator, told as if the caller had hung up",
    "admin-074": "hung up by the administrator, which AMI tells like a caller's hang-up",
}
TIMED_OUT = {
    "timeout-no-agent-024",
    "timeout-no-agent-025",
    "timeout-no-agent-026",
    "timeout-while-ringing-027",
}
LEFT_EMPTY = {"leave-empty-056", "leave-empty-057"}
KEYED_OUT = {"exit-key-037", "exit-key-038", "exit-key-039", "exit-key-ringing-040"}


@cache
def day_of(name: str) -> Day:
    return Day(name, observed(name))


@pytest.fixture(params=["day", "scenarios"])
def day(request: pytest.FixtureRequest) -> Day:
    return day_of(request.param)


@pytest.fixture
def scenarios() -> Day:
    return day_of("scenarios")


def refs(day: Day, kind: str, cause: str | None) -> set[str]:
    """The calls of which this was told."""
    by_id = {call["uniqueid"]: call["ref"] for call in day.calls}
    return {by_id[it.contact or ""] for it in day.events if (it.kind, it.cause) == (kind, cause)}


def test_every_call_is_told_of(day: Day) -> None:
    """The one refused at the door too, which is in no queue_log and in no event of a queue."""
    missing = day.untold()
    assert missing == day.named(REFUSED)
    refused = [event for event in day.events if isinstance(event, ContactRefused)]
    assert [it.contact for it in refused] == [f"lab-{ref}" for ref in missing]
    assert [(it.queue, it.cause) for it in refused] == [("strict", "no_agents") for _ in missing]


def test_who_answered(day: Day) -> None:
    assert day.answered_otherwise() == day.named(DIFFERENT_OUTCOME)


def test_who_abandoned(day: Day) -> None:
    different = day.named(DIFFERENT_OUTCOME, NOT_ABANDONED_BY_CUSTOMER)
    assert day.abandoned_otherwise() == different


def test_waits_to_a_twentieth_of_a_second(day: Day) -> None:
    assert day.waits_off(by=EXACT) == day.named(DIFFERENT_WAIT)


def test_talks_to_a_twentieth_of_a_second(day: Day) -> None:
    assert day.talks_off(by=EXACT) == day.named(DIFFERENT_TALK)


def test_who_ended_the_conversation(day: Day) -> None:
    assert day.ended_otherwise() == day.named(DIFFERENT_BLAME)


def test_why_callers_left_who_did_not_hang_up(scenarios: Day) -> None:
    assert refs(scenarios, "contact_left", "timed_out") == TIMED_OUT
    assert refs(scenarios, "contact_left", "no_agents") == LEFT_EMPTY
    assert refs(scenarios, "contact_left", "exited_by_key") == KEYED_OUT
    assert refs(scenarios, "contact_left", "withdrawn") == {"admin-073"}
    assert refs(scenarios, "contact_left", "transferred") == {"redirect-waiting-048"}


def test_why_phones_were_not_answered(scenarios: Day) -> None:
    """Which a queue_log has one word for."""
    assert refs(scenarios, "offer_missed", "busy") == {"agent-busy-034"}
    assert refs(scenarios, "offer_declined", None) == {"agent-rejects-035"}
    unreachable = {"agent-congestion-other-answers-036"}
    assert refs(scenarios, "offer_missed", "unreachable") == unreachable


def test_transfers_and_the_visit_after_one(scenarios: Day) -> None:
    moved = {"blind-transfer-041", "blind-transfer-042", "blind-transfer-043"}
    assert refs(scenarios, "contact_transferred", "agent") == {*moved, "attended-transfer-044"}
    first, second = scenarios.contacts["lab-blind-transfer-043"]
    assert (first.queue, second.queue) == ("sales", "support")
    assert second.outcome is Outcome.ANSWERED


def test_every_ring_is_an_offer_with_its_agent_and_end() -> None:
    """Who rang, in order, and whether the agent answered.

    Of the day only: in the scenarios phones ring outside the queue too.
    """
    assert day_of("day").rang_otherwise() == set(DIFFERENT_OUTCOME)


def test_every_offer_ends_once(day: Day) -> None:
    ends = {"offer_accepted", "offer_missed", "offer_withdrawn", "offer_declined", "offer_lost"}
    made = [getattr(it, "offer", 0) for it in day.events if it.kind == "offer_made"]
    ended = [getattr(it, "offer", 0) for it in day.events if it.kind in ends]
    assert sorted(ended) == sorted(made)
    assert len(set(made)) == len(made)


def test_sign_ins_and_sign_outs(day: Day) -> None:
    assert day.sign_ins_off(late=EXACT) == []


def test_pauses_with_their_reasons() -> None:
    assert day_of("day").pauses_off(late=EXACT) == []
