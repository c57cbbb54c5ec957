"""Recordings at Asterisk, and customers who are asked whether they may be recorded."""

import asyncio

import pytest
from adapters.asterisk.tests.ari_stage import NOW, Stage

from ccroute import Plan, Router
from ccroute.adapters import (
    Consult,
    HangUp,
    Park,
    RecordingSeen,
    StartHold,
    StartRecording,
    StopRecording,
    Verdict,
)
from ccroute.host import Host, TenantSettings
from ccroute.testing import ManualTime
from ccroute.testing.asterisk import SimulatedAsterisk
from ccroute_asterisk import asterisk
from ccroute_asterisk.ari.codec import Reply
from ccroute_asterisk.ari.listing import Listing


def asking(stage: Stage, recording: str = "r1") -> str:
    """The playback by which a customer is asked."""
    start = StartRecording(
        contact="c1", recording=recording, consent="may-we-record", **stage.head()
    )
    assert stage.give(start).verdict is Verdict.DONE
    play = stage.asked[-1]
    assert play.path[:3] == ("bridges", stage.talk(), "play")
    assert play.query["media"] == "sound:may-we-record"
    assert stage.told() == []
    stage.asked.clear()
    return play.path[3]


def played(stage: Stage, playback: str, state: str = "done") -> None:
    event = {"type": "PlaybackFinished", "playback": {"id": playback, "state": state}}
    stage.hear(event)
    stage.run_errands()


def press(stage: Stage, key: str) -> None:
    stage.say("ChannelDtmfReceived", "c1", digit=key)
    stage.run_errands()


def states(stage: Stage) -> list[str]:
    seen = [it for it in stage.session.signals if isinstance(it, RecordingSeen)]
    return [f"{it.recording} {it.state}" for it in seen]


@pytest.mark.parametrize("in_mid_prompt", [True, False])
def test_who_presses_the_key_is_recorded(in_mid_prompt: bool) -> None:
    stage, _ = Stage.talking()
    playback = asking(stage)
    if not in_mid_prompt:
        played(stage, playback)
    press(stage, "1")
    assert stage.told() == []  # not before Asterisk says so
    assert f"DELETE playbacks/{playback}" in stage.targets()
    record = next(it for it in stage.asked if it.path[-1] == "record")
    assert (record.path[1], record.query["name"]) == (stage.talk(), "r1")
    event = {"type": "RecordingStarted", "recording": {"name": "r1"}}
    stage.hear(event)
    assert states(stage) == ["r1 started"]
    stage.wait()
    press(stage, "5")
    assert stage.told() == ["RecordingSeen", "KeyPressed"]


def test_another_key_is_a_no() -> None:
    stage, _ = Stage.talking()
    playback = asking(stage)
    press(stage, "2")
    assert states(stage) == ["r1 refused"]
    assert stage.targets() == [f"DELETE playbacks/{playback}"]
    stage.told()
    played(stage, playback)
    press(stage, "1")
    assert stage.told() == ["KeyPressed"]


def test_silence_is_a_no() -> None:
    stage, _ = Stage.talking()
    played(stage, asking(stage))
    assert states(stage) == []
    assert stage.wait() == [10.0]
    assert states(stage) == ["r1 refused"]


def test_who_answered_may_be_asked_again() -> None:
    stage, _ = Stage.talking()
    played(stage, asking(stage))
    press(stage, "2")
    stage.told()
    asking(stage, "r2")
    stage.wait()  # the first one's time
    assert states(stage) == []
    press(stage, "1")
    assert "POST " + "/".join(("bridges", stage.talk(), "record")) in stage.targets()


def test_a_key_and_a_time_of_its_own() -> None:
    stage = Stage(consent_key="#", consent_timeout=4.0)
    stage.waiting()
    leg = stage.answered()
    stage.between["addChannel"] = lambda: stage.both_enter(leg)
    stage.connect()
    stage.told()
    played(stage, asking(stage))
    assert [seconds for _, seconds in stage.paused] == [4.0]
    press(stage, "#")
    assert stage.asked[-1].path[-1] in {"record", "variable"}


def test_a_prompt_that_cannot_be_played_asks_nobody() -> None:
    stage, _ = Stage.talking()
    played(stage, asking(stage), "failed")
    assert states(stage) == ["r1 failed"]


@pytest.mark.parametrize("prompt", ["", "beep recording:private", "http://there/x", "a,sound:b"])
def test_what_is_no_name_of_a_prompt_is_not_played(prompt: str) -> None:
    stage, _ = Stage.talking()
    start = StartRecording(contact="c1", recording="r1", consent=prompt, **stage.head())
    assert stage.give(start).failure == "invalid"
    assert stage.asked == []


def test_a_prompt_that_asterisk_refuses_is_a_failure() -> None:
    stage, _ = Stage.talking()
    start = StartRecording(contact="c1", recording="r1", consent="x", **stage.head())
    name = stage.session.ids.leg(start.id)
    stage.replies[name] = Reply(400, {"message": "no"})
    assert stage.give(start).failure == "rejected"
    press(stage, "1")
    assert stage.told() == ["KeyPressed"]


def test_a_recording_that_fails_after_the_yes_is_told() -> None:
    stage, _ = Stage.talking()
    asking(stage)
    stage.replies["record"] = Reply(500, {"message": "no such folder"})
    press(stage, "1")
    assert states(stage) == ["r1 failed"]


