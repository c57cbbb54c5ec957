"""A conversation at Asterisk: hold, consultation, supervisors, and how it ends."""

import pytest
from adapters.asterisk.tests.ari_stage import NOW, Stage

from ccroute.adapters import (
    CancelConsult,
    CancelRing,
    CompleteConsult,
    Conference,
    Consult,
    HangUp,
    Listen,
    Park,
    StartHold,
    StopHold,
    Verdict,
)
from ccroute_asterisk.ari.codec import Reply


def consulting(stage: Stage) -> str:
    head = stage.head()
    leg = stage.starting(head)
    consult = Consult(contact="c1", agent="bea", address="PJSIP/bea", **head)
    assert stage.give(consult).verdict is Verdict.DONE
    stage.enter("c1", stage.home("held"))
    stage.say("ChannelStateChange", leg)
    stage.run_errands()
    stage.enter(leg, stage.talk())
    assert stage.told() == ["PartyJoined"]
    return leg


def test_what_is_gone_already_is_as_good_as_done() -> None:
    stage, _ = Stage.talking()
    stage.replies["DELETE channels"] = Reply(404, {"message": "Channel not found"})
    assert stage.give(CancelRing(contact="c1", offer=1, **stage.head())).verdict is Verdict.DONE
    assert stage.give(HangUp(contact="c1", **stage.head())).verdict is Verdict.DONE
    assert stage.told() == ["Disconnected system", "Ended hangup"]


def test_a_hang_up_that_was_refused_can_be_given_again() -> None:
    stage, _ = Stage.talking()
    stage.replies["DELETE channels"] = Reply(500, {"message": "no"})
    assert stage.give(HangUp(contact="c1", **stage.head())).failure == "rejected"
    stage.replies.clear()
    assert stage.give(HangUp(contact="c1", **stage.head())).verdict is Verdict.DONE
    assert stage.targets() == ["DELETE channels/c1"] * 2


def test_who_is_refused_goes_on_in_the_dialplan() -> None:
    stage = Stage()
    stage.waiting("c1")
    refused = HangUp(contact="c1", cause="refused", **stage.head())
    assert stage.give(refused).verdict is Verdict.DONE
    variable, handed_back = stage.asked[-2:]
    assert (variable.path, variable.body) == (
        ("channels", "c1", "variable"), {"variable": "CCROUTE_REFUSED", "value": "yes"},
    )  # fmt: skip
    assert handed_back.path == ("channels", "c1", "continue")
    stage.say("StasisEnd", "c1")
    assert stage.told()[-1] == "Ended hangup"
    assert stage.session.contacts == {}


def test_an_agent_hangs_up_and_the_customer_is_let_go() -> None:
    stage, leg = Stage.talking()
    stage.say("ChannelHangupRequest", leg)
    stage.say("StasisEnd", leg)
    stage.say("ChannelDestroyed", leg, cause=16)
    stage.run_errands()
    assert stage.told() == ["Disconnected agent"]
    assert stage.targets() == ["DELETE channels/c1"]
    stage.say("ChannelHangupRequest", "c1", soft=True)
    stage.say("StasisEnd", "c1")
    assert stage.told() == ["Ended hangup"]


def test_hold_and_off_again() -> None:
    stage, _ = Stage.talking()
    talk = stage.talk()
    assert stage.give(StartHold(contact="c1", **stage.head())).verdict is Verdict.DONE
    stage.say("ChannelLeftBridge", "c1", bridge={"id": talk})
    stage.enter("c1", stage.home("held"))
    assert stage.told() == ["PutOnHold"]
    stage.give(StopHold(contact="c1", **stage.head()))
    stage.enter("c1", talk)
    assert stage.told() == ["TakenOffHold"]


def test_the_agents_phone_holds_by_itself() -> None:
    stage, leg = Stage.talking()
    for _ in range(2):
        stage.say("ChannelHold", leg)
    assert stage.told() == ["PutOnHold"]
    stage.say("ChannelUnhold", leg)
    assert stage.told() == ["TakenOffHold"]


def test_parked_again_the_conversation_is_over_and_the_agents_leg_goes() -> None:
    stage, leg = Stage.talking()
    assert stage.give(Park(contact="c1", queue="tech", **stage.head())).verdict is Verdict.DONE
    stage.enter("c1", stage.home("wait"))
    stage.say("ChannelHangupRequest", leg)
    stage.say("ChannelDestroyed", leg, cause=16)
    stage.run_errands()
    assert stage.told() == ["Parked"]
    assert f"DELETE channels/{leg}" in stage.targets()
    kept = next(it for it in stage.asked if it.path[-1] == "variable")
    assert kept.body is not None
    assert '"queue": "tech"' in str(kept.body["value"])
    assert f'"entered_at": {NOW}' in str(kept.body["value"])


