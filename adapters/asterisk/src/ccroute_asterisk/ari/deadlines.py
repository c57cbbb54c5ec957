"""Waiting until an instant, by one sleeper for all who wait."""

import asyncio
import heapq
import itertools
import math
from typing import Any, TypeVar

from ccroute import LinkError
from ccroute.adapters import Time

Result = TypeVar("Result")
_SPARE = 64
"""So many of those who wait no more may be left in the order of the deadlines."""


class Deadlines:
    """Whoever waits for something until an instant, and may be told that it never comes.

    A request takes milliseconds and may take seconds: a task with an alarm for each would cost more
    than the request.
    """

    def __init__(self, time: Time) -> None:
        self._time = time
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        # By instant; those who wait no more stay in for a while.
        self._due: list[tuple[float, int]] = []
        self._numbers = itertools.count()
        self._alarm: asyncio.Task[None] | None = None
        self._rings_at = math.inf

    def __len__(self) -> int:
        return len(self._waiting)

    async def wait(self, future: "asyncio.Future[Result]", deadline: float) -> Result:
        """What comes of ``future``, for which nobody else waits; it is done afterwards.

        Raises:
            TimeoutError: nothing came until ``deadline``.
            LinkError: nothing will; see `fail`.
        """
        number = next(self._numbers)
        self._waiting[number] = future
        heapq.heappush(self._due, (deadline, number))
        if deadline < self._rings_at:
            self._set(deadline)
        try:
            return await future
        finally:
            del self._waiting[number]
            if not future.cancelled():
                future.exception()  # nobody's, when who waits was cancelled in the same moment
            if len(self._due) > 2 * len(self._waiting) + _SPARE:
                self._due = [it for it in self._due if it[1] in self._waiting]
                heapq.heapify(self._due)

    def _set(self, at: float) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        self._rings_at = at
        self._alarm = asyncio.ensure_future(self._ring(at))

    async def _ring(self, at: float) -> None:
        await self._time.sleep_until(at)
        self._alarm, self._rings_at = None, math.inf
        now = max(at, self._time.now())
        while self._due and (self._due[0][0] <= now or self._due[0][1] not in self._waiting):
            _, number = heapq.heappop(self._due)
            future = self._waiting.get(number)
            if future is not None and not future.done():
                future.set_exception(TimeoutError())
        if self._due:
            self._set(self._due[0][0])

    def fail(self, reason: str) -> None:
        """Who waits now gets nothing any more, but a `LinkError` with the reason."""
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(LinkError(reason))

    async def close(self) -> None:
        """Leaves no task behind."""
        if self._alarm is not None:
            self._alarm.cancel()
            await asyncio.gather(self._alarm, return_exceptions=True)
            self._alarm, self._rings_at = None, math.inf
