"""The agents of a recorded day, played against an engine.

They come, go, pause and return when they did. Which queues they serve then is decided
here, nothing else.
"""

from collections.abc import Iterable

from ccroute import _events as ev
from ccroute._router import Router
from ccroute.replay.workload import StaffEvent, Workload


class Staff:
    """Passes the recording's staff events on as commands.

    An agent the plan gives queues serves those, but for queues which the recording shows
    the agent out of at the time (not added yet, removed, paused there alone). Any other
    agent serves what the recording says, as far as the plan has it.
    """

    def __init__(self, day: Workload, router: Router) -> None:
        self._router = router
        self._agents = router.plan.agents
        self._queues = frozenset(router.plan.queues)
        self._channels = sorted({visit.channel for visit in day.visits()})
        self._signed_in: set[str] = set()
        self._ever: dict[str, set[str]] = {}
        for event in day.staff:
            if isinstance(event, ev.AgentSignedIn | ev.AgentChanged):
                self._ever.setdefault(event.agent or "", set()).update(event.queues or ())

    def play(self, event: StaffEvent) -> None:
        """Carries one event out; what the agent's state does not allow is passed over."""
        agent = event.agent
        if agent is None:
            return
        if isinstance(event, ev.AgentSignedIn):
            if agent not in self._signed_in:
                self._signed_in.add(agent)
                self._sign_in(agent, event.queues or ())
        elif agent not in self._signed_in:
            return
        elif isinstance(event, ev.AgentSignedOut):
            self._signed_in.discard(agent)
            self._router.sign_out(agent)
        elif isinstance(event, ev.AgentReady):
            self._router.ready(agent)
        elif isinstance(event, ev.AgentNotReady):
            self._router.not_ready(agent, reason=event.reason)
        elif event.queues is not None:
            self._router.change_agent(agent, queues=self._serving(agent, event.queues))

    def _sign_in(self, agent: str, queues: Iterable[str]) -> None:
        known = agent in self._agents
        self._router.sign_in(
            agent,
            queues=self._serving(agent, queues),
            capacity=None if known else dict.fromkeys(self._channels, 1),
        )

    def _serving(self, agent: str, recorded: Iterable[str]) -> list[str]:
        now = list(recorded)
        planned = self._agents[agent].queues if agent in self._agents else ()
        if not planned:
            return [queue for queue in now if queue in self._queues]
        absent = self._ever[agent].difference(now)
        return [queue for queue in planned if queue not in absent]
