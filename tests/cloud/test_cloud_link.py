"""The cloud's adapter and its link: what is refused, repeated, looked up, lost and taken over."""

import asyncio
import json

import attrs
import pytest
from tests.cloud.driver import CALLBACK, KEY, settings_of
from tests.cloud.story import AGENTS, Bench, Ear

from ccroute import ConfigError, LinkError
from ccroute.adapters import (
    Arrived,
    CancelRing,
    Disconnected,
    Ended,
    Gap,
    HttpRequest,
    LinkDown,
    LinkUp,
    OfferFailed,
    PlatformSnapshot,
    Verdict,
)
from ccroute.testing import CloudAdapter, ManualTime, SimulatedCloud, settle


def on_bench(**settings):
    """Plays a scene on a bench."""

    def made(scene):
        def test():
            async def played():
                bench = await Bench.up(**settings)
                try:
                    await scene(bench)
                finally:
                    await bench.down()

            asyncio.run(played())

        test.__name__ = scene.__name__
        return test

    return made


def counters_of(health):
    return dict(health.counters)


# Requests to the cloud


@on_bench()
async def test_a_label_is_taken_once_and_never_again(bench):
    contact = bench.cloud.call()
    await settle()
    first = bench.ring(contact, offer=7)
    assert (await bench.do(first)).verdict is Verdict.DONE
    # Another instruction for the same offer: refused, for the label is another's.
    other = await bench.do(bench.ring(contact, "bea", offer=7))
    assert (other.verdict, other.failure) == (Verdict.FAILED, "rejected")
    bench.cloud.reject(AGENTS["ana"])
    await settle()
    again = await bench.do(bench.ring(contact, offer=7))
    assert again.failure == "rejected"
    assert [len(call.legs) for call in bench.cloud.calls()] == [0]


@on_bench()
async def test_names_are_no_paths(bench):
    contact = bench.cloud.call()
    await settle()
    ring = attrs.evolve(bench.ring(contact), tenant="acme/../x?y#z")
    bench.cloud.fail_creates(1)
    assert (await bench.do(ring)).detail == "found by its label"
    cancel = CancelRing(
        **bench.envelope() | {"tenant": ring.tenant}, contact=contact, offer=ring.offer
    )
    assert (await bench.do(cancel)).verdict is Verdict.DONE
    assert [len(call.legs) for call in bench.cloud.calls()] == [0]
    # Nor does one of a contact reach beyond it.
    rude = attrs.evolve(bench.ring(contact), contact=f"{contact}/legs")
    assert (await bench.do(rude)).failure == "gone"


@on_bench()
async def test_a_leg_that_was_made_and_answered_with_an_error_is_found_and_not_made_again(bench):
    contact = bench.cloud.call()
    await settle()
    bench.cloud.fail_creates(1)
    ring = bench.ring(contact)
    outcome = await bench.do(ring)
    assert (outcome.verdict, outcome.detail) == (Verdict.DONE, "found by its label")
    assert len(bench.cloud.asked[ring.id]) == bench.cloud.carried_out[ring.id] == 1


@on_bench()
async def test_a_leg_that_cannot_be_looked_up_is_unknown_and_not_sent_again(bench):
    contact = bench.cloud.call()
    await settle()
    bench.cloud.stall()
    ring = bench.ring(contact)
    task = asyncio.ensure_future(bench.adapter.execute(ring))
    await bench.time.run(10.0)  # its own time-out, and that of the look-up
    assert task.result().verdict is Verdict.UNKNOWN
    bench.cloud.restore()
    await bench.time.run(120.0)
    assert len(bench.cloud.asked[ring.id]) == 1
    assert (await bench.do(ring)).verdict is Verdict.UNKNOWN  # the same id, the same outcome
    assert len(bench.cloud.asked[ring.id]) == 1


