"""The host for programs that have no loop."""

import asyncio
import inspect
import threading
import time
from collections.abc import Iterator

import pytest

from ccroute import CcrouteError, ConfigError, Enqueue, Plan, Rejected, Router
from ccroute.adapters import HttpRequest
from ccroute.host import (
    AgentDesk,
    BlockingDesk,
    BlockingHost,
    BlockingSupervisor,
    DeskEvent,
    DeskState,
    Host,
    HostOptions,
    Supervisor,
    TenantSettings,
)
from ccroute.testing import LoopbackAdapter, LoopbackPlatform

PLAN = Plan.from_toml("[queues.billing]\n[agents.ana]\nqueues = ['billing']\n")


def until(condition: object, seconds: float = 5.0) -> None:
    end = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < end, "it never came"
        time.sleep(0.005)


def test_an_agent_works_from_a_program_without_a_loop() -> None:
    with BlockingHost(Router(PLAN)) as host:
        ana = host.agent("ana")
        ana.sign_in()
        ana.ready()
        assert host.apply(Enqueue(contact="c1", queue="billing"), actor="crm") is not None
        (offer,) = ana.state().offers
        ana.accept(offer.event.offer)
        ana.connected("c1")
        assert [it.contact for it in host.supervise().talking()] == ["c1"]
        ana.release("c1", reason="done")
        assert host.health().ready
        assert host.router().explain("c1").phase == "closed"
        actions = [record.action for record in host.audit]
        assert actions == ["sign_in", "ready", "enqueue", "accept", "connected", "release"]


def test_adapters_are_made_on_the_hosts_own_loop() -> None:
    made: list[tuple[object, object]] = []
    platform = LoopbackPlatform()

    def adapters() -> list[LoopbackAdapter]:
        made.append((threading.current_thread(), asyncio.get_running_loop()))
        return [LoopbackAdapter(platform)]

    directory = {"ana": {"pbx": "200"}}
    settings = TenantSettings(directory=directory)
    with BlockingHost(Router(PLAN), adapters=adapters, settings=settings) as host:
        ((thread, _),) = made
        assert thread is not threading.main_thread()
        ana = host.agent("ana")
        ana.sign_in()
        ana.ready()
        push_on_its_loop(host, platform, "c1")
        until(lambda: platform.ringing() == [("c1", "ana")])
        assert host.handle_http("nowhere", HttpRequest(method="GET", url="/")).status == 404


def push_on_its_loop(host: BlockingHost, platform: LoopbackPlatform, contact: str) -> None:
    """As a platform's signal comes: on the host's loop, which a listener of its audit is on."""

    def call(_: object) -> None:
        host.audit.listeners.remove(call)
        platform.call(contact, queue="billing")

    host.audit.listeners.append(call)
    host.agent("ana").ready()


def test_exceptions_pass_through() -> None:
    with BlockingHost(Router(PLAN)) as host:
        with pytest.raises(Rejected) as refused:
            host.agent("ana").ready()
        assert refused.value.code == "unknown_agent"
        with pytest.raises(ConfigError, match="no tenant 'x'"):
            host.agent("ana", tenant="x")
        with pytest.raises(ConfigError, match="no `snapshot` was given"):
            host.save()
        with pytest.raises(TypeError):
            host.agent("ana").ready(1)  # type: ignore[call-arg]


def test_a_host_that_cannot_start_leaves_no_thread() -> None:
    before = threading.active_count()
    broken = BlockingHost({})
    with pytest.raises(ConfigError, match="a host without routers"), broken:
        pass
    assert threading.active_count() == before


def test_it_ends_with_its_thread_and_refuses_afterwards() -> None:
    before = threading.active_count()
    host = BlockingHost(Router(PLAN))
    with host:
        desk = host.agent("ana")
        assert threading.active_count() > before
    assert threading.active_count() == before
    with pytest.raises(Rejected) as refused:
        desk.ready()
    assert refused.value.code == "stopped"
    with pytest.raises(Rejected):
        host.agent("ana")
    host.stop()


