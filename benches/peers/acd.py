"""A plain automatic call distributor, written the obvious way, as one would for oneself.

Agents, contacts and queues are objects; who waits stands in a heap a queue, deadlines in one heap,
figures in counters and lists; of every event that came in a line of JSON is kept. It does what
the benchmark asks of ccroute and nothing else: no reasons, no transfers, no plan that changes.
"""

import heapq
import json
from collections.abc import Mapping, Sequence
from enum import Enum

MISSED_AFTER = 15_000_000
"""How long a phone rings, in microseconds."""
WITHIN = 20_000_000
"""The target of the service level, in microseconds."""


class State(Enum):
    """What an agent does."""

    IDLE = "idle"
    RINGING = "ringing"
    TALKING = "talking"
    WRAP_UP = "wrap_up"
    AWAY = "away"


class Queue:
    """Who waits under one name, for agents with certain skills; and what became of them."""

    def __init__(self, name: str, needs: Mapping[str, int], wrap_up: int) -> None:
        self.name = name
        self.needs = needs
        self.wrap_up = wrap_up
        self.waiting: list[tuple[int, int, int, Contact]] = []
        self.idle: dict[int, Agent] = {}
        """Agents who could take a contact now, by number."""
        self.offered = self.answered = self.abandoned = self.within = 0
        self.waits: list[int] = []
        self.talks: list[int] = []

    def push(self, contact: "Contact") -> None:
        """Puts a contact in its place: band, then the longest wait with its head start."""
        place = (-contact.band, contact.entered - contact.head_start, contact.number, contact)
        heapq.heappush(self.waiting, place)

    def first(self) -> "tuple[int, int, int, Contact] | None":
        """Who goes next, with the place; those who left are thrown away."""
        waiting = self.waiting
        while waiting and not waiting[0][3].waits:
            heapq.heappop(waiting)
        return waiting[0] if waiting else None


class Agent:
    """Who takes contacts, one at a time."""

    def __init__(self, number: int, queues: list[Queue]) -> None:
        self.number = number
        self.queues = queues
        self.state = State.IDLE
        self.idle_since = 0
        for queue in queues:
            queue.idle[number] = self

    def busy(self) -> None:
        """A phone rings: no longer anybody's choice."""
        self.state = State.RINGING
        for queue in self.queues:
            del queue.idle[self.number]

    def free(self) -> None:
        """Nothing to do."""
        self.state = State.IDLE
        for queue in self.queues:
            queue.idle[self.number] = self


class Contact:
    """Somebody who wants to be served."""

    __slots__ = ("agent", "answered", "band", "entered", "head_start", "number", "queue", "waits")

    def __init__(self, number: int, queue: Queue, entered: int, band: int, head_start: int) -> None:
        self.number = number
        self.queue = queue
        self.entered = entered
        self.band = band
        self.head_start = head_start
        self.waits = True
        self.agent: Agent | None = None
        self.answered = 0


class Acd:
    """The distributor: a method an event, times in microseconds. ``records`` is its journal."""

    def __init__(
        self,
        needs: Mapping[str, Mapping[str, int]],
        skills: Sequence[Mapping[str, int]],
        links: Sequence[Sequence[str]],
        *,
        wrap_up: int,
    ) -> None:
        self.queues = {name: Queue(name, of, wrap_up) for name, of in needs.items()}
        self.agents = []
        for number, (held, names) in enumerate(zip(skills, links, strict=True)):
            linked = [self.queues[name] for name in names]
            able = [
                queue
                for queue in linked
                if all(held.get(skill, 0) >= level for skill, level in queue.needs.items())
            ]
            self.agents.append(Agent(number, able))
        self.contacts: dict[int, Contact] = {}
        self.records: list[str] = []
        self.agent_of: dict[int, int] = {}
        """Who was offered which contact, by number."""
        self._deadlines: list[tuple[int, int, str, Contact]] = []
        self._deadlines_set = 0

    def arrive(self, at: int, contact: int, queue: str, band: int, head_start: int) -> None:
        """A contact comes: to who has been idle longest, or into the queue."""
        self.tick(at)
        there = self.queues[queue]
        there.offered += 1
        new = self.contacts[contact] = Contact(contact, there, at, band, head_start)
        if there.idle:
            agent = min(there.idle.values(), key=lambda one: (one.idle_since, one.number))
            agent.busy()
            self._offer(at, new, agent)
        else:
            there.push(new)
        self._note(at, "arrive", contact, queue=queue, band=band, head_start=head_start)

    def accept(self, at: int, contact: int) -> None:
        """The agent answers."""
        self.tick(at)
        one = self.contacts[contact]
        one.agent.state = State.TALKING
        self._note(at, "accept", contact, agent=one.agent.number)

    def connected(self, at: int, contact: int) -> None:
        """Customer and agent are joined: the wait is over."""
        self.tick(at)
        one = self.contacts[contact]
        one.answered = at
        queue, wait = one.queue, at - one.entered
        queue.answered += 1
        queue.within += wait <= WITHIN
        queue.waits.append(wait)
        self._note(at, "connected", contact, wait=wait)

    def release(self, at: int, contact: int) -> None:
        """The conversation ends; wrap-up follows."""
        self.tick(at)
        one = self.contacts.pop(contact)
        one.queue.talks.append(at - one.answered)
        one.agent.state = State.WRAP_UP
        self._set(at + one.queue.wrap_up, "wrapped_up", one)
        self._note(at, "release", contact, talk=at - one.answered)

    def abandon(self, at: int, contact: int) -> None:
        """The customer hangs up before an answer."""
        self.tick(at)
        one = self.contacts.pop(contact)
        one.waits = False
        one.queue.abandoned += 1
        if one.agent is not None:
            self._next(at, one.agent)
        self._note(at, "abandon", contact, wait=at - one.entered)

    def tick(self, at: int) -> None:
        """Does what is due."""
        while self._deadlines and self._deadlines[0][0] <= at:
            _, _, what, contact = heapq.heappop(self._deadlines)
            agent = contact.agent
            if what == "wrapped_up":
                agent.idle_since = at
                self._next(at, agent)
                self._note(at, what, contact.number, agent=agent.number)
            elif contact.number in self.contacts and agent.state is State.RINGING:
                agent.state = State.AWAY
                contact.agent, contact.waits = None, True
                contact.queue.push(contact)
                self._note(at, what, contact.number, agent=agent.number)

    def counts(self) -> list[list[int]]:
        """By queue: offered, answered, abandoned, answered within the target."""
        return [
            [queue.offered, queue.answered, queue.abandoned, queue.within]
            for queue in self.queues.values()
        ]

    def _next(self, at: int, agent: Agent) -> None:
        firsts = [first for queue in agent.queues if (first := queue.first()) is not None]
        if firsts:
            contact = min(firsts)[3]
            heapq.heappop(contact.queue.waiting)
            agent.state = State.RINGING
            self._offer(at, contact, agent)
        else:
            agent.free()

    def _offer(self, at: int, contact: Contact, agent: Agent) -> None:
        contact.waits, contact.agent = False, agent
        self.agent_of[contact.number] = agent.number
        self._set(at + MISSED_AFTER, "missed", contact)

    def _set(self, at: int, what: str, contact: Contact) -> None:
        self._deadlines_set += 1
        heapq.heappush(self._deadlines, (at, self._deadlines_set, what, contact))

    def _note(self, at: int, what: str, contact: int, **more: str | int) -> None:
        self.records.append(json.dumps({"at": at, "event": what, "contact": contact, **more}))
