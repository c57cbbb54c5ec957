"""A plan's service-level targets, as what an aggregator counts by and a report asks for."""

from ccroute._plan import Plan, ServiceTarget
from ccroute._wire import KpiAggregator

# As many thresholds as an aggregator counts by.
_MOST = 32


def measuring(plan: Plan) -> KpiAggregator:
    """Counts by the default target, the targets of the plan, queue by queue as far as there
    is room, and the usual thresholds where room is left."""
    levels = [ServiceTarget(), *(queue.service_level for queue in plan.queues.values())]
    wanted = [seconds for level in levels for seconds in (level.within, level.short_abandon)]
    wanted += KpiAggregator().thresholds()
    counted = [seconds for seconds in dict.fromkeys(wanted) if seconds > 0][:_MOST]
    return KpiAggregator(sorted(counted))


def targets(plan: Plan, counted: list[float]) -> dict[str, tuple[float, float]]:
    """Threshold T and short threshold S of each queue, in seconds; the default ones where a
    queue's own did not get a place among those ``counted``."""
    default = ServiceTarget()

    def known(own: float, other: float) -> float:
        return own if own == 0 or own in counted else other

    levels = {name: queue.service_level for name, queue in plan.queues.items()}
    return {
        name: (known(own.within, default.within), known(own.short_abandon, default.short_abandon))
        for name, own in levels.items()
    }
