"""A host that dies, and the one that goes on: from its file, and from what the platform holds."""

import asyncio
from pathlib import Path

import pytest
from tests.host.stage import PLAN, SETTINGS, Stage

from ccroute import ConfigError, Plan, Router
from ccroute.adapters import Ring
from ccroute.host import Host
from ccroute.testing import LoopbackAdapter as PlatformAdapter
from ccroute.testing import LoopbackPlatform as Platform
from ccroute.testing import ManualTime, settle


def host_on(platform: Platform, time: ManualTime, snapshot: Path | None, plan: str = PLAN) -> Host:
    return Host(
        Router(Plan.from_toml(plan), clock=time),
        adapters=[PlatformAdapter(platform)],
        settings=SETTINGS,
        time=time,
        snapshot=snapshot,
    )


async def die(host: Host) -> None:
    """As kill -9: nothing is saved, drained or closed."""
    mine = asyncio.current_task()
    for task in asyncio.all_tasks():
        if task is not mine:
            task.cancel()
    await settle()


def rung(platform: Platform) -> list[tuple[str, str]]:
    return [(it.contact, it.agent) for it in platform.rings]


def test_after_a_crash_nobody_is_rung_twice_and_every_call_ends(tmp_path: Path) -> None:
    """One talks, one rings, one waits, and one of each more since the last save."""

    async def whole() -> None:
        time, platform, path = ManualTime(), Platform(), tmp_path / "state"
        first = host_on(platform, time, path)
        await first.start()
        stage = Stage(first, platform, time)
        await stage.staff("ana", "ben")
        await stage.talk("talks", "ana")
        await first.save()
        await stage.call("rings")
        assert platform.ringing() == [("rings", "ben")]
        await stage.staff("eva")
        await stage.call("rings2")
        assert platform.ringing()[1] == ("rings2", "eva")
        await stage.call("waits")
        await die(first)
        await time.run(3)

        second = host_on(platform, time, path)
        async with second:
            stage = Stage(second, platform, time)
            await settle()
            assert [stage.phase(it) for it in ("talks", "rings", "waits")] == [
                "engaged", "offered", "waiting",
            ]  # fmt: skip
            # Eva's sign-in was lost with the last seconds: her ring is stopped, the caller kept.
            assert stage.phase("rings2") == "waiting"
            assert rung(platform) == [("talks", "ana"), ("rings", "ben"), ("rings2", "eva")]
            platform.answer("ben")
            await settle()
            assert platform.callers["rings"].agent == "ben"
            assert stage.phase("rings") == "engaged"
            for contact in ("talks", "rings"):
                platform.hang_up(contact)
            await time.run(11)
            for agent in ("ana", "ben"):
                platform.answer(agent)
            await settle()
            assert {it.agent for it in platform.callers.values()} == {"ana", "ben"}
            for contact in list(platform.callers):
                platform.hang_up(contact)
            await time.run(11)
            assert second.supervise().waiting() == []
            assert second.health().tenants["main"].contacts == 0
            assert second.health().tenants["main"].counters["gaps"] == 1
            numbers = [it.offer for it in platform.told if isinstance(it, Ring)]
            assert len(set(numbers)) == len(numbers)
            second.router().check()

    asyncio.run(whole())


def test_without_a_file_the_platform_says_who_is_there() -> None:
    async def whole() -> None:
        time, platform = ManualTime(), Platform()
        first = host_on(platform, time, None)
        await first.start()
        stage = Stage(first, platform, time)
        await stage.staff("ana")
        await stage.talk("talks", "ana")
        await stage.call("waits")
        entered = time.now()
        await die(first)
        await time.run(5)
        async with host_on(platform, time, None) as second:
            stage = Stage(second, platform, time)
            assert stage.phase("talks") == "engaged"
            (waiting,) = second.supervise().waiting()
            assert (waiting.contact, waiting.since) == ("pbx:waits", entered)
            assert len(rung(platform)) == 1

    asyncio.run(whole())


def test_a_host_that_ends_in_order_goes_on_where_it_was(tmp_path: Path) -> None:
    async def whole() -> None:
        time, platform, path = ManualTime(), Platform(), tmp_path / "state"
        async with host_on(platform, time, path) as first:
            stage = Stage(first, platform, time)
            await stage.staff("ana")
            await stage.talk("c1", "ana")
            await time.run(30)
            before = first.router().state_hash()
        async with host_on(platform, time, path) as second:
            assert second.router().state_hash() == before
            stage = Stage(second, platform, time)
            await time.run(30)
            platform.hang_up("c1")
            await settle()
            assert stage.figures("answered", "att") == {"answered": 1, "att": 60.0}

    asyncio.run(whole())


def test_a_new_plan_comes_into_force_over_the_saved_one(tmp_path: Path) -> None:
    async def whole() -> None:
        time, platform, path = ManualTime(), Platform(), tmp_path / "state"
        async with host_on(platform, time, path) as first:
            await Stage(first, platform, time).call("c1")
        more = PLAN + "\n[queues.sales]\n"
        async with host_on(platform, time, path, plan=more) as second:
            await settle()
            assert "sales" in second.router().plan.queues
            assert [it.contact for it in second.supervise().waiting()] == ["pbx:c1"]

    asyncio.run(whole())


def test_a_damaged_file_gives_way_to_the_one_before(tmp_path: Path) -> None:
    async def whole() -> None:
        time, platform, path = ManualTime(), Platform(), tmp_path / "state"
        async with host_on(platform, time, path) as first:
            await Stage(first, platform, time).call("c1")
            await first.save()
        path.write_bytes(path.read_bytes()[:200])
        async with host_on(platform, time, path) as second:
            assert [it.contact for it in second.supervise().waiting()] == ["pbx:c1"]
        for it in (path, path.with_name("state.before")):
            it.write_bytes(b"PK nothing of the kind")
        with pytest.raises(ConfigError, match="move the files away"):
            await host_on(platform, time, path).start()

    asyncio.run(whole())


def test_the_state_of_other_tenants_is_refused(tmp_path: Path) -> None:
    async def whole() -> None:
        time, path = ManualTime(), tmp_path / "state"
        async with host_on(Platform(), time, path):
            pass
        other = Host({"acme": Router(Plan.from_toml(PLAN))}, time=time, snapshot=path)
        with pytest.raises(ConfigError, match="tenant 'main'"):
            await other.start()

    asyncio.run(whole())


def test_the_file_is_written_again_and_again(tmp_path: Path) -> None:
    async def whole() -> None:
        time, path = ManualTime(), tmp_path / "state"
        host = host_on(Platform(), time, path)
        await host.start()
        await time.run(5)
        while host.saved_at is None:  # noqa: ASYNC110  # a thread writes it
            await asyncio.sleep(0.01)
        assert path.exists()
        await die(host)

    asyncio.run(whole())
