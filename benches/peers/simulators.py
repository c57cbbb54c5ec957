"""Textbook centres as they are simulated in Python without us: by a loop of one's own, by simpy,
ciw and salabim.

Each takes columns as lists of whole microseconds, as far as it needs them, and returns the waits:
from entry to connection or, with patience, to leaving. Talks that end go before patience that
ends, and this before newcomers; who is free the longest takes whoever came first.
"""

import heapq
from collections import deque
from collections.abc import Callable, Generator, Sequence
from typing import Any, TypeAlias

import attrs
import ciw
import salabim
import simpy

from benches.traces.callers import MMC, MMCM, N_MODEL, SPECIAL, Model

Waits: TypeAlias = list[int]
NEVER = 1 << 62
"""After everything."""
Run: TypeAlias = Callable[..., Waits]
"""(agents, agents for both queues, arrivals, queues, service, patience) to waits."""


@attrs.frozen(kw_only=True)
class Peer:
    """One way to simulate: which models it can, how many callers it takes at most."""

    name: str
    most: int
    runs: dict[Model, Run]
    by_hand: bool = False


def pool_by_hand(
    agents: int, _both: int, arrivals: list[int], _queues: list[int], service: list[int], _none: Any
) -> Waits:
    """The recursion of Kiefer and Wolfowitz: only when each agent is free next matters."""
    free = [0] * agents
    replace = heapq.heapreplace
    waits = []
    note = waits.append
    for at, talk in zip(arrivals, service, strict=True):
        first = free[0]
        if first > at:
            note(first - at)
            replace(free, first + talk)
        else:
            note(0)
            replace(free, at + talk)
    return waits


def patience_by_hand(
    agents: int,
    _both: int,
    arrivals: list[int],
    _queues: list[int],
    service: list[int],
    patience: list[int],
) -> Waits:
    """As `pool_by_hand`: who will give up before an agent is free is in nobody's way."""
    free = [0] * agents
    replace = heapq.heapreplace
    waits = []
    note = waits.append
    for at, talk, longest in zip(arrivals, service, patience, strict=True):
        wait = free[0] - at
        if wait > longest:
            note(longest)
        elif wait > 0:
            note(wait)
            replace(free, at + wait + talk)
        else:
            note(0)
            replace(free, at + talk)
    return waits


def n_model_by_hand(
    agents: int, both: int, arrivals: list[int], queues: list[int], service: list[int], _none: Any
) -> Waits:
    """An event loop: a heap of talks that end, the idle by when they became so, a line a queue."""
    push, replace, pop = heapq.heappush, heapq.heapreplace, heapq.heappop
    ends: list[tuple[int, bool]] = [(NEVER, False)]
    idle_first, idle_both = deque([0] * agents), deque([0] * both)
    general: deque[int] = deque()
    special: deque[int] = deque()
    waits = [0] * len(arrivals)
    row = 0
    for now, kind in zip([*arrivals, NEVER], [*queues, SPECIAL], strict=True):
        ended, of_both = ends[0]
        while ended < now or ended == now < NEVER:
            if of_both and special and not (general and general[0] < special[0]):
                freed = special.popleft()
            elif general:
                freed = general.popleft()
            else:
                pop(ends)
                (idle_both if of_both else idle_first).append(ended)
                ended, of_both = ends[0]
                continue
            waits[freed] = ended - arrivals[freed]
            replace(ends, (ended + service[freed], of_both))
            ended, of_both = ends[0]
        if now == NEVER:
            break
        if kind == SPECIAL:
            if idle_both:
                idle_both.popleft()
                push(ends, (now + service[row], True))
            else:
                special.append(row)
        elif idle_first and not (idle_both and idle_both[0] < idle_first[0]):
            idle_first.popleft()
            push(ends, (now + service[row], False))
        elif idle_both:
            idle_both.popleft()
            push(ends, (now + service[row], True))
        else:
            general.append(row)
        row += 1
    return waits


def pool_in_simpy(
    agents: int,
    _both: int,
    arrivals: list[int],
    _queues: list[int],
    service: list[int],
    patience: list[int] | None,
) -> Waits:
    """A process a caller, who asks a resource for an agent."""
    env = simpy.Environment()
    pool = simpy.Resource(env, agents)
    waits = [0] * len(arrivals)

    def caller(row: int) -> Generator[simpy.Event, Any, None]:
        came = env.now
        with pool.request() as agent:
            if patience is None:
                yield agent
            elif agent not in (yield agent | env.timeout(patience[row])):
                waits[row] = env.now - came
                return
            waits[row] = env.now - came
            yield env.timeout(service[row])

    def source() -> Generator[simpy.Event, Any, None]:
        for row, at in enumerate(arrivals):
            yield env.timeout(at - env.now)
            env.process(caller(row))

    env.process(source())
    env.run()
    return waits


