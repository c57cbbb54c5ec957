"""Numerators and denominators of service levels, each queue by its own target.

Two counters instead of one gauge of per cent: what is added up over queues, intervals and
servers can be divided afterwards, an average of percentages cannot.
"""

from collections.abc import Mapping

import numpy as np

from ccroute._errors import ConfigError
from ccroute._wire import KpiAggregator
from ccroute.export._families import DENOMINATOR, NUMERATOR
from ccroute.export._folding import Folding
from ccroute.export._points import Measured, Series
from ccroute.export._selection import PARAMETER_LABELS, Selection
from ccroute.metrics import Asked

Parameters = Mapping[str, int | float]


def service_levels(
    source: KpiAggregator, selection: Selection, folding: Folding
) -> tuple[Measured, Measured]:
    """The counters of all variants.

    Raises:
        ConfigError: A target is none of the aggregator's thresholds.
    """
    by = dict.fromkeys((*selection.labels, "queue"))
    asked = _questions(source, selection)
    fields = dict.fromkeys(
        field for each, parameters in asked for field in each.kpi.fields(parameters)
    )
    groups = source.query(tuple(by), tuple(fields), basis=selection.basis)
    length = len(groups["interval"])
    queues = groups["labels"]["queue"]
    rows = folding.rows(groups["labels"], length)
    above: list[Series] = []
    below: list[Series] = []
    for each, parameters in asked:
        mine = np.array(
            [_parameters(each, queue, selection) == parameters for queue in queues], dtype=np.bool_
        )
        if not mine.any():
            continue
        own = _labels(each, parameters)
        kpi = each.kpi
        assert kpi.below is not None, "checked when it was selected"
        there = rows.greatest(mine.astype(np.int64))
        for formula, series in ((kpi.above, above), (kpi.below, below)):
            column = formula.evaluate(groups["columns"], parameters, length)
            totals = rows.sums(np.where(mine, column, 0).astype(np.int64))
            found = zip(rows.labels, totals, there, strict=True)
            series += [
                Series((*labels, *own), total) for labels, total, is_there in found if is_there
            ]
    return Measured(NUMERATOR, tuple(above)), Measured(DENOMINATOR, tuple(below))


def _questions(source: KpiAggregator, selection: Selection) -> list[tuple[Asked, Parameters]]:
    """Every variant with every pair of thresholds that some queue has.

    What was set is checked here and now. A variant's own default is left out where some
    target was set and the aggregator does not count by the default: a queue that turns up
    later, without a target, must not break the scrape.
    """
    found: list[tuple[Asked, Parameters]] = []
    counted = source.thresholds()
    for each in selection.variants:
        for queue in (*selection.targets, None):
            parameters = _parameters(each, queue, selection)
            try:
                for name in sorted(each.kpi.thresholds()):
                    _check(parameters[name], name, queue, counted)
            except ConfigError:
                if queue is None and selection.targets and not each.parameters:
                    continue
                raise
            if (each, parameters) not in found:
                found.append((each, parameters))
    return found


def _parameters(asked: Asked, queue: str | None, selection: Selection) -> Parameters:
    target = () if queue is None else selection.targets.get(queue, ())
    own = {name: value for name, value in zip("TS", target) if name in asked.kpi.parameters}  # noqa: B905
    return asked.kpi.settled({**own, **asked.parameters})


def _check(threshold: float, name: str, queue: str | None, counted: list[float]) -> None:
    if threshold and threshold not in counted:
        whose = f" of queue {queue!r}" if queue is not None else ""
        ladder = ", ".join(f"{each:g}" for each in counted)
        raise ConfigError(
            f"{name} = {threshold:g} s{whose} was not counted by: give one of {ladder}, or "
            "create the aggregator with it"
        )


def _labels(asked: Asked, parameters: Parameters) -> tuple[tuple[str, str], ...]:
    values = {PARAMETER_LABELS[name]: f"{value:g}" for name, value in parameters.items()}
    return (("variant", asked.kpi.id), *sorted(values.items(), reverse=True))
