"""What a host on an Asterisk keeps of calls that are over: no more after many than after some."""

import asyncio
import gc
import tracemalloc

import pytest

from ccroute import KpiAggregator, Plan, Router
from ccroute.host import Host, TenantSettings
from ccroute.journal import MemoryJournal
from ccroute.testing import ManualTime
from ccroute.testing.asterisk import SimulatedAsterisk
from ccroute_asterisk import asterisk
from ccroute_asterisk.ari import adapter, going

PLAN = """
retention = "1m"
[queues.sales]
wrap_up = { mode = "none" }
"""
BOUND = 10
"""Of what the adapter keeps by number."""
CALLS = 4 * BOUND
KEPT = 60.0
"""Seconds of all that is bounded by time."""
MOST = 330.0
"""Bytes that a call may leave. 260 are: half of them who handled whom, which the host keeps of its
last 10,000 contacts, the other half less and less. One that is not bounded makes it 420 and more.
"""
OURS = [
    *(tracemalloc.Filter(True, it) for it in ("*/ccroute/*", "*/ccroute_asterisk/*")),
    tracemalloc.Filter(False, "*/ccroute/testing/*"),
    # The engine's state, in checkpoints too, is measured by its length.
    tracemalloc.Filter(False, "*/_readings.py"),
]


def kept(router: Router) -> tuple[int, int]:
    """Bytes of the objects made by host and adapter, and of the engine's state."""
    gc.collect()
    made = tracemalloc.take_snapshot().filter_traces(OURS)
    return sum(it.size for it in made.traces), len(router.snapshot())


async def calls(pbx: SimulatedAsterisk, host: Host, time: ManualTime, count: int) -> None:
    """So many, one after the other; then what is bounded by time goes but for the last."""
    for _ in range(count):
        caller = pbx.call(dialled="900100", args=["sales"])
        while not pbx.at("PJSIP/201", "Ringing"):
            await time.run(0.1)
        pbx.answer("PJSIP/201")
        while host.router().explain(f"pbx:{caller}").phase != "engaged":
            await time.run(0.1)
        pbx.hang_up(caller)
        await time.run(1)
    await time.run(2 * KEPT)


def test_calls_that_are_over_leave_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (adapter, going):
        assert module.REMEMBERED > BOUND
        monkeypatch.setattr(module, "REMEMBERED", BOUND)

    async def scenario() -> None:
        time = ManualTime()
        pbx = SimulatedAsterisk(time, phones=["PJSIP/201"])
        await pbx.start()
        link = asterisk("pbx", {"url": pbx.url, "user": "ccroute", "password": "swordfish"})
        host = Host(
            Router(Plan.from_toml(PLAN), clock=time, aggregator=KpiAggregator(retention=KEPT)),
            adapters={"pbx": link},
            settings=TenantSettings(directory={"ana": {"pbx": "PJSIP/201"}}),
            journal=MemoryJournal(window=KEPT),
            time=time,
        )
        async with host:
            await time.run(1)
            await host.agent("ana").sign_in(queues=["sales"], capacity={"voice": 1})
            await host.agent("ana").ready()
            await calls(pbx, host, time, CALLS)
            tracemalloc.start()
            await calls(pbx, host, time, CALLS)
            some = kept(host.router())
            for _ in range(3):
                await calls(pbx, host, time, CALLS)
            many = kept(host.router())
            tracemalloc.stop()
        await pbx.stop()
        for before, after in zip(some, many, strict=True):
            assert before > 0
            assert (after - before) / (3 * CALLS) < MOST

    asyncio.run(asyncio.wait_for(scenario(), 120))
