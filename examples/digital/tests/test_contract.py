"""The adapter contract on Pigeon: who plays its customers, agents and accidents, and what any
order of its requests comes to."""

import asyncio
import hmac
from types import MappingProxyType

import attrs
from hypothesis import given, settings
from hypothesis import strategies as st

from ccroute.adapters import (
    Connect,
    Gap,
    HangUp,
    HttpRequest,
    LinkUp,
    Park,
    PlatformSnapshot,
    SendAway,
)
from ccroute.testing import AdapterContract, Leg, ManualTime, PlatformDriver, settle
from ccroute_pigeon import PigeonAdapter
from ccroute_pigeon.service import Pigeon

KEY = "s3cret-pigeon-key"
CALLBACK = "https://centre.test/pigeon"
SIGNATURE = "x-pigeon-signature"


def settings_of(**changed):
    """Settings that work, looking often: a broken link must be noticed in ten seconds."""
    return {"url": "https://pigeon.test", "callback": CALLBACK, "key": KEY, "poll": 5.0} | changed


class PigeonDriver(PlatformDriver):
    secrets = (KEY,)
    cannot = MappingProxyType(
        {
            "fragment": "a request comes whole, whatever web framework takes it",
            "rename_contact": "Pigeon gives a session one id and keeps it",
        }
    )

    def __init__(self, time):
        self.pigeon = Pigeon(time, key=KEY)

    def adapter(self, config):
        return PigeonAdapter("pigeon", config, self.pigeon.request)

    async def start(self):
        pass

    async def stop(self):
        await self.pigeon.stop()

    def settings(self):
        return settings_of()

    def wrong_settings(self):
        return settings_of(key="guessed")

    def refused_settings(self):
        return settings_of(url="https://nobody.test")

    async def attach(self, adapter):
        self.pigeon.receiver = adapter.handle_http

    def addresses(self):
        return {"ana": "desk-ana", "bea": "desk-bea", "cid": "desk-cid"}

    def outside(self):
        return "mailto:warehouse@example.test"

    async def place_call(self, *, caller="+34600000001", dialled="900100"):
        # Each a customer of their own: one who writes again is in the same session.
        taken = {talk.customer for talk in self.pigeon.talks.values()}
        caller = caller if caller not in taken else f"{caller}-{len(taken)}"
        return self.pigeon.write(caller)

    async def hang_up(self, call):
        self.pigeon.leave(call)

    async def legs(self):
        found = []
        for talk in self.pigeon.talks.values():
            bridge = talk.session if talk.agent else None
            found.append(Leg(kind="customer", who=talk.session, bridge=bridge))
            if talk.agent:
                found.append(Leg(kind="agent", who=f"desk-{talk.agent}", bridge=bridge))
        return found

    async def side_effects(self, instruction):
        return self.pigeon.carried_out[instruction.id]

    async def attempts(self, instruction):
        return self.pigeon.asked[instruction.id]

    async def links(self):
        return int(self.pigeon.subscriber == CALLBACK)

    async def sign_ins(self):
        return self.pigeon.sign_ins

    # Accidents

    async def drop_link(self):
        self.pigeon.break_off()

    async def half_open(self):
        self.pigeon.silent = True

    async def restore_link(self):
        self.pigeon.mend()

    async def stall_replies(self):
        self.pigeon.stalls = True

    async def restart_platform(self):
        self.pigeon.restart()

    async def steal_session(self):
        self.pigeon.take_over()

    async def throttle(self, times, retry_after):
        self.pigeon.throttle = times, retry_after

    async def fail_creates(self, times):
        self.pigeon.failures = times

    async def storm(self, events):
        (talk,) = self.pigeon.talks.values()
        known = len(self.pigeon.requests)
        for number in range(events):
            self.pigeon.answer(talk.session, "storm")
            if number % 1000 == 0:
                await settle(2)
        await settle()
        del self.pigeon.requests[known:]
        talk.texts.clear()

    async def inject_raw(self, data):
        await self.pigeon.receiver(self.pigeon.signed(data))

    def malformed(self):
        event = b'{"boot":1,"number":99,"session":"","at":1.0,"data":{}'
        return {
            "not UTF-8": b'{"kind": "\xff\xfe"}',
            "a megabyte without an end": b'{"kind": "' + b"x" * 1_100_000,
            "a key twice": event + b',"kind":"a","kind":"b"}',
            "line ends inside": event + b',"kind":"a\r\nb"}',
            "cut short": event,
            "no object": b"[]",
            "numbers that are none": event.replace(b"1.0", b"NaN") + b',"kind":"a"}',
            "nested without end": b"[" * 100_000,
        }

    async def unknown_event(self):
        self.pigeon.tell("weather", "")

    async def skew_clock(self, seconds):
        self.pigeon.skew = seconds

    # Requests

    async def hold_requests(self):
        self.pigeon.keeps = True

    def requests(self):
        return self.pigeon.requests

    def forge(self, request, how):
        match how:
            case "signature":
                return attrs.evolve(request, headers={SIGNATURE: "sha256=" + "0" * 64})
            case "body":
                return attrs.evolve(request, body=request.body.replace(b"session", b"s3ssion"))
            case "algorithm":
                # Rightly computed: who may choose, may choose a broken one.
                signed = hmac.new(KEY.encode(), request.url.encode() + b"\n" + request.body, "sha1")
                return HttpRequest(
                    method="POST",
                    url=request.url,
                    headers={SIGNATURE: f"sha1={signed.hexdigest()}"},
                    body=request.body,
                )
            case _:
                return None


