"""What an integrator's bad day brings, on the real Asterisk."""

import pytest
from tests.pbx.centre import LINK, NUMBERS, Centre, all_gone, fresh, play, quiet
from tests.pbx.instance import Asterisk
from tests.pbx.phones import Phones

from ccroute.adapters import PartyLeft


@pytest.fixture(autouse=True)
def _quiet(pbx: Asterisk, phones: Phones) -> None:
    quiet(pbx)


def together(pbx: Asterisk, kind: str) -> list[int]:
    """How many channels are in each bridge of ours of a kind."""
    lines = [it.split() for it in pbx.cli("bridge show all").splitlines()]
    named = [it for it in lines if it and it[0].startswith("ccroute-") and f"-{kind}-" in it[0]]
    return [int(it[-4]) for it in named]


def test_who_asks_a_phone_that_is_away_has_the_customer_back(pbx: Asterisk, phones: Phones) -> None:
    async def scenario() -> None:
        phones.agent("101", delay=0.1)
        directory = {"a101": {LINK: f"Local/{NUMBERS['a101']}@agents/n"}}
        directory["a102"] = {LINK: "PJSIP/304"}  # not registered
        async with Centre({LINK: pbx}, directory=directory) as centre:
            await centre.staff("a101")
            await centre.staff("a102", queues=("support",))
            ref = phones.call("sales", ref=fresh())
            contact = await centre.came(ref, "engaged")
            await centre.desk("a101").consult(contact, "a102")
            await centre.until(lambda: centre.signals(PartyLeft), "nobody is asked")
            await centre.until(lambda: together(pbx, "talk") == [2], "both talk again")
            assert centre.phase(contact) == "engaged"
            phones.hang_up(ref)
            await all_gone(centre, pbx)

    play(scenario)
