"""How work ends: of itself, in a thread, or because somebody cancels it."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import TypeVar

Reply = TypeVar("Reply")


def is_cancelled() -> bool:
    """Whether somebody has cancelled this task: a cancellation can also come from within."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


async def in_thread(work: Callable[[], Reply]) -> Reply:
    """What a function returns, of a thread of its own. Who is cancelled waits for it all the same:
    until then its files are in use."""
    running = asyncio.get_running_loop().run_in_executor(None, work)
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        while not running.done():
            with suppress(asyncio.CancelledError):
                await asyncio.wait((running,))
        running.exception()  # nobody's any more
        raise


async def while_works(worker: "asyncio.Task[None]", work: Coroutine[object, object, None]) -> None:
    """Waits for work that another task does, until that task ends."""
    waiting = asyncio.ensure_future(work)
    try:
        await asyncio.wait((waiting, worker), return_when=asyncio.FIRST_COMPLETED)
    finally:
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
