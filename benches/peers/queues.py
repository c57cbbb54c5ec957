"""Queues as they are written in Python without us: a heap with lazy deletion, sorted lists,
heaps that can be updated.

``fill`` makes what holds those who wait at first, ``copied`` a copy of it for a round of its
own, ``run`` plays a trace on it and returns the numbers of the contacts popped. Operations come
as lists. Whoever packs a place and a contact's number into one int has first come first served
among equals for nothing.
"""

import heapq
import queue
from collections.abc import Callable, Sequence
from typing import Any

import attrs
from heapdict import heapdict
from pqdict import pqdict
from sortedcontainers import SortedList

from benches.traces.queue import CANCEL, NUMBER_BITS, POP, PUSH, Trace

NUMBER = (1 << NUMBER_BITS) - 1
GONE = -1


@attrs.frozen(kw_only=True)
class Peer:
    """One way to keep a queue."""

    name: str
    fill: Callable[[Trace], tuple[Any, ...]]
    copied: Callable[..., tuple[Any, ...]]
    run: Callable[..., list[int]]
    slowness: int = 1
    """Of a trace it plays one operation in so many, the first ones."""
    largest: int = 1_000_000
    """How many wait at most: what is beyond takes minutes."""


def packed(trace: Trace) -> list[int]:
    """Place and number of those who wait at first, as one int each, by number."""
    places = trace.waiting_place.tolist()
    return [place << NUMBER_BITS | number for number, place in enumerate(places)]


def fill_heap(trace: Trace) -> tuple[list[int], list[int]]:
    live = packed(trace)
    heap = live.copy()
    heapq.heapify(heap)
    return heap, live


def copied_lists(heap: list[Any], live: list[Any]) -> tuple[list[Any], list[Any]]:
    return heap.copy(), live.copy()


def run_heap(
    ops: Sequence[int], numbers: Sequence[int], places: Sequence[int], heap: list, live: list
) -> list[int]:
    """A heap of packed ints; ``live`` has each contact's, and what is not there is stale."""
    push, pop, join = heapq.heappush, heapq.heappop, live.append
    popped: list[int] = []
    out = popped.append
    for op, number, place in zip(ops, numbers, places, strict=True):
        if op == PUSH:
            key = place << NUMBER_BITS | number
            join(key)
            push(heap, key)
        elif op == POP:
            while heap:
                key = pop(heap)
                taken = key & NUMBER
                if live[taken] == key:
                    live[taken] = GONE
                    out(taken)
                    break
        elif op == CANCEL:
            live[number] = GONE
        elif live[number] != GONE:
            live[number] = key = place << NUMBER_BITS | number
            push(heap, key)
    return popped


def fill_tuples(trace: Trace) -> tuple[list[tuple[int, int]], list[int]]:
    live = trace.waiting_place.tolist()
    heap = [(place, number) for number, place in enumerate(live)]
    heapq.heapify(heap)
    return heap, live


def run_tuples(
    ops: Sequence[int], numbers: Sequence[int], places: Sequence[int], heap: list, live: list
) -> list[int]:
    """The same with (place, number), as the documentation of heapq has it; ``live`` has places."""
    push, pop, join = heapq.heappush, heapq.heappop, live.append
    popped: list[int] = []
    out = popped.append
    for op, number, place in zip(ops, numbers, places, strict=True):
        if op == PUSH:
            join(place)
            push(heap, (place, number))
        elif op == POP:
            while heap:
                was, taken = pop(heap)
                if live[taken] == was:
                    live[taken] = GONE
                    out(taken)
                    break
        elif op == CANCEL:
            live[number] = GONE
        elif live[number] != GONE:
            live[number] = place
            push(heap, (place, number))
    return popped


def fill_locked(trace: Trace) -> tuple[queue.PriorityQueue[int], list[int]]:
    heap, live = fill_heap(trace)
    return queue_of(heap), live


def copied_locked(
    line: queue.PriorityQueue[int], live: list[int]
) -> tuple[queue.PriorityQueue[int], list[int]]:
    return queue_of(line.queue.copy()), live.copy()


def queue_of(heap: list[int]) -> queue.PriorityQueue[int]:
    line: queue.PriorityQueue[int] = queue.PriorityQueue()
    line.queue = heap
    return line


