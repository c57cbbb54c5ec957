"""``/asterisk``, ``/applications``, ``/endpoints``, ``/deviceStates``: the PBX itself."""

from collections.abc import Mapping

from ccroute.testing.asterisk._applications import Application
from ccroute.testing.asterisk._dialling import Refused
from ccroute.testing.asterisk._objects import Json, Phone, shown_time
from ccroute.testing.asterisk._rest import Ask, Reply, Route
from ccroute.testing.asterisk._switch import ENTITY

MODULES = frozenset(
    {
        "app_queue.so", "app_stasis.so", "bridge_builtin_features.so", "bridge_holding.so",
        "bridge_native_rtp.so", "bridge_simple.so", "bridge_softmix.so", "chan_bridge_media.so",
        "chan_pjsip.so", "res_ari.so", "res_ari_applications.so", "res_ari_asterisk.so",
        "res_ari_bridges.so", "res_ari_channels.so", "res_ari_device_states.so",
        "res_ari_endpoints.so", "res_ari_events.so", "res_ari_model.so", "res_ari_playbacks.so",
        "res_ari_recordings.so", "res_ari_sounds.so", "res_http_websocket.so",
        "res_musiconhold.so", "res_stasis.so", "res_stasis_answer.so",
        "res_stasis_device_state.so", "res_stasis_playback.so", "res_stasis_recording.so",
        "res_stasis_snoop.so",
    }
)  # fmt: skip
"""The modules that matter to us, all of which run unless a test takes some away."""
_DEVICE_STATES = {
    "UNKNOWN", "NOT_INUSE", "INUSE", "BUSY", "INVALID", "UNAVAILABLE", "RINGING", "RINGINUSE",
    "ONHOLD",
}  # fmt: skip


def _info(ask: Ask) -> Reply:
    switch = ask.pbx.switch
    booted = shown_time(switch.booted)
    return Reply(
        200,
        {
            "build": {"os": "Linux", "kernel": "unknown", "machine": "unknown", "options": ""},
            "system": {"version": switch.version, "entity_id": ENTITY},
            "config": {
                "name": "simulated", "default_language": "en", "setid": {"user": "", "group": ""},
            },
            "status": {"startup_time": booted, "last_reload_time": booted},
        },
    )  # fmt: skip


def _ping(ask: Ask) -> Reply:
    now = shown_time(ask.pbx.switch.clock())
    return Reply(200, {"ping": "pong", "timestamp": now, "asterisk_id": ENTITY})


def _module_shown(name: str) -> dict[str, Json]:
    return {
        "name": name, "description": name, "use_count": 0, "status": "Running",
        "support_level": "core",
    }  # fmt: skip


def _modules(ask: Ask) -> Reply:
    return Reply(200, [_module_shown(name) for name in sorted(ask.pbx.system.modules)])


def _module(ask: Ask) -> Reply:
    name = ask.names["module"]
    if name not in ask.pbx.system.modules:
        raise Refused(404, "Module could not be found in running modules")
    return Reply(200, _module_shown(name))


def _variable(ask: Ask) -> Reply:
    name = ask.text("variable")
    if not name:
        raise Refused(400, "Variable name is required")
    values = {"EPOCH": f"{ask.pbx.switch.clock():.0f}"}
    return Reply(200, {"value": values.get(name, "")})


# -- Applications -----------------------------------------------------------------------


def _app(ask: Ask) -> Application:
    found = ask.pbx.switch.apps.by_name.get(ask.names["app"])
    if found is None:
        raise Refused(404, "Application not found")
    return found


def _apps(ask: Ask) -> Reply:
    return Reply(200, [it.shown() for it in ask.pbx.switch.apps.by_name.values()])


def _shown_app(ask: Ask) -> Reply:
    return Reply(200, _app(ask).shown())


def _filter(ask: Ask) -> Reply:
    app = _app(ask)
    given = {key: ask.given[key] for key in ("allowed", "disallowed") if key in ask.given}
    for entries in given.values():
        right = isinstance(entries, list) and all(
            isinstance(it, Mapping) and "type" in it for it in entries
        )
        if not right:
            raise Refused(400, "Invalid format definition")
    if not given:
        given = {"allowed": [], "disallowed": []}
    for key, entries in given.items():
        setattr(app, key, entries)
    return Reply(200, app.shown())


