"""Matchers in pure Python by skills: they need no requirements that are shared.

The naive scan is the obvious way, and says what is right.
"""

from bisect import bisect_left, insort
from collections import OrderedDict

from benches.peers.class_index import CONTACT, LAST
from benches.traces.matching import NOBODY, Trace


class NaiveScan:
    """Who is idle in order of idleness, who waits in order of place; the first that fits."""

    def __init__(self, trace: Trace) -> None:  # noqa: C901
        have = trace.proficiency
        needs = trace.requirements
        places = trace.places.tolist()
        wanted = trace.subjects.tolist()
        idle: list[int] = []
        waiting: list[int] = []

        def meets(levels: dict[int, int], requirement: int) -> bool:
            get = levels.get
            for skill, level in needs[requirement]:  # noqa: SIM110  # a generator is slower
                if get(skill, 0) < level:
                    return False
            return True

        def arrive(contact: int, requirement: int) -> int:
            for at, agent in enumerate(idle):
                if meets(have[agent], requirement):
                    del idle[at]
                    return agent
            insort(waiting, places[contact])
            return NOBODY

        def free(agent: int) -> int:
            levels = have[agent]
            for at, place in enumerate(waiting):
                if meets(levels, wanted[place & CONTACT]):
                    del waiting[at]
                    return place & CONTACT
            idle.append(agent)
            return NOBODY

        def cancel(contact: int) -> int:
            at = bisect_left(waiting, places[contact])
            if at == len(waiting) or waiting[at] != places[contact]:
                return 0
            del waiting[at]
            return 1

        def restart() -> None:
            idle.clear()
            waiting.clear()

        self.arrive, self.free, self.cancel, self.restart = arrive, free, cancel, restart


class SkillSets:
    """Sets of idle agents by skill and least level, intersected; who waits by subset, in order."""

    def __init__(self, trace: Trace) -> None:
        levels = [(skill, level) for skill in range(trace.skills) for level in range(1, 11)]
        able: dict[tuple[int, int], set[int]] = {key: set() for key in levels}
        # Of an agent, everything up to her proficiency: a requirement is then a subset.
        have = [
            {(skill, level) for skill, most in held.items() for level in range(1, most + 1)}
            for held in trace.proficiency
        ]
        mine = [[able[key] for key in sorted(held)] for held in have]
        needs = [frozenset(requirement) for requirement in trace.requirements]
        sets = [tuple(able[key] for key in requirement) for requirement in trace.requirements]
        places = trace.places.tolist()
        wanted = trace.subjects.tolist()
        since = [0] * len(have)
        waiting: list[int] = []
        spells = 0

        def arrive(contact: int, requirement: int) -> int:
            first, *others = sets[requirement]
            found = first.intersection(*others) if others else first
            if found:
                agent = min(found, key=since.__getitem__)
                for held in mine[agent]:
                    held.discard(agent)
                return agent
            insort(waiting, places[contact])
            return NOBODY

        def free(agent: int) -> int:
            nonlocal spells
            held = have[agent]
            for at, place in enumerate(waiting):
                if needs[wanted[place & CONTACT]] <= held:
                    del waiting[at]
                    return place & CONTACT
            spells += 1
            since[agent] = spells
            for able_now in mine[agent]:
                able_now.add(agent)
            return NOBODY

        def cancel(contact: int) -> int:
            at = bisect_left(waiting, places[contact])
            if at == len(waiting) or waiting[at] != places[contact]:
                return 0
            del waiting[at]
            return 1

        def restart() -> None:
            for idle in able.values():
                idle.clear()
            waiting.clear()

        self.arrive, self.free, self.cancel, self.restart = arrive, free, cancel, restart


class AnchoredSets:
    """Contacts under their rarest skill and its level, idle agents under each skill and level.

    What is anchored together stands in order, so a search ends at the first that fits, or that
    comes after what another anchor gave.
    """

    def __init__(self, trace: Trace) -> None:  # noqa: C901, PLR0915
        have = [bytes(levels.tolist()) for levels in trace.matrix.T]
        anchors = [requirement[0] for requirement in trace.requirements]
        rests = [requirement[1:] for requirement in trace.requirements]
        places = trace.places.tolist()
        wanted = trace.subjects.tolist()
        # [skill][level - 1]: who waits for so much of it; who is idle and has just so much.
        waiting: list[list[list[int]]] = [[[] for _ in range(10)] for _ in range(trace.skills)]
        idle: list[list[OrderedDict[int, int]]] = [
            [OrderedDict() for _ in range(10)] for _ in range(trace.skills)
        ]
        lines = [
            [line for skill, most in held.items() for line in waiting[skill][:most]]
            for held in trace.proficiency
        ]
        rooms = [
            [idle[skill][level - 1] for skill, level in held.items()] for held in trace.proficiency
        ]
        spells = 0

        def arrive(contact: int, requirement: int) -> int:
            skill, least = anchors[requirement]
            rest = rests[requirement]
            best = LAST
            chosen = NOBODY
            for room in idle[skill][least - 1 :]:
                for agent, spell in room.items():
                    if spell > best:
                        break
                    levels = have[agent]
                    for other, level in rest:
                        if levels[other] < level:
                            break
                    else:
                        best = spell
                        chosen = agent
                        break
            if chosen < 0:
                insort(waiting[skill][least - 1], places[contact])
                return NOBODY
            for room in rooms[chosen]:
                del room[chosen]
            return chosen

        def free(agent: int) -> int:
            nonlocal spells
            levels = have[agent]
            best = LAST
            found = lines[agent]
            for line in lines[agent]:
                for place in line:
                    if place >= best:
                        break
                    for other, level in rests[wanted[place & CONTACT]]:
                        if levels[other] < level:
                            break
                    else:
                        best = place
                        found = line
                        break
            if best < LAST:
                del found[bisect_left(found, best)]
                return best & CONTACT
            spells += 1
            for room in rooms[agent]:
                room[agent] = spells
            return NOBODY

        def cancel(contact: int) -> int:
            skill, least = anchors[wanted[contact]]
            line = waiting[skill][least - 1]
            at = bisect_left(line, places[contact])
            if at == len(line) or line[at] != places[contact]:
                return 0
            del line[at]
            return 1

        def restart() -> None:
            for skill_idle in idle:
                for room in skill_idle:
                    room.clear()
            for skill_waiting in waiting:
                for line in skill_waiting:
                    line.clear()

        self.arrive, self.free, self.cancel, self.restart = arrive, free, cancel, restart
