"""A conference on a real Asterisk: who hears whom, who goes, and a host that begins anew in it."""

import asyncio

from tests.pbx.centre import Centre, all_gone, fresh, heard, play, quiet
from tests.pbx.instance import Asterisk
from tests.pbx.phones import Phones

HANDED_OVER = "transfer.handed_over"


def parts(centre: Centre) -> dict[str, str]:
    return next((dict(it.parts) for it in centre.host.supervise().talking()), {})


def figures(centre: Centre) -> dict[str, float | None]:
    return centre.figures("answered", HANDED_OVER)


async def hears(phones: Phones, number: str) -> bool:
    return await asyncio.to_thread(phones.hears, number)


async def consulting(centre: Centre, phones: Phones) -> str:
    """A customer with a tone, an agent, and another who is asked."""
    for number in ("101", "102"):
        phones.agent(number, delay=0.1)
    await centre.staff("a101")
    ref = phones.call("sales", phone="tone", ref=fresh())
    contact = await centre.came(ref, "engaged")
    await centre.desk("a102").sign_in(queues=["sales"], capacity={"voice": 1})
    await centre.desk("a101").consult(contact, "a102")
    await centre.until(lambda: parts(centre) == {"a101": "primary", "a102": "consult"}, "consult")
    return contact


async def conferring(centre: Centre, phones: Phones) -> str:
    contact = await consulting(centre, phones)
    await centre.desk("a101").conference(contact, "a102")
    await centre.until(lambda: parts(centre).get("a102") == "conference", "a conference")
    return contact


def test_all_three_hear_each_other_and_the_second_agent_goes(pbx: Asterisk, phones: Phones) -> None:
    async def scenario() -> None:
        async with Centre({"pbx": pbx}) as centre:
            contact = await consulting(centre, phones)
            assert not await hears(phones, "102")  # the customer is on hold
            await centre.desk("a101").conference(contact, "a102")
            await centre.until(lambda: parts(centre).get("a102") == "conference", "a conference")
            assert await hears(phones, "102")
            assert await hears(phones, "101")
            await centre.desk("a101").cancel_consult(contact, "a102")
            await heard(phones, "gone", agent="102")
            await centre.until(lambda: parts(centre) == {"a101": "primary"}, "the second is gone")
            assert await hears(phones, "101")
            phones.hang_up(centre.refs[contact])
            await all_gone(centre, pbx)
            assert figures(centre) == {"answered": 1, HANDED_OVER: 0}

    quiet(pbx)
    play(scenario)


def test_after_a_conference_the_second_agent_has_the_customer(
    pbx: Asterisk, phones: Phones
) -> None:
    async def scenario() -> None:
        async with Centre({"pbx": pbx}) as centre:
            contact = await conferring(centre, phones)
            await centre.desk("a101").complete_transfer(contact, "a102")
            await heard(phones, "gone", agent="101")
            await centre.until(lambda: parts(centre) == {"a102": "primary"}, "it is handed over")
            assert await hears(phones, "102")
            phones.hang_up_agent("102")
            await all_gone(centre, pbx)
            assert figures(centre) == {"answered": 1, HANDED_OVER: 0.5}

    quiet(pbx)
    play(scenario)


def test_the_first_agent_hangs_up_and_the_conference_goes_on(pbx: Asterisk, phones: Phones) -> None:
    async def scenario() -> None:
        async with Centre({"pbx": pbx}) as centre:
            contact = await conferring(centre, phones)
            phones.hang_up_agent("101")
            await centre.until(lambda: parts(centre) == {"a102": "primary"}, "it is handed over")
            assert await hears(phones, "102")
            assert centre.phase(contact) == "engaged"
            phones.hang_up(centre.refs[contact])
            await all_gone(centre, pbx)

    quiet(pbx)
    play(scenario)


def test_a_host_that_lost_everything_finds_the_conference(pbx: Asterisk, phones: Phones) -> None:
    async def scenario() -> None:
        async with Centre({"pbx": pbx}) as centre:
            await conferring(centre, phones)
        async with Centre({"pbx": pbx}) as centre:
            both = {"a101": "primary", "a102": "conference"}
            await centre.until(lambda: parts(centre) == both, "all three are found")
            (contact,) = centre.refs
            assert await hears(phones, "102")
            await centre.desk("a101").complete_transfer(contact, "a102")
            await heard(phones, "gone", agent="101")
            phones.hang_up(centre.refs[contact])
            await all_gone(centre, pbx)

    quiet(pbx)
    play(scenario)
