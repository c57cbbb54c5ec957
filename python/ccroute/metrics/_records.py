"""KPIs over whole records, which no sum of cells can give: repeats, peaks, schedules, fairness.

Records are numpy structured arrays. Visits: ``customer`` (uint64, 0 for unknown), ``queue``,
``entered_us``, ``ended_us`` (int64 microseconds since the epoch), ``outcome``, and whose visits
they are, ``source``, ``contact`` and ``visit``. Spans of
agents: ``agent``, ``state``, ``start_us``, ``end_us``. Further columns do no harm.
"""

from collections.abc import Collection, Sequence
from datetime import timedelta

import attrs
import numpy as np
from numpy.typing import NDArray

from ccroute._errors import ConfigError
from ccroute.metrics._expression import to_micros
from ccroute.metrics._intervals import Instant, micros_of
from ccroute.metrics._kpi import Value
from ccroute.metrics._patience import Survival, kaplan_meier
from ccroute.metrics.registry import first_contact

_SECOND = 1_000_000
_DAY = 86_400 * _SECOND
OPEN = -1
"""As ``ended_us`` or ``end_us``: still going on."""

SPAN_DTYPE = np.dtype([("agent", "U64"), ("state", "U64"), ("start_us", "i8"), ("end_us", "i8")])
CONTACT_DTYPE = np.dtype([("customer", "u8"), ("entered_us", "i8"), ("ended_us", "i8")])


@attrs.frozen(kw_only=True)
class FirstContact:
    """First contact resolution, and who is not in it."""

    value: Value
    unknown: int
    """Contacts left out because their customer is unknown: the figure is biased by them."""
    pending: int
    """Contacts counted as resolved or not whose window was not over: then it is not final."""

    def __str__(self) -> str:
        return str(self.value)


def first_contact_resolution(
    records: NDArray[np.void],
    window: timedelta,
    *,
    same: Sequence[str] = ("customer",),
    entered_before: Instant | None = None,
    until: Instant | None = None,
) -> FirstContact:
    """1 less the share of contacts that the same customer followed up within the window.

    A contact is followed up by one that enters later, at most ``window`` after its own entry.
    It counts once, at the first of its visits: a transfer to another queue is no repeat.

    Args:
        records: Visits; give only those that count, as the answered ones. Without a column
            ``contact`` each row is a contact.
        window: D, commonly 1, 3, 7, 14 or 30 days.
        same: Columns that must be equal in both; add ``queue`` or a topic to narrow it.
        entered_before: Only contacts that entered before this are judged; later ones still
            count as follow-ups. Windows are comparable only over the same contacts.
        until: Up to when the records are complete; default: the latest entry.

    Raises:
        ConfigError: A column is missing, or the window is not positive.

    >>> str(first_contact_resolution(calls((7, 0.0), (7, 0.5), (8, 0.0)), timedelta(days=1)))
    '66.7 %'
    """
    _require(records, "customer", "entered_us", *same)
    if window <= timedelta(0):
        raise ConfigError(f"window {window}: give more than nothing, as timedelta(days=7)")
    firsts = _first_visits(records)
    known = firsts["customer"] != 0
    contacts = firsts[known]
    entered = contacts["entered_us"].astype(np.int64)
    span = window // timedelta(microseconds=1)
    judged = np.ones(len(contacts), dtype=np.bool_)
    if entered_before is not None:
        judged = entered < micros_of(entered_before, "entered_before")
    followed = _gap_to_next(contacts, entered, same) <= span
    end = int(entered.max(initial=0)) if until is None else micros_of(until, "until")
    pending = int((judged & (entered + span > end)).sum())
    below, repeated = int(judged.sum()), int((judged & followed).sum())
    variant = first_contact(window).id
    value = ratio(below - repeated, below, variant, below, final=not pending)
    return FirstContact(value=value, unknown=int((~known).sum()), pending=pending)


def _first_visits(records: NDArray[np.void]) -> NDArray[np.void]:
    """Of each contact, its source and id, the row of its first visit."""
    names = records.dtype.names or ()
    if "contact" not in names:
        return records
    order = [name for name in ("visit", "entered_us") if name in names]
    whose = [name for name in ("source", "contact") if name in names]
    rows = records[np.lexsort([records[name] for name in reversed((*whose, *order))])]
    if len(rows) < 2:
        return rows
    changes = [rows[name][1:] != rows[name][:-1] for name in whose]
    return rows[np.r_[True, np.logical_or.reduce(changes)]]


def _gap_to_next(
    contacts: NDArray[np.void], entered: NDArray[np.int64], same: Sequence[str]
) -> NDArray[np.int64]:
    """Microseconds to the next later entry of the same; the greatest int64 where none is."""
    who = np.zeros(len(contacts), dtype=np.int64)
    for column in same:
        _, codes = np.unique(contacts[column], return_inverse=True)
        _, who = np.unique(who * (int(codes.max(initial=0)) + 1) + codes, return_inverse=True)
    order = np.lexsort((entered, who))
    at, whose = entered[order], who[order]
    gaps = np.full(len(contacts), np.iinfo(np.int64).max)
    if len(contacts) < 2:
        return gaps
    # Of several entries at one instant none follows the other: all look past the last of them.
    last = np.flatnonzero(np.r_[(at[1:] != at[:-1]) | (whose[1:] != whose[:-1]), True])
    after = last[np.searchsorted(last, np.arange(len(at)))] + 1
    there = np.minimum(after, len(at) - 1)
    mine = (after < len(at)) & (whose[there] == whose)
    gaps[order[mine]] = at[there[mine]] - at[mine]
    return gaps


