"""What single events mean that no capture has."""

import pytest
from adapters.asterisk.tests.ami.captured import say

from ccroute_asterisk.ami.observer import Observer

START = 1_800_000_000.0
CALLER = {"Uniqueid": "u.1", "Queue": "sales"}
ANA = {"DestUniqueid": "l.1", "Interface": "PJSIP/301", "MemberName": "Ana"}


@pytest.fixture
def observer() -> Observer:
    observer = Observer("pbx")
    observer.up(START)
    return observer


def told(observer: Observer) -> list[tuple[str, str | None, float]]:
    return [(it.kind, it.agent, it.at - START) for it in observer.drain()]


def test_an_agent_who_hangs_up_during_the_announcement_declines(observer: Observer) -> None:
    say(observer, "QueueCallerJoin", START, **CALLER)
    say(observer, "AgentCalled", START + 1, **CALLER, **ANA)
    observer.drain()
    say(observer, "AgentDump", START + 2, **CALLER, **ANA)
    say(observer, "Hangup", START + 3, Uniqueid="l.1", Cause=16)
    assert told(observer) == [("offer_declined", "Ana", 2.0), ("contact_requeued", None, 2.0)]


def test_who_ends_a_talk_that_nobody_saw_begin_was_at_work_by_then(observer: Observer) -> None:
    of = {"HoldTime": 5, "TalkTime": 7, "Reason": "agent"}
    say(observer, "AgentComplete", START + 20, **CALLER, **ANA, **of)
    assert told(observer) == [
        ("contact_queued", None, 8.0),
        ("agent_signed_in", "Ana", 13.0),
        ("agent_ready", "Ana", 13.0),
        ("contact_connected", "Ana", 13.0),
        ("contact_released", "Ana", 20.0),
    ]
