"""The patience of a recorded day's customers, to draw from when the day is routed again.

The estimator is that of the metrics (``ccroute.metrics``): the waits of the answered are
censored observations.
"""

from collections.abc import Iterable, Mapping, Sequence

import attrs

from ccroute.metrics import Survival, kaplan_meier
from ccroute.replay.draws import uniform
from ccroute.replay.workload import Outcome, Visit

__all__ = ["FEWEST_ABANDONS", "Patience", "Survival", "estimate_patience", "kaplan_meier"]

FEWEST_ABANDONS = 10
"""A queue with fewer abandons than this borrows the curve of all queues together."""


@attrs.frozen(kw_only=True)
class Patience:
    """The curves of a day: one a queue, or the pooled one where a queue has too little.

    ``pooled`` stands for every queue that ``by_queue`` does not name.
    """

    by_queue: Mapping[str, Survival]
    pooled: Survival

    def of(self, visit: Visit, seed: int) -> float:
        """Seconds this customer would wait in the queue, from entry.

        What was observed where it was; otherwise drawn, the same for the same seed,
        contact and visit.
        """
        if visit.outcome is Outcome.ABANDONED:
            return visit.wait
        curve = self.by_queue.get(visit.queue, self.pooled)
        return curve.beyond(visit.wait, uniform(seed, "patience", visit.contact, visit.number))


def estimate_patience(visits: Iterable[Visit]) -> Patience:
    """Kaplan–Meier curves of all visits and of each queue with enough abandons."""
    by_queue: dict[str, list[Visit]] = {}
    for visit in visits:
        by_queue.setdefault(visit.queue, []).append(visit)
    curves = {queue: _curve(of_queue) for queue, of_queue in by_queue.items()}
    return Patience(
        by_queue={
            queue: curve for queue, curve in curves.items() if curve.abandons >= FEWEST_ABANDONS
        },
        pooled=_curve([visit for of_queue in by_queue.values() for visit in of_queue]),
    )


def _curve(visits: Sequence[Visit]) -> Survival:
    return kaplan_meier(
        [visit.wait for visit in visits],
        [visit.outcome is Outcome.ABANDONED for visit in visits],
    )
