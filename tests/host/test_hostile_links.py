"""What platforms and adapters do that they should not: each ends nothing but itself."""

import asyncio

import attrs
import pytest
from tests.host.stage import PLAN, SETTINGS, Stage, play

from ccroute import ManualClock, Plan, Router
from ccroute.adapters import (
    AttributesSeen,
    Bridged,
    CancelRing,
    Connect,
    Disconnected,
    Gap,
    HangUp,
    HeldOffer,
    Instruction,
    Measured,
    Outcome,
    Park,
    PlatformSnapshot,
    Ring,
    Signal,
    Sink,
    Time,
    failed,
    unknown,
)
from ccroute.host import Host, TenantSettings
from ccroute.testing import LoopbackAdapter, LoopbackPlatform, ManualTime, settle


def told(stage: Stage, kind: type) -> list[Instruction]:
    return [it for it in stage.platform.told if isinstance(it, kind)]


@pytest.mark.parametrize(
    "signal",
    [
        Gap(since=0.0, until=float("inf")),
        Gap(since=-1e18, until=5.0),
        Measured(event="x"),  # type: ignore[arg-type]
        AttributesSeen(contact="c1", attributes={"n": 1 << 70}),
        AttributesSeen(contact="c1", attributes={"n": "\ud800"}),
    ],
)
def test_a_signal_that_makes_no_sense_ends_no_tenant(signal: Signal) -> None:
    async def scenario(stage: Stage) -> None:
        await stage.call("c1")
        stage.platform.push(signal)
        await stage.call("c2")
        assert stage.phase("c2") == "waiting"

    play(scenario)


def test_one_caller_without_a_place_keeps_no_snapshot_from_being_heard() -> None:
    async def scenario(stage: Stage) -> None:
        await stage.call("gone")
        stage.platform.cut()
        del stage.platform.callers["gone"]
        stage.platform.call("bad", queue="no such queue")
        stage.platform.call("good", queue="billing")
        stage.platform.mend()
        await settle()
        assert stage.phase("gone") == "closed"
        assert stage.phase("good") == "waiting"
        assert "bad" not in stage.platform.callers

    play(scenario)


def test_what_came_after_a_snapshot_was_taken_is_not_missing_in_it() -> None:
    async def scenario(stage: Stage) -> None:
        await stage.staff("ana")
        old = stage.platform.snapshot()
        await stage.time.run(1)
        await stage.call("c1")
        assert stage.platform.ringing() == [("c1", "ana")]
        assert stage.platform.sink is not None
        stage.platform.sink.resync(old)
        await settle()
        assert stage.phase("c1") == "offered"
        held = attrs.evolve(stage.platform.snapshot(), taken_at=old.taken_at)
        (contact,) = held.contacts
        stage.platform.sink.resync(attrs.evolve(held, contacts=[attrs.evolve(contact, offers=())]))
        await settle()
        await stage.staff("ben")
        assert stage.platform.ringing() == [("c1", "ana")]

    play(scenario)


def test_after_a_restart_of_the_platform_the_same_id_is_another_caller() -> None:
    async def scenario(stage: Stage) -> None:
        await stage.staff("ana")
        await stage.talk("1", "ana")
        stage.platform.cut()
        stage.platform.callers.clear()
        stage.platform.epoch += 1
        stage.platform.call("1", queue="billing", customer="somebody else")
        await stage.time.run(1)
        stage.platform.mend()
        await settle()
        assert stage.phase("1") == "closed"
        (waiting,) = stage.host.supervise().waiting()
        assert waiting.contact == "pbx:1#1"
        assert stage.host.router().story("pbx:1#1").customer == "somebody else"
        await stage.time.run(15)  # ana's wrap-up
        assert stage.platform.ringing() == [("1", "ana")]
        stage.platform.answer("ana")
        await settle()
        await stage.host.agent("ana").release("pbx:1#1")
        await settle()
        assert stage.platform.callers == {}

    play(scenario)


def test_an_id_that_is_used_again_is_another_contact() -> None:
    async def scenario(stage: Stage) -> None:
        await stage.call("1")
        stage.platform.hang_up("1")
        await stage.call("1")
        assert [it.contact for it in stage.host.supervise().waiting()] == ["pbx:1#1"]
        assert len(told(stage, Park)) == 2
        stage.platform.hang_up("1")
        await settle()
        assert stage.host.supervise().waiting() == []
        assert stage.host.health().tenants["main"].contacts == 0

    play(scenario)


def test_a_park_that_was_throttled_does_not_end_the_talk() -> None:
    async def scenario(stage: Stage) -> None:
        left = [1]

        def throttle(it: Instruction) -> Outcome | None:
            if isinstance(it, Park) and left.pop() if left else False:
                return failed("throttled", retry_after=3.0)
            return None

        stage.platform.answers = throttle
        await stage.staff("ana")
        await stage.talk("c1", "ana")
        await stage.time.run(10)
        assert len(told(stage, Park)) == 1
        assert stage.platform.callers["c1"].agent == "ana"

    play(scenario)


