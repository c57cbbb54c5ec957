"""What a Python user feels: events and decisions per second, one call at a time and in batches.

`make bench`. Rates are in the column `extra_info` of each row, and printed at the end by
`conftest.py`; compare rows of one run only.
"""

from collections.abc import Callable

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from ccroute import (
    CAUSES,
    COMMAND_DTYPE,
    COMMAND_OPS,
    KpiAggregator,
    ManualClock,
    Plan,
    PriorityQueue,
    Router,
    SkillMatcher,
)

AGENTS = 1_000
CONTACTS = 5_000
LIFE = ("enqueue", "accept", "connected", "release")
EVENTS_A_LIFE = 5  # queued, offered, accepted, connected, released


def centre() -> tuple[Router, ManualClock]:
    clock = ManualClock(0.0)
    router = Router(Plan.from_toml('retention = "1s"\n[queues.support]'), clock=clock)
    for number in range(AGENTS):
        router.sign_in(f"agent-{number}", queues=["support"], capacity={"voice": 1})
        router.ready(f"agent-{number}")
    router.events()
    return router, clock


def run(
    benchmark: BenchmarkFixture,
    work: Callable[..., int],
    setup: Callable[[], tuple[object, ...]],
    unit: str,
) -> None:
    """Times ``work`` on what ``setup`` makes anew each round; it returns what it counted."""
    counted = benchmark.pedantic(work, setup=lambda: (setup(), {}), rounds=7, warmup_rounds=1)
    benchmark.extra_info["unit"] = unit
    benchmark.extra_info["rate"] = counted / benchmark.stats["median"]


def test_router_one_call_at_a_time(benchmark: BenchmarkFixture) -> None:
    def lives(router: Router, clock: ManualClock) -> int:
        offers = 0
        for number in range(CONTACTS):
            clock.set(number * 0.001)
            contact = str(number)
            router.enqueue(contact, queue="support")
            for event in router.events():
                if event.kind == "offer_made":
                    offers += 1
                    router.accept(event.offer)
                    router.connected(contact)
                    router.release(contact)
        assert offers == CONTACTS
        return offers

    run(benchmark, lives, centre, "decisions/s")


def test_router_in_a_batch(benchmark: BenchmarkFixture) -> None:
    commands = np.zeros(len(LIFE) * CONTACTS, COMMAND_DTYPE)
    commands["contact"] = np.arange(len(commands)) // len(LIFE)
    commands["at_us"] = commands["contact"].astype(np.int64) * 1_000
    commands["op"] = np.tile([COMMAND_OPS.index(word) for word in LIFE], CONTACTS)
    commands["cause"] = CAUSES.index("agent")

    def lives(router: Router, _clock: ManualClock) -> int:
        events, statuses = router.apply_batch(commands)
        assert not statuses.any()
        assert len(events) == EVENTS_A_LIFE * CONTACTS
        return CONTACTS

    run(benchmark, lives, centre, "decisions/s")


def recorded() -> np.ndarray:
    router, clock = centre()
    for number in range(CONTACTS):
        clock.set(number * 0.001)
        router.enqueue(str(number), queue="support")
    return router.events_array()


def test_kpis_one_call_at_a_time(benchmark: BenchmarkFixture) -> None:
    def fold(aggregator: KpiAggregator) -> int:
        for number in range(CONTACTS):
            contact = str(number)
            aggregator.fold("contact_queued", number * 0.5, contact, queue="support")
            aggregator.fold(
                "contact_connected", number * 0.5 + 4.0, contact, queue="support", agent="ana"
            )
        assert aggregator.counters()["events"] == 2 * CONTACTS
        return 2 * CONTACTS

    run(benchmark, fold, lambda: (KpiAggregator(),), "events/s")


def test_kpis_in_a_batch(benchmark: BenchmarkFixture) -> None:
    events = recorded()
    agents = [f"agent-{number}" for number in range(AGENTS)]

    def fold(aggregator: KpiAggregator) -> int:
        aggregator.fold_batch(events, queues=["support"], agents=agents, channels=["voice"])
        assert aggregator.counters()["events"] == len(events)
        return len(events)

    run(benchmark, fold, lambda: (KpiAggregator(),), "events/s")


@pytest.mark.parametrize("batch", [False, True], ids=["one call at a time", "in a batch"])
def test_priority_queue(benchmark: BenchmarkFixture, *, batch: bool) -> None:
    at_us = np.arange(CONTACTS, dtype=np.int64)

    def one_by_one(queue: PriorityQueue) -> int:
        for number in range(CONTACTS):
            queue.push(number * 1e-6)
        while queue.pop() is not None:
            pass
        return 2 * CONTACTS

    def at_once(queue: PriorityQueue) -> int:
        queue.push_batch(at_us)
        assert len(queue.pop_batch(CONTACTS)) == CONTACTS
        return 2 * CONTACTS

    work = at_once if batch else one_by_one
    run(benchmark, work, lambda: (PriorityQueue(),), "operations/s")


@pytest.mark.parametrize("batch", [False, True], ids=["one call at a time", "in a batch"])
def test_skill_matcher(benchmark: BenchmarkFixture, *, batch: bool) -> None:
    skills = [f"skill-{number}" for number in range(64)]
    rng = np.random.default_rng(7)
    picks = rng.integers(0, 64, CONTACTS)

    def desk() -> tuple[object, ...]:
        matcher = SkillMatcher()
        for number in range(AGENTS):
            agent = matcher.add_agent({skills[number % 64]: 8, skills[number % 7]: 5})
            matcher.free(agent, 0.0)
        wanted = [matcher.requirement(all_of={skill: 3}) for skill in skills]
        return matcher, np.array([wanted[pick] for pick in picks], np.int64)

    def one_by_one(matcher: SkillMatcher, wanted: np.ndarray) -> int:
        for number, requirement in enumerate(wanted.tolist()):
            agent, _ = matcher.arrive(requirement, number * 1e-6)
            if agent is not None:
                matcher.free(agent, number * 1e-6)
        return CONTACTS

    def at_once(matcher: SkillMatcher, wanted: np.ndarray) -> int:
        at_us = np.arange(len(wanted), dtype=np.int64)
        agents, _ = matcher.arrive_batch(wanted, at_us)
        taken = agents[agents >= 0]
        matcher.free_batch(taken, at_us[: len(taken)])
        return CONTACTS

    run(benchmark, at_once if batch else one_by_one, desk, "decisions/s")
