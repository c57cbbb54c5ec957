"""A host's part against the simulated cloud: a story of steps, and what was heard of it."""

import asyncio
import itertools

import attrs
from tests.cloud.driver import KEY, settings_of

from ccroute.adapters import (
    Abandoned,
    Arrived,
    Bridged,
    CancelRing,
    Connect,
    ContactSignal,
    Disconnected,
    Ended,
    HangUp,
    OfferFailed,
    OfferSignal,
    Park,
    Parked,
    PlatformSnapshot,
    Ring,
    SendAway,
    StartHold,
)
from ccroute.testing import CloudAdapter, ManualTime, SimulatedCloud, settle

AGENTS = {"ana": "sip:201@phones.test", "bea": "sip:202@phones.test"}
STEPS = (
    "call", "park", "ring", "answer", "reject", "connect", "hold", "cancel", "leave", "hang_up",
    "end", "away", "update",
)  # fmt: skip


class Ear:
    """A sink that keeps everything, signals and snapshots in order."""

    def __init__(self):
        self.heard = []

    def push(self, signal):
        self.heard.append(signal)
        return True

    def resync(self, snapshot):
        self.heard.append(snapshot)

    def of(self, kind):
        return [it for it in self.heard if isinstance(it, kind)]


@attrs.define
class Bench:
    """A cloud, an adapter on it, and an ear."""

    time: ManualTime
    cloud: SimulatedCloud
    adapter: CloudAdapter
    ear: Ear
    rings: dict = attrs.Factory(dict)
    ids: itertools.count = attrs.Factory(lambda: itertools.count(1))

    @classmethod
    async def up(cls, seed=1, **settings):
        time = ManualTime()
        cloud = SimulatedCloud(time, key=KEY, seed=seed)
        adapter = CloudAdapter("cloud", settings_of(**settings), cloud.request)
        bench = cls(time, cloud, adapter, Ear())
        cloud.deliver_to(adapter.handle_http)
        await adapter.open(bench.ear, time)
        return bench

    async def down(self):
        await self.cloud.stop()
        await self.adapter.close(0.0)

    def envelope(self):
        return {"id": f"i{next(self.ids)}", "deadline": self.time.now() + 10.0, "tenant": "acme"}

    def ring(self, contact, agent="ana", offer=None):
        ring = Ring(
            **self.envelope(),
            contact=contact,
            offer=offer or next(self.ids),
            agent=agent,
            address=AGENTS[agent],
            until=self.time.now() + 30.0,
        )
        self.rings.setdefault(ring.offer, ring)
        return ring

    async def do(self, instruction):
        task = asyncio.ensure_future(self.adapter.execute(instruction))
        await settle()
        return await task

    async def step(self, what, place):
        """One step of a story, with the contact or agent that ``place`` falls on; nothing where
        it does not fit."""
        calls = [call.contact for call in self.cloud.calls()]
        agent = list(AGENTS)[place % 2]
        if what == "call":
            self.cloud.call(caller=f"+34600{place:06}")
        elif what in {"answer", "reject", "hang_up"}:
            getattr(self.cloud, what)(AGENTS[agent])
        elif calls:
            await self._about(what, calls[place % len(calls)], agent)
        await settle()

    async def _about(self, what, contact, agent):
        about = {"contact": contact}
        rings = [ring for ring in self.rings.values() if ring.contact == contact]
        match what:
            case "leave":
                self.cloud.leave(contact)
            case "update":
                self.cloud.update(contact, {"mood": agent})
            case "park":
                await self.do(Park(**self.envelope(), **about, queue="sales"))
            case "ring":
                await self.do(self.ring(contact, agent))
            case "connect" | "cancel" if rings:
                kind = Connect if what == "connect" else CancelRing
                more = {"agent": rings[-1].agent} if what == "connect" else {}
                await self.do(kind(**self.envelope(), **about, offer=rings[-1].offer, **more))
            case "hold":
                await self.do(StartHold(**self.envelope(), **about))
            case "end":
                await self.do(HangUp(**self.envelope(), **about))
            case "away":
                await self.do(SendAway(**self.envelope(), **about, address="tel:+34910000000"))

    def told(self):
        """By contact, all its signals and those of its offers, in order."""
        stories = {}
        for it in self.ear.heard:
            if isinstance(it, ContactSignal):
                stories.setdefault(it.contact, []).append(it)
            elif isinstance(it, OfferSignal):
                stories.setdefault(self.rings[it.offer].contact, []).append(it)
        return stories


ORDER = {"Dialled": "", "Ringing": "Dialled", "Answered": "Ringing"}


class Grammar:
    """Whether a contact's signals come as the contract has them; ``faults``: where not."""

    def __init__(self, story):
        self.faults = []
        self.state: dict[int, str] = {}
        self.talking = False
        self.check(isinstance(story[0], Arrived), story[0])
        for kind in (Arrived, Ended):
            self.check(sum(isinstance(it, kind) for it in story) <= 1, kind)
        for place, it in enumerate(story):
            self.check(not isinstance(it, Ended) or place == len(story) - 1, it)
            if isinstance(it, OfferSignal):
                self.hear_offer(it)
            else:
                self.hear(it)

    def check(self, holds, what):
        if not holds:
            self.faults.append(what)

    def hear_offer(self, it):
        before = self.state.pop(it.offer, "")
        if isinstance(it, OfferFailed):
            self.check(before not in {"", "Bridged"}, it)
        else:
            name = type(it).__name__
            self.check(before == ORDER[name], it)
            self.state[it.offer] = name

    def hear(self, it):
        if isinstance(it, Bridged):
            self.check(not self.talking and self.state.get(it.offer) == "Answered", it)
            self.talking, self.state[it.offer] = True, "Bridged"
        elif isinstance(it, Disconnected | Parked):
            self.check(self.talking or isinstance(it, Parked), it)
            self.talking = False
            self.state = {offer: how for offer, how in self.state.items() if how != "Bridged"}
        elif isinstance(it, Abandoned):
            answered = "Answered" in self.state.values()
            phase = "connecting" if answered else "offering" if self.state else "waiting"
            self.check(not self.talking and it.phase == phase, it)


def grammar_faults(story):
    return Grammar(story).faults


def state_of(snapshot, *, but=("entered_at", "at", "number", "attributes")):
    """What a snapshot holds, but for times and numbers that a list does not know."""
    gone = dict.fromkeys(but)
    return sorted(
        (attrs.evolve(it, arrival=attrs.evolve(it.arrival, **gone)) for it in snapshot.contacts),
        key=lambda it: it.contact,
    )


def last_snapshot(ear):
    return ear.of(PlatformSnapshot)[-1]
