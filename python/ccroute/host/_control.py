"""The control socket: how ``ccroute health`` and its kin ask a host that runs.

A Unix socket that only its owner may use. A request is a line of JSON, an answer too; after
an answer that says ``bytes`` come so many bytes. Whoever sends too much, too slowly or
nonsense is answered so, or cut off; nobody else notices.
"""

import asyncio
import json
import logging
import os
import socket
import stat
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import attrs

from ccroute._errors import CcrouteError, ConfigError, Rejected
from ccroute._explain import (
    AgentExplanation,
    ContactExplanation,
    Language,
    QueueExplanation,
)
from ccroute.host._host import Host

_log = logging.getLogger("ccroute.host")

MOST_BYTES = 64 * 1024
"""Of a request."""
_CLIENTS = 32
_PATIENCE = 30.0
"""Seconds within which a client must send its next request, or take its answer."""
_LONGEST = 100
"""Bytes of a socket's path; the system takes a few more at most."""

Answer = dict[str, object]
_Reply = tuple[Answer, bytes]
_Told = AgentExplanation | ContactExplanation | QueueExplanation
_Kind = Callable[[Mapping[str, object]], Awaitable[_Reply]]


def path_is_too_long(path: Path) -> str | None:
    """What is wrong with a path at which no socket can be, for people; ``None``: nothing."""
    length = len(os.fsencode(path))
    if length <= _LONGEST:
        return None
    return (
        f"the control socket's path has {length} bytes, {_LONGEST} at most: give a shorter one by "
        "`control`"
    )


class ControlSocket:
    """Lets programs of the same user ask a host, by a socket at ``path``, from ``async with`` to
    its end.

    Requests: ``{"ask": "health"}``, ``{"ask": "explain", "what": "queue", "name": "billing",
    "tenant": "acme", "language": "es"}`` (``what``: queue, contact or agent; ``tenant`` only
    where there are several), ``{"ask": "incident"}``. Answers: ``{"ok": true, ...}`` or
    ``{"ok": false, "code": "unknown_queue", "message": ...}``.
    """

    def __init__(
        self,
        host: Host,
        path: str | os.PathLike[str],
        *,
        bundle: Callable[[], Awaitable[bytes]] | None = None,
        patience: float = _PATIENCE,
    ) -> None:
        self._host = host
        self._path = Path(path)
        self._bundle = bundle
        self._patience = patience
        self._server: asyncio.Server | None = None
        self._clients: set[asyncio.Task[None]] = set()
        self._writing = asyncio.Lock()
        self._kinds: dict[str, _Kind] = {
            "health": self._health,
            "explain": self._explain,
            "incident": self._incident,
        }

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def open(self) -> None:
        """Begins to listen; a socket that a dead host left is replaced.

        Raises:
            ConfigError: another host listens there, or the place cannot be used.
        """
        path = str(self._path)
        if too_long := path_is_too_long(self._path):
            raise ConfigError(too_long, path=path)
        ours = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            await asyncio.to_thread(_bind, ours, self._path)
            self._server = await asyncio.start_unix_server(self._serve, sock=ours, limit=MOST_BYTES)
        except OSError as error:
            ours.close()
            raise ConfigError(
                f"no control socket here: {error.strerror or error}", path=path
            ) from error
        except ConfigError:
            ours.close()
            raise

    async def close(self) -> None:
        """Answers nobody any more, and takes the socket away."""
        if self._server is None:
            return
        self._server.close()
        for task in self._clients:
            task.cancel()
        await asyncio.gather(*self._clients, return_exceptions=True)
        self._path.unlink(missing_ok=True)
        self._server = None

    # -- Clients ------------------------------------------------------------------------

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None or len(self._clients) >= _CLIENTS:
            writer.transport.abort()
            return
        self._clients.add(task)
        try:
            while (line := await asyncio.wait_for(reader.readline(), self._patience)).endswith(
                b"\n"
            ):
                answer, data = await self._answered(line)
                writer.write(json.dumps(answer, ensure_ascii=False).encode() + b"\n" + data)
                await asyncio.wait_for(writer.drain(), self._patience)
        except ValueError:  # longer than a line may be
            writer.write(json.dumps(_refusal("too_long", f"at most {MOST_BYTES} bytes")).encode())
            writer.write(b"\n")
        except (OSError, TimeoutError):
            writer.transport.abort()
        finally:
            self._clients.discard(task)
            writer.close()
            with suppress(Exception):
                await asyncio.wait_for(writer.wait_closed(), 1.0)

    async def _answered(self, line: bytes) -> _Reply:
        try:
            asked = json.loads(line)
            if not isinstance(asked, dict):
                raise TypeError
        except (ValueError, TypeError, RecursionError):
            return _refusal("no_request", "a request is an object in JSON, on one line"), b""
        kind = self._kinds.get(str(asked.get("ask")))
        if kind is None:
            return _refusal("no_request", f"ask one of {', '.join(self._kinds)}"), b""
        try:
            return await kind(asked)
        except CcrouteError as error:
            code = error.code if isinstance(error, Rejected) else "refused"
            return _refusal(code, str(error)), b""
        except Exception:
            _log.exception("a request at the control socket failed")
            return _refusal("broken", "it failed: see the host's log"), b""

    # -- What they ask ------------------------------------------------------------------

    async def _health(self, _: Mapping[str, object]) -> _Reply:
        return {"ok": True, "health": attrs.asdict(self._host.health())}, b""

    async def _explain(self, asked: Mapping[str, object]) -> _Reply:
        tenant, name = asked.get("tenant"), asked.get("name")
        if not isinstance(name, str) or not isinstance(tenant, str | None):
            raise Rejected("no_request", "give `name` and, where there are several, `tenant`")
        router = self._host.router(tenant)
        match asked.get("what"):
            case "queue":
                told: _Told = router.explain_queue(name)
            case "contact":
                told = router.explain(name)
            case "agent":
                told = router.explain_agent(name)
            case _:
                raise Rejected("no_request", "explain a queue, a contact or an agent")
        language: Language
        match asked.get("language", "en"):
            case "en" | "es" as language:
                pass
            case _:
                raise Rejected("no_request", "the languages are en and es")
        text = told.text(language)
        return {"ok": True, "text": text, "explanation": attrs.asdict(told)}, b""

    async def _incident(self, _: Mapping[str, object]) -> _Reply:
        if self._bundle is None:
            raise Rejected("unsupported", "this host writes no incident bundles")
        if self._writing.locked():
            raise Rejected("busy", "a bundle is being written: ask again when it is done")
        async with self._writing:
            data = await self._bundle()
        return {"ok": True, "bytes": len(data)}, data


def _refusal(code: str, message: str) -> Answer:
    return {"ok": False, "code": code, "message": message}


def _bind(ours: socket.socket, path: Path) -> None:
    """Binds a socket that from its first moment is its owner's alone.

    Raises:
        ConfigError: something else is there.
        OSError: the place cannot be used.
    """
    try:
        there = path.lstat()
    except FileNotFoundError:
        there = None
    if there is not None:
        if not stat.S_ISSOCK(there.st_mode):
            raise ConfigError("is a file and no socket: give another place", path=str(path))
        if _listens(path):
            raise ConfigError("another host runs here: stop it first", path=str(path))
        path.unlink()
    os.fchmod(ours.fileno(), 0o600)  # Linux gives the file the mode of the socket
    ours.bind(str(path))
    path.chmod(0o600)


def _listens(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(str(path))
        except (ConnectionRefusedError, FileNotFoundError):
            return False
        except OSError:
            return True  # somebody is there who is slow
    return True
