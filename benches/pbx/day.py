"""Ten busy minutes: 2,000 agents signed in, 600 callers waiting, 300 talking, 10 calls a second.

At the end the engine's picture is compared with Asterisk's own, contact by contact, and its
counts with what the far ends did. The memory of the process that routes is told every minute.
"""

import asyncio
import base64
import json
import urllib.request

from tests.pbx.instance import Asterisk

from benches.pbx.callers import Callers, set_phones
from benches.pbx.calls import processor, quantiles, routing

MINUTES = 10
AGENTS = 2_000
WAITING = 600
RATE = 10.0
TALK = 30.0
"""Seconds: 300 talk when 10 a second come."""
COMING = 20.0
"""So many a second come to wait in the beginning."""


async def ten_minutes(pbx: Asterisk, minutes: int = MINUTES) -> None:
    """Prints a line a minute, and what the end is like."""
    print(
        f"{minutes} minutes: {AGENTS:,} agents, {WAITING} waiting, {RATE:g} calls/s of {TALK:g} s"
    )
    pbx.restart()
    set_phones(pbx, TALK)
    words = ("benches.pbx.ours", pbx, "auto", str(AGENTS))
    async with routing(*words) as router, Callers(pbx) as callers:
        calls = await callers.calls("support", COMING, WAITING / COMING)
        memory = []
        for minute in range(1, minutes + 1):
            before = processor(pbx.pid)
            calls += await callers.calls("sales", RATE, 60.0)
            memory.append(await router.ask("memory"))
            cores = (processor(pbx.pid) - before) / 60.0
            print(f"  minute {minute}: {memory[-1]:.1f} MB, Asterisk {cores:.2f} cores", flush=True)
        await asyncio.sleep(1.0)
        same = await compared(pbx, router.ask)
        figures = await router.ask("stop")
        told = figures["told"]
        accounted = (
            told["offered"] == calls
            and told["answered"] == callers.done["agent answers"] == calls - WAITING
        )
        bridge = quantiles(figures["answer_to_bridge"], 50, 95)
        ring = quantiles(figures["decision_to_ring"], 50, 99)
        print(
            f"  {calls:,} calls, by far ends {callers.done['agent answers']:,} answered; "
            f"told: {told}: {'all accounted for' if accounted else 'NOT accounted for'}\n"
            f"  {same}\n"
            f"  memory: {memory[1 if minutes > 1 else 0]:.1f} MB after two minutes, "
            f"{memory[-1]:.1f} MB at the end\n"
            f"  answer to bridge p50 {bridge[0]:.1f}, p95 {bridge[1]:.1f} ms; "
            f"decision to ring p50 {ring[0]:.1f}, p99 {ring[1]:.1f} ms; "
            f"{figures['cpu'] / (60.0 * minutes):.3f} cores"
        )


async def compared(pbx: Asterisk, ask) -> str:
    """Both pictures, of a moment in which Asterisk's did not change."""
    for _ in range(20):
        before = await asyncio.to_thread(seen_by, pbx)
        ours = await ask("picture")
        if before == await asyncio.to_thread(seen_by, pbx):
            break
    told = ", ".join(f"{len(who)} {what}" for what, who in before.items())
    if ours == before:
        return f"the engine's picture is Asterisk's: {told}"
    differing = {what: sorted(set(who) ^ set(before[what]))[:5] for what, who in ours.items()}
    return f"the engine's picture is NOT Asterisk's ({told}): {differing}"


def seen_by(pbx: Asterisk) -> dict[str, list[str]]:
    """The callers in Asterisk's holding bridges and in its mixing ones."""
    signed = base64.b64encode(f"ccroute:{pbx.secret}".encode()).decode()

    def asked(what: str) -> list[dict]:
        request = urllib.request.Request(  # of this machine
            f"{pbx.ari_url}/{what}", headers={"Authorization": f"Basic {signed}"}
        )
        with urllib.request.urlopen(request, timeout=30) as reply:
            return json.load(reply)

    callers = {it["id"] for it in asked("channels") if it["name"].startswith("Local/caller@")}
    inside: dict[str, list[str]] = {"waiting": [], "talking": []}
    for bridge in asked("bridges"):
        where = "waiting" if bridge["bridge_type"] == "holding" else "talking"
        inside[where] += [f"pbx:{it}" for it in bridge["channels"] if it in callers]
    return {where: sorted(who) for where, who in inside.items()}
