"""Frames to events, and requests to what HTTP wants. No socket, no clock."""

import json
import math
import re
from collections.abc import Mapping
from urllib.parse import quote

import attrs
import msgspec

from ccroute_asterisk.ari.messages import Event, Heard, Json, RestResponse, read_event

_PLAIN = re.compile(r"[A-Za-z0-9_.~-]*")
LONGEST = 1 << 20
"""Bytes a message has at most; no sound Asterisk sends a longer one."""
LONGEST_REPLY = 64 * LONGEST
"""The same of a reply over HTTP, which may be a list."""
LONGEST_PAUSE = 60.0
"""Seconds after which a request is made again at the latest, however much later is asked for."""


def event_of(frame: Heard) -> Event | None:
    r"""The event of a message of the WebSocket; ``None``: it is none.

    >>> event_of(b'{"type":"ApplicationReplaced"}')
    ApplicationReplaced(timestamp=None)
    >>> event_of(b'\xff') is None
    True
    """
    try:
        return read_event(frame) if len(frame) <= LONGEST else None
    except (ValueError, RecursionError):
        return None


@attrs.frozen
class Request:
    """One request. ``path``: its parts, which may hold anything; ``query``; ``body``: as JSON;
    ``lists``: the reply is as long as there are calls or phones.

    >>> Request("DELETE", ("channels", "a/b"), {"reason": "normal"}).target
    '/channels/a%2Fb?reason=normal'
    """

    method: str
    path: tuple[str, ...]
    query: Mapping[str, str] = attrs.field(factory=dict)
    body: Mapping[str, Json] | None = None
    lists: bool = False

    @property
    def target(self) -> str:
        """Path and query, in which no text can end one or the other."""
        path = "".join(f"/{_quoted(part)}" for part in self.path)
        query = "&".join(f"{_quoted(key)}={_quoted(value)}" for key, value in self.query.items())
        return f"{path}?{query}" if query else path

    @property
    def content(self) -> bytes:
        """The body's bytes."""
        return b"" if self.body is None else json.dumps(self.body).encode()


def _quoted(text: str) -> str:
    """Most is of letters and digits only, and to find that out is cheaper than `quote`."""
    return text if _PLAIN.fullmatch(text) else quote(text, safe="")


@attrs.frozen
class Reply:
    """What Asterisk replied. ``retry_after``: seconds, when it was too much for it."""

    status: int
    body: Json = None
    retry_after: float | None = None

    @property
    def ok(self) -> bool:
        """Whether it was done."""
        return 200 <= self.status < 300

    @property
    def said(self) -> str:
        """Asterisk's words, for people."""
        words = ""
        if isinstance(self.body, Mapping):
            words = str(self.body.get("message") or self.body.get("error") or "")
        return f"{self.status} {words}".rstrip()


def framed(request: Request, number: int, name: str | None = None) -> bytes:
    """A request as it goes over the WebSocket of the events. ``name``: of the instruction on whose
    behalf it is made, for who reads along."""
    told = {
        "type": "RESTRequest", "transaction_id": name or "ccroute", "request_id": str(number),
        "method": request.method, "uri": request.target[1:],
    }  # fmt: skip
    if request.body is not None:
        told["content_type"] = "application/json"
        told["message_body"] = request.content.decode()
    return msgspec.json.encode(told)


def reply_of(event: RestResponse) -> Reply:
    """The reply that came over the WebSocket."""
    return read_reply(event.status_code, (event.message_body or "").encode())


def read_reply(status: int, content: bytes, retry_after: str | None = None) -> Reply:
    """A reply from its parts. What is no JSON is no body."""
    try:
        body = msgspec.json.decode(content) if 0 < len(content) <= LONGEST_REPLY else None
    except (ValueError, RecursionError):
        body = None
    try:
        pause = float(retry_after or "nan")
    except ValueError:
        pause = math.nan
    # As the other side says it, it may be endless, or no number.
    return Reply(status, body, min(pause, LONGEST_PAUSE) if pause >= 0 else None)
