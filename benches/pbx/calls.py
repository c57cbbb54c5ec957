"""Calls a second that are sustained end to end: park, offer, answer, bridge, release.

By ccroute, and by a bare script without engine, on the same Asterisk in the same run, one rate
after the other, which whoever does not sustain it tries once more. Sustained: every caller was
bridged with an agent at once, none twice, and all are gone when they should be. Each round has an
Asterisk that was just started: past its knee it does not get well again.
"""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import attrs
import numpy as np
from tests.pbx.instance import Asterisk

from benches.pbx.callers import PHONES, RING, TALK, Callers

STEP = 20
RATES = range(STEP, 260, STEP)
TRIES = 2
"""How often a rate is tried: a machine that many share is not always there."""
SECONDS = 10.0
LATE = 5.0
"""Seconds after the last caller until all must be gone."""
TICKS = os.sysconf("SC_CLK_TCK")


class Routing:
    """The process that routes."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def ask(self, word: str) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{word}\n".encode())
        return json.loads(await asyncio.wait_for(self._process.stdout.readline(), 60))


@asynccontextmanager
async def routing(module: str, pbx: Asterisk, *words: str) -> AsyncIterator[Routing]:
    """Starts a process that routes, and waits until it is ready."""
    url = pbx.ari_url.removesuffix("/ari")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, url, pbx.secret, *words,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=1 << 26,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        ready = await asyncio.wait_for(process.stdout.readline(), 120)
        assert ready == b"ready\n", ready
        yield Routing(process)
    finally:
        try:
            await asyncio.wait_for(process.wait(), LATE)
        except TimeoutError:
            process.kill()
            await process.wait()


@attrs.frozen(kw_only=True)
class Round:
    """What one rate led to."""

    who: str
    rate: int
    calls: int
    answers: int
    gone: bool
    cores: float
    figures: dict[str, Any]

    @property
    def bridged(self) -> int:
        return len(self.figures["answer_to_bridge"])

    @property
    def sustained(self) -> bool:
        """Every call accounted for, by far ends and by whoever routes."""
        told = self.figures["told"] or {"offered": self.calls, "answered": self.calls}
        counted = (self.answers, self.bridged, told["offered"], told["answered"])
        return self.gone and all(it == self.calls for it in counted)

    def __str__(self) -> str:
        bridge = quantiles(self.figures["answer_to_bridge"], 50, 95)
        ring = quantiles(self.figures["decision_to_ring"], 50, 99)
        cpu = 1000 * self.figures["cpu"] / max(1, self.calls)
        return (
            f"  {self.rate:4}/s {self.who:17} {self.bridged:5} of {self.calls:5} bridged"
            f"{'' if self.sustained else ' NOT sustained'}; "
            f"answer to bridge p50 {bridge[0]:.1f}, p95 {bridge[1]:.1f} ms; "
            f"decision to ring p50 {ring[0]:.1f}, p99 {ring[1]:.1f} ms; "
            f"{cpu:.1f} ms of processor a call; Asterisk {self.cores:.2f} cores"
        )


def quantiles(seconds: Sequence[float], *percents: float) -> list[float]:
    """In milliseconds."""
    if not seconds:
        return [float("nan")] * len(percents)
    return [1000.0 * it for it in np.percentile(np.array(seconds), percents)]


def processor(pid: int) -> float:
    """Seconds of processor time that a process had."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


async def one_round(who: str, module: str, pbx: Asterisk, rate: int, *words: str) -> Round:
    """One rate, by a fresh Asterisk."""
    pbx.restart()
    async with routing(module, pbx, *words) as router, Callers(pbx) as callers:
        before = processor(pbx.pid)
        calls = await callers.calls("sales", rate, SECONDS)
        cores = (processor(pbx.pid) - before) / SECONDS
        gone = await callers.until_gone(calls, RING + TALK + LATE)
        await asyncio.sleep(0.3)
        figures = await router.ask("stop")
        return Round(
            who=who, rate=rate, calls=calls, answers=callers.done["agent answers"], gone=gone,
            cores=cores, figures=figures,
        )  # fmt: skip


def contenders(requests: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Who routes: the module of each, and its words."""
    agents = str(len(PHONES))
    ours = {f"ccroute {it}": ("benches.pbx.ours", it, agents) for it in requests}
    return {"bare": ("benches.pbx.bare",), **ours}


async def sustained(pbx: Asterisk) -> None:
    """Prints each round, and what they say together."""
    racing = contenders(("auto", "http"))
    best = dict.fromkeys(racing, 0)

    async def tried(who: str, rate: int) -> None:
        module, *words = racing[who]
        for _ in range(TRIES):
            it = await one_round(who, module, pbx, rate, *words)
            print(it, flush=True)
            if it.sustained:
                best[who] = rate
                return

    print(
        f"calls a second end to end, {SECONDS:g} s each; "
        f"phones ring {RING:g} s, agents talk {TALK:g} s"
    )
    for rate in RATES:
        for who in racing:
            if best[who] == rate - STEP:
                await tried(who, rate)
    for who in racing:
        await tried(who, best[who] + STEP // 2)
    for who, rate in best.items():
        ratio = f", {rate / best['bare']:.2f} of the bare script" if best["bare"] else ""
        print(f"  sustained by {who}: {rate}/s{ratio}")
