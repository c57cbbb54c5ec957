"""Days for a matcher: who can do what, who waits, and what happens then, with a fixed seed.

Agents have 1 to 8 skills, popular as 1 over their rank, at proficiencies 1 to 10. Contacts ask for
skills that some agent has; of a few requirements that many share, or each of its own. A day is
recorded once, with `ccroute.SkillMatcher` telling who is busy and who still waits, so that all
who replay it are asked the same. It says nothing of what is right: `race` compares answers.
"""

from collections.abc import Iterable, Sequence
from functools import cache, cached_property
from typing import TypeAlias

import attrs
import numpy as np
from numpy.typing import NDArray

from ccroute import SkillMatcher

ARRIVE, FREE, BUSY, CANCEL = range(4)
"""What a row says, as the places in ``ccroute.MATCH_OPS``."""
NOBODY = -1
"""The answer when no agent, or no contact, was there to be taken."""
SKILLS = {100: 64, 1_000: 64, 10_000: 256, 100_000: 512}
"""How many skills there are, by number of agents."""
BACKLOG = {100: 1_000, 1_000: 10_000, 10_000: 10_000, 100_000: 100_000}
"""How many contacts wait, by number of agents."""
EVENTS = 20_000

Requirement: TypeAlias = tuple[tuple[int, int], ...]
"""Skills with the least proficiency, the rarest skill first."""


@attrs.frozen(eq=False)
class Trace:
    """One day. A contact is known by the row it arrives in; rows before ``start`` set the scene."""

    proficiency: Sequence[dict[int, int]]
    """By agent, her skills."""
    skills: int
    requirements: Sequence[Requirement]
    ops: NDArray[np.uint8]
    subjects: NDArray[np.int64]
    """Of an arrival the requirement, of FREE the agent, of CANCEL the row of the contact."""
    at_us: NDArray[np.int64]
    """Strictly ascending."""
    band: NDArray[np.int16]
    head_start_us: NDArray[np.int64]
    start: int

    @property
    def events(self) -> int:
        """How many rows are timed."""
        return len(self.ops) - self.start

    @cached_property
    def places(self) -> NDArray[np.int64]:
        """By row, where a contact stands: the least goes first, the low 20 bits are its row."""
        band = 8 - self.band.astype(np.int64)
        virtual = self.at_us - self.head_start_us + 60_000_000
        return band << 58 | virtual << 20 | np.arange(len(self.ops))

    @cached_property
    def idle(self) -> NDArray[np.int64]:
        """Agents who are idle when timed rows begin, in the order they became so."""
        scene = slice(self.start)
        return self.subjects[scene][self.ops[scene] == FREE]

    @cached_property
    def waiting(self) -> NDArray[np.int64]:
        """Rows of the contacts that wait when timed rows begin, the first in order first."""
        rows = np.flatnonzero(self.ops[: self.start] == ARRIVE)
        return rows[np.argsort(self.places[rows])]

    @cached_property
    def matrix(self) -> NDArray[np.uint8]:
        """Proficiencies, uint8[skills, agents]; 0 where she has none."""
        found = np.zeros((self.skills, len(self.proficiency)), np.uint8)
        for agent, levels in enumerate(self.proficiency):
            for skill, level in levels.items():
                found[skill, agent] = level
        return found

    @cached_property
    def able(self) -> list[NDArray[np.int32]]:
        """By requirement, the agents who meet it, ascending. For requirements that are shared."""
        found = []
        for requirement in self.requirements:
            meets = np.ones(len(self.proficiency), bool)
            for skill, level in requirement:
                meets &= self.matrix[skill] >= level
            found.append(np.flatnonzero(meets).astype(np.int32))
        return found

    @cached_property
    def meets(self) -> list[NDArray[np.int32]]:
        """By agent, the requirements she meets, ascending. For requirements that are shared."""
        order = np.argsort(agents := np.concatenate(self.able), kind="stable")
        sizes = [len(able) for able in self.able]
        requirements = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)[order]
        ends = np.cumsum(np.bincount(agents, minlength=len(self.proficiency)))
        return np.split(requirements, ends[:-1])


