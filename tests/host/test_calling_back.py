"""Customers who are called back over a platform that can, and by hand over one that cannot."""

import asyncio
from pathlib import Path

import attrs
import pytest
from tests.host.called_back import (
    DESK,
    NUMBER,
    PLAN,
    calls,
    dialled,
    offered,
    reached,
    wants_a_call,
)
from tests.host.stage import SETTINGS, Stage, begin, host_on, play

from ccroute import Event, RequestCallback
from ccroute.adapters import CallCustomer, Ended, HangUp, Ring, unknown
from ccroute.testing import LoopbackPlatform, ManualTime, settle


def test_the_agent_is_rung_then_the_customer_is_dialled_and_they_speak() -> None:
    async def scenario(stage: Stage) -> None:
        await offered(stage)
        ((native, agent),) = stage.platform.ringing()
        assert agent == "ana"
        assert native.startswith("back-")
        assert stage.phase("c1") == "offered"
        assert calls(stage) == []  # not before the agent is there
        call = await dialled(stage)
        assert (call.contact, call.address, call.agent) == (native, NUMBER, "ana")
        assert call.until == stage.time.now() + 30.0
        assert stage.phase("c1") == "connecting"
        await stage.time.run(5)
        await reached(stage, native)
        await stage.time.run(20)
        stage.platform.hang_up(native)
        await settle()
        assert stage.phase("c1") == "closed"
        assert stage.figures("answered", "abandoned", "att") == {
            "answered": 1, "abandoned": 0, "att": 20.0,
        }  # fmt: skip
        assert stage.host.health().tenants["main"].contacts == 0

    play(scenario, plan=PLAN)


def test_an_agent_who_accepts_at_the_desk_is_waited_for_at_the_phone() -> None:
    async def scenario(stage: Stage) -> None:
        await offered(stage)
        await stage.accept("ana")
        assert calls(stage) == []
        assert len(stage.platform.rings) == 1
        await dialled(stage)
        await reached(stage, calls(stage)[0].contact)

    play(scenario, plan=PLAN)


def test_where_nobody_is_rung_the_platform_does_it_all() -> None:
    async def scenario(stage: Stage) -> None:
        await offered(stage)
        await stage.accept("ana")
        (call,) = calls(stage)
        assert call.agent_address == "SIP/ana"
        await reached(stage, call.contact)

    play(scenario, plan=PLAN, capabilities=DESK)


NOT_REACHED = {
    "no_answer": "missed",
    "busy": "busy",
    "unreachable": "unreachable",
    "error": "failed",
}


@pytest.mark.parametrize(("reason", "cause"), NOT_REACHED.items())
def test_a_customer_who_is_not_reached_is_tried_again_as_the_plan_says(
    reason: str, cause: str
) -> None:
    async def scenario(stage: Stage) -> None:
        await offered(stage)
        first = await dialled(stage)
        shown: list[Event] = []
        stage.host.tenants["main"].told.append(shown.extend)
        stage.platform.customer_fails(first.contact, reason)
        await settle()
        assert [it.cause for it in shown if it.kind == "callback_failed"] == [cause]
        assert stage.phase("c1") == "scheduled"
        assert stage.activity("ana") == "idle"
        assert stage.platform.callers == {}
        while not stage.platform.ringing():
            await stage.time.run(10)
        second = await dialled(stage)
        assert second.contact != first.contact  # ids are never used again
        stage.platform.customer_fails(second.contact, reason)
        await settle()
        assert stage.phase("c1") == "closed"  # two attempts
        assert stage.host.health().tenants["main"].contacts == 0
        assert len(list(stage.host.tenants["main"].placements)) == 0

    play(scenario, plan=PLAN)


def test_nobody_rings_for_ever_when_the_customer_does_not_answer() -> None:
    async def scenario(stage: Stage) -> None:
        await offered(stage)
        call = await dialled(stage)
        await stage.time.run(31)  # the platform says nothing
        assert stage.phase("c1") == "scheduled"
        ended = [it.contact for it in stage.platform.told if isinstance(it, HangUp)]
        assert ended[-1] == call.contact
        assert stage.platform.callers == {}

    play(scenario, plan=PLAN)


