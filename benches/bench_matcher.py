"""Who takes it: `ccroute.SkillMatcher` beside the ways it is done elsewhere, decisions only.

Settings "matching, shared requirements" and "matching, free-form requirements". Events are
arrivals, agents who become free, and contacts who give up; the longest idle agent who is able
gets the first contact in order. Slow peers answer for the first events of the day.
"""

import gc
from functools import cache

import numpy as np
import pytest

from benches.peers.array_matchers import NumpyClasses, NumpyMasks, PandasFrames
from benches.peers.class_index import ClassIndex
from benches.peers.replay import (
    Matcher,
    Ours,
    batches,
    call_rows,
    calls,
    replay,
    rows_of,
    set_scene,
)
from benches.peers.set_matchers import AnchoredSets, NaiveScan, SkillSets
from benches.peers.sql_matcher import SqlMatcher
from benches.race import Race
from benches.traces.matching import matching

SHARED = "matching, shared requirements"
FREE_FORM = "matching, free-form requirements"
PEERS = {
    "naive scan": NaiveScan,
    "class index": ClassIndex,
    "anchored sets": AnchoredSets,
    "skill sets": SkillSets,
    "numpy classes": NumpyClasses,
    "numpy masks": NumpyMasks,
    "a query each (SQLite)": SqlMatcher,
    "pandas": PandasFrames,
}
BY_CLASS = {"class index", "numpy classes"}
"""Peers that need requirements to be shared."""
MOST_EVENTS = {
    "naive scan": (1_000, 100, 50, 20),
    "anchored sets": (20_000, 10_000, 5_000, 2_000),
    "skill sets": (5_000, 1_000, 500, 100),
    "numpy masks": (5_000, 2_000, 1_000, 500),
    "a query each (SQLite)": (1_000, 300, 100, 20),
    "pandas": (30, 30, 20, 10),
}
"""How many events a slow peer answers for, by number of agents as in `AGENTS`; others all."""
AGENTS = (100, 1_000, 10_000, 100_000)
CALLS_AND_BATCHES = ["ccroute calls", "ccroute batch"]


def cells(agents: tuple[int, ...]) -> list[str]:
    """Names of cells: so many agents, idle or with a backlog."""
    return [f"{many} agents, {regime}" for many in agents for regime in ("idle", "backlog")]


CELLS = pytest.mark.cells(quick=cells(AGENTS[:2]), more=cells(AGENTS[2:]))


def size(cell: str) -> tuple[int, bool]:
    """Agents, and whether there is a backlog."""
    agents, regime = cell.split(" agents, ")
    return int(agents), regime == "backlog"


@cache
def peer(way: str, cell: str, *, own: bool) -> Matcher:
    """Made once a cell: what it knows of agents and requirements does not change."""
    agents, backlog = size(cell)
    made = PEERS[way](matching(agents, backlog=backlog, own=own))
    gc.collect()
    gc.freeze()  # or a collection now and then walks over millions of tuples
    return made


def most_events(way: str, agents: int) -> int:
    """How many events a way answers for."""
    known = MOST_EVENTS.get(way)
    return matching(agents, backlog=True).events if known is None else known[AGENTS.index(agents)]


def compare(race: Race, setting: str, cell: str, way: str, goals: dict[str, float]) -> None:
    """One way in one cell."""
    agents, backlog = size(cell)
    own = setting == FREE_FORM
    trace = matching(agents, backlog=backlog, own=own)
    rounds = 5 if agents < 100_000 else 3
    if way not in CALLS_AND_BATCHES:
        matcher = peer(way, cell, own=own)
        events = min(trace.events, most_events(way, agents))
        rows = rows_of(trace, trace.start, trace.start + events)

        def prepare() -> tuple[object, ...]:
            set_scene(matcher, trace)
            return matcher, rows

        race(
            setting, cell, way, events=events, size=agents, rounds=rounds,
            prepare=prepare, work=replay, settle=np.array,
        )  # fmt: skip
        return
    batch = way == "ccroute batch"

    def ours() -> tuple[object, ...]:
        desk = Ours(trace, own=own)
        return (desk, desk.subjects()) if batch else call_rows(desk)

    race(
        setting, cell, way, events=trace.events, size=agents, rounds=rounds,
        goal=goals[way], prepare=ours, work=batches if batch else calls,
        settle=np.array,
    )  # fmt: skip


@CELLS
@pytest.mark.parametrize("way", [*PEERS, *CALLS_AND_BATCHES])
def test_shared_requirements(race: Race, cell: str, way: str) -> None:
    compare(race, SHARED, cell, way, {"ccroute calls": 7, "ccroute batch": 10})


@CELLS
@pytest.mark.parametrize(
    "way", [*(way for way in PEERS if way not in BY_CLASS), *CALLS_AND_BATCHES]
)
def test_free_form_requirements(race: Race, cell: str, way: str) -> None:
    large = size(cell)[0] > 10_000
    goals = {"ccroute calls": 2 if large else 5, "ccroute batch": 2.5 if large else 6}
    compare(race, FREE_FORM, cell, way, goals)
