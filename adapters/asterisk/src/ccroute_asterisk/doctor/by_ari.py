"""The examination of an Asterisk that is to be controlled, by ARI."""

import ssl
from collections.abc import Mapping

import httpx

from ccroute.adapters import Finding, Time, within
from ccroute_asterisk.ari import requests
from ccroute_asterisk.ari.codec import Reply, Request, read_reply
from ccroute_asterisk.ari.messages import instant_of
from ccroute_asterisk.ari.release import can_take_requests
from ccroute_asterisk.ari.settings import AriSettings
from ccroute_asterisk.doctor.notes import Notes

PATIENCE = 5.0
"""Seconds that an answer may take."""
MODULES = (
    "app_stasis.so", "bridge_holding.so", "bridge_simple.so", "bridge_softmix.so",
    "res_ari_applications.so", "res_ari_bridges.so", "res_ari_channels.so",
    "res_ari_device_states.so", "res_ari_events.so", "res_ari_playbacks.so",
    "res_ari_recordings.so", "res_http_websocket.so", "res_musiconhold.so", "res_stasis.so",
    "res_stasis_answer.so", "res_stasis_device_state.so", "res_stasis_playback.so",
    "res_stasis_recording.so", "res_stasis_snoop.so",
)  # fmt: skip
"""What control by ARI needs, besides what tells of the modules."""


class _Ari:
    """Asks by HTTP."""

    def __init__(self, settings: AriSettings, trust: ssl.SSLContext | None, time: Time) -> None:
        self.time = time
        self._client = httpx.AsyncClient(
            base_url=f"{settings.url.rstrip('/')}/ari",
            auth=(settings.user, settings.password.reveal()),
            timeout=None,  # noqa: S113  # by the time that was given
            trust_env=False,
            verify=trust or False,
        )

    async def ask(self, request: Request) -> Reply:
        """The reply to a request.

        Raises:
            httpx.HTTPError: there is none.
            TimeoutError: none in time.
        """
        late = self.time.now() + PATIENCE
        asked = self._client.request(request.method, request.target)
        reply = await within(self.time, late, asked)
        return read_reply(reply.status_code, reply.content)

    async def close(self) -> None:
        """Leaves no socket behind."""
        await self._client.aclose()


def _at(reply: Reply, *keys: str) -> str:
    """A text deep in a reply, or nothing."""
    found = reply.body
    for key in keys:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found if isinstance(found, str) else ""


async def examine(settings: AriSettings, trust: ssl.SSLContext | None, time: Time) -> list[Finding]:
    """Looks at whatever ARI shows. What follows from something wrong is not looked at."""
    notes = Notes(secrets=(settings.password,))
    ari = _Ari(settings, trust, time)
    try:
        if await _comes_in(ari, notes, settings):
            await _looks_around(ari, notes, settings)
    except (httpx.HTTPError, TimeoutError) as error:
        notes.wrong(
            "reachability", f"{settings.url} stopped answering: {_named(error)}",
            "look whether Asterisk was restarted, and ask again",
        )  # fmt: skip
    finally:
        await ari.close()
    return notes.findings


def _named(error: Exception) -> str:
    return str(error) or type(error).__name__


async def _comes_in(ari: _Ari, notes: Notes, settings: AriSettings) -> bool:
    """Whether somebody is there, speaks ARI, and lets us in."""
    url, user = settings.url, settings.user
    http = "set `enabled = yes`, `bindaddr` and `bindport` in http.conf, and give them as `url`"
    if url.startswith("https:"):
        http += "; give its certificate in `ca`, unless the system believes it anyway"
    try:
        reply = await ari.ask(requests.information())
    except httpx.RemoteProtocolError:
        notes.wrong(
            "reachability", f"what listens at {url} speaks no HTTP", f"give its port: {http}"
        )
        return False
    except (httpx.HTTPError, TimeoutError) as error:
        notes.wrong("reachability", f"{url} does not answer: {_named(error)}", http)
        return False
    notes.fine("reachability", f"{url} answers")
    version = _at(reply, "system", "version")
    if reply.status == 401:
        notes.wrong(
            "credentials", f"user {user!r} or its password is refused",
            "give `user` and `password` of a section with `type = user` in ari.conf",
        )  # fmt: skip
    elif reply.status == 404 and reply.body is None:
        notes.wrong(
            "ari", "there is an HTTP server, and no ARI",
            "set `enabled = yes` in ari.conf, load res_ari.so, and give the `prefix` of "
            "http.conf, if any, in `url`",
        )  # fmt: skip
    elif reply.status == 404:
        notes.fine("credentials", f"user {user!r} is let in")
        notes.wrong(
            "modules", "not running: res_ari_asterisk.so",
            "take its `noload` out of modules.conf, or `load` it, and restart",
        )  # fmt: skip
    elif not version:
        notes.wrong(
            "ari", f"asterisk/info is answered with {reply.status} and no version",
            "look into Asterisk's log, and whether a proxy answers in its place",
        )  # fmt: skip
    else:
        notes.fine("ari", "it speaks ARI")
        notes.fine("credentials", f"user {user!r} is let in")
        goes_on = notes.version(version)
        if settings.requests == "websocket" and not can_take_requests(version):
            notes.wrong(
                "requests", f"Asterisk {version} takes none over the WebSocket",
                "give `requests = \"auto\"`",
            )  # fmt: skip
        return goes_on
    return False


