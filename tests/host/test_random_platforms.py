"""Platforms that lose, repeat and reorder: whatever was lost, once the link stands again both
sides agree, nobody is rung twice at once, and everybody is served."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.host.stage import AGENTS, PLAN, SETTINGS, die

from ccroute import Plan, Router
from ccroute.adapters import ContactInstruction, Instruction, Outcome, Signal, failed, unknown
from ccroute.host import Host
from ccroute.testing import LoopbackAdapter as PlatformAdapter
from ccroute.testing import LoopbackPlatform as Platform
from ccroute.testing import ManualTime, settle

MOVES = (
    "call", "call", "call", "answer", "answer", "answer", "refuse", "hang_up", "hang_up", "wait",
    "deaf", "hear", "cut", "mend", "twice", "pause", "ready", "restart", "desk_release", "late",
    "lost", "done_unheard", "refused", "throttled", "obeys",
)  # fmt: skip


class Unruly(Platform):
    """Repeats what it said, when told."""

    def __init__(self, rng: random.Random) -> None:
        super().__init__()
        self.rng = rng
        self.said: list[Signal] = []

        self.late: Signal | None = None
        self.hold_back = False

    def push(self, signal: Signal) -> None:
        self.said.append(signal)
        if self.hold_back and self.late is None:
            self.late = signal  # it comes after the next one
            return
        super().push(signal)
        if self.late is not None:
            late, self.late, self.hold_back = self.late, None, False
            super().push(late)

    def legs(self) -> Counter[str]:
        return Counter(contact for contact, _ in self.ringing())


class Game:
    """A host, its platform, and moves at random."""

    def __init__(self, rng: random.Random, path: Path) -> None:
        self.rng, self.path = rng, path
        self.time = ManualTime()
        self.platform = Unruly(rng)
        self.calls = 0
        self.sure = True
        self.host = self.fresh()

    def fresh(self) -> Host:
        return Host(
            Router(Plan.from_toml(PLAN), clock=self.time),
            adapters=[PlatformAdapter(self.platform)],
            settings=SETTINGS,
            time=self.time,
            snapshot=self.path,
        )

    async def begin(self) -> None:
        await self.host.start()
        for agent in AGENTS:
            await self.host.agent(agent).sign_in(queues=["billing"], capacity={"voice": 1})
            await self.host.agent(agent).ready()
        await self.host.save()

    async def move(self, kind: str) -> None:
        match kind:
            case "pause" | "ready" | "desk_release":
                await self.person(kind)
            case "restart":
                await self.restart()
            case "wait":
                await self.time.run(self.rng.choice([0.1, 3.0, 12.0, 20.0]))
            case "deaf" | "hear" | "cut" | "mend" | "twice" | "late":
                self.wire(kind)
            case "lost" | "done_unheard" | "refused" | "throttled" | "obeys":
                self.platform.answers = self.moods()[kind]
                self.sure = False
            case _:
                self.talk(kind)
        await settle()

    def moods(self) -> dict[str, Callable[[Instruction], Outcome | None]]:
        """How the platform takes what it is told, one time in three."""
        platform, rng = self.platform, self.rng

        def sometimes(outcome: Outcome, *, done: bool = False) -> Callable[[Instruction], Outcome]:
            def answer(it: Instruction) -> Outcome | None:
                if rng.random() > 0.33:
                    return None
                if done and isinstance(it, ContactInstruction) and it.contact in platform.callers:
                    platform._do(it)
                return outcome

            return answer

        return {
            "lost": sometimes(unknown("lost")),
            "done_unheard": sometimes(unknown("done"), done=True),
            "refused": sometimes(failed("rejected")),
            "throttled": sometimes(failed("throttled", retry_after=0.5)),
            "obeys": lambda _: None,
        }

    def talk(self, kind: str) -> None:
        platform, rng = self.platform, self.rng
        match kind:
            case "call":
                self.calls += 1
                platform.call(f"c{self.calls}", queue="billing")
            case "answer" if platform.ringing():
                platform.answer(rng.choice(platform.ringing())[1])
            case "refuse" if platform.ringing():
                _, agent = rng.choice(platform.ringing())
                platform.refuse(agent, rng.choice(["busy", "no_answer", "rejected"]))
            case "hang_up" if platform.callers:
                platform.hang_up(rng.choice(sorted(platform.callers)))
            case _:
                pass

    def wire(self, kind: str) -> None:
        platform = self.platform
        match kind:
            case "deaf" | "hear":
                platform.tell = kind == "hear"
                if platform.tell and platform.up:
                    platform.mend()  # who missed something takes a snapshot
            case "cut" if platform.up:
                platform.cut()
            case "mend" if not platform.up:
                platform.tell = True
                platform.mend()
            case "late":
                platform.hold_back = True
                self.sure = False
            case "twice" if platform.said:
                platform.push(self.rng.choice(platform.said[-5:]))
            case _:
                pass

    async def person(self, kind: str) -> None:
        agent = self.host.agent(self.rng.choice(AGENTS))
        match kind:
            case "pause":
                await agent.pause("tea")
            case "ready":
                await agent.ready()
            case _:
                talking = [it for it in self.host.supervise().talking() if agent.agent in it.parts]
                for it in talking[:1]:
                    await agent.release(it.contact)

    async def restart(self) -> None:
        """Kill -9, and a host that goes on from the last save."""
        await die(self.host)
        self.platform.up = self.platform.tell = True
        self.host = self.fresh()
        await self.host.start()

    def check(self) -> None:
        self.host.router().check()
        assert self.host.health().tenants["main"].broken is None
        # Where a ring could not be stopped at once two phones ring, till it is looked up.
        if self.platform.up and self.platform.tell and self.sure:
            doubled = {it: count for it, count in self.platform.legs().items() if count > 1}
            assert doubled == {}

    async def agree(self) -> None:
        """The link stands, all is heard: both sides hold the same."""
        self.platform.tell, self.platform.hold_back, self.platform.late = True, False, None
        self.platform.answers = lambda _: None
        await self.time.run(60)
        self.platform.mend()
        await settle()
        await self.time.run(60)
        self.sure = True
        boss = self.host.supervise()
        ours = {it.contact for it in boss.waiting()} | {it.contact for it in boss.talking()}
        assert ours == {f"pbx:{it}" for it in self.platform.callers}
        for it in boss.talking():
            caller = self.platform.callers[it.contact.removeprefix("pbx:")]
            assert it.parts == {caller.agent: "primary"}

    async def serve(self) -> None:
        """Nobody is forgotten: all who wait are answered in the end."""
        for agent in AGENTS:
            await self.host.agent(agent).ready()
        for _ in range(3 * self.calls + 10):
            for contact, caller in list(self.platform.callers.items()):
                if caller.agent is not None:
                    self.platform.hang_up(contact)
            for _, agent in self.platform.ringing():
                self.platform.answer(agent)
            await self.time.run(11)
            for agent in AGENTS:
                await self.host.agent(agent).ready()
            if not self.platform.callers:
                break
        assert self.platform.callers == {}
        assert self.host.health().tenants["main"].contacts == 0


@settings(max_examples=60)
@given(moves=st.lists(st.sampled_from(MOVES), min_size=20, max_size=60), seed=st.integers(0, 999))
def test_whatever_was_lost_both_sides_agree_in_the_end(
    moves: list[str], seed: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    async def whole() -> None:
        game = Game(random.Random(seed), tmp_path_factory.mktemp("game") / "state")
        await game.begin()
        for kind in moves:
            await game.move(kind)
            game.check()
        await game.agree()
        game.check()
        await game.serve()
        await game.host.stop()

    asyncio.run(whole())
