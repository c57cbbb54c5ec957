"""A report: rows, the question they answer, and how the two are printed."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Generic, TypeVar

import attrs

from ccroute.metrics._rows import AgentRow, IntervalRow, QueueRow, Ratio

Row_co = TypeVar("Row_co", bound=QueueRow | AgentRow | IntervalRow, covariant=True)
Cell = str | int | float | Ratio | datetime | None

_VISITS: tuple[tuple[str, str], ...] = (
    ("offered", "offered"),
    ("answered", "answered"),
    ("abandoned", "abandoned"),
    ("left", "left"),
    ("service level", "service_level"),
    ("ASA", "asa"),
    ("p50", "wait_p50"),
    ("p90", "wait_p90"),
    ("p95", "wait_p95"),
    ("longest", "wait_longest"),
    ("AHT", "handle_time"),
)
_COLUMNS: Mapping[type, tuple[tuple[str, str], ...]] = {
    QueueRow: (("queue", "queue"), *_VISITS, ("T", "within"), ("waiting", "waiting")),
    IntervalRow: (("start (UTC)", "start"), *_VISITS),
    AgentRow: (
        ("agent", "agent"),
        ("handled", "handled"),
        ("offers", "offers"),
        ("missed", "missed"),
        ("AHT", "handle_time"),
        ("talk", "talk"),
        ("hold", "hold"),
        ("wrap-up", "wrap_up"),
        ("idle", "idle"),
        ("not ready", "not_ready"),
        ("signed in", "signed_in"),
        ("occupancy", "occupancy"),
    ),
}
_KINDS: Mapping[str, type] = {"queue": QueueRow, "agent": AgentRow, "interval": IntervalRow}


@attrs.frozen(kw_only=True)
class Report(Generic[Row_co]):
    """The rows of one question, in the order the names first appeared in the events.

    Iterates over its rows, prints as a table, and goes to JSON.
    """

    by: str
    """What a row is about: ``queue``, ``agent`` or ``interval``."""
    basis: str
    """``offered``: by the interval of entry; ``event``: of each thing that happened."""
    start: datetime | None
    end: datetime | None
    """Half-open range, in UTC; ``None``: from the first, to the last."""
    service_level: str
    within: float | None
    """The threshold T of the service level, in seconds; ``None``: each queue's own."""
    short: float | None
    """The short threshold S, in seconds, of two of its variants only; ``None``: as T."""
    rows: tuple[Row_co, ...]

    def __iter__(self) -> Iterator[Row_co]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, name: str) -> Row_co:
        """The row of a queue or agent by name; ``KeyError`` names those there are."""
        for row in self.rows:
            if getattr(row, self.by) == name:
                return row
        there = ", ".join(str(getattr(row, self.by)) for row in self.rows) or "none"
        raise KeyError(f"no {self.by} {name!r} in this report; there are: {there}")

    def __str__(self) -> str:
        columns = _COLUMNS[_KINDS[self.by]]
        lines = [[title for title, _ in columns]]
        lines += [[_word(getattr(row, field)) for _, field in columns] for row in self.rows]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        table = ["  ".join(_aligned(words, widths)).rstrip() for words in lines]
        return "\n".join([self._legend(), *table])

    def _legend(self) -> str:
        """What the columns mean, in one line."""
        if self.by == "agent":
            return "times in seconds; occupancy: occupancy.handling"
        level = f"{self.service_level}, T = {_threshold(self.within)}"
        if self.service_level.startswith("sl.short"):
            level += f", S = {_threshold(self.short)}"
        return f"times in seconds; service level: {level}; basis: {self.basis}"

    def to_json(self, *, indent: int | None = None) -> str:
        """Question and rows as a JSON object; instants in ISO 8601, durations in seconds.

        A ratio is ``{"name", "numerator", "denominator", "value"}``.
        """
        question = {field.name: getattr(self, field.name) for field in attrs.fields(Report)}
        question["rows"] = [_plain(row) for row in self.rows]
        return json.dumps(question, default=_json, indent=indent, ensure_ascii=False)


def _threshold(seconds: float | None) -> str:
    return "each queue's" if seconds is None else f"{seconds:g} s"


def _aligned(words: list[str], widths: list[int]) -> list[str]:
    """The name to the left, figures to the right."""
    figures = zip(words[1:], widths[1:], strict=True)
    return [words[0].ljust(widths[0]), *(word.rjust(width) for word, width in figures)]


def _word(value: Cell) -> str:
    """A value in a table: one decimal is what a person reads of a second."""
    match value:
        case None:
            return "-"
        case float():
            return f"{value:.1f}"
        case datetime():
            return f"{value:%Y-%m-%d %H:%M}"
        case _:
            return str(value)


def _plain(row: QueueRow | AgentRow | IntervalRow) -> dict[str, object]:
    return {field.name: getattr(row, field.name) for field in attrs.fields(type(row))}


def _json(value: object) -> object:
    match value:
        case Ratio():
            return {**attrs.asdict(value), "value": value.value}
        case datetime():
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case Mapping():
            return dict(value)
        case _:
            raise TypeError(f"{value!r} has no place in a report")
