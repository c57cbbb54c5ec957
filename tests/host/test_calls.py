"""Calls through the host: from arrival to wrap-up, and every way in which they go wrong."""

import pytest
from tests.host.stage import Screen, Stage, play

from ccroute import Rejected
from ccroute.adapters import (
    Abandoned,
    AgentAsked,
    CancelRing,
    Connect,
    Disconnected,
    Ended,
    HangUp,
    Instruction,
    KeyPressed,
    MirrorAgent,
    OfferFailed,
    Outcome,
    Park,
    PlatformSnapshot,
    Ring,
    failed,
    unknown,
)
from ccroute.testing import TELEPHONE, settle


def kinds(stage: Stage) -> list[str]:
    return [type(it).__name__ for it in stage.platform.told if not isinstance(it, MirrorAgent)]


def test_a_call_is_parked_rung_connected_and_wrapped_up() -> None:
    async def scenario(stage: Stage) -> None:
        await stage.staff("ana")
        await stage.call("c1", customer="zoe")
        assert kinds(stage) == ["Park", "Ring"]
        park, ring = stage.platform.told[-2:]
        assert isinstance(park, Park)
        assert (park.contact, park.queue, park.tenant) == ("c1", "billing", "main")
        assert isinstance(ring, Ring)
        assert (ring.agent, ring.address) == ("ana", "SIP/ana")
        assert ring.until == stage.time.now() + 15.0
        stage.platform.answer("ana")
        await settle()
        assert kinds(stage)[2:] == ["Connect"]
        assert stage.phase("c1") == "engaged"
        await stage.time.run(60)
        stage.platform.hang_up("c1")
        await settle()
        assert stage.activity("ana") == "wrapping"
        await stage.time.run(10)
        assert stage.activity("ana") == "idle"
        figures = stage.figures("offered", "answered", "att")
        assert figures == {"offered": 1, "answered": 1, "att": 60.0}
        # The customer hung up: there was nothing left to end.
        assert "HangUp" not in kinds(stage)

    play(scenario)


def test_an_agent_who_does_not_answer_keeps_nobodys_place() -> None:
    async def scenario(stage: Stage) -> None:
        await stage.staff("ana")
        await stage.call("c1")
        await stage.time.run(15)  # nobody answers: the engine's own deadline
        assert kinds(stage)[-1] == "CancelRing"
        assert stage.phase("c1") == "waiting"
        assert stage.platform.ringing() == []
        await stage.staff("ben")
        assert stage.platform.ringing() == [("c1", "ben")]

    play(scenario)


@pytest.mark.parametrize(
    ("reason", "kind", "cause"),
    [
        ("no_answer", "offer_missed", None),
        ("busy", "offer_missed", "busy"),
        ("unreachable", "offer_missed", "unreachable"),
        ("rejected", "offer_declined", None),
    ],
)
def test_each_failure_of_a_ring_is_told_apart(reason: str, kind: str, cause: str | None) -> None:
    async def scenario(stage: Stage) -> None:
        await stage.staff("ana")
        async with Screen(stage.host.agent("ana")) as screen:
            await stage.call("c1")
            stage.platform.refuse("ana", reason)
            await settle()
            event = screen.event(kind).event
            assert event.cause == cause
        assert stage.phase("c1") == "waiting"
        assert "CancelRing" not in kinds(stage)  # its leg is gone already

    play(scenario)


def test_a_caller_who_leaves_while_it_rings_is_an_abandon() -> None:
    async def scenario(stage: Stage) -> None:
        await stage.staff("ana")
        await stage.call("c1")
        contact, leg = stage.platform.leg("ana")
        del stage.platform.callers[contact]
        stage.platform.push(Abandoned(contact="c1", phase="offering"))
        stage.platform.push(OfferFailed(offer=leg.offer, reason="caller_gone"))
        stage.platform.push(Ended(contact="c1"))
        await settle()
        assert stage.phase("c1") == "closed"
        assert stage.activity("ana") == "idle"
        figures = stage.figures("offered", "abandoned")
        assert figures == {"offered": 1, "abandoned": 1}

    play(scenario)


def test_of_who_is_closed_already_an_end_asks_nothing() -> None:
    async def scenario(stage: Stage) -> None:
        await stage.staff("ana")
        await stage.talk("c1", "ana")
        stage.platform.push(Disconnected(contact="c1", by="customer"))
        await settle()
        before = stage.host.health().tenants["main"].counters["commands"]
        stage.platform.push(Ended(contact="c1"))
        await settle()
        counters = stage.host.health().tenants["main"].counters
        assert (counters["commands"], counters["overtaken"]) == (before, 0)
        stage.platform.call("c1", queue="billing")  # the id is used again: it is forgotten
        await settle()
        assert stage.host.health().tenants["main"].contacts == 1

    play(scenario)


