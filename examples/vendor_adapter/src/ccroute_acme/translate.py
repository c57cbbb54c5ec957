"""What the PBX's words mean: events become signals, and lists snapshots. No socket, no clock."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

import attrs

from ccroute.adapters import (
    Abandoned,
    AgentAsked,
    Answered,
    Arrived,
    Bridged,
    CustomerFailed,
    DeviceSeen,
    Dialled,
    Disconnected,
    Ended,
    HeldContact,
    HeldOffer,
    HeldParty,
    HeldRecording,
    OfferFailed,
    OfferSignal,
    Parked,
    PartyJoined,
    PartyLeft,
    PlatformSnapshot,
    PutOnHold,
    RecordingSeen,
    Ringing,
    SentAway,
    Signal,
    TakenOffHold,
    Unmapped,
)
from ccroute_acme.codec import Json, Message
from ccroute_acme.messages import (
    maybe_text,
    maybe_whole,
    number,
    only_values,
    table,
    tables,
    text,
    whole,
)

DEVICES = {"idle": "available", "busy": "in_use", "ringing": "ringing", "gone": "unreachable"}
WISHES = {"*11": "sign_in", "*12": "sign_out", "*21": "ready", "*22": "not_ready"}
REASONS = {
    "no_answer": "no_answer", "busy": "busy", "rejected": "rejected",
    "unreachable": "unreachable", "hung_up": "rejected",
}  # fmt: skip
"""Why a leg went, in the contract's words. What is not here we dropped ourselves."""
NOT_REACHED = {
    "no_answer": "no_answer", "busy": "busy", "unreachable": "unreachable", "hung_up": "busy",
}  # fmt: skip
"""Why a customer went who was called back: who hangs up instead of answering is busy."""
Made = TypeVar("Made", bound=OfferSignal)


@attrs.define(kw_only=True)
class Leg:
    """A phone that was dialled for a call. ``role``: agent, consult, conference or spy; ``offer``
    is ``None`` for who was consulted or spies.

    All but the state is in the tags that the PBX keeps, so that we find it again.
    """

    id: str
    agent: str
    role: str = "agent"
    state: str = "dialling"
    bridge: str | None = None
    offer: int | None = None
    tenant: str | None = None
    ring: str | None = None

    def tags(self) -> dict[str, Json]:
        """What the PBX is to keep with it."""
        return {"agent": self.agent, "offer": self.offer, "tenant": self.tenant, "ring": self.ring}

    @property
    def party(self) -> str:
        """As what it is in a conversation."""
        return "monitor" if self.role == "spy" else self.role

    def told(self, kind: Callable[..., Made], contact: str, **more: str) -> Made:
        """A signal about it, for its offer."""
        return kind(offer=self.offer, tenant=self.tenant, contact=contact, **more)


@attrs.define(kw_only=True)
class Call:
    """A customer. ``contact``: the id that stays; ``id``: what the PBX calls it now; ``winner``:
    the leg it is, or is being, joined with; ``waits``: parked; ``calling``: it is called back, and
    not in a bridge yet."""

    contact: str
    id: str
    legs: dict[str, Leg] = attrs.Factory(dict)
    bridge: str | None = None
    winner: str | None = None
    waits: bool = False
    calling: bool = False

    @property
    def partner(self) -> Leg | None:
        """Whom the customer speaks with."""
        leg = self.legs.get(self.winner or "")
        return leg if leg is not None and self.bridge is not None else None

    @property
    def parties(self) -> list[Leg]:
        """Who else is in the conversation."""
        there = [leg for leg in self.legs.values() if leg.bridge and leg.bridge == self.bridge]
        return [leg for leg in there if leg.offer is None and leg is not self.partner]


