"""Requests over the WebSocket of the events: a real Asterisk replies as the simulated one does."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from tests.asterisk.frames import (
    OVERLONG,
    Frame,
    check_filter,
    check_order,
    check_replies,
    replied,
    send,
)
from tests.pbx.instance import Asterisk
from tests.pbx.phones import Phones
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed


def played(pbx: Asterisk, scene: Callable[[ClientConnection], Awaitable[None]]) -> None:
    async def on_stage() -> None:
        where = f"{pbx.ari_url.replace('http', 'ws', 1)}/events?app=ccroute"
        async with connect(f"{where}&api_key=ccroute:{pbx.secret}", proxy=None) as socket:
            await scene(socket)

    asyncio.run(asyncio.wait_for(on_stage(), 60))


def test_every_frame_has_its_reply(pbx: Asterisk) -> None:
    played(pbx, check_replies)


def test_replies_go_through_the_filter(pbx: Asterisk) -> None:
    played(pbx, check_filter)


def test_one_that_waits_keeps_those_behind_it_waiting(pbx: Asterisk, phones: Phones) -> None:
    async def scene(socket: ClientConnection) -> None:
        phones.call("sales")
        auth = "ccroute", pbx.secret
        async with httpx.AsyncClient(base_url=pbx.ari_url, auth=auth, trust_env=False) as http:
            told: dict[str, Any] = {}
            while told.get("type") != "StasisStart":
                told = json.loads(await socket.recv())

            async def stop(path: Frame) -> None:
                assert (await http.delete(str(path))).status_code == 204

            await check_order(socket, told["channel"]["id"], stop)

    played(pbx, scene)


def test_a_frame_that_is_too_long_ends_the_link(pbx: Asterisk) -> None:
    async def scene(socket: ClientConnection) -> None:
        await send(socket, OVERLONG)
        with pytest.raises(ConnectionClosed) as closed:
            await replied(socket)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1009

    played(pbx, scene)
