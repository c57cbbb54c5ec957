"""The simulated Asterisk against a real one: the same script of requests and acts, the same
answers, and of each channel and bridge the same told in the same order.

What the real one did is kept in ``tests/asterisk/recorded.json``, to which the simulator is held
where there is no real one. With CCROUTE_RECORD=1 it is written anew.
"""

import asyncio
import json
import os
import re
import time
from collections.abc import Callable

import httpx
import pytest
from tests.asterisk.arena import APP, PATIENCE, Arena, Played
from tests.asterisk.scripts import RECORDED, SCRIPTS, played_on
from tests.asterisk.simulated import on_the_simulated
from tests.pbx.centre import quiet
from tests.pbx.instance import Asterisk
from tests.pbx.phones import Phones


class RealArena(Arena):
    def __init__(self, pbx: Asterisk, phones: Phones) -> None:
        super().__init__(pbx.ari_url.removesuffix("/ari"), "ccroute", pbx.secret)
        self.phones = phones

    async def _act(self, act: Callable[..., object], *args: object, **given: object) -> None:
        await asyncio.to_thread(lambda: act(*args, **given))

    async def call(self, name: str) -> None:
        await self._act(self.phones.call, "sales", ref=name)
        await self._act(self.phones.wait_for, "calls", ref=name)

    async def hang_up(self, name: str) -> None:
        await self._act(self.phones.hang_up, name)

    async def press(self, name: str, keys: str) -> None:
        await self._act(self.phones.press, name, keys)

    async def phone(self, number: str, mode: str, talk: float = 600.0) -> None:
        await self._act(self.phones.agent, number, mode, talk=talk)

    async def answer(self, number: str) -> None:
        await self._at_phone(self.phones.answer, number)

    async def hang_up_agent(self, number: str) -> None:
        await self._at_phone(self.phones.hang_up_agent, number)

    async def _at_phone(self, act: Callable[[str], object], number: str) -> None:
        """ARI may tell of a phone before AMI does: until then it is taken for the one before."""
        end = asyncio.get_running_loop().time() + PATIENCE
        while True:
            try:
                await self._act(act, number)
                return
            except AssertionError:
                if asyncio.get_running_loop().time() > end:
                    raise
                await asyncio.sleep(0.05)


@pytest.fixture(autouse=True)
def _fresh(pbx: Asterisk, phones: Phones) -> None:
    """Nothing is left of the test before, nor does Asterisk remember its application."""
    quiet(pbx)
    end = time.monotonic() + PATIENCE
    where, auth = f"{pbx.ari_url}/applications/{APP}", ("ccroute", pbx.secret)
    while httpx.get(where, auth=auth).status_code != 404 and time.monotonic() < end:
        time.sleep(0.05)


def settled(told: dict[str, list[str]]) -> dict[str, list[str]]:
    """A leg that was busy at once may end with a normal cause: the request before it says why."""
    for lines in told.values():
        cause = None
        for place, line in enumerate(lines):
            if line.startswith("ChannelHangupRequest") and "cause=" in line:
                cause = next(word for word in line.split() if word.startswith("cause="))
            elif line.startswith("ChannelDestroyed") and cause is not None:
                lines[place] = re.sub(r"cause=\d+", cause, line)
    return told


async def on_the_real(name: str, pbx: Asterisk, phones: Phones) -> Played:
    arena = RealArena(pbx, phones)
    try:
        await arena.listen()
        return await played_on(arena, name)
    finally:
        await arena.close()


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_simulator_does_as_the_real_one(name: str, pbx: Asterisk, phones: Phones) -> None:
    real = asyncio.run(on_the_real(name, pbx, phones))
    if os.environ.get("CCROUTE_RECORD"):
        kept = json.loads(RECORDED.read_text()) if RECORDED.exists() else {}
        kept = {it: kept.get(it) for it in SCRIPTS} | {name: real}
        RECORDED.write_text(json.dumps(kept, indent=1) + "\n")
    simulated = asyncio.run(on_the_simulated(name))
    assert simulated["asked"] == real["asked"]
    assert settled(simulated["told"]) == settled(real["told"])
    assert simulated["shapes"] == real["shapes"]
