"""Customers who leave the line to be called back: the line they were on, and who comes on it."""

import asyncio
from pathlib import Path

import pytest
from tests.host.called_back import NUMBER, PLAN, dialled, offered, reached, wants_a_call
from tests.host.stage import Stage, begin, host_on, play

from ccroute import Cancel, RequestCallback
from ccroute.adapters import HangUp, Park, Ring, failed
from ccroute.testing import LoopbackPlatform, ManualTime, settle


def waiting(stage: Stage) -> set[str]:
    return {it.contact for it in stage.host.supervise().waiting()}


def test_who_could_not_be_let_go_is_let_go_when_the_link_stands_and_is_called_once() -> None:
    async def scenario(stage: Stage) -> None:
        await stage.call("c1", caller=NUMBER)
        stage.platform.cut()
        await settle()
        await stage.host.apply(RequestCallback(contact="pbx:c1"), actor="menu")
        await stage.staff("ana")  # rung over another call, as soon as can be
        assert "c1" in stage.platform.callers
        stage.platform.mend()
        await settle()
        assert "c1" not in stage.platform.callers
        call = await dialled(stage)
        await reached(stage, call.contact)
        stage.platform.hang_up(call.contact)
        await settle()
        assert len(list(stage.host.tenants["main"].placements)) == 0

    play(scenario, plan=PLAN)


def test_another_customer_on_the_same_line_has_a_place_too() -> None:
    async def scenario(stage: Stage) -> None:
        await wants_a_call(stage)
        await stage.time.run(5)
        await stage.call("c1", caller="+34600000002")  # an id used again, and nobody rings yet
        assert waiting(stage) == {"pbx:c1", "pbx:c1#1"}
        await stage.staff("ana")
        call = await dialled(stage)
        stage.platform.customer_answers(call.contact)
        await settle()
        stage.platform.hang_up("c1")
        await settle()
        assert (stage.phase("c1"), stage.phase("c1#1")) == ("engaged", "closed")
        stage.platform.hang_up(call.contact)
        await settle()
        assert len(list(stage.host.tenants["main"].placements)) == 0

    play(scenario, plan=PLAN)


def test_another_customer_who_came_on_that_line_in_a_gap_is_another() -> None:
    async def scenario(stage: Stage) -> None:
        await offered(stage)
        call = await dialled(stage)
        stage.platform.cut()
        await stage.time.run(5)
        stage.platform.call("c1", queue="billing", caller="+34600000002")
        stage.platform.mend()
        await settle()
        assert waiting(stage) == {"pbx:c1", "pbx:c1#1"}
        assert stage.phase("c1") == "connecting"
        stage.platform.customer_answers(call.contact)
        await settle()
        assert (stage.phase("c1"), stage.phase("c1#1")) == ("engaged", "waiting")

    play(scenario, plan=PLAN)


def test_a_call_that_was_made_after_a_snapshot_was_taken_is_not_missing_in_it() -> None:
    async def scenario(stage: Stage) -> None:
        await wants_a_call(stage)
        old = stage.platform.snapshot()
        assert stage.platform.sink is not None
        await stage.time.run(1)
        await stage.staff("ana")
        stage.platform.sink.resync(old)
        await settle()
        assert stage.phase("c1") == "offered"
        call = await dialled(stage)
        stage.platform.sink.resync(old)
        await settle()
        assert stage.phase("c1") == "connecting"
        await reached(stage, call.contact)

    play(scenario, plan=PLAN)


def test_who_is_not_let_go_even_then_is_no_customer_who_came() -> None:
    async def scenario(stage: Stage) -> None:
        await stage.call("c1", caller=NUMBER)
        stage.platform.answers = lambda it: failed("rejected") if isinstance(it, HangUp) else None
        await stage.host.apply(RequestCallback(contact="pbx:c1"), actor="menu")
        await stage.staff("ana")
        for _ in range(3):
            stage.platform.mend()
            await settle()
            assert waiting(stage) == {"pbx:c1"}
        stage.platform.answers = lambda _: None
        stage.platform.mend()
        await settle()
        assert stage.platform.ringing() == [(native := next(iter(stage.platform.callers)), "ana")]
        assert native.startswith("back-")
        assert len(list(stage.host.tenants["main"].placements)) == 1

    play(scenario, plan=PLAN)


def test_whose_call_is_nobodys_any_more_is_not_rung_before_it_is_ended(tmp_path: Path) -> None:
    async def whole() -> None:
        time, platform, path = ManualTime(), LoopbackPlatform(), tmp_path / "state"
        stage = await begin(platform, time, path, PLAN + '[agents.ana]\nqueues = ["billing"]\n')
        await stage.staff("ana")
        await stage.host.save()
        await wants_a_call(stage)
        assert len(platform.ringing()) == 1
        await stage.call("c2")
        await stage.dies()
        told = len(platform.told)
        async with host_on(platform, time, path, PLAN) as second:
            await settle()
            after = [type(it) for it in platform.told[told:] if isinstance(it, HangUp | Ring)]
            assert after == [HangUp, Ring]
            assert platform.ringing() == [("c2", "ana")]
            second.router().check()

    asyncio.run(whole())


