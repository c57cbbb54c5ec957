"""The codec: the same lines however the bytes arrive, and a fault for whatever is none."""

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccroute import Fault
from ccroute_asterisk import Line, QueueLogDecoder
from ccroute_asterisk.queue_log import LONGEST_LINE

CAPTURES = Path(__file__).parent / "captures"
SCENARIOS = (CAPTURES / "scenarios.queue_log").read_bytes()


def decode(*parts: bytes) -> list[Line | Fault]:
    decoder = QueueLogDecoder()
    found = [item for part in parts for item in decoder.receive_data(part)]
    return found + decoder.finish()


def only(text: bytes) -> Line | Fault:
    (item,) = decode(text)
    return item


def test_real_log_has_no_faults() -> None:
    lines = decode(SCENARIOS)
    assert len(lines) == 399
    assert all(isinstance(line, Line) for line in lines)


def test_one_byte_at_a_time_gives_the_same_lines() -> None:
    head = SCENARIOS[:20_000]
    assert decode(*(bytes([byte]) for byte in head)) == decode(head)


@given(st.lists(st.integers(0, len(SCENARIOS)), max_size=40))
def test_any_split_gives_the_same_lines(cuts: list[int]) -> None:
    bounds = [0, *sorted(cuts), len(SCENARIOS)]
    parts = [SCENARIOS[a:b] for a, b in pairwise(bounds)]
    assert decode(*parts) == decode(SCENARIOS)


@given(st.lists(st.binary(max_size=60), max_size=30))
def test_no_bytes_make_it_fail(parts: list[bytes]) -> None:
    joined = b"".join(parts)
    assert decode(*parts) == decode(joined)
    assert len(decode(joined)) <= joined.count(b"\n") + 1


def test_line_ends_and_empty_lines_do_not_matter() -> None:
    (line,) = decode(b"\r\n\n17|NONE|NONE|NONE|QUEUESTART|\r\n\n")
    assert isinstance(line, Line)
    assert line.number == 3


def test_byte_order_mark_before_the_first_line_does_not_matter() -> None:
    text = b"17|NONE|NONE|NONE|QUEUESTART|\n"
    marked = b"\xef\xbb\xbf" + text
    assert decode(marked) == decode(*(bytes([byte]) for byte in marked)) == decode(text)
    assert isinstance(decode(text + marked)[1], Fault)


def test_connect_carries_hold_and_ring() -> None:
    line = only(b"17|c1|sales|Agent 1|CONNECT|4|peer-17.2|1\n")
    assert isinstance(line, Line)
    assert (line.at, line.uniqueid, line.queue, line.agent) == (17, "c1", "sales", "Agent 1")
    assert dict(line.numbers) == {"hold": 4, "ring": 1}


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        (b"ENTERQUEUE||555|3|Smith|Jones", {}),
        (b'ENTERQUEUE||"Smith|Jones" <555>|3', {}),
        (b"BLINDTRANSFER|7|0|ctx|5|61|2", {"hold": 5, "talk": 61, "origpos": 2}),
        (b"ATTENDEDTRANSFER|BRIDGE|a|b|5|61|2", {"hold": 5, "talk": 61, "origpos": 2}),
        (b"WITHDRAW|2|3|9|any|text|1", {"position": 2, "origpos": 3, "wait": 9}),
        (b"WITHDRAW|2|3|9|", {"position": 2, "origpos": 3, "wait": 9}),
        (b"COMPLETEAGENT|5|61|2||", {"hold": 5, "talk": 61, "origpos": 2}),
        (b"EXITWITHKEY|#|1|2|9", {"position": 1, "origpos": 2, "wait": 9}),
        (b"TRANSFER|7|ctx|5|61", {"hold": 5, "talk": 61}),
        (b"PAUSE|1234567890|a|b|c|d", {}),
        (b"DID|5550100", {}),
        (b"INFO|IVR|any|text", {}),
    ],
)
def test_bars_and_padding_do_not_shift_the_numbers(text: bytes, numbers: dict[str, int]) -> None:
    line = only(b"1700|c1|sales|Agent 1|" + text)
    assert isinstance(line, Line)
    assert dict(line.numbers) == numbers


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"17|c1|sal", "cut off: 3 columns of at least 5"),
        (b"17|c1|sales|Ann|CONNECT|4|peer", "cut off: CONNECT has 2 data fields of 3"),
        (b"17|c1|sales|NONE|ENTERQUEUE||555", "cut off: ENTERQUEUE without a position"),
        (b"17|c1|sales|Ann|CONN", "unknown verb 'CONN'"),
        (b"17|c1|sales|NONE|ABANDON|1|1|x", "ABANDON has 'x' where a whole number (wait) belongs"),
        (b"1.5|c1|sales|NONE|ABANDON|1|1|4", "'1.5' is no time in seconds since the epoch"),
        ("²|c1|sales|NONE|ABANDON|1|1|4".encode(), "'²' is no time in seconds since the epoch"),
        (b"99999999999|c1|s|NONE|ABANDON|1|1|4", "'99999999999' is no time in seconds since"),
        (b"17|NONE|sales|NONE|ABANDON|1|1|4", "ABANDON names no call"),
        (b"17|c1|NONE|NONE|ABANDON|1|1|4", "ABANDON names no queue"),
        (b"17|c1|sales|NONE|RINGNOANSWER|1000", "RINGNOANSWER names no agent"),
        (b"17|c1|sales|A\x01n|CONNECT|4|p|1", "the name of the agent holds a control character"),
        (b"17|c\x00|sales|Ann|CONNECT|4|p|1", "the name of the call holds a control character"),
        (b"17|c1|sa\xc2\x9bles|Ann|CONNECT|4|p|1", "the name of the queue holds a control"),
        (
            b"17|c1|" + b"q" * 300 + b"|Ann|CONNECT|4|p|1",
            "the name of the queue has 300 bytes, more",
        ),
        (b"17|c1|sales|Ann|CONNECT|4|p|1|9", "CONNECT has 4 data fields of at most 3: two lines"),
        (b"17|NONE|sales|Ann|ADDMEMBER||x", "ADDMEMBER has 2 data fields of at most 1: two lines"),
        (b"17|c1|sales|Jos\xe9|CONNECT|4|p|1", "not UTF-8: byte 0xe9 at column 16"),
        (
            ("17|c1|s|" + 65 * "é" + "|CONNECT|4|p|1").encode(),
            "the name of the agent has 130 bytes, more than 128",
        ),
    ],
)
def test_faults_name_the_line_and_the_reason(text: bytes, reason: str) -> None:
    _, fault = decode(b"16|NONE|NONE|NONE|QUEUESTART|\n", text)
    assert isinstance(fault, Fault)
    assert fault.line == 2
    assert fault.reason.startswith(reason)


