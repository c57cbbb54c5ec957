"""What signals add up to, to be compared with a snapshot; and how a contact's story may go."""

from collections import Counter
from collections.abc import Iterable, Sequence

import attrs

from ccroute.adapters import (
    Abandoned,
    Answered,
    Arrived,
    Bridged,
    ContactSignal,
    Dialled,
    Disconnected,
    Ended,
    OfferFailed,
    OfferSignal,
    Parked,
    PlatformSnapshot,
    PutOnHold,
    Ring,
    Ringing,
    SentAway,
    Signal,
    TakenOffHold,
)

Heard = Signal | PlatformSnapshot

_STEPS = {Dialled: "dialling", Ringing: "ringing", Answered: "answered"}
_ORDER = ("dialling", "ringing", "answered", "bridged")


@attrs.define
class Known:
    """A contact as far as the signals tell: its agent, whether it is on hold, its offers."""

    agent: str | None = None
    on_hold: bool = False
    offers: dict[int, str] = attrs.Factory(dict)


class Fold:
    """The state that signals and snapshots add up to.

    ``rings``: the `Ring` of each offer, because signals about an offer do not name its contact.
    """

    def __init__(self, heard: Iterable[Heard], rings: dict[int, Ring]) -> None:
        self.contacts: dict[str, Known] = {}
        self._rings = rings
        for it in heard:
            self._hear(it)

    def differences(self, snapshot: PlatformSnapshot) -> list[str]:
        """In which the snapshot says something else than the signals."""
        held = {
            it.contact: Known(it.agent, it.on_hold, {one.offer: one.state for one in it.offers})
            for it in snapshot.contacts
        }
        told = []
        if len(held) < len(snapshot.contacts):
            told.append("the snapshot has a contact twice")
        for contact in sorted(held.keys() | self.contacts.keys()):
            ours, theirs = self.contacts.get(contact), held.get(contact)
            if ours != theirs:
                told.append(f"{contact}: by the signals {ours}, by the snapshot {theirs}")
        return told

    def _hear(self, it: Heard) -> None:
        match it:
            case PlatformSnapshot():
                self._start_from(it)
            case OfferSignal():
                self._hear_offer(it)
            case Ended():
                self.contacts.pop(it.contact, None)
            case Arrived():
                self.contacts.setdefault(it.contact, Known())
            case ContactSignal() if it.contact in self.contacts:
                self._hear_contact(it, self.contacts[it.contact])

    def _hear_contact(self, it: ContactSignal, known: Known) -> None:
        match it:
            case Bridged():
                known.agent = it.agent
                if it.offer is not None:
                    known.offers[it.offer] = "bridged"
            case PutOnHold():
                known.on_hold = True
            case TakenOffHold():
                known.on_hold = False
            case SentAway():
                self._conversation_over(known)
                known.agent = it.to
            case Disconnected() | Parked() | Abandoned():
                self._conversation_over(known)

    def _hear_offer(self, it: OfferSignal) -> None:
        ring = self._rings.get(it.offer)
        known = self.contacts.get(ring.contact) if ring else None
        if known is None:
            return
        if isinstance(it, OfferFailed):
            known.offers.pop(it.offer, None)
        else:
            # What comes late says nothing new.
            states = known.offers.get(it.offer, "dialling"), _STEPS[type(it)]
            known.offers[it.offer] = max(states, key=_ORDER.index)

    def _conversation_over(self, known: Known) -> None:
        known.agent, known.on_hold = None, False
        known.offers = {offer: state for offer, state in known.offers.items() if state != "bridged"}

    def _start_from(self, snapshot: PlatformSnapshot) -> None:
        if snapshot.complete:
            self.contacts.clear()
        for it in snapshot.contacts:
            offers = {one.offer: one.state for one in it.offers}
            self.contacts[it.contact] = Known(it.agent, it.on_hold, offers)


def offer_endings(heard: Sequence[Heard]) -> Counter[int]:
    """How often each offer was told to have ended: by itself, or with its conversation."""
    counted: Counter[int] = Counter()
    bridged: dict[str, int] = {}
    for it in heard:
        match it:
            case OfferFailed():
                counted[it.offer] += 1
            case Bridged(offer=int(offer)):
                bridged[it.contact] = offer
            case Disconnected() | SentAway() | Parked() if it.contact in bridged:
                counted[bridged.pop(it.contact)] += 1
    return counted
