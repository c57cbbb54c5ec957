"""ARI's events as far as we need them, read with care: nothing that comes in is trusted.

The order of the fields is Asterisk's own; what it sends besides is not looked at. An event that is
none of these is `Unknown`, which is counted and never an error.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import TypeAlias

import attrs

Json: TypeAlias = "str | int | float | bool | list[Json] | Mapping[str, Json] | None"
Table: TypeAlias = Mapping[str, Json]


LONGEST_ID = 1024
"""Characters that an id has at most; Asterisk's own have 149."""


class Malformed(Exception):
    """A field is missing or of another type."""


@attrs.frozen(kw_only=True)
class Channel:
    """A leg as Asterisk has it.

    ``state``: Down, Ring, Ringing, Up, Busy …; ``exten``: where in the dialplan it is; ``app``: the
    application of `Stasis()` that it is in by the dialplan; ``args``: what that was called with;
    ``created``: by Asterisk's clock, float seconds since the epoch. Of events only `StasisStart`
    has more than id, name and state.
    """

    id: str
    name: str = ""
    state: str = ""
    number: str | None = None
    caller_name: str | None = None
    exten: str | None = None
    app: str | None = None
    args: tuple[str, ...] = ()
    created: float | None = None
    variables: Mapping[str, str] = MappingProxyType({})


@attrs.frozen(kw_only=True)
class Bridge:
    """A bridge as Asterisk has it. ``kind``: holding or mixing; ``channels``: who is in it."""

    id: str
    kind: str = ""
    name: str = ""
    channels: tuple[str, ...] = ()


@attrs.frozen(kw_only=True)
class Event:
    """What all have in common. ``at``: by Asterisk's clock, float seconds since the epoch."""

    at: float | None = None


@attrs.frozen(kw_only=True)
class OfChannel(Event):
    """What those about a channel have in common."""

    channel: Channel


@attrs.frozen(kw_only=True)
class StasisStart(OfChannel):
    """A channel is ours now. ``replaces``: the channel whose place it took (a transfer at a
    phone, a masquerade)."""

    args: tuple[str, ...] = ()
    replaces: str | None = None


@attrs.frozen(kw_only=True)
class StasisEnd(OfChannel):
    """A channel is not ours any more: it hung up, or somebody took it away."""


@attrs.frozen(kw_only=True)
class ChannelStateChange(OfChannel):
    """A channel rings, is up, is busy."""


@attrs.frozen(kw_only=True)
class Dial(Event):
    """How dialling goes. ``status``: empty, RINGING, PROGRESS, ANSWER, or why not."""

    peer: Channel
    status: str


@attrs.frozen(kw_only=True)
class ChannelHangupRequest(OfChannel):
    """The first word of a hang-up, by whomever. ``cause``: of Q.850; ``soft``: Asterisk's own flags
    instead, where it is Asterisk that wants it."""

    cause: int = 0
    soft: int = 0


@attrs.frozen(kw_only=True)
class ChannelDestroyed(OfChannel):
    """The last word about a channel. ``cause``: of Q.850."""

    cause: int = 0


@attrs.frozen(kw_only=True)
class ChannelEnteredBridge(OfChannel):
    """A channel is in a bridge."""

    bridge: Bridge


@attrs.frozen(kw_only=True)
class ChannelLeftBridge(OfChannel):
    """A channel is not in a bridge any more."""

    bridge: Bridge


@attrs.frozen(kw_only=True)
class ChannelDtmfReceived(OfChannel):
    """A key was pressed."""

    digit: str


@attrs.frozen(kw_only=True)
class ChannelHold(OfChannel):
    """A phone put the other side on hold by itself."""


@attrs.frozen(kw_only=True)
class ChannelUnhold(OfChannel):
    """… and off again."""


@attrs.frozen(kw_only=True)
class RecordingChanged(Event):
    """A recording began, ended or failed. ``state``: started, stopped or failed."""

    recording: str
    state: str


