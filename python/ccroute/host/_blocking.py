"""The host without a loop of one's own: for programs that block, from any of their threads.

What each method does stands at the method of the same name of `Host`, `AgentDesk` and
`Supervisor`; it is theirs, run on the loop of the host's own thread while the caller waits.
"""

import asyncio
import concurrent.futures
import functools
import os
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator, Mapping
from os import PathLike
from types import TracebackType
from typing import Concatenate, Generic, Never, ParamSpec, Self, TypedDict, TypeVar, Unpack

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

Inner = TypeVar("Inner")
Reply = TypeVar("Reply")
Arguments = ParamSpec("Arguments")


class LoopThread:
    """A thread with a loop, on which others have things done."""

    def __init__(self) -> None:
        self._running = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ended = asyncio.Event()
        self._failed: BaseException | None = None
        self._process = 0
        self._thread = threading.Thread(target=self._work, name="ccroute host", daemon=True)

    def start(self) -> None:
        """Begins; returns when the loop runs."""
        started = threading.Event()
        self._started = started
        self._process = os.getpid()
        self._thread.start()
        started.wait()
        if self._failed is not None:
            raise self._failed

    def _work(self) -> None:
        try:
            asyncio.run(self._main())
        except BaseException as error:
            self._failed = error  # as without a file descriptor left
        finally:
            self._started.set()

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._started.set()
        await self._ended.wait()

    def wait(self, work: Coroutine[object, object, Reply]) -> Reply:
        """What ``work`` returns on the loop, or raises.

        Raises:
            Rejected: ``stopped``: the loop has ended, before or meanwhile.
            RuntimeError: from the loop's own thread, which would wait for itself.
        """
        if threading.current_thread() is self._thread:
            work.close()
            raise RuntimeError(
                "a blocking call from the host's own thread would wait for itself: use the "
                "asynchronous `Host` there"
            )
        with self._running:
            if self._loop is None or self._process != os.getpid():
                work.close()  # after a fork the thread is the parent's alone
                raise _stopped()
            future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result()
        except concurrent.futures.CancelledError:
            raise _stopped() from None
        except BaseException:
            future.cancel()  # as Ctrl-C, while it waited
            raise

    def call(self, function: Callable[[], Reply]) -> Reply:
        """What a function returns on the loop's thread; errors as `wait`."""

        async def work() -> Reply:
            return function()

        return self.wait(work())

    def stream(self, events: AsyncIterator[Reply]) -> Iterator[Reply]:
        """The items of an asynchronous iterator, until it or the loop ends."""

        async def following() -> list[Reply]:
            try:
                return [await anext(events)]
            except StopAsyncIteration:
                return []

        async def close() -> None:
            ended = getattr(events, "aclose", None)
            if ended is not None:
                await ended()

        try:
            while found := self._or_end(following):
                yield from found
        finally:
            self._or_end(close)

    def _or_end(self, work: Callable[[], Coroutine[object, object, Reply]]) -> Reply | None:
        try:
            return self.wait(work())
        except Rejected as refusal:
            if refusal.code == "stopped":
                return None
            raise

    def close(self) -> None:
        """Ends the loop; who still waits for it is refused."""
        with self._running:
            loop, self._loop = self._loop, None
        if loop is not None:
            loop.call_soon_threadsafe(self._ended.set)
            self._thread.join()


def _stopped() -> Rejected:
    return Rejected("stopped", "the host does not run: start it, or enter it by `with`")


class Facade(Generic[Inner]):
    """An object that lives on a loop, from outside."""

    def __init__(self, loop: LoopThread, inner: Inner) -> None:
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
    loop, where they live. Any thread may use it; exceptions are those of `Host`. When it ends,
    event streams end and who waits is refused (``Rejected``, ``stopped``).

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
            return Host(routers, adapters=adapters(), **options)

        self._make = made
        self._loop = LoopThread()

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
        """As `Host.start`, on a new thread.

        Raises:
            ConfigError: as `Host`; nothing is left behind.
            RuntimeError: it was started before.
        """
        self._loop.start()
        try:
            self._inner = self._loop.call(self._make)
            self._loop.wait(self._inner.start())
        except BaseException:
            self._loop.close()
            raise

    def stop(self) -> None:
        """As `Host.stop`; the thread ends. Twice is as good as once."""
        try:
            self._loop.wait(self._inner.stop())
        except Rejected:
            pass  # it has ended before
        finally:
            self._loop.close()

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
