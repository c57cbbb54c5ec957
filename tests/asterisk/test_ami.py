"""AMI of the simulated Asterisk: sign-in, rights, lists, filters, and app_queue's events in the
orders that a real one was recorded to tell them in (the lab's 22 scenarios)."""

import asyncio
import hashlib
from contextlib import asynccontextmanager

import pytest

from ccroute.testing import ManualTime, settle
from ccroute.testing.asterisk import AmiUser, SimulatedAsterisk

ANA, BEA = "Local/101@agents", "Local/102@agents"
SHOWN = {
    "DialState": "DialStatus", "DialEnd": "DialStatus", "AgentRingNoAnswer": "RingTime",
    "AgentConnect": "HoldTime", "AgentComplete": "Reason", "Hangup": "Cause",
    "HangupRequest": "Cause", "VarSet": "Value",
}  # fmt: skip
TOLD = (
    "QueueCallerJoin", "AgentCalled", "DialBegin", "QueueCallerLeave", "QueueCallerAbandon",
    "BridgeEnter", "BridgeLeave", *SHOWN,
)  # fmt: skip


class Client:
    """An AMI client with as little code as that takes."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer
        self.data = b""

    async def say(self, *lines):
        self.writer.write("\r\n".join([*lines, "", ""]).encode())
        return await self.heard()

    async def heard(self):
        """The packets since the last time."""
        before = len(self.data)
        await settle()
        while True:
            try:
                async with asyncio.timeout(0.02):
                    data = await self.reader.read(1 << 16)
            except TimeoutError:
                break
            if not data:
                break
            self.data += data
        text = self.data[before:].decode("utf-8", "replace")
        blocks = [block.split("\r\n") for block in text.split("\r\n\r\n") if block]
        return [dict(line.partition(": ")[::2] for line in block) for block in blocks]

    async def sign_in(self, secret="swordfish", **more):
        fields = [f"{key}: {value}" for key, value in more.items()]
        return await self.say(
            "Action: Login", "Username: ccroute", f"Secret: {secret}", "ActionID: 1", *fields
        )


@asynccontextmanager
async def ami(**given):
    time = ManualTime()
    pbx = SimulatedAsterisk(time, phones=[ANA, BEA], **given)
    await pbx.start()
    reader, writer = await asyncio.open_connection("127.0.0.1", pbx.ami_port)
    client = Client(reader, writer)
    try:
        yield pbx, client, time
    finally:
        writer.close()
        await pbx.stop()


def story(packets):
    """The names of queue events with what matters of each."""
    found = []
    for packet in packets:
        name = packet.get("Event")
        if name in TOLD and packet.get("Variable", "QUEUESTATUS") == "QUEUESTATUS":
            shown = packet.get(SHOWN.get(name, ""), "")
            found.append(f"{name} {shown}".strip())
    return found


async def played(scenario, phones=(), **given):
    """What is told of one caller in a queue."""
    async with ami() as (pbx, client, time):
        await client.sign_in()
        for address, mood, more in phones:
            pbx.set_phone(address, mood, **more)
            pbx.queues.add("sales", f"{address}/n", address)
        for name, value in given.items():
            setattr(pbx.queues, name, value)
        await client.heard()
        told = []
        await scenario(pbx, time)
        await time.run(1.0)
        told += await client.heard()
        return story(told), pbx.queues.log


RING = ["AgentCalled", "DialBegin", "DialState RINGING"]
MISSED = ["AgentRingNoAnswer 4000", "DialEnd NOANSWER", "DialEnd CANCEL", "Hangup 0"]
CANCELLED = ["DialEnd CANCEL", "DialEnd CANCEL", "Hangup 0"]


def caller_for(seconds, **more):
    async def scenario(pbx, time):
        call = pbx.call_queue("sales", **more)
        await time.run(seconds)
        pbx.hang_up(call)

    return scenario


def test_an_answered_call_is_told_in_the_recorded_order():
    told, log = asyncio.run(
        played(caller_for(10.0), [(ANA, "answer", {"after": 1.0, "talks": 2.0})])
    )
    assert told == [
        "QueueCallerJoin", *RING, "DialEnd ANSWER", "QueueCallerLeave", "AgentConnect 1",
        "BridgeEnter", "BridgeEnter", "HangupRequest 16", "AgentComplete agent", "BridgeLeave",
        "Hangup 16", "BridgeLeave", "Hangup 16",
    ]  # fmt: skip
    verbs = [line.split("|")[4] for line in log]
    assert verbs == ["ADDMEMBER", "ENTERQUEUE", "CONNECT", "COMPLETEAGENT"]
    assert log[-1].split("|")[5:] == ["1", "2", "1"]


def test_a_caller_who_hangs_up_is_told_as_the_caller():
    told, _ = asyncio.run(played(caller_for(4.0), [(ANA, "answer", {"after": 1.0})]))
    assert told[-6:] == [
        "HangupRequest 16", "AgentComplete caller", "BridgeLeave", "Hangup 16", "BridgeLeave",
        "Hangup 16",
    ]  # fmt: skip


def test_who_gives_up_leaves_after_the_abandon():
    told, log = asyncio.run(played(caller_for(2.0)))
    assert told == [
        "QueueCallerJoin", "HangupRequest 16", "QueueCallerAbandon", "QueueCallerLeave",
        "Hangup 16",
    ]  # fmt: skip
    assert log[-1].endswith("|sales|NONE|ABANDON|1|1|2")
    told, _ = asyncio.run(played(caller_for(2.0), [(ANA, "ring", {})]))
    wanted = ["HangupRequest 16", *CANCELLED, "QueueCallerAbandon", "QueueCallerLeave"]
    assert told == ["QueueCallerJoin", *RING, *wanted, "Hangup 16"]


def test_a_time_out_looks_like_an_abandon_but_for_the_status():
    told, log = asyncio.run(played(caller_for(9.0, patience=2.0)))
    assert told == [
        "QueueCallerJoin", "QueueCallerAbandon", "QueueCallerLeave", "VarSet TIMEOUT", "Hangup 16",
    ]  # fmt: skip
    assert "EXITWITHTIMEOUT" in log[-1]
    told, _ = asyncio.run(played(caller_for(9.0, patience=6.0), [(ANA, "ring", {})]))
    again = ["AgentRingNoAnswer 1000", *MISSED[1:]]
    assert told[:-4] == ["QueueCallerJoin", *RING, *MISSED, *RING, *again]


def test_a_key_shows_only_that_the_caller_left():
    async def scenario(pbx, time):
        call = pbx.call_queue("sales")
        await time.run(1.0)
        pbx.leave_queue(call, "key")

    told, log = asyncio.run(played(scenario))
    assert told == ["QueueCallerJoin", "QueueCallerLeave", "Hangup 16"]
    assert "EXITWITHKEY" in log[-1]


@pytest.mark.parametrize(("mood", "cause", "rung"), [("busy", 17, 0), ("reject", 21, 1000)])
def test_a_phone_that_refuses_is_tried_again_each_second(mood, cause, rung):
    told, _ = asyncio.run(played(caller_for(3.5), [(ANA, mood, {"after": 1.0})]))
    ring = RING if mood == "reject" else RING[:2]
    once = [
        *ring, f"HangupRequest {cause}", "DialEnd NOANSWER", f"AgentRingNoAnswer {rung}",
        f"Hangup {cause}",
    ]  # fmt: skip
    assert told[1 : 1 + 2 * len(once)] == once * 2


def test_a_higher_penalty_is_not_tried_while_a_lower_one_is_free():
    async def scenario(pbx, time):
        pbx.queues.member("sales", f"{BEA}/n").penalty = 5
        call = pbx.call_queue("sales")
        await time.run(9.0)
        assert {it.address for it in pbx.at(BEA)} == set()
        pbx.hang_up(call)

    phones = [(ANA, "ring", {}), (BEA, "answer", {})]
    told, _ = asyncio.run(played(scenario, phones))
    assert "AgentConnect 5" not in told


def test_who_is_refused_at_the_door_shows_in_the_status_alone():
    told, log = asyncio.run(played(caller_for(1.0), join_empty=False))
    assert told == ["VarSet JOINEMPTY", "Hangup 16"]
    assert log == []


def test_traps_can_be_set():
    phones = [(ANA, "answer", {"after": 1.0, "talks": 0.0})]
    traps = {"complete_without_call", "wrong_blame"}
    told, log = asyncio.run(played(caller_for(5.0), phones, traps=traps))
    assert "AgentComplete caller" in told
    assert "COMPLETECALLER" in log[-1]


def test_sign_in_by_challenge_and_by_secret():
    async def scene():
        async with ami() as (pbx, client, _):
            (banner,) = await client.heard()
            assert next(iter(banner)).startswith("Asterisk Call Manager/11")
            (refused,) = await client.say("Action: Ping", "ActionID: 1")
            assert refused["Message"] == "Permission denied"
            (asked,) = await client.say("Action: Challenge", "AuthType: MD5", "ActionID: 2")
            key = hashlib.md5((asked["Challenge"] + "swordfish").encode()).hexdigest()
            told = await client.say(
                "Action: Login", "AuthType: MD5", "Username: ccroute", f"Key: {key}"
            )
            assert told[0]["Message"] == "Authentication accepted"
            assert told[1]["Event"] == "FullyBooted"
            assert len(pbx.sign_ins) == 1
        async with ami() as (_, client, _):
            (refused,) = await client.sign_in("wrong")
            assert (refused["Response"], refused["Message"]) == ("Error", "Authentication failed")
            assert client.reader.at_eof()

    asyncio.run(scene())


def test_rights_and_filters_hold():
    async def scene():
        async with ami() as (pbx, client, _):
            pbx.ami.users["ccroute"] = AmiUser(
                secret="swordfish", read=frozenset({"agent"}), write=frozenset({"system"})
            )
            await client.sign_in()
            (refused,) = await client.say("Action: QueueAdd", "Queue: sales", f"Interface: {ANA}")
            assert refused["Message"] == "Permission denied"
            criteria = "MatchCriteria: action(include),name(QueueCallerJoin)"
            (taken,) = await client.say("Action: Filter", "Operation: Add", criteria)
            assert taken["Response"] == "Success"
            pbx.hang_up(pbx.call_queue("sales"))
            assert [it["Event"] for it in await client.heard()] == ["QueueCallerJoin"]

    asyncio.run(scene())


def test_lists_count_what_they_hold_and_belong_to_who_asked():
    async def scene():
        async with ami() as (pbx, client, time):
            await client.sign_in(Events="off")
            pbx.queues.add("sales", f"{ANA}/n", "Ana")
            pbx.set_phone(ANA, "ring", in_use=True)
            pbx.call_queue("sales")
            await time.run(3.0)
            told = await client.say("Action: QueueStatus", "ActionID: 9")
            assert [it.get("Event") for it in told] == [
                None, "QueueParams", "QueueMember", "QueueEntry", "QueueStatusComplete",
            ]  # fmt: skip
            assert {it["ActionID"] for it in told} == {"9"}
            assert told[-1]["ListItems"] == "3"
            assert (told[2]["Status"], told[3]["Wait"]) == ("2", "3")

    asyncio.run(scene())


def test_pieces_and_bytes_that_are_no_text_reach_the_client():
    async def scene():
        async with ami() as (pbx, client, _):
            pbx.ami_wire.piece = 7
            told = await client.sign_in()
            assert told[0]["Message"] == "Authentication accepted"
            pbx.ami_wire.piece = None
            pbx.ami_wire.inject(b"Event: Newchannel\r\nCallerIDName: \xff\xfe\r\n\r\n")
            await client.heard()
            assert b"\xff\xfe" in client.data
            pbx.restart()
            await client.heard()
            assert client.reader.at_eof()

    asyncio.run(scene())
