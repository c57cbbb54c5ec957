"""Adapters that raise, hang and flood, and the tenants that live on beside them."""

import asyncio
from collections.abc import Mapping  # noqa: TC003

import attrs
import pytest
from tests.host.stage import PLAN, SETTINGS, Stage, play

from ccroute import Advance, ConfigError, EngineBroken, LinkError, Plan, Rejected, Router
from ccroute.adapters import (
    AdapterInfo,
    Arrived,
    DeviceSeen,
    Dialled,
    Ended,
    HttpRequest,
    HttpResponse,
    Instruction,
    LinkDown,
    LinkUp,
    Outcome,
    Parked,
    PlatformSnapshot,
    Ring,
    Sink,
    Time,
    Unmapped,
)
from ccroute.host import Host, TenantSettings
from ccroute.testing import LoopbackAdapter as PlatformAdapter
from ccroute.testing import LoopbackPlatform as Platform
from ccroute.testing import ManualTime, settle


class Broken(PlatformAdapter):
    """An adapter that does what none may, as it is told."""

    def __init__(self, platform: Platform, name: str = "broken", **wrong: Exception) -> None:
        super().__init__(platform, name)
        self.wrong: Mapping[str, Exception] = wrong

    def fail(self, where: str) -> None:
        if where in self.wrong:
            raise self.wrong[where]

    async def open(self, sink: Sink, time: Time) -> None:
        self.fail("open")
        await super().open(sink, time)

    async def close(self, drain: float) -> None:
        self.fail("close")
        await super().close(drain)

    async def execute(self, instruction: Instruction) -> Outcome:
        self.fail("execute")
        return await super().execute(instruction)

    async def snapshot(self) -> PlatformSnapshot:
        self.fail("snapshot")
        return await super().snapshot()

    async def handle_http(self, request: HttpRequest) -> HttpResponse:
        self.fail("handle_http")
        return HttpResponse(body=b"heard")


def host_of(time: ManualTime, *adapters: PlatformAdapter, tenants: int = 1, **more: int) -> Host:
    routers = {f"t{number}": Router(Plan.from_toml(PLAN)) for number in range(tenants)}
    return Host(routers, adapters=adapters, settings=SETTINGS, time=time, **more)


