"""A day of `benches.traces.matching` replayed: by peers, and by our matcher in calls and batches.

Answers are put in one form: of an arrival the agent, of FREE the row of the contact, -1 where
nobody was there; of CANCEL whether the contact still waited.
"""

from collections.abc import Callable
from time import perf_counter_ns
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from benches.traces.matching import ARRIVE, CANCEL, FREE, NOBODY, Trace, ours
from ccroute import SkillMatcher

BATCH = 1_000
"""Rows that our matcher gets at once."""
PLACE = (1 << 32) - 1
"""The low half of a handle: a place, used again when its contact has left."""


class Matcher(Protocol):
    """What decides, one event at a time."""

    arrive: Callable[[int, int], int]
    """Of a contact with a requirement: the agent, or NOBODY."""
    free: Callable[[int], int]
    """Of an agent: the contact, or NOBODY."""
    cancel: Callable[[int], int]
    """Of a contact: whether it waited, 1 or 0."""
    restart: Callable[[], None]
    """Nobody is idle, nobody waits."""


def rows_of(trace: Trace, first: int, last: int) -> list[tuple[int, int, int]]:
    """Rows as tuples: row, op, subject."""
    ops, subjects = trace.ops[first:last].tolist(), trace.subjects[first:last].tolist()
    return list(zip(range(first, last), ops, subjects, strict=True))


def set_scene(matcher: Matcher, trace: Trace) -> None:
    """Brings a peer to where the timed rows begin."""
    matcher.restart()
    if hasattr(matcher, "set_scene"):
        matcher.set_scene()  # at once: event by event it takes many times as long
    else:
        replay(matcher, rows_of(trace, 0, trace.start))


def replay(matcher: Matcher, rows: list[tuple[int, int, int]]) -> list[int]:
    """A peer's answers."""
    arrive, free, cancel = matcher.arrive, matcher.free, matcher.cancel
    answers: list[int] = []
    say = answers.append
    for row, op, subject in rows:
        if op == ARRIVE:
            say(arrive(row, subject))
        elif op == FREE:
            say(free(subject))
        else:
            say(cancel(subject))
    return answers


def timed(matcher: Matcher, rows: list[tuple[int, int, int]]) -> tuple[list[int], list[int]]:
    """A peer's answers, and the nanoseconds of each."""
    arrive, free, cancel = matcher.arrive, matcher.free, matcher.cancel
    clock = perf_counter_ns
    answers: list[int] = []
    took: list[int] = []
    for row, op, subject in rows:
        if op == ARRIVE:
            start = clock()
            answer = arrive(row, subject)
            end = clock()
        elif op == FREE:
            start = clock()
            answer = free(subject)
            end = clock()
        else:
            start = clock()
            answer = cancel(subject)
            end = clock()
        answers.append(answer)
        took.append(end - start)
    return answers, took


class Ours:
    """Our matcher at the start of the timed rows, and the handles it gave out until then."""

    def __init__(self, trace: Trace, *, own: bool = False) -> None:
        self.trace = trace
        self.own = own
        """Whether contacts bring requirements of their own, told when they arrive."""
        start = trace.start
        scene = trace.requirements if not own else trace.requirements[:start]
        self.matcher, numbers = ours(trace.proficiency, scene)
        self.numbers = np.array(numbers, np.int64)
        self.handles = np.zeros(len(trace.ops), np.uint64)
        """By row of a contact."""
        subjects, at = trace.subjects[:start], trace.at_us[:start]
        if start and trace.ops[0] == ARRIVE:
            columns = trace.band[:start], trace.head_start_us[:start]
            agents, handles = self.matcher.arrive_batch(
                self.numbers[subjects].astype(np.int64), at, *columns
            )
            assert (np.asarray(agents).astype(np.int64) < 0).all() or (handles > 0).all()
            self.handles[:start] = handles
        else:
            self.matcher.free_batch(subjects, at)
        self.came_at = np.array(rows_by_place(self.handles.tolist()))
        """By the low half of a handle the row of the contact."""
        self.needs = [
            {f"skill {skill}": level for skill, level in requirement}
            for requirement in (trace.requirements if own else ())
        ]
        """By requirement, in the form a host has it."""
        self.columns = needs_columns(self) if own else None

    def subjects(self) -> NDArray[np.int64]:
        """Subjects of the timed rows; of arrivals our numbers where requirements are shared."""
        trace = self.trace
        found = trace.subjects[trace.start :].copy()
        if not self.own:
            arrivals = trace.ops[trace.start :] == ARRIVE
            found[arrivals] = self.numbers[found[arrivals]]
        return found


def needs_columns(desk: Ours) -> tuple[NDArray[np.uint32], NDArray[np.uint32], NDArray[np.uint8]]:
    """The skills each timed row asks for, as ``apply_batch`` takes them."""
    trace = desk.trace
    names = {name: place for place, name in enumerate({k: 0 for need in desk.needs for k in need})}
    numbers = desk.matcher.skill_numbers(list(names))
    begins, skills, levels = [0], [], []
    rows = slice(trace.start, None)
    for op, subject in zip(trace.ops[rows].tolist(), trace.subjects[rows].tolist(), strict=True):
        if op == ARRIVE:
            skills += [names[name] for name in desk.needs[subject]]
            levels += desk.needs[subject].values()
        begins.append(len(skills))
    return np.array(begins, np.uint32), numbers[skills], np.array(levels, np.uint8)


