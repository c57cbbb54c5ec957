"""The WebSocket of a link against a server that does as it likes."""

import asyncio
from collections.abc import Callable

import pytest
from adapters.asterisk.tests.websocket_server import Server, played, until
from websockets.exceptions import InvalidMessage, InvalidStatus
from websockets.frames import Frame, Opcode

from ccroute.testing import settle
from ccroute_asterisk.ari import websocket
from ccroute_asterisk.ari.codec import LONGEST
from ccroute_asterisk.ari.messages import Heard
from ccroute_asterisk.ari.websocket import SLICE, WebSocket


def failing(heard: list[bytes], at: int) -> Callable[[Heard], object]:
    """Who hears, and fails over a message of that number."""

    def hear(message: Heard) -> None:
        heard.append(b"")
        if len(heard) == at:
            raise KeyError("what nobody should read")

    return hear


both_ways = pytest.mark.parametrize("secure", [False, True], ids=["ws", "wss"])


@both_ways
def test_messages_are_heard_in_order_and_whole_however_they_are_cut(secure: bool) -> None:
    async def scene(server: Server, socket: WebSocket, heard: list[bytes]) -> None:
        assert server.authorized == ["Basic x"]
        server.send(Opcode.TEXT, b"one")
        server.send(Opcode.TEXT, b"t", fin=False)
        server.send(Opcode.CONT, b"", fin=False)
        server.send(Opcode.PING, b"between")
        server.send(Opcode.CONT, b"wo")
        server.send(Opcode.BINARY, b"\xff")
        await until(lambda: len(heard) == 3 and server.received)
        assert heard == [b"one", b"two", b"\xff"]
        assert [(it.opcode, bytes(it.data)) for it in server.received] == [
            (Opcode.PONG, b"between")
        ]

    played(scene, Server(secure=secure))


def test_what_is_sent_arrives_as_text_and_a_ping_is_answered() -> None:
    async def scene(server: Server, socket: WebSocket, heard: list[bytes]) -> None:
        socket.send("é".encode())
        socket.ping()
        await settle()
        assert [it.opcode for it in server.received] == [Opcode.TEXT, Opcode.PING]
        assert bytes(server.received[0].data).decode() == "é"
        assert not socket.is_closing()

    played(scene)


@both_ways
@pytest.mark.parametrize(
    ("opcode", "data", "mask", "why"),
    [
        (Opcode.TEXT, b"x" * (LONGEST + 1), False, "too big"),
        (Opcode.TEXT, b"x", True, "incorrect masking"),
        (Opcode.CONT, b"x", False, "unexpected continuation"),
        (Opcode.CLOSE, b"\x03\xe8bye", False, "received 1000 (OK) bye"),
    ],
)
def test_what_must_not_come_and_a_close_end_it_with_the_reason(
    opcode: Opcode, data: bytes, mask: bool, why: str, secure: bool
) -> None:
    async def scene(server: Server, socket: WebSocket, heard: list[bytes]) -> None:
        server.send(Opcode.TEXT, b"before")
        server.send(opcode, data, mask=mask)
        server.send(Opcode.TEXT, b"after")
        reason = await asyncio.wait_for(asyncio.shield(socket.closed), 5.0)
        assert why in reason
        assert heard == [b"before"]
        assert socket.is_closing()
        socket.ping()  # of whoever has not heard of it

    played(scene, Server(secure=secure))


def test_after_a_cut_in_the_midst_of_messages_none_is_heard() -> None:
    async def scene(server: Server, socket: WebSocket, heard: list[bytes]) -> None:
        socket._hear = lambda it: (heard.append(bytes(it)), socket.abort())  # type: ignore[assignment]
        for _ in range(3):
            server.send(Opcode.TEXT, b"cut")
        await asyncio.wait_for(asyncio.shield(socket.closed), 5.0)
        assert heard == [b"cut"]

    played(scene)


def test_whoever_hears_and_fails_does_not_leave_a_link_that_nobody_reads() -> None:
    async def scene(server: Server, socket: WebSocket, heard: list[bytes]) -> None:
        asyncio.get_running_loop().set_exception_handler(lambda *_: heard.append(b"told"))
        socket._hear = failing([], 1)
        server.send(Opcode.TEXT, b"x")
        ended = await asyncio.wait_for(asyncio.shield(socket.closed), 5.0)
        assert ended == "KeyError in the adapter"
        assert heard == [b"told"]

    played(scene)


