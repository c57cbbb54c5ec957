"""What ``ccroute report`` is asked, from the words at the prompt; checked before it reads."""

import re
from collections.abc import Sequence
from datetime import datetime
from math import isfinite
from pathlib import Path

import attrs

from ccroute._errors import ConfigError
from ccroute._plan import Plan
from ccroute._wire import KpiAggregator
from ccroute.cli._console import fail
from ccroute.cli._reading import sentence
from ccroute.metrics import BUILT_IN, DIMENSIONS, is_given, on_clock, zone_of

_DAY_ALONE = re.compile(r"[\dW-]+")
_MOST_THRESHOLDS = 32


@attrs.frozen(kw_only=True)
class Question:
    """As far as it stands before anything is read."""

    kpis: list[str] | None
    """``None``: the usual ones."""
    explained: list[str]
    """Those of them whose arithmetic is printed instead of a table."""
    by: list[str]
    where: dict[str, list[str | None]]
    targets: dict[str, tuple[float, float]]
    given: dict[str, float]
    plan: Plan | None

    @property
    def dimensions(self) -> list[str]:
        """Those that only a table's own columns can have."""
        return [name for name in dict.fromkeys([*self.by, *self.where]) if name not in DIMENSIONS]

    def thresholds(self) -> list[float]:
        """What must be counted by: first what was asked for, then what is usual."""
        wanted = [seconds for pair in self.targets.values() for seconds in pair]
        for name in self.kpis or ():
            asked = BUILT_IN.ask(name)
            setting = asked.kpi.settled(asked.parameters)
            wanted += [float(setting[parameter]) for parameter in sorted(asked.kpi.thresholds())]
        if self.plan is not None:
            for queue in self.plan.queues.values():
                wanted += [queue.service_level.within, queue.service_level.short_abandon]
        wanted += KpiAggregator().thresholds()
        return sorted([each for each in dict.fromkeys(wanted) if each > 0][:_MOST_THRESHOLDS])


def question(
    *,
    kpi: Sequence[str] | None,
    by: Sequence[str] | None,
    where: Sequence[str] | None,
    explained: Sequence[str] | None = None,
    target: Sequence[str] | None = None,
    given: Sequence[str] | None = None,
    plan: Path | None = None,
) -> Question:
    """The question behind the words.

    Raises:
        ConfigError: They say nothing that a file could answer; the message says what would.
    """
    shown = _several(explained)
    names = _several(kpi)
    names += [name for name in dict.fromkeys(shown) if name not in names]
    asked = Question(
        kpis=names or None,
        explained=shown,
        by=[] if by == ["total"] else _several(by) or ["queue"],
        where={name: _labels(words) for name, words in pairs(where, "where").items()},
        targets=_targets(target),
        given={name: _number(name, words) for name, words in pairs(given, "given").items()},
        plan=None if plan is None else _plan(plan),
    )
    _check_kpis(asked)
    return asked


def pairs(words: Sequence[str] | None, option: str) -> dict[str, str]:
    """``NAME=VALUE``, as often as the option stands.

    Raises:
        ConfigError: One is no such pair, or a name stands twice.
    """
    found: dict[str, str] = {}
    for text in words or ():
        name, equals, value = text.partition("=")
        if not (equals and name.strip() and value.strip()) or name.strip() in found:
            raise ConfigError(f"--{option} {text!r}: NAME=VALUE, each name once")
        found[name.strip()] = value.strip()
    return found


def instant(words: str | None, zone: str, option: str) -> datetime | None:
    """An instant, by the zone's clock unless it says another. A day alone is its beginning,
    also where the clock skips midnight.

    Raises:
        ConfigError: It is none, the clock skips it, or there is no such zone.
    """
    if words is None:
        return None
    try:
        at = datetime.fromisoformat(words)
    except ValueError:
        raise ConfigError(f"--{option} {words!r}: ISO 8601, as 2026-03-01T08:00") from None
    if at.utcoffset() is not None:
        return at
    if _DAY_ALONE.fullmatch(words):
        return at.replace(tzinfo=zone_of(zone))
    try:
        return on_clock(at, zone_of(zone))
    except ConfigError as error:
        raise ConfigError(f"--{option} {error.message}") from None


def _check_kpis(asked: Question) -> None:
    """Only formulas over cells, with every number that they need, and none that nobody needs."""
    needed: set[str] = set()
    for name in asked.kpis or ():
        found = BUILT_IN.ask(name)
        kpi = found.kpi
        if kpi.computed_by is not None:
            raise ConfigError(
                f"KPI {name!r} is no formula over cells, and a file gives no more: in Python "
                f"(ccroute.metrics) {kpi.computed_by} gives it; ccroute kpis {kpi.id} explains it"
            )
        words = [
            field.partition(".")[2] for field in kpi.fields(found.parameters) if is_given(field)
        ]
        if missing := [word for word in words if word not in asked.given]:
            raise ConfigError(f"KPI {name!r} needs a number: --given {missing[0]}=120")
        needed |= set(words)
    if unused := [word for word in asked.given if word not in needed]:
        raise ConfigError(f"--given {unused[0]}: no KPI asked for needs it; see ccroute kpis")


def _several(words: Sequence[str] | None) -> list[str]:
    """Names between commas, but not those within brackets."""
    found = []
    for text in words or ():
        depth, name = 0, ""
        for sign in text:
            depth += (sign == "(") - (sign == ")")
            if sign == "," and depth <= 0:
                found.append(name)
                name = ""
            else:
                name += sign
        found.append(name)
    return [name.strip() for name in found if name.strip()]


def _labels(words: str) -> list[str | None]:
    return [None if word.strip() == "-" else word.strip() for word in words.split(",")]


def _targets(words: Sequence[str] | None) -> dict[str, tuple[float, float]]:
    targets = {}
    for queue, text in pairs(words, "target").items():
        seconds = [_number(queue, word) for word in text.split(",")]
        if len(seconds) > 2 or min(seconds) < 0:
            raise ConfigError(f"--target {queue}={text}: T and S in seconds, as {queue}=20,5")
        targets[queue] = (seconds[0], seconds[1] if len(seconds) == 2 else 5.0)
    return targets


def _number(name: str, words: str) -> float:
    try:
        number = float(words)
    except ValueError:
        number = float("nan")
    if not isfinite(number):
        raise ConfigError(f"{name}={words}: {words!r} is no number")
    return number


def _plan(path: Path) -> Plan:
    try:
        return Plan.load(path)
    except OSError as error:
        fail(sentence(error, path))
