"""Numbers that no cell holds and the caller of a report gives, one for each of its rows."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TypeAlias

import numpy as np

from ccroute._errors import ConfigError
from ccroute.metrics._expression import Numbers
from ccroute.metrics._table import Labels

Given: TypeAlias = (
    float
    | Mapping[str, float | None]
    | Mapping[str | None, float | None]
    | Mapping[Labels, float | None]
    | Callable[[Labels, datetime | None], float | None]
)
"""A number that no cell holds (a forecast, paid seconds): for all rows, by a row's only label,
by its labels, or a function of its labels and the start of its interval. ``None``: there is
none for the row."""

_GREATEST = 1 << 62


def given_column(
    name: str,
    given: Given,
    labels: Sequence[Labels],
    starts: Sequence[datetime | None],
    times: int,
) -> Numbers:
    """One number per row times ``times``, NaN where there is none; whole ones exact.

    Raises:
        ConfigError: What is given for a row is no number, or a row's label is not among those
            that something is given for.
    """
    found = [
        _number(name, own, _of_row(name, given, own, start), times)
        for own, start in zip(labels, starts, strict=True)
    ]
    if all(value is not None and float(value).is_integer() for value in found):
        return np.array([int(value or 0) for value in found], dtype=np.int64)
    return np.array([np.nan if value is None else value for value in found], dtype=np.float64)


def _of_row(name: str, given: Given, labels: Labels, start: datetime | None) -> float | None:
    if callable(given):
        return given(labels, start)
    if not isinstance(given, Mapping):
        return given
    by_label: Mapping[object, float | None] = dict(given.items())
    for key in (labels, labels[0] if len(labels) == 1 else labels):
        if key in by_label:
            return by_label[key]
    raise ConfigError(
        f"given {name!r} has no number for {_words(labels)}: add one, or None where there is none"
    )


def _number(name: str, labels: Labels, value: object, times: int) -> float | None:
    if value is None:
        return None
    number = value.item() if isinstance(value, np.generic) else value
    if (
        isinstance(number, bool)
        or not isinstance(number, int | float)
        or not abs(number) < _GREATEST / times
    ):
        raise ConfigError(
            f"given {name!r} for {_words(labels)} is {value!r}: a finite number below 4e18, or "
            "None where there is none"
        )
    return number * times


def _words(labels: Labels) -> str:
    return " / ".join(map(repr, labels)) or "the total"
