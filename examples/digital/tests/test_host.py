"""The same desk with a real host: chats and e-mails, offers accepted by agents at their screens."""

import asyncio
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from ccroute import Plan, Router
from ccroute.host import Host
from ccroute.testing import ManualTime, settle
from ccroute_pigeon import PigeonAdapter
from ccroute_pigeon.service import Pigeon

PLAN = Plan.from_toml((Path(__file__).parents[1] / "plan.toml").read_text())
MADRID = ZoneInfo("Europe/Madrid")
SETTINGS = {"url": "https://pigeon.test", "callback": "https://centre.test/pigeon", "key": "k"}


class Centre:
    """A host, its link to Pigeon, and agents who accept what they are offered."""

    def __init__(self, start="2026-11-27 10:00"):
        self.time = ManualTime(datetime.fromisoformat(start).replace(tzinfo=MADRID).timestamp())
        self.pigeon = Pigeon(self.time, key="k")
        self.adapter = PigeonAdapter("pigeon", SETTINGS, self.pigeon.request)
        self.host = Host(
            Router(PLAN, clock=self.time), adapters={"pigeon": self.adapter}, time=self.time
        )
        self.pigeon.receiver = lambda request: self.host.handle_http("pigeon", request)

    async def come(self, *agents):
        for agent in agents:
            desk = self.host.agent(agent)
            await desk.sign_in()
            await desk.ready()
        await self.accept()

    async def accept(self):
        """Every agent accepts whatever is offered."""
        await settle()
        for agent in ("ana", "bea"):
            for offer in self.host.agent(agent).state().offers:
                await self.host.agent(agent).accept(offer.offer)
        await settle()

    async def write(self, customer, **more):
        session = self.pigeon.write(customer, **more)
        await self.accept()
        return session

    def agents(self):
        talks = self.pigeon.talks.values()
        return {talk.session: talk.agent for talk in talks if talk.agent is not None}


def test_silence_frees_the_slot_and_a_reply_returns_to_the_same_agent():
    async def scene():
        centre = Centre()
        async with centre.host:
            await centre.come("ana", "bea")
            first = await centre.write("zoe")
            agent = centre.agents()[first]
            await centre.time.run(700)  # ten minutes without a word, and a warning before
            assert centre.agents() == {}
            assert centre.host.supervise().talking() == []
            again = await centre.write("zoe")
            assert again != first
            assert centre.agents() == {again: agent}
            story = centre.host.router().story(f"pigeon:{again}")
            assert story.customer == "zoe"
            assert story.previous == first

    asyncio.run(scene())


def test_an_agent_has_several_chats_and_ends_one_at_the_desk():
    async def scene():
        centre = Centre()
        async with centre.host:
            await centre.come("ana")
            chats = [await centre.write(name) for name in ("eva", "leo", "mia")]
            assert centre.agents() == dict.fromkeys(chats, "ana")
            late = await centre.write("sam")
            assert late not in centre.agents()  # three at a time
            await centre.host.agent("ana").release(f"pigeon:{chats[0]}")
            await centre.accept()
            assert centre.agents() == dict.fromkeys([*chats[1:], late], "ana")

    asyncio.run(scene())


def test_a_host_that_was_away_finds_the_chats_that_went_on():
    async def scene():
        centre = Centre()
        async with centre.host:
            await centre.come("ana")
            first = await centre.write("zoe")
        centre.adapter = PigeonAdapter("pigeon", SETTINGS, centre.pigeon.request)
        centre.host = Host(
            Router(PLAN, clock=centre.time),
            adapters={"pigeon": centre.adapter},
            time=centre.time,
        )
        async with centre.host:
            (talk,) = centre.host.supervise().talking()
            assert (talk.contact, talk.parts) == (f"pigeon:{first}", {"ana": "primary"})

    asyncio.run(scene())


def test_the_time_to_the_first_word_of_an_agent_is_a_figure():
    async def scene():
        centre = Centre()
        async with centre.host:
            first = await centre.write("zoe")
            await centre.time.run(30)
            await centre.come("ana")
            await centre.time.run(20)
            for _ in range(2):
                centre.pigeon.answer(first)
                await settle()
                await centre.time.run(5)
            report = centre.host.router().metrics.report((), kpis=["first_response"])
            assert (report[()]["first_response"].n, report[()]["first_response"].value) == (1, 50.0)

    asyncio.run(scene())
