"""Whether a target was met: the figures of each step and to date, as an auditor asks for them."""

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Literal, TypeAlias

import attrs

from ccroute._errors import ConfigError
from ccroute.metrics._intervals import Instant, micros_of, zone_of
from ccroute.metrics._kpi import printed
from ccroute.metrics._legal import LegalTarget, legal_targets
from ccroute.metrics._printing import aligned, shown
from ccroute.metrics._source import Where
from ccroute.metrics._table import Labels

if TYPE_CHECKING:
    from ccroute.metrics._metrics import Metrics

Step: TypeAlias = Literal["day", "month"]

_DAY = timedelta(days=1)


@attrs.frozen(kw_only=True)
class AuditRow:
    """One day or month of one group, and what it comes to since its period began."""

    labels: Mapping[str, str | None]
    period: date
    """The first day of the period that the figures to date belong to."""
    start: date
    end: date
    """Not included."""
    numerator: int
    denominator: int
    value: float | None
    """A share of 1; ``None`` where nothing was counted."""
    numerator_to_date: int
    denominator_to_date: int
    value_to_date: float | None
    met: bool | None
    """Whether the figure to date reaches the goal; ``None`` without either."""
    final: bool
    """Whether nothing more is expected for any day up to here."""
    revision: int
    """How often cells were corrected after they were final: the greatest of the step."""
    missing: tuple[date, ...]
    """Days of the step on which nothing was counted: closed, or lost?"""