def test_an_agent_who_hangs_up_before_the_answer_leaves_the_customer_alone() -> None:
    async def scenario(stage: Stage) -> None:
        await offered(stage)
        await dialled(stage)
        stage.platform.refuse("ana", "rejected")
        await settle()
        assert stage.phase("c1") == "waiting"  # it costs no attempt
        assert stage.platform.callers == {}
        await stage.staff("ben")
        await dialled(stage, "ben")

    play(scenario, plan=PLAN)


def test_an_agent_who_does_not_answer_costs_no_attempt() -> None:
    async def scenario(stage: Stage) -> None:
        await offered(stage)
        stage.platform.refuse("ana", "no_answer")
        await settle()
        assert stage.phase("c1") == "waiting"
        await stage.staff("ben")
        (ringing,) = stage.platform.ringing()
        assert ringing[1] == "ben"
        call = await dialled(stage, "ben")
        assert call.contact == ringing[0]

    play(scenario, plan=PLAN)


def test_what_the_platform_says_of_an_older_call_is_not_about_the_new_one() -> None:
    async def scenario(stage: Stage) -> None:
        await stage.call("c1", caller=NUMBER)
        await stage.staff("ana")
        stage.platform.refuse("ana", "no_answer")
        await settle()
        await stage.host.apply(RequestCallback(contact="pbx:c1"), actor="menu")
        await settle()
        await stage.host.agent("ana").ready()
        await settle()
        call = await dialled(stage)
        stage.platform.push(Ended(contact="c1"))  # late
        await settle()
        assert stage.phase("c1") == "connecting"
        stage.platform.call("c1", queue="billing", caller="+34600000002")  # an id used again
        await settle()
        known = {it.contact for it in stage.host.supervise().waiting()}
        assert known == {"pbx:c1", "pbx:c1#1"}
        await reached(stage, call.contact)

    play(scenario, plan=PLAN)


@pytest.mark.parametrize("caller", ["+1900555", "+34600@evil.example", "sip:x@y", ""])
def test_a_number_that_is_not_allowed_is_never_dialled(caller: str) -> None:
    async def scenario(stage: Stage) -> None:
        await wants_a_call(stage, caller=caller)
        await stage.staff("ana")
        assert stage.platform.ringing() == []
        await stage.accept("ana")  # by hand, as the agent decides
        await stage.host.agent("ana").connected("pbx:c1")
        await stage.time.run(10)
        await stage.host.agent("ana").release("pbx:c1")
        assert stage.figures("att") == {"att": 10.0}
        assert calls(stage) == []
        assert len(list(stage.host.tenants["main"].placements)) == 0

    play(scenario, plan=PLAN)


def test_calls_count_as_transfers_and_have_the_same_cap() -> None:
    async def scenario(stage: Stage) -> None:
        for number in range(3):
            await wants_a_call(stage, f"c{number}")
        for agent in ("ana", "ben", "eva"):
            await stage.staff(agent)
            stage.platform.answer(agent)
            await settle()
        assert len(calls(stage)) == 2  # a minute
        assert sorted(stage.phase(f"c{it}") for it in range(3)) == [
            "connecting", "connecting", "suspended",
        ]  # fmt: skip
        assert len(stage.platform.ringing()) == 2  # whose customer is not dialled is let go
        for call in calls(stage):
            stage.platform.customer_answers(call.contact)
        await stage.time.run(61)
        for _, agent in stage.platform.ringing():
            if agent not in {it.agent for it in calls(stage)}:
                stage.platform.answer(agent)
        await settle()
        assert len(calls(stage)) == 3  # its only attempt

    play(scenario, plan=PLAN.replace("attempts = 2", "attempts = 1"))


def test_the_number_is_the_attribute_that_the_settings_name() -> None:
    async def scenario(stage: Stage) -> None:
        await stage.call("c1", caller="anonymous", attributes={"call_me_at": "+34611"})
        await stage.host.apply(RequestCallback(contact="pbx:c1"), actor="menu")
        await stage.staff("ana")
        assert (await dialled(stage)).address == "+34611"

    settings = attrs.evolve(SETTINGS, callback_number="call_me_at")
    play(scenario, plan=PLAN, settings=settings)