@pytest.mark.parametrize("done", [True, False])
def test_a_hang_up_of_which_nothing_is_known_is_looked_up(done: bool) -> None:
    async def scenario(stage: Stage) -> None:
        left = [1]

        def lose(it: Instruction) -> Outcome | None:
            if not isinstance(it, HangUp) or not left:
                return None
            left.pop()
            if done:
                stage.platform.hang_up("c1")
            return unknown("lost")

        stage.platform.answers = lose
        await stage.staff("ana")
        await stage.talk("c1", "ana")
        await stage.host.agent("ana").release("pbx:c1")
        await stage.time.run(2)
        assert stage.platform.callers == {}
        ids = [it.id for it in told(stage, HangUp)]
        assert len(ids) == len(set(ids)) == (1 if done else 2)

    play(scenario)


def test_a_connect_of_which_nothing_is_known_is_looked_up_without_phones() -> None:
    async def scenario(stage: Stage) -> None:
        def lose(it: Instruction) -> Outcome | None:
            if not isinstance(it, Connect):
                return None
            stage.platform.callers["c1"].agent = "ana"
            return unknown("lost")

        stage.platform.answers = lose
        await stage.staff("ana")
        await stage.call("c1")
        await stage.accept("ana")
        await stage.time.run(1)
        assert stage.phase("c1") == "engaged"

    play(scenario, capabilities=["park", "hangup_party", "snapshot"])


def test_a_late_word_of_another_conversation_changes_nothing() -> None:
    async def scenario(stage: Stage) -> None:
        await stage.staff("ana")
        await stage.talk("c1", "ana")
        await stage.host.agent("ana").transfer("pbx:c1", queue="billing")
        await stage.staff("ben")
        assert stage.platform.ringing() == [("c1", "ben")]
        stage.platform.push(Disconnected(contact="c1", by="agent"))  # ana's, come late
        stage.platform.push(Bridged(contact="c1", agent="ana"))
        await settle()
        assert stage.phase("c1") == "offered"
        stage.platform.answer("ben")
        await settle()
        assert stage.host.supervise().talking()[0].parts == {"ben": "primary"}
        await stage.host.agent("ben").release("pbx:c1")
        await settle()
        assert len(told(stage, HangUp)) == 1

    play(scenario)


def test_a_phone_that_answers_for_an_offer_that_is_over_is_stopped() -> None:
    async def scenario(stage: Stage) -> None:
        left = [1, 1, 1, 1, 1, 1]
        stage.platform.answers = lambda it: (
            unknown("lost") if isinstance(it, CancelRing) and left and left.pop() else None
        )
        await stage.staff("ana")
        await stage.call("c1")
        await stage.host.agent("ana").pause("tea")
        await settle()
        assert stage.platform.ringing() == [("c1", "ana")]  # nobody heard us
        left.clear()
        stage.platform.answer("ana")
        await settle()
        assert stage.platform.ringing() == []
        assert stage.phase("c1") == "waiting"

    play(scenario)


def test_a_platform_without_multi_ring_rings_one() -> None:
    async def scenario(stage: Stage) -> None:
        await stage.staff("ana", "ben")
        await stage.call("c1")
        assert len(stage.platform.ringing()) == 1

    can = ["park", "ring", "cancel_ring", "hangup_party", "snapshot"]
    play(scenario, plan='[queues.billing]\noffer = { parallel = "all" }', capabilities=can)


def test_who_wants_to_be_called_back_may_hang_up() -> None:
    async def scenario(stage: Stage) -> None:
        from ccroute import RequestCallback

        await stage.call("c1")
        await stage.host.apply(RequestCallback(contact="pbx:c1"), actor="menu")
        await settle()
        assert stage.platform.callers == {}  # the host let them go
        assert [it.cause for it in told(stage, HangUp)] == ["callback"]
        await stage.staff("ana")
        await stage.accept("ana")
        await stage.host.agent("ana").connected("pbx:c1")
        await stage.time.run(20)
        await stage.host.agent("ana").release("pbx:c1")
        assert stage.figures("abandoned", "att") == {"abandoned": 0, "att": 20.0}

    play(scenario, plan="[queues.billing]\ncallback = {}\n")


def test_nobody_at_all_is_kept_where_nobody_looks(caplog: pytest.LogCaptureFixture) -> None:
    async def whole() -> None:
        time, platform = ManualTime(), LoopbackPlatform()
        routers = {name: Router(Plan.from_toml(PLAN)) for name in ("a", "b")}
        host = Host(routers, adapters=[LoopbackAdapter(platform)], time=time)
        async with host:
            platform.call("1", queue="billing", tenant="nobody's")
            platform.call("2", queue="billing", tenant="a")
            await settle()
            platform.call("2", queue="billing", tenant="b")
            await settle()
            assert list(platform.callers) == ["2"]
            assert "turned away '1', for there is no tenant \"nobody's\"" in caplog.text
            assert "must name one of a, b" in caplog.text
            waiting = [len(host.supervise(tenant=it).waiting()) for it in ("a", "b")]
            assert waiting == [1, 0]

    asyncio.run(whole())