class Translator:
    """Knows what is going on at the PBX, as far as it was told.

    ``strays``: legs that ring for nobody any more; whoever holds the socket drops them.
    """

    def __init__(self, counters: Counter[str]) -> None:
        self.calls: dict[str, Call] = {}
        self.strays: list[str] = []
        self._counters = counters
        self._now = 0.0
        self._words: Mapping[str, Callable[[Message], Iterator[Signal]]] = {
            "call_in": self._call_in,
            "call_open": self._call_open,
            "calls_out": lambda event: iter(()),  # as we asked
            "call_waits": self._call_waits,
            "call_gone": self._call_gone,
            "leg_new": self._leg_new,
            "leg_rings": self._leg_rings,
            "leg_up": self._leg_up,
            "leg_gone": self._leg_gone,
            "in_bridge": self._in_bridge,
            "held": lambda event: self._about(event, lambda it: PutOnHold(contact=it)),
            "unheld": lambda event: self._about(event, lambda it: TakenOffHold(contact=it)),
            "redirected": lambda event: self._about(
                event, lambda it: SentAway(contact=it, kind="blind")
            ),
            "conferenced": self._conferenced,
            "handed_over": self._handed_over,
            "recording": self._recording,
            "renamed": self._renamed,
            "phone": self._phone,
            "code": self._code,
            "lamp": lambda event: iter(()),  # also our own: it would come back for ever
        }

    def call_of(self, contact: str) -> Call | None:
        """The call of a contact, by the id that stays."""
        return next((call for call in self.calls.values() if call.contact == contact), None)

    def open(self, contact: str) -> None:
        """A customer is to be called back: from now on there is a call of this id."""
        if self.call_of(contact) is None:
            self.calls[contact] = Call(contact=contact, id=contact, calling=True)

    def hear(self, event: Message, now: float) -> list[Signal]:
        """The signals of an event.

        Raises:
            Malformed: a field is not as it should be.
        """
        self._now = now
        name = text(event, "ev")
        at, place = number(event, "t"), whole(event, "n")
        if name not in self._words:
            self._counters["unmapped"] += 1
            return [Unmapped(what=name, at=at, number=place)]
        return [attrs.evolve(it, at=at, number=place) for it in self._words[name](event)]

    # -- Customers ----------------------------------------------------------------------

    def _call_in(self, event: Message) -> Iterator[Signal]:
        call = Call(contact=text(event, "first"), id=text(event, "call"))
        arrived = _arrived(event, self._now - max(number(event, "t") - number(event, "since"), 0.0))
        self.calls[call.id] = call
        yield arrived

    def _call_open(self, event: Message) -> Iterator[Signal]:
        self.open(text(event, "first"))
        return iter(())

    def _call_waits(self, event: Message) -> Iterator[Signal]:
        if call := self._call(event):
            if call.partner is not None:
                # The conversation is over, and all phones in it go: nothing more of them.
                call.legs = {it.id: it for it in call.legs.values() if it.bridge != call.bridge}
            call.bridge = call.winner = None
            call.waits = True
            yield Parked(contact=call.contact)

    def _call_gone(self, event: Message) -> Iterator[Signal]:
        call = self._call(event)
        if call is None:
            return
        del self.calls[call.id]
        why = text(event, "why")
        contact = call.contact
        # What we asked for and did not hear of yet was not dialled.
        left = [it for it in call.legs.values() if it.offer is not None and it.state != "asked"]
        if call.partner is not None:
            if why != "redirected":
                by = "customer" if why == "hung_up" else "system"
                yield Disconnected(contact=contact, by=by)
            left = [leg for leg in left if leg.id != call.winner]
        elif call.calling and why in NOT_REACHED:
            yield CustomerFailed(contact=contact, reason=NOT_REACHED[why])
        elif why == "hung_up":
            yield Abandoned(contact=contact, phase=_phase(left))
        for leg in left:
            reason = "caller_gone" if why in NOT_REACHED else "cancelled"
            yield leg.told(OfferFailed, contact, reason=reason)
        # The PBX ends a bridge with all in it; a phone that rings it lets ring.
        self.strays += [it.id for it in call.legs.values() if it.bridge is None or not call.bridge]
        cause = "failed" if call.calling else "hangup"
        yield Ended(contact=contact, cause="transferred" if why == "redirected" else cause)

    def _renamed(self, event: Message) -> Iterator[Signal]:
        if call := self.calls.pop(text(event, "was"), None):
            call.id = text(event, "call")
            self.calls[call.id] = call
        return iter(())

    # -- Phones -------------------------------------------------------------------------

    def _leg_new(self, event: Message) -> Iterator[Signal]:
        call, leg = self._call(event), _leg(event, "dialling")
        if call is None:
            self.strays.append(leg.id)
            return
        call.legs[leg.id] = leg
        if leg.offer is not None:
            yield leg.told(Dialled, call.contact)

    def _leg_rings(self, event: Message) -> Iterator[Signal]:
        call, leg = self._found(event)
        if call is not None and leg is not None:
            leg.state = "ringing"
            if leg.offer is not None:
                yield leg.told(Ringing, call.contact)

    def _leg_up(self, event: Message) -> Iterator[Signal]:
        call, leg = self._found(event)
        if call is not None and leg is not None:
            leg.state = "answered"
            if leg.offer is not None:
                yield leg.told(Answered, call.contact)

    def _leg_gone(self, event: Message) -> Iterator[Signal]:
        call, leg = self._found(event)
        if call is None or leg is None:
            return
        why = text(event, "why")
        partner, lost = call.partner, call.winner not in {None, leg.id}
        del call.legs[leg.id]
        if leg is partner:
            call.bridge = call.winner = None
            # Those who listened or were consulted go with the conversation.
            call.legs = {it.id: it for it in call.legs.values() if it.bridge != leg.bridge}
            yield Disconnected(contact=call.contact, by="agent" if why == "hung_up" else "system")
        elif leg.offer is not None:
            reason = REASONS.get(why) or ("lost_race" if lost else "cancelled")
            yield leg.told(OfferFailed, call.contact, reason=reason)
        else:
            yield PartyLeft(contact=call.contact, agent=leg.agent)

    # -- Conversations ------------------------------------------------------------------

    def _in_bridge(self, event: Message) -> Iterator[Signal]:
        bridge = text(event, "bridge")
        if "call" in event:
            if call := self._call(event):
                call.bridge = bridge
                leg = next((it for it in call.legs.values() if it.bridge == bridge), None)
                # The leg came first; now both are in it.
                if leg is not None:
                    call.winner, leg.state = leg.id, "bridged"
                    call.waits = call.calling = False
                    yield Bridged(contact=call.contact, agent=leg.agent, offer=leg.offer)
            return
        call, leg = self._found(event)
        if call is not None and leg is not None:
            leg.bridge = bridge
            if leg.offer is None:
                yield PartyJoined(contact=call.contact, agent=leg.agent, role=leg.party)

    def _conferenced(self, event: Message) -> Iterator[Signal]:
        call, leg = self._found(event)
        if call is not None and leg is not None:
            leg.role = "conference"
            yield PartyJoined(contact=call.contact, agent=leg.agent, role=leg.party)

    def _handed_over(self, event: Message) -> Iterator[Signal]:
        call, leg = self._found(event)
        if call is not None and leg is not None:
            call.legs.pop(call.winner or "", None)
            call.winner, leg.role = leg.id, "agent"
            yield SentAway(contact=call.contact, kind="consult", to=leg.agent)

    def _recording(self, event: Message) -> Iterator[Signal]:
        if call := self._call(event):
            recording, state = text(event, "recording"), text(event, "state")
            yield RecordingSeen(contact=call.contact, recording=recording, state=state)

    def _about(self, event: Message, made: Callable[[str], Signal]) -> Iterator[Signal]:
        if call := self._call(event):
            yield made(call.contact)

    # -- Agents -------------------------------------------------------------------------

    def _phone(self, event: Message) -> Iterator[Signal]:
        device = DEVICES.get(text(event, "state"), "unknown")
        yield DeviceSeen(agent=text(event, "user"), device=device)

    def _code(self, event: Message) -> Iterator[Signal]:
        wish = WISHES.get(text(event, "code"))
        if wish is not None:
            yield AgentAsked(agent=text(event, "user"), wish=wish)

    # -- Lists --------------------------------------------------------------------------

    def snapshot(
        self, listed: Message, taken_at: float, epoch: int, now: float
    ) -> PlatformSnapshot:
        """What a list says."""
        _, held = _read_list(listed, now)
        phones = [(text(it, "user"), text(it, "state")) for it in tables(listed, "phones")]
        return PlatformSnapshot(
            taken_at=taken_at,
            epoch=epoch,
            contacts=held,
            devices=tuple((user, DEVICES.get(state, "unknown")) for user, state in phones),
        )

    def start_from(self, listed: Message, now: float) -> None:
        """Forgets what it knew: a list says all."""
        calls, _ = _read_list(listed, now)
        self.calls = {call.id: call for call in calls}
        legs = {leg_id for call in calls for leg_id in call.legs}
        self.strays = [text(it, "leg") for it in tables(listed, "legs") if it["leg"] not in legs]

    def _call(self, event: Message) -> Call | None:
        return self.calls.get(text(event, "call"))

    def _found(self, event: Message) -> tuple[Call | None, Leg | None]:
        """The leg of an event and its call, if there still is any."""
        name = text(event, "leg")
        call = next((call for call in self.calls.values() if name in call.legs), None)
        return call, call.legs[name] if call else None


