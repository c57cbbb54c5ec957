"""The same calls by ccroute: host, contract, adapter, engine, metrics."""

import asyncio
import gc
import itertools
import sys
from collections.abc import Mapping

from benches.pbx.callers import PHONES
from benches.pbx.client import Client, Figures
from ccroute import KpiAggregator, Plan, Router
from ccroute.adapters import Answered, Bridged, Instruction, Outcome, Ring, Ringing, Setting, Signal
from ccroute.host import Host, TenantSettings
from ccroute.journal import MemoryJournal
from ccroute_asterisk import asterisk

TIMEOUT = 15.0
PLAN = f"""
retention = "1m"
[queues.sales]
wrap_up = {{ mode = "none" }}
offer = {{ timeout = "{TIMEOUT:g}s" }}
[queues.support]
wrap_up = {{ mode = "none" }}
"""
FASTEST = 200.0
"""Phones rung in a second at most: more than any round has, so that Asterisk is the limit."""
KEPT = 60.0
"""Seconds of commands and facts that are kept for who looks into them. They and closed contacts
(``retention`` of the plan) are kept for ten minutes and more else, in which memory only grows."""
KPIS = ("offered", "answered", "abandoned")


class Ours:
    """A host on one Asterisk, with so many agents."""

    def __init__(self, config: Mapping[str, Setting], addresses: Mapping[str, str]) -> None:
        self.figures = Figures()
        adapter = asterisk("pbx", config)
        directory = {agent: {"pbx": address} for agent, address in addresses.items()}
        self.host = Host(
            Router(Plan.from_toml(PLAN), aggregator=KpiAggregator(retention=KEPT)),
            adapters={"pbx": adapter},
            settings=TenantSettings(directory=directory),
            journal=MemoryJournal(window=KEPT),
        )
        self._agents = tuple(addresses)
        self._decided: dict[int, float] = {}
        self._answered: dict[int, float] = {}
        sink = self.host.links["pbx"].sink
        self._push, sink.push = sink.push, self._heard  # type: ignore[method-assign]
        self._execute, adapter.execute = adapter.execute, self._timed  # type: ignore[method-assign]

    async def run(self, client: Client) -> None:
        """Until the client is told to stop. All agents are there for sales, nobody for support."""
        async with self.host:
            for agent in self._agents:
                await self.host.agent(agent).sign_in(queues=["sales"], capacity={"voice": 1})
                await self.host.agent(agent).ready()
            gc.collect()
            gc.freeze()  # as `ccroute run` does
            await client.measured(self._picture)
            rows = self.host.router().metrics.report(kpis=list(KPIS))
            self.figures.told = {kpi: sum(row[kpi].value or 0 for row in rows) for kpi in KPIS}

    def _picture(self) -> dict[str, list[str]]:
        live = self.host.supervise()
        return {
            "waiting": sorted(it.contact for it in live.waiting()),
            "talking": sorted(it.contact for it in live.talking()),
        }

    async def _timed(self, instruction: Instruction) -> Outcome:
        if isinstance(instruction, Ring):
            self._decided[instruction.offer] = instruction.until - TIMEOUT
        return await self._execute(instruction)

    def _heard(self, signal: Signal) -> bool:
        if signal.at is not None:
            if isinstance(signal, Ringing) and signal.offer in self._decided:
                self.figures.decision_to_ring.append(signal.at - self._decided.pop(signal.offer))
            elif isinstance(signal, Answered):
                self._answered[signal.offer] = signal.at
            elif isinstance(signal, Bridged) and signal.offer in self._answered:
                self.figures.answer_to_bridge.append(signal.at - self._answered.pop(signal.offer))
        return self._push(signal)


async def main(url: str, secret: str, requests: str, agents: str) -> None:
    """``requests``: how they are made; ``agents``: how many, who share the phones there are."""
    numbers = itertools.cycle(PHONES)
    addresses = {f"a{agent}": f"Local/{next(numbers)}@agents/n" for agent in range(int(agents))}
    config = {
        "url": url, "user": "ccroute", "password": secret, "requests": requests,
        "offers_per_second": FASTEST,
    }  # fmt: skip
    ours = Ours(config, addresses)
    client = Client(ours.figures)
    await ours.run(client)
    client.tell()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