class TestPigeon(AdapterContract):
    module = "ccroute_pigeon"

    def make_platform(self, time):
        self.driver = PigeonDriver(time)
        return self.driver

    def make_adapter(self, config):
        return self.driver.adapter(config)


# Requests in any order


class Ear:
    """A sink that keeps everything."""

    def __init__(self):
        self.heard = []

    def push(self, signal):
        self.heard.append(signal)
        return True

    def resync(self, snapshot):
        self.heard.append(snapshot)

    def told(self):
        return [it for it in self.heard if not isinstance(it, LinkUp | PlatformSnapshot)]


STEPS = (
    "write", "write", "answer", "leave", "finish", "park", "connect", "connect", "end", "forward",
)  # fmt: skip


async def opened():
    time, ear = ManualTime(), Ear()
    pigeon = Pigeon(time, key=KEY)
    adapter = PigeonAdapter("pigeon", settings_of(), pigeon.request)
    pigeon.receiver = adapter.handle_http
    await adapter.open(ear, time)
    return pigeon, adapter, ear, time


async def stepped(pigeon, adapter, what, place, number):
    sessions = list(pigeon.talks)
    if what == "write":
        pigeon.write(f"c{place % 2}", channel=("chat", "email")[place // 2])
    elif sessions:
        session = sessions[place % len(sessions)]
        about = {"id": f"i{number}", "deadline": 2e9, "tenant": "acme", "contact": session}
        match what:
            case "answer" | "finish" | "leave":
                getattr(pigeon, what)(session)
            case "park":
                await adapter.execute(Park(**about, queue="chats"))
            case "connect":
                await adapter.execute(Connect(**about, offer=number, agent="ana"))
            case "end":
                await adapter.execute(HangUp(**about))
            case "forward":
                await adapter.execute(SendAway(**about, address="mailto:x@example.test"))
    await settle(3)


def held(snapshot):
    """What a snapshot holds, but for the times that only a list knows."""
    none = {"entered_at": None, "at": None, "number": None}
    return [attrs.evolve(it, arrival=attrs.evolve(it.arrival, **none)) for it in snapshot.contacts]


@given(
    st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 3)), max_size=14),
    st.randoms(use_true_random=False),
)
@settings(max_examples=80, deadline=None)
def test_any_order_and_number_of_requests_tells_the_same(steps, draw):
    async def scene():
        pigeon, adapter, ear, _ = await opened()
        for number, (what, place) in enumerate([("write", 0), ("connect", 0), *steps], 1):
            await stepped(pigeon, adapter, what, place, number)
        requests = list(pigeon.requests)
        mixed = requests + draw.choices(requests, k=len(requests))
        draw.shuffle(mixed)
        # Another adapter, on a Pigeon that holds the same and has sent nothing to it.
        other_pigeon, other, other_ear, _ = await opened()
        for request in mixed:
            assert (await other.handle_http(request)).status == 204
        assert other_ear.told() == ear.told()
        # By the signals the same goes on; the list says so too.
        going = {it.contact for it in held(await adapter.snapshot())}
        ended = {it.contact for it in ear.told() if type(it).__name__ == "Ended"}
        assert going | ended == {it.contact for it in ear.told()}
        assert not going & ended
        for one, its_pigeon in ((adapter, pigeon), (other, other_pigeon)):
            await its_pigeon.stop()
            await one.close(0.0)

    asyncio.run(scene())


