"""How the host of programs without a loop ends: asked to, interrupted, left behind."""

import asyncio
import gc
import signal
import subprocess
import sys
import threading
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import pytest

from ccroute import Enqueue, Plan, Rejected, Router
from ccroute.adapters import HttpRequest, Sink, Time
from ccroute.host import BlockingHost
from ccroute.testing import LoopbackAdapter, LoopbackPlatform

PLAN = Plan.from_toml("[queues.billing]\n[agents.ana]\nqueues = ['billing']\n")
CALL = Enqueue(contact="c1", queue="billing")

BEGIN = """
import asyncio, gc, os, signal, threading
from ccroute import Plan, Rejected, Router
from ccroute.host import BlockingHost
from ccroute.testing import LoopbackAdapter, LoopbackPlatform
signal.signal(signal.SIGINT, signal.default_int_handler)  # the background ignores it

def router():
    return Router(Plan.from_toml("[queues.billing]"))

host = BlockingHost(router())
"""

INTERRUPTED_START = """
class Closed(LoopbackAdapter):
    async def open(self, sink, time):
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
        await asyncio.Event().wait()

    async def close(self, drain):
        await asyncio.sleep(0.05)
        print("closed")

host = BlockingHost(router(), adapters=lambda: [Closed(LoopbackPlatform())])
try:
    host.start()
except KeyboardInterrupt:
    print("interrupted", host._loop._thread.is_alive())
"""

LEFT_AT_EXIT = """
host.start()
screen = host.agent("ana").events()
print(type(next(screen)).__name__)
"""

IN_THE_MIDST = """
plain = asyncio.BaseEventLoop.call_soon_threadsafe

def disturbed(self, *args, **kwargs):
    asyncio.BaseEventLoop.call_soon_threadsafe = plain
    disturb()
    return plain(self, *args, **kwargs)

def state():
    asyncio.BaseEventLoop.call_soon_threadsafe = disturbed
    desk.state()

host.start()
desk = host.agent("ana")
"""

COLLECTED_IN_THE_MIDST = (
    IN_THE_MIDST
    + """
class Screen:
    pass

gc.disable()
screen = Screen()
screen.itself, screen.events = screen, desk.events()
next(screen.events)
del screen
disturb = gc.collect
state()
host.stop()
print("through")
"""
)

SIGNALLED_IN_THE_MIDST = (
    IN_THE_MIDST
    + """
signal.signal(signal.SIGALRM, lambda *_: print("alive", host.health().alive))
disturb = lambda: signal.raise_signal(signal.SIGALRM)
state()
signal.signal(signal.SIGALRM, lambda *_: host.stop())
try:
    state()
except Rejected as refusal:
    print(refusal.code)
"""
)

FORKED = """
host.start()
desk = host.agent("ana")
events = desk.events()
next(events)
if not os.fork():
    for ask in (host.start, desk.state):
        try:
            ask()
        except Rejected as refusal:
            print(refusal.code, flush=True)
    events.close()
    host.stop()
    os._exit(0)
os.wait()
host.stop()
print("parent")
"""


