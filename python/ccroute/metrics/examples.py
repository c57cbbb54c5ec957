"""Figures from numbers written by hand: for the examples of the docs, and for trying formulas."""

from collections.abc import Mapping

import numpy as np

from ccroute.metrics._columns import Cells, evaluate
from ccroute.metrics._expression import Number, Numbers
from ccroute.metrics._fields import kind_of
from ccroute.metrics._kpi import Kpi, Value
from ccroute.metrics._parsing import parse
from ccroute.metrics._patience import kaplan_meier
from ccroute.metrics._records import calls, spans, visits
from ccroute.metrics.registry import BUILT_IN, Registry

__all__ = ["calls", "kaplan_meier", "spans", "visits", "worked"]


def worked(
    kpi: str | Kpi, numbers: Mapping[str, Number], *, registry: Registry = BUILT_IN
) -> Value:
    """What a KPI comes to for numbers given by hand.

    Args:
        kpi: An id or alias, with parameters if any, or the KPI itself.
        numbers: By what stands in the formula (``"within(wait_answered, T)"``): durations in
            seconds, amounts in money. What is not given is 0.
        registry: Where the KPI is looked up.

    Raises:
        ConfigError: There is no such KPI, or a number's name is no part of a formula.

    >>> str(worked("asa", {"wait_answered.sum": 1050, "wait_answered.count": 30}))
    '35.0 s'
    """
    if isinstance(kpi, Kpi):
        named, given = kpi, kpi.settled({})
    else:
        asked = registry.ask(kpi)
        named, given = asked.kpi, asked.kpi.settled(asked.parameters)
    if named.computed_by is not None:
        return _of_inputs(named, numbers)
    symbols: dict[str, str] = {}
    for formula in (named.above, named.below, named.observations):
        symbols |= {} if formula is None else formula.symbols(given)
    for symbol in numbers:
        parse(symbol, frozenset({"T", "S", *given}))
    cells = Cells(
        basis=named.bases[0] if named.bases else "offered",
        columns={field: _column(field, numbers.get(name, 0)) for name, field in symbols.items()},
        final=np.ones(1, dtype=np.bool_),
        revisions=np.zeros(1, dtype=np.uint32),
    )
    return evaluate(named.id, named, cells, [given], np.zeros(1, dtype=np.intp)).value(0)


def _column(field: str, number: Number) -> Numbers:
    match kind_of(field):
        case "seconds":
            return np.array([number], dtype=np.float64)
        case "duration" | "extreme" | "amount":
            return np.array([round(number * 1_000_000)], dtype=np.int64)
        case _:
            return np.array([round(number)], dtype=np.int64)


def _of_inputs(kpi: Kpi, numbers: Mapping[str, Number]) -> Value:
    """A KPI that is no formula over cells: its inputs stand under their names."""
    inputs = frozenset(numbers)

    def read(formula: str) -> int:
        return int(parse(formula, inputs).evaluate({}, numbers, 1)[0])

    above = read(kpi.numerator)
    below = None if kpi.denominator is None else read(kpi.denominator)
    return Value(
        value=None if below == 0 else above / (1 if below is None else below),
        numerator=above,
        denominator=below,
        n=below,
        variant=kpi.variant({}),
        unit=kpi.unit,
        reason="nothing counted to divide by" if below == 0 else None,
    )
