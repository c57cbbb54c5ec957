"""One Asterisk, real or simulated, for scripts that do not know which: requests, phones, and what
is told of each channel."""

import asyncio
import json
from abc import ABC, abstractmethod
from collections import defaultdict
from typing import TypedDict

import httpx
from websockets.asyncio.client import ClientConnection, connect

PATIENCE = 20.0
"""Seconds until something must have happened; a loaded machine is late."""
QUIET = 0.4
"""Seconds without an event after which nothing more is on its way."""
APP = "ccroute"
_NOISE = (
    "ChannelVarset", "ChannelDialplan", "ChannelUserevent", "ChannelCallerId",
    "ChannelConnectedLine",
)  # fmt: skip


class Played(TypedDict):
    """What came of a script: of each request its answer, of each channel and bridge what was
    told, and of each kind of event and document the keys that it had."""

    asked: list[str]
    told: dict[str, list[str]]
    shapes: dict[str, list[str]]


def as_dialled(lines: list[str]) -> list[str]:
    """The lines with the beginning of dialling at its place: a real phone may ring before it is
    told that it was dialled."""
    begun = [it for it in lines if it.startswith("Dial ") and it.endswith("dialstatus=")]
    if not begun:
        return lines
    rest = [it for it in lines if it not in begun]
    at = next((n for n, it in enumerate(rest) if not it.startswith("StasisStart Down")), len(rest))
    return [*rest[:at], "Dial", *rest[at:]]


