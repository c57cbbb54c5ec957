"""The dialplan that we ship, on a real Asterisk."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.pbx.centre import LINK, Centre, channels, fresh, play, quiet
from tests.pbx.instance import Asterisk
from tests.pbx.phones import Phones

from ccroute.adapters import AgentAsked, Ended, SentAway

SHIPPED = Path(__file__).parents[2] / "adapters" / "asterisk" / "dialplan" / "extensions.conf"


@pytest.fixture(autouse=True)
def _shipped(pbx: Asterisk, phones: Phones) -> Iterator[None]:
    quiet(pbx)
    folder = pbx.folder / "etc"
    before = (folder / "extensions.conf").read_text()
    (folder / "ccroute.conf").write_text(SHIPPED.read_text())
    (folder / "extensions.conf").write_text(before + "\n#include ccroute.conf\n")
    pbx.cli("dialplan reload")
    yield
    (folder / "extensions.conf").write_text(before)
    pbx.cli("dialplan reload")


def test_who_comes_while_nobody_listens_is_given_again(pbx: Asterisk, phones: Phones) -> None:
    async def scenario() -> None:
        ref = phones.call("900100", context="ccroute-in", ref=fresh())
        await asyncio.sleep(1)
        assert phones.happened("gone", ref=ref) == []
        async with Centre({LINK: pbx}) as centre:
            await centre.until(lambda: centre.contacts("waiting"), "it was given again")
            (contact,) = centre.contacts("waiting")
            assert centre.router.attributes(contact)["tries"] == "1"
            assert centre.router.explain(contact).queue == "sales"
            phones.hang_up(ref)
            await centre.nothing_left(pbx)

    play(scenario)


def test_for_whom_the_plan_has_no_place_the_dialplan_has_one(pbx: Asterisk, phones: Phones) -> None:
    async def scenario() -> None:
        async with Centre({LINK: pbx}, plan="[queues.support]") as centre:
            ref = phones.call("900100", context="ccroute-in", ref=fresh())  # for sales
            await centre.until(lambda: centre.signals(Ended), "it is not ours any more")
            assert centre.host.tenants["main"].counters.turned_away == 1
            waits = lambda: "1. Local/caller" in pbx.cli("queue show fallback")  # noqa: E731
            await centre.until(waits, "the caller waits in Asterisk's own queue")
            assert phones.happened("gone", ref=ref) == []
            phones.hang_up(ref)
            await centre.nothing_left(pbx)

    play(scenario)


def test_feature_codes_are_wishes(pbx: Asterisk, phones: Phones) -> None:
    async def scenario() -> None:
        phones.agent("101", delay=0)
        async with Centre({LINK: pbx}, phones={"a101": "Local/101@agents"}) as centre:
            await centre.staff("a101")
            for code in ("*22", "*21"):
                phones.dial_out("101", code, "ccroute-codes")
                await centre.until(lambda: not channels(pbx), "the code was dialled")
            asked = [(it.agent, it.wish, it.reason) for it in centre.signals(AgentAsked)]
            assert asked == [("a101", "not_ready", "break"), ("a101", "ready", None)]
            assert centre.router.explain_agent("a101").availability == "ready"

    play(scenario)


def test_who_is_sent_outside_is_dialled_there(pbx: Asterisk, phones: Phones) -> None:
    async def scenario() -> None:
        phones.agent("101", delay=0.1)
        async with Centre({LINK: pbx}, transfer_context="transfer") as centre:
            await centre.staff("a101")
            ref = phones.call("sales", ref=fresh())
            contact = await centre.came(ref, "engaged")
            await centre.desk("a101").transfer_outside(contact, "700")
            await centre.until(lambda: centre.phase(contact) == "closed", "it is out of the house")
            assert [it.kind for it in centre.signals(SentAway)] == ["blind"]
            assert phones.happened("gone", ref=ref) == []  # there is music at 700
            phones.hang_up(ref)
            await centre.nothing_left(pbx)

    play(scenario)
