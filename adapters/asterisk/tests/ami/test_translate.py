"""What single events mean that no capture has."""

import pytest
from adapters.asterisk.tests.ami.captured import say

from ccroute_asterisk.ami.codec import Packet
from ccroute_asterisk.ami.observer import Listed, Observer
from ccroute_asterisk.queue_log import Line, QueueLogDecoder

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


def test_an_agent_of_a_pool_is_the_member_whose_device_it_is(observer: Observer) -> None:
    """Who has not logged in there is a member all the same, of whom nothing is expected."""
    ana = {"Interface": "Local/1@pool", "MemberName": "Ana", "StateInterface": "Agent:1001"}
    away = {**ana, "Queue": "sales", "Status": 5, "Paused": 0}
    say(observer, "QueueMemberAdded", START, **away)
    say(observer, "QueueMemberPause", START + 1, **away | {"Paused": 1, "PausedReason": "lunch"})
    assert told(observer) == []
    say(observer, "AgentLogin", START + 2, Agent="1001")
    assert told(observer) == [("agent_signed_in", "Ana", 2.0), ("agent_ready", "Ana", 2.0)]
    say(observer, "AgentLogoff", START + 9, Agent="1001", Logintime=7)
    assert told(observer) == [("agent_signed_out", "Ana", 9.0)]


def test_an_agent_of_a_pool_and_of_no_queue_goes_by_its_id(observer: Observer) -> None:
    say(observer, "AgentLogin", START, Agent="1001")
    say(observer, "AgentLogin", START + 1, Agent="1001")
    say(observer, "AgentLogoff", START + 2, Agent="1001", Logintime=2)
    say(observer, "AgentLogoff", START + 3, Agent="1001", Logintime=2)
    assert told(observer) == [
        ("agent_signed_in", "1001", 0.0),
        ("agent_ready", "1001", 0.0),
        ("agent_signed_out", "1001", 2.0),
    ]


@pytest.mark.parametrize(
    ("interface", "channel", "who"),
    [
        ("PJSIP/302", "PJSIP/302-00000002", "Bea"),
        ("Local/302@agents/n", "Local/302@agents-00000002;1", "Bea"),
        ("PJSIP/302", "SIP/door-bell-00000002", "SIP/door-bell"),
    ],
)
def test_who_picks_up_anothers_phone_has_the_call(
    observer: Observer, interface: str, channel: str, who: str
) -> None:
    bea = {"MemberName": "Bea", "Interface": interface, "Status": 1, "Paused": 0}
    say(observer, "QueueMemberAdded", START, Queue="sales", **bea)
    say(observer, "QueueCallerJoin", START, **CALLER)
    say(observer, "AgentCalled", START + 1, **CALLER, **ANA)
    observer.drain()
    picked = {"Channel": channel, "Uniqueid": "p.1", "TargetUniqueid": "l.1"}
    say(observer, "Pickup", START + 2, **picked)
    say(observer, "QueueCallerLeave", START + 2, **CALLER)
    leg = ANA | {"DestUniqueid": "p.1"}
    say(observer, "AgentConnect", START + 2, **CALLER, **leg, HoldTime=2, RingTime=1)
    say(observer, "Hangup", START + 2, Uniqueid="l.1", Cause=26)
    end = {"HoldTime": 2, "TalkTime": 7, "Reason": "agent"}
    say(observer, "AgentComplete", START + 9, **CALLER, **leg, **end)
    of_the_call = [it for it in told(observer) if not it[0].startswith("agent_")]
    assert of_the_call == [
        ("offer_lost", "Ana", 2.0),
        ("offer_made", who, 2.0),
        ("offer_accepted", who, 2.0),
        ("contact_connected", who, 2.0),
        ("contact_released", who, 9.0),
    ]


def test_a_pickup_of_what_is_no_queues_call_is_nothing(observer: Observer) -> None:
    say(observer, "QueueCallerJoin", START, **CALLER)
    observer.drain()
    say(observer, "Pickup", START + 1, Channel="PJSIP/302-2", Uniqueid="p.1", TargetUniqueid="x")
    say(observer, "Pickup", START + 1, Channel="PJSIP/302-2", Uniqueid="p.1", TargetUniqueid="u.1")
    assert told(observer) == []


