"""Reports of visits that lie in a table: no aggregator counts them first."""

from collections.abc import Mapping, Sequence

from ccroute._wire import VisitTable
from ccroute.metrics._build import DEFAULT_KPIS, build
from ccroute.metrics._given import Given
from ccroute.metrics._intervals import Instant, range_of
from ccroute.metrics._kpi import Kpi
from ccroute.metrics._source import Where
from ccroute.metrics._table import ReportTable
from ccroute.metrics.registry import BUILT_IN, Registry

_CELL = 0.000_001
"""Any interval will do: what a table counts by is the microsecond."""


def report_visits(
    visits: VisitTable,
    by: str | Sequence[str] = "queue",
    *,
    interval: str | None = None,
    zone: str = "UTC",
    basis: str = "offered",
    kpis: Sequence[str | Kpi] = DEFAULT_KPIS,
    start: Instant | None = None,
    end: Instant | None = None,
    where: Where | None = None,
    targets: Mapping[str, tuple[float, float]] | None = None,
    target_by: str = "queue",
    given: Mapping[str, Given] | None = None,
    registry: Registry = BUILT_IN,
) -> ReportTable:
    """A row a group and interval, a column a KPI, as :meth:`Metrics.report` of the same visits.

    Percentiles are exact, any threshold will do, and a range may begin and end at any instant.
    What no table of visits tells (offers, agents' time, codes) is refused. On bases
    ``offered``, ``event`` and ``completion``.

    Raises:
        ConfigError: Something asked for does not exist or does not fit; the message says
            what would.
        Rejected: A row of the table cannot be.

    >>> from ccroute.metrics import read_calls
    >>> calls = read_calls(["queue,entered,outcome,wait", "billing,900,abandoned,0:07"])
    >>> report_visits(calls.table(), kpis=["abandon.wait"])["billing"]["abandon.wait"].value
    7.0
    """

    def extent() -> tuple[float, float] | None:
        known = visits.extent()
        # The last instant belongs to the interval that it begins.
        return None if known is None else (known[0], known[1] + _CELL)

    start, end = range_of(start, end, interval, zone, extent, cell=_CELL)
    return build(
        visits,
        registry,
        by=by,
        interval=interval,
        zone=zone,
        basis=basis,
        kpis=kpis,
        start=start,
        end=end,
        where=where,
        targets=targets,
        target_by=target_by,
        given=given,
        cell=_CELL,
    )