def test_a_call_that_arrives_and_ends_at_once_loses_nothing() -> None:
    async def scenario(stage: Stage) -> None:
        await stage.staff("ana")
        stage.platform.call("c1", queue="billing")
        stage.platform.hang_up("c1")
        await settle()
        assert stage.phase("c1") == "closed"
        assert stage.host.health().tenants["main"].contacts == 0
        assert kinds(stage) == []  # nobody was rung for who had gone already

    play(scenario)


def test_hanging_up_at_the_desk_ends_the_call_on_the_platform() -> None:
    async def scenario(stage: Stage) -> None:
        await stage.staff("ana")
        await stage.talk("c1", "ana")
        await stage.host.agent("ana").release("pbx:c1", reason="done")
        await settle()
        assert isinstance(stage.platform.told[-1], HangUp)
        assert stage.platform.callers == {}
        assert stage.host.health().tenants["main"].stuck == 0

    play(scenario)


def test_accepting_at_the_desk_waits_for_the_phone() -> None:
    async def scenario(stage: Stage) -> None:
        await stage.staff("ana")
        async with Screen(stage.host.agent("ana")) as screen:
            await stage.call("c1")
            offer = screen.event("offer_made").event.offer
            await stage.host.agent("ana").accept(offer)
            await settle()
            assert "Connect" not in kinds(stage)  # the phone still rings
            stage.platform.answer("ana")
            await settle()
            connect = stage.platform.told[-1]
            assert isinstance(connect, Connect)
            assert connect.offer == stage.platform.rings[0].offer
            assert stage.phase("c1") == "engaged"

    play(scenario)


def test_without_phones_the_desk_accepts() -> None:
    async def scenario(stage: Stage) -> None:
        await stage.staff("ana")
        async with Screen(stage.host.agent("ana")) as screen:
            await stage.call("c1")
            await stage.host.agent("ana").accept(screen.event("offer_made").event.offer)
            await settle()
        assert kinds(stage) == ["Park", "Connect"]
        assert stage.phase("c1") == "engaged"

    play(scenario, capabilities=["park", "hangup_party", "snapshot"])


def test_two_agents_ring_and_one_gets_the_call() -> None:
    async def scenario(stage: Stage) -> None:
        await stage.staff("ana", "ben")
        await stage.call("c1")
        assert len(stage.platform.ringing()) == 2
        stage.platform.answer("ben")
        await settle()
        assert stage.platform.callers["c1"].agent == "ben"
        cancels = [it for it in stage.platform.told if isinstance(it, CancelRing)]
        assert [it.offer for it in cancels] == [
            ring.offer for ring in stage.platform.rings if ring.agent == "ana"
        ]
        await stage.time.run(60)
        assert stage.activity("ana") == "idle"

    play(scenario, plan='[queues.billing]\noffer = { parallel = "all" }')


def test_an_agent_without_an_address_is_not_reachable() -> None:
    async def scenario(stage: Stage) -> None:
        await stage.staff("zed")
        await stage.call("c1")
        assert "Ring" not in kinds(stage)
        assert stage.phase("c1") == "waiting"

    play(scenario)


def test_a_ring_that_was_refused_for_certain_goes_to_the_next() -> None:
    async def scenario(stage: Stage) -> None:
        def refuse(it: Instruction) -> Outcome | None:
            return failed("rejected") if isinstance(it, Ring) and it.agent == "ana" else None

        stage.platform.answers = refuse
        await stage.staff("ana", "ben")
        await stage.call("c1")
        await settle()
        assert stage.platform.ringing() == [("c1", "ben")]

    play(scenario)


def test_a_throttled_ring_is_asked_again_under_another_id() -> None:
    async def scenario(stage: Stage) -> None:
        left = [2]

        def throttle(it: Instruction) -> Outcome | None:
            if isinstance(it, Ring) and left[0]:
                left[0] -= 1
                return failed("throttled", retry_after=1.0)
            return None

        stage.platform.answers = throttle
        await stage.staff("ana")
        await stage.call("c1")
        await stage.time.run(2.5)
        assert stage.platform.ringing() == [("c1", "ana")]
        asked = [it for it in stage.platform.told if isinstance(it, Ring)]
        assert len({it.id for it in asked}) == 3
        assert len({it.offer for it in asked}) == 1

    play(scenario)


