"""How long one decision takes at worst: the 99th percentile of single calls.

Setting "latency of a decision, p99": the days of `benches.traces.matching` with shared
requirements, each call between two looks at the clock. Of `Router` that is the command with what
tells the host of the offer: the events, as rows; accepting it is not timed, nor is it a peer's.
"""

from collections.abc import Callable
from functools import cache
from time import perf_counter_ns
from typing import Any

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benches.bench_matcher import cells, most_events, peer, size
from benches.peers.replay import Ours, call_rows, rows_of, set_scene, timed, timed_calls
from benches.race import Race
from benches.traces.matching import ARRIVE, FREE, NOBODY, Trace, matching
from ccroute import EVENT_DTYPE, KINDS, ManualClock, Plan, Requirement, Router

SETTING = "latency of a decision, p99"
PEERS = ["class index", "numpy classes", "a query each (SQLite)"]
CALLS, ROUTER = "ccroute calls", "ccroute Router calls"
ROUTER_EVENTS = 5_000
LIMITS_NS = {1_000: 5_000, 10_000: None, 100_000: 50_000}
"""How long the p99 of a decision of the router may be, by number of agents."""
CONTACT, AGENT, KIND, OFFER = (
    EVENT_DTYPE.names.index(field) for field in ("contact", "agent", "kind", "offer")
)
OFFERED = KINDS.index("offer_made")
PLAN = 'retention = "1s"\n[queues.all]\nservice_level = { within = "20s" }'


@cache
def demands(trace: Trace) -> list[Requirement]:
    """Requirements as the router takes them; a host makes them once."""
    return [
        Requirement(all_of={f"skill {skill}": level for skill, level in requirement})
        for requirement in trace.requirements
    ]


class Centre:
    """The router at the start of the timed rows; agents who are busy then are not ready."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self.clock = ManualClock(0.0)
        skills = ", ".join(f'"skill {skill}"' for skill in range(trace.skills))
        self.router = Router(Plan.from_toml(f"skills = [{skills}]\n{PLAN}"), clock=self.clock)
        for agent, levels in enumerate(trace.proficiency):
            held = {f"skill {skill}": level for skill, level in levels.items()}
            self.router.sign_in(str(agent), skills=held, queues=["all"], capacity={"voice": 1})
        self.holds: list[str | None] = [None] * len(trace.proficiency)
        """By agent, whom she serves."""
        self.rows: dict[int, int] = {}
        """By the router's key of a contact, the row it came in."""
        self.run(0, trace.start)

    def run(self, first: int, last: int) -> tuple[list[int], list[int]]:
        """Answers to these rows, and the nanoseconds of each."""
        trace, router, holds, clock = self.trace, self.router, self.holds, perf_counter_ns
        needs = demands(trace)
        keys = self.rows
        enqueue, ready, release, cancel = (
            router.enqueue,
            router.ready,
            router.release,
            router.cancel,
        )
        events, accept, connected = router.events_array, router.accept, router.connected
        answers: list[int] = []
        took: list[int] = []
        rows = slice(first, last)
        columns = (
            range(first, last),
            trace.ops[rows].tolist(),
            trace.subjects[rows].tolist(),
            (trace.at_us[rows] * 1e-6).tolist(),
            trace.band[rows].tolist(),
            (trace.head_start_us[rows] * 1e-6).tolist(),
        )
        for row, op, subject, at, band, head_start in zip(*columns, strict=True):
            self.clock.set(at)
            contact = str(row if op == ARRIVE else subject)
            held = holds[subject] if op == FREE else None
            start = clock()
            if op == ARRIVE:
                key = enqueue(
                    contact,
                    queue="all",
                    band=band,
                    head_start=head_start,
                    requirement=needs[subject],
                )
            elif op != FREE:
                cancel(contact)
            elif held is None:
                ready(contact)
            else:
                release(held)
            offer = None
            for event in events().tolist():
                if event[KIND] == OFFERED:
                    offer = event
            took.append(clock() - start)
            answer = NOBODY if op in {ARRIVE, FREE} else 1
            if op == ARRIVE:
                keys[key] = row
            if held is not None:
                holds[subject] = None
            if offer is not None:
                taken = keys.pop(offer[CONTACT])
                accept(offer[OFFER])
                connected(str(taken))
                events()
                holds[offer[AGENT]] = str(taken)
                answer = offer[AGENT] if op == ARRIVE else taken
            answers.append(answer)
        return answers, took


def measure(
    race: Race,
    benchmark: BenchmarkFixture,
    cell: str,
    way: str,
    prepare: Callable[[], tuple[object, ...]],
    work: Callable[..., tuple[Any, list[int]]],
    events: int,
    goal: float | None = None,
    limit_ns: float | None = None,
) -> None:
    """Compares answers as any race does, and puts the p99 of single calls in place of the mean.

    ``limit_ns``: how long that may be, whatever the peers'.
    """
    rounds: list[list[int]] = []

    def noted(*given: object) -> object:
        answers, took = work(*given)
        rounds.append(took)
        return answers

    race(
        SETTING, cell, way, events=events, size=size(cell)[0], rounds=3,
        prepare=prepare, work=noted, settle=np.array, goal=goal,
    )  # fmt: skip
    benchmark.extra_info.update(quantiles(rounds[-3:]), limit_ns=limit_ns)


def quantiles(rounds: list[list[int]]) -> dict[str, float]:
    """Of the nanoseconds of single calls, round by round: medians of the rounds' quantiles."""
    p50, p99, p999 = np.quantile(np.array(rounds), [0.5, 0.99, 0.999], axis=1)
    return {
        "ns": float(np.median(p99)),
        "spread": float(p99.std() / p99.mean()),
        "p50_ns": float(np.median(p50)),
        "p99_ns": float(np.median(p99)),
        "p999_ns": float(np.median(p999)),
    }


@pytest.mark.cells(quick=cells((1_000,)), more=cells((10_000, 100_000)))
@pytest.mark.parametrize("way", [*PEERS, CALLS, ROUTER])
def test_decision(race: Race, benchmark: BenchmarkFixture, cell: str, way: str) -> None:
    agents, backlog = size(cell)
    trace = matching(agents, backlog=backlog)
    goal = 2 if (agents, backlog) == (100_000, True) else 10
    if way == CALLS:
        measure(
            race, benchmark, cell, way, lambda: call_rows(Ours(trace)), timed_calls, trace.events,
            goal,
        )  # fmt: skip
    elif way == ROUTER:
        last = trace.start + ROUTER_EVENTS
        measure(
            race, benchmark, cell, way, lambda: (Centre(trace),),
            lambda centre: centre.run(trace.start, last), ROUTER_EVENTS, goal, LIMITS_NS[agents],
        )  # fmt: skip
    else:
        matcher = peer(way, cell, own=False)
        events = min(trace.events, most_events(way, agents))
        rows = rows_of(trace, trace.start, trace.start + events)

        def prepare() -> tuple[object, ...]:
            set_scene(matcher, trace)
            return matcher, rows

        measure(race, benchmark, cell, way, prepare, timed, events)
