"""A day in a host of which bundles are made, and what stands in them."""

import asyncio
import io
import zipfile
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path

import pytest

from ccroute import (
    Accept,
    Enqueue,
    Plan,
    Rejected,
    Router,
)
from ccroute.host import (
    Host,
    TenantIncident,
    TenantSettings,
    read_incident,
)
from ccroute.journal import MemoryJournal
from ccroute.testing import LoopbackAdapter, LoopbackPlatform, ManualTime

PLAN = Plan.from_toml("""
[[classification.rules]]
name = "gold"
when = 'segment == "gold" || caller.startsWith("+34")'
queue = "billing"
[[classification.rules]]
queue = "sales"
[queues.billing]
preferred.last_agent = "600s"
[queues.sales]
leaving.resume_within = "60s"
exits = { "1" = { end = true } }
[agents.ana]
queues = ["billing", "sales"]
[agents.luis]
queues = ["billing"]
""")

PERSONAL = [
    "gomez-call", "ruiz-call", "600111222", "Evita", "dentist", "cust-gomez", "angry manager",
    "story-77", "before-9", "supervisor-eva", "wont-tell", "7654321",
]  # fmt: skip

Test = Callable[[Host, LoopbackPlatform, ManualTime], Coroutine[None, None, None]]


def in_a_day(test: Test, journal: MemoryJournal | None = None) -> None:
    """Runs ``test`` on a host with a platform on which everything personal was told."""

    async def run() -> None:
        time, platform = ManualTime(), LoopbackPlatform()
        platform.time = time
        async with Host(
            Router(PLAN),
            adapters=[LoopbackAdapter(platform)],
            time=time,
            journal=journal,
            settings=TenantSettings(directory={"ana": {"pbx": "200"}}),
            checkpoint_every=60.0,
        ) as host:
            await a_day(host, platform, time)
            await test(host, platform, time)

    asyncio.run(run())


async def a_day(host: Host, platform: LoopbackPlatform, time: ManualTime) -> None:
    ana = host.agent("ana")
    await ana.sign_in()
    await ana.ready()
    platform.call(
        "gomez-call",
        caller="+34600111222",
        attributes={"name": "Evita", "segment": "gold", "account": 7654321},
        customer="cust-gomez",
    )
    await time.run(1.0)
    platform.answer("ana")
    await time.run(1.0)
    with pytest.raises(Rejected):
        await host.apply(Accept(offer=1), actor="agent:ana")
    platform.call("ruiz-call", caller="600111222")
    told = Enqueue(contact="desk-1", queue="sales", conversation="story-77", previous="before-9")
    await host.apply(told, actor="crm-wont-tell")
    await time.run(130.0)
    await ana.pause("dentist")
    with pytest.raises(Rejected):
        await host.apply(Enqueue(contact="pbx:ruiz-call"), actor="crm-wont-tell")
    supervisor = host.supervise("supervisor-eva")
    await supervisor.move("pbx:ruiz-call", queue="billing", reason="angry manager")
    await time.run(1.0)


def unpacked(data: bytes) -> Iterator[tuple[str, bytes]]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for name in archive.namelist():
            yield name, archive.read(name)


def only(path: Path) -> TenantIncident:
    (it,) = read_incident(path).tenants.values()
    return it


def replayed(it: TenantIncident) -> tuple[Router, list[tuple[str, ...]], list[str | None]]:
    """The router at the end, the events that came of it, and what was refused."""
    router = it.router()
    steps = list(it.replay(router))
    events = [
        (event.kind, event.agent or "", event.queue or "", str(getattr(event, "offer", "")))
        for step in steps
        for event in step.events
    ]
    return router, events, [step.refused for step in steps if step.refused is not None]
