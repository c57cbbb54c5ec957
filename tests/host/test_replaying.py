"""A host that dies, and a journal that outlives its file: what was asked since is done again, and
what the platforms hold of it is found."""

import asyncio
from pathlib import Path

import pytest
from tests.host.stage import PLAN, Stage
from tests.host.test_restart import die, host_on, rung

from ccroute import RequestCallback
from ccroute.adapters import Connect, unknown
from ccroute.journal import MemoryJournal
from ccroute.testing import LoopbackPlatform as Platform
from ccroute.testing import ManualTime, settle


@pytest.mark.parametrize("moment", ["waits", "rings", "answered", "back"])
def test_what_a_journal_gives_back_is_found_on_its_platform(moment: str, tmp_path: Path) -> None:
    async def whole() -> None:
        time, platform, journal = ManualTime(), Platform(), MemoryJournal()
        path = tmp_path / "state"
        plan = PLAN + '[queues.billing.callback]\n[agents.ana]\nqueues = ["billing"]\n'
        first = host_on(platform, time, path, plan, journal)
        await first.start()
        stage = Stage(first, platform, time)
        await first.save()
        if moment != "waits":
            await stage.staff("ana")
        await stage.call("c1", caller="+34600000001")
        if moment == "back":
            await first.apply(RequestCallback(contact="pbx:c1"), actor="menu")
            await settle()
        if moment == "answered":
            platform.answers = lambda it: unknown("lost") if isinstance(it, Connect) else None
            platform.answer("ana")
            await settle()
            platform.answers = lambda _: None
        calls, rings = list(platform.callers), rung(platform)
        await die(first)
        platform.sink = None
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
