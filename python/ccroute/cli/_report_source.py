"""The file behind ``ccroute report`` and ``ccroute audit``, counted: a recording's events or a
table's rows."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import attrs

from ccroute._errors import ConfigError
from ccroute._targets import targets as plan_targets
from ccroute._wire import KpiAggregator
from ccroute.cli._reading import UTF_8, called, recorded
from ccroute.cli._report_question import Question, pairs
from ccroute.metrics import DIMENSIONS, Metrics

# All facts of the file are kept: they are what corrections in it need.
_RETENTION = 100 * 366 * 86_400.0
_DAY = 86_400.0
_UNCOUNTED = ("duplicates", "orphans", "incomplete", "backwards", "overlong", "given_up", "skewed")
_UNPOSTED = ("duplicate", "superseded", "conflict", "late")


@attrs.frozen(kw_only=True)
class Counted:
    """A file that was counted."""

    metrics: Metrics
    now: float
    """The last instant that the file tells of."""
    faults: Sequence[object]
    notes: Sequence[str]


@attrs.frozen(kw_only=True)
class File:
    """The file that is named at the prompt, and how it is read."""

    log: Path | None
    calls: Path | None
    reader: str | None
    column: list[str] | None
    calls_zone: str | None
    encoding: str | None
    growing: bool

    @property
    def path(self) -> Path:
        """Where it is."""
        return self.log or self.calls or Path()

    def counted(self, asked: Question) -> Counted:
        """What it comes to; where it cannot be read the program ends with a sentence.

        Raises:
            ConfigError: No file is named, or two; an option is of the other kind of file.
        """
        if (self.log is None) == (self.calls is None):
            raise ConfigError("give a recording, or a table of calls with --calls")
        if self.calls is not None:
            if self.reader is not None:
                raise ConfigError("--reader says what a recording is: leave it out beside --calls")
            names = pairs(self.column, "column")
            return _of_calls(
                self.calls, names, self.calls_zone, self.encoding, asked, growing=self.growing
            )
        assert self.log is not None
        for option, value in (("--column", self.column), ("--calls-zone", self.calls_zone)):
            if value:
                raise ConfigError(f"{option} is of a table of calls: give the table with --calls")
        reader = self.reader or "queue_log"
        return _of_recording(self.log, reader, self.encoding, asked, growing=self.growing)


def _of_recording(
    path: Path, reader: str, encoding: str | None, asked: Question, *, growing: bool
) -> Counted:
    """A recording, counted; without one the program ends with a sentence.

    Raises:
        ConfigError: It is asked for a dimension that no recording has.
    """
    if asked.dimensions:
        raise ConfigError(
            f"no dimension {asked.dimensions[0]!r} in a recording: {', '.join(DIMENSIONS)}"
        )
    recording = recorded(path, reader, "report", encoding)
    metrics = _metrics(asked)
    metrics.fold_all(recording.events)
    now = max(event.at for event in recording.events)
    if not growing:
        metrics.aggregator.flush()
        for source in {event.source for event in recording.events}:
            metrics.aggregator.advance(now + _DAY, source=source)
    counters = metrics.counters()
    uncounted = [f"events, {word}: {counters[word]:,}" for word in _UNCOUNTED if counters[word]]
    return Counted(
        metrics=metrics, now=now, faults=recording.faults, notes=[*recording.notes, *uncounted]
    )


def _of_calls(
    path: Path,
    columns: Mapping[str, str],
    zone: str | None,
    encoding: str | None,
    asked: Question,
    *,
    growing: bool,
) -> Counted:
    """A table of calls, counted; without one the program ends with a sentence."""
    calls = called(path, columns, asked.dimensions, zone, encoding or UTF_8)
    metrics = _metrics(asked, most=len(calls))
    fates = calls.post(metrics.aggregator)
    now = calls.ended
    assert now is not None
    metrics.aggregator.advance(now + (0.0 if growing else _DAY), source=calls.source)
    notes = [f"rows, {word}: {fates[word]:,}" for word in _UNPOSTED if fates[word]]
    if calls.unused:
        notes.append(f"columns not used: {', '.join(calls.unused)}")
    return Counted(metrics=metrics, now=now, faults=calls.faults, notes=notes)


def _metrics(asked: Question, most: int = 0) -> Metrics:
    aggregator = KpiAggregator(
        asked.thresholds(),
        dimensions=asked.dimensions or None,
        retention=_RETENTION,
        most_records=max(1_000_000, most + 1),
    )
    own = {} if asked.plan is None else plan_targets(asked.plan, aggregator.thresholds())
    return Metrics(aggregator, targets={**own, **asked.targets})
