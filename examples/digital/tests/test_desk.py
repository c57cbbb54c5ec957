"""A desk of chats and e-mails: customers who fall silent, who come back, who wait overnight.

Router and adapter are joined by hand here, in `Desk`; a `Host` does the same and more.
"""

import asyncio
import itertools
from collections import Counter
from datetime import datetime
from functools import wraps
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from ccroute import OpenTime, Plan, Router
from ccroute.adapters import (
    Abandoned,
    Arrived,
    Bridged,
    Connect,
    ContactSignal,
    Disconnected,
    Ended,
    HangUp,
    LinkDown,
    Wrote,
)
from ccroute.metrics import records, report_visits, visit_table
from ccroute.testing import ManualTime, settle
from ccroute_pigeon import PigeonAdapter
from ccroute_pigeon.service import Pigeon

PLAN = Plan.from_toml((Path(__file__).parents[1] / "plan.toml").read_text())
MADRID = ZoneInfo("Europe/Madrid")
MINUTE, HOUR = 60.0, 3600.0
SETTINGS = {"url": "https://pigeon.test", "callback": "https://centre.test/pigeon", "key": "k"}


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=MADRID).timestamp()


class Desk:
    """Pigeon, the adapter, and a router, joined as a host joins them."""

    def __init__(self, start="2026-11-27 10:00", **settings):
        self.time = ManualTime(at(start))
        self.pigeon = Pigeon(self.time, key="k")
        self.adapter = PigeonAdapter("pigeon", SETTINGS | settings, self.pigeon.request)
        self.pigeon.receiver = self.adapter.handle_http
        self.router = Router(PLAN, clock=self.time)
        self.heard, self.events, self.fresh = [], [], []
        self.ids = itertools.count(1)

    # The sink

    def push(self, signal):
        self.heard.append(signal)
        self.fresh.append(signal)
        return True

    def resync(self, snapshot):
        self.snapshot = snapshot

    # What a host does

    def envelope(self):
        return {"id": f"i{next(self.ids)}", "deadline": self.time.now() + 10.0, "tenant": "acme"}

    async def turn(self):
        """Lets signals and events follow each other until nothing follows."""
        self.router.advance()
        await settle()
        while self.fresh or (events := list(self.router.events())):
            for event in [] if self.fresh else events:
                self.events.append(event)
                if event.kind == "offer_made":  # every agent accepts at once
                    self.router.accept(event.offer)
                    about = {"contact": event.contact, "offer": event.offer, "agent": event.agent}
                    await self.adapter.execute(Connect(**self.envelope(), **about))
            fresh, self.fresh = self.fresh, []
            for signal in fresh:
                self.hear(signal)
            await settle()

    def hear(self, signal):
        match signal:
            case Arrived():
                self.router.enqueue(
                    signal.contact,
                    channel=signal.channel,
                    customer=signal.customer,
                    conversation=signal.conversation,
                    previous=signal.previous,
                    attributes=signal.attributes,
                )
            case Bridged():
                self.router.connected(signal.contact)
            case Disconnected():
                self.router.release(signal.contact, by=signal.by)
            case Abandoned():
                self.router.cancel(signal.contact)

    async def run(self, seconds, step=1.0):
        """Lets time pass."""
        end = self.time.now() + seconds
        while self.time.now() < end:
            await self.time.run(min(step, end - self.time.now()))
            await self.turn()

    async def come(self, *agents):
        for agent in agents:
            self.router.sign_in(agent)
            self.router.ready(agent)
        await self.turn()

    async def write(self, customer, **more):
        session = self.pigeon.write(customer, **more)
        await self.turn()
        return session

    async def end(self, contact):
        """The agent is done with it, at ccroute's desk."""
        await self.adapter.execute(HangUp(**self.envelope(), contact=contact))
        await self.turn()

    # What came of it

    def of(self, contact):
        return [it for it in self.heard if isinstance(it, ContactSignal) and it.contact == contact]

    def kinds(self, contact):
        return [type(it).__name__ for it in self.of(contact) if not isinstance(it, Wrote)]

    def agents(self):
        """Who has what now."""
        talks = self.pigeon.talks.values()
        return {talk.session: talk.agent for talk in talks if talk.agent is not None}


def on_desk(**given):
    """Plays a scene on a desk."""

    def made(scene):
        @wraps(scene)
        def test():
            async def played():
                desk = Desk(**given)
                await desk.adapter.open(desk, desk.time)
                try:
                    await scene(desk)
                finally:
                    await desk.pigeon.stop()
                    await desk.adapter.close(0.0)

            asyncio.run(played())

        del test.__wrapped__  # or pytest asks for a fixture
        return test

    return made


