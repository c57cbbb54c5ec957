"""ARI's requests, whichever way they come: carried out, and answered late, wrong or never when that
is to be."""

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import attrs

from ccroute.testing.asterisk._objects import Json, Request
from ccroute.testing.asterisk._rest import Blocked, Reply

if TYPE_CHECKING:
    from ccroute.testing.asterisk._server import SimulatedAsterisk


@attrs.define(kw_only=True)
class Faults:
    """What goes wrong on the way between a client and a sound Asterisk.

    ``reply_after``, ``event_after``: seconds by which replies or events are late, so that the
    others overtake them; ``stalled``: requests are carried out and not answered, until it is off;
    ``lost``: so many requests are carried out and never answered; ``failing``: so many are
    answered 500 and not carried out; ``failing_creates``: so many legs are made and
    answered 500.
    """

    reply_after: float = 0.0
    event_after: float = 0.0
    stalled: bool = False
    lost: int = 0
    failing: int = 0
    failing_creates: int = 0


@attrs.frozen(kw_only=True)
class Asked:
    """A request. ``parts``: its path behind ``/ari/``; ``way``: http or websocket."""

    method: str
    parts: Sequence[str]
    query: Mapping[str, str]
    body: bytes
    user: str
    way: str = "http"

    def makes_a_leg(self) -> bool:
        """Whether there is a leg more when it is done."""
        return self.method == "POST" and self.parts[0] == "channels" and len(self.parts) <= 2


class Requests:
    """All that is asked of a simulated Asterisk by ARI."""

    def __init__(self, pbx: "SimulatedAsterisk") -> None:
        self._pbx = pbx

    async def made(self, asked: Asked) -> Reply:
        """Carries a request out; its reply."""
        given: dict[str, Json] = dict(asked.query)
        if asked.body:
            try:
                document = json.loads(asked.body)
            except ValueError:
                return Reply(400, {"message": "Error parsing request body"})
            if isinstance(document, dict):
                given |= document
        faults = self._pbx.faults
        if faults.failing > 0:
            faults.failing -= 1
            return Reply(500, {"message": "Internal Server Error"})
        reply = await self._carry_out(asked, given)
        if faults.failing_creates > 0 and asked.makes_a_leg() and reply.status < 300:
            faults.failing_creates -= 1
            reply = Reply(500, {"message": "Internal Server Error"})
        return reply

    def holds_back(self, method: str) -> bool:
        """Whether the reply to a request does not go at once."""
        faults = self._pbx.faults
        return bool(faults.lost or faults.reply_after or (faults.stalled and method != "GET"))

    async def lets_go(self, method: str) -> bool:
        """Waits until the reply to a request may go; ``False``: it is lost."""
        faults = self._pbx.faults
        if faults.lost > 0:
            faults.lost -= 1
            return False
        if faults.reply_after:
            await self._pbx.sleep(faults.reply_after)
        while self._pbx.faults.stalled and method != "GET":
            await self._pbx.changed()
        return True

    async def _carry_out(self, asked: Asked, given: Mapping[str, Json]) -> Reply:
        pbx = self._pbx
        reader = asked.user in pbx.system.readers
        while True:
            pbx.advance()
            try:
                reply = pbx.rest.answer(asked.method, asked.parts, given, reader=reader)
            except Blocked:
                if pbx.stopping:
                    return Reply(503, {"message": "Shutting down"})
                await pbx.changed()
                continue
            pbx.requests.append(
                Request(
                    at=pbx.time.now(), method=asked.method, path="/".join(asked.parts),
                    given=given, status=reply.status, way=asked.way,
                )
            )  # fmt: skip
            pbx.happen()
            return reply