@attrs.frozen(kw_only=True)
class Audit:
    """A target and its rows; ``print(audit)``, :meth:`to_csv`, :meth:`to_json`."""

    target: LegalTarget
    variant: str
    """The KPI with its parameters."""
    formula: str
    zone: str
    start: date
    end: date
    """Not included."""
    through: date
    """What was counted reaches up to this day, without it; rows end here."""
    where: Where
    rows: tuple[AuditRow, ...]
    notes: tuple[str, ...]

    def outcomes(self) -> tuple[AuditRow, ...]:
        """The last row of each group and period: what it came to."""
        keyed = groupby(self.rows, key=lambda row: (tuple(row.labels.values()), row.period))
        return tuple(list(rows)[-1] for _, rows in keyed)

    def to_csv(self) -> str:
        """Comma-separated, with a line of names, a line a row; what there is not is empty."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(["target", *self.target.by, *_COLUMNS])
        for row in self.rows:
            writer.writerow([self.target.id, *map(_word, row.labels.values()), *_cells(row)])
        return text.getvalue()

    def to_json(self, *, indent: int | None = None) -> str:
        """The target with its source and what was not verified, and the rows."""
        told = {
            "target": {
                name: str(value) if isinstance(value, date) else value
                for name, value in attrs.asdict(self.target).items()
            },
            "variant": self.variant,
            "formula": self.formula,
            "zone": self.zone,
            "start": str(self.start),
            "end": str(self.end),
            "through": str(self.through),
            "where": {name: list(labels) for name, labels in self.where.items()},
            "notes": list(self.notes),
            "rows": [
                {
                    **{name: _plain(getattr(row, name)) for name in ("labels", *_COLUMNS)},
                    "missing": [str(day) for day in row.missing],
                }
                for row in self.rows
            ],
        }
        return json.dumps(told, indent=indent, ensure_ascii=False, allow_nan=False)

    def __str__(self) -> str:
        target = self.target
        goal = "none set"
        if target.goal is not None:
            goal = f"{target.reach.replace('_', ' ')} {printed(target.goal, 'ratio')}"
        period = "the year to date" if target.days is None else f"each {target.days} days"
        lines = [
            f"{target.title} ({target.jurisdiction})",
            f"  target:     {target.id}, in force from {target.valid_from}"
            + (f" until {target.valid_until}" if target.valid_until else ""),
            f"  source:     {target.source}",
            f"  status:     {target.status}",
            *(f"  unverified: {what}" for what in target.unverified),
            f"  figure:     {self.variant} = {self.formula}",
            f"  basis:      {target.basis}",
            f"  goal:       {goal}, over {period}; days of {self.zone}",
            f"  range:      {self.start} to {self.end}, counted up to {self.through}",
            *(f"  note:       {note}" for note in self.notes),
            "",
        ]
        table = [[*target.by, *_HEADS], *map(_printed, self.rows)]
        return "\n".join([*map(shown, lines), *aligned(table, named=len(target.by) + 1)])


_HEADS = ("from", "of", "counted", "figure", "to date", "goal", "final", "empty days")
_COLUMNS = (
    "period", "start", "end", "numerator", "denominator", "value", "numerator_to_date",
    "denominator_to_date", "value_to_date", "met", "final", "revision", "missing",
)  # fmt: skip


def audit(
    metrics: "Metrics",
    target: str | LegalTarget,
    *,
    year: int | None = None,
    start: date | None = None,
    end: date | None = None,
    zone: str | None = None,
    step: Step | None = None,
    where: Where | None = None,
    now: Instant | None = None,
) -> Audit:
    """The table of a target over a year, or from one day up to another.

    Args:
        metrics: Where it was counted.
        target: The id of one of ``legal_targets()``, or one of your own (``load_target``).
        year: The calendar year; or ``start`` and ``end``:
        start: The first day. Periods of so many days are counted from here.
        end: The day after the last.
        zone: IANA name of the zone whose days they are; default: the target's.
        step: A row a ``day`` or a ``month``; default: months for figures of a year.
        where: Only these labels, by dimension.
        now: Up to the day that holds this instant; default: as far as was counted.

    Raises:
        ConfigError: There is no such target or zone, it was not in force, or the range is
            none.
        DataUnavailable: The figure's threshold is not on the ladder, and facts are gone.
    """
    asked = _target_of(target)
    own = zone or asked.zone
    if own is None:
        raise ConfigError(f"target {asked.id!r} says no zone: give one, as America/New_York")
    if step not in {None, "day", "month"}:
        raise ConfigError(f"step {step!r}: day or month")
    first, last, notes = _range(asked, year, start, end)
    through = min(last, max(first, _through(metrics, own, now)))
    days = _days(metrics, asked, first, through, own, where) if first < through else {}
    if not asked.by:
        days.setdefault((), {})  # that nothing was counted is an answer too
    kpi = metrics.registry.ask(asked.kpi)
    steps = list(_steps(asked, first, through, step or ("day" if asked.days else "month")))
    watermark = metrics.aggregator.watermark()
    edge = datetime.fromtimestamp(watermark, zone_of(own)).date()
    rows = [
        row
        for labels in sorted(days, key=lambda labels: [label or "" for label in labels])
        for row in _rows(asked, labels, days[labels], steps, edge)
    ]
    return Audit(
        target=asked,
        variant=kpi.kpi.variant(kpi.parameters),
        formula=kpi.kpi.formula(kpi.parameters),
        zone=own,
        start=first,
        end=last,
        through=through,
        where=dict(where or {}),
        rows=tuple(rows),
        notes=notes,
    )


@attrs.frozen
class _Counted:
    """What one day of one group came to."""

    numerator: int
    denominator: int
    final: bool
    revision: int


_Days: TypeAlias = dict[date, _Counted]


def _target_of(target: object) -> LegalTarget:
    if isinstance(target, LegalTarget):
        return target
    known = legal_targets()
    if not isinstance(target, str) or target not in known:
        raise ConfigError(f"no target {target!r}: {', '.join(known)}; or load_target() your own")
    return known[target]


def _range(
    target: LegalTarget, year: int | None, start: date | None, end: date | None
) -> tuple[date, date, tuple[str, ...]]:
    match year, start, end:
        case int(), None, None if 1900 <= year <= 2199 and not isinstance(year, bool):
            first, last = date(year, 1, 1), date(year + 1, 1, 1)
        # A datetime is a date too, but compares with none.
        case None, date(), date() if not {type(start), type(end)} - {date} and start < end:
            first, last = start, end
        case _:
            given = f"year {year!r}, start {_day_or(start)}, end {_day_or(end)}"
            remedy = "year=2027, or start=date(2027, 1, 1) and a later end"
            raise ConfigError(f"{given}: a range of days: {remedy}")
    until = target.valid_until or date.max
    if last <= target.valid_from or first >= until:
        words = f"from {target.valid_from}" + (f" until {until}" if target.valid_until else "")
        raise ConfigError(f"target {target.id!r} is in force {words}: not in {first} to {last}")
    notes = []
    if first < target.valid_from:
        notes.append(f"in force from {target.valid_from}: days before are left out")
    if last > until:
        notes.append(f"in force until {until}: days from then on are left out")
    return max(first, target.valid_from), min(last, until), tuple(notes)


def _day_or(day: object) -> str:
    return str(day) if type(day) is date else repr(day)


def _through(metrics: "Metrics", zone: str, now: Instant | None) -> date:
    """The day after the last that was counted."""
    where = zone_of(zone)
    if now is not None:
        micros = micros_of(now, "now")
        return datetime.fromtimestamp(micros // 1_000_000, where).date() + _DAY
    extent = metrics.aggregator.extent()
    if extent is None:
        return date.min
    return datetime.fromtimestamp(extent[1] - 1.0, where).date() + _DAY


def _days(
    metrics: "Metrics",
    target: LegalTarget,
    first: date,
    through: date,
    zone: str,
    where: Where | None,
) -> dict[Labels, _Days]:
    """Numerator and denominator of each group and day: they add up, ratios do not."""
    of = zone_of(zone)
    table = metrics.report(
        target.by,
        interval="day",
        zone=zone,
        basis=target.basis,
        kpis=[target.kpi],
        start=datetime(first.year, first.month, first.day, tzinfo=of),
        end=datetime(through.year, through.month, through.day, tzinfo=of),
        where=where,
    )
    found: dict[Labels, _Days] = {}
    for row in table:
        value = row[target.kpi]
        assert row.start is not None
        found.setdefault(tuple(row.labels.values()), {})[row.start.date()] = _Counted(
            int(value.numerator or 0), value.denominator or 0, value.final, value.revision
        )
    return found


def _steps(
    target: LegalTarget, first: date, through: date, step: Step
) -> Iterator[tuple[date, date, date]]:
    """Period, start and end of each step, in order."""
    period, start = first, first
    while start < through:
        if target.days is None:
            after = date(period.year + 1, 1, 1)
        else:
            after = period + timedelta(days=target.days)
        following = start + _DAY
        if step == "month":
            following = (start.replace(day=1) + timedelta(days=32)).replace(day=1)
        end = min(following, after, through)
        yield period, start, end
        start = end
        period = after if start >= after else period


def _rows(
    target: LegalTarget,
    labels: Labels,
    days: _Days,
    steps: Sequence[tuple[date, date, date]],
    edge: date,
) -> Iterator[AuditRow]:
    """``edge``: the day of the watermark; a day before it on which nothing was counted will
    stay so."""
    current, above, below, final = None, 0, 0, True
    for period, start, end in steps:
        if period != current:
            current, above, below, final = period, 0, 0, True
        span = [start + _DAY * place for place in range((end - start).days)]
        counted = [days[day] for day in span if day in days]
        numerator = sum(day.numerator for day in counted)
        denominator = sum(day.denominator for day in counted)
        above, below = above + numerator, below + denominator
        final = final and all(days[day].final if day in days else day < edge for day in span)
        to_date = above / below if below else None
        yield AuditRow(
            labels=dict(zip(target.by, labels, strict=True)),
            period=period,
            start=start,
            end=end,
            numerator=numerator,
            denominator=denominator,
            value=numerator / denominator if denominator else None,
            numerator_to_date=above,
            denominator_to_date=below,
            value_to_date=to_date,
            met=target.is_met(to_date),
            final=final,
            revision=max((day.revision for day in counted), default=0),
            missing=tuple(day for day in span if day not in days or not days[day].denominator),
        )


# How it leaves ------------------------------------------------------------------------


def _cells(row: AuditRow) -> list[str]:
    return [
        " ".join(map(str, row.missing)) if name == "missing" else _word(getattr(row, name))
        for name in _COLUMNS
    ]


def _word(value: object) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _plain(value: object) -> object:
    return str(value) if isinstance(value, date) else value


def _printed(row: AuditRow) -> list[str]:
    met = {True: "met", False: "missed", None: "-"}[row.met]
    return [
        *("-" if label is None else label for label in row.labels.values()),
        str(row.start),
        str(row.denominator),
        str(row.numerator),
        printed(row.value, "ratio"),
        printed(row.value_to_date, "ratio"),
        met,
        "yes" if row.final else "no",
        str(len(row.missing)),
    ]
