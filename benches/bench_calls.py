"""What the call itself costs: three scalars in, and one more column of a batch.

Both are differences. The peer is what runs without it: the loop that makes no call, and the
same batch without the column. ``beyond_ns`` is how much more ours may take, in nanoseconds.
"""

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from benches.race import Race
from benches.traces.queue import REPRIORITISE
from ccroute import PriorityQueue

SETTING = "the call itself"
CALLS = 200_000
ROWS = 100_000
BATCHES = 10
ROUNDS = 15
CALL_NS = 45.0
COLUMN_NS = 3.0

LOOP = "three scalars"


def timed(race: Race, way: str, work, *given: object) -> None:
    race(SETTING, LOOP, way, events=CALLS, rounds=ROUNDS, prepare=lambda: given, work=work)


def test_empty_loop(race: Race) -> None:
    def loop(times: range) -> None:
        for _ in times:
            pass

    timed(race, "empty loop", loop, range(CALLS))


def test_floor(race: Race) -> None:
    """``[7].index(7, 0, 1)``: a method in C, three ints in, an int out, nearly no work."""

    def loop(times: range, index) -> None:
        for _ in times:
            index(7, 0, 1)

    timed(race, "a method in C", loop, range(CALLS), [7].index)


def test_three_scalars(race: Race, benchmark: BenchmarkFixture) -> None:
    """``reprioritise`` of the one contact there is to where it is: handle, band, head start."""
    queue = PriorityQueue()
    handle = queue.push(0.0, None, 3, 30.0)

    def loop(times: range, reprioritise, handle: int) -> None:
        for _ in times:
            reprioritise(handle, 3, 30.0)

    timed(race, "ccroute calls", loop, range(CALLS), queue.reprioritise, handle)
    benchmark.extra_info["beyond_ns"] = CALL_NS


def test_no_scalar(race: Race) -> None:
    """``peek``: what of it is the way in and out, whatever the arguments."""
    queue = PriorityQueue()
    queue.push(0.0, None, 3, 30.0)

    def loop(times: range, peek) -> None:
        for _ in times:
            peek()

    timed(race, "ccroute calls without arguments", loop, range(CALLS), queue.peek)


@pytest.mark.parametrize("way", ["without it", "ccroute batch"])
@pytest.mark.parametrize("column", ["band", "head_start_us"])
@pytest.mark.parametrize("method", ["reprioritise_batch", "apply_batch"])
def test_column(
    race: Race, benchmark: BenchmarkFixture, method: str, column: str, way: str
) -> None:
    """Moves of a contact that has left: the columns are read, and nothing is done."""
    queue = PriorityQueue()
    handles = np.full(ROWS, queue.push(0.0), np.uint64)
    queue.pop()
    moves = np.full(ROWS, REPRIORITISE, np.uint8)
    columns = {"band": np.zeros(ROWS, np.int16), "head_start_us": np.zeros(ROWS, np.int64)}
    given = {column: columns[column]} if way == "ccroute batch" else {}
    needed = (handles,) if method == "reprioritise_batch" else (moves, handles, np.zeros(ROWS, int))

    def batches(call) -> None:
        for _ in range(BATCHES):
            call(*needed, **given)

    race(
        SETTING,
        f"{method}: {column}",
        way,
        events=BATCHES * ROWS,
        rounds=ROUNDS,
        prepare=lambda: (getattr(queue, method),),
        work=batches,
    )
    benchmark.extra_info["beyond_ns"] = COLUMN_NS if given else None
