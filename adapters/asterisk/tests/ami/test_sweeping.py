"""What Asterisk lists against what its events told: differences are put right, and once."""

import pytest
from adapters.asterisk.tests.ami.captured import say

from ccroute import Event
from ccroute_asterisk.ami.codec import Packet
from ccroute_asterisk.ami.observer import Listed, Observer

START = 1_800_000_000.0
ASKED = START + 60
CALLER = {"Uniqueid": "u.1", "Queue": "sales"}
LEG = {"DestUniqueid": "l.1", "Interface": "PJSIP/301", "MemberName": "Ana"}
ANA = {"Name": "Ana", "Location": "PJSIP/301", "Queue": "sales", "Status": 1, "Paused": 0}
MEMBER = {"MemberName": "Ana", "Interface": "PJSIP/301", "Queue": "sales", "Status": 1}


@pytest.fixture
def observer() -> Observer:
    """One that knows of Ana, and of a caller who waits."""
    observer = Observer("pbx")
    observer.up(START)
    say(observer, "QueueMemberAdded", START, **MEMBER, Paused=0)
    say(observer, "QueueMemberStatus", START, **MEMBER, Paused=0)
    say(observer, "QueueCallerJoin", START + 10, **CALLER)
    observer.drain()
    return observer


def item(event: str, **fields: object) -> Packet:
    lines = [f"Event: {event}", *(f"{key}: {value}" for key, value in fields.items())]
    return Packet(event, "\r\n".join(lines).encode())


def entry(**more: object) -> Packet:
    return item("QueueEntry", **{**CALLER, "Wait": 50, **more})


def listed(
    *items: Packet, living: frozenset[str] | None = frozenset({"u.1"}), whole: bool = True
) -> Listed:
    return Listed(ASKED, (item("QueueMember", **ANA), *items), living, whole)


def told(observer: Observer) -> list[tuple[str, str | None, float]]:
    """All that is told once nothing can be under way."""
    observer.advance(ASKED + 10)
    return [(it.kind, it.cause, it.at - START) for it in observer.drain()]


def connected(observer: Observer, at: float) -> None:
    say(observer, "AgentCalled", at - 1, **CALLER, **LEG)
    say(observer, "QueueCallerLeave", at, **CALLER)
    say(observer, "AgentConnect", at, **CALLER, **LEG, HoldTime=1, RingTime=1)


def test_where_both_say_the_same_nothing_happens(observer: Observer) -> None:
    observer.compare(listed(entry()))
    assert told(observer) == []
    assert observer.corrected == 0


def test_who_is_in_no_list_any_more_has_left(observer: Observer) -> None:
    say(observer, "AgentCalled", START + 20, **CALLER, **LEG)
    observer.drain()
    observer.compare(listed(living=frozenset()))
    assert told(observer) == [
        ("offer_withdrawn", "failed", 60.0),
        ("contact_left", "reconciled", 60.0),
    ]
    assert observer.corrected == 1


def test_a_list_that_is_not_whole_tells_nothing_of_who_is_not_in_it(observer: Observer) -> None:
    observer.compare(listed(living=None, whole=False))
    assert told(observer) == []


def test_a_conversation_without_its_channel_is_over(observer: Observer) -> None:
    connected(observer, START + 30)
    observer.drain()
    observer.compare(listed(living=frozenset({"l.1"})))
    assert told(observer) == [("contact_released", "reconciled", 60.0)]


def test_a_customer_whose_channel_is_another_by_now_is_there(observer: Observer) -> None:
    connected(observer, START + 30)
    of = {"LocalOneUniqueid": "u.1", "SourceUniqueid": "p.1"}
    say(observer, "LocalOptimizationBegin", START + 31, **of)
    observer.drain()
    observer.compare(listed(living=frozenset({"p.1"})))
    assert told(observer) == []


