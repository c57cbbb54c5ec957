"""From an aggregator to what is exported: totals over all time, nothing rounded.

A reading is several questions. Where events are folded meanwhile by another thread, one
figure may have an event that the one next to it has not yet; each is right by itself.
"""

from collections import Counter
from collections.abc import Iterator

import numpy as np

from ccroute._wire import CAUSES, KpiAggregator, __version__
from ccroute.export._families import (
    ACTIVITY,
    AGENTS,
    BAD_DATA,
    BUILD,
    COUNTS,
    EVENTS,
    EXPECTED,
    FAMILIES,
    FOLDED,
    GOAL,
    HELD,
    LEFT,
    NOT_READY,
    OLDEST,
    REFUSED,
    SIGNED_IN,
    STATES,
    TIMINGS,
    WAIT,
    WAITING_EVENTS,
    WATERMARK,
)
from ccroute.export._folding import OTHER, Folding
from ccroute.export._levels import service_levels
from ccroute.export._points import Buckets, Labels, Measured, Reading, Series, Spread
from ccroute.export._selection import Selection

_MICROS = 1_000_000
_CAUSED = ((LEFT, "left"), (REFUSED, "refused"))

Found = dict[str, list[Series]]
"""Series by family."""


def read(
    source: KpiAggregator, selection: Selection, *, now: float | None, spreads: bool
) -> Reading:
    """Everything at one instant; ``spreads``: with exponential buckets.

    Raises:
        ConfigError: The basis is not kept, or a target is none of the thresholds.
        Rejected: ``now`` is no time.
    """
    found: Found = {family.name: [] for family in FAMILIES}
    bounds = tuple(round(seconds * _MICROS) for seconds in source.thresholds())
    visits = Folding(source, selection.labels, selection.most_values)
    agents = Folding(source, selection.agents, selection.most_values)
    for level in service_levels(source, selection, visits):
        found[level.family.name] += level.series
    _visits(found, source, selection, visits, bounds, now, spreads=spreads)
    reasons = _agents(found, source, selection, agents, now)
    _live(found, source, selection, now)
    _feed(found, source)
    folded = {**visits.folded(), **agents.folded(), "reason": reasons}
    found[FOLDED.name] += [Series((("label", label),), n) for label, n in folded.items()]
    found[GOAL.name] += [
        Series((("queue", queue),), goal) for queue, goal in sorted(selection.goals.items())
    ]
    found[HELD.name].append(Series((), 0))
    found[BUILD.name].append(Series((("version", __version__),), 1))
    measured = tuple(Measured(family, tuple(found[family.name])) for family in FAMILIES)
    return Reading(bounds=(0, *bounds), measured=measured)


def _visits(
    found: Found,
    source: KpiAggregator,
    selection: Selection,
    folding: Folding,
    bounds: tuple[int, ...],
    now: float | None,
    *,
    spreads: bool,
) -> None:
    fields = [field for _, _, field in COUNTS]
    fields += [f"{word}.{cause}" for _, word in _CAUSED for cause in CAUSES]
    for _, _, timing in TIMINGS:
        fields += [f"{timing}.{part}" for part in ("count", "zero", "sum", "max")]
        fields += [f"{timing}.within:{bound}" for bound in bounds]
    groups = source.query(selection.labels, fields, basis=selection.basis, now=now)
    rows = folding.rows(groups["labels"], len(groups["interval"]))
    columns = groups["columns"]
    for family, own, field in COUNTS:
        together = rows.greatest if family is OLDEST else rows.sums
        found[family.name] += _series(rows.labels, own, together(columns[field]))
    for family, word in _CAUSED:
        for cause in CAUSES:
            totals = rows.sums(columns[f"{word}.{cause}"])
            found[family.name] += _some(_series(rows.labels, (("cause", cause),), totals))
    for family, own, timing in TIMINGS:
        buckets = _buckets(source, selection, folding, timing) if spreads else None
        parts = {part: rows.sums(columns[f"{timing}.{part}"]) for part in ("count", "zero", "sum")}
        longest = rows.greatest(columns[f"{timing}.max"])
        ladder = [rows.sums(columns[f"{timing}.within:{bound}"]) for bound in bounds]
        for place, labels in enumerate(rows.labels):
            if not (parts["count"][place] or family is WAIT):
                continue  # a centre without chat needs no series of first responses
            spread = Spread(
                count=parts["count"][place],
                sum=parts["sum"][place],
                longest=longest[place],
                zeros=parts["zero"][place],
                cumulative=(parts["zero"][place], *(rung[place] for rung in ladder)),
                buckets=None if buckets is None else buckets.get(labels, ()),
            )
            found[family.name].append(Series((*labels, *own), spread))


