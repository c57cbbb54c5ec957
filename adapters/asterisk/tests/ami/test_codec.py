"""The AMI codec on what Asterisk says, and on what nobody should."""

import random
from itertools import pairwise

import pytest

from ccroute import ConfigError
from ccroute_asterisk.ami.codec import LONGEST_PACKET, AmiDecoder, Packet
from ccroute_asterisk.ami.messages import (
    action,
    banner_complaint,
    challenge_key,
    event_filters,
    pattern_filter,
)

BANNER = b"Asterisk Call Manager/11.0.0\r\n"
STREAM = (
    BANNER + b"Response: Success\r\nActionID: 1\r\nMessage: Authentication accepted\r\n\r\n"
    b"Event: FullyBooted\r\nPrivilege: system,all\r\nStatus: Fully Booted\r\n\r\n"
    b"Event: QueueCallerJoin\r\nCallerIDName: Jos\xe9\r\nVariable: a=1\r\nVariable: b: 2\r\n"
    b"Uniqueid: u.1\r\nPausedReason: \r\n\r\n"
    b"Response: Failure\r\nEvent: OriginateResponse\r\nActionID: 2\r\n\r\n"
    b"Event: Hangup\r\nUniqueid:u.1\r\nCause: 16\r\n\r\n"
)


def decoded(pieces: list[bytes]) -> list[tuple[str, dict[str, str]]]:
    decoder = AmiDecoder()
    return [(it.event, it.fields) for piece in pieces for it in decoder.receive_data(piece)]


def test_every_way_of_cutting_gives_the_same_packets() -> None:
    whole = decoded([STREAM])
    assert [event for event, _ in whole] == [
        "", "FullyBooted", "QueueCallerJoin", "OriginateResponse", "Hangup"
    ]  # fmt: skip
    assert decoded([STREAM[at : at + 1] for at in range(len(STREAM))]) == whole
    for cut in range(len(STREAM)):
        assert decoded([STREAM[:cut], STREAM[cut:]]) == whole
    draw = random.Random(5)
    for _ in range(50):
        cuts = sorted(draw.choices(range(len(STREAM)), k=6))
        edges = [0, *cuts, len(STREAM)]
        assert decoded([STREAM[a:b] for a, b in pairwise(edges)]) == whole


def test_bytes_that_are_no_utf8_and_repeated_keys_are_kept() -> None:
    packet = AmiDecoder().receive_data(STREAM)[2]
    assert packet.fields["CallerIDName"] == "Jos\\xe9"
    assert packet.value("CallerIDName") == "Jos\\xe9"
    assert packet.all("Variable") == ["a=1", "b: 2"]
    assert packet.fields["Variable"] == "b: 2"
    assert (packet.value("PausedReason"), packet.value("Nothing")) == ("", "")


def test_a_colon_without_a_space_and_a_line_without_a_colon() -> None:
    packet = Packet("X", b"Event: X\r\nUniqueid:u.1\r\nno colon here\r\nCause: 16")
    assert packet.fields == {"Event": "X", "Uniqueid": "u.1", "Cause": "16"}


def test_an_event_with_a_response_header_is_an_event() -> None:
    packet = AmiDecoder().receive_data(STREAM)[3]
    assert (packet.event, packet.fields["Response"]) == ("OriginateResponse", "Failure")


def test_only_what_is_wanted_is_given_out_and_answers_always() -> None:
    wanted = {"Hangup": "", "QueueCallerJoin": "CallerIDName: Ann\r\n"}
    decoder = AmiDecoder(wanted, {"FullyBooted"})
    listed = b"Event: QueueEntry\r\nActionID: 3\r\nQueue: sales\r\n\r\n"
    found = [packet.event for packet in decoder.receive_data(STREAM + listed)]
    assert found == ["", "OriginateResponse", "Hangup", "QueueEntry"]
    assert decoder.counters["unwanted"] == 2


