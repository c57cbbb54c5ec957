"""The host: what it costs when nothing happens, when a lot does, and when one tenant floods.

Figures of issue 4 of 6: 500 routers idle at 256 MB and 2 % of a core at most; a tenant that floods
10,000 commands a second less than doubles another's p99; from a signal to the instruction that
follows 2 ms at p99 at 1,000 signals a second on the simulated PBX; `explain` of a queue in
5 ms with 2,000 agents, 600 waiting and 300 talking. They are printed at the end.
"""

import asyncio
import gc
import json
import subprocess
import sys
import time
from asyncio.subprocess import PIPE
from collections.abc import Coroutine
from pathlib import Path

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from ccroute import Advance, Connected, Enqueue, Plan, Ready, Rejected, Router, SignIn
from ccroute.adapters import Arrived, Instruction, Outcome, Park, Ring, Signal
from ccroute.host import Host, TenantSettings
from ccroute_acme import acme

PLAN = """
[queues.billing]
wrap_up = { mode = "none" }
"""
BY_DIALLED = """
[[classification.rules]]
when = "dialled != ''"
queue = "billing"
"""
BUSY = """
[queues.billing]
requires = { all_of = { billing = 5 } }
"""
USERS = {"ana": "101", "bea": "102", "cai": "103"}
LINK = {"host": "127.0.0.1", "user": "ccroute", "password": "swordfish"}
CALLS = Path(__file__).with_name("simulated_calls.py")
SECONDS = 3.0


def once(benchmark: BenchmarkFixture, work: Coroutine[object, object, dict[str, float]]) -> None:
    """Runs it once; its figures stand beside the benchmark's."""
    figures = benchmark.pedantic(lambda: asyncio.run(work), rounds=1)
    benchmark.extra_info["figures"] = figures


def p50(seconds: list[float]) -> float:
    """In milliseconds."""
    return float(np.percentile(np.array(seconds), 50)) * 1000.0


def p99(seconds: list[float]) -> float:
    """In milliseconds."""
    return float(np.percentile(np.array(seconds), 99)) * 1000.0


IDLE = """
import asyncio, json, resource, time
from ccroute import Plan, Router
from ccroute.host import Host
async def main():
    routers = {f"t{n}": Router(Plan.from_toml("[queues.billing]")) for n in range(500)}
    async with Host(routers) as host:
        for name in routers:
            desk = host.agent("ana", tenant=name)
            await desk.sign_in(queues=["billing"], capacity={"voice": 1})
            await desk.ready()
        cpu, wall = time.process_time(), time.perf_counter()
        await asyncio.sleep(10)
        share = (time.process_time() - cpu) / (time.perf_counter() - wall)
        megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps({"percent_of_a_core": 100 * share, "megabytes": megabytes}))
asyncio.run(main())
"""


def test_500_idle_routers(benchmark: BenchmarkFixture) -> None:
    def idle() -> dict[str, float]:
        ran = subprocess.run(
            [sys.executable, "-c", IDLE], capture_output=True, text=True, check=True
        )
        return json.loads(ran.stdout)

    figures = benchmark.pedantic(idle, rounds=1)
    benchmark.extra_info["figures"] = figures


async def asked_in(host: Host, tenant: str, seconds: float) -> list[float]:
    """How long commands of a tenant take, 200 a second."""
    took = []
    until = time.perf_counter() + seconds
    while (began := time.perf_counter()) < until:
        await host.apply(Advance(), actor="bench", tenant=tenant)
        took.append(time.perf_counter() - began)
        await asyncio.sleep(0.005)
    return took


async def flood(host: Host, tenant: str, seconds: float, rate: int) -> int:
    """Asks so many commands a second, as evenly as the loop allows."""
    began, asked = time.perf_counter(), 0
    while (elapsed := time.perf_counter() - began) < seconds:
        while asked < elapsed * rate:
            asked += 1
            try:
                answer = host.tenants[tenant].ask(Advance(), actor="bench")
            except Rejected:
                break
            answer.add_done_callback(lambda it: it.exception())
            if asked % 8 == 0:
                await asyncio.sleep(0)
        await asyncio.sleep(0.0005)
    return asked


