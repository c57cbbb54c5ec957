"""Calls of app_queue that are followed by AMI: what is known of each while it lives, and what
becomes of it once that is clear. What single events mean stands in `translate`.
"""

from collections import deque
from collections.abc import Callable, Mapping

import attrs

from ccroute import ContactTransferred
from ccroute_asterisk.ami.codec import Packet
from ccroute_asterisk.ami.offers import Fate, Offer, close
from ccroute_asterisk.calls import Calls, Contact, Phase

_GRACE = 1.0
"""Seconds within which the reason for a caller's leaving follows it; milliseconds in truth."""
_REMEMBERED = 60.0
"""Seconds for which a call that hung up is still known, should a log's line speak of it."""
_FORGOTTEN = 3600.0
_SWEPT_EVERY = 4096
"""Callers between two sweeps for what lasted longer than that many seconds."""
BEHIND = 2.0
"""Seconds; what is further behind than this was not overtaken: the clock was set."""


@attrs.define
class Call:
    """A call that is followed."""

    contact: Contact
    offers: dict[str, Offer] = attrs.field(factory=dict)
    # Of the agent it is with.
    leg: str = ""
    interface: str = ""
    # The customer's own channel: another than it came with, if a Local one stepped aside.
    channel: str = attrs.field(default=attrs.Factory(lambda call: call.contact.id, takes_self=True))
    # Who asked first to end it; whether the customer is out of the bridge.
    first: str | None = None
    apart: bool = False
    held: bool = False
    # Since when it has been out of the queue for a reason to be told, and told as abandoned.
    leaving: float | None = None
    abandoned: bool = False

    def is_answered(self) -> bool:
        """Whether an agent took a phone that rings for it."""
        return any(offer.answered for offer in self.offers.values())


