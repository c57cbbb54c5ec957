"""What a tenant makes of what its links say: signals become commands in a batch, a snapshot a
conversation with the engine."""

import logging
import math
from collections.abc import Callable, Iterable, Iterator, Mapping

import attrs

from ccroute._commands import (
    Adopt,
    Command,
    Enqueue,
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
    DeviceSeen,
    Ended,
    Gap,
    HeldContact,
    LinkDown,
    LinkUp,
    Measured,
    PlatformSnapshot,
    Signal,
)
from ccroute.host._consequences import Consequence, Consequences, Effect
from ccroute.host._placement import Placements, scoped
from ccroute.host._reconciliation import Both, agree, take_over
from ccroute.host._settings import TenantSettings
from ccroute.host._translation import commands_of
from ccroute.host._waiting import Ask, TenantCounters

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
    _links: Mapping[str, AdapterInfo]
    _tell: Callable[[Effect], None]
    _in_flight: Callable[[str, str], bool]

    def __init__(self) -> None:
        # Agent → link → state: of agents who may sign in later, too.
        self._devices: dict[str, dict[str, str]] = {}
        self._over: list[str] = []

    async def carry_out(self, asks: list[Ask]) -> None:
        """See `Tenant`."""
        raise NotImplementedError

    def do(self, follows: Iterable[Consequence]) -> None:
        """See `Tenant`."""
        raise NotImplementedError

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
                self.router.metrics.fold(event)
            case Gap(since=since, until=until):
                self.note_gap(link, since, until)
            case LinkDown():
                yield from self.line(link, up=False)
            case LinkUp():
                yield from self.line(link, up=True)
                self._mirror(link)
            case DeviceSeen(agent=agent, device=device):
                yield self._device(link, agent, device)
            case _:
                if isinstance(signal, Ended):
                    self._over.append(scoped(link, signal.contact))
                yield from commands_of(link, signal, self.placements, self.now)

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
            # come last, or their agents would be offered the others.
            waiting = [it for it in self.placements.on(link) if not (it.gone or it.engaged)]
            for placed in sorted(waiting, key=lambda it: any(it.live())):
                yield Suspend(contact=placed.contact)

    def _mirror(self, link: str) -> None:
        """What was said to the platform before may be lost: says it again."""
        if self._links[link].can("agent_mirror"):
            for agent in self.router.names("agents"):
                known = self.router.explain_agent(agent)
                if known.availability != "offline":
                    ready = known.availability == "ready"
                    self._tell(self.consequences.mirror(link, agent, ready, known.reason, self.now))

    def _device(self, link: str, agent: str, device: str) -> SetDevice:
        self._devices.setdefault(agent, {})[link] = device
        states = self._devices[agent].values()
        busiest = next((it for it in _BUSIEST if it in states), device)
        return SetDevice(agent=agent, device=busiest)

    def device_of(self, sign_in: SignIn) -> SetDevice | None:
        """What links said of the device of an agent who signs in."""
        states = self._devices.get(sign_in.agent)
        if not states:
            return None
        busiest = next((it for it in _BUSIEST if it in states.values()), "unknown")
        return SetDevice(agent=sign_in.agent, device=busiest)

    def after_answer(self, signal: Answered) -> None:
        """Joins who was accepted at a desk while the phone still rang."""
        found = self.placements.by_wire(signal.offer)
        if found is not None and found[1].awaited:
            placed, rung = found
            rung.awaited = False
            self._tell(self.consequences.connect(placed, rung.agent, rung.wire, self.now))

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
        over = [it for it in snapshot.contacts if self._phase(link, it) == "closed"]
        if over:
            rest = [it for it in snapshot.contacts if it not in over]
            snapshot = attrs.evolve(snapshot, contacts=rest)
        both = Both.of(link, snapshot, lambda contact: self._phase_of(contact) is not None)
        known = agree(
            both,
            self.placements,
            agents=self.router.names("agents"),
            in_flight=lambda instruction: self._in_flight(link, instruction),
        )
        await self._ask_all(link, known)
        then()
        await self._ask_all(link, take_over(both, self.placements, self.now))
        await self._ask_all(link, (self._device(link, agent, it) for agent, it in snapshot.devices))
        for (contact, _), leg in list(self.placements.strays.items()):
            placed = self.placements.get(contact)
            if placed is not None:
                self._tell(self.consequences.cancel(placed, leg.offer, self.now))
        self.placements.strays.clear()
        self._park_again(link)
        for it in over:
            # We ended it, and the platform never heard so.
            contact = scoped(link, it.contact)
            placed = self.placements.place(contact, link=link, native=it.contact)
            self.do(self.consequences.hang_up(placed, "reconciled", self._links, self.now))

    async def _ask_all(self, link: str, commands: Iterable[Command]) -> None:
        for command in commands:
            await self.carry_out(
                [
                    Ask(
                        command=command,
                        actor=f"link:{link}",
                        origin=link,
                        expected=True,
                        since=self.now,
                    )
                ]
            )

    def _park_again(self, link: str) -> None:
        """Who came as the link broke may never have been parked: they hear nothing."""
        if not self._links[link].can("park"):
            return
        for placed in self.placements.on(link):
            lost = not (placed.parked or placed.engaged or placed.gone)
            if lost and not self._in_flight(link, placed.park):
                attributes = self.router.attributes
                self._tell(self.consequences.park(placed, attributes, self.now))

    def _phase(self, link: str, it: HeldContact) -> str | None:
        return self._phase_of(scoped(link, it.contact))

    def _phase_of(self, contact: str) -> str | None:
        try:
            return self.router.explain(contact).phase
        except Rejected:
            return None

    # -- Customers without a place ------------------------------------------------------

    def turn_away(self, command: Enqueue | Adopt, refusal: Exception) -> Ask | None:
        """A customer is there whom the plan has no place for: somewhere they must go."""
        placed = self.placements.get(command.contact)
        known = isinstance(refusal, Rejected) and refusal.code == "duplicate_contact"
        if placed is None or placed.gone or known:
            return None
        self.counters.turned_away += 1
        _log.warning("tenant %s: no place for %s: %s", self.name, command.contact, refusal)
        fallback = self.settings.fallback_queue
        if fallback not in {None, command.queue}:
            again = attrs.evolve(command, queue=fallback, channel=None)
            return Ask(command=again, actor="host", origin=placed.link, since=self.now)
        self.do(self.consequences.hang_up(placed, "refused", self._links, self.now))
        return None


_GAPS = 1_000
"""How many gaps of a tenant are kept; its figures remember more."""
