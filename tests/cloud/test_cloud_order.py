"""The cloud's messages in any order, as often as they come, or not at all."""

import asyncio
import itertools
import random

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.cloud.driver import KEY, settings_of
from tests.cloud.story import AGENTS, STEPS, Bench, Ear, grammar_faults, state_of

from ccroute.adapters import (
    Arrived,
    Bridged,
    ContactSignal,
    Disconnected,
    Ended,
    Gap,
    HttpResponse,
    OfferFailed,
    OfferSignal,
    Parked,
    PlatformSnapshot,
    SentAway,
)
from ccroute.testing import CloudAdapter, ManualTime, SimulatedCloud, settle

# A conversation is rare by chance: half of the stories begin with one.
TALK = [("call", 0), ("park", 0), ("ring", 0), ("answer", 0), ("connect", 0)]
RANDOM = st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 3)), max_size=14)
STORIES = st.one_of(RANDOM, RANDOM.map(lambda steps: TALK + steps))


async def told_in_order(steps):
    """The requests of a story, what was heard of it, and what the cloud held at its end."""
    bench = await Bench.up()
    for what, place in steps:
        await bench.step(what, place)
    held = state_of(await bench.adapter.snapshot())
    told, requests, rings = bench.told(), list(bench.cloud.requests), bench.rings
    await bench.down()
    return told, requests, rings, held


async def told_from(requests, rings):
    """What another adapter hears of requests, on a cloud that lists nothing."""
    bench = await Bench.up()
    bench.rings = rings
    statuses = {(await bench.adapter.handle_http(request)).status for request in requests}
    held = state_of(await bench.adapter.snapshot())
    told = bench.told()
    await bench.down()
    return told, held, statuses