@pytest.mark.parametrize(
    ("program", "said"),
    [
        (INTERRUPTED_START, "closed\ninterrupted False\n"),
        (LEFT_AT_EXIT, "DeskState\n"),
        (COLLECTED_IN_THE_MIDST, "through\n"),
        (SIGNALLED_IN_THE_MIDST, "alive True\nstopped\n"),
        (FORKED, "started\nstopped\nparent\n"),
    ],
)
def test_a_program_comes_to_its_end(program: str, said: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-u", "-W", "ignore::DeprecationWarning", "-c", BEGIN + program],
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert (ran.stdout, ran.stderr, ran.returncode) == (said, "", 0)


class Interrupting(LoopbackAdapter):
    """Sends Ctrl-C while it is closed: once, and on and on until it is enough."""

    def __init__(self) -> None:
        super().__init__(LoopbackPlatform())
        self.enough = threading.Event()
        self.closed = False

    async def close(self, drain: float) -> None:
        main = threading.main_thread().ident
        assert main is not None
        signal.pthread_kill(main, signal.SIGINT)
        await asyncio.sleep(0.05)
        while not self.enough.is_set():
            signal.pthread_kill(main, signal.SIGINT)
            await asyncio.sleep(0.02)
        await super().close(drain)
        self.closed = True


def interrupted_at_its_end(state: Path, link: Interrupting) -> BlockingHost:
    host = BlockingHost(Router(PLAN), adapters=lambda: [link], snapshot=state, snapshot_every=3600)
    host.start()
    host.apply(CALL, actor="crm")
    return host


@pytest.fixture
def usual_interrupts() -> Iterator[None]:
    """Who is started in the background is told to ignore SIGINT."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("usual_interrupts")
def test_an_interrupted_stop_stops_in_order_before_it_raises(tmp_path: Path) -> None:
    state = tmp_path / "state"
    before = threading.active_count()
    link = Interrupting()
    link.enough.set()
    host = interrupted_at_its_end(state, link)
    with pytest.raises(KeyboardInterrupt):
        host.stop()
    assert link.closed
    assert threading.active_count() == before
    host.stop()
    with BlockingHost(Router(PLAN), snapshot=state) as next_host:
        assert [it.contact for it in next_host.supervise().waiting()] == ["c1"]


def test_a_stop_interrupted_twice_goes_on_and_can_be_waited_for(tmp_path: Path) -> None:
    def interrupt(_: int, frame: FrameType | None) -> None:
        if BlockingHost.stop.__code__ in [it.f_code for it, _ in traceback.walk_stack(frame)]:
            raise KeyboardInterrupt

    state = tmp_path / "state"
    link = Interrupting()
    host = interrupted_at_its_end(state, link)
    usual = signal.signal(signal.SIGINT, interrupt)
    try:
        with pytest.raises(KeyboardInterrupt):
            host.stop()
        assert not link.closed
        link.enough.set()
        host.stop()
    finally:
        signal.signal(signal.SIGINT, usual)
    assert link.closed
    assert state.exists()


def test_a_stop_from_the_hosts_own_thread_changes_nothing(tmp_path: Path) -> None:
    state = tmp_path / "state"
    host = BlockingHost(Router(PLAN), snapshot=state, snapshot_every=3600)
    said: list[str] = []

    def listener(_: object) -> None:
        try:
            host.stop()
        except RuntimeError as error:
            said.append(str(error))

    host.start()
    host.audit.listeners.append(listener)
    host.apply(CALL, actor="crm")
    assert len(said) == 1
    assert "would wait for itself" in said[0]
    assert host.health().alive
    host.stop()
    assert state.exists()


def test_all_who_stop_it_return_when_the_thread_has_ended() -> None:
    host = BlockingHost(Router(PLAN))
    host.start()
    (thread,) = [it for it in threading.enumerate() if it.name == "ccroute host"]
    alive: list[bool] = []

    def stop() -> None:
        host.stop()
        alive.append(thread.is_alive())

    stopping = [threading.Thread(target=stop) for _ in range(6)]
    for it in stopping:
        it.start()
    for it in stopping:
        it.join(5.0)
    assert alive == [False] * 6


def test_what_breaks_a_stop_is_told_and_the_thread_ends(tmp_path: Path) -> None:
    before = threading.active_count()
    folder = tmp_path / "folder"
    folder.mkdir()
    host = BlockingHost(Router(PLAN), snapshot=folder / "state", snapshot_every=3600)
    host.start()
    (folder / "state.lock").unlink()
    folder.rmdir()
    with pytest.raises(FileNotFoundError):
        host.stop()
    assert threading.active_count() == before
    host.stop()


def test_a_host_is_started_once() -> None:
    host = BlockingHost(Router(PLAN))
    with host:
        with pytest.raises(Rejected, match="a host is started once: make another") as refused:
            host.start()
        assert refused.value.code == "started"
        assert host.health().alive
    with pytest.raises(Rejected, match="a host is started once: make another"):
        host.start()


def test_a_start_that_is_stopped_from_elsewhere_is_refused() -> None:
    class Closed(LoopbackAdapter):
        async def open(self, sink: Sink, time: Time) -> None:
            stopping.start()
            await asyncio.Event().wait()

    before = threading.active_count()
    host = BlockingHost(Router(PLAN), adapters=lambda: [Closed(LoopbackPlatform())])
    stopping = threading.Thread(target=host.stop)
    with pytest.raises(Rejected) as refused:
        host.start()
    assert refused.value.code == "stopped"
    stopping.join(5.0)
    assert threading.active_count() == before


def test_when_its_thread_dies_everybody_is_refused(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def listener(_: object) -> None:
        sys.exit("bye")

    state = tmp_path / "state"
    host = BlockingHost(Router(PLAN), snapshot=state)
    host.start()
    desk = host.agent("ana")
    events = desk.events()
    next(events)
    host.audit.listeners.append(listener)
    asked = [
        desk.sign_in,
        desk.ready,
        desk.state,
        host.health,
        lambda: host.handle_http("pbx", HttpRequest(method="GET", url="/")),
    ]
    for ask in asked:
        with pytest.raises(Rejected) as refused:
            ask()
        assert refused.value.code == "stopped"
    assert list(events) == []
    host.stop()
    host.stop()
    assert [it.message for it in caplog.records] == ["the host's thread has died"]
    assert state.exists()  # it has stopped in order all the same


def test_streams_collected_on_the_hosts_own_thread_are_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Screen:
        def __init__(self) -> None:
            self.itself = self
            self.events = host.agent("ana").events()
            next(self.events)

    complaints: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", complaints.append)
    with BlockingHost(Router(PLAN)) as host:
        gc.disable()
        try:
            before = feeds()
            for _ in range(3):
                Screen()
            assert feeds() == before + 3
            host.audit.listeners.append(lambda _: gc.collect() and None)
            host.agent("ana").sign_in()
            host.health()
            assert feeds() == before
        finally:
            gc.enable()
    assert complaints == []


def feeds() -> int:
    """How many event streams are filled, by any host."""
    return sum(type(it).__name__ == "Feed" for it in gc.get_objects())