@on_bench()
async def test_too_many_requests_wait_as_long_as_the_cloud_says(bench):
    contact = bench.cloud.call()
    await settle()
    bench.cloud.throttle(2, 3.0)
    ring = bench.ring(contact)
    task = asyncio.ensure_future(bench.adapter.execute(ring))
    began = bench.time.now()
    await bench.time.run(7.0)
    assert task.result().verdict is Verdict.DONE
    assert [at - began for at in bench.cloud.asked[ring.id]] == [0.0, 3.0, 6.0]
    # Where that would be too late, it is told, with the time.
    bench.cloud.throttle(9, 60.0)
    outcome = await bench.do(bench.ring(contact, "bea"))
    assert (outcome.failure, outcome.retry_after) == ("throttled", 60.0)
    assert counters_of(await bench.adapter.probe())["throttled"] == 3


# Requests from the cloud


@on_bench()
async def test_what_is_not_signed_for_us_is_refused_and_says_nothing(bench):
    bench.cloud.keep_requests()
    bench.cloud.call()
    (request,) = bench.cloud.requests
    header = "x-cloud-signature"
    signature = request.headers[header]
    for_another = bench.cloud.signed(request.body, "https://another.test/cloud")
    for wrong in (
        attrs.evolve(request, headers={}),
        attrs.evolve(request, headers={header: signature.upper()}),
        attrs.evolve(request, headers={header: signature.removeprefix("sha256=")}),
        attrs.evolve(request, headers={header: "none=" + signature.removeprefix("sha256=")}),
        attrs.evolve(request, headers={header: signature + "é"}),
        attrs.evolve(request, headers={header: signature[:-1]}),
        attrs.evolve(request, body=request.body + b" "),
        attrs.evolve(request, url=CALLBACK + "?x=1"),
        for_another,
        attrs.evolve(for_another, url=CALLBACK),
    ):
        assert (await bench.adapter.handle_http(wrong)).status == 403
    assert bench.ear.of(Arrived) == []
    assert counters_of(await bench.adapter.probe())["forged"] == 10
    assert (await bench.adapter.handle_http(request)).status == 204
    assert (await bench.adapter.handle_http(request)).status == 204
    assert len(bench.ear.of(Arrived)) == 1


@on_bench()
async def test_a_signed_body_that_is_no_message_is_refused_and_counted(bench):
    message = {"boot": 1, "mark": 1, "contact": "", "seq": 0, "kind": "a", "at": 1, "data": {}}
    wrong = [
        {**message, "seq": 1},
        {**message, "contact": "x"},
        {**message, "mark": True},
        {**message, "mark": -1},
        {**message, "kind": 7},
        {**message, "at": "now"},
        {**message, "data": []},
        {name: value for name, value in message.items() if name != "boot"},
    ]
    for told in wrong:
        request = bench.cloud.signed(json.dumps(told).encode())
        assert (await bench.adapter.handle_http(request)).status == 400
    large = bench.cloud.signed(b" " * (1 << 20) + json.dumps(message).encode())
    assert (await bench.adapter.handle_http(large)).status == 413
    # Well formed, and lacks what its kind must have.
    odd = {"contact": "x", "seq": 1, "kind": "contact.arrived", "data": {"attributes": 1}}
    half = bench.cloud.signed(json.dumps({**message, **odd}).encode())
    assert (await bench.adapter.handle_http(half)).status == 204
    counters = counters_of(await bench.adapter.probe())
    assert (counters["malformed"], counters["too_large"]) == (len(wrong) + 1, 1)
    assert bench.ear.of(Arrived) == []
    good = bench.cloud.signed(json.dumps(message).encode())
    assert (await bench.adapter.handle_http(good)).status == 204


def test_a_link_that_is_not_open_takes_no_messages():
    async def scene():
        bench = await Bench.up()
        bench.cloud.keep_requests()
        bench.cloud.call()
        (request,) = bench.cloud.requests
        await bench.down()
        assert (await bench.adapter.handle_http(request)).status == 503
        assert bench.ear.of(Arrived) == []
        with pytest.raises(LinkError, match="not open"):
            await bench.adapter.snapshot()

    asyncio.run(scene())


# The link