def test_a_flood_beside_another_tenant(benchmark: BenchmarkFixture) -> None:
    async def work() -> dict[str, float]:
        routers = {name: Router(Plan.from_toml(PLAN)) for name in ("calm", "flooding")}
        async with Host(routers) as host:
            await asked_in(host, "calm", 0.5)
            alone = p99(await asked_in(host, "calm", SECONDS))
            flooding = asyncio.ensure_future(flood(host, "flooding", SECONDS, 10_000))
            beside = p99(await asked_in(host, "calm", SECONDS))
            asked = await flooding
            done = host.tenants["flooding"].counters.commands
        return {
            "alone_p99_ms": alone, "beside_p99_ms": beside, "ratio": beside / alone,
            "asked_a_second": asked / SECONDS, "done_a_second": done / SECONDS,
        }  # fmt: skip

    once(benchmark, work())


def test_from_signal_to_instruction(benchmark: BenchmarkFixture) -> None:
    """Calls on the simulated PBX, a process of its own: eight signals a call and one a device.

    The first instruction after a caller's arrival is to park; the phone rings when the PBX has
    replied to that, so how long that takes is in part the PBX's.
    """

    async def work() -> dict[str, float]:
        calling = [sys.executable, str(CALLS), "250", str(SECONDS)]
        pbx = await asyncio.create_subprocess_exec(*calling, stdin=PIPE, stdout=PIPE)
        assert pbx.stdin is not None
        assert pbx.stdout is not None
        adapter = acme("pbx", {**LINK, "port": int(await pbx.stdout.readline())})
        came: dict[str, float] = {}
        parked: list[float] = []
        rung: list[float] = []
        execute = adapter.execute

        async def timed(instruction: Instruction) -> Outcome:
            now = time.perf_counter()
            if isinstance(instruction, Park):
                parked.append(now - came[instruction.contact])
            elif isinstance(instruction, Ring) and instruction.contact in came:
                rung.append(now - came.pop(instruction.contact))
            return await execute(instruction)

        adapter.execute = timed  # type: ignore[method-assign]
        settings = TenantSettings(directory={agent: {"acme": it} for agent, it in USERS.items()})
        host = Host(
            Router(Plan.from_toml(PLAN + BY_DIALLED)), adapters=[adapter], settings=settings
        )
        sink = host.links["acme"].sink
        push = sink.push

        def heard(signal: Signal) -> bool:
            if isinstance(signal, Arrived):
                came[signal.contact] = time.perf_counter()
            return push(signal)

        sink.push = heard  # type: ignore[method-assign]
        async with host:
            for agent in USERS:
                await host.agent(agent).sign_in(queues=["billing"], capacity={"voice": 500})
                await host.agent(agent).ready()
            gc.collect()
            gc.freeze()  # as `ccroute run` does
            before, cpu = host.health().links["acme"].counters["signals"], time.process_time()
            pbx.stdin.write(b"\n")
            await asyncio.sleep(SECONDS)
            cpu = time.process_time() - cpu
            signals = host.health().links["acme"].counters["signals"] - before
        pbx.stdin.close()
        await pbx.wait()
        gc.unfreeze()
        return {
            "signals_a_second": signals / SECONDS, "percent_of_a_core": 100 * cpu / SECONDS,
            "calls": float(len(parked)), "p50_ms": p50(parked), "p99_ms": p99(parked),
            "rings": float(len(rung)), "ring_p50_ms": p50(rung), "ring_p99_ms": p99(rung),
        }  # fmt: skip

    once(benchmark, work())


@pytest.fixture(scope="module")
def busy() -> Router:
    """2,000 signed-in agents, 300 of them talking, the rest without the skill that 600 wait for."""
    router = Router(Plan.from_toml(BUSY))
    for number in range(2_000):
        level = 9 if number < 300 else 3
        router.apply(
            SignIn(
                agent=f"a{number}", skills={"billing": level}, queues=("billing",),
                capacity={"voice": 1},
            )
        )  # fmt: skip
        router.apply(Ready(agent=f"a{number}"))
    for number in range(900):
        router.apply(Enqueue(contact=f"c{number}", queue="billing"))
    for event in router.events():
        if event.kind == "offer_made":
            router.accept(event.offer)
            router.apply(Connected(contact=event.contact or ""))
    return router


def test_explain_a_busy_queue(benchmark: BenchmarkFixture, busy: Router) -> None:
    explained = busy.explain_queue("billing")
    assert (explained.waiting, explained.staff) == (600, 2_000)
    benchmark(lambda: busy.explain_queue("billing"))
    benchmark.extra_info["figures"] = {"ms": benchmark.stats["mean"] * 1000}
