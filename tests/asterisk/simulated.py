"""The arena of the simulator."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.asterisk.arena import Arena, Played
from tests.asterisk.scripts import played_on

from ccroute.testing import ManualTime
from ccroute.testing.asterisk import SimulatedAsterisk

NUMBERS = range(101, 110)
MOODS = {"wait": "ring"}
"""What the simulated one calls otherwise than the lab."""


class SimulatedArena(Arena):
    def __init__(self, pbx: SimulatedAsterisk, time: ManualTime) -> None:
        super().__init__(pbx.url, "ccroute", "swordfish")
        self.pbx = pbx
        self.time = time

    async def until(self, about: str, *words: str) -> None:
        for _ in range(1_000):
            if self.knows(about, *words):
                return
            await self.time.run(0.01)
        raise AssertionError(f"{about} is not told to be {words}; told was {self.told}")

    async def quiet(self) -> None:
        await self.time.run(1.0)

    async def call(self, name: str) -> None:
        args = "sales", f"ref={name}"
        self.pbx.call(dialled="sales", answered=True, args=args, place="Local/caller@phones")

    async def hang_up(self, name: str) -> None:
        self.pbx.hang_up(self.id_of(name))

    async def press(self, name: str, keys: str) -> None:
        self.pbx.press(self.id_of(name), keys)

    async def phone(self, number: str, mode: str, talk: float = 600.0) -> None:
        mood = MOODS.get(mode, mode)
        self.pbx.set_phone(f"Local/{number}@agents", mood, after=0.2, talks=talk)

    async def answer(self, number: str) -> None:
        self.pbx.answer(f"Local/{number}@agents")

    async def hang_up_agent(self, number: str) -> None:
        self.pbx.hang_up_phone(f"Local/{number}@agents")


@asynccontextmanager
async def simulated() -> AsyncIterator[SimulatedArena]:
    """A simulated Asterisk with the phones of the lab, listened to."""
    time = ManualTime()
    pbx = SimulatedAsterisk(time, phones=[f"Local/{it}@agents" for it in NUMBERS])
    pbx.dialling.extensions = frozenset({"700@transfer"})
    pbx.media.missing.add("sound:nonesuch")
    pbx.media.lengths["sound:tt-monkeys"] = 16.0
    await pbx.start()
    arena = SimulatedArena(pbx, time)
    try:
        await arena.listen()
        yield arena
    finally:
        await arena.close()
        await pbx.stop()


async def on_the_simulated(name: str) -> Played:
    """Plays a script on the simulator."""
    async with simulated() as arena:
        return await played_on(arena, name)