def test_who_cannot_be_parked_again_is_not_left_with_an_agent_who_is_free() -> None:
    stage, leg = Stage.talking()
    talk = stage.talk()
    stage.replies["addChannel"] = Reply(500, {"message": "no"})
    park = Park(contact="c1", queue="tech", **stage.head())
    assert stage.give(park).failure == "rejected"
    assert stage.targets()[-2:] == [f"DELETE channels/{leg}", f"DELETE bridges/{talk}"]


def test_a_consultation_cannot_be_completed_without_the_customer() -> None:
    stage, first = Stage.talking()
    consulting(stage)
    stage.replies["addChannel"] = Reply(500, {"message": "no"})
    complete = CompleteConsult(contact="c1", agent="bea", **stage.head())
    assert stage.give(complete).failure == "rejected"
    assert f"DELETE channels/{first}" not in stage.targets()
    assert stage.told() == []
    stage.replies.clear()
    again = CompleteConsult(contact="c1", agent="bea", **stage.head())
    assert stage.give(again).verdict is Verdict.DONE
    assert stage.told() == ["SentAway bea"]


def test_a_consultation_is_not_completed_when_the_first_agent_goes_meanwhile() -> None:
    stage, first = Stage.talking()
    consulting(stage)
    stage.between["addChannel"] = lambda: stage.say("ChannelHangupRequest", first)
    complete = CompleteConsult(contact="c1", agent="bea", **stage.head())
    assert stage.give(complete).failure == "gone"
    assert stage.told() == ["Disconnected agent"]


def test_a_consultation_is_completed() -> None:
    stage, first = Stage.talking()
    second = consulting(stage)
    complete = CompleteConsult(contact="c1", agent="bea", **stage.head())
    assert stage.give(complete).verdict is Verdict.DONE
    stage.enter("c1", stage.talk())
    stage.say("ChannelHangupRequest", first, soft=True)
    stage.say("ChannelDestroyed", first, cause=16)
    assert stage.told() == ["SentAway bea"]
    stage.say("ChannelHangupRequest", second)
    stage.run_errands()
    assert stage.told() == ["Disconnected agent"]


def test_a_consultation_is_cancelled_and_the_customer_comes_back() -> None:
    stage, _ = Stage.talking()
    second = consulting(stage)
    cancel = CancelConsult(contact="c1", agent="bea", **stage.head())
    assert stage.give(cancel).verdict is Verdict.DONE
    stage.say("ChannelDestroyed", second, cause=16)
    stage.asked.clear()
    stage.run_errands()
    assert stage.told() == ["PartyLeft"]
    assert stage.asked[-1].path == ("bridges", stage.talk(), "addChannel")


def conferring(stage: Stage) -> str:
    second = consulting(stage)
    confer = Conference(contact="c1", agent="bea", **stage.head())
    stage.asked.clear()
    assert stage.give(confer).verdict is Verdict.DONE
    assert stage.told() == []  # not before the customer is there
    stage.enter("c1", stage.talk())
    assert [it.role for it in stage.session.signals] == ["conference"]
    assert stage.told() == ["PartyJoined"]
    stage.run_errands()
    add, tag = stage.asked
    assert (add.path[-1], add.query["channel"]) == ("addChannel", "c1")
    assert '"role": "conference"' in str(tag.body)
    stage.asked.clear()
    return second


def test_who_is_consulted_speaks_with_the_customer_too_and_goes_again() -> None:
    stage, _ = Stage.talking()
    second = conferring(stage)
    assert stage.give(Conference(contact="c1", agent="bea", **stage.head())).failure is None
    cancel = CancelConsult(contact="c1", agent="bea", **stage.head())
    assert stage.give(cancel).verdict is Verdict.DONE
    stage.say("ChannelDestroyed", second, cause=16)
    stage.run_errands()
    assert stage.told() == ["PartyLeft"]
    assert stage.targets() == [f"DELETE channels/{second}"]


def test_after_a_conference_the_second_agent_has_the_customer() -> None:
    stage, first = Stage.talking()
    second = conferring(stage)
    complete = CompleteConsult(contact="c1", agent="bea", **stage.head())
    assert stage.give(complete).verdict is Verdict.DONE
    assert stage.told() == ["SentAway bea"]
    leg = f"channels/{second}"
    assert stage.targets() == [f"DELETE channels/{first}", f"POST {leg}/variable"]


