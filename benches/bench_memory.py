"""Bytes a waiting contact and an agent take, each way weighed in a process of its own.

Nothing is timed here but those processes, once; ``weight`` in a row is what was found: bytes
each, and at most how many there may be. `memory.py` says what counts.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benches.memory import CEILING

ROOT = Path(__file__).parents[1]
WAITING = 1_000_000
ROUTED = 200_000
AGENTS = 10_000
QUICK_SHARE = 10
QUICK_PEER = "heapq of packed ints"
AGENT_NAME = len("a0000000")
CONTACT_BYTES = 40
ROUTED_BYTES = 200
AGENT_BYTES = 400
CEILING_MB = 500

QUEUES = (
    ("ccroute bands", CONTACT_BYTES),
    ("ccroute head starts", CONTACT_BYTES),
    ("heapq of packed ints", None),
    ("heapq and a dict", None),
    ("heapq of tuples", None),
    ("SortedList of packed ints", None),
    ("pqdict", None),
    ("heapdict", None),
)


@pytest.fixture
def weigh(benchmark: BenchmarkFixture, request: pytest.FixtureRequest):
    """Weighs a way: what is ``growth`` of the process, a thing, beyond ``names`` bytes."""
    quick = request.config.getoption("--quick")

    def weigh(setting: str, way: str, count: int, limit: float | None, names: int = 0) -> None:
        if quick and limit is None and way != QUICK_PEER:
            pytest.skip("one peer is enough in the quick run")
        count //= QUICK_SHARE if quick else 1
        found = benchmark.pedantic(measured, args=(way, count), rounds=1, iterations=1)
        each = found["grown"] / count - names
        noted(benchmark, setting, f"{count:,}", way, each, limit)

    return weigh


def measured(way: str, count: int) -> dict[str, int]:
    """What `memory.py` found, in bytes."""
    command = [sys.executable, "-m", "benches.memory", way, str(count)]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return json.loads(done.stdout)


def noted(
    benchmark: BenchmarkFixture, setting: str, cell: str, way: str, size: float, limit: float | None
) -> None:
    benchmark.extra_info["figures"] = {"bytes": size, **({} if limit is None else {"limit": limit})}
    benchmark.extra_info["weight"] = {
        "setting": setting,
        "cell": cell,
        "way": way,
        "bytes": size,
        "limit": limit,
    }


@pytest.mark.parametrize(("way", "limit"), QUEUES, ids=[way for way, _ in QUEUES])
def test_waiting_contact_of_a_queue(weigh, way: str, limit: float | None) -> None:
    weigh("a waiting contact of a queue", way, WAITING, limit)


def test_waiting_contact_of_a_router(weigh) -> None:
    weigh("a waiting contact of a router", "router contacts", ROUTED, ROUTED_BYTES)


def test_agent_of_a_router(weigh) -> None:
    """With four skills, in two of 60 queues, one contact at a time; its name is taken off."""
    weigh("an agent of a router", "router agents", AGENTS, AGENT_BYTES, names=AGENT_NAME)


def test_ceiling(benchmark: BenchmarkFixture, request: pytest.FixtureRequest) -> None:
    """All of the process: interpreter, numpy, names and all."""
    if request.config.getoption("--quick"):
        pytest.skip("takes some seconds: not in the quick run")
    found = benchmark.pedantic(
        measured, args=("router ceiling", CEILING[2]), rounds=1, iterations=1
    )
    cell = "{:,} agents, {:,} queues, {:,} waiting".format(*CEILING)
    noted(benchmark, "a router in all", cell, "router ceiling", found["resident"], CEILING_MB * 1e6)