def run_locked(
    ops: Sequence[int],
    numbers: Sequence[int],
    places: Sequence[int],
    line: queue.PriorityQueue[int],
    live: list[int],
) -> list[int]:
    """The heap of packed ints behind the lock of ``queue.PriorityQueue``."""
    push, pop, join = line.put_nowait, line.get_nowait, live.append
    popped: list[int] = []
    out = popped.append
    for op, number, place in zip(ops, numbers, places, strict=True):
        if op == PUSH:
            key = place << NUMBER_BITS | number
            join(key)
            push(key)
        elif op == POP:
            try:
                while live[taken := (key := pop()) & NUMBER] != key:
                    pass
            except queue.Empty:
                continue
            live[taken] = GONE
            out(taken)
        elif op == CANCEL:
            live[number] = GONE
        elif live[number] != GONE:
            live[number] = key = place << NUMBER_BITS | number
            push(key)
    return popped


def fill_sorted(trace: Trace) -> tuple[SortedList, list[int]]:
    live = packed(trace)
    return SortedList(live), live


def copied_sorted(line: SortedList, live: list[int]) -> tuple[SortedList, list[int]]:
    return line.copy(), live.copy()


def run_sorted(
    ops: Sequence[int],
    numbers: Sequence[int],
    places: Sequence[int],
    line: SortedList,
    live: list[int],
) -> list[int]:
    """A sorted list of packed ints, from which whoever leaves is taken out at once."""
    push, pop, remove, join = line.add, line.pop, line.remove, live.append
    popped: list[int] = []
    out = popped.append
    for op, number, place in zip(ops, numbers, places, strict=True):
        if op == PUSH:
            key = place << NUMBER_BITS | number
            join(key)
            push(key)
        elif op == POP:
            if line:
                taken = pop(0) & NUMBER
                live[taken] = GONE
                out(taken)
        elif live[number] != GONE:
            remove(live[number])
            if op == CANCEL:
                live[number] = GONE
            else:
                live[number] = key = place << NUMBER_BITS | number
                push(key)
    return popped


def fill_pqdict(trace: Trace) -> tuple[pqdict[int, int]]:
    return (pqdict(dict(enumerate(packed(trace)))),)


def fill_heapdict(trace: Trace) -> tuple[heapdict]:
    line = heapdict()
    for key in sorted(packed(trace)):  # in order, so that each is at its place at once
        line[key & NUMBER] = key
    return (line,)


def copied_pqdict(line: pqdict[int, int]) -> tuple[pqdict[int, int]]:
    return (line.copy(),)


def copied_heapdict(line: heapdict) -> tuple[heapdict]:
    """Entries are lists that know their places in the heap, so each is copied."""
    copy = heapdict()
    copy.heap = [entry.copy() for entry in line.heap]
    copy.d = {entry[1]: entry for entry in copy.heap}
    return (copy,)


def run_dict(
    ops: Sequence[int],
    numbers: Sequence[int],
    places: Sequence[int],
    line: Any,
) -> list[int]:
    """A heap that knows where each contact is in it: pqdict and heapdict."""
    pop = line.popitem
    popped: list[int] = []
    out = popped.append
    for op, number, place in zip(ops, numbers, places, strict=True):
        if op == PUSH:
            line[number] = place << NUMBER_BITS | number
        elif op == POP:
            if line:
                out(pop()[0])
        elif number in line:
            if op == CANCEL:
                del line[number]
            else:
                line[number] = place << NUMBER_BITS | number
    return popped


SORTED = Peer(
    name="SortedList of packed ints", fill=fill_sorted, copied=copied_sorted, run=run_sorted
)
HEAP = Peer(name="heapq of packed ints", fill=fill_heap, copied=copied_lists, run=run_heap)
SLOWER = (
    Peer(name="heapq of tuples", fill=fill_tuples, copied=copied_lists, run=run_tuples),
    Peer(
        name="queue.PriorityQueue",
        fill=fill_locked,
        copied=copied_locked,
        run=run_locked,
        slowness=2,
    ),
    Peer(
        name="pqdict",
        fill=fill_pqdict,
        copied=copied_pqdict,
        run=run_dict,
        slowness=5,
        largest=100_000,
    ),
    Peer(
        name="heapdict",
        fill=fill_heapdict,
        copied=copied_heapdict,
        run=run_dict,
        slowness=5,
        largest=100_000,
    ),
)
