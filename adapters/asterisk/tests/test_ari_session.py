"""The races of a call at Asterisk, one by one: what comes in which order, and what is told."""

import pytest
from adapters.asterisk.tests.ari_stage import NOW, OK, Stage

from ccroute.adapters import (
    Announce,
    CallCustomer,
    CancelConsult,
    CancelRing,
    CompleteConsult,
    Connect,
    Consult,
    HangUp,
    Listen,
    Outcome,
    Park,
    Ring,
    SendAway,
    StartHold,
    StopHold,
    Verdict,
)
from ccroute_asterisk.ari.codec import Reply
from ccroute_asterisk.ari.messages import read_event


def connect(stage: Stage, offer: int = 1, agent: str = "ana") -> Outcome:
    return stage.give(Connect(contact="c1", offer=offer, agent=agent, **stage.head()))


def talk_of(stage: Stage) -> str:
    found = stage.session.contacts["c1"].talk
    assert found is not None
    return found


def both_enter(stage: Stage, leg: str) -> None:
    stage.enter(leg, talk_of(stage))
    stage.enter("c1", talk_of(stage))


def talking() -> tuple[Stage, str]:
    stage = Stage()
    stage.waiting()
    leg = stage.answered()
    stage.between["addChannel"] = lambda: both_enter(stage, leg)
    assert connect(stage).verdict is Verdict.DONE
    assert stage.told() == ["Bridged"]
    stage.asked.clear()
    return stage, leg


def test_a_call_from_arrival_to_the_end() -> None:
    stage = Stage()
    stage.say("StasisStart", "c1", state="Ring", args=["sales", "tenant=acme"])
    assert stage.told() == ["Arrived"]
    assert stage.give(Park(contact="c1", queue="sales", **stage.head())).verdict is Verdict.DONE
    wait = stage.session.homes["wait default"]
    assert [it.partition(" ")[2].split("/")[-1] for it in stage.targets()] == [
        "answer", "variable", wait, "addChannel",
    ]  # fmt: skip
    stage.enter("c1", wait)
    stage.run_errands()
    assert stage.targets()[-1] == f"POST bridges/{wait}/moh"
    assert stage.told() == ["Parked"]
    leg = stage.rung()
    assert stage.told() == ["Dialled", "Ringing"]
    for event in ({"kind": "Dial", "dialstatus": "ANSWER"}, {"kind": "ChannelStateChange"}):
        stage.say(channel=leg, **event)  # both say the same
    assert stage.told() == ["Answered"]
    stage.between["addChannel"] = lambda: both_enter(stage, leg)
    connect(stage)
    assert stage.told() == ["Bridged"]
    stage.say("ChannelHangupRequest", "c1")
    assert stage.told() == ["Disconnected customer"]
    stage.say("StasisEnd", "c1")
    assert stage.told() == ["Ended hangup"]
    stage.run_errands()
    stage.say("ChannelDestroyed", leg, cause=16)
    assert stage.told() == []
    assert not stage.session.legs
    assert not stage.session.contacts


def test_bridged_needs_both_and_not_the_reply() -> None:
    stage = Stage()
    stage.waiting()
    leg = stage.answered()
    assert connect(stage).verdict is Verdict.DONE
    assert stage.told() == []
    stage.enter(leg, talk_of(stage))
    assert stage.told() == []
    stage.enter("c1", talk_of(stage))
    assert stage.told() == ["Bridged"]


@pytest.mark.parametrize("moment", ["bridges", "addChannel", "later", "destroyed"])
def test_a_customer_who_leaves_in_the_window_is_never_bridged(moment: str) -> None:
    stage = Stage()
    stage.waiting()
    leg = stage.answered()

    def leaves() -> None:
        stage.say("ChannelHangupRequest", "c1")
        if moment == "destroyed":
            stage.say("StasisEnd", "c1")

    if moment == "bridges":
        stage.between["POST bridges"] = leaves
    elif moment != "later":
        stage.between["addChannel"] = leaves
    outcome = connect(stage)
    if moment == "later":
        # The reply overtook the hang-up, which overtook the entering.
        leaves()
        both_enter(stage, leg)
    else:
        assert outcome.failure == "gone"
        both_enter(stage, leg) if stage.session.contacts else None
    stage.say("StasisEnd", "c1")
    stage.run_errands()
    stage.say("ChannelDestroyed", leg, cause=16)
    assert stage.told() == ["Abandoned connecting", "OfferFailed caller_gone", "Ended hangup"]
    assert f"DELETE channels/{leg}" in stage.targets()


