"""Contact lives through a centre: made once by a small simulation around the real `Router`.

A life is arrival, offer, acceptance, connection, release and the end of wrap-up; a tenth hang up
before anybody answers, while they wait or while the phone rings. Written down twice: as rows of
``COMMAND_DTYPE`` for us, and as operations for those who only decide. Every deadline of the
router has a row ``advance`` of its own at its time, as a host's alarm would, so that no two
agents become free at one instant. Who routes, and how fast, does not belong here.
"""

import heapq
import random
from functools import cache
from itertools import pairwise
from typing import NamedTuple

import attrs
import numpy as np
from numpy.typing import NDArray

from ccroute import CAUSES, COMMAND_DTYPE, COMMAND_OPS, KINDS, Clock, ManualClock, Plan, Router

QUEUES = 60
SKILLS = 12
LINKS = 50
"""Queues an agent belongs to; for nearly a third of them the skills suffice."""
WINDOW = 1_000
"""Commands in a batch."""
START = 10_000_000_000
"""When the day begins, in microseconds."""
SECOND = 1_000_000
WRAP_UP = 10
SLOT = 0xFFFF_FFFF
"""The part of a contact's key by which those who live at the same time differ."""

ARRIVE, FREE, LEAVE = range(3)
"""Kinds of operations."""

ADVANCE, ENQUEUE, CANCEL, ACCEPT, CONNECTED, RELEASE = (
    COMMAND_OPS.index(op)
    for op in ("advance", "enqueue", "cancel", "accept", "connected", "release")
)
BY = {CANCEL: CAUSES.index("abandoned"), RELEASE: CAUSES.index("agent")}
"""Who ends it: customers hang up before an answer, agents after it."""
QUEUED, OFFERED, WRAPPED, ABANDONED = (
    KINDS.index(kind)
    for kind in ("contact_queued", "offer_made", "wrap_up_ended", "contact_abandoned")
)


class Cell(NamedTuple):
    """How many agents, and whether contacts wait: ``idle`` or ``backlog``."""

    agents: int
    regime: str

    def __str__(self) -> str:
        return f"{self.agents:,} agents, {self.regime}"


class Operation(NamedTuple):
    """One thing to decide on: a contact arrives, the agent of a contact is free, a contact leaves.

    ``queue``: the contact's. ``key``, of an arrival: its place, smaller goes first, with the
    contact in the lowest 20 bits. An agent who becomes free goes behind all who are; but the agent
    of a contact that leaves while the phone rings is as free as before, in the old place.
    """

    kind: int
    contact: int
    queue: int
    key: int


@attrs.frozen
class Centre:
    """Who works there: skills and queues by agent, and the plan of the queues."""

    plan: Plan
    skills: list[dict[str, int]]
    links: list[list[str]]
    serves: list[list[int]]
    """By agent, the numbers of the queues that are linked and for which the skills suffice."""

    def router(self, clock: Clock | None = None) -> Router:
        """A new day: everybody signed in and ready at ``START``, no event unread.

        ``clock``: of those who call command by command; it has to show ``START`` still.
        """
        router = Router(self.plan, clock=ManualClock(START / SECOND) if clock is None else clock)
        for number, (skills, links) in enumerate(zip(self.skills, self.links, strict=True)):
            agent = f"agent-{number}"
            router.sign_in(agent, skills=skills, queues=links, capacity={"voice": 1})
            router.ready(agent)
        router.events_array()
        return router


@attrs.frozen
class Lives:
    """What happens in a cell. Contacts are numbered in the order in which they arrive."""

    centre: Centre
    before: NDArray[np.void]
    """Commands until the centre is as its regime says; not timed."""
    commands: NDArray[np.void]
    """What is timed."""
    operations_before: list[Operation]
    operations: list[Operation]
    contacts: int
    """In all."""
    lives: int
    """Contacts that arrive in the timed part: about as many end in it."""

    def windows(self) -> list[NDArray[np.void]]:
        """The timed commands in batches."""
        cuts = [*range(0, len(self.commands), WINDOW), len(self.commands)]
        return [self.commands[first:last] for first, last in pairwise(cuts)]


def queue_name(number: int) -> str:
    """What the plan calls a queue."""
    return f"queue-{number}"


@cache
def centre(agents: int) -> Centre:
    """60 queues that ask for one or, a fourth of them, two of 12 skills.

    Agents have 3 to 8 skills and so could take contacts of about 15 queues.
    """
    dice = random.Random(60 + agents)
    needs = [
        {
            f"skill-{skill}": dice.randint(1, 6)
            for skill in dice.sample(range(SKILLS), 2 if number % 4 == 3 else 1)
        }
        for number in range(QUEUES)
    ]
    queues = {
        queue_name(number): {
            "requires": {"all_of": need},
            "wrap_up": {"mode": "timed", "limit": WRAP_UP},
        }
        for number, need in enumerate(needs)
    }
    plan = Plan(skills=[f"skill-{number}" for number in range(SKILLS)], queues=queues)
    skills, links, serves = [], [], []
    for _ in range(agents):
        count = dice.randint(3, 8)
        names = [f"skill-{skill}" for skill in dice.sample(range(SKILLS), count)]
        held = {name: dice.randint(2, 10) for name in names}
        homes = sorted(dice.sample(range(QUEUES), LINKS))
        skills.append(held)
        links.append([queue_name(home) for home in homes])
        serves.append(
            [
                home
                for home in homes
                if all(held.get(skill, 0) >= level for skill, level in needs[home].items())
            ]
        )
    return Centre(plan=plan, skills=skills, links=links, serves=serves)