def connected(observer: Observer) -> None:
    say(observer, "QueueCallerJoin", START, **CALLER)
    say(observer, "AgentCalled", START + 1, **CALLER, **ANA)
    say(observer, "DialEnd", START + 2, **CALLER, **ANA, DialStatus="ANSWER")
    say(observer, "QueueCallerLeave", START + 2, **CALLER)
    say(observer, "AgentConnect", START + 2, **CALLER, **ANA, HoldTime=2, RingTime=1)
    observer.drain()


def test_what_the_dialplan_does_after_the_answer_is_no_way_out(observer: Observer) -> None:
    """The gosub of a queue: AgentConnect comes when it is over."""
    say(observer, "QueueCallerJoin", START, **CALLER)
    say(observer, "AgentCalled", START + 1, **CALLER, **ANA)
    say(observer, "DialEnd", START + 2, **CALLER, **ANA, DialStatus="ANSWER")
    say(observer, "QueueCallerLeave", START + 2, **CALLER)
    observer.advance(START + 8)
    observer.drain()
    say(observer, "AgentConnect", START + 9, **CALLER, **ANA, HoldTime=9, RingTime=1)
    assert told(observer) == [("offer_accepted", "Ana", 9.0), ("contact_connected", "Ana", 9.0)]


def step_aside(observer: Observer, old: str, steps: list[str]) -> None:
    """A Local channel gives its place to the next one, of which nothing is told."""
    for new in steps:
        of = {"LocalOneUniqueid": old, "LocalTwoUniqueid": "x", "SourceUniqueid": new}
        say(observer, "LocalOptimizationBegin", START + 3, **of)
        say(observer, "BridgeLeave", START + 3, Uniqueid=old)
        say(observer, "BridgeEnter", START + 3, Uniqueid=new, SwapUniqueid=old)
        say(observer, "Hangup", START + 3, Uniqueid=old, Cause=16)
        old = new
    assert told(observer) == []


@pytest.mark.parametrize("steps", [["p.1"], ["l.2", "p.1"]])
def test_a_local_channel_that_steps_aside_ends_no_talk(
    observer: Observer, steps: list[str]
) -> None:
    connected(observer)
    step_aside(observer, "l.1", steps)
    say(observer, "Hold", START + 4, Uniqueid="p.1")
    say(observer, "HangupRequest", START + 9, Uniqueid="p.1", Cause=16)
    say(observer, "Hangup", START + 9, Uniqueid="p.1", Cause=16)
    assert told(observer) == [("contact_held", "Ana", 4.0), ("contact_released", "Ana", 9.0)]


@pytest.mark.parametrize("steps", [["p.1"], ["l.2", "p.1"]])
def test_a_callers_local_channel_that_steps_aside_ends_none_either(
    observer: Observer, steps: list[str]
) -> None:
    connected(observer)
    step_aside(observer, "u.1", steps)
    say(observer, "HangupRequest", START + 9, Uniqueid="p.1", Cause=16)
    say(observer, "Hangup", START + 9, Uniqueid="p.1", Cause=16)
    (released,) = observer.drain()
    assert (released.kind, released.contact, released.cause) == (
        "contact_released",
        "u.1",
        "customer",
    )
    assert not observer._ami._live  # nothing of the call is kept


BEA = {"DestUniqueid": "l.2", "Interface": "PJSIP/302", "MemberName": "Bea"}


def ringing(observer: Observer, *agents: dict[str, str]) -> None:
    say(observer, "QueueCallerJoin", START, **CALLER)
    for agent in agents:
        say(observer, "AgentCalled", START + 1, **CALLER, **agent)
    observer.drain()


@pytest.mark.parametrize(
    ("before", "kind", "cause"),
    [
        ({"name": "DialEnd", **BEA, "DialStatus": "ANSWER"}, "offer_lost", None),
        ({"name": "DialEnd", **ANA, "DialStatus": "ANSWER"}, "offer_withdrawn", "failed"),
        ({"name": "DialEnd", **ANA, "DialStatus": "CANCEL"}, "offer_withdrawn", "customer"),
        ({"name": "DialEnd", **ANA, "DialStatus": "CHANUNAVAIL"}, "offer_missed", "unreachable"),
        ({"name": "HangupRequest", "Uniqueid": "u.1"}, "offer_withdrawn", "customer"),
        ({"name": "HangupRequest", "Uniqueid": "l.1", "Cause": 17}, "offer_missed", "busy"),
        ({"name": "HangupRequest", "Uniqueid": "l.1", "Cause": 21}, "offer_declined", None),
        ({"name": "Hold", "Uniqueid": "l.1"}, "offer_missed", None),
    ],
)
def test_why_a_phone_stopped_ringing_when_no_queue_says(
    observer: Observer, before: dict[str, object], kind: str, cause: str | None
) -> None:
    ringing(observer, ANA, BEA)
    say(observer, str(before.pop("name")), START + 2, **before)
    say(observer, "Hangup", START + 3, Uniqueid="l.1", Cause=16)
    (event,) = observer.drain()
    assert (event.kind, event.agent, event.cause) == (kind, "Ana", cause)


