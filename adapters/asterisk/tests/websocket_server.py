"""A WebSocket server that does as it likes, and the stage on which a client meets it."""

import asyncio
import functools
import gc
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Self

import trustme
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.server import ServerProtocol

from ccroute.adapters import Secret
from ccroute.testing import ManualTime, settle
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
        self._writers: list[asyncio.StreamWriter] = []

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, ssl=self.here)
        port = self._server.sockets[0].getsockname()[1]
        self.address = f"ws{'s' if self.here else ''}://127.0.0.1:{port}/ari/events?app=x"
        return self

    async def __aexit__(self, *raised: object) -> None:
        for writer in self._writers:
            writer.close()
        self._server.close()

    @property
    def writer(self) -> asyncio.StreamWriter:
        """Of the last connection."""
        return self._writers[-1]

    def client(self, hear: Callable[[Heard], object]) -> WebSocket:
        """One that can be opened."""
        return WebSocket(self.address, Secret("Basic x"), ManualTime(), hear)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
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
