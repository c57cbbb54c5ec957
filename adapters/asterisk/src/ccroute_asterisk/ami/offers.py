"""Agents' phones that ring for one call, as AMI tells of them, and how each came to nothing."""

from enum import Enum

import attrs

from ccroute import OfferDeclined, OfferLost
from ccroute_asterisk.calls import Calls, Contact

# Causes of a hang-up, by ITU-T Q.850.
_BUSY, _REJECTED = 17, 21
# Nobody's phone rang: no route, out of order, no circuit, congestion, not there.
_UNREACHABLE = frozenset({1, 2, 3, 20, 27, 34, 38, 41, 42, 44, 47, 50, 57, 58, 63, 66})


class Fate(Enum):
    """How an offer came to nothing; the value is why the contact waits again."""

    MISSED = "missed"
    BUSY = "busy"
    UNREACHABLE = "unreachable"
    DECLINED = "declined"
    FAILED = "failed"
    GONE = "customer"  # the customer, by hanging up or by a key
    LOST = "lost"


@attrs.define
class Offer:
    """A phone that rings. ``leg``: its channel's unique id; ``number``: the offer's own."""

    leg: str
    agent: str
    interface: str
    number: int
    at: float
    answered: bool = False
    # What DialEnd said of it, and with which cause its channel was asked to go.
    status: str = ""
    cause: int = 0

    def fate(self) -> Fate:
        """Why it came to nothing, by what its phone said.

        RINGNOANSWER covers busy, rejected, failed and not answered alike.
        """
        if self.status == "BUSY" or self.cause == _BUSY:
            return Fate.BUSY
        if self.cause == _REJECTED:
            return Fate.DECLINED
        if self.status in {"CONGESTION", "CHANUNAVAIL"} or self.cause in _UNREACHABLE:
            return Fate.UNREACHABLE
        return Fate.MISSED


def close(calls: Calls, contact: Contact, offer: Offer, at: float, fate: Fate) -> None:
    """Writes the offer's end."""
    agent, number = offer.agent, offer.number
    of = calls.of(contact, at, agent)
    match fate:
        case Fate.MISSED:
            calls.missed(contact, agent, number, at)
        case Fate.BUSY | Fate.UNREACHABLE:
            calls.missed(contact, agent, number, at, fate.value)
        case Fate.DECLINED:
            calls.refused(contact, OfferDeclined(**of, offer=number))
        case Fate.LOST:
            calls.refused(contact, OfferLost(**of, offer=number))
        case Fate.FAILED | Fate.GONE:
            calls.withdrawn(contact, agent, number, at, fate.value)
    calls.free_since[agent] = at