@cache
def matching(agents: int, *, backlog: bool, own: bool = False) -> Trace:
    """A day of so many agents, with a backlog or with half of them idle.

    ``own``: every contact has a requirement of its own, of 1 to 4 skills, hardly any two equal;
    else it is one of 4 x skills requirements of 1 to 3 skills, some asked for more than others.
    """
    rng = np.random.default_rng([agents, backlog, own])
    skills = SKILLS[agents]
    proficiency = people(rng, agents, skills)
    waiting = BACKLOG[agents] if backlog else 0
    scene = waiting if backlog else agents // 2
    rows = scene + EVENTS
    wanted, weights = wants(
        rng, proficiency, rows if own else 4 * skills, 4 if own else 3, shared=not own
    )
    share = np.array(weights) / sum(weights)
    numbers = np.arange(rows) if own else rng.choice(len(wanted), rows, p=share)
    desk = Recorder(rng, proficiency, wanted, numbers.tolist())
    if backlog:
        for _ in range(scene):
            desk.arrive()
    else:
        for agent in rng.permutation(agents)[:scene].tolist():
            desk.free(agent)
    for chance in rng.random(EVENTS).tolist():
        # The share of arrivals brings the number of idle agents, or of waiting contacts, back.
        idle = desk.idle / agents
        arrivals = 0.5 + (waiting - len(desk.waiting)) / waiting if backlog else idle
        if desk.waiting and chance < (0.05 if backlog else 0.01):
            desk.cancel()
        elif rng.random() < arrivals or not desk.busy:
            desk.arrive()
        else:
            desk.free(desk.busy.some())
    return desk.trace(skills, scene)


def people(rng: np.random.Generator, agents: int, skills: int) -> list[dict[int, int]]:
    """Skills with proficiency, 1 to 8 an agent; skill 0 is the most popular."""
    popularity = 1 / np.arange(1, skills + 1)
    counts = rng.integers(1, 9, agents)
    found = []
    for start in range(0, agents, 1_000):
        # The first of exponential waits with these rates are a draw without replacement.
        waits = rng.standard_exponential((min(1_000, agents - start), skills)) / popularity
        first = np.argpartition(waits, 8, axis=1)[:, :8]
        order = np.take_along_axis(waits, first, axis=1).argsort(axis=1)
        held = np.take_along_axis(first, order, axis=1).tolist()
        levels = rng.integers(1, 11, (len(held), 8)).tolist()
        for row, count in enumerate(counts[start : start + 1_000].tolist()):
            pairs = zip(held[row][:count], levels[row][:count], strict=True)
            found.append(dict(sorted(pairs)))
    return found


def wants(
    rng: np.random.Generator,
    proficiency: list[dict[int, int]],
    count: int,
    most: int,
    *,
    shared: bool,
) -> tuple[list[Requirement], list[int]]:
    """Requirements of 1 to ``most`` skills, each met by some agent at least, and weights.

    ``shared``: all of them are different, and weigh as often as they came up until then.
    """
    holders = np.zeros(max(max(levels) for levels in proficiency) + 1, int)
    for levels in proficiency:
        holders[list(levels)] += 1
    rarity = holders.tolist()
    having = [
        [agent for agent, levels in enumerate(proficiency) if len(levels) >= many]
        for many in range(most + 1)
    ]
    drawn: dict[Requirement, int] = {}
    draws = []
    while len(drawn if shared else draws) < count:
        many = int(rng.integers(1, most + 1))
        held = list(proficiency[having[many][int(rng.integers(len(having[many])))]].items())
        picked = rng.permutation(len(held))[:many].tolist()
        levels = [(held[one][0], int(rng.integers(1, held[one][1] + 1))) for one in picked]
        asked = tuple(sorted(levels, key=lambda level: (rarity[level[0]], level[0])))
        drawn[asked] = drawn.get(asked, 0) + 1
        draws.append(asked)
    return (list(drawn), list(drawn.values())) if shared else (draws, [1] * count)


