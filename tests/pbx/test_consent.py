"""Recordings on a real Asterisk, of customers who are asked first."""

import asyncio
import wave
from array import array

import pytest
from tests.pbx.centre import Centre, all_gone, fresh, heard, play, quiet
from tests.pbx.instance import Asterisk
from tests.pbx.phones import AUDIBLE, Phones

from ccroute.adapters import RecordingSeen

PROMPT = "privacy-prompt"  # 'please say your name': it takes two seconds


async def talking(centre: Centre, phones: Phones) -> str:
    phones.agent("101", delay=0.1)
    await centre.staff("a101")
    return await centre.came(phones.call("sales", phone="tone", ref=fresh()), "engaged")


def states(centre: Centre) -> list[str]:
    return [it.state for it in centre.signals(RecordingSeen)]


def loudest(pbx: Asterisk, recording: str) -> int:
    file = pbx.folder / "spool" / "recording" / f"{recording}.wav"
    with wave.open(str(file)) as recorded:
        return max(map(abs, array("h", recorded.readframes(recorded.getnframes()))), default=0)


@pytest.mark.parametrize("key", ["1", "7"])
def test_a_key_in_mid_prompt(pbx: Asterisk, phones: Phones, key: str) -> None:
    async def scenario() -> None:
        async with Centre({"pbx": pbx}) as centre:
            contact = await talking(centre, phones)
            recording = await centre.desk("a101").start_recording(contact, consent=PROMPT)
            await asyncio.sleep(0.5)
            assert states(centre) == []
            phones.press(centre.refs[contact], key)
            wanted = "started" if key == "1" else "refused"
            await centre.until(lambda: states(centre) == [wanted], f"{wanted} is told")
            if key == "1":
                await asyncio.sleep(0.5)
                await centre.desk("a101").stop_recording(contact)
                await centre.until(lambda: states(centre)[1:] == ["stopped"], "it is stopped")
                assert loudest(pbx, recording) > AUDIBLE
            attributes = centre.router.attributes(contact)
            assert (attributes["recording"], attributes["recording_state"]) == (
                recording,
                states(centre)[-1],
            )
            phones.hang_up(centre.refs[contact])
            await all_gone(centre, pbx)

    quiet(pbx)
    play(scenario)


def test_the_agent_hears_the_question_and_silence_is_a_no(pbx: Asterisk, phones: Phones) -> None:
    async def scenario() -> None:
        async with Centre({"pbx": pbx}, consent_timeout=0.5) as centre:
            phones.agent("101", delay=0.1)
            await centre.staff("a101")
            contact = await centre.came(phones.call("sales", ref=fresh()), "engaged")
            assert not await asyncio.to_thread(phones.hears, "101")
            await centre.desk("a101").start_recording(contact, consent=PROMPT)
            assert await asyncio.to_thread(phones.hears, "101")
            await centre.until(lambda: states(centre) == ["refused"], "silence is a no")
            assert centre.phase(contact) == "engaged"
            phones.hang_up(centre.refs[contact])
            await all_gone(centre, pbx)

    quiet(pbx)
    play(scenario)


def test_a_customer_who_hangs_up_in_mid_prompt(pbx: Asterisk, phones: Phones) -> None:
    async def scenario() -> None:
        async with Centre({"pbx": pbx}) as centre:
            contact = await talking(centre, phones)
            await centre.desk("a101").start_recording(contact, consent=PROMPT)
            phones.hang_up(centre.refs[contact])
            await heard(phones, "gone", agent="101")
            await all_gone(centre, pbx)
            assert states(centre) == ["refused"]

    quiet(pbx)
    play(scenario)


def test_a_prompt_that_is_not_there(pbx: Asterisk, phones: Phones) -> None:
    async def scenario() -> None:
        async with Centre({"pbx": pbx}) as centre:
            contact = await talking(centre, phones)
            await centre.desk("a101").start_recording(contact, consent="no-such-prompt")
            await centre.until(lambda: states(centre) == ["failed"], "it is told")
            phones.hang_up(centre.refs[contact])
            await all_gone(centre, pbx)

    quiet(pbx)
    play(scenario)
