"""A host by HTTP, for any server that speaks ASGI: whether it lives and is ready, its figures, and
the way in for platforms that speak by webhooks."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import quote

from ccroute.adapters import HttpRequest, HttpResponse
from ccroute.host._host import Host
from ccroute.metrics import Metrics

if TYPE_CHECKING:
    from ccroute.export import Ratchet

Message: TypeAlias = MutableMapping[str, object]
Scope: TypeAlias = MutableMapping[str, object]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
App: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]

_JSON = {"content-type": "application/json"}
_OPENMETRICS = {"content-type": "application/openmetrics-text; version=1.0.0; charset=utf-8"}
_SAMPLE = re.compile(r"([A-Za-z_:][A-Za-z0-9_:]*)(\{?)(.*)")


class _Gone(Exception):  # nothing went wrong
    """Who asked has gone."""


def asgi(
    host: Host, *, public_url: str | None = None, most_bytes: int = 1 << 20, patience: float = 30.0
) -> App:
    """An ASGI application: ``GET /livez`` and ``/readyz`` (200 or 503, and why), ``GET
    /metrics`` in OpenMetrics (the host's own and each tenant's, with its name as the label
    ``tenant``), ``POST`` or ``GET /links/<link>/...`` for `Host.handle_http`.

    It asks nobody who they are: let a proxy do that, and only what platforms need be public;
    adapters check the signatures of their platforms. ``public_url``: the beginning of the
    address as platforms write and sign it, where a proxy stands between; ``most_bytes``: of a
    body; ``patience``: seconds within which a body must come and an adapter answer.
    """
    return _App(host, public_url, most_bytes, patience)


class _App:
    def __init__(
        self, host: Host, public_url: str | None, most_bytes: int, patience: float
    ) -> None:
        self._host = host
        self._public_url = None if public_url is None else public_url.rstrip("/")
        self._most_bytes = most_bytes
        self._patience = patience
        self._ratchets: dict[str, Ratchet] = {}
        self._reading = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        if scope["type"] != "http":
            raise ValueError(f"ccroute's application speaks http, not {scope['type']}")
        try:
            response = await self._answer(scope, receive)
        except _Gone:
            return
        headers = [(k.encode("latin-1"), v.encode("latin-1")) for k, v in response.headers.items()]
        if "content-length" not in response.headers:
            headers.append((b"content-length", str(len(response.body)).encode()))
        await send({"type": "http.response.start", "status": response.status, "headers": headers})
        body = b"" if scope["method"] == "HEAD" else response.body
        await send({"type": "http.response.body", "body": body})

    async def _answer(self, scope: Scope, receive: Receive) -> HttpResponse:
        path = str(scope["path"]).removeprefix(str(scope.get("root_path", "")))
        method = str(scope["method"])
        if path.startswith("/links/"):
            if method not in {"GET", "POST"}:
                return _not_allowed("GET, POST")
            return await self._webhook(path.split("/")[2], scope, receive)
        kinds = {"/livez": self._livez, "/readyz": self._readyz, "/metrics": self._metrics}
        if path not in kinds:
            return HttpResponse(status=404)
        if method not in {"GET", "HEAD"}:
            return _not_allowed("GET, HEAD")
        return await kinds[path]()

    async def _livez(self) -> HttpResponse:
        health = self._host.health()
        return _told(health.alive, {"alive": health.alive})

    async def _readyz(self) -> HttpResponse:
        health = self._host.health()
        return _told(health.ready, {"ready": health.ready, "why": list(health.why)})

    async def _metrics(self) -> HttpResponse:
        async with self._reading:  # one scrape after the other, as ratchets want it
            tenants = {name: it.router.metrics for name, it in self._host.tenants.items()}
            health = self._host.health()
            text = await asyncio.to_thread(
                _all_metrics, tenants, self._ratchets, health.to_openmetrics(), health.at
            )
        return HttpResponse(headers=_OPENMETRICS, body=text.encode())

    async def _webhook(self, link: str, scope: Scope, receive: Receive) -> HttpResponse:
        if not self._host.running:
            return HttpResponse(status=503, headers={"retry-after": "5"})
        try:
            async with asyncio.timeout(self._patience):
                body = await self._body(receive)
        except TimeoutError:
            return HttpResponse(status=408)
        if body is None:
            return HttpResponse(status=413)
        headers = _headers(scope)
        request = HttpRequest(
            method=str(scope["method"]), url=self._url(scope, headers), headers=headers, body=body
        )
        try:
            async with asyncio.timeout(self._patience):
                return await self._host.handle_http(link, request)
        except TimeoutError:
            return HttpResponse(status=504)

    async def _body(self, receive: Receive) -> bytes | None:
        """The body; ``None``: it is too long."""
        parts: list[bytes] = []
        size = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise _Gone
            part = message.get("body", b"")
            if isinstance(part, bytes):
                parts.append(part)
                size += len(part)
            if size > self._most_bytes:
                return None
            if not message.get("more_body", False):
                return b"".join(parts)

    def _url(self, scope: Scope, headers: Mapping[str, str]) -> str:
        raw = scope.get("raw_path")
        path = raw.decode("latin-1") if isinstance(raw, bytes) else quote(str(scope["path"]))
        query = scope.get("query_string", b"")
        end = f"?{query.decode('latin-1')}" if isinstance(query, bytes) and query else ""
        base = self._public_url or f"{scope.get('scheme', 'http')}://{headers.get('host', '')}"
        return f"{base}{path}{end}"


def _headers(scope: Scope) -> dict[str, str]:
    found: dict[str, str] = {}
    given = scope.get("headers", ())
    for name, value in given if isinstance(given, Iterable) else ():
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        found[key] = f"{found[key]}, {text}" if key in found else text
    return found


async def _lifespan(receive: Receive, send: Send) -> None:
    """The host lives and ends with who made it; a server that asks is told that all is well."""
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


def _told(good: bool, what: Mapping[str, object]) -> HttpResponse:
    body = json.dumps(what, ensure_ascii=False).encode()
    return HttpResponse(status=200 if good else 503, headers=_JSON, body=body)


def _not_allowed(methods: str) -> HttpResponse:
    return HttpResponse(status=405, headers={"allow": methods})


# -- Figures ----------------------------------------------------------------------------


def _all_metrics(
    tenants: Mapping[str, Metrics], ratchets: dict[str, "Ratchet"], own: str, now: float
) -> str:
    """The figures of all tenants, a family at a time, then the host's ``own``."""
    # Only who is scraped needs it: whoever imports a host should not wait for it.
    from ccroute.export import Ratchet, openmetrics  # noqa: PLC0415

    about: dict[str, list[str]] = {}
    samples: dict[str, list[str]] = {}
    for name, metrics in tenants.items():
        label = f'tenant="{_escaped(name)}"'
        ratchet = ratchets.setdefault(name, Ratchet())
        family = ""
        for line in openmetrics(metrics, now=now, ratchet=ratchet).splitlines():
            if line.startswith("# TYPE "):
                family = line.split(" ")[2]
            if line == "# EOF":
                continue
            if line.startswith("#"):
                words = about.setdefault(family, [])
                if line not in words:
                    words.append(line)
            else:
                samples.setdefault(family, []).append(_labelled(line, label))
    lines = [line for family, words in about.items() for line in (*words, *samples.get(family, ()))]
    return "\n".join([*lines, own])


def _labelled(sample: str, label: str) -> str:
    found = _SAMPLE.fullmatch(sample)
    if found is None:
        return sample
    name, brace, rest = found.groups()
    return f"{name}{{{label},{rest}" if brace else f"{name}{{{label}}}{rest}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
