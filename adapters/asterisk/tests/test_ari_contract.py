"""The adapter holds the contract on a simulated Asterisk: this is all it takes to try it."""

import asyncio
from collections.abc import Mapping
from itertools import pairwise

import pytest
from adapters.asterisk.tests.placed import placed

from ccroute import ConfigError, LinkError, Plan, Router
from ccroute.adapters import (
    Adapter,
    BoundedSink,
    LinkDown,
    LinkUp,
    PlatformSnapshot,
    Setting,
    Signal,
    Time,
)
from ccroute.host import Host, TenantSettings
from ccroute.testing import AdapterContract, ManualTime
from ccroute.testing.asterisk import AsteriskDriver, SimulatedAsterisk
from ccroute_asterisk import asterisk


class TestSimulatedAsterisk(AdapterContract):
    module = "ccroute_asterisk"

    def make_platform(self, time: Time) -> AsteriskDriver:
        return AsteriskDriver(time)

    def make_adapter(self, config: Mapping[str, Setting]) -> Adapter:
        return asterisk("pbx", config)


class TestSimulatedAsteriskByHttp(TestSimulatedAsterisk):
    def make_platform(self, time: Time) -> AsteriskDriver:
        return AsteriskDriver(time, settings={"requests": "http"})


@pytest.mark.parametrize(
    ("version", "more", "told"),
    [
        ("13.38.3", {}, r"Asterisk 13\.38\.3 is too old: install 16 or"),
        ("22.4.0", {"requests": "websocket"}, r"takes none over the WebSocket: give 'auto'"),
        ("18.9-cert1", {"requests": "websocket"}, r"takes none over the WebSocket"),
    ],
)
def test_an_asterisk_that_is_too_old_is_refused(
    version: str, more: dict[str, Setting], told: str
) -> None:
    async def opened() -> None:
        async with placed(version, **more) as (_, adapter, time):
            with pytest.raises(ConfigError, match=told):
                await adapter.open(BoundedSink(), time)

    asyncio.run(opened())


def test_a_version_is_shown_without_the_password_and_on_one_line() -> None:
    async def opened() -> str:
        async with placed("13\nERROR forged \x1b[2J swordfish") as (_, adapter, time):
            with pytest.raises(ConfigError, match="too old") as refused:
                await adapter.open(BoundedSink(), time)
        return str(refused.value)

    told = asyncio.run(opened())
    assert "Asterisk 13\\nERROR forged \\x1b[2J ... is too old" in told


def test_a_call_that_nobody_told_of_is_found_by_the_sweep() -> None:
    async def found() -> list[object]:
        sink = BoundedSink()
        async with placed() as (pbx, adapter, time):
            await adapter.open(sink, time)
            sink.take(100)
            app = pbx.switch.apps.by_name["ccroute"]
            app.disallowed = [{"type": "StasisStart"}]
            channel = pbx.call(args=["sales"])
            for _ in range(100):
                await time.run(1.0)
            app.disallowed = []
            told = [it for it in sink.take(1000) if isinstance(it, PlatformSnapshot)]
        assert [it.contact for it in told[-1].contacts] == [channel]
        return told

    assert asyncio.run(found())


@pytest.mark.parametrize("who", ["agent", "host"])
def test_who_was_to_be_let_go_and_is_there_is_let_go_again(who: str) -> None:
    async def left() -> list[str]:
        time = ManualTime()
        pbx = SimulatedAsterisk(time, phones=["PJSIP/201"])
        await pbx.start()
        link = asterisk("pbx", {"url": pbx.url, "user": "ccroute", "password": "swordfish"})
        plan = Plan.from_toml('[queues.sales]\nwrap_up = { mode = "none" }')
        settings = TenantSettings(directory={"ana": {"pbx": "PJSIP/201"}})
        router = Router(plan, clock=time)
        async with Host(router, adapters={"pbx": link}, settings=settings, time=time) as host:
            await time.run(1.0)
            ana = host.agent("ana")
            await ana.sign_in(queues=["sales"], capacity={"voice": 1})
            await ana.ready()
            call = pbx.call(args=["sales"])
            while not pbx.at("PJSIP/201", "Ringing"):
                await time.run(0.1)
            pbx.answer("PJSIP/201")
            while router.explain(f"pbx:{call}").phase != "engaged":
                await time.run(0.1)
            pbx.faults.failing = 1  # the request to hang the customer up
            if who == "agent":
                pbx.hang_up(next(it for it in pbx.switch.channels if it != call))
            else:
                await ana.release(f"pbx:{call}")
            for _ in range(10):
                await time.run(0.1)
            assert call in pbx.switch.channels
            for _ in range(40):
                await time.run(1.0)
            assert dict((await link.probe()).counters) == {"let_go_again": 1}
            left = sorted(pbx.switch.channels)
        await pbx.stop()
        return left

    assert asyncio.run(left()) == []


