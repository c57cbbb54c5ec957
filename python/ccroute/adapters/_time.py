"""Time for what waits: a clock that can also be slept by, injected into adapters and hosts."""

import asyncio
import time
from collections.abc import Awaitable
from typing import Protocol, TypeVar

Reply = TypeVar("Reply")
_TIDYING = 1.0
"""Seconds that what is cancelled has to tidy up."""


class Time(Protocol):
    """A clock, and sleep by it. `SystemTime` in production, `ccroute.testing.ManualTime` in
    tests."""

    def now(self) -> float:
        """Seconds since the Unix epoch; never less than before."""
        ...

    async def sleep_until(self, instant: float) -> None:
        """Returns when `now` has come to ``instant``; at once, but for a turn of the loop, when
        it has already."""
        ...

    def alarm(self, instant: float) -> "asyncio.Future[None]":
        """Done when `now` has come to ``instant``, which may be at once. Whoever does not wait for
        it any more cancels it. It costs less than a task that sleeps."""
        ...


class SystemTime:
    """The machine's time, which goes neither back nor by leaps when the clock is set.

    It goes by the monotonic clock. A clock that is set forward is followed at once; when it is
    set back, this time goes at nine tenths of its pace until the clock has caught up, so
    that deadlines still fire meanwhile. ``ahead``: by how many seconds it is ahead of the clock.
    """

    def __init__(self) -> None:
        self._told = time.time()
        self._looked = time.monotonic()
        self.ahead = 0.0

    def now(self) -> float:
        """Seconds since the epoch."""
        looked, wall = time.monotonic(), time.time()
        elapsed = looked - self._looked
        if wall >= self._told + elapsed:
            self._told = wall
        else:
            self._told = max(wall, self._told + 0.9 * elapsed)
        self._looked = looked
        self.ahead = self._told - wall
        return self._told

    async def sleep_until(self, instant: float) -> None:
        """See `Time.sleep_until`."""
        if instant > self.now():
            await self.alarm(instant)
        await asyncio.sleep(0)

    def alarm(self, instant: float) -> "asyncio.Future[None]":
        """See `Time.alarm`."""
        loop = asyncio.get_running_loop()
        due: asyncio.Future[None] = loop.create_future()
        timer: asyncio.TimerHandle | None = None

        def look() -> None:
            nonlocal timer
            left = instant - self.now()
            if due.done():
                return
            if left <= 0:
                due.set_result(None)
            else:
                # At most a minute at once: the clock may be set forward meanwhile.
                timer = loop.call_later(min(left, 60.0), look)

        look()
        due.add_done_callback(lambda _: None if timer is None else timer.cancel())
        return due


async def within(clock: Time, instant: float, work: Awaitable[Reply]) -> Reply:
    """What ``work`` returns, if it does until ``instant`` by the clock; then it is cancelled.

    Raises:
        TimeoutError: it did not.
    """
    task = asyncio.ensure_future(work)
    alarm = clock.alarm(instant)
    try:
        await asyncio.wait((task, alarm), return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            return task.result()
        raise TimeoutError
    finally:
        alarm.cancel()
        if not task.done():
            task.cancel()
            # It may still have to tidy up; one that does not end is left to itself.
            await asyncio.wait((task,), timeout=_TIDYING)
        if not task.done():
            task.add_done_callback(_swallow)
        elif not task.cancelled():
            task.exception()  # nobody's, when it came too late


def _swallow(task: "asyncio.Future[Reply]") -> None:
    if not task.cancelled():
        task.exception()