def _read_list(listed: Message, now: float) -> tuple[list[Call], list[HeldContact]]:
    calls, held = [], []
    legs = [(text(it, "call"), _leg(it, text(it, "state"))) for it in tables(listed, "legs")]
    for it in tables(listed, "calls"):
        call = Call(contact=text(it, "first"), id=text(it, "call"), bridge=maybe_text(it, "bridge"))
        call.legs = {leg.id: leg for of, leg in legs if of == call.id}
        call.waits = text(it, "state") in {"waiting", "joining"} and it.get("outgoing") is not True
        call.calling = it.get("outgoing") is True and call.bridge is None
        for leg in call.legs.values():
            if leg.role == "agent" and call.bridge is not None and leg.bridge == call.bridge:
                call.winner, leg.state = leg.id, "bridged"
        calls.append(call)
        held.append(_held(it, call, now - max(number(listed, "now") - number(it, "since"), 0.0)))
    return calls, held


def _held(told: Message, call: Call, entered_at: float) -> HeldContact:
    return HeldContact(
        arrival=_arrived(told, entered_at),
        agent=call.partner.agent if call.partner else None,
        on_hold=told.get("on_hold") is True,
        parked=call.waits,
        calling=call.calling,
        parties=[HeldParty(agent=leg.agent, role=leg.party) for leg in call.parties],
        recordings=[
            HeldRecording(id=name, state="paused" if state == "paused" else "started")
            for name, state in table(told, "recordings").items()
        ],
        offers=[
            HeldOffer(
                offer=leg.offer, agent=leg.agent, state=leg.state, tenant=leg.tenant,
                instruction=leg.ring,
            )
            for leg in call.legs.values()
            if leg.offer is not None
        ],
    )  # fmt: skip


def _arrived(told: Message, entered_at: float) -> Arrived:
    tags = table(told, "tags")
    return Arrived(
        contact=text(told, "first"), caller=text(told, "from") or None,
        dialled=text(told, "to") or None,
        entered_at=entered_at, tenant=maybe_text(tags, "tenant"), queue=maybe_text(tags, "queue"),
        attributes=only_values(table(tags, "attributes").items()) or None,
    )  # fmt: skip


def _leg(told: Message, state: str) -> Leg:
    tags = table(told, "tags")
    return Leg(
        id=text(told, "leg"), role=text(told, "role"), bridge=maybe_text(told, "bridge"),
        state="answered" if state == "up" else state, agent=text(tags, "agent"),
        offer=maybe_whole(tags, "offer"), tenant=maybe_text(tags, "tenant"),
        ring=maybe_text(tags, "ring"),
    )  # fmt: skip


def _phase(left: list[Leg]) -> str:
    if any(leg.state == "answered" for leg in left):
        return "connecting"
    return "offering" if left else "waiting"
