"""How it ends: customers and legs that go, and what is told and done of who is left.

Whatever ends twice is told once: the first word of a hang-up, its last, a reply that says that
somebody is gone, and an order may all come to the same.
"""

from ccroute.adapters import (
    Abandoned,
    Disconnected,
    Ended,
    OfferFailed,
    PartyLeft,
    SentAway,
)
from ccroute_asterisk.ari import calling_back, errands, recording
from ccroute_asterisk.ari.calls import Call, Leg
from ccroute_asterisk.ari.known import Known
from ccroute_asterisk.ari.translate import CAUSES

REMEMBERED = 10_000
"""How many contacts that are gone are remembered, so that no id is used twice."""


class Going(Known):
    """What is known, and the ends of it."""

    def customer_leaves(self, call: Call) -> None:
        """The customer hangs up; told at the first word of it, and once."""
        if call.is_over():
            return
        call.leaving = True
        offered = list(call.offered())
        if call.bridged:
            self.part(call, "customer")
        else:
            self.tell(Abandoned(contact=call.contact, phase=_phase(offered)))
        self.release_legs(call, "caller_gone")

    def release_legs(self, call: Call, reason: str) -> None:
        """All phones are let go; offers that were dialled failed, for ``reason``."""
        for leg in call.offered():
            self.tell(leg.told(OfferFailed, reason=reason))
        for leg in list(call.legs.values()):
            leg.cancelled = leg.over = True
            if leg.state != "asked" and not leg.leaving:
                self.send(errands.hang_up(leg.id))

    def gone(self, call: Call, cause: str = "hangup") -> None:
        """The customer is gone from us; nothing about it follows."""
        if self.contacts.pop(call.contact, None) is None:
            return
        self.calls.pop(call.channel, None)
        self.inside.get(call.bridge or "", set()).discard(call.channel)
        self.homes.leave(call.channel)
        if call.channel:
            self.departed[call.channel] = self.departed.get(call.channel, 1)
        while len(self.departed) > REMEMBERED:
            self.departed.popitem(last=False)
        recording.not_given(self, call)
        if call.ending == "lost":
            cause = "system_lost"
        if call.ending in {"transferred", "taken"}:
            cause = "transferred"
            if call.ending == "transferred":
                self.tell(SentAway(contact=call.contact, kind="blind"))
        if call.bridged and cause != "transferred":
            self.part(call, "system")
        self.release_legs(call, "cancelled")
        for leg in call.legs.values():
            if leg.state == "asked":
                self.legs.pop(leg.id, None)
        if call.talk is not None:
            self.send(errands.destroy(call.talk))
        self.tell(Ended(contact=call.contact, cause=cause))

    def part(self, call: Call, by: str) -> None:
        """A conversation is over, because of ``by``: customer, agent or system; told once."""
        if not call.parted:
            call.parted = True
            recording.not_given(self, call)
            self.tell(Disconnected(contact=call.contact, by=by))

    def pass_on(self, call: Call, first: Leg, second: Leg) -> None:
        """The second agent has the customer; from here on the first one's leg is nobody's news."""
        first.cancelled = first.over = True
        second.role, second.invited = "agent", False
        call.winner, call.hold = second.id, None
        self.last_contact[second.agent] = call.contact
        self.tell(SentAway(contact=call.contact, kind="consult", to=second.agent))

    def leg_leaves(self, leg: Leg, by: str = "agent") -> None:
        """A leg hangs up, because of ``by``: agent or system."""
        call = self.call_of(leg)
        leg.leaving = True
        if call is not None and call.winner == leg.id and call.bridged and not call.is_over():
            if (heir := call.heir) is not None:
                self.pass_on(call, leg, heir)
                self.send(errands.tag(heir), errands.back_to_talk(call))
                return
            # Whoever is left alone is let go.
            call.ending = "agent"
            self.part(call, "system" if leg.cancelled else by)
            leg.over = True
            self.release_legs(call, "cancelled")
            self.send(errands.hang_up(call.channel))

    def leg_gone(self, leg: Leg, cause: int) -> None:
        """A leg is gone; ``cause`` of Q.850."""
        self.leg_leaves(leg)
        self.legs.pop(leg.id, None)
        if leg.ear is not None:
            self.send(errands.destroy(leg.ear), errands.hang_up(self.ids.snoop(leg.id)))
        call = self.call_of(leg)
        if call is None:
            return
        call.legs.pop(leg.id, None)
        if leg.offer is None:
            if not (leg.over or call.is_over()):
                self.tell(PartyLeft(contact=call.contact, agent=leg.agent))
            if leg.role == "consult" and call.hold == "consult" and not call.is_over():
                self.send(errands.back_to_talk(call))
            return
        if not leg.over:
            leg.over = True
            reason = _reason(leg, call, cause)
            self.tell(leg.told(OfferFailed, reason=reason))
        if call.calling:
            if not any(it.offer is not None for it in call.legs.values()) and not call.is_over():
                calling_back.over(self, call)
        elif call.winner == leg.id and not call.bridged:
            call.winner = None
            self.send(errands.back_to_wait(self, call))


def _phase(offered: list[Leg]) -> str:
    if any(leg.state == "answered" for leg in offered):
        return "connecting"
    return "offering" if offered else "waiting"


def _reason(leg: Leg, call: Call, cause: int) -> str:
    lost = leg.state == "answered" and call.winner not in {None, leg.id}
    if lost:
        return "lost_race"
    if leg.cancelled:
        return "error" if leg.failed else "cancelled"
    if leg.state == "answered":
        return "rejected"
    # Of who hangs up while it is dialled Asterisk forgets why, and says that all is normal.
    return CAUSES.get(cause if cause not in {0, 16} else leg.cause or cause, "error")
