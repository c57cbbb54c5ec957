"""From AMI's events to what happened: callers, agents' phones and conversations of app_queue.

Members and devices stand in `members`, the single ring in `offers`. An event about a call that
was never seen begin adopts it, by the times that the event itself tells. Asterisk's own words
are not trusted where a lab showed them wrong:

- QueueCallerLeave says nothing: it comes on every way out, on an answer before AgentConnect.
- QueueCallerAbandon comes on time-outs, empty queues and redirects too. It is believed when
  the caller's channel hangs up; QUEUESTATUS, a variable, tells the other ways.
- AgentComplete may carry no call (matched by the agent's interface) and blames the caller for
  an agent who hangs up at once: who asked first, HangupRequest says.
- A call refused at the door is in QUEUESTATUS only, and its queue in what the dialplan did.
- Who picked up another's phone is not named: the agent whose phone rang is, up to the end.
- A Local channel hangs up in mid-call, once there is a way without it: nobody did.
"""

from collections.abc import Callable, Mapping

from ccroute import ContactAbandoned, ContactHeld, ContactRefused, ContactResumed
from ccroute_asterisk.ami.codec import Packet
from ccroute_asterisk.ami.following import BEHIND, Call, Following, agent_of, seconds
from ccroute_asterisk.ami.offers import Fate, Offer, close
from ccroute_asterisk.calls import Calls, Contact, Phase

ONLY: Mapping[str, tuple[str, str]] = {
    "VarSet": ("Variable", "QUEUESTATUS"),
    "Newexten": ("Application", "Queue"),
}
"""Events of which one kind is read: by name, a header and its value."""

WANTED: Mapping[str, str] = {
    **dict.fromkeys(
        (
            "QueueCallerJoin", "QueueCallerLeave", "QueueCallerAbandon", "AgentCalled",
            "AgentConnect", "AgentComplete", "AgentRingNoAnswer", "AgentDump", "DialEnd",
            "HangupRequest", "Hangup", "BridgeEnter", "BridgeLeave", "Hold", "Unhold",
            "BlindTransfer", "AttendedTransfer", "LocalOptimizationBegin",
            "Pickup",
        ),
        "",
    ),
    **{name: f"{header}: {value}\r\n" for name, (header, value) in ONLY.items()},
}  # fmt: skip
"""The events read here, with the text that must stand in one of them."""

_OF_ANY_CHANNEL = {
    **dict.fromkeys(("Hangup", "HangupRequest", "BridgeEnter", "BridgeLeave"), "Uniqueid"),
    "DialEnd": "DestUniqueid",
    "LocalOptimizationBegin": "LocalOneUniqueid",
    "Pickup": "TargetUniqueid",
}
"""Events that every channel has, most of which are in no queue, with the key of its id."""

_LEFT = {
    "TIMEOUT": "timed_out",
    "LEAVEEMPTY": "no_agents",
    "LEAVEUNAVAIL": "no_agents",
    "WITHDRAW": "withdrawn",
}
_REFUSED = {"FULL": "full", "JOINEMPTY": "no_agents", "JOINUNAVAIL": "no_agents"}

_NO_RING = 0.1
"""Seconds; a phone that was given up sooner did not ring."""


