"""The hard cases of a link on real Asterisks: broken, killed, restarted, lost; and a rush."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from tests.pbx.centre import LINK, Centre, all_gone, fresh, heard, play, quiet
from tests.pbx.instance import Asterisk
from tests.pbx.phones import Phones
from tests.pbx.proxy import Proxy

from ccroute.adapters import Abandoned, Bridged, Ended, Gap, LinkDown, LinkUp

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _quiet(pbx: Asterisk, phones: Phones) -> None:
    quiet(pbx)


async def dying_centre(pbx: Asterisk, state: str) -> asyncio.subprocess.Process:
    """A host of its own, with agent a101, that works."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.pbx.dying_centre", pbx.ari_url, pbx.secret, state, "a101",
        cwd=ROOT, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    async with asyncio.timeout(20):
        assert await process.stdout.readline() == b"works\n"
    return process


@asynccontextmanager
async def wire(pbx: Asterisk) -> AsyncIterator[Proxy]:
    proxy = Proxy(pbx.ports["http"])
    await proxy.start()
    try:
        yield proxy
    finally:
        await proxy.stop()


def test_the_link_is_cut_for_five_seconds(pbx: Asterisk, phones: Phones) -> None:
    async def scenario() -> None:
        phones.agent("101", delay=0.1)
        phones.agent("102", delay=0.1)
        async with wire(pbx) as proxy:
            url = f"http://127.0.0.1:{proxy.port}"
            async with Centre({LINK: pbx}, url=url) as centre:
                await centre.staff("a101")
                talks = phones.call("sales", ref=fresh())
                contact = await centre.came(talks, "engaged")
                stays, leaves = phones.call("sales", ref=fresh()), phones.call("sales", ref=fresh())
                waiting = await centre.came(stays)
                gone = await centre.came(leaves)
                since = centre.router.explain(waiting).since
                proxy.closed = True
                proxy.cut()
                await centre.until(lambda: centre.signals(LinkDown), "the link is down")
                phones.hang_up(leaves)
                came = phones.call("sales", ref=fresh())
                await asyncio.sleep(5)
                assert phones.happened("gone", ref=talks) == []
                proxy.let_go()
                await centre.until(lambda: len(centre.signals(LinkUp)) == 2, "it is up again")
                assert centre.signals(Gap)[0].until - centre.signals(Gap)[0].since >= 5
                await centre.until(lambda: centre.phase(gone) == "closed", "who left is gone")
                assert centre.phase(contact) == "engaged"
                assert centre.router.explain(waiting).since == pytest.approx(since, abs=0.01)
                await centre.came(came)  # found, though nobody told of it
                await centre.staff("a102")
                await centre.came(stays, "engaged")
                for ref in (talks, stays, came):
                    phones.hang_up(ref)
                await all_gone(centre, pbx)

    play(scenario)


def test_a_host_is_killed_and_another_goes_on(pbx: Asterisk, phones: Phones) -> None:
    async def scenario() -> None:
        phones.agent("101", delay=0.1)
        phones.agent("102", "wait")
        process = await dying_centre(pbx, "-")
        began = time.time()
        talks = phones.call("sales", ref=fresh())
        await heard(phones, "answers", agent="101")
        waits = phones.call("sales", ref=fresh())
        await asyncio.sleep(2)
        process.kill()
        await process.wait()
        await asyncio.sleep(2)
        assert phones.happened("gone", since=began) == []
        async with Centre({LINK: pbx}) as centre:
            contact = await centre.came(waits)
            assert centre.phase(centre.contact(talks)) == "engaged"
            assert centre.router.explain(centre.contact(talks)).agent == "a101"
            # Its wait goes on from when it came, and not from when this host did.
            assert centre.router.explain(contact).since == pytest.approx(began, abs=1.5)
            assert time.time() - centre.router.explain(contact).since > 3.5
            await centre.staff("a102")
            await heard(phones, "rings", agent="102")
            phones.answer("102")
            await centre.came(waits, "engaged")
            assert len(phones.happened("rings", agent="101")) == 1
            phones.hang_up(talks)
            phones.hang_up(waits)
            await all_gone(centre, pbx)
            assert not centre.signals(Abandoned)

    play(scenario)


def test_a_host_is_killed_while_a_phone_rings(
    pbx: Asterisk, phones: Phones, tmp_path: Path
) -> None:
    async def scenario() -> None:
        phones.agent("101", "wait")
        state = tmp_path / "state"
        process = await dying_centre(pbx, str(state))
        ref = phones.call("sales", ref=fresh())
        await heard(phones, "rings", agent="101")
        await asyncio.sleep(0.5)
        process.kill()
        await process.wait()
        async with Centre({LINK: pbx}, state=state) as centre:
            await centre.came(ref, "offered")
            phones.answer("101")
            await centre.came(ref, "engaged")
            assert len(phones.happened("rings")) == 1
            phones.hang_up(ref)
            await all_gone(centre, pbx)

    play(scenario)


