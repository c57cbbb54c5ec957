"""The control socket: what it answers, and what a bad client cannot do."""

import asyncio
import json
import logging
import os
import socket
import threading
from pathlib import Path
from typing import Any

import pytest

from ccroute import ConfigError, Plan, Router
from ccroute.host import ControlSocket, Host
from ccroute.testing import LoopbackAdapter, LoopbackPlatform

PLAN = Plan.from_toml("[queues.billing]\n[agents.ana]\nqueues = ['billing']\n")


def host(platform: LoopbackPlatform | None = None, *tenants: str) -> Host:
    adapter = LoopbackAdapter(platform or LoopbackPlatform())
    routers = {name: Router(PLAN) for name in tenants or ("main",)}
    return Host(routers, adapters=[adapter])


async def ask(path: Path, request: object) -> Any:
    reader, writer = await asyncio.open_unix_connection(str(path))
    line = request if isinstance(request, bytes) else json.dumps(request).encode() + b"\n"
    writer.write(line)
    answer = await asyncio.wait_for(reader.readline(), 5)
    writer.close()
    return json.loads(answer)


def half(what: str) -> dict[str, str]:
    """Asks about a name that holds half a character."""
    return {"ask": "explain", "what": what, "name": "\ud800"}


def test_a_connection_may_ask_several_times(tmp_path: Path) -> None:
    async def run() -> None:
        platform = LoopbackPlatform()
        async with host(platform) as running, ControlSocket(running, tmp_path / "s"):
            platform.call("c1", queue="billing")
            reader, writer = await asyncio.open_unix_connection(str(tmp_path / "s"))
            asked = {"ask": "explain", "what": "contact", "name": "pbx:c1", "language": "es"}
            writer.write(b'{"ask": "health"}\n' + json.dumps(asked).encode() + b"\n")
            first, second = json.loads(await reader.readline()), json.loads(await reader.readline())
            writer.close()
        assert first["health"]["links"]["pbx"]["up"] is True
        assert second["text"].startswith("el contacto pbx:c1 está en espera en billing")
        assert second["explanation"]["contact"] == "pbx:c1"

    asyncio.run(run())


@pytest.mark.parametrize(
    ("request_", "code", "words"),
    [
        (b"nonsense\n", "no_request", "an object in JSON"),
        (b"[1]\n", "no_request", "an object in JSON"),
        (b"[" * 60_000 + b"\n", "no_request", "an object in JSON"),
        (b'{"ask": "' + b"x" * 70_000 + b'"}\n', "too_long", "at most 65536 bytes"),
        ({"ask": "format_disk"}, "no_request", "ask one of health, explain, incident"),
        ({"ask": "explain"}, "no_request", "give `name`"),
        ({"ask": "explain", "what": "sky", "name": "x"}, "no_request", "a queue, a contact or"),
        (
            {"ask": "explain", "what": "queue", "name": "x", "tenant": 3},
            "no_request",
            "give `name`",
        ),
        (
            {"ask": "explain", "what": "queue", "name": "billing", "language": "fr"},
            "no_request",
            "the languages are en and es",
        ),
        ({"ask": "explain", "what": "queue", "name": "x"}, "unknown_queue", "x"),
        (
            {"ask": "explain", "what": "queue", "name": "billing", "tenant": "b"},
            "refused",
            "no tenant 'b'",
        ),
        ({"ask": "incident"}, "unsupported", "writes no incident bundles"),
        (half("queue"), "unknown_queue", "no queue '\\ud800'"),
        (half("agent"), "unknown_agent", "no agent '\\ud800'"),
        (half("contact"), "unknown_contact", "no contact '\\ud800'"),
    ],
)
def test_what_cannot_be_answered_is_refused_in_words(
    tmp_path: Path, request_: object, code: str, words: str
) -> None:
    async def run() -> None:
        async with host() as running, ControlSocket(running, tmp_path / "s"):
            answer = await ask(tmp_path / "s", request_)
            assert (answer["ok"], answer["code"]) == (False, code)
            assert words in answer["message"]
            assert (await ask(tmp_path / "s", {"ask": "health"}))["ok"] is True

    asyncio.run(run())


