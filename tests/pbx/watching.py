"""An adapter that observes a real Asterisk, and what it tells."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from tests.pbx.instance import Asterisk

from ccroute import Event
from ccroute.adapters import (
    BoundedSink,
    Measured,
    PlatformSnapshot,
    Setting,
    Signal,
    SystemTime,
)
from ccroute.metrics import Metrics
from ccroute_asterisk.ami.adapter import ObserveAdapter

FIELDS = ("offered", "answered", "abandoned", "left", "refused")
PATIENCE = 20.0


class Watched:
    """An adapter, and what it told."""

    def __init__(self, pbx: Asterisk, **more: Setting) -> None:
        self.settings: dict[str, Setting] = {
            "user": "ccroute",
            "password": pbx.secret,
            "port": pbx.ports["ami"],
            "look": 0.1,
            "queue_log": str(pbx.queue_log),
            **more,
        }
        self.sink = BoundedSink()
        self.told: list[Signal | PlatformSnapshot] = []
        self.adapter = ObserveAdapter("pbx", self.settings)

    @property
    def signals(self) -> list[Signal | PlatformSnapshot]:
        self.told += self.sink.take(100_000)
        return self.told

    @property
    def events(self) -> list[Event]:
        return [it.event for it in self.signals if isinstance(it, Measured)]

    def of(self, kind: str) -> list[Event]:
        return [event for event in self.events if event.kind == kind]

    def has(self, kind: type[Signal]) -> int:
        return sum(isinstance(it, kind) for it in self.signals)

    def figures(self, queue: str) -> dict[str, float | None]:
        metrics = Metrics()
        metrics.fold_all(self.events)
        row = metrics.report(kpis=list(FIELDS))[queue]
        return {it: row[it].value for it in FIELDS}

    async def until(self, condition: Callable[[], bool], told: str) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                while not condition():  # noqa: ASYNC110  # another process
                    await asyncio.sleep(0.02)
        except TimeoutError:
            shown = [(event.kind, event.contact, event.cause) for event in self.events]
            raise AssertionError(f"in vain for {told}: {shown}") from None


@asynccontextmanager
async def watching(pbx: Asterisk, **more: Setting) -> AsyncIterator[Watched]:
    watched = Watched(pbx, **more)
    await watched.adapter.open(watched.sink, SystemTime())
    try:
        yield watched
    finally:
        await watched.adapter.close(1.0)
        assert await watched.adapter.probe() is not None
