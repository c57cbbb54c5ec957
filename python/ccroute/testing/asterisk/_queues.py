"""app_queue of the simulated Asterisk: callers wait, members' phones ring, and it is told as a real
one was recorded to tell it, queue_log included."""

import itertools
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from ccroute.testing.asterisk._members import STATUSES, Member, Visit, device_of, headers
from ccroute.testing.asterisk._objects import Bridge, Channel, Json, Phone

if TYPE_CHECKING:
    from ccroute.testing.asterisk._switch import Switch

RETRY = 1.0
"""Seconds until a caller whose member did not answer is offered again."""
Tell = Callable[..., None]


class Queues:
    """All queues of one Asterisk. ``ring``: seconds that one member's phone rings; ``traps``: what
    a real one tells wrongly now and then, to be told so every time: ``complete_without_call``
    (AgentComplete names no channel) and ``wrong_blame`` (the caller ended it).

    ``log``: the lines of queue_log.
    """

    def __init__(self, switch: "Switch", tell: Tell) -> None:
        self.switch = switch
        self.tell = tell
        self.ring = 4.0
        self.join_empty = True
        self.traps: set[str] = set()
        self.members: dict[str, list[Member]] = {}
        self.visits: list[Visit] = []
        self.log: list[str] = []
        self._bridges = itertools.count(1)

    # -- Members ------------------------------------------------------------------------

    def member(self, queue: str, interface: str) -> Member | None:
        """A member of a queue, or nothing."""
        found = (it for it in self.members.get(queue, ()) if it.interface == interface)
        return next(found, None)

    def add(self, queue: str, interface: str, name: str = "", penalty: int = 0) -> Member:
        """A member comes."""
        made = Member(queue, interface, name or interface, penalty, since=self.switch.clock())
        made.told = self.switch.state_of(device_of(interface))
        self.members.setdefault(queue, []).append(made)
        self.say_member("QueueMemberAdded", made)
        self.write("MANAGER", queue, made.name, "ADDMEMBER", "")
        self.serve(queue)
        return made

    def remove(self, member: Member) -> None:
        """A member goes; whom it rings for or speaks with is not touched."""
        self.members[member.queue].remove(member)
        self.say_member("QueueMemberRemoved", member)
        self.write("MANAGER", member.queue, member.name, "REMOVEMEMBER", "")

    def pause(self, member: Member, *, paused: bool, reason: str = "") -> None:
        """A member pauses, or is there again."""
        member.paused, member.reason = paused, reason if paused else ""
        member.last_pause = self.switch.clock()
        self.say_member("QueueMemberPause", member)
        verb = "PAUSE" if paused else "UNPAUSE"
        self.write("NONE", member.queue, member.name, verb, reason)
        self.serve(member.queue)

    def look_at(self, device: str) -> None:
        """The state of a device has changed: each queue tells it of its members."""
        for queue, members in self.members.items():
            for member in members:
                state = self.switch.state_of(device)
                if device_of(member.interface) == device and member.told != state:
                    member.told = state
                    self.say_member("QueueMemberStatus", member)
            self.serve(queue)

    def say_member(self, event: str, member: Member) -> None:
        """Tells an event about a member."""
        self.tell(event, "agent", self.shown(member))

    def shown(self, member: Member) -> dict[str, str]:
        """A member as events show it."""
        status = STATUSES[self.switch.state_of(device_of(member.interface))]
        return {
            "Queue": member.queue,
            "MemberName": member.name,
            "Interface": member.interface,
            "StateInterface": device_of(member.interface),
            "Membership": "dynamic",
            "Penalty": str(member.penalty),
            "CallsTaken": str(member.taken),
            "LastCall": f"{member.last_call:.0f}",
            "LastPause": f"{member.last_pause:.0f}",
            "LoginTime": f"{member.since:.0f}",
            "InCall": str(int(self._engaged(member))),
            "Status": str(status),
            "Paused": str(int(member.paused)),
            "PausedReason": member.reason,
            "Ringinuse": "0",
            "Wrapuptime": "0",
        }

    def _engaged(self, member: Member) -> bool:
        return any(it.member is member and it.talk is not None for it in self.visits)

    # -- Callers ------------------------------------------------------------------------

    def waiting(self, queue: str) -> list[Visit]:
        """Who waits in a queue, in order."""
        return [it for it in self.visits if it.queue == queue and it.talk is None]

    def join(self, caller: Channel, queue: str, patience: float | None = None) -> None:
        """A caller comes into a queue, for ``patience`` seconds at most."""
        caller.doing = "Queue", queue
        self.tell_about("Newexten", "dialplan", caller, {"Application": "Queue", "AppData": queue})
        if not self.join_empty and not self.members.get(queue):
            self._leave_dialplan(caller, "JOINEMPTY")
            return
        there = self.waiting(queue)
        visit = Visit(caller, queue, self.switch.clock(), len(there) + 1)
        self.visits.append(visit)
        more = {"Queue": queue, "Position": str(visit.position), "Count": str(visit.position)}
        self.tell_about("QueueCallerJoin", "agent", caller, more)
        self.write(caller.id, queue, "NONE", "ENTERQUEUE", "", caller.caller[1], visit.position)
        if patience is not None:
            self.switch.later(patience, lambda: self.exit(visit, "timeout"))
        self.serve(queue)

    def visit_of(self, channel: str) -> Visit | None:
        """The stay of a caller."""
        return next((it for it in self.visits if it.caller.id == channel), None)

    def exit(self, visit: Visit, why: str) -> None:
        """The queue lets a caller go. ``why``: timeout, no_agents, key or withdrawn."""
        if visit.leaving or visit.talk is not None:
            return
        self._cancel(visit, missed=why == "timeout")
        place, waited = self._place(visit), self._waited(visit)
        status, verb = _EXITS[why]
        if why in {"timeout", "no_agents"}:
            self._say_abandon(visit)
        self._say_leave(visit)
        self.visits.remove(visit)
        first = ("1",) if why == "key" else ()
        self.write(
            visit.caller.id, visit.queue, "NONE", verb, *first, place, visit.position, waited
        )
        self._leave_dialplan(visit.caller, status)

    def _leave_dialplan(self, caller: Channel, status: str) -> None:
        """The dialplan sees the reason, and hangs up."""
        if status:
            self.tell_about(
                "VarSet", "dialplan", caller, {"Variable": "QUEUESTATUS", "Value": status}
            )
        self.switch.say_hangup(caller, 16, soft=True)
        self.switch.destroy(caller, 16)

    def gone(self, channel: Channel) -> None:
        """A channel is about to hang up by itself."""
        for visit in list(self.visits):
            if visit.caller is channel:
                self._caller_gone(visit)
            elif visit.leg is channel and visit.talk is not None:
                self._complete(visit, "agent")

    def _caller_gone(self, visit: Visit) -> None:
        if visit.talk is not None:
            self._complete(visit, "caller")
            return
        self._cancel(visit)
        place, waited = self._place(visit), self._waited(visit)
        self._say_abandon(visit)
        self._say_leave(visit)
        self.visits.remove(visit)
        caller, queue = visit.caller, visit.queue
        self.write(caller.id, queue, "NONE", "ABANDON", place, visit.position, waited)

    def _place(self, visit: Visit) -> int:
        return self.waiting(visit.queue).index(visit) + 1

    def _waited(self, visit: Visit) -> int:
        return self._whole(visit.entered)

    def _whole(self, since: float) -> int:
        """Seconds since then as Asterisk counts them: from one second of the clock to another."""
        return int(self.switch.clock()) - int(since)

    def _say_abandon(self, visit: Visit) -> None:
        more = {
            "Queue": visit.queue, "Position": str(self._place(visit)),
            "OriginalPosition": str(visit.position), "HoldTime": str(self._waited(visit)),
        }  # fmt: skip
        self.tell_about("QueueCallerAbandon", "agent", visit.caller, more)

    def _say_leave(self, visit: Visit) -> None:
        """Tells that a caller waits no more, whatever for; right before it is so."""
        count = len(self.waiting(visit.queue)) - 1
        more = {"Queue": visit.queue, "Position": str(self._place(visit)), "Count": str(count)}
        self.tell_about("QueueCallerLeave", "agent", visit.caller, more)

    # -- Ringing ------------------------------------------------------------------------

    def serve(self, queue: str) -> None:
        """Rings members for callers, the first first."""
        for visit in self.waiting(queue):
            if visit.member is not None or visit.leaving:
                continue
            member = self._free(queue)
            if member is None:
                return
            self._ring(visit, member)

    def _free(self, queue: str) -> Member | None:
        """The member to be rung: the lowest penalty, then who was rung least lately. One whose
        penalty is higher is not tried while a lower one is free."""
        ringing = {it.member.interface for it in self.visits if it.member is not None}
        able = [
            it
            for it in self.members.get(queue, ())
            if not it.paused
            and it.interface not in ringing
            and self.switch.state_of(device_of(it.interface)) == "NOT_INUSE"
        ]
        if not able:
            return None
        lowest = min(it.penalty for it in able)
        now = self.switch.clock()
        ready = [it for it in able if it.penalty == lowest and it.wait_until <= now]
        return min(ready, key=lambda it: it.wait_until) if ready else None

    def _ring(self, visit: Visit, member: Member) -> None:
        switch = self.switch
        phone = switch.phones[device_of(member.interface)]
        leg = switch.make(member.interface.removesuffix("/n"), kind="agent", phone=phone)
        visit.member, visit.leg, visit.rung_at = member, leg, switch.clock()
        self.tell_about("AgentCalled", "agent", visit.caller, self._with(visit), leg=leg)
        self._dial(visit, phone, leg)

    def _dial(self, visit: Visit, phone: Phone, leg: Channel) -> None:
        later = self.switch.later
        self.tell_about("DialBegin", "call", visit.caller, {"DialString": phone.resource}, leg=leg)
        failing = {"busy": 17, "congestion": 34}.get(phone.mood)
        if failing is not None:
            later(0.002, lambda: self.fail(leg, failing))
            return
        self.switch.set_state(leg, "Ringing")
        more = {"DialStatus": "RINGING"}
        self.tell_about("DialState", "call", visit.caller, more, leg=leg)
        if phone.mood == "answer":
            later(phone.after, lambda: self.answer(leg))
        elif phone.mood == "reject":
            later(phone.after, lambda: self.fail(leg, 21))
        later(self.ring, lambda: self._no_answer(leg))

    def rings(self, leg: Channel) -> bool:
        """Whether a channel is a member's, whose phone rings."""
        return self._ringing(leg) is not None

    def _ringing(self, leg: Channel) -> Visit | None:
        found = (it for it in self.visits if it.leg is leg and it.talk is None)
        return next(found, None)

    def _with(self, visit: Visit, **more: Json) -> dict[str, str]:
        member = visit.member
        assert member is not None, f"{visit.caller.id} is with nobody"
        told = {"Queue": visit.queue, "Interface": member.interface, "MemberName": member.name}
        return told | {key: str(value) for key, value in more.items()}

    def _say_end(self, visit: Visit, status: str) -> None:
        more = {"DialStatus": status}
        self.tell_about("DialEnd", "call", visit.caller, more, leg=visit.leg)

    def _no_answer(self, leg: Channel) -> None:
        visit = self._ringing(leg)
        if visit is None:
            return
        self._say_missed(visit)
        self._say_end(visit, "NOANSWER")
        self._say_end(visit, "CANCEL")
        self._again(visit, 0)

    def fail(self, leg: Channel, cause: int) -> None:
        """The phone does not take it; the member is tried again in a second, without end."""
        visit = self._ringing(leg)
        if visit is None:
            return
        self.switch.say_hangup(leg, cause, soft=False)
        self._say_end(visit, "NOANSWER")
        self._say_missed(visit)
        self._again(visit, cause)

    def _say_missed(self, visit: Visit) -> None:
        rung = self._whole(visit.rung_at) * 1000
        more = self._with(visit, RingTime=rung)
        self.tell_about("AgentRingNoAnswer", "agent", visit.caller, more, leg=visit.leg)
        assert visit.member is not None
        name = visit.member.name
        self.write(visit.caller.id, visit.queue, name, "RINGNOANSWER", rung)

    def _again(self, visit: Visit, cause: int) -> None:
        leg, member = visit.leg, visit.member
        visit.leg = visit.member = None
        assert leg is not None
        assert member is not None
        member.wait_until = self.switch.clock() + RETRY
        self.switch.destroy(leg, cause)
        self.switch.later(RETRY, lambda: self.serve(visit.queue))

    def _cancel(self, visit: Visit, *, missed: bool = False) -> None:
        """The phone that rings for a caller who leaves is let go: ``missed`` when the caller's
        time is up, else AMI does not say whose ringing came to nothing."""
        visit.leaving = True
        leg, member = visit.leg, visit.member
        if leg is None or member is None:
            return
        if missed:
            self._say_missed(visit)
            self._say_end(visit, "NOANSWER")
        else:
            rung = int((self.switch.clock() - visit.rung_at) * 1000)
            self.write(visit.caller.id, visit.queue, member.name, "RINGCANCELED", rung)
            self._say_end(visit, "CANCEL")
        self._say_end(visit, "CANCEL")
        visit.leg = visit.member = None
        self.switch.destroy(leg, 0)

    # -- Conversations ------------------------------------------------------------------

    def answer(self, leg: Channel) -> None:
        """The member answers, and speaks with the caller."""
        visit = self._ringing(leg)
        if visit is None or visit.member is None:
            return
        self.switch.set_state(leg, "Up")
        self._say_end(visit, "ANSWER")
        waited, rung = self._waited(visit), self._whole(visit.rung_at)
        self._say_leave(visit)
        visit.talk, visit.hold = self.switch.clock(), waited
        more = self._with(visit, HoldTime=waited, RingTime=rung)
        self.tell_about("AgentConnect", "agent", visit.caller, more, leg=leg)
        name = visit.member.name
        self.write(visit.caller.id, visit.queue, name, "CONNECT", waited, leg.id, rung)
        bridge = Bridge(
            f"queue-{next(self._bridges)}", holding=False, name="", created=self.switch.clock()
        )
        self.switch.enter_bridge(leg, bridge)
        self.switch.enter_bridge(visit.caller, bridge)
        phone = leg.phone
        if phone is not None and phone.talks is not None:
            self.switch.later(phone.talks, lambda: self._hang_up(leg))

    def _hang_up(self, leg: Channel) -> None:
        if not leg.ended:
            self.switch.hang_up(leg, 16)

    def _complete(self, visit: Visit, by: str) -> None:
        leg, member = visit.leg, visit.member
        assert leg is not None
        assert member is not None
        assert visit.talk is not None
        self.visits.remove(visit)
        talked = self._whole(visit.talk)
        told = "caller" if "wrong_blame" in self.traps and talked == 0 else by
        more = self._with(visit, HoldTime=int(visit.hold), TalkTime=talked, Reason=told)
        if "complete_without_call" in self.traps:
            self.tell("AgentComplete", "agent", more)
        else:
            self.tell_about("AgentComplete", "agent", visit.caller, more, leg=leg)
        verb = "COMPLETECALLER" if told == "caller" else "COMPLETEAGENT"
        position = visit.position
        self.write(
            visit.caller.id, visit.queue, member.name, verb, int(visit.hold), talked, position
        )
        member.taken += 1
        member.last_call = self.switch.clock()
        other = visit.caller if by == "agent" else leg
        self.switch.later(0.0, lambda: self._other_goes(other))
        self.switch.later(0.0, lambda: self.serve(visit.queue))

    def _other_goes(self, channel: Channel) -> None:
        if not channel.ended:
            self.switch.leave_bridge(channel)
            if channel.kind == "customer":
                self.switch.say_hangup(channel, 16, soft=True)
            self.switch.destroy(channel, 16)

    # -- Words --------------------------------------------------------------------------

    def tell_about(
        self,
        event: str,
        privilege: str,
        caller: Channel,
        more: Mapping[str, str],
        leg: Channel | None = None,
    ) -> None:
        """Tells an event about a caller, and where there is one about a member's channel."""
        fields = headers(caller) | (headers(leg, "Dest") if leg is not None else {})
        self.tell(event, privilege, fields | dict(more))

    def write(self, channel: str, queue: str, agent: str, verb: str, *data: object) -> None:
        """Writes a line of queue_log."""
        at = int(self.switch.clock())
        self.log.append("|".join(map(str, (at, channel, queue, agent, verb, *data))))

    def forget(self) -> None:
        """After a restart nobody waits, and members that came by AMI are gone."""
        self.visits.clear()
        self.members.clear()
        self.write("NONE", "NONE", "NONE", "QUEUESTART", "")


_EXITS: Mapping[str, tuple[str, str]] = {
    "timeout": ("TIMEOUT", "EXITWITHTIMEOUT"),
    "no_agents": ("LEAVEEMPTY", "EXITEMPTY"),
    "key": ("", "EXITWITHKEY"),
    "withdrawn": ("WITHDRAW", "WITHDRAW"),
}
"""What the dialplan sees, and the verb in the log."""
