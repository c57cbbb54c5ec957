"""The drivers of the simulated Asterisk say the truth of it, whoever the adapter is."""

import asyncio
from contextlib import asynccontextmanager

from websockets.asyncio.client import connect

from ccroute.adapters import Announce, Park, Ring
from ccroute.testing import ManualTime, settle
from ccroute.testing.asterisk import AsteriskDriver, ObservedAsteriskDriver, Request

ENVELOPE = {"deadline": 0.0, "tenant": "acme"}


@asynccontextmanager
async def started(kind=AsteriskDriver, **given):
    driver = kind(ManualTime(), **given)
    await driver.start()
    try:
        yield driver, driver.pbx
    finally:
        await driver.stop()


def listening(pbx):
    """Somebody to whom callers are given."""
    where = f"{pbx.url.replace('http', 'ws', 1)}/ari/events?app=ccroute"
    return connect(f"{where}&api_key=ccroute:swordfish")


async def asked(pbx, method, path, **given):
    """A request as an adapter makes it, without the socket."""
    reply = pbx.rest.answer(method, path.split("/"), given, reader=False)
    at = pbx.time.now()
    request = Request(at=at, method=method, path=path, given=given, status=reply.status)
    pbx.requests.append(request)
    pbx.happen()
    await pbx.time.run(0.1)
    return reply


def test_legs_are_what_the_pbx_has():
    async def scene():
        async with started() as (driver, pbx):
            async with listening(pbx):
                call = await driver.place_call()
                await asked(pbx, "POST", f"channels/{call}/answer")
                await asked(pbx, "POST", "bridges/wait", type="holding")
                await asked(pbx, "POST", "bridges/wait/addChannel", channel=call)
                ring = {"endpoint": "PJSIP/101", "app": "ccroute", "channelId": "x-leg-i7"}
                await asked(pbx, "POST", "channels/create", **ring)
                await asked(pbx, "POST", "channels/x-leg-i7/dial", timeout=9)
                (customer, agent) = await driver.legs()
                assert (customer.kind, customer.who, customer.bridge) == ("customer", call, None)
                assert (agent.kind, agent.who, agent.bridge) == ("agent", "PJSIP/101", None)
                await driver.answer("PJSIP/101")
                await asked(pbx, "POST", "bridges/talk", type="mixing")
                both = f"x-leg-i7,{call}"
                await asked(pbx, "POST", "bridges/talk/addChannel", channel=both)
                assert {it.bridge for it in await driver.legs()} == {"talk"}
                await driver.rename_contact(call)
                assert [it.who for it in await driver.legs() if it.kind == "customer"] == [call]
                await driver.hang_up(call)
                await driver.hang_up_agent("PJSIP/101")
                assert await driver.legs() == []
                assert await driver.links() == 1
            await settle()
            assert await driver.links() == 0

    asyncio.run(scene())


def test_what_was_done_for_an_instruction_is_known_by_its_requests():
    async def scene():
        async with started() as (driver, pbx), listening(pbx):
            call = await driver.place_call()
            leg = {"endpoint": "PJSIP/101", "app": "ccroute", "channelId": "x-leg-i7"}
            for _ in range(2):
                await asked(pbx, "POST", "channels/create", **leg)
            ring = Ring(
                **ENVELOPE, id="i7", contact=call, offer=1, agent="ana", address="PJSIP/101",
                until=9.0,
            )  # fmt: skip
            assert await driver.side_effects(ring) == 1
            assert len(await driver.attempts(ring)) == 2
            await asked(pbx, "POST", f"channels/{call}/answer")
            await asked(pbx, "POST", "bridges/wait", type="holding")
            await asked(pbx, "POST", "bridges/wait/addChannel", channel=call)
            await asked(pbx, "POST", f"channels/{call}/play/p", media="sound:hello")
            park = Park(**ENVELOPE, id="i8", contact=call, queue="sales")
            assert await driver.side_effects(park) == 1
            announce = Announce(**ENVELOPE, id="i9", contact=call, prompt="hello")
            assert await driver.side_effects(announce) == 1

    asyncio.run(scene())


def test_an_observer_sees_queues_and_members():
    async def scene():
        async with started(ObservedAsteriskDriver) as (driver, pbx):
            settings = driver.settings()
            _, writer = await asyncio.open_connection(settings["host"], settings["port"])
            await settle()
            assert await driver.links() == 1
            call = await driver.place_call()
            await settle()
            assert {it.kind for it in await driver.legs()} == {"customer", "agent"}
            await driver.leave_queue(call, "timeout")
            assert await driver.legs() == []
            await driver.drop_link()
            await settle()
            assert await driver.links() == 0
            await driver.restore_link()
            before = len(pbx.queues.members["sales"])
            await driver.restart_platform()
            assert len(pbx.queues.members["sales"]) == before
            writer.close()

    asyncio.run(scene())
