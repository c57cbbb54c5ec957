"""Links that break, and what a platform holds made to agree with what we know."""

import asyncio

import attrs
from tests.host.stage import PLAN, SETTINGS, Stage, play

from ccroute import Plan, Router
from ccroute.adapters import (
    AdapterInfo,
    CancelRing,
    DeviceSeen,
    Gap,
    HangUp,
    HeldOffer,
    Instruction,
    Outcome,
    Park,
    Ring,
    Sink,
    Time,
    failed,
)
from ccroute.host import Host
from ccroute.testing import LoopbackAdapter, LoopbackPlatform, ManualTime, settle


def told(stage: Stage, kind: type) -> int:
    return sum(isinstance(it, kind) for it in stage.platform.told)


def test_a_broken_link_rings_nobody_and_blames_nobody() -> None:
    async def scenario(stage: Stage) -> None:
        await stage.call("c1")
        stage.platform.cut()
        await settle()
        assert stage.phase("c1") == "suspended"
        await stage.staff("ana")
        assert stage.activity("ana") == "idle"
        assert told(stage, Ring) == 0
        stage.platform.mend()
        await settle()
        assert stage.platform.ringing() == [("c1", "ana")]
        health = stage.host.health().links["pbx"]
        assert (health.up, health.counters["downs"], health.counters["gaps"]) == (True, 1, 1)

    play(scenario)


def test_a_call_that_ended_in_the_gap_is_closed() -> None:
    async def scenario(stage: Stage) -> None:
        await stage.staff("ana")
        await stage.talk("c1", "ana")
        await stage.call("c2")
        stage.platform.cut()
        stage.platform.callers.clear()
        await stage.time.run(30)
        stage.platform.mend()
        await settle()
        assert (stage.phase("c1"), stage.phase("c2")) == ("closed", "closed")
        assert told(stage, HangUp) == 0  # there is nothing left to end
        assert stage.host.health().tenants["main"].contacts == 0

    play(scenario)


def test_a_call_that_came_in_the_gap_is_adopted_with_its_age() -> None:
    async def scenario(stage: Stage) -> None:
        stage.platform.cut()
        came = stage.time.now()
        stage.platform.call("c1", queue="billing", customer="zoe")
        await stage.time.run(40)
        stage.platform.mend()
        await settle()
        (waiting,) = stage.host.supervise().waiting("billing")
        assert (waiting.contact, waiting.since) == ("pbx:c1", came)
        assert stage.host.router().story("pbx:c1").customer == "zoe"
        await stage.staff("ana")
        assert stage.platform.ringing() == [("c1", "ana")]

    play(scenario)


def test_a_conversation_that_began_in_the_gap_is_taken_over() -> None:
    async def scenario(stage: Stage) -> None:
        await stage.staff("ana")
        await stage.call("c1")
        ring = stage.platform.rings[0]
        stage.platform.tell = False
        stage.platform.answer("ana")
        caller = stage.platform.callers["c1"]
        caller.agent = "ana"
        caller.legs = {ring.offer: HeldOffer(offer=ring.offer, agent="ana", state="bridged")}
        stage.platform.cut()
        stage.platform.tell = True
        stage.platform.mend()
        await settle()
        assert stage.phase("c1") == "engaged"
        assert stage.activity("ana") == "engaged"
        stage.platform.hang_up("c1")
        await settle()
        assert stage.activity("ana") == "wrapping"

    play(scenario)


def test_a_ring_that_still_rings_after_the_gap_goes_on() -> None:
    async def scenario(stage: Stage) -> None:
        await stage.staff("ana")
        await stage.call("c1")
        stage.platform.up = False  # a blink: nobody said LinkDown yet
        stage.platform.mend()
        await settle()
        assert told(stage, Ring) == 1
        stage.platform.answer("ana")
        await settle()
        assert stage.phase("c1") == "engaged"

    play(scenario)


