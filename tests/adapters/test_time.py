"""Alarms: by the machine's time and by a test's."""

import asyncio
import time

import pytest

from ccroute.adapters import SystemTime, within
from ccroute.testing import ManualTime


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The wall clock, which a test sets; the monotonic one goes on by itself."""
    told = [1_000.0]
    monkeypatch.setattr(time, "time", lambda: told[0])
    return told


def test_an_alarm_that_is_due_is_done_at_once() -> None:
    async def scenario() -> None:
        for clock in (SystemTime(), ManualTime()):
            assert clock.alarm(clock.now()).done()
            assert not clock.alarm(clock.now() + 60.0).done()

    asyncio.run(scenario())


def test_an_alarm_rings_not_before_its_time() -> None:
    async def scenario() -> None:
        clock = SystemTime()
        instant = clock.now() + 0.02
        await clock.alarm(instant)
        assert clock.now() >= instant

    asyncio.run(scenario())


def test_an_alarm_looks_at_the_clock_again_when_it_wakes(wall: list[float]) -> None:
    async def scenario() -> None:
        clock = SystemTime()
        alarm = clock.alarm(clock.now() + 0.01)
        wall[0] -= 100.0  # set back: from now on it goes at nine tenths of its pace
        await asyncio.sleep(0)
        await alarm
        assert clock.now() >= 1_000.01

    asyncio.run(scenario())


def test_a_cancelled_alarm_leaves_no_timer() -> None:
    async def scenario() -> None:
        clock = SystemTime()
        alarm = clock.alarm(clock.now() + 60.0)
        (timer,) = asyncio.get_running_loop()._scheduled  # type: ignore[attr-defined]
        alarm.cancel()
        await asyncio.sleep(0)
        assert timer.cancelled()

    asyncio.run(scenario())


def test_within_leaves_nothing_behind_when_the_work_is_done_or_late() -> None:
    async def scenario() -> None:
        clock = ManualTime()

        async def work(seconds: float) -> str:
            await clock.sleep_until(clock.now() + seconds)
            return "done"

        inside = asyncio.ensure_future(within(clock, clock.now() + 5.0, work(1.0)))
        late = asyncio.ensure_future(within(clock, clock.now() + 5.0, work(9.0)))
        await clock.run(5.0)
        assert await inside == "done"
        with pytest.raises(TimeoutError):
            await late
        assert asyncio.all_tasks() == {asyncio.current_task()}

    asyncio.run(scenario())


def test_work_that_is_done_at_once_is_not_too_late() -> None:
    async def scenario() -> None:
        clock = ManualTime()

        async def work() -> str:
            return "done"

        assert await within(clock, clock.now(), work()) == "done"

    asyncio.run(scenario())
