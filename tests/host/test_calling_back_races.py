"""Customers who are called back while words come late, links break and hosts die."""

import asyncio
from pathlib import Path

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
from tests.host.stage import Stage, begin, host_on, play

from ccroute import Cancel, Reinstate, RequestCallback, Suspend
from ccroute.adapters import (
    Bridged,
    Ended,
    HangUp,
    Instruction,
    Outcome,
    Park,
    Ring,
    failed,
    unknown,
)
from ccroute.testing import LoopbackPlatform, ManualTime, settle


def rung(stage: Stage) -> list[str]:
    return [it.agent for it in stage.platform.told if isinstance(it, Ring)]


def test_who_cancels_while_a_phone_rings_for_them_is_forgotten() -> None:
    async def scenario(stage: Stage) -> None:
        await offered(stage)
        await stage.host.apply(Cancel(contact="pbx:c1"), actor="boss")
        await settle()
        assert stage.platform.callers == {}
        assert stage.host.health().tenants["main"].contacts == 0

    play(scenario, plan=PLAN)


@pytest.mark.parametrize("outcome", [failed("throttled"), unknown("lost")])
def test_who_is_let_go_is_let_go_though_their_call_back_has_begun(outcome: Outcome) -> None:
    async def scenario(stage: Stage) -> None:
        await stage.call("c1", caller=NUMBER)
        left = [outcome]

        def answers(it: Instruction) -> Outcome | None:
            return left.pop() if isinstance(it, HangUp) and left else None

        stage.platform.answers = answers
        await stage.staff("ana")
        stage.platform.refuse("ana", "no_answer")
        await settle()
        await stage.host.apply(RequestCallback(contact="pbx:c1"), actor="menu")
        await stage.staff("ben")
        await stage.time.run(2)
        assert "c1" not in stage.platform.callers
        assert [agent for _, agent in stage.platform.ringing()] == ["ben"]

    play(scenario, plan=PLAN)


def test_a_restart_of_the_platform_takes_nobody_their_call_back() -> None:
    async def scenario(stage: Stage) -> None:
        await wants_a_call(stage)
        await wants_a_call(stage, "c2", "+34600000002")
        await stage.staff("ana")
        stage.platform.cut()
        await settle()
        stage.platform.callers.clear()
        stage.platform.epoch += 1
        stage.platform.call("c2", queue="billing")  # another customer, as the last calls were
        stage.platform.mend()
        await settle()
        (again,) = [it for it in stage.platform.callers if it.startswith("back-")]
        assert stage.phase("c1") == "offered"
        assert stage.phase("c2") == "waiting"
        assert stage.phase("c2#1") == "waiting"
        assert "c2" in stage.platform.callers
        await dialled(stage)
        await reached(stage, again)

    play(scenario, plan=PLAN)


@pytest.mark.parametrize("answered", [False, True])
def test_a_call_that_was_given_up_while_the_link_was_down_is_ended(answered: bool) -> None:
    """Unless the customer answered meanwhile: then they talk."""

    async def scenario(stage: Stage) -> None:
        await offered(stage)
        call = await dialled(stage)
        stage.platform.cut()
        if answered:
            stage.platform.customer_answers(call.contact)
        await stage.time.run(31)
        assert stage.phase("c1") == "scheduled"
        stage.platform.mend()
        await settle()
        assert stage.phase("c1") == ("engaged" if answered else "scheduled")
        assert list(stage.platform.callers) == ([call.contact] if answered else [])

    play(scenario, plan=PLAN)


@pytest.mark.parametrize("talking", [True, False])
def test_the_call_of_a_later_try_is_found_after_a_restart(talking: bool, tmp_path: Path) -> None:
    async def whole() -> None:
        time, platform, path = ManualTime(), LoopbackPlatform(), tmp_path / "state"
        plan = PLAN + '[agents.ana]\nqueues = ["billing"]\n[agents.ben]\nqueues = ["billing"]\n'
        stage = await begin(platform, time, path, plan)
        await offered(stage)
        await stage.host.save()
        platform.refuse("ana", "no_answer")
        await stage.staff("ben")
        call = await dialled(stage, "ben")
        if talking:
            platform.customer_answers(call.contact)
            await settle()
        await stage.dies()
        async with host_on(platform, time, path, plan) as second:
            stage = Stage(second, platform, time)
            await settle()
            assert list(platform.callers) == [call.contact]
            assert rung(stage) == ["ana", "ben"]
            if not talking:
                platform.customer_answers(call.contact)
                await settle()
            assert stage.phase("c1") == "engaged"
            platform.hang_up(call.contact)
            await settle()
            assert stage.phase("c1") == "closed"
            assert second.health().tenants["main"].contacts == 0

    asyncio.run(whole())