def test_a_leg_that_went_in_the_gap_is_not_waited_for() -> None:
    async def scenario(stage: Stage) -> None:
        await stage.staff("ana")
        await stage.call("c1")
        stage.platform.tell = False
        stage.platform.refuse("ana", "busy")
        stage.platform.tell = True
        stage.platform.mend()
        await settle()
        assert stage.phase("c1") == "waiting"
        await stage.staff("ben")
        assert stage.platform.ringing() == [("c1", "ben")]

    play(scenario)


def test_a_leg_that_rings_for_nobody_is_given_to_its_contact() -> None:
    async def scenario(stage: Stage) -> None:
        # As a host that died left it: it rings, and we know nothing of it.
        stage.platform.cut()
        await settle()
        stage.platform.call("c1", queue="billing")
        stage.platform.callers["c1"].legs = {77: HeldOffer(offer=77, agent="ana", state="ringing")}
        await stage.staff("ben", "ana")
        stage.platform.mend()
        await settle()
        assert told(stage, Ring) == 0
        assert stage.platform.ringing() == [("c1", "ana")]
        stage.platform.answer("ana")
        await settle()
        assert stage.phase("c1") == "engaged"
        assert stage.platform.callers["c1"].agent == "ana"
        assert stage.activity("ben") == "idle"

    play(scenario)


def test_a_leg_that_nobody_can_have_is_stopped() -> None:
    async def scenario(stage: Stage) -> None:
        stage.platform.cut()
        await settle()
        stage.platform.call("c1", queue="billing")
        stage.platform.callers["c1"].legs = {77: HeldOffer(offer=77, agent="ana", state="ringing")}
        stage.platform.mend()  # ana never signed in
        await settle()
        assert [it.offer for it in stage.platform.told if isinstance(it, CancelRing)] == [77]
        assert stage.platform.ringing() == []

    play(scenario)


def test_who_is_on_the_phone_is_there_even_if_nobody_knew() -> None:
    async def scenario(stage: Stage) -> None:
        stage.platform.cut()
        stage.platform.call("c1", queue="billing")
        stage.platform.callers["c1"].agent = "zed"
        stage.platform.mend()
        await settle()
        assert stage.phase("c1") == "engaged"
        assert stage.activity("zed") == "engaged"

    play(scenario)


def test_a_snapshot_that_is_not_complete_ends_nobody() -> None:
    async def scenario(stage: Stage) -> None:
        await stage.call("c1")
        await stage.call("c2")
        held = stage.platform.snapshot()
        part = attrs.evolve(held, contacts=held.contacts[:1], complete=False)
        assert stage.platform.sink is not None
        stage.platform.sink.resync(part)
        await settle()
        assert (stage.phase("c1"), stage.phase("c2")) == ("waiting", "waiting")

    play(scenario)


def test_a_device_seen_before_its_agent_is_remembered() -> None:
    async def scenario(stage: Stage) -> None:
        stage.platform.push(DeviceSeen(agent="ana", device="in_use"))
        await stage.staff("ana")
        assert stage.host.router().explain_agent("ana").device == "in_use"
        await stage.call("c1")
        assert stage.platform.ringing() == []  # a private call: not rung
        stage.platform.push(DeviceSeen(agent="ana", device="available"))
        await settle()
        assert stage.platform.ringing() == [("c1", "ana")]

    play(scenario)


def test_holds_are_as_the_platform_says() -> None:
    async def scenario(stage: Stage) -> None:
        await stage.staff("ana")
        await stage.talk("c1", "ana")
        stage.platform.callers["c1"].held = True
        stage.platform.mend()
        await settle()
        assert stage.host.supervise().talking()[0].held
        stage.platform.callers["c1"].held = False
        stage.platform.mend()
        await settle()
        assert not stage.host.supervise().talking()[0].held

    play(scenario)


def test_a_gap_is_kept_with_its_bounds() -> None:
    async def scenario(stage: Stage) -> None:
        assert stage.platform.sink is not None
        stage.platform.sink.push(Gap(since=10.0, until=20.0))
        await settle()
        assert stage.host.tenants["main"].gaps == [("pbx", 10.0, 20.0)]

    play(scenario)


