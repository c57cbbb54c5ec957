"""From messages in any order, as often as they come, to signals in theirs.

No I/O and no clock. Each contact numbers its messages; what comes early waits for what is
before it, what came already says nothing. So any order and number of the same messages ends in the
same state, and tells the same signals. What a list of the platform says replaces older state.
"""

from collections import OrderedDict
from collections.abc import Iterator, Mapping

import attrs

from ccroute import Value
from ccroute.adapters import (
    Abandoned,
    Answered,
    Arrived,
    AttributesSeen,
    Bridged,
    Dialled,
    Disconnected,
    Ended,
    HeldContact,
    HeldOffer,
    OfferFailed,
    Parked,
    PutOnHold,
    Ringing,
    SentAway,
    Signal,
    TakenOffHold,
    Unmapped,
)
from ccroute.testing._cloud._messages import CloudEvent, Json, number, table, tables, text, whole

_REMEMBERED = 10_000
_MOST_EARLY = 1_000


@attrs.define
class KnownLeg:
    """An agent's leg, as far as the messages tell."""

    offer: int
    agent: str
    tenant: str | None
    instruction: str | None
    state: str = "dialling"


@attrs.define
class KnownContact:
    """A contact, up to its message number ``seq``."""

    arrival: Arrived
    seq: int = 0
    mark: int = 0
    agent: str | None = None
    on_hold: bool = False
    legs: dict[str, KnownLeg] = attrs.Factory(dict)

    def held(self) -> HeldContact:
        """As a snapshot says it."""
        return HeldContact(
            arrival=self.arrival,
            agent=self.agent,
            on_hold=self.on_hold,
            offers=[
                HeldOffer(
                    offer=leg.offer,
                    agent=leg.agent,
                    state=leg.state,
                    tenant=leg.tenant,
                    instruction=leg.instruction,
                )
                for leg in self.legs.values()
            ],
        )

    @property
    def phase(self) -> str:
        """How far it has come before the conversation."""
        states = {leg.state for leg in self.legs.values()}
        if "answered" in states:
            return "connecting"
        return "offering" if states else "waiting"


@attrs.frozen(kw_only=True)
class Listing:
    """What the platform holds, as it listed it when its messages had come to ``mark``."""

    boot: int
    mark: int
    contacts: Mapping[str, KnownContact]


