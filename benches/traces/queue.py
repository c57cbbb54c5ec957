"""Traces of a queue's day: who comes, is taken, hangs up and is moved, with fixed seeds.

Every block of 200 operations is 90 pushes, 71 pops, 20 cancels and 19 reprioritisations in a
random order: 45, 35.5, 10 and 9.5 %. One cancel a block comes too late, from the customer who
hangs up as an agent takes the contact, so as many leave as come and the number waiting stays.
"""

import functools
import heapq
from typing import Literal, TypeAlias

import attrs
import numpy as np
from numpy.typing import NDArray

Kind: TypeAlias = Literal["bands", "head starts"]

PUSH, POP, CANCEL, REPRIORITISE = range(4)
BLOCK = np.repeat(np.array([PUSH, POP, CANCEL, REPRIORITISE], np.uint8), [90, 71, 20, 19])
KINDS: tuple[Kind, ...] = ("bands", "head starts")
BANDS = 10
LONGEST_HEAD_START_US = 600_000_000
SPAN_US = 1_800_000_000
"""Within how long those came who wait at first, so that newcomers with a head start pass a
third of them whatever their number."""
NUMBER_BITS = 21
"""A contact's number has so many bits, at most, which those who pack it with its place use."""
SEED = 20_260_107


@attrs.frozen(eq=False, kw_only=True)
class Trace:
    """What happens to a queue. Contacts are numbered in the order they come, from 0.

    The columns ``at_us`` int64, ``band`` int16 and ``head_start_us`` int64 (one of the two,
    the other is ``None``) are by contact for those who wait at first, and by operation for
    what follows; ``ops`` uint8 and ``contacts`` int64 are by operation. For a push, the number
    is the newcomer's, for a pop 0. ``place`` int64 is who goes first as one number, the lowest
    first and equals by their numbers: what a queue without bands and head starts is given.
    """

    kind: Kind
    waiting_at_us: NDArray[np.int64]
    waiting_band: NDArray[np.int16] | None
    waiting_head_start_us: NDArray[np.int64] | None
    waiting_place: NDArray[np.int64]
    ops: NDArray[np.uint8]
    contacts: NDArray[np.int64]
    at_us: NDArray[np.int64]
    band: NDArray[np.int16] | None
    head_start_us: NDArray[np.int64] | None
    place: NDArray[np.int64]

    @property
    def waiting(self) -> int:
        """How many wait at first."""
        return len(self.waiting_at_us)

    @property
    def arrivals(self) -> int:
        """How many contacts there are in all."""
        return self.waiting + int((self.ops == PUSH).sum())


@functools.lru_cache(maxsize=2)
def trace(kind: Kind, waiting: int, operations: int) -> Trace:
    """``operations``, a multiple of 200, on a queue where about ``waiting`` contacts wait.

    "bands": ten strict classes, equally likely, first come first served within. "head starts":
    from 0 to 600 s each, equally likely.
    """
    rng = np.random.default_rng([SEED, KINDS.index(kind), waiting])
    blocks = np.tile(BLOCK, (operations // len(BLOCK), 1))
    ops = rng.permuted(blocks, axis=1).ravel()
    pushes = ops == PUSH
    arrivals = waiting + int(pushes.sum())
    if arrivals >= 1 << NUMBER_BITS:
        message = f"{arrivals} contacts: their numbers have at most {NUMBER_BITS} bits"
        raise ValueError(message)
    gaps = rng.exponential(SPAN_US / waiting, arrivals)
    came_us = LONGEST_HEAD_START_US + gaps.cumsum().astype(np.int64)
    priority = drawn(kind, rng, arrivals)
    new_priority = drawn(kind, rng, len(ops))
    new_priority[pushes] = priority[waiting:]

    picks = rng.random(len(ops))
    contacts = np.zeros(0, np.int64)
    if operations:  # without them nothing is played: who weighs those who wait has clean memory
        contacts = targets(kind, ops, came_us, priority, new_priority, picks)
    at_us = came_us[contacts]
    banded = kind == "bands"
    return Trace(
        kind=kind,
        waiting_at_us=came_us[:waiting],
        waiting_band=priority[:waiting].astype(np.int16) if banded else None,
        waiting_head_start_us=None if banded else priority[:waiting],
        waiting_place=places(kind, came_us[:waiting], priority[:waiting]),
        ops=ops,
        contacts=contacts,
        at_us=at_us,
        band=new_priority.astype(np.int16) if banded else None,
        head_start_us=None if banded else new_priority,
        place=places(kind, at_us, new_priority),
    )


def drawn(kind: Kind, rng: np.random.Generator, count: int) -> NDArray[np.int64]:
    """Priorities: bands, or head starts in microseconds."""
    return rng.integers(0, BANDS if kind == "bands" else LONGEST_HEAD_START_US + 1, count)


def places(kind: Kind, at_us: NDArray[np.int64], priority: NDArray[np.int64]) -> NDArray[np.int64]:
    """Who goes first as a number: the lowest, and of equals who came first."""
    return BANDS - 1 - priority if kind == "bands" else at_us - priority


def targets(
    kind: Kind,
    ops: NDArray[np.uint8],
    came_us: NDArray[np.int64],
    priority: NDArray[np.int64],
    new_priority: NDArray[np.int64],
    picks: NDArray[np.float64],
) -> NDArray[np.int64]:
    """Whom each operation is about: anybody who waits, but for the late cancels.

    The queue is played here, on a heap of (place, number): what has left or moved since is
    passed over when it comes up.
    """
    waiting = len(priority) - int((ops == PUSH).sum())
    place_of = places(kind, came_us, priority).tolist()
    heap = list(zip(place_of[:waiting], range(waiting), strict=True))
    heapq.heapify(heap)
    there = list(range(waiting))  # who waits, in no order
    where = list(range(waiting)) + [-1] * (len(priority) - waiting)  # -1: nowhere
    late = {start + int(np.flatnonzero(ops[start : start + len(BLOCK)] == CANCEL)[-1])
            for start in range(0, len(ops), len(BLOCK))}  # fmt: skip

    def leave(number: int) -> None:
        last = there.pop()
        if last != number:
            there[where[number]] = last
            where[last] = where[number]
        where[number] = -1

    contacts = np.zeros(len(ops), np.int64)
    newcomer, taken = waiting, -1
    for row, (op, pick, moved) in enumerate(
        zip(ops.tolist(), picks.tolist(), new_priority.tolist(), strict=True)
    ):
        if op == PUSH:
            contacts[row] = newcomer
            heapq.heappush(heap, (place_of[newcomer], newcomer))
            where[newcomer] = len(there)
            there.append(newcomer)
            newcomer += 1
        elif op == POP:
            while True:
                place, number = heapq.heappop(heap)
                if where[number] >= 0 and place_of[number] == place:
                    break
            leave(number)
            taken = number
        elif op == CANCEL and row in late and taken >= 0:
            contacts[row] = taken
        else:
            number = there[int(pick * len(there))]
            contacts[row] = number
            if op == CANCEL:
                leave(number)
            else:
                place_of[number] = (
                    BANDS - 1 - moved if kind == "bands" else (int(came_us[number]) - moved)
                )
                heapq.heappush(heap, (place_of[number], number))
    return contacts
