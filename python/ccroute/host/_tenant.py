"""One tenant: a router, and the one task that carries out what is asked of it, in order:
append, durable, apply, effect."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import partial

from ccroute._commands import (
    Adopt,
    Advance,
    Cancel,
    Command,
    Enqueue,
    Reconcile,
    Release,
    SetPlan,
    SignIn,
)
from ccroute._errors import CcrouteError, ConfigError, DataUnavailable, EngineBroken, Rejected
from ccroute._events import Event
from ccroute._router import Router
from ccroute.adapters import (
    AdapterInfo,
    Answered,
    Arrived,
    LinkDown,
    LinkUp,
    PlatformSnapshot,
    Signal,
    Time,
)
from ccroute.host._consequences import Consequence, Consequences, Effect
from ccroute.host._ends import is_cancelled
from ccroute.host._hearing import Hearing
from ccroute.host._opening import OpeningHours
from ccroute.host._placement import Placements
from ccroute.host._settings import TenantSettings
from ccroute.host._waiting import Alarm, Ask, Heard, HeardOn, Inbox, Mark, TenantCounters
from ccroute.journal import Entry, Fenced, Journal

_log = logging.getLogger("ccroute.host")

BATCH = 64
"""How much is made durable at once, at most."""
TURN = 4
"""After how many commands others have their turn."""
JOINING = 3.0
"""Seconds that customers and agents who were found waiting for each other have to be joined."""
SILENCE = 10.0
"""Seconds after a restart within which links are waited for before anything is due."""

_REFUSALS = (Rejected, ConfigError, TypeError, ValueError, ArithmeticError)
"""What a command can be refused with: by the state, or for what it holds."""

Told = Callable[[list[Event]], None]
"""Hears the events of each command, before any platform is told."""
Tell = Callable[["Tenant", Effect], None]
OnRecord = Callable[[Ask, Exception | None], None]
"""Hears what agents asked for by phone, and what stood in the way."""


class Tenant(Hearing):
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
        super().__init__()
        self.name = name
        self.router = router
        self.settings = settings
        self.counters = TenantCounters()
        self.placements = Placements()
        self.gaps: list[tuple[str, float, float]] = []
        self.broken: BaseException | None = None
        self.sequence = 0
        """The number of the last command that was carried out."""
        self.checkpointed = -1
        """After which command the journal last kept a state."""
        self.epoch = 0
        self.told: list[Told] = []
        self.on_record: list[OnRecord] = []
        self.now = 0.0
        self.unheard: set[str] = set()
        """Links whose platforms hold contacts of a state that was restored, and have not yet said
        what became of them: until then time stands still here."""
        self.consequences = Consequences(
            name,
            settings,
            self.placements,
            names=names,
            wires=wires,
            instant=self.instant,
            attributes=self.attributes,
            patience=patience,
        )
        self._time = time
        self._journal = journal
        self._links = links
        self._tell = lambda effect: tell(self, effect)
        self._in_flight = in_flight
        self._inbox = Inbox(room)
        self._alarm = Alarm(time, self._inbox)
        self._written = 0
        self._under_way: list[Ask] = []
        self._hours = OpeningHours()
        self._silent_until = 0.0
        self._heard_joining: set[str] = set()
        self._task: asyncio.Task[None] | None = None
        self._stopped = False

    # -- From outside -------------------------------------------------------------------

    async def take_over(self, saved: int | None) -> None:
        """Takes the domain over. With a state saved after entry ``saved`` of the journal,
        carries out again what was asked since, as far as it is kept."""
        lease = await self._journal.lease(self.name)
        self.epoch, self._written = lease.epoch, lease.last
        self.sequence = lease.last
        if saved is None or lease.last <= saved:
            return
        try:
            async for entry in self._journal.read(self.name, after=saved):
                self.now = max(self.now, entry.at)
                self._again(entry)
        except DataUnavailable as error:
            said = {"tenant": self.name}
            what = "tenant %s: not all can be carried out again: %s"
            _log.warning(what, self.name, error, extra=said)

    def _again(self, entry: Entry) -> None:
        self.place_again(entry.command)
        with suppress(*_REFUSALS):  # as it was the first time
            self.carry(entry)
        # The platforms were told then: only what we know of them is put right.
        self._consequences_of(self.router.events(), None, None)

    def start(self) -> None:
        """Begins to work. Opening hours stand as of now."""
        self._silent_until = self._time.now() + SILENCE
        if not self.unheard:
            self.now = max(self.now, self._time.now())
        self.watch_hours()
        self._task = asyncio.get_running_loop().create_task(self._run())
        self._task.add_done_callback(self._end)

    def watch_hours(self) -> None:
        """Reads the plan's calendars, from now on."""
        self._hours.read(self.router.plan, since=self.instant())
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
            Rejected: ``overloaded`` or ``stopped``; nothing was taken.
            EngineBroken: the tenant is broken.
        """
        self._check()
        if self._inbox.full:
            self.counters.overloads += 1
            busy = f"tenant {self.name!r} has {len(self._inbox)} things to do: ask again later"
            raise Rejected("overloaded", busy)
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

    def hear(self, link: str, what: Heard) -> bool:
        """Puts a signal or a snapshot at the end. ``False``: there is no room, and it was not
        taken; what is about the link as a whole always is."""
        if self._inbox.full and not isinstance(what, LinkUp | LinkDown | PlatformSnapshot):
            self.counters.skipped += 1
            return False
        self._inbox.put(HeardOn(link=link, what=what, since=self._time.now()))
        return True

    @property
    def roomy(self) -> bool:
        """Whether half of the room is free."""
        return self._inbox.roomy

    async def through(self) -> None:
        """Returns when all that was asked before is done.

        Raises:
            Rejected: ``stopped``, or it has not begun.
            EngineBroken: the tenant is broken.
        """
        self._check()
        if self._task is None:
            raise self._refusal()
        reached: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._inbox.put(Mark(reached=reached, since=self._time.now()))
        await reached

    def instant(self) -> float:
        """The time now; `now` is that of the last command."""
        return max(self.now, self._time.now())

    def depth(self) -> int:
        """How much waits for its turn, or is being made durable."""
        return len(self._inbox) + len(self._under_way)

    @property
    def lag(self) -> float:
        """For how many seconds the first of what waits, or is under way, has waited."""
        oldest = self._under_way[0].since if self._under_way else self._inbox.oldest
        return 0.0 if oldest is None else max(0.0, self._time.now() - oldest)

    async def stop(self) -> None:
        """Does what was asked before, then stops."""
        with suppress(CcrouteError):  # it is broken, has stopped, or has not begun
            await self.through()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._end()

    # -- The one task -------------------------------------------------------------------

    async def _run(self) -> None:
        try:
            while True:
                await self._until_due()
                await self._work()
                await asyncio.sleep(0)  # the others' turn
        except (Exception, asyncio.CancelledError) as error:
            if isinstance(error, asyncio.CancelledError) and is_cancelled():
                raise
            self.broken = error  # a journal that was cancelled from within is broken too
            said = {"tenant": self.name}
            _log.critical("tenant %s has stopped", self.name, exc_info=error, extra=said)

    async def _until_due(self) -> None:
        while not self._inbox:
            due = self._silent_until if self.unheard else self._due()
            if due is not None and due <= self._time.now():
                return
            self._inbox.awake.clear()
            if due is not None:
                self._alarm.set(due)
            await self._inbox.awake.wait()

    def _due(self) -> float | None:
        both = self.router.next_deadline(), self._hours.next_at
        return min((it for it in both if it is not None), default=None)

    async def _work(self) -> None:
        for link in [it for it in self._heard_joining if not self._joining(it)]:
            self._heard(link)
        if self.unheard and self._time.now() >= self._silent_until:
            await self._give_up_waiting()
        if not self.unheard:
            self.now = max(self.now, self._time.now())
            due = self._hours.due(self.now)
            self._under_way += [Ask(command=it, actor="hours", since=at) for at, it in due]
            self._under_way += self._from_deadlines()
        while self._inbox and len(self._under_way) < BATCH:
            it = self._inbox.take()
            match it:
                case Ask():
                    self._take(it)
                case HeardOn(link=link, what=Signal() as signal):
                    await self._hear_signal(link, signal)
                case HeardOn(link=link, what=PlatformSnapshot() as snapshot):
                    await self._hear_snapshot(link, snapshot)
                case Mark(reached=reached):
                    await self._carry_on()
                    if not reached.done():
                        reached.set_result(None)
        await self._carry_on()
        self.forget_ended()

    def _take(self, ask: Ask) -> None:
        self._under_way.append(ask)
        if isinstance(ask.command, SignIn):
            device = self.device_of(ask.command)
            if device is not None:
                # With the sign-in: who is on a private call is not rung in between.
                self._under_way.append(Ask(command=device, actor="host", since=self.now))

    async def _hear_signal(self, link: str, signal: Signal) -> None:
        if isinstance(signal, LinkDown):
            await self._carry_on()  # who waits, and who is offered, is looked at
        if isinstance(signal, Arrived) and self.ended(link, signal.contact):
            await self._carry_on()
            self.forget_ended()
        for ask in self.asks_of(link, signal):
            self._take(ask)
        if isinstance(signal, Answered):
            await self._carry_on()
            self.after_answer(signal)

    async def _hear_snapshot(self, link: str, snapshot: PlatformSnapshot) -> None:
        await self._carry_on()
        try:
            await self.hear_snapshot(link, snapshot, partial(self._heard, link))
        except (EngineBroken, Fenced):
            raise
        except Exception:
            self.counters.nonsense += 1
            _log.exception("tenant %s, link %s: a snapshot makes no sense", self.name, link)

    def _heard(self, link: str) -> None:
        if link in self.unheard and self._joining(link):
            # Answered while nobody listened: they are joined before that is overdue, too.
            self._heard_joining.add(link)
            self._silent_until = min(self._silent_until, self._time.now() + JOINING)
            return
        self.unheard.discard(link)
        self._heard_joining.discard(link)
        if not self.unheard:
            self.now = max(self.now, self._time.now())

    def _joining(self, link: str) -> bool:
        return any(
            it.joining is not None and not it.engaged and not it.gone
            for it in self.placements.on(link)
        )

    async def _give_up_waiting(self) -> None:
        """Links that say nothing are down: their contacts are nobody's for now."""
        for link in sorted(self.unheard - self._heard_joining):
            down = self.silence(link)
            self._under_way += [Ask(command=it, actor="host", since=self.now) for it in down]
        await self._carry_on()
        self.unheard.clear()
        self._heard_joining.clear()

    def _from_deadlines(self) -> Iterator[Ask]:
        due = self.router.next_deadline()
        if due is None or due > self.now:
            return
        if self.now - due > 1.0:
            self.counters.late += 1
            self.counters.latest = max(self.counters.latest, self.now - due)
        yield Ask(command=Advance(), actor="time", since=due)

    async def carry_out(self, asks: list[Ask]) -> None:
        """Carries out commands, after those that are under way."""
        self._under_way += asks
        await self._carry_on()

    async def _carry_on(self) -> None:
        if not self._under_way:
            return
        entries = [
            Entry(
                sequence=number,
                at=self.now,
                command=ask.command,
                command_id=ask.command_id,
                actor=ask.actor,
                reason=ask.reason,
            )
            for number, ask in enumerate(self._under_way, self._written + 1)
        ]
        await self._journal.append(self.name, entries, expected=self._written, epoch=self.epoch)
        self._written += len(entries)
        for entry in entries:
            follows = self._carry(self._under_way[0], entry)
            del self._under_way[0]
            if follows or entry.sequence % TURN == 0:
                await asyncio.sleep(0)  # what follows goes out before the next; the others' turn

    def _carry(self, ask: Ask, entry: Entry) -> bool:
        """Carries one out; whether anything follows from it."""
        self._spill()
        self.sequence = entry.sequence
        self.counters.commands += 1
        result: int | None = None
        error: Exception | None = None
        try:
            result = self.carry(entry)
        except EngineBroken:
            ask.settle(None, EngineBroken(f"tenant {self.name!r} is broken"))
            raise
        except _REFUSALS as refusal:
            error = refusal
            self._refused(ask, refusal)
        told_by = ask.origin if isinstance(ask.command, Release | Cancel | Reconcile) else None
        follows = self._follow(self.router.events(), ask.origin, told_by)
        ask.settle(result, error)
        if ask.by_person:
            for record in self.on_record:
                record(ask, error)
        if isinstance(ask.command, SetPlan) and error is None:
            self.watch_hours()
        return follows

    def _refused(self, ask: Ask, refusal: Exception) -> None:
        if ask.origin is None:
            self.counters.refused += 1
            return
        if not ask.expected:
            self.counters.overtaken += 1
        contact = getattr(ask.command, "contact", None)
        said = {"tenant": self.name, "link": ask.origin, "contact": contact}
        _log.debug("tenant %s: %s: %s", self.name, ask.actor, refusal, extra=said)
        if isinstance(ask.command, Enqueue | Adopt):
            again = self.turn_away(ask.command, refusal)
            if again is not None:
                self._inbox.put_first(again)

    def _spill(self) -> None:
        """What happened behind our back has its consequences too; the log knows nothing of it."""
        if events := self.router.events():
            if not self.counters.bypassed:
                _log.warning(
                    "tenant %s: the router was used behind the host's back: "
                    "ask the host, or its log and its snapshots do not fit together",
                    self.name,
                    extra={"tenant": self.name},
                )
            self.counters.bypassed += len(events)
            self._follow(events, None, None)

    def _follow(self, events: list[Event], origin: str | None, told_by: str | None) -> bool:
        consequences = self._consequences_of(events, origin, told_by) if events else []
        self.do(consequences)
        return bool(consequences)

    def _consequences_of(
        self, events: list[Event], origin: str | None, told_by: str | None
    ) -> list[Consequence]:
        for told in self.told:
            told(events)
        return self.consequences.of(
            events, links=self._links, origin=origin, told_by=told_by, now=self.now
        )

    def do(self, follows: Iterable[Consequence]) -> None:
        """Tells platforms, and asks the engine what could not be told."""
        commands = []
        for it in follows:
            if isinstance(it, Effect):
                self._tell(it)
            else:
                commands.append(it)
        # In their order, before all that waits.
        for command in reversed(commands):
            self.insert(command, actor="host")

    # -- Ends ---------------------------------------------------------------------------

    def _check(self) -> None:
        if self.broken is not None:
            why = f"tenant {self.name!r} is broken: {self.broken}: restore it from its snapshot"
            raise EngineBroken(why) from self.broken
        if self._stopped:
            raise self._refusal()

    def _refusal(self) -> CcrouteError:
        if isinstance(self.broken, CcrouteError):
            return self.broken
        if self.broken is not None:
            return EngineBroken(str(self.broken))
        return Rejected("stopped", f"tenant {self.name!r} has stopped: start another host")

    def _end(self, _: object = None) -> None:
        """Nobody works any more, whoever ended it: who waits is refused."""
        self._stopped = True
        self._alarm.close()
        self._inbox.fail(self._refusal(), self._under_way)
        self._under_way = []
