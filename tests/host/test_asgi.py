"""A host by HTTP, asked as a server would ask the application."""

import asyncio
import http.client
import json
import socket
import time
import urllib.request
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import attrs
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from tests.host.running import CENTRE, Running, centre

from ccroute import Enqueue, Plan, Router
from ccroute.adapters import HttpRequest, HttpResponse
from ccroute.export import OPENMETRICS_CONTENT_TYPE
from ccroute.host import Host, asgi
from ccroute.testing import LoopbackAdapter, LoopbackPlatform

PLAN = Plan.from_toml("[queues.billing]\n[agents.ana]\nqueues = ['billing']\n")
App = Callable[..., Awaitable[None]]


@attrs.frozen
class Reply:
    """What the application sent."""

    status: int
    headers: dict[str, str]
    body: bytes


async def ask(
    app: App,
    path: str,
    method: str = "GET",
    *,
    parts: tuple[bytes, ...] = (b"",),
    headers: tuple[tuple[bytes, bytes], ...] = ((b"host", b"acme.example:8080"),),
    query: bytes = b"",
    root_path: str = "",
    ends: bool = True,
) -> Reply | None:
    """``None``: it sent nothing. ``ends``: whether the body comes to its end."""
    scope = {
        "type": "http",
        "method": method,
        "path": root_path + path,
        "raw_path": (root_path + path).replace(" ", "%20").encode(),
        "root_path": root_path,
        "query_string": query,
        "scheme": "http",
        "headers": headers,
    }
    waiting = [
        {"type": "http.request", "body": part, "more_body": not ends or number < len(parts) - 1}
        for number, part in enumerate(parts)
    ]
    sent: list[dict[str, object]] = []

    async def receive() -> dict[str, object]:
        if waiting:
            return waiting.pop(0)
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    await asyncio.wait_for(app(scope, receive, send), 5.0)
    if not sent:
        return None
    start, body = sent
    told = {k.decode(): v.decode("latin-1") for k, v in start["headers"]}  # type: ignore[attr-defined]
    return Reply(start["status"], told, body["body"])  # type: ignore[arg-type]


class Webhooks(LoopbackAdapter):
    """Notes what it is asked, and says it back."""

    def __init__(self) -> None:
        super().__init__(LoopbackPlatform(["webhook_in"]))
        self.asked: list[HttpRequest] = []
        self.slow = False

    async def handle_http(self, request: HttpRequest) -> HttpResponse:
        self.asked.append(request)
        if self.slow:
            await asyncio.Event().wait()
        if request.body == b"break":
            raise ValueError("broken")
        return HttpResponse(status=201, headers={"X-Seen": "yes"}, body=request.body[::-1])


def on_a_host(test: Callable[[Host, Webhooks], Awaitable[None]], *tenants: str) -> None:
    async def run() -> None:
        adapter = Webhooks()
        routers = {name: Router(PLAN, source=name) for name in tenants or ("main",)}
        async with Host(routers, adapters={"hooks": adapter}) as host:
            await test(host, adapter)

    asyncio.run(run())


def test_probes_say_that_it_lives_and_is_ready() -> None:
    async def test(host: Host, _: Webhooks) -> None:
        app = asgi(host)
        live, ready = await ask(app, "/livez"), await ask(app, "/readyz")
        assert live is not None
        assert ready is not None
        assert (live.status, json.loads(live.body)) == (200, {"alive": True})
        assert (ready.status, json.loads(ready.body)) == (200, {"ready": True, "why": []})
        assert ready.headers["content-type"] == "application/json"
        head = await ask(app, "/readyz", "HEAD")
        assert head is not None
        assert (head.status, head.body) == (200, b"")
        assert head.headers["content-length"] == ready.headers["content-length"]

    on_a_host(test)


def test_a_link_that_is_down_is_not_ready_and_says_why() -> None:
    async def test(host: Host, adapter: Webhooks) -> None:
        adapter.platform.cut()
        for _ in range(20):
            await asyncio.sleep(0)
        ready, live = await ask(asgi(host), "/readyz"), await ask(asgi(host), "/livez")
        assert ready is not None
        assert live is not None
        assert (ready.status, live.status) == (503, 200)
        assert json.loads(ready.body)["why"] == ["link hooks is down: trying"]

    on_a_host(test)


def test_a_host_that_has_stopped_is_not_alive() -> None:
    async def run() -> None:
        host = Host(Router(PLAN), adapters={"hooks": Webhooks()})
        async with host:
            app = asgi(host)
        live, hook = await ask(app, "/livez"), await ask(app, "/links/hooks/x", "POST")
        assert live is not None
        assert hook is not None
        assert (live.status, hook.status) == (503, 503)

    asyncio.run(run())


