"""The examination of an Asterisk that is to be observed, by AMI."""

import asyncio
import ssl
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from ccroute.adapters import Finding, Time, within
from ccroute_asterisk.ami.codec import Packet
from ccroute_asterisk.ami.messages import banner_complaint, challenge_key
from ccroute_asterisk.ami.session import AmiSession, Reply, Settled
from ccroute_asterisk.ami.settings import ObserveSettings
from ccroute_asterisk.doctor.notes import Notes

READS = ("agent", "call", "dialplan", "system")
"""The classes of events without which a queue cannot be followed."""
WRITES = "system,reporting"
"""Those of the actions by which it is asked what is there."""
MODULES = ("app_queue.so",)
_CHUNK = 1 << 16


class _Ami:
    """A connection that asks one thing after the other. Not that of the adapter, which stops at
    the first thing that is wrong."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        time: Time,
        patience: float,
    ) -> None:
        self.time = time
        self._reader, self._writer = reader, writer
        self._patience = patience
        self._session = AmiSession("doctor")

    async def _read(self) -> list[Packet | Settled]:
        late = self.time.now() + self._patience
        data = await within(self.time, late, self._reader.read(_CHUNK))
        if not data:
            raise ConnectionResetError("Asterisk closed the connection")
        return self._session.receive_data(data)

    async def banner(self) -> str:
        """How it greets.

        Raises:
            TimeoutError: not in time.
            OSError: the connection is gone.
        """
        while self._session.decoder.banner is None:
            await self._read()
        return self._session.decoder.banner

    async def ask(self, name: str, *, listing: bool = False, **fields: str) -> Reply:
        """What became of an action.

        Raises:
            TimeoutError: no answer in time.
            OSError: the connection is gone.
        """
        number, data = self._session.ask(name, fields, listing=listing)
        self._writer.write(data)
        while True:
            for told in await self._read():
                if isinstance(told, Settled) and told.action_id == number:
                    return told.reply

    async def close(self) -> None:
        """Leaves no socket behind."""
        self._writer.close()
        with suppress(OSError):
            await self._writer.wait_closed()


async def examine(settings: ObserveSettings, time: Time) -> list[Finding]:
    """Looks at whatever AMI shows. What follows from something wrong is not looked at."""
    notes = Notes(secrets=(settings.password,))
    _log(notes, settings.queue_log)
    ami = await _connected(notes, settings, time)
    if ami is None:
        return notes.findings
    try:
        if await _comes_in(ami, notes, settings):
            await _looks_around(ami, notes, settings.user)
    except (OSError, TimeoutError) as error:
        notes.wrong(
            "reachability", f"it stopped answering: {str(error) or type(error).__name__}",
            "look whether Asterisk was restarted, and ask again",
        )  # fmt: skip
    finally:
        await ami.close()
    return notes.findings


def _log(notes: Notes, path: str) -> None:
    if not path:
        notes.warn(
            "queue_log", "not given: what happens while AMI is not heard is lost",
            "give the path of Asterisk's log in `queue_log`, where it can be read",
        )  # fmt: skip
        return
    try:
        with Path(path).open("rb") as file:
            file.read(1)
    except OSError as error:
        notes.wrong(
            "queue_log", f"{path}: {error.strerror}",
            "let the host's user read it, and set `queue_log = yes` in logger.conf",
        )  # fmt: skip
    else:
        notes.fine("queue_log", f"{path} can be read")


async def _connected(notes: Notes, settings: ObserveSettings, time: Time) -> _Ami | None:
    place = f"{settings.host}:{settings.port}"
    tls: ssl.SSLContext | None = None
    try:
        if settings.tls:
            tls = ssl.create_default_context(cafile=settings.ca or None)
        opening = asyncio.open_connection(settings.host, settings.port, ssl=tls)
        reader, writer = await within(time, time.now() + settings.patience, opening)
    except ssl.SSLError as error:
        notes.wrong(
            "reachability", f"{place} speaks no TLS that is to be trusted: {error.reason}",
            "give the port of `tlsbindaddr` in manager.conf, and its certificate in `ca`",
        )  # fmt: skip
    except (OSError, TimeoutError) as error:
        why = getattr(error, "strerror", None) or str(error) or "no answer"
        notes.wrong(
            "reachability", f"{place} does not answer: {why}",
            "set `enabled = yes`, `bindaddr` and `port` in manager.conf, and give them as `host` "
            "and `port`",
        )  # fmt: skip
    else:
        notes.fine("reachability", f"{place} answers")
        return _Ami(reader, writer, time, settings.patience)
    return None


async def _comes_in(ami: _Ami, notes: Notes, settings: ObserveSettings) -> bool:
    """Whether it is a manager, and lets us in."""
    try:
        banner = await ami.banner()
    except (OSError, TimeoutError):
        banner = ""
    complaint = banner_complaint(banner)
    if complaint is not None:
        notes.wrong(
            "ami", complaint,
            "give the `port` of manager.conf, and `tls = true` if it is that of `tlsbindaddr`",
        )  # fmt: skip
        return False
    notes.fine("ami", f"it speaks AMI {banner.partition('/')[2]}")
    challenge = await ami.ask("Challenge", AuthType="MD5")
    key = challenge_key(challenge.fields.get("Challenge", ""), settings.password.reveal())
    user = settings.user
    reply = await ami.ask("Login", AuthType="MD5", Username=user, Key=key, Events="off")
    if not reply.done:
        notes.wrong(
            "credentials", f"user {user!r} is refused: {reply.message}",
            "give `user` and `password` of a section of manager.conf, and let this machine in by "
            "its `permit`",
        )  # fmt: skip
        return False
    notes.fine("credentials", f"user {user!r} is let in")
    return True


async def _looks_around(ami: _Ami, notes: Notes, user: str) -> None:
    settings = await ami.ask("CoreSettings")
    version = settings.fields.get("AsteriskVersion", "")
    if version and not notes.version(version):
        return
    if not version:
        notes.wrong(
            "rights", f"user {user!r} may not ask: {settings.message or 'no answer'}",
            f"set `write = {WRITES}` in [{user}] of manager.conf",
        )  # fmt: skip
        return
    await _rights(ami, notes, user)
    await _modules(ami, notes)
    asked = ami.time.now()
    ping = await ami.ask("Ping")
    ours = (asked + ami.time.now()) / 2
    with suppress(KeyError, ValueError):
        notes.clock(float(ping.fields["Timestamp"]) - ours)
    await _queues(ami, notes)
    await _dialplan(ami, notes, user)


async def _rights(ami: _Ami, notes: Notes, user: str) -> None:
    """What manager.conf says of the user, where it may be read. Its secrets are not looked at."""
    config = await ami.ask("GetConfig", Filename="manager.conf")
    if not config.done:
        notes.unseen(
            "rights", "manager.conf cannot be read over AMI",
            f"[{user}] needs `read = {','.join(READS)}` and `write = {WRITES}`, [general] "
            "`timestampevents = yes`",
        )  # fmt: skip
        return
    general, own = _section(config.fields, "general"), _section(config.fields, user)
    read = {it.strip() for it in own.get("read", "").split(",")}
    missing = [it for it in READS if not read & {it, "all"}]
    if user not in _sections(config.fields):
        notes.unseen(
            "rights", f"[{user}] is not in manager.conf: its section stands elsewhere",
            f"it needs `read = {','.join(READS)}` and `write = {WRITES}` there",
        )  # fmt: skip
    elif missing:
        notes.wrong(
            "rights", f"user {user!r} does not hear events of class {', '.join(missing)}",
            f"add `{','.join(missing)}` to `read` of [{user}] in manager.conf",
        )  # fmt: skip
    else:
        notes.fine("rights", f"user {user!r} hears what is needed")
    if general.get("timestampevents", "no").lower() in {"yes", "true", "on", "1"}:
        notes.fine("timestampevents", "events tell their time")
    else:
        notes.wrong(
            "timestampevents", "events do not tell their time",
            "set `timestampevents = yes` in [general] of manager.conf: waits are exact only then",
        )  # fmt: skip
    filters = [it for it in own if it.startswith("eventfilter")]
    if filters:
        notes.warn(
            "event filter", f"[{user}] has {len(filters)} of its own, besides ours",
            "take `eventfilter` out of its section, unless it lets all queue events through",
        )  # fmt: skip
    added = await ami.ask("Filter", Operation="Add", Filter="Event: ")
    if added.done:
        notes.fine("event filter", "the host may set its own")
    else:
        notes.warn(
            "event filter", "the host may not set its own: all events are sent",
            f"add `system` to `write` of [{user}] in manager.conf",
        )  # fmt: skip


def _sections(config: Mapping[str, str]) -> dict[str, str]:
    """The numbers of a file's sections, by name."""
    return {
        name: key.partition("-")[2] for key, name in config.items() if key.startswith("Category-")
    }


