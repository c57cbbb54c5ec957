"""The host without a loop of one's own: for programs that block, from any of their threads.

What each method does stands at the method of the same name of `Host`, `AgentDesk` and
`Supervisor`; it is theirs, run on the loop of the host's own thread while the caller waits.
"""

import asyncio
import functools
import logging
import os
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator, Mapping
from contextlib import suppress
from os import PathLike
from queue import SimpleQueue
from types import TracebackType
from typing import (
    Any,
    Concatenate,
    Generic,
    Never,
    ParamSpec,
    Self,
    TypedDict,
    TypeVar,
    Unpack,
)

from ccroute._errors import Rejected
from ccroute._router import Router
from ccroute.adapters import Adapter, Time
from ccroute.host._audit import Audit
from ccroute.host._desk import AgentDesk
from ccroute.host._host import Host
from ccroute.host._pumps import Pump
from ccroute.host._settings import TenantSettings
from ccroute.host._supervisor import Supervisor
from ccroute.journal import Journal

_log = logging.getLogger("ccroute.host")

Inner = TypeVar("Inner")
Reply = TypeVar("Reply")
Arguments = ParamSpec("Arguments")


class _Errand(Generic[Reply]):
    """Work on the loop, for one who waits outside.

    A `SimpleQueue` brings the answer: a condition would be held while a signal handler or the
    garbage collector, in the midst of the wait, asks for something else.
    """

    def __init__(self, work: Coroutine[object, object, Reply]) -> None:
        self._work = work
        self._task: asyncio.Task[Reply] | None = None
        self._answers: SimpleQueue[asyncio.Task[Reply] | None] = SimpleQueue()

    def begin(self) -> None:
        """Begins the work; on the loop."""
        self._task = asyncio.get_running_loop().create_task(self._work)
        self._task.add_done_callback(self._answer)

    def cancel(self) -> None:
        """Gives the work up, begun or not; on the loop."""
        if self._task is None:
            self._work.close()
        else:
            self._task.cancel()

    def refuse(self) -> None:
        """Answers that the host does not run."""
        if self._task is None:
            self._work.close()
        self._answers.put(None)

    def answer(self) -> Reply:
        """Waits for what the work returns or raises; ``stopped`` when the loop ends before."""
        done = self._answers.get()
        try:
            if done is None or done.cancelled():
                raise _stopped()
            return done.result()
        finally:
            del done  # an error, its traceback and this frame would keep each other

    def _answer(self, task: "asyncio.Task[Reply]") -> None:
        self._task = None
        if not task.cancelled():
            task.exception()  # or asyncio complains where nobody waits any more
        self._answers.put(task)