def test_events_are_a_plain_iterator_that_ends_with_the_host() -> None:
    heard: list[DeskState | DeskEvent] = []
    host = BlockingHost(Router(PLAN))
    with host:
        ana = host.agent("ana")
        ana.sign_in()

        def listen(events: Iterator[DeskState | DeskEvent]) -> None:
            heard.extend(events)

        listener = threading.Thread(target=listen, args=(ana.events(),))
        listener.start()
        until(lambda: heard)
        assert isinstance(heard[0], DeskState)
        ana.ready()
        until(lambda: len(heard) > 1)
        assert isinstance(heard[1], DeskEvent)
        assert heard[1].kind == "agent_ready"
    listener.join(5.0)
    assert not listener.is_alive()


def test_a_stream_that_is_left_is_closed() -> None:
    with BlockingHost(Router(PLAN)) as host:
        ana = host.agent("ana")
        events = ana.events()
        assert isinstance(next(events), DeskState)
        events.close()  # type: ignore[attr-defined]
        assert list(events) == []
        ana.sign_in()


def test_many_threads_may_use_it_at_once() -> None:
    plan = Plan.from_toml("[queues.billing]")
    with BlockingHost(Router(plan)) as host:
        failed: list[BaseException] = []

        def work(name: int) -> None:
            desk = host.agent(f"agent-{name}")
            try:
                desk.sign_in(queues=["billing"], capacity={"voice": 1})
                for _ in range(20):
                    desk.ready()
                    desk.pause("x")
            except (CcrouteError, RuntimeError) as error:
                failed.append(error)

        threads = [threading.Thread(target=work, args=(name,)) for name in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failed == []
        assert len(host.supervise().agents()) == 8
        assert len(host.audit) == 8 * 41


def test_a_call_that_waits_while_the_host_ends_is_refused() -> None:
    class Deaf(LoopbackAdapter):
        async def handle_http(self, request: HttpRequest) -> object:  # type: ignore[override]
            waiting.set()
            await asyncio.Event().wait()
            raise AssertionError

    waiting = threading.Event()
    refused: list[str] = []

    def ask() -> None:
        try:
            host.handle_http("pbx", HttpRequest(method="POST", url="/"))
        except Rejected as error:
            refused.append(error.code)

    with BlockingHost(
        Router(PLAN), adapters=lambda: [Deaf(LoopbackPlatform(["webhook_in"]))]
    ) as host:
        asker = threading.Thread(target=ask)
        asker.start()
        assert waiting.wait(5.0)
    asker.join(5.0)
    assert refused == ["stopped"]


def test_a_call_from_the_hosts_own_thread_is_refused_instead_of_waiting_for_itself() -> None:
    said: list[str] = []
    with BlockingHost(Router(PLAN)) as host:
        desk = host.agent("ana")

        def listener(_: object) -> None:
            try:
                desk.ready()
            except RuntimeError as error:
                said.append(str(error))

        host.audit.listeners.append(listener)
        desk.sign_in()
    assert len(said) == 1
    assert "would wait for itself" in said[0]


@pytest.mark.parametrize(
    ("kind", "blocking", "without"),
    [
        (AgentDesk, BlockingDesk, set()),
        (Supervisor, BlockingSupervisor, set()),
        # What is of the loop alone, or read with `health`.
        (
            Host,
            BlockingHost,
            {"now", "tenants", "links", "journal", "looked_up", "running", "unsaved_for"},
        ),
    ],
)
def test_nothing_of_the_asynchronous_side_is_missing(
    kind: type, blocking: type, without: set[str]
) -> None:
    def public(it: type) -> set[str]:
        return {name for name in dir(it) if not name.startswith("_")}

    assert public(kind) - public(blocking) == without


def test_a_host_has_no_option_that_cannot_be_given() -> None:
    options = set(inspect.signature(Host).parameters) - {"routers", "adapters"}
    assert set(HostOptions.__annotations__) == options


def test_before_it_is_started_everything_is_refused_in_words() -> None:
    host = BlockingHost(Router(PLAN))
    asked = [
        lambda: host.agent("ana"),
        host.supervise,
        lambda: host.apply(Enqueue(contact="c1", queue="billing"), actor="crm"),
        host.router,
        host.health,
        host.save,
        lambda: host.audit,
    ]
    for ask in asked:
        with pytest.raises(Rejected, match="start it"):
            ask()
    host.stop()
    assert not hasattr(host, "nothing_of_the_kind")
