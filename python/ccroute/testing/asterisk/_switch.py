"""The simulated Asterisk without its sockets: channels, bridges, devices, told the time.

What happens is told to the applications in the order that a real one was measured to keep.
"""

import itertools
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from ccroute.testing._timetable import Timetable
from ccroute.testing.asterisk._applications import Applications, Event, Listener
from ccroute.testing.asterisk._objects import CAUSES, Bridge, Channel, Json, Phone, shown_time

ENTITY = "02:fc:00:00:00:01"
STASIS_AFTER = 0.002
"""Seconds from the making of a leg until it is in its application: who dials before is refused."""
_SIP = {17: 486, 19: 480, 21: 603, 34: 503}


class Witness(Protocol):
    """Whoever hears of everything, as AMI does."""

    def happened(
        self, kind: str, channel: Channel | None, bridge: Bridge | None, fields: Mapping[str, Json]
    ) -> None:
        """Something happened: the kind of ARI's event, what it is about, and its fields."""
        ...


class Switch(Timetable):
    """One Asterisk."""

    def __init__(self, phones: Iterable[Phone], version: str) -> None:
        super().__init__()
        self.version = version
        self.booted = 0.0
        self.apps = Applications()
        self.channels: dict[str, Channel] = {}
        self.bridges: dict[str, Bridge] = {}
        self.phones = {phone.address: phone for phone in phones}
        self.devices: dict[str, str] = {}
        self.witnesses: list[Witness] = []
        self._numbers = itertools.count()

    # -- Time and words -----------------------------------------------------------------

    def advance(self, now: float) -> None:
        """See `Timetable`."""
        super().advance(now)
        if not self.booted:
            self.booted = self.clock()

    def say(
        self,
        kind: str,
        channel: Channel | None = None,
        bridge: Bridge | None = None,
        *,
        key: str = "channel",
        **fields: Json,
    ) -> None:
        """Tells an event about a channel, a bridge or both. ``key``: under which the channel
        stands."""
        event: Event = {"type": kind, "timestamp": shown_time(self.clock()), **fields}
        about: dict[str, str] = {}
        watchers: list[str] = []
        if bridge is not None:
            event["bridge"] = bridge.shown()
            about["bridge"] = bridge.id
        if channel is not None:
            event[key] = channel.shown()
            about["channel"] = channel.id
            about["endpoint"] = channel.address
            watchers = channel.watchers
        event["asterisk_id"] = ENTITY
        self.apps.tell(event, watchers=watchers, **about)
        for witness in self.witnesses:
            witness.happened(kind, channel, bridge, fields)

    def listen(self, app: str, listener: Listener, *, everything: bool = False) -> None:
        """A WebSocket comes for an application, and takes it from whoever had it."""
        farewell: Event = {"type": "ApplicationReplaced", "timestamp": shown_time(self.clock())}
        farewell["asterisk_id"] = ENTITY
        self.apps.connect(app, listener, farewell, everything=everything)

    def restart(self) -> None:
        """Loses every call, bridge, subscription and device state of its own."""
        for kept in (self.channels, self.bridges, self.devices, self._timers):
            kept.clear()
        self.apps = Applications()
        self.booted = self.clock()
        for phone in self.phones.values():
            phone.told = self.state_of(phone.address)

    # -- Channels -----------------------------------------------------------------------

    def new_id(self) -> str:
        """An id as Asterisk makes them."""
        return f"{self.clock():.0f}.{next(self._ids)}"

    def make(self, name: str, channel: str | None = None, **more: object) -> Channel:
        """A new channel called ``name`` and a number; the caller sees to it that the id is free."""
        made = Channel(
            id=channel or self.new_id(), name=f"{name}-{next(self._numbers):08x}",
            created=self.clock(), **more,  # type: ignore[arg-type]
        )  # fmt: skip
        self.channels[made.id] = made
        self.say("ChannelCreated", made)
        return made

    def set_state(self, channel: Channel, state: str) -> None:
        """The channel's state changes."""
        if channel.state != state:
            channel.state = state
            self.say("ChannelStateChange", channel)
            self.look_at(channel.address)

    def enter_stasis(self, channel: Channel, app: str, args: Sequence[str]) -> bool:
        """The channel comes into an application; ``False``: nobody listens there."""
        if channel.ended or not self.apps.active(app):
            return False
        channel.app = app
        channel.args = list(args)
        channel.doing = "Stasis", ",".join([app, *args])
        self.apps.by_name[app].channels[channel.id] = 1
        self.say("StasisStart", channel, args=list(args))
        return True

    def leave_stasis(self, channel: Channel) -> None:
        """The channel is out of its bridge and its application."""
        self.leave_bridge(channel)
        app, channel.app = channel.app, None
        if app is None:
            return
        self.say("StasisEnd", channel)
        if app in self.apps.by_name:
            self.apps.by_name[app].channels.pop(channel.id, None)
            self.apps.forget_if_idle(app)

    def hang_up(self, channel: Channel, cause: int, *, asked: bool = False) -> None:
        """The channel goes: by its far end, or ``asked`` for by us."""
        self.say_hangup(channel, 32 if asked else cause, soft=asked)
        self.destroy(channel, cause)

    def destroy(self, channel: Channel, cause: int) -> None:
        """The channel leaves whatever it is in, and is no more."""
        if channel.ended:
            return
        channel.ended = True
        for playback in channel.playbacks:
            shown = playback.shown("failed")
            self.say_media("PlaybackFinished", "playback", shown, channel, None)
        channel.playbacks.clear()
        self.leave_stasis(channel)
        if channel.kind == "customer" and channel.watchers:
            self.say_hangup(channel, 16, soft=True)
        if channel.kind != "snoop":
            self._say_destroyed(channel, cause)
        del self.channels[channel.id]
        self.look_at(channel.address)
        for other in list(self.channels.values()):
            if other.spied is channel:
                self.hang_up(other, 16)

    def say_hangup(self, channel: Channel, cause: int, *, soft: bool) -> None:
        """Tells that a channel is about to go. ``soft``: asked for, not by its far end."""
        if soft:
            self.say("ChannelHangupRequest", channel, cause=cause, soft=True)
        else:
            self.say("ChannelHangupRequest", channel, cause=cause)

    def _say_destroyed(self, channel: Channel, cause: int) -> None:
        words = CAUSES.get(cause, "Unknown")
        if channel.name.startswith("PJSIP/") and cause in _SIP:
            sip = _SIP[cause]
            self.say("ChannelDestroyed", channel, cause=cause, cause_txt=words, tech_cause=sip)
        else:
            self.say("ChannelDestroyed", channel, cause=cause, cause_txt=words)

    # -- Bridges ------------------------------------------------------------------------

    def make_bridge(self, bridge: str | None, *, holding: bool, name: str) -> Bridge:
        """A new bridge."""
        made = Bridge(bridge or self.new_id(), holding, name, self.clock())
        self.bridges[made.id] = made
        self.say("BridgeCreated", bridge=made)
        return made

    def enter_bridge(self, channel: Channel, bridge: Bridge) -> None:
        """The channel comes into a bridge, out of the one where it is."""
        self.part(channel)
        channel.bridge = bridge
        bridge.channels.append(channel)
        self._interest(channel, bridge, 1)
        self.say("ChannelEnteredBridge", channel, bridge)

    def part(self, channel: Channel) -> None:
        """The channel is taken out of its bridge. Only so does the application's interest in the
        bridge end, not when a channel hangs up in it."""
        bridge = channel.bridge
        self.leave_bridge(channel)
        if bridge is not None:
            self._interest(channel, bridge, -1)

    def _interest(self, channel: Channel, bridge: Bridge, more: int) -> None:
        app = self.apps.by_name.get(channel.app or "")
        if app is not None:
            count = app.bridges.get(bridge.id, 0) + more
            app.bridges[bridge.id] = count
            if count <= 0:
                del app.bridges[bridge.id]

    def leave_bridge(self, channel: Channel) -> None:
        """The channel is in no bridge any more; it stays in its application."""
        bridge, channel.bridge = channel.bridge, None
        if bridge is not None:
            bridge.channels.remove(channel)
            self.say("ChannelLeftBridge", channel, bridge)

    def destroy_bridge(self, bridge: Bridge) -> None:
        """The bridge goes; who was in it stays in the application."""
        del self.bridges[bridge.id]
        for channel in list(bridge.channels):
            self.part(channel)

        def gone() -> None:
            self.say("BridgeDestroyed", bridge=bridge)
            for app in self.apps.by_name.values():
                app.bridges.pop(bridge.id, None)

        self.later(STASIS_AFTER, gone)

    def say_media(
        self, kind: str, key: str, shown: Json, channel: Channel | None, bridge: Bridge | None
    ) -> None:
        """Tells what became of a playback or a recording, to those who watch its target."""
        event: Event = {"type": kind, "timestamp": shown_time(self.clock()), key: shown}
        event["asterisk_id"] = ENTITY
        self.apps.tell(
            event,
            channel=channel.id if channel is not None else "",
            watchers=channel.watchers if channel is not None else (),
            bridge=bridge.id if bridge is not None else "",
        )

    # -- Devices ------------------------------------------------------------------------

    def state_of(self, device: str) -> str:
        """The device's state, in Asterisk's words."""
        if device in self.devices:
            return self.devices[device]
        phone = self.phones.get(device)
        if phone is None:
            scheme = device.partition(":")[0]
            return "UNKNOWN" if scheme in {"Custom", "Stasis"} and ":" in device else "INVALID"
        if phone.mood == "unreachable":
            return "UNAVAILABLE"
        states = {it.state for it in self.channels.values() if it.phone is phone}
        busy = phone.in_use or "Up" in states
        if "Ringing" in states:
            return "RINGINUSE" if busy else "RINGING"
        return "INUSE" if busy else "NOT_INUSE"

    def look_at(self, address: str) -> None:
        """Tells the state of a phone when it has changed."""
        phone = self.phones.get(address)
        if phone is not None and (state := self.state_of(address)) != phone.told:
            phone.told = state
            self.say_device(address)

    def set_device(self, device: str, state: str) -> None:
        """A device of our own making (``Custom:`` or ``Stasis:``) has a state."""
        self.devices[device] = state
        self.say_device(device)

    def say_device(self, device: str) -> None:
        """Tells the state of a device."""
        state: Json = {"name": device, "state": self.state_of(device)}
        event: Event = {"type": "DeviceStateChanged", "timestamp": shown_time(self.clock())}
        self.apps.tell({**event, "device_state": state, "asterisk_id": ENTITY}, device=device)
        for witness in self.witnesses:
            witness.happened("DeviceStateChanged", None, None, {"device_state": state})
