"""From links to tenants: each signal goes to whom it is about."""

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping

import attrs

from ccroute.adapters import (
    AgentSignal,
    Arrived,
    ContactSignal,
    Ended,
    Gap,
    HeldContact,
    LinkDown,
    LinkUp,
    Measured,
    OfferSignal,
    PlatformSnapshot,
    Signal,
    Unmapped,
)
from ccroute.host._link import Link
from ccroute.host._tenant import Tenant

_log = logging.getLogger("ccroute.host")
_SLICE = 32


class Switchboard:
    """Empties the sinks of all links, in turn, and hands on what is in them. A tenant that
    cannot follow holds up its links, whose sinks then fill; the others' go on."""

    def __init__(self, links: Mapping[str, Link]) -> None:
        self._links = links
        self._tenants: Mapping[str, Tenant] = {}
        self._only: str | None = None
        self._owners: dict[tuple[str, str], str] = {}
        self._awake: dict[str, asyncio.Event] = {}
        self._tasks: list[asyncio.Task[None]] = []

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
            for task in tasks:
                task.cancel()

    async def _pump(self, link: Link) -> None:
        awake = self._awake[link.name]
        while True:
            while not link.sink:
                awake.clear()
                await awake.wait()
            for it in link.sink.take(_SLICE):
                link.counters.signals += 1
                try:
                    await self._hand_on(link, it)
                except Exception:
                    link.counters.faults += 1
                    _log.exception("link %s: %s cannot be used", link.name, type(it).__name__)
            await asyncio.sleep(0)

    async def drained(self) -> None:
        """Returns when the sinks are empty."""
        while any(link.sink for link in self._links.values()):  # noqa: ASYNC110  # many events
            await asyncio.sleep(0)

    async def _hand_on(self, link: Link, it: Signal | PlatformSnapshot) -> None:
        if isinstance(it, PlatformSnapshot):
            await self._snapshot(link, it)
            return
        match it:
            case LinkUp():
                link.up = True
            case LinkDown(final=final, reason=reason):
                link.up = False
                link.counters.downs += 1
                if final:
                    link.error = reason
            case Gap():
                link.counters.gaps += 1
            case Unmapped():
                link.counters.unmapped += 1
                return
            case _:
                pass
        heard = False
        for tenant in self._whom(link, it):
            heard = True
            await tenant.hear(link.name, it)
        if not heard:
            link.counters.orphans += 1
            _log.info("link %s: %s is about nobody we know", link.name, type(it).__name__)
        if isinstance(it, Ended):
            self._owners.pop((link.name, it.contact), None)

    def _whom(self, link: Link, signal: Signal) -> Iterator[Tenant]:
        match signal:
            case LinkUp() | LinkDown() | Gap():
                yield from self._tenants.values()
            case Arrived():
                tenant = self._tenant(signal.tenant)
                if tenant is not None:
                    self._owners[link.name, signal.contact] = tenant.name
                    yield tenant
            case ContactSignal():
                owner = self._owners.get((link.name, signal.contact))
                if owner is not None:
                    yield self._tenants[owner]
            case OfferSignal():
                yield from (
                    it for it in self._tenants.values() if it.placements.by_wire(signal.offer)
                )
            case AgentSignal():
                yield from self._of_agent(link, signal)
            case Measured():
                tenant = self._tenant(signal.tenant)
                if tenant is not None:
                    yield tenant
            case _:
                return

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

    async def _snapshot(self, link: Link, snapshot: PlatformSnapshot) -> None:
        parts: dict[str, list[HeldContact]] = {name: [] for name in self._tenants}
        for held in snapshot.contacts:
            owner = self._owners.get((link.name, held.contact))
            tenant = self._tenant(held.arrival.tenant) if owner is None else self._tenants[owner]
            if tenant is None:
                link.counters.orphans += 1
                continue
            self._owners[link.name, held.contact] = tenant.name
            parts[tenant.name].append(held)
        present = {(link.name, held.contact) for held in snapshot.contacts}
        for name, tenant in self._tenants.items():
            mine = attrs.evolve(
                snapshot,
                contacts=parts[name],
                devices=tuple(
                    (agent, device)
                    for agent, device in snapshot.devices
                    if self._only or tenant.settings.address(agent, link.name) is not None
                ),
            )
            await tenant.hear(link.name, mine)
        if snapshot.complete:
            gone = [key for key in self._owners if key[0] == link.name and key not in present]
            for key in gone:
                del self._owners[key]
