"""How a host ends when things go wrong: cancelled, on a full disk, in a fork, while it starts."""

import asyncio
import errno
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.host.stage import PLAN, Stage, host_on

from ccroute import Advance, ConfigError, Enqueue, Rejected
from ccroute.host import Host
from ccroute.journal import Checkpoint, MemoryJournal
from ccroute.testing import LoopbackPlatform as Platform
from ccroute.testing import ManualTime, settle

PATIENCE = 5.0


def names(folder: Path) -> list[str]:
    return sorted(it.name for it in folder.iterdir())


def cancel_all() -> None:
    """As `asyncio.run` does when the program's main function returns."""
    for task in asyncio.all_tasks():
        if task is not asyncio.current_task():
            task.cancel()


def test_a_host_whose_tasks_are_all_cancelled_at_once_ends_and_saves(tmp_path: Path) -> None:
    async def whole() -> None:
        time, platform, path = ManualTime(), Platform(), tmp_path / "state"
        host, up = host_on(platform, time, path), asyncio.Event()

        async def serve() -> None:
            async with host:
                up.set()
                await asyncio.Event().wait()

        serving = asyncio.create_task(serve())
        await up.wait()
        await Stage(host, platform, time).call("c1")
        asked = host.tenants["main"].ask(Advance())
        platform.call("c2", queue="billing")  # nobody hands it on any more
        cancel_all()
        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(serving, return_exceptions=True)
        assert serving.cancelled()
        assert platform.sink is None
        with pytest.raises(Rejected) as refused:
            await asked
        assert refused.value.code == "stopped"
        await host.stop()
        platform.callers.clear()
        async with host_on(platform, time, path) as second:
            assert second.router().explain("pbx:c1").phase == "closed"  # known, and gone since

    asyncio.run(whole())


def test_nobody_waits_for_a_tenant_that_somebody_cancelled() -> None:
    async def whole() -> None:
        async with host_on(Platform(), ManualTime(), None) as host:
            tenant = host.tenants["main"]
            cancel_all()
            waiting = asyncio.ensure_future(tenant.through())
            async with asyncio.timeout(PATIENCE):
                with pytest.raises(Rejected, match="has stopped"):
                    await waiting
                with pytest.raises(Rejected, match="has stopped"):
                    await tenant.through()
                with pytest.raises(Rejected, match="has stopped"):
                    await host.apply(Advance(), actor="test")
                await tenant.stop()

    asyncio.run(whole())


def test_a_stop_that_is_cancelled_while_links_close_saves_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def whole() -> None:
        time, path, closing = ManualTime(), tmp_path / "state", asyncio.Event()

        async def hangs(_: float) -> None:
            closing.set()
            await asyncio.Event().wait()

        host = host_on(Platform(), time, path)
        await host.start()
        await host.apply(Enqueue(contact="c1", queue="billing"), actor="test")
        monkeypatch.setattr(host.links["pbx"].adapter, "close", hangs)
        stopping = asyncio.create_task(host.stop())
        await closing.wait()
        cancel_all()
        async with asyncio.timeout(PATIENCE):
            await asyncio.gather(stopping, return_exceptions=True)
            while host._running:  # noqa: ASYNC110  # a thread writes the state
                await asyncio.sleep(0.01)
        async with host_on(Platform(), time, path) as second:
            assert [it.contact for it in second.supervise().waiting()] == ["c1"]

    asyncio.run(whole())


def test_a_file_that_another_host_took_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    async def whole() -> None:
        path = tmp_path / "state"
        first = host_on(Platform(), ManualTime(), path)
        await first.start()
        cancel_all()
        await settle()
        async with host_on(Platform(), ManualTime(), path) as second:
            await second.save()
            before = path.read_bytes()
            with pytest.raises(ConfigError, match="in use by another host"):
                await first.stop()
            assert path.read_bytes() == before

    asyncio.run(whole())


