"""ARI's events as far as we need them, read with care: nothing that comes in is trusted.

`msgspec` reads them, because it checks types while it reads and makes no tables on the way: as
many as thirty events and replies come for each call. Fields are called as Asterisk calls them;
what it sends besides is not looked at. An event that is none of these is `Unknown`, which is
counted and never an error.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, ClassVar, TypeAlias

import msgspec

Json: TypeAlias = "str | int | float | bool | list[Json] | Mapping[str, Json] | None"
Heard: TypeAlias = bytes | bytearray | memoryview
"""A message as it came."""

LONGEST_ID = 1024
"""Characters that an id has at most; Asterisk's own have 149."""
Id: TypeAlias = Annotated[str, msgspec.Meta(min_length=1, max_length=LONGEST_ID)]
"""An id becomes a part of addresses."""


class Brief(msgspec.Struct, frozen=True):
    """A leg, as far as most events are read. ``state``: Down, Ring, Ringing, Up, Busy and more."""

    id: Id
    name: str = ""
    state: str = ""


class Caller(msgspec.Struct, frozen=True):
    """Who is at a leg."""

    name: str | None = None
    number: str | None = None


class Dialplan(msgspec.Struct, frozen=True):
    """Where in the dialplan a leg is."""

    exten: str | None = None
    app_name: str | None = None
    app_data: str | None = None


class Channel(Brief, frozen=True):
    """A leg as Asterisk has it, in lists and where it becomes ours."""

    caller: Caller | None = None
    dialplan: Dialplan | None = None
    creationtime: object = None
    channelvars: Mapping[str, object] | None = None

    @property
    def number(self) -> str | None:
        """The caller's; ``None``: it is not known."""
        return (self.caller and self.caller.number) or None

    @property
    def caller_name(self) -> str | None:
        """The caller's; ``None``: it is not known."""
        return (self.caller and self.caller.name) or None

    @property
    def exten(self) -> str | None:
        """The extension it is at."""
        return (self.dialplan and self.dialplan.exten) or None

    @property
    def app(self) -> str | None:
        """The application of `Stasis()` that it is in by the dialplan."""
        return next(iter(self._stasis), None)

    @property
    def args(self) -> tuple[str, ...]:
        """What `Stasis()` was called with."""
        return self._stasis[1:]

    @property
    def created(self) -> float | None:
        """By Asterisk's clock, float seconds since the epoch."""
        return instant_of(self.creationtime)

    @property
    def _stasis(self) -> tuple[str, ...]:
        if self.dialplan is None or self.dialplan.app_name != "Stasis":
            return ()
        return tuple((self.dialplan.app_data or "").split(","))


class Bridge(msgspec.Struct, frozen=True):
    """A bridge as Asterisk has it. ``channels``: who is in it."""

    id: Id
    channels: tuple[str, ...] = ()


class Recording(msgspec.Struct, frozen=True):
    """A recording by its name."""

    name: str


class Playback(msgspec.Struct, frozen=True):
    """Something that is played. ``state``: done or failed, at its end."""

    id: str
    state: str | None = None


class Device(msgspec.Struct, frozen=True):
    """A device. ``state``: free, in use, gone, in Asterisk's words."""

    name: str
    state: str


# -- Events -------------------------------------------------------------------------------


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag=True):
    """What all have in common."""

    timestamp: object = None

    @property
    def at(self) -> float | None:
        """By Asterisk's clock, float seconds since the epoch."""
        return instant_of(self.timestamp)


class OfChannel(Event, frozen=True):
    """What those about a channel have in common."""

    channel: Brief


class StasisStart(Event, frozen=True):
    """A channel is ours now. ``replace_channel``: the one whose place it took (a transfer at a
    phone, a masquerade)."""

    channel: Channel
    args: tuple[str, ...] = ()
    replace_channel: Brief | None = None


class StasisEnd(OfChannel, frozen=True):
    """A channel is not ours any more: it hung up, or somebody took it away."""


class ChannelStateChange(OfChannel, frozen=True):
    """A channel rings, is up, is busy."""


class Dial(Event, frozen=True):
    """How dialling goes. ``dialstatus``: empty, RINGING, PROGRESS, ANSWER, or why not."""

    peer: Brief
    dialstatus: str


class ChannelHangupRequest(OfChannel, frozen=True):
    """The first word of a hang-up, by whomever. ``cause``: of Q.850; with ``soft`` Asterisk's own
    flags instead, where it is Asterisk that wants it."""

    cause: int | None = None
    soft: bool | None = None

    @property
    def flags(self) -> int:
        """Why Asterisk wants it."""
        return (self.cause or 0) if self.soft else 0

    @property
    def q850(self) -> int:
        """Why whoever is there wants it."""
        return 0 if self.soft else (self.cause or 0)


