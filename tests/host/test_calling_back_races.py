"""Customers who are called back while words come late, links break and hosts die."""

import pytest
from tests.host.stage import Stage, play
from tests.host.test_calling_back import NUMBER, PLAN, wants_a_call

from ccroute import Cancel, RequestCallback
from ccroute.adapters import (
    HangUp,
    Instruction,
    Outcome,
    failed,
    unknown,
)
from ccroute.testing import settle


def test_who_cancels_while_a_phone_rings_for_them_is_forgotten() -> None:
    async def scenario(stage: Stage) -> None:
        await wants_a_call(stage)
        await stage.staff("ana")
        await stage.host.apply(Cancel(contact="pbx:c1"), actor="boss")
        await settle()
        assert stage.platform.callers == {}
        assert stage.host.health().tenants["main"].contacts == 0

    play(scenario, plan=PLAN)


@pytest.mark.parametrize("outcome", [failed("throttled"), unknown("lost")])
def test_who_is_let_go_is_let_go_though_their_call_back_has_begun(outcome: Outcome) -> None:
    async def scenario(stage: Stage) -> None:
        await stage.call("c1", caller=NUMBER)
        left = [outcome]

        def answers(it: Instruction) -> Outcome | None:
            return left.pop() if isinstance(it, HangUp) and left else None

        stage.platform.answers = answers
        await stage.staff("ana")
        stage.platform.refuse("ana", "no_answer")
        await settle()
        await stage.host.apply(RequestCallback(contact="pbx:c1"), actor="menu")
        await stage.staff("ben")
        await stage.time.run(2)
        assert "c1" not in stage.platform.callers
        assert [agent for _, agent in stage.platform.ringing()] == ["ben"]

    play(scenario, plan=PLAN)