@pytest.mark.parametrize(
    ("verb", "data", "name"),
    [
        ("CONNECT", "{}|peer|1", "hold"),
        ("CONNECT", "1|peer|{}", "ring"),
        ("ABANDON", "1|1|{}", "wait"),
        ("EXITWITHKEY", "#|1|1|{}", "wait"),
        ("COMPLETECALLER", "1|{}|1", "talk"),
        ("COMPLETEAGENT", "{}|1|1", "hold"),
        ("ATTENDEDTRANSFER", "BRIDGE|a|1|{}|1", "talk"),
        ("RINGNOANSWER", "{}", "ring_ms"),
        ("RINGCANCELED", "{}", "ring_ms"),
    ],
)
def test_no_call_lasts_longer_than_31_days_or_began_before_1970(
    verb: str, data: str, name: str
) -> None:
    unit = 1000 if name == "ring_ms" else 1
    month = 31 * 86_400

    def read(at: int, seconds: int, more: int = 0) -> Line | Fault:
        length = seconds * unit + more
        return only(f"{at}|c1|sales|Ann|{verb}|{data.format(length)}".encode())

    assert isinstance(read(2 * month, month), Line)
    assert isinstance(read(40, 40), Line)
    over, early = read(2 * month, month, 1), read(40, 40, 1)
    assert isinstance(over, Fault)
    assert over.reason == f"{verb} has {month * unit + 1} as {name}: longer than 31 days"
    assert isinstance(early, Fault)
    assert early.reason == f"{verb} has {40 * unit + 1} as {name}: that began before 1970"


def test_a_line_without_end_is_reported_once_and_not_kept() -> None:
    endless = [b"x" * 50_000] * 20
    good = b"\n17|NONE|NONE|NONE|QUEUESTART|\n"
    fault, line = decode(*endless, good)
    assert isinstance(fault, Fault)
    assert (fault.line, fault.reason) == (1, f"longer than {LONGEST_LINE} bytes")
    assert len(fault.text) < 200
    assert isinstance(line, Line)
    assert line.number == 2
    assert decode(b"".join(endless) + good) == [fault, line]


def test_control_characters_do_not_reach_the_report() -> None:
    fault = only(b"17|\x1b[2J\x00|sales\n")
    assert isinstance(fault, Fault)
    assert fault.text == "17|\N{REPLACEMENT CHARACTER}[2J\N{REPLACEMENT CHARACTER}|sales"


LONG_NAME = "\N{LATIN SMALL LETTER E WITH ACUTE}" * 64


def test_longest_name_is_taken() -> None:
    line = only(f"17|c1|{LONG_NAME}|Ann|CONNECT|4|p|1".encode())
    assert isinstance(line, Line)
    assert line.queue == LONG_NAME


CUT = b"1795369469|NONE|sales|Agent 1|PAUSE|break"
NEXT = b"1795369470|c2|sales|NONE|ENTERQUEUE||5550144|1"


@pytest.mark.parametrize("length", range(12, len(CUT)))
def test_line_cut_off_and_glued_to_the_next_is_reported(length: int) -> None:
    fault, after = decode(CUT[:length] + NEXT + b"\n" + NEXT)
    assert isinstance(fault, Fault)
    assert (fault.line, fault.reason) == (1, "two lines run together?")
    assert isinstance(after, Line)


def test_lone_carriage_return_is_reported() -> None:
    fault = only(CUT + b"\r" + NEXT + b"\r\n")
    assert isinstance(fault, Fault)
    assert fault.reason == "two lines run together?"
