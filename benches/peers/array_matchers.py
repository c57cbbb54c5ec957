"""Matchers on numpy arrays and pandas frames: columns of agents, columns of who waits."""

from heapq import heappop, heappush

import numpy as np
import pandas as pd

from benches.peers.class_index import CONTACT, LAST
from benches.traces.matching import ARRIVE, NOBODY, Trace

AT_ONCE = 512
"""How many of those who wait are looked at together, from the front."""


class NumpyClasses:
    """By requirement the agents who meet it as an array, by agent her requirements' heads."""

    def __init__(self, trace: Trace) -> None:  # noqa: C901, PLR0915
        able = trace.able
        meets = trace.meets
        places = trace.places.tolist()
        wanted = trace.subjects.tolist()
        since = np.full(len(meets), LAST)
        heads = np.full(len(able), LAST)
        heaps: list[list[int]] = [[] for _ in able]
        waits = bytearray(len(places))
        spells = 0

        def arrive(contact: int, requirement: int) -> int:
            agents = able[requirement]
            spell = since[agents]
            first = spell.argmin()
            if spell[first] != LAST:
                agent = int(agents[first])
                since[agent] = LAST
                return agent
            place = places[contact]
            waits[contact] = 1
            heap = heaps[requirement]
            heappush(heap, place)
            if heap[0] == place:
                heads[requirement] = place
            return NOBODY

        def settle(requirement: int) -> None:
            heap = heaps[requirement]
            while heap and not waits[heap[0] & CONTACT]:
                heappop(heap)
            heads[requirement] = heap[0] if heap else LAST

        def free(agent: int) -> int:
            nonlocal spells
            mine = meets[agent]
            place = int(heads[mine].min()) if len(mine) else LAST
            if place != LAST:
                contact = place & CONTACT
                waits[contact] = 0
                settle(wanted[contact])
                return contact
            spells += 1
            since[agent] = spells
            return NOBODY

        def cancel(contact: int) -> int:
            if not waits[contact]:
                return 0
            waits[contact] = 0
            requirement = wanted[contact]
            if heaps[requirement][0] == places[contact]:
                settle(requirement)
            return 1

        def restart() -> None:
            since.fill(LAST)
            heads.fill(LAST)
            for heap in heaps:
                heap.clear()
            waits[:] = bytes(len(waits))

        def set_scene() -> None:
            nonlocal spells
            spells = len(trace.idle)
            since[trace.idle] = np.arange(spells)
            for contact in trace.waiting.tolist():
                heaps[wanted[contact]].append(places[contact])
                waits[contact] = 1
            heads[:] = [heap[0] if heap else LAST for heap in heaps]

        self.arrive, self.free, self.cancel = arrive, free, cancel
        self.restart, self.set_scene = restart, set_scene


class Line:
    """Places in order in an array, moved towards the nearer end."""

    def __init__(self, rows: int) -> None:
        self._held = np.zeros(2 * rows, np.int64)
        self._middle = rows // 2
        self.clear()

    def clear(self) -> None:
        """Nobody waits."""
        self._start = self._end = self._middle

    def fill(self, places: np.ndarray) -> None:
        """These wait, in order."""
        self._end = self._start + len(places)
        self._held[self._start : self._end] = places

    def places(self) -> np.ndarray:
        """All of them; a view."""
        return self._held[self._start : self._end]

    def add(self, place: int) -> None:
        """Puts one where it belongs, mostly near the end."""
        held, end = self._held, self._end
        at = self._start + int(self.places().searchsorted(place))
        held[at + 1 : end + 1] = held[at:end]
        held[at] = place
        self._end += 1

    def delete(self, at: int) -> None:
        """Takes out the one at this index."""
        held, start = self._held, self._start
        if at < (self._end - start) // 2:
            held[start + 1 : start + at + 1] = held[start : start + at]
            self._start += 1
        else:
            held[start + at : self._end - 1] = held[start + at + 1 : self._end]
            self._end -= 1