def _series(labels: tuple[Labels, ...], own: Labels, totals: list[int]) -> Iterator[Series]:
    for each, total in zip(labels, totals, strict=True):
        yield Series((*each, *own), total)


def _buckets(
    source: KpiAggregator, selection: Selection, folding: Folding, timing: str
) -> dict[Labels, Buckets]:
    counts: dict[Labels, Counter[int]] = {}
    rows = source.distributions(selection.labels, timing, basis=selection.basis)
    for values, _, _, _, buckets in rows:
        named = zip(selection.labels, values, strict=True)
        labels = tuple((label, folding.named(label, value)) for label, value in named)
        counts.setdefault(labels, Counter()).update(dict(buckets))
    return {labels: tuple(sorted(counter.items())) for labels, counter in counts.items()}


def _agents(
    found: Found,
    source: KpiAggregator,
    selection: Selection,
    folding: Folding,
    now: float | None,
) -> int:
    """Agents' time; returns how many reasons were too many to have a series of their own."""
    texts = source.names("reasons")
    reasons = texts[: selection.most_values]
    fields = [f"time.{state}" for state in (*STATES, "signed_in")]
    fields += [f"time.not_ready.{reason}" for reason in reasons]
    groups = source.query(selection.agents, fields, basis=selection.basis, now=now)
    rows = folding.rows(groups["labels"], len(groups["interval"]))
    columns = groups["columns"]
    for state in STATES:
        totals = rows.sums(columns[f"time.{state}"])
        found[ACTIVITY.name] += _series(rows.labels, (("state", state),), totals)
    found[SIGNED_IN.name] += _series(rows.labels, (), rows.sums(columns["time.signed_in"]))
    rest = np.array(columns["time.not_ready"], dtype=np.int64)
    for reason in reasons:
        column = columns[f"time.not_ready.{reason}"]
        rest -= column.astype(np.int64)
        found[NOT_READY.name] += _some(
            _series(rows.labels, (("reason", reason),), rows.sums(column))
        )
    # What no reason was given for; or one past the cap.
    other = OTHER if len(texts) > len(reasons) else ""
    found[NOT_READY.name] += _some(_series(rows.labels, (("reason", other),), rows.sums(rest)))
    return len(texts) - len(reasons)


def _some(series: Iterator[Series]) -> list[Series]:
    return [each for each in series if each.value]


def _live(found: Found, source: KpiAggregator, selection: Selection, now: float | None) -> None:
    queues = Folding(source, ("queue",), selection.most_values)
    reasons = frozenset(source.names("reasons")[: selection.most_values])
    _, waits, agents = source.live(now)
    longest: dict[str, int] = {}
    for queue, _, _, _, expected, _ in waits:
        if expected is not None:
            name = queues.named("queue", queue)
            longest[name] = max(longest.get(name, 0), round(expected * _MICROS))
    found[EXPECTED.name] += [Series((("queue", name),), wait) for name, wait in longest.items()]
    states = Counter[tuple[str, str]]({(state, ""): 0 for state in STATES})
    for _, state, reason, _, _ in agents:
        if state is not None:
            known = reason is None or reason in reasons
            states[state, (reason or "") if known else OTHER] += 1
    found[AGENTS.name] += [
        Series((("state", state), ("reason", reason)), n) for (state, reason), n in states.items()
    ]


def _feed(found: Found, source: KpiAggregator) -> None:
    counters = source.counters()
    found[EVENTS.name].append(Series((), counters.pop("events")))
    found[WAITING_EVENTS.name].append(Series((), counters.pop("held", 0)))
    found[BAD_DATA.name] += [Series((("kind", kind),), n) for kind, n in counters.items()]
    watermark = source.watermark()
    if watermark > 0:  # before the first event there is none
        found[WATERMARK.name].append(Series((), round(watermark * _MICROS)))
