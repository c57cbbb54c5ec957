"""Which way requests go, by the WebSocket or by HTTP, and what becomes of those under way."""

import asyncio
import gc
import itertools
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from adapters.asterisk.tests.placed import SECRET, placed

from ccroute import LinkError
from ccroute.adapters import Adapter, BoundedSink, Park, Ring, Secret
from ccroute.testing import ManualTime, settle
from ccroute.testing.asterisk import SimulatedAsterisk
from ccroute_asterisk.ari import requests
from ccroute_asterisk.ari.carrying import LONGEST_HELD
from ccroute_asterisk.ari.codec import Request, event_of
from ccroute_asterisk.ari.messages import RestResponse
from ccroute_asterisk.ari.over_http import NotSent
from ccroute_asterisk.ari.over_websocket import HELD_UP, LONGEST_FRAME
from ccroute_asterisk.ari.pace import SLOW
from ccroute_asterisk.ari.settings import AriSettings
from ccroute_asterisk.ari.wire import Wire

BRIDGE = Request("POST", ("bridges", "b"), {"type": "mixing"})


def ways(pbx: SimulatedAsterisk) -> Counter[str]:
    """How many requests came which way, but for the first one, which no WebSocket can take, and
    for lists, which none should."""
    told = [it for it in pbx.requests if it.path not in {"channels", "bridges"}]
    assert told[0].path == "asterisk/info"
    return Counter(it.way for it in told[1:] if not it.path.startswith("applications/"))


def listening_to(pbx: SimulatedAsterisk) -> int:
    """How many WebSockets are open."""
    mine = [it for it in pbx.wire._clients if it.first.startswith(b"GET /ari/events")]
    return sum(it.transport is not None and not it.transport.is_closing() for it in mine)


def played(scene: Callable[[], Awaitable[None]]) -> None:
    """Plays a scene; no task may be left, and no exception that nobody looked at."""
    complaints: list[object] = []

    async def on_stage() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, told: complaints.append(told))
        await scene()
        await settle()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(on_stage())
    gc.collect()
    assert not complaints


# -- What the adapter chooses -----------------------------------------------------------


async def opened(adapter: Adapter, time: ManualTime) -> None:
    """Opens it, however long that takes."""
    opening = asyncio.ensure_future(adapter.open(BoundedSink(), time))
    for _ in range(200):
        if not opening.done():
            await time.run(0.1)
    await opening


async def fallbacks(adapter: Adapter) -> int:
    """How often HTTP was fallen back to."""
    return dict((await adapter.probe()).counters).get("fell_back_to_http", 0)


@pytest.mark.parametrize(
    ("version", "wanted", "way"),
    [
        ("22.10.1", "auto", "websocket"),
        ("20.15.0", "auto", "websocket"),
        ("23.0.0", "auto", "websocket"),
        ("22.4.1", "auto", "http"),
        ("18.9-cert1", "auto", "http"),
        ("GIT-master-0123abc", "auto", "http"),
        ("GIT-master-0123abc", "websocket", "websocket"),
        ("22.10.1", "http", "http"),
    ],
)
def test_the_way_is_that_of_the_release_unless_it_is_fixed(
    version: str, wanted: str, way: str
) -> None:
    async def scene() -> None:
        async with placed(version, requests=wanted) as (pbx, adapter, time):
            await opened(adapter, time)
            assert set(ways(pbx)) == {way}
            assert await fallbacks(adapter) == 0

    played(scene)


def test_an_asterisk_that_says_nothing_is_asked_by_http() -> None:
    async def scene() -> None:
        async with placed() as (pbx, adapter, time):
            pbx.takes_requests = False
            await opened(adapter, time)
            assert set(ways(pbx)) == {"http"}
            assert await fallbacks(adapter) == 1
            assert (await adapter.probe()).up

    played(scene)


def test_one_that_cuts_the_link_for_it_is_asked_by_http_the_next_time() -> None:
    async def scene() -> None:
        async with placed() as (pbx, adapter, time):
            pbx.takes_requests = False
            opening = asyncio.ensure_future(adapter.open(BoundedSink(), time))
            while pbx.requests[-1:] == [] or "eventFilter" not in pbx.requests[-1].path:
                await settle()
            await settle()
            pbx.lose_websockets()
            with pytest.raises(LinkError):
                await opening
            await opened(adapter, time)
            assert set(ways(pbx)) == {"http"}
            assert await fallbacks(adapter) == 1

    played(scene)