class Odd(LoopbackAdapter):
    """An adapter that is cancelled from within, says nothing, or hangs."""

    def __init__(self, platform: LoopbackPlatform, where: str) -> None:
        super().__init__(platform)
        self.where = where
        self.opened = 0

    async def open(self, sink: Sink, time: Time) -> None:
        self.opened += 1
        if self.where == "open cancelled" and self.opened == 1:
            raise asyncio.CancelledError
        if self.where == "open hangs" and self.opened == 1:
            await asyncio.Event().wait()
        await super().open(sink, time)

    async def execute(self, instruction: Instruction) -> Outcome:
        if isinstance(instruction, Ring):
            if self.where == "cancelled":
                raise asyncio.CancelledError
            if self.where == "nothing":
                return None  # type: ignore[return-value]
        return await super().execute(instruction)


@pytest.mark.parametrize("where", ["cancelled", "nothing", "open cancelled", "open hangs"])
def test_an_odd_adapter_ends_at_itself(where: str) -> None:
    async def whole() -> None:
        time, platform = ManualTime(), LoopbackPlatform()
        adapter = Odd(platform, where)
        host = Host(
            Router(Plan.from_toml(PLAN), clock=time),
            adapters=[adapter],
            settings=SETTINGS,
            time=time,
        )
        starting = asyncio.ensure_future(host.start())
        await settle()
        await time.run(60)
        await starting
        await host.agent("ana").sign_in(queues=["billing"], capacity={"voice": 1})
        await host.agent("ana").ready()
        platform.call("1", queue="billing")
        await settle()
        await time.run(1)
        if where.startswith("open"):
            assert platform.ringing() == [("1", "ana")]
        else:
            assert host.health().links["pbx"].counters["unknown"] == 1
            platform.hang_up("1")
            await settle()
            assert host.health().tenants["main"].contacts == 0
        await host.stop()

    asyncio.run(whole())


def test_a_tenant_that_cannot_follow_holds_up_no_other() -> None:
    async def whole() -> None:
        time, platform = ManualTime(), LoopbackPlatform()
        routers = {name: Router(Plan.from_toml(PLAN)) for name in ("slow", "quick")}
        host = Host(routers, adapters=[LoopbackAdapter(platform)], time=time, room=50)
        async with host:
            held = asyncio.Event()
            append = host.journal.append

            async def stalled(domain: str, *args: object, **more: object) -> None:
                if domain == "slow":
                    await held.wait()
                await append(domain, *args, **more)  # type: ignore[arg-type]

            host.journal.append = stalled  # type: ignore[method-assign]
            for number in range(49):
                platform.call(f"s{number}", queue="billing", tenant="slow")
            await settle()
            for number in range(49, 90):
                platform.call(f"s{number}", queue="billing", tenant="slow")
                await settle(3)
            platform.call("q", queue="billing", tenant="quick")
            await settle()
            assert len(host.supervise(tenant="quick").waiting()) == 1
            held.set()
            await settle()
            await time.run(2)
            await host.tenants["slow"].through()
            assert len(host.supervise(tenant="slow").waiting()) == 90
            assert host.health().tenants["slow"].counters["skipped"] > 0

    asyncio.run(whole())


def test_a_snapshot_of_nothing_known_says_nothing() -> None:
    async def scenario(stage: Stage) -> None:
        await stage.call("c1")
        stage.platform.cut()
        await settle()
        assert stage.platform.sink is not None
        empty = PlatformSnapshot(taken_at=stage.time.now(), complete=False)
        stage.platform.up = True
        stage.platform.sink.resync(empty)
        await settle()
        assert stage.phase("c1") == "waiting"  # of what is missing nothing is concluded

    play(scenario)


def test_two_legs_for_one_contact_end_as_one() -> None:
    async def scenario(stage: Stage) -> None:
        await stage.staff("ana", "ben")
        await stage.call("c1")
        ((_, first),) = stage.platform.ringing()
        other = "ben" if first == "ana" else "ana"
        stray = HeldOffer(offer=5, agent=other, state="ringing")
        stage.platform.callers["c1"].legs[5] = stray
        stage.platform.mend()
        await settle()
        assert stage.platform.ringing() == [("c1", first)]

    play(scenario)


def test_settings_name_a_queue_that_is_there() -> None:
    from ccroute import ConfigError

    router = Router(Plan.from_toml(PLAN), clock=ManualClock(0.0))
    with pytest.raises(ConfigError, match="fallback_queue 'sales'"):
        Host(router, settings=TenantSettings(fallback_queue="sales"))
