"""Calls, legs, bridges and phones of the made-up PBX: a state machine, told the time.

Whatever happens is an event in `Exchange.events`, in order; nothing here knows of sessions.
"""

from collections import deque
from collections.abc import Iterator, Mapping
from typing import TypeAlias

import attrs

from ccroute.testing._timetable import Timetable

Json: TypeAlias = "str | int | float | bool | list[Json] | Mapping[str, Json] | None"
Message: TypeAlias = Mapping[str, Json]

_KEPT = 2_000
"""How many events are kept for who missed them."""
_NOBODY: Message = {"from": "", "to": ""}
RINGS_AFTER = 0.1
"""Seconds from dialling to ringing."""
MEDIA_AFTER = 0.1
"""Seconds until a customer who is joined is in the bridge."""


@attrs.define
class Call:
    """A customer's leg. ``first``: its first id, by which people know it; ``state``: new,
    waiting, joining or talking; of one who is called back (``outgoing``) also open, while
    nobody was dialled yet, and calling. ``asked``: the recording that the customer is asked
    about."""

    id: str
    first: str
    caller: str
    dialled: str
    since: float
    state: str = "new"
    bridge: str | None = None
    on_hold: bool = False
    tags: Message = attrs.Factory(dict)
    recordings: dict[str, str] = attrs.Factory(dict)
    music: str | None = None
    queued: bool = False
    outgoing: bool = False
    rings: bool = False
    joins: str = ""
    asked: str | None = None


@attrs.define
class PhoneLeg:
    """A leg to a phone. ``state``: dialling, ringing or up; ``role``: agent, consult, conference
    or spy."""

    id: str
    call: str
    phone: str
    role: str
    tags: Message
    state: str = "dialling"
    bridge: str | None = None


@attrs.define
class Phone:
    """A phone and its user. ``mood``: what it does when rung: ring, busy or unreachable."""

    number: str
    user: str
    mood: str = "ring"
    in_use: bool = False
    told: str = "idle"