@attrs.frozen(kw_only=True)
class PlaybackFinished(Event):
    """Something was played to its end, or could not be. ``state``: done or failed."""

    playback: str
    state: str


@attrs.frozen(kw_only=True)
class DeviceStateChanged(Event):
    """A device is free, in use, gone."""

    device: str
    state: str


@attrs.frozen(kw_only=True)
class ApplicationReplaced(Event):
    """Another connection took our application: it hears everything now, we nothing."""


@attrs.frozen(kw_only=True)
class RestResponse(Event):
    """The reply to a request that went over the WebSocket."""

    number: str
    status: int
    content: str


@attrs.frozen(kw_only=True)
class Ignored(Event):
    """Known, and of no interest."""


@attrs.frozen(kw_only=True)
class Unknown(Event):
    """A kind of event that we have never heard of."""

    kind: str


# -- Reading ------------------------------------------------------------------------------


def text(table: Table, key: str) -> str:
    """A text that must be there."""
    value = table.get(key)
    if not isinstance(value, str):
        raise Malformed(key)
    return value


def _id(table: Table) -> str:
    """An id that must be there; it becomes a part of addresses."""
    value = text(table, "id")
    if not 0 < len(value) <= LONGEST_ID:
        raise Malformed("id")
    return value


def table_of(value: Json, key: str) -> Table:
    """A table that must be there."""
    if not isinstance(value, dict):
        raise Malformed(key)
    return value


def tables_of(value: Json, key: str) -> list[Table]:
    """A list of tables."""
    if not isinstance(value, list):
        raise Malformed(key)
    return [table_of(it, key) for it in value]


def texts_of(value: Json, key: str) -> tuple[str, ...]:
    """A list of texts; none where it is missing."""
    if value is None:
        return ()
    if not isinstance(value, list):
        raise Malformed(key)
    found = tuple(it for it in value if isinstance(it, str))
    if len(found) < len(value):
        raise Malformed(key)
    return found


def instant_of(value: Json) -> float | None:
    """An ISO time with its offset as seconds since the epoch; ``None``: it is no such time."""
    try:
        return datetime.fromisoformat(value).timestamp() if isinstance(value, str) else None
    except (ValueError, OverflowError):
        return None


def channel_of(value: Json) -> Channel:
    """A channel's table."""
    table = table_of(value, "channel")
    caller, dialplan = table.get("caller"), table.get("dialplan")
    given, stasis = table.get("channelvars"), _stasis(dialplan)
    variables = given if isinstance(given, dict) else {}
    return Channel(
        id=_id(table),
        name=_maybe(table, "name") or "",
        state=_maybe(table, "state") or "",
        number=_maybe(caller, "number"),
        caller_name=_maybe(caller, "name"),
        exten=_maybe(dialplan, "exten"),
        app=next(iter(stasis), None),
        args=stasis[1:],
        created=instant_of(table.get("creationtime")),
        variables={name: it for name, it in variables.items() if isinstance(it, str)},
    )


def _seen(table: Table, key: str) -> Channel:
    """A channel's table, as far as most events are read."""
    seen = table_of(table.get(key), key)
    return Channel(
        id=text(seen, "id"), name=_maybe(seen, "name") or "", state=_maybe(seen, "state") or ""
    )


def _stasis(dialplan: Json) -> tuple[str, ...]:
    """The arguments of ``Stasis()``, the application's name first; none where it is not there."""
    if _maybe(dialplan, "app_name") != "Stasis":
        return ()
    return tuple((_maybe(dialplan, "app_data") or "").split(","))


def bridge_of(value: Json) -> Bridge:
    """A bridge's table."""
    table = table_of(value, "bridge")
    return Bridge(
        id=_id(table),
        kind=_maybe(table, "bridge_type") or "",
        name=_maybe(table, "name") or "",
        channels=texts_of(table.get("channels"), "channels"),
    )


