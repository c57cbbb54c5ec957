"""A link: an adapter that is kept open, and told things in order, whatever it does."""

import asyncio
import logging
import random
from collections import deque
from collections.abc import Awaitable, Callable
from typing import TypeVar

import attrs

from ccroute._errors import CcrouteError, ConfigError, LinkError
from ccroute.adapters import (
    Adapter,
    BoundedSink,
    ContactInstruction,
    Instruction,
    LinkHealth,
    MirrorAgent,
    Outcome,
    PlatformSnapshot,
    Time,
    failed,
    unknown,
    within,
)

_log = logging.getLogger("ccroute.host")
_LONGEST_PAUSE = 30.0
_OPENING = 30.0
"""Seconds within which an adapter opens, or is tried again."""

Settled = Callable[[Outcome], None]
Reply = TypeVar("Reply")


@attrs.define(kw_only=True)
class LinkCounters:
    """What a link counted since it was made."""

    signals: int = 0
    unmapped: int = 0
    orphans: int = 0
    """Signals about contacts, offers or tenants that nobody knows."""
    gaps: int = 0
    downs: int = 0
    done: int = 0
    failed: int = 0
    unknown: int = 0
    faults: int = 0
    """Exceptions that an adapter let out, which none may."""


def said_of(instruction: Instruction) -> dict[str, str | None]:
    """What a line of the log says of an instruction."""
    return {"instruction": instruction.id, "tenant": instruction.tenant, "actor": instruction.actor}


