"""The made-up PBX on a loopback socket: sessions, framing, and links that misbehave."""

import asyncio
import json
from collections.abc import Mapping

from ccroute.adapters import Time
from ccroute.testing._pbx._commands import Commands
from ccroute.testing._pbx._exchange import Exchange, Json
from ccroute.testing._pieces import Pieces
from ccroute.testing._time import settle


class PbxSession(asyncio.Protocol):
    """A connection to the PBX."""

    def __init__(self, server: "PbxServer") -> None:
        self._server = server
        self._buffer = bytearray()
        self._pieces: Pieces | None = None
        self.transport: asyncio.Transport | None = None
        self.user: str | None = None
        self.listens = False
        self.mute = False
        self.stalled: list[Mapping[str, Json]] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody connected."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._pieces = Pieces(transport)
        self._server.came(self)

    def connection_lost(self, error: Exception | None) -> None:
        """The connection is gone."""
        self._server.sessions.discard(self)
        if self._pieces is not None:
            self._pieces.forget()

    def data_received(self, data: bytes) -> None:
        """Bytes came in."""
        if self.mute:
            return
        self._buffer += data
        *lines, rest = self._buffer.split(b"\n")
        self._buffer = bytearray(rest)
        for line in lines:
            self._server.told(self, bytes(line))

    def send(self, message: Mapping[str, Json]) -> None:
        """Sends a message, unless the link carries no bytes."""
        self.send_bytes(json.dumps(message, separators=(",", ":")).encode() + b"\n")

    def send_bytes(self, data: bytes) -> None:
        """Sends these bytes, whole or in pieces."""
        if not self.mute and self._pieces is not None:
            self._pieces.write(data, self._server.piece)

    def close(self) -> None:
        """Closes the connection, after what was sent."""
        if self._pieces is not None:
            self._pieces.close()

    def cut(self) -> None:
        """Cuts the connection at once."""
        if self.transport is not None:
            self.transport.abort()


class PbxServer:
    """Sessions around an exchange."""

    def __init__(self, exchange: Exchange, time: Time, logins: Mapping[str, str]) -> None:
        self.exchange = exchange
        self.commands = Commands(exchange)
        self.time = time
        self.sessions: set[PbxSession] = set()
        self.connects: list[float] = []
        self.piece: int | None = None
        self.closed = False
        self.stalling = False
        self.half_open = False
        self.misread = 0
        self.port = 0
        self._logins = logins
        self._server: asyncio.Server | None = None
        self._timer: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Listens on a free port of the loopback."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: PbxSession(self), "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Cuts everything."""
        if self._timer is not None:
            self._timer.cancel()
            await asyncio.gather(self._timer, return_exceptions=True)
        if self._server is not None:
            self._server.close()
        for session in list(self.sessions):
            session.cut()
        await settle()

    # -- Time ---------------------------------------------------------------------------

    def happen(self) -> None:
        """Lets what is due happen and sends the events; to be called after every change."""
        self.exchange.advance(self.time.now())
        events = self.exchange.events[:]
        self.exchange.events.clear()
        for event in events:
            for session in list(self.sessions):
                if session.listens:
                    session.send(event)
        due = self.exchange.next_deadline()
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None if due is None else asyncio.ensure_future(self._wake(due))

    async def _wake(self, due: float) -> None:
        await self.time.sleep_until(due)
        self._timer = None
        self.happen()

    # -- Sessions -----------------------------------------------------------------------

    def came(self, session: PbxSession) -> None:
        """A connection was made."""
        self.connects.append(self.time.now())
        if self.closed:
            session.cut()
            return
        session.mute = self.half_open
        self.sessions.add(session)

    def told(self, session: PbxSession, line: bytes) -> None:
        """A line came in."""
        self.exchange.advance(self.time.now())
        try:
            message = json.loads(line)
            verb, name = message["do"], message["id"]
        except (ValueError, KeyError, TypeError):
            self.misread += 1
            return
        if verb == "sign_in":
            self._sign_in(session, message)
        elif session.user is None:
            session.send({"re": name, "ok": False, "error": "sign_in_first"})
        elif verb == "ping":
            session.send({"re": name, "ok": True, "now": self.exchange.clock()})
        elif verb == "list":
            session.send({"re": name, "ok": True, **self.commands.listed()})
        elif verb == "subscribe":
            self._subscribe(session, message)
        else:
            reply = self.commands.carry_out(message)
            if self.stalling:
                session.stalled.append(reply)
            else:
                session.send(reply)
            self.happen()

    def _subscribe(self, session: PbxSession, message: Mapping[str, Json]) -> None:
        self.happen()  # those who listen already are told what is not for this one
        kept, after = self.exchange.history, message.get("after")
        first = kept[0]["n"] if kept else self.exchange.said + 1
        session.listens = True
        session.send({"re": message["id"], "ok": True, "n": self.exchange.said, "first": first})
        for event in kept:
            if isinstance(after, int) and isinstance(event["n"], int) and event["n"] > after:
                session.send(event)

    def _sign_in(self, session: PbxSession, message: Mapping[str, Json]) -> None:
        name, user = message["id"], str(message.get("user"))
        if self._logins.get(user) != message.get("password"):
            session.send({"re": name, "ok": False, "error": "credentials"})
            return
        self.take_over(user)
        session.user = user
        exchange = self.exchange
        session.send({"re": name, "ok": True, "boot": exchange.boot, "now": exchange.clock()})

    def take_over(self, user: str) -> None:
        """Another comes in as this user: whoever was it before is told, and cut."""
        for session in list(self.sessions):
            if session.user == user:
                session.send({"ev": "taken_over"})
                session.close()
                self.sessions.discard(session)

    def cut_all(self) -> None:
        """Cuts every connection."""
        for session in list(self.sessions):
            session.cut()

    def let_go(self) -> None:
        """Sends the replies that were kept."""
        self.stalling = False
        for session in list(self.sessions):
            for reply in session.stalled:
                session.send(reply)
            session.stalled.clear()