def test_an_end_that_was_throttled_is_told_again_though_somebody_is_rung_meanwhile() -> None:
    async def scenario(stage: Stage) -> None:
        await stage.call("c1", caller=NUMBER)
        await stage.host.agent("ana").sign_in(queues=["billing"], capacity={"voice": 1})
        left = [failed("throttled", retry_after=0.5)]
        stage.platform.answers = lambda it: left.pop() if isinstance(it, HangUp) and left else None
        await stage.host.apply(RequestCallback(contact="pbx:c1"), actor="menu")
        await stage.host.agent("ana").ready()
        await settle()
        assert len(stage.platform.callers) == 2
        await stage.time.run(1)
        assert "c1" not in stage.platform.callers
        assert stage.phase("c1") == "offered"

    play(scenario, plan=PLAN)


def test_an_end_that_was_throttled_is_not_told_of_who_came_on_that_line_since() -> None:
    async def scenario(stage: Stage) -> None:
        await stage.call("c1")
        left = [failed("throttled", retry_after=0.5)]
        stage.platform.answers = lambda it: left.pop() if isinstance(it, HangUp) and left else None
        await stage.host.apply(Cancel(contact="pbx:c1"), actor="boss")
        stage.platform.hang_up("c1")
        await stage.call("c1")
        assert not left
        await stage.time.run(1)
        assert "c1" in stage.platform.callers
        assert stage.phase("c1#1") == "waiting"

    play(scenario, plan=PLAN)


def test_who_is_rung_before_the_customer_is_dialled_is_not_parked() -> None:
    async def scenario(stage: Stage) -> None:
        await offered(stage)
        parks = sum(isinstance(it, Park) for it in stage.platform.told)
        for _ in range(2):
            stage.platform.mend()
            await settle()
        assert sum(isinstance(it, Park) for it in stage.platform.told) == parks
        await dialled(stage)
        stage.platform.mend()
        await settle()
        assert sum(isinstance(it, Park) for it in stage.platform.told) == parks

    play(scenario, plan=PLAN)


def test_whose_phone_rings_for_a_call_back_is_not_rung_again_for_it(tmp_path: Path) -> None:
    """A call back came to nothing since the last save, and its agent is rung for the next."""

    async def whole() -> None:
        time, platform, path = ManualTime(), LoopbackPlatform(), tmp_path / "state"
        stage = await begin(platform, time, path, PLAN)
        await wants_a_call(stage, "c1")
        await wants_a_call(stage, "c2")
        await stage.staff("ana")
        call = await dialled(stage)
        await stage.host.save()
        platform.customer_fails(call.contact, "busy")
        await settle()
        ringing = platform.ringing()
        assert len(ringing) == 1
        await stage.dies()
        async with host_on(platform, time, path, PLAN) as second:
            await settle()
            assert platform.ringing() == ringing
            assert len(platform.rings) == 2
            second.router().check()

    asyncio.run(whole())


def test_who_is_off_the_line_is_offered_to_nobody_before_the_platform_has_spoken(
    tmp_path: Path,
) -> None:
    """Only ana's wrap-up was between them, at the last save: since, she is rung already."""

    async def whole() -> None:
        time, platform, path = ManualTime(), LoopbackPlatform(), tmp_path / "state"
        plan = PLAN.replace('mode = "none"', 'mode = "timed", limit = "2s"')
        stage = await begin(platform, time, path, plan)
        await stage.staff("ana")
        await stage.talk("c1", "ana")
        await wants_a_call(stage, "c2")
        platform.hang_up("c1")
        await settle()
        await stage.host.save()
        first_rings = len(platform.rings)
        while len(platform.rings) == first_rings:
            await time.run(0.5)
        saved = path.read_bytes()
        await stage.dies()
        path.write_bytes(saved)
        ringing = platform.ringing()
        async with host_on(platform, time, path, plan) as second:
            await settle()
            assert platform.ringing() == ringing
            assert len(platform.rings) == first_rings + 1
            second.router().check()

    asyncio.run(whole())


@pytest.mark.parametrize("can", [True, False])
def test_a_link_that_says_nothing_keeps_nobody_from_being_called_back_by_hand(
    can: bool, tmp_path: Path
) -> None:
    async def whole() -> None:
        time, path = ManualTime(), tmp_path / "state"
        platform = LoopbackPlatform(None if can else ["park", "hangup_party", "snapshot"])
        async with host_on(platform, time, path, PLAN) as first:
            await wants_a_call(Stage(first, platform, time))
        platform.up = False
        async with host_on(platform, time, path, PLAN) as second:
            stage = Stage(second, platform, time)
            await stage.staff("ana")
            assert stage.phase("c1") == "suspended"
            await time.run(11)
            assert stage.phase("c1") == ("suspended" if can else "offered")
            if can:
                platform.mend()
                await settle()
                assert stage.phase("c1") == "offered"

    asyncio.run(whole())