def call_rows(desk: Ours) -> tuple[SkillMatcher, list[int], list, list[dict[str, int]]]:
    """What `calls` takes: times in seconds, columns as tuples."""
    trace = desk.trace
    timed_rows = slice(trace.start, None)
    columns = (
        range(trace.start, len(trace.ops)),
        trace.ops[timed_rows].tolist(),
        desk.subjects().tolist(),
        (trace.at_us[timed_rows] * 1e-6).tolist(),
        trace.band[timed_rows].tolist(),
        (trace.head_start_us[timed_rows] * 1e-6).tolist(),
    )
    return desk.matcher, desk.handles.tolist(), list(zip(*columns, strict=True)), desk.needs


def calls(
    matcher: SkillMatcher, handles: list[int], rows: list, needs: list[dict[str, int]]
) -> list[int]:
    """Our answers, a call a row, in the form that is compared."""
    arrive, free, cancel = matcher.arrive, matcher.free, matcher.cancel
    arrive_with = matcher.arrive_with
    came_at = rows_by_place(handles)
    answers: list[int] = []
    say = answers.append
    for row, op, subject, at, band, head_start in rows:
        if op == ARRIVE:
            if needs:
                agent, handle = arrive_with(needs[subject], at, band, head_start)
            else:
                agent, handle = arrive(subject, at, band, head_start)
            if agent is None:
                handles[row] = handle
                came_at[handle & PLACE] = row
                say(NOBODY)
            else:
                say(agent)
        elif op == FREE:
            taken = free(subject, at)
            say(NOBODY if taken is None else came_at[taken & PLACE])
        else:
            cancel(handles[subject])
            say(1)
    return answers


def rows_by_place(handles: list[int]) -> list[int]:
    """By the low half of a handle the row of the contact that waits under it."""
    came_at = [NOBODY] * (len(handles) + 1)
    for row, handle in enumerate(handles):
        if handle:
            came_at[handle & PLACE] = row
    return came_at


def timed_calls(
    matcher: SkillMatcher, handles: list[int], rows: list, needs: list[dict[str, int]]
) -> tuple[list[int], list[int]]:
    """As `calls`, and the nanoseconds of each; to know whose handle it is, is not timed."""
    arrive, free, cancel = matcher.arrive, matcher.free, matcher.cancel
    clock = perf_counter_ns
    answers: list[int] = []
    took: list[int] = []
    came_at = rows_by_place(handles)
    assert not needs
    for row, op, subject, at, band, head_start in rows:
        if op == ARRIVE:
            start = clock()
            agent, handle = arrive(subject, at, band, head_start)
            end = clock()
            if agent is None:
                handles[row] = handle
                came_at[handle & PLACE] = row
                agent = NOBODY
            answers.append(agent)
        elif op == FREE:
            start = clock()
            taken = free(subject, at)
            end = clock()
            answers.append(NOBODY if taken is None else came_at[taken & PLACE])
        else:
            start = clock()
            cancel(handles[subject])
            end = clock()
            answers.append(1)
        took.append(end - start)
    return answers, took


def batches(desk: Ours, subjects: NDArray[np.int64]) -> NDArray[np.int64]:
    """Our answers, `BATCH` rows at a time, in the form that is compared.

    What a host has to do is timed: to find the handles of contacts that came in an earlier
    batch, to keep those of this one, and to know whose handle an agent was given.
    """
    trace, matcher, needs = desk.trace, desk.matcher, desk.columns
    given, came_at = desk.handles, desk.came_at
    ops, at_us = trace.ops, trace.at_us
    band, head_start_us = trace.band, trace.head_start_us
    offset = trace.start
    answers = []
    for first in range(offset, len(ops), BATCH):
        rows = slice(first, first + BATCH)
        part = ops[rows]
        mine = subjects[first - offset : first - offset + BATCH].astype(np.uint64)
        of_rows = None
        if needs is not None:
            begins, skills, levels = needs
            begin = begins[first - offset : first - offset + len(part) + 1]
            asked = slice(int(begin[0]), int(begin[-1]))
            of_rows = (begin - begin[0], skills[asked], levels[asked])
        gone = np.flatnonzero(part == CANCEL)
        contacts = mine[gone].astype(np.int64)
        early = contacts < first
        mine[gone] = np.where(early, given[contacts * early], contacts - first)
        said = matcher.apply_batch(
            part, mine, at_us[rows], band[rows], head_start_us[rows], of_rows
        )
        given[rows] = said
        answers.append(heard(part, said, first, given, came_at))
    return np.concatenate(answers)


def heard(
    ops: NDArray[np.uint8],
    said: NDArray[np.uint64],
    first: int,
    given: NDArray[np.uint64],
    came_at: NDArray[np.int64],
) -> NDArray[np.int64]:
    """The answers of a batch that begins with row `first`, by rows of contacts."""
    found = said.astype(np.int64)
    waits = np.flatnonzero((ops == ARRIVE) & (said > PLACE))
    found[waits] = NOBODY
    freed = np.flatnonzero(ops == FREE)
    taken = said[freed]
    rows = came_at[taken & PLACE]
    # The place may have served another contact before, or serve another by now.
    here = np.flatnonzero(given[rows] != taken)
    if len(here) and len(waits):
        handles = said[waits]
        order = handles.argsort()
        sorted_handles = handles[order]
        at = np.searchsorted(sorted_handles, taken[here]).clip(max=len(order) - 1)
        rows[here] = first + waits[order[at]]
    rows[taken == 0] = NOBODY
    found[freed] = rows
    found[ops == CANCEL] = said[ops == CANCEL] != 0
    came_at[said[waits] & PLACE] = first + waits
    return found
