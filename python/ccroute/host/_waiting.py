"""What waits for its turn in a tenant, and what a tenant counts."""

from asyncio import Event, Future
from collections import deque

import attrs

from ccroute._commands import Command
from ccroute.adapters import PlatformSnapshot, Signal, Time

Heard = Signal | PlatformSnapshot


@attrs.define(kw_only=True)
class TenantCounters:
    """What a tenant counted since it was made."""

    commands: int = 0
    refused: int = 0
    """Commands of people that the engine refused."""
    overtaken: int = 0
    """Commands from signals that the engine refused, as something else was quicker."""
    turned_away: int = 0
    """Customers for whom the plan has no place."""
    bypassed: int = 0
    """Events of commands that were given to the router behind the host's back."""
    late: int = 0
    """Deadlines that were noticed more than a second after their time."""
    latest: float = 0.0
    """By how many seconds, at most."""
    nonsense: int = 0
    """Signals that could not be understood."""
    overloads: int = 0
    skipped: int = 0
    """Signals that were not taken for want of room; a snapshot puts it right."""
    gaps: int = 0
    unknown: int = 0
    """Instructions of which nobody knew what became."""
    announced: int = 0
    """What waiting customers were told."""
    pump_faults: int = 0
    """How often a ranker or figure failed."""


@attrs.define(kw_only=True)
class Ask:
    """A command that waits for its turn. ``answer``: who waits for what becomes of it; ``origin``:
    the link it came from; ``expected``: that it may be refused is no news; ``by_person``: an
    agent asked by phone, which goes on record; ``since``: when it was asked."""

    command: Command
    command_id: str | None = None
    actor: str | None = None
    reason: str | None = None
    answer: "Future[int | None] | None" = None
    origin: str | None = None
    expected: bool = False
    by_person: bool = False
    since: float = 0.0

    def settle(self, result: int | None, error: Exception | None) -> None:
        """Tells who waits for it what became of it."""
        if self.answer is None or self.answer.done():
            return
        if error is None:
            self.answer.set_result(result)
        else:
            self.answer.set_exception(error)


@attrs.define(kw_only=True)
class HeardOn:
    """A signal or snapshot that waits for its turn."""

    link: str
    what: Heard
    since: float


@attrs.define(kw_only=True)
class Mark:
    """Somebody waits until all that was asked before is done."""

    reached: "Future[None]"
    since: float


class Inbox:
    """What waits, in order, up to a bound for what comes from outside."""

    def __init__(self, room: int) -> None:
        self.awake = Event()
        """Set when there may be something to do."""
        self._room = room
        self._items: deque[Ask | HeardOn | Mark] = deque()
        self.closed = False
        """Nobody works any more: what is put in is dropped."""

    @property
    def full(self) -> bool:
        """Whether what comes from outside has to wait."""
        return len(self._items) >= self._room

    def put(self, it: Ask | HeardOn | Mark) -> None:
        """Puts something at the end."""
        if not self.closed:
            self._items.append(it)
            self.awake.set()

    @property
    def oldest(self) -> float | None:
        """Since when the first waits."""
        return self._items[0].since if self._items else None

    def put_first(self, it: Ask) -> None:
        """Puts something before all that waits."""
        if not self.closed:
            self._items.appendleft(it)
            self.awake.set()

    def take(self) -> Ask | HeardOn | Mark:
        """Takes the first."""
        return self._items.popleft()

    @property
    def roomy(self) -> bool:
        """Whether half of it is free."""
        return len(self._items) < self._room // 2

    def fail(self, why: Exception, under_way: list[Ask]) -> None:
        """Nobody will do any of this: tells who waits for it."""
        left = [*under_way, *self._items]
        self._items.clear()
        self.closed = True
        for it in left:
            match it:
                case Ask(answer=Future() as waits) | Mark(reached=waits):
                    if not waits.done():
                        waits.set_exception(why)
                case _:
                    pass

    def __len__(self) -> int:
        return len(self._items)


class Alarm:
    """Wakes an inbox at an instant, the earliest that it was set to."""

    def __init__(self, time: Time, inbox: Inbox) -> None:
        self._time = time
        self._inbox = inbox
        self._alarm: Future[None] | None = None
        self._at = 0.0

    def set(self, due: float) -> None:
        """Wakes at ``due`` too, if no earlier alarm is set: then it is asked again."""
        if self._alarm is not None and self._at <= due:
            return
        self.close()
        self._at = due
        self._alarm = self._time.alarm(due)
        self._alarm.add_done_callback(self._rings)

    def _rings(self, alarm: "Future[None]") -> None:
        if alarm is self._alarm:  # none that was set before, and is not wanted any more
            self._alarm = None
            self._inbox.awake.set()

    def close(self) -> None:
        """Wakes no more, until it is set again."""
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
