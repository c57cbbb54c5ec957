"""Several routers on several threads: batches let go of the interpreter, so both cores work.

Two centres, each with its own router and its own batches of a contact's life: one after the
other, and each in a thread. The second is held against the first: two cores give 2 at best.
"""

from collections.abc import Callable
from threading import Thread
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from benches.bench_router import Known, batches, by_batches
from benches.race import Race
from benches.traces import lives as trace
from benches.traces.lives import Cell
from ccroute import Router

SETTING = "two routers"
CENTRES = 2

Given = tuple[Router, Known, list[NDArray[np.void]]]
"""A router, what its host knows, and the batches to come."""


def one_after_the_other(*given: Given) -> list[NDArray[Any]]:
    return [by_batches(*one) for one in given]


def in_threads(*given: Given) -> list[NDArray[Any]]:
    """The answers are in what each host knows."""
    threads = [Thread(target=by_batches, args=one) for one in given]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [known.agent_of for _, known, _ in given]


WAYS: dict[str, tuple[Callable[..., list[NDArray[Any]]], float | None]] = {
    "one after the other": (one_after_the_other, None),
    "ccroute in two threads": (in_threads, 1.6),
}


@pytest.mark.cells(
    quick=[Cell(1_000, "idle")], more=[Cell(1_000, "backlog"), Cell(10_000, "backlog")]
)
@pytest.mark.parametrize("way", WAYS)
def test_two_routers(race: Race, cell: Cell, way: str) -> None:
    day = trace.lives(cell)
    work, goal = WAYS[way]
    race(
        SETTING,
        str(cell),
        way,
        events=CENTRES * day.lives,
        prepare=lambda: tuple(batches(day) for _ in range(CENTRES)),
        work=work,
        size=cell.agents,
        goal=goal,
    )
