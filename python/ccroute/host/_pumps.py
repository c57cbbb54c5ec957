"""What a host asks its engines regularly: scores that a ranker of one's own computes, figures
by which queues get help. Both become commands, so the log holds what came of them."""

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable, Mapping

import attrs

from ccroute._commands import Command, ObserveKpi, SetScores
from ccroute._errors import ConfigError, Rejected
from ccroute._router import Router
from ccroute.adapters import Time, within
from ccroute.host._tenant import Tenant

_log = logging.getLogger("ccroute.host")

Scores = Mapping[str, Mapping[str, float]]
"""Type of contact → agent → score."""


def _positive(_: object, field: "attrs.Attribute[float]", value: float) -> None:
    if not value > 0:
        raise ConfigError(f"{field.name} is {value}: give seconds above 0")


@attrs.frozen(kw_only=True)
class Ranker:
    """Fills the score table ``table`` anew, every ``every`` seconds, for ``lasts`` seconds.

    ``rank``: computes the scores of a router; it may be a coroutine, and what takes long belongs
    into a thread of its own (`asyncio.to_thread`). When it fails or takes longer than ``every``,
    the scores before hold until they expire; then the queue falls back to its other keys.
    """

    table: str
    rank: Callable[[Router], Scores | Awaitable[Scores]]
    every: float = attrs.field(default=60.0, validator=_positive)
    lasts: float = attrs.field(default=300.0, validator=_positive)
    tenant: str | None = None


Fraction = tuple[int, int]
"""Numerator and denominator."""


@attrs.frozen(kw_only=True)
class Figure:
    """Tells the engine the figure ``kpi``, by which rules of help go, every ``every`` seconds.

    ``read``: the fraction, as (numerator, denominator), from a router's metrics, for example.
    """

    kpi: str
    read: Callable[[Router], Fraction | Awaitable[Fraction]]
    every: float = attrs.field(default=15.0, validator=_positive)
    tenant: str | None = None


Pump = Ranker | Figure


async def run_pump(pump: Pump, tenant: Tenant, time: Time) -> None:
    """Works until it is cancelled. What it raises is its own trouble, told in the log."""
    name = type(pump).__name__
    version = 0
    while True:
        version += 1
        try:
            await tenant.ask(await _next(pump, tenant, time, version), actor=f"pump:{name}")
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            tenant.counters.pump_faults += 1  # what it waited for was cancelled, not it
        except (TimeoutError, Rejected) as error:
            tenant.counters.pump_faults += 1
            _log.warning("tenant %s: %s: %s", tenant.name, name, str(error) or "took too long")
        except Exception:
            tenant.counters.pump_faults += 1
            _log.exception("tenant %s: %s broke; it is tried again", tenant.name, name)
        await time.sleep_until(time.now() + pump.every)


async def _next(pump: Pump, tenant: Tenant, time: Time, version: int) -> Command:
    until = time.now() + pump.every
    match pump:
        case Ranker():
            scores = pump.rank(tenant.router)
            if inspect.isawaitable(scores):
                scores = await within(time, until, scores)
            expires = time.now() + pump.lasts
            return SetScores(table=pump.table, scores=scores, expires=expires, version=version)
        case Figure():
            fraction = pump.read(tenant.router)
            if inspect.isawaitable(fraction):
                fraction = await within(time, until, fraction)
            above, below = fraction
            return ObserveKpi(kpi=pump.kpi, numerator=above, denominator=below)
