"""Who goes next."""

from typing import Literal

import attrs

from ccroute._plan._fields import part


@attrs.frozen(kw_only=True)
class MarginalCost:
    """What waiting on costs, under ``order.across = "marginal_cost"``.

    ``constant`` and ``per_minute`` waited, divided by the ``handle_time`` (seconds) of one
    contact: the generalised cµ rule.
    """

    constant: float = 0.0
    per_minute: float = 1.0
    handle_time: float = 300.0


@attrs.frozen(kw_only=True)
class PickRule:
    """Which of the ``oldest`` a freed agent takes: the one whose score, with what its wait is
    worth, is highest. No contact is overtaken so more than ``overtakes`` times."""

    oldest: int = 1
    per_minute: float = 1.0
    overtakes: int = 50


@attrs.frozen(kw_only=True)
class OrderRule:
    """Who goes next within a queue, and how the queue compares with others.

    ``band`` and ``head_start`` (seconds; negative: as if it came later) are those of
    contacts that bring none; ``slope``: how fast contacts age.
    """

    by: Literal["aged", "strict", "lifo", "due_date"] = "aged"
    band: int = 0
    head_start: float = 0.0
    slope: float = 1.0
    weight: int = 0
    share: int = 1
    cost: MarginalCost = part(MarginalCost)
    pick: PickRule = part(PickRule)


@attrs.frozen(kw_only=True)
class OrderPlan:
    """How the first contacts of several queues compare.

    ``ranked``: an agent serves queues of a lower link rank first. With ``False`` ranks say
    only which agent is chosen, as penalties and tiers do.
    """

    across: Literal["age", "ratio", "marginal_cost", "due_date"] = "age"
    ranked: bool = True
