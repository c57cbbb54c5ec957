"""``/channels``: what is asked of legs."""

from collections.abc import Mapping

from ccroute.testing.asterisk._dialling import Refused
from ccroute.testing.asterisk._objects import REASONS, Json
from ccroute.testing.asterisk._rest import Ask, Reply, Route

_DONE = Reply(204)
_DIRECTIONS = {"none", "both", "out", "in"}


def _listed(ask: Ask) -> Reply:
    return Reply(200, [it.shown() for it in ask.pbx.switch.channels.values()])


def _shown(ask: Ask) -> Reply:
    return Reply(200, ask.channel().shown())


def _args(ask: Ask) -> list[str]:
    given = ask.text("appArgs")
    return given.split(",") if given else []


def _variables(ask: Ask) -> dict[str, str]:
    given = ask.given.get("variables")
    if given is None:
        return {}
    if not isinstance(given, Mapping):
        raise Refused(400, "Invalid variables")
    return {key: str(value) for key, value in given.items()}


def _create(ask: Ask) -> Reply:
    if not ask.text("endpoint"):
        raise Refused(400, "Endpoint must be specified")
    made = ask.pbx.dialling.make(
        ask.text("endpoint"), app=ask.text("app"), args=_args(ask),
        channel=ask.text("channelId") or None, originator=ask.text("originator") or None,
        variables=_variables(ask),
    )  # fmt: skip
    return Reply(200, made.shown())


def _originate(ask: Ask) -> Reply:
    if not ask.text("endpoint"):
        raise Refused(400, "Endpoint must be specified")
    if not ask.text("app") and not ask.text("extension"):
        raise Refused(400, "Application or extension must be specified")
    dialling = ask.pbx.dialling
    wanted = ask.names.get("channel") or ask.text("channelId") or None
    if wanted is not None:
        dialling.must_be_free(wanted)
    endpoint = ask.text("endpoint")
    made = dialling.make(
        endpoint, app="", channel=wanted, originator=None, variables=_variables(ask)
    )
    made.originated = True
    made.doing = "AppDial2", "(Outgoing Line)"
    made.watchers = [ask.text("app")] if ask.text("app") else []
    made.args = _args(ask)
    number = ask.text("callerId")
    made.caller = (number, "") if not number.isdigit() else ("", number)
    string = endpoint.partition("/")[2]
    made.variables["DIALSTRING"] = string
    seconds = ask.whole("timeout", 30)
    dialling.dial(made, max(seconds, 0), string)
    return Reply(200, made.shown())


def _dial(ask: Ask) -> Reply:
    channel = ask.channel(app=True)
    if channel.state != "Down" or channel.dialled:
        raise Refused(409, "Channel is not in the 'Down' state")
    caller = ask.pbx.switch.channels.get(ask.text("caller"))
    if caller is not None:
        channel.connected = caller.caller
    string = channel.address.partition("/")[2]
    ask.pbx.dialling.dial(channel, ask.whole("timeout", 0), string)
    return _DONE


def _hang_up(ask: Ask) -> Reply:
    channel = ask.channel()
    cause = 16
    if ask.text("reason_code"):
        cause = ask.whole("reason_code", -1)
        if not 0 <= cause <= 127:
            raise Refused(400, "Invalid reason for hangup reason code provided")
    elif ask.text("reason"):
        found = REASONS.get(ask.text("reason"))
        if found is None:
            raise Refused(400, "Invalid reason for hangup reason provided")
        cause = found
    ask.pbx.dialling.drop(channel, cause)
    return _DONE


def _answer(ask: Ask) -> Reply:
    channel = ask.channel(idle=True, app=True)
    ask.pbx.switch.set_state(channel, "Up")
    return _DONE


def _simple(ask: Ask) -> Reply:
    """Ringing, silence, hold and music: taken, and told by no event; the far end hears it."""
    ask.channel(idle=True, app=True, up=True)
    return _DONE


def _keys(ask: Ask) -> Reply:
    ask.channel(idle=True, app=True, up=True)
    if not ask.text("dtmf"):
        raise Refused(400, "DTMF is required")
    return _DONE


def _mute(ask: Ask) -> Reply:
    ask.channel(idle=True, app=True, up=True)
    if not ask.text("direction"):
        raise Refused(400, "Direction is required")
    return _DONE


def _go_on(ask: Ask) -> Reply:
    channel = ask.channel(idle=True, app=True)
    context = ask.text("context", channel.dialplan[0])
    ask.pbx.dialling.go_on(channel, context, ask.text("extension"))
    return _DONE


