"""What a session notices: holes in the numbers, silence; how it paces and comes back."""

from collections import Counter

import pytest

from ccroute_acme.messages import Malformed
from ccroute_acme.session import DEAD, QUIET, BackOff, EventsLost, Pace, Session


def begun(number: int) -> Session:
    session = Session(100.0, Counter())
    session.begin_after(number)
    return session


def test_events_before_the_list_do_not_count() -> None:
    assert not Session(100.0, Counter()).counts({"ev": "phone", "n": 7})


def test_a_hole_in_the_numbers_is_noticed() -> None:
    session = begun(7)
    assert session.counts({"ev": "phone", "n": 8})
    with pytest.raises(EventsLost, match="event 10 came where 9 was due"):
        session.counts({"ev": "phone", "n": 10})


@pytest.mark.parametrize("number", [7, "8", True, None, 8.5])
def test_a_number_that_cannot_be_is_no_number(number: object) -> None:
    session = begun(7)
    with pytest.raises(Malformed):
        session.counts({"ev": "phone", "n": number})
    assert session.counts({"ev": "phone", "n": 8})


def test_silence_is_asked_into_and_then_ends_the_link() -> None:
    session = begun(0)
    assert not session.is_quiet(100.0 + QUIET - 1)
    assert session.is_quiet(100.0 + QUIET)
    assert session.is_dead(100.0 + DEAD)
    session.receive_data(b"\n", 100.0 + DEAD)
    assert not session.is_quiet(100.0 + DEAD)


def test_pauses_double_up_to_the_longest_and_differ_by_chance() -> None:
    back_off = BackOff("pbx", longest=60.0)
    pauses = [back_off.pause() for _ in range(12)]
    for place, pause in enumerate(pauses):
        whole = min(2.0**place, 60.0)
        assert whole / 2 <= pause <= whole
    assert len(set(pauses[-5:])) == 5
    assert pauses == [it.pause() for it in [BackOff("pbx", longest=60.0)] for _ in range(12)]
    assert pauses != [it.pause() for it in [BackOff("other", longest=60.0)] for _ in range(12)]
    back_off.reset()
    assert back_off.pause() <= 1.0


def test_a_pace_lets_so_many_through_in_a_second() -> None:
    pace = Pace(per_second=4.0)
    assert [pace.turn(10.0) for _ in range(3)] == [10.0, 10.25, 10.5]
    assert pace.turn(60.0) == 60.0
