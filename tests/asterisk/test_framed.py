"""Requests over the WebSocket of the events, on the simulator; `tests/pbx` compares."""

import asyncio
import json
from contextlib import asynccontextmanager

import pytest
from tests.asterisk.frames import (
    OVERLONG,
    PING,
    check_filter,
    check_order,
    check_replies,
    replied,
    said,
    send,
)
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from ccroute.testing import ManualTime, settle
from ccroute.testing.asterisk import SimulatedAsterisk


@asynccontextmanager
async def listening(**given):
    """A simulated Asterisk, and a client of its application."""
    pbx = SimulatedAsterisk(ManualTime(), **given)
    await pbx.start()
    where = f"{pbx.url.replace('http', 'ws', 1)}/ari/events?app=ccroute"
    try:
        async with connect(f"{where}&api_key=ccroute:swordfish", close_timeout=0.1) as socket:
            yield pbx, socket
    finally:
        await pbx.stop()


def played(scene, **given):
    async def on_stage():
        async with listening(**given) as (pbx, socket):
            await scene(pbx, socket)
        await settle()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(on_stage())


def test_every_frame_has_its_reply():
    async def scene(pbx, socket):
        await check_replies(socket)
        assert {it.way for it in pbx.requests} == {"websocket"}

    played(scene)


def test_replies_go_through_the_filter():
    played(lambda _, socket: check_filter(socket))


def test_one_that_waits_keeps_those_behind_it_waiting():
    async def scene(pbx, socket):
        call = pbx.call()

        async def stop(path):
            pbx.rest.answer("DELETE", path.split("/"), {}, reader=False)
            pbx.happen()

        await check_order(socket, call, stop)

    played(scene)


def test_a_frame_that_is_too_long_ends_the_link():
    async def scene(pbx, socket):
        await send(socket, OVERLONG)
        with pytest.raises(ConnectionClosed) as closed:
            await replied(socket)
        assert closed.value.rcvd.code == 1009

    played(scene)


def test_of_a_reply_that_is_too_long_it_dies():
    async def scene(pbx, socket):
        began = pbx.switch.booted
        pbx.time.set(pbx.time.now() + 1.0)
        for number in range(1_500):
            pbx.call(channel=f"call-{number}")
        await send(socket, {**PING, "uri": "channels"})
        with pytest.raises(ConnectionClosed):
            await replied(socket)
        assert pbx.switch.booted > began
        assert not pbx.switch.channels

    played(scene)


@pytest.mark.parametrize(("version", "takes"), [("22.4.1", False), ("22.5.0", True)])
def test_an_older_release_says_nothing(version, takes):
    async def scene(pbx, socket):
        await send(socket, PING)
        await socket.send(json.dumps(PING).encode())  # binary: no release looks at it
        await settle()
        assert len(pbx.requests) == takes

    played(scene, version=version)


def test_who_may_only_look_may_only_look():
    async def scene(pbx, socket):
        pbx.system.readers.add("ccroute")
        await send(socket, {**PING, "method": "POST", "uri": "bridges/b"})
        assert said(await replied(socket)) == "Write access denied"

    played(scene)


def test_faults_are_the_same_by_either_way():
    async def scene(pbx, socket):
        pbx.faults.failing = pbx.faults.lost = 1
        await send(socket, PING)
        await send(socket, {**PING, "request_id": "second"})
        reply = await replied(socket)
        assert (reply["request_id"], reply["status_code"]) == ("second", 200)
        pbx.faults.stalled = True
        await send(socket, {**PING, "method": "POST", "uri": "bridges/b"})
        await send(socket, {**PING, "request_id": "third"})
        assert (await replied(socket))["request_id"] == "third"
        pbx.faults.stalled = False
        pbx.happen()
        assert (await replied(socket))["status_code"] == 200

    played(scene)


def test_a_client_that_goes_leaves_nothing_behind():
    async def scene(pbx, socket):
        pbx.faults.reply_after = 60.0
        await send(socket, PING)
        await settle()

    played(scene)