def words(desk, session):
    return [text for by, text in desk.pigeon.talks[session].texts if by == "system"]


# Silence


@on_desk(poll=HOUR)  # nothing but the silence itself makes it look
async def test_a_silent_customer_frees_the_slot(desk):
    await desk.come("ana")
    session = await desk.write("rosa")
    assert desk.agents() == {session: "ana"}
    await desk.run(8 * MINUTE - 2)
    assert words(desk, session) == []
    await desk.run(3)
    assert len(words(desk, session)) == 1
    await desk.run(2 * MINUTE - 3)
    assert desk.kinds(session) == ["Arrived", "Bridged"]
    assert len(words(desk, session)) == 1  # once
    await desk.run(3)
    assert desk.kinds(session) == ["Arrived", "Bridged", "Disconnected", "Ended"]
    disconnected, ended = desk.of(session)[-2:]
    assert (disconnected.by, ended.cause) == ("system", "silence")
    assert desk.agents() == {}
    # The slot is free: three come at once, and the router gives her all of them.
    for customer in ("a", "b", "c"):
        await desk.write(customer)
    assert Counter(desk.agents().values()) == {"ana": 3}


@on_desk()
async def test_every_word_gives_the_whole_time_anew(desk):
    await desk.come("ana")
    session = await desk.write("rosa")
    await desk.run(9 * MINUTE)  # warned
    assert len(words(desk, session)) == 1
    await desk.write("rosa", text="yes")
    await desk.run(7 * MINUTE)
    desk.pigeon.answer(session)
    await desk.run(7 * MINUTE)
    assert desk.agents() == {session: "ana"}
    assert len(words(desk, session)) == 1
    await desk.run(90.0)
    assert len(words(desk, session)) == 2  # for this silence
    await desk.run(2 * MINUTE)
    assert desk.kinds(session)[-1] == "Ended"


@on_desk()
async def test_who_waits_for_an_agent_is_not_hurried(desk):
    session = await desk.write("rosa")
    await desk.run(20 * MINUTE, step=30.0)
    assert words(desk, session) == []
    assert desk.kinds(session) == ["Arrived"]
    await desk.come("ana")
    await desk.run(9 * MINUTE)  # from when somebody was there to talk with
    assert desk.agents() == {session: "ana"}


@on_desk(channels={"chat": {"silence": 30.0}, "email": {"silence": 3600.0, "warning": 60.0}})
async def test_each_channel_has_its_own_patience(desk):
    await desk.come("ana", "bea")
    chat = await desk.write("rosa")
    mail = await desk.write("rosa", channel="email", subject="invoice")
    await desk.run(31.0)
    assert desk.kinds(chat)[-1] == "Ended"
    assert [text for _, text in desk.pigeon.talks[mail].texts] == ["Hello"]
    await desk.run(3600.0 - 31.0 - 59.0, step=20.0)
    assert len(words(desk, mail)) == 1
    await desk.run(70.0)
    assert [it.cause for it in desk.of(mail) if isinstance(it, Ended)] == ["silence"]


@on_desk()
async def test_a_word_in_the_last_moment_keeps_the_conversation(desk):
    await desk.come("ana")
    session = await desk.write("rosa")
    await desk.run(9 * MINUTE + 58)
    # It is written, and the adapter has not heard of it when it asks to close.
    desk.pigeon.keeps = True
    desk.pigeon.write("rosa", "wait!")
    desk.pigeon.keeps = False
    await desk.run(5)
    assert desk.agents() == {session: "ana"}
    await desk.run(20)  # until the missing word has been looked up
    assert desk.agents() == {session: "ana"}
    await desk.run(8 * MINUTE)
    assert desk.agents() == {session: "ana"}


@on_desk()
async def test_a_slot_is_freed_as_soon_as_pigeon_lets_us(desk):
    await desk.come("ana")
    session = await desk.write("rosa")
    await desk.run(9 * MINUTE)
    desk.pigeon.throttle = 2, 20.0
    asked = len(desk.pigeon.asked[""])
    await desk.run(MINUTE + 30)
    assert desk.agents() == {session: "ana"}
    await desk.run(15)
    assert desk.agents() == {}
    begun = desk.pigeon.asked[""][asked:]
    assert [round(b - a) for a, b in itertools.pairwise(begun)] == [20, 20]


