"""The WebSocket of a link against a server that does as it likes."""

import asyncio
import functools
import gc
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Self

import pytest
import trustme
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


@functools.cache
def trust() -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """For a server, and for who trusts it."""
    authority = trustme.CA()
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("127.0.0.1").configure_cert(server)
    authority.configure_trust(client)
    return server, client


class Server:
    """Accepts one connection. ``first``: what it says instead of accepting it, and then no more,
    nor does it hang up unless ``hangs_up``."""

    def __init__(
        self, *, secure: bool = False, first: bytes | None = None, hangs_up: bool = False
    ) -> None:
        self.first = first
        self.hangs_up = hangs_up
        self.here, self.trust = trust() if secure else (None, None)
        self.authorized: list[str] = []
        self.received: list[Frame] = []

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self.here)
        port = self._server.sockets[0].getsockname()[1]
        self.address = f"ws{'s' if self.here else ''}://127.0.0.1:{port}/ari/events?app=x"
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
            if self.hangs_up:
                writer.close()
            return
        with suppress(ConnectionError):
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


async def until(holds: Callable[[], object]) -> None:
    """Waits until it holds."""
    async with asyncio.timeout(5.0):
        while not holds():
            await settle(1)


def played(scene: Scene, server: Server | None = None, *, opens: bool = True) -> None:
    """Plays a scene; no task may be left, and no exception that nobody looked at."""
    complaints: list[object] = []

    async def on_stage() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, told: complaints.append(told))
        heard: list[bytes] = []
        async with server or Server() as there:
            socket = there.client(lambda it: heard.append(bytes(it)))
            if opens:
                await socket.open(there.trust)
            await scene(there, socket, heard)
            socket.abort()
            if opens:
                await asyncio.wait_for(socket.closed, 5.0)
        await settle()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(on_stage())
    gc.collect()
    assert not complaints


both_ways = pytest.mark.parametrize("secure", [False, True], ids=["ws", "wss"])


@both_ways
def test_messages_are_heard_in_order_and_whole_however_they_are_cut(secure: bool) -> None:
    async def scene(server: Server, socket: WebSocket, heard: list[bytes]) -> None:
        assert server.authorized == ["Basic x"]
        server.send(Opcode.TEXT, b"one")
        server.send(Opcode.TEXT, b"t", fin=False)
        server.send(Opcode.CONT, b"", fin=False)
        server.send(Opcode.PING, b"between")
        server.send(Opcode.CONT, b"wo")
        server.send(Opcode.BINARY, b"\xff")
        await until(lambda: len(heard) == 3 and server.received)
        assert heard == [b"one", b"two", b"\xff"]
        assert [(it.opcode, bytes(it.data)) for it in server.received] == [
            (Opcode.PONG, b"between")
        ]

    played(scene, Server(secure=secure))


def test_what_is_sent_arrives_as_text_and_a_ping_is_answered() -> None:
    async def scene(server: Server, socket: WebSocket, heard: list[bytes]) -> None:
        socket.send("é".encode())
        socket.ping()
        await settle()
        assert [it.opcode for it in server.received] == [Opcode.TEXT, Opcode.PING]
        assert bytes(server.received[0].data).decode() == "é"
        assert not socket.is_closing()

    played(scene)


@both_ways
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
    opcode: Opcode, data: bytes, mask: bool, why: str, secure: bool
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

    played(scene, Server(secure=secure))


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
            raise KeyError("what nobody should read")

        socket._hear = fails
        server.send(Opcode.TEXT, b"x")
        ended = await asyncio.wait_for(asyncio.shield(socket.closed), 5.0)
        assert ended == "KeyError in the adapter"
        assert heard == [b"told"]

    played(scene)


@both_ways
@pytest.mark.parametrize(
    ("first", "hangs_up", "kind"),
    [
        (b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno", False, InvalidStatus),
        (b"HTTP/1.1 403 Forbidden\r\n\r\nno, until I hang up", True, InvalidStatus),
        (b"HTTP/1.1 101 Swi", True, InvalidMessage),
        (b"Asterisk Call Manager/11.0.0\r\n", False, InvalidMessage),
        (b"", True, InvalidMessage),
    ],
)
def test_who_is_no_websocket_is_told_by_kind_and_left_at_once(
    first: bytes, hangs_up: bool, kind: type[Exception], secure: bool
) -> None:
    async def scene(server: Server, socket: WebSocket, heard: list[bytes]) -> None:
        with pytest.raises(kind):
            await asyncio.wait_for(socket.open(server.trust), 5.0)
        await asyncio.wait_for(socket.closed, 5.0)

    played(scene, Server(secure=secure, first=first, hangs_up=hangs_up), opens=False)


@both_ways
def test_who_never_answers_is_waited_for_until_one_gives_up(secure: bool) -> None:
    async def scene(server: Server, socket: WebSocket, heard: list[bytes]) -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(socket.open(server.trust), 0.2)
        await asyncio.wait_for(socket.closed, 5.0)

    played(scene, Server(secure=secure, first=b"HTTP/1.1 1"), opens=False)


@both_ways
@pytest.mark.parametrize("turns", range(0, 40, 3))
def test_who_gives_up_while_connecting_leaves_nothing_behind(turns: int, secure: bool) -> None:
    async def scene(server: Server, socket: WebSocket, heard: list[bytes]) -> None:
        opening = asyncio.ensure_future(socket.open(server.trust))
        for _ in range(turns):
            await asyncio.sleep(0)
        opening.cancel()
        await asyncio.gather(opening, return_exceptions=True)
        socket.abort()  # where it was open already
        again = server.client(heard.append)
        await again.open(server.trust)
        again.abort()
        await again.closed

    played(scene, Server(secure=secure), opens=False)
