"""From links to tenants: each signal goes to whom it is about."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping

import attrs

from ccroute._errors import LinkError
from ccroute.adapters import (
    AgentSignal,
    Arrived,
    ContactSignal,
    Ended,
    Gap,
    HangUp,
    HeldContact,
    LinkDown,
    LinkUp,
    Measured,
    OfferSignal,
    PlatformSnapshot,
    Signal,
    Time,
    Unmapped,
)
from ccroute.host._calling_back import PREFIX
from ccroute.host._link import Link
from ccroute.host._placement import scoped
from ccroute.host._tenant import Tenant

_log = logging.getLogger("ccroute.host")
_SLICE = 32
_OBSERVED = (LinkUp, LinkDown, Gap, Measured, Unmapped)
"""What a link may tell that only observes."""


class Switchboard:
    """Empties the sinks of all links, in turn, and hands on what is in them. A tenant that
    cannot follow is skipped, and told what the platform holds when it can again."""

    def __init__(self, links: Mapping[str, Link], time: Time, names: Callable[[], str]) -> None:
        self._links = links
        self._time = time
        self._names = names
        self._behind: dict[tuple[str, str], asyncio.Task[None]] = {}
        self._tenants: Mapping[str, Tenant] = {}
        self._only: str | None = None
        self._owners: dict[tuple[str, str], str] = {}
        self._awake: dict[str, asyncio.Event] = {}

    def notifier(self, link: str) -> Callable[[], None]:
        """What a link's sink calls when something waits in it."""
        awake = self._awake[link] = asyncio.Event()
        return awake.set

    def connect(self, tenants: Mapping[str, Tenant]) -> None:
        """From now on these are the tenants."""
        self._tenants = tenants
        self._only = next(iter(tenants)) if len(tenants) == 1 else None
        for name, tenant in tenants.items():
            for placed in tenant.placements:
                self._owners[placed.link, placed.native] = name

    async def run(self) -> None:
        """Works until it is cancelled."""
        loop = asyncio.get_running_loop()
        tasks = [loop.create_task(self._pump(link)) for link in self._links.values()]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in [*tasks, *self._behind.values()]:
                task.cancel()

    def _turn_away(self, link: Link, arrived: Arrived) -> None:
        _log.warning(
            "link %s: turned away %r, for there is no tenant %r: the platform must name one of %s",
            link.name,
            arrived.contact,
            arrived.tenant,
            ", ".join(self._tenants),
            extra=_said(link, arrived),
        )
        hang_up = HangUp(
            id=self._names(),
            deadline=self._time.now() + 5.0,
            tenant="",
            contact=arrived.contact,
            cause="refused",
        )
        link.tell(hang_up, lambda _: None)

    def _catch_up(self, link: Link, tenant: Tenant) -> None:
        """A tenant could not follow: when it can again, it is told what the platform holds. The
        others go on meanwhile."""
        key = link.name, tenant.name
        if key not in self._behind:
            self._behind[key] = asyncio.get_running_loop().create_task(
                self._tell_again(link, tenant, self._time.now())
            )

    async def _tell_again(self, link: Link, tenant: Tenant, since: float) -> None:
        try:
            while not tenant.roomy and tenant.broken is None:
                await self._time.sleep_until(self._time.now() + 0.05)
            if link.info.observes:
                # What was measured meanwhile is lost here: figures across it are flagged.
                tenant.hear(link.name, Gap(since=since, until=self._time.now()))
            while tenant.broken is None and not link.info.observes:
                try:
                    snapshot = await link.snapshot(5.0)
                except LinkError:
                    await self._time.sleep_until(self._time.now() + 1.0)
                    continue
                tenant.hear(link.name, Gap(since=since, until=self._time.now()))
                self._snapshot(link, snapshot, [tenant])
                return
        finally:
            del self._behind[link.name, tenant.name]

    async def _pump(self, link: Link) -> None:
        awake, observes = self._awake[link.name], link.info.observes
        while True:
            while not link.sink:
                awake.clear()
                await awake.wait()
            for it in link.sink.take(_SLICE):
                link.counters.signals += 1
                try:
                    if observes and not isinstance(it, _OBSERVED):
                        self._keep_out(link, it)
                    else:
                        await self._hand_on(link, it)
                except Exception:
                    link.counters.faults += 1
                    said = _said(link, it)
                    _log.exception(
                        "link %s: %s cannot be used", link.name, type(it).__name__, extra=said
                    )
            await asyncio.sleep(0)

    async def drained(self) -> None:
        """Returns when what is in the sinks now is handed on."""
        goals = {link: link.counters.signals + len(link.sink) for link in self._links.values()}
        while any(link.counters.signals < goal for link, goal in goals.items()):  # noqa: ASYNC110
            await asyncio.sleep(0)

    async def _hand_on(self, link: Link, it: Signal | PlatformSnapshot) -> None:
        if isinstance(it, PlatformSnapshot):
            self._snapshot(link, it, self._tenants.values())
            return
        match it:
            case LinkUp():
                link.came_up()
            case LinkDown(final=final, reason=reason):
                link.went_down(reason, final=final)
            case Gap():
                link.counters.gaps += 1
            case Unmapped():
                link.counters.unmapped += 1
                return
            case _:
                pass
        heard = isinstance(it, LinkUp | LinkDown)
        for tenant in self._whom(link, it):
            heard = True
            if not tenant.hear(link.name, it):
                self._catch_up(link, tenant)
        if not heard:
            link.counters.orphans += 1
            said = _said(link, it)
            _log.info(
                "link %s: %s is about nobody we know", link.name, type(it).__name__, extra=said
            )
            owned = isinstance(it, Arrived) and (link.name, it.contact) in self._owners
            if isinstance(it, Arrived) and not owned and link.info.can("hangup_party"):
                # No tenant will ever come for this customer.
                self._turn_away(link, it)
        if isinstance(it, Ended):
            self._owners.pop((link.name, it.contact), None)

    def _keep_out(self, link: Link, it: Signal | PlatformSnapshot) -> None:
        """An observing link tells of no contact of ours: its platform routes them."""
        if isinstance(it, PlatformSnapshot) and not it.contacts:
            return
        link.counters.orphans += 1
        _log.warning(
            "link %s only observes, and told %s",
            link.name,
            type(it).__name__,
            extra=_said(link, it),
        )

    def _whom(self, link: Link, signal: Signal) -> Iterator[Tenant]:
        match signal:
            case LinkUp() | LinkDown() if link.info.observes:
                return  # nobody waits on it
            case LinkUp() | LinkDown() | Gap():
                yield from self._tenants.values()
            case Arrived():
                tenant = self._tenant(signal.tenant)
                owner = self._owners.get((link.name, signal.contact))
                if tenant is not None and owner not in {None, tenant.name}:
                    return  # it is another's; the same customer cannot be at two
                if tenant is not None:
                    self._owners[link.name, signal.contact] = tenant.name
                    yield tenant
            case ContactSignal():
                owner = self._owner(link.name, signal.contact)
                if owner is not None:
                    yield self._tenants[owner]
            case OfferSignal():
                named = self._tenants.get(signal.tenant or "")
                several = self._tenants.values() if named is None else (named,)
                yield from (it for it in several if it.placements.by_wire(signal.offer))
            case AgentSignal():
                yield from self._of_agent(link, signal)
            case Measured():
                tenant = self._tenant(signal.tenant)
                if tenant is not None:
                    yield tenant
            case _:
                return

    def _owner(self, link: str, native: str) -> str | None:
        """Whose contact it is; of a call that was made for one, the host chose the id."""
        owner = self._owners.get((link, native))
        if owner is None and native.startswith(PREFIX):
            tenants = self._tenants.items()
            owner = next((name for name, it in tenants if it.placements.at(link, native)), None)
            if owner is not None:
                self._owners[link, native] = owner
        return owner

    def _of_agent(self, link: Link, signal: AgentSignal) -> Iterator[Tenant]:
        if signal.tenant is not None or self._only is not None:
            tenant = self._tenant(signal.tenant)
            if tenant is not None:
                yield tenant
            return
        for tenant in self._tenants.values():
            if tenant.settings.address(signal.agent, link.name) is not None:
                yield tenant

    def _tenant(self, name: str | None) -> Tenant | None:
        wanted = self._only if name is None else name
        return None if wanted is None else self._tenants.get(wanted)

    def _whose(self, link: Link, held: HeldContact, taken_at: float) -> Tenant | None:
        """Whose contact it is, of a snapshot. Whom the platform calls another tenant's than we
        remember is another customer, under an id that is used again."""
        owner = self._owner(link.name, held.contact)
        said = held.arrival.tenant
        if owner is None or said in {None, owner} or said not in self._tenants:
            return self._tenant(said) if owner is None else self._tenants[owner]
        known = self._tenants[owner]
        placed = known.placements.at(link.name, held.contact)
        if placed is not None and placed.since > taken_at:
            return known  # who came after the snapshot was taken
        if not known.hear(link.name, Ended(contact=held.contact, cause="system_lost")):
            self._catch_up(link, known)
        return self._tenants[said]

    def _snapshot(self, link: Link, snapshot: PlatformSnapshot, tenants: Iterable[Tenant]) -> None:
        parts: dict[str, list[HeldContact]] = {name: [] for name in self._tenants}
        for held in snapshot.contacts:
            tenant = self._whose(link, held, snapshot.taken_at)
            if tenant is None:
                link.counters.orphans += 1
                if link.info.can("hangup_party"):
                    self._turn_away(link, held.arrival)
                continue
            self._owners[link.name, held.contact] = tenant.name
            parts[tenant.name].append(held)
        for tenant in tenants:
            devices = tuple(
                (agent, device)
                for agent, device in snapshot.devices
                if self._only or tenant.settings.address(agent, link.name) is not None
            )
            mine = attrs.evolve(snapshot, contacts=parts[tenant.name], devices=devices)
            tenant.hear(link.name, mine)
        if snapshot.complete:
            present = {held.contact for held in snapshot.contacts}
            gone = [it for it in self._owners if it[0] == link.name and it[1] not in present]
            for key in gone:
                placed = self._tenants[self._owners[key]].placements.at(*key)
                # One that came after the snapshot was taken is not in it.
                if placed is None or placed.since <= snapshot.taken_at:
                    del self._owners[key]


def _said(link: Link, it: Signal | PlatformSnapshot) -> dict[str, str]:
    """What a line of the log says of a signal."""
    if isinstance(it, ContactSignal):
        return {"link": link.name, "contact": scoped(link.name, it.contact)}
    return {"link": link.name}