class Link:
    """One adapter under a name. Instructions about one contact are told one after the other, those
    about different ones side by side, as many at once as the platform bears."""

    def __init__(
        self,
        name: str,
        adapter: Adapter,
        time: Time,
        *,
        room: int,
        notify: Callable[[], None],
        pauses: random.Random,
    ) -> None:
        self.name = name
        self.adapter = adapter
        self.info = adapter.info
        self.sink = BoundedSink(room, notify)
        self.counters = LinkCounters()
        self.up = False
        self.error: str | None = None
        """Why it can never work, or what its adapter did that none may."""
        self.tried = asyncio.Event()
        """Whether it came up, or failed, for the first time."""
        self._said = {"link": name}
        self._time = time
        self._pauses = pauses
        self._lines: dict[tuple[str, str], deque[tuple[Instruction, Settled]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._slots = asyncio.Semaphore(self.info.limits.in_flight or 1000)
        self._pending: set[str] = set()
        self._closed = False

    def open(self) -> None:
        """Begins to connect; what comes of it, signals tell."""
        self._start(self._open())

    async def _open(self) -> None:
        pause = 0.5
        while True:
            try:
                until = self._time.now() + _OPENING
                await tamed(within(self._time, until, self.adapter.open(self.sink, self._time)))
            except ConfigError as error:
                self._give_up(f"can never work so: {error}")
                return
            except LinkError as error:
                _log.warning("link %s: %s; trying again", self.name, error, extra=self._said)
            except TimeoutError:
                _log.warning(
                    "link %s: not open after %d s; trying again",
                    self.name,
                    _OPENING,
                    extra=self._said,
                )
            except Exception:  # an adapter's, whatever it is
                self.counters.faults += 1
                _log.exception(
                    "link %s: its adapter broke while opening", self.name, extra=self._said
                )
            else:
                return
            finally:
                self.tried.set()
            jitter = self._pauses.uniform(0.5, 1.0)
            await self._time.sleep_until(self._time.now() + pause * jitter)
            pause = min(2 * pause, _LONGEST_PAUSE)

    def came_up(self) -> None:
        """Its adapter says so."""
        self.up, self.error = True, None
        _log.info("link %s is up", self.name, extra=self._said)

    def went_down(self, reason: str, *, final: bool) -> None:
        """Its adapter says so. ``final``: nobody makes it anew, so people must see to it."""
        self.up = False
        self.counters.downs += 1
        if final:
            self._give_up(reason)
        else:
            _log.warning("link %s is down: %s", self.name, reason, extra=self._said)

    def _give_up(self, why: str) -> None:
        self.error = why
        _log.error("link %s: %s", self.name, why, extra=self._said)

    def tell(self, instruction: Instruction, settled: Settled) -> None:
        """Hands an instruction to the adapter when those before it about the same thing are
        through; ``settled`` hears what became of it, once."""
        if self._closed:
            settled(failed("link_down", "the host has stopped"))
            return
        about = _about(instruction)
        self._pending.add(instruction.id)
        line = self._lines.get(about)
        if line is not None:
            line.append((instruction, settled))
            return
        self._lines[about] = deque([(instruction, settled)])
        self._start(self._work_off(about))

    def in_flight(self, instruction: str) -> bool:
        """Whether an instruction has no outcome yet."""
        return instruction in self._pending

    async def _work_off(self, about: tuple[str, str]) -> None:
        line = self._lines[about]
        while line:
            instruction, settled = line[0]
            outcome = await self._execute(instruction)
            self._pending.discard(instruction.id)
            line.popleft()
            if not line:
                # Before `settled`, which may have more to tell.
                del self._lines[about]
            settled(outcome)

    async def _execute(self, instruction: Instruction) -> Outcome:
        if not instruction.possible_on(self.info):
            return failed("unsupported", f"{self.info.name} has no {instruction.needs}")
        async with self._slots:
            if self._time.now() >= instruction.deadline:
                # It waited too long for its turn; nobody was told.
                return self._counted(failed("throttled", "no slot until its deadline"))
            try:
                work = self.adapter.execute(instruction)
                outcome = await tamed(within(self._time, instruction.deadline, work))
                if not isinstance(outcome, Outcome):
                    raise TypeError(f"the outcome is a {type(outcome).__name__}")
            except TimeoutError:
                outcome = unknown(f"no outcome within the deadline of {instruction.id}")
            except CcrouteError as error:
                self.counters.faults += 1
                outcome = unknown(f"{type(error).__name__}: {error}")
            except Exception as error:
                self.counters.faults += 1
                said = {**self._said, **said_of(instruction)}
                _log.exception(
                    "link %s: its adapter broke over %s", self.name, instruction.id, extra=said
                )
                outcome = unknown(f"{type(error).__name__} in the adapter")
        return self._counted(outcome)

    def _counted(self, outcome: Outcome) -> Outcome:
        name = outcome.verdict.value
        setattr(self.counters, name, getattr(self.counters, name) + 1)
        return outcome

    async def snapshot(self, seconds: float) -> PlatformSnapshot:
        """What the platform holds now.

        Raises:
            LinkError: it could not say so within ``seconds``.
        """
        try:
            until = self._time.now() + seconds
            return await tamed(within(self._time, until, self.adapter.snapshot()))
        except LinkError:
            raise
        except TimeoutError:
            raise LinkError(f"link {self.name}: no snapshot within {seconds} s") from None
        except Exception as error:
            self.counters.faults += 1
            raise LinkError(f"link {self.name}: no snapshot: {error!r}") from error

    async def probe(self, seconds: float = 1.0) -> LinkHealth:
        """How it does, by the adapter's own account where it gives one."""
        try:
            until = self._time.now() + seconds
            return await tamed(within(self._time, until, self.adapter.probe()))
        except Exception:
            self.counters.faults += 1
            return LinkHealth(up=False, pending=len(self._pending))

    async def close(self, drain: float) -> None:
        """Lets instructions under way come to an end for ``drain`` seconds, then closes the
        adapter, then forgets the rest."""
        until = self._time.now() + drain
        waiting = [task for task in self._tasks if not task.done()]
        if self._pending and waiting:
            try:
                await within(self._time, until, asyncio.wait(waiting))
            except TimeoutError:
                _log.warning(
                    "link %s: %d instructions cut off",
                    self.name,
                    len(self._pending),
                    extra=self._said,
                )
        try:
            left = max(0.0, until - self._time.now())
            await within(self._time, until + 1.0, self.adapter.close(left))
        except Exception:
            self.counters.faults += 1
            _log.exception("link %s: its adapter broke while closing", self.name, extra=self._said)
        self._closed = True
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        # Whoever waits for an outcome hears that nobody will ever know it.
        told = [it for line in self._lines.values() for it in line]
        self._lines.clear()
        for _, settled in told:
            settled(unknown("the host has stopped"))

    def _start(self, work: "asyncio._CoroutineLike[None]") -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def tamed(work: Awaitable[Reply]) -> Reply:
    """What an adapter does; a cancellation that nobody asked for, as of a socket that was reset,
    is a fault of the adapter's and ends nothing else."""
    try:
        return await work
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
        raise RuntimeError("the adapter was cancelled from within") from None


def _about(instruction: Instruction) -> tuple[str, str]:
    """What an instruction is about: those about the same thing keep their order."""
    match instruction:
        case ContactInstruction(contact=contact):
            return "contact", contact
        case MirrorAgent(agent=agent):
            return "agent", agent
        case _:
            return "", instruction.id
