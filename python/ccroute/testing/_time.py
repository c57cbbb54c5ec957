"""Time that moves when told, for what sleeps by it."""

import asyncio
import heapq
import itertools

from ccroute._clock import ManualClock


class ManualTime(ManualClock):
    """A `ccroute.adapters.Time` for tests: nobody sleeps longer than the test says.

    >>> async def example() -> float:
    ...     time = ManualTime(100.0)
    ...     sleeper = asyncio.ensure_future(time.sleep_until(160.0))
    ...     await time.run(60.0)
    ...     await sleeper
    ...     return time.now()
    >>> asyncio.run(example())
    160.0
    """

    def __init__(self, start: float = 1_700_000_000.0) -> None:
        super().__init__(start)
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._order = itertools.count()

    async def sleep_until(self, instant: float) -> None:
        """Returns when the test has moved the time to ``instant``."""
        if instant > self.now():
            await self.alarm(instant)
        await asyncio.sleep(0)

    def alarm(self, instant: float) -> "asyncio.Future[None]":
        """Done when the test has moved the time to ``instant``."""
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if instant > self.now():
            heapq.heappush(self._sleepers, (instant, next(self._order), woken))
        else:
            woken.set_result(None)
        return woken

    async def run(self, seconds: float) -> None:
        """Moves ``seconds`` forward: whoever sleeps wakes at its instant, in order, and does all
        it has to do before the next one wakes."""
        await settle()
        end = self.now() + seconds
        while self._sleepers and self._sleepers[0][0] <= end:
            instant, _, woken = heapq.heappop(self._sleepers)
            if woken.done():
                continue  # was cancelled
            self.set(max(instant, self.now()))
            woken.set_result(None)
            await settle()
        self.set(end)
        await settle()


async def settle(turns: int = 40) -> None:
    """Lets everything run that can without time passing, loopback sockets too: each turn of the
    loop looks at all of them."""
    for _ in range(turns):
        await asyncio.sleep(0)