def test_one_that_only_was_slow_is_asked_there_again() -> None:
    async def scene() -> None:
        async with placed() as (pbx, adapter, time):
            pbx.faults.reply_after = 6.0
            opening = asyncio.ensure_future(adapter.open(BoundedSink(), time))
            await time.run(17.5)
            assert await fallbacks(adapter) == 1
            pbx.faults.reply_after = 0.0
            await time.run(6.0)
            await opening
            assert ways(pbx)["http"]
            del pbx.requests[1:]
            await adapter.snapshot()
            assert set(ways(pbx)) == {"websocket"}

    played(scene)


def test_where_the_way_is_fixed_silence_is_told_with_the_remedy() -> None:
    async def scene() -> None:
        async with placed(requests="websocket") as (pbx, adapter, time):
            pbx.takes_requests = False
            with pytest.raises(
                LinkError, match=r"no reply over the WebSocket.*requests = \"auto\""
            ):
                await opened(adapter, time)

    played(scene)


def test_while_replies_are_late_no_phone_is_rung() -> None:
    async def scene() -> None:
        async with placed(in_flight=100) as (pbx, adapter, time):
            await opened(adapter, time)
            contact = pbx.call(answered=True)
            await settle()

            numbers = itertools.count()

            def given(kind: type[Park | Ring], **more: object) -> "asyncio.Future":
                head = {"id": f"i{next(numbers)}", "deadline": time.now() + 5.0, "tenant": "acme"}
                told = kind(contact=contact, **head, **more)  # type: ignore[arg-type]
                return asyncio.ensure_future(adapter.execute(told))

            def ring(number: int) -> "asyncio.Future":
                until = time.now() + 20.0
                return given(
                    Ring, offer=number, agent="ana", address="Local/101@agents",
                    until=until,
                )  # fmt: skip

            def rung() -> int:
                return sum(it.path == "channels/create" for it in pbx.requests)

            pbx.faults.reply_after = SLOW + 0.05
            parked = given(Park, queue="sales")
            await time.run(1.0)
            assert (await parked).failure is None
            late, first = [given(Park, queue="sales")], ring(1)
            await time.run(0.2)
            late += [given(Park, queue="sales")]
            await time.run(0.2)
            held = ring(2)
            await time.run(0.1)
            assert rung() == 1  # the first came when nothing was known to be late
            assert dict((await adapter.probe()).counters)["rings_held"] == 1
            pbx.faults.reply_after = 0.0
            await time.run(0.5)
            assert rung() == 2
            pbx.faults.reply_after = SLOW + 0.05
            for _ in range(2):
                late.append(given(Park, queue="sales"))
                await time.run(0.2)
            stubborn = ring(3)
            given_at = time.now()
            for _ in range(10):
                if time.now() < given_at + LONGEST_HELD:
                    assert rung() == 2
                late.append(given(Park, queue="sales"))
                await time.run(0.2)
            assert rung() == 3  # they were late for so long that waiting would not help
            assert dict((await adapter.probe()).counters)["rings_held"] == 2
            pbx.faults.reply_after = 0.0
            await time.run(1.0)
            outcomes = await asyncio.gather(first, held, stubborn, *late)
            assert {it.failure for it in outcomes} == {None}

    played(scene)


# -- What the wire does ------------------------------------------------------------------


@asynccontextmanager
async def wired(**settings: object) -> AsyncIterator[tuple[SimulatedAsterisk, Wire, ManualTime]]:
    """A link whose requests go by the WebSocket."""
    time = ManualTime()
    pbx = SimulatedAsterisk(time)
    await pbx.start()
    given = AriSettings(user="ccroute", password=Secret(SECRET), url=pbx.url, **settings)  # type: ignore[arg-type]
    wire = Wire("pbx", given, time)
    wire.framed = True

    def hear(frame: bytes) -> None:
        event = event_of(frame)
        if isinstance(event, RestResponse):
            wire.replied(event)

    assert (await wire.ask(requests.information(), time.now() + 10.0)).ok
    await wire.listen(hear)
    try:
        yield pbx, wire, time
    finally:
        await wire.close()
        await pbx.stop()


