"""Call-detail tables: a row a visit, read from CSV and counted as facts.

What becomes of the rows in cells is the aggregator's business; here text becomes columns,
and whatever cannot is named by line, column and value.
"""

import csv
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from os import PathLike
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar
from zoneinfo import ZoneInfo

import attrs
import numpy as np
from numpy.typing import NDArray

from ccroute._errors import ConfigError
from ccroute._wire import CAUSES, COURSES, FATES, KpiAggregator, VisitTable
from ccroute.metrics._fields import LEFT_CAUSES
from ccroute.metrics._intervals import zone_of
from ccroute.metrics._words import one_name
from ccroute.metrics._written import Unreadable, duration, instant, one_of, undecoded, whole

CALL_COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        "queue": "its name; needed",
        "entered": "when it entered: ISO 8601 or seconds since the epoch; needed",
        "outcome": "answered, abandoned, left or why it left, void (it never was); needed",
        "wait": "from entry to the answer or the leaving: seconds or h:mm:ss; needed",
        "contact": "the source's id of the contact; without it every row is a contact",
        "visit": "which stay of the contact, from 1; without it in the order of the rows",
        "revision": "of the rows of a visit the greatest stands; 1",
        "talk": "conversation without hold: seconds or h:mm:ss; 0",
        "hold": "seconds or h:mm:ss; 0",
        "holds": "how often; without it 1 where there was hold",
        "wrap_up": "seconds or h:mm:ss; 0",
        "first_response": "from entry to the agent's first message; none",
        "ended_by": "customer, agent or system; unknown",
        "agent": "who answered; without it 'unknown'",
        "channel": "without it voice",
        "direction": "as inbound or outbound",
        "client": "on whose behalf",
        "campaign": "of which campaign",
        "tenant": "whose centre it is",
        "customer": "an id, equal in all of the customer's contacts; kept as a hash",
    }
)
"""What a table may say, by our names of its columns."""

_NEEDED = ("queue", "entered", "outcome", "wait")
_ENDED_BY = ("customer", "agent", "system")
_LABELS = ("queue", "agent", "channel", "direction", "client", "campaign", "tenant")
_DURATIONS = ("wait", "talk", "hold", "wrap_up")
_DELIMITERS = ",;\t|"
_MOST_DIMENSIONS = 4
_MOST_HOLDS = 10_000
_Read = TypeVar("_Read")


@attrs.frozen(kw_only=True)
class CallFault:
    """A row that could not be used."""

    line: int
    """From 1, the line of names."""
    column: str
    """As the table calls it; empty for the row as a whole."""
    value: str
    reason: str
    """What is wrong with it, and what would do."""

    def __str__(self) -> str:
        return f"line {self.line}, {self.words}"

    @property
    def words(self) -> str:
        """The same without the line."""
        return f"{self.column} {self.value!r}: {self.reason}" if self.column else self.reason


