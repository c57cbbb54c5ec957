"""What an integrator's bad day brings, on the real Asterisk."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial

import pytest
from tests.pbx.centre import LINK, NUMBERS, Centre, all_gone, fresh, play, quiet
from tests.pbx.instance import Asterisk
from tests.pbx.phones import Phones
from tests.pbx.proxy import Proxy

from ccroute import AdapterError, LinkError, Rejected
from ccroute.adapters import AgentAsked, Arrived, LinkDown, LinkUp, PartyLeft
from ccroute.host import AgentDesk


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


class People:
    """Who does anything at any time, by a seed. ``refs``: the callers so far."""

    numbers = tuple(str(number) for number in range(101, 107))

    def __init__(self, phones: Phones, seed: int) -> None:
        self.phones, self.chance = phones, random.Random(seed)
        self.refs: list[str] = []

    def mood(self, number: str) -> None:
        chance = self.chance
        mode = chance.choice(["answer", "answer", "answer", "busy", "reject", "wait", "congestion"])
        delay, talk = chance.uniform(0.05, 0.8), chance.choice([0.05, 0.5, 2, 600])
        self.phones.agent(number, mode, delay=delay, talk=talk)

    async def call(self, times: int) -> None:
        for _ in range(times):
            talk = self.chance.choice([0.5, 3, 8, 12])
            self.refs.append(self.phones.call("sales", ref=fresh(), talk=talk))
            await asyncio.sleep(self.chance.uniform(0, 0.4))

    async def sit_at(self, desk: AgentDesk, number: str) -> None:
        while True:
            await asyncio.sleep(self.chance.uniform(0.1, 1))
            with suppress(Rejected, LinkError, AdapterError):
                await desk.ready()
            with suppress(Rejected, LinkError, AdapterError):
                if self.chance.random() < 0.3:
                    await asyncio.to_thread(self.mood, number)
                if contacts := desk.state().contacts:
                    await self.do(desk)(contacts[0])

    def do(self, desk: AgentDesk) -> Callable[[str], Awaitable[object]]:
        other = f"a{self.chance.choice(self.numbers)}"
        return self.chance.choice(
            [
                desk.hold,
                desk.resume,
                desk.start_recording,
                desk.pause_recording,
                desk.release,
                partial(desk.transfer, queue="support"),
                partial(desk.consult, agent=other),
                partial(desk.cancel_consult, agent=other),
                partial(desk.complete_transfer, agent=other),
            ]
        )


def test_a_day_on_which_everybody_does_anything(pbx: Asterisk, phones: Phones) -> None:
    """Whoever came is accounted for once, whatever people did and the link; nobody is stuck."""
    people = People(phones, seed=6)

    async def day(centre: Centre, proxy: Proxy) -> None:
        desks = [
            asyncio.ensure_future(people.sit_at(centre.desk(f"a{it}"), it)) for it in people.numbers
        ]
        calls = asyncio.ensure_future(people.call(30))
        for _ in range(3):
            await asyncio.sleep(people.chance.uniform(1, 3))
            proxy.cut()
        await calls
        gone = lambda: len(phones.happened("gone", role="caller")) >= len(people.refs)  # noqa: E731
        await centre.until(gone, "all have gone", 40)
        for desk in desks:
            desk.cancel()
        await asyncio.gather(*desks, return_exceptions=True)
        await all_gone(centre, pbx)
        # Who came and went while the link was broken nobody heard of.
        assert set(centre.refs.values()) <= set(people.refs)
        assert len(centre.refs) == len(set(centre.refs.values())) >= 20

    async def the_day_after(centre: Centre) -> None:
        for number in people.numbers:
            phones.agent(number, delay=0.1)
            assert centre.activity(f"a{number}") == "idle"
            await centre.desk(f"a{number}").ready()
        again = [phones.call("sales", ref=fresh()) for _ in people.numbers]
        for ref in again:
            await centre.came(ref, "engaged")
        for ref in again:
            phones.hang_up(ref)
        await all_gone(centre, pbx)
        await centre.until(lambda: together(pbx, "talk") == [], "no bridge is left")
        assert centre.host.health().tenants["main"].stuck == 0
        centre.router.check()

    async def scenario() -> None:
        proxy = Proxy(pbx.ports["http"])
        await proxy.start()
        for number in people.numbers:
            people.mood(number)
        url = f"http://127.0.0.1:{proxy.port}"
        async with Centre({LINK: pbx}, url=url, sweep=5.0) as centre:
            agents = [f"a{it}" for it in people.numbers]
            await centre.staff(*agents, queues=("sales", "support"))
            await day(centre, proxy)
            await the_day_after(centre)
        await proxy.stop()

    play(scenario)
