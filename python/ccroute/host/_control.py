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
from ccroute.host._locks import FileLock, lock_of

_log = logging.getLogger("ccroute.host")

MOST_BYTES = 64 * 1024
"""Of a request."""
_CLIENTS = 32
_WAITING = 100
"""Clients that are not yet let in."""
_PATIENCE = 30.0
"""Seconds within which a client must send its next request, or take its answer."""
_LONGEST = 100
"""Bytes of a socket's path; the system takes a few more at most."""

Answer = dict[str, object]
_Reply = tuple[Answer, bytes]
_WHATS = ("queue", "contact", "agent")
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
        self._place: _Place | None = None
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
        if too_long := path_is_too_long(self._path):
            raise ConfigError(too_long, path=str(self._path))
        place = _Place(self._path)
        try:
            self._server = await asyncio.start_unix_server(
                self._greet, sock=place.socket, limit=MOST_BYTES, start_serving=False
            )
            self._place = place
            await self._server.start_serving()
        except BaseException:
            await self.close()
            place.leave()
            raise

    async def close(self) -> None:
        """Answers nobody any more, and takes the socket away."""
        server, self._server = self._server, None
        if server is None:
            return
        place, self._place = self._place, None
        try:
            server.close()
            for task in self._clients:
                task.cancel()
            await asyncio.gather(*self._clients, return_exceptions=True)
        finally:
            if place is not None:
                place.leave()

    # -- Clients ------------------------------------------------------------------------

    def _greet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # A task of ours: asyncio's own, when it is cancelled, logs an error (Python 3.11).
        if self._server is None or len(self._clients) >= _CLIENTS:
            writer.transport.abort()
            return
        task = asyncio.get_running_loop().create_task(self._serve(reader, writer))
        self._clients.add(task)
        task.add_done_callback(self._clients.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (line := await self._request(reader)).endswith(b"\n"):
                answer, data = await self._answered(line)
                writer.write(_line(answer) + data)
                async with asyncio.timeout(self._patience):
                    await writer.drain()
        except ValueError:  # longer than a line may be
            writer.write(_line(_refusal("too_long", f"at most {MOST_BYTES} bytes")))
        except (OSError, TimeoutError):
            writer.transport.abort()
        finally:
            writer.close()
            with suppress(Exception):
                async with asyncio.timeout(1.0):
                    await writer.wait_closed()

    async def _request(self, reader: asyncio.StreamReader) -> bytes:
        # Not `wait_for`, which may miss that it is cancelled (Python 3.11).
        async with asyncio.timeout(self._patience):
            return await reader.readline()

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
        what = asked.get("what")
        if not _whole(name) and what in _WHATS:
            raise Rejected(f"unknown_{what}", f"no {what} {name!r}: it holds half a character")
        match what:
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


def _line(answer: Answer) -> bytes:
    """An answer as it is sent. Half a character, which cannot be written, is escaped."""
    return json.dumps(answer, ensure_ascii=False).encode("utf-8", "backslashreplace") + b"\n"


def _whole(text: str) -> bool:
    """Whether it is made of whole characters, as all names are."""
    return not any("\ud800" <= it <= "\udfff" for it in text)


class _Place:
    """A socket that listens at a path and from its first moment is its owner's alone. A lock beside
    it keeps other hosts away until `leave`, or until the process dies.

    Raises:
        ConfigError: something else is there, or the place cannot be used.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._lock = FileLock(lock_of(path))
        self._file: tuple[int, int] | None = None
        try:
            _is_socket(path)  # beside what is none, no lock is left
            if not self._lock.take():
                raise _runs_here(path)
            _clear(path)
            self._listen()
        except OSError as error:
            self.leave()
            words = f"no control socket here: {error.strerror or error}"
            raise ConfigError(words, path=str(path)) from error
        except ConfigError:
            self.leave()
            raise

    def _listen(self) -> None:
        os.fchmod(self.socket.fileno(), 0o600)  # Linux gives the file the mode of the socket
        self.socket.bind(str(self._path))
        self._file = _identity(self._path)
        self._path.chmod(0o600)
        self.socket.listen(_WAITING)
        self.socket.setblocking(False)

    def leave(self) -> None:
        """Takes its own socket away, and lets others in."""
        self.socket.close()
        there = self._file is not None and _identity(self._path) == self._file
        if there and self._lock.is_ours:
            self._path.unlink(missing_ok=True)
        self._file = None
        self._lock.give_back()


def _clear(path: Path) -> None:
    """Takes away a socket that a dead host left."""
    if not _is_socket(path):
        return
    if _listens(path):
        raise _runs_here(path)
    path.unlink()


def _is_socket(path: Path) -> bool:
    """Whether one is there. Raises `ConfigError` when something else is."""
    try:
        there = path.lstat()
    except FileNotFoundError:
        return False
    if not stat.S_ISSOCK(there.st_mode):
        raise ConfigError("is a file and no socket: give another place", path=str(path))
    return True


def _runs_here(path: Path) -> ConfigError:
    return ConfigError("another host runs here: stop it first", path=str(path))


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        there = path.lstat()
    except OSError:
        return None
    return there.st_dev, there.st_ino


def _listens(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.setblocking(False)
        try:
            probe.connect(str(path))
        except (ConnectionRefusedError, FileNotFoundError):
            return False
        except OSError:
            return True  # somebody is there who is slow
    return True