@pytest.mark.parametrize("status", [400, 404, 409, 422, 500])
def test_a_refused_bridge_leaves_nobody_alone(status: int) -> None:
    stage = Stage()
    stage.waiting()
    leg = stage.answered()
    stage.asked.clear()
    stage.replies["addChannel"] = Reply(status, {"message": "no"})
    outcome = connect(stage)
    assert outcome.verdict is Verdict.FAILED
    assert f"DELETE channels/{leg}" in stage.targets()
    assert stage.session.contacts["c1"].winner is None
    stage.say("ChannelDestroyed", leg, cause=16)
    assert stage.told() == ["OfferFailed rejected"]


def test_an_agent_who_goes_in_the_window_leaves_the_customer_waiting() -> None:
    stage = Stage()
    stage.waiting()
    leg = stage.answered()

    def agent_goes() -> None:
        stage.enter("c1", talk_of(stage))
        stage.say("ChannelHangupRequest", leg)
        stage.say("ChannelDestroyed", leg, cause=16)

    stage.between["addChannel"] = agent_goes
    assert connect(stage).failure == "gone"
    stage.run_errands()
    assert stage.told() == ["OfferFailed rejected"]
    back = [it for it in stage.asked if it.path[-1] == "addChannel"][-1]
    assert back.path[1] == stage.session.homes["wait default"]
    assert back.query["channel"] == "c1"


def test_hang_up_before_the_start_of_a_leg_is_no_conversation() -> None:
    stage = Stage()
    stage.waiting()
    leg = stage.rung()
    stage.say("ChannelHangupRequest", leg)
    stage.say("ChannelStateChange", leg, state="Up")
    stage.told()
    assert connect(stage).failure == "gone"


@pytest.mark.parametrize(
    ("cause", "reason"),
    [(17, "busy"), (19, "no_answer"), (18, "no_answer"), (21, "rejected"), (16, "rejected"),
     (34, "unreachable"), (20, "unreachable"), (3, "unreachable"), (26, "lost_race"), (0, "error"),
     (99, "error")],
)  # fmt: skip
def test_a_leg_that_comes_to_nothing_says_why(cause: int, reason: str) -> None:
    stage = Stage()
    stage.waiting()
    leg = stage.rung()
    stage.told()
    stage.say("ChannelDestroyed", leg, cause=cause)
    assert stage.told() == [f"OfferFailed {reason}"]


def test_the_first_cause_counts_when_the_last_says_that_all_is_normal() -> None:
    stage = Stage()
    stage.waiting()
    leg = stage.rung()
    stage.told()
    stage.say("ChannelHangupRequest", leg, cause=17)
    stage.say("ChannelDestroyed", leg, cause=16)
    assert stage.told() == ["OfferFailed busy"]


def test_what_cannot_be_dialled_is_unreachable() -> None:
    stage = Stage()
    stage.waiting()
    stage.replies["create"] = Reply(500, {"error": "Allocation failed"})
    ring = Ring(
        contact="c1", offer=1, agent="ana", address="PJSIP/x", until=NOW + 9, **stage.head()
    )
    assert stage.give(ring).verdict is Verdict.DONE
    assert stage.told() == ["Dialled", "OfferFailed unreachable"]
    assert not stage.session.legs


@pytest.mark.parametrize(
    ("there", "told"), [(404, ["Dialled", "OfferFailed unreachable"]), (200, [])]
)
def test_an_id_that_is_taken_is_looked_for(there: int, told: list[str]) -> None:
    stage = Stage()
    stage.waiting()
    stage.replies["create"] = Reply(409, {"message": "Channel with given unique ID already exists"})
    stage.replies["GET channels"] = Reply(there)
    ring = Ring(
        contact="c1", offer=1, agent="ana", address="PJSIP/x", until=NOW + 9, **stage.head()
    )
    assert stage.give(ring).verdict is Verdict.DONE
    assert stage.told() == told
    assert len(stage.session.legs) == (there == 200)


