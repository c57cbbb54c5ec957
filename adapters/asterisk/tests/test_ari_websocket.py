"""The WebSocket of a link against a server that does as it likes."""

import asyncio
import gc
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Self

import pytest
from websockets.exceptions import InvalidMessage, InvalidStatus
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.server import ServerProtocol

from ccroute.adapters import Secret
from ccroute.testing import ManualTime, settle
from ccroute_asterisk.ari.codec import LONGEST
from ccroute_asterisk.ari.messages import Heard
from ccroute_asterisk.ari.websocket import WebSocket

Scene = Callable[["Server", WebSocket, list[bytes]], Awaitable[None]]


class Server:
    """Accepts one connection. ``first``: what it says instead of accepting it."""

    def __init__(self, first: bytes | None = None) -> None:
        self.first = first
        self.authorized: list[str] = []
        self.received: list[Frame] = []

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        self.address = f"ws://127.0.0.1:{port}/ari/events?app=x"
        return self

    async def __aexit__(self, *raised: object) -> None:
        self.writer.close()
        self._server.close()

    def client(self, hear: Callable[[Heard], object]) -> WebSocket:
        """One that can be opened."""
        return WebSocket(self.address, Secret("Basic x"), ManualTime(), hear)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writer = writer
        if self.first is not None:
            await reader.read(1 << 16)
            writer.write(self.first)
            writer.close()
            return
        with suppress(ConnectionResetError):
            await self._talk(reader, writer)
        writer.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        protocol = ServerProtocol()
        while data := await reader.read(1 << 16):
            protocol.receive_data(data)
            for it in protocol.events_received():
                if isinstance(it, Request):
                    self.authorized.append(it.headers["Authorization"])
                    protocol.send_response(protocol.accept(it))
                elif isinstance(it, Frame):
                    self.received.append(it)
            for data in protocol.data_to_send():
                writer.write(data)

    def send(self, opcode: Opcode, data: bytes, *, fin: bool = True, mask: bool = False) -> None:
        """A frame, whether it may be sent or not."""
        self.writer.write(Frame(opcode, data, fin).serialize(mask=mask))


def played(scene: Scene, first: bytes | None = None, *, opens: bool = True) -> None:
    """Plays a scene; no task may be left, and no exception that nobody looked at."""
    complaints: list[object] = []

    async def on_stage() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, told: complaints.append(told))
        heard: list[bytes] = []
        async with Server(first) as server:
            socket = server.client(lambda it: heard.append(bytes(it)))
            if opens:
                await socket.open(None)
            await scene(server, socket, heard)
            if opens:
                socket.abort()
                await asyncio.wait_for(socket.closed, 5.0)
        await settle()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(on_stage())
    gc.collect()
    assert not complaints


def test_messages_are_heard_in_order_and_whole_however_they_are_cut() -> None:
    async def scene(server: Server, socket: WebSocket, heard: list[bytes]) -> None:
        assert server.authorized == ["Basic x"]
        server.send(Opcode.TEXT, b"one")
        server.send(Opcode.TEXT, b"t", fin=False)
        server.send(Opcode.CONT, b"", fin=False)
        server.send(Opcode.PING, b"between")
        server.send(Opcode.CONT, b"wo")
        server.send(Opcode.BINARY, b"\xff")
        await settle()
        assert heard == [b"one", b"two", b"\xff"]
        assert [(it.opcode, bytes(it.data)) for it in server.received] == [
            (Opcode.PONG, b"between")
        ]

    played(scene)


def test_what_is_sent_arrives_as_text_and_a_ping_is_answered() -> None:
    async def scene(server: Server, socket: WebSocket, heard: list[bytes]) -> None:
        socket.send("é".encode())
        socket.ping()
        await settle()
        assert [it.opcode for it in server.received] == [Opcode.TEXT, Opcode.PING]
        assert bytes(server.received[0].data).decode() == "é"
        assert not socket.is_closing()

    played(scene)


@pytest.mark.parametrize(
    ("opcode", "data", "mask", "why"),
    [
        (Opcode.TEXT, b"x" * (LONGEST + 1), False, "too big"),
        (Opcode.TEXT, b"x", True, "incorrect masking"),
        (Opcode.CONT, b"x", False, "unexpected continuation"),
        (Opcode.CLOSE, b"\x03\xe8bye", False, "received 1000 (OK) bye"),
    ],
)
def test_what_must_not_come_and_a_close_end_it_with_the_reason(
    opcode: Opcode, data: bytes, mask: bool, why: str
) -> None:
    async def scene(server: Server, socket: WebSocket, heard: list[bytes]) -> None:
        server.send(Opcode.TEXT, b"before")
        server.send(opcode, data, mask=mask)
        server.send(Opcode.TEXT, b"after")
        reason = await asyncio.wait_for(asyncio.shield(socket.closed), 5.0)
        assert why in reason
        assert heard == [b"before"]
        assert socket.is_closing()
        socket.ping()  # of whoever has not heard of it

    played(scene)


def test_after_a_cut_in_the_midst_of_messages_none_is_heard() -> None:
    async def scene(server: Server, socket: WebSocket, heard: list[bytes]) -> None:
        socket._hear = lambda it: (heard.append(bytes(it)), socket.abort())  # type: ignore[assignment]
        for _ in range(3):
            server.send(Opcode.TEXT, b"cut")
        await asyncio.wait_for(asyncio.shield(socket.closed), 5.0)
        assert heard == [b"cut"]

    played(scene)


def test_whoever_hears_and_fails_does_not_leave_a_link_that_nobody_reads() -> None:
    async def scene(server: Server, socket: WebSocket, heard: list[bytes]) -> None:
        asyncio.get_running_loop().set_exception_handler(lambda *_: heard.append(b"told"))

        def fails(message: Heard) -> None:
            raise KeyError(message)

        socket._hear = fails
        server.send(Opcode.TEXT, b"x")
        assert "broke" in await asyncio.wait_for(asyncio.shield(socket.closed), 5.0)
        assert heard == [b"told"]

    played(scene)


@pytest.mark.parametrize(
    ("first", "kind"),
    [
        (b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno", InvalidStatus),
        (b"HTTP/1.1 403 Forbidden\r\n\r\nno, until I hang up", InvalidStatus),
        (b"HTTP/1.1 101 Swi", InvalidMessage),
        (b"Asterisk Call Manager/11.0.0\r\n", InvalidMessage),
        (b"", InvalidMessage),
    ],
)
def test_who_is_no_websocket_is_told_by_kind(first: bytes, kind: type[Exception]) -> None:
    async def scene(server: Server, socket: WebSocket, heard: list[bytes]) -> None:
        with pytest.raises(kind):
            await asyncio.wait_for(socket.open(None), 5.0)

    played(scene, first, opens=False)


@pytest.mark.parametrize("turns", range(8))
def test_who_gives_up_while_connecting_leaves_nothing_behind(turns: int) -> None:
    async def scene(server: Server, socket: WebSocket, heard: list[bytes]) -> None:
        opening = asyncio.ensure_future(socket.open(None))
        for _ in range(turns):
            await asyncio.sleep(0)
        opening.cancel()
        await asyncio.gather(opening, return_exceptions=True)
        await settle()
        again = server.client(heard.append)
        await again.open(None)
        again.abort()
        await again.closed

    played(scene, opens=False)