class ChannelDestroyed(OfChannel, frozen=True):
    """The last word about a channel. ``cause``: of Q.850."""

    cause: int | None = None


class ChannelEnteredBridge(OfChannel, frozen=True):
    """A channel is in a bridge."""

    bridge: Bridge


class ChannelLeftBridge(OfChannel, frozen=True):
    """A channel is not in a bridge any more."""

    bridge: Bridge


class ChannelDtmfReceived(OfChannel, frozen=True):
    """A key was pressed."""

    digit: str


class ChannelHold(OfChannel, frozen=True):
    """A phone put the other side on hold by itself."""


class ChannelUnhold(OfChannel, frozen=True):
    """… and off again."""


class OfRecording(Event, frozen=True):
    """What those about a recording have in common. ``state``: what it is in from now on."""

    state: ClassVar[str]
    recording: Recording


class RecordingStarted(OfRecording, frozen=True):
    """A recording began."""

    state = "started"


class RecordingFinished(OfRecording, frozen=True):
    """A recording is complete."""

    state = "stopped"


class RecordingFailed(OfRecording, frozen=True):
    """A recording came to nothing."""

    state = "failed"


class PlaybackFinished(Event, frozen=True):
    """Something was played to its end, or could not be."""

    playback: Playback


class DeviceStateChanged(Event, frozen=True):
    """A device is free, in use, gone."""

    device_state: Device


class ApplicationReplaced(Event, frozen=True):
    """Another connection took our application: it hears everything now, we nothing."""


class RestResponse(Event, frozen=True, tag="RESTResponse"):
    """The reply to a request that went over the WebSocket."""

    request_id: str
    status_code: int
    message_body: str | None = None


class Ignored(Event, frozen=True):
    """Known, and of no interest."""


class Unknown(Event, frozen=True):
    """A kind of event that we have never heard of."""

    kind: str


class _Kind(msgspec.Struct, frozen=True):
    """What every event has, of whatever kind."""

    type: str
    timestamp: object = None


_READ = (
    StasisStart | StasisEnd | ChannelStateChange | Dial | ChannelHangupRequest | ChannelDestroyed
    | ChannelEnteredBridge | ChannelLeftBridge | ChannelDtmfReceived | ChannelHold | ChannelUnhold
    | RecordingStarted | RecordingFinished | RecordingFailed | PlaybackFinished
    | DeviceStateChanged | ApplicationReplaced | RestResponse
)  # fmt: skip
KINDS = frozenset(str(kind.__struct_config__.tag) for kind in _READ.__args__)
"""The kinds that we ask Asterisk for; the replies to requests go through its filter too."""

IGNORED = frozenset(
    {
        "ApplicationMoveFailed", "ApplicationRegistered", "ApplicationUnregistered",
        "BridgeAttendedTransfer", "BridgeBlindTransfer", "BridgeCreated", "BridgeDestroyed",
        "BridgeMerged", "BridgeVideoSourceChanged", "ChannelCallerId", "ChannelConnectedLine",
        "ChannelCreated", "ChannelDialplan", "ChannelTalkingFinished", "ChannelTalkingStarted",
        "ChannelToneDetected", "ChannelTransfer", "ChannelUserevent", "ChannelVarset",
        "ContactStatusChange", "EndpointStateChange", "PeerStatusChange", "PlaybackContinuing",
        "PlaybackStarted",
    }
)  # fmt: skip
"""The kinds that mean nothing to us; Asterisk is asked to keep them, and not all can."""

_event = msgspec.json.Decoder(_READ)
_kind = msgspec.json.Decoder(_Kind)


def read_event(message: Heard) -> Event:
    """The event of a message.

    Raises:
        ValueError: it is no JSON, has no kind, or lacks what its kind must have.
        RecursionError: it is nested deeper than can be read.
    """
    try:
        return _event.decode(message)
    except msgspec.ValidationError:
        other = _kind.decode(message)
        if other.type in KINDS:
            raise
    if other.type in IGNORED:
        return Ignored(timestamp=other.timestamp)
    return Unknown(timestamp=other.timestamp, kind=other.type)


def instant_of(value: object) -> float | None:
    """An ISO time with its offset as seconds since the epoch; ``None``: it is no such time."""
    try:
        return datetime.fromisoformat(value).timestamp() if isinstance(value, str) else None
    except (ValueError, OverflowError):
        return None