def test_what_comes_between_subscribing_and_looking_is_told_once():
    async def scene():
        time = ManualTime()
        cloud = SimulatedCloud(time, key=KEY)
        called = []

        async def transport(request):
            reply = await cloud.request(request)
            if request.url.endswith("/subscriptions"):
                called.append(cloud.call())  # in the list, and as a message
                await settle()
            if request.url.endswith("/contacts"):
                called.append(cloud.call())  # after the list, before it is read
                await settle()
            return reply

        adapter, ear = CloudAdapter("cloud", settings_of(), transport), Ear()
        cloud.deliver_to(adapter.handle_http)
        await adapter.open(ear, time)
        assert [it.contact for it in ear.of(PlatformSnapshot)[0].contacts] == called[:1]
        assert [it.contact for it in ear.of(Arrived)] == called[1:2]
        await adapter.close(0.0)
        await cloud.stop()

    asyncio.run(scene())


@on_bench()
async def test_a_restart_ends_everything_as_lost(bench):
    for step in ("call", "park", "ring", "answer", "connect", "call"):
        await bench.step(step, 0)
    await bench.do(bench.ring(bench.cloud.calls()[1].contact, "bea"))
    talking, waiting = (call.contact for call in bench.cloud.calls())
    heard = len(bench.ear.heard)
    bench.cloud.restart()
    await bench.time.run(20.0)
    told = bench.ear.heard[heard:]
    assert [type(it) for it in told] == [
        LinkDown, Ended, OfferFailed, Ended, LinkUp, Gap, PlatformSnapshot,
    ]  # fmt: skip
    ends = [(it.contact, it.cause, it.inferred) for it in told if isinstance(it, Ended)]
    assert ends == [(talking, "system_lost", True), (waiting, "system_lost", True)]
    (up,) = [it for it in told if isinstance(it, LinkUp)]
    assert (up.epoch, told[-1].epoch, told[-1].contacts) == (2, 2, ())
    # A message of before the restart, late: of another life.
    for request in bench.cloud.requests:
        await bench.adapter.handle_http(request)
    assert bench.ear.heard[heard + len(told) :] == []
    await bench.step("call", 0)
    assert len(bench.ear.of(Arrived)) == 3


@on_bench()
async def test_who_came_while_the_link_was_broken_is_not_driven_out(bench):
    bench.cloud.cut()
    await bench.time.run(10.0)
    assert isinstance(bench.ear.heard[-1], LinkDown)
    bench.cloud.take_over()
    bench.cloud.restore()
    await bench.time.run(60.0)
    assert [it.final for it in bench.ear.of(LinkDown)] == [False, True]
    tried = len(bench.cloud.sign_ins)
    await bench.time.run(600.0)
    assert len(bench.cloud.sign_ins) == tried
    assert bench.cloud.subscriber != CALLBACK


@on_bench()
async def test_a_conversation_in_disorder_is_told_in_order(bench):
    bench.cloud.disorder()
    for step in ("call", "park", "ring", "answer", "connect", "hang_up"):
        await bench.step(step, 0)
        await bench.time.run(1.0)
    (story,) = bench.told().values()
    assert [type(it).__name__ for it in story] == [
        "Arrived", "Parked", "Dialled", "Ringing", "Answered", "Bridged", "Disconnected", "Ended",
    ]  # fmt: skip
    assert [it.by for it in story if isinstance(it, Disconnected)] == ["agent"]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"url": 5}, r"links\.cloud\.url: give text"),
        ({"poll": 0.0}, r"links\.cloud: 'poll' must be > 0"),
        ({"pol": 5.0}, r"links\.cloud: no setting 'pol': give some of url, callback, key"),
    ],
)
def test_settings_that_cannot_be_are_named(changed, words):
    with pytest.raises(ConfigError, match=words):
        CloudAdapter("cloud", settings_of(**changed), SimulatedCloud(ManualTime()).request)


def test_a_request_without_the_key_is_told_nothing():
    async def scene():
        cloud = SimulatedCloud(ManualTime(), key=KEY)
        cloud.call()
        for headers in ({}, {"authorization": "Bearer guessed"}):
            url = f"{cloud.url}/contacts"
            reply = await cloud.request(HttpRequest(method="GET", url=url, headers=headers))
            assert (reply.status, reply.body) == (401, b"")

    asyncio.run(scene())
