"""A conversation at Asterisk: hold, consultation, supervisors, and how it ends."""

from adapters.asterisk.tests.ari_stage import NOW, Stage

from ccroute.adapters import (
    CancelConsult,
    CancelRing,
    CompleteConsult,
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
    stage.enter("c1", stage.session.homes["held default"])
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
    stage.enter("c1", stage.session.homes["held default"])
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
    stage.enter("c1", stage.session.homes["wait default"])
    stage.say("ChannelHangupRequest", leg)
    stage.say("ChannelDestroyed", leg, cause=16)
    stage.run_errands()
    assert stage.told() == ["Parked"]
    assert f"DELETE channels/{leg}" in stage.targets()
    kept = next(it for it in stage.asked if it.path[-1] == "variable")
    assert kept.body is not None
    assert '"queue": "tech"' in str(kept.body["value"])
    assert f'"entered_at": {NOW}' in str(kept.body["value"])


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
