"""Drawn callers, run through the engine on a virtual clock."""

from collections.abc import Mapping

import attrs
import numpy as np
from numpy.typing import NDArray

from ccroute._errors import Rejected
from ccroute._models import not_a, settings
from ccroute._plan import AgentPlan, Plan
from ccroute._wire import CALLER_OUTCOMES, Engine, KpiAggregator

_SHORTEST = 0.000001


@attrs.frozen(kw_only=True, eq=False)
class Simulated:
    """What became of the callers of a simulation: arrays of shape (n,), a row a caller.

    ``outcome`` (uint8): a place in ``CALLER_OUTCOMES``. ``wait_us`` (int64): µs from entry to
    connection or to leaving; of who still waits, so far. ``agent`` (int64): a place in the list
    of agents, -1: nobody. ``ended_us`` (int64): the instant, in µs since the epoch, at which the
    conversation ended or the caller left; of who still waits, at which the run ended.
    """

    outcome: NDArray[np.uint8]
    wait_us: NDArray[np.int64]
    agent: NDArray[np.int64]
    ended_us: NDArray[np.int64]

    @property
    def answered(self) -> NDArray[np.bool_]:
        """Who talked with an agent, shape (n,)."""
        return self._became("answered")

    @property
    def abandoned(self) -> NDArray[np.bool_]:
        """Who ran out of patience, shape (n,)."""
        return self._became("abandoned")

    def _became(self, outcome: str) -> NDArray[np.bool_]:
        return np.equal(self.outcome, CALLER_OUTCOMES.index(outcome))


def simulate(
    plan: Plan,
    *,
    arrivals_us: NDArray[np.int64],
    service_us: NDArray[np.int64],
    patience_us: NDArray[np.int64] | None = None,
    queues: str | NDArray[np.int64] | None = None,
    agents: Mapping[str, AgentPlan] | None = None,
) -> Simulated:
    """Runs callers through the engine under ``plan``, as a `Router` would route them, on a clock
    of its own: what would these agents have made of these callers?

    Agents are those of the plan (or ``agents``, instead), ready from the first moment to the last;
    queues are open. Who is offered a caller accepts and is connected at once. Everything else is
    the plan's: whose turn it is, who takes whom, wrap-up, steps, limits. No metrics are kept.
    At one instant deadlines of the plan come first, then conversations that end, then patience
    that ends, then newcomers; each in the order of the rows.

    All columns are int64 arrays of shape (n,). ``arrivals_us``: when each caller comes, in µs
    since the epoch, ascending. ``service_us``: µs of conversation, once connected;
    ``patience_us``: µs a caller waits at most, ``None``: for ever. ``queues``: the name of the
    queue of all of them, or places in ``list(plan.queues)``; ``None``: the plan's only one. The
    channel is the plan's first. Other threads run meanwhile.

    >>> import numpy as np
    >>> from ccroute import AgentPlan, Plan, QueuePlan, simulate
    >>> seconds = 1_000_000
    >>> ends = simulate(
    ...     Plan(queues={"support": QueuePlan()}, agents={"ana": AgentPlan(queues=["support"])}),
    ...     arrivals_us=np.array([0, 10, 20]) * seconds,
    ...     service_us=np.array([60, 60, 60]) * seconds,
    ...     patience_us=np.array([90, 30, 90]) * seconds,
    ... )
    >>> ends.wait_us // seconds
    array([ 0, 30, 40])
    >>> ends.abandoned
    array([False,  True, False])

    Raises:
        Rejected: ``unknown_queue``, and ``invalid_value`` for callers out of order or a number
            that cannot be.
        TypeError: a column of another type.
        ValueError: a column of another shape.
    """
    if not isinstance(plan, Plan):
        raise not_a("ccroute.Plan", "plan", plan)
    # Nobody asks for who has gone: remembering them would change nothing but the room they take.
    planned = attrs.evolve(
        plan, agents=plan.agents if agents is None else agents, retention=_SHORTEST
    )
    places = _places(list(planned.queues), queues, len(arrivals_us))
    engine = Engine(planned.checked(), KpiAggregator(), "simulation")
    for name, agent in planned.agents.items():
        held = (agent.skills, agent.labels, agent.queues, agent.capacity, agent.budget, agent.lines)
        engine.sign_in(0.0, name, settings(*held), None)
    for name in planned.queues:
        engine.set_queue_open(0.0, name, True, None)
    engine.ready_all(0.0, list(planned.agents), None)
    callers = (arrivals_us, places, service_us, patience_us)
    outcome, agent_of, wait_us, ended_us = engine.simulate(callers)
    return Simulated(outcome=outcome, wait_us=wait_us, agent=agent_of, ended_us=ended_us)


def _places(
    known: list[str], queues: str | NDArray[np.int64] | None, callers: int
) -> NDArray[np.int64]:
    """The place of each caller's queue in the plan's list."""
    if queues is None:
        if len(known) != 1:
            message = f"the plan has {len(known)} queues: say which one each caller is for"
            raise Rejected("unknown_queue", message)
        return np.zeros(callers, np.int64)
    if not isinstance(queues, str):
        return queues
    if queues not in known:
        message = f"no queue '{queues}': the plan has {', '.join(known) or 'none'}"
        raise Rejected("unknown_queue", message)
    return np.full(callers, known.index(queues), np.int64)
