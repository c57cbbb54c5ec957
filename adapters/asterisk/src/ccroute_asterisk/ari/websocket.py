"""The WebSocket of a link: each message is heard in the moment in which its bytes come.

The protocol is `websockets`', its sans-I/O part. Its own connection gives each message to a queue,
and wakes a task for it; that costs more than to read an event and to act on it.
"""

import asyncio
import logging
import ssl
from collections.abc import Callable

from websockets.client import ClientProtocol
from websockets.exceptions import InvalidMessage
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.uri import parse_uri

from ccroute.adapters import Secret, Time
from ccroute_asterisk.ari.codec import LONGEST
from ccroute_asterisk.ari.messages import Heard

# Not of the tree of loggers: websockets would tell the headers, and the password in them.
_silence = logging.Logger("websocket", logging.CRITICAL + 1)  # noqa: LOG001
_MESSAGES = frozenset({Opcode.TEXT, Opcode.BINARY, Opcode.CONT})
SLICE = 1 << 13
"""Bytes that are heard in one turn of the loop, at most: they may be thousands of tiny messages."""
UNREAD = 1 << 20
"""Bytes that wait for the other side to read them, at most: more than requests ever are, so it asks
(each of its pings is answered) and does not read."""


class WebSocket(asyncio.Protocol):
    """One connection. ``closed``: why it ended, once it was there and is no more; ``last_heard``:
    when bytes came."""

    def __init__(
        self, address: str, signed: Secret, time: Time, hear: Callable[[Heard], object]
    ) -> None:
        loop = asyncio.get_running_loop()
        self.closed: asyncio.Future[str] = loop.create_future()
        self.last_heard = time.now()
        self._uri = parse_uri(address)
        self._signed = signed
        self._time = time
        self._hear = hear
        self._protocol = ClientProtocol(self._uri, max_size=LONGEST, logger=_silence)
        self._opened: asyncio.Future[None] = loop.create_future()
        self._begun: bytearray | None = None
        self._came = bytearray()
        self._why: str | None = None
        self._transport: asyncio.Transport | None = None

    async def open(self, trust: ssl.SSLContext | None) -> None:
        """Connects and shakes hands.

        Raises:
            OSError: nobody is there.
            WebSocketException: whoever is there does not want to; ``InvalidStatus`` says why.
        """
        loop = asyncio.get_running_loop()
        host, port = self._uri.host, self._uri.port
        await loop.create_connection(lambda: self, host, port, ssl=trust)
        try:
            await self._opened
        except BaseException:
            self.abort()
            raise

    def is_closing(self) -> bool:
        """Whether it is about to end, of which nobody may have heard yet."""
        return self._is_gone() or self._protocol.state is not State.OPEN

    def unsent(self) -> int:
        """Bytes that wait to be sent."""
        return 0 if self._transport is None else self._transport.get_write_buffer_size()

    def send(self, message: bytes) -> None:
        """Sends a text, on a connection that is not closing; never waits."""
        self._protocol.send_text(message)
        self._flush()

    def ping(self) -> None:
        """Asks whether somebody is there."""
        if not self.is_closing():
            self._protocol.send_ping(b"")
            self._flush()

    def abort(self) -> None:
        """Ends it at once, if it is there; nothing is heard any more."""
        if self._transport is not None:
            self._transport.abort()

    # -- What asyncio calls ---------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See `asyncio.Protocol`."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        request = self._protocol.connect()
        request.headers["Authorization"] = self._signed.reveal()
        self._protocol.send_request(request)
        self._flush()

    def data_received(self, data: bytes) -> None:
        """See `asyncio.Protocol`."""
        self.last_heard = self._time.now()
        if self._came:
            self._came += data
        elif len(data) > SLICE:
            self._came += data
            self._go_on()
        else:
            self._receive(data)

    def eof_received(self) -> None:
        """See `asyncio.Protocol`."""
        while self._came and not self._is_gone():
            self._receive(self._slice())
        self._protocol.receive_eof()
        self._flush()

    def connection_lost(self, broken: Exception | None) -> None:
        """See `asyncio.Protocol`."""
        self._protocol.receive_eof()
        if not self._opened.done():
            never = InvalidMessage("did not receive a valid HTTP response")
            self._opened.set_exception(broken or self._protocol.handshake_exc or never)
            self._opened.exception()  # nobody's, where connecting was given up
        reason = f"the WebSocket is closed: {self._protocol.close_exc}"
        if broken is not None:
            reason = f"the WebSocket broke: {type(broken).__name__}: {broken}"
        self.closed.set_result(self._why or reason)

    # -- Inside ---------------------------------------------------------------------------

    def _go_on(self) -> None:
        """Hears some of what came; the rest when others have had their turn."""
        if self._transport is None or self._is_gone():
            return
        self._receive(self._slice())
        if self._came:
            self._transport.pause_reading()
            asyncio.get_running_loop().call_soon(self._go_on)
        else:
            self._transport.resume_reading()

    def _slice(self) -> bytes:
        some = bytes(self._came[:SLICE])
        del self._came[:SLICE]
        return some

    def _receive(self, data: bytes) -> None:
        self._protocol.receive_data(data)
        self._flush()
        try:
            for it in self._protocol.events_received():
                if isinstance(it, Frame) and it.opcode in _MESSAGES:
                    self._take(it.data, it.fin)
        except Exception as error:
            self._cut(f"{type(error).__name__} in the adapter")
            raise
        self._look_at_handshake()
        if self._protocol.close_expected():
            self.abort()  # what was to be said is, and whoever is there may never agree

    def _is_gone(self) -> bool:
        return self._transport is None or self._transport.is_closing()

    def _look_at_handshake(self) -> None:
        if self._opened.done():
            return
        if self._protocol.handshake_exc is not None:
            self._opened.set_exception(self._protocol.handshake_exc)
        elif self._protocol.state is not State.CONNECTING:
            self._opened.set_result(None)

    def _take(self, data: Heard, fin: bool) -> None:
        if self._is_gone():
            return  # what was heard before put an end to it
        if not fin or self._begun is not None:
            self._begun = self._begun or bytearray()
            self._begun += data
            data = self._begun
        if fin:
            self._begun = None
            self._hear(data)

    def _flush(self) -> None:
        for data in self._protocol.data_to_send():
            if data and self._transport is not None:
                self._transport.write(data)
            else:
                self.abort()
        if self.unsent() > UNREAD:
            self._cut(f"Asterisk does not read: {self.unsent()} bytes wait for it")

    def _cut(self, why: str) -> None:
        self._why = self._why or why
        self.abort()
