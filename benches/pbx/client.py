"""What routes the calls of a bench, in a process of its own: a bare script, or ccroute.

It says `ready`, works until it is told `stop`, and then tells its figures in a line.
"""

import asyncio
import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

import attrs


@attrs.define
class Figures:
    """Seconds; both ends by clocks of one machine."""

    answer_to_bridge: list[float] = attrs.field(factory=list)
    """From the agent's leg being up until both are in the bridge, by Asterisk's stamps."""
    decision_to_ring: list[float] = attrs.field(factory=list)
    """From the decision until the phone rings, which is after Asterisk dialled it."""
    told: dict[str, float] = attrs.field(factory=dict)
    """What the router counted."""

    @staticmethod
    def now() -> float:
        """The wall clock."""
        return time.time()


class Client:
    """The process's side of the conversation with the bench."""

    def __init__(self, figures: Figures) -> None:
        self._figures = figures
        self._cpu = 0.0

    async def measured(self, picture: Callable[[], object] = dict) -> None:
        """Says that it is ready; until it is told to stop. ``picture``: what it believes."""
        answers: dict[str, Callable[[], object]] = {"memory": resident, "picture": picture}
        self._cpu = time.process_time()
        print("ready", flush=True)
        while (asked := (await asyncio.to_thread(sys.stdin.readline)).strip()) in answers:
            print(json.dumps(answers[asked]()), flush=True)

    def tell(self) -> None:
        """The last line."""
        cpu = time.process_time() - self._cpu
        print(json.dumps({**attrs.asdict(self._figures), "cpu": cpu}), flush=True)


def resident() -> float:
    """MB of this process in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 1e6
