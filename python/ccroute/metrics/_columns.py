"""One KPI over the rows of a report: evaluated in exact integers, divided once."""

from collections.abc import Collection, Mapping, Sequence

import attrs
import numpy as np
from numpy.typing import NDArray

from ccroute.metrics._expression import Expression, Number, Numbers
from ccroute.metrics._fields import (
    INTERVAL,
    NOT_BY_AGENT,
    NOT_BY_QUEUE,
    NOT_ON_SPLIT,
    exactness_of,
    is_given,
    kind_of,
)
from ccroute.metrics._kpi import Kpi, Value

_EXACT_IN_FLOAT = 1 << 53

REASONS = (
    None,
    "nothing counted to divide by",
    "no samples",
    "a number that the report must be given is missing",
    NOT_ON_SPLIT,
    NOT_BY_QUEUE,
    NOT_BY_AGENT,
)
_DIVIDES_BY_NOTHING, _NO_SAMPLES, _NOT_GIVEN = 1, 2, 3


@attrs.frozen(kw_only=True, eq=False)
class Column:
    """A KPI's figures, row by row, with what they were made of."""

    name: str
    """As it was asked for."""
    kpi: Kpi
    basis: str
    parameters: tuple[Mapping[str, Number], ...]
    """The different settings among the rows."""
    setting: NDArray[np.intp]
    """Per row, which of ``parameters``."""
    values: NDArray[np.float64]
    """NaN where there is none."""
    numerators: Numbers
    denominators: Numbers | None
    observations: Numbers | None
    """``n`` per row."""
    reasons: NDArray[np.int8]
    final: NDArray[np.bool_]
    revisions: NDArray[np.uint32]
    inputs: Mapping[str, Numbers]
    """The fields it was made of, by the core's names."""
    lacking: str | None = None
    """Why it has no figure in any row: it is not counted so."""
    exact: NDArray[np.bool_] | None = None
    """Per row, whether it is exact and no estimate; ``None``: it always is."""

    @property
    def heading(self) -> str:
        """What stands above it in a printed table."""
        asked_plainly = self.name in {self.kpi.id, *self.kpi.aliases}
        return self.kpi.heading if asked_plainly and self.kpi.heading else self.name

    @property
    def whole(self) -> bool:
        """Whether its figures are whole numbers: counts, not divided by anything."""
        return (
            self.denominators is None
            and self.numerators.dtype == np.int64
            and self.kpi.factors() == (1, 1)
        )

    def variants(self) -> tuple[str, ...]:
        """The id with its parameters, for each of the settings."""
        return tuple(self.kpi.variant(setting) for setting in self.parameters)

    def value(self, row: int) -> Value:
        """One row's figure, with everything behind it."""
        setting = self.parameters[int(self.setting[row])]
        value = float(self.values[row])
        return Value(
            value=None if self.reasons[row] else value,
            numerator=number(self.numerators, row),
            denominator=_whole(self.denominators, row),
            n=_whole(self.observations, row),
            variant=self.kpi.variant(setting),
            unit=self.kpi.unit,
            basis=self.basis,
            final=bool(self.final[row]),
            revision=int(self.revisions[row]),
            reason=REASONS[int(self.reasons[row])],
            exact=self.exact is None or bool(self.exact[row]),
        )

    def take(self, rows: NDArray[np.intp]) -> "Column":
        """The same for some of the rows."""
        return attrs.evolve(
            self,
            setting=self.setting[rows],
            values=self.values[rows],
            numerators=self.numerators[rows],
            denominators=None if self.denominators is None else self.denominators[rows],
            observations=None if self.observations is None else self.observations[rows],
            reasons=self.reasons[rows],
            final=self.final[rows],
            revisions=self.revisions[rows],
            inputs={field: column[rows] for field, column in self.inputs.items()},
            exact=None if self.exact is None else self.exact[rows],
        )


@attrs.frozen(kw_only=True, eq=False)
class Cells:
    """What the source answered to one question, and the rows it is about."""

    basis: str
    columns: Mapping[str, Numbers]
    final: NDArray[np.bool_]
    revisions: NDArray[np.uint32]

    def __len__(self) -> int:
        return len(self.final)


def evaluate(
    name: str,
    kpi: Kpi,
    cells: Cells,
    parameters: Sequence[Mapping[str, Number]],
    setting: NDArray[np.intp],
) -> Column:
    """A KPI over all rows; each row by its own setting of the parameters."""
    formulas = (kpi.above, kpi.below, kpi.observations)
    above, below, observed = (_by_setting(it, cells, parameters, setting) for it in formulas)
    assert above is not None
    needed = {field for each in parameters for field in kpi.fields(each)}
    inputs = {field: cells.columns[field] for field in needed}
    reasons = np.zeros(len(cells), dtype=np.int8)
    if below is not None:
        reasons[_equal_nothing(below)] = _DIVIDES_BY_NOTHING
    elif observed is not None and not kpi.additive:
        reasons[_equal_nothing(observed)] = _NO_SAMPLES
    for field, column in inputs.items():
        if column.dtype == np.float64:
            missing = _NOT_GIVEN if is_given(field) or field == INTERVAL else _NO_SAMPLES
            reasons[np.isnan(column)] = missing
    if observed is None:
        observed = below if below is not None else above
    values = _quotients(above, below, *kpi.factors())
    values[reasons != 0] = np.nan
    return Column(
        name=name,
        kpi=kpi,
        basis=cells.basis,
        parameters=tuple(parameters),
        setting=setting,
        values=values,
        numerators=above,
        denominators=below,
        observations=None if _has_no_count(kpi, observed) else observed,
        reasons=reasons,
        final=cells.final,
        revisions=cells.revisions,
        inputs=inputs,
        exact=_exact(needed, cells.columns, len(cells)),
    )


