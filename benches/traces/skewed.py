"""A centre as centres are: few skill profiles, many queues, contacts that ask for less in time.

30 profiles for 5,000 agents, 300 queues of which each agent serves 40, five escalation steps a
contact. Made once by a small simulation around `ccroute.Router`, written down as rows of
``COMMAND_DTYPE`` for us and as operations for those who only decide. Peers are told of every
step in its turn; the router takes them by itself. No two things fall on one microsecond.
"""

import heapq
import random
from functools import cache
from itertools import accumulate

import attrs
import numpy as np
from numpy.typing import NDArray

from ccroute import CAUSES, COMMAND_DTYPE, COMMAND_OPS, KINDS, ManualClock, Plan, Router

PROFILES, QUEUES, LINKS, SKILLS = 30, 300, 40, 64
STEP = 20_000_000
"""Microseconds between steps."""
EASY = 2
"""What a step lowers a level to, unless it is lower."""
ARRIVE, FREE, LEAVE, WIDEN = range(4)
"""Operations of peers: a contact with its queue; an agent; a contact; a contact."""
ENQUEUE, ACCEPT, CONNECTED, RELEASE, CANCEL, ADVANCE = (
    COMMAND_OPS.index(op)
    for op in ("enqueue", "accept", "connected", "release", "cancel", "advance")
)
QUEUED, OFFERED, ESCALATED = (
    KINDS.index(kind) for kind in ("contact_queued", "offer_made", "contact_escalated")
)
BY_AGENT, ABANDONED = (CAUSES.index(cause) for cause in ("agent", "abandoned"))


@attrs.frozen(eq=False)
class Centre:
    """Who serves what."""

    profiles: list[dict[int, int]]
    """By profile, skills with proficiency."""
    serves: list[list[int]]
    """By profile, its queues."""
    needs: list[list[dict[int, int]]]
    """By queue and steps taken (0 to 5), skills with the least proficiency."""
    profile_of: list[int]
    """By agent."""

    def first_step(self, profile: int, queue: int) -> int | None:
        """After how many steps these agents may take a contact of the queue."""
        held = self.profiles[profile]
        for step, need in enumerate(self.needs[queue]):
            if all(held.get(skill, 0) >= level for skill, level in need.items()):
                return step
        return None

    def router(self) -> tuple[Router, ManualClock]:
        """A router with all agents signed in and ready."""
        lines = [f"skills = {[str(skill) for skill in range(SKILLS)]}", 'retention = "1s"']
        for queue, (asked, *_) in enumerate(self.needs):
            first, second, third = asked
            steps = [f"lower = {{ {skill} = {EASY} }}" for skill in asked]
            steps += [f'drop = ["{first}"]', f'drop = ["{second}", "{third}"]']
            widening = ", ".join(
                f'{{ after = "{20 * number}s", {step} }}' for number, step in enumerate(steps, 1)
            )
            levels = ", ".join(f"{skill} = {level}" for skill, level in asked.items())
            lines += [
                f"[queues.{queue}]",
                f"requires.all_of = {{ {levels} }}",
                f"escalation = [{widening}]",
            ]
        clock = ManualClock(0.0)
        router = Router(Plan.from_toml("\n".join(lines)), clock=clock)
        for agent, profile in enumerate(self.profile_of):
            skills = {str(skill): level for skill, level in self.profiles[profile].items()}
            queues = [str(queue) for queue in self.serves[profile]]
            router.sign_in(str(agent), skills=skills, queues=queues, capacity={"voice": 1})
        for agent in range(len(self.profile_of)):
            clock.set((agent + 1) * 1e-6)
            router.ready(str(agent))
        router.events_array()
        return router, clock


@attrs.frozen(eq=False)
class Day:
    """What happens there. Contacts are numbered as they come."""

    centre: Centre
    commands: NDArray[np.void]
    operations: list[tuple[int, int, int]]
    """Kind; contact or agent; of an arrival the queue."""
    contacts: int


