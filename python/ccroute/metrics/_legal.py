"""Targets set by law, regulators or contracts: dated data, read from TOML.

What a target demands is data with its source; whether it is met is worked out in ``_audit``.
"""

import tomllib
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from os import PathLike
from pathlib import Path
from types import MappingProxyType
from typing import Literal, TypeAlias, cast

import attrs

from ccroute._errors import ConfigError
from ccroute.metrics._fields import BASES
from ccroute.metrics._intervals import zone_of
from ccroute.metrics._kpi import Kpi
from ccroute.metrics.registry import BUILT_IN, Registry

Reach: TypeAlias = Literal["at_least", "at_most"]


@attrs.frozen(kw_only=True)
class LegalTarget:
    """What is demanded, by whom, since when, and what of it was not verified."""

    id: str
    jurisdiction: str
    title: str
    text: str
    """What it demands, in our words."""
    source: str
    valid_from: date
    valid_until: date | None = None
    """Not included; ``None``: still in force when this was written."""
    kpi: str
    """An id with its parameters; a ratio."""
    basis: str = "offered"
    goal: float | None = None
    """A share of 1; ``None``: the figure is asked for, no goal is set."""
    reach: Reach = "at_least"
    days: int | None = None
    """The figure is measured over so many successive days; ``None``: over the calendar year to
    date."""
    by: tuple[str, ...] = ()
    """Measured for each of these apart, as ``campaign``."""
    zone: str | None = None
    """Whose days they are, unless the one who asks says."""
    status: str = "check with counsel"
    unverified: tuple[str, ...] = ()
    """What whoever wrote this down did not verify."""

    def is_met(self, value: float | None) -> bool | None:
        """Whether a figure reaches the goal; ``None`` where there is neither or no goal."""
        if value is None or self.goal is None:
            return None
        return value >= self.goal if self.reach == "at_least" else value <= self.goal


_REQUIRED = ("id", "jurisdiction", "title", "text", "source", "valid_from", "kpi", "period")
_TEXTS = (
    "id",
    "jurisdiction",
    "title",
    "text",
    "source",
    "kpi",
    "basis",
    "reach",
    "zone",
    "status",
)
_KNOWN = {*_REQUIRED, *_TEXTS, "valid_until", "goal", "by", "unverified"}


def load_target(path: str | PathLike[str], *, registry: Registry = BUILT_IN) -> LegalTarget:
    """A target of one's own, as a contract's, from a TOML file.

    Keys: those of :class:`LegalTarget`, and ``period``: ``"year"`` or ``{ days = 30 }`` for
    ``days``.

    Args:
        path: Of the file.
        registry: Where the KPI is looked up; ``metrics.registry`` has those of your own.

    Raises:
        ConfigError: The file is no TOML; a key is missing, unknown or of another type; there
            is no such KPI, basis or zone, or the KPI means nothing on that basis.
        OSError: The file cannot be read.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"is not UTF-8, as TOML is: save it so ({error})", path=str(path)
        ) from None
    return _read(text, str(path), registry)


@cache
def legal_targets() -> Mapping[str, LegalTarget]:
    """The targets that come with ccroute, by id. None of them is legal advice."""
    folder = files("ccroute.metrics").joinpath("targets")
    read = (
        _read(file.read_text(encoding="utf-8"), file.name, BUILT_IN)
        for file in sorted(folder.iterdir(), key=lambda file: file.name)
        if file.name.endswith(".toml")
    )
    return MappingProxyType({target.id: target for target in read})


def _read(text: str, path: str, registry: Registry) -> LegalTarget:
    try:
        told = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"no TOML: {error}", path=path) from None
    try:
        return _target(told, registry)
    except ConfigError as error:
        raise ConfigError(error.message, path=path) from None


def _target(told: Mapping[str, object], registry: Registry) -> LegalTarget:
    if missing := [key for key in _REQUIRED if key not in told]:
        raise ConfigError(f"a target needs {missing[0]!r}: add it")
    if unknown := sorted(told.keys() - _KNOWN):
        raise ConfigError(f"no key {unknown[0]!r} in a target: {', '.join(sorted(_KNOWN))}")
    texts = {key: _text(key, told[key]) for key in _TEXTS if key in told}
    if texts.get("reach", "at_least") not in {"at_least", "at_most"}:
        raise ConfigError(f"reach {texts['reach']!r}: at_least or at_most")
    kpi = registry.ask(texts["kpi"]).kpi
    if kpi.denominator is None or kpi.unit != "ratio" or kpi.computed_by is not None:
        raise ConfigError(f"kpi {kpi.id!r} is no ratio over cells: a target needs one")
    _check_basis(kpi, texts.get("basis", "offered"))
    if "zone" in texts:
        zone_of(texts["zone"])
    start, end = _day("valid_from", told["valid_from"]), told.get("valid_until")
    until = None if end is None else _day("valid_until", end)
    if until is not None and until <= start:
        raise ConfigError(f"valid_until {until} does not lie after valid_from {start}")
    return LegalTarget(
        **{key: " ".join(text.split()) for key, text in texts.items() if key != "reach"},
        reach=cast("Reach", texts.get("reach", "at_least")),
        valid_from=start,
        valid_until=until,
        goal=_goal(told.get("goal")),
        days=_days(told["period"]),
        by=_list("by", told.get("by", [])),
        unverified=_list("unverified", told.get("unverified", [])),
    )


def _check_basis(kpi: Kpi, basis: str) -> None:
    """A figure asked for on a basis where it means nothing is taken on another, unseen."""
    if basis not in BASES:
        raise ConfigError(f"basis {basis!r}: one of {', '.join(BASES)}")
    if kpi.bases and basis not in kpi.bases:
        raise ConfigError(
            f"kpi {kpi.id!r} means nothing on basis {basis!r}: one of {', '.join(kpi.bases)}"
        )


def _text(key: str, value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ConfigError(f"{key} {value!r}: a text")
    return value.strip()


def _day(key: str, value: object) -> date:
    if type(value) is not date:  # a datetime is a date too
        raise ConfigError(f"{key} {value!r}: a day, as 2026-12-28 without quotes")
    return value


def _goal(value: object) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise ConfigError(f"goal {value!r}: a share of 1, as 0.95")
    return float(value)


def _days(value: object) -> int | None:
    match value:
        case "year":
            return None
        case {"days": int(days)} if 1 <= days <= 366 and value == {"days": days}:
            return days
        case _:
            raise ConfigError(f'period {value!r}: "year" or {{ days = 30 }}')


def _list(key: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        raise ConfigError(f"{key} {value!r}: a list of texts")
    return tuple(value)
