"""Between the agent's answer and the conversation: what can go wrong while the two are joined."""

import pytest
from tests.host.stage import Stage, play

from ccroute import Suspend
from ccroute.adapters import (
    Connect,
    HangUp,
    Instruction,
    OfferFailed,
    Outcome,
    Park,
    done,
    failed,
    unknown,
)
from ccroute.testing import settle

DESK = ["park", "hangup_party", "snapshot"]
"""No phones: agents accept at their desks."""


def joins(stage: Stage) -> int:
    return sum(isinstance(it, Connect) for it in stage.platform.told)


def refuses(stage: Stage, outcome: Outcome, times: int = 1) -> None:
    """The platform refuses to join, so many times."""
    left = [outcome] * times

    def answers(it: Instruction) -> Outcome | None:
        return left.pop() if isinstance(it, Connect) and left else None

    stage.platform.answers = answers


def ready(stage: Stage, agent: str) -> bool:
    return stage.host.router().explain_agent(agent).availability == "ready"


async def accepted(stage: Stage, agent: str) -> None:
    """Accepted, and the platform says nothing more of it."""
    stage.platform.answers = lambda it: unknown("late") if isinstance(it, Connect) else None
    await stage.staff(agent)
    await stage.call("c1")
    stage.platform.answer(agent)
    await settle()
    assert stage.phase("c1") == "connecting"


@pytest.mark.parametrize(
    ("reason", "charged"),
    [("rejected", True), ("no_answer", True), ("error", False), ("cancelled", False)],
)
def test_a_leg_that_ends_before_the_bridge_gives_the_customer_back(
    reason: str, charged: bool
) -> None:
    async def scenario(stage: Stage) -> None:
        await accepted(stage, "ana")
        await stage.staff("ben")
        stage.platform.refuse("ana", reason)
        await settle()
        assert stage.platform.ringing() == [("c1", "ben")]  # at once, not after the deadline
        assert ready(stage, "ana") is not charged
        assert stage.activity("ana") == "idle"

    play(scenario, plan="[queues.billing]\noffer.limits = { declined = 1, missed = 1 }")


@pytest.mark.parametrize("by_phone", [True, False])
def test_whom_the_platform_never_joins_has_missed_nothing(by_phone: bool) -> None:
    """At a desk the platform rings as it joins: there it may be the agent's doing."""

    async def scenario(stage: Stage) -> None:
        await stage.staff("ana")
        await stage.call("c1")
        stage.platform.answers = lambda it: done() if isinstance(it, Connect) else None
        if by_phone:
            stage.platform.answer("ana")
        else:
            await stage.accept("ana")
        await stage.time.run(9)
        assert stage.phase("c1") == "connecting"
        await stage.time.run(2)
        assert ready(stage, "ana") is by_phone

    can = None if by_phone else DESK
    play(scenario, plan="[queues.billing]\noffer.limits = { missed = 1 }", capabilities=can)


def test_a_customer_who_goes_before_the_bridge_rings_at_nobody_else() -> None:
    async def scenario(stage: Stage) -> None:
        await accepted(stage, "ana")
        await stage.staff("ben")
        stage.platform.hang_up("c1")
        await settle()
        assert stage.phase("c1") == "closed"
        assert (len(stage.platform.rings), ready(stage, "ana")) == (1, True)

    play(scenario)


def test_a_customer_who_goes_while_the_platform_refuses_rings_at_nobody_else() -> None:
    async def scenario(stage: Stage) -> None:
        await stage.staff("ana")
        await stage.call("c1")
        refuses(stage, failed("gone"))
        await stage.staff("ben")
        stage.platform.answer("ana")
        stage.platform.tell = False  # its end is told late
        stage.platform.hang_up("c1")
        stage.platform.tell = True
        await stage.time.run(2)
        assert stage.phase("c1") == "connecting"
        assert len(stage.platform.rings) == 1
        assert sum(isinstance(it, HangUp) for it in stage.platform.told) == 0

    play(scenario)


def test_what_the_platform_refuses_to_join_is_nobodys_fault() -> None:
    async def scenario(stage: Stage) -> None:
        await stage.staff("ana")
        await stage.call("c1")
        refuses(stage, failed("rejected"))
        await stage.staff("ben")
        stage.platform.answer("ana")
        await settle()
        assert [agent for _, agent in stage.platform.ringing()] == ["ben"]  # ana's leg is ended
        assert ready(stage, "ana")
        stage.platform.answer("ben")
        await settle()
        assert stage.platform.callers["c1"].agent == "ben"

    play(scenario)