@given(STORIES, st.randoms(use_true_random=False))
@settings(max_examples=120, deadline=None)
def test_any_order_and_number_of_messages_tells_the_same(steps, draw):
    async def scene():
        told, requests, rings, held = await told_in_order(steps)
        for story in told.values():
            assert grammar_faults(story) == []
        mixed = requests + draw.choices(requests, k=len(requests) // 2) if requests else []
        draw.shuffle(mixed)
        again, held_again, statuses = await told_from(mixed, rings)
        assert again == told
        assert held_again == held
        assert statuses <= {204}

    asyncio.run(scene())


def test_every_order_of_a_short_call_tells_the_same():
    steps = [("call", 0), ("ring", 0), ("reject", 0), ("leave", 0)]

    async def scene():
        told, requests, rings, _ = await told_in_order(steps)
        assert len(requests) == 6
        for order in itertools.permutations(requests):
            again, held, _ = await told_from([*order, order[0]], rings)
            assert (again, held) == (told, [])

    asyncio.run(scene())


class Folded:
    """What signals and snapshots add up to: contacts, their agents, and the offers there are."""

    def __init__(self, heard):
        self.agents, self.offers, self.talks = {}, set(), {}
        for it in heard:
            self.hear(it)

    def hear(self, it):
        match it:
            case PlatformSnapshot():
                legs = [(one.contact, leg) for one in it.contacts for leg in one.offers]
                self.agents = {one.contact: one.agent for one in it.contacts}
                self.offers = {leg.offer for _, leg in legs}
                self.talks = {contact: leg.offer for contact, leg in legs if leg.state == "bridged"}
            case Arrived() | Parked() | Disconnected() | SentAway():
                self.agents[it.contact] = None
                self.offers.discard(self.talks.pop(it.contact, None))
            case Bridged():
                self.agents[it.contact], self.talks[it.contact] = it.agent, it.offer
            case Ended():
                del self.agents[it.contact]
            case OfferFailed():
                self.offers.discard(it.offer)
            case OfferSignal():
                self.offers.add(it.offer)


@given(STORIES, st.integers(0, 1 << 16))
@settings(max_examples=80, deadline=None)
def test_lost_late_and_mixed_messages_end_in_what_the_cloud_holds(steps, seed):
    async def scene():
        bench = await Bench.up(seed=seed)
        draw = random.Random(seed)
        bench.cloud.disorder()

        async def lossy(request):
            if draw.random() < 0.2:
                return await keep_silent(request)
            return await bench.adapter.handle_http(request)

        bench.cloud.deliver_to(lossy)
        for what, place in steps:
            await bench.step(what, place)
            await bench.time.run(draw.choice([0.0, 0.2, 3.0]))
        # As long as it takes to miss something: a look, the patience, and another look.
        await bench.time.run(20.0)
        folded = Folded(bench.ear.heard)
        calls = {call.contact: call for call in bench.cloud.calls()}
        assert folded.agents == {
            contact: call.legs[call.bridge].tags["agent"] if call.bridge else None
            for contact, call in calls.items()
        }
        assert folded.offers == {
            leg.tags["offer"] for call in calls.values() for leg in call.legs.values()
        }
        for contact in {it.contact for it in bench.ear.of(ContactSignal)}:
            ends = [it for it in bench.ear.of(Ended) if it.contact == contact]
            assert len(ends) <= 1
        # What comes later still says nothing that was not known.
        heard = len(bench.ear.heard)
        for request in bench.cloud.requests:
            await bench.adapter.handle_http(request)
        assert bench.ear.heard[heard:] == []
        await bench.down()

    asyncio.run(scene())


async def keep_silent(request):
    await settle(1)
    return HttpResponse(status=204)


def test_a_message_that_never_comes_is_looked_up():
    async def scene():
        bench = await Bench.up(patience=3.0, poll=60.0)
        contact = bench.cloud.call()
        await settle()
        bench.cloud.keep_requests()
        await bench.step("park", 0)  # its message is lost
        bench.cloud.restore()
        await bench.step("ring", 0)
        assert [type(it) for it in bench.ear.of(ContactSignal)] == [Arrived]
        assert bench.ear.of(OfferSignal) == []  # they wait for the one before
        await bench.time.run(2.0)
        assert bench.ear.of(Gap) == []
        opened = bench.time.now()
        await bench.time.run(4.0)
        (gap,) = bench.ear.of(Gap)
        assert gap.since <= opened <= gap.until
        snapshot = bench.ear.of(PlatformSnapshot)[-1]
        (held,) = snapshot.contacts
        assert (held.contact, held.offers[0].state, held.offers[0].agent) == (
            contact,
            "ringing",
            "ana",
        )
        assert held.offers[0].instruction == bench.rings[held.offers[0].offer].id
        # What comes next is heard as ever, what was lost says nothing any more.
        heard = len(bench.ear.heard)
        for request in bench.cloud.requests:
            await bench.adapter.handle_http(request)
        assert bench.ear.heard[heard:] == []
        await bench.step("answer", 0)
        assert type(bench.ear.heard[-1]).__name__ == "Answered"
        await bench.down()

    asyncio.run(scene())


def test_messages_that_stay_away_are_noticed_by_looking():
    async def scene():
        bench = await Bench.up(patience=2.0, poll=20.0)
        bench.cloud.keep_requests()
        contact = bench.cloud.call()
        await bench.time.run(19.0)
        assert bench.ear.of(Gap) == []
        await bench.time.run(6.0)
        assert len(bench.ear.of(Gap)) == 1
        assert [it.contact for it in bench.ear.of(PlatformSnapshot)[-1].contacts] == [contact]
        bench.cloud.leave(contact)
        await bench.time.run(30.0)
        assert bench.ear.of(PlatformSnapshot)[-1].contacts == ()
        assert len(bench.ear.of(Gap)) == 2
        # A quiet cloud is no gap.
        await bench.time.run(300.0)
        assert len(bench.ear.of(Gap)) == 2
        await bench.down()

    asyncio.run(scene())


def test_replays_are_counted_and_ask_for_nothing():
    async def scene():
        bench = await Bench.up()
        await bench.step("call", 0)
        await bench.step("park", 0)
        for _ in range(700):
            for request in bench.cloud.requests:
                await bench.adapter.handle_http(request)
        await bench.time.run(60.0)
        assert bench.ear.of(Gap) == []
        assert dict((await bench.adapter.probe()).counters)["replayed"] == 1400
        await bench.down()

    asyncio.run(scene())


def test_a_contact_that_came_and_went_half_heard_is_let_go():
    async def scene():
        bench = await Bench.up()
        bench.cloud.keep_requests()
        for step in ("call", "park", "leave"):
            await bench.step(step, 0)
        bench.cloud.restore()
        came, *rest = bench.cloud.requests
        for request in rest:
            await bench.adapter.handle_http(request)
        await bench.time.run(300.0)
        assert len(bench.ear.of(Gap)) == 1  # and not again and again
        assert bench.ear.of(ContactSignal) == []
        await bench.adapter.handle_http(came)
        assert bench.ear.of(ContactSignal) == []
        await bench.down()

    asyncio.run(scene())


def test_what_is_heard_while_the_list_is_on_its_way_is_later_than_the_list():
    async def scene():
        time = ManualTime()
        cloud = SimulatedCloud(time, key=KEY)
        meanwhile = []

        async def transport(request):
            reply = await cloud.request(request)
            if request.method == "GET" and meanwhile:
                meanwhile.pop()()
                await settle()
            return reply

        adapter, ear = CloudAdapter("cloud", settings_of(), transport), Ear()
        cloud.deliver_to(adapter.handle_http)
        await adapter.open(ear, time)
        bench = Bench(time, cloud, adapter, ear)
        for step in ("call", "call", "call"):
            await bench.step(step, 0)
        rung, left, missed = (call.contact for call in cloud.calls())
        await bench.do(bench.ring(rung))
        cloud.keep_requests()
        cloud.update(missed, {"mood": "lost"})  # so that there is something to look up
        cloud.restore()
        await time.run(14.0)

        def later():
            cloud.answer(AGENTS["ana"])
            cloud.leave(left)
            cloud.call()

        meanwhile.append(later)
        await time.run(10.0)
        assert meanwhile == []
        assert len(ear.of(Gap)) == 1
        held = {it.contact: it for it in ear.of(PlatformSnapshot)[-1].contacts}
        assert list(held) == [rung, missed, cloud.calls()[-1].contact]
        assert held[rung].offers[0].state == "answered"
        assert state_of(await adapter.snapshot()) == state_of(ear.of(PlatformSnapshot)[-1])
        await bench.down()

    asyncio.run(scene())
