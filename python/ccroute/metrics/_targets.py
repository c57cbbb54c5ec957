"""Thresholds of queues, or of other labels, as users give them: checked before they are used."""

from collections.abc import Mapping

from ccroute._errors import ConfigError
from ccroute.metrics._words import one_name

_LONGEST = 1e9
_EXAMPLE = "as {'billing': (20, 5)}"


def checked_targets(targets: Mapping[str, tuple[float, float]]) -> dict[str, tuple[float, float]]:
    """T and S in seconds by label, as they were given.

    Raises:
        ConfigError: A target is no pair of seconds; the message has its label and value.

    >>> checked_targets({"billing": (20, 5)})
    {'billing': (20, 5)}
    """
    if not isinstance(targets, Mapping):
        raise ConfigError(f"targets {targets!r}: T and S in seconds by label, {_EXAMPLE}")
    checked: dict[str, tuple[float, float]] = {}
    for label, pair in targets.items():
        one_name(label, "target of", "'billing'")
        if not _fits(pair):
            raise ConfigError(f"target of {label!r} is {pair!r}: T and S in seconds, as (20, 5)")
        within, short = pair
        checked[label] = (within, short)
    return checked


def _fits(pair: tuple[float, float]) -> bool:
    try:
        within, short = pair
        return 0 <= within < _LONGEST and 0 <= short < _LONGEST
    except (TypeError, ValueError):  # no pair, or not of numbers
        return False
