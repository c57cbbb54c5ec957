"""A defect of the aggregator is its readers' business: the router it measures goes on."""

import hashlib

import pytest
from tests.metrics.telling import DAY

from ccroute import EngineBroken, KpiAggregator, ManualClock, Plan, Router

_DIGEST = 32


def _broken() -> KpiAggregator:
    """An aggregator that breaks when it is flushed: an event it holds bears a reason that
    nobody gave. No call makes such a one; a forged snapshot does."""

    def holding(reason: str) -> bytes:
        aggregator = KpiAggregator()
        aggregator.fold("agent_ready", DAY, agent="ana", source="pbx", sequence=1)
        for name in ("lunch", "break"):
            aggregator.fold("agent_not_ready", DAY, agent="ana", reason=name)
        aggregator.fold(
            "agent_not_ready", DAY, agent="ana", reason=reason, source="pbx", sequence=3
        )
        return aggregator.snapshot()

    lunch, coffee = holding("lunch"), holding("break")
    (place,) = [
        at
        for at, (one, other) in enumerate(zip(lunch, coffee, strict=True))
        if one != other and at < len(lunch) - _DIGEST
    ]
    forged = lunch[:place] + b"\x7f" + lunch[place + 1 : -_DIGEST]
    return KpiAggregator.restore(forged + hashlib.sha256(forged).digest())


def test_broken_aggregator_breaks_no_command() -> None:
    aggregator = _broken()
    clock = ManualClock(DAY)
    router = Router(Plan.from_toml("[queues.help]"), clock=clock, aggregator=aggregator)
    router.sign_in("ana")
    with pytest.raises(EngineBroken, match="flush"):
        aggregator.flush()
    for number in range(3):
        # A name that comes up for the first time, and one that is known.
        router.sign_in(f"agent {number}")
        router.enqueue(f"c{number}", queue="help")
    router.check()
    router.cancel("c0")
    with pytest.raises(EngineBroken, match="flush"):
        aggregator.counters()
