"""Calls back over links that break, and platforms that refuse: nobody is called twice at once, and
what was not dialled was no attempt."""

import pytest
from tests.host.called_back import DESK, PLAN, calls, offered, reached
from tests.host.stage import Stage, play

from ccroute.adapters import CallCustomer, failed
from ccroute.testing import TELEPHONE, settle

CAN = pytest.mark.parametrize("can", [list(TELEPHONE), DESK], ids=["rings", "at the desk"])


async def accepted(stage: Stage) -> None:
    """Ana is there: the customer is to be dialled."""
    if stage.platform.ringing():
        stage.platform.answer("ana")
    else:
        await stage.accept("ana")
    await settle()


@CAN
def test_a_call_that_came_to_nothing_while_the_link_was_down_is_ended_after(
    can: list[str],
) -> None:
    async def scenario(stage: Stage) -> None:
        await offered(stage)
        await accepted(stage)
        (native,) = stage.platform.callers
        stage.platform.cut()
        await stage.time.run(31)
        assert stage.phase("c1") == "scheduled"
        stage.platform.mend()
        await settle()
        assert native not in stage.platform.callers
        assert len(calls(stage)) == 1
        while len(calls(stage)) == 1:
            await stage.time.run(5)
            if stage.host.agent("ana").state().offers:
                await accepted(stage)
        assert calls(stage)[-1].contact != native

    play(scenario, plan=PLAN, capabilities=can)


@CAN
@pytest.mark.parametrize("failure", ["link_down", "throttled"])
def test_who_was_not_dialled_for_certain_was_not_tried(failure: str, can: list[str]) -> None:
    async def scenario(stage: Stage) -> None:
        shown: list[str] = []
        told = stage.host.tenants["main"].told
        told.append(lambda events: shown.extend(it.kind for it in events))
        await offered(stage)
        refused = failed(failure, retry_after=0.5 if failure == "throttled" else None)
        stage.platform.answers = lambda it: refused if isinstance(it, CallCustomer) else None
        await accepted(stage)
        await stage.time.run(4)
        assert stage.phase("c1") == "suspended"
        assert stage.activity("ana") == "idle"
        stage.platform.answers = lambda _: None
        stage.platform.mend()
        await settle()
        while stage.phase("c1") != "connecting":
            await accepted(stage)
        await reached(stage, calls(stage)[-1].contact)
        assert {"callback_failed", "agent_not_ready"}.isdisjoint(shown)

    play(scenario, plan=PLAN, capabilities=can)