class Reducer:
    """What is known of the contacts, and which signals a message makes."""

    def __init__(self) -> None:
        self.contacts: dict[str, KnownContact] = {}
        self.replayed = 0
        """Messages that said nothing new."""
        self.malformed = 0
        """Messages that lacked what their kind must have."""
        self._early: dict[str, dict[int, CloudEvent]] = {}
        self._over: OrderedDict[str, None] = OrderedDict()

    def hear(self, event: CloudEvent) -> list[Signal]:
        """The signals of a message, and of those that have waited for it."""
        if not event.contact:
            return [Unmapped(what=event.kind, at=event.at, number=event.mark)]
        known = self.contacts.get(event.contact)
        heard = known.seq if known else 0
        early = self._early.setdefault(event.contact, {})
        if event.contact in self._over or event.seq <= heard or event.seq in early:
            self.replayed += 1
        else:
            early[event.seq] = event
        signals: list[Signal] = []
        while (following := early.pop(heard + 1, None)) is not None:
            heard += 1
            try:
                signals += self._take(following)
            except ValueError:
                # Signed and numbered, and lacks what its kind must have.
                self.malformed += 1
        if not early or event.contact in self._over:
            self._early.pop(event.contact, None)
        return signals

    def wanting(self) -> Iterator[tuple[str, int]]:
        """Contacts of which a message is missing, and the number that they have come to."""
        return ((contact, max(early)) for contact, early in self._early.items() if early)

    def crowded(self) -> bool:
        """Whether too many messages wait for others."""
        return sum(map(len, self._early.values())) > _MOST_EARLY

    def has_come_to(self, contact: str, seq: int) -> bool:
        """Whether this message of a contact, or its end, has been heard."""
        known = self.contacts.get(contact)
        return contact in self._over or (known is not None and known.seq >= seq)

    def behind(self, listing: Listing) -> Iterator[tuple[str, int]]:
        """Contacts about which the list knows more, and the number to come to; of those that
        have ended, one that none has."""
        for contact, listed in listing.contacts.items():
            if not self.has_come_to(contact, listed.seq):
                yield contact, listed.seq
        for contact, known in self.contacts.items():
            if contact not in listing.contacts and known.mark <= listing.mark:
                yield contact, 1 << 62

    def merged(self, listing: Listing) -> dict[str, KnownContact]:
        """What the platform holds by the list and by the messages, of each the later."""
        merged = {
            contact: known
            for contact, known in self.contacts.items()
            if contact in listing.contacts or known.mark > listing.mark
        }
        for contact, listed in listing.contacts.items():
            known = merged.get(contact)
            if contact not in self._over and (known is None or known.seq < listed.seq):
                merged[contact] = listed
        return merged

    def adopt(self, listing: Listing) -> list[Signal]:
        """From now on the list holds, where it is later; the signals of messages that waited."""
        merged = self.merged(listing)
        for contact in self.contacts.keys() - merged.keys():
            self._bury(contact)
        self.contacts = merged
        early, self._early = self._early, {}
        signals: list[Signal] = []
        for contact, waiting in early.items():
            later = [event for event in waiting.values() if event.mark > listing.mark]
            if not later and contact not in merged:
                self._bury(contact)  # came and went unheard
            for event in later:
                signals += self.hear(event)
        return signals

    def forget(self) -> dict[str, KnownContact]:
        """Begins anew, as after a restart of the platform; what was known."""
        known, self.contacts = self.contacts, {}
        self._early.clear()
        self._over.clear()
        return known

    def _bury(self, contact: str) -> None:
        self._over[contact] = None
        if len(self._over) > _REMEMBERED:
            self._over.popitem(last=False)

    # A message whose turn it is ----------------------------------------------------------

    def _take(self, event: CloudEvent) -> list[Signal]:
        known = self.contacts.get(event.contact)
        if event.kind == "contact.arrived":
            arrival = arrival_of(event.contact, event.data, at=event.at, mark=event.mark)
            self.contacts[event.contact] = KnownContact(arrival, seq=event.seq, mark=event.mark)
            return [arrival]
        if known is None:
            # Its first message is none of a contact's coming: nothing can be made of it.
            return [Unmapped(what=event.kind, at=event.at, number=event.mark)]
        known.seq, known.mark = event.seq, event.mark
        signal = (
            self._of_leg(event, known)
            if event.kind.startswith("leg.")
            else self._of_contact(event, known)
        )
        return [] if signal is None else [attrs.evolve(signal, at=event.at, number=event.mark)]

    def _of_leg(  # noqa: PLR0911  # one signal a message
        self, event: CloudEvent, known: KnownContact
    ) -> Signal | None:
        label = event.text("label") or ""
        if event.kind == "leg.dialled":
            known.legs[label] = leg_of(event.data)
        leg = known.legs.get(label)
        if leg is None:
            return Unmapped(what=event.kind)
        match event.kind:
            case "leg.dialled":
                return Dialled(offer=leg.offer, tenant=leg.tenant)
            case "leg.ringing":
                leg.state = "ringing"
                return Ringing(offer=leg.offer, tenant=leg.tenant)
            case "leg.answered":
                leg.state = "answered"
                return Answered(offer=leg.offer, tenant=leg.tenant)
            case "leg.ended":
                del known.legs[label]
                if leg.state == "bridged":
                    return None  # the end of the conversation tells it
                reason = event.text("reason") or "error"
                return OfferFailed(offer=leg.offer, tenant=leg.tenant, reason=reason)
            case _:
                return Unmapped(what=event.kind)

    def _of_contact(self, event: CloudEvent, known: KnownContact) -> Signal | None:  # noqa: PLR0911
        contact = event.contact
        match event.kind:
            case "contact.waiting":
                known.agent, known.on_hold = None, False
                return Parked(contact=contact)
            case "contact.bridged":
                leg = known.legs.get(event.text("label") or "")
                if leg is None:
                    return Unmapped(what=event.kind)
                leg.state, known.agent = "bridged", leg.agent
                return Bridged(contact=contact, agent=leg.agent, offer=leg.offer)
            case "contact.held" | "contact.resumed":
                known.on_hold = event.kind == "contact.held"
                return (PutOnHold if known.on_hold else TakenOffHold)(contact=contact)
            case "contact.updated":
                return AttributesSeen(contact=contact, attributes=values_of(event.data))
            case "contact.left":
                return Abandoned(contact=contact, phase=known.phase)
            case "contact.disconnected":
                known.agent, known.on_hold = None, False
                return Disconnected(contact=contact, by=event.text("by") or "system")
            case "contact.transferred":
                known.agent, known.on_hold = None, False
                return SentAway(contact=contact, kind="blind")
            case "contact.ended":
                del self.contacts[contact]
                self._bury(contact)
                return Ended(contact=contact, cause=event.text("cause") or "hangup")
            case _:
                return Unmapped(what=event.kind)


# What the platform writes -------------------------------------------------------------------


def listing_of(told: Mapping[str, Json], *, ours_ahead: float) -> Listing:
    """The answer to a request for all contacts; ``ours_ahead``: by how many seconds our clock
    is ahead of the platform's.

    Raises:
        ValueError: it is none.
    """
    contacts = {}
    for it in tables(told, "contacts"):
        contact = text(it, "contact")
        contacts[contact] = KnownContact(
            arrival_of(contact, it, entered_at=number(it, "entered_at") + ours_ahead),
            seq=whole(it, "seq"),
            mark=whole(told, "mark"),
            agent=_maybe(it, "agent"),
            on_hold=it.get("held") is True,
            legs={text(leg, "label"): leg_of(leg) for leg in tables(it, "legs")},
        )
    return Listing(boot=whole(told, "boot"), mark=whole(told, "mark"), contacts=contacts)


def arrival_of(
    contact: str,
    told: Mapping[str, Json],
    *,
    at: float | None = None,
    mark: int | None = None,
    entered_at: float | None = None,
) -> Arrived:
    """How a contact came."""
    return Arrived(
        contact=contact,
        dialled=_maybe(told, "dialled"),
        caller=_maybe(told, "caller"),
        attributes=values_of(table(told, "attributes")) if "attributes" in told else None,
        at=at,
        number=mark,
        entered_at=entered_at,
    )


def leg_of(told: Mapping[str, Json]) -> KnownLeg:
    """A leg, by what we wrote on it."""
    tags = table(told, "tags")
    return KnownLeg(
        offer=whole(tags, "offer"),
        agent=text(tags, "agent"),
        tenant=_maybe(tags, "tenant"),
        instruction=_maybe(tags, "instruction"),
        state=_maybe(told, "state") or "dialling",
    )


def values_of(told: Mapping[str, Json]) -> dict[str, Value]:
    """Attributes, of the kinds that there are."""
    return {name: value for name, value in told.items() if isinstance(value, str | int)}


def _maybe(told: Mapping[str, Json], name: str) -> str | None:
    value = told.get(name)
    return value if isinstance(value, str) else None
