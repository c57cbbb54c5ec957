"""The 99th percentile of one decision where the host gives rows, and at the documented ceiling.

One row a call of `Router.apply_batch`, and its events, as rows, are looked through. Filling the
row is not timed but at the ceiling, where it is made anew. To row commands a contact asks what its
queue asks, so that each requirement of `benches.traces.matching` is a queue of its own, which
every agent serves.
"""

import json
from collections.abc import Callable
from time import perf_counter_ns
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from pytest_benchmark.fixture import BenchmarkFixture

from benches.bench_latency import (
    AGENT,
    CONTACT,
    KIND,
    LIMITS_NS,
    OFFER,
    OFFERED,
    ROUTER_EVENTS,
    SETTING,
    measure,
    quantiles,
)
from benches.bench_matcher import cells, size
from benches.memory import CEILING, CEILING_QUEUES_EACH, agents, centre, contacts
from benches.race import Race
from benches.traces.lives import ACCEPT, BY, CONNECTED, ENQUEUE, QUEUED, RELEASE, SLOT
from benches.traces.lives import CANCEL as CANCELLED
from benches.traces.matching import ARRIVE, CANCEL, FREE, NOBODY, Trace, matching
from ccroute import COMMAND_DTYPE, COMMAND_OPS, ManualClock, Plan, Router

GOAL = 15.0
CEILING_NS = 10_000
CEILING_ROUNDS, CEILING_DECISIONS = 3, 2_000
READY = COMMAND_OPS.index("ready")
CEILING_CELL = "{:,} agents, {:,} queues, {:,} waiting".format(*CEILING)


class RowCentre:
    """The router at the start of the timed rows; agents who are busy then are not ready."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        names = [f"r{number}" for number in range(len(trace.requirements))]
        needs = [
            {"all_of": {f"skill {skill}": level for skill, level in requirement}}
            for requirement in trace.requirements
        ]
        plan = {
            "skills": [f"skill {skill}" for skill in range(trace.skills)],
            "retention": 1.0,
            "queues": {name: {"requires": need} for name, need in zip(names, needs, strict=True)},
        }
        self.router = Router(Plan.from_json(json.dumps(plan)), clock=ManualClock(0.0))
        for agent, levels in enumerate(trace.proficiency):
            held = {f"skill {skill}": level for skill, level in levels.items()}
            self.router.sign_in(str(agent), skills=held, queues=names, capacity={"voice": 1})
        self.router.events_array()
        self.holds: list[int | None] = [None] * len(trace.proficiency)
        """By agent, whom she serves."""
        self.rows: dict[int, int] = {}
        """By the router's key of a contact, the row it came in."""
        self.run(0, trace.start)

    def run(self, first: int, last: int) -> tuple[list[int], list[int]]:
        """Answers to these rows, and the nanoseconds of each."""
        trace, carry_out, clock = self.trace, self.router.apply_batch, perf_counter_ns
        answers: list[int] = []
        took: list[int] = []
        row = np.zeros(1, COMMAND_DTYPE)
        after = np.zeros(2, COMMAND_DTYPE)
        after["op"] = ACCEPT, CONNECTED
        for number in range(first, last):
            op, subject = trace.ops[number], int(trace.subjects[number])
            held = self.fill(row, number)
            start = clock()
            events, statuses = carry_out(row)
            offer = queued = None
            for event in events.tolist():
                if event[KIND] == OFFERED:
                    offer = event
                elif event[KIND] == QUEUED:
                    queued = event
            took.append(clock() - start)
            assert not statuses.any()
            if queued is not None:
                self.rows[queued[CONTACT]] = number
            if held is not None:
                self.holds[subject] = None
            answer = NOBODY if op in {ARRIVE, FREE} else 1
            if offer is not None:
                taken = self.rows.pop(offer[CONTACT])
                after["offer"], after["contact"], after["at_us"] = offer[OFFER], taken, row["at_us"]
                carry_out(after)
                self.holds[offer[AGENT]] = taken
                answer = offer[AGENT] if op == ARRIVE else taken
            answers.append(answer)
        return answers, took

    def fill(self, row: NDArray[np.void], number: int) -> int | None:
        """Writes the command of a row of the day; whom the agent who becomes free served."""
        trace = self.trace
        op, subject = trace.ops[number], int(trace.subjects[number])
        row["at_us"] = trace.at_us[number]
        row["value_us"], row["band"] = trace.head_start_us[number], trace.band[number]
        held = self.holds[subject] if op == FREE else None
        if op == ARRIVE:
            row["op"], row["contact"], row["queue"] = ENQUEUE, number, subject
        elif op == CANCEL:
            row["op"], row["contact"], row["cause"] = CANCELLED, subject, BY[CANCELLED]
        elif held is None:
            row["op"], row["agent"] = READY, subject
        else:
            row["op"], row["contact"], row["cause"] = RELEASE, held, BY[RELEASE]
        return held