class Following:
    """Tells ``calls``, which others may tell too."""

    def __init__(self, calls: Calls) -> None:
        self.calls = calls
        self._live: dict[str, Call] = {}
        self._legs: dict[str, Call] = {}
        self._talking: dict[str, Call] = {}  # by the interface of the agent
        self._leaving: dict[str, Call] = {}
        self._asked: dict[str, str] = {}  # the queue that a channel was sent to
        self._entered = 0
        self._over: deque[tuple[float, str]] = deque()
        self.recall: Callable[[str], None] = lambda uniqueid: None
        """Asked before a call is adopted: another source may know of it."""
        self.agent_at: Callable[[str], str] = lambda channel: channel
        """Asked who is at a channel, by its name."""
        self.now = 0.0
        """The time of the latest event, by Asterisk's clock."""

    def _follows(self, uniqueid: str) -> bool:
        return (
            uniqueid in self._legs
            or uniqueid in self._live
            or uniqueid in self.calls.contacts
            or uniqueid in self._asked
        )

    def time_of(self, packet: Packet, heard_at: float) -> float:
        """When it happened, by Asterisk's clock; never a little before what was told earlier,
        for events overtake each other by a millisecond."""
        try:
            at = float(packet.value("Timestamp") or heard_at)
        except ValueError:
            at = heard_at
        if self.now - BEHIND < at < self.now:
            return self.now
        self.now = at
        return at

    def advance(self, at: float) -> None:
        """It is ``at``, by Asterisk's clock: what had to be told by now was not."""
        late = [
            it
            for it in self._leaving.values()
            # What the dialplan does between the answer and AgentConnect takes its time.
            if at - (it.leaving or 0.0) > _GRACE and not it.is_answered()
        ]
        for call in late:
            if call.contact.phase is Phase.WAITING:
                # Alive, and no reason given: moved if Asterisk says abandoned, else by a key.
                self._left(call, "transferred" if call.abandoned else "exited_by_key")
            else:  # another source told more
                del self._leaving[call.contact.id]

    def told(self, uniqueid: str, cause: str) -> bool:
        """Another source tells why a call left that is out of the queue; whether it is."""
        call = self._leaving.get(uniqueid)
        if call is not None:
            self._left(call, cause)
        return call is not None

    def is_leaving(self, uniqueid: str) -> bool:
        """Whether the call is out of its queue, for a reason that is still to be told."""
        return uniqueid in self._leaving

    def channel_of(self, uniqueid: str) -> str:
        """The customer's channel in the call that came with this one."""
        call = self._live.get(uniqueid)
        return uniqueid if call is None else call.channel

    def take_over(self, interfaces: Mapping[str, str]) -> None:
        """Follows from now on what another source told of. ``interfaces``: by agent."""
        for uniqueid, contact in self.calls.contacts.items():
            if uniqueid in self._live or (call := self._call(uniqueid)) is None:
                continue
            if contact.phase is Phase.ENGAGED:
                call.interface = interfaces.get(contact.agent or "", "")
                self._talking[call.interface] = call

    def forget_all(self) -> None:
        """Asterisk started anew: nothing of before is there."""
        for known in (self._live, self._legs, self._talking, self._leaving, self._asked):
            known.clear()

    # Visits

    def _replace(self, old: str, new: str) -> None:
        """The channel ``new`` takes the place of ``old``, which is about to hang up."""
        call = self._legs.get(old)
        if call is not None and call.leg == old:
            call.leg = new
            self._legs[new] = self._legs.pop(old)
        elif (call := self._live.get(old)) is not None and call.channel == old:
            call.channel = new
            self._live[new] = call

    def _call(self, uniqueid: str) -> Call | None:
        """A call that is followed, or was told of by another source and is now."""
        call = self._live.get(uniqueid)
        if call is None:
            contact = self.calls.contacts.get(uniqueid)
            if contact is not None and contact.phase is not Phase.GONE:
                call = self._live[uniqueid] = Call(contact)
        return call

    def _enter(self, uniqueid: str, queue: str, at: float) -> Call:
        self._entered += 1
        if self._entered % _SWEPT_EVERY == 0:
            self._sweep(at)
        call = self._live[uniqueid] = Call(self.calls.enter(uniqueid, queue, at))
        return call

    def _known(self, packet: Packet, at: float, *before: str) -> Call | None:
        """The call of an event; one never seen is adopted. ``before``: the fields of seconds
        that had passed since it entered."""
        uniqueid = packet.value("Uniqueid")
        call = self._call(uniqueid)
        if call is None or ("TalkTime" in before and call.contact.phase is Phase.WAITING):
            self.recall(uniqueid)
            call = self._call(uniqueid)
        if call is None and uniqueid:
            entered = max(at - sum(seconds(packet.value(name)) for name in before), 0.0)
            contact = self.calls.contacts.get(uniqueid)
            if contact is not None and contact.gone_at > entered:
                return None  # about the visit that is over
            call = self._enter(uniqueid, packet.value("Queue"), entered)
            call.contact.adopted = True
        return call

    def _left(self, call: Call, cause: str | None, at: float | None = None) -> None:
        """The visit is over, and the customer did not give up waiting."""
        moment = at if call.leaving is None else call.leaving
        moment = self.now if moment is None else moment
        self._leaving.pop(call.contact.id, None)
        self._close_offers(call, moment, Fate.GONE)
        if call.contact.phase is Phase.ENGAGED:
            self._part(call)
        self.calls.end(call.contact, moment, cause)

    def _sweep(self, at: float) -> None:
        """Forgets what nobody will speak of any more: where the user may not read the class
        `call`, no channel is ever told to hang up."""
        for uniqueid, contact in list(self.calls.contacts.items()):
            if contact.phase is Phase.GONE and contact.gone_at < at - _FORGOTTEN:
                del self.calls.contacts[uniqueid]
        contacts = self.calls.contacts
        self._live = {key: it for key, it in self._live.items() if it.contact.id in contacts}
        live = {id(call) for call in self._live.values()}
        self._legs = {leg: call for leg, call in self._legs.items() if id(call) in live}
        while len(self._asked) > _SWEPT_EVERY:
            del self._asked[next(iter(self._asked))]

    def _remember(self, uniqueid: str, at: float) -> None:
        self._over.append((at, uniqueid))
        while self._over[0][0] < at - _REMEMBERED:
            _, old = self._over.popleft()
            if (contact := self.calls.contacts.get(old)) and contact.phase is Phase.GONE:
                del self.calls.contacts[old]

    # Offers and conversations

    def _ring(self, call: Call, packet: Packet, since: float) -> Offer:
        leg, agent = packet.value("DestUniqueid"), agent_of(packet)
        at = max(since, call.contact.entered)
        number = self.calls.offer(call.contact, agent, at)
        offer = Offer(leg, agent, packet.value("Interface"), number, at)
        for old in [it for it in call.offers.values() if it.agent == agent]:
            del call.offers[old.leg]  # over by now, as another source told
        call.offers[leg], self._legs[leg] = offer, call
        return offer

    def _miss(self, call: Call, offer: Offer, at: float, fate: Fate) -> None:
        contact = call.contact
        rang = contact.ringing.get(offer.agent) == offer.number
        close(self.calls, contact, offer, at, fate)
        if rang and not contact.ringing and call.leaving is None:
            self.calls.requeue(contact, at, fate.value)

    def _close_offers(self, call: Call, at: float, fate: Fate) -> None:
        for offer in call.offers.values():
            close(self.calls, call.contact, offer, at, fate)
            self._legs.pop(offer.leg, None)
        call.offers.clear()

    def _release(self, call: Call, at: float, by: str | None) -> None:
        self._part(call)
        self.calls.end(call.contact, at, by)

    def _part(self, call: Call) -> None:
        self._legs.pop(call.leg, None)
        if self._talking.get(call.interface) is call:
            del self._talking[call.interface]

    def _transferred(self, call: Call, at: float) -> None:
        """The agent passed it on; where to, no event says in the words of a queue."""
        self._part(call)
        of = self.calls.of(call.contact, at, call.contact.agent)
        self.calls.close(call.contact, ContactTransferred(**of, cause="agent"))


def agent_of(packet: Packet) -> str:
    """The agent an event is about."""
    return packet.value("MemberName") or packet.value("Interface")


def seconds(text: str) -> float:
    """A length of time as Asterisk writes it; nothing where it is none."""
    return float(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0.0
