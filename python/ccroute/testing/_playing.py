"""How an assertion becomes a test: what it needs, its stage, and what must hold afterwards."""

import asyncio
import gc
import traceback
from collections.abc import Awaitable, Callable, Mapping
from typing import ClassVar, TypeVar

from ccroute.adapters import Adapter, Setting, Time
from ccroute.testing._assertions import ContractBroken, NotForThis
from ccroute.testing._driver import EXCUSABLE, PlatformDriver
from ccroute.testing._play import Play
from ccroute.testing._time import ManualTime

Tests = TypeVar("Tests", bound="Playing")


class Playing:
    """What the author of an adapter supplies, and how assertions are played with it."""

    module: ClassVar[str | None] = ""
    """The module that the entry point names: assertion 50 imports it. ``None``: no entry point
    names it, it is no plug-in."""
    watchdog: ClassVar[float] = 60.0
    """Seconds after which a link without bytes must have been noticed."""
    back_off: ClassVar[float] = 120.0
    """The longest pause, in seconds, between two tries to come in."""

    def make_time(self) -> Time:
        """The time of an assertion: by hand, unless the platform is a real one, which
        needs a `ccroute.adapters.SystemTime`."""
        return ManualTime()

    def make_platform(self, time: Time) -> PlatformDriver:
        """A driver of an empty platform, not started yet."""
        raise NotImplementedError("make_platform")

    def make_adapter(self, config: Mapping[str, Setting]) -> Adapter:
        """A new adapter with these settings, as the driver gave them."""
        raise NotImplementedError("make_adapter")

    # -- Playing ------------------------------------------------------------------------

    def play(
        self, number: int, scene: Callable[[Play], Awaitable[None]], needs: tuple[str, ...]
    ) -> None:
        """Plays a scene for an assertion, in a loop of its own.

        Raises:
            ContractBroken: the adapter does not hold the assertion.
            unittest.SkipTest: it is not for this adapter: a capability is not declared.
        """
        trouble: list[str] = []

        def remember(_: object, context: Mapping[str, object]) -> None:
            trouble.append(f"{context.get('message')}: {context.get('exception')!r}")

        async def played() -> None:
            asyncio.get_running_loop().set_exception_handler(remember)
            await self._on_stage(number, scene, needs)
            gc.collect()  # a task that broke and was not asked is told when it goes

        # What was there before is not looked at: thousands of objects, in every test.
        gc.freeze()
        try:
            asyncio.run(played())
        finally:
            gc.unfreeze()
        if trouble:
            raise ContractBroken(number, "a task or call-back broke: " + "; ".join(trouble))

    async def _on_stage(
        self, number: int, scene: Callable[[Play], Awaitable[None]], needs: tuple[str, ...]
    ) -> None:
        time = self.make_time()
        driver = self.make_platform(time)
        await driver.start()
        try:
            play = Play(number, driver, time, self.make_adapter)
            for need in needs:
                if need.startswith("mode "):
                    if need[5:] not in play.adapter.info.modes:
                        raise NotForThis(f"not declared: {need}")
                elif not play.can(need):
                    raise NotForThis(f"not declared: {need}")
            await self._played(play, scene)
        finally:
            await driver.stop()
        left = asyncio.all_tasks() - {asyncio.current_task()}
        if left:
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)
            raise ContractBroken(4, f"after close there are still {sorted(map(str, left))}")

    async def _played(self, play: Play, scene: Callable[[Play], Awaitable[None]]) -> None:
        fine = False
        try:
            await scene(play)
            if play.opened:
                await play.settle_down()
                await play.check_snapshot()
                await play.all_go_home()
            fine = True
        except NotImplementedError as error:
            _excused(play, error)
        except (ContractBroken, NotForThis):
            raise
        except Exception as error:
            raise ContractBroken(play.number, f"{type(error).__name__}: {error}") from error
        finally:
            await _closed(play, fine=fine)


def _excused(play: Play, error: NotImplementedError) -> None:
    """Skips where the platform has no such thing, and says so; else somebody is at fault."""
    method = traceback.extract_tb(error.__traceback__)[-1].name
    if not hasattr(PlatformDriver, method):
        raise ContractBroken(play.number, f"NotImplementedError in {method}: {error}") from error
    why = play.driver.cannot.get(method)
    if why is not None and method in EXCUSABLE:
        raise NotForThis(f"cannot {method}: {why}")
    raise ContractBroken(
        play.number,
        f"the driver does not {method}: write it"
        + (", or say in `cannot` why there is no such thing" if method in EXCUSABLE else ""),
    )


async def _closed(play: Play, *, fine: bool) -> None:
    """Closes the adapter; what is left of it breaks assertion 4, unless another broke before."""
    try:
        await play.finish(play.adapter.close(1.0), "close")
        await play.settle_down(0.5)
        links = await play.driver.links()
    except ContractBroken:
        if fine:
            raise
        return
    if fine and links:
        raise ContractBroken(4, f"after close the platform still has {links} connections of ours")


def assertion(
    number: int, *needs: str
) -> Callable[[Callable[[Tests, Play], Awaitable[None]]], Callable[[Tests], None]]:
    """Makes a test of a scene. ``needs``: capabilities (or ``mode control``, ``mode
    observe``) without which it is skipped."""

    def made(scene: Callable[[Tests, Play], Awaitable[None]]) -> Callable[[Tests], None]:
        def test(self: Tests) -> None:
            self.play(number, lambda play: scene(self, play), needs)

        # Not `functools.wraps`: pytest would ask for a fixture `play`.
        test.__name__, test.__qualname__ = scene.__name__, scene.__qualname__
        test.__module__, test.__doc__ = scene.__module__, scene.__doc__
        return test

    return made