@pytest.mark.cells(quick=cells((1_000,))[:1], more=cells((1_000,))[1:])
def test_decision_of_a_row(race: Race, benchmark: BenchmarkFixture, cell: str) -> None:
    people, backlog = size(cell)
    trace = matching(people, backlog=backlog)
    last = trace.start + ROUTER_EVENTS
    measure(
        race, benchmark, cell, "ccroute Router batch", lambda: (RowCentre(trace),),
        lambda made: made.run(trace.start, last), ROUTER_EVENTS, GOAL, LIMITS_NS[people],
    )  # fmt: skip


class Crowd:
    """As many agents, queues and waiting contacts as TaskRouter lets there be."""

    def __init__(self) -> None:
        people, queues, waiting = CEILING
        clock = ManualClock(0.0)
        self.router, names = centre(queues, clock)
        agents(self.router, names, people, CEILING_QUEUES_EACH)
        contacts(self.router, queues, waiting)
        self.at_us = waiting * 1_000
        clock.set(self.at_us / 1e6)
        self.first_in = list(range(queues))
        """By queue, who came first of those who wait: every so many-th contact came to it."""

    def first_of(self, agent: int) -> int:
        """Who of the agent's queues came first; waits no longer."""
        queues = len(self.first_in)
        served = [
            (agent * CEILING_QUEUES_EACH + place) % queues for place in range(CEILING_QUEUES_EACH)
        ]
        queue = min(served, key=self.first_in.__getitem__)
        first = self.first_in[queue]
        self.first_in[queue] += queues
        return first


@pytest.fixture(scope="module")
def crowd() -> Crowd:
    return Crowd()


def by_calls(router: Router, agent: int, _: int) -> list[Any]:
    router.ready(f"a{agent:07}")
    return router.events_array().tolist()


def by_rows(router: Router, agent: int, at_us: int) -> list[Any]:
    row = np.zeros(1, COMMAND_DTYPE)
    row["op"], row["agent"], row["at_us"] = READY, agent, at_us
    return router.apply_batch(row)[0].tolist()


@pytest.mark.parametrize(
    ("way", "first"), [("ccroute Router calls", 0), ("ccroute Router batch", 7_500)]
)
def test_decision_at_the_ceiling(
    benchmark: BenchmarkFixture, request: pytest.FixtureRequest, way: str, first: int
) -> None:
    """Agents become ready, one after the other; each takes whoever of her queues came first."""
    if request.config.getoption("--quick"):
        pytest.skip("takes half a minute: not in the quick run")
    crowd = request.getfixturevalue("crowd")
    ready = by_calls if way == "ccroute Router calls" else by_rows
    took = benchmark.pedantic(decided, args=(crowd, first, ready), rounds=1, iterations=1)
    benchmark.extra_info.update(
        quantiles(took), setting=SETTING, cell=CEILING_CELL, way=way, size=None, goal=None,
        events=CEILING_DECISIONS, limit_ns=CEILING_NS,
    )  # fmt: skip


def decided(
    crowd: Crowd, first: int, ready: Callable[[Router, int, int], list[Any]]
) -> list[list[int]]:
    """The nanoseconds of each decision, round by round; compares who was offered to whom."""
    rounds = []
    for step in range(CEILING_ROUNDS):
        begin = first + step * CEILING_DECISIONS
        took = []
        for agent in range(begin, begin + CEILING_DECISIONS):
            start = perf_counter_ns()
            events = ready(crowd.router, agent, crowd.at_us)
            took.append(perf_counter_ns() - start)
            (offer,) = [event for event in events if event[KIND] == OFFERED]
            assert (offer[CONTACT] & SLOT, offer[AGENT]) == (crowd.first_of(agent), agent)
        rounds.append(took)
    return rounds