@cache
def lives(cell: Cell) -> Lives:
    """The trace of a cell; 4,000 or 10,000 lives in its timed part."""
    return _Day(cell).record()


class _Day:
    """The simulation: what customers and phones do, at which microsecond."""

    def __init__(self, cell: Cell) -> None:
        self._dice = random.Random(11 + cell.agents)
        self._busy = cell.regime == "backlog"
        self._centre = centre(cell.agents)
        self._router = self._centre.router()
        waiting = min(10_000, 10 * cell.agents) if self._busy else 0
        self._at_once = cell.agents + waiting if self._busy else 0
        self._before = self._at_once or cell.agents
        self._lives = {10_000: 10_000}.get(cell.agents, 4_000)
        handling = 5 + 0.6 + 60 + WRAP_UP
        load = 1 / 0.9 if self._busy else 0.75
        self._between = handling / cell.agents / load
        self._due: list[tuple[int, int, int]] = []
        self._rows: list[tuple[int, ...]] = []
        self._row = np.zeros(1, COMMAND_DTYPE)
        self._operations: list[Operation] = []
        self._number_at: dict[int, int] = {}
        self._queue_of: list[int] = []
        self._impatient: set[int] = set()
        self._answered: set[int] = set()

    def record(self) -> Lives:
        """Goes on until enough contacts have arrived."""
        number, cut = 0, (0, 0)
        self._later(0, ENQUEUE, 0)
        while number < self._before + self._lives:
            deadline = self._router.next_deadline()
            at = self._due[0][0]
            if deadline is not None and round(deadline * SECOND) <= at:
                self._ask(round(deadline * SECOND), ADVANCE, 0)
                continue
            at, op, contact = heapq.heappop(self._due)
            if op == ENQUEUE:
                if number == self._before:
                    cut = (len(self._rows), len(self._operations))
                self._arrive(at, number)
                number += 1
            elif op != CANCEL or contact not in self._answered:
                self._ask(at, op, contact)
        table = np.array(self._rows, COMMAND_DTYPE)
        return Lives(
            centre=self._centre,
            before=table[: cut[0]],
            commands=table[cut[0] :],
            operations_before=self._operations[: cut[1]],
            operations=self._operations[cut[1] :],
            contacts=number,
            lives=self._lives,
        )

    def _later(self, at: float, op: int, contact: int) -> None:
        heapq.heappush(self._due, (int(at), op, contact))

    def _arrive(self, at: int, number: int) -> None:
        dice = self._dice
        at = max(at, START + number)
        band = int(dice.random() < 0.1)
        head_start = dice.choice((0, 0, 0, 60, 300)) * SECOND
        if dice.random() < (0.1 if number >= self._at_once else 0.02):
            self._impatient.add(number)
            self._later(at + dice.expovariate(1 / 300) * SECOND, CANCEL, number)
        wait = 50e-6 if number < self._at_once else dice.expovariate(1 / self._between)
        self._later(at + 1 + wait * SECOND, ENQUEUE, number + 1)
        self._ask(at, ENQUEUE, number, dice.randrange(QUEUES), band, head_start)

    def _ask(
        self, at: int, op: int, contact: int, queue: int = 0, band: int = 0, head_start: int = 0
    ) -> None:
        row = (at, head_start, contact, 0, queue, 0, band, op, 0, BY.get(op, 0), 0, 0)
        self._rows.append(row)
        self._row[0] = row
        events, statuses = self._router.apply_batch(self._row)
        assert not statuses[0], (row, statuses)
        for kind, named in zip(events["kind"].tolist(), events["contact"].tolist(), strict=True):
            slot = named & SLOT
            if kind == QUEUED:
                self._number_at[slot] = contact
                self._queue_of.append(queue)
                key = ((1 - band) << 36 | (at - head_start)) << 20 | contact
                self._operations.append(Operation(ARRIVE, contact, queue, key))
            elif kind == OFFERED:
                self._ring(at, self._number_at[slot])
            elif kind == WRAPPED:
                self._operations.append(Operation(FREE, self._number_at[slot], 0, 0))
            elif kind == ABANDONED:
                self._answered.add(contact)  # a second hanging up would be refused
                self._operations.append(Operation(LEAVE, contact, self._queue_of[contact], 0))
        if op == ACCEPT:
            self._later(at + self._dice.uniform(0.2, 1.0) * SECOND, CONNECTED, contact)
        elif op == CONNECTED:
            self._later(at + self._dice.expovariate(1 / 60) * SECOND + 1, RELEASE, contact)

    def _ring(self, at: int, contact: int) -> None:
        """Answered after some seconds; who has no patience hangs up after one."""
        if contact in self._impatient:
            self._later(at + SECOND, CANCEL, contact)
        else:
            self._later(at + self._dice.uniform(2.0, 8.0) * SECOND, ACCEPT, contact)
            self._answered.add(contact)