def _section(config: Mapping[str, str], name: str) -> dict[str, str]:
    """The lines of a section of a file, without what is secret."""
    number = _sections(config).get(name)
    found = {}
    for it, line in config.items():
        if number is not None and it.startswith(f"Line-{number}-"):
            key, _, value = line.partition("=")
            if key.strip() in {"read", "write", "timestampevents", "enabled"}:
                found[key.strip()] = value.strip()
            elif key.startswith("eventfilter"):
                found[f"eventfilter {it}"] = ""
    return found


async def _modules(ami: _Ami, notes: Notes) -> None:
    missing = []
    for name in MODULES:
        reply = await ami.ask("ModuleCheck", Module=name.removesuffix(".so"))
        if reply.message == "Permission denied":
            notes.unseen("modules", "may not be asked for", "add `system` to the user's `write`")
            return
        if not reply.done:
            missing.append(name)
    notes.modules(missing, len(MODULES))


async def _queues(ami: _Ami, notes: Notes) -> None:
    found = await ami.ask("QueueStatus", listing=True)
    queues = [it.value("Queue") for it in found.items if it.event == "QueueParams"]
    if queues:
        notes.fine("queues", f"{len(queues)}: {', '.join(queues[:5])}")
    else:
        notes.warn("queues", "there are none", "define them in queues.conf")


