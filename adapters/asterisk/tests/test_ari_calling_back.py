"""Customers who are called back: the agent first, and what may go wrong on the way."""

import pytest
from adapters.asterisk.tests.ari_stage import NOW, Stage

from ccroute.adapters import CallCustomer, Ring, Verdict


def calling(stage: Stage) -> tuple[str, str]:
    """A customer whose phone rings, for an agent who answered; both channels."""
    head = stage.head()
    leg = stage.starting(head)
    ring = Ring(
        contact="back", offer=1, agent="ana", address="PJSIP/ana", until=NOW + 20, callback=True,
        **head,
    )  # fmt: skip
    assert stage.give(ring).verdict is Verdict.DONE
    stage.say("ChannelStateChange", leg)
    head = stage.head()
    customer = f"ccroute-out-{head['id']}"
    stage.between["create"] = lambda: stage.say("StasisStart", customer, args=["back"])
    call = CallCustomer(
        contact="back", offer=1, agent="ana", address="+34600", until=NOW + 20, **head
    )
    assert stage.give(call).verdict is Verdict.DONE
    assert stage.asked[-1].query["endpoint"] == "PJSIP/+34600@trunk"
    stage.run_errands()
    assert stage.asked[-1].path == ("channels", customer, "dial")
    assert stage.told() == ["Dialled", "Answered"]
    return leg, customer


def test_a_customer_is_called_back_and_then_is_as_any_other() -> None:
    stage = Stage(outbound="PJSIP/{address}@trunk")
    leg, customer = calling(stage)
    stage.say("ChannelStateChange", customer)
    stage.run_errands()
    talk = stage.session.contacts["back"].talk
    assert talk is not None
    assert stage.asked[-1].query["channel"] == f"{leg},{customer}"
    stage.enter(leg, talk)
    stage.enter(customer, talk)
    assert stage.told() == ["Bridged"]
    stage.say("ChannelHangupRequest", customer)
    stage.say("StasisEnd", customer)
    stage.say("ChannelDestroyed", customer, cause=16)
    assert stage.told() == ["Disconnected customer", "Ended hangup"]


@pytest.mark.parametrize(
    ("cause", "reason"), [(19, "no_answer"), (17, "busy"), (21, "busy"), (3, "unreachable")]
)
def test_a_customer_who_is_not_reached_lets_the_agent_go(cause: int, reason: str) -> None:
    stage = Stage(outbound="PJSIP/{address}@trunk")
    leg, customer = calling(stage)
    stage.say("ChannelHangupRequest", customer)
    stage.say("StasisEnd", customer)
    stage.say("ChannelDestroyed", customer, cause=cause)
    stage.run_errands()
    stage.say("ChannelDestroyed", leg, cause=16)
    assert stage.told() == [f"CustomerFailed {reason}", "OfferFailed caller_gone", "Ended failed"]
    assert f"DELETE channels/{leg}" in stage.targets()
    assert not stage.session.contacts


def test_an_agent_who_leaves_first_ends_the_call_back() -> None:
    stage = Stage(outbound="PJSIP/{address}@trunk")
    leg, customer = calling(stage)
    stage.say("ChannelHangupRequest", leg)
    stage.say("ChannelDestroyed", leg, cause=16)
    stage.run_errands()
    stage.say("ChannelStateChange", customer)
    stage.say("ChannelDestroyed", customer, cause=16)
    stage.run_errands()
    assert stage.told() == ["OfferFailed rejected", "Ended failed"]
    assert f"DELETE channels/{customer}" in stage.targets()


def test_without_an_endpoint_nobody_is_called_back() -> None:
    stage = Stage()
    ring = Ring(
        contact="back", offer=1, agent="ana", address="x", until=NOW, callback=True, **stage.head()
    )
    assert stage.give(ring).failure == "gone"