class Exchange(Timetable):
    """The PBX without its sessions. With ``routes`` it has a queue of its own, out of which agents
    take whoever has waited longest."""

    def __init__(self, users: Mapping[str, str], *, routes: bool = False) -> None:
        super().__init__()
        self.routes = routes
        self.logged = 0
        """How many events of its queue there were since the boot."""
        self.history: deque[dict[str, Json]] = deque(maxlen=_KEPT)
        self.boot = 1
        self.events: list[dict[str, Json]] = []
        self.calls: dict[str, Call] = {}
        self.legs: dict[str, PhoneLeg] = {}
        self.outside: list[str] = []
        self.moods: dict[str, str] = {}
        """Of customers' phones that do not just ring: busy or unreachable."""
        self.phones = {number: Phone(number, user) for user, number in users.items()}
        self.said = 0
        self._used: set[str] = set()

    # -- Words ---------------------------------------------------------------------------

    def say(self, name: str, **more: Json) -> None:
        """Tells an event, with its number."""
        self.said += 1
        event = {"ev": name, "n": self.said, "t": self.clock(), **more}
        self.events.append(event)
        self.history.append(event)

    def restart(self) -> None:
        """Loses every call; numbers begin anew."""
        self.boot += 1
        for kept in (self.calls, self.legs, self._used, self._timers):
            kept.clear()
        for phone in self.phones.values():
            self.look_at(phone.number)
        self.events.clear()
        self.history.clear()
        self.said = self.logged = 0

    # -- Customers ----------------------------------------------------------------------

    def call_in(self, caller: str, dialled: str) -> str:
        """A customer calls; returns the id."""
        name = f"call-{self.boot}-{next(self._ids)}"
        self.calls[name] = Call(name, name, caller, dialled, self.clock())
        self.say(
            "call_in", call=name, first=name, **{"from": caller}, to=dialled, since=self.clock()
        )
        if self.routes:
            self.calls[name].queued = True
            self._log("q_in", name)
        return name

    def call_of(self, first: str) -> Call | None:
        """The call that people know by its first id."""
        return next((call for call in self.calls.values() if call.first == first), None)

    def end_call(self, call: Call, why: str) -> None:
        """The customer's leg goes, and all that was in its bridge."""
        if self.calls.get(call.id) is not call:
            return
        self.consent(call, agrees=False)
        del self.calls[call.id]
        if call.queued:
            self._log("q_lost" if why == "hung_up" else "q_out", call.first, why=why)
        elif self.routes and call.state in {"joining", "talking"}:
            self._log("q_done", call.first, by="customer" if why == "hung_up" else "agent")
        self.say("call_gone", call=call.id, why=why)
        if call.bridge is not None:
            for leg in list(self.legs_of(call)):
                if leg.bridge == call.bridge:
                    self.end_leg(leg, "bridge_over")

    # -- Its own queue -------------------------------------------------------------------

    def _log(self, name: str, call: str, **more: Json) -> None:
        self.logged += 1
        self.say(name, q=self.logged, call=call, queue="sales", **more)

    def take(self, number: str) -> None:
        """An agent takes whoever has waited longest."""
        call = next((call for call in self.calls.values() if call.queued), None)
        if call is not None and self.leg_at(number, "dialling", "ringing", "up") is None:
            call.queued = False
            leg = PhoneLeg(f"own-{next(self._ids)}", call.id, number, "agent", {}, state="up")
            self.legs[leg.id] = leg
            self._log("q_taken", call.first, user=self.phones[number].user)
            self.join(call, leg)

    def leave(self, call: Call, why: str) -> None:
        """The queue lets a customer go, by a rule of its own; they hear a good-bye."""
        if call.queued:
            call.queued = False
            self._log("q_out", call.first, why=why)

    def wait(self, call: Call, tags: Message) -> None:
        """The customer waits, with music; phones in its bridge go."""
        self.consent(call, agrees=False)
        bridge, call.bridge, call.state, call.on_hold = call.bridge, None, "waiting", False
        call.tags = {**call.tags, **tags}
        call.recordings = dict.fromkeys(call.recordings, "stopped")
        self.say("call_waits", call=call.id)
        for leg in list(self.legs_of(call)):
            if bridge is not None and leg.bridge == bridge:
                self.end_leg(leg, "dropped")

    def hold(self, call: Call, *, on: bool) -> None:
        """Puts the customer on hold, or takes it off."""
        if call.on_hold is not on:
            call.on_hold = on
            self.say("held" if on else "unheld", call=call.id)

    def redirect(self, call: Call, to: str) -> None:
        """The customer goes to a number outside."""
        self.outside.append(to)
        self.say("redirected", call=call.id, to=to)
        self.end_call(call, "redirected")

    def rename(self, call: Call) -> None:
        """The call gets another id."""
        was, call.id = call.id, f"{call.first}-as-{next(self._ids)}"
        self.calls[call.id] = self.calls.pop(was)
        for leg in self.legs.values():
            leg.call = call.id if leg.call == was else leg.call
        self.say("renamed", call=call.id, was=was)

    # -- Customers who are called back --------------------------------------------------

    def open_call(self, name: str, tags: Message) -> Call:
        """A call without a customer yet, under an id that the client chose."""
        call = Call(name, name, "", "", self.clock(), state="open", tags=tags, outgoing=True)
        self.calls[name] = call
        self._used.add(name)
        self.say("call_open", call=name, first=name, since=call.since, tags=tags, **_NOBODY)
        return call

    def taken(self, name: str) -> bool:
        """Whether there was a call or leg of this id."""
        return name in self._used

    def call_out(self, call: Call, number: str, leg: PhoneLeg, seconds: float) -> None:
        """Dials the customer for so long; who answers is joined with the leg."""
        call.caller, call.state, call.joins = number, "calling", leg.id
        self.say("calls_out", call=call.id, to=number)
        mood = self.moods.get(number)
        if mood is None:
            self.later(RINGS_AFTER, lambda: setattr(call, "rings", True))
        self.later(seconds if mood is None else RINGS_AFTER, lambda: self._not_there(call, mood))

    def _not_there(self, call: Call, mood: str | None) -> None:
        if self.calls.get(call.id) is call and call.state == "calling":
            self.end_call(call, mood or "no_answer")

    def customer_answers(self, number: str) -> None:
        """The customer's phone is picked up."""
        for call in self.calls.values():
            if call.caller == number and call.state == "calling" and call.rings:
                self.join(call, self.legs[call.joins])

    # -- Phones -------------------------------------------------------------------------

    def legs_of(self, call: Call) -> Iterator[PhoneLeg]:
        """The phones that ring or talk for a call."""
        return (leg for leg in self.legs.values() if leg.call == call.id)

    def leg_at(self, phone: str, *states: str) -> PhoneLeg | None:
        """The leg at a phone, in one of the states."""
        found = (leg for leg in self.legs.values() if leg.phone == phone)
        return next((leg for leg in found if leg.state in states), None)

    def dial(self, leg: PhoneLeg, seconds: float) -> bool:
        """Dials a phone for so long; ``False``: there was a leg of that id before."""
        if leg.id in self._used:
            return False
        self._used.add(leg.id)
        phone = self.phones.get(leg.phone)
        taken = self.leg_at(leg.phone, "dialling", "ringing", "up") is not None
        self.legs[leg.id] = leg
        self.say("leg_new", leg=leg.id, call=leg.call, to=leg.phone, role=leg.role, tags=leg.tags)
        if phone is None or phone.mood == "unreachable":
            self.later(RINGS_AFTER, lambda: self.end_leg(leg, "unreachable"))
        elif phone.mood == "busy" or phone.in_use or taken:
            self.later(RINGS_AFTER, lambda: self.end_leg(leg, "busy"))
        else:
            self.later(RINGS_AFTER, lambda: self._ring(leg))
            self.later(seconds, lambda: self._no_answer(leg))
        return True

    def _ring(self, leg: PhoneLeg) -> None:
        if self.legs.get(leg.id) is leg:
            leg.state = "ringing"
            self.say("leg_rings", leg=leg.id)
            self.look_at(leg.phone)

    def _no_answer(self, leg: PhoneLeg) -> None:
        if leg.state != "up":
            self.end_leg(leg, "no_answer")

    def answer(self, leg: PhoneLeg) -> None:
        """The phone is picked up; who was called into a conversation is in it at once."""
        leg.state = "up"
        self.say("leg_up", leg=leg.id)
        call = self.calls.get(leg.call)
        if leg.role != "agent" and call is not None and call.bridge is not None:
            self._enter(leg, call.bridge)
        self.look_at(leg.phone)

    def end_leg(self, leg: PhoneLeg, why: str) -> None:
        """The phone's leg goes; a conversation ends with its agent's, a conference goes on."""
        if self.legs.pop(leg.id, None) is None:
            return
        self._leave_to_others(leg)
        self.say("leg_gone", leg=leg.id, call=leg.call, why=why)
        self.look_at(leg.phone)
        call = self.calls.get(leg.call)
        if call is None or call.bridge is None or leg.bridge != call.bridge:
            if call is not None and leg.role == "consult":
                self.hold(call, on=False)
            if call is not None and call.state == "joining" and leg.bridge is not None:
                call.state = "waiting"
            if call is not None and call.outgoing and next(self.legs_of(call), None) is None:
                self.end_call(call, "no_agent")
            return
        if leg.role == "agent":
            for other in list(self.legs_of(call)):
                if other.bridge == call.bridge:
                    self.end_leg(other, "bridge_over")
            self.end_call(call, "bridge_over")
        elif leg.role == "consult" and why != "bridge_over":
            self.hold(call, on=False)

    # -- Conversations ------------------------------------------------------------------

    def join(self, call: Call, leg: PhoneLeg) -> None:
        """Puts both into one bridge: the phone now, the customer when its media stands."""
        bridge = f"bridge-{next(self._ids)}"
        call.state = "joining"
        self._enter(leg, bridge)

        def media() -> None:
            there = self.calls.get(call.id) is call and self.legs.get(leg.id) is leg
            if there and call.state == "joining":
                call.state, call.bridge = "talking", bridge
                self.say("in_bridge", call=call.id, bridge=bridge)

        self.later(MEDIA_AFTER, media)

    def _enter(self, leg: PhoneLeg, bridge: str) -> None:
        leg.bridge = bridge
        self.say("in_bridge", leg=leg.id, bridge=bridge)

    def hand_over(self, call: Call, leg: PhoneLeg) -> None:
        """The consulted phone has the customer, the first one goes."""
        first = next(it for it in self.legs_of(call) if it.role == "agent")
        self._pass_on(call, first, leg)
        self.end_leg(first, "handed_over")

    def _pass_on(self, call: Call, first: PhoneLeg, second: PhoneLeg) -> None:
        first.role, second.role = "done", "agent"
        self.hold(call, on=False)
        self.say("handed_over", call=call.id, leg=second.id)

    def _leave_to_others(self, leg: PhoneLeg) -> None:
        """The first agent of a conference goes: the other one has the customer."""
        call = self.calls.get(leg.call)
        if call is None or leg.role != "agent" or leg.bridge is None or leg.bridge != call.bridge:
            return
        heir = next((it for it in self.legs_of(call) if it.role == "conference"), None)
        if heir is not None:
            self._pass_on(call, leg, heir)

    def confer(self, call: Call, leg: PhoneLeg) -> None:
        """The customer and both agents speak with each other."""
        leg.role = "conference"
        self.hold(call, on=False)
        self.say("conferenced", call=call.id, leg=leg.id)

    def record(self, call: Call, recording: str, state: str) -> None:
        """A recording starts, pauses, goes on or stops."""
        call.recordings[recording] = state
        self.say("recording", call=call.id, recording=recording, state=state)

    def consent(self, call: Call, *, agrees: bool) -> None:
        """The customer answers, if it was asked whether it may be recorded."""
        if call.asked is not None:
            recording, call.asked = call.asked, None
            if agrees:
                self.record(call, recording, "started")
            else:
                self.say("recording", call=call.id, recording=recording, state="refused")

    def look_at(self, number: str) -> None:
        """Tells the state of a phone when it has changed."""
        phone = self.phones.get(number)
        if phone is None:
            return
        leg = self.leg_at(number, "ringing", "up")
        state = "idle" if leg is None else "ringing" if leg.state == "ringing" else "busy"
        if phone.mood == "unreachable":
            state = "gone"
        elif phone.in_use:
            state = "busy"
        if state != phone.told:
            phone.told = state
            self.say("phone", user=phone.user, phone=number, state=state)
