"""The only importer of the extension: what crosses the boundary is named here.

Numbers, text, tuples and arrays cross; objects with names for their parts do not.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, TypeAlias, TypedDict

import numpy as np
from numpy.typing import NDArray

from ccroute._core import (
    EVENT_DTYPE,
    EVENT_DTYPE_VERSION,
    Distribution,
    Engine,
    KpiAggregator,
    PriorityQueue,
    Redaction,
    Restored,
    SkillMatcher,
    VisitTable,
    __version__,
    array_words,
    assign,
    pair_visits,
)
from ccroute._core import Plan as CheckedPlan

Pairs: TypeAlias = list[tuple[str, int]]
"""Skills with proficiency, channels with slots, obstacles with counts."""
Needs: TypeAlias = tuple[Pairs, list[Pairs], Pairs, str | None]
"""A requirement: all_of, any_of, none_of, where."""
NeedsRow: TypeAlias = tuple[Pairs, list[Pairs], Pairs, list[str]]
"""The same from the engine, with all its conditions."""
Asked: TypeAlias = tuple[str, str | None, str | None] | None
"""command_id, actor, reason."""
Story: TypeAlias = tuple[str | None, str | None, str | None]
"""customer, conversation, previous."""
AnswerRow: TypeAlias = tuple[str, float, str | None, str | None, str | None]
"""command, at, actor, reason, the code of a refusal."""
Fields: TypeAlias = list[tuple[str, str]]
"""Field names with numpy types."""
Places: TypeAlias = NDArray[np.int32 | np.int64]
"""Starts of rows and places in them, of either width."""
Bytes: TypeAlias = NDArray[np.uint8]
"""Rows of a structured array, seen as bytes."""
EventHead: TypeAlias = tuple[int, int, float, str | None, int, str | None, str | None, str | None]
"""kind, sequence, at, contact, visit, queue, channel, agent."""
EventRest: TypeAlias = tuple[int | None, str, str | None, str, int, float | None]
"""offer, cause, reason, role, number, time."""
EventRow: TypeAlias = tuple[EventHead, EventRest]
"""An event with names."""
Fact: TypeAlias = str | int | bool
"""The value of an attribute or a label."""
LinkArgument: TypeAlias = tuple[str, int, int, float, int | None, float | None]
"""queue, rank, position, delay, waiting, waited."""
SettingsArgument: TypeAlias = tuple[
    Pairs | None,
    list[tuple[str, Fact]] | None,
    list[LinkArgument] | None,
    Pairs | None,
    int | None,
    list[str] | None,
]
"""skills, labels, queues, capacity, budget, lines; what is ``None`` is not said."""
ContactArgument: TypeAlias = tuple[
    str,
    str | None,
    str | None,
    int | None,
    float | None,
    Needs | None,
    list[tuple[str, Fact]],
    Pairs,
    list[tuple[str, float | None]],
    float | None,
    float | None,
    str | None,
    str | None,
    str | None,
]
"""contact, queue, channel, band, head_start, needs, attributes, preferred, excluded,
entered_at, not_before, customer, conversation, previous."""
ObservedArgument: TypeAlias = tuple[str, str | None, ContactArgument | None]
"""contact, agent, what is known of it."""
ChosenRow: TypeAlias = tuple[str, int, float, int, float]
"""agent, eligible, idle_since, score, until."""
NearestRow: TypeAlias = tuple[str, list[str], list[tuple[str, int, int]], float | None]
"""agent, obstacles, missing (skill, asked, held), until."""
ContactRow: TypeAlias = tuple[
    tuple[str, str, float, int | None, str | None],
    tuple[NeedsRow, tuple[int, int | None], int, tuple[int, float] | None, float | None],
    tuple[Pairs, NearestRow | None, list[ChosenRow]],
]
"""(phase, queue, since, ahead, agent), (needs, ranks, steps, next step, until), (eliminated,
nearest, chosen)."""
AgentRow: TypeAlias = tuple[
    tuple[str, str | None, str, str, float, float | None], list[str], Pairs, str | None
]
"""(availability, reason, activity, device, idle_since, back_off), open channels, withheld,
next."""
GroupRow: TypeAlias = tuple[int, float, NeedsRow, Pairs]
"""waiting, since, needs, eliminated."""
ChangeRow: TypeAlias = tuple[str, str | None, int | None, int | None, int]
"""what, skill, level, agents, contacts freed."""
QueueRow: TypeAlias = tuple[
    tuple[bool, int, int, int, int], list[GroupRow], Pairs, ChangeRow | None
]
"""(open, waiting, length, idle, staff), groups, idle agents by obstacle, the best change."""
CandidateRow: TypeAlias = tuple[str, int | None, list[int], float]
"""agent, preferred, values, idle_since."""
PlaceRow: TypeAlias = tuple[float, str | None, int]
"""at, contact, ahead."""
ChoiceRow: TypeAlias = tuple[str, Literal["turn", "picked", "together"], list[str], int]
"""agent, how, keys, eligible."""
DecisionRow: TypeAlias = tuple[PlaceRow, ChoiceRow, list[CandidateRow], Pairs]
"""place, choice, candidates, eliminated."""
WaitRow: TypeAlias = tuple[int | None, int, float | None, float | None]
"""position, competing, expected, foretold."""
CallersArgument: TypeAlias = tuple[
    NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64] | None
]
"""arrivals, queues, service, patience."""
CallersRows: TypeAlias = tuple[
    NDArray[np.uint8], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]
]
"""outcomes, agents, waits, ends."""
FindingRow: TypeAlias = tuple[str, str, str, str, int | None]
"""severity, code, path, message, line."""

WindowRow: TypeAlias = tuple[int, int, int, int, int, int, int, int]
"""offered, answered, abandoned, left, met, missed, early, wait in µs."""
LiveQueueRow: TypeAlias = tuple[
    str, int, int, float | None, float | None, tuple[WindowRow, WindowRow, WindowRow, WindowRow]
]
"""queue, waiting, overdue, oldest entry, expected wait; the last 5, 15, 30 and 60 minutes."""
LiveAgentRow: TypeAlias = tuple[str, str | None, str | None, float, int]
"""agent, state, reason, since, contacts."""


class Groups(TypedDict):
    """An answer of ``KpiAggregator.query``: a row a combination of labels and interval that
    has anything, by labels (``None`` first), then by interval.
    """

    interval: NDArray[np.int64]
    """The place of the row's interval: ``edges[i] <= t < edges[i + 1]``; 0 without edges."""
    labels: dict[str, list[str | None]]
    """The label of each row, by dimension."""
    columns: dict[str, NDArray[np.int64] | NDArray[np.float64]]
    """By field: int64 (durations in µs), float64 for quantiles and deviations (s)."""
    final: NDArray[np.bool_]
    """Whether nothing but a correction can change the row any more."""
    revision: NDArray[np.uint32]
    """How often a cell of the row changed after it had been final."""


