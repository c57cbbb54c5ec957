"""A plan's service-level targets, as what an aggregator counts by and a report asks for."""

from ccroute._plan import Plan, ServiceTarget
from ccroute._wire import KpiAggregator

# As many thresholds as an aggregator counts by.
_MOST = 32


def measuring(plan: Plan) -> KpiAggregator:
    """Counts by the thresholds of the plan and, as far as there is room, the usual ones.

    A plan may have more than an aggregator counts by: the shortest count then, and a report
    that asks for another says so.
    """
    usual = KpiAggregator().thresholds()
    own = {ServiceTarget().within, ServiceTarget().short_abandon}
    for queue in plan.queues.values():
        own |= {queue.service_level.within, queue.service_level.short_abandon} - {0.0}
    others = [seconds for seconds in usual if seconds not in own]
    return KpiAggregator(sorted([*sorted(own)[:_MOST], *others[: max(_MOST - len(own), 0)]]))


def targets(plan: Plan) -> dict[str, tuple[float, float]]:
    """Threshold T and short threshold S of each queue, in seconds."""
    levels = {name: queue.service_level for name, queue in plan.queues.items()}
    return {name: (level.within, level.short_abandon) for name, level in levels.items()}
