"""A slow obvious source: answers queries from visits and agents' times written by hand.

What a test expects of the real aggregator it can expect of this one; it knows no cells, so
it checks edges itself and keeps every sample.
"""

import math
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import attrs
import numpy as np
from numpy.typing import NDArray

from ccroute import ConfigError

SECOND = 1_000_000
LADDER = (5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600)
Labels = Mapping[str, str | None]
Key = tuple[tuple[str | None, ...], int]
Told = dict[str, list[int]]
"""Amounts by field."""


@attrs.frozen(kw_only=True)
class Seen:
    """One visit: entered at ``at``, ended ``wait`` later as ``answered``, ``abandoned`` or by
    another cause; then talked, held, wrapped up. All in seconds. ``end=None``: waits."""

    at: float = 0.0
    wait: float = 0.0
    end: str | None = "answered"
    queue: str | None = "billing"
    channel: str | None = "voice"
    client: str | None = None
    campaign: str | None = None
    agent: str | None = "ana"
    talk: float = 0.0
    hold: float = 0.0
    wrap_up: float = 0.0
    codes: Sequence[str] = ()
    scores: Mapping[str, int] = attrs.field(factory=dict)
    amounts: Mapping[str, float] = attrs.field(factory=dict)
    first: bool = True
    final: bool = True
    revision: int = 0

    def told(self, basis: str) -> Iterator[tuple[float, str, int]]:
        """What it contributes: when, to which field or distribution, how much."""
        left = self.at + self.wait
        done = left + self.talk + self.hold + self.wrap_up

        def at(moment: float) -> float:
            return {"offered": self.at, "event": moment, "completion": done}.get(basis, moment)

        yield at(self.at), "offered", 1
        if self.first:
            yield at(self.at), "contacts", 1
        wait = round(self.wait * SECOND)
        match self.end:
            case None:
                return
            case "answered":
                yield at(left), "answered", 1
                yield at(left), "wait_answered", wait
                parts = {"talk": self.talk, "hold": self.hold, "wrap_up": self.wrap_up}
                yield at(done), "conversations", 1
                yield at(done), "handled", 1
                yield at(done), "handle", round(sum(parts.values()) * SECOND)
                for name, seconds in parts.items():
                    if seconds or name == "talk":
                        yield at(done), name, round(seconds * SECOND)
            case "abandoned":
                yield at(left), "abandoned", 1
                yield at(left), "wait_abandoned", wait
            case cause:
                yield at(left), "left", 1
                yield at(left), f"left.{cause}", 1
                yield at(left), "wait_left", wait
        for code in self.codes:
            yield at(done), f"code.{code}", 1
        for name, points in self.scores.items():
            yield at(done), f"score.{name}", 1
            yield at(done), f"score.{name}.{points}", 1
        for name, amount in self.amounts.items():
            yield at(done), f"amount.{name}", round(amount * SECOND)
            yield at(done), f"amount.{name}.count", 1


@attrs.frozen(kw_only=True)
class Spent:
    """An agent's time in a state, from start to end in seconds."""

    agent: str
    state: str
    start: float
    end: float
    team: str | None = None


