"""When the queues of a plan open and close next."""

from collections.abc import Iterator

from ccroute._commands import Command
from ccroute._hours import openings
from ccroute._plan import Plan


class OpeningHours:
    """The commands of a plan's calendars, each at its time."""

    def __init__(self) -> None:
        self._commands: Iterator[tuple[float, Command]] = iter(())
        self._next: tuple[float, Command] | None = None

    def read(self, plan: Plan, since: float) -> None:
        """From now on these calendars count; first how all stands at ``since``."""
        self._commands = openings(plan, since=since)
        self._next = next(self._commands, None)

    @property
    def next_at(self) -> float | None:
        """When something opens or closes next."""
        return None if self._next is None else self._next[0]

    def due(self, now: float) -> Iterator[tuple[float, Command]]:
        """What has become due."""
        while self._next is not None and self._next[0] <= now:
            yield self._next
            self._next = next(self._commands, None)
