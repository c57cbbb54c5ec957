"""Kill -9 in mid-call, on a socket and with real processes: the callers notice nothing."""

import asyncio
import sys
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path

from ccroute.adapters import SystemTime
from ccroute.testing import SimulatedPbx

HOST = Path(__file__).with_name("dying_host.py")


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(20):
        while not await condition():  # noqa: ASYNC110  # another process
            await asyncio.sleep(0.02)


class Killed:
    """Hosts one after the other on one PBX, each killed with SIGKILL."""

    def __init__(self, pbx: SimulatedPbx, state: Path) -> None:
        self.pbx, self.state = pbx, state
        self.process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        port = str(self.pbx.settings()["port"])
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, str(HOST), port, str(self.state), stdout=asyncio.subprocess.PIPE
        )
        assert self.process.stdout is not None
        async with asyncio.timeout(20):
            assert await self.process.stdout.readline() == b"works\n"

    async def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        await self.process.wait()
        self.process = None

    async def agents(self, *, talking: bool) -> list[str]:
        legs = await self.pbx.legs()
        bridges = Counter(it.bridge for it in legs if it.bridge)
        return [
            it.who for it in legs
            if it.kind == "agent" and (bridges[it.bridge] == 2) is talking
        ]  # fmt: skip


def test_a_killed_host_adopts_and_finishes_every_call_without_a_second_ring(
    tmp_path: Path,
) -> None:
    async def whole() -> None:
        pbx = SimulatedPbx(SystemTime())
        await pbx.start()
        hosts = Killed(pbx, tmp_path / "state")
        try:
            await story(pbx, hosts)
        finally:
            if hosts.process is not None:
                await hosts.kill()
            await pbx.stop()

    asyncio.run(whole())


async def story(pbx: SimulatedPbx, hosts: Killed) -> None:
    async def ringing(count: int) -> bool:
        return len(await hosts.agents(talking=False)) == count

    async def answered(phone: str, count: int) -> bool:
        await pbx.answer(phone)  # when it rings: dialling takes a moment
        return len(await hosts.agents(talking=True)) == count

    await hosts.start()
    first = await pbx.place_call()
    await until(lambda: ringing(1))  # the first rings
    (phone,) = await hosts.agents(talking=False)
    await until(lambda: answered(phone, 1))  # the first talks
    second = await pbx.place_call()
    await until(lambda: ringing(1))  # the second rings
    (phone2,) = await hosts.agents(talking=False)
    waiting = [await pbx.place_call() for _ in range(3)]
    await until(lambda: ringing(2))  # the third rings
    before = list(pbx.server.commands.rung)
    await hosts.kill()
    await hosts.start()
    await asyncio.sleep(0.3)
    # Nobody's phone was rung again, no call was ended, and both legs ring on.
    assert pbx.server.commands.rung == before
    assert len(await hosts.agents(talking=False)) == 2
    assert await hosts.agents(talking=True) == [phone]
    await until(lambda: answered(phone2, 2))  # the second talks
    await pbx.hang_up(first)
    await pbx.hang_up(second)
    # The rest are served in turn, each rung once.
    async with asyncio.timeout(20):
        while any(it.kind == "customer" for it in await pbx.legs()):
            for it in await hosts.agents(talking=False):
                await pbx.answer(it)
            await asyncio.sleep(0.1)
            talkers = {it.bridge for it in await pbx.legs() if it.kind == "agent" and it.bridge}
            for call in waiting:
                at = [it.bridge for it in await pbx.legs() if it.who == call]
                if at and at[0] in talkers:
                    await pbx.hang_up(call)
    assert len(pbx.server.commands.rung) == 5
