"""The figures of a replay: the same report of what happened and of what was routed.

Both come from one and the same aggregator; here they are only put side by side.
"""

from collections.abc import Iterable

import attrs

from ccroute._events import Event
from ccroute._plan import Plan, ServiceTarget
from ccroute._recording import Recording
from ccroute._wire import KpiAggregator
from ccroute.metrics import AgentRow, Metrics, QueueRow, Ratio
from ccroute.replay import Rerouted

VARIANT = "sl.answered_within"
"""The service level that is printed; its formula stands in ``docs/metrics.md``."""

FORMULA = "answered within T / (answered + abandoned)"

_QUEUE = (
    "offered", "answered", "abandoned", "left", "left_by_cause", "asa", "wait_p50", "wait_p90",
    "wait_p95", "wait_longest", "abandon_longest", "handled", "handle_time", "waiting",
    "offers", "missed",
)  # fmt: skip
_AGENT = ("answered", "handled", "missed", "handle_time", "talk", "wrap_up", "idle", "not_ready",
          "signed_in")  # fmt: skip


@attrs.frozen(kw_only=True)
class QueuePair:
    """One queue twice; ``within`` is the T of its service level, in seconds."""

    queue: str
    within: float
    happened: QueueRow | None
    routed: QueueRow | None


@attrs.frozen(kw_only=True)
class AgentPair:
    """One agent twice."""

    agent: str
    happened: AgentRow | None
    routed: AgentRow | None


@attrs.frozen(kw_only=True)
class Comparison:
    """What happened beside what was routed; the second is absent where nothing was."""

    queues: tuple[QueuePair, ...]
    agents: tuple[AgentPair, ...]

    def document(self) -> dict[str, object]:
        """For machines: rows by run. Ratios as counts and quotient, durations in seconds."""
        return {
            "happened": [_queue(p.happened, p.within) for p in self.queues if p.happened],
            "routed": [_queue(p.routed, p.within) for p in self.queues if p.routed],
            "agents": [
                {
                    "agent": pair.agent,
                    "happened": _agent(pair.happened),
                    "routed": _agent(pair.routed),
                }
                for pair in self.agents
            ],
        }


def compare(
    recording: Recording, routed: Rerouted | None, plan: Plan, within: float | None
) -> Comparison:
    """Measures both runs; ``within`` overrides the queues' own targets.

    Raises:
        ConfigError: a threshold that cannot be counted by.
    """
    default = ServiceTarget().within
    targets = {name: queue.service_level.within for name, queue in plan.queues.items()}
    ladder = {default, *targets.values()} if within is None else {within}
    before = _measured(recording.events, ladder)
    after = _measured(() if routed is None else routed.events, ladder)
    names = sorted({row.queue for row in before.report(within=min(ladder))})
    queues = []
    for name in names:
        seconds = targets.get(name, default) if within is None else within
        pair = (_row(before, name, seconds), _row(after, name, seconds))
        queues.append(QueuePair(queue=name, within=seconds, happened=pair[0], routed=pair[1]))
    return Comparison(queues=tuple(queues), agents=_agents(before, after, min(ladder)))


def _measured(events: Iterable[Event], ladder: set[float]) -> Metrics:
    metrics = Metrics(KpiAggregator(sorted(ladder)))
    metrics.fold_all(events)
    return metrics


def _row(metrics: Metrics, queue: str, within: float) -> QueueRow | None:
    report = metrics.report(by="queue", service_level=VARIANT, within=within)
    return next((row for row in report if row.queue == queue), None)


def _agents(before: Metrics, after: Metrics, within: float) -> tuple[AgentPair, ...]:
    happened, routed = (
        {row.agent: row for row in metrics.report(by="agent", within=within)}
        for metrics in (before, after)
    )
    return tuple(
        AgentPair(agent=name, happened=happened.get(name), routed=routed.get(name))
        for name in sorted({*happened, *routed})
    )


def _queue(row: QueueRow, within: float) -> dict[str, object]:
    figures: dict[str, object] = {"queue": row.queue}
    figures |= {name: getattr(row, name) for name in _QUEUE}
    figures["left_by_cause"] = dict(row.left_by_cause)
    return figures | {"service_level": _ratio(row.service_level) | {"within": within}}


def _agent(row: AgentRow | None) -> dict[str, object] | None:
    if row is None:
        return None
    figures: dict[str, object] = {name: getattr(row, name) for name in _AGENT}
    return figures | {"occupancy": _ratio(row.occupancy)}


def _ratio(ratio: Ratio) -> dict[str, object]:
    return {
        "name": ratio.name,
        "numerator": ratio.numerator,
        "denominator": ratio.denominator,
        "value": ratio.value,
    }
