"""The examination of an Asterisk that is to be observed, by AMI."""

import asyncio
import hashlib
import ssl
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from ccroute.adapters import Finding, Secret, Setting, Time, within
from ccroute_asterisk.doctor.notes import Notes, text

PATIENCE = 5.0
"""Seconds that an answer may take."""
READS = ("agent", "call")
"""The classes of events without which a queue cannot be followed."""
LOWEST_VERSION = 5
"""Of the interface, as the banner says it: Asterisk 16 speaks 5."""
MODULES = ("app_queue.so",)
_LONGEST = 1 << 20

Packet = dict[str, str]


class _Ami:
    """A connection that asks one thing after the other."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, time: Time
    ) -> None:
        self.time = time
        self._reader, self._writer = reader, writer
        self._asked = 0

    async def line(self) -> str:
        """A line.

        Raises:
            TimeoutError: none in time.
            OSError: the connection is gone.
        """
        late = self.time.now() + PATIENCE
        try:
            data = await within(self.time, late, self._reader.readline())
        except ValueError:
            raise ConnectionResetError("it sends a line without an end") from None
        if not data:
            raise ConnectionResetError("Asterisk closed the connection")
        return data.decode("utf-8", "replace").rstrip("\r\n")

    async def packet(self) -> Packet:
        """A packet; of a key that is given twice the last.

        Raises:
            TimeoutError: none in time.
            OSError: the connection is gone.
        """
        found: Packet = {}
        while (line := await self.line()) or not found:
            key, colon, value = line.partition(":")
            if colon:
                found[key] = value.strip()
        return found

    async def ask(self, name: str, *, listing: bool = False, **fields: str) -> list[Packet]:
        """The response to an action and, where it lists, what it lists.

        Raises:
            TimeoutError: none in time.
            OSError: the connection is gone.
        """
        self._asked += 1
        number = f"doctor{self._asked}"
        lines = [f"{key}: {value}" for key, value in fields.items()]
        said = [f"Action: {name}", f"ActionID: {number}", *lines, "", ""]
        self._writer.write("\r\n".join(said).encode())
        found: list[Packet] = []
        while True:
            packet = await self.packet()
            if packet.get("ActionID") != number:
                continue
            found.append(packet)
            done = packet.get("EventList", "").lower() == "complete"
            if not listing or done or packet.get("Response") == "Error":
                return found

    async def close(self) -> None:
        """Leaves no socket behind."""
        self._writer.close()
        with suppress(OSError):
            await self._writer.wait_closed()


async def examine(config: Mapping[str, Setting], time: Time) -> list[Finding]:
    """Looks at whatever AMI shows. What follows from something wrong is not looked at."""
    secret = Secret(text(config, "password"))
    notes = Notes(secrets=(secret,))
    _log(notes, text(config, "queue_log"))
    ami = await _connected(notes, config, time)
    if ami is None:
        return notes.findings
    try:
        if await _comes_in(ami, notes, text(config, "user"), secret):
            await _looks_around(ami, notes, text(config, "user"))
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


async def _connected(notes: Notes, config: Mapping[str, Setting], time: Time) -> _Ami | None:
    host, port = text(config, "host", "127.0.0.1"), config.get("port", 5038)
    place = f"{host}:{port}"
    tls: ssl.SSLContext | None = None
    try:
        if config.get("tls"):
            tls = ssl.create_default_context(cafile=text(config, "ca") or None)
        number = port if isinstance(port, int) else 5038
        opening = asyncio.open_connection(host, number, ssl=tls, limit=_LONGEST)
        reader, writer = await within(time, time.now() + PATIENCE, opening)
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
        return _Ami(reader, writer, time)
    return None


async def _comes_in(ami: _Ami, notes: Notes, user: str, secret: Secret) -> bool:
    """Whether it is a manager, and lets us in."""
    try:
        banner = await ami.line()
    except (OSError, TimeoutError):
        banner = ""
    title, _, version = banner.partition("/")
    major = version.partition(".")[0]
    if title != "Asterisk Call Manager":
        notes.wrong(
            "ami", f"it greets with {banner[:60]!r}: that is no Asterisk manager",
            "give the `port` of manager.conf, and `tls = true` if it is that of `tlsbindaddr`",
        )  # fmt: skip
        return False
    if not major.isdigit() or int(major) < LOWEST_VERSION:
        notes.wrong(
            "ami", f"its interface {version[:20]} is too old", "install Asterisk 16 or later"
        )
        return False
    notes.fine("ami", f"it speaks AMI {version}")
    (challenge,) = await ami.ask("Challenge", AuthType="MD5")
    told = (challenge.get("Challenge", "") + secret.reveal()).encode()
    key = hashlib.md5(told, usedforsecurity=False).hexdigest()
    (reply,) = await ami.ask("Login", AuthType="MD5", Username=user, Key=key, Events="off")
    if reply.get("Response") != "Success":
        notes.wrong(
            "credentials", f"user {user!r} is refused: {reply.get('Message', '')}",
            "give `user` and `password` of a section of manager.conf, and let this machine in by "
            "its `permit`",
        )  # fmt: skip
        return False
    notes.fine("credentials", f"user {user!r} is let in")
    return True


async def _looks_around(ami: _Ami, notes: Notes, user: str) -> None:
    (settings,) = await ami.ask("CoreSettings")
    if "AsteriskVersion" in settings:
        if not notes.version(settings["AsteriskVersion"]):
            return
    else:
        notes.unseen(
            "version", settings.get("Message", "it does not say"),
            f"add `system,reporting` to `write` of [{user}] in manager.conf",
        )  # fmt: skip
    await _rights(ami, notes, user)
    await _modules(ami, notes)
    asked = ami.time.now()
    (ping,) = await ami.ask("Ping")
    ours = (asked + ami.time.now()) / 2
    with suppress(KeyError, ValueError):
        notes.clock(float(ping["Timestamp"]) - ours)
    await _queues(ami, notes)
    await _dialplan(ami, notes, user)


async def _rights(ami: _Ami, notes: Notes, user: str) -> None:
    """What manager.conf says of the user, where it may be read. Its secrets are not looked at."""
    (config,) = await ami.ask("GetConfig", Filename="manager.conf")
    if config.get("Response") != "Success":
        notes.unseen(
            "rights", "manager.conf cannot be read over AMI",
            f"[{user}] needs `read = agent,call` and `write = agent,system,reporting`, [general] "
            "`timestampevents = yes`",
        )  # fmt: skip
        return
    general, own = _section(config, "general"), _section(config, user)
    read = {it.strip() for it in own.get("read", "").split(",")}
    missing = [it for it in READS if not read & {it, "all"}]
    if missing:
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
    (added,) = await ami.ask("Filter", Operation="Add", Filter="Event: ")
    if added.get("Response") == "Success":
        notes.fine("event filter", "the host may set its own")
    else:
        notes.warn(
            "event filter", "the host may not set its own: all events are sent",
            f"add `system` to `write` of [{user}] in manager.conf",
        )  # fmt: skip


def _section(config: Packet, name: str) -> dict[str, str]:
    """The lines of a section of a file, without what is secret."""
    number = next(
        (it.partition("-")[2] for it, value in config.items()
         if it.startswith("Category-") and value == name),
        None,
    )  # fmt: skip
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
        (reply,) = await ami.ask("ModuleCheck", Module=name.removesuffix(".so"))
        if reply.get("Message") == "Permission denied":
            notes.unseen("modules", "may not be asked for", "add `system` to the user's `write`")
            return
        if reply.get("Response") != "Success":
            missing.append(name)
    notes.modules(missing, len(MODULES))


async def _queues(ami: _Ami, notes: Notes) -> None:
    found = await ami.ask("QueueStatus", listing=True)
    queues = [it["Queue"] for it in found if it.get("Event") == "QueueParams" and "Queue" in it]
    if queues:
        notes.fine("queues", f"{len(queues)}: {', '.join(queues[:5])}")
    else:
        notes.warn("queues", "there are none", "define them in queues.conf")


async def _dialplan(ami: _Ami, notes: Notes, user: str) -> None:
    """Where the dialplan gives calls to an application, and what happens when that fails."""
    found = await ami.ask("ShowDialPlan", listing=True)
    if found[0].get("Response") != "Success":
        notes.unseen(
            "dialplan", "may not be asked for",
            f"add `reporting` to `write` of [{user}] in manager.conf",
        )  # fmt: skip
        return
    steps = [it for it in found if "Application" in it and not _own(it)]
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


def _own(step: Packet) -> bool:
    """Whether Asterisk made this step itself, for each application."""
    return step.get("Registrar") == "res_stasis" or step.get("Context", "").startswith("stasis-")
