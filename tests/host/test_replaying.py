"""A host that dies, and a journal that outlives its file: what was asked since is done again, and
what the platforms hold of it is found. And who was being joined as it died."""

import asyncio
from pathlib import Path

import pytest
from tests.host.stage import PLAN, Stage, begin, host_on, rung

from ccroute import RequestCallback
from ccroute.adapters import Bridged, Connect, done, unknown
from ccroute.journal import MemoryJournal
from ccroute.testing import LoopbackPlatform as Platform
from ccroute.testing import ManualTime, settle


@pytest.mark.parametrize("moment", ["waits", "rings", "answered", "back"])
def test_what_a_journal_gives_back_is_found_on_its_platform(moment: str, tmp_path: Path) -> None:
    async def whole() -> None:
        time, platform, journal = ManualTime(), Platform(), MemoryJournal()
        path = tmp_path / "state"
        plan = PLAN + '[queues.billing.callback]\n[agents.ana]\nqueues = ["billing"]\n'
        stage = await begin(platform, time, path, plan, journal)
        await stage.host.save()
        if moment != "waits":
            await stage.staff("ana")
        await stage.call("c1", caller="+34600000001")
        if moment == "back":
            await stage.host.apply(RequestCallback(contact="pbx:c1"), actor="menu")
            await settle()
        if moment == "answered":
            platform.answers = lambda it: unknown("lost") if isinstance(it, Connect) else None
            platform.answer("ana")
            await settle()
            platform.answers = lambda _: None
        calls, rings = list(platform.callers), rung(platform)
        await stage.dies()
        async with host_on(platform, time, path, plan, journal) as second:
            stage = Stage(second, platform, time)
            await settle()
            assert list(platform.callers) == calls
            assert rung(platform) == rings  # nobody is rung twice
            if moment == "waits":
                await stage.staff("ana")
            if moment != "answered":
                platform.answer("ana")
                await settle()
            if moment == "back":
                platform.customer_answers(calls[0])
                await settle()
            assert stage.phase("c1") == "engaged"
            platform.hang_up(calls[0])
            await settle()
            assert stage.phase("c1") == "closed"
            assert second.health().tenants["main"].contacts == 0
            second.router().check()

    asyncio.run(whole())


@pytest.mark.parametrize("by_phone", [True, False], ids=["by phone", "at the desk"])
@pytest.mark.parametrize("off", [0.0, 12.0], ids=["in time", "overdue"])
def test_who_was_being_joined_as_the_host_died_is_joined(
    off: float, by_phone: bool, tmp_path: Path
) -> None:
    async def whole() -> None:
        time, path = ManualTime(), tmp_path / "state"
        platform = Platform(None if by_phone else ["park", "hangup_party", "snapshot"])
        plan = PLAN + '[agents.ana]\nqueues = ["billing"]\n'
        stage = await begin(platform, time, path, plan)
        await stage.staff("ana")
        await stage.call("c1")
        platform.answers = lambda it: done() if isinstance(it, Connect) else None
        if by_phone:
            platform.answer("ana")
        else:
            await stage.accept("ana")
        await settle()
        await stage.host.save()
        await stage.dies()  # before the platform has heard of it
        await time.run(off)
        async with host_on(platform, time, path, plan) as second:
            stage = Stage(second, platform, time)
            await settle()
            one, again = (it for it in platform.told if isinstance(it, Connect))
            assert (again.contact, again.offer, again.agent) == ("c1", one.offer, "ana")
            assert stage.phase("c1") == "connecting"
            await time.run(1)
            platform.push(Bridged(contact="c1", agent="ana", offer=again.offer))
            await settle()
            assert (stage.phase("c1"), stage.activity("ana")) == ("engaged", "engaged")
            second.router().check()

    asyncio.run(whole())