def _source(ask: Ask, app: Application, source: str) -> tuple[dict[str, int], str]:
    """The table and the name that an event source stands for."""
    scheme, _, name = source.partition(":")
    switch = ask.pbx.switch
    match scheme:
        case "channel":
            return app.channels, name if name in switch.channels else ""
        case "bridge":
            return app.bridges, name if name in switch.bridges else ""
        case "endpoint":
            return app.endpoints, name if name in switch.phones else ""
        case "deviceState":
            return app.devices, name
        case _:
            raise Refused(400, "Invalid event source URI scheme")


def _subscribe(ask: Ask) -> Reply:
    app = _app(ask)
    found = [_source(ask, app, it) for it in ask.must("eventSource").split(",")]
    if not all(name for _, name in found):
        raise Refused(422, "Event source does not exist")
    for table, name in found:
        table[name] = 1
    return Reply(200, app.shown())


def _unsubscribe(ask: Ask) -> Reply:
    app = _app(ask)
    for it in ask.must("eventSource").split(","):
        table, name = _source(ask, app, it)
        if name not in table:
            raise Refused(422, "Event source was not subscribed to")
        del table[name]
    return Reply(200, app.shown())


# -- Endpoints and devices --------------------------------------------------------------


def _endpoint_shown(ask: Ask, phone: Phone) -> dict[str, Json]:
    channels = [it.id for it in ask.pbx.switch.channels.values() if it.phone is phone]
    return {
        "technology": phone.technology, "resource": phone.resource,
        "state": "offline" if phone.mood == "unreachable" else "online",
        "channel_ids": list(channels),
    }  # fmt: skip


def _endpoints(ask: Ask) -> Reply:
    return Reply(200, [_endpoint_shown(ask, it) for it in ask.pbx.switch.phones.values()])


def _endpoint(ask: Ask) -> Reply:
    phone = ask.pbx.switch.phones.get(f"{ask.names['technology']}/{ask.names['resource']}")
    if phone is None:
        raise Refused(404, "Endpoint not found")
    return Reply(200, _endpoint_shown(ask, phone))


def _devices(ask: Ask) -> Reply:
    own = ask.pbx.switch.devices
    return Reply(
        200,
        [{"name": it, "state": own[it]} for it in own if it.startswith("Stasis:")],
    )


def _device(ask: Ask) -> Reply:
    name = ask.names["device"]
    return Reply(200, {"name": name, "state": ask.pbx.switch.state_of(name)})


def _set_device(ask: Ask) -> Reply:
    name, state = ask.names["device"], ask.must("deviceState")
    if not name.startswith("Stasis:"):
        raise Refused(409, "Uncontrolled device specified")
    if state not in _DEVICE_STATES:
        raise Refused(500, "Unknown device")
    ask.pbx.switch.set_device(name, state)
    return Reply(204)


def _drop_device(ask: Ask) -> Reply:
    name = ask.names["device"]
    if not name.startswith("Stasis:"):
        raise Refused(409, "Uncontrolled device specified")
    ask.pbx.switch.devices.pop(name, None)
    return Reply(204)


SYSTEM: tuple[Route, ...] = (
    ("GET", "asterisk/info", _info),
    ("GET", "asterisk/ping", _ping),
    ("GET", "asterisk/modules", _modules),
    ("GET", "asterisk/modules/{module}", _module),
    ("GET", "asterisk/variable", _variable),
    ("GET", "applications", _apps),
    ("GET", "applications/{app}", _shown_app),
    ("PUT", "applications/{app}/eventFilter", _filter),
    ("POST", "applications/{app}/subscription", _subscribe),
    ("DELETE", "applications/{app}/subscription", _unsubscribe),
    ("GET", "endpoints", _endpoints),
    ("GET", "endpoints/{technology}/{resource}", _endpoint),
    ("GET", "deviceStates", _devices),
    ("GET", "deviceStates/{device}", _device),
    ("PUT", "deviceStates/{device}", _set_device),
    ("DELETE", "deviceStates/{device}", _drop_device),
)
"""Who answers what."""
