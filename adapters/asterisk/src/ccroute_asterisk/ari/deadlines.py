"""Waiting until an instant, or until a link ends, whichever comes first."""

from typing import TYPE_CHECKING, Any, TypeVar

from ccroute import LinkError
from ccroute.adapters import Time

if TYPE_CHECKING:
    import asyncio

Result = TypeVar("Result")


class Deadlines:
    """Whoever waits for something until an instant, and may be told that it never comes.

    A request takes milliseconds: a task for each would cost more than the request.
    """

    def __init__(self, time: Time) -> None:
        self._time = time
        self._waiting: set[asyncio.Future[Any]] = set()

    def __len__(self) -> int:
        return len(self._waiting)

    async def wait(self, future: "asyncio.Future[Result]", deadline: float) -> Result:
        """What comes of ``future``, for which nobody else waits; it is done afterwards.

        Raises:
            TimeoutError: nothing came until ``deadline``.
            LinkError: nothing will; see `fail`.
        """

        def late(alarm: "asyncio.Future[None]") -> None:
            if not (alarm.cancelled() or future.done()):
                future.set_exception(TimeoutError())

        self._waiting.add(future)
        alarm = self._time.alarm(deadline)
        alarm.add_done_callback(late)
        try:
            return await future
        finally:
            alarm.cancel()
            self._waiting.discard(future)
            if not future.cancelled():
                future.exception()  # nobody's, when who waits was cancelled in the same moment

    def fail(self, reason: str) -> None:
        """Who waits now gets nothing any more, but a `LinkError` with the reason."""
        for future in self._waiting:
            if not future.done():
                future.set_exception(LinkError(reason))
