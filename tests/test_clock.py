"""Clocks: time is told, moves when told to, and never goes back."""

import math
import time

import pytest

from ccroute import ManualClock, Rejected, SystemClock


def test_manual_clock_moves_when_told() -> None:
    clock = ManualClock(10.0)
    clock.set(12.5)
    clock.advance(0.25)
    clock.advance(0.0)
    assert clock.now() == 12.75


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, -1.0])
def test_manual_clock_refuses_what_is_no_time(value: float) -> None:
    clock = ManualClock(10.0)
    for refused in (clock.set, clock.advance, ManualClock):
        with pytest.raises(Rejected, match=str(value)) as refusal:
            refused(value)
        assert refusal.value.code == "invalid_value"
    assert clock.now() == 10.0


def test_manual_clock_refuses_to_go_back() -> None:
    clock = ManualClock(10.0)
    with pytest.raises(Rejected, match=r"from 10\.0 to 9\.5") as refusal:
        clock.set(9.5)
    assert refusal.value.code == "time_backwards"
    assert clock.now() == 10.0


def test_system_clock_does_not_follow_a_clock_set_back(monkeypatch: pytest.MonkeyPatch) -> None:
    readings = iter([100.0, 90.0, 101.0])
    monkeypatch.setattr(time, "time", lambda: next(readings))
    clock = SystemClock()
    assert [clock.now() for _ in range(3)] == [100.0, 100.0, 101.0]