@pytest.mark.parametrize("done", [True, False])
def test_what_became_of_the_call_is_looked_up_and_never_asked_again(done: bool) -> None:
    async def scenario(stage: Stage) -> None:
        await offered(stage)

        def lost(it: object) -> object:
            if not isinstance(it, CallCustomer):
                return None
            if not done:
                del stage.platform.callers[it.contact]
            return unknown("no reply")

        stage.platform.answers = lost  # type: ignore[assignment]
        call = await dialled(stage)
        await stage.time.run(2)
        assert len(calls(stage)) == 1
        if done:
            assert stage.phase("c1") == "connecting"
            stage.platform.customer_answers(call.contact)
            await settle()
        assert stage.phase("c1") == ("engaged" if done else "scheduled")

    play(scenario, plan=PLAN)


@pytest.mark.parametrize("saved", ["before the call", "while it rings"])
@pytest.mark.parametrize("moment", ["ringing", "calling", "talking"])
def test_a_call_back_under_way_survives_a_restart(saved: str, moment: str, tmp_path: Path) -> None:
    async def whole() -> None:
        time, platform, path = ManualTime(), LoopbackPlatform(), tmp_path / "state"
        plan = PLAN + '[agents.ana]\nqueues = ["billing"]\n'
        stage = await begin(platform, time, path, plan)
        await wants_a_call(stage)
        if saved == "before the call":
            await stage.host.save()
        await stage.staff("ana")
        if saved == "while it rings":
            await stage.host.save()
        if moment != "ringing":
            call = await dialled(stage)
        if moment == "talking":
            platform.customer_answers(call.contact)
            await settle()
        await stage.dies()
        async with host_on(platform, time, path, plan) as second:
            stage = Stage(second, platform, time)
            await settle()
            if moment == "ringing":
                assert stage.phase("c1") in {"offered", "connecting"}
                await dialled(stage)
            assert len([it for it in platform.told if isinstance(it, Ring)]) == 1
            if moment != "talking":
                assert stage.phase("c1") == "connecting"
                (native,) = platform.callers
                platform.customer_answers(native)
                await settle()
            assert stage.phase("c1") == "engaged"
            (native,) = platform.callers
            platform.hang_up(native)
            await settle()
            assert stage.phase("c1") == "closed"
            assert second.health().tenants["main"].contacts == 0

    asyncio.run(whole())


@pytest.mark.parametrize("moment", ["ringing", "calling"])
def test_a_call_that_was_lost_in_a_gap_is_made_again(moment: str) -> None:
    """An attempt that had begun has failed; one that had not is made as soon as can be."""

    async def scenario(stage: Stage) -> None:
        await offered(stage)
        (first, _) = stage.platform.ringing()[0]
        if moment == "calling":
            await dialled(stage)
        stage.platform.cut()
        await settle()
        stage.platform.callers.clear()
        stage.platform.mend()
        await settle()
        if moment == "calling":
            assert stage.phase("c1") == "scheduled"
        while not stage.platform.ringing():
            await stage.time.run(5)
        second = await dialled(stage)
        assert second.contact != first
        await reached(stage, second.contact)

    play(scenario, plan=PLAN)


def test_who_is_called_back_later_is_not_called_now_because_a_link_came_up() -> None:
    async def scenario(stage: Stage) -> None:
        await offered(stage)
        call = await dialled(stage)
        stage.platform.customer_fails(call.contact, "busy")
        await settle()
        assert stage.phase("c1") == "scheduled"
        stage.platform.cut()
        await settle()
        stage.platform.mend()
        await settle()
        assert stage.phase("c1") == "scheduled"

    play(scenario, plan=PLAN)


def test_a_call_of_which_nothing_is_known_any_more_is_ended() -> None:
    async def whole() -> None:
        time, platform = ManualTime(), LoopbackPlatform()
        stage = await begin(platform, time, None, PLAN)
        await offered(stage)
        assert len(platform.ringing()) == 1
        await stage.dies()
        async with host_on(platform, time, None, PLAN):
            await settle()
            assert platform.callers == {}

    asyncio.run(whole())
