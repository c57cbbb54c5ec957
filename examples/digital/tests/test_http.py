"""The adapter as a program gets it: by its name, with settings from a document, over HTTP."""

import asyncio

import pytest

from ccroute import ConfigError, LinkError
from ccroute.adapters import Adapters, Connect, HttpRequest, HttpResponse, Verdict
from ccroute.testing import ManualTime, settle
from ccroute_pigeon import PigeonAdapter, PigeonSettings, pigeon
from ccroute_pigeon.service import Pigeon
from ccroute_pigeon.transport import send

SETTINGS = {"url": "https://pigeon.test", "callback": "https://centre.test/pigeon", "key": "k"}


class Ear:
    def __init__(self):
        self.heard = []

    def push(self, signal):
        self.heard.append(signal)
        return True

    def resync(self, snapshot):
        self.heard.append(snapshot)


class Server:
    """HTTP/1.1 on loopback before whoever answers a request."""

    def __init__(self, answer):
        self._answer = answer

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        host, port = self._server.sockets[0].getsockname()
        self.url = f"http://{host}:{port}"
        return self

    async def __aexit__(self, *_):
        self._server.close()
        await self._server.wait_closed()

    async def _serve(self, reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        method, path, _ = head[0].split(" ")
        headers = dict(line.split(": ", 1) for line in head[1:] if line)
        body = await reader.readexactly(int(headers["content-length"]))
        request = HttpRequest(method=method, url=self.url + path, headers=headers, body=body)
        writer.write(await self._answer(request))
        await writer.drain()
        writer.close()


def written(reply):
    lines = [f"HTTP/1.1 {reply.status} x", *(f"{k}: {v}" for k, v in reply.headers.items())]
    lines += [f"Content-Length: {len(reply.body)}", "", ""]
    return "\r\n".join(lines).encode() + reply.body


def test_a_conversation_over_loopback():
    async def scene():
        time, ear = ManualTime(), Ear()
        service = Pigeon(time, key="k")

        async def answer(request):
            path = request.url.removeprefix(server.url)
            inner = HttpRequest(
                method=request.method,
                url=service.url + path,
                headers=request.headers,
                body=request.body,
            )
            return written(await service.request(inner))

        async with Server(answer) as server:
            adapter = pigeon("desk", SETTINGS | {"url": server.url})
            service.receiver = adapter.handle_http
            await adapter.open(ear, time)
            session = service.write("rosa")
            await settle()
            told = {"id": "i1", "deadline": time.now() + 10.0, "tenant": "acme"}
            connect = Connect(**told, contact=session, offer=1, agent="ana")
            assert (await adapter.execute(connect)).verdict is Verdict.DONE
            await settle()
            kinds = [type(it).__name__ for it in ear.heard]
            assert kinds == ["LinkUp", "PlatformSnapshot", "Arrived", "Bridged"]
            held = await adapter.snapshot()
            assert [(it.contact, it.agent) for it in held.contacts] == [(session, "ana")]
            await adapter.close(1.0)
            assert service.subscriber is None
            await service.stop()

    asyncio.run(scene())


@pytest.mark.parametrize(
    "reply",
    [
        b"",
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n",
        b"HTTP/1.1 OK\r\n\r\n",
        b"\xff" * 100_000,
    ],
)
def test_what_is_no_reply_is_a_broken_connection(reply):
    async def answer(_):
        return reply

    async def scene():
        async with Server(answer) as server:
            with pytest.raises(ConnectionResetError, match="did not reply as it should"):
                await send(HttpRequest(method="GET", url=server.url + "/sessions"))
            adapter = pigeon("desk", SETTINGS | {"url": server.url})
            with pytest.raises(LinkError):
                await adapter.open(Ear(), ManualTime())
            await adapter.close(0.0)

    asyncio.run(scene())


def test_a_line_end_in_a_header_is_not_sent():
    asked = []

    async def answer(request):
        asked.append(request)
        return written(HttpResponse())

    async def scene():
        async with Server(answer) as server:
            rude = {"x-request-id": "i1\r\nx-admin: yes"}
            with pytest.raises(ConnectionRefusedError, match="a line end in a header"):
                await send(HttpRequest(method="GET", url=server.url + "/", headers=rude))
            reply = await send(HttpRequest(method="GET", url=server.url + "/a?b=c"))
            assert reply.status == 200

    asyncio.run(scene())
    assert [it.url.rsplit("/")[-1] for it in asked] == ["a?b=c"]


def test_nobody_there_is_nothing_sent():
    async def scene():
        async with Server(None) as server:
            pass
        with pytest.raises(ConnectionRefusedError):
            await send(HttpRequest(method="GET", url=server.url + "/"))

    asyncio.run(scene())


# By name, and its settings


def test_it_is_found_by_its_name():
    assert "pigeon" in Adapters().names()
    adapter = Adapters().build("pigeon", link="desk", config=SETTINGS)
    assert isinstance(adapter, PigeonAdapter)
    assert adapter.info.can("webhook_in")
    assert not adapter.info.can("ring")


def test_settings_of_a_document():
    document = SETTINGS | {"channels": {"chat": {"silence": 300, "warning": 30}, "sms": {}}}
    adapter = pigeon("desk", document)
    assert "Secret(...)" in repr(PigeonSettings(**SETTINGS | {"key": _secret()}))
    assert adapter.info.name == "pigeon"
    default = PigeonSettings(**SETTINGS | {"key": _secret()})
    assert (default.of_channel("chat").silence, default.of_channel("chat").warning) == (600, 120)
    assert default.of_channel("email").silence is None
    assert default.of_channel(None).silence is None


def _secret():
    from ccroute.adapters import Secret

    return Secret("k")


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"url": 1}, r"links\.desk\.url: give text"),
        ({"silence": 5}, r"links\.desk: no setting 'silence'"),
        ({"poll": -1.0}, r"'poll' must be > 0"),
        ({"channels": {"chat": 5}}, r"channels\.chat: give a table of silence, warning, text"),
        ({"channels": {"chat": {"silent": 5}}}, r"channels\.chat: give a table of silence"),
        ({"channels": {"chat": {"silence": "5m"}}}, r"channels\.chat\.silence: give seconds"),
        ({"channels": {"chat": {"silence": 0}}}, r"channels\.chat\.silence 0.0: give seconds abo"),
        ({"channels": {"chat": {"silence": 5, "warning": 5}}}, r"chat\.warning 5.0: give less"),
        ({"channels": {"chat": {"warning": 5}}}, r"chat\.warning 5.0: give less than silence None"),
        ({"channels": {"chat": {"text": 5}}}, r"channels\.chat\.text: give text"),
    ],
)
def test_settings_that_cannot_be_are_named(changed, words):
    with pytest.raises(ConfigError, match=words):
        pigeon("desk", SETTINGS | changed)