def test_asterisk_restarts_with_callers_waiting(
    start_asterisk: Callable[[str], Asterisk],
) -> None:
    south = start_asterisk("south")

    async def scenario() -> None:
        async with Centre({LINK: south}) as centre:
            with Phones(south) as phones:
                for number in range(3):
                    phones.call("sales", ref=f"lost-{number}")
                await centre.until(lambda: len(centre.contacts("waiting")) == 3, "three wait")
                await asyncio.to_thread(south.restart)
            await centre.until(lambda: len(centre.signals(LinkUp)) == 2, "it is up again")
            first, second = (it.epoch for it in centre.signals(LinkUp))
            assert second > first
            await centre.until(lambda: len(centre.contacts("closed")) == 3, "they are gone")
            # Lost by Asterisk: nobody abandoned.
            assert not centre.signals(Abandoned)
            assert centre.figures("offered", "abandoned") == {"offered": 3, "abandoned": 0}
            with Phones(south) as phones:
                phones.agent("101", delay=0.1)
                await centre.staff("a101")
                ref = phones.call("sales", ref="new")
                await centre.came(ref, "engaged")
                phones.hang_up(ref)
                await centre.until(lambda: centre.phase(centre.contact(ref)) == "closed", "over")

    play(scenario)
    south.remove()


def test_a_hundred_callers_on_ten_agents(pbx: Asterisk, phones: Phones) -> None:
    async def scenario() -> None:
        numbers = [str(number) for number in range(101, 111)]
        for number in numbers:
            phones.agent(number, delay=0.1, talk=0.5)
        async with Centre({LINK: pbx}) as centre:
            await centre.staff(*(f"a{number}" for number in numbers))
            refs = [phones.call("sales", ref=fresh()) for _ in range(100)]
            await centre.until(lambda: len(centre.contacts("closed")) == 100, "all were served", 90)
            await all_gone(centre, pbx)
            assert len({it.contact for it in centre.signals(Bridged)}) == 100
            # The last of them are on their way to us when Asterisk has nothing left.
            await centre.until(lambda: len(centre.signals(Ended)) >= 100, "each end is told")
            assert len({it.contact for it in centre.signals(Ended)}) == len(centre.signals(Ended))
            # Of a busy machine some agents hang up before they are joined: then another is rung.
            assert len(phones.happened("answers")) >= 100
            assert {it.ref for it in phones.happened("gone", role="caller")} == set(refs)
            assert centre.figures("offered", "answered") == {"offered": 100, "answered": 100}
            centre.router.check()

    play(scenario)


def test_two_asterisks_and_one_is_lost(
    pbx: Asterisk, phones: Phones, start_asterisk: Callable[[str], Asterisk]
) -> None:
    north = start_asterisk("north")

    async def scenario(there: Phones) -> None:
        phones.agent("101", delay=0.1)
        phones.agent("102", delay=0.1)
        # Agents sit at the first: for a caller on the other their phones are behind a trunk.
        trunk = "PJSIP/trunk/sip:{}@127.0.0.1:" + str(pbx.ports["sip"])
        directory = {
            f"a{number}": {"pbx": f"Local/{number}@agents/n", "north": trunk.format(number)}
            for number in (101, 102)
        }
        async with Centre({"pbx": pbx, "north": north}, directory=directory) as centre:
            await centre.staff("a101")
            far = there.call("sales", ref=fresh())
            await centre.came(far, "engaged")
            assert phones.happened("answers", agent="101")
            await centre.staff("a102")
            near = phones.call("sales", ref=fresh())
            contact = await centre.came(near, "engaged")
            waits = phones.call("sales", ref=fresh())
            waiting = await centre.came(waits)
            north.kill()
            await centre.until(lambda: not centre.host.links["north"].up, "the link is down")
            await asyncio.sleep(1)
            assert (centre.phase(contact), centre.phase(waiting)) == ("engaged", "waiting")
            assert phones.happened("gone", ref=near) == []
            north.start()
            await centre.until(lambda: centre.host.links["north"].up, "it is up again", 40)
            await centre.until(
                lambda: centre.phase(centre.contact(far)) == "closed", "who was there is gone"
            )
            assert centre.phase(contact) == "engaged"
            for ref in (near, waits):
                phones.hang_up(ref)
            await all_gone(centre)  # at the other end of the trunk nobody says goodbye

    with Phones(north) as there:
        play(lambda: scenario(there))
    north.remove()
