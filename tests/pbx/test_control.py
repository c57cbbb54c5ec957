"""Control by ARI on a real Asterisk: park, ring, connect, release, as the far ends saw it."""

import asyncio

from tests.pbx.centre import Centre, bridges, fresh, heard, play, playing
from tests.pbx.instance import Asterisk
from tests.pbx.phones import Phones


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