def uncounted(
    name: str,
    kpi: Kpi,
    basis: str,
    reason: str,
    parameters: Sequence[Mapping[str, Number]],
    setting: NDArray[np.intp],
) -> Column:
    """A KPI that cannot be had in a report, for the same reason in every row."""
    rows = len(setting)
    nothing = np.full(rows, np.nan)
    return Column(
        name=name,
        kpi=kpi,
        basis=basis,
        parameters=tuple(parameters),
        setting=setting,
        values=nothing,
        numerators=nothing,
        denominators=None if kpi.below is None else nothing,
        observations=None,
        reasons=np.full(rows, REASONS.index(reason), dtype=np.int8),
        final=np.ones(rows, dtype=np.bool_),
        revisions=np.zeros(rows, dtype=np.uint32),
        inputs={field: nothing for each in parameters for field in kpi.fields(each)},
        lacking=reason,
        exact=_exact({field for each in parameters for field in kpi.fields(each)}, {}, rows),
    )


def _exact(
    fields: Collection[str], columns: Mapping[str, Numbers], rows: int
) -> NDArray[np.bool_] | None:
    """Per row, whether all of the fields are exact; ``None`` where none is ever estimated."""
    signs = {sign for sign in map(exactness_of, fields) if sign is not None}
    exact = np.ones(rows, dtype=np.bool_)
    for sign in signs & columns.keys():  # numbers written by hand have no such sign
        exact &= np.asarray(columns[sign] != 0, dtype=np.bool_)
    return exact if signs else None


def _has_no_count(kpi: Kpi, observed: Numbers) -> bool:
    """A sum of durations or amounts alone says nothing about how many there were."""
    uncounted = kpi.observations is None and kpi.below is None
    return observed.dtype == np.float64 or (uncounted and kpi.above.scale() != 0)


def _by_setting(
    formula: Expression | None,
    cells: Cells,
    parameters: Sequence[Mapping[str, Number]],
    setting: NDArray[np.intp],
) -> Numbers | None:
    """Each setting is evaluated over all rows, and chosen where it is the row's."""
    if formula is None:
        return None
    rows = len(cells)
    results = [formula.evaluate(cells.columns, each, rows) for each in parameters]
    if len(results) == 1:
        return results[0]
    exact = any(result.dtype == np.object_ for result in results)
    chosen = results[0].astype(np.object_) if exact else results[0].copy()
    for place, result in enumerate(results[1:], start=1):
        mine = setting == place
        chosen[mine] = result[mine]
    return chosen


def _equal_nothing(column: Numbers) -> NDArray[np.bool_]:
    return np.asarray(column == 0, dtype=np.bool_)


def _quotients(above: Numbers, below: Numbers | None, times: int, over: int) -> NDArray[np.float64]:
    """Above × times / (below × over), correctly rounded; whatever where that divides by 0."""
    if above.dtype == np.float64 or (below is not None and below.dtype == np.float64):
        divisor = np.ones(len(above)) if below is None else below.astype(np.float64)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(above * times / (divisor * over), dtype=np.float64)
    if max(_greatest(above) * times, _greatest(below) * over) < _EXACT_IN_FLOAT:
        divisors = over if below is None else below * over
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray((above * times) / divisors, dtype=np.float64)
    numerators: list[int] = above.tolist()
    divisors_of: list[int] = [1] * len(numerators) if below is None else below.tolist()
    pairs = zip(numerators, divisors_of, strict=True)
    return np.array([one * times / (by * over) if by else np.nan for one, by in pairs])


def _greatest(column: Numbers | None) -> int:
    if column is None or not column.size:
        return 1
    return max(abs(int(column.max())), abs(int(column.min())))


def number(column: Numbers, row: int) -> Number | None:
    """One row of a column, as Python has it; ``None`` for not a number."""
    value = column[row]
    if isinstance(value, float | np.floating):
        return None if np.isnan(value) else float(value)
    return int(value)


def _whole(column: Numbers | None, row: int) -> int | None:
    value = None if column is None else number(column, row)
    return None if value is None else round(value)


def empty(field: str, rows: int) -> Numbers:
    """A column for rows that the source has nothing about."""
    if kind_of(field) == "seconds":
        return np.full(rows, np.nan)
    if field.endswith(".exact"):  # nothing is exactly nothing
        return np.ones(rows, dtype=np.int64)
    return np.zeros(rows, dtype=np.int64)
