"""Assertions 1 to 5, 17 and 50: what an adapter says of itself, coming, going, importing."""

import io
import logging
import subprocess
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from ccroute import CcrouteError, ConfigError, LinkError
from ccroute.adapters import (
    ADAPTER_API,
    CAPABILITIES,
    MODES,
    AdapterInfo,
    CallCustomer,
    CancelConsult,
    CancelRing,
    StopHold,
    StopMonitoring,
    StopRecording,
    Verdict,
)
from ccroute.testing._play import Play
from ccroute.testing._playing import Playing, assertion
from ccroute.testing._samples import samples

_IMPORT = """
import logging, socket, sys, time
import asyncio, ccroute.adapters, ccroute.host
def refuse(*_, **__):
    raise AssertionError("a socket was opened")
socket.socket.connect = socket.socket.bind = socket.getaddrinfo = refuse
def state():
    return [(name, logger.level, list(logger.handlers)) for name, logger in
            [("", logging.root), *logging.root.manager.loggerDict.items()]
            if isinstance(logger, logging.Logger) and (logger.handlers or logger.level)]
before, began = state(), time.process_time()
__import__(sys.argv[1])
took = time.process_time() - began
assert state() == before, f"logging was configured: {state()}"
assert took < 0.1, f"it took {took:.3f} s of processor time"
"""


@contextmanager
def _all_logs() -> Iterator[io.StringIO]:
    """All that is logged meanwhile, at every level."""
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    root, level = logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield text
    finally:
        root.removeHandler(handler)
        root.setLevel(level)


def _shown(thing: object) -> str:
    """What people see of a thing, and of what it keeps."""
    kept = getattr(thing, "__dict__", {})
    return "\n".join([repr(thing), str(thing), *(f"{it!r} {it}" for it in kept.values())])


_UNDOING = CancelConsult, CancelRing, StopHold, StopMonitoring, StopRecording