class Bag:
    """Numbers of which one is drawn as well as another."""

    def __init__(self, rng: np.random.Generator, held: Iterable[int]) -> None:
        self._rng = rng
        self._held = list(held)
        self._place = {one: place for place, one in enumerate(self._held)}

    def __len__(self) -> int:
        return len(self._held)

    def add(self, one: int) -> None:
        """Puts it in."""
        self._place[one] = len(self._held)
        self._held.append(one)

    def remove(self, one: int) -> None:
        """Takes it out; the last one goes to its place."""
        place = self._place.pop(one)
        last = self._held.pop()
        if last != one:
            self._held[place] = last
            self._place[last] = place

    def some(self) -> int:
        """One of them."""
        return self._held[int(self._rng.integers(len(self._held)))]


class Recorder:
    """Makes events that can be, and writes them down."""

    def __init__(
        self,
        rng: np.random.Generator,
        proficiency: list[dict[int, int]],
        requirements: list[Requirement],
        asked: list[int],
    ) -> None:
        self._rng = rng
        self._proficiency = proficiency
        self._requirements = requirements
        self._asked = asked
        rows = len(asked)
        self._matcher, self._numbers = ours(proficiency, requirements)
        self._at_us = np.cumsum(rng.integers(1, 2_000, rows)).tolist()
        self._band = (rng.random(rows) < 0.1).astype(np.int16).tolist()
        starts = np.where(rng.random(rows) < 0.2, rng.integers(1, 5, rows), 0) * 1_000_000
        self._head_start_us = starts.tolist()
        self._rows: list[tuple[int, int]] = []
        self._row_of: dict[int, int] = {}
        self.busy = Bag(rng, range(len(proficiency)))
        self.waiting = Bag(rng, ())

    @property
    def idle(self) -> int:
        """How many agents wait for contacts."""
        return len(self._proficiency) - len(self.busy)

    def arrive(self) -> None:
        """A contact comes."""
        row = len(self._rows)
        number = self._asked[row]
        self._rows.append((ARRIVE, number))
        agent, handle = self._matcher.arrive(
            self._numbers[number],
            self._at_us[row] * 1e-6,
            self._band[row],
            self._head_start_us[row] * 1e-6,
        )
        if agent is not None:
            self.busy.add(agent)
        elif handle is not None:
            self._row_of[handle] = row
            self.waiting.add(handle)

    def free(self, agent: int) -> None:
        """An agent has time."""
        taken = self._matcher.free(agent, self._at_us[len(self._rows)] * 1e-6)
        self._rows.append((FREE, agent))
        if taken is None:
            self.busy.remove(agent)
        else:
            self.waiting.remove(taken)

    def cancel(self) -> None:
        """Somebody who waits has had enough."""
        handle = self.waiting.some()
        self._rows.append((CANCEL, self._row_of[handle]))
        self._matcher.cancel(handle)
        self.waiting.remove(handle)

    def trace(self, skills: int, start: int) -> Trace:
        """What was written down."""
        ops, subjects = zip(*self._rows, strict=True)
        return Trace(
            proficiency=self._proficiency,
            skills=skills,
            requirements=self._requirements,
            ops=np.array(ops, np.uint8),
            subjects=np.array(subjects, np.int64),
            at_us=np.array(self._at_us, np.int64),
            band=np.array(self._band, np.int16),
            head_start_us=np.array(self._head_start_us, np.int64),
            start=start,
        )


def ours(
    proficiency: Sequence[dict[int, int]], requirements: Sequence[Requirement]
) -> tuple[SkillMatcher, list[int]]:
    """A matcher with these agents, all busy, and the numbers of these requirements."""
    matcher = SkillMatcher()
    for levels in proficiency:
        matcher.add_agent({f"skill {skill}": level for skill, level in levels.items()})
    numbers = [
        matcher.requirement({f"skill {skill}": level for skill, level in requirement})
        for requirement in requirements
    ]
    return matcher, numbers