def _redirect(ask: Ask) -> Reply:
    channel = ask.channel(app=True)
    technology = ask.must("endpoint").partition("/")[0]
    own = channel.name.partition("/")[0]
    if technology != own:
        why = f"Endpoint technology '{technology}' does not match channel technology '{own}'"
        raise Refused(422, why)
    channel.kind = "outside"
    channel.waiting_for = ask.text("endpoint")
    ask.pbx.switch.leave_stasis(channel)
    return _DONE


def _move(ask: Ask) -> Reply:
    channel = ask.channel(app=True)
    app = ask.must("app")
    if not ask.pbx.switch.apps.active(app):
        ask.pbx.switch.say(
            "ApplicationMoveFailed", channel, destination=app, args=list[Json](_args(ask))
        )
        return _DONE
    ask.pbx.switch.leave_stasis(channel)
    ask.pbx.switch.enter_stasis(channel, app, _args(ask))
    return _DONE


def _get_variable(ask: Ask) -> Reply:
    name = ask.text("variable")
    if not name:
        raise Refused(400, "Variable name is required")
    channel = ask.channel()
    if name not in channel.variables:
        raise Refused(404, "Provided variable was not found")
    return Reply(200, {"value": channel.variables[name]})


def _set_variable(ask: Ask) -> Reply:
    name, value = ask.text("variable"), ask.text("value")
    if not name:
        raise Refused(400, "Variable name is required")
    channel = ask.channel(idle=True)
    channel.variables[name.lstrip("_")] = value
    ask.pbx.switch.say("ChannelVarset", channel, variable=name, value=value)
    return _DONE


def _play(ask: Ask) -> Reply:
    channel = ask.channel(app=True, up=True)
    name = ask.names.get("playback") or ask.text("playbackId") or None
    if not ask.text("media"):
        raise Refused(500, "Failed to queue media for playback")
    made = ask.pbx.media.play(ask.text("media"), name, channel=channel, bridge=None)
    return Reply(201, made.shown())


def _record(ask: Ask) -> Reply:
    channel = ask.channel(app=True, up=True)
    made = ask.pbx.media.record(
        ask.must("name"), ask.must("format"), ask.text("ifExists", "fail"),
        channel=channel, bridge=None,
    )  # fmt: skip
    return Reply(201, made.shown())


def _snoop(ask: Ask) -> Reply:
    for what in ("spy", "whisper"):
        if ask.text(what, "none") not in _DIRECTIONS:
            raise Refused(400, f"Invalid direction specified for {what}")
    if {ask.text("spy", "none"), ask.text("whisper", "none")} == {"none"}:
        raise Refused(400, "Direction must be specified for at least spy or whisper")
    if not ask.text("app"):
        raise Refused(400, "Application name is required")
    channel = ask.channel()
    name = ask.names.get("snoop") or ask.text("snoopId") or None
    made = ask.pbx.media.snoop(channel, name, ask.text("app"), _args(ask))
    return Reply(200, made.shown())


CHANNELS: tuple[Route, ...] = (
    ("GET", "channels", _listed),
    ("POST", "channels", _originate),
    ("POST", "channels/create", _create),
    ("GET", "channels/{channel}", _shown),
    ("POST", "channels/{channel}", _originate),
    ("DELETE", "channels/{channel}", _hang_up),
    ("POST", "channels/{channel}/answer", _answer),
    ("POST", "channels/{channel}/continue", _go_on),
    ("POST", "channels/{channel}/dial", _dial),
    ("POST", "channels/{channel}/dtmf", _keys),
    ("POST", "channels/{channel}/hold", _simple),
    ("DELETE", "channels/{channel}/hold", _simple),
    ("POST", "channels/{channel}/moh", _simple),
    ("DELETE", "channels/{channel}/moh", _simple),
    ("POST", "channels/{channel}/move", _move),
    ("POST", "channels/{channel}/mute", _mute),
    ("DELETE", "channels/{channel}/mute", _mute),
    ("POST", "channels/{channel}/play", _play),
    ("POST", "channels/{channel}/play/{playback}", _play),
    ("POST", "channels/{channel}/record", _record),
    ("POST", "channels/{channel}/redirect", _redirect),
    ("POST", "channels/{channel}/ring", _simple),
    ("DELETE", "channels/{channel}/ring", _simple),
    ("POST", "channels/{channel}/silence", _simple),
    ("DELETE", "channels/{channel}/silence", _simple),
    ("POST", "channels/{channel}/snoop", _snoop),
    ("POST", "channels/{channel}/snoop/{snoop}", _snoop),
    ("GET", "channels/{channel}/variable", _get_variable),
    ("POST", "channels/{channel}/variable", _set_variable),
)
"""Who answers what."""