def test_an_announcement_ends_before_anything_else_is_done() -> None:
    stage = Stage()
    stage.waiting()
    stage.answered()
    announce = Announce(contact="c1", prompt="position", values={"position": 3}, **stage.head())
    assert stage.give(announce).verdict is Verdict.DONE
    playback = stage.asked[-1].path[-1]
    stage.asked.clear()
    connect(stage)
    assert stage.targets()[0] == f"DELETE playbacks/{playback}"
    assert stage.give(announce).verdict is Verdict.DONE
    event = {"type": "PlaybackFinished", "playback": {"id": stage.asked[-1].path[-1]}}
    stage.session.hear(read_event(event), NOW)
    stage.asked.clear()
    stage.give(SendAway(contact="c1", address="700", **stage.head()))
    assert stage.targets() == ["POST channels/c1/continue"]


def test_a_leg_is_dialled_when_it_is_ours_and_not_before() -> None:
    stage = Stage()
    stage.waiting()
    head = stage.head()
    leg = f"ccroute-leg-{head['id']}"
    ring = Ring(contact="c1", offer=1, agent="ana", address="PJSIP/x", until=NOW + 9.4, **head)
    assert stage.give(ring).verdict is Verdict.DONE  # the reply was quicker than the start
    assert f"POST channels/{leg}/dial" not in stage.targets()
    stage.say("StasisStart", leg, state="Down", args=["leg"])
    stage.run_errands()
    assert stage.asked[-1].path == ("channels", leg, "dial")
    assert stage.asked[-1].query == {"timeout": "9"}
    assert stage.told() == ["Dialled"]


@pytest.mark.parametrize("moment", ["create", "dial", "ringing", "answered"])
def test_ringing_is_cancelled_at_any_moment(moment: str) -> None:
    stage = Stage()
    stage.waiting()
    head = stage.head()
    leg = f"ccroute-leg-{head['id']}"

    def cancel() -> None:
        outcome = stage.give(CancelRing(contact="c1", offer=1, **stage.head()))
        assert outcome.verdict is Verdict.DONE

    def start() -> None:
        stage.say("StasisStart", leg, args=["leg"], state="Down")

    stage.between["create"] = cancel if moment == "create" else start
    if moment == "dial":
        stage.between["dial"] = cancel
    ring = Ring(contact="c1", offer=1, agent="ana", address="PJSIP/x", until=NOW + 9, **head)
    stage.give(ring)
    if moment == "create":
        start()
    if moment == "answered":
        stage.say("ChannelStateChange", leg)
    if moment in {"ringing", "answered"}:
        cancel()
    stage.run_errands()
    assert f"DELETE channels/{leg}" in stage.targets()
    stage.say("ChannelHangupRequest", leg, soft=True)
    stage.say("ChannelDestroyed", leg, cause=16)
    assert stage.told()[-1:] == ["OfferFailed cancelled"]
    assert not stage.session.legs
    assert "c1" in stage.session.contacts


def test_a_customer_who_leaves_while_two_phones_ring() -> None:
    stage = Stage()
    stage.waiting()
    legs = [stage.rung(1, "ana"), stage.rung(2, "bea")]
    stage.told()
    stage.say("ChannelHangupRequest", "c1")
    stage.say("StasisEnd", "c1")
    stage.run_errands()
    assert stage.told() == [
        "Abandoned offering", "OfferFailed caller_gone", "OfferFailed caller_gone", "Ended hangup",
    ]  # fmt: skip
    for leg in legs:
        assert f"DELETE channels/{leg}" in stage.targets()
        stage.say("ChannelStateChange", leg)  # one answers all the same
        stage.say("ChannelDestroyed", leg, cause=16)
    assert stage.told() == []


def test_who_answers_second_has_lost_the_race() -> None:
    stage = Stage()
    stage.waiting()
    winner, loser = stage.answered(1, "ana"), stage.answered(2, "bea")
    stage.between["addChannel"] = lambda: both_enter(stage, winner)
    connect(stage)
    assert connect(stage, 2, "bea").failure == "rejected"
    stage.give(CancelRing(contact="c1", offer=2, **stage.head()))
    stage.say("ChannelDestroyed", loser, cause=16)
    assert stage.told() == ["Bridged", "OfferFailed lost_race"]


def test_a_bridge_that_is_a_ghost_is_replaced_in_flight() -> None:
    stage = Stage()
    stage.say("StasisStart", "c1", state="Up", args=["sales"])
    stage.replies["POST bridges"] = Reply(409)  # it is there …
    stage.replies["addChannel"] = Reply(404, {"message": "Bridge not found"})  # … and is not

    def heals() -> None:
        stage.between["addChannel"] = lambda: stage.replies.update(addChannel=OK)

    stage.between["addChannel"] = heals
    assert stage.give(Park(contact="c1", queue="sales", **stage.head())).verdict is Verdict.DONE
    tried = [it.path[1] for it in stage.asked if it.path[-1] == "addChannel"]
    assert len(set(tried)) == 2
    assert stage.session.counters["bridges_replaced"] == 1
    assert stage.session.homes["wait default"] == tried[-1]


