"""What waits for its turn in a tenant, and what a tenant counts."""

from asyncio import Event, Future, Task, gather, get_running_loop
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
    overloads: int = 0
    gaps: int = 0
    pump_faults: int = 0
    """How often a ranker or figure failed."""


@attrs.define(kw_only=True)
class Ask:
    """A command that waits for its turn. ``answer``: who waits for what becomes of it; ``origin``:
    the link it came from."""

    command: Command
    command_id: str | None = None
    actor: str | None = None
    reason: str | None = None
    answer: "Future[int | None] | None" = None
    origin: str | None = None
    since: float = 0.0


@attrs.define(kw_only=True)
class HeardOn:
    """A signal or snapshot that waits for its turn."""

    link: str
    what: Heard


@attrs.define(kw_only=True)
class Mark:
    """Somebody waits until all that was asked before is done."""

    reached: "Future[None]"


class Inbox:
    """What waits, in order, up to a bound for what comes from outside."""

    def __init__(self, room: int) -> None:
        self.awake = Event()
        """Set when there may be something to do."""
        self._room = room
        self._items: deque[Ask | HeardOn | Mark] = deque()
        self._roomy = Event()

    @property
    def full(self) -> bool:
        """Whether what comes from outside has to wait."""
        return len(self._items) >= self._room

    def put(self, it: Ask | HeardOn | Mark) -> None:
        """Puts something at the end."""
        self._items.append(it)
        self.awake.set()

    def put_first(self, it: Ask) -> None:
        """Puts something before all that waits."""
        self._items.appendleft(it)
        self.awake.set()

    def take(self) -> Ask | HeardOn | Mark:
        """Takes the first."""
        return self._items.popleft()

    async def room(self) -> None:
        """Returns when there is, or was, room, or nobody works any more."""
        self._roomy.clear()
        await self._roomy.wait()

    def relieve(self) -> None:
        """Lets in who waits, if half of it is free."""
        if len(self._items) < self._room // 2:
            self._roomy.set()

    def fail(self, why: Exception, under_way: list[Ask]) -> None:
        """Nobody will do any of this: tells who waits for it."""
        left = [*under_way, *self._items]
        self._items.clear()
        for it in left:
            match it:
                case Ask(answer=Future() as waits) | Mark(reached=waits):
                    if not waits.done():
                        waits.set_exception(why)
                case _:
                    pass
        self._roomy.set()

    def __len__(self) -> int:
        return len(self._items)


class Alarm:
    """Wakes an inbox at an instant, the earliest that it was set to."""

    def __init__(self, time: Time, inbox: Inbox) -> None:
        self._time = time
        self._inbox = inbox
        self._task: Task[None] | None = None
        self._at = 0.0

    def set(self, due: float) -> None:
        """Wakes at ``due`` too, if no earlier alarm is set: then it is asked again."""
        if self._task is not None and self._at <= due:
            return
        if self._task is not None:
            self._task.cancel()
        self._at = due
        self._task = get_running_loop().create_task(self._ring(due))

    async def _ring(self, due: float) -> None:
        await self._time.sleep_until(due)
        self._task = None
        self._inbox.awake.set()

    async def close(self) -> None:
        """Never wakes again."""
        if self._task is not None:
            self._task.cancel()
            await gather(self._task, return_exceptions=True)
