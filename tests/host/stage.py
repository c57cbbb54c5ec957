"""A host on a platform without a wire, under time that moves when told."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Self

import attrs

from ccroute import Plan, Router
from ccroute.host import AgentDesk, DeskEvent, DeskState, Host, TenantSettings
from ccroute.journal import MemoryJournal
from ccroute.testing import LoopbackAdapter as PlatformAdapter
from ccroute.testing import LoopbackPlatform as Platform
from ccroute.testing import ManualTime, settle

PLAN = """
[queues.billing]
wrap_up = { mode = "timed", limit = "10s" }
offer = { timeout = "15s" }
"""
AGENTS = ("ana", "ben", "eva")
SETTINGS = TenantSettings(
    directory={agent: {"pbx": f"SIP/{agent}"} for agent in (*AGENTS, "boss")},
    crm_url="https://crm.example/{customer}?contact={contact}&tier={tier}",
    destinations=["+34*", "sip:help@example.com"],
    transfers_per_minute=2,
)


@attrs.define
class Stage:
    """What a scenario plays with."""

    host: Host
    platform: Platform
    time: ManualTime

    async def staff(self, *agents: str) -> None:
        for agent in agents:
            desk = self.host.agent(agent)
            await desk.sign_in(queues=["billing"], capacity={"voice": 1})
            await desk.ready()
        await settle()

    async def call(self, contact: str, **fields: object) -> None:
        self.platform.call(contact, **{"queue": "billing", **fields})
        await settle()

    async def talk(self, contact: str, agent: str) -> None:
        await self.call(contact)
        self.platform.answer(agent)
        await settle()
        assert self.platform.callers[contact].agent == agent

    async def accept(self, agent: str) -> None:
        """What the agent is offered, at the desk."""
        (offer,) = self.host.agent(agent).state().offers
        assert offer.offer is not None
        await self.host.agent(agent).accept(offer.offer)
        await settle()

    async def dies(self) -> None:
        """The host dies, and the platform notices."""
        await die(self.host)
        self.platform.sink = None

    def phase(self, contact: str) -> str:
        return self.host.router().explain(f"pbx:{contact}").phase

    def figures(self, *kpis: str) -> dict[str, float | None]:
        (row,) = self.host.router().metrics.report(kpis=list(kpis))
        return {kpi: row[kpi].value for kpi in kpis}

    def activity(self, agent: str) -> str:
        return self.host.router().explain_agent(agent).activity


Scenario = Callable[[Stage], Awaitable[None]]


def play(
    scenario: Scenario,
    *,
    plan: str = PLAN,
    settings: TenantSettings = SETTINGS,
    capabilities: list[str] | None = None,
    snapshot: Path | None = None,
) -> Stage:
    """Plays a scenario; afterwards the engine is whole and nothing is left running."""

    async def whole() -> Stage:
        time = ManualTime()
        platform = Platform(capabilities)
        host = Host(
            Router(Plan.from_toml(plan), clock=time),
            adapters=[PlatformAdapter(platform)],
            settings=settings,
            time=time,
            snapshot=snapshot,
        )
        stage = Stage(host, platform, time)
        async with host:
            await scenario(stage)
            await settle()
            host.router().check()
            assert host.health().tenants["main"].broken is None
        left = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        assert left == []
        return stage

    return asyncio.run(whole())


def host_on(
    platform: Platform,
    time: ManualTime,
    snapshot: Path | None,
    plan: str = PLAN,
    journal: MemoryJournal | None = None,
) -> Host:
    return Host(
        Router(Plan.from_toml(plan), clock=time),
        adapters=[PlatformAdapter(platform)],
        settings=SETTINGS,
        time=time,
        snapshot=snapshot,
        journal=journal,
    )


async def die(host: Host) -> None:
    """As kill -9: nothing is saved, drained or closed."""
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    # A state that is being written is written to its end, and its file is kept until then.
    await asyncio.gather(*others, return_exceptions=True)
    await settle()


async def begin(
    platform: Platform,
    time: ManualTime,
    snapshot: Path | None,
    plan: str = PLAN,
    journal: MemoryJournal | None = None,
) -> Stage:
    """A host that works until it dies."""
    host = host_on(platform, time, snapshot, plan, journal)
    await host.start()
    return Stage(host, platform, time)


def rung(platform: Platform) -> list[tuple[str, str]]:
    return [(it.contact, it.agent) for it in platform.rings]


@attrs.define
class Screen:
    """What an agent's screen was told."""

    desk: AgentDesk
    shown: list[DeskState | DeskEvent] = attrs.field(factory=list)
    task: "asyncio.Task[None] | None" = None

    async def __aenter__(self) -> Self:
        self.task = asyncio.ensure_future(self._read())
        await settle()
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self.task is not None
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)

    async def _read(self) -> None:
        async for it in self.desk.events():
            self.shown.append(it)

    def kinds(self) -> list[str]:
        return ["state" if isinstance(it, DeskState) else it.kind for it in self.shown]

    def event(self, kind: str) -> DeskEvent:
        return next(it for it in self.shown if isinstance(it, DeskEvent) and it.kind == kind)
