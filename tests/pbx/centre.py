"""A small centre on a real Asterisk: a host with real time, agents at desks, phones by the lab."""

import asyncio
import re
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Self, TypeVar

from tests.pbx.instance import Asterisk
from tests.pbx.phones import FarEnd, Phones

from ccroute import Plan, Rejected, Router
from ccroute.adapters import Adapter, Arrived, PlatformSnapshot, Setting, Signal, Sink, Time
from ccroute.host import AgentDesk, Host, TenantSettings
from ccroute_asterisk import asterisk

PLAN = """
[queues.sales]
wrap_up = { mode = "none" }
offer = { timeout = "15s" }
[queues.support]
wrap_up = { mode = "none" }
offer = { timeout = "15s" }
"""
LINK = "pbx"
PATIENCE = 20.0
"""Seconds that things may take; a loaded machine is late."""
Kind = TypeVar("Kind", bound=Signal)
Hear = Callable[[str, Signal | PlatformSnapshot], None]
NUMBERS = {f"a{number}": str(number) for number in range(101, 140)}


def config(pbx: Asterisk, **more: Setting) -> dict[str, Setting]:
    """Settings of a link to an instance."""
    url = pbx.ari_url.removesuffix("/ari")
    return {"url": url, "user": "ccroute", "password": pbx.secret, **more}


class Tapped:
    """An adapter whose signals the test hears too."""

    def __init__(self, adapter: Adapter, link: str, hear: Hear) -> None:
        self._adapter, self._link, self._hear = adapter, link, hear
        self._sink: Sink | None = None

    def __getattr__(self, name: str) -> object:
        return getattr(self._adapter, name)

    async def open(self, sink: Sink, time: Time) -> None:
        self._sink = sink
        await self._adapter.open(self, time)

    def push(self, signal: Signal) -> bool:
        assert self._sink is not None
        self._hear(self._link, signal)
        return self._sink.push(signal)

    def resync(self, snapshot: PlatformSnapshot) -> None:
        assert self._sink is not None
        self._hear(self._link, snapshot)
        self._sink.resync(snapshot)


