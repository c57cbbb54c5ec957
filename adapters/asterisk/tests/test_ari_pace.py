"""Pauses, turns and slots."""

import asyncio
import random

from ccroute_asterisk.ari.pace import FIRST, FRESH, SLOW, BackOff, Pace, Promptness, Slots


def test_pauses_double_up_to_the_longest_and_differ_by_chance() -> None:
    back_off = BackOff(random.Random(7), longest=30.0)
    pauses = [back_off.pause() for _ in range(12)]
    for place, pause in enumerate(pauses):
        whole = min(FIRST * 2.0**place, 30.0)
        assert whole / 2 <= pause <= whole
    assert len(set(pauses)) == 12
    back_off.reset()
    assert back_off.pause() <= FIRST


def test_a_pace_lets_so_many_through_in_a_second() -> None:
    pace = Pace(per_second=4.0)
    assert [pace.turn(10.0, 20.0) for _ in range(3)] == [10.0, 10.25, 10.5]
    assert pace.turn(60.0, 70.0) == 60.0


def test_who_is_too_late_keeps_nobody_waiting() -> None:
    pace = Pace(per_second=4.0)
    assert [pace.turn(10.0, 10.5) for _ in range(100)] == [10.0, 10.25, *[10.5] * 98]
    assert pace.turn(10.0, 20.0) == 10.5


def test_late_is_later_than_at_best_and_only_for_a_while() -> None:
    promptness = Promptness()
    assert not promptness.is_slow(0.0)  # nothing is known
    promptness.note(10.0, 10.5)
    assert not promptness.is_slow(10.5)  # a link that is far away
    promptness.note(11.0, 11.25)
    promptness.note(12.0, 12.25 + 2 * SLOW)
    assert promptness.is_slow(12.25 + 2 * SLOW)
    assert not promptness.is_slow(12.25 + 2 * SLOW + FRESH)
    promptness.note(13.0, 13.25)
    assert not promptness.is_slow(13.25)


def test_of_those_who_wait_the_lower_rank_goes_first_and_then_the_older() -> None:
    async def scene() -> None:
        slots = Slots(1)
        first = slots.take(3)
        waiting = {name: slots.take(rank) for name, rank in (("b", 3), ("c", 3), ("a", 0))}
        order = []
        turn = first
        for _ in range(3):
            slots.give_back(turn)
            name = next(it for it, turn in waiting.items() if turn.done())
            order.append(name)
            turn = waiting.pop(name)
        assert order == ["a", "b", "c"]
        slots.give_back(turn)
        assert slots.take(3).done()

    asyncio.run(scene())


def test_who_gave_up_waiting_costs_no_slot() -> None:
    async def scene() -> None:
        slots = Slots(1)
        first, gave_up, last = slots.take(1), slots.take(1), slots.take(1)
        slots.give_back(gave_up)
        slots.give_back(first)
        assert last.done()
        slots.give_back(last)
        assert slots.take(1).done()

    asyncio.run(scene())
