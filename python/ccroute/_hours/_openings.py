"""When the queues of a plan open and close, as commands.

The engine knows no zones; whoever drives it carries these commands out at their times.
"""

import heapq
import itertools
from collections.abc import Iterator

from ccroute._commands import SetQueueOpen
from ccroute._errors import Rejected
from ccroute._hours._week import END, Hours
from ccroute._models import not_a
from ccroute._plan import Plan


def openings(
    plan: Plan, *, since: float, until: float | None = None
) -> Iterator[tuple[float, SetQueueOpen]]:
    """When the plan's queues open and close, as (float seconds since the epoch, command), in
    order: first how each queue with ``hours`` stands at ``since``, then every change up to
    ``until`` (``None``: without end).

    Hours are by the clock on the wall of their zone. An hour that the clock skips begins or
    ends where it goes on; one that it shows twice counts from its first to its last showing.
    Special days go before public holidays, those before the week. Days on which a holiday is
    observed because it fell on a weekend are closed too. Holidays need the extra ``hours`` (the
    package `holidays`).

    Raises:
        ConfigError: there is no such zone, or no such country or region, or a special day lies
            beyond the year 9998.
        Rejected: ``invalid_value`` when ``since`` is no instant from 1970 to the year 9998.

    >>> plan = Plan.from_toml('''
    ... [queues.support]
    ... hours = "office"
    ... [calendars.office]
    ... zone = "Europe/Madrid"
    ... weekly = { mon = ["09:00-18:00"] }
    ... ''')
    >>> [(at, it.open) for at, it in openings(plan, since=1e6, until=1_500_000.0)]
    [(1000000.0, True), (1011600.0, False)]
    """
    if not isinstance(plan, Plan):
        raise not_a("ccroute.Plan", "plan", plan)
    if not 0 <= since < END:
        raise Rejected(
            "invalid_value",
            f"since {since}: give seconds since the Unix epoch, from 0 to the year 9998",
        )
    weeks = {name: Hours(name, calendar) for name, calendar in plan.calendars.items()}
    queues = [(name, queue.hours) for name, queue in plan.queues.items() if queue.hours is not None]
    changes = [_commands(name, weeks[hours].changes(since, until), since) for name, hours in queues]
    for at, command in heapq.merge(*changes, key=lambda change: change[0]):
        if until is not None and at > until:
            return
        yield at, command


def _commands(
    queue: str, changes: Iterator[tuple[float, bool]], since: float
) -> Iterator[tuple[float, SetQueueOpen]]:
    first = next(changes, None)
    if first is None or first[0] > since:
        yield since, SetQueueOpen(queue=queue, open=False)
    if first is not None:
        for at, is_open in itertools.chain([first], changes):
            yield at, SetQueueOpen(queue=queue, open=is_open)
