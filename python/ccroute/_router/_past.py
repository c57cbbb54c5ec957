"""What was asked of an engine of late, so that its decisions can be looked into."""

from operator import index
from typing import Any

import attrs

from ccroute._errors import ConfigError, DataUnavailable, Rejected
from ccroute._models import not_a
from ccroute._wire import DecisionRow, Engine, KpiAggregator, Restored


@attrs.define
class _Stretch:
    """A state and everything asked from then on."""

    first: int  # the sequence number of the next event then
    snapshot: bytes
    asked: list[tuple[float | None, str, tuple[Any, ...]]]


class Past:
    """The last commands of an engine, at least so many, with the state they began in.

    With 0 nothing is kept. Costs a snapshot whenever so many commands have passed, and the
    room of two snapshots.
    """

    def __init__(self, commands: int) -> None:
        try:
            self._commands = index(commands)
        except TypeError:
            raise not_a("whole number", "recall", commands) from None
        if self._commands < 0:
            raise ConfigError(f"recall is {commands}: give 0 or the number of commands to keep")
        self.keeps = self._commands > 0
        """Whether anything is kept."""
        self._stretches: list[_Stretch] = []

    def note(
        self, engine: Engine, now: float | None, call: str, arguments: tuple[Any, ...]
    ) -> None:
        """Keeps a command that is about to be carried out; to be called where it `keeps` any."""
        if not self._stretches or len(self._stretches[-1].asked) >= self._commands:
            fresh = _Stretch(engine.sequence() + 1, engine.snapshot(), [])
            self._stretches = [*self._stretches[-1:], fresh]
        self._stretches[-1].asked.append((now, call, arguments))

    def decision(self, event: int) -> DecisionRow:
        """How the offer of an event, by its sequence number, came about.

        Raises:
            DataUnavailable: it lies too far back, has not happened, or was no offer.
        """
        if not self.keeps:
            message = "this Router keeps nothing of its past: make it with `recall`"
            raise DataUnavailable(message)
        stretch = next((old for old in reversed(self._stretches) if old.first <= event), None)
        if stretch is None:
            raise DataUnavailable(
                f"event {event} lies further back than the last {self._commands} commands: "
                "give the Router a greater `recall`"
            )
        decision = decided(stretch.snapshot, stretch.asked, event)
        if decision is None:
            raise DataUnavailable(f"event {event} is no offer that was made: give an `offer_made`")
        return decision


def decided(
    snapshot: bytes, asked: list[tuple[float | None, str, tuple[Any, ...]]], event: int
) -> DecisionRow | None:
    """Carries everything out again until the event has happened."""
    engine = Restored(snapshot).engine(KpiAggregator(), "past")
    engine.trace(event)
    for now, call, arguments in asked:
        try:
            method = getattr(engine, call)
            method(*arguments) if now is None else method(now, *arguments)
        except (Rejected, TypeError, ValueError):
            pass  # as it was the first time
        if engine.sequence() >= event:
            break
    return engine.traced_decision()
