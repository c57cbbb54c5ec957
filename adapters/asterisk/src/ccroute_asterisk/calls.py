"""The calls of Asterisk's queues as ccroute's events: what can become of one, and nothing of how
that was learnt. Whoever reads (a queue_log, AMI, or both by turns) tells it here.
"""

import math
from enum import Enum
from typing import TypeAlias, TypedDict

import attrs

from ccroute import (
    ContactAbandoned,
    ContactConnected,
    ContactLeft,
    ContactQueued,
    ContactReleased,
    ContactRequeued,
    Event,
    OfferAccepted,
    OfferDeclined,
    OfferLost,
    OfferMade,
    OfferMissed,
    OfferWithdrawn,
)
from ccroute_asterisk.agents import Agents

_CHANNEL = "voice"

Refusal: TypeAlias = OfferMissed | OfferWithdrawn | OfferDeclined | OfferLost
"""How an offer comes to nothing."""


class Phase(Enum):
    """Where a call is."""

    WAITING = "still waits"
    ENGAGED = "is with an agent"
    GONE = "has left"


@attrs.define
class Contact:
    """A call, in its last queue unless it has left."""

    id: str
    queue: str
    entered: float
    visit: int = 1
    phase: Phase = Phase.WAITING
    agent: str | None = None
    # Where in the events its last visit ends, once it has.
    ended: int = -1
    # When its last visit ended.
    gone_at: float = 0.0
    # Its entry was not seen: it is taken from what was told later.
    adopted: bool = False
    # Phones that ring: the offer's number by agent.
    ringing: dict[str, int] = attrs.field(factory=dict)
    # Offers of the visit that came to nothing: to whom, and when they ended.
    refusals: list[tuple[str, float]] = attrs.field(factory=list)