def test_whoever_comes_into_an_empty_bridge_hears_music() -> None:
    stage = Stage()

    def played() -> int:
        stage.run_errands()
        return sum(it.path[-1] == "moh" for it in stage.asked)

    stage.waiting("c1")
    wait = stage.session.homes["wait default"]
    assert played() == 1
    stage.waiting("c2")
    assert played() == 1  # it plays
    for contact in ("c1", "c2"):
        stage.say("ChannelHangupRequest", contact)
        stage.say("ChannelLeftBridge", contact, bridge={"id": wait})
        stage.say("StasisEnd", contact)
    stage.waiting("c3")
    assert played() == 2
    about = {"id": "x", "name": "Announcer/ARI_MOH-00000001;2"}
    left = {"type": "ChannelLeftBridge", "channel": about, "bridge": {"id": wait}}
    stage.session.hear(read_event(left), NOW)  # it was on its way out already
    assert played() == 3


def test_what_is_gone_already_is_as_good_as_done() -> None:
    stage, leg = talking()
    stage.replies["DELETE channels"] = Reply(404, {"message": "Channel not found"})
    assert stage.give(CancelRing(contact="c1", offer=1, **stage.head())).verdict is Verdict.DONE
    assert stage.give(HangUp(contact="c1", **stage.head())).verdict is Verdict.DONE
    assert stage.told() == ["Disconnected system", "Ended hangup"]
    del leg


def test_an_agent_hangs_up_and_the_customer_is_let_go() -> None:
    stage, leg = talking()
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
    stage, _ = talking()
    talk = talk_of(stage)
    assert stage.give(StartHold(contact="c1", **stage.head())).verdict is Verdict.DONE
    stage.say("ChannelLeftBridge", "c1", bridge={"id": talk})
    stage.enter("c1", stage.session.homes["held default"])
    assert stage.told() == ["PutOnHold"]
    stage.give(StopHold(contact="c1", **stage.head()))
    stage.enter("c1", talk)
    assert stage.told() == ["TakenOffHold"]


def test_the_agents_phone_holds_by_itself() -> None:
    stage, leg = talking()
    for _ in range(2):
        stage.say("ChannelHold", leg)
    assert stage.told() == ["PutOnHold"]
    stage.say("ChannelUnhold", leg)
    assert stage.told() == ["TakenOffHold"]


def test_parked_again_the_conversation_is_over_and_the_agents_leg_goes() -> None:
    stage, leg = talking()
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


def consulting(stage: Stage) -> str:
    head = stage.head()
    leg = f"ccroute-leg-{head['id']}"
    stage.between["create"] = lambda: stage.say("StasisStart", leg, args=["leg"], state="Down")
    consult = Consult(contact="c1", agent="bea", address="PJSIP/bea", **head)
    assert stage.give(consult).verdict is Verdict.DONE
    stage.enter("c1", stage.session.homes["held default"])
    stage.say("ChannelStateChange", leg)
    stage.run_errands()
    stage.enter(leg, talk_of(stage))
    assert stage.told() == ["PartyJoined"]
    return leg


def test_a_consultation_is_completed() -> None:
    stage, first = talking()
    second = consulting(stage)
    complete = CompleteConsult(contact="c1", agent="bea", **stage.head())
    assert stage.give(complete).verdict is Verdict.DONE
    stage.enter("c1", talk_of(stage))
    stage.say("ChannelHangupRequest", first, soft=True)
    stage.say("ChannelDestroyed", first, cause=16)
    assert stage.told() == ["SentAway bea"]
    stage.say("ChannelHangupRequest", second)
    stage.run_errands()
    assert stage.told() == ["Disconnected agent"]


def test_a_consultation_is_cancelled_and_the_customer_comes_back() -> None:
    stage, _ = talking()
    second = consulting(stage)
    cancel = CancelConsult(contact="c1", agent="bea", **stage.head())
    assert stage.give(cancel).verdict is Verdict.DONE
    stage.say("ChannelDestroyed", second, cause=16)
    stage.asked.clear()
    stage.run_errands()
    assert stage.told() == ["PartyLeft"]
    assert stage.asked[-1].path == ("bridges", talk_of(stage), "addChannel")