@contextmanager
def full_disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    def fails(_: int) -> None:
        raise OSError(errno.ENOSPC, "no space left")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", fails)
        yield


def test_a_save_that_fails_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def whole() -> None:
        path = tmp_path / "state"
        async with host_on(Platform(), ManualTime(), path) as host:
            await host.save()
            before, files = path.read_bytes(), names(tmp_path)
            with full_disk(monkeypatch), pytest.raises(OSError, match="no space"):
                await host.save()
            assert names(tmp_path) == files
            assert path.read_bytes() == before

    asyncio.run(whole())


def test_a_last_save_that_fails_is_told_once_and_the_rest_is_shut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def whole() -> None:
        time, platform, path = ManualTime(), Platform(), tmp_path / "state"
        host = host_on(platform, time, path)
        await host.start()
        with full_disk(monkeypatch), pytest.raises(OSError, match="no space"):
            await host.stop()
        assert platform.sink is None
        await host.stop()
        with pytest.raises(Rejected, match="does not run"):
            await host.apply(Advance(), actor="test")
        async with host_on(platform, time, path):
            pass

    asyncio.run(whole())


def test_a_start_that_is_given_up_leaves_the_file_to_the_next(tmp_path: Path) -> None:
    async def whole() -> None:
        for _ in range(3):
            starting = asyncio.create_task(host_on(Platform(), ManualTime(), path).start())
            for _ in range(3):
                await asyncio.sleep(0)
            starting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await starting
            async with host_on(Platform(), ManualTime(), path):
                pass

    path = tmp_path / "state"
    asyncio.run(whole())


