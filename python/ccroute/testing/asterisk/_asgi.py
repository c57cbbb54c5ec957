"""ARI's HTTP and WebSocket as an ASGI application: sign-in and framing."""

import asyncio
import base64
import binascii
import json
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import parse_qsl, unquote

from ccroute.testing.asterisk._framed import TOO_LONG, Framed
from ccroute.testing.asterisk._objects import Json
from ccroute.testing.asterisk._requests import Asked, Requests
from ccroute.testing.asterisk._rest import Reply

if TYPE_CHECKING:
    from ccroute.testing.asterisk._server import SimulatedAsterisk

Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]

REALM = b'Basic realm="Asterisk REST Interface"'


class EventSocket:
    """The server's side of an event WebSocket."""

    def __init__(self, pbx: "SimulatedAsterisk") -> None:
        self._pbx = pbx
        self._waiting: deque[str] = deque()
        self._wake = asyncio.Event()

    def send(self, event: Mapping[str, Json]) -> None:
        """See `Listener`."""
        text = json.dumps(event, separators=(",", ":"))
        after = self._pbx.faults.event_after
        if after:
            self._pbx.later(after, lambda: self._put(text))
        else:
            self._put(text)

    def reply(self, document: Mapping[str, Json]) -> None:
        """Sends the reply to a request, behind the events that wait already."""
        self._put(json.dumps(document, separators=(",", ":")))

    def _put(self, text: str) -> None:
        self._waiting.append(text)
        self._wake.set()

    @property
    def waiting(self) -> int:
        """How many events are not sent yet."""
        return len(self._waiting)

    async def write(self, send: Send) -> None:
        """Sends all that comes, in order."""
        while True:
            while self._waiting:
                await send({"type": "websocket.send", "text": self._waiting.popleft()})
            self._wake.clear()
            await self._wake.wait()


def _user(scope: Mapping[str, Any], query: Mapping[str, str], users: Mapping[str, str]) -> str:
    """Who asks, or nothing when the password is not right."""
    user, _, password = query.get("api_key", "").partition(":")
    for key, value in scope["headers"]:
        scheme, _, rest = value.decode("latin-1").partition(" ")
        if key == b"authorization" and scheme.lower() == "basic":
            try:
                decoded = base64.b64decode(rest, validate=True).decode()
            except (binascii.Error, UnicodeDecodeError):
                return ""
            user, _, password = decoded.partition(":")
    return user if user and users.get(user) == password else ""


class AriApp:
    """The ASGI application."""

    def __init__(self, pbx: "SimulatedAsterisk") -> None:
        self._pbx = pbx
        self.requests = Requests(pbx)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serves a request or a WebSocket."""
        query = dict(parse_qsl(scope.get("query_string", b"").decode(), keep_blank_values=True))
        raw = scope.get("raw_path") or scope["path"].encode()
        parts = [unquote(it) for it in raw.decode("latin-1").strip("/").split("/")]
        ours = parts[:1] == ["ari"] and self._pbx.ari_enabled
        if scope["type"] == "http":
            await self._http(scope, receive, send, query, parts[1:] if ours else None)
        elif scope["type"] == "websocket":
            await self._websocket(scope, receive, send, query, parts if ours else None)

    # -- Requests -----------------------------------------------------------------------

    async def _http(
        self, scope: Message, receive: Receive, send: Send, query: dict[str, str],
        parts: list[str] | None,
    ) -> None:  # fmt: skip
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if message["type"] == "http.disconnect" or not message.get("more_body"):
                break
        if parts is None:
            await _answer_page(send, 404, "Not Found")
            return
        user = _user(scope, query, self._pbx.system.users)
        if not user:
            self._pbx.signed_in()
            await _answer(send, Reply(401, {"message": "Authentication required"}))
            return
        query.pop("api_key", None)
        asked = Asked(method=scope["method"], parts=parts, query=query, body=body, user=user)
        reply = await self.requests.made(asked)
        if await self.requests.lets_go(asked.method):
            await _answer(send, reply)
        else:
            # Never answered: it lasts until the client goes.
            while (await receive())["type"] != "http.disconnect":
                pass

    # -- Events -------------------------------------------------------------------------

    async def _websocket(
        self, scope: Message, receive: Receive, send: Send, query: dict[str, str],
        parts: list[str] | None,
    ) -> None:  # fmt: skip
        await receive()
        if parts != ["ari", "events"]:
            await _deny_page(send, 404, "Not Found", "")
            return
        self._pbx.signed_in()
        user = _user(scope, query, self._pbx.system.users)
        if not user:
            await _deny(send, Reply(401, {"message": "Authentication required"}))
            return
        names = [it for it in query.get("app", "").split(",") if it]
        if not names:
            await _deny_page(send, 400, "Bad Request", "HTTP request is missing param: [app]")
            return
        await send({"type": "websocket.accept"})
        await self._serve_events(
            receive, send, names, user, everything=query.get("subscribeAll") == "true"
        )

    async def _serve_events(
        self, receive: Receive, send: Send, names: list[str], user: str, *, everything: bool
    ) -> None:
        pbx = self._pbx
        socket = EventSocket(pbx)
        pbx.sockets.add(socket)
        for name in names:
            pbx.switch.listen(name, socket, everything=everything)
        framed = Framed(pbx, self.requests, socket, app=names[0], user=user)
        writing = asyncio.ensure_future(socket.write(send))
        try:
            while (message := await receive())["type"] != "websocket.disconnect":
                if not await framed.take(message.get("text")):
                    await send({"type": "websocket.close", "code": TOO_LONG})
        finally:
            await framed.close()
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)
            pbx.sockets.discard(socket)
            pbx.switch.apps.disconnect(socket)


def _page(title: str, words: str) -> bytes:
    return (
        '<!DOCTYPE HTML PUBLIC "-//IETF//DTD HTML 2.0//EN">\r\n'
        f"<html><head>\r\n<title>{title}</title>\r\n</head><body>\r\n<h1>{title}</h1>\r\n"
        f"<p>{words}</p>\r\n</body></html>\r\n"
    ).encode()


async def _answer(send: Send, reply: Reply, kind: str = "http") -> None:
    body = b"" if reply.document is None else json.dumps(reply.document).encode()
    headers = [
        (b"server", b"Asterisk/simulated"),
        (b"cache-control", b"no-cache, no-store"),
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
    ]
    if reply.status == 401:
        headers.append((b"www-authenticate", REALM))
    if reply.status == 204:
        headers = headers[:2]
    await send({"type": f"{kind}.response.start", "status": reply.status, "headers": headers})
    await send({"type": f"{kind}.response.body", "body": body})


async def _answer_page(send: Send, status: int, words: str, kind: str = "http") -> None:
    body = _page(f"{status} {words}", words)
    headers = [(b"content-type", b"text/html"), (b"content-length", str(len(body)).encode())]
    await send({"type": f"{kind}.response.start", "status": status, "headers": headers})
    await send({"type": f"{kind}.response.body", "body": body})


async def _deny(send: Send, reply: Reply) -> None:
    await _answer(send, reply, "websocket.http")


async def _deny_page(send: Send, status: int, title: str, words: str) -> None:
    await _answer_page(send, status, words or title, "websocket.http")
