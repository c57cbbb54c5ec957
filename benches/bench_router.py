"""A contact's life through `ccroute.Router`, against peers that only decide who takes it.

The router does all of a life: offers with a deadline, acceptance, connection, release, wrap-up by
time, events for the host and figures folded; a peer holds who is free and who waits. Both answer
with the agent of each contact. Times are of a life.
"""

import heapq
from bisect import insort
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from operator import itemgetter
from typing import Any, TypeAlias

import numpy as np
import pytest
from numpy.typing import NDArray

from benches.race import Race
from benches.traces import lives as trace
from benches.traces.lives import (
    ACCEPT,
    ARRIVE,
    CANCEL,
    CONNECTED,
    ENQUEUE,
    FREE,
    OFFERED,
    QUEUED,
    RELEASE,
    SECOND,
    SLOT,
    Cell,
    Lives,
    Operation,
)
from ccroute import EVENT_DTYPE, OfferMade, Router

SETTING = "a contact's life"
QUICK = [Cell(1_000, "idle"), Cell(1_000, "backlog")]
MORE = [
    Cell(100, "idle"),
    Cell(100, "backlog"),
    Cell(10_000, "idle"),
    Cell(10_000, "backlog"),
]
NOBODY = -1
CONTACT, OFFER, AGENT, KIND = (
    EVENT_DTYPE.names.index(field) for field in ("contact", "offer", "agent", "kind")
)
LOWEST_20 = (1 << 20) - 1
LAST = 1 << 62
"""A place behind all."""


class ClassIndexed:
    """Queues are classes: of each who waits, in a heap whose head is cached, and who is free.

    Who is free stands in a queue a class by number of the spell, which ends when the agent is
    taken; what is over is thrown away when it comes to the front. As
    `benches.peers.class_index`, but that who is free again after a ring stands where they stood.
    """

    def __init__(self, serves: Sequence[Sequence[int]], queues: int, contacts: int) -> None:
        agents = range(len(serves))
        # The place behind the last queue stands for nobody; it makes two of none.
        self._pick = [itemgetter(*served, queues, queues) for served in serves]
        self._bits = [sum(1 << queue for queue in served) for served in serves]
        self._heads = [LAST] * (queues + 1)
        self._heaps: list[list[int]] = [[] for _ in range(queues)]
        self._waits = bytearray(contacts)
        self._queue_of = [0] * contacts
        self._free = [
            deque(agent for agent in agents if queue in serves[agent]) for queue in range(queues)
        ]
        self._serves = [[self._free[queue] for queue in served] for served in serves]
        self._agents = list(agents)
        """By spell, whose it is: at first everybody is free, known longest first."""
        self._live = bytearray([1]) * len(serves)
        self._spell_of = list(agents)
        self._asked = 0
        self.agent_of = [NOBODY] * contacts

    def run(self, operations: Iterable[Operation]) -> list[int]:  # noqa: C901, PLR0912, PLR0915
        """Decides on all of it; returns the agent of each contact so far."""
        agent_of, waits, queue_of, free = self.agent_of, self._waits, self._queue_of, self._free
        agents, live, spell_of, serves = self._agents, self._live, self._spell_of, self._serves
        heads, heaps, pick, bits, asked = (
            self._heads, self._heaps, self._pick, self._bits, self._asked
        )  # fmt: skip
        push, pop = heapq.heappush, heapq.heappop
        for kind, contact, queue, key in operations:
            if kind == ARRIVE:
                spells = free[queue]
                while spells:
                    spell = spells.popleft()
                    if live[spell]:
                        live[spell] = 0
                        agent_of[contact] = agents[spell]
                        break
                else:
                    waits[contact] = 1
                    queue_of[contact] = queue
                    push(heaps[queue], key)
                    if key < heads[queue]:
                        heads[queue] = key
                        asked |= 1 << queue
                continue
            if waits[contact]:
                waits[contact] = 0
                if heads[queue] & LOWEST_20 != contact:
                    continue
                settled = queue
            else:
                agent = agent_of[contact]
                if kind == FREE:
                    spell = spell_of[agent] = len(agents)
                    agents.append(agent)
                    live.append(0)
                else:
                    spell = spell_of[agent]
                if not asked & bits[agent]:
                    live[spell] = 1
                    if kind == FREE:
                        for spells in serves[agent]:
                            spells.append(spell)
                    else:
                        for spells in serves[agent]:
                            insort(spells, spell)
                    continue
                taken = min(pick[agent](heads)) & LOWEST_20
                waits[taken] = 0
                agent_of[taken] = agent
                settled = queue_of[taken]
            heap = heaps[settled]
            while heap and not waits[heap[0] & LOWEST_20]:
                pop(heap)
            if heap:
                heads[settled] = heap[0]
            else:
                heads[settled] = LAST
                asked &= ~(1 << settled)
        self._asked = asked
        return agent_of


def class_indexed(day: Lives) -> tuple[object, ...]:
    index = ClassIndexed(day.centre.serves, trace.QUEUES, day.contacts)
    index.run(day.operations_before)
    return index, day.operations


class Told:
    """A clock that shows the time of the command in hand."""

    def __init__(self, at: float) -> None:
        self.at = at

    def now(self) -> float:
        return self.at


