"""Schedules and fairness from what an aggregator counted: its agents' time by cell and state.

Cells keep sums, no spans. What a cell holds is as planned or not only where the whole cell is
planned for one thing; so a schedule must be one of whole cells.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from ccroute._errors import ConfigError
from ccroute._wire import KpiAggregator
from ccroute.metrics._fields import STATES
from ccroute.metrics._kpi import Value
from ccroute.metrics._records import Fairness, Union, occupancy_fairness, ratio, unions
from ccroute.metrics._table import ReportTable
from ccroute.metrics._words import names

WORK = ("talk", "hold", "connecting", "offered", "wrap_up", "idle")
"""The states of an agent who is there for work: what ``work`` in a schedule means."""

_MICROS = 1_000_000
_EXAMPLE = "{'work': ['talk', 'idle'], 'lunch': ['not_ready.lunch']}"


def counted_adherence(
    aggregator: KpiAggregator,
    schedule: NDArray[np.void],
    *,
    states: Mapping[str, Sequence[str]] | None = None,
    now: float | None = None,
) -> Value:
    """See ``Metrics.adherence``."""
    planned = unions(schedule)
    meant = {state: _meant(state, states) for state in dict.fromkeys(state for _, state in planned)}
    bounds = [edge for union in planned.values() for span in union for edge in span]
    edges = np.unique(np.array(bounds, dtype=np.int64))
    _check_edges(edges, aggregator.interval())
    below = sum(end - begin for union in planned.values() for begin, end in union)
    if not below:
        return ratio(0, 0, "adherence", len(schedule))
    groups = aggregator.query(
        ["agent"],
        tuple(dict.fromkeys(field for fields in meant.values() for field in fields)),
        edges=edges,
        where={"agent": list(dict.fromkeys(agent for agent, _ in planned))},
        now=now,
    )
    places = zip(groups["labels"]["agent"], groups["interval"].tolist(), strict=True)
    row_of = {key: row for row, key in enumerate(places)}
    columns = groups["columns"]
    spent = {
        state: np.sum([columns[field] for field in own], axis=0).tolist()
        for state, own in meant.items()
    }
    above = 0
    for (agent, state), union in planned.items():
        for place in _places(union, edges):
            if (row := row_of.get((agent, place))) is not None:
                # Two aggregators that had the same agent would add up to more than passed.
                length = int(edges[place + 1] - edges[place])
                above += min(length, spent[state][row])
    is_over = aggregator.watermark() * _MICROS >= edges[-1]
    final = bool(groups["final"].all()) and bool(is_over)
    return ratio(above, below, "adherence", len(schedule), final=final)


def counted_fairness(table: ReportTable) -> Fairness:
    """The spread of occupancy over the rows of a report by agent, of ``occupancy.handling``."""
    column = table.column("occupancy.handling")
    assert column.denominators is not None
    mine = [row for row, labels in enumerate(table.labels) if labels[0] is not None]
    return occupancy_fairness(
        column.numerators[mine].astype(np.float64), column.denominators[mine].astype(np.float64)
    )


def _meant(state: str, states: Mapping[str, Sequence[str]] | None) -> tuple[str, ...]:
    """The fields of the time that a planned state stands for."""
    if states is not None and not isinstance(states, Mapping):
        raise ConfigError(f"states {states!r}: what is planned, in states of agents, as {_EXAMPLE}")
    if states is not None and state in states:
        own = names(states[state], f"states: {state}", _EXAMPLE)
    elif state == "work":
        own = WORK
    else:
        own = (state,) if state in STATES else (f"not_ready.{state}",)
    if not own:
        raise ConfigError(f"states: {state} with none: name at least one, as {_EXAMPLE}")
    for name in own:
        if name not in STATES and not name.startswith("not_ready."):
            raise ConfigError(
                f"states: {state} with {name!r}: one of {', '.join(STATES)}, or not_ready.lunch "
                "and other reasons"
            )
    reasons = [name for name in own if name.startswith("not_ready.")]
    if len(set(own)) < len(own) or ("not_ready" in own and reasons):
        raise ConfigError(f"states: {state} with {', '.join(own)}: some time would count twice")
    if "signed_in" in own and len(own) > 1:
        raise ConfigError(f"states: {state} with {', '.join(own)}: signed_in is all of them")
    return tuple(f"time.{name}" for name in own)


def _check_edges(edges: NDArray[np.int64], cell: float) -> None:
    off = edges[edges % round(cell * _MICROS) != 0]
    if off.size:
        at = datetime.fromtimestamp(int(off[0]) / _MICROS, UTC)
        raise ConfigError(
            f"the schedule changes at {at.isoformat()}, within a cell of {cell:g} s: plan by whole "
            "cells, count by finer ones, as KpiAggregator(interval=60.0), or give "
            "adherence(states, schedule) the agents' spans"
        )


def _places(union: Union, edges: NDArray[np.int64]) -> list[int]:
    """The places of the intervals between edges that a union is made of."""
    bounds = np.searchsorted(edges, np.array(union, dtype=np.int64))
    return [place for begin, end in bounds.tolist() for place in range(begin, end)]