def test_a_supervisor_listens_by_an_ear_of_its_own() -> None:
    stage, spied = talking()
    head = stage.head()
    leg = f"ccroute-leg-{head['id']}"
    stage.between["create"] = lambda: stage.say("StasisStart", leg, args=["leg"], state="Down")
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


def test_sent_away_is_no_abandon() -> None:
    stage = Stage()
    stage.waiting()
    away = SendAway(contact="c1", address="700", **stage.head())
    assert stage.give(away).verdict is Verdict.DONE
    assert stage.asked[-1].query["extension"] == "700"
    stage.say("StasisEnd", "c1")
    assert stage.told() == ["SentAway", "Ended transferred"]


@pytest.mark.parametrize(
    ("status", "told"),
    [(404, ["Abandoned waiting", "Ended hangup"]), (200, ["Ended transferred"])],
)
def test_who_leaves_without_a_word_is_looked_for(status: int, told: list[str]) -> None:
    stage = Stage()
    stage.waiting()
    stage.say("StasisEnd", "c1")
    assert stage.told() == []
    stage.replies["GET channels"] = Reply(status)
    stage.run_errands()
    assert stage.told() == told


def test_an_asterisk_that_ends_is_no_customer_who_leaves() -> None:
    stage = Stage()
    stage.waiting()
    stage.say("ChannelHangupRequest", "c1", soft=True, cause=4)
    stage.say("StasisEnd", "c1")
    assert stage.told() == ["Ended system_lost"]
    stage, leg = talking()
    stage.say("ChannelHangupRequest", leg, soft=True, cause=4)
    stage.say("ChannelHangupRequest", "c1", soft=True, cause=4)
    stage.say("StasisEnd", "c1")
    assert stage.told() == ["Disconnected system", "Ended system_lost"]


def test_who_is_moved_in_the_dialplan_has_not_abandoned() -> None:
    stage = Stage()
    stage.waiting()
    stage.say("ChannelHangupRequest", "c1", soft=True, cause=2)
    stage.say("StasisEnd", "c1")
    stage.replies["GET channels"] = Reply(200)
    stage.run_errands()
    assert stage.told() == ["Ended transferred"]


def test_a_replaced_channel_is_the_same_contact() -> None:
    stage = Stage()
    stage.waiting()
    stage.say("StasisStart", "other", replace_channel={"id": "c1"})
    stage.say("StasisEnd", "c1")
    assert stage.told() == []
    stage.say("ChannelHangupRequest", "other")
    assert [it.contact for it in stage.session.signals] == ["c1"]  # type: ignore[attr-defined]


def test_who_comes_again_on_the_same_channel_is_another_contact() -> None:
    stage = Stage()
    for contact in ("c1", "c1~2", "c1~3"):
        stage.say("StasisStart", "c1", args=["sales"])
        assert stage.session.signals[-1].contact == contact  # type: ignore[attr-defined]
        stage.say("ChannelHangupRequest", "c1")
        stage.say("StasisEnd", "c1")


def test_feature_codes_are_wishes_of_whose_phone_it_is() -> None:
    stage = Stage(phones={"ana": "Local/phone"})
    args = ["agent-code", "not_ready", "reason=lunch"]
    stage.say("StasisStart", "phone", args=args)
    (asked,) = stage.session.signals
    assert (asked.agent, asked.wish, asked.reason) == ("ana", "not_ready", "lunch")  # type: ignore[attr-defined]
    stage.run_errands()
    assert stage.targets() == ["POST channels/phone/continue"]


@pytest.mark.parametrize("args", [["agent-code"], ["agent-code", "dance"], ["agent-code", ""]])
def test_a_code_without_sense_is_counted(args: list[str]) -> None:
    stage = Stage(phones={"ana": "Local/phone"})
    stage.say("StasisStart", "phone", args=args)
    assert stage.told() == []
    assert stage.session.counters["codes_not_understood"] == 1


def calling(stage: Stage) -> tuple[str, str]:
    """A customer whose phone rings, for an agent who answered; both channels."""
    head = stage.head()
    leg = f"ccroute-leg-{head['id']}"
    stage.between["create"] = lambda: stage.say("StasisStart", leg, args=["leg"], state="Down")
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
