"""What a tenant makes of what its links say: signals become commands in a batch, a snapshot a
conversation with the engine."""

import logging
import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

import attrs

from ccroute._commands import (
    Adopt,
    Command,
    Enqueue,
    Reinstate,
    SetDevice,
    SetLine,
    SignIn,
    Suspend,
)
from ccroute._errors import ConfigError, Rejected
from ccroute._router import Router
from ccroute.adapters import (
    AdapterInfo,
    AgentAsked,
    Answered,
    Arrived,
    DeviceSeen,
    Ended,
    Gap,
    HeldContact,
    LinkDown,
    LinkUp,
    Measured,
    OfferFailed,
    OfferSignal,
    PlatformSnapshot,
    Signal,
)
from ccroute.host._calling_back import is_left, is_over, rebind, tells_of_another
from ccroute.host._consequences import Consequence, Consequences, Effect
from ccroute.host._conversing import Parts
from ccroute.host._measuring import carry_out, measure
from ccroute.host._placement import AT_DESK, OVER, Placed, Placements, Rung, scoped
from ccroute.host._reconciliation import Both, agree, go_on, lost_all
from ccroute.host._settings import TenantSettings
from ccroute.host._translation import commands_of
from ccroute.host._waiting import Ask, TenantCounters
from ccroute.journal import Entry

_log = logging.getLogger("ccroute.host")

# Which of several links speaks for an agent's device: whoever is busy on one is busy.
_BUSIEST = ("in_use", "ringing", "unreachable", "invalid", "unknown", "available")


