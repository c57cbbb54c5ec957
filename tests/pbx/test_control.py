"""Control by ARI on a real Asterisk: park, ring, connect, release, as the far ends saw it."""

import asyncio

import pytest
from tests.pbx.centre import Centre, bridges, config, fresh, heard, play, playing
from tests.pbx.instance import Asterisk
from tests.pbx.phones import Phones

from ccroute import LinkError
from ccroute.adapters import BoundedSink, SystemTime
from ccroute_asterisk import asterisk


def test_a_caller_waits_talks_and_goes(pbx: Asterisk, phones: Phones) -> None:
    async def scenario() -> None:
        phones.agent("101", delay=0.1)
        async with Centre({"pbx": pbx}) as centre:
            ref = phones.call("sales")
            contact = await centre.came(ref)
            await centre.staff("a101")
            await heard(phones, "answers", agent="101")
            await centre.came(ref, "engaged")
            assert centre.activity("a101") == "engaged"
            await asyncio.sleep(0.3)
            phones.hang_up(ref)
            await heard(phones, "gone", agent="101")
            await centre.until(lambda: centre.phase(contact) == "closed", "it is closed")
            await centre.nothing_left(pbx)
            assert centre.activity("a101") == "idle"
            assert centre.figures("offered", "answered") == {"offered": 1, "answered": 1}
            await centre.until(lambda: len(bridges(pbx)) == 1, "only the holding bridge is left")

    play(scenario)


def test_whoever_comes_into_an_empty_queue_hears_music(pbx: Asterisk, phones: Phones) -> None:
    async def scenario() -> None:
        async with Centre({"pbx": pbx}) as centre:
            for _ in range(3):
                ref = phones.call("sales", ref=fresh())
                await centre.came(ref)
                await centre.until(lambda: playing(pbx), "music plays")
                phones.hang_up(ref)
                await centre.nothing_left(pbx)

    play(scenario)


def test_requests_may_go_by_http(pbx: Asterisk, phones: Phones) -> None:
    async def scenario() -> None:
        phones.agent("101", delay=0.1)
        async with Centre({"pbx": pbx}, requests="http") as centre:
            await centre.staff("a101")
            ref = phones.call("sales", ref=fresh())
            await centre.came(ref, "engaged")
            phones.hang_up(ref)
            await centre.nothing_left(pbx)
            assert centre.figures("offered", "answered") == {"offered": 1, "answered": 1}

    play(scenario)


@pytest.mark.parametrize("requests", ["websocket", "http"])
def test_all_goes_over_tls(pbx: Asterisk, phones: Phones, requests: str) -> None:
    async def scenario() -> None:
        phones.agent("101", delay=0.1)
        secure = {"url": f"https://localhost:{pbx.ports['https']}", "ca": str(pbx.certificate)}
        async with Centre({"pbx": pbx}, requests=requests, **secure) as centre:
            await centre.staff("a101")
            ref = phones.call("sales", ref=fresh())
            await centre.came(ref, "engaged")
            phones.hang_up(ref)
            await centre.nothing_left(pbx)

    play(scenario)


def test_a_certificate_that_nobody_vouches_for_is_not_believed(pbx: Asterisk) -> None:
    async def opened() -> None:
        url = f"https://localhost:{pbx.ports['https']}"
        adapter = asterisk("pbx", config(pbx, url=url))
        with pytest.raises(LinkError, match="CERTIFICATE_VERIFY_FAILED"):
            await adapter.open(BoundedSink(), SystemTime())
        await adapter.close(0.0)

    asyncio.run(opened())


def test_an_agent_hangs_up(pbx: Asterisk, phones: Phones) -> None:
    async def scenario() -> None:
        phones.agent("101", talk=0.5)
        async with Centre({"pbx": pbx}) as centre:
            await centre.staff("a101")
            ref = phones.call("sales")
            await heard(phones, "hangs up", agent="101")
            await heard(phones, "gone", role="caller", ref=ref)
            await centre.until(lambda: centre.contacts("closed"), "it is closed")
            await centre.nothing_left(pbx)

    play(scenario)