def test_a_request_that_never_comes_is_looked_up():
    async def scene():
        pigeon, adapter, ear, time = await opened()
        session = pigeon.write("c1")
        await settle()
        pigeon.keeps = True
        pigeon.answer(session)  # is lost
        lost = pigeon.write("c2")  # too
        pigeon.keeps = False
        pigeon.leave(session)
        await settle()
        assert [type(it).__name__ for it in ear.told()] == ["Arrived"]
        await time.run(9.0)
        assert len(ear.told()) == 1
        await time.run(3.0)
        assert [type(it) for it in ear.told()[1:]] == [Gap]
        assert [it.contact for it in ear.heard[-1].contacts] == [lost]
        # What was lost comes after all, and says nothing any more.
        for request in pigeon.requests:
            await adapter.handle_http(request)
        assert len(ear.told()) == 2
        # As ever afterwards, and no gap without a reason.
        pigeon.leave(lost)
        await time.run(600.0)
        assert [type(it).__name__ for it in ear.told()[2:]] == ["Abandoned", "Ended"]
        await pigeon.stop()
        await adapter.close(0.0)

    asyncio.run(scene())


def test_what_is_heard_while_the_list_is_on_its_way_is_later_than_the_list():
    async def scene():
        time, ear, meanwhile = ManualTime(), Ear(), []
        pigeon = Pigeon(time, key=KEY)

        async def transport(request):
            reply = await pigeon.request(request)
            if request.method == "GET" and meanwhile:
                meanwhile.pop()()
                await settle()
            return reply

        adapter = PigeonAdapter("pigeon", settings_of(), transport)
        pigeon.receiver = adapter.handle_http
        # Before the first list is read, too: between subscribing and looking.
        meanwhile.append(lambda: pigeon.write("c0"))
        await adapter.open(ear, time)
        assert [it.contact for it in ear.told()] == ["S00001"]
        assert ear.heard[1].contacts == ()
        pigeon.keeps = True
        pigeon.write("c1")  # lost
        pigeon.keeps = False
        pigeon.write("c2")  # waits for the one before
        await time.run(9.0)
        meanwhile.append(lambda: pigeon.leave("S00001"))
        await time.run(5.0)
        assert meanwhile == []
        kinds = [type(it).__name__ for it in ear.heard[3:]]
        assert kinds == ["Gap", "PlatformSnapshot", "Abandoned", "Ended"]
        assert {it.contact for it in ear.heard[4].contacts} == {"S00001", "S00002", "S00003"}
        assert {it.contact for it in (await adapter.snapshot()).contacts} == {"S00002", "S00003"}
        await pigeon.stop()
        await adapter.close(0.0)

    asyncio.run(scene())


def test_what_was_said_before_a_restart_is_of_another_life():
    async def scene():
        pigeon, adapter, ear, time = await opened()
        session = pigeon.write("c1")
        await settle()
        before = list(pigeon.requests)
        pigeon.restart()
        await time.run(20.0)
        told = [(it.contact, it.cause) for it in ear.told() if type(it).__name__ == "Ended"]
        assert told == [(session, "system_lost")]
        assert [it.epoch for it in ear.heard if isinstance(it, LinkUp)] == [1, 2]
        heard = len(ear.heard)
        for request in before:  # number 1, which is the next of this life
            assert (await adapter.handle_http(request)).status == 204
        assert ear.heard[heard:] == []
        pigeon.write("c2")
        await settle()
        assert len(ear.heard) == heard + 1
        await pigeon.stop()
        await adapter.close(0.0)

    asyncio.run(scene())