def test_a_full_sink_says_so_and_the_snapshot_puts_it_right() -> None:
    async def scenario(stage: Stage) -> None:
        sink = stage.host.links["pbx"].sink
        for number in range(20_000):
            stage.platform.call(f"c{number}", queue="billing")
        assert sink.refused == 10_000
        stage.platform.cut()
        stage.platform.mend()
        while sink:
            await settle()
        await stage.host.tenants["main"].through()
        await settle()
        assert len(stage.host.supervise().waiting()) == 20_000
        # Of some the word that they are parked was lost too: they are parked again.
        assert len({it.contact for it in stage.platform.told if isinstance(it, Park)}) == 20_000

    play(scenario)


def test_who_came_as_the_link_broke_is_parked_when_it_stands() -> None:
    async def scenario(stage: Stage) -> None:
        stage.platform.answers = lambda it: failed("link_down") if isinstance(it, Park) else None
        await stage.call("c1")
        stage.platform.answers = lambda _: None
        await stage.call("c2")
        stage.platform.mend()
        await settle()
        parks = [it.contact for it in stage.platform.told if isinstance(it, Park)]
        assert parks == ["c1", "c2", "c1"]

    play(scenario)


def test_what_was_throttled_is_asked_again_a_few_times() -> None:
    async def scenario(stage: Stage) -> None:
        stage.platform.answers = lambda it: (
            failed("throttled", retry_after=1.0) if isinstance(it, Park) else None
        )
        await stage.call("c1")
        await stage.time.run(60)
        parks = [it.id for it in stage.platform.told if isinstance(it, Park)]
        assert len(parks) == len(set(parks)) == 5

    play(scenario)


def test_what_customers_get_who_wait_is_named_by_their_queue() -> None:
    async def scenario(stage: Stage) -> None:
        await stage.call("c1")
        await stage.call("c2", queue="sales")
        given = {it.contact: it.treatment for it in stage.platform.told if isinstance(it, Park)}
        assert given == {"c1": "jazz", "c2": None}

    settings = attrs.evolve(SETTINGS, treatments={"billing": "jazz"})
    play(scenario, plan=PLAN + "[queues.sales]\n", settings=settings)


class CalledByItsPlatform(LoopbackAdapter):
    """Its platform comes to it: until it has, there is nothing to open."""

    def __init__(self, platform: LoopbackPlatform) -> None:
        super().__init__(platform)
        can = {*platform.capabilities, "server_initiated_link"}
        self.info: AdapterInfo = attrs.evolve(self.info, capabilities=can)
        self.came = asyncio.Event()

    async def open(self, sink: Sink, time: Time) -> None:
        await self.came.wait()
        await super().open(sink, time)


def test_a_host_starts_before_the_platform_that_will_call_it() -> None:
    async def whole() -> None:
        time, platform = ManualTime(), LoopbackPlatform()
        adapter = CalledByItsPlatform(platform)
        router = Router(Plan.from_toml(PLAN), clock=time)
        host = Host(router, adapters=[adapter], settings=SETTINGS, time=time)
        starting = asyncio.ensure_future(host.start())
        await time.run(11)
        await starting  # ten seconds were enough
        assert not host.health().links["pbx"].up
        platform.call("c1", queue="billing")  # it waits at a platform that has not come yet
        await time.run(300)  # however often the host has to open it again
        adapter.came.set()
        await time.run(60)
        assert host.health().links["pbx"].up
        assert [it.contact for it in host.supervise().waiting()] == ["pbx:c1"]
        await host.stop()

    asyncio.run(whole())


def test_what_follows_from_a_call_goes_out_before_the_next_one_is_looked_at() -> None:
    async def scenario(stage: Stage) -> None:
        execute = stage.platform.execute
        ahead: list[int] = []

        def noted(instruction: Instruction) -> Outcome:
            if isinstance(instruction, Park):
                waiting = stage.host.router().explain_queue("billing").waiting
                ahead.append(waiting - len(ahead) - 1)
            return execute(instruction)

        stage.platform.execute = noted  # type: ignore[method-assign]
        for number in range(10):
            stage.platform.call(f"c{number}", queue="billing")
        await settle()
        assert len(ahead) == 10
        # The way to the platform takes turns of the loop, in which others go on.
        assert max(ahead) < 5

    play(scenario)
