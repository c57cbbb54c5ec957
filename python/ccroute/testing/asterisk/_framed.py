"""ARI's requests over the event WebSocket, as Asterisk takes them since 20.15, 21.10 and 22.5."""

import asyncio
import json
import re
from collections.abc import Coroutine, Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol
from urllib.parse import parse_qsl, unquote

from ccroute.testing.asterisk._objects import Json, shown_time
from ccroute.testing.asterisk._requests import Asked, Requests
from ccroute.testing.asterisk._rest import Reply
from ccroute.testing.asterisk._switch import ENTITY

if TYPE_CHECKING:
    from ccroute.testing.asterisk._server import SimulatedAsterisk

LONGEST = 65_535
"""Bytes of a frame; for a longer one the link is closed."""
TOO_LONG = 1009
"""With this code."""
DEADLY = 485_000
"""Characters of a reply of which Asterisk 22.10 dies, by a stack that is too small."""
FIRST: Mapping[int, int] = MappingProxyType({20: 15, 21: 10, 22: 5})
"""The first release of each branch that takes requests there; later branches do."""
_METHODS = {"GET", "POST", "PUT", "DELETE"}


def takes_requests(version: str) -> bool:
    """Whether a release takes requests over the WebSocket.

    >>> takes_requests("22.4.1"), takes_requests("22.5.0"), takes_requests("23.0.0")
    (False, True, True)
    """
    found = re.match(r"(\d+)\.(\d+)", version)
    if found is None:
        return True
    branch, number = int(found[1]), int(found[2])
    return branch >= min(FIRST) and number >= FIRST.get(branch, 0)


class Replies(Protocol):
    """The server's side of an event WebSocket."""

    def reply(self, document: Mapping[str, Json]) -> None:
        """Sends the reply to a request."""
        ...


class Framed:
    """The requests that come over one WebSocket, one after the other: while one waits, so do those
    behind it. Their replies go through the filter of the application, like events."""

    def __init__(
        self, pbx: "SimulatedAsterisk", requests: Requests, socket: Replies, *, app: str, user: str
    ) -> None:
        self._pbx = pbx
        self._requests = requests
        self._socket = socket
        self._app = app
        self._user = user
        self._replying: set[asyncio.Task[None]] = set()

    async def take(self, text: str | None) -> bool:
        """Takes a message, which is no text when it is binary: that is not looked at. ``False``:
        it is too long, and nothing more can be read."""
        if text is None or not self._pbx.takes_requests:
            return True
        if len(text.encode()) > LONGEST:
            return False
        try:
            told = json.loads(text)
        except (ValueError, RecursionError):
            self._reply({}, Reply(400), "Failed to parse request message JSON")
            return True
        table = told if isinstance(told, dict) else {}
        words = {key: it for key, it in table.items() if isinstance(it, str)}
        wrong = _wrong(words)
        if wrong:
            self._reply(words, Reply(400, {"message": wrong}), "Bad request")
            return True
        if words["uri"].startswith("/"):
            self._reply(words, Reply(405, {"message": "Invalid method"}))
            return True
        asked = self._asked(words, table)
        reply = await self._requests.made(asked)
        if self._requests.holds_back(asked.method):
            self._start(self._let_go(asked.method, words, reply))
        else:
            self._reply(words, reply)
        return True

    def _asked(self, words: Mapping[str, str], table: Mapping[str, Json]) -> Asked:
        path, _, rest = words["uri"].partition("?")
        query = dict(parse_qsl(rest, keep_blank_values=True))
        body = table.get("message_body", "")
        return Asked(
            method=words["method"],
            parts=[unquote(it) for it in path.split("/")],
            query=query,
            body=(body if isinstance(body, str) else json.dumps(body)).encode(),
            user=self._user,
            way="websocket",
        )

    async def _let_go(self, method: str, words: Mapping[str, str], reply: Reply) -> None:
        if await self._requests.lets_go(method):
            self._reply(words, reply)

    def _start(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.ensure_future(work)
        self._replying.add(task)
        task.add_done_callback(self._replying.discard)

    def _reply(self, words: Mapping[str, str], reply: Reply, reason: str = "") -> None:
        app = self._pbx.switch.apps.by_name.get(self._app)
        if app is not None and not app.lets_through("RESTResponse"):
            return
        told: dict[str, Json] = {
            "type": "RESTResponse",
            "transaction_id": words.get("transaction_id", ""),
            "request_id": words.get("request_id", ""),
            "status_code": reply.status,
            "reason_phrase": reason or HTTPStatus(reply.status).phrase,
            "uri": words.get("uri", "").partition("?")[0],
        }
        if reply.document is not None:
            body = json.dumps(reply.document, separators=(",", ":"))
            if len(body) > DEADLY:
                self._pbx.restart()
                return
            told |= {"content_type": "application/json", "message_body": body}
        at = shown_time(self._pbx.switch.clock())
        self._socket.reply(
            {**told, "application": self._app, "timestamp": at, "asterisk_id": ENTITY}
        )

    async def close(self) -> None:
        """The WebSocket is gone: nobody hears a reply any more."""
        for task in self._replying:
            task.cancel()
        await asyncio.gather(*self._replying, return_exceptions=True)


def _wrong(words: Mapping[str, str]) -> str:
    """What is wrong with a request, in Asterisk's words; nothing, where it is sound."""
    body = words.get("message_body")
    checks = (
        (bool(words.get("type")), "No 'type' property."),
        (words.get("type") == "RESTRequest", "Unknown request type."),
        (bool(words.get("uri")), "Empty or missing 'uri' property."),
        (words.get("method") in _METHODS, "Unknown or missing 'method' property."),
        (body is None or "content_type" in words, "No 'content_type' for 'message_body'."),
        (body is None or _is_json(body), "Unable to parse 'message_body' as 'application/json'."),
    )
    return next((told for holds, told in checks if not holds), "")


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