def test_who_loses_the_application_while_coming_up_does_not_fight() -> None:
    async def opened() -> None:
        async with placed() as (pbx, adapter, time):
            opening = asyncio.ensure_future(adapter.open(BoundedSink(), time))
            while "ccroute" not in pbx.switch.apps.by_name:  # noqa: ASYNC110  # virtual time
                await asyncio.sleep(0)
            pbx.steal("ccroute")
            with pytest.raises(ConfigError, match="another client has taken the application"):
                await opening

    asyncio.run(opened())


def test_who_is_refused_after_having_been_let_in_tries_again() -> None:
    async def told() -> list[str]:
        sink = BoundedSink()
        async with placed() as (pbx, adapter, time):
            await adapter.open(sink, time)
            sink.take(100)
            pbx.system.users["ccroute"] = "another"  # somebody is at work on ari.conf
            pbx.lose_websockets()
            down: list[LinkDown] = []
            for _ in range(90):
                await time.run(1.0)
                down += [it for it in sink.take(100) if isinstance(it, LinkDown)]
            assert not any(it.final for it in down)
            assert "refuses user 'ccroute' or its password" in down[-1].reason
            assert sum("refuses" in it.reason for it in down) == 1  # once is enough
            pbx.system.users["ccroute"] = "swordfish"
            for _ in range(40):
                await time.run(1.0)
            return [type(it).__name__ for it in sink.take(100)]

    assert asyncio.run(told()) == ["LinkUp", "Gap", "PlatformSnapshot"]


def test_a_defect_in_coming_up_again_is_told_and_may_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    async def told() -> list[str]:
        sink = BoundedSink()
        async with placed() as (pbx, adapter, time):
            await adapter.open(sink, time)
            with monkeypatch.context() as defect:
                defect.setattr("ccroute_asterisk.ari.adapter.check_release", lambda *_: 1 / 0)
                pbx.lose_websockets()
                down: list[LinkDown] = []
                for _ in range(20):
                    await time.run(1.0)
                    down += [it for it in sink.take(100) if isinstance(it, LinkDown)]
            assert (down[-1].reason, down[-1].final) == ("ZeroDivisionError in the adapter", False)
            assert sum("ZeroDivision" in it.reason for it in down) == 1  # once is enough
            for _ in range(40):
                await time.run(1.0)
            return [type(it).__name__ for it in sink.take(100)]

    assert asyncio.run(told()) == ["LinkUp", "Gap", "PlatformSnapshot"]


def test_that_nobody_makes_the_link_anew_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    async def told() -> LinkDown:
        sink = BoundedSink()
        async with placed() as (pbx, adapter, time):
            await adapter.open(sink, time)
            with monkeypatch.context() as defect:
                defect.setattr("ccroute_asterisk.ari.pace.BackOff.pause", lambda *_: 1 / 0)
                pbx.lose_websockets()
                await time.run(1.0)
            (down,) = (it for it in sink.take(100) if isinstance(it, LinkDown))
        return down

    down = asyncio.run(told())
    assert (down.reason, down.final) == ("ZeroDivisionError in the adapter", True)


def test_a_link_that_dies_as_it_stands_is_made_anew_ever_more_slowly() -> None:
    ups: list[float] = []

    async def made() -> None:
        async with placed() as (pbx, adapter, time):

            class Cutting(BoundedSink):
                def push(self, signal: Signal) -> bool:
                    if isinstance(signal, LinkUp):
                        ups.append(time.now())
                        pbx.lose_websockets()
                    return super().push(signal)

            await adapter.open(Cutting(), time)
            before = len(asyncio.all_tasks())
            for _ in range(60):
                await time.run(1.0)
            assert len(asyncio.all_tasks()) <= before

    asyncio.run(made())
    apart = [later - earlier for earlier, later in pairwise(ups)]
    assert 3 < len(ups) < 12
    assert max(apart[:2]) < 2
    assert apart[-1] > 5


def test_events_that_flood_a_link_that_comes_up_cut_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ccroute_asterisk.ari.adapter.MOST_EARLY", 20)

    async def opened() -> None:
        async with placed() as (pbx, adapter, time):
            pbx.faults.reply_after = 2.0
            opening = asyncio.ensure_future(adapter.open(BoundedSink(), time))
            for _ in range(100):
                pbx.call()
                await time.run(0.1)
            with pytest.raises(LinkError, match="more than 20 events while the link came up"):
                await opening

    asyncio.run(opened())


def test_certificates_that_cannot_be_read_are_told() -> None:
    given = {"url": "https://127.0.0.1:1", "user": "u", "password": "p", "ca": "nowhere.pem"}

    async def opened() -> None:
        adapter = asterisk("pbx", given)
        with pytest.raises(ConfigError, match=r"links\.pbx\.ca: nowhere\.pem: .*in PEM"):
            await adapter.open(BoundedSink(), ManualTime())
        await adapter.close(0.0)

    asyncio.run(opened())
