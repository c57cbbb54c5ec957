"""AMI of the simulated Asterisk: sign-in, actions, lists, events and their filters. Sans-I/O: bytes
in, bytes out."""

import hashlib
import re
from collections.abc import Callable, Mapping
from typing import TypeAlias

import attrs

from ccroute.testing.asterisk._members import headers
from ccroute.testing.asterisk._objects import Bridge, Channel, Json
from ccroute.testing.asterisk._queues import Queues
from ccroute.testing.asterisk._switch import Switch

BANNER = "Asterisk Call Manager/11.0.0"
Fields: TypeAlias = Mapping[str, str]
_EVERYTHING = frozenset(
    {
        "system", "call", "log", "verbose", "command", "agent", "user", "config", "dtmf",
        "reporting", "cdr", "dialplan", "originate", "agi", "security", "all",
    }
)  # fmt: skip


@attrs.define(kw_only=True)
class AmiUser:
    """A user of ``manager.conf``: ``read`` the classes of events, ``write`` those of actions."""

    secret: str
    read: frozenset[str] = _EVERYTHING
    write: frozenset[str] = _EVERYTHING


@attrs.define
class _Filter:
    """One filter of a session. A packet passes when one that includes matches, or when there is
    none of those; and none that excludes."""

    includes: bool
    pattern: "re.Pattern[str]"

    @classmethod
    def of(cls, given: Fields) -> "_Filter":
        criteria, text = given.get("MatchCriteria", ""), given.get("Filter", "")
        if not criteria:
            return cls(not text.startswith("!"), re.compile(text.removeprefix("!")))
        name = re.search(r"name\(([^)]*)\)", criteria)
        header = re.search(r"header\(([^)]*)\)", criteria)
        parts = rf"^Event: {re.escape(name[1])}\r$" if name else ""
        if header:
            exact = re.escape(text) if "method(regex)" not in criteria else text
            parts += rf"[\s\S]*^{re.escape(header[1])}: {exact}\r$"
        return cls("action(exclude)" not in criteria, re.compile(parts, re.MULTILINE))


class AmiSession:
    """One connection. ``send`` takes its bytes."""

    def __init__(self, desk: "AmiDesk", send: Callable[[bytes], None]) -> None:
        self.desk = desk
        self.send = send
        self.user: AmiUser | None = None
        self.open = True
        self._events = frozenset[str]()
        self._filters: list[_Filter] = []
        self._buffer = ""
        self._challenge = ""
        send(f"{BANNER}\r\n".encode())

    def receive_data(self, data: bytes) -> None:
        """Bytes that came in; what follows from them is sent."""
        self._buffer += data.decode("latin-1")
        *blocks, self._buffer = re.split(r"\r?\n\r?\n", self._buffer)
        for block in blocks:
            if self.open:
                self._act(block)

    def _act(self, block: str) -> None:
        lines = (line.partition(":") for line in block.splitlines())
        given = {key.strip(): value.strip() for key, colon, value in lines if colon}
        name, number = given.get("Action", ""), given.get("ActionID", "")
        if not name:
            self.reply(number, "Error", Message="Missing action in request")
        elif name.lower() in {"login", "challenge", "logoff"}:
            self._sign(name.lower(), given, number)
        elif self.user is None:
            self.reply(number, "Error", Message="Permission denied")
        else:
            self.desk.act(self, name, given, number)

    def _sign(self, name: str, given: Fields, number: str) -> None:
        if name == "logoff":
            self.reply(number, "Goodbye", Message="Thanks for all the fish.")
            self.open = False
        elif name == "challenge" and given.get("AuthType", "").lower() == "md5":
            self._challenge = self.desk.challenge()
            self.reply(number, "Success", Challenge=self._challenge)
        elif name == "challenge":
            self.reply(number, "Error", Message="Must specify AuthType")
        else:
            self._log_in(given, number)

    def _log_in(self, given: Fields, number: str) -> None:
        user = self.desk.users.get(given.get("Username", ""))
        right = user is not None and given.get("Secret") == user.secret
        if user is not None and self._challenge and "Key" in given:
            told = (self._challenge + user.secret).encode()
            right = hashlib.md5(told, usedforsecurity=False).hexdigest() == given["Key"]
        self.desk.came()
        if not right or user is None:
            self.reply(number, "Error", Message="Authentication failed")
            self.open = False
            return
        self.user = user
        self.reply(number, "Success", Message="Authentication accepted")
        self.listen(given.get("Events", "on"))
        self.tell("FullyBooted", "system", self.desk.booted())

    def listen(self, mask: str) -> None:
        """Which classes of events are wanted: on, off, or some by name."""
        assert self.user is not None
        wanted = {it.strip().lower() for it in mask.split(",")}
        if wanted & {"on", "all", "true", "yes", "1"}:
            self._events = self.user.read
        elif wanted & {"off", "none", "false", "no", "0"}:
            self._events = frozenset()
        else:
            self._events = self.user.read & wanted

    def add_filter(self, given: Fields) -> bool:
        """Adds a filter; ``False``: it makes no sense."""
        try:
            self._filters.append(_Filter.of(given))
        except re.error:
            return False
        return True

    def reply(self, number: str, response: str, **fields: str) -> None:
        """Answers an action."""
        named = {"ActionID": number} if number else {}
        self.send(packet({"Response": response, **named, **fields}))

    def tell(self, event: str, privilege: str, fields: Fields) -> None:
        """Sends an event, if this session may and wants to hear it."""
        if self.user is None or not self.open or privilege not in self._events:
            return
        data = packet({"Event": event, "Privilege": f"{privilege},all", **fields})
        text = data.decode("latin-1")
        including = [it for it in self._filters if it.includes]
        excluding = [it for it in self._filters if not it.includes]
        if including and not any(it.pattern.search(text) for it in including):
            return
        if not any(it.pattern.search(text) for it in excluding):
            self.send(data)