def test_a_request_that_waits_does_not_keep_the_others_waiting_for_long() -> None:
    async def scene() -> None:
        async with wired() as (pbx, wire, time):
            pbx.media.lengths["sound:tt-monkeys"] = 16.0
            call = pbx.call(answered=True)
            for request in (BRIDGE, requests.play(call, "p", "sound:tt-monkeys")):
                assert (await wire.ask(request, time.now() + 10.0)).ok
            stuck = asyncio.ensure_future(wire.ask(requests.add("b", call), time.now() + 30.0))
            await settle()
            behind = asyncio.ensure_future(wire.ask(requests.ping(), time.now() + 30.0))
            await time.run(HELD_UP)
            assert not stuck.done()
            assert not behind.done()
            assert (await wire.ask(requests.stop_playback("p"), time.now() + 10.0)).ok
            assert [it.way for it in pbx.requests if it.path == "playbacks/p"] == ["http"]
            assert (await stuck).ok
            assert (await behind).ok
            assert (await wire.ask(requests.ping(), time.now() + 10.0)).ok
            assert pbx.requests[-1].way == "websocket"

    played(scene)


def test_what_is_too_long_for_a_frame_goes_by_http() -> None:
    async def scene() -> None:
        async with wired() as (pbx, wire, time):
            long = Request("POST", ("bridges", "b"), body={"name": "x" * LONGEST_FRAME})
            assert (await wire.ask(long, time.now() + 10.0)).ok
            assert (await wire.ask(BRIDGE, time.now() + 10.0)).status < 500
            assert ways(pbx) == {"http": 1, "websocket": 1}

    played(scene)


def test_lists_go_by_http_for_no_message_may_be_as_long_as_they_are() -> None:
    async def scene() -> None:
        async with placed() as (pbx, adapter, time):
            for _ in range(3_000):
                pbx.call(answered=True)
            before = pbx.switch.booted
            await opened(adapter, time)
            told = [it for it in pbx.requests if it.path.startswith("applications/")]
            told += [it for it in pbx.requests if it.path in {"channels", "bridges"}]
            assert {it.way for it in told} == {"http"}
            assert pbx.switch.booted == before
            assert set(ways(pbx)) == {"websocket"}
            assert (await adapter.probe()).up

    played(scene)


def test_late_replies_are_no_reason_to_take_the_dearer_way_while_they_come() -> None:
    async def scene() -> None:
        async with wired(in_flight=100) as (pbx, wire, time):
            pbx.faults.reply_after = 3.0
            asks = []
            for _ in range(40):
                asks.append(asyncio.ensure_future(wire.ask(BRIDGE, time.now() + 10.0)))
                await time.run(0.1)
            first = ways(pbx)["http"]
            assert first  # none had come yet
            del pbx.requests[1:]
            for _ in range(40):
                asks.append(asyncio.ensure_future(wire.ask(BRIDGE, time.now() + 10.0)))
                await time.run(0.1)
            assert ways(pbx)["http"] < first
            await time.run(3.0)
            await asyncio.gather(*asks)
            assert wire.pending == 0

    played(scene)


def test_a_reply_that_never_comes_is_given_up_in_time_and_one_that_is_late_forgotten() -> None:
    async def scene() -> None:
        async with wired(in_flight=1) as (pbx, wire, time):
            pbx.faults.reply_after = 3.0
            late = asyncio.ensure_future(wire.ask(BRIDGE, time.now() + 2.0))
            await time.run(2.0)
            with pytest.raises(TimeoutError):
                await late
            assert wire.pending == 0
            pbx.faults.reply_after = 0.0
            await time.run(2.0)
            assert (await wire.ask(requests.ping(), time.now() + 2.0)).ok
            assert ways(pbx) == {"websocket": 2}

    played(scene)


@pytest.mark.parametrize("framed", [True, False])
def test_the_end_of_a_link_is_told_to_all_who_wait_and_each_looks_at_it(framed: bool) -> None:
    async def scene() -> None:
        async with wired(in_flight=4) as (pbx, wire, time):
            wire.framed = framed
            pbx.faults.stalled = True
            asks = [
                asyncio.ensure_future(wire.ask(BRIDGE, time.now() + 10.0 + number))
                for number in range(12)
            ]
            await time.run(0.5)
            asks[0].cancel()
            asks[5].cancel()
            wire.end("the cable is out")
            asks[1].cancel()
            asks[6].cancel()
            ends = await asyncio.gather(*asks, return_exceptions=True)
            sent = {type(end) for end in ends[2:4]}
            unsent = {type(end) for end in ends[7:]}
            assert (sent, unsent) == ({LinkError}, {NotSent})
            assert all("the cable is out" in str(it) for it in [*ends[2:4], *ends[7:]])
            assert wire.pending == 0
            with pytest.raises(NotSent):
                await wire.ask(BRIDGE, time.now() + 10.0)

    played(scene)


