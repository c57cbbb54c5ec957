"""``/bridges``, ``/playbacks`` and ``/recordings``: where legs meet, and what is heard there."""

from ccroute.testing.asterisk._dialling import Refused
from ccroute.testing.asterisk._objects import Channel, Playback, Recording
from ccroute.testing.asterisk._rest import Ask, Blocked, Reply, Route

_DONE = Reply(204)
_OPERATIONS = {"restart", "pause", "unpause", "reverse", "forward"}


def _listed(ask: Ask) -> Reply:
    return Reply(200, [it.shown() for it in ask.pbx.switch.bridges.values() if not it.ghost])


def _shown(ask: Ask) -> Reply:
    return Reply(200, ask.bridge().shown())


def _make(ask: Ask) -> Reply:
    name = ask.names.get("bridge") or ask.text("bridgeId") or None
    kinds = set(ask.text("type", "mixing").split(","))
    if name is not None and name in ask.pbx.switch.bridges:
        raise Refused(409, f"Bridge with id '{name}' already exists")
    if kinds - {"mixing", "holding", "dtmf_events", "proxy_media", "video_sfu", "video_single"}:
        why = f"Unable to create bridge. Possible duplicate bridge id '{name or '(null)'}'"
        raise Refused(500, why)
    made = ask.pbx.switch.make_bridge(name, holding="holding" in kinds, name=ask.text("name"))
    return Reply(200, made.shown())


def _destroy(ask: Ask) -> Reply:
    bridge = ask.bridge()
    ask.pbx.media.end_all(f"bridge:{bridge.id}")
    ask.pbx.switch.destroy_bridge(bridge)
    return _DONE


def _named(ask: Ask) -> list[Channel]:
    """The channels of the request: all of them, or it is refused."""
    found: list[Channel] = []
    for name in ask.must("channel").split(","):
        channel = ask.pbx.switch.channels.get(name)
        if channel is None:
            raise Refused(400, "Channel not found")
        if channel.app is None:
            raise Refused(422, "Channel not in Stasis application")
        if channel.playbacks:
            raise Blocked
        found.append(channel)
    return found


def _add(ask: Ask) -> Reply:
    bridge = ask.bridge()
    for channel in _named(ask):
        ask.pbx.switch.enter_bridge(channel, bridge)
    return _DONE


def _remove(ask: Ask) -> Reply:
    bridge = ask.bridge()
    channels = _named(ask)
    if any(it.bridge is not bridge for it in channels):
        raise Refused(422, "Channel not in this bridge")
    for channel in channels:
        ask.pbx.switch.part(channel)
    return _DONE


def _music(ask: Ask) -> Reply:
    # A class that does not exist is taken all the same, and nobody hears anything.
    ask.bridge().music = ask.text("mohClass", "default")
    return _DONE


def _no_music(ask: Ask) -> Reply:
    bridge = ask.bridge()
    if bridge.music is None:
        raise Refused(409, "Bridge isn't playing music")
    bridge.music = None
    return _DONE


def _play(ask: Ask) -> Reply:
    bridge = ask.bridge()
    name = ask.names.get("playback") or ask.text("playbackId") or None
    made = ask.pbx.media.play(ask.must("media"), name, channel=None, bridge=bridge)
    return Reply(201, made.shown())


def _record(ask: Ask) -> Reply:
    bridge = ask.bridge()
    made = ask.pbx.media.record(
        ask.must("name"), ask.must("format"), ask.text("ifExists", "fail"),
        channel=None, bridge=bridge,
    )  # fmt: skip
    return Reply(201, made.shown())


def _playback(ask: Ask) -> Playback:
    found = ask.pbx.media.playbacks.get(ask.names["playback"])
    if found is None:
        raise Refused(404, "Playback not found")
    return found


def _shown_playback(ask: Ask) -> Reply:
    return Reply(200, _playback(ask).shown())


def _stop_playback(ask: Ask) -> Reply:
    ask.pbx.media.stop(_playback(ask))
    return _DONE


def _control_playback(ask: Ask) -> Reply:
    _playback(ask)
    if ask.text("operation") not in _OPERATIONS:
        raise Refused(400, f"Invalid operation {ask.text('operation')}")
    return _DONE


def _recording(ask: Ask) -> Recording:
    found = ask.pbx.media.recordings.get(ask.names["recording"])
    if found is None:
        raise Refused(404, "Recording not found")
    return found


def _shown_recording(ask: Ask) -> Reply:
    return Reply(200, _recording(ask).shown())


def _stop_recording(ask: Ask) -> Reply:
    ask.pbx.media.end(_recording(ask))
    return _DONE


def _discard_recording(ask: Ask) -> Reply:
    found = _recording(ask)
    ask.pbx.media.end(found)
    ask.pbx.media.stored.discard(found.name)
    return _DONE


def _pause(ask: Ask) -> Reply:
    _recording(ask).state = "paused"
    return _DONE


def _resume(ask: Ask) -> Reply:
    _recording(ask).state = "recording"
    return _DONE


def _stored(ask: Ask) -> Reply:
    if not ask.pbx.media.folder:
        return Reply(500, {"error": "Allocation failed"})
    kept = ask.pbx.media.stored - ask.pbx.media.recordings.keys()
    return Reply(200, [{"name": it, "format": "wav"} for it in sorted(kept)])


def _one_stored(ask: Ask) -> Reply:
    name = ask.names["recording"]
    if name not in ask.pbx.media.stored or name in ask.pbx.media.recordings:
        raise Refused(404, "Recording not found")
    return Reply(200, {"name": name, "format": "wav"})


BRIDGES: tuple[Route, ...] = (
    ("GET", "bridges", _listed),
    ("POST", "bridges", _make),
    ("GET", "bridges/{bridge}", _shown),
    ("POST", "bridges/{bridge}", _make),
    ("DELETE", "bridges/{bridge}", _destroy),
    ("POST", "bridges/{bridge}/addChannel", _add),
    ("POST", "bridges/{bridge}/removeChannel", _remove),
    ("POST", "bridges/{bridge}/moh", _music),
    ("DELETE", "bridges/{bridge}/moh", _no_music),
    ("POST", "bridges/{bridge}/play", _play),
    ("POST", "bridges/{bridge}/play/{playback}", _play),
    ("POST", "bridges/{bridge}/record", _record),
    ("GET", "playbacks/{playback}", _shown_playback),
    ("DELETE", "playbacks/{playback}", _stop_playback),
    ("POST", "playbacks/{playback}/control", _control_playback),
    ("GET", "recordings/stored", _stored),
    ("GET", "recordings/stored/{recording}", _one_stored),
    ("GET", "recordings/live/{recording}", _shown_recording),
    ("DELETE", "recordings/live/{recording}", _discard_recording),
    ("POST", "recordings/live/{recording}/stop", _stop_recording),
    ("POST", "recordings/live/{recording}/pause", _pause),
    ("DELETE", "recordings/live/{recording}/pause", _resume),
    ("POST", "recordings/live/{recording}/mute", _pause),
    ("DELETE", "recordings/live/{recording}/mute", _resume),
)
"""Who answers what."""
