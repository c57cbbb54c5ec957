"""Commands about the centre as a whole, and about time."""

from collections.abc import Iterable, Mapping
from typing import ClassVar

import attrs

from ccroute._commands._command import Command
from ccroute._models import Observed
from ccroute._plan import Plan, Value
from ccroute._table import unchanging


@attrs.frozen(kw_only=True)
class Advance(Command):
    """Time passed, and nothing else."""

    verb: ClassVar[str] = "advance"


@attrs.frozen(kw_only=True)
class SetQueueOpen(Command):
    """A queue opens or closes."""

    verb: ClassVar[str] = "set_queue_open"
    queue: str
    open: bool


@attrs.frozen(kw_only=True)
class SetLine(Command):
    """A line goes down or comes up."""

    verb: ClassVar[str] = "set_line"
    line: str
    up: bool


@attrs.frozen(kw_only=True)
class ObserveKpi(Command):
    """A figure was observed: ``numerator`` over ``denominator`` (0: nothing is known)."""

    verb: ClassVar[str] = "observe_kpi"
    kpi: str
    numerator: int
    denominator: int = 1


def _scores_kept(given: Mapping[str, Mapping[str, float]]) -> Mapping[str, Mapping[str, float]]:
    scores: Mapping[str, Mapping[str, float]] = unchanging(given)
    return scores


@attrs.frozen(kw_only=True)
class SetScores(Command):
    """A score table is filled anew: by contact type and agent, until ``expires``."""

    verb: ClassVar[str] = "set_scores"
    table: str
    scores: Mapping[str, Mapping[str, float]] = attrs.field(converter=_scores_kept)
    expires: float
    version: int = 0


@attrs.frozen(kw_only=True)
class SetPlan(Command):
    """Another plan comes into force."""

    verb: ClassVar[str] = "set_plan"
    plan: Plan


def _observed_kept(given: Iterable[Observed]) -> tuple[Observed, ...]:
    observed: tuple[Observed, ...] = unchanging(given)
    return observed


@attrs.frozen(kw_only=True)
class Reconcile(Command):
    """What the platform holds, all of it: contacts are made to agree. ``among``: only our contacts
    with this attribute and value are meant."""

    verb: ClassVar[str] = "reconcile"
    observed: tuple[Observed, ...] = attrs.field(converter=_observed_kept)
    among: tuple[str, Value] | None = None
