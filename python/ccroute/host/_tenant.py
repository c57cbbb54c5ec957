"""One tenant: a router, and the one task that carries out what is asked of it, in order:
append, durable, apply, effect."""

import asyncio
import itertools
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping

import attrs

from ccroute._commands import Advance, Command, Enqueue, SetDevice, SetLine, SetPlan, Suspend
from ccroute._errors import CcrouteError, ConfigError, EngineBroken, Rejected
from ccroute._events import AgentSignedIn, Event
from ccroute._hours import openings
from ccroute._router import Router
from ccroute.adapters import (
    AdapterInfo,
    Answered,
    DeviceSeen,
    Ended,
    Gap,
    LinkDown,
    LinkUp,
    Measured,
    PlatformSnapshot,
    Signal,
    Time,
)
from ccroute.host._consequences import Consequence, Consequences, Effect
from ccroute.host._placement import Placements, scoped
from ccroute.host._reconciliation import reconciliation
from ccroute.host._settings import TenantSettings
from ccroute.host._translation import commands_of
from ccroute.host._waiting import Alarm, Ask, Heard, HeardOn, Inbox, Mark, TenantCounters
from ccroute.journal import Entry, Journal

_log = logging.getLogger("ccroute.host")

BATCH = 64
"""How much is made durable at once, at most."""
TURN = 4
"""After how many commands others have their turn."""

Told = Callable[[list[Event]], None]
"""Hears the events of each command, before any platform is told."""
Tell = Callable[["Tenant", Effect], None]


