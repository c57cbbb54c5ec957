"""How long customers are willing to wait: the estimator of Kaplan and Meier.

The wait of one who abandoned is that customer's patience. The wait of one who was
answered, or left by rule, is a lower bound of it: a censored observation. The mean of
the abandoned waits alone would be biased low; the product-limit estimator ("Nonparametric
estimation from incomplete observations", JASA 53, 1958) is not.
"""

import math
from collections.abc import Sequence
from typing import TypeAlias

import attrs
import numpy as np
from numpy.typing import NDArray

from ccroute._errors import Rejected

Waits: TypeAlias = Sequence[float] | NDArray[np.float64]


@attrs.frozen(kw_only=True)
class Survival:
    """The share of customers still willing to wait, by seconds waited.

    ``times`` are the distinct waits at which somebody abandoned, rising; ``shares[i]``
    is the share left from ``times[i]`` on (it is 1 before the first). ``hazard`` is the
    rate per second at which the last of them give up, used past the last of ``times``;
    0 says that nobody there was ever seen to.
    """

    times: tuple[float, ...]
    shares: tuple[float, ...]
    hazard: float
    abandons: int

    def share(self, wait: float) -> float:
        """The share willing to wait longer than ``wait`` seconds.

        Raises:
            Rejected: ``invalid_value``: a wait that is negative or not finite.
        """
        _check_wait(wait)
        index = int(np.searchsorted(self.times, wait, side="right"))
        share = 1.0 if index == 0 else self.shares[index - 1]
        last = self.times[-1] if self.times else 0.0
        return share * math.exp(-self.hazard * max(0.0, wait - last))

    def median(self) -> float | None:
        """The wait in seconds at which half would have given up; ``None``: not seen to."""
        within = np.asarray(self.shares) <= 0.5
        return self.times[int(np.argmax(within))] if within.any() else None

    def beyond(self, wait: float, draw: float) -> float:
        """The patience of a customer known to have more than ``wait`` seconds of it.

        ``draw`` in (0, 1) picks from the curve's tail: the first instant at which no
        more than ``draw`` of those still there at ``wait`` are left. Past the last
        abandon the tail is exponential with ``hazard``; without one it is infinite.

        Raises:
            Rejected: ``invalid_value``: a wait that is negative or not finite, a draw
                that is not between 0 and 1.
        """
        _check_wait(wait)
        if not 0.0 < draw < 1.0:
            raise Rejected("invalid_value", f"the draw {draw!r}: give a number between 0 and 1")
        left = draw * self.share(wait)
        index = int(np.searchsorted(-np.asarray(self.shares), -left, side="left"))
        if left > 0.0 and index < len(self.times):
            return self.times[index]
        if self.hazard == 0.0:
            return math.inf
        # The exponential forgets: counting from the wait or from the last abandon,
        # whichever is later, is all that matters.
        last = self.times[-1] if self.times else 0.0
        if wait >= last:
            return math.nextafter(wait, math.inf) - math.log(draw) / self.hazard
        return last + math.log(self.shares[-1] / left) / self.hazard


def kaplan_meier(waits: Waits, abandoned: Sequence[bool] | NDArray[np.bool_]) -> Survival:
    """The product-limit estimate from waits in seconds and whether each was abandoned.

    At equal waits the abandons come first, so who was answered at *w* had the patience
    for all of *w*. The hazard of the tail is that of the later half of the abandons:
    their number over the seconds waited past the median abandon.

    Raises:
        Rejected: ``invalid_value``: a wait that is negative or not finite, or not one
            ``abandoned`` for each wait.

    >>> curve = kaplan_meier([2, 3, 3, 5, 8], [True, True, False, True, False])
    >>> curve.times, [round(share, 3) for share in curve.shares]
    ((2.0, 3.0, 5.0), [0.8, 0.6, 0.3])
    """
    if len(waits) != len(abandoned):
        raise Rejected(
            "invalid_value",
            f"{len(waits)} waits and {len(abandoned)} times abandoned or not: give one for each",
        )
    for wait in waits:
        _check_wait(wait)
    seconds = np.asarray(waits, dtype=np.float64)
    events = np.asarray(abandoned, dtype=np.bool_)
    times, counts = np.unique(seconds[events], return_counts=True)
    at_risk = len(seconds) - np.searchsorted(np.sort(seconds), times, side="left")
    shares = np.cumprod(1.0 - counts / at_risk) if len(times) else np.empty(0)
    return Survival(
        times=tuple(times.tolist()),
        shares=tuple(shares.tolist()),
        hazard=_last_hazard(seconds, seconds[events]),
        abandons=int(events.sum()),
    )


def _check_wait(wait: float) -> None:
    if not 0.0 <= wait < math.inf:
        raise Rejected(
            "invalid_value", f"the wait {wait!r}: give seconds, a finite number not below 0"
        )


def _last_hazard(waits: NDArray[np.float64], abandons: NDArray[np.float64]) -> float:
    if len(abandons) == 0:
        return 0.0
    middle = float(np.median(abandons))
    late = int((abandons > middle).sum())
    if late == 0:
        # Half of them or more share the longest wait: then all count, from the start.
        middle, late = 0.0, len(abandons)
    exposure = float(np.clip(waits - middle, 0.0, None).sum())
    return late / exposure if exposure else 0.0
