"""The host: routers, adapters, a clock and a journal, run as one on asyncio."""

import asyncio
import itertools
import logging
import random
import secrets
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import AsyncExitStack, suppress
from functools import partial
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Self

import attrs

from ccroute._commands import Command
from ccroute._errors import ConfigError, Rejected
from ccroute._router import Router
from ccroute._wire import KpiAggregator
from ccroute.adapters import (
    Adapter,
    HttpRequest,
    HttpResponse,
    SystemTime,
    Time,
    within,
)
from ccroute.host._announcing import Announcer
from ccroute.host._audit import Audit
from ccroute.host._desk import AgentDesk
from ccroute.host._effects import Effects
from ccroute.host._ends import in_thread, is_cancelled, while_works
from ccroute.host._floor import Floor
from ccroute.host._given import check_pumps, check_queues, named, sendable, settings_of
from ccroute.host._health import Health, health_of
from ccroute.host._keeping import check_saved, resume, state_of, write_states
from ccroute.host._link import Link, tamed
from ccroute.host._pumps import Pump, run_pump
from ccroute.host._saved import SavedTenant, StateLock, read
from ccroute.host._settings import TenantSettings
from ccroute.host._supervisor import Supervisor
from ccroute.host._switchboard import Switchboard
from ccroute.host._tenant import Tenant
from ccroute.journal import Checkpoint, Journal, MemoryJournal

_log = logging.getLogger("ccroute.host")

FIRST_WORDS = 10.0
"""Seconds for which a start waits for links; those that take longer come up later."""
ONLY = "main"
"""The name of the tenant of a host that has one."""


