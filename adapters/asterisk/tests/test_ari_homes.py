"""Who has a place in which bridge."""

import itertools
from collections import Counter

from adapters.asterisk.tests.ari_stage import Stage
from hypothesis import given
from hypothesis import strategies as st

from ccroute_asterisk.ari.homes import ROOM, Homes


def fresh() -> Homes:
    numbers = itertools.count(1)
    return Homes(lambda use, music: f"{use}-{music}-{next(numbers)}")


def test_a_bridge_that_is_full_has_another_beside_it() -> None:
    homes = fresh()
    lodged = Counter(homes.lodge(f"c{number}", "wait", "default") for number in range(2 * ROOM + 1))
    assert lodged == {"wait-default-1": ROOM, "wait-default-2": ROOM, "wait-default-3": 1}
    homes.leave("c3")
    assert homes.lodge("late", "wait", "default") == "wait-default-1"
    assert homes.lodge("c7", "wait", "default") == "wait-default-1"  # it has its place
    assert homes.lodge("c7", "held", "default") == "held-default-4"
    assert homes.lodge("c8", "wait", "jazz") == "wait-jazz-5"


def test_nobody_is_sent_where_nothing_is() -> None:
    homes = fresh()
    homes.lodge("c1", "wait", "default")
    homes.broke_down("wait-default-1")
    assert homes.lodge("c1", "wait", "default") == "wait-default-2"
    homes.start_from({"wait-default-2"}, {"wait-default-2": {"c1", "c2"}})
    assert list(homes.bridges("wait", "default")) == ["wait-default-2"]
    homes.start_from((), {})
    assert list(homes.bridges("wait", "default")) == []


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 2 * ROOM)), max_size=400))
def test_never_more_than_fit_and_nobody_twice(steps: list[tuple[bool, int]]) -> None:
    homes, where = fresh(), dict[int, str]()
    for comes, channel in steps:
        if comes:
            where[channel] = homes.lodge(str(channel), "wait", "default")
        else:
            homes.leave(str(channel))
            where.pop(channel, None)
        assert max(Counter(where.values()).values(), default=0) <= ROOM
    assert len(homes.bridges("wait", "default")) <= 2 * ROOM // ROOM + 1
    for channel, bridge in where.items():
        assert homes.lodge(str(channel), "wait", "default") == bridge


def test_who_leaves_makes_room_on_the_stage_too() -> None:
    stage = Stage()
    for number in range(ROOM + 1):
        stage.waiting(f"c{number}")
    first, second = stage.session.homes.bridges("wait", "default")
    assert stage.session.calls["c0"].bridge == first
    assert stage.session.calls[f"c{ROOM}"].bridge == second
    stage.say("ChannelDestroyed", "c0", cause=16)
    stage.waiting("late")
    assert stage.session.calls["late"].bridge == first
