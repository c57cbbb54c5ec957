"""Bytes that are sent in pieces, of which the other side reads one by one."""

import asyncio


class Pieces:
    """What waits to be written to a transport, in order."""

    def __init__(self, transport: asyncio.WriteTransport) -> None:
        self._transport = transport
        self._waiting: list[bytes] = []
        self._sending: asyncio.Task[None] | None = None
        self._over = False

    def write(self, data: bytes, size: int | None) -> None:
        """Writes bytes, whole or ``size`` at a time, behind whatever still waits; nothing to a
        transport that closes."""
        if self._over or self._transport.is_closing() or not data:
            return
        if size is None and not self._waiting:
            self._transport.write(data)
            return
        step = size or len(data)
        self._waiting += [data[at : at + step] for at in range(0, len(data), step)]
        if self._sending is None or self._sending.done():
            self._sending = asyncio.ensure_future(self._send())

    async def _send(self) -> None:
        while self._waiting:
            self._transport.write(self._waiting.pop(0))
            # The other side reads this piece before the next one is there: a turn of the loop in
            # which its socket is found readable, and what it reads in that.
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        if self._over:
            self._transport.close()

    def close(self) -> None:
        """Closes the transport, after what was written."""
        self._over = True
        if not self._waiting:
            self._transport.close()

    def forget(self) -> None:
        """The connection is gone: what waits is not sent."""
        if self._sending is not None:
            self._sending.cancel()
