"""The requests that we make of Asterisk, each by a name. No socket, no clock."""

from collections.abc import Iterable

from ccroute_asterisk.ari.calls import (
    CONTACT_VARIABLE,
    LEG_VARIABLE,
    REFUSED_VARIABLE,
    Call,
    Leg,
)
from ccroute_asterisk.ari.codec import Request
from ccroute_asterisk.ari.messages import KINDS, Json


def information() -> Request:
    """Version, and when Asterisk started."""
    return Request("GET", ("asterisk", "info"))


def ping() -> Request:
    """Asterisk's time."""
    return Request("GET", ("asterisk", "ping"))


def application(app: str) -> Request:
    """The channels and bridges of an application."""
    return Request("GET", ("applications", app), lists=True)


def filter_events(app: str) -> Request:
    """No events but those that we read."""
    allowed: list[Json] = [{"type": kind} for kind in sorted(KINDS)]
    path = ("applications", app, "eventFilter")
    return Request("PUT", path, body={"allowed": allowed}, lists=True)


def watch_devices(app: str, devices: Iterable[str]) -> Request:
    """Events about these devices."""
    sources = ",".join(f"deviceState:{device}" for device in devices)
    path = ("applications", app, "subscription")
    return Request("POST", path, {"eventSource": sources}, lists=True)


def device(name: str) -> Request:
    """The state of a device."""
    return Request("GET", ("deviceStates", name))


def channels() -> Request:
    """All channels there are."""
    return Request("GET", ("channels",), lists=True)


def bridges() -> Request:
    """All bridges there are."""
    return Request("GET", ("bridges",), lists=True)


def channel(name: str) -> Request:
    """One channel, if it is there."""
    return Request("GET", ("channels", name))


def variable(channel: str, name: str) -> Request:
    """What a channel keeps under a name."""
    return Request("GET", ("channels", channel, "variable"), {"variable": name})


def keep(channel: str, value: str) -> Request:
    """Lets a customer's channel keep what we must know of it."""
    return _let_keep(channel, CONTACT_VARIABLE, value)


def note_refusal(channel: str) -> Request:
    """Lets the dialplan know that a customer was refused."""
    return _let_keep(channel, REFUSED_VARIABLE, "yes")


def tag(leg: Leg) -> Request:
    """What a leg's channel keeps is written anew."""
    return _let_keep(leg.id, LEG_VARIABLE, leg.tag())


def _let_keep(channel: str, variable: str, value: str) -> Request:
    body: dict[str, Json] = {"variable": variable, "value": value}
    return Request("POST", ("channels", channel, "variable"), body=body)


def answer(channel: str) -> Request:
    """Answers a customer."""
    return Request("POST", ("channels", channel, "answer"))


def create_leg(leg: Leg, app: str, address: str, originator: str, shown: dict[str, str]) -> Request:
    """Makes a leg, which does not ring yet. ``originator``: the customer's channel, if it has one;
    ``shown``: variables for the phone's display."""
    query = {"endpoint": address, "app": app, "appArgs": "leg", "channelId": leg.id}
    if originator:
        query["originator"] = originator
    variables: dict[str, Json] = {LEG_VARIABLE: leg.tag(), **shown}
    return Request("POST", ("channels", "create"), query, {"variables": variables})


def create_customer(call: Call, app: str, endpoint: str) -> Request:
    """Makes the channel of a customer who is called back, which does not ring yet."""
    query = {"endpoint": endpoint, "app": app, "appArgs": "back", "channelId": call.channel}
    variables: dict[str, Json] = {CONTACT_VARIABLE: call.tag()}
    return Request("POST", ("channels", "create"), query, {"variables": variables})


def dial(leg: str, seconds: int) -> Request:
    """Lets a leg ring, so long at most."""
    return Request("POST", ("channels", leg, "dial"), {"timeout": str(seconds)})


def hang_up(channel: str, cause: str = "normal") -> Request:
    """Ends a channel. ``cause``: a word of ARI's."""
    return Request("DELETE", ("channels", channel), {"reason": cause})


def create_bridge(bridge: str, kind: str, name: str) -> Request:
    """Makes a bridge. ``kind``: holding or mixing."""
    return Request("POST", ("bridges", bridge), {"type": kind, "name": name})


def destroy_bridge(bridge: str) -> Request:
    """Ends a bridge; who is in it is left alone."""
    return Request("DELETE", ("bridges", bridge))


def music(bridge: str, name: str) -> Request:
    """Plays a class of music to all in a holding bridge."""
    return Request("POST", ("bridges", bridge, "moh"), {"mohClass": name})


def add(bridge: str, *channels: str) -> Request:
    """Brings channels into a bridge, one after the other, out of any other."""
    return Request("POST", ("bridges", bridge, "addChannel"), {"channel": ",".join(channels)})


def play(channel: str, playback: str, media: str) -> Request:
    """Plays to one channel."""
    path = ("channels", channel, "play", playback)
    return Request("POST", path, {"media": media})


def play_to_all(bridge: str, playback: str, media: str) -> Request:
    """Plays to all in a bridge."""
    path = ("bridges", bridge, "play", playback)
    return Request("POST", path, {"media": media})


def stop_playback(playback: str) -> Request:
    """Plays no more of it."""
    return Request("DELETE", ("playbacks", playback))


def go_on(channel: str, context: str, extension: str) -> Request:
    """Gives a channel back to the dialplan."""
    query = {"context": context, "extension": extension, "priority": "1"}
    return Request("POST", ("channels", channel, "continue"), query)


def hand_back(channel: str) -> Request:
    """A channel goes on behind ``Stasis()``."""
    return Request("POST", ("channels", channel, "continue"))


def record(bridge: str, name: str, form: str) -> Request:
    """Records a conversation."""
    query = {"name": name, "format": form, "ifExists": "fail"}
    return Request("POST", ("bridges", bridge, "record"), query)


def stop_recording(name: str) -> Request:
    """Ends a recording and keeps it."""
    return Request("POST", ("recordings", "live", name, "stop"))


def pause_recording(name: str) -> Request:
    """Records nothing for a while."""
    return Request("POST", ("recordings", "live", name, "pause"))


def resume_recording(name: str) -> Request:
    """Records on."""
    return Request("DELETE", ("recordings", "live", name, "pause"))


def snoop(leg: str, ear: str, app: str, whisper: str) -> Request:
    """An ear in a leg, and with ``whisper`` (none or out) a mouth. ``out``: the leg hears it."""
    query = {"spy": "both", "whisper": whisper, "app": app, "appArgs": "ear"}
    return Request("POST", ("channels", leg, "snoop", ear), query)
