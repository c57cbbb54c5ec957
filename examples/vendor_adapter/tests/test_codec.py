"""Bytes to messages: whole, one at a time, in random pieces, and when they are no messages."""

import json
import random

import pytest

from ccroute_acme.codec import LONGEST, LineDecoder, LineTooLong, Message, send

MESSAGES: list[Message] = [
    {"ev": "call_in", "call": "c1", "n": 1, "t": 12.5},
    {"ev": "recording", "call": "c1", "recording": "r–ñ\n\r\u2028", "state": "started"},
    {"re": "i1", "ok": False, "error": "throttled", "after": 2.0},
    {},
]


def read(pieces: list[bytes]) -> list[Message]:
    decoder = LineDecoder()
    return [message for piece in pieces for message in decoder.receive_data(piece)]


def test_messages_come_back_whole_and_in_any_pieces() -> None:
    data = b"".join(send(message) for message in MESSAGES)
    assert read([data]) == MESSAGES
    assert read([data[at : at + 1] for at in range(len(data))]) == MESSAGES
    chance = random.Random(7)
    for _ in range(50):
        cuts = sorted(chance.choices(range(len(data)), k=6))
        ends = zip([0, *cuts], [*cuts, len(data)], strict=True)
        assert read([data[begin:end] for begin, end in ends]) == MESSAGES


def test_no_text_ends_a_line() -> None:
    rude = 'x\r\n{"do":"drop"}\n\x00'
    data = send({"do": "play", "prompt": rude})
    assert data.count(b"\n") == 1
    assert json.loads(data)["prompt"] == rude


@pytest.mark.parametrize(
    "line", [b"\xff\xfe", b'{"ev":', b"[1]", b'{"a":1,"a":2}', b"[" * 5_000, b"null", b""]
)
def test_a_line_that_is_no_message_is_counted_and_the_next_is_read(line: bytes) -> None:
    decoder = LineDecoder()
    assert decoder.receive_data(line + b'\n{"ev":"phone"}\n') == [{"ev": "phone"}]
    assert decoder.malformed == 1


@pytest.mark.parametrize("end", [b"", b"\n"])
def test_a_line_without_an_end_is_not_kept_for_ever(end: bytes) -> None:
    decoder = LineDecoder()
    with pytest.raises(LineTooLong):
        decoder.receive_data(b"x" * (LONGEST + 1) + end)
