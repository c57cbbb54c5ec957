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


def answered(promptness: Promptness, asked: float, took: float) -> float:
    """A request that took so long; when its reply came."""
    promptness.asked(asked)
    promptness.replied(asked, asked + took)
    return asked + took


def test_late_is_later_than_at_best_and_only_for_a_while() -> None:
    promptness = Promptness()
    assert not promptness.is_slow(0.0)  # nothing is known
    assert not promptness.is_slow(answered(promptness, 10.0, 0.5))  # a link that is far away
    answered(promptness, 11.0, 0.25)
    late = answered(promptness, 12.0, 0.25 + 2 * SLOW)
    assert promptness.is_slow(late)
    assert not promptness.is_slow(late + FRESH)
    assert not promptness.is_slow(answered(promptness, 13.0, 0.25))


def test_no_reply_at_all_is_late_too_until_nobody_waits_for_it() -> None:
    promptness = Promptness()
    answered(promptness, 10.0, 0.01)
    promptness.asked(20.0)
    assert not promptness.is_slow(20.0 + SLOW)
    assert promptness.is_slow(20.02 + SLOW)
    answered(promptness, 20.2, 0.01)
    assert not promptness.is_slow(20.22)  # one that has to wait, while others are answered
    promptness.replied(20.0, 30.0, said=False)
    assert not promptness.is_slow(40.0)


def test_a_link_that_is_further_away_for_good_is_prompt_again_after_two_minutes() -> None:
    promptness = Promptness()
    answered(promptness, 0.0, 0.02)
    slow = [promptness.is_slow(answered(promptness, float(it), 0.2)) for it in range(1, 200)]
    assert all(slow[:59])
    assert not any(slow[130:])


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