def _maybe(value: Json, key: str) -> str | None:
    """A text that may be missing or empty, also with the table it is in."""
    found = value.get(key) if isinstance(value, dict) else None
    return found if isinstance(found, str) and found else None


def _cause(table: Table, key: str = "cause") -> int:
    cause = table.get(key)
    return cause if isinstance(cause, int) and not isinstance(cause, bool) else 0


Reader: TypeAlias = Callable[[Table, float | None], Event]

_FIELDS: Mapping[object, Callable[[Table, str], object]] = MappingProxyType(
    {
        Channel: _seen,
        Bridge: lambda table, key: bridge_of(table.get(key)),
        str: text,
        int: _cause,
    }
)


def _plain(kind: type[Event]) -> Reader:
    """Reads events whose fields have in our class the names that they have in Asterisk's table."""
    fields = [(it.name, _FIELDS[it.type]) for it in attrs.fields(kind) if it.name != "at"]

    def read(table: Table, at: float | None) -> Event:
        return kind(at=at, **{name: of(table, name) for name, of in fields})

    return read


def _started(table: Table, at: float | None) -> Event:
    replaced = table.get("replace_channel")
    return StasisStart(
        at=at,
        channel=channel_of(table.get("channel")),
        args=texts_of(table.get("args"), "args"),
        replaces=None if replaced is None else channel_of(replaced).id,
    )


def _dial(table: Table, at: float | None) -> Event:
    return Dial(at=at, peer=_seen(table, "peer"), status=text(table, "dialstatus"))


def _hangs_up(table: Table, at: float | None) -> Event:
    channel, cause = _seen(table, "channel"), _cause(table)
    if table.get("soft") is True:
        return ChannelHangupRequest(at=at, channel=channel, soft=cause)
    return ChannelHangupRequest(at=at, channel=channel, cause=cause)


def _recording(state: str) -> Reader:
    def read(table: Table, at: float | None) -> Event:
        recording = table_of(table.get("recording"), "recording")
        return RecordingChanged(at=at, recording=text(recording, "name"), state=state)

    return read


def _played(table: Table, at: float | None) -> Event:
    playback = table_of(table.get("playback"), "playback")
    state = _maybe(playback, "state") or "done"
    return PlaybackFinished(at=at, playback=text(playback, "id"), state=state)


def _device(table: Table, at: float | None) -> Event:
    device = table_of(table.get("device_state"), "device_state")
    return DeviceStateChanged(at=at, device=text(device, "name"), state=text(device, "state"))


_PLAIN = (
    StasisEnd, ChannelStateChange, ChannelDestroyed, ChannelEnteredBridge, ChannelLeftBridge,
    ChannelDtmfReceived, ChannelHold, ChannelUnhold, ApplicationReplaced,
)  # fmt: skip

READERS: Mapping[str, Reader] = MappingProxyType(
    {
        **{kind.__name__: _plain(kind) for kind in _PLAIN},
        "StasisStart": _started,
        "Dial": _dial,
        "ChannelHangupRequest": _hangs_up,
        "RecordingStarted": _recording("started"),
        "RecordingFinished": _recording("stopped"),
        "RecordingFailed": _recording("failed"),
        "PlaybackFinished": _played,
        "DeviceStateChanged": _device,
    }
)
"""The kinds that we ask Asterisk for."""

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


def read_event(table: Table) -> Event:
    """The event of a table.

    Raises:
        Malformed: it has no kind, or lacks what its kind must have.
    """
    kind = text(table, "type")
    if kind == "RESTResponse":
        status = table.get("status_code")
        if not isinstance(status, int):
            raise Malformed("status_code")
        content = _maybe(table, "message_body") or ""
        return RestResponse(number=text(table, "request_id"), status=status, content=content)
    at = instant_of(table.get("timestamp"))
    if kind in READERS:
        return READERS[kind](table, at)
    return Ignored(at=at) if kind in IGNORED else Unknown(at=at, kind=kind)