def test_a_ring_that_nobody_saw_begin_is_as_long_as_its_end_tells(observer: Observer) -> None:
    """In milliseconds when it was missed, in seconds when it was answered."""
    say(observer, "QueueCallerJoin", START, **CALLER)
    observer.drain()
    say(observer, "AgentRingNoAnswer", START + 9, **CALLER, **ANA, RingTime=4000)
    say(observer, "AgentConnect", START + 20, **CALLER, **BEA, HoldTime=20, RingTime=3)
    offers = [it for it in told(observer) if it[0].startswith("offer_")]
    assert offers == [
        ("offer_made", "Ana", 5.0),
        ("offer_missed", "Ana", 9.0),
        ("offer_made", "Bea", 17.0),
        ("offer_accepted", "Bea", 20.0),
    ]


def test_a_transfer_that_only_the_end_tells_of(observer: Observer) -> None:
    connected(observer)
    of = {"HoldTime": 2, "TalkTime": 3, "Reason": "transfer"}
    say(observer, "AgentComplete", START + 5, **CALLER, **ANA, **of)
    assert told(observer) == [("contact_transferred", "Ana", 5.0)]


def test_a_caller_who_comes_again_in_mid_talk_was_passed_on(observer: Observer) -> None:
    connected(observer)
    say(observer, "QueueCallerJoin", START + 9, Uniqueid="u.1", Queue="support")
    (released, queued) = observer.drain()
    assert (released.kind, released.cause) == ("contact_released", "transferred")
    assert (queued.kind, queued.visit) == ("contact_queued", 2)


def test_what_comes_late_of_a_visit_that_is_over_begins_none(observer: Observer) -> None:
    connected(observer)
    say(observer, "Hangup", START + 9, Uniqueid="u.1")
    observer.drain()
    of = {"HoldTime": 2, "TalkTime": 7, "Reason": "caller"}
    say(observer, "AgentComplete", START + 9, **CALLER, **ANA, **of)
    say(observer, "AgentConnect", START + 9, **CALLER, **ANA, HoldTime=2, RingTime=1)
    assert told(observer) == []


def test_a_refusal_at_an_unknown_door_is_none(observer: Observer) -> None:
    """The user may not read the class `dialplan`: nothing tells which queue it was."""
    say(observer, "VarSet", START, Uniqueid="u.9", Variable="QUEUESTATUS", Value="FULL")
    assert told(observer) == []
    say(observer, "Newexten", START, Uniqueid="u.9", Application="Queue", AppData="sales,t")
    say(observer, "VarSet", START + 1, Uniqueid="u.9", Variable="QUEUESTATUS", Value="CONTINUE")
    say(observer, "VarSet", START + 1, Uniqueid="u.9", Variable="QUEUESTATUS", Value="FULL")
    assert told(observer) == [("contact_refused", None, 1.0)]


def test_a_talk_of_the_log_is_ended_by_an_event_that_names_no_call(observer: Observer) -> None:
    """What was under way when the link came up is followed from there."""
    observer = Observer("pbx")
    log = b"1799999980|u.1|sales|NONE|ENTERQUEUE||1|1\n1799999985|u.1|sales|Ana|CONNECT|5|l.1|2\n"
    lines = [it for it in QueueLogDecoder().receive_data(log) if isinstance(it, Line)]
    member = Packet("QueueMember", b"Event: QueueMember\r\nQueue: sales\r\nName: Ana\r\n"
                    b"Location: PJSIP/301\r\nStatus: 2\r\nPaused: 0")  # fmt: skip
    observer.members.learn([member])
    observer.up(START)
    observer.go_on(observer.begin(lines, START - 60), START - 60)
    observer.adopt(Listed(START, (member,), frozenset({"u.1", "l.1"}), whole=True))
    observer.drain()
    end = {"Queue": "sales", "Interface": "PJSIP/301", "MemberName": "Ana"}
    say(observer, "AgentComplete", START + 9, **end, HoldTime=5, TalkTime=24, Reason="agent")
    assert told(observer) == [("contact_released", "Ana", 9.0)]
