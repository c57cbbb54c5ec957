"""The centre as it stands: who waits, what the last minutes came to, what each agent does."""

from collections.abc import Mapping
from datetime import UTC, datetime

import attrs

from ccroute._wire import LiveAgentRow, LiveQueueRow, WindowRow

_MICROS = 1_000_000
_LENGTHS = (5, 15, 30, 60)


@attrs.frozen(kw_only=True)
class Window:
    """What the last minutes came to, each thing when it was certain: a visit is missed when
    the target passes and it still waits. The pane of ten seconds that holds now is the last.
    """

    minutes: int
    offered: int
    answered: int
    abandoned: int
    left: int
    met: int
    """Answered within the target."""
    missed: int
    """Passed the target still waiting."""
    early: int
    """Abandoned within the target."""
    wait: float
    """Seconds waited by the answered, in all."""

    @property
    def service_level(self) -> float | None:
        """``sl.answered_within`` on basis ``sl_event``: met / (met + missed + early); ``None``
        when nothing was decided."""
        decided = self.met + self.missed + self.early
        return self.met / decided if decided else None

    @property
    def abandon_rate(self) -> float | None:
        """``abandon.of_answered_and_abandoned``: B / (A + B)."""
        ended = self.answered + self.abandoned
        return self.abandoned / ended if ended else None

    @property
    def asa(self) -> float | None:
        """The mean wait of the answered, in seconds."""
        return self.wait / self.answered if self.answered else None

    @classmethod
    def of(cls, minutes: int, row: WindowRow) -> "Window":
        """The window behind the aggregator's numbers."""
        *counts, wait = row
        names = ("offered", "answered", "abandoned", "left", "met", "missed", "early")
        return cls(minutes=minutes, wait=wait / _MICROS, **dict(zip(names, counts, strict=True)))


@attrs.frozen(kw_only=True)
class LiveQueue:
    """One queue now."""

    queue: str
    waiting: int
    overdue: int
    """Of them, those for whom the target has passed."""
    oldest_wait: float | None
    """Seconds the first of them has waited; ``None`` when nobody does."""
    expected_wait: float | None
    """Seconds a newcomer may expect: its place times the mean time between two answers of
    the last 15 minutes; ``None`` when nobody was answered in them."""
    windows: Mapping[int, Window]
    """By minutes: 5, 15, 30 and 60."""


@attrs.frozen(kw_only=True)
class LiveAgent:
    """One agent now."""

    agent: str
    state: str
    """talk, hold, connecting, offered, wrap_up, idle, device_busy, not_ready or offline."""
    reason: str | None
    """Why not ready."""
    since: datetime
    contacts: int
    """Contacts the agent has a part in."""


@attrs.frozen(kw_only=True)
class LiveView:
    """The centre at one instant: a copy, which does not change."""

    at: datetime
    queues: Mapping[str, LiveQueue]
    agents: Mapping[str, LiveAgent]

    def agents_by_state(self) -> dict[tuple[str, str | None], int]:
        """How many agents are in each state, by state and reason."""
        counts: dict[tuple[str, str | None], int] = {}
        for agent in self.agents.values():
            key = (agent.state, agent.reason)
            counts[key] = counts.get(key, 0) + 1
        return dict(sorted(counts.items(), key=str))


def live_view(at: float, queues: list[LiveQueueRow], agents: list[LiveAgentRow]) -> LiveView:
    """The view behind the aggregator's numbers."""
    return LiveView(
        at=_utc(at),
        queues={row[0]: _queue(at, row) for row in queues},
        agents={row[0]: _agent(row) for row in agents},
    )


def _queue(at: float, row: LiveQueueRow) -> LiveQueue:
    queue, waiting, overdue, oldest, expected, windows = row
    return LiveQueue(
        queue=queue,
        waiting=waiting,
        overdue=overdue,
        oldest_wait=None if oldest is None else max(0.0, at - oldest),
        expected_wait=expected,
        windows={
            minutes: Window.of(minutes, window)
            for minutes, window in zip(_LENGTHS, windows, strict=True)
        },
    )


def _agent(row: LiveAgentRow) -> LiveAgent:
    agent, state, reason, since, contacts = row
    return LiveAgent(
        agent=agent,
        state=state or "offline",
        reason=reason or None,
        since=_utc(since),
        contacts=contacts,
    )


def _utc(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
