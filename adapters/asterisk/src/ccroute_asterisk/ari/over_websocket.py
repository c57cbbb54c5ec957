"""Requests over the WebSocket of the events: a frame there, a frame back, in any order."""

import asyncio

from ccroute.adapters import Time
from ccroute_asterisk.ari.codec import Reply, Request, framed, reply_of
from ccroute_asterisk.ari.deadlines import Deadlines
from ccroute_asterisk.ari.messages import RestResponse
from ccroute_asterisk.ari.websocket import WebSocket

LONGEST_FRAME = 8_000
"""Bytes that a request has at most: past 65,535 bytes Asterisk cuts the link, and one that was
built for little memory past 8,192."""
HELD_UP = 1.0
"""Seconds without any reply, after which a request is taken to keep those behind it waiting."""
UNSENT = 1 << 18
"""Bytes that wait to be sent, at most."""


class OverWebSocket:
    """The requests of one link that went by its WebSocket.

    Asterisk makes them one after the other: one that has to wait (a channel that something is
    played to cannot be moved) keeps all behind it waiting, and the answers to pings too.
    """

    def __init__(self, socket: WebSocket, deadlines: Deadlines, time: Time) -> None:
        self._socket = socket
        self._deadlines = deadlines
        self._time = time
        self._number = self._sent = self._answered = 0
        self._stirred = 0.0
        self._asked: dict[int, asyncio.Future[Reply]] = {}

    def has_room(self) -> bool:
        """Whether a request would not have to wait behind others."""
        if self._socket.unsent() > UNSENT:
            return False
        # Not how old the oldest is: when all is late, for the machine is busy, HTTP costs more.
        return not self._waits() or self._time.now() - self._stirred < HELD_UP

    def _waits(self) -> bool:
        return self._sent > self._answered

    def framed(self, request: Request, name: str | None) -> tuple[int, bytes] | None:
        """A request's number, and as what it goes; ``None``: it is too long for a frame, or its
        reply may be."""
        if request.lists:
            return None  # of a reply of half a megabyte Asterisk 22.10 dies, over the WebSocket
        self._number += 1
        told = framed(request, self._number, name)
        return (self._number, told) if len(told) <= LONGEST_FRAME else None

    async def ask(self, number: int, frame: bytes, deadline: float) -> Reply:
        """The reply to the request in a frame.

        Raises:
            TimeoutError: none came until ``deadline``.
            LinkError: the link ended before.
        """
        reply: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        if not self._waits():
            self._stirred = self._time.now()
        self._sent, self._asked[number] = number, reply
        try:
            self._socket.send(frame)
            return await self._deadlines.wait(reply, deadline)
        finally:
            del self._asked[number]

    def replied(self, event: RestResponse) -> bool:
        """A reply came, to a request for which perhaps nobody waits any more; ``False``: to none
        of ours."""
        try:
            number = int(event.request_id)
        except ValueError:
            return False
        if not 0 < number <= self._sent:
            return False
        self._answered, self._stirred = max(number, self._answered), self._time.now()
        reply = self._asked.get(number)
        if reply is not None and not reply.done():
            reply.set_result(reply_of(event))
        return True