class Arena(ABC):
    """Base of both. `told`: by channel or bridge, what was told of it, in order; `asked`: what
    was requested, with its answer."""

    def __init__(self, url: str, user: str, password: str) -> None:
        self.url = url
        self.auth = (user, password)
        self.told: dict[str, list[str]] = defaultdict(list)
        self.asked: list[str] = []
        self.names: dict[str, str] = {}
        self.shapes: dict[str, list[str]] = {}
        self._http = httpx.AsyncClient(base_url=f"{url}/ari", auth=self.auth, timeout=PATIENCE)
        self._sockets: list[ClientConnection] = []
        self._readers: list[asyncio.Task[None]] = []
        self._news = asyncio.Event()

    # -- Links ----------------------------------------------------------------------------

    async def listen(self) -> ClientConnection:
        """Opens the event WebSocket; with the usual filter."""
        user, password = self.auth
        where = f"{self.url.replace('http', 'ws', 1)}/ari/events?app={APP}"
        socket = await connect(f"{where}&api_key={user}:{password}")
        self._sockets.append(socket)
        self._readers.append(asyncio.create_task(self._read(socket)))
        body = {"disallowed": [{"type": it} for it in _NOISE]}
        await self._http.put(f"/applications/{APP}/eventFilter", json=body)
        return socket

    async def deafen(self) -> None:
        """Closes the event WebSocket."""
        await self._sockets[-1].close()

    async def close(self) -> None:
        for socket in self._sockets:
            await socket.close()
        await asyncio.gather(*self._readers, return_exceptions=True)
        await self._http.aclose()

    async def _read(self, socket: ClientConnection) -> None:
        async for message in socket:
            self._hear(json.loads(message))

    # -- What is told ---------------------------------------------------------------------

    def _see(self, name: str, document: dict) -> None:
        """Notes the keys of a document, and of what stands in it."""
        self.shapes[name] = sorted(document)
        for key in ("channel", "peer", "bridge", "playback", "recording"):
            if isinstance(document.get(key), dict):
                self._see(key if key != "peer" else "channel", document[key])
        if "dialplan" in document:
            self._see("dialplan", document["dialplan"])

    def _hear(self, event: dict) -> None:
        self._see(" ".join([event["type"], *(["soft"] if "soft" in event else [])]), event)
        channel = event.get("channel") or event.get("peer") or {}
        bridge = event.get("bridge") or {}
        name = channel.get("id", "")
        if event["type"] == "StasisStart" and name not in self.names:
            for argument in event["args"]:
                if argument.startswith("ref="):
                    self.names[name] = argument.removeprefix("ref=")
        name = self.names.get(name, name)
        words = [event["type"], channel.get("state", "")]
        words += [f"in {bridge['id']}"] if bridge and channel else []
        for key in ("cause", "soft", "dialstatus", "digit"):
            words += [f"{key}={event[key]}"] if key in event else []
        about = name or bridge.get("id", "")
        for key in ("playback", "recording"):
            if key in event:
                about = event[key].get("id") or event[key].get("name")
                words.append(event[key]["state"])
        if not name.endswith(";2"):
            self.told[about or "asterisk"].append(" ".join(word for word in words if word))
        self._news.set()

    def knows(self, about: str, *words: str) -> bool:
        """Whether something with these words was told of a channel or a bridge."""
        return any(all(word in line for word in words) for line in self.told.get(about, ()))

    async def until(self, about: str, *words: str) -> None:
        """Waits until something with these words was told of a channel or a bridge."""
        async with asyncio.timeout(PATIENCE):
            while not self.knows(about, *words):
                self._news.clear()
                await self._news.wait()

    async def quiet(self) -> None:
        """Waits until nothing more is on its way."""
        while True:
            self._news.clear()
            try:
                async with asyncio.timeout(QUIET):
                    await self._news.wait()
            except TimeoutError:
                return

    # -- Requests -------------------------------------------------------------------------

    def id_of(self, name: str) -> str:
        """What the PBX calls the channel that scripts call `name`."""
        return next((key for key, value in self.names.items() if value == name), name)

    async def ask(self, method: str, path: str, *, body: object = None, **given: str) -> object:
        """A request; status and the message of a refusal go into `asked`. Parts of the path
        and values that name a caller are translated."""
        real = "/".join(self.id_of(part) for part in path.split("/"))
        sent = {
            key: ",".join(self.id_of(it) for it in value.split(",")) for key, value in given.items()
        }
        reply = await self._http.request(method, f"/{real}", params=sent, json=body)
        document = reply.json() if reply.content and reply.status_code != 204 else None
        words = [method, path, str(reply.status_code)]
        if isinstance(document, dict) and "message" in document:
            words.append(document["message"])
        elif isinstance(document, dict):
            kind = path.split("/")
            self._see(f"{method} {kind[0]} {'/'.join(kind[2:])}".strip(), document)
        self.asked.append(" ".join(words))
        return document

    async def ids(self, key: str) -> list[str]:
        """The channels or bridges of the application, as scripts call them."""
        reply = (await self._http.get(f"/applications/{APP}")).json()
        there = reply.get(key, ())
        if key == "channel_ids":
            # Those of callers who were heard of; the others' are the PBX's own.
            there = [
                self.names.get(it, it if it in self.told else "unheard")
                for it in there
                if not it.endswith(";2")
            ]
        found = sorted(there)
        self.asked.append(f"{key}: {', '.join(found)}")
        return found

    # -- People ---------------------------------------------------------------------------

    @abstractmethod
    async def call(self, name: str) -> None:
        """Somebody calls, who was answered by the dialplan."""

    @abstractmethod
    async def hang_up(self, name: str) -> None:
        """The caller hangs up."""

    @abstractmethod
    async def press(self, name: str, keys: str) -> None:
        """The caller presses keys."""

    @abstractmethod
    async def phone(self, number: str, mode: str, talk: float = 600.0) -> None:
        """What an agent's phone does: `answer` or `reject` soon, `busy`, `congestion`, `wait`."""

    @abstractmethod
    async def answer(self, number: str) -> None:
        """The agent whose phone rings answers."""

    @abstractmethod
    async def hang_up_agent(self, number: str) -> None:
        """The agent who talks hangs up."""

    async def comes(self, name: str) -> None:
        """Somebody calls and is in the application."""
        await self.call(name)
        await self.until(name, "StasisStart")
