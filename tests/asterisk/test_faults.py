"""Accidents of the simulated Asterisk: what is late, lost, wrong or gone, when it is to be."""

import asyncio
import json
from contextlib import asynccontextmanager

import httpx
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from ccroute.testing import ManualTime, settle
from ccroute.testing.asterisk import AsteriskDriver, SimulatedAsterisk, Wire


class Host:
    """Who controls the PBX: requests, and events as they come."""

    def __init__(self, pbx, time):
        self.pbx, self.time = pbx, time
        self.heard = []
        self.http = httpx.AsyncClient(
            base_url=f"{pbx.url}/ari", auth=("ccroute", "swordfish"), timeout=None
        )
        self.socket = None
        self.reader = None

    async def listen(self):
        where = f"{self.pbx.url.replace('http', 'ws', 1)}/ari/events?app=ccroute"
        self.socket = await connect(f"{where}&api_key=ccroute:swordfish", close_timeout=0.1)
        self.reader = asyncio.create_task(self._read())

    async def _read(self):
        try:
            async for message in self.socket:
                self.heard.append(json.loads(message)["type"])
        except ConnectionClosed:
            self.heard.append("closed")

    async def ask(self, method, path, **given):
        reply = await self.http.request(method, f"/{path}", params=given)
        return reply.status_code

    async def close(self):
        if self.socket is not None:
            await self.socket.close()
            await asyncio.gather(self.reader, return_exceptions=True)
        await self.http.aclose()


@asynccontextmanager
async def hosted():
    time = ManualTime()
    pbx = SimulatedAsterisk(time)
    await pbx.start()
    host = Host(pbx, time)
    try:
        await host.listen()
        yield pbx, host, time
    finally:
        await host.close()
        await pbx.stop()


def played(scene):
    async def on_stage():
        async with hosted() as (pbx, host, time):
            await scene(pbx, host, time)
        left = asyncio.all_tasks() - {asyncio.current_task()}
        assert not left

    asyncio.run(on_stage())


def test_events_overtake_a_reply_that_is_late():
    async def scene(pbx, host, time):
        call = pbx.call()
        pbx.faults.reply_after = 2.0
        asked = asyncio.create_task(host.ask("POST", f"channels/{call}/answer"))
        await time.run(1.0)
        assert host.heard == ["StasisStart", "ChannelStateChange"]
        assert not asked.done()
        await time.run(1.5)
        assert await asked == 204

    played(scene)


def test_a_reply_overtakes_events_that_are_late():
    async def scene(pbx, host, time):
        call = pbx.call()
        await settle()
        pbx.faults.event_after = 2.0
        assert await host.ask("POST", f"channels/{call}/answer") == 204
        assert host.heard == ["StasisStart"]
        await time.run(2.5)
        assert host.heard == ["StasisStart", "ChannelStateChange"]

    played(scene)


def test_a_lost_reply_never_comes_and_the_work_is_done():
    async def scene(pbx, host, time):
        call = pbx.call()
        pbx.faults.lost = 1
        asked = asyncio.create_task(host.ask("POST", f"channels/{call}/answer"))
        await time.run(100.0)
        assert "ChannelStateChange" in host.heard
        assert not asked.done()
        asked.cancel()
        await asyncio.gather(asked, return_exceptions=True)
        assert await host.ask("GET", f"channels/{call}") == 200

    played(scene)


def test_stalled_replies_come_when_they_are_let_go():
    async def scene(pbx, host, time):
        call = pbx.call()
        pbx.faults.stalled = True
        asked = asyncio.create_task(host.ask("POST", f"channels/{call}/answer"))
        await time.run(10.0)
        assert await host.ask("GET", "asterisk/ping") == 200
        assert not asked.done()
        pbx.faults.stalled = False
        pbx.happen()
        assert await asked == 204

    played(scene)


def test_errors_with_and_without_the_work():
    async def scene(pbx, host, time):
        pbx.faults.failing = 1
        assert await host.ask("POST", "bridges/one") == 500
        assert await host.ask("GET", "bridges/one") == 404
        pbx.faults.failing_creates = 1
        given = {"endpoint": "PJSIP/101", "app": "ccroute", "channelId": "leg"}
        assert await host.ask("POST", "channels/create", **given) == 500
        assert await host.ask("GET", "channels/leg") == 200
        assert [it.status for it in pbx.requests if it.method == "POST"] == [200]

    played(scene)


def test_a_ghost_is_there_and_is_not():
    async def scene(pbx, host, time):
        call = pbx.call()
        assert await host.ask("POST", "bridges/hold", type="holding") == 200
        pbx.make_ghost("hold")
        assert await host.ask("POST", "bridges/hold", type="holding") == 409
        assert await host.ask("POST", "bridges/hold/addChannel", channel=call) == 404
        pbx.restart()
        await settle()
        assert await host.ask("POST", "bridges/hold", type="holding") == 200

    played(scene)


