"""Callers of textbook centres, drawn beforehand with a fixed seed, so that whoever simulates them
can be compared caller by caller.

Poisson arrivals, conversations and patience without memory; whole microseconds. Nobody's events
fall on one instant with others' in a way that matters: the seeds are chosen by that, and `race`
would show it. Who simulates, and how, does not belong here.
"""

from functools import cache

import attrs
import numpy as np
from numpy.typing import NDArray

from ccroute import AgentPlan, OfferPolicy, Plan, QueuePlan

UNIT_US = 300_000_000
"""A mean conversation."""
GENERAL, SPECIAL = range(2)
"""The queues of the N-model, as places in its plan; the others have the first alone."""


@attrs.frozen(kw_only=True)
class Model:
    """A centre: so many agents who serve the first queue only, so many who serve both; arrivals
    in a mean conversation, by queue; mean patience in mean conversations, ``None``: for ever."""

    name: str
    agents: int
    both: int = 0
    load: tuple[float, ...]
    patience: float | None = None

    def __str__(self) -> str:
        return self.name


MMC = Model(name="M/M/20, load 0.9", agents=20, load=(18.0,))
MMCM = Model(name="M/M/50+M, load 1.04", agents=50, load=(52.0,), patience=1.0)
N_MODEL = Model(name="N-model 11+11", agents=11, both=11, load=(10.0, 9.5))
MODELS = (MMC, MMCM, N_MODEL)


@attrs.frozen(eq=False)
class Callers:
    """Columns of int64, a row a caller; ``patience_us``: ``None`` where all wait for ever."""

    arrivals_us: NDArray[np.int64]
    queues: NDArray[np.int64]
    service_us: NDArray[np.int64]
    patience_us: NDArray[np.int64] | None


@cache
def callers(model: Model, count: int) -> Callers:
    """So many callers of a model; fewer are the first of more."""
    gaps, kinds, talks, patience = (np.random.default_rng([7, column]) for column in range(4))
    total = sum(model.load)

    def micros(drawn: NDArray[np.float64]) -> NDArray[np.int64]:
        return np.rint(drawn * UNIT_US).astype(np.int64)

    return Callers(
        arrivals_us=np.cumsum(micros(gaps.exponential(1 / total, count))),
        queues=(kinds.random(count) * total >= model.load[0]).astype(np.int64),
        service_us=micros(talks.exponential(1.0, count)),
        patience_us=None
        if model.patience is None
        else micros(patience.exponential(model.patience, count)),
    )


def plan(model: Model) -> Plan:
    """The model as a plan: offers taken at once, no wrap-up, the longest idle agent first."""
    queues = ["general", "special"][: len(model.load)]
    first = [AgentPlan(queues=queues[:1])] * model.agents
    both = [AgentPlan(queues=queues)] * model.both
    return Plan(
        queues={name: QueuePlan(offer=OfferPolicy(auto_accept=True)) for name in queues},
        agents={f"agent-{number}": agent for number, agent in enumerate([*first, *both])},
    )
