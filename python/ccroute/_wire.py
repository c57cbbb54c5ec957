"""The only importer of the extension: what crosses the boundary is named here.

Numbers, text, tuples and arrays cross; objects with names for their parts do not.
"""

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ccroute._core import (
    EVENT_DTYPE,
    EVENT_DTYPE_VERSION,
    Engine,
    KpiAggregator,
    PriorityQueue,
    SkillMatcher,
    __version__,
    array_words,
)
from ccroute._core import Plan as CheckedPlan

Pairs: TypeAlias = list[tuple[str, int]]
"""Skills with proficiency, channels with slots, obstacles with counts."""
Needs: TypeAlias = tuple[Pairs, list[Pairs], Pairs]
"""A requirement: all_of, any_of, none_of."""
Asked: TypeAlias = tuple[str, str | None, str | None] | None
"""command_id, actor, reason."""
Story: TypeAlias = tuple[str | None, str | None, str | None]
"""customer, conversation, previous."""
Fields: TypeAlias = list[tuple[str, str]]
"""Field names with numpy types."""
Bytes: TypeAlias = NDArray[np.uint8]
"""Rows of a structured array, seen as bytes."""
EventHead: TypeAlias = tuple[int, int, float, str | None, int, str | None, str | None, str | None]
"""kind, sequence, at, contact, visit, queue, channel, agent."""
EventRest: TypeAlias = tuple[int | None, str, str | None, str, int, float | None]
"""offer, cause, reason, role, number, time."""
EventRow: TypeAlias = tuple[EventHead, EventRest]
"""An event with names."""
ChosenRow: TypeAlias = tuple[str, int, float, int, float]
"""agent, eligible, idle_since, score, until."""
ContactRow: TypeAlias = tuple[
    str,
    str,
    float,
    int | None,
    Needs,
    int,
    tuple[int, float] | None,
    Pairs,
    ChosenRow | None,
    str | None,
]
"""phase, queue, since, ahead, needs, steps, next step, eliminated, chosen, agent."""
AgentRow: TypeAlias = tuple[str, str | None, str, str, float, list[str], Pairs]
"""availability, reason, activity, device, idle_since, open channels, withheld."""

_command_fields, _word_lists = array_words()
_words = {name: tuple(words) for name, words in _word_lists}

COMMAND_DTYPE = np.dtype(_command_fields)
"""A row a command for ``Router.apply_batch``, 48 bytes. ``op``: a place in
``COMMAND_OPS``. ``contact``: the host's number, whose decimal text is the contact's id.
``offer``: a key, or 0 for the live offer of ``contact``. ``queue``, ``agent``,
``channel``: places in the lists of ``Router.names``. ``value_us``: the head start.
``cause``: a place in ``CAUSES``. ``flag``: not 0 to keep the age (transfer)."""

COMMAND_OPS = _words["ops"]
"""The words of the ``op`` column, by number."""
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

__all__ = [
    "CAUSES",
    "COMMAND_DTYPE",
    "COMMAND_OPS",
    "DEVICES",
    "EVENT_DTYPE",
    "EVENT_DTYPE_VERSION",
    "KINDS",
    "ROLES",
    "STATUS_CODES",
    "CheckedPlan",
    "Engine",
    "KpiAggregator",
    "PriorityQueue",
    "SkillMatcher",
    "__version__",
]

if TYPE_CHECKING:
    # Shapes of plain numbers: they stand in the stub, at run time there are only dicts.
    from ccroute._core import AgentNumbers, IntervalNumbers, QueueNumbers

    __all__ += ["AgentNumbers", "IntervalNumbers", "QueueNumbers"]
