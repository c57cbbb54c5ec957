"""An observing adapter that a test watches, on a manager that does what the test wants."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from adapters.asterisk.tests.ami.scripted_ami import SECRET, Manager

from ccroute import Event
from ccroute.adapters import (
    BoundedSink,
    Measured,
    PlatformSnapshot,
    Setting,
    Signal,
    SystemTime,
)
from ccroute_asterisk.ami.adapter import ObserveAdapter

JOIN = {"Uniqueid": "u.1", "Queue": "sales", "Position": 1}


class Watched:
    def __init__(self, manager: Manager, room: int, more: dict[str, Setting]) -> None:
        settings: dict[str, Setting] = {
            "user": "ccroute", "password": SECRET, "port": manager.port, "look": 0.02,
            "ping": 0.1, "patience": 10.0, "longest_pause": 0.1,
        }  # fmt: skip
        self.adapter = ObserveAdapter("pbx", settings | more)
        self.sink = BoundedSink(room)
        self.told: list[Signal | PlatformSnapshot] = []

    def signals(self, kind: type[Signal]) -> list[Signal]:
        self.told += self.sink.take(100_000)
        return [it for it in self.told if isinstance(it, kind)]

    def events(self) -> list[Event]:
        return [it.event for it in self.signals(Measured) if isinstance(it, Measured)]

    def kinds(self) -> list[str]:
        return [event.kind for event in self.events()]

    async def counters(self) -> dict[str, int]:
        return dict((await self.adapter.probe()).counters)


@asynccontextmanager
async def watching(
    manager: Manager, *, room: int = 10_000, **more: Setting
) -> AsyncIterator[Watched]:
    watched = Watched(manager, room, more)
    await watched.adapter.open(watched.sink, SystemTime())
    try:
        yield watched
    finally:
        await watched.adapter.close(1.0)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110  # a socket
            await asyncio.sleep(0.01)


def played(scene: Callable[[Manager], Awaitable[None]]) -> None:
    async def play() -> None:
        async with Manager() as manager:
            await scene(manager)

    asyncio.run(play())
