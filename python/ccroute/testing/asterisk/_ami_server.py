"""AMI's port: connections around an `AmiDesk`."""

import asyncio
from collections.abc import Callable

import ccroute.testing.asterisk._ami_actions  # noqa: F401  # makes the actions known
from ccroute.testing.asterisk._ami import AmiDesk, AmiSession


class _Connection(asyncio.Protocol):
    def __init__(self, server: "AmiServer") -> None:
        self._server = server
        self._session: AmiSession | None = None
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._session = AmiSession(self._server.desk, self._send)
        self._server.desk.sessions.append(self._session)

    def _send(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)

    def data_received(self, data: bytes) -> None:
        assert self._session is not None
        self._server.heard(self._session, data)
        if not self._session.open and self._transport is not None:
            self._transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        if self._session in self._server.desk.sessions:
            self._server.desk.sessions.remove(self._session)


class AmiServer:
    """Listens. ``before`` and ``after`` are called around whatever a client says."""

    def __init__(
        self, desk: AmiDesk, before: Callable[[], None], after: Callable[[], None]
    ) -> None:
        self.desk = desk
        self._before = before
        self._after = after
        self.port = 0
        self._server: asyncio.Server | None = None

    def heard(self, session: AmiSession, data: bytes) -> None:
        """Bytes from a client."""
        self._before()
        session.receive_data(data)
        self._after()

    async def start(self) -> None:
        """Listens on a free port of the loopback."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: _Connection(self), "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Listens no more; connections are cut by the wire before it."""
        if self._server is not None:
            self._server.close()
