"""What the other side says, in reasons and errors: without the password, and on one line."""

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable

import pytest
from adapters.asterisk.tests.websocket_server import Server
from websockets.frames import Opcode

from ccroute import ConfigError, LinkError
from ccroute.adapters import Secret
from ccroute.testing import ManualTime
from ccroute_asterisk.ari import requests
from ccroute_asterisk.ari.release import release_of
from ccroute_asterisk.ari.settings import AriSettings
from ccroute_asterisk.ari.wire import Wire

PASSWORD = "swordfish"
BASIC = base64.b64encode(f"ccroute:{PASSWORD}".encode()).decode()


def linked(server: Server, scene: Callable[[Wire, ManualTime], Awaitable[None]]) -> None:
    """Plays a scene with a link to a server."""

    async def on_stage() -> None:
        time = ManualTime()
        async with server:
            url = server.address.replace("ws", "http", 1).partition("/ari")[0]
            wire = Wire(
                "pbx", AriSettings(user="ccroute", password=Secret(PASSWORD), url=url), time
            )
            try:
                await scene(wire, time)
            finally:
                await wire.close()

    asyncio.run(on_stage())


def assert_fit(text: str) -> None:
    assert text.isprintable()
    assert PASSWORD not in text
    assert BASIC not in text


def test_the_reason_of_a_close_shows_no_password_and_no_line_of_its_own() -> None:
    server = Server()

    async def scene(wire: Wire, time: ManualTime) -> None:
        await wire.listen(lambda _: None)
        said = f"{PASSWORD} {BASIC}\n\x1b[2J ERROR ccroute: forged"
        server.send(Opcode.CLOSE, b"\x03\xe8" + said.encode())
        reason = await asyncio.wait_for(asyncio.shield(wire.ended), 5.0)
        assert "ERROR ccroute: forged" in reason
        assert_fit(reason)

    linked(server, scene)


@pytest.mark.parametrize(
    ("answer", "kind", "told"),
    [
        ("401 No\r\nContent-Length: 0", ConfigError, "give those of a section with `type = user`"),
        (
            "426 Upgrade\r\nContent-Length: 0",
            LinkError,
            "a proxy in between, if any, must let WebSockets through",
        ),
        (
            f"101 Yes\r\nConnection: Upgrade\r\nUpgrade: {BASIC}\r\nSec-WebSocket-Accept: x",
            LinkError,
            "invalid Upgrade header: ",
        ),
    ],
)
def test_a_refused_websocket_is_told_with_the_remedy(
    answer: str, kind: type[Exception], told: str
) -> None:
    async def scene(wire: Wire, time: ManualTime) -> None:
        with pytest.raises(kind, match=told) as refused:
            await wire.listen(lambda _: None)
        assert_fit(str(refused.value))

    linked(Server(first=f"HTTP/1.1 {answer}\r\n\r\n".encode()), scene)


def test_a_websocket_that_is_never_answered_is_told_with_the_remedy() -> None:
    async def scene(wire: Wire, time: ManualTime) -> None:
        listening = asyncio.ensure_future(wire.listen(lambda _: None))
        while not listening.done():
            await time.run(1.0)
        with pytest.raises(LinkError, match=r"no answer in 10 s, .*: a proxy in between"):
            await listening

    linked(Server(first=b"HTTP/1.1 1"), scene)


def test_a_reply_shows_no_password_and_no_line_of_its_own() -> None:
    body = json.dumps({"message": f"user ccroute:{PASSWORD}\nERROR forged", "id": "x"})
    head = f"HTTP/1.1 400 No\r\nContent-Length: {len(body)}\r\n\r\n"

    async def scene(wire: Wire, time: ManualTime) -> None:
        reply = await wire.ask(requests.information(), time.now() + 10.0)
        assert reply.said == "400 user ccroute:...\\nERROR forged"
        assert reply.body["id"] == "x"

    linked(Server(first=f"{head}{body}".encode()), scene)


def test_a_certificate_that_nobody_believes_is_told_with_the_remedy() -> None:
    async def scene(wire: Wire, time: ManualTime) -> None:
        with pytest.raises(LinkError, match=r"CERTIFICATE_VERIFY_FAILED.* as `ca`"):
            await wire.ask(requests.information(), time.now() + 10.0)

    linked(Server(secure=True), scene)


def test_a_version_without_end_is_none() -> None:
    assert release_of("22." + "1" * 5_000) is None
    assert release_of("2" * 5_000) is None
    assert release_of("20260101") is None
    assert release_of("22.10.20260101") == (22, 10)