class Slow:
    """A function, called in a thread, that goes on when the test says so."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, owner: object, name: str) -> None:
        self.begun, self.may_end = threading.Event(), threading.Event()
        usual: Callable[..., object] = getattr(owner, name)

        def slowly(*args: object) -> object:
            self.begun.set()
            assert self.may_end.wait(PATIENCE)
            return usual(*args)

        monkeypatch.setattr(owner, name, slowly)

    async def until_begun(self) -> None:
        assert await asyncio.to_thread(self.begun.wait, PATIENCE)


def test_a_start_that_is_given_up_ends_when_nothing_of_it_reads_any_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def whole() -> None:
        slow, path = Slow(monkeypatch, Path, "read_bytes"), tmp_path / "state"
        starting = asyncio.create_task(host_on(Platform(), ManualTime(), path).start())
        await slow.until_begun()
        for _ in range(2):
            starting.cancel()
            await settle()
        with pytest.raises(ConfigError, match="in use by another host"):
            await host_on(Platform(), ManualTime(), path).start()
        slow.may_end.set()
        with pytest.raises(asyncio.CancelledError):
            await starting
        await settle()
        async with host_on(Platform(), ManualTime(), path):
            pass

    asyncio.run(whole())


def test_a_host_that_is_stopped_while_it_starts_keeps_the_saved_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def whole() -> None:
        time, path = ManualTime(), tmp_path / "state"
        async with host_on(Platform(), time, path) as first:
            await first.apply(Enqueue(contact="c1", queue="billing"), actor="test")
        before = path.read_bytes()
        slow, second = Slow(monkeypatch, Path, "read_bytes"), host_on(Platform(), time, path)
        starting = asyncio.create_task(second.start())
        await slow.until_begun()
        stopping = asyncio.create_task(second.stop())
        await settle()
        slow.may_end.set()
        await stopping
        with pytest.raises(Rejected) as refused:
            await starting
        assert refused.value.code == "stopped"
        assert path.read_bytes() == before
        async with host_on(Platform(), time, path) as third:
            assert [it.contact for it in third.supervise().waiting()] == ["c1"]

    asyncio.run(whole())


def test_a_journal_that_fails_at_the_start_fails_it(tmp_path: Path) -> None:
    class Full(MemoryJournal):
        async def save(self, domain: str, checkpoint: Checkpoint) -> None:
            raise OSError(errno.ENOSPC, "no space left")

    async def whole() -> None:
        path = tmp_path / "state"
        host = host_on(Platform(), ManualTime(), path, PLAN, Full())
        async with asyncio.timeout(PATIENCE):
            with pytest.raises(OSError, match="no space"):
                await host.start()
        assert not path.exists()
        async with host_on(Platform(), ManualTime(), path):
            pass

    asyncio.run(whole())


def test_the_file_is_kept_from_others_while_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def whole() -> None:
        path = tmp_path / "state"
        host = host_on(Platform(), ManualTime(), path)
        await host.start()
        slow = Slow(monkeypatch, os, "fsync")
        saving = asyncio.create_task(host.save())
        await slow.until_begun()
        cancel_all()
        await settle()
        with pytest.raises(ConfigError, match="in use by another host"):
            await host_on(Platform(), ManualTime(), path).start()
        slow.may_end.set()
        await asyncio.gather(saving, return_exceptions=True)
        await settle()
        async with host_on(Platform(), ManualTime(), path):
            pass
        with pytest.raises(ConfigError, match="in use by another host"):
            async with host_on(Platform(), ManualTime(), path):
                await host.stop()

    asyncio.run(whole())


@contextmanager
def forked(work: Callable[[], object]) -> Iterator[None]:
    """A child that has done ``work`` and lives on."""
    (done, tell), (ended, end) = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        try:
            work()
            os.write(tell, b".")
            os.close(end)
            os.read(ended, 1)
        finally:
            os._exit(0)
    try:
        assert os.read(done, 1) == b"."
        yield
    finally:
        os.close(end)
        os.waitpid(child, 0)
        for it in (done, tell, ended):
            os.close(it)


def test_a_forked_child_does_not_keep_the_file(tmp_path: Path) -> None:
    async def whole() -> None:
        first = host_on(Platform(), ManualTime(), tmp_path / "state")
        await first.start()
        with forked(lambda: None):
            await first.stop()
            async with host_on(Platform(), ManualTime(), tmp_path / "state"):
                pass

    asyncio.run(whole())


def test_a_forked_child_does_not_give_back_what_is_its_parents(tmp_path: Path) -> None:
    async def whole() -> None:
        async with host_on(Platform(), ManualTime(), tmp_path / "state") as host:
            with forked(lambda: give_back(host)), pytest.raises(ConfigError, match="in use"):
                await host_on(Platform(), ManualTime(), tmp_path / "state").start()

    asyncio.run(whole())


def give_back(host: Host) -> None:
    """As far as it goes in a child, which has no loop of its own."""
    assert host._lock is not None
    host._lock.give_back().send(None)


@pytest.mark.parametrize("beside", ["", ".before", ".lock"])
@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo])
def test_what_is_no_file_is_refused(
    beside: str, make: Callable[[str], None], tmp_path: Path
) -> None:
    make(str(tmp_path / f"state{beside}"))
    host = host_on(Platform(), ManualTime(), tmp_path / "state")
    with pytest.raises(ConfigError, match=f"state{beside}.*give the path of a file"):
        asyncio.run(host.start())


@pytest.mark.parametrize("folder", [".", "..", "/"])
def test_a_folder_without_a_name_is_refused(folder: str) -> None:
    with pytest.raises(ConfigError, match="give the path of a file"):
        asyncio.run(host_on(Platform(), ManualTime(), Path(folder)).start())


def test_a_name_that_leaves_no_room_beside_it_is_refused(tmp_path: Path) -> None:
    async def whole() -> None:
        longest = os.pathconf(tmp_path, "PC_NAME_MAX") - len(".12345678.new")
        async with host_on(Platform(), ManualTime(), tmp_path / ("x" * longest)) as host:
            await host.save()
        with pytest.raises(ConfigError, match=r"too long.*name of at most \d+ bytes"):
            await host_on(Platform(), ManualTime(), tmp_path / ("x" * (longest + 1))).start()

    asyncio.run(whole())
