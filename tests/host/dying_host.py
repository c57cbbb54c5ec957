"""A host to be killed: `python dying_host.py PORT STATE`. Prints a line when it works."""

import asyncio
import sys

from ccroute import Plan, Router
from ccroute.host import Host, TenantSettings
from ccroute_acme import acme

PLAN = """
[queues.billing]
wrap_up = { mode = "none" }
offer = { timeout = "60s" }
[[classification.rules]]
when = "dialled == '900100'"
queue = "billing"
"""
USERS = {"ana": "101", "bea": "102", "cai": "103"}


async def main(port: int, state: str) -> None:
    link = {"host": "127.0.0.1", "port": port, "user": "ccroute", "password": "swordfish"}
    host = Host(
        Router(Plan.from_toml(PLAN)),
        adapters={"pbx": acme("pbx", link)},
        settings=TenantSettings(directory={agent: {"pbx": it} for agent, it in USERS.items()}),
        snapshot=state,
        snapshot_every=0.1,
    )
    async with host:
        signed_in = host.router().names("agents")
        for agent in USERS:
            if agent not in signed_in:
                await host.agent(agent).sign_in(queues=["billing"], capacity={"voice": 1})
                await host.agent(agent).ready()
        await host.save()
        print("works", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), sys.argv[2]))