def n_model_in_simpy(  # noqa: C901 # a dispatcher and what calls it
    agents: int, both: int, arrivals: list[int], queues: list[int], service: list[int], _none: Any
) -> Waits:
    """Which agent serves whom is no resource of simpy's: a dispatcher says it, talks are timeouts
    with a callback."""
    env = simpy.Environment()
    idle_first, idle_both = deque([0] * agents), deque([0] * both)
    general: deque[int] = deque()
    special: deque[int] = deque()
    waits = [0] * len(arrivals)

    def talk(row: int, ended: Callable[[simpy.Event], None]) -> None:
        waits[row] = env.now - arrivals[row]
        env.timeout(service[row]).callbacks.append(ended)

    def first_is_free(_event: simpy.Event | None) -> None:
        if general:
            talk(general.popleft(), first_is_free)
        else:
            idle_first.append(env.now)

    def both_is_free(_event: simpy.Event | None) -> None:
        if special and not (general and general[0] < special[0]):
            talk(special.popleft(), both_is_free)
        elif general:
            talk(general.popleft(), both_is_free)
        else:
            idle_both.append(env.now)

    def come(row: int) -> None:
        if queues[row] == SPECIAL:
            if idle_both:
                idle_both.popleft()
                talk(row, both_is_free)
            else:
                special.append(row)
        elif idle_first and not (idle_both and idle_both[0] < idle_first[0]):
            idle_first.popleft()
            talk(row, first_is_free)
        elif idle_both:
            idle_both.popleft()
            talk(row, both_is_free)
        else:
            general.append(row)

    def source() -> Generator[simpy.Event, Any, None]:
        for row, at in enumerate(arrivals):
            yield env.timeout(at - env.now)
            come(row)

    env.process(source())
    env.run()
    return waits


def pool_in_ciw(
    agents: int, _both: int, arrivals: list[int], _queues: list[int], service: list[int], _none: Any
) -> Waits:
    """A network of one node. It draws patience when a talk begins: no model with it is compared."""
    gaps = [now - before for before, now in zip([0, *arrivals], arrivals, strict=False)]
    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Sequential([*map(float, gaps), float("inf")])],
        service_distributions=[ciw.dists.Sequential([float(talk) for talk in service])],
        number_of_servers=[agents],
    )
    simulation = ciw.Simulation(network)
    simulation.simulate_until_max_time(float(arrivals[-1] + sum(service)))
    records = sorted(simulation.get_all_records(), key=lambda record: record.arrival_date)
    return [int(record.waiting_time) for record in records]


def pool_in_salabim(
    agents: int,
    _both: int,
    arrivals: list[int],
    _queues: list[int],
    service: list[int],
    patience: list[int] | None,
) -> Waits:
    """A component a caller, who requests a resource, in generators."""
    env = salabim.Environment(trace=False, time_unit="microseconds", yieldless=False)
    pool = salabim.Resource("agents", capacity=agents, env=env)
    waits = [0] * len(arrivals)

    class Caller(salabim.Component):
        def setup(self, row: int) -> None:
            self.row = row

        def process(self) -> Generator[Any, Any, None]:
            came = env.now()
            if patience is None:
                yield self.request(pool)
            else:
                yield self.request(pool, fail_delay=patience[self.row])
            waits[self.row] = int(env.now() - came)
            if not self.failed():
                yield self.hold(service[self.row])
                self.release()

    class Source(salabim.Component):
        def process(self) -> Generator[Any, Any, None]:
            for row, at in enumerate(arrivals):
                yield self.hold(till=at)
                Caller(row=row, env=env)

    Source(env=env)
    env.run()
    return waits


PEERS: Sequence[Peer] = (
    Peer(
        name="simpy",
        most=100_000,
        runs={MMC: pool_in_simpy, MMCM: pool_in_simpy, N_MODEL: n_model_in_simpy},
    ),
    Peer(name="ciw", most=20_000, runs={MMC: pool_in_ciw}),
    Peer(name="salabim", most=2_000, runs={MMC: pool_in_salabim, MMCM: pool_in_salabim}),
    Peer(
        name="loop by hand",
        most=1_000_000,
        runs={MMC: pool_by_hand, MMCM: patience_by_hand, N_MODEL: n_model_by_hand},
        by_hand=True,
    ),
)