@on_desk()
async def test_silence_is_measured_across_a_broken_link(desk):
    await desk.come("ana")
    session = await desk.write("rosa")
    desk.pigeon.skew = HOUR  # a wrong clock alters nothing
    await desk.run(5 * MINUTE)
    desk.pigeon.break_off()
    await desk.run(60)
    assert any(isinstance(it, LinkDown) for it in desk.heard)
    desk.pigeon.mend()
    await desk.run(4 * MINUTE - 5)
    assert desk.agents() == {session: "ana"}
    desk.pigeon.skew = -HOUR
    await desk.run(10)
    assert desk.agents() == {}
    assert desk.of(session)[-1].cause == "silence"


# Coming back


@pytest.mark.parametrize(("customer", "agent"), [("rosa", "ana"), ("luis", "bea")])
@pytest.mark.parametrize("channel", ["chat", "email"])
def test_a_reply_comes_back_to_the_same_agent(customer, agent, channel):
    """And a stranger, at the same moment, to the other one, who has been idle for longer."""

    @on_desk(poll=HOUR)
    async def scene(desk):
        await desk.come("ana")
        first = await desk.write("rosa", channel=channel, subject="invoice")
        await desk.come("bea")
        await desk.run(11 * MINUTE)
        if channel == "chat":
            assert desk.of(first)[-1].cause == "silence"
        else:
            await desk.end(first)
            await desk.run(20 * HOUR, step=HOUR)
        assert desk.agents() == {}
        second = await desk.write(customer, channel=channel, text="and now?")
        assert desk.agents() == {second: agent}
        arrived = desk.of(second)[0]
        assert arrived.conversation == f"{channel}:{customer}"
        assert arrived.previous == (first if customer == "rosa" else None)
        assert arrived.customer == customer

    scene()


@on_desk()
async def test_a_reply_waits_for_the_same_agent_and_then_for_nobody(desk):
    await desk.come("ana")
    await desk.write("rosa")
    await desk.run(11 * MINUTE)
    for customer in "abc":
        await desk.write(customer)  # Ana has no slot left
    await desk.come("bea")
    reply = await desk.write("rosa")
    await desk.run(2 * MINUTE - 5)
    assert reply not in desk.agents()
    await desk.run(10)
    assert desk.agents()[reply] == "bea"


@on_desk()
async def test_several_chats_and_e_mails_go_to_one_agent_up_to_the_slots(desk):
    await desk.come("ana")
    chats = [await desk.write(f"c{n}") for n in range(4)]
    mails = [await desk.write(f"m{n}", channel="email", subject="hi") for n in range(3)]
    assert desk.agents() == dict.fromkeys([*chats[:3], *mails[:2]], "ana")
    await desk.end(chats[1])
    assert set(desk.agents()) == {chats[0], chats[2], chats[3], *mails[:2]}
    desk.pigeon.finish(mails[0])  # at Pigeon's own desk
    await desk.turn()
    assert [it.by for it in desk.of(mails[0]) if isinstance(it, Disconnected)] == ["agent"]
    assert mails[2] in desk.agents()


@on_desk()
async def test_who_leaves_before_there_is_an_agent_has_abandoned(desk):
    session = await desk.write("rosa")
    desk.pigeon.leave(session)
    await desk.turn()
    assert desk.kinds(session) == ["Arrived", "Abandoned", "Ended"]
    await desk.come("ana")
    assert desk.agents() == {}


# E-mails overnight


@on_desk(start="2026-11-27 17:50", poll=HOUR)
async def test_an_e_mail_waits_overnight_and_only_open_hours_count(desk):
    mail = await desk.write("rosa", channel="email", subject="invoice")  # on a Friday
    late = await desk.write("luis", channel="email", subject="offer")
    await desk.run(at("2026-11-30 09:05") - desk.time.now(), step=HOUR)
    assert desk.kinds(mail) == ["Arrived"]  # nobody hurried, nothing lost
    await desk.come("ana")
    assert set(desk.agents()) == {mail, late}
    await desk.run(30 * MINUTE, step=MINUTE)
    await desk.end(mail)
    await desk.end(late)
    visits = desk.router.metrics.visits(at("2026-11-27 00:00"), at("2026-12-01 00:00"))
    taken = records(visits)
    office = OpenTime(PLAN, "office")
    assert sorted(office.records(taken)["wait_us"] // 1_000_000) == [15 * MINUTE] * 2
    within = PLAN.queues["mail"].service_level.within
    targets = {"mail": (within, 0.0)}
    level = "sl.answered_within"
    opened = report_visits(
        visit_table(office.records(taken)), kpis=[level, "asa"], targets=targets
    )["mail"]
    assert (opened[level].value, opened["asa"].value) == (1.0, 15 * MINUTE)
    by_clock = report_visits(visit_table(taken), kpis=[level], targets=targets)["mail"]
    assert by_clock[level].value == 0.0