def test_the_first_agent_of_a_conference_hangs_up_and_the_second_has_the_customer() -> None:
    stage, first = Stage.talking()
    second = conferring(stage)
    stage.say("ChannelHangupRequest", first)
    stage.say("StasisEnd", first)
    stage.say("ChannelDestroyed", first, cause=16)
    stage.run_errands()
    assert stage.told() == ["SentAway bea"]
    assert stage.targets() == [f"POST channels/{second}/variable"]
    stage.say("ChannelHangupRequest", second)
    assert stage.told() == ["Disconnected agent"]


def test_on_hold_in_a_conference_the_customer_comes_back_when_the_first_agent_goes() -> None:
    stage, first = Stage.talking()
    conferring(stage)
    stage.give(StartHold(contact="c1", **stage.head()))
    stage.enter("c1", stage.home("held"))
    stage.say("ChannelHangupRequest", first)
    stage.run_errands()
    assert stage.told() == ["PutOnHold", "SentAway bea"]
    assert stage.asked[-1].path == ("bridges", stage.talk(), "addChannel")


def test_the_first_agent_goes_while_the_customer_is_on_the_way_to_hold() -> None:
    stage, first = Stage.talking()
    conferring(stage)
    stage.give(StartHold(contact="c1", **stage.head()))
    stage.say("ChannelHangupRequest", first)
    stage.enter("c1", stage.home("held"))
    stage.run_errands()
    assert stage.told() == ["SentAway bea"]
    assert stage.asked[-1].path == ("bridges", stage.talk(), "addChannel")


def test_nobody_comes_into_a_conference_who_is_not_consulted() -> None:
    stage, _ = Stage.talking()
    confer = Conference(contact="c1", agent="bea", **stage.head())
    assert stage.give(confer).failure == "gone"
    head = stage.head()
    leg = stage.starting(head)
    stage.give(Consult(contact="c1", agent="bea", address="PJSIP/bea", **head))
    confer = Conference(contact="c1", agent="bea", **stage.head())
    assert stage.give(confer).failure == "gone"  # it rings still
    stage.say("ChannelStateChange", leg)
    assert stage.told() == []


def test_a_conference_that_asterisk_refuses_is_none() -> None:
    stage, _ = Stage.talking()
    consulting(stage)
    stage.replies["addChannel"] = Reply(500, {"message": "no"})
    confer = Conference(contact="c1", agent="bea", **stage.head())
    assert stage.give(confer).failure == "rejected"
    stage.replies.clear()
    stage.enter("c1", stage.talk())
    assert stage.told() == []


def test_while_its_agent_consults_the_customer_is_neither_held_nor_taken_off() -> None:
    stage, _ = Stage.talking()
    consulting(stage)
    for kind in (StartHold, StopHold):
        assert stage.give(kind(contact="c1", **stage.head())).failure == "rejected"


@pytest.mark.parametrize(("status", "told"), [(500, ["PartyLeft"]), (403, [])])
def test_who_cannot_be_asked_leaves_the_customer_with_the_first(
    status: int, told: list[str]
) -> None:
    stage, _ = Stage.talking()
    stage.replies["create"] = Reply(status, {"error": "Allocation failed"})
    talk = stage.talk()
    stage.between["addChannel"] = lambda: stage.enter("c1", stage.home("held"))
    stage.give(Consult(contact="c1", agent="bea", address="PJSIP/bea", **stage.head()))
    stage.between["addChannel"] = lambda: stage.enter("c1", talk)
    stage.run_errands()
    assert stage.told() == told
    assert stage.targets()[-1] == f"POST bridges/{talk}/addChannel"
    assert stage.session.contacts["c1"].bridge == talk
    assert stage.session.contacts["c1"].hold is None


def test_a_supervisor_listens_by_an_ear_of_its_own() -> None:
    stage, spied = Stage.talking()
    head = stage.head()
    leg = stage.starting(head)
    stage.give(Listen(contact="c1", supervisor="boss", address="PJSIP/boss", **head))
    stage.say("ChannelStateChange", leg)
    stage.run_errands()
    ear = f"ccroute-ear-{leg}"
    snoop = next(it for it in stage.asked if "snoop" in it.path)
    assert snoop.path == ("channels", spied, "snoop", ear)
    assert (snoop.query["spy"], snoop.query["whisper"]) == ("both", "none")
    stage.say("StasisStart", ear, args=["ear"])
    stage.run_errands()
    together = stage.asked[-1]
    assert together.query["channel"] == f"{leg},{ear}"
    stage.enter(leg, together.path[1])
    assert stage.told() == ["PartyJoined"]
    stage.say("ChannelDestroyed", leg, cause=16)
    stage.run_errands()
    assert stage.told() == ["PartyLeft"]
    assert f"DELETE channels/{ear}" in stage.targets()