def test_a_websocket_that_is_cut_under_many_requests_leaves_no_exception_unseen() -> None:
    async def scene() -> None:
        async with wired(in_flight=100) as (pbx, wire, time):
            pbx.faults.reply_after = 1.0
            asks = [asyncio.ensure_future(wire.ask(BRIDGE, time.now() + 9.0)) for _ in range(100)]
            await settle()
            pbx.lose_websockets()
            for ask in asks[::2]:
                ask.cancel()
            ends = await asyncio.gather(*asks, return_exceptions=True)
            assert {type(end) for end in ends} == {LinkError, asyncio.CancelledError}
            assert "no close frame" in await wire.ended

    played(scene)


@pytest.mark.parametrize("turns", range(60))
def test_who_gives_up_listening_leaves_no_websocket_open(turns: int) -> None:
    async def scene() -> None:
        time, pbx = ManualTime(), SimulatedAsterisk(ManualTime())
        await pbx.start()
        given = AriSettings(user="ccroute", password=Secret(SECRET), url=pbx.url)
        wire = Wire("pbx", given, time)
        listening = asyncio.ensure_future(wire.listen(lambda _: None))
        for _ in range(turns):
            await asyncio.sleep(0)
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        if listening.cancelled():
            await settle(200)
            assert not listening_to(pbx)
        await wire.close()
        await pbx.stop()

    played(scene)


def test_who_is_cancelled_while_a_link_closes_leaves_it_to_close() -> None:
    async def scene() -> None:
        async with wired() as (pbx, wire, _):
            assert listening_to(pbx) == 1
            closing = asyncio.ensure_future(wire.close())
            await asyncio.sleep(0)
            closing.cancel()
            await asyncio.gather(closing, return_exceptions=True)
            await wire.close()
            await settle()
            assert not listening_to(pbx)

    played(scene)


@pytest.mark.parametrize("turns", range(4))
def test_who_is_cancelled_while_the_link_breaks_leaves_no_exception_unseen(turns: int) -> None:
    async def scene() -> None:
        async with wired(in_flight=100) as (pbx, wire, time):
            under_way = len(pbx.requests)
            wire._socket.abort()
            asks = [asyncio.ensure_future(wire.ask(BRIDGE, time.now() + 9.0)) for _ in range(50)]
            for _ in range(1 + turns):
                await asyncio.sleep(0)
            for ask in asks[::2]:
                ask.cancel()
            ends = await asyncio.gather(*asks, return_exceptions=True)
            assert all(isinstance(it, NotSent | asyncio.CancelledError) for it in ends)
            assert len(pbx.requests) == under_way

    played(scene)


def test_who_waits_for_a_turn_gives_up_while_there_is_time_to_say_so() -> None:
    async def scene() -> None:
        async with wired(in_flight=1) as (pbx, wire, time):
            pbx.faults.stalled = True
            first = asyncio.ensure_future(wire.ask(BRIDGE, time.now() + 20.0))
            await settle()
            second = asyncio.ensure_future(wire.ask(BRIDGE, time.now() + 10.0))
            await time.run(8.0)
            with pytest.raises(NotSent, match="too many requests before it"):
                await second
            pbx.faults.stalled = False
            pbx.happen()
            assert (await first).ok
            assert (await wire.ask(requests.ping(), time.now() + 10.0)).ok

    played(scene)


def test_a_request_costs_no_task() -> None:
    async def scene() -> None:
        async with wired(in_flight=50) as (pbx, wire, time):
            assert (await wire.ask(requests.ping(), time.now() + 10.0)).ok
            pbx.faults.stalled = True
            before = len(asyncio.all_tasks())
            asks = [wire.ask(BRIDGE, time.now() + 10.0) for _ in range(50)]
            waiting = asyncio.gather(*asks)
            for _ in range(3):
                await asyncio.sleep(0)
            assert len(asyncio.all_tasks()) - before == len(asks)  # the test's own
            pbx.faults.stalled = False
            pbx.happen()
            await waiting

    played(scene)


def test_whether_the_websocket_lives_is_told_by_what_comes_over_it_only() -> None:
    async def scene() -> None:
        async with wired() as (_, wire, time):
            wire.framed = False
            heard = wire.last_heard
            await time.run(5.0)
            assert (await wire.ask(requests.ping(), time.now() + 10.0)).ok
            assert wire.last_heard == heard
            wire.ping()
            await settle()
            assert wire.last_heard == time.now()

    played(scene)