def test_figures_of_all_tenants_are_one_exposition() -> None:
    async def test(host: Host, _: Webhooks) -> None:
        for number, name in enumerate(["a", 'b"\\']):
            for contact in range(number + 1):
                command = Enqueue(contact=f"c{contact}", queue="billing")
                await host.apply(command, actor="x", tenant=name)
        reply = await ask(asgi(host), "/metrics")
        assert reply is not None
        assert reply.headers["content-type"] == OPENMETRICS_CONTENT_TYPE
        families = {it.name: it for it in text_string_to_metric_families(reply.body.decode())}
        offered = {
            it.labels["tenant"]: it.value for it in families["ccroute_offered_contacts"].samples
        }
        assert offered == {"a": 1.0, 'b"\\': 2.0}
        assert families["ccroute_host_ready"].samples[0].value == 1.0
        assert {it.labels["tenant"] for it in families["ccroute_host_commands"].samples} == {
            "a",
            'b"\\',
        }

    on_a_host(test, "a", 'b"\\')


def test_webhooks_come_to_the_adapter_byte_for_byte() -> None:
    async def test(host: Host, adapter: Webhooks) -> None:
        headers = ((b"host", b"acme.example"), (b"X-Sig", b"1"), (b"x-sig", b"2"))
        reply = await ask(
            asgi(host), "/links/hooks/voice in/1", "POST", parts=(b"a=1", b"&b=\xff"),
            headers=headers, query=b"x=%20y",
        )  # fmt: skip
        assert reply is not None
        assert (reply.status, reply.body) == (201, b"\xff=b&1=a")
        assert reply.headers == {"x-seen": "yes", "content-length": "7"}
        (asked,) = adapter.asked
        assert asked == HttpRequest(
            method="POST",
            url="http://acme.example/links/hooks/voice%20in/1?x=%20y",
            headers={"host": "acme.example", "x-sig": "1, 2"},
            body=b"a=1&b=\xff",
        )

    on_a_host(test)


def test_the_address_is_as_platforms_write_it() -> None:
    async def test(host: Host, adapter: Webhooks) -> None:
        app = asgi(host, public_url="https://hooks.acme.example/")
        await ask(app, "/links/hooks/x", "POST")
        await ask(asgi(host), "/links/hooks/x", "POST", root_path="/cc")
        assert [it.url for it in adapter.asked] == [
            "https://hooks.acme.example/links/hooks/x",
            "http://acme.example:8080/cc/links/hooks/x",
        ]

    on_a_host(test)


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        ("/", "GET", 404),
        ("/links/nowhere/x", "POST", 404),
        ("/links/", "POST", 404),
        ("/links/hooks/x", "DELETE", 405),
        ("/metrics", "POST", 405),
    ],
)
def test_what_is_not_there_is_refused(path: str, method: str, status: int) -> None:
    async def test(host: Host, adapter: Webhooks) -> None:
        reply = await ask(asgi(host), path, method)
        assert reply is not None
        assert reply.status == status
        assert ("allow" in reply.headers) == (status == 405)
        assert adapter.asked == []

    on_a_host(test)


def test_a_body_is_bounded_in_size_and_time() -> None:
    async def test(host: Host, adapter: Webhooks) -> None:
        app = asgi(host, most_bytes=10, patience=0.05)
        fits = await ask(app, "/links/hooks/x", "POST", parts=(b"12345", b"67890"))
        long = await ask(app, "/links/hooks/x", "POST", parts=(b"12345", b"67890", b"1"))
        slow = await ask(app, "/links/hooks/x", "POST", parts=(b"1",), ends=False)
        assert [it and it.status for it in (fits, long, slow)] == [201, 413, 408]
        assert len(adapter.asked) == 1
        adapter.slow = True
        hangs = await ask(app, "/links/hooks/x", "POST")
        assert hangs is not None
        assert hangs.status == 504

    on_a_host(test)


def test_an_adapter_that_breaks_and_a_client_that_goes_hurt_nobody() -> None:
    async def test(host: Host, adapter: Webhooks) -> None:
        broken = await ask(asgi(host), "/links/hooks/x", "POST", parts=(b"break",))
        assert broken is not None
        assert broken.status == 500
        sent = []

        async def gone() -> dict[str, object]:
            return {"type": "http.disconnect"}

        async def send(message: object) -> None:
            sent.append(message)

        scope = {"type": "http", "method": "POST", "path": "/links/hooks/x", "headers": []}
        await asgi(host)(scope, gone, send)  # type: ignore[arg-type]
        assert sent == []
        assert len(adapter.asked) == 1

    on_a_host(test)