class OnOpening(Playing):
    """What an adapter says of itself; how it comes and goes."""

    @assertion(1)
    async def test_01_information_never_changes(self, play: Play) -> None:
        """Frozen, in the closed sets; an instruction nobody declared is unsupported."""
        info = play.adapter.info
        play.expect(isinstance(info, AdapterInfo), f"info is {info!r}, and no AdapterInfo")
        play.expect(info.capabilities <= CAPABILITIES.keys(), f"capabilities {info.capabilities}")
        play.expect(info.modes and set(info.modes) <= set(MODES), f"modes {info.modes}")
        play.expect_same(info.api, ADAPTER_API, "api")
        play.expect(info.name and info.version and info.platform, f"empty names: {info}")
        await play.open()
        play.expect_same(play.adapter.info, info, "info after open")
        if "control" in info.modes:
            contact = await play.call()
            for instruction in samples(play, contact):
                if not info.can(instruction.needs):
                    outcome = await play.ask(instruction)
                    play.expect_same(outcome.failure, "unsupported", f"outcome of {instruction}")

    @assertion(2)
    async def test_02_wrong_credentials_are_final(self, play: Play) -> None:
        """ConfigError at once, and no loop of tries behind it."""
        adapter = play.make_adapter(play.driver.wrong_settings())
        await play.driver.attach(adapter)
        try:
            await play.finish(adapter.open(play.ear, play.time), "open", within=30.0)
        except ConfigError:
            pass
        else:
            play.broken("open with wrong credentials raised nothing")
        tried = len(await play.driver.sign_ins())
        play.expect(tried <= 1, f"it tried {tried} times to come in")
        await play.pass_time(2 * self.back_off)
        play.expect_same(len(await play.driver.sign_ins()), tried, "tries after ConfigError")
        await play.finish(adapter.close(0.0), "close after a failed open")

    @assertion(3)
    async def test_03_a_refused_port_is_a_link_error(self, play: Play) -> None:
        """LinkError within thirty seconds, and nothing left running."""
        adapter = play.make_adapter(play.driver.refused_settings())
        await play.driver.attach(adapter)
        try:
            await play.finish(adapter.open(play.ear, play.time), "open", within=30.0)
        except LinkError:
            pass
        else:
            play.broken("open on a refused port raised nothing")
        await play.finish(adapter.close(0.0), "close after a failed open")

    @assertion(4)
    async def test_04_close_leaves_nothing(self, play: Play) -> None:
        """Twice is as good as once, also with an instruction under way and when never opened."""
        never = play.make_adapter(play.driver.settings())
        await play.finish(never.close(0.0), "close of what was never opened")
        await play.open()
        contact = await play.waiting()
        for _ in range(2):
            await play.finish(play.adapter.close(1.0), "close")
        links = await play.driver.links()
        play.expect_same(links, 0, "connections that the platform has after close")
        heard = len(play.heard)
        await play.hang_up(contact)
        await play.pass_time(2 * self.back_off)
        play.expect_same(len(play.heard), heard, "signals after close")
        play.expect_same(await play.driver.links(), 0, "connections long after close")
        if play.can("hangup_party"):
            outcome = await play.ask(play.hang_up_of(contact))
            play.expect_same(outcome.verdict, Verdict.FAILED, "an instruction after close")
        play.opened = False

    @assertion(5)
    async def test_05_secrets_are_shown_nowhere(self, play: Play) -> None:
        """Neither by the adapter and what it keeps, nor in logs, nor in exceptions."""
        seen: list[str] = []
        with _all_logs() as logs:
            seen.append(_shown(play.adapter))
            for settings in ("refused_settings", "wrong_settings"):
                adapter = play.make_adapter(getattr(play.driver, settings)())
                await play.driver.attach(adapter)
                try:
                    await play.finish(adapter.open(play.ear, play.time), "open", within=30.0)
                except (CcrouteError, OSError) as error:
                    seen += [_shown(error), "".join(traceback.format_exception(error))]
                await play.finish(adapter.close(0.0), "close")
            await play.open()
            await play.call()
            health = await play.finish(play.adapter.probe(), "probe")
            seen += [_shown(play.adapter), repr(play.adapter.info), repr(health)]
        seen.append(logs.getvalue())
        play.expect(play.driver.secrets, "the driver names no `secrets` to look for")
        for secret in play.driver.secrets:
            shown = [text for text in seen if secret in text]
            play.expect(not shown, f"the secret {secret!r} is shown: {shown[:1]}")

    @assertion(17, "mode control")
    async def test_17_what_is_gone_is_answered_with_gone(self, play: Play) -> None:
        """No exception, and nothing is unknown: the platform has no such leg."""
        await play.open()
        here = await play.waiting()
        gone = await play.call()
        await play.hang_up(gone)
        await play.settle_down()
        for contact in (gone, "nobody"):
            for instruction in samples(play, contact):
                # Where nobody is rung, a call back is what begins a contact.
                begins = isinstance(instruction, CallCustomer) and not play.can("ring")
                # Nothing may be rung that was never offered; what stops has stopped already.
                if play.can(instruction.needs) and not begins:
                    outcome = await play.ask(instruction)
                    fine = outcome.failure == "gone" or (
                        outcome.verdict is Verdict.DONE
                        and type(instruction).__name__.startswith(("Cancel", "Stop"))
                    )
                    play.expect(fine, f"{instruction} on what is gone: {outcome}")
        play.expect(not await play.legs("agent"), "an agent's phone rings for nobody")
        await play.hang_up(here)

    def test_50_importing_is_quick_and_touches_nothing(self) -> None:
        """Under 100 ms of processor time; no socket, no logging configured."""
        self.play(50, self._imported, ())

    async def _imported(self, play: Play) -> None:
        if self.module is None:
            play.skip("no entry point names it")
        play.expect(self.module, "the test class names no `module` to import")
        wrong = "processor time"
        for _ in range(3):
            if "processor time" in wrong:  # the first has to compile the sources
                wrong = _imported(self.module)
        play.expect(not wrong, f"import {self.module}: {wrong}")


def _imported(module: str) -> str:
    """What is wrong about importing the module in an interpreter of its own."""
    ran = subprocess.run(  # noqa: S603  # this interpreter and a module's name
        [sys.executable, "-c", _IMPORT, module],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    return ran.stderr[-500:] if ran.returncode else ""
