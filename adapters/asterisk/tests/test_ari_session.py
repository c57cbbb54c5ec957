"""The races of a call until it is in a conversation, and of who comes or goes without one."""

import json
from datetime import UTC, datetime

import pytest
from adapters.asterisk.tests.ari_stage import NOW, OK, Stage

from ccroute.adapters import Announce, CancelRing, HangUp, Park, Ring, SendAway, Verdict
from ccroute_asterisk.ari.codec import Reply
from ccroute_asterisk.ari.messages import read_event


def test_a_call_from_arrival_to_the_end() -> None:
    stage = Stage()
    stage.say("StasisStart", "c1", state="Ring", args=["sales", "tenant=acme"])
    assert stage.told() == ["Arrived"]
    assert stage.give(Park(contact="c1", queue="sales", **stage.head())).verdict is Verdict.DONE
    wait = stage.home("wait")
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
    stage.between["addChannel"] = lambda: stage.both_enter(leg)
    stage.connect()
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
    assert stage.connect().verdict is Verdict.DONE
    assert stage.told() == []
    stage.enter(leg, stage.talk())
    assert stage.told() == []
    stage.enter("c1", stage.talk())
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
    outcome = stage.connect()
    if moment == "later":
        # The reply overtook the hang-up, which overtook the entering.
        leaves()
        stage.both_enter(leg)
    else:
        assert outcome.failure == "gone"
        stage.both_enter(leg) if stage.session.contacts else None
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
    outcome = stage.connect()
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
        stage.enter("c1", stage.talk())
        stage.say("ChannelHangupRequest", leg)
        stage.say("ChannelDestroyed", leg, cause=16)

    stage.between["addChannel"] = agent_goes
    assert stage.connect().failure == "gone"
    stage.run_errands()
    assert stage.told() == ["OfferFailed rejected"]
    back = [it for it in stage.asked if it.path[-1] == "addChannel"][-1]
    assert back.path[1] == stage.home("wait")
    assert back.query["channel"] == "c1"


def test_hang_up_before_the_start_of_a_leg_is_no_conversation() -> None:
    stage = Stage()
    stage.waiting()
    leg = stage.rung()
    stage.say("ChannelHangupRequest", leg)
    stage.say("ChannelStateChange", leg, state="Up")
    stage.told()
    assert stage.connect().failure == "gone"


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
    stage.connect()
    assert stage.targets()[0] == f"DELETE playbacks/{playback}"
    assert stage.give(announce).verdict is Verdict.DONE
    event = {"type": "PlaybackFinished", "playback": {"id": stage.asked[-1].path[-1]}}
    stage.hear(event)
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
    stage.between["addChannel"] = lambda: stage.both_enter(winner)
    stage.connect()
    assert stage.connect(2, "bea").failure == "rejected"
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
    assert stage.home("wait") == tried[-1]


def test_whoever_comes_into_an_empty_bridge_hears_music() -> None:
    stage = Stage()

    def played() -> int:
        stage.run_errands()
        return sum(it.path[-1] == "moh" for it in stage.asked)

    stage.waiting("c1")
    wait = stage.home("wait")
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
    stage.hear(left)  # it was on its way out already
    assert played() == 3


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


def test_who_was_perhaps_sent_away_can_still_be_hung_up() -> None:
    stage, _ = Stage.talking()
    order = stage.orders.of(SendAway(contact="c1", address="700", **stage.head()))
    next(order)
    order.close()  # no reply in time
    assert stage.give(HangUp(contact="c1", **stage.head())).verdict is Verdict.DONE
    assert stage.targets() == ["DELETE channels/c1"]


def test_an_asterisk_that_ends_is_no_customer_who_leaves() -> None:
    stage = Stage()
    stage.waiting()
    stage.say("ChannelHangupRequest", "c1", soft=True, cause=4)
    stage.say("StasisEnd", "c1")
    assert stage.told() == ["Ended system_lost"]
    stage, leg = Stage.talking()
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


def test_a_phone_that_is_replaced_when_the_customer_is_gone_breaks_nothing() -> None:
    stage, leg = Stage.talking()
    stage.say("ChannelDestroyed", "c1", cause=16)
    assert stage.told() == ["Disconnected customer", "Ended hangup"]
    stage.say("StasisStart", "other", replace_channel={"id": leg})
    stage.say("ChannelDestroyed", "other", cause=16)
    assert (stage.told(), stage.session.legs) == ([], {})


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


def test_how_late_events_are_is_not_told_of_those_that_had_to_wait_for_lists() -> None:
    stage = Stage()
    assert stage.session.lag is None
    stamp = datetime.fromtimestamp(NOW - 0.25, UTC).isoformat()
    stage.say("ChannelStateChange", "c1", timestamp=stamp)
    assert stage.session.lag == pytest.approx(0.25)
    early = json.dumps({"type": "ChannelHold", "channel": {"id": "c1"}, "timestamp": stamp})
    stage.session.catch_up([read_event(early.encode())], NOW + 5.0)
    assert stage.session.lag == pytest.approx(0.25)
