"""Members and devices of app_queue as AMI tells of them, and what a QueueStatus lists.

What a member's coming, going and pausing means for an agent stands in `agents`; here it is put
in the words that it reads.
"""

from collections.abc import Callable, Iterable, Mapping

from ccroute import AgentDevice
from ccroute_asterisk.agents import AgentWord
from ccroute_asterisk.ami.codec import Packet
from ccroute_asterisk.calls import Calls

WANTED: Mapping[str, str] = dict.fromkeys(
    (
        "QueueMemberAdded", "QueueMemberRemoved", "QueueMemberPause", "QueueMemberStatus",
        "AgentLogin", "AgentLogoff",
    ),
    "",
)  # fmt: skip
"""The events read here."""

_DEVICES = {
    "0": "unknown",
    "1": "available",
    "2": "in_use",
    "3": "in_use",  # busy
    "4": "invalid",
    "5": "unreachable",
    "6": "ringing",
    "7": "in_use",  # and ringing
    "8": "in_use",  # on hold
}


_POOL = "Agent:"
"""How the device of an agent of app_agent_pool begins; its id follows."""
_AWAY = frozenset({"invalid", "unreachable"})


class Members:
    """Hears event by event and tells the agents of ``calls``.

    Attributes:
        interfaces: By agent's name, where the agent is reached.
        told_at: By agent's name, when the latest event about its memberships was.
    """

    def __init__(self, calls: Calls) -> None:
        self._calls = calls
        self._devices: dict[str, str] = {}
        self._seen_at: dict[str, float] = {}  # by agent's name, when the device last changed
        self._changes = 0
        self._names: dict[str, str] = {}  # by interface, and by an agent's id in a pool
        self.interfaces: dict[str, str] = {}
        self.told_at: dict[str, float] = {}
        self._handlers: Mapping[str, Callable[[Packet, str, float], None]] = {
            "QueueMemberAdded": self._added,
            "QueueMemberRemoved": self._removed,
            "QueueMemberPause": self._paused,
            "QueueMemberStatus": self._status,
        }

    def hear(self, packet: Packet, at: float) -> None:
        """Takes an event that happened at ``at``."""
        handler = self._handlers.get(packet.event)
        if handler is not None:
            handler(packet, self._name(packet), at)
        elif packet.event in {"AgentLogin", "AgentLogoff"}:
            self._tell(packet.event.upper(), self.named(packet.value("Agent")), "", at)

    def named(self, agent: str) -> str:
        """The name of an agent, whom others call by where it is reached or by its id."""
        return self._names.get(agent, agent)

    def at_channel(self, channel: str) -> str:
        """The agent whose phone a channel is; one who is nowhere a member goes by the phone."""
        interface = channel.rpartition("-")[0] or channel
        return self._names.get(f"{interface}/n") or self.named(interface)

    def is_news(self, packet: Packet) -> bool:
        """Whether a QueueMemberStatus changes anything: one comes a queue and change of a device,
        and most of a busy centre's events are these."""
        device = _DEVICES.get(packet.value("Status"), "unknown")
        return self._devices.get(packet.value("MemberName")) != device

    def learn(self, items: Iterable[Packet]) -> None:
        """Takes the names only of a QueueStatus."""
        for item in items:
            if item.event == "QueueMember":
                self._name(item)

    def list(self, items: Iterable[Packet], at: float, *, whole: bool) -> int:
        """Takes the members of a QueueStatus asked for at ``at``: all there are, if it is
        ``whole``. Of whom an event told since, it says nothing. How much was told otherwise."""
        before, listed = self._changes, set[tuple[str, str]]()
        for item in items:
            if item.event == "QueueMember":
                name, queue = self._name(item), item.value("Queue")
                listed.add((name, queue))
                if self.told_at.get(name, 0.0) <= at:
                    self._added(item, name, at)
                if self._seen_at.get(name, 0.0) <= at:
                    self._status(item, name, at)
        if whole:
            for name, queue in self._calls.agents.memberships() - listed:
                if self.told_at.get(name, 0.0) <= at:
                    self._tell("REMOVEMEMBER", name, queue, at)
        return self._changes - before

    def _name(self, packet: Packet) -> str:
        """An event has them as MemberName and Interface, a list as Name and Location."""
        interface = packet.value("Interface") or packet.value("Location")
        name = packet.value("MemberName") or packet.value("Name") or interface
        self.interfaces[name], self._names[interface] = interface, name
        device = packet.value("StateInterface")
        if device.startswith(_POOL):
            self._names[device.removeprefix(_POOL)] = name
        return name

    def _tell(self, verb: str, name: str, queue: str, at: float, detail: str = "") -> None:
        self.told_at[name] = max(at, self.told_at.get(name, 0.0))
        self._changes += self._calls.agents.take(AgentWord(verb, name, queue, at, detail))

    def _added(self, packet: Packet, name: str, at: float) -> None:
        if _is_away(packet):
            self._tell("AGENTLOGOFF", name, "", at)
            return
        queue, paused = packet.value("Queue"), packet.value("Paused") == "1"
        known = self._calls.agents.is_member(name, queue)
        if not known:
            self._tell("ADDMEMBER", name, queue, at, "PAUSED" if paused else "")
        if known or (paused and packet.value("PausedReason")):
            self._paused(packet, name, at)

    def _removed(self, packet: Packet, name: str, at: float) -> None:
        self._tell("REMOVEMEMBER", name, packet.value("Queue"), at)

    def _paused(self, packet: Packet, name: str, at: float) -> None:
        if _is_away(packet):
            return
        queue, reason = packet.value("Queue"), packet.value("PausedReason")
        if packet.value("Paused") == "1":
            self._tell("PAUSE", name, queue, at, reason)
        else:
            self._tell("UNPAUSE", name, queue, at)

    def _status(self, packet: Packet, name: str, at: float) -> None:
        """One comes a queue and change: only what is new is told."""
        device = _DEVICES.get(packet.value("Status"), "unknown")
        if self._devices.get(name) != device:
            self._devices[name], self._seen_at[name] = device, at
            self._changes += 1
            event = AgentDevice(
                source=self._calls.source, sequence=0, at=at, agent=name, device=device
            )
            self._calls.emit(event)


def _is_away(packet: Packet) -> bool:
    """Whether a member is of a pool, and has not logged in there: it is a member all the same."""
    device = _DEVICES.get(packet.value("Status"), "unknown")
    return packet.value("StateInterface").startswith(_POOL) and device in _AWAY