@cache
def centre(agents: int) -> Centre:
    """Agents of one profile are ever fewer: popular as 1 over its rank."""
    draw = random.Random(7)
    popular = list(accumulate(1 / rank for rank in range(1, SKILLS + 1)))
    profiles = []
    for _ in range(PROFILES):
        held: set[int] = set()
        while len(held) < 8:
            held |= set(draw.choices(range(SKILLS), cum_weights=popular))
        profiles.append({skill: draw.randint(3, 10) for skill in sorted(held)})
    turn = [queue for _ in range(4) for queue in draw.sample(range(QUEUES), QUEUES)]
    serves = []
    for profile in range(PROFILES):
        mine = set(turn[profile * LINKS : (profile + 1) * LINKS])
        while len(mine) < LINKS:
            mine.add(draw.randrange(QUEUES))
        serves.append(sorted(mine))
    needs = []
    for queue in range(QUEUES):
        home = profiles[draw.choice([p for p in range(PROFILES) if queue in serves[p]])]
        asked = {skill: draw.randint(3, home[skill]) for skill in draw.sample(sorted(home), 3)}
        _first, second, third = asked
        steps = [dict(asked)]
        for skill in asked:
            steps.append({**steps[-1], skill: EASY})
        steps += [{second: EASY, third: EASY}, {}]
        needs.append(steps)
    weights = list(accumulate(1 / rank for rank in range(1, PROFILES + 1)))
    of_agent = [*range(PROFILES), *draw.choices(range(PROFILES), cum_weights=weights, k=agents)]
    return Centre(profiles, serves, needs, of_agent[:agents])


class Recorder:
    """Drives a router through a day and writes down what it was told and what fell due."""

    def __init__(self, there: Centre) -> None:
        self.router, _clock = there.router()
        self.commands: list[NDArray[np.void]] = []
        self.operations: list[tuple[int, int, int]] = []
        self.agent_of: dict[int, int] = {}
        self.offered: list[int] = []
        """Contacts offered since this was last emptied."""
        self._row = np.zeros(1, COMMAND_DTYPE)
        self._contact_of: dict[int, int] = {}

    def due(self) -> int | None:
        """When the next step falls due, in microseconds."""
        due = self.router.next_deadline()
        return None if due is None else round(due * 1e6)

    def tell(self, at: int, op: int, contact: int = 0, queue: int = 0, cause: int = 0) -> None:
        """One command. That a step falls due is for peers to be told alone."""
        row = self._row
        row["at_us"], row["op"], row["cause"] = at, op, cause
        row["contact"], row["queue"] = contact, queue
        events, (status,) = self.router.apply_batch(row)
        assert status == 0, (op, contact, status)
        if op != ADVANCE:
            self.commands.append(row.copy())
        for event in events:
            key, kind = int(event["contact"]), event["kind"]
            if kind == QUEUED:
                self._contact_of[key] = contact
            elif kind == ESCALATED:
                self.operations.append((WIDEN, self._contact_of[key], 0))
            elif kind == OFFERED:
                self.agent_of[self._contact_of[key]] = int(event["agent"])
                self.offered.append(self._contact_of[key])


class Instants:
    """Microseconds of which no two are a whole number of steps apart."""

    def __init__(self) -> None:
        self._used: set[int] = set()

    def alone(self, at: int) -> int:
        """The first from this on that is left."""
        while at % STEP in self._used:
            at += 1
        self._used.add(at % STEP)
        return at


@cache
def day(agents: int) -> Day:
    """One day; arrivals a little above what the agents can take, one in ten has little patience."""
    there = centre(agents)
    draw = random.Random(11)
    contacts = 2 * agents
    recorder, instants = Recorder(there), Instants()
    popular = list(accumulate(1 / (10 + rank) for rank in range(QUEUES)))
    queues = draw.choices(range(QUEUES), cum_weights=popular, k=contacts)
    gaps = [draw.randrange(1, 170_000_000 // agents) for _ in range(contacts)]
    # Sorted, for one moved by `alone` may come after the next.
    arrivals = sorted(instants.alone(1_000_000 + at) for at in accumulate(gaps))
    coming = [(at, ARRIVE, contact) for contact, at in enumerate(arrivals)]
    while coming:
        due = recorder.due()
        if due is not None and due <= coming[0][0]:
            at = due
            recorder.tell(at, ADVANCE)
        else:
            at, kind, contact = heapq.heappop(coming)
            if kind == ARRIVE:
                recorder.operations.append((ARRIVE, contact, queues[contact]))
                recorder.tell(at, ENQUEUE, contact, queues[contact])
                if draw.random() < 0.1:
                    until = instants.alone(at + draw.randrange(60_000_000))
                    heapq.heappush(coming, (until, LEAVE, contact))
            elif kind == FREE:
                recorder.operations.append((FREE, recorder.agent_of[contact], 0))
                recorder.tell(at, RELEASE, contact, cause=BY_AGENT)
            elif contact not in recorder.agent_of:
                recorder.operations.append((LEAVE, contact, 0))
                recorder.tell(at, CANCEL, contact, cause=ABANDONED)
        for contact in recorder.offered:
            recorder.tell(at, ACCEPT, contact)
            recorder.tell(at, CONNECTED, contact)
            end = instants.alone(at + draw.randrange(30_000_000, 150_000_000))
            heapq.heappush(coming, (end, FREE, contact))
        recorder.offered.clear()
    return Day(there, np.concatenate(recorder.commands), recorder.operations, contacts)