class AmiDesk:
    """All sessions of one Asterisk. ``timestamps``: ``timestampevents`` of manager.conf;
    ``dialplan``: what it does with a caller, application by application."""

    def __init__(self, switch: Switch, came: Callable[[], None]) -> None:
        self.switch = switch
        self.queues = Queues(switch, self.tell)
        self.users: dict[str, AmiUser] = {}
        self.modules: set[str] = set()
        self.came = came
        self.timestamps = True
        self.dialplan: Callable[[], list[tuple[str, str]]] = list
        self.sessions: list[AmiSession] = []
        self._challenges = 0

    def challenge(self) -> str:
        """What a client must sign; another each time."""
        self._challenges += 1
        return str(171_116_220 + self._challenges)

    def booted(self) -> dict[str, str]:
        """What FullyBooted tells."""
        up = f"{self.switch.clock() - self.switch.booted:.0f}"
        return {"Uptime": up, "LastReload": up, "Status": "Fully Booted"}

    def tell(self, event: str, privilege: str, fields: Fields) -> None:
        """An event for every session."""
        stamp = {"Timestamp": f"{self.switch.clock():.6f}"} if self.timestamps else {}
        for session in list(self.sessions):
            session.tell(event, privilege, {**stamp, "SystemName": "simulated", **fields})

    # -- What happens anyhow ------------------------------------------------------------

    def happened(
        self, kind: str, channel: Channel | None, bridge: Bridge | None, fields: Mapping[str, Json]
    ) -> None:
        """See `Witness`."""
        if kind == "DeviceStateChanged":
            state = fields["device_state"]
            assert isinstance(state, Mapping)
            told = {"Device": str(state["name"]), "State": str(state["state"])}
            self.tell("DeviceStateChange", "call", told)
            self.queues.look_at(told["Device"])
        elif channel is not None:
            self._channel(kind, channel, bridge, fields)

    def _channel(
        self, kind: str, channel: Channel, bridge: Bridge | None, fields: Mapping[str, Json]
    ) -> None:
        more = {} if bridge is None else {"BridgeUniqueid": bridge.id, "BridgeType": "basic"}
        name, privilege = _EVENTS.get(kind, ("", ""))
        if kind == "ChannelHangupRequest":
            name = "SoftHangupRequest" if fields.get("soft") else "HangupRequest"
            more = {"Cause": str(fields["cause"])}
        elif kind == "ChannelDestroyed":
            more = {"Cause": str(fields["cause"]), "Cause-txt": str(fields["cause_txt"])}
        elif kind == "ChannelDtmfReceived":
            more = {"Digit": str(fields["digit"]), "Direction": "Received"}
        elif kind == "ChannelVarset":
            more = {"Variable": str(fields["variable"]), "Value": str(fields["value"])}
        if name:
            self.tell(name, privilege, headers(channel) | more)
        if kind == "ChannelHangupRequest" and not fields.get("soft"):
            self.queues.gone(channel)

    # -- Actions ------------------------------------------------------------------------

    def act(self, session: AmiSession, name: str, given: Fields, number: str) -> None:
        """Carries out an action, if the user may."""
        found = _ACTIONS.get(name.lower())
        assert session.user is not None
        if found is None:
            why = f"Invalid/unknown command: {name}. Use Action: ListCommands to show available"
            session.reply(number, "Error", Message=f"{why} commands.")
            return
        needs, action = found
        if needs and not needs & session.user.write:
            session.reply(number, "Error", Message="Permission denied")
            return
        action(self, session, given, number)

    def listed(
        self, session: AmiSession, number: str, message: str, name: str, items: list[Fields]
    ) -> None:
        """Answers with a list, whose events are for this session alone."""
        session.reply(number, "Success", EventList="start", Message=message)
        for item in items:
            session.send(packet({**item, "ActionID": number}))
        last = {"EventList": "Complete", "ListItems": str(len(items))}
        session.send(packet({"Event": name, "ActionID": number, **last}))


def packet(fields: Fields) -> bytes:
    """A packet's bytes. What is not in the encoding is sent as it came: nobody promised UTF-8."""
    lines = "".join(f"{key}: {value}\r\n" for key, value in fields.items())
    return (lines + "\r\n").encode("utf-8", errors="surrogateescape")


_EVENTS: Mapping[str, tuple[str, str]] = {
    "ChannelCreated": ("Newchannel", "call"),
    "ChannelStateChange": ("Newstate", "call"),
    "ChannelHangupRequest": ("HangupRequest", "call"),
    "ChannelDestroyed": ("Hangup", "call"),
    "ChannelEnteredBridge": ("BridgeEnter", "call"),
    "ChannelLeftBridge": ("BridgeLeave", "call"),
    "ChannelDtmfReceived": ("DTMFEnd", "dtmf"),
    "ChannelVarset": ("VarSet", "dialplan"),
}
"""ARI's kinds as AMI calls them, with their class."""

Action: TypeAlias = Callable[[AmiDesk, AmiSession, Fields, str], None]
_ACTIONS: dict[str, tuple[frozenset[str], Action]] = {}


def action(name: str, *needs: str) -> Callable[[Action], Action]:
    """Makes a function an action; ``needs``: one of these classes must be the user's to write."""

    def known(made: Action) -> Action:
        _ACTIONS[name.lower()] = frozenset(needs), made
        return made

    return known
