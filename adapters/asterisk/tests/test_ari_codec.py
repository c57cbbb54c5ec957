"""Messages of ARI: what is none breaks nothing, and whatever a text holds, it stays a text."""

import json
import random

import pytest

from ccroute_asterisk.ari import requests
from ccroute_asterisk.ari.codec import LONGEST, Request, event_of, framed, read_reply, reply_of
from ccroute_asterisk.ari.messages import (
    KINDS,
    Ignored,
    RestResponse,
    StasisStart,
    Unknown,
    instant_of,
)

CHANNEL = {
    "id": "pbx-1.2", "name": "PJSIP/301-00000001", "state": "Ring",
    "caller": {"name": "Zoë", "number": "+34600000001"}, "dialplan": {"exten": "900100"},
    "creationtime": "2026-11-30T12:00:00.250+0000",
}  # fmt: skip
START = {
    "type": "StasisStart", "timestamp": "2026-11-30T12:00:01.500+0000", "channel": CHANNEL,
    "args": ["sales", "vip=yes"],
}  # fmt: skip


def frame(message: object) -> bytes:
    return json.dumps(message).encode()


def test_a_start_is_read() -> None:
    event = event_of(frame(START))
    assert isinstance(event, StasisStart)
    assert event.at == instant_of("2026-11-30T12:00:01.5+00:00")
    channel = event.channel
    assert (channel.id, channel.number, channel.caller_name) == ("pbx-1.2", "+34600000001", "Zoë")
    assert (channel.exten, event.args) == ("900100", ("sales", "vip=yes"))
    assert event.replace_channel is None
    assert channel.created == event.at - 1.25


def test_what_is_known_and_what_is_not() -> None:
    assert event_of(frame({"type": "ChannelVarset"})) == Ignored()
    assert event_of(frame({"type": "CoffeeReady"})) == Unknown(kind="CoffeeReady")


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\xff\xfe", b'{"type":', b"[1]", b"null", b'{"type":7}', b"[" * 5_000,
        b'{"type":"StasisStart"}',
        b'{"type":"ChannelDestroyed","channel":{"id":"x"},"cause":"16"}',
        b'{"type":"ChannelDestroyed","type":"StasisEnd","channel":{"id":"x"}}',
        b'{"type":"StasisStart","channel":7}', b'{"type":"StasisStart","channel":{"id":7}}',
        b'{"type":"Dial","peer":{"id":"x"}}', b'{"type":"DeviceStateChanged","device_state":[]}',
        b'{"type":"ChannelEnteredBridge","channel":{"id":"x"},"bridge":{"id":"y","channels":[7]}}',
        b'{"type":"StasisStart","channel":{"id":"x"},"args":"sales"}',
        b'{"type":"' + b"x" * LONGEST + b'"}',
        rb'{"type":"StasisStart","channel":{"id":"x\ud800"}}', rb'{"type":"T\uDfff"}',
        b'{"type":"StasisStart","channel":{"id":""}}',
        b'{"type":"StasisStart","channel":{"id":"' + b"x" * 2_000 + b'"}}',
    ],
)  # fmt: skip
def test_what_is_no_event_is_none(data: bytes) -> None:
    assert event_of(data) is None


def test_a_character_in_two_halves_is_one() -> None:
    event = event_of(rb'{"type":"StasisStart","channel":{"id":"x","name":"\ud83d\ude00"}}')
    assert isinstance(event, StasisStart)
    assert event.channel.name == "\U0001f600"


def test_every_cut_of_a_message_is_none() -> None:
    data = frame(START)
    for at in range(len(data)):
        assert event_of(data[:at]) is None


def test_random_bytes_and_random_types_break_nothing() -> None:
    chance = random.Random(7)
    for _ in range(2_000):
        event_of(chance.randbytes(chance.randrange(60)))
    values = [None, 7, 1e400, True, "x", [], {}, ["x"], {"id": "x"}, {"id": None}]
    for kind in KINDS:
        for _ in range(100):
            keys = ("channel", "peer", "bridge", "args", "cause", "device_state", "recording")
            message = {key: chance.choice(values) for key in keys}
            event_of(frame({"type": kind, **message, "timestamp": "tomorrow"}))


def test_what_may_be_missing_may_be_null() -> None:
    channel = {"id": "x", "caller": None, "dialplan": {"app_name": None}, "channelvars": None}
    event = event_of(frame({**START, "channel": channel, "timestamp": None}))
    assert isinstance(event, StasisStart)
    assert (event.at, event.channel.args, event.channel.number) == (None, (), None)
    channel["dialplan"] = None
    for kind in ("ChannelDestroyed", "ChannelHangupRequest"):
        gone = {"type": kind, "channel": channel, "cause": None, "soft": None, "timestamp": 7}
        assert event_of(frame(gone)) is not None


def test_no_text_ends_a_path_or_a_query() -> None:
    rude = "x/../y?a=b&c\r\nHost: z"
    request = Request("POST", ("channels", rude, "play"), {"media": rude}, {"value": rude})
    assert request.target.count("/") == 3
    assert request.target.count("?") == 1
    assert "\r" not in request.target
    assert json.loads(request.content) == {"value": rude}


@pytest.mark.parametrize(
    ("status", "content", "said"),
    [(404, b'{"message":"Channel not found"}', "404 Channel not found"), (204, b"", "204"),
     (500, b'{"error":"Allocation failed"}', "500 Allocation failed"), (200, b"\xff", "200"),
     (400, b'["x"]', "400")],
)  # fmt: skip
def test_replies_say_what_asterisk_said(status: int, content: bytes, said: str) -> None:
    reply = read_reply(status, content)
    assert reply.said == said
    assert reply.ok == (status < 300)


def test_a_reply_with_half_a_character_has_no_body() -> None:
    assert read_reply(200, rb'[{"id":"x\ud800"}]').body is None


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("2", 2.0), ("0", 0.0), ("soon", None), (None, None), ("", None), ("-1", None),
        ("nan", None), ("inf", 60.0), ("1e400", 60.0), ("3600", 60.0),
    ],
)  # fmt: skip
def test_a_pause_that_is_none_is_not_believed(given: str | None, wanted: float | None) -> None:
    assert read_reply(503, b"", given).retry_after == wanted


def test_lists_are_long_and_orders_are_not() -> None:
    """By the WebSocket a long message would end Asterisk."""
    lists = (
        requests.channels(),
        requests.bridges(),
        requests.application("ccroute"),
        requests.filter_events("ccroute"),
        requests.watch_devices("ccroute", ["PJSIP/301"]),
    )
    assert all(it.lists for it in lists)
    assert not requests.hang_up("1").lists


def test_requests_and_replies_over_the_websocket() -> None:
    request = Request("POST", ("channels", "a/b", "play"), {"media": "sound:x y"}, {"value": "é"})
    told = json.loads(framed(request, 7))
    assert (told["method"], told["uri"]) == ("POST", "channels/a%2Fb/play?media=sound%3Ax%20y")
    assert (told["request_id"], json.loads(told["message_body"])) == ("7", {"value": "é"})
    body = '{"message":"Channel not found"}'
    came = {"type": "RESTResponse", "request_id": "7", "status_code": 404, "message_body": body}
    event = event_of(frame(came))
    assert isinstance(event, RestResponse)
    assert (event.request_id, reply_of(event).said) == ("7", "404 Channel not found")
    assert event_of(frame({**came, "status_code": "404"})) is None
