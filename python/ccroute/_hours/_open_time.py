"""Time that counts only while a calendar is open, as targets of e-mails are meant."""

import math
from typing import TypeAlias

import attrs
import numpy as np
from numpy.typing import NDArray

from ccroute._errors import ConfigError, Rejected
from ccroute._hours._week import END, Hours
from ccroute._models import not_a
from ccroute._plan import Plan
from ccroute.metrics import Calls

_MICROS = 1_000_000
_END_US = int(END) * _MICROS
_AHEAD = 31 * 86_400 * _MICROS
"""So far beyond what is asked the calendar is read, so that the next question finds it there."""
_FARTHEST = 10 * 366 * 86_400 * _MICROS
"""So far ahead `OpenTime.due` looks."""

Instants: TypeAlias = "NDArray[np.int64] | int"


class OpenTime:
    """Measures time by a calendar of a plan: only what lies in its open hours counts.

    An e-mail that came on Friday at 17:50 and was answered on Monday at 9:05 waited 15 minutes
    where the office is open from 9 to 18. What is open is what `openings` says: the same
    holidays, special days and changes of the clock. Spans are half-open, so those that adjoin
    add up.

    Raises:
        ConfigError: the plan has no such calendar, or, as `openings`, the calendar cannot be
            read.

    >>> plan = Plan.from_toml('''
    ... [queues.mail]
    ... hours = "office"
    ... [calendars.office]
    ... zone = "UTC"
    ... weekly = { mon = ["09:00-18:00"], fri = ["09:00-18:00"] }
    ... ''')
    >>> office = OpenTime(plan, "office")
    >>> friday = 17 * 3600 + 50 * 60.0 + 86_400  # 1970-01-02 17:50
    >>> monday = 4 * 86_400 + 9 * 3600 + 5 * 60.0
    >>> office.seconds(friday, monday)
    900.0
    >>> office.due(friday, 900.0) == monday
    True
    """

    def __init__(self, plan: Plan, calendar: str) -> None:
        if not isinstance(plan, Plan):
            raise not_a("ccroute.Plan", "plan", plan)
        if calendar not in plan.calendars:
            there = ", ".join(map(repr, plan.calendars)) or "none"
            raise ConfigError(f"the plan has no calendar {calendar!r}: give one of {there}")
        self.calendar = calendar
        self._hours = Hours(calendar, plan.calendars[calendar])
        # Nothing is read yet.
        self._first, self._last = 0, -1

    def seconds(self, since: float, until: float) -> float:
        """Open time from ``since`` to ``until``, all in seconds (since the epoch), to the
        microsecond.

        Raises:
            Rejected: ``invalid_value`` when one is no instant from 1970 to the year 9998, or
                ``until`` lies before ``since``.
        """
        first, last = _micros(since, "since"), _micros(until, "until")
        return int(self.micros(first, last)) / _MICROS

    def micros(self, since_us: Instants, until_us: Instants) -> NDArray[np.int64]:
        """The same for columns: int64 microseconds in and out, of one shape, or one of them a
        number for all.

        A question reads the calendar from its first to its last instant, a year of days in a few
        milliseconds, and keeps what it read.

        Raises:
            ConfigError: a column is not of whole numbers, or the shapes do not go together.
            Rejected: as `seconds`; the message names the row.
        """
        since, until = _column(since_us, "since_us"), _column(until_us, "until_us")
        try:
            since, until = np.broadcast_arrays(since, until)
        except ValueError:
            raise ConfigError(
                f"since_us has shape {since.shape} and until_us {until.shape}: give columns "
                "of one length"
            ) from None
        if (wrong := until < since).any():
            row = int(np.flatnonzero(wrong)[0])
            raise Rejected(
                "invalid_value",
                f"row {row}: until {until.flat[row]} lies before since {since.flat[row]}: "
                "give the earlier first",
            )
        if not since.size:
            return np.zeros(since.shape, dtype=np.int64)
        self._cover(int(since.min()), int(until.max()))
        return np.asarray(self._passed(until) - self._passed(since), dtype=np.int64)

    def due(self, since: float, seconds: float) -> float | None:
        """When ``seconds`` of open time have passed since ``since``: by when an e-mail must be
        answered that came then. ``None``: never, as with a calendar of days that are over.

        Looks ten years ahead.

        Raises:
            Rejected: ``invalid_value`` when ``since`` is no instant from 1970 to the year
                9998, or ``seconds`` is negative or not finite.
        """
        first = _micros(since, "since")
        if not 0 <= seconds < math.inf:
            raise Rejected(
                "invalid_value", f"seconds {seconds}: give a number of seconds from zero up"
            )
        left = round(seconds * _MICROS)
        if not left:
            return first / _MICROS
        farthest = min(first + _FARTHEST, _END_US - 1)
        reach = _AHEAD
        while True:
            last = min(first + reach, farthest)
            self._cover(first, last)
            wanted = int(self._passed(np.int64(first))) + left
            place = int(np.searchsorted(self._before, wanted)) - 1
            found = int(self._opens[place] + wanted - self._before[place])
            if found <= min(self._closes[place], farthest):
                return found / _MICROS
            if last == farthest:
                return None
            reach *= 2

    def calls(self, calls: Calls) -> Calls:
        """A table of calls whose waits, and times to the first response, are open time.

        Instants stay as they were, but an end is reckoned from entry and wait: ask for such
        figures on the basis ``offered``, where every visit counts by its entry.

        Raises:
            Rejected: as `seconds`.
        """
        entered = np.asarray(calls.columns["entered_us"], dtype=np.int64)
        columns = dict(calls.columns)
        columns["wait_us"] = self._since(entered, columns["wait_us"])
        if "first_response_us" in columns:
            columns["first_response_us"] = self._since(entered, columns["first_response_us"])
        return attrs.evolve(calls, columns=columns)

    def records(self, records: NDArray[np.void]) -> NDArray[np.void]:
        """A copy of records, as of `ccroute.metrics.records` and `ccroute.history.History.records`,
        whose ``wait_us`` is open time; ``ended_us`` still says when the wait ended.

        Raises:
            Rejected: as `seconds`.
        """
        changed = records.copy()
        changed["wait_us"] = self._since(records["entered_us"], records["wait_us"])
        return changed

    def _since(self, entered: NDArray[np.int64], spans: NDArray[np.integer]) -> NDArray[np.int64]:
        """Open time in spans that begin at an instant; what is negative, unknown, stays so."""
        known = np.asarray(spans, dtype=np.int64)
        counted = self.micros(entered, entered + np.maximum(known, 0))
        return np.where(known < 0, known, counted)

    def _passed(self, at: NDArray[np.int64] | np.int64) -> NDArray[np.int64]:
        """Open time from the beginning of what was read."""
        place = np.searchsorted(self._opens, at, side="right") - 1
        within = np.minimum(at, self._closes[place]) - self._opens[place]
        return np.asarray(self._before[place] + within, dtype=np.int64)

    def _cover(self, first: int, last: int) -> None:
        """Sees to it that the calendar is read from one instant to another."""
        if first < self._first or last > self._last:
            since = min(first, self._first) if self._last >= 0 else first
            self._read(since, max(last, self._last) + _AHEAD)

    def _read(self, first: int, last: int) -> None:
        since = first // _MICROS
        until = min(last // _MICROS, int(END) - 1)
        edges = [round(at) for at, _ in self._hours.changes(float(since), float(until))]
        if len(edges) % 2:
            edges.append(int(END))  # it never closes again
        # A span of nothing before all others, so that every instant has one that began before.
        opens = np.array([since - 1, *edges[::2]], dtype=np.int64) * _MICROS
        closes = np.array([since - 1, *edges[1::2]], dtype=np.int64) * _MICROS
        self._opens, self._closes = opens, closes
        self._before = np.concatenate(([0], np.cumsum(closes - opens)[:-1]))
        self._first, self._last = since * _MICROS, until * _MICROS + _MICROS - 1


def _micros(instant: float, what: str) -> int:
    if not 0 <= instant < END:
        raise Rejected(
            "invalid_value",
            f"{what} {instant}: give seconds since the Unix epoch, from 0 to the year 9998",
        )
    return round(instant * _MICROS)


def _column(given: Instants, what: str) -> NDArray[np.int64]:
    column = np.asarray(given)
    if not np.issubdtype(column.dtype, np.integer) and column.size:
        raise ConfigError(f"{what} is of {column.dtype}: give whole microseconds as int64")
    if (wrong := (column < 0) | (column >= _END_US)).any():
        row = int(np.flatnonzero(wrong)[0])
        raise Rejected(
            "invalid_value",
            f"row {row}: {what} {column.flat[row]}: give microseconds since the Unix epoch, "
            "from 0 to the year 9998",
        )
    return column.astype(np.int64)
