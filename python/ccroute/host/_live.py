"""Who is where, told by the events alone: the contacts of a tenant that are not closed, the
offers that are live, and who has a part in what."""

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping

import attrs

from ccroute._events import (
    AgentJoined,
    AgentLeft,
    ContactAbandoned,
    ContactConnected,
    ContactHeld,
    ContactLeft,
    ContactQueued,
    ContactRefused,
    ContactReleased,
    ContactRequeued,
    ContactResumed,
    ContactScheduled,
    ContactSuspended,
    ContactTransferred,
    Event,
    OfferAccepted,
    OfferDeclined,
    OfferLost,
    OfferMade,
    OfferMissed,
    OfferWithdrawn,
    WrapUpEnded,
    WrapUpStarted,
)

_REMEMBERED = 10_000


@attrs.define(kw_only=True)
class LiveContact:
    """A contact that is not closed. ``phase``: as in the rules of the engine; ``since``: when its
    age counts from; ``agent``: who accepted it, until they are connected; ``parts``: agents in
    conversation, with their roles."""

    contact: str
    queue: str
    channel: str | None
    since: float
    phase: str = "waiting"
    agent: str | None = None
    held: bool = False
    parts: dict[str, str] = attrs.field(factory=dict)


class LiveContacts:
    """All of them, and the offers."""

    def __init__(self) -> None:
        self._contacts: dict[str, LiveContact] = {}
        self._handled: OrderedDict[str, tuple[str, ...]] = OrderedDict()
        self._wrapping: dict[str, dict[str, None]] = {}
        self.offers: dict[int, OfferMade] = {}

    def note(self, event: Event) -> None:
        """Takes an event in."""
        match event:
            case OfferMade(offer=offer):
                self.offers[offer] = event
                self._phase(event, "offered")
            case OfferWithdrawn() | OfferLost() | OfferMissed() | OfferDeclined():
                self.offers.pop(event.offer, None)
            case OfferAccepted():
                self.offers.pop(event.offer, None)
                self._phase(event, "connecting", event.agent)
            case ContactQueued(contact=str(contact), since=since):
                self._contacts[contact] = LiveContact(
                    contact=contact, queue=event.queue or "", channel=event.channel, since=since
                )
            case ContactScheduled(contact=str(contact), until=until):
                it = self._contacts.setdefault(
                    contact,
                    LiveContact(
                        contact=contact,
                        queue=event.queue or "",
                        channel=event.channel,
                        since=until,
                    ),
                )
                it.phase = "scheduled"
            case ContactRequeued():
                self._phase(event, "waiting")
            case ContactSuspended():
                self._phase(event, "suspended")
            case WrapUpStarted(agent=str(agent), contact=str(contact)):
                self._wrapping.setdefault(agent, {})[contact] = None
            case WrapUpEnded(agent=str(agent), contact=str(contact)):
                self._wrapping.get(agent, {}).pop(contact, None)
            case _:
                self._talk(event)

    def _talk(self, event: Event) -> None:
        it = self._contacts.get(event.contact or "")
        if it is None:
            return
        agent = event.agent or ""
        match event:
            case ContactConnected():
                it.phase, it.agent = "engaged", None
                it.parts[agent] = "primary"
                self._remember(it.contact, agent)
            case ContactHeld() | ContactResumed():
                it.held = isinstance(event, ContactHeld)
            case AgentJoined(role=role):
                it.parts[agent] = role
                self._remember(it.contact, agent)
            case AgentLeft() | ContactTransferred():
                it.held = False if isinstance(event, ContactTransferred) else it.held
                it.parts.pop(agent, None)
            case ContactReleased() | ContactLeft() | ContactAbandoned() | ContactRefused():
                # One that goes on is queued anew by the next event.
                del self._contacts[it.contact]
            case _:
                return

    def _phase(self, event: Event, phase: str, agent: str | None = None) -> None:
        it = self._contacts.get(event.contact or "")
        if it is not None:
            it.phase, it.agent = phase, agent

    def _remember(self, contact: str, agent: str) -> None:
        known = self._handled.get(contact, ())
        if agent not in known:
            self._handled[contact] = (*known, agent)
        self._handled.move_to_end(contact)
        while len(self._handled) > _REMEMBERED:
            self._handled.popitem(last=False)

    def get(self, contact: str) -> LiveContact | None:
        """A contact that is not closed."""
        return self._contacts.get(contact)

    def handled(self, contact: str, agent: str) -> bool:
        """Whether an agent has, or lately had, a part in a contact."""
        return agent in self._handled.get(contact, ())

    def is_theirs(self, contact: str, agent: str) -> bool:
        """Whether the agent has a part in the contact now, or is being connected."""
        it = self._contacts.get(contact)
        return it is not None and (agent in it.parts or it.agent == agent)

    def of(self, agent: str) -> tuple[str, ...]:
        """The contacts of an agent: being connected, in conversation, in wrap-up."""
        live = [it.contact for it in self._contacts.values() if self.is_theirs(it.contact, agent)]
        return tuple(dict.fromkeys([*live, *self._wrapping.get(agent, ())]))

    def parts(self, contact: str) -> Mapping[str, str]:
        """The agents in a contact's conversation, with their roles."""
        it = self._contacts.get(contact)
        return {} if it is None else dict(it.parts)

    def offers_to(self, agent: str) -> Iterator[OfferMade]:
        """The live offers of an agent, in the order of making."""
        return (it for it in self.offers.values() if it.agent == agent)

    def concerned(self, event: Event) -> Iterable[str]:
        """The agents whom an event is about."""
        it = self._contacts.get(event.contact or "")
        named = [] if event.agent is None else [event.agent]
        return dict.fromkeys([*named, *(() if it is None else it.parts)])

    def restore(
        self,
        contacts: Iterable[LiveContact],
        offers: Iterable[OfferMade],
        handled: Iterable[tuple[str, tuple[str, ...]]],
    ) -> None:
        """Takes over what was saved."""
        self._contacts = {it.contact: it for it in contacts}
        self.offers = {it.offer: it for it in offers}
        for contact, agents in handled:
            for agent in agents:
                self._remember(contact, agent)

    def saved_handled(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """Who has, or lately had, a part in what."""
        return tuple((contact, tuple(sorted(it))) for contact, it in self._handled.items())

    def __len__(self) -> int:
        return len(self._contacts)

    def __iter__(self) -> Iterator[LiveContact]:
        return iter(list(self._contacts.values()))