async def _looks_around(ari: _Ari, notes: Notes, settings: AriSettings) -> None:
    # Of a channel that is not there: it asks for the right to write, and does nothing.
    reply = await ari.ask(requests.hang_up("ccroute-doctor-is-nobody"))
    if reply.status == 403:
        notes.wrong(
            "rights", f"user {settings.user!r} may only look",
            "set `read_only = no` in its section of ari.conf",
        )  # fmt: skip
    else:
        notes.fine("rights", "it may change things")
    await _modules(ari, notes)
    await _clock(ari, notes)
    await _application(ari, notes, settings.app)
    await _devices(ari, notes, settings.phones)
    await _recordings(ari, notes)
    music = settings.music
    notes.unseen(
        "music", f"ARI does not show whether there is a class {music!r}",
        f"`moh show classes` must list {music}, or callers hear nothing: musiconhold.conf",
    )  # fmt: skip
    notes.unseen(
        "dialplan", "ARI does not show it",
        f"callers need `Stasis({settings.app},…)`, and behind it what happens "
        "while nobody listens: extensions.conf; a link with `mode = \"observe\"` can look",
    )  # fmt: skip


async def _modules(ari: _Ari, notes: Notes) -> None:
    reply = await ari.ask(Request("GET", ("asterisk", "modules")))
    listed = reply.body if isinstance(reply.body, list) else []
    run = {
        it.get("name")
        for it in listed
        if isinstance(it, Mapping) and it.get("status", "Running") == "Running"
    }
    notes.modules([it for it in MODULES if it not in run], len(MODULES))


async def _clock(ari: _Ari, notes: Notes) -> None:
    asked = ari.time.now()
    reply = await ari.ask(requests.ping())
    ours = (asked + ari.time.now()) / 2
    theirs = instant_of(_at(reply, "timestamp"))
    if theirs is None:
        notes.unseen("clock", "it does not tell its time", "Asterisk 16.6 or later does")
    else:
        notes.clock(theirs - ours)


async def _application(ari: _Ari, notes: Notes, app: str) -> None:
    reply = await ari.ask(requests.application(app))
    if reply.status == 404:
        notes.warn(
            "application", f"{app!r} is not known: nobody listens for it",
            "start the host by `ccroute run`; until then Stasis() fails, and callers get what "
            "stands behind it in the dialplan",
        )  # fmt: skip
        return
    document = reply.body if isinstance(reply.body, Mapping) else {}
    channels = document.get("channel_ids")
    count = len(channels) if isinstance(channels, list) else 0
    notes.fine("application", f"{app!r} is known there, with {count} channels")
    if document.get("events_allowed") or document.get("events_disallowed"):
        notes.fine("event filter", "only some events are sent")
    else:
        notes.warn(
            "event filter", f"all events of {app!r} are sent, more than half of them for nothing",
            "a host sets the filter itself when it connects: look who else listens, and give each "
            "program a name of its own in `app`",
        )  # fmt: skip


async def _devices(ari: _Ari, notes: Notes, devices: Mapping[str, str]) -> None:
    invalid, absent = [], []
    for agent, device in devices.items():
        state = _at(await ari.ask(requests.device(device)), "state")
        if state == "INVALID":
            invalid.append(f"{agent} ({device})")
        elif state == "UNAVAILABLE":
            absent.append(f"{agent} ({device})")
    if invalid:
        notes.wrong(
            "phones", f"no such device: {', '.join(invalid)}",
            "name endpoints of pjsip.conf in `phones`, such as PJSIP/301",
        )  # fmt: skip
    if absent:
        notes.warn(
            "phones", f"not registered: {', '.join(absent)}",
            "their agents are not rung until the phones register",
        )  # fmt: skip
    if devices and not invalid and not absent:
        notes.fine("phones", f"all {len(devices)} are there")


async def _recordings(ari: _Ari, notes: Notes) -> None:
    reply = await ari.ask(Request("GET", ("recordings", "stored")))
    if reply.status == 200:
        notes.fine("recordings", "there is a folder for them")
    else:
        notes.warn(
            "recordings", f"their folder cannot be read ({reply.status}): nothing can be recorded",
            "make the folder `recording` in astspooldir of asterisk.conf, owned by Asterisk's user",
        )  # fmt: skip
