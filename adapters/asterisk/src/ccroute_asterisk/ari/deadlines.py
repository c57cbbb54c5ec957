"""Waiting until an instant, or until a link ends, whichever comes first."""

import math
from typing import TYPE_CHECKING, Any, TypeVar

from ccroute import LinkError
from ccroute.adapters import Time

if TYPE_CHECKING:
    import asyncio

Result = TypeVar("Result")


class Deadlines:
    """Whoever waits for something until an instant, and may be told that it never comes.

    A request takes milliseconds: an alarm for each would cost as much as reading the reply. There
    is one for all, at the earliest instant; mostly it finds that who set it is long gone.
    """

    def __init__(self, time: Time) -> None:
        self._time = time
        self._waiting: dict[asyncio.Future[Any], float] = {}
        self._alarm: asyncio.Future[None] | None = None
        self._next = math.inf

    def __len__(self) -> int:
        return len(self._waiting)

    async def wait(self, future: "asyncio.Future[Result]", deadline: float) -> Result:
        """What comes of ``future``, for which nobody else waits; it is done afterwards.

        Raises:
            TimeoutError: nothing came until ``deadline``.
            LinkError: nothing will; see `fail`.
        """
        self._waiting[future] = deadline
        if deadline < self._next:
            self._set_alarm(deadline)
        try:
            return await future
        finally:
            del self._waiting[future]
            if not future.cancelled():
                future.exception()  # nobody's, when who waits was cancelled in the same moment

    def fail(self, reason: str) -> None:
        """Who waits now gets nothing any more, but a `LinkError` with the reason."""
        self._set_alarm(math.inf)
        for future in self._waiting:
            if not future.done():
                future.set_exception(LinkError(reason))

    def _set_alarm(self, instant: float) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        self._next, self._alarm = instant, None
        if instant < math.inf:
            self._alarm = self._time.alarm(instant)
            self._alarm.add_done_callback(self._look)

    def _look(self, alarm: "asyncio.Future[None]") -> None:
        if alarm.cancelled():
            return
        now = self._time.now()
        for future, deadline in self._waiting.items():
            if deadline <= now and not future.done():
                future.set_exception(TimeoutError())
        left = (it for future, it in self._waiting.items() if not future.done())
        self._set_alarm(min(left, default=math.inf))
