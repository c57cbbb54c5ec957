"""What the reader says against what the far ends of every call did.

The log is right within its whole seconds, but for the calls named here: each with what
app_queue does there.
"""

from collections import Counter
from functools import cache

import pytest
from adapters.asterisk.tests.far_ends import (
    CAPTURES,
    DIFFERENT_OUTCOME,
    EXACT,
    GONE_LATER,
    LIVES_ON,
    REFUSED,
    Day,
)

from ccroute import Recording
from ccroute_asterisk import read_queue_log

WHOLE = 1.0

MOVED = "moved by the administrator, logged as if the caller had hung up"
BLAME = "logged COMPLETECALLER, which says nothing when there was no talk"
TRANSFER_FAILED = "an agent who hangs up after a failed attended transfer is logged COMPLETECALLER"

DIFFERENT_WAIT = {**GONE_LATER, "redirect-waiting-048": MOVED}
DIFFERENT_BLAME = {
    "day-0068": BLAME,
    "day-0115": BLAME,
    "day-0159": BLAME,
    "day-0039": BLAME,
    "attended-transfer-045": TRANSFER_FAILED,
    "redirect-046": "moved in mid-call, logged COMPLETECALLER",
    **{f"race-answer-abandon-{n:03}": BLAME for n in (79, 81, 88, 90, 92, 93, 94, 95)},
    "answer-and-drop-104": BLAME,
    "answer-and-drop-105": BLAME,
}
NOT_ABANDONED_BY_CUSTOMER = {
    "redirect-waiting-047": MOVED,
    "redirect-waiting-048": MOVED,
    "admin-074": "hung up by the administrator, logged ABANDON",
}


@cache
def recorded(name: str) -> Recording:
    return read_queue_log(CAPTURES / f"{name}.queue_log")


@cache
def day_of(name: str) -> Day:
    return Day(name, recorded(name).events)


@pytest.fixture(params=["day", "scenarios"])
def day(request: pytest.FixtureRequest) -> Day:
    return day_of(request.param)


@pytest.mark.parametrize("name", ["day", "scenarios"])
def test_nothing_of_the_log_is_left_out(name: str) -> None:
    assert recorded(name).faults == ()


def test_every_call_but_the_refused_is_in_the_log(day: Day) -> None:
    assert day.untold() == day.named(REFUSED)


def test_who_answered(day: Day) -> None:
    assert day.answered_otherwise() == day.named(DIFFERENT_OUTCOME)


def test_who_abandoned(day: Day) -> None:
    different = day.named(DIFFERENT_OUTCOME, NOT_ABANDONED_BY_CUSTOMER)
    assert day.abandoned_otherwise() == different


def test_waits_within_the_whole_second(day: Day) -> None:
    assert day.waits_off(by=WHOLE) == day.named(DIFFERENT_WAIT)


def test_talks_within_the_whole_second(day: Day) -> None:
    assert day.talks_off(by=WHOLE) == day.named(LIVES_ON)


def test_who_ended_the_conversation(day: Day) -> None:
    assert day.ended_otherwise() == day.named(DIFFERENT_BLAME)


def test_every_ring_is_an_offer_with_its_agent_and_end() -> None:
    """Who rang, in order, and whether the agent answered.

    Of the day only: in the scenarios phones ring outside the queue too.
    """
    assert day_of("day").rang_otherwise() == set(DIFFERENT_OUTCOME)


def test_missed_and_withdrawn_offers_of_the_day() -> None:
    day = day_of("day")
    kinds = Counter(event.kind for event in day.events)
    rings = [ring for call in day.calls for ring in call["rings"]]
    silent = [ring for ring in rings if ring["answered"] is None]
    # Phones ring four seconds before the queue gives up: those are the missed ones.
    missed = [ring for ring in silent if ring["gone"] - ring["at"] >= 3.9]
    assert kinds["offer_missed"] == len(missed) == 26
    # day-0016's agent answered; for the log the caller was gone before.
    assert kinds["offer_withdrawn"] == len(silent) - len(missed) + len(DIFFERENT_OUTCOME) == 7


def test_sign_ins_and_sign_outs(day: Day) -> None:
    assert day.sign_ins_off(late=WHOLE + EXACT) == []


def test_pauses_with_their_reasons() -> None:
    assert day_of("day").pauses_off(late=WHOLE + EXACT) == []
