"""Matchers for `benches.traces.skewed`, where agents share profiles and contacts widen.

Contacts of a queue stand in order of arrival, so those in front have taken at least as many
steps: whoever may not take the first may take none. A `Decider` answers an arrival and a step
with the agent, FREE with the contact.
"""

from bisect import insort
from collections import deque
from typing import Protocol

from benches.traces.skewed import Centre

NOBODY = -1


class Decider(Protocol):
    """What a peer of the router does of its work."""

    def arrive(self, contact: int, queue: int) -> int:
        """A contact comes to a queue: the agent, or NOBODY."""

    def free(self, agent: int) -> int:
        """An agent has time: the contact, or NOBODY."""

    def leave(self, contact: int) -> None:
        """Somebody who waits gives up."""

    def widen(self, contact: int) -> int:
        """Somebody who waits asks for less: the agent, or NOBODY."""


class NaiveAgents:
    """The obvious way: idle agents and waiting contacts in order, the first that fits."""

    def __init__(self, centre: Centre, contacts: int) -> None:
        self._centre = centre
        self._idle = list(range(len(centre.profile_of)))
        self._waiting: list[int] = []
        self._queue = [0] * contacts
        self._step = [0] * contacts
        self._serves = [set(queues) for queues in centre.serves]

    def _fits(self, agent: int, contact: int) -> bool:
        profile = self._centre.profile_of[agent]
        queue = self._queue[contact]
        if queue not in self._serves[profile]:
            return False
        held = self._centre.profiles[profile]
        need = self._centre.needs[queue][self._step[contact]]
        return all(held.get(skill, 0) >= level for skill, level in need.items())

    def _place(self, contact: int) -> int:
        for at, agent in enumerate(self._idle):
            if self._fits(agent, contact):
                del self._idle[at]
                return agent
        return NOBODY

    def arrive(self, contact: int, queue: int) -> int:
        self._queue[contact] = queue
        agent = self._place(contact)
        if agent == NOBODY:
            insort(self._waiting, contact)
        return agent

    def free(self, agent: int) -> int:
        for at, contact in enumerate(self._waiting):
            if self._fits(agent, contact):
                del self._waiting[at]
                return contact
        self._idle.append(agent)
        return NOBODY

    def leave(self, contact: int) -> None:
        self._waiting.remove(contact)

    def widen(self, contact: int) -> int:
        self._step[contact] += 1
        agent = self._place(contact)
        if agent != NOBODY:
            self._waiting.remove(contact)
        return agent


class ProfileIndex:
    """Idle agents by profile, contacts by queue, each in order; only heads are compared."""

    def __init__(self, centre: Centre, contacts: int) -> None:
        profiles = range(len(centre.profiles))
        self._profile_of = centre.profile_of
        # By profile the queues with the step from which on it may take their contacts.
        self._serves = [
            [
                (queue, first)
                for queue in centre.serves[profile]
                if (first := centre.first_step(profile, queue)) is not None
            ]
            for profile in profiles
        ]
        able: dict[tuple[int, int], list[int]] = {}
        for profile, serves in enumerate(self._serves):
            for queue, first in serves:
                able.setdefault((queue, first), []).append(profile)
        # By queue and step, the profiles that may take it; and those that may only just.
        steps = range(len(centre.needs[0]))
        queues = range(len(centre.needs))
        self._just = [[able.get((queue, step), []) for step in steps] for queue in queues]
        self._able = [
            [[one for just in of_queue[: step + 1] for one in just] for step in steps]
            for of_queue in self._just
        ]
        self._idle: list[deque[tuple[int, int]]] = [deque() for _ in profiles]
        for agent, profile in enumerate(centre.profile_of):
            self._idle[profile].append((agent, agent))
        self._spell = len(centre.profile_of)
        self._lines: list[deque[int]] = [deque() for _ in queues]
        self._heads = [contacts] * len(queues)
        self._contacts = contacts
        self._waits = bytearray(contacts)
        self._queue = [0] * contacts
        self._step = bytearray(contacts + 1)

    def _longest(self, profiles: list[int]) -> int:
        idle = self._idle
        chosen: deque[tuple[int, int]] | None = None
        for profile in profiles:
            those = idle[profile]
            if those and (chosen is None or those[0] < chosen[0]):
                chosen = those
        return NOBODY if chosen is None else chosen.popleft()[1]

    def _gone(self, contact: int) -> None:
        self._waits[contact] = 0
        queue = self._queue[contact]
        if self._heads[queue] == contact:
            line, waits = self._lines[queue], self._waits
            while line and not waits[line[0]]:
                line.popleft()
            self._heads[queue] = line[0] if line else self._contacts

    def arrive(self, contact: int, queue: int) -> int:
        agent = self._longest(self._able[queue][0])
        if agent == NOBODY:
            self._waits[contact] = 1
            self._queue[contact] = queue
            self._lines[queue].append(contact)
            if self._heads[queue] == self._contacts:
                self._heads[queue] = contact
        return agent

    def free(self, agent: int) -> int:
        profile = self._profile_of[agent]
        heads, step = self._heads, self._step
        best = self._contacts
        for queue, first in self._serves[profile]:
            head = heads[queue]
            if head < best and step[head] >= first:
                best = head
        if best < self._contacts:
            self._gone(best)
            return best
        self._idle[profile].append((self._spell, agent))
        self._spell += 1
        return NOBODY

    def leave(self, contact: int) -> None:
        self._gone(contact)

    def widen(self, contact: int) -> int:
        step = self._step[contact] = self._step[contact] + 1
        just = self._just[self._queue[contact]][step]
        if not just:
            return NOBODY
        agent = self._longest(just)
        if agent != NOBODY:
            self._gone(contact)
        return agent
