"""``assign``: the least total, against trying everything; what it takes, and what it refuses."""

import doctest
import threading
from itertools import combinations, permutations
from typing import TypeAlias

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from ccroute import Rejected, assign

Rows: TypeAlias = list[dict[int, int]]
"""Per contact the agents that suit it, with costs."""


def arrays(rows: Rows) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    pairs = [(agent, row[agent]) for row in rows for agent in sorted(row)]
    indptr = np.cumsum([0, *(len(row) for row in rows)], dtype=np.int64)
    indices, costs = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    return indptr, np.ascontiguousarray(indices), np.ascontiguousarray(costs)


def judged(rows: Rows, taken: NDArray[np.int64]) -> tuple[int, int]:
    """How many are placed, at what total."""
    assert taken.dtype == np.int64
    placed = [(row, int(agent)) for row, agent in zip(rows, taken, strict=True) if agent >= 0]
    assert len({agent for _, agent in placed}) == len(placed)
    return len(placed), sum(row[agent] for row, agent in placed)


def tried(rows: Rows, agents: int) -> tuple[int, int]:
    """The same of the best assignment, by trying all, the largest first."""
    for size in range(min(len(rows), agents), 0, -1):
        totals = [
            sum(row[agent] for row, agent in zip(some, those, strict=True))
            for some in combinations(rows, size)
            for those in permutations(range(agents), size)
            if all(agent in row for row, agent in zip(some, those, strict=True))
        ]
        if totals:
            return size, min(totals)
    return 0, 0


@st.composite
def tasks(draw: st.DrawFn) -> tuple[Rows, int]:
    agents = draw(st.integers(0, 5))
    costs = st.integers(0, 3) | st.integers(-(2**38), 2**38)
    row = st.dictionaries(st.integers(0, agents - 1), costs) if agents else st.just({})
    return draw(st.lists(row, max_size=5)), agents


@given(tasks())
@settings(deadline=None)
def test_places_as_many_as_possible_at_the_least_total(task: tuple[Rows, int]) -> None:
    rows, agents = task
    taken = assign(*arrays(rows), agents=agents)
    assert judged(rows, taken) == tried(rows, agents)
    assert (assign(*arrays(rows), agents=agents) == taken).all()


def large(contacts: int, agents: int) -> Rows:
    draw = np.random.default_rng(7)
    rows: Rows = []
    for _ in range(contacts):
        those = np.flatnonzero(draw.random(agents) < 0.05)
        costs = draw.integers(0, 1000, len(those)).tolist()
        rows.append(dict(zip(those.tolist(), costs, strict=True)))
    return rows


@pytest.mark.parametrize(("contacts", "agents"), [(300, 300), (200, 300), (300, 200)])
def test_no_two_contacts_could_better_change_agents(contacts: int, agents: int) -> None:
    rows = large(contacts, agents)
    taken = assign(*arrays(rows), agents=agents).tolist()
    placed = [(row, agent) for row, agent in zip(rows, taken, strict=True) if agent >= 0]
    free = set(range(agents)) - {agent for _, agent in placed}
    for row, agent in placed:
        assert all(row[agent] <= row[other] for other in free & row.keys())
        for other, taken_there in placed:
            if taken_there in row and agent in other:
                assert row[agent] + other[taken_there] <= row[taken_there] + other[agent]
    for row, agent in zip(rows, taken, strict=True):
        assert agent >= 0 or not free & row.keys()


def test_places_of_32_bits_are_taken_too() -> None:
    rows = large(100, 100)
    indptr, indices, costs = arrays(rows)
    wide = assign(indptr, indices, costs, agents=100)
    short = assign(indptr.astype(np.int32), indices.astype(np.int32), costs, agents=100)
    assert (wide == short).all()


def test_any_strides_are_taken() -> None:
    indptr, indices, costs = arrays(large(100, 100))
    doubled = [np.repeat(column, 2)[::2] for column in (indptr, indices, costs)]
    assert (assign(*doubled, agents=100) == assign(indptr, indices, costs, agents=100)).all()


def test_several_threads_at_once() -> None:
    given_ = arrays(large(300, 300))
    expected = assign(*given_, agents=300).tolist()
    found: list[list[int]] = []
    work = [
        threading.Thread(target=lambda: found.append(assign(*given_, agents=300).tolist()))
        for _ in range(4)
    ]
    for thread in work:
        thread.start()
    for thread in work:
        thread.join()
    assert found == [expected] * 4


@pytest.mark.parametrize(
    ("indptr", "indices", "costs", "agents", "message"),
    [
        ([], [], [], 1, "give one more than there are contacts"),
        ([0, 1], [0, 0], [1, 1], 1, "does not lead from 0 to the 2 indices"),
        ([0, 1, 0, 1], [0], [1], 1, r"indptr\[2\] is 0 after 1: give ascending places"),
        ([0, 1], [0], [], 1, "0 costs for 1 indices: give one for each"),
        ([0, 1], [3], [1], 3, "contact 0 names agent 3: give numbers from 0, below agents=3"),
        ([0, 0, 1], [-1], [1], 3, "contact 1 names agent -1: give numbers from 0"),
        ([0, 2], [1, 1], [1, 1], 3, "contact 0 names agent 1 twice: give each pair once"),
        ([0, 2], [1, 0], [1, 1], 3, "contact 0 names agent 0 after 1: sort the agents"),
        ([0, 1], [0], [2**38 + 1], 1, r"costs\[0\] is 274877906945: give costs between"),
        ([0], [], [], 2**20 + 1, "1048577 agents: give 1048576 at most"),
    ],
)
def test_wrong_values_are_named_with_the_remedy(
    indptr: list[int], indices: list[int], costs: list[int], agents: int, message: str
) -> None:
    columns = [np.array(column, dtype=np.int64) for column in (indptr, indices, costs)]
    with pytest.raises(Rejected, match=message) as refused:
        assign(*columns, agents=agents)
    assert refused.value.code == "invalid_value"


def test_wrong_types_are_named_with_the_remedy() -> None:
    whole, real = np.array([0, 0]), np.array([0.5])
    with pytest.raises(TypeError, match="costs: give a one-dimensional numpy array of int64"):
        assign(whole, whole[:0], real, agents=1)
    with pytest.raises(TypeError, match="indices: give a one-dimensional numpy array of int64"):
        assign(whole, real, whole, agents=1)
    with pytest.raises(ValueError, match=r"indptr: .* not of 2 dimensions"):
        assign(whole.reshape(1, 2), whole[:0], whole[:0], agents=1)
    with pytest.raises(ValueError, match="agents=-1: say how many there are, 0 or more"):
        assign(whole, whole[:0], whole[:0], agents=-1)


def test_the_example_of_the_documentation_runs() -> None:
    found = doctest.DocTestFinder().find(assign, "assign", globs={"assign": assign})
    runner = doctest.DocTestRunner()
    results = [runner.run(test) for test in found]
    assert sum(result.attempted for result in results) == 4
    assert not any(result.failed for result in results)
