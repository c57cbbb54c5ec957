"""The kit catches adapters that observe, and are wrong about it."""

from collections.abc import Mapping, Sequence
from typing import Any

import attrs
import pytest

from ccroute import ContactAbandoned, ContactLeft, ContactQueued
from ccroute.adapters import (
    Adapter,
    Arrived,
    Measured,
    PlatformSnapshot,
    Setting,
    Signal,
    Sink,
    Time,
)
from ccroute.testing import AdapterContract, SimulatedPbx, try_contract
from ccroute_acme import AcmeObserver, acme


class Telling(AcmeObserver):
    """Tells something else than what it heard."""

    def tell(self, signal: Signal) -> Sequence[Signal]:
        return [signal]

    async def open(self, sink: Sink, time: Time) -> None:
        adapter = self

        class Between:
            def push(self, signal: Signal) -> bool:
                return all(sink.push(it) for it in adapter.tell(signal))

            def resync(self, snapshot: PlatformSnapshot) -> None:
                sink.resync(snapshot)

        await super().open(Between(), time)


class TakesTimeOutsForAbandons(Telling):
    def tell(self, signal: Signal) -> Sequence[Signal]:
        if isinstance(signal, Measured) and isinstance(signal.event, ContactLeft):
            left = attrs.asdict(signal.event, recurse=False)
            return [attrs.evolve(signal, event=ContactAbandoned(**left | {"cause": None}))]
        return [signal]


class NumbersAllAlike(Telling):
    def tell(self, signal: Signal) -> Sequence[Signal]:
        if isinstance(signal, Measured):
            return [attrs.evolve(signal, event=attrs.evolve(signal.event, sequence=7))]
        return [signal]


class RoutesToo(Telling):
    def tell(self, signal: Signal) -> Sequence[Signal]:
        queued = isinstance(signal, Measured) and isinstance(signal.event, ContactQueued)
        return [signal, Arrived(contact=signal.event.contact or "")] if queued else [signal]  # type: ignore[attr-defined]


class TellsTheGapTwice(Telling):
    """Tells again all that it has told, whenever the link comes up."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.before: list[Signal] = []

    def tell(self, signal: Signal) -> Sequence[Signal]:
        if isinstance(signal, Measured):
            self.before.append(signal)
            if len(self.before) == 4:
                return [signal, *self.before]
        return [signal]


class ForgetsTheGap(Telling):
    """Declares that it tells afterwards what it missed, and begins anew."""

    async def _sign_in(self, *given: Any) -> None:
        self._told = None
        await super()._sign_in(*given)


@pytest.mark.parametrize(
    ("broken", "number"),
    [
        (TakesTimeOutsForAbandons, 18),
        (NumbersAllAlike, 18),
        (RoutesToo, 6),
        (TellsTheGapTwice, 33),
        (ForgetsTheGap, 33),
    ],
)
def test_a_broken_observer_is_caught(broken: type[AcmeObserver], number: int) -> None:
    class Tried(AdapterContract):
        module = "ccroute_acme"

        def make_platform(self, time: Time) -> SimulatedPbx:
            return SimulatedPbx(time, routes=True)

        def make_adapter(self, config: Mapping[str, Setting]) -> Adapter:
            sound: Any = acme("pbx", config)
            return broken(sound._name, sound._settings)

    report = try_contract(Tried, [number])
    assert report.failed.keys() == {number}, report
