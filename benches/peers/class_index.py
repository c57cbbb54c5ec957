"""A matcher in pure Python, by requirement: the best there is where contacts share requirements.

Per requirement a heap of who waits with its head cached, and a queue of idle agents in the order
they became so. Both are cleaned when a head is looked at, which is cheaper than finding an
agent in all of her queues. Matchers of this folder are made of a `Trace`, which has what they keep
of agents and requirements; what waits and who is idle is theirs. They are functions around what
they share, which Python reaches sooner than attributes; so one function holds a whole matcher.
"""

from collections import deque
from heapq import heappop, heappush
from operator import itemgetter

from benches.traces.matching import NOBODY, Trace

LAST = 1 << 62
"""A place behind all."""
CONTACT = (1 << 20) - 1
"""The bits of a place that tell which contact it is."""
CLEAN = 3
"""Queues are rebuilt when so much more was put into them than agents are idle."""


class ClassIndex:
    """By requirement: heaps of places, and queues of spells of idleness numbered in order."""

    def __init__(self, trace: Trace) -> None:  # noqa: C901, PLR0915
        count = len(trace.requirements)
        # The place behind the last requirement stands for nobody; it makes two of none.
        of_agent = [[*meets.tolist(), count, count] for meets in trace.meets]
        places = trace.places.tolist()
        wanted = trace.subjects.tolist()
        pick = [itemgetter(*classes) for classes in of_agent]
        bits = [sum(1 << one for one in classes[:-2]) for classes in of_agent]
        sizes = [len(classes) for classes in of_agent]
        heads = [LAST] * (count + 1)
        heaps: list[list[int]] = [[] for _ in range(count)]
        waits = bytearray(len(places))
        idle: list[deque[int]] = [deque() for _ in range(count + 1)]
        appends = [queue.append for queue in idle]
        idle[count] = deque(maxlen=0)
        appends[count] = idle[count].append
        agents: list[int] = []
        live = bytearray()
        asked = 0
        put = 0
        kept = 1

        def clean() -> None:
            nonlocal put, kept
            kept = 0
            for queue in idle:
                if queue:
                    still = [spell for spell in queue if live[spell]]
                    queue.clear()
                    queue.extend(still)
                    kept += len(still)
            put = 0

        def arrive(contact: int, requirement: int) -> int:
            nonlocal asked
            queue = idle[requirement]
            while queue:
                spell = queue.popleft()
                if live[spell]:
                    live[spell] = 0
                    return agents[spell]
            place = places[contact]
            waits[contact] = 1
            heappush(heaps[requirement], place)
            if place < heads[requirement]:
                if heads[requirement] == LAST:
                    asked |= 1 << requirement
                heads[requirement] = place
            return NOBODY

        def settle(requirement: int) -> None:
            nonlocal asked
            heap = heaps[requirement]
            while heap:
                if waits[heap[0] & CONTACT]:
                    heads[requirement] = heap[0]
                    return
                heappop(heap)
            heads[requirement] = LAST
            asked &= ~(1 << requirement)

        def free(agent: int) -> int:
            nonlocal put
            if asked & bits[agent]:
                contact = min(pick[agent](heads)) & CONTACT
                waits[contact] = 0
                settle(wanted[contact])
                return contact
            spell = len(agents)
            agents.append(agent)
            live.append(1)
            for append in pick[agent](appends):
                append(spell)
            put += sizes[agent]
            if put > CLEAN * kept + 20_000:
                clean()
            return NOBODY

        def cancel(contact: int) -> int:
            if not waits[contact]:
                return 0
            waits[contact] = 0
            requirement = wanted[contact]
            if heads[requirement] == places[contact]:
                settle(requirement)
            return 1

        def restart() -> None:
            nonlocal asked, put, kept
            heads[:] = [LAST] * (count + 1)
            for heap in heaps:
                heap.clear()
            for queue in idle:
                queue.clear()
            waits[:] = bytes(len(waits))
            live.clear()
            agents.clear()
            asked, put, kept = 0, 0, 1

        self.arrive, self.free, self.cancel, self.restart = arrive, free, cancel, restart
