"""A wire between an adapter and a real Asterisk that the test can cut, stall and chop.

It knows as much of HTTP and WebSocket as it takes to tell requests and frames apart, also where
the requests are in frames. When it
is cut, Asterisk's end stays up, as behind a network that is gone: the application is still there,
calls still come, and nobody hears of them.
"""

import asyncio
import json
import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from websockets.frames import Frame, Opcode

EVENTS = b"GET /ari/events"
INFORMATION = b"GET /ari/asterisk/info"
TOO_MUCH = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: {}\r\nContent-Length: 0\r\n\r\n"


@dataclass
class Asked:
    """A request that came by: when, on whose behalf, what, and Asterisk's status (0: none yet)."""

    at: float
    name: str
    line: bytes
    status: int = 0


@dataclass(eq=False)
class Wire:
    """Both ends of one connection."""

    client: asyncio.StreamWriter
    server: asyncio.StreamWriter | None = None
    is_events: bool = False
    rest: bytes = b""
    held: list[bytes] = field(default_factory=list)
    asked: dict[str, Asked] = field(default_factory=dict)


class Proxy:
    """Listens on a port of its own; what comes goes to ``port``."""

    def __init__(self, port: int) -> None:
        self.to = port
        self.port = 0
        self.asked: list[Asked] = []
        self.sign_ins: list[float] = []
        self.closed = self.mute = self.stalled = False
        self.piece = 0
        self.refusals, self.refused_for = 0, 0.0
        self.wires: set[Wire] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._abandoned: list[asyncio.StreamWriter] = []
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        self.cut()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for server in self._abandoned:
            server.transport.abort()
        await self._server.wait_closed()

    # -- Accidents ----------------------------------------------------------------------

    def cut(self) -> None:
        """Ends every connection at the adapter's end; Asterisk's WebSocket stays up."""
        for wire in list(self.wires):
            wire.client.transport.abort()
            if wire.is_events and wire.server is not None:
                self._abandoned.append(wire.server)
            elif wire.server is not None:
                wire.server.transport.abort()
        self.wires.clear()

    def let_go(self) -> None:
        """What was stalled goes on; what was mute is cut."""
        if self.mute:
            self.mute = False
            self.cut()
        self.stalled = self.closed = False
        for wire in self.wires:
            for data in wire.held:
                wire.client.write(data)
            wire.held.clear()

    def inject(self, frames: Iterable[bytes]) -> None:
        """Bytes on every WebSocket, between two frames of Asterisk's."""
        for wire in self.wires:
            if wire.is_events:
                wire.client.write(b"".join(frames))

    # -- Connections --------------------------------------------------------------------

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.closed:
            self.sign_ins.append(time.time())
            writer.transport.abort()
            return
        wire = Wire(writer)
        self.wires.add(wire)
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        try:
            await self._serve(wire, reader)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            self.wires.discard(wire)
            writer.transport.abort()
            if wire.server is not None and wire.server not in self._abandoned:
                wire.server.transport.abort()

    async def _serve(self, wire: Wire, reader: asyncio.StreamReader) -> None:
        answers, wire.server = await asyncio.open_connection("127.0.0.1", self.to)
        while True:
            head = await reader.readuntil(b"\r\n\r\n")
            length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
            body = await reader.readexactly(int(length[1])) if length else b""
            name = re.search(rb"(?i)\r\nx-request-id: *([^\r]*)", head)
            asked = Asked(time.time(), (name[1] if name else b"").decode(), head.split(b"\r\n")[0])
            self.asked.append(asked)
            if head.startswith(INFORMATION):
                self.sign_ins.append(time.time())
            if self.mute:
                continue
            if self.refusals and name:
                self.refusals -= 1
                asked.status = 503
                wire.client.write(TOO_MUCH.format(self.refused_for).encode())
                continue
            wire.server.write(head + body)
            if head.startswith(EVENTS):
                wire.is_events = True
                await self._events(wire, reader, answers)
                return
            await self._answer(wire, asked, answers)

    async def _answer(self, wire: Wire, asked: Asked, answers: asyncio.StreamReader) -> None:
        head = await answers.readuntil(b"\r\n\r\n")
        length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
        body = await answers.readexactly(int(length[1])) if length else b""
        asked.status = int(head.split(b" ", 2)[1])
        if self.stalled:
            wire.held.append(head + body)
        elif not self.mute:
            await self._give(wire, head + body)

    async def _events(
        self, wire: Wire, reader: asyncio.StreamReader, answers: asyncio.StreamReader
    ) -> None:
        up = asyncio.ensure_future(self._up(wire, reader))
        down = asyncio.ensure_future(self._down(wire, answers))
        for task in (up, down):
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        await asyncio.wait((up, down), return_when=asyncio.FIRST_COMPLETED)
        if wire.server not in self._abandoned:
            down.cancel()
        up.cancel()
        for task in (up, down):
            if task.done() and not task.cancelled():
                task.exception()

    async def _up(self, wire: Wire, reader: asyncio.StreamReader) -> None:
        assert wire.server is not None
        while True:
            head = await reader.readexactly(2)
            length, more = head[1] & 127, b""
            if length > 125:
                more = await reader.readexactly(2 if length == 126 else 8)
                length = int.from_bytes(more)
            mask, data = await reader.readexactly(4), await reader.readexactly(length)
            if head[0] & 15 == Opcode.TEXT:
                self._note(wire, bytes(it ^ mask[at % 4] for at, it in enumerate(data)))
            if not self.mute:
                wire.server.write(head + more + mask + data)

    def _note(self, wire: Wire, frame: bytes) -> None:
        """A request that goes over the WebSocket."""
        told = json.loads(frame)
        line = f"{told['method']} /ari/{told['uri']} framed".encode()
        asked = Asked(time.time(), told["transaction_id"], line)
        self.asked.append(asked)
        wire.asked[told["request_id"]] = asked

    def _passes(self, wire: Wire, payload: bytes) -> bool:
        """Whether a frame of Asterisk's goes on now; a reply may be held."""
        if b'"RESTResponse"' not in payload:
            return True
        told = json.loads(payload)
        wire.asked[told["request_id"]].status = told["status_code"]
        return not self.stalled

    async def _down(self, wire: Wire, answers: asyncio.StreamReader) -> None:
        """Whole frames only, so that others can go between."""
        head = await answers.readuntil(b"\r\n\r\n")
        await self._give(wire, head)
        while data := await answers.read(1 << 16):
            if wire not in self.wires:
                continue  # cut: Asterisk talks to nobody
            wire.rest += data
            ready = b""
            for frame, payload in list(frames(wire.rest)):
                wire.rest = wire.rest[len(frame) :]
                if self._passes(wire, payload):
                    ready += frame
                else:
                    wire.held.append(frame)
            if not self.mute:
                await self._give(wire, ready)

    async def _give(self, wire: Wire, data: bytes) -> None:
        size = self.piece or max(len(data), 1)
        for at in range(0, len(data), size):
            wire.client.write(data[at : at + size])
            if self.piece:
                # The other side reads this piece before the next one is there.
                await asyncio.sleep(0)
                await asyncio.sleep(0)
        await wire.client.drain()


def frames(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Each whole frame of a server's, and what is in it."""
    at = 0
    while len(data) - at >= 2:
        length, header = data[at + 1] & 127, 2
        if length > 125:
            header = 4 if length == 126 else 10
            length = int.from_bytes(data[at + 2 : at + header])
        end = at + header + length
        if len(data) < max(end, at + header):
            return
        yield data[at:end], data[at + header : end]
        at = end


def text_frame(payload: bytes) -> bytes:
    """A whole text message in one frame, as a server sends it."""
    return Frame(Opcode.TEXT, payload).serialize(mask=False)