@pytest.mark.parametrize("where", ["open", "execute", "snapshot", "close"])
def test_an_adapter_that_raises_harms_no_other(
    where: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def whole() -> None:
        time, good = ManualTime(), Platform()
        bad = Broken(Platform(), **{where: RuntimeError("boom")})
        async with host_of(time, PlatformAdapter(good), bad) as host:
            for name in ("pbx", "broken"):
                platform = good if name == "pbx" else bad.platform
                if platform.sink is not None:
                    platform.call("c1", queue="billing")
            await settle()
            await host.agent("ana").sign_in(queues=["billing"], capacity={"voice": 1})
            await host.agent("ana").ready()
            await settle()
            assert good.ringing() == [("c1", "ana")]
        assert "boom" in caplog.text or where == "snapshot"

    asyncio.run(whole())


def test_a_link_that_cannot_be_opened_is_tried_again() -> None:
    async def whole() -> None:
        time, platform = ManualTime(), Platform()
        platform.up = False
        async with host_of(time, PlatformAdapter(platform)) as host:
            assert not host.health().ready
            assert "link pbx is down: trying" in host.health().why
            platform.up = True
            await time.run(31)
            assert host.health().ready

    asyncio.run(whole())


def test_a_link_that_can_never_work_is_named_and_left() -> None:
    async def whole() -> None:
        time, tries = ManualTime(), []

        class Wrong(Broken):
            def fail(self, where: str) -> None:
                if where == "open":
                    tries.append(time.now())
                super().fail(where)

        bad = Wrong(Platform(), open=ConfigError("wrong password"))
        async with host_of(time, bad) as host:
            await time.run(600)
            assert len(tries) == 1
            assert host.health().why == ("link broken is down: can never work so: wrong password",)

    asyncio.run(whole())


def test_a_link_that_goes_and_one_that_stays_away_are_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def scenario(stage: Stage) -> None:
        caplog.clear()
        stage.platform.push(LinkDown(reason="Asterisk closed the connection"))
        await settle()
        stage.platform.push(LinkDown(reason="application replaced", final=True))
        await settle()
        assert [(it.levelname, it.getMessage()) for it in caplog.records] == [
            ("WARNING", "link pbx is down: Asterisk closed the connection"),
            ("ERROR", "link pbx: application replaced"),
        ]
        assert stage.host.health().links["pbx"].error == "application replaced"

    play(scenario)


def test_nonsense_from_a_platform_is_counted_and_nothing_else() -> None:
    async def scenario(stage: Stage) -> None:
        for signal in (
            Parked(contact="nobody"),
            Ended(contact="nobody"),
            Dialled(offer=123),
            DeviceSeen(agent="nobody", device="in_use"),
            DeviceSeen(agent="nobody", device="on fire"),
            Unmapped(what="Surprise"),
            Arrived(contact="c1", queue="no such queue"),
            Arrived(contact="c2", queue="billing", channel="telepathy"),
            Arrived(contact="c3", queue="billing", tenant="no such tenant"),
        ):
            stage.platform.push(signal)
        await settle()
        await stage.call("good")
        assert stage.phase("good") == "waiting"
        health = stage.host.health()
        assert health.links["pbx"].counters["orphans"] == 4
        assert health.links["pbx"].counters["unmapped"] == 1
        assert health.tenants["main"].counters["overtaken"] == 3
        assert health.tenants["main"].counters["turned_away"] == 2
        assert health.alive

    play(scenario)


def test_a_caller_with_an_impossible_wish_is_not_kept_without_a_place() -> None:
    async def scenario(stage: Stage) -> None:
        stage.platform.call("c1", queue="no such queue")
        await settle()
        assert stage.platform.callers == {}  # hung up: nobody will ever come for it
        assert stage.host.health().tenants["main"].contacts == 0

    play(scenario)


def test_tenants_share_a_link_and_know_nothing_of_each_other() -> None:
    async def whole() -> None:
        time, platform = ManualTime(), Platform()
        async with host_of(time, PlatformAdapter(platform), tenants=3) as host:
            for tenant in ("t0", "t1"):
                desk = host.agent("ana", tenant=tenant)
                await desk.sign_in(queues=["billing"], capacity={"voice": 1})
                await desk.ready()
            for number in range(3):
                platform.call(f"c{number}", queue="billing", tenant=f"t{number}")
            await settle()
            assert platform.ringing() == [("c0", "ana"), ("c1", "ana")]
            contact, leg = platform.leg("ana")
            platform.answer("ana")
            await settle()
            assert host.router("t0").explain("pbx:c0").phase == "engaged"
            assert host.router("t1").explain("pbx:c1").phase == "offered"
            platform.cut()
            platform.hang_up("c2")
            platform.mend()
            await settle()
            assert [len(host.supervise(tenant=f"t{n}").waiting()) for n in range(3)] == [0, 1, 0]
            with pytest.raises(ConfigError, match="t0, t1, t2"):
                host.agent("ana")
            assert (contact, leg.agent) == ("c0", "ana")

    asyncio.run(whole())


@pytest.mark.parametrize("complete", [True, False])
def test_an_id_that_another_tenant_has_after_a_gap_is_another_customers(complete: bool) -> None:
    async def whole() -> None:
        time, platform = ManualTime(), Platform()
        async with host_of(time, PlatformAdapter(platform), tenants=2) as host:
            platform.call("c1", queue="billing", tenant="t0")
            await settle()
            before = platform.snapshot()
            assert platform.sink is not None
            platform.tell = False
            await time.run(1)
            platform.hang_up("c1")
            platform.call("c1", queue="billing", tenant="t1")
            platform.tell = True
            platform.sink.resync(attrs.evolve(platform.snapshot(), complete=complete))
            await settle()
            assert host.router("t0").explain("pbx:c1").phase == "closed"
            assert host.router("t1").explain("pbx:c1").phase == "waiting"
            assert "c1" in platform.callers
            await time.run(1)
            platform.hang_up("c1")
            await settle()
            assert host.router("t1").explain("pbx:c1").phase == "closed"
            platform.call("c1", queue="billing", tenant="t1")
            await settle()
            platform.sink.resync(before)  # an old one says nothing of who came since
            await settle()
            assert host.router("t1").explain("pbx:c1#1").phase == "waiting"

    asyncio.run(whole())


def test_one_tenant_that_stops_leaves_the_others() -> None:
    async def whole() -> None:
        time, platform = ManualTime(), Platform()
        async with host_of(time, PlatformAdapter(platform), tenants=2) as host:

            def broken(*_: object, **__: object) -> None:
                raise EngineBroken("a defect")

            host.router("t0").apply = broken  # type: ignore[method-assign]
            with pytest.raises(EngineBroken):
                await host.agent("ana", tenant="t0").ready()
            with pytest.raises(EngineBroken):
                await host.agent("ana", tenant="t0").ready()
            platform.call("c1", queue="billing", tenant="t1")
            await settle()
            assert host.router("t1").explain("pbx:c1").phase == "waiting"
            health = host.health()
            assert (health.alive, health.ready) == (True, False)
            assert "tenant t0 has stopped" in health.why[0]

    asyncio.run(whole())


def test_a_flood_of_commands_is_refused_and_the_rest_is_done() -> None:
    async def whole() -> None:
        time = ManualTime()
        async with host_of(time, room=100) as host:
            tenant = host.tenants["t0"]
            asked = [tenant.ask(Advance()) for _ in range(100)]
            with pytest.raises(Rejected) as refused:
                tenant.ask(Advance())
            assert refused.value.code == "overloaded"
            await asyncio.gather(*asked)
            await tenant.ask(Advance())
            assert host.health().tenants["t0"].counters["overloads"] == 1

    asyncio.run(whole())


def test_a_router_used_behind_the_hosts_back_is_noticed() -> None:
    async def scenario(stage: Stage) -> None:
        stage.host.router().sign_in("zed", queues=["billing"])
        await stage.call("c1")
        assert stage.host.health().tenants["main"].counters["bypassed"] == 1

    play(scenario)


def test_closing_lets_what_is_under_way_end() -> None:
    async def whole() -> None:
        time, platform = ManualTime(), Platform()

        class Slow(PlatformAdapter):
            async def execute(self, instruction: Instruction) -> Outcome:
                await asyncio.sleep(0.01)
                return await super().execute(instruction)

        host = host_of(time, Slow(platform))
        async with host:
            await host.agent("ana").sign_in(queues=["billing"], capacity={"voice": 1})
            await host.agent("ana").ready()
            platform.call("c1", queue="billing")
            await settle()
        assert [type(it) for it in platform.told][-1] is Ring
        await host.stop()  # twice is as good as once

    asyncio.run(whole())


def test_requests_reach_the_link_they_are_for() -> None:
    async def whole() -> None:
        time = ManualTime()
        hooks = Platform(["webhook_in"])
        good = Broken(hooks, "good")
        bad = Broken(Platform(["webhook_in"]), "bad", handle_http=RuntimeError("boom"))
        async with host_of(time, good, bad, PlatformAdapter(Platform())) as host:
            request = HttpRequest(method="POST", url="http://x/")
            answers = [await host.handle_http(it, request) for it in ("good", "bad", "pbx", "no")]
            assert [it.status for it in answers] == [200, 500, 404, 404]

    asyncio.run(whole())


def test_hosts_that_cannot_be_are_refused() -> None:
    time = ManualTime()
    with pytest.raises(ConfigError, match="without routers"):
        Host({}, time=time)
    with pytest.raises(ConfigError, match="two adapters"):
        host_of(time, PlatformAdapter(Platform()), PlatformAdapter(Platform()))
    with pytest.raises(ConfigError, match="no tenant"):
        Host(Router(Plan.from_toml(PLAN)), settings={"acme": TenantSettings()})
    old = PlatformAdapter(Platform())
    old.info = AdapterInfo(name="old", version="9", platform="x", api=7)
    with pytest.raises(Exception, match=r"version 7 .* version 0"):
        host_of(time, old)


def test_every_link_says_how_it_does() -> None:
    async def whole() -> None:
        time, platform = ManualTime(), Platform()
        async with host_of(time, PlatformAdapter(platform)) as host:
            assert (await host.links["pbx"].probe()).up
            platform.push(LinkUp(epoch=2))
            await settle()
            text = host.health().to_openmetrics()
            assert 'ccroute_link_up{link="pbx"} 1' in text
            assert 'ccroute_host_commands_total{tenant="t0"}' in text
            assert text.endswith("# EOF\n")
            with pytest.raises(LinkError):
                await Broken(platform, snapshot=LinkError("x")).snapshot()

    asyncio.run(whole())


def test_a_customer_without_a_place_goes_to_the_fallback() -> None:
    async def scenario(stage: Stage) -> None:
        stage.platform.call("c1", queue="no such queue", channel="telepathy")
        await settle()
        assert [it.queue for it in stage.host.supervise().waiting()] == ["billing"]
        assert stage.host.health().tenants["main"].counters["turned_away"] == 1

    play(scenario, settings=TenantSettings(fallback_queue="billing"))