class Centre:
    """A host on one Asterisk or several. Agents are called ``a101`` and have the phone 101."""

    def __init__(
        self,
        pbxes: Mapping[str, Asterisk],
        *,
        plan: str = PLAN,
        directory: Mapping[str, Mapping[str, str]] | None = None,
        state: Path | None = None,
        **more: Setting,
    ) -> None:
        self.directory = directory or {
            agent: dict.fromkeys(pbxes, f"Local/{number}@agents/n")
            for agent, number in NUMBERS.items()
        }
        self.host = Host(
            Router(Plan.from_toml(plan)),
            adapters={
                link: Tapped(asterisk(link, config(it, **more)), link, self._hear)
                for link, it in pbxes.items()
            },
            settings=TenantSettings(directory=self.directory, destinations=["7*"]),
            snapshot=state,
            snapshot_every=0.1,
        )
        self._stack = AsyncExitStack()
        self.heard: list[Signal | PlatformSnapshot] = []
        self.refs: dict[str, str] = {}

    async def __aenter__(self) -> Self:
        await self._stack.enter_async_context(self.host)
        await self.until(lambda: all(it.up for it in self.host.links.values()), "the links are up")
        return self

    async def __aexit__(self, *raised: object) -> None:
        if raised[0] is not None:
            told = "".join(f"\n  {it}" for it in self.heard[-20:])
            links = [(it.name, it.counters) for it in self.host.links.values()]
            print(f"heard last:{told}\n{links}")
        await self._stack.aclose()

    def _hear(self, link: str, it: Signal | PlatformSnapshot) -> None:
        self.heard.append(it)
        here = [one.arrival for one in it.contacts] if isinstance(it, PlatformSnapshot) else [it]
        for arrived in here:
            if isinstance(arrived, Arrived):
                ref = (arrived.attributes or {}).get("ref")
                self.refs[f"{link}:{arrived.contact}"] = str(ref)

    @property
    def router(self) -> Router:
        """The host's, which may have gone on from a file."""
        return self.host.router()

    # -- People ---------------------------------------------------------------------------

    async def staff(self, *agents: str, queues: tuple[str, ...] = ("sales",)) -> None:
        """Agents sign in and are ready."""
        for agent in agents:
            await self.desk(agent).sign_in(queues=list(queues), capacity={"voice": 1})
            await self.desk(agent).ready()

    def desk(self, agent: str) -> AgentDesk:
        """An agent's desk."""
        return self.host.agent(agent)

    # -- What is so ------------------------------------------------------------------------

    def contacts(self, *phases: str) -> list[str]:
        """All contacts there were, or those in some phases, in the order of their coming."""
        found = list(self.refs)
        return [it for it in found if not phases or self.phase(it) in phases]

    def contact(self, ref: str) -> str:
        """The contact of a caller, as the dialplan's arguments tell it."""
        return next(it for it, of in self.refs.items() if of == ref)

    async def came(self, ref: str, phase: str = "waiting") -> str:
        """Waits until a caller is there, in a phase; the contact."""
        there = lambda: any(self.refs[it] == ref for it in self.contacts(phase))  # noqa: E731
        await self.until(there, f"{ref} is {phase}")
        return self.contact(ref)

    def signals(self, kind: type[Kind]) -> list[Kind]:
        """What the adapters told, of a kind."""
        return [it for it in self.heard if isinstance(it, kind)]

    def phase(self, contact: str) -> str:
        """Of a contact; empty while it is on its way to the engine."""
        try:
            return self.router.explain(contact).phase
        except Rejected:
            return ""

    def activity(self, agent: str) -> str:
        """What an agent does."""
        return self.router.explain_agent(agent).activity

    def figures(self, *kpis: str) -> dict[str, float | None]:
        """KPIs over all."""
        (row,) = self.router.metrics.report(kpis=list(kpis))
        return {kpi: row[kpi].value for kpi in kpis}

    # -- Waiting ---------------------------------------------------------------------------

    async def until(self, holds: Callable[[], object], told: str, within: float = PATIENCE) -> None:
        """Waits until it holds."""
        end = asyncio.get_running_loop().time() + within
        while not holds():
            assert asyncio.get_running_loop().time() < end, f"not within {within:g} s: {told}"
            await asyncio.sleep(0.02)

    async def nothing_left(self, pbx: Asterisk) -> None:
        """Waits until Asterisk has no channel."""
        try:
            await self.until(lambda: not channels(pbx), "nothing is left at Asterisk")
        except AssertionError as error:
            raise AssertionError(f"{error}: {pbx.cli('core show channels concise')}") from None


async def all_gone(centre: Centre, *pbxes: Asterisk) -> None:
    """Every contact is closed, and no Asterisk has anything left."""
    await centre.until(lambda: len(centre.contacts("closed")) == len(centre.refs), "all are closed")
    for pbx in pbxes:
        await centre.nothing_left(pbx)


async def heard(phones: Phones, what: str, **narrow: object) -> FarEnd:
    """Waits for what a far end does, while the host goes on."""
    return await asyncio.to_thread(phones.wait_for, what, **narrow)  # type: ignore[arg-type]


def channels(pbx: Asterisk) -> list[str]:
    """The channels that an instance has, by its own account; but for those of its music."""
    return [it for it in _channels(pbx) if not it.startswith("Announcer/")]


def playing(pbx: Asterisk) -> list[str]:
    """The channels by which it plays music to bridges."""
    return [it for it in _channels(pbx) if it.startswith("Announcer/ARI_MOH")]


def _channels(pbx: Asterisk) -> list[str]:
    lines = pbx.cli("core show channels concise").splitlines()
    return [line.split("!")[0] for line in lines if "!" in line]


def bridges(pbx: Asterisk) -> list[str]:
    """Its bridges, those of the lab's far ends not counted."""
    return re.findall(r"^(ccroute-\S+)", pbx.cli("bridge show all"), re.MULTILINE)


def quiet(pbx: Asterisk) -> None:
    """Ends whatever a test before left behind."""
    end = time.monotonic() + PATIENCE
    while channels(pbx):
        pbx.cli("channel request hangup all")
        time.sleep(0.05)
        assert time.monotonic() < end, f"still there: {channels(pbx)}"


def fresh() -> str:
    """A name for a call that no other had: what is told late of another is not mistaken for its
    own."""
    return f"call-{secrets.token_hex(4)}"


def play(scenario: Callable[[], Awaitable[None]]) -> None:
    """Plays a scenario in a loop of its own."""
    asyncio.run(asyncio.wait_for(scenario(), 180))
