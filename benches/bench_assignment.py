"""Batch assignment: many contacts and many agents at once, at the least total cost.

Totals are compared; which of several best assignments comes out is each solver's own affair. A
solve is an event. Sizes and densities are those of sparse suitability; the goal holds for each.
"""

from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

import ccroute
from benches.peers import assignment as peers
from benches.race import Race

GOAL = 1.3
CELLS = {
    "100^2, 10 %": (100, 100, 0.10),
    "500^2, 5 %": (500, 500, 0.05),
    "1000^2, 1 %": (1000, 1000, 0.01),
    "1000^2, 10 %": (1000, 1000, 0.10),
    "2000^2, 5 %": (2000, 2000, 0.05),
    "500 x 5000, 5 %": (500, 5000, 0.05),
    "5000^2, 1 %": (5000, 5000, 0.01),
}
QUICK = ["100^2, 10 %", "500^2, 5 %", "1000^2, 1 %", "500 x 5000, 5 %"]
MORE = [cell for cell in CELLS if cell not in QUICK]
SQUARE_ONLY = {"OR-tools assignment", "lapx lapmod (sparse)"}
# A solve of theirs takes a second or more at the largest size.
DENSE = {"scipy dense", "lapx lapjv (dense)", "lapx lapjvs (dense)"}
MOST_DENSE = 2000 * 2000


class Ours:
    """``ccroute.assign``."""

    def prepare(self, task: peers.Task) -> tuple[object, ...]:
        return task.indptr, task.indices, task.costs, task.agents

    def work(
        self,
        indptr: NDArray[np.int64],
        indices: NDArray[np.int32],
        costs: NDArray[np.int64],
        agents: int,
    ) -> NDArray[np.int64]:
        return ccroute.assign(indptr, indices, costs, agents=agents)


WAYS = {
    "scipy sparse": peers.ScipySparse,
    "scipy dense": peers.ScipyDense,
    "OR-tools assignment": peers.OrtoolsAssignment,
    "OR-tools min-cost flow": peers.OrtoolsFlow,
    "lapx lapmod (sparse)": peers.Lapmod,
    "lapx lapjv (dense)": peers.Lapjv,
    "lapx lapjvs (dense)": peers.Lapjvs,
    "ccroute batch": Ours,
}


@cache
def task_of(cell: str) -> peers.Task:
    return peers.task(*CELLS[cell])


@pytest.mark.cells(quick=QUICK, more=MORE)
@pytest.mark.parametrize("way", WAYS)
def test_assignment(race: Race, cell: str, way: str) -> None:
    contacts, agents, _ = CELLS[cell]
    if way in SQUARE_ONLY and contacts != agents:
        pytest.skip(f"{way} takes as many contacts as agents")
    if way in DENSE and contacts * agents > MOST_DENSE:
        pytest.skip(f"{way} has no chance: a matrix of {contacts * agents:,} costs")
    task, solver = task_of(cell), WAYS[way]()
    given = solver.prepare(task)
    race(
        "batch assignment",
        cell,
        way,
        events=1,
        prepare=lambda: given,
        work=solver.work,
        settle=task.total,
        size=contacts * agents,
        goal=GOAL if solver.__class__ is Ours else None,
        rounds=9,
    )
