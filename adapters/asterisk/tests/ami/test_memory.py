"""What an observer keeps does not grow with the calls that are over."""

from adapters.asterisk.tests.ami.captured import say

from ccroute_asterisk.ami.observer import Observer

START = 1_800_000_000.0


def call(observer: Observer, number: int, *, channels: bool) -> None:
    at, of = START + number, {"Uniqueid": f"u.{number}", "Queue": "sales"}
    leg = {"DestUniqueid": f"l.{number}", "Interface": "PJSIP/301", "MemberName": "Ana"}
    say(observer, "QueueCallerJoin", at, **of)
    say(observer, "AgentCalled", at, **of, **leg)
    say(observer, "AgentConnect", at + 0.1, **of, **leg, HoldTime=0, RingTime=0)
    say(observer, "AgentComplete", at + 0.5, **of, **leg, TalkTime=0, Reason="agent")
    if channels:
        for uniqueid in (f"l.{number}", f"u.{number}"):
            say(observer, "Hangup", at + 0.6, Uniqueid=uniqueid, Cause=16)


def kept(observer: Observer) -> int:
    ami = observer._ami  # what it keeps is nobody's business but this test's
    return sum(len(it) for it in vars(ami).values() if isinstance(it, dict)) + len(
        observer.calls.contacts
    )


def test_calls_that_hung_up_are_forgotten() -> None:
    observer = Observer("pbx")
    observer.up(START)
    for number in range(3000):
        call(observer, number, channels=True)
        observer.drain()
    assert kept(observer) < 200


def test_without_the_right_to_hear_of_channels_too() -> None:
    observer = Observer("pbx")
    observer.up(START)
    most = 0
    for number in range(30_000):
        call(observer, number, channels=False)
        observer.drain()
        most = max(most, kept(observer)) if number % 500 == 0 else most
    assert most < 5 * 10_000
    assert kept(observer) < 5 * 10_000
