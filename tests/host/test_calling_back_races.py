"""Customers who are called back while words come late, links break and hosts die."""

from tests.host.stage import Stage, play
from tests.host.test_calling_back import PLAN, wants_a_call

from ccroute import Cancel
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
