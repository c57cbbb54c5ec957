"""A relay in front of a server, simulated or real, that can cut, mute, break up and forge what
goes through. It knows nothing of what it carries."""

import asyncio
from collections.abc import Callable

from ccroute.testing._pieces import Pieces
from ccroute.testing._time import settle


class _End(asyncio.Protocol):
    """One end of a relayed connection."""

    def __init__(self, wire: "Wire") -> None:
        self.wire = wire
        self.transport: asyncio.Transport | None = None
        self.other: _End | None = None
        self.early: list[bytes] = []
        self.first = b""
        self._pieces: Pieces | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._pieces = Pieces(transport)

    def data_received(self, data: bytes) -> None:
        if len(self.first) < 256:
            self.first += data
        if self.wire.muted or self in self.wire.left:
            return
        if self.other is None:
            self.early.append(data)
        else:
            self.other.write(data, self.wire.piece)

    def write(self, data: bytes, size: int | None = None) -> None:
        """Sends bytes, whole or in pieces, behind whatever still waits."""
        if self._pieces is not None:
            self._pieces.write(data, size)

    def pause_writing(self) -> None:
        if self.other is not None and self.other.transport is not None:
            self.other.transport.pause_reading()

    def resume_writing(self) -> None:
        if self.other is not None and self.other.transport is not None:
            self.other.transport.resume_reading()

    def eof_received(self) -> bool:
        return False

    def connection_lost(self, error: Exception | None) -> None:
        self.wire.lost(self)
        if self._pieces is not None:
            self._pieces.forget()
        if self.other is not None:
            self.other.close()

    def close(self) -> None:
        """Closes, after what was written."""
        if self._pieces is not None:
            self._pieces.close()

    def cut(self) -> None:
        """Cuts at once."""
        if self.transport is not None:
            self.transport.abort()


class Wire:
    """A port on the loopback behind which a server stands.

    ``muted``: bytes go nowhere, and nobody is told; ``closed``: whoever comes is cut at once;
    ``piece``: bytes to the client go in pieces of so many. ``came``: told of each connection
    made while it is closed.
    """

    def __init__(self, target: int, came: Callable[[], None]) -> None:
        self.target = target
        self.port = 0
        self.muted = False
        self.closed = False
        self.piece: int | None = None
        self._came = came
        self._clients: dict[_End, _End] = {}
        self._server: asyncio.Server | None = None
        self._joining: set[asyncio.Task[None]] = set()
        self.left: set[_End] = set()
        """Ends at the server that were left up when the others were cut."""

    async def start(self) -> None:
        """Listens; on the same port as before, when it did before."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._client, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Cuts everything and listens no more."""
        if self._server is not None:
            self._server.close()
        self.cut()
        self.cut_left()
        for task in list(self._joining):
            task.cancel()
        await asyncio.gather(*self._joining, return_exceptions=True)
        await settle()

    def _client(self) -> _End:
        wire = self

        class Client(_End):
            def connection_made(self, transport: asyncio.BaseTransport) -> None:
                super().connection_made(transport)
                if wire.closed:
                    wire._came()
                    self.cut()
                    return
                task = asyncio.ensure_future(wire._join(self))
                wire._joining.add(task)
                task.add_done_callback(wire._joining.discard)

        return Client(self)

    async def _join(self, client: _End) -> None:
        loop = asyncio.get_running_loop()
        server = _End(self)
        try:
            await loop.create_connection(lambda: server, "127.0.0.1", self.target)
        except OSError:
            client.cut()
            return
        self._clients[client] = server
        client.other, server.other = server, client
        for data in client.early:
            server.write(data)
        client.early.clear()
        if client.transport is None or client.transport.is_closing():
            server.close()

    def lost(self, end: _End) -> None:
        """An end of a connection is gone."""
        self._clients.pop(end, None)

    def cut(self, begins: bytes = b"", *, leave: bytes | None = None) -> None:
        """Cuts every connection whose first bytes from the client hold ``begins``; of those that
        hold ``leave`` the client's end only: as when a network goes, the server notices nothing
        until `cut_left`."""
        for client, server in list(self._clients.items()):
            if begins in client.first:
                if leave is not None and leave in client.first:
                    client.other = server.other = None
                    self.left.add(server)
                client.cut()
                if server not in self.left:
                    server.cut()

    def cut_left(self) -> None:
        """The server notices too."""
        for server in self.left:
            server.cut()
        self.left.clear()

    def inject(self, data: bytes, begins: bytes = b"") -> None:
        """The clients get these bytes, as if the server had sent them."""
        for client in self._clients:
            if begins in client.first:
                client.write(data, self.piece)