def test_a_call_that_is_lost_while_a_phone_rings_costs_its_agent_nothing() -> None:
    async def scenario(stage: Stage) -> None:
        await offered(stage)
        (native,) = stage.platform.callers
        del stage.platform.callers[native]
        stage.platform.push(Ended(contact=native, cause="system_lost"))
        await stage.time.run(2)
        assert len(rung(stage)) == 2
        await dialled(stage)

    play(scenario, plan=PLAN)


def test_a_conversation_that_ends_as_it_begins_is_over() -> None:
    async def scenario(stage: Stage) -> None:
        await offered(stage)
        call = await dialled(stage)
        stage.platform.callers.clear()
        stage.platform.push(Bridged(contact=call.contact, agent="ana", offer=call.offer))
        stage.platform.push(Ended(contact=call.contact))
        await settle()
        assert stage.phase("c1") == "closed"
        assert stage.host.health().tenants["main"].contacts == 0

    play(scenario, plan=PLAN)


def test_who_is_not_on_the_line_yet_is_not_parked() -> None:
    async def scenario(stage: Stage) -> None:
        await offered(stage)
        stage.platform.cut()
        await settle()
        stage.platform.mend()
        await settle()
        assert [it.contact for it in stage.platform.told if isinstance(it, Park)] == ["c1"]
        assert rung(stage) == ["ana"]
        call = await dialled(stage)
        await reached(stage, call.contact)

    play(scenario, plan=PLAN)


@pytest.mark.parametrize("restarted", [False, True])
@pytest.mark.parametrize("heard", [False, True])
def test_the_id_of_one_who_is_to_be_called_back_is_another_callers(
    restarted: bool, heard: bool
) -> None:
    async def scenario(stage: Stage) -> None:
        await wants_a_call(stage)
        stage.platform.cut()
        stage.platform.epoch += restarted
        await stage.time.run(1)  # by which they are told apart
        if not heard:
            stage.platform.call("c1", queue="billing")
        stage.platform.mend()
        await settle()
        if heard:
            await stage.call("c1")
        assert [stage.phase(it) for it in ("c1", "c1#1")] == ["waiting", "waiting"]
        await stage.staff("ana")
        call = await dialled(stage)
        assert stage.phase("c1") == "connecting"
        stage.platform.hang_up("c1")
        await settle()
        assert stage.phase("c1#1") == "closed"
        await reached(stage, call.contact)

    play(scenario, plan=PLAN)


def test_who_asks_for_a_call_back_twice_is_let_go_once() -> None:
    async def scenario(stage: Stage) -> None:
        await wants_a_call(stage)
        await stage.host.apply(RequestCallback(contact="pbx:c1"), actor="menu")
        await settle()
        assert [it.contact for it in stage.platform.told if isinstance(it, HangUp)] == ["c1"]
        await stage.staff("ana")
        await dialled(stage)

    play(scenario, plan=PLAN)


def test_who_was_to_be_joined_and_was_not_is_forgotten_with_their_call() -> None:
    async def scenario(stage: Stage) -> None:
        await offered(stage)
        await dialled(stage)
        stage.platform.refuse("ana", "rejected")  # and the call ends
        await settle()
        await stage.staff("ben")
        assert [agent for _, agent in stage.platform.ringing()] == ["ben"]
        stage.platform.cut()
        await settle()
        assert stage.phase("c1") == "suspended"  # nobody is called back who only was to be

    play(scenario, plan=PLAN)


def test_who_is_put_off_while_their_phone_rings_is_let_be_by_every_platform() -> None:
    async def scenario(stage: Stage) -> None:
        await offered(stage)
        await stage.accept("ana")
        assert len(calls(stage)) == 1
        await stage.host.apply(Suspend(contact="pbx:c1"), actor="boss")
        await settle()
        assert stage.platform.callers == {}
        await stage.host.apply(Reinstate(contact="pbx:c1"), actor="boss")
        await stage.accept("ana")
        await reached(stage, calls(stage)[-1].contact)

    play(scenario, plan=PLAN, capabilities=DESK)