class Calls:
    """Follows calls and writes what becomes of them.

    Attributes:
        source: The name that the events bear.
        contacts: Every call by its unique id, those that have left too.
        agents: The agents of the queues.
    """

    def __init__(self, *, source: str = "") -> None:
        self.source = source
        self._events: list[Event] = []
        self._drained = 0
        self._offers = 0
        self.contacts: dict[str, Contact] = {}
        self.agents = Agents(self.emit, source=source)
        self.free_since: dict[str, float] = {}
        """Since when an agent has had nothing to do that we know."""

    def emit(self, event: Event) -> None:
        """Writes an event."""
        self._events.append(event)

    def drain(self) -> list[Event]:
        """The events since the last time, by time; at equal times in the order of writing."""
        ordered = sorted(self._events, key=lambda event: event.at)
        self._drained += len(ordered)
        self._events.clear()
        return ordered

    def of(self, contact: Contact, at: float, agent: str | None = None) -> "Envelope":
        """What every event of a contact has."""
        return {
            "source": self.source,
            "sequence": 0,
            "at": float(at),
            "contact": contact.id,
            "visit": contact.visit,
            "queue": contact.queue,
            "channel": _CHANNEL,
            "agent": agent,
        }

    # Visits

    def enter(self, uniqueid: str, queue: str, at: float) -> Contact:
        """A visit begins. One that was under way must have been ended before."""
        contact = self.contacts.get(uniqueid)
        if contact is None:
            contact = self.contacts[uniqueid] = Contact(uniqueid, queue, at)
        else:
            contact.queue, contact.entered = queue, at
            contact.visit += 1
            contact.phase, contact.agent, contact.adopted = Phase.WAITING, None, False
            contact.ringing.clear()
            contact.refusals.clear()
        self.emit(ContactQueued(**self.of(contact, at), since=at))
        return contact

    def end(self, contact: Contact, at: float, cause: str | None) -> None:
        """The visit is over, and the customer did not give up waiting."""
        if contact.phase is Phase.ENGAGED:
            end: Event = ContactReleased(**self.of(contact, at, contact.agent), cause=cause)
        else:
            end = ContactLeft(**self.of(contact, at), cause=cause)
        self.close(contact, end)

    def close(self, contact: Contact, end: Event) -> None:
        """The visit is over with this event, and so is what still rings for it."""
        for agent, offer in list(contact.ringing.items()):
            self.withdrawn(contact, agent, offer, end.at, "failed")
        contact.ended = self._drained + len(self._events)
        contact.gone_at = end.at
        self.emit(end)
        if contact.agent is not None:
            self.free_since[contact.agent] = end.at
        contact.phase = Phase.GONE

    def unabandon(self, contact: Contact) -> bool:
        """Takes an abandon back, unless it was drained; whether it did.

        A caller moved on by the administrator is told like one who hangs up; that the same
        call enters a queue again shows that nobody did.
        """
        place = contact.ended - self._drained
        last = self._events[place] if 0 <= place < len(self._events) else None
        if not isinstance(last, ContactAbandoned):
            return False
        self._events[place] = ContactLeft(**self.of(contact, last.at), cause="transferred")
        return True

    def lost(self, at: float, *, before: float = math.inf) -> int:
        """Asterisk started anew: whatever call was in it is gone, or what entered ``before``. How
        many there were."""
        live = [
            it
            for it in self.contacts.values()
            if it.phase is not Phase.GONE and it.entered < before
        ]
        for contact in live:
            self.end(contact, at, "system" if contact.phase is Phase.ENGAGED else "failed")
        return len(live)

    # Offers

    def offer(self, contact: Contact, agent: str, at: float) -> int:
        """An agent's phone is rung; gives the offer's number. One that rings already for this
        contact goes on, whoever told of it."""
        if agent in contact.ringing:
            return contact.ringing[agent]
        self.agents.at_work(agent, contact.queue, at)
        self._offers += 1
        contact.ringing[agent] = self._offers
        self.emit(OfferMade(**self.of(contact, at, agent), offer=self._offers))
        return self._offers

    def missed(
        self, contact: Contact, agent: str, offer: int, at: float, cause: str | None = None
    ) -> None:
        """Nobody answered; ``cause``: busy or unreachable where the phone was."""
        self.refused(contact, OfferMissed(**self.of(contact, at, agent), offer=offer, cause=cause))

    def withdrawn(self, contact: Contact, agent: str, offer: int, at: float, cause: str) -> None:
        """The phone stopped ringing, which was not the agent's doing."""
        event = OfferWithdrawn(**self.of(contact, at, agent), offer=offer, cause=cause)
        self.refused(contact, event)

    def refused(self, contact: Contact, end: Refusal) -> None:
        """The offer came to nothing, with this event; nothing if another told so before."""
        if contact.ringing.get(end.agent or "") == end.offer:
            del contact.ringing[end.agent or ""]
            self.emit(end)
            contact.refusals.append((end.agent or "", end.at))

    def requeue(self, contact: Contact, at: float, cause: str) -> None:
        """The contact waits again."""
        event = ContactRequeued(**self.of(contact, at), since=contact.entered, cause=cause)
        self.emit(event)

    # Conversations

    def connect(self, contact: Contact, agent: str, at: float) -> None:
        """Customer and agent are joined; where the agent's phone rang, that offer is accepted.
        Where no ring was seen, the agent is at work by this."""
        offer = contact.ringing.pop(agent, None)
        if offer is None:
            self.agents.at_work(agent, contact.queue, at)
        else:
            self.emit(OfferAccepted(**self.of(contact, at, agent), offer=offer))
        self.emit(ContactConnected(**self.of(contact, at, agent)))
        contact.phase, contact.agent = Phase.ENGAGED, agent


class Envelope(TypedDict):
    """What every event of a contact has; in a recording sequences come at the very end."""

    source: str
    sequence: int
    at: float
    contact: str
    visit: int
    queue: str
    channel: str
    agent: str | None