class VisitRecord(TypedDict):
    """A visit as it is known: a row of ``KpiAggregator.visits``. Times in whole µs."""

    source: str
    contact: str | None
    """What the source calls it; ``None`` where it gave a number only."""
    key: int
    visit: int
    revision: int
    labels: list[tuple[str, str]]
    customer: int
    """A hash; 0 when unknown."""
    entered_us: int
    completed_us: int | None
    outcome: str
    """waiting, answered, abandoned or left."""
    cause: str
    wait_us: int | None
    offers: int
    missed: int
    codes: list[str]
    parts: list[tuple[str | None, int, int, int, int, int]]
    """agent, ended_us, talk_us, hold_us, holds, wrap_up_us (-1: not over)."""


_command_fields, _word_lists = array_words()
_words = {name: tuple(words) for name, words in _word_lists}

COMMAND_DTYPE = np.dtype(_command_fields)
"""A row a command for ``Router.apply_batch``, 48 bytes. ``op``: a place in
``COMMAND_OPS``. ``contact``: the host's number, whose decimal text is the contact's id.
``offer``: a key, or 0 for the live offer of ``contact``. ``queue``, ``agent``,
``channel``: places in the lists of ``Router.names``. ``value_us``: the head start.
``cause``: a place in ``CAUSES``; of a decline why, 0: declined. ``flag``: not 0 to keep the
age (transfer)."""

COMMAND_OPS = _words["ops"]
"""The words of the ``op`` column, by number."""
QUEUE_OPS = _words["queue_ops"]
"""The words of the ``ops`` column of ``PriorityQueue.apply_batch``, by number."""
MATCH_OPS = _words["match_ops"]
"""The words of the ``ops`` column of ``SkillMatcher.apply_batch``, by number."""
STATUS_CODES = ("accepted", *_words["refusals"])
"""The words of a status, by number: accepted, or why a row was refused."""
KINDS = _words["kinds"]
"""The kinds of events, by number."""
CAUSES = _words["causes"]
"""The causes, by number."""
ROLES = _words["roles"]
"""The roles of agents in a conversation, by number."""
DEVICES = _words["devices"]
"""The states of a device, by number."""
CALLER_OUTCOMES = _words["caller_outcomes"]
"""What can become of a caller of ``simulate``, by number: waiting (when nothing could happen any
more), answered, abandoned, left (by rule), refused (let into no queue)."""

COURSES: Mapping[str, int] = MappingProxyType({"answered": 0, "abandoned": 1, "left": 2, "void": 3})
"""What became of a visit, by number in the ``course`` column of ``post_visits``; ``void``: there
was none."""
FATES = ("counted", "duplicate", "superseded", "conflict", "late")
"""What became of a row of ``post_visits``, by number."""

__all__ = [
    "CALLER_OUTCOMES",
    "CAUSES",
    "COMMAND_DTYPE",
    "COMMAND_OPS",
    "COURSES",
    "DEVICES",
    "EVENT_DTYPE",
    "EVENT_DTYPE_VERSION",
    "FATES",
    "KINDS",
    "MATCH_OPS",
    "QUEUE_OPS",
    "ROLES",
    "STATUS_CODES",
    "CheckedPlan",
    "Distribution",
    "Engine",
    "Groups",
    "KpiAggregator",
    "PriorityQueue",
    "Redaction",
    "Restored",
    "SkillMatcher",
    "VisitRecord",
    "VisitTable",
    "__version__",
    "assign",
    "pair_visits",
]
