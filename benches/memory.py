"""What one way of keeping contacts takes in memory: ``python -m benches.memory WAY HOW_MANY``.

A process of its own for each, since memory that was freed is used again and would not show.
Counted are the pages that the process alone holds and has written to, so what Rust allocates
counts as what Python does; inputs are made before, and are not counted. Prints JSON.
"""

import ctypes
import gc
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import numpy as np

from benches.traces.queue import trace
from ccroute import COMMAND_DTYPE, COMMAND_OPS, ManualClock, Plan, PriorityQueue, Router

Build: TypeAlias = Callable[[], object]
"""Makes what is weighed, and returns it, so that it lives while it is."""

ROWS = 10_000
"""How many commands a batch has."""
SKILLS = 64
SKILLS_EACH = 4
QUEUES = 60
QUEUES_EACH = 2
CEILING = (15_000, 5_000, 500_000)
"""Agents, queues and waiting contacts: the documented ceiling of TaskRouter."""
CEILING_QUEUES_EACH = 10


def held() -> int:
    """Bytes that this process alone holds, after what was freed has gone back."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    rollup = Path("/proc/self/smaps_rollup").read_text(encoding="ascii")
    return 1_024 * int(rollup.split("Private_Dirty:")[1].split()[0])


def resident() -> int:
    """Bytes of this process in memory, interpreter and libraries included."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return 1_024 * int(status.split("VmRSS:")[1].split()[0])


def queue_with_bands(waiting: int) -> Build:
    given = trace("bands", waiting, 0)
    return lambda: pushed(given.waiting_at_us, given.waiting_band, None)


def queue_with_head_starts(waiting: int) -> Build:
    given = trace("head starts", waiting, 0)
    return lambda: pushed(given.waiting_at_us, None, given.waiting_head_start_us)


def pushed(*columns: np.ndarray | None) -> PriorityQueue:
    queue = PriorityQueue()
    queue.push_batch(*columns)
    return queue


def peer(name: str) -> Callable[[int], Build]:
    def prepared(waiting: int) -> Build:
        from benches.peers.queues import HEAP, SLOWER, SORTED  # noqa: PLC0415 # what they import is theirs

        (found,) = (it for it in (HEAP, SORTED, *SLOWER) if it.name == name)
        given = trace("head starts", waiting, 0)
        return lambda: found.fill(given)

    return prepared


def heap_and_dict(waiting: int) -> Build:
    """As "heapq of packed ints", but by a dict, which does not grow with all who ever came."""
    given = trace("head starts", waiting, 0)

    def build() -> tuple[list[int], dict[int, int]]:
        from benches.peers.queues import fill_heap  # noqa: PLC0415 # as above

        heap, live = fill_heap(given)
        return heap, dict(enumerate(live))

    return build


def centre(queues: int, clock: ManualClock | None = None) -> tuple[Router, list[str]]:
    names = [f"q{number}" for number in range(queues)]
    plan = {
        "skills": [f"s{number}" for number in range(SKILLS)],
        "queues": {name: {} for name in names},
    }
    router = Router(Plan.from_json(json.dumps(plan)), clock=clock or ManualClock(0.0))
    return router, names


def agents(router: Router, names: list[str], count: int, queues_each: int) -> Router:
    """Signs agents in, not ready, so that whoever comes waits."""
    for number in range(count):
        skills = {f"s{(number * 7 + step * 5) % SKILLS}": 1 + step for step in range(SKILLS_EACH)}
        first = number * queues_each
        queues = [names[(first + step) % len(names)] for step in range(queues_each)]
        router.sign_in(f"a{number:07}", skills=skills, queues=queues, capacity={"voice": 1})
        if number % 1_000 == 999:
            router.events_array()
    router.events_array()
    return router


def contacts(router: Router, queues: int, count: int) -> Router:
    """Lets contacts come, one a millisecond, spread over the queues."""
    for start in range(0, count, ROWS):
        commands = np.zeros(min(ROWS, count - start), COMMAND_DTYPE)
        number = np.arange(start, start + len(commands))
        commands["contact"] = number
        commands["at_us"] = number * 1_000
        commands["queue"] = number % queues
        commands["op"] = COMMAND_OPS.index("enqueue")
        _, statuses = router.apply_batch(commands)
        assert not statuses.any()
    return router


def router_agents(count: int) -> Build:
    router, names = centre(QUEUES)
    return lambda: agents(router, names, count, QUEUES_EACH)


def router_contacts(count: int) -> Build:
    router, _ = centre(QUEUES)
    return lambda: contacts(router, QUEUES, count)


def router_ceiling(_: int) -> Build:
    people, queues, waiting = CEILING

    def build() -> Router:
        router, names = centre(queues)
        agents(router, names, people, CEILING_QUEUES_EACH)
        return contacts(router, queues, waiting)

    return build


WAYS: dict[str, Callable[[int], Build]] = {
    "ccroute bands": queue_with_bands,
    "ccroute head starts": queue_with_head_starts,
    "heapq of packed ints": peer("heapq of packed ints"),
    "heapq and a dict": heap_and_dict,
    "heapq of tuples": peer("heapq of tuples"),
    "SortedList of packed ints": peer("SortedList of packed ints"),
    "pqdict": peer("pqdict"),
    "heapdict": peer("heapdict"),
    "router agents": router_agents,
    "router contacts": router_contacts,
    "router ceiling": router_ceiling,
}


def weighed(way: str, count: int) -> dict[str, int]:
    """Bytes that ``count`` took in all, and those of the process after."""
    build = WAYS[way](count)
    before = held()
    kept = build()
    grown = held() - before
    size = resident()
    del kept
    return {"grown": grown, "resident": size}


if __name__ == "__main__":
    print(json.dumps(weighed(sys.argv[1], int(sys.argv[2]))))