def test_with_several_tenants_the_one_is_named(tmp_path: Path) -> None:
    async def run() -> None:
        async with host(None, "a", "b") as running, ControlSocket(running, tmp_path / "s"):
            asked = {"ask": "explain", "what": "queue", "name": "billing"}
            nobody = await ask(tmp_path / "s", asked)
            assert nobody["message"] == "no tenant None: give one of a, b"
            assert (await ask(tmp_path / "s", {**asked, "tenant": "b"}))["ok"] is True

    asyncio.run(run())


def test_broken_clients_hurt_nobody(tmp_path: Path) -> None:
    """One that says nothing, one that leaves in mid-word, one that never reads, and a crowd."""

    async def run() -> None:
        path = tmp_path / "s"
        huge = b"x" * 20_000_000

        async def bundle() -> bytes:
            return huge

        async with (
            host() as running,
            ControlSocket(running, path, bundle=bundle, patience=0.3),
        ):
            silent = await asyncio.open_unix_connection(str(path))
            leaver = await asyncio.open_unix_connection(str(path))
            leaver[1].write(b'{"ask": "hea')
            leaver[1].transport.abort()
            deaf = await asyncio.open_unix_connection(str(path))
            deaf[1].transport.pause_reading()
            deaf[1].write(b'{"ask": "incident"}\n')
            crowd = [await asyncio.open_unix_connection(str(path)) for _ in range(60)]
            left_out = sum([(await it.read(1)) == b"" for it, _ in crowd[-20:]])
            assert left_out == 20
            assert await silent[0].read() == b""  # its patience is over
            await asyncio.sleep(0.3)
            assert (await ask(path, {"ask": "health"}))["ok"] is True
            for _, writer in (silent, deaf, *crowd):
                writer.transport.abort()

    asyncio.run(run())


def test_one_bundle_is_written_at_a_time(tmp_path: Path) -> None:
    async def run() -> None:
        go = asyncio.Event()

        async def bundle() -> bytes:
            await go.wait()
            return b"PK"

        async with host() as running, ControlSocket(running, tmp_path / "s", bundle=bundle):
            reader, writer = await asyncio.open_unix_connection(str(tmp_path / "s"))
            writer.write(b'{"ask": "incident"}\n')
            while (second := await ask(tmp_path / "s", {"ask": "incident"}))["code"] != "busy":
                pytest.fail(f"{second}")
            go.set()
            assert json.loads(await reader.readline()) == {"ok": True, "bytes": 2}
            assert await reader.readexactly(2) == b"PK"
            writer.close()

    asyncio.run(run())


def test_only_its_own_place_is_taken(tmp_path: Path) -> None:
    async def run() -> None:
        precious = tmp_path / "precious"
        precious.write_text("mine")
        async with host() as running:
            with pytest.raises(ConfigError, match="precious: is a file and no socket"):
                await ControlSocket(running, precious).open()
            assert precious.read_text() == "mine"
            with pytest.raises(ConfigError, match=r"no control socket here: No such file"):
                await ControlSocket(running, tmp_path / "not" / "there").open()
            with pytest.raises(ConfigError, match="100 at most: give a shorter one by `control`"):
                await ControlSocket(running, tmp_path / ("x" * 100)).open()
            async with ControlSocket(running, tmp_path / "s"):
                with pytest.raises(ConfigError, match="another host runs here: stop it first"):
                    await ControlSocket(running, tmp_path / "s").open()
                assert (await ask(tmp_path / "s", {"ask": "health"}))["ok"] is True
            left = socket.socket(socket.AF_UNIX)
            left.bind(str(tmp_path / "s"))
            left.close()  # as by a host that was killed
            async with ControlSocket(running, tmp_path / "s"):
                assert (await ask(tmp_path / "s", {"ask": "health"}))["ok"] is True

    asyncio.run(run())


