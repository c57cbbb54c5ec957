"""Contact records: what is known of each visit, and of each agent's part in it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import MappingProxyType

import attrs
import numpy as np
from numpy.typing import NDArray

from ccroute._errors import ConfigError
from ccroute._wire import CAUSES, COURSES, VisitRecord, VisitTable
from ccroute.metrics._records import CONTACT_DTYPE

RECORDS_VERSION = 2
"""Of the columns of :func:`records` and of history: none is changed, new ones come with a new
number. 2: ``source`` and ``visit``."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROS = 1_000_000


@attrs.frozen(kw_only=True)
class Part:
    """One agent's part in a visit. Durations in seconds."""

    agent: str | None
    ended: datetime
    talk: float
    """Without hold."""
    hold: float
    holds: int
    wrap_up: float | None
    """``None`` while it is not over, or may yet begin."""


@attrs.frozen(kw_only=True)
class Visit:
    """One stay of a contact in a queue, as it is known now. Durations in seconds."""

    source: str
    contact: str | None
    """What the source calls it; ``None`` where it gave a number only: then :attr:`key`."""
    key: int
    visit: int
    """Which stay of the contact, from 1."""
    revision: int
    """0: made of events; else that of the fact that was given."""
    labels: Mapping[str, str]
    """By dimension: queue, channel and what else the source said."""
    customer: int
    """A hash; 0 when unknown."""
    entered: datetime
    completed: datetime | None
    """``None`` while it goes on."""
    outcome: str
    """waiting, answered, abandoned or left."""
    cause: str | None
    """Why it left."""
    wait: float | None
    offers: int
    missed: int
    codes: tuple[str, ...]
    """Dispositions."""
    parts: tuple[Part, ...]
    """The conversations."""


def visit_of(row: VisitRecord) -> Visit:
    """The visit behind the aggregator's numbers."""
    return Visit(
        source=row["source"],
        contact=row["contact"],
        key=row["key"],
        visit=row["visit"],
        revision=row["revision"],
        labels=MappingProxyType(dict(row["labels"])),
        customer=row["customer"],
        entered=_instant(row["entered_us"]),
        completed=None if row["completed_us"] is None else _instant(row["completed_us"]),
        outcome=row["outcome"],
        cause=None if row["cause"] == "none" else row["cause"],
        wait=None if row["wait_us"] is None else row["wait_us"] / _MICROS,
        offers=row["offers"],
        missed=row["missed"],
        codes=tuple(row["codes"]),
        parts=tuple(map(_part, row["parts"])),
    )


def records(visits: Iterable[Visit]) -> NDArray[np.void]:
    """Visits as a structured array, a row each, as ``first_contact_resolution``,
    ``peak_concurrency`` and ``patience`` take it.

    Columns: customer uint64 (0: unknown), entered_us, ended_us (of the wait; -1: it goes on)
    and completed_us int64 (-1), wait_us (-1), talk_us, hold_us, wrap_up_us int64 (sums over
    the parts), visit uint32; as text, as wide as the longest and empty for none: source,
    contact, queue, channel, agent (of the first part), outcome, cause.
    """
    known = list(visits)
    texts = [_texts(visit) for visit in known]
    columns = [*zip(*texts, strict=True)] or [()] * len(_TEXTS)
    widths = [max(map(len, column), default=1) or 1 for column in columns]
    dtype = [*_NUMBERS, *((name, f"U{width}") for name, width in zip(_TEXTS, widths, strict=True))]
    rows = [(*_numbers(visit), *text) for visit, text in zip(known, texts, strict=True)]
    return np.array(rows, dtype=dtype)


def visit_table(records: NDArray[np.void]) -> VisitTable:
    """Records of visits as a table that answers for itself, for ``report_visits``.

    Visits that still wait are left out, as a table tells only of what is decided. Labels are
    queue, channel and agent; who ended a conversation, and how often it was held, records do
    not say.

    Raises:
        ConfigError: A column of :func:`records` is missing, or says what it never does.

    >>> visit_table(records([])).query((), ["offered"])["columns"]["offered"].tolist()
    []
    """
    if missing := sorted({*_NAMES} - {*(records.dtype.names or ())}):
        raise ConfigError(f"no column {', '.join(missing)}: give what records() makes")
    over = records[records["outcome"] != "waiting"]
    columns: dict[str, NDArray[np.integer]] = {
        "course": _places(over, "outcome", COURSES).astype(np.uint8),
        "cause": _places(over, "cause", {"": 0} | _numbered(CAUSES)).astype(np.uint8),
        # How often, records do not say.
        "holds": (over["hold_us"] > 0).astype(np.uint32),
        **{name: over[name] for name in ("customer", "entered_us", "visit")},
        **{f"{name}_us": np.maximum(over[f"{name}_us"], 0) for name in ("wait", *_DURATIONS)},
    }
    names = []
    for label in ("queue", "channel", "agent"):
        if told := sorted({*over[label].tolist()} - {""}):
            columns[label] = _places(over, label, {"": -1} | _numbered(told))
            names.append((label, told))
    return VisitTable(columns, names=names)


def _numbered(names: Sequence[str]) -> dict[str, int]:
    return {name: number for number, name in enumerate(names)}


def _places(records: NDArray[np.void], column: str, places: Mapping[str, int]) -> NDArray[np.int32]:
    """A column of words as their numbers."""
    words, which = np.unique(records[column], return_inverse=True)
    if odd := [word for word in words.tolist() if word not in places]:
        raise ConfigError(f"{column} {odd[0]!r}: one of {', '.join(map(repr, places))}")
    return np.array([places[word] for word in words.tolist()], dtype=np.int32)[which]


_DURATIONS = ("talk", "hold", "wrap_up")
_NUMBERS: list[tuple[str, str]] = [
    *((name, CONTACT_DTYPE[name].str) for name in CONTACT_DTYPE.names or ()),
    *((f"{name}_us", "<i8") for name in ("completed", "wait", *_DURATIONS)),
    ("visit", "<u4"),
]
_TEXTS = ("source", "contact", "queue", "channel", "agent", "outcome", "cause")
_NAMES = (*(name for name, _ in _NUMBERS), *_TEXTS)


def _numbers(visit: Visit) -> tuple[int, ...]:
    entered = _micros(visit.entered)
    wait = -1 if visit.wait is None else round(visit.wait * _MICROS)
    return (
        visit.customer,
        entered,
        entered + wait if wait >= 0 else -1,
        -1 if visit.completed is None else _micros(visit.completed),
        wait,
        *(
            sum(round((getattr(part, name) or 0.0) * _MICROS) for part in visit.parts)
            for name in _DURATIONS
        ),
        visit.visit,
    )


def _texts(visit: Visit) -> tuple[str, ...]:
    return (
        visit.source,
        str(visit.key) if visit.contact is None else visit.contact,
        visit.labels.get("queue", ""),
        visit.labels.get("channel", ""),
        (visit.parts[0].agent or "") if visit.parts else "",
        visit.outcome,
        visit.cause or "",
    )


def _part(row: tuple[str | None, int, int, int, int, int]) -> Part:
    agent, ended, talk, hold, holds, wrap_up = row
    return Part(
        agent=agent,
        ended=_instant(ended),
        talk=talk / _MICROS,
        hold=hold / _MICROS,
        holds=holds,
        wrap_up=None if wrap_up < 0 else wrap_up / _MICROS,
    )


def _instant(micros: int) -> datetime:
    return _EPOCH + timedelta(microseconds=micros)


def _micros(instant: datetime) -> int:
    return (instant - _EPOCH) // timedelta(microseconds=1)