class Tenant:
    """A router and its queue of things to do."""

    def __init__(
        self,
        name: str,
        router: Router,
        settings: TenantSettings,
        *,
        time: Time,
        journal: Journal,
        links: Mapping[str, AdapterInfo],
        tell: Tell,
        in_flight: Callable[[str, str], bool],
        names: Callable[[], str],
        wires: Callable[[], int],
        patience: float = 5.0,
        room: int = 10_000,
    ) -> None:
        self.name = name
        self.router = router
        self.settings = settings
        self.counters = TenantCounters()
        self.placements = Placements()
        self.gaps: list[tuple[str, float, float]] = []
        self.broken: BaseException | None = None
        self.lag = 0.0
        """Seconds that the last command had waited for its turn."""
        self.sequence = 0
        """The number of the last command that was carried out."""
        self.checkpointed = -1
        """After which command the journal last kept a state."""
        self.epoch = 0
        self.told: list[Told] = []
        self.now = 0.0
        self.consequences = Consequences(
            name, settings, self.placements, names=names, wires=wires, patience=patience
        )
        self._time = time
        self._journal = journal
        self._links = links
        self._tell = tell
        self._in_flight = in_flight
        self._inbox = Inbox(room)
        self._alarm = Alarm(time, self._inbox)
        self._written = 0
        self._under_way: list[Ask] = []
        self._over: list[str] = []
        # What links said of the devices of agents, who may sign in later.
        self._devices: dict[str, str] = {}
        self._hours: Iterator[tuple[float, Command]] = iter(())
        self._next_hours: tuple[float, Command] | None = None
        self._task: asyncio.Task[None] | None = None
        self._stopped = False

    # -- From outside -------------------------------------------------------------------

    async def start(self) -> None:
        """Takes the domain over and begins to work. Opening hours stand as of now."""
        self.epoch = await self._journal.lease(self.name)
        self.now = max(self.now, self._time.now())
        self.watch_hours()
        self._task = asyncio.get_running_loop().create_task(self._run())

    def watch_hours(self) -> None:
        """Reads the plan's calendars, from now on."""
        self._hours = openings(self.router.plan, since=self.now)
        self._next_hours = next(self._hours, None)
        self._inbox.awake.set()

    def ask(
        self,
        command: Command,
        *,
        actor: str | None = None,
        reason: str | None = None,
        command_id: str | None = None,
    ) -> "asyncio.Future[int | None]":
        """Puts a command at the end; the future gives what its method returns, or raises.

        Raises:
            Rejected: ``overloaded``; nothing was taken.
            EngineBroken: the tenant is broken.
        """
        self._check()
        if self._stopped:
            raise Rejected("stopped", f"tenant {self.name!r} has stopped: start another host")
        if self._inbox.full:
            self.counters.overloads += 1
            raise Rejected(
                "overloaded",
                f"tenant {self.name!r} has {len(self._inbox)} things to do: ask again later",
            )
        answer: asyncio.Future[int | None] = asyncio.get_running_loop().create_future()
        self._inbox.put(
            Ask(
                command=command,
                command_id=command_id,
                actor=actor,
                reason=reason,
                answer=answer,
                since=self._time.now(),
            )
        )
        return answer

    def insert(self, command: Command, *, actor: str) -> None:
        """Puts a command of the host's own before all that waits: it follows from what was."""
        self._inbox.put_first(Ask(command=command, actor=actor, since=self._time.now()))

    async def hear(self, link: str, what: Heard) -> None:
        """Puts a signal or a snapshot at the end, as soon as there is room."""
        while self._inbox.full and self.broken is None:
            await self._inbox.room()
        self._inbox.put(HeardOn(link=link, what=what))

    async def through(self) -> None:
        """Returns when all that was asked before is done.

        Raises:
            EngineBroken: the tenant has stopped.
        """
        self._check()
        reached: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._inbox.put(Mark(reached=reached))
        await reached

    def note_gap(self, link: str, since: float, until: float) -> None:
        """Notes that nothing was heard of a link for a time: figures across it are flagged."""
        self.counters.gaps += 1
        self.gaps.append((link, since, until))
        self.router.metrics.note_gap(since, until)

    def instant(self) -> float:
        """The time now; `now` is that of the last command."""
        return max(self.now, self._time.now())

    def depth(self) -> int:
        """How much waits for its turn."""
        return len(self._inbox)

    async def stop(self) -> None:
        """Does what was asked before, then stops."""
        if self.broken is None and self._task is not None:
            await self.through()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._alarm.close()
        self._stopped = True
        self._fail(Rejected("stopped", f"tenant {self.name!r} has stopped: start another host"))

    # -- The one task -------------------------------------------------------------------

    async def _run(self) -> None:
        try:
            while True:
                await self._until_due()
                await self._work()
                await asyncio.sleep(0)  # the others' turn
        except asyncio.CancelledError:
            raise
        except Exception as error:
            self.broken = error
            _log.critical("tenant %s has stopped", self.name, exc_info=error)
            self._fail(error)

    async def _until_due(self) -> None:
        while not self._inbox:
            due = self._due()
            if due is not None and due <= self._time.now():
                return
            self._inbox.awake.clear()
            if due is not None:
                self._alarm.set(due)
            await self._inbox.awake.wait()

    def _due(self) -> float | None:
        deadline = self.router.next_deadline()
        hours = None if self._next_hours is None else self._next_hours[0]
        return min((it for it in (deadline, hours) if it is not None), default=None)

    async def _work(self) -> None:
        self.now = max(self.now, self._time.now())
        asks = [*self._from_hours(), *self._from_deadlines()]
        while self._inbox and len(asks) < BATCH:
            it = self._inbox.take()
            match it:
                case Ask():
                    asks.append(it)
                case HeardOn(what=Signal() as signal):
                    asks += self._from_signal(it.link, signal)
                    if isinstance(signal, Answered):
                        # What follows looks at what the engine makes of it.
                        await self._carry_out(asks)
                        asks = []
                        self._after_answer(signal)
                case HeardOn(what=PlatformSnapshot() as snapshot):
                    await self._carry_out(asks)
                    asks = []
                    await self._reconcile(it.link, snapshot)
                case Mark():
                    await self._carry_out(asks)
                    asks = []
                    if not it.reached.done():
                        it.reached.set_result(None)
        await self._carry_out(asks)
        for contact in self._over:
            self.placements.drop(contact)
        self._over.clear()
        self._inbox.relieve()

    def _from_hours(self) -> Iterator[Ask]:
        while self._next_hours is not None and self._next_hours[0] <= self.now:
            yield Ask(command=self._next_hours[1], actor="hours", since=self._next_hours[0])
            self._next_hours = next(self._hours, None)

    def _from_deadlines(self) -> Iterator[Ask]:
        due = self.router.next_deadline()
        if due is None or due > self.now:
            return
        if self.now - due > 1.0:
            self.counters.late += 1
            self.counters.latest = max(self.counters.latest, self.now - due)
        yield Ask(command=Advance(), actor="time", since=due)

    def _from_signal(self, link: str, signal: Signal) -> Iterator[Ask]:
        match signal:
            case Measured(event=event):
                self.router.metrics.fold(event)
                return
            case Gap(since=since, until=until):
                self.note_gap(link, since, until)
                return
            case LinkUp() | LinkDown():
                commands = self._line(link, up=isinstance(signal, LinkUp))
            case _:
                commands = commands_of(link, signal, self.placements, self.now)
                if isinstance(signal, Ended):
                    self._over.append(scoped(link, signal.contact))
                elif isinstance(signal, DeviceSeen):
                    self._devices[signal.agent] = signal.device
        actor = f"link:{link}"
        for command in commands:
            yield Ask(command=command, actor=actor, origin=link, since=self.now)

    def _line(self, link: str, *, up: bool) -> Iterator[Command]:
        if link in self.router.names("lines"):
            yield SetLine(line=link, up=up)
        if not up:
            # Nobody can be connected over it: no agent is to pay for that. Those who are offered
            # come last, or their agents would be offered the others.
            waiting = [it for it in self.placements.on(link) if not (it.gone or it.engaged)]
            for placed in sorted(waiting, key=lambda it: any(it.live())):
                yield Suspend(contact=placed.contact)

    async def _reconcile(self, link: str, snapshot: PlatformSnapshot) -> None:
        over = [it for it in snapshot.contacts if self._is_closed(scoped(link, it.contact))]
        if over:
            rest = [it for it in snapshot.contacts if it not in over]
            snapshot = attrs.evolve(snapshot, contacts=rest)
        self._devices.update(snapshot.devices)
        commands = reconciliation(
            link,
            snapshot,
            self.placements,
            agents=self.router.names("agents"),
            in_flight=lambda instruction: self._in_flight(link, instruction),
            now=self.now,
        )
        for command in commands:
            await self._carry_out(
                [Ask(command=command, actor=f"link:{link}", origin=link, since=self.now)]
            )
        for (contact, _), leg in list(self.placements.strays.items()):
            placed = self.placements.get(contact)
            if placed is not None:
                self._tell(self, self.consequences.cancel(placed, leg.offer, self.now))
        self.placements.strays.clear()
        self._park_again(link)
        for it in over:
            # We ended it, and the platform never heard so.
            placed = self.placements.place(scoped(link, it.contact), link=link, native=it.contact)
            self._do(self.consequences.hang_up(placed, "reconciled", self._links, self.now))

    def _park_again(self, link: str) -> None:
        """Who came as the link broke may never have been parked: they hear nothing."""
        if not self._links[link].can("park"):
            return
        for placed in self.placements.on(link):
            lost = not (placed.parked or placed.engaged or placed.gone)
            if lost and not self._in_flight(link, placed.park):
                attributes = self.router.attributes
                self._tell(self, self.consequences.park(placed, attributes, self.now))

    def _is_closed(self, contact: str) -> bool:
        try:
            return self.router.explain(contact).phase == "closed"
        except Rejected:
            return False

    def _after_answer(self, signal: Answered) -> None:
        found = self.placements.by_wire(signal.offer)
        if found is not None and found[1].awaited:
            placed, rung = found
            rung.awaited = False
            effect = self.consequences.connect(placed, rung.agent, rung.wire, self.now)
            self._tell(self, effect)

    async def _carry_out(self, asks: list[Ask]) -> None:
        if not asks:
            return
        self._under_way = asks
        entries = [
            Entry(
                sequence=number,
                at=self.now,
                command=ask.command,
                command_id=ask.command_id,
                actor=ask.actor,
                reason=ask.reason,
            )
            for number, ask in zip(itertools.count(self._written + 1), asks, strict=False)
        ]
        await self._journal.append(self.name, entries, expected=self._written, epoch=self.epoch)
        self._written += len(entries)
        for ask, entry in zip(asks, entries, strict=True):
            self._carry(ask, entry)
            if entry.sequence % TURN == 0:
                await asyncio.sleep(0)  # the others' turn
        self._under_way = []

    def _carry(self, ask: Ask, entry: Entry) -> None:
        self._spill()
        self.sequence = entry.sequence
        self.counters.commands += 1
        self.lag = max(0.0, self.now - ask.since)
        result: int | None = None
        error: Exception | None = None
        try:
            result = self.router.apply(ask.command, envelope=entry.envelope, at=self.now)
        except EngineBroken:
            self._answer(ask, None, EngineBroken(f"tenant {self.name!r} has stopped"))
            raise
        except (Rejected, ConfigError, TypeError, ValueError) as refusal:
            error = refusal
            if ask.origin is None:
                self.counters.refused += 1
            else:
                self.counters.overtaken += 1
                _log.debug("tenant %s: %s: %s", self.name, ask.actor, refusal)
                if isinstance(ask.command, Enqueue):
                    self._turn_away(ask.command, refusal)
        self._follow(self.router.events(), ask.origin)
        self._answer(ask, result, error)
        if isinstance(ask.command, SetPlan) and error is None:
            self.watch_hours()

    def _turn_away(self, command: Enqueue, refusal: Exception) -> None:
        """A customer is there whom the plan has no place for: somewhere they must go."""
        placed = self.placements.get(command.contact)
        known = isinstance(refusal, Rejected) and refusal.code == "duplicate_contact"
        if placed is None or placed.gone or known:
            return
        self.counters.turned_away += 1
        _log.warning("tenant %s: no place for %s: %s", self.name, command.contact, refusal)
        fallback = self.settings.fallback_queue
        if fallback not in {None, command.queue}:
            again = attrs.evolve(command, queue=fallback, channel=None)
            self.insert(again, actor=f"link:{placed.link}")
            return
        self._do(self.consequences.hang_up(placed, "refused", self._links, self.now))

    def _spill(self) -> None:
        """What happened behind our back has its consequences too; the log knows nothing of it."""
        events = self.router.events()
        if events:
            if not self.counters.bypassed:
                _log.warning(
                    "tenant %s: the router was used behind the host's back: "
                    "ask the host, or its log and its snapshots do not fit together",
                    self.name,
                )
            self.counters.bypassed += len(events)
            self._follow(events, None)

    def _follow(self, events: list[Event], origin: str | None) -> None:
        if not events:
            return
        for told in self.told:
            told(events)
        for event in events:
            device = self._devices.get(event.agent or "")
            if isinstance(event, AgentSignedIn) and device is not None:
                self.insert(SetDevice(agent=event.agent or "", device=device), actor="host")
        follows = self.consequences.of(
            events,
            links=self._links,
            attributes=self.router.attributes,
            origin=origin,
            now=self.now,
        )
        self._do(follows)

    def _do(self, follows: Iterable[Consequence]) -> None:
        commands = []
        for it in follows:
            if isinstance(it, Effect):
                self._tell(self, it)
            else:
                commands.append(it)
        for command in reversed(commands):
            self.insert(command, actor="host")

    def _answer(self, ask: Ask, result: int | None, error: Exception | None) -> None:
        if ask.answer is None or ask.answer.done():
            return
        if error is None:
            ask.answer.set_result(result)
        else:
            ask.answer.set_exception(error)

    # -- Ends ---------------------------------------------------------------------------

    def _check(self) -> None:
        if self.broken is not None:
            raise EngineBroken(
                f"tenant {self.name!r} has stopped: {self.broken}: restore it from its snapshot"
            ) from self.broken

    def _fail(self, error: BaseException) -> None:
        why = error if isinstance(error, CcrouteError) else EngineBroken(str(error))
        self._inbox.fail(why, self._under_way)