@pytest.mark.parametrize("rang", [True, False])
def test_an_unknown_ring_is_looked_up_and_never_sent_again(rang: bool) -> None:
    async def scenario(stage: Stage) -> None:
        def lose(it: Instruction) -> Outcome | None:
            if not isinstance(it, Ring) or it.agent != "ana":
                return None
            if rang:
                stage.platform._do(it)
            return unknown("no reply")

        stage.platform.answers = lose
        await stage.staff("ana")
        await stage.call("c1")
        await stage.time.run(1)
        asked = [it for it in stage.platform.told if isinstance(it, Ring)]
        assert len(asked) == 1
        assert stage.host.health().looked_up == 1
        if rang:
            stage.platform.answer("ana")
            await settle()
            assert stage.phase("c1") == "engaged"
        else:
            assert stage.phase("c1") == "waiting"
            await stage.staff("ben")
            assert stage.platform.ringing() == [("c1", "ben")]

    play(scenario)


def test_where_much_is_unknown_the_platform_is_asked_once_for_all() -> None:
    async def scenario(stage: Stage) -> None:
        adapter = stage.host.links["pbx"].adapter
        snapshot, asked = adapter.snapshot, 0

        async def slowly() -> PlatformSnapshot:
            nonlocal asked
            asked += 1
            await stage.time.sleep_until(stage.time.now() + 0.3)
            return await snapshot()

        adapter.snapshot = slowly  # type: ignore[method-assign]
        stage.platform.answers = lambda it: unknown("lost") if isinstance(it, Park) else None
        for number in range(20):
            stage.platform.call(f"c{number}", queue="billing")
        await stage.time.run(0.7)
        assert asked == 1
        stage.platform.answers = lambda it: None
        await stage.time.run(10)
        assert stage.host.health().looked_up == 20
        assert len(stage.host.supervise().waiting()) == 20

    play(scenario)


def test_a_platform_that_says_nothing_is_given_up_at_the_deadline() -> None:
    async def scenario(stage: Stage) -> None:
        adapter = stage.host.links["pbx"].adapter
        execute = adapter.execute

        async def hang(it: Instruction) -> Outcome:
            if isinstance(it, Ring):
                await stage.time.sleep_until(stage.time.now() + 3600.0)
            return await execute(it)

        adapter.execute = hang  # type: ignore[method-assign]
        await stage.staff("ana")
        await stage.call("c1")
        await stage.time.run(6)
        assert stage.host.health().links["pbx"].counters["unknown"] == 1
        assert stage.phase("c1") == "waiting"  # looked up: it does not ring

    play(scenario)


def test_a_transfer_to_a_queue_parks_the_caller_again() -> None:
    async def scenario(stage: Stage) -> None:
        await stage.staff("ana")
        await stage.talk("c1", "ana")
        await stage.host.agent("ana").transfer("pbx:c1", queue="billing")
        await settle()
        assert isinstance(stage.platform.told[-1], Park)
        assert stage.platform.callers["c1"].agent is None
        assert stage.phase("c1") == "waiting"

    play(scenario)


def test_a_transfer_before_the_connection_stops_the_phone() -> None:
    async def scenario(stage: Stage) -> None:
        await stage.staff("ana")
        await stage.call("c1")
        await stage.accept("ana")
        assert stage.platform.ringing() == [("c1", "ana")]
        await stage.host.agent("ana").pause("tea")
        await stage.host.agent("ana").transfer("pbx:c1", queue="billing")
        await settle()
        assert stage.platform.ringing() == []
        assert stage.phase("c1") == "waiting"

    play(scenario)


def test_a_consult_follows_what_the_platform_says() -> None:
    async def scenario(stage: Stage) -> None:
        await stage.staff("ana")
        await stage.host.agent("eva").sign_in(queues=["billing"], capacity={"voice": 1})
        await stage.talk("c1", "ana")
        ana = stage.host.agent("ana")
        await ana.consult("pbx:c1", "eva")
        assert kinds(stage)[-1] == "Consult"
        await settle()
        both = {"ana": "primary", "eva": "consult"}
        assert stage.host.supervise().talking()[0].parts == both
        await ana.complete_transfer("pbx:c1", "eva")
        await settle()
        assert stage.host.supervise().talking()[0].parts == {"eva": "primary"}
        assert stage.activity("ana") == "wrapping"
        with pytest.raises(Rejected) as refused:
            await ana.consult("pbx:c9", "eva")
        assert refused.value.code == "not_yours"

    play(scenario)