class NumpyMasks:
    """Proficiencies as a matrix; the holders of the rarest skill, masked by the other skills."""

    def __init__(self, trace: Trace) -> None:  # noqa: C901
        matrix = trace.matrix
        needs = trace.requirements
        holders = [
            [np.flatnonzero(row >= level).astype(np.int32) for level in range(1, 11)]
            for row in matrix
        ]
        have = [row.copy() for row in matrix.T]
        first = np.array([requirement[0] for requirement in needs], np.int64)
        skill, least = first[:, 0].copy(), first[:, 1].astype(np.uint8)
        places = trace.places.tolist()
        wanted = trace.subjects
        since = np.full(matrix.shape[1], LAST)
        line = Line(len(places))
        spells = 0

        def arrive(contact: int, requirement: int) -> int:
            (rarest, least_of_it), *rest = needs[requirement]
            agents = holders[rarest][least_of_it - 1]
            for other, level in rest:
                agents = agents[matrix[other][agents] >= level]
            spell = since[agents]
            if len(spell):
                best = spell.argmin()
                if spell[best] != LAST:
                    agent = int(agents[best])
                    since[agent] = LAST
                    return agent
            line.add(places[contact])
            return NOBODY

        def free(agent: int) -> int:
            nonlocal spells
            levels = have[agent]
            waiting = line.places()
            for start in range(0, len(waiting), AT_ONCE):
                asked = wanted[waiting[start : start + AT_ONCE] & CONTACT]
                for at in (levels[skill[asked]] >= least[asked]).nonzero()[0].tolist():
                    if all(levels[other] >= level for other, level in needs[asked[at]][1:]):
                        contact = int(waiting[start + at]) & CONTACT
                        line.delete(start + at)
                        return contact
            spells += 1
            since[agent] = spells
            return NOBODY

        def cancel(contact: int) -> int:
            waiting = line.places()
            at = int(waiting.searchsorted(places[contact]))
            if at == len(waiting) or waiting[at] != places[contact]:
                return 0
            line.delete(at)
            return 1

        def restart() -> None:
            since.fill(LAST)
            line.clear()

        def set_scene() -> None:
            nonlocal spells
            spells = len(trace.idle)
            since[trace.idle] = np.arange(spells)
            line.fill(trace.places[trace.waiting])

        self.arrive, self.free, self.cancel = arrive, free, cancel
        self.restart, self.set_scene = restart, set_scene


class PandasFrames:
    """A frame of agents with a column a skill, a frame of who waits with a column a part."""

    def __init__(self, trace: Trace) -> None:
        needs = trace.requirements
        most = max(map(len, needs))
        columns = {f"skill {skill}": levels for skill, levels in enumerate(trace.matrix)}
        agents = pd.DataFrame({**columns, "since": LAST}, copy=True)
        padded = np.zeros((len(trace.places), most, 2), np.int64)
        for row in (trace.ops == ARRIVE).nonzero()[0].tolist():
            requirement = needs[trace.subjects[row]]
            padded[row, : len(requirement)] = requirement
        parts = {f"skill{part}": padded[:, part, 0] for part in range(most)}
        parts |= {f"level{part}": padded[:, part, 1] for part in range(most)}
        contacts = pd.DataFrame({**parts, "place": trace.places, "waits": False})
        have = trace.matrix.T.copy()
        spells = 0

        def arrive(contact: int, requirement: int) -> int:
            able = agents["since"] != LAST
            for skill, level in needs[requirement]:
                able &= agents[f"skill {skill}"] >= level
            idle = agents.loc[able, "since"]
            if len(idle):
                agent = int(idle.idxmin())
                agents.loc[agent, "since"] = LAST
                return agent
            contacts.loc[contact, "waits"] = True
            return NOBODY

        def free(agent: int) -> int:
            nonlocal spells
            waiting = contacts[contacts["waits"]]
            levels = have[agent]
            fits = np.ones(len(waiting), bool)
            for part in range(most):
                fits &= levels[waiting[f"skill{part}"]] >= waiting[f"level{part}"]
            mine = waiting.loc[fits, "place"]
            if len(mine):
                contact = int(mine.idxmin())
                contacts.loc[contact, "waits"] = False
                return contact
            spells += 1
            agents.loc[agent, "since"] = spells
            return NOBODY

        def cancel(contact: int) -> int:
            if not contacts.loc[contact, "waits"]:
                return 0
            contacts.loc[contact, "waits"] = False
            return 1

        def restart() -> None:
            agents["since"] = LAST
            contacts["waits"] = False

        def set_scene() -> None:
            nonlocal spells
            spells = len(trace.idle)
            agents.loc[trace.idle, "since"] = np.arange(spells)
            contacts.loc[trace.waiting, "waits"] = True

        self.arrive, self.free, self.cancel = arrive, free, cancel
        self.restart, self.set_scene = restart, set_scene
