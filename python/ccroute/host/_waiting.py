"""What waits for its turn in a tenant, and what a tenant counts."""

from asyncio import Future  # noqa: TC003  # attrs resolves it

import attrs

from ccroute._commands import Command
from ccroute.adapters import PlatformSnapshot, Signal

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