@pytest.mark.parametrize("stale", [False, True])
def test_of_two_hosts_that_begin_at_one_moment_one_is_let_in(tmp_path: Path, stale: bool) -> None:
    """In threads, as processes are: each makes its choice while the other makes its own."""
    path = tmp_path / "s"
    ready = threading.Barrier(2)
    let_in = threading.Semaphore(0)
    tried = threading.Barrier(2)
    refused: list[str] = []

    async def try_it() -> None:
        control = ControlSocket(host(), path)
        await asyncio.to_thread(ready.wait, 10)
        try:
            await control.open()
        except ConfigError as error:
            refused.append(error.message)
        else:
            let_in.release()
        await asyncio.to_thread(tried.wait, 10)
        await control.close()

    for _ in range(20):
        if stale:
            with socket.socket(socket.AF_UNIX) as left:
                left.bind(str(path))
        threads = [threading.Thread(target=asyncio.run, args=(try_it(),)) for _ in range(2)]
        for it in threads:
            it.start()
        for it in threads:
            it.join()
        assert let_in.acquire(blocking=False)
        assert not let_in.acquire(blocking=False)
        assert not path.exists()
    assert refused == ["another host runs here: stop it first"] * 20


def test_a_socket_that_is_not_yet_listened_at_is_not_taken(tmp_path: Path) -> None:
    """The moment between another host's `bind` and `listen`, held still."""

    async def run() -> None:
        first, second = (ControlSocket(host(), tmp_path / "s") for _ in range(2))
        async with first:
            with socket.socket(socket.AF_UNIX) as between:
                (tmp_path / "s").unlink()
                between.bind(str(tmp_path / "s"))
                with pytest.raises(ConfigError, match="another host runs here"):
                    await second.open()
        assert (tmp_path / "s").exists()  # it is not the first one's
        async with second:
            assert (await ask(tmp_path / "s", {"ask": "health"}))["ok"] is True
        assert not (tmp_path / "s").exists()

    asyncio.run(run())


def test_a_host_takes_away_its_own_socket_only(tmp_path: Path) -> None:
    path = tmp_path / "s"

    async def run() -> None:
        with socket.socket(socket.AF_UNIX) as other:
            async with ControlSocket(host(), path):
                path.rename(tmp_path / "kept")
                other.bind(str(path))
            assert path.is_socket()

    asyncio.run(run())


def test_a_child_of_the_host_keeps_nobody_out(tmp_path: Path) -> None:
    wait, tell = os.pipe()

    async def run() -> int:
        async with ControlSocket(host(), tmp_path / "s"):
            if (child := os.fork()) == 0:
                os.close(tell)
                os.read(wait, 1)
                os._exit(0)
        async with ControlSocket(host(), tmp_path / "s"):
            return child

    child = asyncio.run(run())
    os.close(wait)
    os.close(tell)
    os.waitpid(child, 0)


def test_a_child_that_unwinds_leaves_the_host_its_socket(tmp_path: Path) -> None:
    async def run() -> None:
        async with ControlSocket(host(), tmp_path / "s") as control:
            if (child := os.fork()) == 0:
                assert control._place is not None
                control._place.leave()
                os._exit(0)
            assert await asyncio.to_thread(os.waitpid, child, 0) == (child, 0)
            assert (await ask(tmp_path / "s", {"ask": "health"}))["ok"] is True
            with pytest.raises(ConfigError, match="another host runs here"):
                await ControlSocket(host(), tmp_path / "s").open()

    asyncio.run(run())


def test_a_pipe_in_the_place_of_the_lock_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "s.lock")
    with pytest.raises(ConfigError, match="no control socket here"):
        asyncio.run(ControlSocket(host(), tmp_path / "s").open())


def test_an_open_that_is_cut_off_leaves_nothing(tmp_path: Path) -> None:
    async def run() -> None:
        control = ControlSocket(host(), tmp_path / "s")
        opening = asyncio.create_task(control.open())
        await asyncio.sleep(0)
        opening.cancel()
        await asyncio.gather(opening, return_exceptions=True)
        assert not (tmp_path / "s").exists()
        async with control:
            assert (await ask(tmp_path / "s", {"ask": "health"}))["ok"] is True

    asyncio.run(run())


def test_an_orderly_end_with_clients_there_logs_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def run() -> None:
        async with host() as running, ControlSocket(running, tmp_path / "s"):
            reader, writer = await asyncio.open_unix_connection(str(tmp_path / "s"))
            writer.write(b'{"ask": "health"}\n{"ask": "hea')
            await reader.readline()
        assert await reader.read() == b""
        writer.close()

    caplog.set_level(logging.WARNING)
    asyncio.run(run())
    assert caplog.records == []
