"""What a simulated Asterisk holds: channels, bridges, phones, playbacks, recordings, and how ARI
shows each. No behaviour."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TypeAlias

import attrs

Json: TypeAlias = "str | int | float | bool | list[Json] | Mapping[str, Json] | None"

CAUSES: Mapping[int, str] = {
    0: "Unknown",
    1: "Unallocated (unassigned) number",
    16: "Normal Clearing",
    17: "User busy",
    18: "No user responding",
    19: "User alerting, no answer",
    20: "Subscriber absent",
    21: "Call Rejected",
    27: "Destination out of order",
    34: "Circuit/channel congestion",
    38: "Network out of order",
    42: "Switching equipment congestion",
    99: "Info. element nonexist or not implemented",
    127: "Interworking, unspecified",
}
"""Q.850 causes, in Asterisk's words."""

REASONS: Mapping[str, int] = {
    "normal": 16, "busy": 17, "congestion": 34, "no_answer": 19, "timeout": 16, "rejected": 21,
    "unallocated": 1, "normal_unspecified": 31, "number_incomplete": 28, "codec_mismatch": 127,
    "interworking": 127, "failure": 38, "answered_elsewhere": 26,
}  # fmt: skip
"""Words that ``DELETE /channels/ID?reason=`` takes."""


def shown_time(at: float) -> str:
    """An instant as ARI writes it, in milliseconds."""
    moment = datetime.fromtimestamp(at, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}+0000"


@attrs.define(eq=False)
class Phone:
    """A far end: an agent's phone, or whoever answers behind a trunk.

    ``address``: as it is dialled, such as ``PJSIP/101``. ``mood``: what it does when it is called:
    ``ring`` (until told otherwise), ``answer`` (after ``after`` seconds), ``busy``, ``reject``
    (after ``after`` seconds), ``congestion``, or ``unreachable``: it is not registered, and
    Asterisk refuses to make a channel. ``talks``: seconds until it hangs up by itself.
    ``in_use``: on a call that is none of ours.
    """

    address: str
    mood: str = "ring"
    after: float = 1.0
    talks: float | None = None
    in_use: bool = False
    told: str = "NOT_INUSE"

    @property
    def technology(self) -> str:
        """Such as PJSIP."""
        return self.address.partition("/")[0]

    @property
    def resource(self) -> str:
        """Such as 101."""
        return self.address.partition("/")[2]


@attrs.define(eq=False)
class Channel:
    """A leg. ``app``: the application it is in; ``watchers``: applications that hear of it from
    its beginning to its very end, because they made it or made another for it. ``phone``: the far
    end, where it was dialled. ``kind``: customer, agent, outside or snoop."""

    id: str
    name: str
    created: float
    kind: str = "customer"
    state: str = "Down"
    caller: tuple[str, str] = ("", "")
    connected: tuple[str, str] = ("", "")
    dialplan: tuple[str, str, int] = ("default", "s", 1)
    doing: tuple[str, str] = ("", "")
    phone: Phone | None = None
    app: str | None = None
    args: list[str] = attrs.Factory(list)
    watchers: list[str] = attrs.Factory(list)
    bridge: "Bridge | None" = None
    variables: dict[str, str] = attrs.Factory(dict)
    originated: bool = False
    dialled: bool = False
    ended: bool = False
    spied: "Channel | None" = None
    playbacks: "list[Playback]" = attrs.Factory(list)
    waiting_for: str | None = None
    """Where it goes when it is taken out of the application."""

    @property
    def address(self) -> str:
        """What was dialled, or nothing."""
        return self.phone.address if self.phone is not None else ""

    def shown(self) -> dict[str, Json]:
        """As ARI shows it."""
        context, exten, priority = self.dialplan
        app_name, app_data = self.doing
        return {
            "id": self.id,
            "name": self.name,
            "state": self.state,
            "protocol_id": "",
            "caller": {"name": self.caller[0], "number": self.caller[1]},
            "connected": {"name": self.connected[0], "number": self.connected[1]},
            "accountcode": "",
            "dialplan": {
                "context": context, "exten": exten, "priority": priority,
                "app_name": app_name, "app_data": app_data,
            },
            "creationtime": shown_time(self.created),
            "language": "en",
        }  # fmt: skip


@attrs.define(eq=False)
class Bridge:
    """Where channels meet (mixing) or wait (holding). ``ghost``: it is there and is not: what
    Asterisk leaves behind when it was overrun."""

    id: str
    holding: bool
    name: str
    created: float
    channels: list[Channel] = attrs.Factory(list)
    music: str | None = None
    ghost: bool = False

    def shown(self) -> dict[str, Json]:
        """As ARI shows it."""
        many = len(self.channels) > 2
        technology = "softmix" if many else "simple_bridge"
        return {
            "id": self.id,
            "technology": "holding_bridge" if self.holding else technology,
            "bridge_type": "holding" if self.holding else "mixing",
            "bridge_class": "stasis",
            "creator": "Stasis",
            "name": self.name,
            "channels": [it.id for it in self.channels],
            "creationtime": shown_time(self.created),
            "video_mode": "talker",
        }


@attrs.define(eq=False)
class Playback:
    """Something that is played to a channel or a bridge. ``seconds``: how long it is;
    ``fails``: there is no such sound."""

    id: str
    media: str
    target: str
    seconds: float
    fails: bool = False
    state: str = "queued"

    def shown(self, state: str | None = None) -> dict[str, Json]:
        """As ARI shows it."""
        return {
            "id": self.id, "media_uri": self.media, "target_uri": self.target,
            "language": "en", "state": state or self.state,
        }  # fmt: skip


@attrs.define(eq=False)
class Recording:
    """A recording that runs, of a bridge or a channel."""

    name: str
    format: str
    target: str
    began: float
    state: str = "queued"

    def shown(self, state: str | None = None, **more: Json) -> dict[str, Json]:
        """As ARI shows it."""
        return {
            "name": self.name, "format": self.format, "state": state or self.state,
            "target_uri": self.target, **more,
        }  # fmt: skip


@attrs.frozen(kw_only=True)
class Request:
    """A REST request as it came. ``at``: by the simulator's time; ``given``: query and body in
    one; ``status``: what was answered, 0 where nothing was; ``way``: http or websocket."""

    at: float
    method: str
    path: str
    given: Mapping[str, Json]
    status: int
    way: str = "http"

    def says(self, text: str) -> bool:
        """Whether the path or what was given holds ``text``."""
        return text in self.path or text in str(self.given)