async def _dialplan(ami: _Ami, notes: Notes, user: str) -> None:
    """Where the dialplan gives calls to an application, and what happens when that fails."""
    found = await ami.ask("ShowDialPlan", listing=True)
    if not found.done:
        notes.unseen(
            "dialplan", "may not be asked for",
            f"add `reporting` to `write` of [{user}] in manager.conf",
        )  # fmt: skip
        return
    listed = (it.fields for it in found.items)
    steps = [it for it in listed if "Application" in it and not _own(it)]
    for at, step in enumerate(steps):
        if step["Application"] != "Stasis":
            continue
        where = f"{step.get('Context')},{step.get('Exten') or step.get('Extension')}"
        app = step.get("AppData", "").partition(",")[0]
        rest = [it for it in steps[at + 1 :] if it.get("Context") == step.get("Context")]
        after = [it["Application"] for it in rest[:5]]
        if after and after[0] != "Hangup":
            notes.fine("dialplan", f"{where}: Stasis({app}), then {after[0]}")
        else:
            notes.warn(
                "dialplan", f"{where}: Stasis({app}), and callers are hung up while nobody listens",
                "put a Queue() or a loop behind Stasis() in extensions.conf",
            )  # fmt: skip


def _own(step: Mapping[str, str]) -> bool:
    """Whether Asterisk made this step itself, for each application."""
    return step.get("Registrar") == "res_stasis" or step.get("Context", "").startswith("stasis-")
