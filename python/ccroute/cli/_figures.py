"""The figures of a replay: the same report of what happened and of what was routed.

Both come from one and the same aggregator; here they are only put side by side.
"""

from collections.abc import Callable, Mapping, Sequence

import attrs

from ccroute._events import Event
from ccroute._plan import Plan, ServiceTarget
from ccroute._recording import Recording
from ccroute._wire import CAUSES, KpiAggregator
from ccroute.metrics import Kpi, Metrics, Row, Value
from ccroute.replay import Rerouted

VARIANT = "sl.answered_within"
"""The service level that is printed; its formula stands in ``docs/metrics``."""

FORMULA = "answered within T / (answered + abandoned)"

OCCUPANCY = "occupancy.handling"

# So many thresholds one aggregator counts by.
_LADDER = 32

# The names in the document, each with its KPI.
_QUEUE: Mapping[str, str] = {
    "offered": "offered",
    "answered": "answered",
    "abandoned": "abandoned",
    "left": "left",
    "left_by_cause": "left",
    "asa": "asa",
    "wait_p50": "wait.p50",
    "wait_p90": "wait.p90",
    "wait_p95": "wait.p95",
    "wait_longest": "wait.longest",
    "abandon_longest": "abandon.longest",
    "handled": "handled",
    "handle_time": "aht",
    "waiting": "waiting",
    "offers": "offers.made",
    "missed": "offers.missed",
}
_AGENT: Mapping[str, str] = {
    "answered": "answered",
    "handled": "handled",
    "missed": "offers.missed",
    "handle_time": "aht",
    "talk": "time.talk",
    "wrap_up": "time.wrap_up",
    "idle": "time.idle",
    "not_ready": "time.not_ready",
    "signed_in": "time.signed_in",
}
_LEFT: Mapping[str, Kpi] = {
    cause: Kpi(
        id=f"replay.left.{cause}",
        title=f"Left: {cause}",
        unit="n",
        numerator=f"left.{cause}",
    )
    for cause in CAUSES
}


@attrs.frozen(kw_only=True)
class QueuePair:
    """One queue twice; ``within`` is the T of its service level, in seconds."""

    queue: str
    within: float
    happened: Row | None
    routed: Row | None


@attrs.frozen(kw_only=True)
class AgentPair:
    """One agent twice."""

    agent: str
    happened: Row | None
    routed: Row | None


@attrs.frozen(kw_only=True)
class Comparison:
    """What happened beside what was routed; the second is absent where nothing was."""

    queues: tuple[QueuePair, ...]
    agents: tuple[AgentPair, ...]

    def document(self) -> dict[str, object]:
        """For machines: rows by run. Ratios as counts and quotient, durations in seconds."""
        return {
            "happened": [_queue(p.queue, p.happened, p.within) for p in self.queues if p.happened],
            "routed": [_queue(p.queue, p.routed, p.within) for p in self.queues if p.routed],
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

    def target(queue: str) -> float:
        return targets.get(queue, default) if within is None else within

    thresholds = sorted({default, *targets.values()}) if within is None else [within]
    before = _measured(recording.events, thresholds, target)
    after = _measured(() if routed is None else routed.events, thresholds, target)
    queues = tuple(
        QueuePair(
            queue=name,
            within=target(name),
            happened=before.queues[name],
            routed=after.queues.get(name),
        )
        for name in sorted(before.queues)
    )
    return Comparison(queues=queues, agents=_agents(before, after))


@attrs.frozen(kw_only=True)
class _Measured:
    """One run: the queues, each by its own threshold, and the agents."""

    queues: Mapping[str, Row]
    agents: Mapping[str, Row]


def _measured(
    events: Sequence[Event], thresholds: Sequence[float], target: Callable[[str], float]
) -> _Measured:
    """Counts the events once for each ladder that the thresholds fill."""
    queues: dict[str, Row] = {}
    agents: dict[str, Row] = {}
    for first in range(0, len(thresholds), _LADDER):
        ladder = thresholds[first : first + _LADDER]
        aggregator = KpiAggregator(ladder)
        Metrics(aggregator).fold_all(events)
        mine = [name for name in aggregator.names("queue") if target(name) in ladder]
        metrics = Metrics(aggregator, targets={name: (target(name), 0.0) for name in mine})
        kpis: list[str | Kpi] = [*dict.fromkeys(_QUEUE.values()), *_LEFT.values(), VARIANT]
        queues |= _rows(metrics, "queue", kpis, only=mine)
        if not agents:
            # No figure of theirs has a threshold: any ladder gives the same.
            agents = _rows(metrics, "agent", [*_AGENT.values(), OCCUPANCY])
    return _Measured(queues=queues, agents=agents)


def _rows(
    metrics: Metrics, by: str, kpis: Sequence[str | Kpi], *, only: Sequence[str] | None = None
) -> dict[str, Row]:
    """The rows by name; what has none is left out."""
    table = metrics.report(by, kpis=kpis, where=None if only is None else {by: only})
    named = ((row.labels[by], row) for row in table)
    return {name: row for name, row in named if name is not None}


def _agents(before: _Measured, after: _Measured) -> tuple[AgentPair, ...]:
    return tuple(
        AgentPair(agent=name, happened=before.agents.get(name), routed=after.agents.get(name))
        for name in sorted({*before.agents, *after.agents})
    )


def _queue(queue: str, row: Row, within: float) -> dict[str, object]:
    figures: dict[str, object] = {"queue": queue}
    figures |= {name: _number(row[kpi]) for name, kpi in _QUEUE.items()}
    left = {cause: _number(row[kpi.id]) for cause, kpi in _LEFT.items()}
    figures["left_by_cause"] = {cause: count for cause, count in left.items() if count}
    return figures | {"service_level": _ratio(row[VARIANT], VARIANT) | {"within": within}}


def _agent(row: Row | None) -> dict[str, object] | None:
    if row is None:
        return None
    figures: dict[str, object] = {name: _number(row[kpi]) for name, kpi in _AGENT.items()}
    return figures | {"occupancy": _ratio(row[OCCUPANCY], OCCUPANCY)}


def _number(value: Value) -> float | None:
    """Counts stay whole."""
    return value.numerator if value.unit == "n" else value.value


def _ratio(value: Value, name: str) -> dict[str, object]:
    return {
        "name": name,
        "numerator": value.numerator,
        "denominator": value.denominator,
        "value": value.value,
    }
