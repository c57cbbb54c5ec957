"""Callers, phones and legs of the simulated cloud: what a telephone network would do."""

import asyncio
import itertools
from collections.abc import Callable, Mapping

import attrs

from ccroute.adapters import Time
from ccroute.testing._cloud._messages import Json

Told = Callable[["Call", str, Mapping[str, Json]], None]


@attrs.define
class AgentLeg:
    """A leg to an agent, under the label that its maker chose. ``state``: dialling, ringing,
    answered or bridged."""

    label: str
    address: str
    tags: dict[str, Json]
    state: str = "dialling"
    alarm: "asyncio.Task[None] | None" = None


@attrs.define
class Call:
    """A caller. ``bridge``: the label of the leg that it talks with; ``treatment``: what it gets
    while it waits."""

    contact: str
    caller: str
    dialled: str
    entered_at: float
    seq: int = 0
    waits: bool = False
    treatment: str | None = None
    held: bool = False
    bridge: str | None = None
    attributes: dict[str, Json] = attrs.Factory(dict)
    legs: dict[str, AgentLeg] = attrs.Factory(dict)


class Telephony:
    """The calls there are. ``tell`` hears of everything, in order."""

    def __init__(self, time: Time, tell: Told) -> None:
        self._time, self._tell = time, tell
        self._serial = itertools.count(1)
        self.calls: dict[str, Call] = {}
        self.outside: dict[str, str] = {}
        """Contacts that were sent away, and where to."""
        self._phones: dict[str, str] = {}
        self._labels: set[str] = set()

    # Callers -----------------------------------------------------------------------------

    def arrive(self, *, caller: str, dialled: str, entered_at: float) -> str:
        """Somebody calls; the id of the contact."""
        contact = f"CT{next(self._serial):06}"
        call = Call(contact, caller, dialled, entered_at)
        self.calls[contact] = call
        self._tell(call, "contact.arrived", {"caller": caller, "dialled": dialled})
        return contact

    def leave(self, contact: str, *, by: str = "customer", cause: str = "hangup") -> bool:
        """The call ends: the customer hangs up, or the system does. Whether it was there."""
        self.outside.pop(contact, None)
        call = self.calls.get(contact)
        if call is None:
            return False
        if call.bridge is not None:
            self._tell(call, "contact.disconnected", {"by": by})
        elif by == "customer":
            self._tell(call, "contact.left", {})
        self._end(call, cause, "caller_gone" if by == "customer" else "cancelled")
        return True

    def update(self, contact: str, attributes: Mapping[str, Json]) -> None:
        """More is known of the caller."""
        call = self.calls[contact]
        call.attributes |= attributes
        self._tell(call, "contact.updated", attributes)

    # Phones ------------------------------------------------------------------------------

    def set_phone(self, address: str, manner: str) -> None:
        """What a phone does when it is called: rings, busy, rejects or unreachable."""
        self._phones[address] = manner

    def answer(self, address: str) -> None:
        """The agent answers what rings there. The first of a call has it; whoever answers
        later has lost."""
        for call, leg in self._legs_at(address, "ringing"):
            self._quiet(leg)
            if any(other.state in {"answered", "bridged"} for other in call.legs.values()):
                self._drop(call, leg, "lost_race")
            else:
                leg.state = "answered"
                self._tell(call, "leg.answered", self._words(leg))

    def reject(self, address: str) -> None:
        """The agent rejects what rings there."""
        for call, leg in self._legs_at(address, "ringing"):
            self._drop(call, leg, "rejected")

    def hang_up(self, address: str) -> None:
        """The agent hangs up: with a customer there, the conversation is over."""
        for call, leg in self._legs_at(address):
            if leg.label not in call.legs:
                continue  # it went with the conversation of another leg of this phone
            if call.bridge == leg.label:
                self._tell(call, "contact.disconnected", {"by": "agent"})
                self._end(call, "hangup", "cancelled")
            else:
                self._drop(call, leg, "rejected" if leg.state == "ringing" else "error")

    # What is asked of the cloud: status codes ----------------------------------------------

    def dial(
        self, call: Call, label: str, address: str, rings: float, tags: dict[str, Json]
    ) -> int:
        """Calls an agent under a label, which it takes once and never again."""
        if label in self._labels:
            return 409
        self._labels.add(label)
        leg = AgentLeg(label, address, tags)
        call.legs[label] = leg
        self._tell(call, "leg.dialled", self._words(leg))
        manner = self._phones.get(address, "rings")
        if manner != "rings":
            self._drop(call, leg, {"rejects": "rejected"}.get(manner, manner))
            return 201
        leg.state = "ringing"
        self._tell(call, "leg.ringing", self._words(leg))
        leg.alarm = asyncio.ensure_future(self._ring_out(call, leg, self._time.now() + rings))
        return 201

    def cancel(self, call: Call, label: str) -> int:
        """An agent's leg goes; out of a conversation, the customer with it."""
        leg = call.legs.get(label)
        if leg is None:
            return 404
        if call.bridge == label:
            self._tell(call, "contact.disconnected", {"by": "system"})
            self._end(call, "hangup", "cancelled")
        else:
            self._drop(call, leg, "cancelled")
        return 204

    def wait(self, call: Call, attributes: Mapping[str, Json]) -> int:
        """The caller waits, with music; the agent's legs go, but for those that ring."""
        call.attributes |= attributes
        if call.waits:
            return 204
        call.bridge, call.held, call.waits = None, False, True
        for leg in [*call.legs.values()]:
            if leg.state in {"answered", "bridged"}:
                self._drop(call, leg, "cancelled")
        self._tell(call, "contact.waiting", {})
        return 204

    def bridge(self, call: Call, label: str) -> int:
        """Joins the caller with the leg of a label."""
        leg = call.legs.get(label)
        if leg is None:
            return 404
        if call.bridge == label:
            return 204
        if call.bridge is not None or leg.state != "answered":
            return 409
        leg.state, call.bridge, call.waits = "bridged", label, False
        self._tell(call, "contact.bridged", self._words(leg))
        for other in [*call.legs.values()]:
            if other is not leg:
                self._drop(call, other, "lost_race")
        return 204

    def hold(self, call: Call, *, on: bool) -> int:
        """Puts the caller on hold, or takes it off."""
        if call.bridge is None:
            return 409
        if call.held != on:
            call.held = on
            self._tell(call, "contact.held" if on else "contact.resumed", {})
        return 204

    def transfer(self, call: Call, to: str) -> int:
        """Sends the caller away, out of the house: no contact of ours any more."""
        if call.bridge is not None:
            self._tell(call, "contact.transferred", {"to": to})
        self._end(call, "transferred", "cancelled")
        self.outside[call.contact] = to
        return 204

    def lose_everything(self) -> None:
        """All calls are gone, and nobody is told."""
        for call in self.calls.values():
            for leg in call.legs.values():
                self._quiet(leg)
        self.calls.clear()
        self.outside.clear()
        self._labels.clear()

    # -------------------------------------------------------------------------------------

    async def _ring_out(self, call: Call, leg: AgentLeg, until: float) -> None:
        await self._time.sleep_until(until)
        leg.alarm = None
        self._drop(call, leg, "no_answer")

    def _drop(self, call: Call, leg: AgentLeg, reason: str) -> None:
        self._quiet(leg)
        del call.legs[leg.label]
        self._tell(call, "leg.ended", {"label": leg.label, "reason": reason})

    def _end(self, call: Call, cause: str, reason: str) -> None:
        for leg in [*call.legs.values()]:
            self._drop(call, leg, reason)
        self._tell(call, "contact.ended", {"cause": cause})
        del self.calls[call.contact]

    def _quiet(self, leg: AgentLeg) -> None:
        if leg.alarm is not None:
            leg.alarm.cancel()
            leg.alarm = None

    def _legs_at(self, address: str, state: str | None = None) -> list[tuple[Call, AgentLeg]]:
        return [
            (call, leg)
            for call in self.calls.values()
            for leg in call.legs.values()
            if leg.address == address and state in {None, leg.state}
        ]

    def _words(self, leg: AgentLeg) -> dict[str, Json]:
        return {"label": leg.label, "state": leg.state, "tags": leg.tags}