def test_a_packet_without_an_end_is_dropped_and_the_next_one_read() -> None:
    decoder = AmiDecoder(banner=False)
    for _ in range(LONGEST_PACKET // 65_536 * 3):
        assert decoder.receive_data(b"x" * 65_536) == []
    assert decoder.receive_data(b"y\r\n\r") == []
    assert [it.event for it in decoder.receive_data(b"\nEvent: Hangup\r\n\r\n")] == ["Hangup"]
    assert decoder.counters["oversized"] == 1
    whole = b"Key: " + b"x" * LONGEST_PACKET + b"\r\n\r\nEvent: Hangup\r\n\r\n"
    assert [it.event for it in decoder.receive_data(whole)] == ["Hangup"]
    assert decoder.counters["oversized"] == 2


def test_whatever_comes_nothing_is_raised() -> None:
    draw = random.Random(11)
    decoder = AmiDecoder()
    for _ in range(300):
        for packet in decoder.receive_data(draw.randbytes(draw.randrange(400))):
            _ = packet.fields, packet.value("Uniqueid"), packet.all("Variable")
        for packet in decoder.receive_data(b"\r\n\r\n"):
            _ = packet.fields
    assert decoder.counters["malformed"] > 0


def test_an_event_that_nobody_knows_is_given_out() -> None:
    decoder = AmiDecoder({"Hangup": ""}, {"VarSet"}, banner=False)
    said = b"Event: CoffeeReady\r\nCups: 2\r\n\r\nEvent: VarSet\r\n\r\n"
    assert [it.event for it in decoder.receive_data(said)] == ["CoffeeReady"]


def test_lines_that_end_in_another_way_cost_no_packet_but_their_own() -> None:
    decoder = AmiDecoder({"Hangup": ""}, (), banner=False)
    said = b"Event: Hangup\nUniqueid: x\n\nEvent: Hangup\r\nUniqueid: y\r\n\r\n"
    assert [it.value("Uniqueid") for it in decoder.receive_data(said)] == ["y"]
    assert decoder.counters["malformed"] == 1


def test_an_endless_greeting_is_cut() -> None:
    decoder = AmiDecoder()
    decoder.receive_data(b"HTTP " * 100)
    assert decoder.banner is not None
    assert len(decoder.banner) <= 256
    assert "no Asterisk manager" in str(banner_complaint(decoder.banner))


@pytest.mark.parametrize("value", ["a\r\nAction: Originate", "a\nb", "a\0b"])
def test_line_ends_in_what_we_say_are_refused(value: str) -> None:
    with pytest.raises(ConfigError, match="holds a line end"):
        action("QueuePause", {"Reason": value})
    with pytest.raises(ConfigError, match="holds a line end"):
        action("QueuePause", {value: "x"})


def test_banners() -> None:
    assert banner_complaint("Asterisk Call Manager/11.0.0") is None
    assert "too old" in str(banner_complaint("Asterisk Call Manager/2.8.0"))
    assert "no Asterisk manager" in str(banner_complaint("SSH-2.0-OpenSSH_9.2"))


def test_the_challenge_is_answered_without_the_secret() -> None:
    # md5("1234" + "swordfish"), as `md5sum` says.
    assert challenge_key("1234", "swordfish") == "0944bdae9d39c55750647ec789814fd2"


def test_filters_name_each_event_and_the_one_value() -> None:
    only = {"VarSet": ("Variable", "QUEUESTATUS")}
    assert event_filters(["Hangup", "VarSet"], only) == [
        {"Operation": "Add", "MatchCriteria": "action(include),name(Hangup)"},
        {
            "Operation": "Add",
            "MatchCriteria": "action(include),name(VarSet),header(Variable),method(exact)",
            "Filter": "QUEUESTATUS",
        },
    ]
    pattern = pattern_filter(["Hangup", "Hold", "VarSet"], only)["Filter"]
    assert pattern == "Event: (Hangup|Hold)[^A-Za-z]|Variable: QUEUESTATUS"