class Host:
    """Runs routers on real platforms: it owns the clock, the timers, the adapters and the
    order of things: what is asked is written down, then carried out, then told to platforms.

    ``routers``: one, or several by tenant; ``adapters``: links by name, or adapters, which are
    then named as they name themselves; ``settings``: of the tenant, or by tenant; ``journal``:
    default in memory; ``snapshot``: a file in which the state is kept, every
    ``snapshot_every`` seconds and at the end: with it, a host that died goes on where that file
    stands, and asks the platforms what happened since. ``time``: default the system's. ``pumps``:
    rankers and figures of one's own, asked regularly.

    From now on whoever wants something of a router asks the host: `agent`, `supervise`,
    `apply`. Nothing global is touched: no logging is configured, no signal handler installed.
    """

    def __init__(
        self,
        routers: Router | Mapping[str, Router],
        *,
        adapters: Mapping[str, Adapter] | Iterable[Adapter] = (),
        settings: TenantSettings | Mapping[str, TenantSettings] | None = None,
        journal: Journal | None = None,
        time: Time | None = None,
        pumps: Iterable[Pump] = (),
        snapshot: str | PathLike[str] | None = None,
        snapshot_every: float = 5.0,
        checkpoint_every: float = 60.0,
        drain: float = 5.0,
        room: int = 10_000,
    ) -> None:
        given = {ONLY: routers} if isinstance(routers, Router) else dict(routers)
        if not given:
            raise ConfigError("a host without routers: give at least one")
        self._time: Time = SystemTime() if time is None else time
        self._journal: Journal = MemoryJournal() if journal is None else journal
        self._path = None if snapshot is None else Path(snapshot)
        self._snapshot_every = snapshot_every
        self._checkpoint_every = checkpoint_every
        self._drain = drain
        self._room = room
        self.audit = Audit()
        # Numbers that no host before used and none after will: ids are told to platforms,
        # which must never take a new one for an old one.
        self._boot = secrets.token_hex(4)
        self._numbers = itertools.count(1)
        self._wires = itertools.count(secrets.randbits(42) << 20)
        links = named(adapters)
        self._links: dict[str, Link] = {}
        self._switchboard = Switchboard(self._links, self._time, self._name)
        for name, adapter in links.items():
            self._links[name] = Link(
                name,
                adapter,
                self._time,
                room=room,
                notify=self._switchboard.notifier(name),
                pauses=random.Random(f"{self._boot}:{name}"),  # noqa: S311  # jitter
            )
        self._effects = Effects(self._links, self._time, self._name)
        self._given = given
        self._pumps = tuple(pumps)
        check_pumps(self._pumps, given)
        self._settings = settings_of(settings, given)
        check_queues(self._settings, given)
        self._tenants: dict[str, Tenant] = {}
        self._floors: dict[str, Floor] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._handing_on: asyncio.Task[None] | None = None
        self._saving = asyncio.Lock()
        self.saved_at: float | None = None
        self.loop_lag = 0.0
        self._began: float | None = None
        self._running = False
        self._stopping = False
        self._starting: asyncio.Future[None] | None = None
        self._ending: asyncio.Future[None] | None = None
        self._lock = None if self._path is None else StateLock(self._path, self._saving)
        self._whole = False
        self._packed: dict[str, tuple[int, SavedTenant]] = {}

    # -- Life ---------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Restores what was saved, opens the links, begins to work. A link that does not come up
        keeps nobody waiting: `health` names it, and it is tried again.

        Raises:
            ConfigError: the saved state cannot be read, or belongs to other tenants.
            Rejected: ``started``; ``stopped``: somebody stopped it meanwhile.
        """
        if self._running or self._stopping:
            raise Rejected("started", "a host is started once: make another")
        self._running = True
        self._began = self._time.now()
        self._starting = asyncio.ensure_future(self._start())
        try:
            await self._starting
        except BaseException as error:
            given_up = isinstance(error, asyncio.CancelledError)
            overtaken = given_up and self._ending is not None and not is_cancelled()
            # Half a host would keep links and tasks that nobody can close.
            await self._end(drain=0.0)
            if overtaken:
                raise Rejected("stopped", "it was stopped while it started: make another") from None
            raise

    async def _start(self) -> None:
        if self._lock is not None:
            await self._lock.hold()
        saved = await in_thread(self._restored)
        for name, router in self._given.items():
            self._add(name, router, saved.get(name))
        for name, tenant in self._tenants.items():
            state = saved.get(name)
            await tenant.take_over(None if state is None else state.sequence)
            await self._checkpoint(tenant)
        self._switchboard.connect(self._tenants)
        for tenant in self._tenants.values():
            tenant.start()
        self._handing_on = self._run(self._switchboard.run())
        for link in self._links.values():
            link.open()
        await self._first_words()
        for name, floor in self._floors.items():
            if self._settings[name].announcements:
                self._run(self._announcer(floor).run())
        for pump in self._pumps:
            self._run(run_pump(pump, self._floor(pump.tenant).tenant, self._time))
        self._run(self._watch_loop())
        self._run(self._every(self._checkpoint_every, self._checkpoint_all))
        if self._path is not None:
            self._run(self._every(self._snapshot_every, self.save))
        self._whole = True

    async def stop(self) -> None:
        """Ends in order: no new commands; what was asked is done; links get their last
        instructions and close; the state is saved. Twice is as good as once; goes on when whoever
        waits is cancelled."""
        if not self._running:
            return
        await self._end(self._drain)

    async def _end(self, drain: float) -> None:
        if self._ending is None:
            self._ending = asyncio.ensure_future(self._shut(drain))
        await asyncio.shield(self._ending)

    async def _shut(self, drain: float) -> None:
        """However winding down ends, the state is saved and its file let go."""
        self._stopping = True
        async with AsyncExitStack() as last:
            last.push_async_callback(self._let_go)
            last.push_async_callback(self._save_last)
            await self._wind_down(drain)

    async def _wind_down(self, drain: float) -> None:
        if self._starting is not None:
            self._starting.cancel()  # one that is still under way is given up
            await asyncio.wait((self._starting,))
        for tenant in self._tenants.values():
            with suppress(Exception):
                await tenant.through()
        closing = [link.close(drain) for link in self._links.values()]
        await asyncio.gather(*closing, return_exceptions=True)
        if self._handing_on is not None:
            await while_works(self._handing_on, self._switchboard.drained())
        await self._effects.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for floor in self._floors.values():
            await floor.close()
        for tenant in self._tenants.values():
            await tenant.stop()

    async def _save_last(self) -> None:
        if self._whole and self._lock is not None:
            async with self._saving:
                self._lock.take()  # who cancels all tasks at once has it given back
                await self._save()

    async def _let_go(self) -> None:
        self._running = False
        if self._lock is not None:
            await self._lock.give_back()

    # -- What it is for -----------------------------------------------------------------

    def agent(self, agent: str, *, tenant: str | None = None) -> AgentDesk:
        """The desk of an agent."""
        return AgentDesk(self._floor(tenant), agent)

    def supervise(self, name: str = "supervisor", *, tenant: str | None = None) -> Supervisor:
        """A supervisor's view of a tenant; ``name`` stands in the audit."""
        return Supervisor(self._floor(tenant), name)

    async def apply(
        self,
        command: Command,
        *,
        actor: str,
        reason: str | None = None,
        command_id: str | None = None,
        tenant: str | None = None,
    ) -> int | None:
        """Has a command carried out in its turn; returns what its method of `Router` returns.

        ``command_id``: an id of the asker's own; asked again under it, the first answer is given
        again and nothing happens, within the plan's retention.

        Raises:
            Rejected: as that method, or ``overloaded``.
        """
        return await self._floor(tenant).ask(command, actor, reason, command_id)

    def router(self, tenant: str | None = None) -> Router:
        """A tenant's router, to be read: `explain`, `metrics`, `wait`."""
        return self._floor(tenant).tenant.router

    async def handle_http(self, link: str, request: HttpRequest) -> HttpResponse:
        """Passes a request of a platform on to the adapter of a link; any web framework can call
        this."""
        it = self._links.get(link)
        if it is None or not it.info.can("webhook_in"):
            return HttpResponse(status=404)
        try:
            return sendable(await tamed(it.adapter.handle_http(request)))
        except Exception:
            it.counters.faults += 1
            _log.exception("link %s: its adapter broke over a request", link, extra={"link": link})
            return HttpResponse(status=500)

    def health(self) -> Health:
        """How everything does."""
        return health_of(self)

    async def save(self) -> None:
        """Writes the state into the file given as ``snapshot``.

        Raises:
            ConfigError: none was given.
            OSError: it cannot be written.
        """
        if self._path is None:
            raise ConfigError("no `snapshot` was given: name a file")
        async with self._saving:  # the newer must come last
            await self._save()

    async def _save(self) -> None:
        assert self._path is not None
        at = self._time.now()
        states = {}
        for name, floor in self._floors.items():
            states[name] = self._state(floor, at)
            await asyncio.sleep(0)  # tenants know nothing of each other: one a turn
        await in_thread(partial(write_states, self._path, states))
        self.saved_at = at

    # -- For who reads the whole of it --------------------------------------------------

    @property
    def now(self) -> float:
        """The host's time, float seconds since the epoch."""
        return self._time.now()

    @property
    def tenants(self) -> Mapping[str, Tenant]:
        """The tenants by name."""
        return self._tenants

    @property
    def links(self) -> Mapping[str, Link]:
        """The links by name."""
        return self._links

    @property
    def journal(self) -> Journal:
        """What was asked."""
        return self._journal

    @property
    def looked_up(self) -> int:
        """How many outcomes were looked up because nobody knew them."""
        return self._effects.looked_up

    @property
    def unsaved_for(self) -> float:
        """Seconds by which a save is overdue."""
        if self._path is None or self._began is None:
            return 0.0
        last = self._began if self.saved_at is None else self.saved_at
        return max(0.0, self._time.now() - last - self._snapshot_every)

    @property
    def running(self) -> bool:
        """Whether it works."""
        return self._running and not self._stopping

    # -- Inside -------------------------------------------------------------------------

    def _floor(self, tenant: str | None) -> Floor:
        if tenant is None and len(self._given) == 1:
            tenant = next(iter(self._given))
        if tenant is None or tenant not in self._given:
            raise ConfigError(f"no tenant {tenant!r}: give one of {', '.join(self._given)}")
        if not self.running:
            raise Rejected("stopped", "the host does not run: start it, or `async with` it")
        return self._floors[tenant]

    def _name(self) -> str:
        return f"{self._boot}-{next(self._numbers)}"

    def _add(self, name: str, router: Router, saved: SavedTenant | None) -> None:
        if saved is not None:
            aggregator = KpiAggregator.restore(saved.aggregator)
            router = router.resumed(saved.router, aggregator=aggregator)
        tenant = Tenant(
            name,
            router,
            self._settings[name],
            time=self._time,
            journal=self._journal,
            links={link: it.info for link, it in self._links.items() if not it.info.observes},
            tell=self._effects.tell,
            in_flight=lambda link, instruction: self._links[link].in_flight(instruction),
            names=self._name,
            wires=lambda: next(self._wires),
            room=self._room,
        )
        self._tenants[name] = tenant
        self._floors[name] = floor = Floor(
            tenant, self._effects, self._links, self.audit, self._name
        )
        if saved is not None:
            self._resume(tenant, floor, saved)

    def _restored(self) -> dict[str, SavedTenant]:
        if self._path is None:
            return {}
        saved, wrong = read(self._path, check_saved)
        if wrong is not None:
            _log.error("the newest state cannot be read, the one before is used: %s", wrong)
        if strange := sorted(saved.keys() - self._given.keys()):
            raise ConfigError(
                f"the state in {self._path.name} is of tenant {', '.join(map(repr, strange))}: "
                "give routers for all of them, or another file"
            )
        return saved

    def _announcer(self, floor: Floor) -> Announcer:
        return Announcer(
            floor.tenant,
            floor.live,
            {name: link.info for name, link in self._links.items()},
            self._time,
            names=self._name,
            tell=self._effects.tell,
        )

    def _resume(self, tenant: Tenant, floor: Floor, saved: SavedTenant) -> None:
        resume(
            tenant,
            floor.live,
            saved,
            links=[name for name, it in self._links.items() if not it.info.observes],
            silent=[name for name, it in self._links.items() if not it.info.can("event_backfill")],
            plan=self._given[tenant.name].plan,
            now=max(self._time.now(), saved.now),
        )

    def _state(self, floor: Floor, at: float) -> SavedTenant:
        tenant = floor.tenant
        known = self._packed.get(tenant.name)
        if known is not None and known[0] == tenant.sequence and not tenant.depth():
            return attrs.evolve(known[1], at=at)
        state = state_of(tenant, floor.live, at)
        self._packed[tenant.name] = tenant.sequence, state
        return state

    async def _first_words(self) -> None:
        """Waits until every link has come up or failed for the first time, and what they said is
        done: whoever enters the host finds the callers in it."""
        tried = asyncio.gather(*(link.tried.wait() for link in self._links.values()))
        with suppress(TimeoutError):
            await within(self._time, self._time.now() + FIRST_WORDS, tried)
        await self._switchboard.drained()
        for tenant in self._tenants.values():
            with suppress(Exception):
                await tenant.through()

    async def _checkpoint(self, tenant: Tenant) -> None:
        await self._journal.save(
            tenant.name,
            Checkpoint(
                sequence=tenant.sequence,
                at=tenant.now,
                epoch=tenant.epoch,
                state=tenant.router.snapshot(),
                state_hash=tenant.router.state_hash(),
            ),
        )
        tenant.checkpointed = tenant.sequence

    async def _checkpoint_all(self) -> None:
        for tenant in self._tenants.values():
            if tenant.sequence > tenant.checkpointed and tenant.broken is None:
                try:
                    await self._checkpoint(tenant)
                except Exception:
                    _log.exception("tenant %s: no checkpoint", tenant.name)
                await asyncio.sleep(0)

    async def _every(self, seconds: float, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            await self._time.sleep_until(self._time.now() + seconds)
            try:
                await work()
            except Exception:
                _log.exception("a regular task of the host failed; it is tried again")

    async def _watch_loop(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            began = loop.time()
            await asyncio.sleep(0.5)
            self.loop_lag = max(0.0, loop.time() - began - 0.5)

    def _run(self, work: "asyncio._CoroutineLike[None]") -> "asyncio.Task[None]":
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.append(task)
        return task