def test_who_is_there_and_was_not_joined_is_joined_after_all() -> None:
    async def scenario(stage: Stage) -> None:
        await stage.staff("ana")
        await stage.call("c1")
        refuses(stage, unknown("lost"), times=2)
        stage.platform.answer("ana")
        await stage.time.run(3)
        assert (stage.phase("c1"), joins(stage)) == ("engaged", 3)
        ids = [it.id for it in stage.platform.told if isinstance(it, Connect)]
        assert len(set(ids)) == 3  # what is told anew goes by another id

    play(scenario)


def test_who_is_never_joined_waits_again() -> None:
    async def scenario(stage: Stage) -> None:
        await stage.staff("ana")
        await stage.call("c1")
        refuses(stage, unknown("lost"), times=100)
        stage.platform.answer("ana")
        await stage.time.run(4)
        assert (stage.phase("c1"), joins(stage), ready(stage, "ana")) == ("waiting", 5, True)

    play(scenario)


def test_a_phone_that_nobody_picks_up_after_all_is_missed() -> None:
    async def scenario(stage: Stage) -> None:
        await stage.staff("ana")
        await stage.call("c1")
        await stage.accept("ana")  # and the phone rings on
        await stage.staff("ben")
        stage.platform.refuse("ana", "no_answer")
        await settle()
        assert stage.platform.ringing() == [("c1", "ben")]
        assert not ready(stage, "ana")

    play(scenario)


def test_a_leg_begun_for_who_accepted_at_a_desk_may_fail() -> None:
    async def scenario(stage: Stage) -> None:
        await stage.staff("ana")
        await stage.call("c1")
        stage.platform.answers = lambda it: unknown("late") if isinstance(it, Connect) else None
        await stage.accept("ana")
        (connect,) = [it for it in stage.platform.told if isinstance(it, Connect)]
        stage.platform.push(OfferFailed(offer=connect.offer, reason="unreachable"))
        await settle()
        assert stage.phase("c1") == "waiting"

    play(scenario, capabilities=DESK)


@pytest.mark.parametrize("answered", [True, False])
def test_a_link_that_breaks_before_the_bridge_costs_nobody_anything(answered: bool) -> None:
    async def scenario(stage: Stage) -> None:
        await accepted(stage, "ana")
        stage.platform.answers = lambda _: None
        stage.platform.cut()
        await settle()
        assert (stage.phase("c1"), stage.activity("ana")) == ("suspended", "idle")
        await stage.time.run(12)  # longer than the deadline of the connection
        assert ready(stage, "ana")
        if not answered:
            stage.platform.callers["c1"].legs.clear()  # ana hung up, unheard
        stage.platform.mend()
        await settle()
        assert len(stage.platform.rings) == (1 if answered else 2)
        assert stage.phase("c1") == ("engaged" if answered else "offered")
        assert ready(stage, "ana")

    play(scenario)


def test_who_was_bridged_while_the_link_was_broken_talks() -> None:
    async def scenario(stage: Stage) -> None:
        await accepted(stage, "ana")
        stage.platform.cut()
        await settle()
        stage.platform.callers["c1"].agent = "ana"
        stage.platform.mend()
        await settle()
        assert stage.phase("c1") == "engaged"
        assert stage.host.supervise().talking()[0].parts == {"ana": "primary"}
        assert len(stage.platform.rings) == 1

    play(scenario)


def test_a_transfer_rings_where_one_phone_rings_at_a_time() -> None:
    async def scenario(stage: Stage) -> None:
        await stage.staff("ana")
        await stage.talk("c1", "ana")
        await stage.staff("ben")
        await stage.host.agent("ana").transfer("pbx:c1", queue="billing")
        await settle()
        assert stage.platform.ringing() == [("c1", "ben")]

    play(scenario, capabilities=["park", "ring", "cancel_ring", "hangup_party", "snapshot"])


def test_who_is_put_off_while_a_desk_is_being_joined_does_not_talk_unnoticed() -> None:
    async def scenario(stage: Stage) -> None:
        await stage.staff("ana")
        await stage.call("c1")
        stage.platform.answers = lambda it: done() if isinstance(it, Connect) else None
        await stage.accept("ana")
        await stage.host.apply(Suspend(contact="pbx:c1"), actor="boss")
        await settle()
        assert (stage.phase("c1"), stage.activity("ana")) == ("suspended", "idle")
        assert isinstance(stage.platform.told[-1], Park)  # the agent it is joined with goes

    play(scenario, capabilities=DESK)