def test_a_link_that_carries_no_bytes_looks_well():
    async def scene(pbx, host, time):
        pbx.wire.muted = True
        pbx.call()
        await time.run(60.0)
        assert host.heard == []
        assert len(pbx.sockets) == 1

    played(scene)


def test_pieces_add_up_to_the_same():
    async def scene(pbx, host, time):
        pbx.wire.piece = 3
        pbx.hang_up(pbx.call())
        for _ in range(100):
            await settle()
        assert host.heard == ["StasisStart", "ChannelHangupRequest", "StasisEnd"]

    played(scene)


def test_pieces_are_read_one_by_one():
    async def scene():
        read = []

        class Reader(asyncio.Protocol):
            def data_received(self, data):
                read.append(data)

        async def serve(_, writer):
            writer.write(b"abcdefg")
            writer.close()

        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        wire = Wire(server.sockets[0].getsockname()[1], lambda: None)
        wire.piece = 2
        await wire.start()
        loop = asyncio.get_running_loop()
        await loop.create_connection(Reader, "127.0.0.1", wire.port)
        await settle(200)
        await wire.stop()
        server.close()
        assert read == [b"ab", b"cd", b"ef", b"g"]

    asyncio.run(scene())


def test_a_cut_websocket_leaves_the_calls_and_tells_nothing_of_them():
    async def scene(pbx, host, time):
        first, second = pbx.call(), pbx.call()
        await settle()
        pbx.lose_websockets()
        await settle()
        assert host.heard[-1] == "closed"
        pbx.hang_up(second)
        pbx.dialling.fallback = "hangup"
        third = pbx.call()
        await time.run(1.0)
        assert third not in pbx.switch.channels
        host.heard.clear()
        await host.listen()
        await settle()
        assert host.heard == []
        reply = await host.http.get("/applications/ccroute")
        assert reply.json()["channel_ids"] == [first]

    played(scene)


def test_who_steals_the_application_hears_all_that_follows():
    async def scene(pbx, host, time):
        pbx.steal("ccroute")
        pbx.call()
        await settle()
        assert host.heard == ["ApplicationReplaced"]

    played(scene)


def test_a_restart_loses_all_and_has_another_beginning():
    async def scene(pbx, host, time):
        pbx.call()
        before = (await host.http.get("/asterisk/info")).json()["status"]["startup_time"]
        await time.run(5.0)
        pbx.restart()
        await settle()
        assert host.heard[-1] == "closed"
        after = (await host.http.get("/asterisk/info")).json()["status"]["startup_time"]
        assert after > before
        assert (await host.http.get("/channels")).json() == []

    played(scene)


def test_a_phone_may_ring_before_it_is_told_that_it_was_dialled():
    async def scene(pbx, host, time):
        pbx.dialling.rings_first = True
        given = {"endpoint": "PJSIP/101", "app": "ccroute", "channelId": "leg"}
        await host.ask("POST", "channels/create", **given)
        await time.run(0.1)
        await host.ask("POST", "channels/leg/dial", timeout=5)
        await time.run(0.1)
        assert host.heard[1:] == ["ChannelStateChange", "Dial", "Dial"]

    played(scene)


def test_after_a_duplicate_id_an_absent_phone_is_refused_as_one():
    async def scene(pbx, host, time):
        pbx.set_phone("PJSIP/102", "unreachable")
        absent = {"endpoint": "PJSIP/102", "app": "ccroute"}
        there = {"endpoint": "PJSIP/101", "app": "ccroute", "channelId": "leg"}
        assert await host.ask("POST", "channels/create", **absent) == 500
        assert await host.ask("POST", "channels/create", **there) == 200
        assert await host.ask("POST", "channels/create", **there) == 409
        assert await host.ask("POST", "channels/create", **absent) == 409

    played(scene)


def test_no_malformed_message_harms_a_sound_client():
    async def scene(name, data, driver):
        host = Host(driver.pbx, driver.pbx.time)
        await host.listen()
        messages = []

        async def read():
            while True:
                messages.append(await host.socket.recv())

        host.reader.cancel()
        reader = asyncio.create_task(read())
        await driver.inject_raw(data)
        await settle()
        assert messages or reader.done(), name
        reader.cancel()
        await asyncio.gather(reader, host.reader, return_exceptions=True)
        await host.close()

    async def all_of_them():
        driver = AsteriskDriver(ManualTime())
        await driver.start()
        for name, data in driver.malformed().items():
            await scene(name, data, driver)
        await driver.stop()

    asyncio.run(all_of_them())
