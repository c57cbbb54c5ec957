"""Waiting until an instant: who waits gets what came, or hears that nothing did, in time."""

import asyncio
import gc
from collections.abc import Awaitable, Callable

import pytest

from ccroute import LinkError
from ccroute.testing import ManualTime, settle
from ccroute_asterisk.ari.deadlines import Deadlines

Scene = Callable[[Deadlines, ManualTime], Awaitable[None]]


def played(scene: Scene) -> None:
    """Plays a scene; no task may be left, and no exception that nobody looked at."""
    complaints: list[object] = []

    async def on_stage() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, told: complaints.append(told))
        time = ManualTime()
        deadlines = Deadlines(time)
        await scene(deadlines, time)
        await settle()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(on_stage())
    gc.collect()
    assert not complaints


def waiting(
    deadlines: Deadlines, at: float
) -> tuple["asyncio.Future[str]", "asyncio.Task[str | Exception]"]:
    """Something that is waited for, and who waits: with what came, or why nothing did."""
    future: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def wait() -> str | Exception:
        try:
            return await deadlines.wait(future, at)
        except (TimeoutError, LinkError) as error:
            return error

    return future, asyncio.ensure_future(wait())


def test_each_has_a_deadline_of_its_own_in_whatever_order_they_come() -> None:
    async def scene(deadlines: Deadlines, time: ManualTime) -> None:
        began = time.now()
        waits = {after: waiting(deadlines, began + after)[1] for after in (5.0, 2.0, 9.0, 2.5)}
        gone: dict[float, float] = {}
        for after, task in waits.items():
            task.add_done_callback(lambda _, after=after: gone.setdefault(after, time.now()))
        await time.run(20.0)
        assert gone == {after: began + after for after in waits}
        assert all(isinstance(task.result(), TimeoutError) for task in waits.values())

    played(scene)


def test_what_came_in_time_is_had_and_nobody_sleeps_for_it() -> None:
    async def scene(deadlines: Deadlines, time: ManualTime) -> None:
        before = len(asyncio.all_tasks())
        pairs = [waiting(deadlines, time.now() + 10.0) for _ in range(100)]
        await settle()
        assert len(asyncio.all_tasks()) == before + len(pairs)
        for number, (future, _) in enumerate(pairs):
            future.set_result(str(number))
        assert await asyncio.gather(*(task for _, task in pairs)) == [str(it) for it in range(100)]
        assert len(deadlines) == 0

    played(scene)


def test_one_alarm_is_enough_however_many_wait_and_none_is_left_at_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def scene(deadlines: Deadlines, time: ManualTime) -> None:
        alarm, alarms = time.alarm, []
        monkeypatch.setattr(time, "alarm", lambda at: alarms.append(alarm(at)) or alarms[-1])

        def set_now() -> int:
            return sum(not it.done() for it in alarms)

        for round_ in range(20):
            pairs = [waiting(deadlines, time.now() + 5.0 + it) for it in range(50)]
            await settle()
            assert set_now() == 1
            for future, _ in pairs[1:]:
                future.set_result("")
            await time.run(1.0)
            assert len(deadlines) == min(round_ + 1, 4)
        deadlines.fail("closed")
        await settle()
        assert set_now() == 0

    played(scene)


def test_what_comes_with_the_deadline_is_either_had_or_not_and_never_both() -> None:
    async def scene(deadlines: Deadlines, time: ManualTime) -> None:
        late, task = waiting(deadlines, time.now() + 1.0)
        await time.run(1.0)
        assert isinstance(await task, TimeoutError)
        assert late.done()  # who brings it sees that nobody wants it
        _, past = waiting(deadlines, time.now() - 5.0)
        await settle()
        assert isinstance(past.result(), TimeoutError)

    played(scene)


def test_all_who_wait_are_told_when_nothing_comes_any_more() -> None:
    async def scene(deadlines: Deadlines, time: ManualTime) -> None:
        pairs = [waiting(deadlines, time.now() + 10.0) for _ in range(3)]
        await settle()
        deadlines.fail("closed")
        for _, task in pairs:
            assert str(await task) == "closed"

    played(scene)


@pytest.mark.parametrize("first", ["fail", "cancel"])
def test_who_is_cancelled_in_the_moment_of_the_end_leaves_nothing_unseen(first: str) -> None:
    async def scene(deadlines: Deadlines, time: ManualTime) -> None:
        _, task = waiting(deadlines, time.now() + 10.0)
        await settle()
        if first == "fail":
            deadlines.fail("closed")
        task.cancel()
        deadlines.fail("closed")
        await asyncio.gather(task, return_exceptions=True)
        assert task.cancelled()
        assert len(deadlines) == 0

    played(scene)
