"""Members and callers of the simulated app_queue, and how AMI shows a channel. No behaviour."""

from collections.abc import Mapping

import attrs

from ccroute.testing.asterisk._objects import Channel

STATUSES: Mapping[str, int] = {
    "UNKNOWN": 0, "NOT_INUSE": 1, "INUSE": 2, "BUSY": 3, "INVALID": 4, "UNAVAILABLE": 5,
    "RINGING": 6, "RINGINUSE": 7, "ONHOLD": 8,
}  # fmt: skip
"""A member's status as app_queue numbers it."""


@attrs.define(eq=False)
class Member:
    """A member of a queue: ``interface`` as it is dialled, ``name`` for people."""

    queue: str
    interface: str
    name: str
    penalty: int = 0
    paused: bool = False
    reason: str = ""
    taken: int = 0
    last_call: float = 0.0
    last_pause: float = 0.0
    since: float = 0.0
    told: str = ""
    wait_until: float = 0.0


@attrs.define(eq=False)
class Visit:
    """A caller's stay in a queue. ``leg``: the member's channel; ``talk``: since when both
    speak."""

    caller: Channel
    queue: str
    entered: float
    position: int
    member: Member | None = None
    leg: Channel | None = None
    rung_at: float = 0.0
    talk: float | None = None
    hold: float = 0.0
    leaving: bool = False


def device_of(interface: str) -> str:
    """The device behind an interface."""
    return interface.removesuffix("/n")


_STATES: Mapping[str, str] = {"Down": "0", "Ring": "4", "Ringing": "5", "Up": "6"}


def headers(channel: Channel, prefix: str = "") -> dict[str, str]:
    """A channel as AMI shows it."""
    context, exten, priority = channel.dialplan
    shown = {
        "Channel": channel.name,
        "ChannelState": _STATES[channel.state],
        "ChannelStateDesc": channel.state,
        "CallerIDNum": channel.caller[1] or "<unknown>",
        "CallerIDName": channel.caller[0] or "<unknown>",
        "ConnectedLineNum": channel.connected[1] or "<unknown>",
        "ConnectedLineName": channel.connected[0] or "<unknown>",
        "Language": "en",
        "AccountCode": "",
        "Context": context,
        "Exten": exten,
        "Priority": str(priority),
        "Uniqueid": channel.id,
        "Linkedid": channel.id,
    }
    return {f"{prefix}{key}": value for key, value in shown.items()}