class AmiTranslation(Following):
    """Hears event by event and tells ``calls``, which others may tell too."""

    def __init__(self, calls: Calls) -> None:
        super().__init__(calls)
        self._handlers: Mapping[str, Callable[[Packet, float], None]] = {
            "QueueCallerJoin": self._join,
            "QueueCallerLeave": self._leave,
            "QueueCallerAbandon": self._abandon,
            "VarSet": self._status,
            "Newexten": self._sent,
            "AgentCalled": self._called,
            "DialEnd": self._dial_end,
            "AgentRingNoAnswer": self._no_answer,
            "AgentDump": self._dump,
            "Pickup": self._picked_up,
            "AgentConnect": self._connect,
            "AgentComplete": self._complete,
            "HangupRequest": self._request,
            "Hangup": self._hangup,
            "BridgeEnter": self._bridge,
            "BridgeLeave": self._bridge,
            "Hold": self._hold,
            "Unhold": self._hold,
            "BlindTransfer": self._transfer,
            "AttendedTransfer": self._transfer,
            "LocalOptimizationBegin": self._optimised,
        }

    def hear(self, packet: Packet, heard_at: float) -> None:
        """Takes an event. ``heard_at``: its time, should it not tell one itself."""
        channel = _OF_ANY_CHANNEL.get(packet.event)
        if channel is not None and not self._follows(packet.value(channel)):
            return
        handler = self._handlers.get(packet.event)
        if handler is not None:
            at = self.time_of(packet, heard_at)
            if self._leaving:
                self.advance(at)
            handler(packet, at)

    # Coming and going

    def _join(self, packet: Packet, at: float) -> None:
        uniqueid, queue = packet.value("Uniqueid"), packet.value("Queue")
        call = self._call(uniqueid)
        if call is not None and call.contact.phase is not Phase.GONE:
            contact = call.contact
            if contact.queue == queue and at - contact.entered < BEHIND and not call.leaving:
                return  # told of by the other source before
            self._left(call, "transferred", at)
        self._enter(uniqueid, queue, at)

    def _leave(self, packet: Packet, at: float) -> None:
        call = self._call(packet.value("Uniqueid"))
        if call is not None and call.leaving is None and call.contact.phase is Phase.WAITING:
            call.leaving = at
            self._leaving[call.contact.id] = call

    def _abandon(self, packet: Packet, at: float) -> None:
        call = self._known(packet, at, "HoldTime")
        if call is not None:
            self._leave(packet, at)
            call.abandoned = call.leaving is not None

    def _status(self, packet: Packet, at: float) -> None:
        uniqueid, value = packet.value("Uniqueid"), packet.value("Value")
        call = self._call(uniqueid)
        if call is not None and call.contact.phase is Phase.WAITING:
            if value in _LEFT:
                self._left(call, _LEFT[value], at)
        elif value in _REFUSED:
            self._refused(uniqueid, _REFUSED[value], at)

    def _refused(self, uniqueid: str, cause: str, at: float) -> None:
        queue = self._asked.get(uniqueid)
        if queue is None:
            return  # not told which: the user may not read the class `dialplan`
        contact = self.calls.contacts.get(uniqueid)
        visit = 1 if contact is None else contact.visit + 1
        door = Contact(uniqueid, queue, at, visit, Phase.GONE, gone_at=at)
        self.calls.emit(ContactRefused(**self.calls.of(door, at), cause=cause))
        self.calls.contacts[uniqueid] = door

    def _sent(self, packet: Packet, at: float) -> None:
        self._asked[packet.value("Uniqueid")] = packet.value("AppData").partition(",")[0]

    # Agents' phones

    def _called(self, packet: Packet, at: float) -> None:
        call = self._call(packet.value("Uniqueid"))
        if call is None or call.contact.phase is not Phase.WAITING:
            return
        self._ring(call, packet, at)

    def _dial_end(self, packet: Packet, at: float) -> None:
        leg = packet.value("DestUniqueid")
        call = self._legs.get(leg)
        if call is not None and (offer := call.offers.get(leg)) is not None:
            status = packet.value("DialStatus")
            offer.answered = offer.answered or status == "ANSWER"
            offer.status = offer.status or status

    def _no_answer(self, packet: Packet, at: float) -> None:
        call = self._call(packet.value("Uniqueid"))
        if call is None or call.contact.phase is not Phase.WAITING:
            return
        leg = packet.value("DestUniqueid")
        offer = call.offers.pop(leg, None)
        if offer is None:
            # It rang before we were there. Here the time is in milliseconds.
            offer = self._ring(call, packet, at - seconds(packet.value("RingTime")) / 1000)
            del call.offers[leg]
        fate = offer.fate()
        if fate is Fate.MISSED and at - offer.at < _NO_RING:
            fate = Fate.FAILED
        self._miss(call, offer, at, fate)

    def _dump(self, packet: Packet, at: float) -> None:
        """The agent hung up during the announcement."""
        call = self._call(packet.value("Uniqueid"))
        if call is None or call.contact.phase is not Phase.WAITING:
            return
        offer = call.offers.pop(packet.value("DestUniqueid"), None)
        if offer is not None:
            self._miss(call, offer, at, Fate.DECLINED)

    def _picked_up(self, packet: Packet, at: float) -> None:
        """Somebody took the call that rings at another's phone; AgentConnect has that leg."""
        target = packet.value("TargetUniqueid")
        call = self._legs.get(target)
        offer = None if call is None else call.offers.pop(target, None)
        if call is None or offer is None or call.contact.phase is not Phase.WAITING:
            return
        close(self.calls, call.contact, offer, at, Fate.LOST)
        agent, leg = self.agent_at(packet.value("Channel")), packet.value("Uniqueid")
        number = self.calls.offer(call.contact, agent, at)
        call.offers[leg] = Offer(leg, agent, offer.interface, number, at, answered=True)
        self._legs[leg] = call

    def _phone_gone(self, call: Call, offer: Offer, at: float) -> None:
        """A phone stopped ringing, and its queue did not say why."""
        if call.contact.phase is Phase.GONE:
            return
        if call.first == "customer":
            fate = Fate.GONE
        elif any(other.answered for other in call.offers.values()):
            fate = Fate.LOST
        elif offer.answered:
            fate = Fate.FAILED
        elif offer.status == "CANCEL":
            fate = Fate.GONE
        else:
            self._miss(call, offer, at, offer.fate())
            return
        close(self.calls, call.contact, offer, at, fate)

    # Conversations

    def _connect(self, packet: Packet, at: float) -> None:
        call = self._known(packet, at, "HoldTime")
        if call is None or call.contact.phase is Phase.GONE:
            return
        leg, interface = packet.value("DestUniqueid"), packet.value("Interface")
        if call.contact.phase is Phase.WAITING:
            self._answered(call, packet, leg, at)
        self._leaving.pop(call.contact.id, None)
        call.leaving, call.abandoned, call.apart, call.held = None, False, False, False
        call.leg, call.interface = leg, interface
        self._legs[leg] = self._talking[interface] = call

    def _answered(self, call: Call, packet: Packet, leg: str, at: float) -> None:
        offer = call.offers.get(leg)
        if offer is None:
            # It rang before we were there. Here the time is in whole seconds.
            offer = self._ring(call, packet, at - seconds(packet.value("RingTime")))
        del call.offers[leg]
        self._close_offers(call, at, Fate.LOST)
        if offer.cause:
            call.first = call.first or "agent"
        self.calls.connect(call.contact, offer.agent, at)

    def _complete(self, packet: Packet, at: float) -> None:
        if packet.value("Uniqueid"):
            call = self._known(packet, at, "HoldTime", "TalkTime")
        else:
            call = self._talking.get(packet.value("Interface"))
        if call is None or call.contact.queue != packet.value("Queue"):
            return
        if call.contact.phase is Phase.WAITING:
            talked = max(at - seconds(packet.value("TalkTime")), call.contact.entered)
            self.calls.connect(call.contact, agent_of(packet), talked)
        if call.contact.phase is not Phase.ENGAGED:
            return
        reason = packet.value("Reason")
        if reason == "transfer":
            self._transferred(call, at)
            return
        said = {"agent": "agent", "caller": "customer"}.get(reason)
        if said == "customer" and seconds(packet.value("TalkTime")) == 0:
            said = None
        self._release(call, at, call.first or said)

    def _transfer(self, packet: Packet, at: float) -> None:
        if packet.value("Result") != "Success":
            return
        for who in ("Transferer", "OrigTransferer", "SecondTransferer"):
            leg = packet.value(f"{who}Uniqueid")
            call = self._legs.get(leg)
            if call is not None and call.leg == leg:
                self._transferred(call, at)

    def _optimised(self, packet: Packet, at: float) -> None:
        if source := packet.value("SourceUniqueid"):
            self._replace(packet.value("LocalOneUniqueid"), source)

    def _bridge(self, packet: Packet, at: float) -> None:
        uniqueid = packet.value("Uniqueid")
        call = self._live.get(uniqueid)
        if call is not None and call.channel == uniqueid:
            call.apart = packet.event == "BridgeLeave"

    def _hold(self, packet: Packet, at: float) -> None:
        leg = packet.value("Uniqueid")
        call = self._legs.get(leg)
        if call is not None and call.leg == leg and call.contact.phase is Phase.ENGAGED:
            held = packet.event == "Hold"
            if held != call.held:
                call.held = held
                kind = ContactHeld if held else ContactResumed
                self.calls.emit(kind(**self.calls.of(call.contact, at, call.contact.agent)))

    # Hanging up

    def _request(self, packet: Packet, at: float) -> None:
        uniqueid = packet.value("Uniqueid")
        if (call := self._live.get(uniqueid)) is not None and call.channel == uniqueid:
            call.first = call.first or "customer"
        elif (call := self._legs.get(uniqueid)) is not None:
            if (offer := call.offers.get(uniqueid)) is not None:
                offer.cause = int(seconds(packet.value("Cause"))) or -1
            elif uniqueid == call.leg:
                call.first = call.first or "agent"

    def _hangup(self, packet: Packet, at: float) -> None:
        uniqueid = packet.value("Uniqueid")
        self._asked.pop(uniqueid, None)
        call = self._legs.pop(uniqueid, None)
        if call is not None:
            offer = call.offers.pop(uniqueid, None)
            engaged = call.contact.phase is Phase.ENGAGED
            if engaged and (uniqueid == call.leg or (offer and offer.agent == call.contact.agent)):
                self._release(call, at, call.first or (None if call.apart else "agent"))
            elif offer is not None:
                offer.cause = offer.cause or int(seconds(packet.value("Cause")))
                self._phone_gone(call, offer, at)
        call = self._call(uniqueid)
        if call is None:
            if uniqueid in self.calls.contacts:
                self._remember(uniqueid, at)
            return
        if call.channel == uniqueid:
            for known in {uniqueid, call.contact.id}:
                self._live.pop(known, None)
            self._gone(call, at)
            self._remember(call.contact.id, at)
        elif uniqueid != call.contact.id:
            del self._live[uniqueid]

    def _gone(self, call: Call, at: float) -> None:
        contact = call.contact
        if contact.phase is Phase.ENGAGED:
            self._release(call, at, call.first)
        elif contact.phase is Phase.WAITING and call.abandoned and call.leaving is not None:
            self._leaving.pop(contact.id, None)
            answered = [offer.agent for offer in call.offers.values() if offer.answered]
            self._close_offers(call, call.leaving, Fate.GONE)
            of = self.calls.of(contact, call.leaving, answered[0] if answered else None)
            self.calls.close(contact, ContactAbandoned(**of))
        elif contact.phase is Phase.WAITING:
            self._left(call, "failed" if call.leaving is None else "exited_by_key", at)
