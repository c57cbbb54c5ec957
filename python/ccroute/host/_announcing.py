"""What waiting customers are told now and then: their place, and how long it may still take.

Each has one instant at which it is next looked at; nobody looks at all of them.
"""

import asyncio
import heapq
import logging
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress

from ccroute._errors import Rejected
from ccroute._events import ContactQueued, Event
from ccroute.adapters import AdapterInfo, Announce, Time, within
from ccroute.host._consequences import Effect
from ccroute.host._live import LiveContact, LiveContacts
from ccroute.host._placement import Placed
from ccroute.host._settings import Announcement
from ccroute.host._tenant import Tenant

_log = logging.getLogger("ccroute.host")
_AT_ONCE = 20
"""How many are told before others have their turn."""
_PAUSE = 0.1
"""Seconds until the next ones are: at most 200 a second of a tenant."""
_PATIENCE = 2.0
"""Seconds within which an announcement must be taken: a ring must not wait for it for long."""
_WAITS = frozenset({"waiting", "offered", "connecting", "suspended"})
"""Phases out of which a contact may come to wait again without being queued anew."""

Tell = Callable[[Tenant, Effect], None]


class Announcer:
    """Tells the waiting customers of a tenant. ``links``: what their platforms can; ``names``:
    makes the ids of instructions."""

    def __init__(
        self,
        tenant: Tenant,
        live: LiveContacts,
        links: Mapping[str, AdapterInfo],
        time: Time,
        *,
        names: Callable[[], str],
        tell: Tell,
    ) -> None:
        self._tenant = tenant
        self._live = live
        self._links = links
        self._time = time
        self._names = names
        self._tell = tell
        self._due: list[tuple[float, str]] = []
        # Contact → its one instant; what else is in the heap counts no more.
        self._next: dict[str, float] = {}
        self._awake = asyncio.Event()
        tenant.told.append(self.hear)

    def hear(self, events: Iterable[Event]) -> None:
        """Notes who has come to wait."""
        for event in events:
            if isinstance(event, ContactQueued) and event.contact is not None:
                self._queued(event.contact, event.queue or "", self._tenant.instant())

    def _queued(self, contact: str, queue: str, since: float) -> None:
        self._next.pop(contact, None)
        rule = self._tenant.settings.announcements.get(queue)
        if rule is not None:
            self._put(contact, since + rule.after)

    def _put(self, contact: str, at: float) -> None:
        self._next[contact] = at
        heapq.heappush(self._due, (at, contact))
        self._awake.set()

    async def run(self) -> None:
        """Works until it is cancelled."""
        for it in list(self._live):  # who was there when the state was restored
            self._queued(it.contact, it.queue, self._time.now())
        while True:
            self._awake.clear()
            with suppress(TimeoutError):
                if not self._due:
                    await self._awake.wait()
                elif self._due[0][0] > self._time.now():
                    await within(self._time, self._due[0][0], self._awake.wait())
            for _ in range(_AT_ONCE):
                if not self._due or self._due[0][0] > self._time.now():
                    break
                self._look(*heapq.heappop(self._due))
            else:
                await self._time.sleep_until(self._time.now() + _PAUSE)

    def _look(self, at: float, contact: str) -> None:
        if self._next.get(contact) != at:
            return
        del self._next[contact]
        it = self._live.get(contact)
        rule = None if it is None else self._tenant.settings.announcements.get(it.queue)
        if it is None or rule is None or it.phase not in _WAITS:
            return
        self._put(contact, max(at, self._time.now()) + rule.every)
        try:
            self._announce(it, rule)
        except Exception:
            _log.exception(
                "tenant %s: nothing is announced to %s", self._tenant.name, contact,
                extra={"tenant": self._tenant.name, "contact": contact},
            )  # fmt: skip

    def _announce(self, it: LiveContact, rule: Announcement) -> None:
        placed = self._tenant.placements.get(it.contact)
        if placed is None or it.phase != "waiting" or not self._hears(placed):
            return
        try:
            wait = self._tenant.router.wait(it.contact)
        except Rejected:
            return  # it waits no longer
        if wait.position is None:
            return  # somebody is rung for it
        known = {"position": wait.position, "wait": wait.expected}
        values = {key: round(told) for key in rule.values if (told := known[key]) is not None}
        self._tenant.counters.announced += 1
        announce = Announce(
            id=self._names(),
            deadline=self._tenant.instant() + _PATIENCE,
            tenant=self._tenant.name,
            contact=placed.native,
            prompt=rule.prompt,
            values=values,
        )
        self._tell(self._tenant, Effect(link=placed.link, instruction=announce))

    def _hears(self, placed: Placed) -> bool:
        """Whether the customer is on the line, and has somebody who can tell them."""
        info = self._links.get(placed.link)
        there = info is not None and info.can("announce") and not placed.gone
        return there and not placed.callback
