"""Callers in a queue of Asterisk's own, as the real one and the simulated one tell of them."""

import asyncio
import re
from pathlib import Path

import attrs
from tests.asterisk.simulated import MOODS

from ccroute.testing import ManualTime, settle
from ccroute.testing.asterisk import SimulatedAsterisk

SHOWN = {
    "DialState": "DialStatus", "DialEnd": "DialStatus", "AgentComplete": "Reason",
    "HangupRequest": "Cause",
}  # fmt: skip
TOLD = (
    "QueueCallerJoin", "AgentCalled", "AgentRingNoAnswer", "AgentConnect", "QueueCallerLeave",
    "QueueCallerAbandon", *SHOWN,
)  # fmt: skip
RECORDED = Path(__file__).with_name("recorded_queues.json")
"""What a real one told."""


@attrs.frozen(kw_only=True)
class Story:
    """``phones``: number, what it does, seconds until it does, seconds it talks; ``leaves``: the
    second in which the caller hangs up; ``patience``: after which the queue lets the caller go;
    ``key_at``: when the caller presses a key."""

    phones: tuple[tuple[str, str, float, float], ...] = ()
    leaves: float = 60.0
    patience: float | None = None
    key_at: float | None = None


STORIES = {
    "the agent ends": Story(phones=(("101", "answer", 1.2, 1.2),)),
    "the caller ends": Story(phones=(("101", "answer", 1.2, 60.0),), leaves=2.6),
    "the caller gives up": Story(leaves=1.5),
    "the caller gives up while it rings": Story(phones=(("101", "wait", 0, 0),), leaves=1.5),
    "the queue's time is up": Story(patience=2.0),
    "the time is up while it rings": Story(phones=(("101", "wait", 0, 0),), patience=2.0),
    "nobody answers, then another": Story(
        phones=(("101", "wait", 0, 0), ("102", "answer", 1.2, 1.2)), leaves=20.0
    ),
    "busy again and again": Story(phones=(("101", "busy", 0, 0),), leaves=2.5),
    "rejected again and again": Story(phones=(("101", "reject", 1.2, 0),), leaves=3.9),
    "a key": Story(key_at=1.0),
    "a key while it rings": Story(phones=(("101", "wait", 0, 0),), key_at=1.0),
}


def as_told(data: bytes) -> list[str]:
    """The events of a stream, with what matters of each. Those of far ends, whose channels have
    names with ``;2``, are left out, and the first answer, by which the call began; and that a
    phone was busy at once, which the real one may tell before it tells that it was called."""
    found = []
    begun = False
    for block in re.split(r"\r\n\r\n", data.decode("utf-8", "replace")):
        fields = dict(re.findall(r"^([\w-]+): ?(.*?)\r?$", block, re.MULTILINE))
        name = fields.get("Event", "")
        begun = begun or name == "QueueCallerJoin"
        far = fields.get("Channel", "").endswith(";2")
        early = (name, fields.get("Cause")) == ("HangupRequest", "17")
        if begun and name in TOLD and not far and not early:
            found.append(f"{name} {fields.get(SHOWN.get(name, ''), '')}".strip())
    return found


async def simulated_story(story: Story) -> list[str]:
    """What the simulated one tells."""
    time = ManualTime()
    phones = [f"Local/{number}@agents" for number, *_ in story.phones]
    pbx = SimulatedAsterisk(time, phones=phones)
    await pbx.start()
    reader, writer = await asyncio.open_connection("127.0.0.1", pbx.ami_port, limit=1 << 20)
    writer.write(b"Action: Login\r\nUsername: ccroute\r\nSecret: swordfish\r\n\r\n")
    await settle()
    for address, (_, mood, after, talks) in zip(phones, story.phones, strict=True):
        pbx.set_phone(address, MOODS.get(mood, mood), after=after, talks=talks)
        pbx.queues.add("sales", f"{address}/n")
    call = pbx.call_queue("sales", patience=story.patience)
    if story.key_at is not None:
        await time.run(story.key_at)
        pbx.leave_queue(call, "key")
    await time.run(story.leaves)
    pbx.hang_up(call)
    await time.run(1.0)
    heard = bytearray()
    reading = asyncio.create_task(_all_of(reader, heard))
    await settle()
    reading.cancel()
    writer.close()
    await pbx.stop()
    return as_told(bytes(heard))


async def _all_of(reader: asyncio.StreamReader, heard: bytearray) -> None:
    while data := await reader.read(1 << 16):
        heard.extend(data)