class Odd(Webhooks):
    """Answers with whatever it was given."""

    reply: Any = None

    async def handle_http(self, request: HttpRequest) -> HttpResponse:
        if isinstance(self.reply, BaseException):
            raise self.reply
        return self.reply  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    "reply",
    [
        None,
        "hello",
        HttpResponse(status="x"),  # type: ignore[arg-type]
        HttpResponse(status=99),
        HttpResponse(body="text"),  # type: ignore[arg-type]
        HttpResponse(headers={"x": "\u20ac"}),
        HttpResponse(headers={"x": "1\r\nset-cookie: a=b"}),
        HttpResponse(headers={"a b": "1"}),
        HttpResponse(headers={"x": 1}),  # type: ignore[arg-type]
        asyncio.CancelledError(),
        TimeoutError(),
    ],
)
def test_an_answer_that_cannot_be_sent_is_a_fault_of_the_link(
    reply: Any, caplog: pytest.LogCaptureFixture
) -> None:
    async def run() -> None:
        adapter = Odd()
        adapter.reply = reply
        async with Host(Router(PLAN), adapters={"hooks": adapter}) as host:
            answer = await ask(asgi(host), "/links/hooks/x", "POST")
            assert answer is not None
            assert (answer.status, answer.body) == (500, b"")
            assert host.links["hooks"].counters.faults == 1
            adapter.reply = HttpResponse(headers={"x": "caf\u00e9"})
            answer = await ask(asgi(host), "/links/hooks/x", "POST")
            assert answer is not None
            assert (answer.status, answer.headers["x"]) == (200, "caf\u00e9")

    asyncio.run(run())
    (record,) = (it for it in caplog.records if it.levelname == "ERROR")
    assert record.getMessage() == "link hooks: its adapter broke over a request"


def test_a_server_may_ask_for_its_beginning_and_end() -> None:
    async def test(host: Host, _: Webhooks) -> None:
        waiting = ["lifespan.startup", "lifespan.shutdown"]
        sent: list[object] = []

        async def receive() -> dict[str, object]:
            return {"type": waiting.pop(0)}

        async def send(message: dict[str, object]) -> None:
            sent.append(message["type"])

        await asgi(host)({"type": "lifespan"}, receive, send)  # type: ignore[arg-type]
        assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
        with pytest.raises(ValueError, match="speaks http, not websocket"):
            await asgi(host)({"type": "websocket"}, receive, send)  # type: ignore[arg-type]

    on_a_host(test)


# -- With a server ----------------------------------------------------------------------


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def test_a_centre_listens_where_its_document_says(tmp_path: Path) -> None:
    pytest.importorskip("uvicorn")
    port = free_port()
    path = centre(tmp_path, CENTRE + f"\n[http]\nport = {port}\n")
    with Running(path) as running:
        running.hear("runs: acme")
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=10) as reply:
            assert json.load(reply) == {"ready": True, "why": []}
        assert running.stop() == 0
    with socket.create_server(("127.0.0.1", port)), Running(path) as blocked:
        line = blocked.hear("give another place")
        assert f"http: 127.0.0.1:{port}: Address already in use" in line
        assert blocked.process.wait(timeout=30) == 1


def test_a_reply_does_not_wait_for_the_other_sides_acknowledgement(tmp_path: Path) -> None:
    """Which comes 40 ms later, whatever the machine: the quickest of many replies tells."""
    pytest.importorskip("uvicorn")
    port = free_port()
    with Running(centre(tmp_path, CENTRE + f"\n[http]\nport = {port}\n")) as running:
        running.hear("runs: acme")
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        took = []
        for _ in range(30):
            began = time.monotonic()
            connection.request("GET", "/readyz")
            connection.getresponse().read()
            took.append(time.monotonic() - began)
        connection.close()
        assert min(took[2:]) < 0.03


def test_without_the_server_the_extra_is_named(tmp_path: Path) -> None:
    (tmp_path / "uvicorn.py").write_text("raise ImportError('no', name='uvicorn')\n")
    with Running(centre(tmp_path, CENTRE + "\n[http]\n")) as running:
        line = running.hear("pip install")
        assert "[http]: the package uvicorn is missing: pip install 'ccroute[serve]'" in line
        assert running.process.wait(timeout=30) == 1
