"""What an integrator's bad day brings, on the real Asterisk."""

import pytest
from tests.pbx.centre import LINK, NUMBERS, Centre, all_gone, fresh, play, quiet
from tests.pbx.instance import Asterisk
from tests.pbx.phones import Phones
from tests.pbx.proxy import Proxy

from ccroute.adapters import AgentAsked, Arrived, LinkDown, LinkUp, PartyLeft


@pytest.fixture(autouse=True)
def _quiet(pbx: Asterisk, phones: Phones) -> None:
    quiet(pbx)


def calling(pbx: Asterisk) -> str:
    """What its channels do."""
    return pbx.cli("core show channels concise")


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


def test_a_feature_code_that_nobody_heard_is_done_when_the_link_is_back(
    pbx: Asterisk, phones: Phones
) -> None:
    async def scenario() -> None:
        proxy = Proxy(pbx.ports["http"])
        await proxy.start()
        url = f"http://127.0.0.1:{proxy.port}"
        own = {"a101": "Local/101@agents"}
        async with Centre({LINK: pbx}, url=url, phones=own) as centre:
            proxy.closed = True
            proxy.cut()
            await centre.until(lambda: centre.signals(LinkDown), "the link is down")
            phones.dial_out("101", "sign_in", "agent-codes")
            await centre.until(lambda: "agent-code" in calling(pbx), "the code is dialled")
            proxy.let_go()
            await centre.until(lambda: len(centre.signals(LinkUp)) == 2, "it is up again")
            await centre.until(lambda: centre.signals(AgentAsked), "the wish is heard")
            asked = centre.signals(AgentAsked)[0]
            assert (asked.agent, asked.wish) == ("a101", "sign_in")
            assert centre.signals(Arrived) == []
            await all_gone(centre, pbx)
        await proxy.stop()

    play(scenario)