class HostThread:
    """A host on a thread and a loop of its own; no lock is held while something is asked of it."""

    def __init__(self, make: Callable[[], Host]) -> None:
        self._make = make
        self._unused = threading.Lock()
        self._joining = threading.RLock()
        self._process = 0
        self._thread = threading.Thread(target=self._work, name="ccroute host", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._opened: SimpleQueue[bool] = SimpleQueue()
        self._errands: set[_Errand[Any]] = set()
        self._ending = False
        self._asked = asyncio.Event()
        self._over = False
        self._failed: BaseException | None = None
        self._trouble: Exception | None = None

    def start(self) -> None:
        """Begins; returns when the host works. Interrupted, it leaves nothing behind.

        Raises:
            Rejected: ``started``: before; ``stopped``: meanwhile.
        """
        if not self._unused.acquire(blocking=False):
            raise Rejected("started", "a host is started once: make another")
        self._process = os.getpid()
        try:
            self._thread.start()
            opened = self._opened.get()
        except BaseException:
            with suppress(Exception):
                self.end()
            raise
        if not opened:
            self._join()
            if self._failed is None or isinstance(self._failed, asyncio.CancelledError):
                raise _stopped()
            raise self._failed

    def end(self) -> None:
        """Has the host stop in order; returns when the thread has ended. An interruption comes
        out only then; a second one at once, and the host goes on stopping.

        Raises:
            RuntimeError: from the host's own thread; nothing changes.
        """
        self._check_thread()
        if self._process != os.getpid() or (self._over and not self._thread.is_alive()):
            return
        self._ending = True
        try:
            self._until_over()
        except BaseException:
            self._until_over()
            raise
        if self._trouble is not None:
            raise self._trouble

    def wait(self, work: Coroutine[object, object, Reply]) -> Reply:
        """What ``work`` returns on the loop, or raises.

        Raises:
            Rejected: ``stopped``: the loop has ended, before or meanwhile.
            RuntimeError: from the loop's own thread, which would wait for itself.
        """
        errand = _Errand(work)
        self._errands.add(errand)  # first: the thread refuses those it finds at its end
        try:
            self._check_thread()
            if not self._tell(lambda: self._begin(errand)):
                errand.refuse()
            return errand.answer()
        except BaseException:
            self._tell(errand.cancel)  # if it is not over: as Ctrl-C, while it waited
            raise
        finally:
            self._errands.discard(errand)

    def call(self, function: Callable[[], Reply]) -> Reply:
        """What a function returns on the loop's thread; errors as `wait`."""

        async def work() -> Reply:
            return function()

        return self.wait(work())

    def stream(self, events: AsyncIterator[Reply]) -> Iterator[Reply]:
        """The items of an asynchronous iterator, until it or the loop ends. One that is left is
        closed without being waited for: who knows where it is collected."""

        async def following() -> list[Reply]:
            try:
                return [await anext(events)]
            except StopAsyncIteration:
                return []

        try:
            while found := self.wait(following()):
                yield from found
        except Rejected as refusal:
            if refusal.code != "stopped":
                raise
        finally:
            self._tell(lambda: self._leave(events))

    def _check_thread(self) -> None:
        if threading.current_thread() is self._thread:
            raise RuntimeError(
                "a blocking call from the host's own thread would wait for itself: use the "
                "asynchronous `Host` there"
            )

    def _tell(self, what: Callable[[], None]) -> bool:
        if self._loop is None or self._process != os.getpid():
            return False  # after a fork the thread is the parent's alone
        try:
            self._loop.call_soon_threadsafe(what)
        except RuntimeError:
            return False  # it is closed
        return True

    def _until_over(self) -> None:
        with suppress(Rejected):
            self.wait(self._end())
        self._join()

    def _join(self) -> None:
        with self._joining:  # two who join at once can trip over each other, until Python 3.13
            if self._thread.is_alive():
                self._thread.join()

    def _work(self) -> None:
        try:
            with asyncio.Runner() as runner:
                try:
                    runner.run(self._live())
                finally:
                    self._over = True
        except (Exception, asyncio.CancelledError) as error:
            self._failed = error  # as without a file descriptor left
        except BaseException as error:
            self._failed = error  # as a listener's `sys.exit`
            _log.critical("the host's thread has died", exc_info=error)
        self._over = True
        while self._errands:
            with suppress(KeyError):
                self._errands.pop().refuse()
        self._opened.put(False)

    async def _live(self) -> None:
        self._loop = asyncio.get_running_loop()
        if self._ending:
            return
        self._starting = self._loop.create_task(self._start())
        host = await self._starting
        self._opened.put(True)
        try:
            await self._asked.wait()
        finally:
            try:
                await host.stop()
            except Exception as error:
                self._trouble = error

    async def _start(self) -> Host:
        host = self._make()
        await host.start()
        return host

    async def _end(self) -> None:
        if not self._asked.is_set():  # once: a second time would cut the tidying short
            self._asked.set()
            self._starting.cancel()
        await asyncio.Event().wait()  # cancelled with all others when the loop ends

    def _begin(self, errand: _Errand[Any]) -> None:
        if self._over:
            errand.refuse()
        else:
            errand.begin()

    def _leave(self, events: AsyncIterator[object]) -> None:
        close = getattr(events, "aclose", None)
        if close is not None and not self._over:
            _Errand(close()).begin()


def _stopped() -> Rejected:
    return Rejected("stopped", "the host does not run: start it, or enter it by `with`")


class Facade(Generic[Inner]):
    """An object that lives on a loop, from outside."""

    def __init__(self, loop: HostThread, inner: Inner) -> None:
        self._loop = loop
        self._inner = inner


def waits(
    method: Callable[Concatenate[Inner, Arguments], Coroutine[object, object, Reply]],
) -> Callable[Concatenate[Facade[Inner], Arguments], Reply]:
    """A coroutine method that is waited for."""

    @functools.wraps(method)
    def blocking(
        self: Facade[Inner], /, *args: Arguments.args, **kwargs: Arguments.kwargs
    ) -> Reply:
        return self._loop.wait(method(self._inner, *args, **kwargs))

    return blocking


def calls(
    method: Callable[Concatenate[Inner, Arguments], Reply],
) -> Callable[Concatenate[Facade[Inner], Arguments], Reply]:
    """A plain method, called where the object lives."""

    @functools.wraps(method)
    def blocking(
        self: Facade[Inner], /, *args: Arguments.args, **kwargs: Arguments.kwargs
    ) -> Reply:
        return self._loop.call(lambda: method(self._inner, *args, **kwargs))

    return blocking


def streams(
    method: Callable[Concatenate[Inner, Arguments], AsyncIterator[Reply]],
) -> Callable[Concatenate[Facade[Inner], Arguments], Iterator[Reply]]:
    """An asynchronous generator, as a plain one; it ends when the host does."""

    @functools.wraps(method)
    def blocking(
        self: Facade[Inner], /, *args: Arguments.args, **kwargs: Arguments.kwargs
    ) -> Iterator[Reply]:
        return self._loop.stream(method(self._inner, *args, **kwargs))

    return blocking


class BlockingDesk(Facade[AgentDesk]):
    """`AgentDesk`, waited for."""

    @property
    def agent(self) -> str:
        """Whose desk it is."""
        return self._inner.agent

    def as_actor(self, actor: str) -> "BlockingDesk":
        """See `AgentDesk.as_actor`."""
        return BlockingDesk(self._loop, self._inner.as_actor(actor))

    sign_in = waits(AgentDesk.sign_in)
    sign_out = waits(AgentDesk.sign_out)
    ready = waits(AgentDesk.ready)
    pause = waits(AgentDesk.pause)
    accept = waits(AgentDesk.accept)
    decline = waits(AgentDesk.decline)
    pick = waits(AgentDesk.pick)
    connected = waits(AgentDesk.connected)
    hold = waits(AgentDesk.hold)
    resume = waits(AgentDesk.resume)
    transfer = waits(AgentDesk.transfer)
    transfer_outside = waits(AgentDesk.transfer_outside)
    consult = waits(AgentDesk.consult)
    conference = waits(AgentDesk.conference)
    complete_transfer = waits(AgentDesk.complete_transfer)
    cancel_consult = waits(AgentDesk.cancel_consult)
    release = waits(AgentDesk.release)
    dispose = waits(AgentDesk.dispose)
    complete = waits(AgentDesk.complete)
    extend_wrap_up = waits(AgentDesk.extend_wrap_up)
    start_recording = waits(AgentDesk.start_recording)
    pause_recording = waits(AgentDesk.pause_recording)
    resume_recording = waits(AgentDesk.resume_recording)
    stop_recording = waits(AgentDesk.stop_recording)
    events = streams(AgentDesk.events)
    state = calls(AgentDesk.state)


class BlockingSupervisor(Facade[Supervisor]):
    """`Supervisor`, waited for."""

    @property
    def name(self) -> str:
        """Under which name the audit has it."""
        return self._inner.name

    waiting = calls(Supervisor.waiting)
    talking = calls(Supervisor.talking)
    agents = calls(Supervisor.agents)
    queue = calls(Supervisor.queue)
    live = calls(Supervisor.live)
    release = waits(Supervisor.release)
    move = waits(Supervisor.move)
    ready = waits(Supervisor.ready)
    pause = waits(Supervisor.pause)
    sign_out = waits(Supervisor.sign_out)
    listen = waits(Supervisor.listen)
    whisper = waits(Supervisor.whisper)
    barge = waits(Supervisor.barge)
    stop_monitoring = waits(Supervisor.stop_monitoring)


class HostOptions(TypedDict, total=False):
    """What `Host` can be told besides."""

    settings: TenantSettings | Mapping[str, TenantSettings] | None
    journal: Journal | None
    time: Time | None
    pumps: Iterable[Pump]
    snapshot: str | PathLike[str] | None
    snapshot_every: float
    checkpoint_every: float
    drain: float
    room: int


class BlockingHost(Facade[Host]):
    """A host on a thread and a loop of its own, for programs that have none.

    Everything as with `Host`, but that ``adapters`` is a function that makes them, called on that
    loop, where they live. Any thread may use it, and a signal handler; exceptions are those of
    `Host`. When it ends, event streams end and who waits is refused (``Rejected``, ``stopped``).

    >>> from ccroute import Plan, Router
    >>> with BlockingHost(Router(Plan.from_toml("[queues.support]"))) as host:
    ...     host.agent("ana").sign_in(queues=["support"], capacity={"voice": 1})
    ...     host.agent("ana").ready()
    ...     host.health().ready
    True
    """

    def __init__(
        self,
        routers: Router | Mapping[str, Router],
        *,
        adapters: Callable[[], Mapping[str, Adapter] | Iterable[Adapter]] = tuple,
        **options: Unpack[HostOptions],
    ) -> None:
        def made() -> Host:
            self._inner = Host(routers, adapters=adapters(), **options)
            return self._inner

        self._loop = HostThread(made)

    def __getattr__(self, name: str) -> Never:
        if name == "_inner":
            raise _stopped()  # there is none before it starts
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """As `Host.start`, on a new thread. Interrupted (Ctrl-C), it ends what it began.

        Raises:
            ConfigError: as `Host`; nothing is left behind.
            Rejected: ``started``: it was started before; ``stopped``: it was stopped meanwhile.
        """
        self._loop.start()

    def stop(self) -> None:
        """As `Host.stop`; the thread ends. Twice is as good as once. Interrupted (Ctrl-C), it
        first stops in order, then raises; interrupted again, it raises at once, and the host goes
        on: stop it again to wait for it.

        Raises:
            RuntimeError: from the host's own thread, as that of a listener; nothing changes.
        """
        self._loop.end()

    def agent(self, agent: str, *, tenant: str | None = None) -> BlockingDesk:
        """The desk of an agent."""
        desk = self._loop.call(lambda: self._inner.agent(agent, tenant=tenant))
        return BlockingDesk(self._loop, desk)

    def supervise(
        self, name: str = "supervisor", *, tenant: str | None = None
    ) -> BlockingSupervisor:
        """A supervisor's view of a tenant."""
        supervisor = self._loop.call(lambda: self._inner.supervise(name, tenant=tenant))
        return BlockingSupervisor(self._loop, supervisor)

    apply = waits(Host.apply)
    router = calls(Host.router)
    handle_http = waits(Host.handle_http)
    health = calls(Host.health)
    save = waits(Host.save)

    @property
    def audit(self) -> Audit:
        """See `Host.audit`; its listeners are called on the host's thread."""
        return self._inner.audit
