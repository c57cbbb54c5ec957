"""The figures of a replay: the same report of what happened and of what was routed.

Both come from one and the same aggregator; here they are only put side by side.
"""

from collections.abc import Mapping, Sequence

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

# So many thresholds one aggregator counts by.
_LADDER = 32

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
    thresholds = sorted({default, *targets.values()}) if within is None else [within]
    before = _measured(recording.events, thresholds)
    after = _measured(() if routed is None else routed.events, thresholds)
    names = sorted({queue for queue, _ in before.queues})
    queues = []
    for name in names:
        seconds = targets.get(name, default) if within is None else within
        happened, again = before.queues.get((name, seconds)), after.queues.get((name, seconds))
        queues.append(QueuePair(queue=name, within=seconds, happened=happened, routed=again))
    return Comparison(queues=tuple(queues), agents=_agents(before, after))


@attrs.frozen(kw_only=True)
class _Measured:
    """One run: each queue by each threshold, and the agents."""

    queues: Mapping[tuple[str, float], QueueRow]
    agents: Mapping[str, AgentRow]


def _measured(events: Sequence[Event], thresholds: Sequence[float]) -> _Measured:
    """Counts the events once for each ladder that the thresholds fill."""
    queues: dict[tuple[str, float], QueueRow] = {}
    agents: dict[str, AgentRow] = {}
    for first in range(0, len(thresholds), _LADDER):
        ladder = thresholds[first : first + _LADDER]
        metrics = Metrics(KpiAggregator(ladder))
        metrics.fold_all(events)
        for seconds in ladder:
            report = metrics.report(by="queue", service_level=VARIANT, within=seconds)
            queues |= {(row.queue, seconds): row for row in report}
        if not agents:
            # No figure of theirs has a threshold: any ladder gives the same.
            agents = {row.agent: row for row in metrics.report(by="agent", within=ladder[0])}
    return _Measured(queues=queues, agents=agents)


def _agents(before: _Measured, after: _Measured) -> tuple[AgentPair, ...]:
    return tuple(
        AgentPair(agent=name, happened=before.agents.get(name), routed=after.agents.get(name))
        for name in sorted({*before.agents, *after.agents})
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
