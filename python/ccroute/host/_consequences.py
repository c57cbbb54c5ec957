"""From events to instructions: what the platforms must be told now that this has happened."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypedDict

import attrs

from ccroute._commands import Command, Decline
from ccroute._events import (
    AgentNotReady,
    AgentReady,
    AgentSignedOut,
    CallbackFailed,
    ContactAbandoned,
    ContactConnected,
    ContactLeft,
    ContactQueued,
    ContactRefused,
    ContactReleased,
    ContactRequeued,
    ContactScheduled,
    ContactTransferred,
    Event,
    OfferAccepted,
    OfferDeclined,
    OfferLost,
    OfferMade,
    OfferMissed,
    OfferWithdrawn,
)
from ccroute._plan import Value
from ccroute.adapters import (
    AdapterInfo,
    CallCustomer,
    CancelRing,
    Connect,
    HangUp,
    Instruction,
    MirrorAgent,
    Park,
    Ring,
)
from ccroute.host._calling_back import CallBacks
from ccroute.host._conversing import Attributes
from ccroute.host._outside import Outside
from ccroute.host._placement import AT_DESK, OVER, Placed, Placements, Rung
from ccroute.host._settings import TenantSettings


class _Head(TypedDict):
    id: str
    deadline: float
    tenant: str


@attrs.frozen(kw_only=True)
class Effect:
    """An instruction for a link."""

    link: str
    instruction: Instruction


Consequence = Effect | Command
"""What follows: a platform is told, or the engine, when no platform can be."""


class Consequences:
    """What follows from the events of one tenant.

    ``names``: makes the ids of instructions; ``wires``: the numbers of offers on platforms;
    ``instant``: the time now, by which deadlines are set; ``attributes``: what is known of a
    contact; ``patience``: seconds within which the outcome of an instruction is due.
    """

    def __init__(
        self,
        tenant: str,
        settings: TenantSettings,
        placements: Placements,
        *,
        names: Callable[[], str],
        wires: Callable[[], int],
        instant: Callable[[], float],
        attributes: Attributes,
        patience: float,
    ) -> None:
        self.outside = Outside(settings, instant)
        self._call_backs = CallBacks(
            tenant,
            settings,
            placements,
            self.outside,
            names=names,
            instant=instant,
            attributes=attributes,
        )
        self._tenant = tenant
        self._settings = settings
        self._placements = placements
        self._names = names
        self._wires = wires
        self._instant = instant
        self._attributes = attributes
        self._patience = patience

    def of(
        self,
        events: Iterable[Event],
        *,
        links: Mapping[str, AdapterInfo],
        origin: str | None,
        told_by: str | None,
        now: float,
    ) -> list[Consequence]:
        """What follows from the events of one command, in order. ``origin``: the link that asked
        for it, to which its own words are not repeated; ``told_by``: the link that told of the
        end of a contact, and so needs not be told."""
        follows: list[Consequence] = []
        ends: dict[str, Event] = {}
        events = list(events)
        if self._placements.strays:
            follows += self._stop_strays(events)
        # A conversation that is taken over was queued and connected at once: no music for it.
        talking = {it.contact for it in events if isinstance(it, ContactConnected)}
        for event in events:
            match event:
                case ContactQueued(contact=str(contact)) | ContactScheduled(contact=str(contact)):
                    ends.pop(contact, None)
                case (
                    ContactLeft(contact=str(contact))
                    | ContactAbandoned(contact=str(contact))
                    | ContactReleased(contact=str(contact))
                    | ContactRefused(contact=str(contact))
                ):
                    ends[contact] = event
                case _:
                    pass
            match event:
                case AgentReady() | AgentNotReady() | AgentSignedOut():
                    follows += self._mirror(event, links, origin)
                case ContactQueued() if event.contact in talking:
                    pass
                case _:
                    follows += self._of(event, links, now)
        for contact, event in ends.items():
            follows += self._end(contact, event, links, told_by)
        return follows

    def _stop_strays(self, events: list[Event]) -> Iterator[Consequence]:
        """Before a contact rings elsewhere, what rings for it and is nobody's is stopped."""
        offered = {(it.contact, it.agent) for it in events if isinstance(it, OfferMade)}
        for contact in dict.fromkeys(contact for contact, _ in offered if contact is not None):
            placed = self._placements.get(contact)
            for key in [it for it in self._placements.strays if it[0] == contact]:
                if key not in offered and placed is not None:
                    stray = self._placements.strays.pop(key)
                    yield self.cancel(placed, stray.offer)

    def _of(
        self, event: Event, links: Mapping[str, AdapterInfo], now: float
    ) -> Iterator[Consequence]:
        placed = None if event.contact is None else self._placements.get(event.contact)
        if placed is None or placed.link not in links:
            return
        info = links[placed.link]
        match event:
            case OfferMade():
                yield from self._ring(placed, event, info, now)
            case OfferAccepted():
                yield from self._connect(placed, event, info)
            case OfferWithdrawn() | OfferLost() | OfferMissed() | OfferDeclined():
                yield from self._silence(placed, event.offer, info)
            case ContactQueued():
                yield from self._park(placed, event, info)
            case ContactRequeued() | ContactLeft() | CallbackFailed():
                yield from self._come_apart(placed, event, links)
                if isinstance(event, ContactRequeued) and not placed.gone:
                    yield from self._part(placed, links)
                placed.joining = None
            case _:
                self._note(placed, event)

    def _part(self, placed: Placed, links: Mapping[str, AdapterInfo]) -> Iterator[Consequence]:
        """Where no leg can be let go, who is being joined is parted in another way."""
        info = links[placed.link]
        if placed.joining is None or info.can("cancel_ring"):
            return
        if placed.callback:
            yield from self.hang_up(placed, "requeued", links)
        elif info.can("park"):
            yield self.park(placed)

    def _come_apart(
        self, placed: Placed, event: Event, links: Mapping[str, AdapterInfo]
    ) -> Iterator[Consequence]:
        """Of a connection that came to nothing the leg goes; of a call back, the call."""
        failed = isinstance(event, CallbackFailed)
        legs = [] if placed.gone else list(placed.live())
        for rung in legs:
            if failed:
                rung.state = OVER
            else:
                yield from self._silence(placed, rung.offer, links[placed.link])
        leaves = isinstance(event, ContactLeft) and event.cause == "callback"
        if leaves and not placed.callback:
            placed.callback, placed.left = True, event.at
        if (failed or leaves) and not placed.gone:
            yield from self.hang_up(placed, "callback_failed" if failed else "callback", links)

    def _note(self, placed: Placed, event: Event) -> None:
        match event:
            case ContactConnected():
                placed.engaged = True
                if placed.off_line:
                    self._placements.drop(placed.contact)  # called back by hand: on no platform
                placed.callback = False
            case ContactTransferred(cause="handed_over"):
                return  # to another agent, in the same conversation
            case ContactTransferred():
                placed.engaged = False
                for rung in placed.live():
                    rung.state = OVER  # the agent goes when the customer is parked
            case ContactReleased():
                placed.engaged = False
            case _:
                return

    def _park(
        self, placed: Placed, event: ContactQueued, info: AdapterInfo
    ) -> Iterator[Consequence]:
        placed.queue = event.queue or ""
        placed.unanswered = event.source, event.visit, event.at
        placed.joining = None
        found = placed.parked and event.cause in {"adopted", "reconciled"}
        if info.can("park") and not (placed.gone or placed.callback or found):
            yield self.park(placed)

    def park(self, placed: Placed) -> Effect:
        """A contact is to wait on its platform."""
        park = Park(
            **self._head(),
            contact=placed.native,
            queue=placed.queue,
            treatment=self._settings.treatments.get(placed.queue),
            attributes=self._attributes(placed.contact),
        )
        placed.parked, placed.park = False, park.id
        return self._effect(placed, park)

    def _ring(
        self, placed: Placed, event: OfferMade, info: AdapterInfo, now: float
    ) -> Iterator[Consequence]:
        agent = event.agent or ""
        busy = any(placed.live()) and not info.can("multi_ring")
        rings = (placed.contact, agent) in self._placements.strays
        if placed.callback and info.can("ring") and not (busy or rings):
            called = self._settings.address(agent, placed.link) is not None
            if not (called and self._call_backs.begins(placed, info)):
                return  # who has no phone there, and whom no platform may call: by hand
        if not info.can("ring") or placed.gone or busy:
            return  # the agent's desk shows it
        stray = self._placements.strays.pop((placed.contact, agent), None)
        if stray is not None:
            # That phone rings already, for a host that died: nobody is rung twice.
            rung = Rung(
                wire=stray.offer,
                offer=event.offer,
                agent=agent,
                instruction=stray.instruction or "",
                state=stray.state,
                since=now,
            )
            self._placements.ring(placed, rung)
            return
        address = self._settings.address(agent, placed.link)
        if address is None:
            yield Decline(offer=event.offer, failure="unreachable", reason="no address")
            return
        ring = Ring(
            **self._head(),
            contact=placed.native,
            offer=self._wires(),
            agent=agent,
            address=address,
            until=now + 60.0 if event.until is None else event.until,
            line=event.reason,
            attributes=self._shown(placed),
            callback=placed.callback,
        )
        rung = Rung(wire=ring.offer, offer=event.offer, agent=agent, instruction=ring.id, since=now)
        self._placements.ring(placed, rung)
        yield self._effect(placed, ring)

    def _shown(self, placed: Placed) -> Mapping[str, Value]:
        if placed.callback:
            return self._call_backs.attributes(placed.contact)
        return self._attributes(placed.contact)

    def _connect(
        self, placed: Placed, event: OfferAccepted, info: AdapterInfo
    ) -> Iterator[Consequence]:
        placed.until = event.until
        if placed.callback and not info.can("ring"):
            self._call_backs.begins(placed, info)
        if placed.gone:
            return
        found = self._placements.by_offer(event.offer)
        if found is not None and found[1].state != "answered":
            found[1].awaited = True  # accepted at the desk: the phone still rings
            placed.joining = found[1].agent, found[1].wire
            return
        agent = event.agent or ""
        if found is not None:
            yield self.connect(placed, agent, found[1].wire)
            return
        # Accepted at the desk, and no phone rings: what becomes of the leg is told by this number.
        wire = self._wires()
        joined = self.connect(placed, agent, wire)
        if isinstance(joined, Effect):
            rung = Rung(
                wire=wire,
                offer=event.offer,
                agent=agent,
                instruction=joined.instruction.id,
                state=AT_DESK,
                since=self._instant(),
            )
            self._placements.ring(placed, rung)
        yield joined

    def connect(self, placed: Placed, agent: str, wire: int) -> Consequence:
        """Customer and agent are to be joined, for an offer that was accepted."""
        placed.joining = agent, wire
        if placed.callback:
            return self._call_customer(placed, agent, wire)
        return self._effect(
            placed,
            Connect(
                **self._head(),
                contact=placed.native,
                offer=wire,
                agent=agent,
                address=self._settings.address(agent, placed.link),
            ),
        )

    def _call_customer(self, placed: Placed, agent: str, wire: int) -> Consequence:
        address = self._call_backs.address(placed)
        if not isinstance(address, str):
            return address
        call = CallCustomer(
            **self._head(),
            contact=placed.native,
            offer=wire,
            agent=agent,
            address=address,
            until=self._instant() + 60.0 if placed.until is None else placed.until,
            agent_address=self._settings.address(agent, placed.link),
            attributes=self._call_backs.attributes(placed.contact),
        )
        return self._effect(placed, call)

    def cancel(self, placed: Placed, wire: int) -> Effect:
        """A leg that is not ours any more is to go."""
        head = self._head()
        return self._effect(placed, CancelRing(**head, contact=placed.native, offer=wire))

    def _silence(self, placed: Placed, offer: int, info: AdapterInfo) -> Iterator[Consequence]:
        found = self._placements.by_offer(offer)
        if found is None or found[1].state == OVER:
            return
        rung = found[1]
        rung.state = OVER
        if info.can("cancel_ring"):
            yield self.cancel(placed, rung.wire)

    def _end(
        self,
        contact: str,
        event: Event,
        links: Mapping[str, AdapterInfo],
        told_by: str | None,
    ) -> Iterator[Consequence]:
        placed = self._placements.get(contact)
        if placed is None:
            return
        placed.engaged = False
        if not (placed.gone or placed.link not in links or placed.link == told_by):
            yield from self.hang_up(placed, event.cause or "normal", links)
        if placed.callback:
            self._placements.drop(contact)  # off the line: nobody waits to hear of its end

    def hang_up(
        self, placed: Placed, cause: str, links: Mapping[str, AdapterInfo]
    ) -> Iterator[Effect]:
        """A contact is to end on its platform."""
        placed.gone = True
        if links[placed.link].can("hangup_party"):
            head = self._head()
            yield self._effect(placed, HangUp(**head, contact=placed.native, cause=cause))

    def _mirror(
        self, event: Event, links: Mapping[str, AdapterInfo], origin: str | None
    ) -> Iterator[Consequence]:
        ready = isinstance(event, AgentReady)
        for link, info in links.items():
            # What a platform said is not said back to it: that would never end.
            if info.can("agent_mirror") and link != origin:
                yield self.mirror(link, event.agent or "", ready, event.reason)

    def mirror(self, link: str, agent: str, ready: bool, why: str | None) -> Effect:
        """An agent's availability is to be shown on a platform."""
        head = self._head()
        return Effect(link=link, instruction=MirrorAgent(**head, agent=agent, ready=ready, why=why))

    def _effect(self, placed: Placed, instruction: Instruction) -> Effect:
        return Effect(link=placed.link, instruction=instruction)

    def _head(self) -> _Head:
        return {
            "id": self._names(),
            "deadline": self._instant() + self._patience,
            "tenant": self._tenant,
        }