class Hearing:
    """The part of a tenant that listens. What it asks, the tenant carries out."""

    name: str
    router: Router
    settings: TenantSettings
    counters: TenantCounters
    placements: Placements
    consequences: Consequences
    gaps: list[tuple[str, float, float]]
    now: float
    unheard: set[str]
    parts: Parts
    """Who is in a conversation, as the engine has it; whoever follows the events says so."""
    _links: Mapping[str, AdapterInfo]
    _tell: Callable[[Effect], None]
    _in_flight: Callable[[str, str], bool]

    def __init__(self) -> None:
        # Agent → link → state: of agents who may sign in later, too.
        self._devices: dict[str, dict[str, str]] = {}
        self._over: list[str] = []
        self.parts = lambda _: {}
        # Link → the epoch of the last snapshot.
        self.epochs: dict[str, int] = {}

    async def carry_out(self, asks: list[Ask]) -> None:
        """See `Tenant`."""
        raise NotImplementedError

    def do(self, follows: Iterable[Consequence]) -> None:
        """See `Tenant`."""
        raise NotImplementedError

    def carry(self, entry: Entry) -> int | None:
        """Carries out what stands in the journal; returns and raises as `Router.apply`."""
        result = carry_out(self.router, entry)
        if isinstance(entry.command, Enqueue | Adopt):
            placed = self.placements.get(entry.command.contact)
            if placed is not None and result is not None:
                placed.key = result
        return result

    def place_again(self, command: Command) -> None:
        """A contact that came since the state was saved lies on its platform still, or its next
        snapshot says what became of it."""
        if not isinstance(command, Enqueue | Adopt):
            return
        link, contact = str((command.attributes or {}).get("link")), command.contact
        native = contact.removeprefix(scoped(link, ""))
        # Of an id that was used again the platform's own is not known for certain.
        if link in self._links and native != contact and "#" not in native:
            self.placements.place(link, native, since=self.now)
            self.unheard.add(link)

    # -- Signals ------------------------------------------------------------------------

    def asks_of(self, link: str, signal: Signal) -> list[Ask]:
        """What a signal asks for. One that cannot be understood is counted, and no more."""
        actor = f"link:{link}"
        if isinstance(signal, AgentAsked):
            actor = f"agent:{signal.agent}"
        try:
            return [
                Ask(
                    command=command,
                    actor=actor,
                    reason="phone" if isinstance(signal, AgentAsked) else None,
                    origin=link,
                    # One of the two that an end asks for is always refused.
                    expected=isinstance(signal, Ended),
                    by_person=isinstance(signal, AgentAsked),
                    since=self.now,
                )
                for command in self._commands(link, signal)
            ]
        except Exception:
            self.counters.nonsense += 1
            _log.exception("tenant %s, link %s: a signal makes no sense", self.name, link)
            return []

    def _commands(self, link: str, signal: Signal) -> Iterator[Command]:
        match signal:
            case Measured(event=event):
                yield measure(link, event)
            case Gap(since=since, until=until):
                self.note_gap(link, since, until)
            case LinkDown():
                yield from self.line(link, up=False)
            case LinkUp():
                yield from self.line(link, up=True)
                self._mirror(link)
            case DeviceSeen(agent=agent, device=device):
                yield self._device(link, agent, device)
            case OfferSignal() if self._is_over(link, signal):
                return
            case _:
                if isinstance(signal, Ended) and self._note_over(link, signal.contact):
                    return
                if isinstance(signal, Arrived):
                    self._name_anew(link, signal)
                yield from commands_of(link, signal, self.placements, self.now)

    def _is_over(self, link: str, signal: OfferSignal) -> bool:
        """A phone rings, or was answered, for an offer that is over: it must stop."""
        found = self.placements.by_wire(signal.offer)
        if found is None or isinstance(signal, OfferFailed) or found[1].state != OVER:
            return False
        placed, rung = found
        if placed.link == link and not placed.gone:
            self._tell(self.consequences.cancel(placed, rung.wire))
        return True

    def _note_over(self, link: str, native: str) -> bool:
        """Whom a platform has let go is forgotten, but for those who are to be called back.
        Whether the engine has closed them already, as it mostly has."""
        placed = self.placements.at(link, native)
        if placed is None or placed.callback:
            return False
        self._over.append(placed.contact)
        if self._phase_of(placed.contact) != "closed":
            return False
        placed.leave()
        return True

    def _name_anew(self, link: str, arrived: Arrived) -> None:
        """Platforms use ids again, sooner than the engine forgets."""
        native = arrived.contact
        name = self.placements.name(link, native)
        if self._phase_of(name) == "closed":
            self.placements.drop(name)
            self.placements.rename(link, native)
        elif tells_of_another(link, arrived, self.placements):
            self.placements.rename(link, native)

    def note_gap(self, link: str, since: float, until: float) -> None:
        """Notes that nothing was heard of a link for a time: figures across it are flagged.

        Raises:
            ConfigError: it is no stretch of time.
        """
        if not (math.isfinite(since) and math.isfinite(until) and 0 <= since <= until):
            raise ConfigError(f"a gap from {since} to {until}: give instants, the end last")
        self.router.metrics.note_gap(since, until)
        self.counters.gaps += 1
        last = next((it for it in reversed(self.gaps) if it[0] == link), None)
        if last is not None and since <= last[2]:
            self.gaps.remove(last)
            since, until = min(since, last[1]), max(until, last[2])
        self.gaps.append((link, since, until))
        del self.gaps[:-_GAPS]

    def line(self, link: str, *, up: bool) -> Iterator[Command]:
        """What follows from a link that breaks or stands again."""
        if link in self.router.names("lines"):
            yield SetLine(line=link, up=up)
        if not up:
            # Nobody can be connected over it: no agent is to pay for that. Those who are offered
            # come last, or their agents would be offered the others. Who is being called back is
            # let be: the customer's phone may ring, and its deadline is charged to no agent.
            waiting = [
                it
                for it in self.placements.on(link)
                if not (it.gone or it.engaged or (it.callback and it.joining))
            ]
            for placed in sorted(waiting, key=lambda it: any(it.live())):
                yield Suspend(contact=placed.contact)

    def silence(self, link: str) -> Iterator[Command]:
        """What follows from a link that says nothing, after a start: its contacts are nobody's for
        now, but for who is on none of its lines."""
        yield from self.line(link, up=False)
        for it in self.placements.on(link):
            if it.off_line and self._phase_of(it.contact) == "suspended":
                yield Reinstate(contact=it.contact)

    def _mirror(self, link: str) -> None:
        """What was said to the platform before may be lost: says it again."""
        if self._links[link].can("agent_mirror"):
            for agent in self.router.names("agents"):
                known = self.router.explain_agent(agent)
                if known.availability != "offline":
                    ready = known.availability == "ready"
                    self._tell(self.consequences.mirror(link, agent, ready, known.reason))

    def _device(self, link: str, agent: str, device: str) -> SetDevice:
        if agent in self._devices or len(self._devices) < _AGENTS:
            self._devices.setdefault(agent, {})[link] = device
        states = self._devices.get(agent, {link: device}).values()
        return SetDevice(agent=agent, device=_busiest(states, device))

    def device_of(self, sign_in: SignIn) -> SetDevice | None:
        """What links said of the device of an agent who signs in."""
        states = self._devices.get(sign_in.agent)
        if not states:
            return None
        return SetDevice(agent=sign_in.agent, device=_busiest(states.values(), "unknown"))

    def after_answer(self, signal: Answered) -> None:
        """Joins who was accepted at a desk while the phone still rang."""
        found = self.placements.by_wire(signal.offer)
        if found is not None and found[1].awaited:
            placed, rung = found
            rung.awaited = False
            self.do([self.consequences.connect(placed, rung.agent, rung.wire)])

    def ended(self, link: str, native: str) -> bool:
        """Whether a contact of this id has just ended."""
        return self.placements.name(link, native) in self._over

    def forget_ended(self) -> None:
        """Forgets the contacts that are gone from their platforms."""
        for contact in self._over:
            self.placements.drop(contact)
        self._over.clear()

    # -- Snapshots ----------------------------------------------------------------------

    async def hear_snapshot(
        self, link: str, snapshot: PlatformSnapshot, then: Callable[[], None]
    ) -> None:
        """Makes both sides agree; ``then`` is called between what we knew and who is new."""
        rebind(link, snapshot, self.placements)
        for it in snapshot.contacts:
            self._name_again(link, it)
        over = await self._closed(link, snapshot)
        if over:
            ids = {it.contact for it in over}
            rest = [it for it in snapshot.contacts if it.contact not in ids]
            snapshot = attrs.evolve(snapshot, contacts=rest)
        both = Both.of(
            link,
            self._links[link],
            snapshot,
            self.placements,
            lambda it: self._phase_of(it) is not None,
        )
        unjoined = self._unjoined(link) if link in self.unheard else []
        known = agree(
            both,
            self.placements,
            agents=self._signed_in(),
            in_flight=lambda instruction: self._in_flight(link, instruction),
            parts=self.parts,
            attributes=self.attributes,
            now=self.now,
        )
        await self._ask_all(link, known)
        self._join_again(both, unjoined)
        for it in over:
            # We ended it, and the platform never heard so: before its agents are rung again.
            if is_left(link, it.contact, self.placements):
                self.placements.rename(link, it.contact)
            placed = self.placements.place(link, it.contact)
            self.do(self.consequences.hang_up(placed, "reconciled", self._links))
        then()
        # None of these follows from another: they are made durable together.
        await self._ask_all(
            link, go_on(both, self.placements, self._phase_of, self.now), at_once=_AT_ONCE
        )
        devices = (self._device(link, agent, it) for agent, it in snapshot.devices)
        await self._ask_all(link, devices, at_once=_AT_ONCE)
        for (contact, _), leg in list(self.placements.strays.items()):
            stray = self.placements.get(contact)
            if stray is not None:
                self._tell(self.consequences.cancel(stray, leg.offer))
        self.placements.strays.clear()
        self._park_again(link)

    def _unjoined(self, link: str) -> list[tuple[Placed, Rung]]:
        """Who was accepted, of customers on the line, and does not talk yet; with which leg."""
        legs = ((it, rung) for it in self.placements.on(link) for rung in it.live())
        return [(it, rung) for it, rung in legs if it.is_joining(rung.wire) and not it.callback]

    def _join_again(self, both: Both, unjoined: Iterable[tuple[Placed, Rung]]) -> None:
        """A host that died may never have said that they are to be joined; to join those who are
        joined changes nothing."""
        for placed, rung in unjoined:
            it = both.known.get(placed.contact)
            here = it is not None and it.agent is None and placed.is_joining(rung.wire)
            if here and rung.state in {AT_DESK, "answered"}:
                rung.awaited = False
                self.do([self.consequences.connect(placed, rung.agent, rung.wire)])

    def _name_again(self, link: str, it: HeldContact) -> None:
        """Under the id of who is called back there may be another; where the platform does not
        say since when, they never left."""
        if tells_of_another(link, it.arrival, self.placements, came=False):
            self.placements.rename(link, it.contact)

    def _signed_in(self) -> list[str]:
        names = self.router.names("agents")
        return [it for it in names if self.router.explain_agent(it).availability != "offline"]

    async def _closed(self, link: str, snapshot: PlatformSnapshot) -> list[HeldContact]:
        """Those of a snapshot that the engine has closed. After a restart of the platform none of
        them is the one we knew, whatever its id."""
        before = self.epochs.get(link, snapshot.epoch)
        self.epochs[link] = snapshot.epoch
        if snapshot.epoch > before:
            for placed in self.placements.on(link):
                await self._ask_all(link, lost_all(placed))
                if not placed.callback:
                    self.placements.drop(placed.contact)
            for it in snapshot.contacts:
                if self.placements.get(self.placements.name(link, it.contact)) is not None:
                    self.placements.rename(link, it.contact)  # the id of one to be called back
        phases = {
            it.contact: self._phase_of(self.placements.name(link, it.contact))
            for it in snapshot.contacts
        }
        closed = [it for it in snapshot.contacts if phases[it.contact] == "closed"]
        unwanted = [
            it
            for it in snapshot.contacts
            if is_left(link, it.contact, self.placements)
            or is_over(link, it, self.placements, known=phases[it.contact] is not None)
        ]
        if snapshot.epoch == before:
            return closed + unwanted
        for it in closed:
            self.placements.rename(link, it.contact)
        return unwanted

    async def _ask_all(self, link: str, commands: Iterable[Command], *, at_once: int = 1) -> None:
        """Has commands carried out, by default each before the next one is asked for."""
        actor = f"link:{link}"
        asks: list[Ask] = []
        for command in commands:
            asks.append(
                Ask(command=command, actor=actor, origin=link, expected=True, since=self.now)
            )
            if len(asks) >= at_once:
                await self.carry_out(asks)
                asks = []
        if asks:
            await self.carry_out(asks)

    def _park_again(self, link: str) -> None:
        """Who came as the link broke may never have been parked: they hear nothing."""
        if not self._links[link].can("park"):
            return
        for placed in self.placements.on(link):
            lost = not (placed.parked or placed.engaged or placed.joining or placed.gone)
            here = not placed.callback  # and not yet to be dialled
            if here and lost and not self._in_flight(link, placed.park):
                self._tell(self.consequences.park(placed))

    def _phase_of(self, contact: str) -> str | None:
        try:
            return self.router.explain(contact).phase
        except Rejected:
            return None

    def attributes(self, contact: str) -> Mapping[str, str | int | bool]:
        """What is known of a contact; nothing of one that the engine has not, or no longer."""
        try:
            return self.router.attributes(contact)
        except Rejected:
            return {}

    # -- Customers without a place ------------------------------------------------------

    def turn_away(self, command: Enqueue | Adopt, refusal: Exception) -> Ask | None:
        """A customer is there whom the plan has no place for: somewhere they must go."""
        placed = self.placements.get(command.contact)
        known = isinstance(refusal, Rejected) and refusal.code == "duplicate_contact"
        if placed is None or placed.gone or known:
            return None
        self.counters.turned_away += 1
        said = {"tenant": self.name, "link": placed.link, "contact": command.contact}
        _log.warning(
            "tenant %s: no place for %s: %s", self.name, command.contact, refusal, extra=said
        )
        fallback = self.settings.fallback_queue
        if fallback not in {None, command.queue}:
            again = attrs.evolve(command, queue=fallback, channel=None)
            return Ask(command=again, actor="host", origin=placed.link, since=self.now)
        self.do(self.consequences.hang_up(placed, "refused", self._links))
        return None


_AGENTS = 100_000
"""Of how many names the devices are remembered."""
_AT_ONCE = 64
"""How many commands that do not follow from each other are made durable together."""
_GAPS = 1_000
"""How many gaps of a tenant are kept; its figures remember more."""


def _busiest(states: Collection[str], otherwise: str) -> str:
    return next((it for it in _BUSIEST if it in states), otherwise)