@both_ways
@pytest.mark.parametrize(
    ("first", "hangs_up", "kind"),
    [
        (b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\nno", False, InvalidStatus),
        (b"HTTP/1.1 403 Forbidden\r\n\r\nno, until I hang up", True, InvalidStatus),
        (b"HTTP/1.1 101 Swi", True, InvalidMessage),
        (b"Asterisk Call Manager/11.0.0\r\n", False, InvalidMessage),
        (b"", True, InvalidMessage),
    ],
)
def test_who_is_no_websocket_is_told_by_kind_and_left_at_once(
    first: bytes, hangs_up: bool, kind: type[Exception], secure: bool
) -> None:
    async def scene(server: Server, socket: WebSocket, heard: list[bytes]) -> None:
        with pytest.raises(kind):
            await asyncio.wait_for(socket.open(server.trust), 5.0)
        await asyncio.wait_for(socket.closed, 5.0)

    played(scene, Server(secure=secure, first=first, hangs_up=hangs_up), opens=False)


@both_ways
def test_who_never_answers_is_waited_for_until_one_gives_up(secure: bool) -> None:
    async def scene(server: Server, socket: WebSocket, heard: list[bytes]) -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(socket.open(server.trust), 0.2)
        await asyncio.wait_for(socket.closed, 5.0)

    played(scene, Server(secure=secure, first=b"HTTP/1.1 1"), opens=False)


@both_ways
@pytest.mark.parametrize("turns", range(0, 40, 3))
def test_who_gives_up_while_connecting_leaves_nothing_behind(turns: int, secure: bool) -> None:
    async def scene(server: Server, socket: WebSocket, heard: list[bytes]) -> None:
        opening = asyncio.ensure_future(socket.open(server.trust))
        for _ in range(turns):
            await asyncio.sleep(0)
        opening.cancel()
        await asyncio.gather(opening, return_exceptions=True)
        socket.abort()  # where it was open already
        again = server.client(heard.append)
        await again.open(server.trust)
        again.abort()
        await again.closed

    played(scene, Server(secure=secure), opens=False)


@both_ways
def test_a_burst_of_tiny_messages_leaves_others_their_turn(secure: bool) -> None:
    async def scene(server: Server, socket: WebSocket, heard: list[bytes]) -> None:
        tiny = b"".join(Frame(Opcode.TEXT, b"%06d" % n).serialize(mask=False) for n in range(9_000))
        most = SLICE // (len(tiny) // 9_000) + 1
        server.writer.write(tiny)
        while len(heard) < 9_000:
            before = len(heard)
            await asyncio.sleep(0)
            assert len(heard) - before <= most
        assert heard == sorted(heard)

    played(scene, Server(secure=secure))


@both_ways
def test_what_came_before_the_end_is_heard_however_much_it_is(secure: bool) -> None:
    async def scene(server: Server, socket: WebSocket, heard: list[bytes]) -> None:
        for _ in range(30):
            server.send(Opcode.TEXT, b"x" * 1_000)
        server.writer.close()
        assert "no close frame" in await asyncio.wait_for(asyncio.shield(socket.closed), 5.0)
        assert len(heard) == 30

    played(scene, Server(secure=secure))


@both_ways
def test_whoever_fails_over_the_rest_of_a_burst_ends_it_too(secure: bool) -> None:
    async def scene(server: Server, socket: WebSocket, heard: list[bytes]) -> None:
        asyncio.get_running_loop().set_exception_handler(lambda *_: heard.append(b"told"))

        socket._hear = failing(heard, 20)
        for _ in range(30):
            server.send(Opcode.TEXT, b"x" * 1_000)
        ended = await asyncio.wait_for(asyncio.shield(socket.closed), 5.0)
        assert ended == "KeyError in the adapter"
        assert heard[20:] == [b"told"]

    played(scene, Server(secure=secure))


@both_ways
def test_whoever_fails_over_what_came_before_the_end_gives_no_words_away(secure: bool) -> None:
    async def scene(server: Server, socket: WebSocket, heard: list[bytes]) -> None:
        asyncio.get_running_loop().set_exception_handler(lambda *_: None)

        socket._hear = failing(heard, 26)
        for _ in range(30):
            server.send(Opcode.TEXT, b"x" * 1_000)
        server.writer.close()
        ended = await asyncio.wait_for(asyncio.shield(socket.closed), 5.0)
        assert ended == "KeyError in the adapter"

    played(scene, Server(secure=secure))


@both_ways
def test_whoever_asks_and_does_not_read_is_cut(
    secure: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(websocket, "UNREAD", 1 << 14)

    async def scene(server: Server, socket: WebSocket, heard: list[bytes]) -> None:
        server.writer.transport.pause_reading()
        while not socket.closed.done():
            for _ in range(100):
                server.send(Opcode.PING, b"x" * 125)
            await settle(1)
            assert socket.unsent() < 1 << 15
        assert socket.closed.result().startswith("Asterisk does not read: ")

    played(scene, Server(secure=secure))
