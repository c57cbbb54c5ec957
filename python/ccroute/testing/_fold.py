"""What signals add up to, to be compared with a snapshot; and how a contact's story may go."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

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
    HeldContact,
    OfferFailed,
    OfferSignal,
    Parked,
    PartyJoined,
    PartyLeft,
    PlatformSnapshot,
    PutOnHold,
    RecordingSeen,
    Ring,
    Ringing,
    SentAway,
    Signal,
    TakenOffHold,
)

Heard = Signal | PlatformSnapshot

_STEPS = {Dialled: "dialling", Ringing: "ringing", Answered: "answered"}
_RECORDED = {"started": "started", "resumed": "started", "paused": "paused"}
_ORDER = ("dialling", "ringing", "answered", "bridged")


@attrs.define
class Known:
    """A contact as far as the signals tell: its agent, whether it is on hold and whether it is
    parked, its offers, who else is in the conversation, what is recorded. ``calling``: it is being
    called back."""

    agent: str | None = None
    on_hold: bool = False
    parked: bool | None = False
    offers: dict[int, str] = attrs.Factory(dict)
    parties: dict[str, str] = attrs.Factory(dict)
    recordings: dict[str, str] = attrs.Factory(dict)
    calling: bool = False

    @classmethod
    def of(cls, it: HeldContact) -> "Known":
        """What a snapshot says."""
        return cls(
            agent=it.agent,
            on_hold=it.on_hold,
            parked=it.parked,
            offers={one.offer: one.state for one in it.offers},
            parties={one.agent: one.role for one in it.parties},
            recordings={one.id: one.state for one in it.recordings},
            calling=it.calling,
        )


class Fold:
    """The state that signals and snapshots add up to.

    ``rings``: the `Ring` of each offer, because signals about an offer need not name its contact;
    ``called``: the ids of contacts that were called back.
    """

    def __init__(
        self, heard: Iterable[Heard], rings: Mapping[int, Ring], called: Collection[str] = ()
    ) -> None:
        self.contacts: dict[str, Known] = {}
        self._rings = rings
        self._called = called
        for it in heard:
            self._hear(it)

    def differences(self, snapshot: PlatformSnapshot) -> list[str]:
        """In which the snapshot says something else than the signals."""
        held = {it.contact: Known.of(it) for it in snapshot.contacts}
        told = []
        if len(held) < len(snapshot.contacts):
            told.append("the snapshot has a contact twice")
        for contact in sorted(held.keys() | self.contacts.keys()):
            ours, theirs = self.contacts.get(contact), held.get(contact)
            if ours is None and theirs is not None and theirs.calling:
                continue  # nothing is told before somebody rings
            if ours is not None and theirs is not None and theirs.parked is None:
                ours.parked = None  # it cannot tell
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
            case Bridged() if it.contact in self._called:
                self._hear_contact(it, self.contacts.setdefault(it.contact, Known()))
            case ContactSignal() if it.contact in self.contacts:
                self._hear_contact(it, self.contacts[it.contact])

    def _hear_contact(self, it: ContactSignal, known: Known) -> None:
        match it:
            case Bridged():
                known.agent, known.parked, known.calling = it.agent, False, False
                if it.offer is not None:
                    known.offers[it.offer] = "bridged"
            case PutOnHold():
                known.on_hold = True
            case TakenOffHold():
                known.on_hold = False
            case PartyJoined():
                known.parties[it.agent] = it.role
            case PartyLeft():
                known.parties.pop(it.agent, None)
            case RecordingSeen():
                known.recordings.pop(it.recording, None)
                if it.state in _RECORDED:
                    known.recordings[it.recording] = _RECORDED[it.state]
            case _:
                self._hear_end(it, known)

    def _hear_end(self, it: ContactSignal, known: Known) -> None:
        match it:
            case SentAway(to=str(agent)):
                # The others, and what is recorded, stay.
                known.parties.pop(agent, None)
                parties, recordings = known.parties, known.recordings
                self._conversation_over(known)
                known.agent, known.parties, known.recordings = agent, parties, recordings
            case SentAway() | Disconnected() | Abandoned():
                self._conversation_over(known)
            case Parked():
                self._conversation_over(known)
                known.parked = True

    def _hear_offer(self, it: OfferSignal) -> None:
        ring = self._rings.get(it.offer)
        if ring is not None and ring.callback and isinstance(it, Dialled):
            self.contacts.setdefault(ring.contact, Known(calling=True))
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
        known.parties, known.recordings = {}, {}
        known.offers = {offer: state for offer, state in known.offers.items() if state != "bridged"}

    def _start_from(self, snapshot: PlatformSnapshot) -> None:
        if snapshot.complete:
            self.contacts.clear()
        for it in snapshot.contacts:
            self.contacts[it.contact] = Known.of(it)


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