def test_asked_is_one_at_a_time() -> None:
    stage, _ = Stage.talking()
    asking(stage)
    again = StartRecording(contact="c1", recording="r2", consent="x", **stage.head())
    assert stage.give(again).failure == "rejected"
    press(stage, "1")
    assert states(stage) == []


def test_who_is_on_hold_cannot_be_asked() -> None:
    stage, _ = Stage.talking()
    stage.give(StartHold(contact="c1", **stage.head()))
    stage.enter("c1", stage.home("held"))
    start = StartRecording(contact="c1", recording="r1", consent="x", **stage.head())
    assert stage.give(start).failure == "rejected"


def test_stopped_before_the_answer_it_is_not_begun() -> None:
    stage, _ = Stage.talking()
    playback = asking(stage)
    stop = StopRecording(contact="c1", recording="r1", **stage.head())
    assert stage.give(stop).verdict is Verdict.DONE
    stage.run_errands()
    assert states(stage) == ["r1 refused"]
    assert stage.targets() == [f"DELETE playbacks/{playback}"]


def test_a_customer_who_hangs_up_in_mid_prompt_has_not_agreed() -> None:
    stage, _ = Stage.talking()
    asking(stage)
    stage.say("ChannelHangupRequest", "c1")
    assert states(stage) == ["r1 refused"]
    assert stage.told() == ["RecordingSeen", "Disconnected customer"]
    stage.say("ChannelLeftBridge", "c1", bridge={"id": "x"})
    stage.say("StasisEnd", "c1")
    stage.run_errands()
    stage.wait()
    assert stage.told() == ["Ended hangup"]


def test_ended_by_the_host_it_is_a_no() -> None:
    stage, _ = Stage.talking()
    asking(stage)
    stage.give(HangUp(contact="c1", **stage.head()))
    stage.say("ChannelDestroyed", "c1", cause=16)
    assert stage.told() == ["RecordingSeen", "Disconnected system", "Ended hangup"]


@pytest.mark.parametrize("why", [StartHold, Consult, Park])
def test_who_leaves_the_conversation_in_mid_prompt_has_not_agreed(why: type) -> None:
    stage, _ = Stage.talking()
    asking(stage)
    more = {Consult: {"agent": "bea", "address": "PJSIP/bea"}, Park: {"queue": "tech"}}
    talk = stage.talk()
    stage.give(why(contact="c1", **more.get(why, {}), **stage.head()))
    stage.say("ChannelLeftBridge", "c1", bridge={"id": talk})
    assert states(stage) == ["r1 refused"]


def test_after_a_broken_link_nobody_has_agreed() -> None:
    stage, _ = Stage.talking()
    playback = asking(stage)
    (call,) = stage.session.contacts.values()
    before, found = call, type(call)(channel="c1", arrival=call.arrival, talk=call.talk)
    stage.session.start_from(Listing(calls=(found,), strays=(), empty=(), bridges=frozenset()))
    stage.session.catch_up([], NOW)
    assert states(stage) == ["r1 refused"]
    stage.run_errands()
    assert stage.targets() == [f"DELETE playbacks/{playback}"]
    assert before.consent is None
    stage.told()
    press(stage, "1")
    assert stage.told() == ["KeyPressed"]


def test_a_contact_that_is_gone_after_a_broken_link_tells_nothing() -> None:
    stage, _ = Stage.talking()
    asking(stage)
    stage.session.start_from(Listing(calls=(), strays=(), empty=(), bridges=frozenset()))
    assert states(stage) == []


def test_a_host_is_told_what_became_of_a_question_when_the_link_is_back() -> None:
    async def scenario() -> None:
        time = ManualTime()
        pbx = SimulatedAsterisk(time, phones=["PJSIP/201"])
        await pbx.start()
        link = asterisk("pbx", {"url": pbx.url, "user": "ccroute", "password": "swordfish"})
        router = Router(Plan.from_toml('[queues.sales]\nwrap_up = { mode = "none" }'), clock=time)
        settings = TenantSettings(directory={"ana": {"pbx": "PJSIP/201"}})
        async with Host(router, adapters={"pbx": link}, settings=settings, time=time) as host:
            await time.run(1)
            ana = host.agent("ana")
            await ana.sign_in(queues=["sales"], capacity={"voice": 1})
            await ana.ready()
            caller = pbx.call(dialled="900100", args=["sales"])
            contact = f"pbx:{caller}"
            while not pbx.at("PJSIP/201", "Ringing"):
                await time.run(0.1)
            pbx.answer("PJSIP/201")
            while host.router().explain(contact).phase != "engaged":
                await time.run(0.1)
            asked = asyncio.ensure_future(ana.start_recording(contact, consent="may-we-record"))
            while not asked.done():
                await time.run(0.01)
            pbx.wire.cut()
            pbx.press(caller, "1")  # nobody hears it
            while "recording_state" not in host.router().attributes(contact):
                await time.run(0.5)
            known = host.router().attributes(contact)
            assert (known["recording"], known["recording_state"]) == (asked.result(), "refused")
            assert host.router().explain(contact).phase == "engaged"
            await time.run(20)
            assert pbx.media.recordings == {}
        await pbx.stop()

    asyncio.run(asyncio.wait_for(scenario(), 60))