@pytest.mark.parametrize("way", ["abandoned", "connected", "moved", "keyed"])
def test_what_was_under_way_is_no_difference(observer: Observer, way: str) -> None:
    """It happened before the list was made, and is heard of after it."""
    before, after = ASKED - 0.1, ASKED + 0.2
    if way == "connected":  # and the list still has the caller
        observer.compare(listed(entry()))
        connected(observer, after)
        expected = "contact_connected"
    else:
        observer.compare(listed(living=frozenset()))
        say(observer, "QueueCallerLeave", before, **CALLER)
        if way == "abandoned":
            say(observer, "QueueCallerAbandon", before, **CALLER)
            say(observer, "Hangup", before, Uniqueid="u.1")
        elif way == "moved":
            say(observer, "QueueCallerJoin", after, Uniqueid="u.1", Queue="support")
        expected = {"abandoned": "contact_abandoned"}.get(way, "contact_left")
    kinds = told(observer)
    assert expected in {kind for kind, _, _ in kinds}
    assert "reconciled" not in {cause for _, cause, _ in kinds}
    assert observer.corrected == 0


def test_who_waits_unheard_of_entered_when_the_list_says(observer: Observer) -> None:
    other = {"Uniqueid": "u.2", "Queue": "sales", "Wait": 7}
    observer.compare(listed(entry(), entry(**other)))
    assert told(observer) == [("contact_queued", None, 53.0)]
    say(observer, "QueueCallerJoin", START + 53.4, Uniqueid="u.2", Queue="sales")  # late
    assert told(observer) == []


@pytest.mark.parametrize("queue", ["support", "sales"])
@pytest.mark.parametrize("talked", [False, True])
def test_who_waits_anew_left_before(observer: Observer, queue: str, talked: bool) -> None:
    """Also in the same queue: the time of entry is another."""
    if talked:
        connected(observer, START + 20)
    observer.drain()
    observer.compare(listed(entry(Queue=queue, Wait=5)))
    left = "contact_released" if talked else "contact_left"
    assert told(observer) == [(left, "reconciled", 55.0), ("contact_queued", None, 55.0)]
    (contact,) = observer.calls.contacts.values()
    assert (contact.queue, contact.visit) == (queue, 2)
    say(observer, "AgentConnect", ASKED + 20, **CALLER | {"Queue": queue}, **LEG, HoldTime=25)
    assert "contact_connected" in {kind for kind, _, _ in told(observer)}


def test_a_caller_told_to_be_gone_who_waits_is_there_again(observer: Observer) -> None:
    say(observer, "QueueCallerLeave", START + 20, **CALLER)
    observer.advance(START + 25)
    observer.drain()
    observer.compare(listed(entry()))
    assert told(observer) == [("contact_queued", None, 10.0)]


def members(observer: Observer, *items: dict[str, object]) -> list[Event]:
    entries = [item("QueueMember", **ANA | it) for it in items]
    observer.compare(Listed(ASKED, (*entries, entry()), None, whole=True))
    observer.advance(ASKED + 10)
    return observer.drain()


def test_members_are_put_right(observer: Observer) -> None:
    bea = {"Name": "Bea", "Location": "PJSIP/302"}
    events = members(observer, {"Paused": 1, "PausedReason": "lunch", "Status": 2}, bea)
    assert [(it.kind, it.agent, it.reason) for it in events] == [
        ("agent_not_ready", "Ana", "lunch"),
        ("agent_device", "Ana", None),
        ("agent_signed_in", "Bea", None),
        ("agent_ready", "Bea", None),
        ("agent_device", "Bea", None),
    ]
    assert observer.corrected == 4
    assert [it.kind for it in members(observer, bea)] == ["agent_signed_out"]
    assert members(observer, bea) == []
    assert observer.corrected == 5


def test_what_changed_after_the_list_was_made_stays(observer: Observer) -> None:
    observer.compare(listed(entry()))
    paused = MEMBER | {"Status": 2, "Paused": 1, "PausedReason": "lunch"}
    say(observer, "QueueMemberPause", ASKED + 1, **paused)
    say(observer, "QueueMemberStatus", ASKED + 1, **paused)
    assert [kind for kind, _, _ in told(observer)] == ["agent_not_ready", "agent_device"]
    assert observer.corrected == 0


def test_a_list_of_a_link_that_broke_is_not_looked_at(observer: Observer) -> None:
    observer.compare(listed(living=frozenset()))
    observer.down()
    observer.up(ASKED + 3)
    assert told(observer) == []
