"""What a platform holds of a conversation besides its two, taken over after a gap or a restart."""

import asyncio
from pathlib import Path

import pytest
from tests.host.stage import Stage, begin, host_on, play

from ccroute import Join
from ccroute.adapters import Park
from ccroute.testing import LoopbackPlatform, ManualTime, settle


def parts(stage: Stage) -> dict[str, str]:
    (talk,) = stage.host.supervise().talking()
    return dict(talk.parts)


async def consulting(stage: Stage) -> None:
    await stage.staff("ana", "ben")
    await stage.talk("c1", "ana")
    await stage.host.agent("ana").consult("pbx:c1", "ben")
    await settle()
    assert parts(stage) == {"ana": "primary", "ben": "consult"}


async def conferring(stage: Stage) -> None:
    await consulting(stage)
    await stage.host.agent("ana").conference("pbx:c1", "ben")
    await settle()
    assert parts(stage) == {"ana": "primary", "ben": "conference"}


@pytest.mark.parametrize("saved", [True, False], ids=["restored", "nothing is left"])
def test_a_conference_survives_a_restart(saved: bool, tmp_path: Path) -> None:
    async def whole() -> None:
        time, platform = ManualTime(), LoopbackPlatform()
        path = tmp_path / "state" if saved else None
        stage = await begin(platform, time, path)
        await consulting(stage)
        if saved:
            await stage.host.save()  # the role changes after it
        await stage.host.agent("ana").conference("pbx:c1", "ben")
        await stage.dies()
        async with host_on(platform, time, path) as second:
            stage = Stage(second, platform, time)
            await settle()
            assert parts(stage) == {"ana": "primary", "ben": "conference"}
            await second.agent("ana").complete_transfer("pbx:c1", "ben")
            await settle()
            assert parts(stage) == {"ben": "primary"}

    asyncio.run(whole())


def test_who_came_into_the_conference_in_a_gap_keeps_the_slot() -> None:
    async def scenario(stage: Stage) -> None:
        await consulting(stage)
        await stage.call("c2")  # would be offered to who leaves a conversation
        await stage.host.agent("ben").ready()
        stage.platform.cut()
        await settle()
        stage.platform.callers["c1"].parties = {"ben": "conference"}
        stage.platform.mend()
        await settle()
        assert parts(stage) == {"ana": "primary", "ben": "conference"}
        assert stage.phase("c2") == "waiting"

    play(scenario)


@pytest.mark.parametrize("saved", [True, False], ids=["restored", "nothing is left"])
def test_a_consult_under_way_survives_a_restart(saved: bool, tmp_path: Path) -> None:
    async def whole() -> None:
        time, platform = ManualTime(), LoopbackPlatform()
        path = tmp_path / "state" if saved else None
        stage = await begin(platform, time, path)
        if saved:
            await stage.staff("ana", "ben")
            await stage.host.save()
            await stage.talk("c1", "ana")
            await stage.host.agent("ana").consult("pbx:c1", "ben")
        else:
            await consulting(stage)
        await stage.dies()
        async with host_on(platform, time, path) as second:
            stage = Stage(second, platform, time)
            await settle()
            assert parts(stage) == {"ana": "primary", "ben": "consult"}
            assert stage.activity("ben") == "engaged"
            await second.agent("ana").complete_transfer("pbx:c1", "ben")
            await settle()
            assert parts(stage) == {"ben": "primary"}

    asyncio.run(whole())


def test_who_left_and_who_joined_in_a_gap_is_seen_in_the_snapshot() -> None:
    async def scenario(stage: Stage) -> None:
        await consulting(stage)
        await stage.staff("eva")
        stage.platform.cut()
        await settle()
        stage.platform.callers["c1"].parties = {"eva": "conference"}
        stage.platform.mend()
        await settle()
        assert parts(stage) == {"ana": "primary", "eva": "conference"}

    play(scenario)


def test_on_a_platform_that_tells_of_no_parties_nobody_is_put_out() -> None:
    async def scenario(stage: Stage) -> None:
        await stage.staff("ana", "ben")
        await stage.talk("c1", "ana")
        await stage.host.apply(Join(contact="pbx:c1", agent="ben", role="conference"), actor="x")
        stage.platform.cut()
        await settle()
        stage.platform.mend()
        await settle()
        assert parts(stage) == {"ana": "primary", "ben": "conference"}

    play(
        scenario,
        capabilities=["park", "ring", "client_leg_ids", "cancel_ring", "hangup_party", "snapshot"],
    )


@pytest.mark.parametrize("state", ["paused", "started", None])
def test_a_recording_goes_on_under_its_id(state: str | None) -> None:
    async def scenario(stage: Stage) -> None:
        await stage.staff("ana")
        await stage.talk("c1", "ana")
        recording = await stage.host.agent("ana").start_recording("pbx:c1")
        await settle()
        stage.platform.cut()
        await settle()
        stage.platform.callers["c1"].recordings = {} if state is None else {recording: state}
        stage.platform.mend()
        await settle()
        known = stage.host.router().attributes("pbx:c1")
        assert known["recording"] == recording
        assert known["recording_state"] == (state or "stopped")

    play(scenario)


def test_a_recording_is_found_by_a_host_that_lost_everything() -> None:
    async def whole() -> None:
        time, platform = ManualTime(), LoopbackPlatform()
        stage = await begin(platform, time, None)
        await stage.staff("ana")
        await stage.talk("c1", "ana")
        recording = await stage.host.agent("ana").start_recording("pbx:c1")
        await stage.dies()
        async with host_on(platform, time, None) as second:
            await settle()
            assert second.router().attributes("pbx:c1")["recording"] == recording
            await second.agent("ana").pause_recording("pbx:c1")
            assert platform.callers["c1"].recordings == {recording: "paused"}

    asyncio.run(whole())


@pytest.mark.parametrize("parked", [True, False])
def test_who_is_parked_is_not_parked_again_and_who_is_not_is(parked: bool, tmp_path: Path) -> None:
    async def whole() -> None:
        time, platform = ManualTime(), LoopbackPlatform()
        if parked:
            stage = await begin(platform, time, None)
            await stage.call("c1")
            await stage.dies()
        else:
            platform.call("c1", queue="billing")  # while nobody listens
        platform.told.clear()
        async with host_on(platform, time, tmp_path / "state") as second:
            await settle()
            assert [it.contact for it in second.supervise().waiting()] == ["pbx:c1"]
            assert len([it for it in platform.told if isinstance(it, Park)]) == int(not parked)
        # Restored, the host believes the platform and not its own memory.
        platform.callers["c1"].parked = not parked
        platform.told.clear()
        async with host_on(platform, time, tmp_path / "state"):
            await settle()
            assert len([it for it in platform.told if isinstance(it, Park)]) == int(parked)

    asyncio.run(whole())