def test_a_conference_is_a_consult_in_which_the_customer_speaks() -> None:
    async def scenario(stage: Stage) -> None:
        await stage.staff("ana", "eva")
        await stage.talk("c1", "ana")
        ana, contact = stage.host.agent("ana"), "pbx:c1"
        await ana.consult(contact, "eva")
        await settle()
        await ana.conference(contact, "eva")
        assert kinds(stage)[-1] == "Conference"
        await settle()
        both = {"ana": "primary", "eva": "conference"}
        assert stage.host.supervise().talking()[0].parts == both
        for agent, code in (("eva", "already_joined"), ("ben", "not_joined")):
            with pytest.raises(Rejected) as refused:
                await ana.conference(contact, agent)
            assert refused.value.code == code
        with pytest.raises(Rejected) as refused:
            await stage.host.agent("ben").conference(contact, "eva")
        assert refused.value.code == "not_yours"
        await ana.complete_transfer(contact, "eva")
        await settle()
        assert stage.host.supervise().talking()[0].parts == {"eva": "primary"}
        assert (stage.activity("ana"), stage.activity("eva")) == ("wrapping", "engaged")
        told = [(it.action, it.outcome) for it in stage.host.audit if "onference" in it.action]
        assert told == [
            ("Conference", "done"), ("conference", "already_joined"), ("conference", "not_joined"),
            ("conference", "not_yours"),
        ]  # fmt: skip
        stage.platform.hang_up("c1")
        await settle()
        figures = stage.figures("answered", "transfer.handed_over")
        assert figures == {"answered": 1, "transfer.handed_over": 0.5}  # one of two conversations

    play(scenario)


def test_a_conference_is_refused_where_the_platform_has_none() -> None:
    async def scenario(stage: Stage) -> None:
        await stage.staff("ana", "eva")
        await stage.talk("c1", "ana")
        ana = stage.host.agent("ana")
        await ana.consult("pbx:c1", "eva")
        await settle()
        with pytest.raises(Rejected) as refused:
            await ana.conference("pbx:c1", "eva")
        assert refused.value.code == "unsupported"

    play(scenario, capabilities=[it for it in TELEPHONE if it != "conference"])


def test_keys_attributes_and_recordings_reach_the_contact() -> None:
    async def scenario(stage: Stage) -> None:
        await stage.staff("ana")
        await stage.call("c1", dialled="900", caller="+34600")
        stage.platform.push(KeyPressed(contact="c1", key="5"))
        stage.platform.answer("ana")
        await settle()
        ana = stage.host.agent("ana")
        recording = await ana.start_recording("pbx:c1")
        await settle()
        attributes = stage.host.router().attributes("pbx:c1")
        assert attributes["recording"] == recording
        assert (attributes["dialled"], attributes["caller"]) == ("900", "+34600")
        await ana.pause_recording("pbx:c1")
        assert kinds(stage)[-2:] == ["StartRecording", "PauseRecording"]

    play(scenario)


def test_what_a_platform_said_is_not_said_back_to_it() -> None:
    async def scenario(stage: Stage) -> None:
        await stage.staff("ana")
        mirrored = [it.ready for it in stage.platform.told if isinstance(it, MirrorAgent)]
        assert mirrored == [True]
        stage.platform.push(AgentAsked(agent="ana", wish="not_ready", reason="lunch"))
        await settle()
        assert stage.host.router().explain_agent("ana").reason == "lunch"
        assert [it.ready for it in stage.platform.told if isinstance(it, MirrorAgent)] == [True]

    play(scenario)


def test_a_conversation_the_agent_ends_is_the_agents() -> None:
    async def scenario(stage: Stage) -> None:
        await stage.staff("ana")
        await stage.talk("c1", "ana")
        async with Screen(stage.host.agent("ana")) as screen:
            stage.platform.push(Disconnected(contact="c1", by="agent"))
            stage.platform.push(Ended(contact="c1"))
            await settle()
            assert screen.event("contact_released").event.cause == "agent"

    play(scenario)


def test_a_platform_lost_with_its_callers_abandons_nobody() -> None:
    async def scenario(stage: Stage) -> None:
        await stage.call("c1")
        stage.platform.callers.clear()
        stage.platform.push(Ended(contact="c1", cause="system_lost"))
        await settle()
        figures = stage.figures("offered", "abandoned", "left")
        assert figures == {"offered": 1, "abandoned": 0, "left": 1}

    play(scenario)