@attrs.frozen(kw_only=True, eq=False)
class Calls:
    """A table that was read: :meth:`post` counts it."""

    source: str
    contacts: tuple[str, ...]
    """Per row the id of its contact."""
    customers: tuple[str, ...]
    """Per row the id of its customer; empty where unknown."""
    columns: Mapping[str, NDArray[np.integer]]
    """The other columns of ``KpiAggregator.post_visits``."""
    names: tuple[tuple[str, tuple[str, ...]], ...]
    dimensions: tuple[str, ...]
    """Of one's own: what the columns ``custom1`` to ``custom4`` are called."""
    rows: int
    """Rows read, faults included."""
    faults: tuple[CallFault, ...]
    unused: tuple[str, ...]
    """Columns of the table that mean nothing here."""

    def __len__(self) -> int:
        return len(self.contacts)

    @property
    def ended(self) -> float | None:
        """When the last of them was over, in seconds since the epoch; ``None`` without any."""
        if not len(self):
            return None
        return int(self._ends().max()) / 1_000_000

    def _ends(self) -> NDArray[np.int64]:
        durations = (self.columns[f"{name}_us"] for name in _DURATIONS)
        return np.asarray(self.columns["entered_us"] + sum(durations), dtype=np.int64)

    def table(self, *, threads: int = 1) -> VisitTable:
        """The visits as a table that answers for itself, for :func:`report_visits`: of a visit
        the greatest revision stands, and what is void is left out. So many ``threads``, 1 to 256,
        share the work on a question.

        Raises:
            ConfigError: Two rows of one visit and revision say different things; threads out of
                range.
        """
        if not len(self):
            none = {"entered_us": np.zeros(0, dtype=np.int64)}
            return VisitTable(none, names=(), dimensions=self.dimensions, threads=threads)
        standing: dict[tuple[str, int], int] = {}
        visits, revisions = self.columns["visit"].tolist(), self.columns["revision"].tolist()
        for row, key in enumerate(zip(self.contacts, visits, strict=True)):
            known = standing.setdefault(key, row)
            if revisions[row] > revisions[known]:
                standing[key] = row
            elif revisions[row] == revisions[known] and self._differ(row, known):
                raise ConfigError(
                    f"contact {key[0]!r}, visit {key[1]}: told twice as revision {revisions[row]}, "
                    "and not the same: number corrections in a column revision"
                )
        rows = np.array(sorted(standing.values()), dtype=np.intp)
        rows = rows[self.columns["course"][rows] != COURSES["void"]]
        columns = {name: column[rows] for name, column in self.columns.items()}
        del columns["revision"]
        columns["customer"] = KpiAggregator.customers(self.customers)[rows]
        return VisitTable(columns, names=self.names, dimensions=self.dimensions, threads=threads)

    def _differ(self, row: int, other: int) -> bool:
        same = all(column[row] == column[other] for column in self.columns.values())
        return not same or self.customers[row] != self.customers[other]

    def post(self, aggregator: KpiAggregator) -> dict[str, int]:
        """Counts all rows, those that ended first before the others, and says how many became
        what.

        Returns:
            ``counted``; ``duplicate``: known just so; ``superseded``: a greater revision is
            known; ``conflict``: the same revision says something else; ``late``: the visit
            is no longer kept.

        Raises:
            Rejected: The aggregator lacks a dimension of the table, or a row is of a visit
                whose events are still coming.
        """
        if not len(self):
            return dict.fromkeys(FATES, 0)
        columns: dict[str, NDArray[np.integer]] = {
            **self.columns,
            "contact": aggregator.contacts(self.contacts, source=self.source),
            "customer": KpiAggregator.customers(self.customers),
        }
        # What is over first is forgotten first: in any other order a long table's rows would
        # take each other for corrections of visits that are no longer kept.
        order = np.argsort(self._ends(), kind="stable")
        columns = {name: column[order] for name, column in columns.items()}
        fates = aggregator.post_visits(columns, names=self.names, source=self.source)
        counts = np.bincount(fates, minlength=len(FATES)).tolist()
        return dict(zip(FATES, counts, strict=True))


def read_calls(
    table: str | PathLike[str] | Iterable[str],
    *,
    columns: Mapping[str, str] | None = None,
    dimensions: Sequence[str] = (),
    zone: str | None = None,
    source: str = "calls",
    encoding: str = "utf-8-sig",
    skip_faults: bool = False,
) -> Calls:
    """Reads a table of calls: CSV with a line of names, a row a visit.

    Values stand between commas, semicolons, tabs or bars, whichever the line of names has
    most of.

    Args:
        table: The path of a file, or the lines themselves.
        columns: What the table calls its columns, by our name: ``{"queue": "Cola"}``. Our
            names are those of ``CALL_COLUMNS``; ``queue``, ``entered``, ``outcome`` and
            ``wait`` must be there.
        dimensions: Columns of one's own to group by, at most four; the aggregator must have
            been created with them.
        zone: IANA name of the zone of instants that name no offset; in an hour that the
            clock shows twice they are of the first. Default: such instants are faults.
        source: Whose ids the contacts have. The same table counted again under the same
            source changes nothing.
        encoding: Of a file; ``cp1252`` or ``latin-1`` where it is older than UTF-8.
        skip_faults: Rows that cannot be read are left out and named in ``Calls.faults``.

    Raises:
        ConfigError: A column is missing or stands twice, there is no such encoding, the file
            is no text; or, unless they are skipped, a row cannot be read: the message names
            line, column and value. So are an instant before 1970, one that the zone's clock
            skips, bytes that the encoding does not know.
        OSError: The file cannot be read.

    >>> calls = read_calls(["queue,entered,outcome,wait", "billing,900,abandoned,0:07"])
    >>> calls.post(KpiAggregator())["counted"]
    1
    """
    one_name(source, "source", "'cdr'")
    reading = _Reading(
        columns=dict(columns or {}),
        dimensions=tuple(dimensions),
        zone=None if zone is None else zone_of(zone),
        skip=skip_faults,
        encoding=None if not isinstance(table, str | PathLike) else encoding,
    )
    if not isinstance(table, str | PathLike):
        return reading.read(table, source)
    path = Path(table)
    try:
        # What cannot be decoded is found row by row, and named with its line.
        with path.open(encoding=encoding, errors="surrogateescape", newline="") as lines:
            return reading.read(lines, source)
    except LookupError:
        raise ConfigError(f"no encoding {encoding!r}: one of Python's, as cp1252") from None
    except UnicodeError as error:
        wrong = f"is not {encoding}: name its encoding, as cp1252 ({error})"
        raise ConfigError(wrong, path=str(path)) from None
    except ConfigError as error:
        raise ConfigError(error.message, line=error.line, path=str(path)) from None