def peak_concurrency(records: NDArray[np.void], *, end: str = "ended_us") -> int:
    """The greatest number of contacts open at one instant, from entry to end, half-open.

    Contacts still open (-1 in the column ``end``) last for ever. No sum over queues or nodes:
    ask with all of them together.

    Args:
        records: Contacts.
        end: The column of the end: of visits ``ended_us`` counts those that wait at once,
            ``completed_us`` those in the house.

    Raises:
        ConfigError: A column is missing, or a contact ends before it begins.

    >>> peak_concurrency(visits((0, 10), (5, 20), (10, 30)))
    2
    """
    _require(records, "entered_us", end)
    begins, ends = _spans(records, "entered_us", end)
    lasting = ends > begins
    at = np.concatenate([begins[lasting], ends[lasting]])
    steps = np.repeat(np.array([1, -1], dtype=np.int64), int(lasting.sum()))
    order = np.lexsort((steps, at))  # ends first: who leaves makes room for who comes
    return int(np.cumsum(steps[order]).max(initial=0))


def patience(records: NDArray[np.void], *, abandoned: str | int = "abandoned") -> Survival:
    """How long customers are willing to wait; ``.median()``, ``.share(seconds)``.

    Records of visits: the wait is from ``entered_us`` to ``ended_us`` (the end of the wait);
    those whose ``outcome`` equals ``abandoned`` gave up, all others are censored.

    Raises:
        ConfigError: A column is missing, or a wait is open or negative.
    """
    _require(records, "entered_us", "ended_us", "outcome")
    if (records["ended_us"] == OPEN).any():
        raise ConfigError("a wait is still open: give only visits whose wait has ended")
    begins, ends = _spans(records, "entered_us", "ended_us")
    return kaplan_meier((ends - begins) / _SECOND, records["outcome"] == abandoned)


def service_level_of_waiting(
    records: NDArray[np.void],
    within: float,
    now: Instant,
    *,
    waiting: str | int = "waiting",
) -> Value:
    """The share of the visits that wait which have not waited longer than ``within`` yet.

    Args:
        records: Visits, also others than those that wait.
        within: T in seconds.
        now: Up to when they have waited.
        waiting: The ``outcome`` of those that wait.

    Raises:
        ConfigError: A column is missing, or T is negative.

    >>> rows = [(0, "waiting"), (50_000_000, "waiting"), (1, "answered")]
    >>> dtype = [("entered_us", "i8"), ("outcome", "U8")]
    >>> str(service_level_of_waiting(np.array(rows, dtype), 20.0, now=60.0))
    '50.0 %'
    """
    _require(records, "entered_us", "outcome")
    threshold, at = to_micros(within, "within"), micros_of(now, "now")
    waits = at - records["entered_us"][records["outcome"] == waiting]
    below, early = len(waits), int((waits <= threshold).sum())
    return ratio(early, below, f"sl.live(T={within:g}s)", below)


def adherence(states: NDArray[np.void], schedule: NDArray[np.void]) -> Value:
    """The share of scheduled time that agents spent in the state planned for it.

    Both are spans; a state is as planned where its name is equal. Overlapping spans of one
    agent and state count once.

    Raises:
        ConfigError: A column is missing, a span is open or ends before it begins.

    >>> str(adherence(spans(("work", 0, 50)), spans(("work", 0, 60), ("break", 60, 80))))
    '62.5 %'
    """
    was, planned = unions(states), unions(schedule)
    below = sum(_length(spans_of) for spans_of in planned.values())
    above = sum(_overlap(spans_of, was.get(key, [])) for key, spans_of in planned.items())
    return ratio(above, below, "adherence", len(schedule))


def conformance(
    states: NDArray[np.void], schedule: NDArray[np.void], *, worked: Collection[str] = ("work",)
) -> Value:
    """Time in the ``worked`` states, whenever, of the time scheduled for them; may pass 100 %.

    Raises:
        ConfigError: As :func:`adherence`.

    >>> str(conformance(spans(("work", 10, 70)), spans(("work", 0, 50))))
    '120.0 %'
    """
    above, below = (
        sum(_length(span) for (_, state), span in unions(each).items() if state in worked)
        for each in (states, schedule)
    )
    return ratio(above, below, "conformance", len(schedule))


