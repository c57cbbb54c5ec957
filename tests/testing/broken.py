"""How adapters are broken, and tried: the example adapter with one thing done wrong."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import pytest

from ccroute.adapters import (
    Adapter,
    PlatformSnapshot,
    Setting,
    Signal,
    Sink,
    Time,
)
from ccroute.testing import AdapterContract, SimulatedPbx
from ccroute_acme import AcmeAdapter, acme

SLOW = {36, 50}
"""What takes longest, and is tried on those only that are meant to fail it."""
TEN = {
    "LeavesTasks", "ShowsItsPassword", "ArrivesTwice", "RingsBeforeItDials", "BridgedTooEarly",
    "AbandonsWhoIsSentAway", "GivesNewIds", "SendsAgain", "HasNoWatchdog", "LosesWhatFindsNoRoom",
}  # fmt: skip
"""The commonest mistakes: all assertions are tried on these, on the others their own."""
BROKEN: list[Any] = []
Made = TypeVar("Made", bound=type[AcmeAdapter])


def breaks(number: int, *also: int) -> Callable[[Made], Made]:
    """Notes which assertion catches an adapter, and which others must see it too."""

    def noted(broken: Made) -> Made:
        BROKEN.append(pytest.param(number, also, broken, id=f"{number:02}-{broken.__name__}"))
        return broken

    return noted


def contract_of(broken: type[AcmeAdapter]) -> type[AdapterContract]:
    class Tried(AdapterContract):
        module = "ccroute_acme"

        def make_platform(self, time: Time) -> SimulatedPbx:
            return SimulatedPbx(time)

        def make_adapter(self, config: Mapping[str, Setting]) -> Adapter:
            sound: Any = acme("pbx", config)
            return broken(sound._name, sound._settings)

    return Tried


class Telling(AcmeAdapter):
    """Tells something else than what it heard."""

    told: Sink

    def tell(self, signal: Signal) -> Sequence[Signal]:
        return [signal]

    def show(self, snapshot: PlatformSnapshot) -> PlatformSnapshot:
        return snapshot

    async def open(self, sink: Sink, time: Time) -> None:
        adapter = self
        self.told = sink

        class Between:
            def push(self, signal: Signal) -> bool:
                return all(sink.push(it) for it in adapter.tell(signal))

            def resync(self, snapshot: PlatformSnapshot) -> None:
                sink.resync(adapter.show(snapshot))

        await super().open(Between(), time)