class Known:
    """What a host remembers of contacts: which number a key stands for, and who got which."""

    def __init__(self, contacts: int) -> None:
        self.number_at = np.zeros(contacts + 1, np.int64)
        self.agent_of = np.full(contacts, NOBODY, np.int64)

    def hear(self, rows: NDArray[np.void], events: NDArray[np.void]) -> NDArray[np.void]:
        """Takes in what came of a batch; returns the offers."""
        kinds = events["kind"]
        queued = events["contact"][kinds == QUEUED]
        self.number_at[queued & SLOT] = rows["contact"][rows["op"] == ENQUEUE]
        made = events[kinds == OFFERED]
        self.agent_of[self.number_at[made["contact"] & SLOT]] = made["agent"]
        return made


def begun(day: Lives, clock: Told | None = None) -> tuple[Router, NDArray[np.void]]:
    """A router at the beginning of the timed part, and the events until then."""
    router = day.centre.router(clock)
    events, statuses = router.apply_batch(day.before)
    assert not statuses.any()
    return router, events


def batches(day: Lives) -> tuple[object, ...]:
    router, events = begun(day)
    known = Known(day.contacts)
    known.hear(day.before, events)
    return router, known, day.windows()


def by_batches(router: Router, known: Known, windows: list[NDArray[np.void]]) -> NDArray[Any]:
    for rows in windows:
        events, statuses = router.apply_batch(rows)
        assert not statuses.any()
        known.hear(rows, events)
    return known.agent_of


Row: TypeAlias = tuple[int, float, int, str, str, int, float]
"""op, at (s), contact, its id, queue, band, head start (s)."""


def calls(day: Lives) -> tuple[object, ...]:
    """A router on the host's clock, and by contact what the host knows: keys, offers, agents."""
    clock = Told(trace.START / SECOND)
    router, events = begun(day, clock)
    known = Known(day.contacts)
    made = known.hear(day.before, events)
    queued = events["contact"][events["kind"] == QUEUED].tolist()
    number_of = {key: int(known.number_at[key & SLOT]) for key in queued}
    offered = known.number_at[made["contact"] & SLOT].tolist()
    offer_of = dict(zip(offered, made["offer"].tolist(), strict=True))
    return router, clock, number_of, offer_of, known.agent_of.tolist(), rows_of(day)


def rows_of(day: Lives) -> list[Row]:
    """The timed commands as a caller has them, call by call."""
    fields = ("op", "at_us", "contact", "queue", "band", "value_us")
    columns = [day.commands[field].tolist() for field in fields]
    return [
        (op, at / SECOND, contact, str(contact), trace.queue_name(queue), band, head / SECOND)
        for op, at, contact, queue, band, head in zip(*columns, strict=True)
    ]


def by_calls(
    router: Router,
    clock: Told,
    number_of: dict[int, int],
    offer_of: dict[int, int],
    agent_of: list[int],
    rows: list[Row],
) -> list[int]:
    """Events are read as an array, of which the tuples are looked at."""
    enqueue, accept, connected = router.enqueue, router.accept, router.connected
    release, cancel, advance, events = (
        router.release, router.cancel, router.advance, router.events_array
    )  # fmt: skip
    for op, at, contact, name, queue, band, head_start in rows:
        clock.at = at
        if op == ENQUEUE:
            key = enqueue(name, queue=queue, band=band, head_start=head_start)
            number_of[key] = contact
        elif op == ACCEPT:
            accept(offer_of[contact])
        elif op == CONNECTED:
            connected(name)
        elif op == RELEASE:
            release(name)
        elif op == CANCEL:
            cancel(name)
        else:
            advance()
        for event in events().tolist():
            if event[KIND] == OFFERED:
                offered = number_of[event[CONTACT]]
                offer_of[offered] = event[OFFER]
                agent_of[offered] = event[AGENT]
    return agent_of


def by_objects(
    router: Router,
    clock: Told,
    _: dict[int, int],
    offer_of: dict[int, int],
    agent_of: list[int],
    rows: list[Row],
) -> list[int]:
    """Events are read as objects, with names; agents are numbered as they signed in."""
    number_of = {name: number for number, name in enumerate(router.names("agents"))}
    for op, at, contact, name, queue, band, head_start in rows:
        clock.at = at
        if op == ENQUEUE:
            router.enqueue(name, queue=queue, band=band, head_start=head_start)
        elif op == ACCEPT:
            router.accept(offer_of[contact])
        elif op == CONNECTED:
            router.connected(name)
        elif op == RELEASE:
            router.release(name)
        elif op == CANCEL:
            router.cancel(name)
        else:
            router.advance()
        for event in router.events():
            if isinstance(event, OfferMade):
                offered = int(event.contact)
                offer_of[offered] = event.offer
                agent_of[offered] = number_of[event.agent]
    return agent_of


WAYS: dict[str, tuple[Callable[..., tuple[object, ...]], Callable[..., Any], float | None]] = {
    "class-indexed Python": (class_indexed, ClassIndexed.run, None),
    "ccroute batch": (batches, by_batches, 5.0),
    "ccroute calls": (calls, by_calls, 2.0),
    "ccroute calls, events as objects": (calls, by_objects, None),
}


@pytest.mark.cells(quick=QUICK, more=MORE)
@pytest.mark.parametrize("way", WAYS)
def test_a_contacts_life(race: Race, cell: Cell, way: str) -> None:
    day = trace.lives(cell)
    prepare, work, goal = WAYS[way]
    race(
        SETTING,
        str(cell),
        way,
        events=day.lives,
        prepare=lambda: prepare(day),
        work=work,
        settle=np.asarray,
        size=cell.agents,
        goal=goal,
    )
