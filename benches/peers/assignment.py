"""Who assigns many contacts to many agents at once: solvers, each in the form it likes best.

A task is made once; what a solver needs before it can begin (a matrix, costs as float) is made
untimed, what it has to build anew for each task (its graph) is timed. Each way gives the total.
"""

import attrs
import lap
import numpy as np
from numpy.typing import NDArray
from ortools.graph.python import linear_sum_assignment as ortools_assignment
from ortools.graph.python import min_cost_flow
from scipy.optimize import linear_sum_assignment
from scipy.sparse import csr_array
from scipy.sparse.csgraph import min_weight_full_bipartite_matching


@attrs.frozen(eq=False)
class Task:
    """Costs of contacts (rows) with the agents (columns) that suit them; all can be placed."""

    contacts: int
    agents: int
    indptr: NDArray[np.int64]
    indices: NDArray[np.int32]
    costs: NDArray[np.int64]

    @property
    def rows(self) -> NDArray[np.int32]:
        """The contact of each pair."""
        return np.repeat(np.arange(self.contacts, dtype=np.int32), np.diff(self.indptr))

    def total(self, taken: NDArray[np.int64]) -> NDArray[np.int64]:
        """The total of an assignment, an agent per contact."""
        pairs = self.rows.astype(np.int64) * self.agents + self.indices
        places = np.searchsorted(pairs, np.arange(self.contacts) * self.agents + taken)
        assert (pairs[places] == np.arange(self.contacts) * self.agents + taken).all()
        assert len(np.unique(taken)) == self.contacts
        return np.array([self.costs[places].sum()])


def task(contacts: int, agents: int, density: float, seed: int = 7) -> Task:
    """Pairs at random, so many of all there are; costs from 0 to 999. Each contact suits an agent
    of its own beside, so that all can be placed.
    """
    draw = np.random.default_rng(seed)
    suits = draw.random((contacts, agents)) < density
    suits[np.arange(contacts), draw.permutation(agents)[:contacts]] = True
    rows, columns = np.nonzero(suits)
    return Task(
        contacts=contacts,
        agents=agents,
        indptr=np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=contacts))]),
        indices=columns.astype(np.int32),
        costs=draw.integers(0, 1000, len(rows)),
    )


class ScipySparse:
    """``min_weight_full_bipartite_matching``: LAPJVsp. Takes no zero for a cost."""

    def prepare(self, task: Task) -> tuple[object, ...]:
        graph = csr_array((task.costs + 1, task.indices, task.indptr), (task.contacts, task.agents))
        return (graph,)

    def work(self, graph: csr_array) -> NDArray[np.int64]:
        return min_weight_full_bipartite_matching(graph)[1]


class ScipyDense:
    """``linear_sum_assignment`` on a matrix; pairs that do not suit are dear."""

    def prepare(self, task: Task) -> tuple[object, ...]:
        return (matrix(task),)

    def work(self, costs: NDArray[np.float64]) -> NDArray[np.int64]:
        return linear_sum_assignment(costs)[1]


class OrtoolsAssignment:
    """``SimpleLinearSumAssignment``: cost scaling, of as many contacts as agents."""

    def prepare(self, task: Task) -> tuple[object, ...]:
        return task.contacts, task.rows, task.indices, task.costs

    def work(
        self,
        contacts: int,
        rows: NDArray[np.int32],
        columns: NDArray[np.int32],
        costs: NDArray[np.int64],
    ) -> NDArray[np.int64]:
        solver = ortools_assignment.SimpleLinearSumAssignment()
        solver.add_arcs_with_cost(rows, columns, costs)
        assert solver.solve() == solver.OPTIMAL
        return np.array([solver.right_mate(row) for row in range(contacts)])


class OrtoolsFlow:
    """``SimpleMinCostFlow``: a source before the contacts, a sink behind the agents."""

    def prepare(self, task: Task) -> tuple[object, ...]:
        source, sink = task.contacts + task.agents, task.contacts + task.agents + 1
        contacts = np.arange(task.contacts, dtype=np.int32)
        agents = np.arange(task.contacts, source, dtype=np.int32)
        tails = np.concatenate([np.full_like(contacts, source), task.rows, agents])
        heads = np.concatenate(
            [contacts, task.indices + np.int32(task.contacts), np.full_like(agents, sink)]
        )
        costs = np.zeros(len(tails), np.int64)
        costs[task.contacts : task.contacts + len(task.costs)] = task.costs
        return task, tails, heads, costs

    def work(
        self,
        task: Task,
        tails: NDArray[np.int32],
        heads: NDArray[np.int32],
        costs: NDArray[np.int64],
    ) -> NDArray[np.int64]:
        flow = min_cost_flow.SimpleMinCostFlow()
        arcs = flow.add_arcs_with_capacity_and_unit_cost(tails, heads, np.ones_like(costs), costs)
        flow.set_node_supply(task.contacts + task.agents, task.contacts)
        flow.set_node_supply(task.contacts + task.agents + 1, -task.contacts)
        assert flow.solve() == flow.OPTIMAL
        pairs = slice(task.contacts, task.contacts + len(task.costs))
        return task.indices[flow.flows(arcs)[pairs] == 1].astype(np.int64)


class Lapmod:
    """``lap.lapmod`` of lapx: Jonker-Volgenant on a sparse square."""

    def prepare(self, task: Task) -> tuple[object, ...]:
        costs = task.costs.astype(np.float64)
        return task.contacts, costs, task.indptr.astype(np.int32), task.indices

    def work(
        self,
        contacts: int,
        costs: NDArray[np.float64],
        indptr: NDArray[np.int32],
        indices: NDArray[np.int32],
    ) -> NDArray[np.int64]:
        return np.asarray(lap.lapmod(contacts, costs, indptr, indices, return_cost=False)[0])


class Lapjv:
    """``lap.lapjv`` of lapx: Jonker-Volgenant on a matrix."""

    def prepare(self, task: Task) -> tuple[object, ...]:
        return (matrix(task),)

    def work(self, costs: NDArray[np.float64]) -> NDArray[np.int64]:
        wide = costs.shape[0] < costs.shape[1]
        return np.asarray(lap.lapjv(costs, extend_cost=wide, return_cost=False)[0])


class Lapjvs(Lapjv):
    """``lap.lapjvs`` of lapx: the same, another implementation."""

    def work(self, costs: NDArray[np.float64]) -> NDArray[np.int64]:
        rows, columns = lap.lapjvs(costs, return_cost=False)
        taken = np.empty(costs.shape[0], np.int64)
        taken[rows] = columns
        return taken


def matrix(task: Task) -> NDArray[np.float64]:
    """All costs, one million where contact and agent do not suit each other."""
    costs = np.full((task.contacts, task.agents), 1e6)
    costs[task.rows, task.indices] = task.costs
    return costs