def gini(values: Sequence[float] | NDArray[np.float64]) -> float | None:
    """The Gini coefficient: 0 where all are equal, near 1 where one has all.

    The mean absolute difference of all pairs over twice the mean. ``None`` without values or
    where all are 0.

    Raises:
        ConfigError: A value is negative or not finite.

    >>> gini([1, 1, 1, 1]), gini([0, 0, 0, 4])
    (0.0, 0.75)
    """
    ordered = np.sort(np.asarray(values, dtype=np.float64))
    if ordered.size and not (np.isfinite(ordered).all() and ordered[0] >= 0):
        raise ConfigError("a share to be fair about is negative or not finite: leave it out")
    total, count = float(ordered.sum()), len(ordered)
    if total == 0.0:
        return None
    ranks = np.arange(1, count + 1)
    return max(0.0, float((2 * ranks - count - 1) @ ordered) / (count * total))


@attrs.frozen(kw_only=True)
class Fairness:
    """How evenly work lay on agents who could have had each other's."""

    gini: float | None
    variation: float | None
    """Standard deviation of the population over the mean."""
    agents: int
    absent: int
    """Agents left out because they were never there for work."""


def occupancy_fairness(
    handling: Sequence[float] | NDArray[np.float64], there: Sequence[float] | NDArray[np.float64]
) -> Fairness:
    """Spread of occupancy: each agent's handling time over the time there for work.

    Args:
        handling: Per agent, as talk + hold + wrap-up, in any unit.
        there: Per agent, in the same unit, as occupancy.handling divides by.

    Raises:
        ConfigError: Not one of each per agent, or a negative time.
    """
    work = np.asarray(handling, dtype=np.float64)
    time = np.asarray(there, dtype=np.float64)
    if work.shape != time.shape or work.ndim != 1:
        raise ConfigError(f"{work.size} times of handling, {time.size} there: one for each agent")
    present = time != 0
    occupancies = work[present] / time[present]
    mean = float(occupancies.mean()) if occupancies.size else 0.0
    return Fairness(
        gini=gini(occupancies),
        variation=float(occupancies.std()) / mean if mean else None,
        agents=int(present.sum()),
        absent=int((~present).sum()),
    )


# Small arrays by hand, for examples and tests -------------------------------------------


def visits(*seconds: tuple[float, float]) -> NDArray[np.void]:
    """Contacts of unknown customers from pairs of entry and end, in seconds."""
    rows = [(0, round(begin * _SECOND), round(end * _SECOND)) for begin, end in seconds]
    return np.array(rows, dtype=CONTACT_DTYPE)


def calls(*days: tuple[int, float]) -> NDArray[np.void]:
    """Contacts from pairs of customer and day of entry; they end at once."""
    rows = [(customer, round(day * _DAY), round(day * _DAY)) for customer, day in days]
    return np.array(rows, dtype=CONTACT_DTYPE)


def spans(*states: tuple[str, float, float], agent: str = "ana") -> NDArray[np.void]:
    """Spans of one agent from state, start and end in seconds."""
    rows = [(agent, state, round(a * _SECOND), round(b * _SECOND)) for state, a, b in states]
    return np.array(rows, dtype=SPAN_DTYPE)


def _require(records: NDArray[np.void], *columns: str) -> None:
    there = records.dtype.names or ()
    if missing := [column for column in columns if column not in there]:
        raise ConfigError(f"records lack the column {missing[0]!r}; they have: {', '.join(there)}")


def _spans(
    records: NDArray[np.void], begin: str, end: str
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    begins, ends = records[begin].astype(np.int64), records[end].astype(np.int64)
    ends[ends == OPEN] = np.iinfo(np.int64).max
    if (wrong := np.flatnonzero(ends < begins)).size:
        raise ConfigError(f"record {int(wrong[0])} ends before it begins: correct or leave it out")
    return begins, ends


Union = list[tuple[int, int]]


def unions(records: NDArray[np.void]) -> dict[tuple[str, str], Union]:
    """Per agent and state the time covered, as rising spans that do not touch."""
    _require(records, "agent", "state", "start_us", "end_us")
    if (records["end_us"] == OPEN).any():
        raise ConfigError("a span is still open: cut it at the instant of asking")
    begins, ends = _spans(records, "start_us", "end_us")
    order = np.argsort(begins, kind="stable").tolist()
    unions: dict[tuple[str, str], Union] = {}
    for place in order:
        key = (str(records["agent"][place]), str(records["state"][place]))
        covered = unions.setdefault(key, [])
        begin, end = int(begins[place]), int(ends[place])
        if covered and begin <= covered[-1][1]:
            covered[-1] = (covered[-1][0], max(covered[-1][1], end))
        else:
            covered.append((begin, end))
    return unions


def _length(union: Union) -> int:
    return sum(end - begin for begin, end in union)


def _overlap(one: Union, other: Union) -> int:
    total = left = right = 0
    while left < len(one) and right < len(other):
        begin = max(one[left][0], other[right][0])
        end = min(one[left][1], other[right][1])
        total += max(0, end - begin)
        if one[left][1] <= other[right][1]:
            left += 1
        else:
            right += 1
    return total


def ratio(above: int, below: int, variant: str, n: int, *, final: bool = True) -> Value:
    return Value(
        value=above / below if below else None,
        numerator=above,
        denominator=below,
        n=n,
        variant=variant,
        unit="ratio",
        final=final,
        reason=None if below else "nothing counted to divide by",
    )