class Fake:
    """Answers ``query`` as ``KpiAggregator`` does; ``asked`` keeps every question."""

    def __init__(self, *rows: Seen | Spent, cell: float = 900.0) -> None:
        self._seen = [row for row in rows if isinstance(row, Seen)]
        self._spent = [row for row in rows if isinstance(row, Spent)]
        self._cell = round(cell * SECOND)
        self.asked: list[tuple[tuple[str, ...], tuple[str, ...], str]] = []

    def interval(self) -> float:
        return self._cell / SECOND

    def extent(self, now: float | None = None) -> tuple[float, float] | None:
        if not self._seen:
            return None
        ends = [seen.at + seen.wait for seen in self._seen]
        length = self.interval()
        first = min(seen.at for seen in self._seen) // length * length
        return first, (max(ends) // length + 1) * length

    def set_target(self, queue: str, within: float) -> None:
        """No live view looks at it."""

    def query(
        self,
        by: Sequence[str],
        fields: Sequence[str],
        *,
        basis: str = "offered",
        edges: NDArray[np.int64] | None = None,
        where: Mapping[str, Sequence[str | None]] | None = None,
        now: float | None = None,
    ) -> dict[str, Any]:
        self.asked.append((tuple(by), tuple(fields), basis))
        if edges is not None and (edges % self._cell).any():
            raise ConfigError("an edge lies within a cell")
        by_agent = {"agent", "team"} & {*by, *(where or {})} or any(
            field.startswith("time.") for field in fields
        )
        told: dict[Key, Told] = defaultdict(lambda: defaultdict(list))
        notes: dict[Key, list[Seen]] = defaultdict(list)
        for seen in self._seen:
            row: Labels = vars_of(seen)
            if not all(row.get(name) in labels for name, labels in (where or {}).items()):
                continue
            if by_agent and seen.end != "answered":
                continue
            for at, field, amount in seen.told(basis):
                place = _place(at, edges)
                if place is not None:
                    key = (tuple(row.get(name) for name in by), place)
                    told[key][field].append(amount)
                    notes[key].append(seen)
        for spent in self._spent if by_agent else ():
            row = vars_of(spent)
            if not all(row.get(name) in labels for name, labels in (where or {}).items()):
                continue
            whole = np.array([0, 2**62]) if edges is None else edges
            for place, (low, high) in enumerate(pairwise(whole)):
                inside = min(int(high), round(spent.end * SECOND)) - max(
                    int(low), round(spent.start * SECOND)
                )
                if inside > 0:
                    key = (tuple(row.get(name) for name in by), place)
                    told[key][f"time.{spent.state}"].append(inside)
        keys = sorted(told, key=lambda key: ([(x is not None, x or "") for x in key[0]], key[1]))
        columns = {field: [_value(told[key], field) for key in keys] for field in fields}
        return {
            "interval": np.array([place for _, place in keys], dtype=np.int64),
            "labels": {name: [key[0][i] for key in keys] for i, name in enumerate(by)},
            "columns": {
                field: np.array(values, dtype=float if _is_float(field) else np.int64)
                for field, values in columns.items()
            },
            "final": np.array([all(s.final for s in notes[k]) for k in keys], dtype=np.bool_),
            "revision": np.array(
                [max((s.revision for s in notes[k]), default=0) for k in keys], dtype=np.uint32
            ),
        }


def vars_of(row: Seen | Spent) -> Labels:
    return {field.name: getattr(row, field.name) for field in attrs.fields(type(row))}


def _place(at: float, edges: NDArray[np.int64] | None) -> int | None:
    if edges is None:
        return 0
    place = int(np.searchsorted(edges, round(at * SECOND), side="right")) - 1
    return place if 0 <= place < len(edges) - 1 else None


def _is_float(field: str) -> bool:
    return re.fullmatch(r"\w+\.(p\d.*|deviation)", field) is not None


def _value(told: Told, field: str) -> float:
    stem, _, part = field.partition(".")
    samples = sorted(told.get(stem, []))
    if rung := re.fullmatch(r"(within|below|passed):(\d+)", part or field):
        return _rung(rung[1], int(rung[2]), samples, told)
    if _is_float(field):
        return _float(samples, part)
    if part == "exact":  # all samples are kept
        return 1
    derived = {"count": len(samples), "zero": samples.count(0), "sum": sum(samples)}
    derived["max"] = max(samples, default=0)
    if stem != "amount" and part in derived:
        return derived[part]
    return sum(told.get(field, []))


def _rung(word: str, threshold: int, samples: list[int], told: Told) -> int:
    if threshold // SECOND not in LADDER:
        raise ConfigError(f"{threshold} µs is off the ladder")
    if word == "passed":
        ends = ("wait_answered", "wait_abandoned", "wait_left")
        return sum(amount > threshold for name in ends for amount in told.get(name, []))
    return sum(s <= threshold if word == "within" else s < threshold for s in samples)


def _float(samples: list[int], part: str) -> float:
    if not samples:
        return math.nan
    if part == "deviation":
        return float(np.std(samples)) / SECOND
    share = float("0." + part[1:].replace("_", ""))
    return samples[max(0, math.ceil(share * len(samples)) - 1)] / SECOND


DAY = datetime(2026, 6, 1, tzinfo=UTC)
NEXT = datetime(2026, 6, 2, tzinfo=UTC)
NOON = DAY.timestamp() + 12 * 3600

CALLS = (
    Seen(at=NOON, wait=4, talk=100, wrap_up=20),
    Seen(at=NOON + 10, wait=25, talk=200, hold=50),
    Seen(at=NOON + 20, wait=3, end="abandoned"),
    Seen(at=NOON + 1000, wait=40, end="abandoned"),
    Seen(at=NOON + 1001, wait=90, end="timed_out"),
    Seen(at=NOON, wait=0, queue="sales", talk=60, codes=["sale"], final=False, revision=2),
    Seen(at=NOON, wait=50, queue="sales", talk=60),
)
"""A day of two queues."""
