"""Lines out of time: the fewest are left out, and the right ones are blamed."""

from hypothesis import given
from hypothesis import strategies as st

from ccroute_asterisk.chronology import in_order
from ccroute_asterisk.queue_log import Line, QueueLogDecoder


def log(*stamps: int, uniqueid: str = "{}") -> list[Line]:
    text = "".join(
        f"{stamp}|{uniqueid.format(number)}|sales|NONE|ENTERQUEUE|||1\n"
        for number, stamp in enumerate(stamps)
    )
    return [
        item for item in QueueLogDecoder().receive_data(text.encode()) if isinstance(item, Line)
    ]


def blamed(*stamps: int, uniqueid: str = "{}") -> list[tuple[int, str]]:
    _, faults = in_order(log(*stamps, uniqueid=uniqueid))
    return [(fault.line, fault.reason) for fault in faults]


def test_one_line_back_costs_that_line() -> None:
    assert blamed(10, 15, 14, 16) == [(3, "goes back in time: 1 s before line 2")]


def test_of_two_lines_the_later_is_blamed() -> None:
    assert blamed(10, 9) == [(2, "goes back in time: 1 s before line 1")]


def test_one_stamp_far_ahead_does_not_cost_the_rest() -> None:
    assert blamed(10, 9_999, 11, 12) == [(2, "lies ahead in time of the lines that follow")]


def test_a_block_copied_twice_is_named_as_repeats() -> None:
    assert blamed(10, 11, 12, 10, 11, 12, uniqueid="c") == [
        (4, "repeats line 1"),
        (5, "repeats line 2"),
        # The copy of the last line is in order; whether it can be true is for translate.
    ]


def test_of_equal_lines_the_later_is_the_repeat() -> None:
    # The longest run goes through the second copy of 11, 12.
    lines = log(10, 11, 12, 12, 5, 10, 11, 12, 12, uniqueid="c")
    kept, faults = in_order(lines)
    assert [line.number for line in kept] == [1, 2, 3, 4, 8, 9]
    assert [(fault.line, fault.reason) for fault in faults] == [
        (6, "repeats line 1"),
        (7, "repeats line 2"),
        (5, "goes back in time: 7 s before line 4"),
    ]


@given(st.lists(st.integers(0, 8), max_size=9))
def test_no_line_repeats_a_later_one(stamps: list[int]) -> None:
    kept, faults = in_order(log(*stamps, uniqueid="c"))
    assert sorted([line.number for line in kept] + [fault.line for fault in faults]) == list(
        range(1, len(stamps) + 1)
    )
    for fault in faults:
        if fault.reason.startswith("repeats line "):
            assert int(fault.reason.removeprefix("repeats line ")) < fault.line


@given(st.lists(st.integers(0, 8), max_size=9))
def test_the_rest_is_in_order_and_as_long_as_can_be(stamps: list[int]) -> None:
    kept, faults = in_order(log(*stamps))
    times = [line.at for line in kept]
    assert times == sorted(times)
    assert len(kept) + len(faults) == len(stamps)
    longest = 0
    for chosen in range(1 << len(stamps)):
        some = [stamp for bit, stamp in enumerate(stamps) if chosen >> bit & 1]
        if some == sorted(some):
            longest = max(longest, len(some))
    assert len(kept) == longest