class _Reading:
    """One table on its way from text to columns."""

    def __init__(
        self,
        *,
        columns: Mapping[str, str],
        dimensions: Sequence[str],
        zone: ZoneInfo | None,
        skip: bool,
        encoding: str | None,
    ) -> None:
        if len(dimensions) > _MOST_DIMENSIONS:
            raise ConfigError(f"{len(dimensions)} dimensions of one's own: at most four")
        if odd := [name for name in dimensions if name in CALL_COLUMNS]:
            raise ConfigError(f"dimension {odd[0]!r} is there already: leave it out")
        ours = {*CALL_COLUMNS, *dimensions}
        if unknown := sorted(columns.keys() - ours):
            raise ConfigError(f"no column {unknown[0]!r} of ours: {', '.join(sorted(ours))}")
        self._columns, self._zone, self._skip = columns, zone, skip
        self._encoding = encoding
        self._labels = (*_LABELS, *dimensions)
        self._custom = {name: f"custom{place}" for place, name in enumerate(dimensions, 1)}
        self._places: dict[str, int] = {}
        self._names: dict[str, dict[str, int]] = {name: {} for name in self._labels}
        self._numbers: dict[str, list[int]] = defaultdict(list)
        self._contacts: list[str] = []
        self._customers: list[str] = []
        self._stays: dict[str, dict[int, int]] = {}
        self._faults: list[CallFault] = []

    def read(self, table: Iterable[str], source: str) -> Calls:
        lines = iter(table)
        head = next(lines, "")
        if wrong := undecoded(head, self._encoding):
            raise ConfigError(wrong, 1)
        delimiter = max(_DELIMITERS, key=head.count)
        unused = self._heads(next(csv.reader([head], delimiter=delimiter), []))
        count = 0
        for line, text in enumerate(lines, 2):
            row = self._values(text, delimiter, line)
            if row is None:
                count += 1
            elif any(row):
                count += 1
                self._row(row, line, len(self._heads_of))
        return Calls(
            source=source,
            contacts=tuple(self._contacts),
            customers=tuple(self._customers),
            columns=self._arrays(),
            names=tuple((name, tuple(places)) for name, places in self._names.items() if places),
            dimensions=tuple(self._custom),
            rows=count,
            faults=tuple(self._faults),
            unused=unused,
        )

    # The line of names -----------------------------------------------------------------

    def _heads(self, heads: list[str]) -> tuple[str, ...]:
        """Finds our columns; gives those that are not ours."""
        heads = [head.strip() for head in heads]
        if not any(heads):
            raise ConfigError("no line of names above the rows: it says what the columns are", 1)
        low = [head.lower() for head in heads]
        for name in (*CALL_COLUMNS, *self._custom):
            head = self._columns.get(name, name).strip()
            count = low.count(head.lower())
            if count > 1:
                raise ConfigError(f"column {head!r} stands twice: rename one", 1)
            if count:
                self._places[name] = low.index(head.lower())
            elif name in {*_NEEDED, *self._columns, *self._custom}:
                there = ", ".join(map(repr, heads))
                how = f": say what the table calls it, as {name}=…" if head == name else ""
                raise ConfigError(f"no column {head!r} among {there}{how}", 1)
        self._heads_of = heads
        ours = set(self._places.values())
        return tuple(head for place, head in enumerate(heads) if place not in ours and head)

    # A row -----------------------------------------------------------------------------

    def _values(self, text: str, delimiter: str, line: int) -> list[str] | None:
        """The values of a line; ``None`` where it is no CSV, which is named.

        Each line by itself: no value of a call spans lines, and one stray quote must not
        swallow those that follow.
        """
        try:
            return next(csv.reader([text], delimiter=delimiter, strict=True), [])
        except csv.Error as error:
            stray = text.count('"') % 2
            reason = (
                "a quote is not closed on its line: close it, or write a quote as two"
                if stray
                else f"no CSV ({error}): mend or leave out the line"
            )
            self._refuse(_Fault("", "", reason), line)
            return None

    def _row(self, row: list[str], line: int, width: int) -> None:
        try:
            if len(row) != width:
                reason = f"{len(row)} values under {width} names: quote values with a delimiter"
                raise _Fault("", "", reason)
            for place, text in enumerate(row):
                if wrong := undecoded(text, self._encoding):
                    raise _Fault(self._heads_of[place], text, wrong)
            self._take(_Row(row, self._places, self._heads_of), line)
        except _Fault as fault:
            self._refuse(fault, line)

    def _refuse(self, fault: "_Fault", line: int) -> None:
        told = CallFault(line=line, column=fault.column, value=fault.value, reason=fault.reason)
        if not self._skip:
            raise ConfigError(told.words, line) from None
        self._faults.append(told)

    def _take(self, row: "_Row", line: int) -> None:
        """All of a row is read before any of it is kept."""
        zone = self._zone
        numbers = {"entered_us": row.read("entered", lambda text: instant(text, zone))}
        course, cause = self._outcome(row)
        numbers |= {f"{name}_us": row.read(name, duration) for name in _DURATIONS}
        numbers["holds"] = row.read("holds", lambda text: whole(text or "0", 0, _MOST_HOLDS))
        if "holds" not in self._places:
            numbers["holds"] = int(numbers["hold_us"] > 0)
        numbers["first_response_us"] = row.read(
            "first_response", lambda text: duration(text) if text else -1
        )
        numbers |= {"course": course, "cause": cause}
        labels = self._labelled(row, answered=course == COURSES["answered"])
        if not row.text("wait") and course != COURSES["void"]:
            raise row.fault("wait", "give seconds, 0 where there was none")
        if course != COURSES["answered"]:
            for name in ("talk", "hold", "wrap_up", "holds"):
                if numbers.get(f"{name}_us", numbers["holds"]):
                    raise row.fault(name, "without an answer: 0, or the outcome answered")
        contact = row.text("contact") or f"line {line}"
        revision = row.read("revision", lambda text: whole(text or "1", 1))
        visit = row.read("visit", lambda text: whole(text or "1", 1))
        if "visit" not in self._places:
            stays = self._stays.setdefault(contact, {})
            visit = stays.setdefault(numbers["entered_us"], len(stays) + 1)
        for name, number in {**numbers, "revision": revision, "visit": visit}.items():
            self._numbers[name].append(number)
        for name, label in labels.items():
            places = self._names[name]
            place = -1 if not label else places.setdefault(label, len(places))
            self._numbers[self._custom.get(name, name)].append(place)
        self._contacts.append(contact)
        self._customers.append(row.text("customer"))

    def _outcome(self, row: "_Row") -> tuple[int, int]:
        """Course and cause."""
        word = row.read("outcome", lambda text: one_of(text, (*COURSES, *LEFT_CAUSES)))
        if word in LEFT_CAUSES:
            return COURSES["left"], CAUSES.index(word)
        by = row.text("ended_by")
        if word != "answered" or not by:
            return COURSES[word], CAUSES.index("none")
        ended_by = row.read("ended_by", lambda text: one_of(text, _ENDED_BY))
        return COURSES[word], CAUSES.index(ended_by)

    def _labelled(self, row: "_Row", *, answered: bool) -> dict[str, str]:
        labels = {name: row.text(name) for name in self._labels}
        if not labels["queue"]:
            raise row.fault("queue", "name the queue: every visit is to one")
        if "channel" not in self._places:
            labels["channel"] = "voice"
        if "agent" not in self._places and answered:
            labels["agent"] = "unknown"
        if answered and not labels["agent"]:
            raise row.fault("agent", "answered by nobody: name who did")
        return labels

    def _arrays(self) -> Mapping[str, NDArray[np.integer]]:
        types: dict[str, type[np.integer]] = {
            **dict.fromkeys(("course", "cause"), np.uint8),
            **dict.fromkeys(("visit", "revision", "holds"), np.uint32),
            **{self._custom.get(name, name): np.int32 for name in self._labels},
        }
        return MappingProxyType(
            {
                name: np.array(numbers, dtype=types.get(name, np.int64))
                for name, numbers in self._numbers.items()
                # A label that no row has would need names, of which there are none.
                if types.get(name) is not np.int32 or max(numbers) >= 0
            }
        )


class _Fault(Exception):
    def __init__(self, column: str, value: str, reason: str) -> None:
        super().__init__(column, value, reason)
        self.column, self.value, self.reason = column, value, reason


class _Row:
    """The values of one row, by our names."""

    def __init__(self, row: list[str], places: Mapping[str, int], heads: list[str]) -> None:
        self._row, self._places, self._heads = row, places, heads

    def text(self, name: str) -> str:
        """Empty where the table has no such column."""
        place = self._places.get(name)
        return "" if place is None else self._row[place].strip()

    def read(self, name: str, how: Callable[[str], _Read]) -> _Read:
        text = self.text(name)
        try:
            return how(text)
        except Unreadable as error:
            raise self.fault(name, str(error)) from None

    def fault(self, name: str, reason: str) -> _Fault:
        place = self._places.get(name)
        return _Fault(name if place is None else self._heads[place], self.text(name), reason)
