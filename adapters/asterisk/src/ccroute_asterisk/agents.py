"""Agents as a queue_log shows them: in which queues, paused in which, signed in or not.

An agent of ccroute has one availability and a list of queues; Asterisk pauses per queue.
So an agent paused in every queue is not ready, and one paused in some serves the others.
"""

from collections.abc import Callable, Mapping

import attrs

from ccroute import (
    AgentChanged,
    AgentNotReady,
    AgentReady,
    AgentSignedIn,
    AgentSignedOut,
    Event,
)
from ccroute_asterisk.queue_log import Line

# Asterisk's own word in the reason column when a missed call paused the agent.
_AUTO_PAUSE = "Auto-Pause"


@attrs.define
class _Agent:
    # Queue -> the reason of the pause there, `None` when not paused.
    queues: dict[str, str | None] = attrs.field(factory=dict)
    # Queues in which the agent was ever seen; a ring in one of them proves nothing new.
    known_in: set[str] = attrs.field(factory=set)
    # Signed in by name (AGENTLOGIN), which shows no queue.
    logged_in: bool = False
    # The reason of a pause in all queues, said before any queue of the agent was known.
    paused_unseen: str | None = None
    # The reason of the latest pause in any queue.
    latest: str | None = None
    # What the events written so far say.
    signed_in: bool = False
    serving: frozenset[str] = frozenset()
    ready: bool = False
    reason: str | None = None


class Agents:
    """Follows the agents line by line and writes what changes.

    ``emit`` takes each event; its source and sequence are filled in by whoever owns it.
    """

    def __init__(self, emit: Callable[[Event], None]) -> None:
        self._emit = emit
        self._agents: dict[str, _Agent] = {}
        self.appeared: dict[str, None] = {}
        """Agents first seen at work, without ever having been added to a queue."""
        self._verbs: Mapping[str, Callable[[_Agent, Line], bool]] = {
            "ADDMEMBER": _add,
            "REMOVEMEMBER": _remove,
            "PAUSE": _pause,
            "PAUSEALL": _pause_all,
            "UNPAUSE": _unpause,
            "UNPAUSEALL": _unpause_all,
            "AGENTLOGIN": _log_in,
            "AGENTCALLBACKLOGIN": _log_in,
            "AGENTLOGOFF": _log_off,
            "AGENTCALLBACKLOGOFF": _log_off,
        }

    def take(self, line: Line) -> bool:
        """Applies a line about an agent; ``False`` when it changed nothing."""
        name = line.agent
        agent = self._agents.get(name)
        if agent is None:
            agent = self._agents[name] = _Agent()
        if line.verb in ("PAUSE", "UNPAUSE"):
            self._appear(name, agent, line.queue)
        changed = self._verbs[line.verb](agent, line)
        if line.queue:
            agent.known_in.add(line.queue)
        self._write(name, agent, line.at)
        return changed

    def at_work(self, name: str, queue: str, at: float) -> None:
        """The agent is offered a contact of ``queue``.

        One who was never added to it is a static member, and is there from now on. One
        who was added and removed is left alone: a phone that rings when its agent is removed
        goes on ringing, and the call is connected all the same.
        """
        agent = self._agents.get(name)
        if agent is None:
            agent = self._agents[name] = _Agent()
        self._appear(name, agent, queue)
        self._write(name, agent, at)

    def _appear(self, name: str, agent: _Agent, queue: str) -> None:
        if queue in agent.known_in:
            return
        agent.known_in.add(queue)
        agent.queues[queue] = agent.paused_unseen
        if not agent.logged_in:
            self.appeared[name] = None

    def _write(self, name: str, agent: _Agent, at: float) -> None:
        """Writes the events between what was written and what is the case."""
        present = bool(agent.queues) or agent.logged_in
        if not present:
            if agent.signed_in:
                self._emit(AgentSignedOut(source="", sequence=0, at=at, agent=name))
            agent.signed_in = agent.ready = False
            agent.reason = None
            return
        free = [queue for queue, paused in agent.queues.items() if paused is None]
        ready = bool(free) if agent.queues else agent.paused_unseen is None
        reason = None if ready else agent.latest
        serving = tuple(free or agent.queues)
        if not agent.signed_in:
            self._emit(AgentSignedIn(source="", sequence=0, at=at, agent=name, queues=serving))
        elif agent.serving != frozenset(serving):
            self._emit(AgentChanged(source="", sequence=0, at=at, agent=name, queues=serving))
        if ready and not agent.ready:
            self._emit(AgentReady(source="", sequence=0, at=at, agent=name))
        elif not ready and (agent.ready or not agent.signed_in or agent.reason != reason):
            self._emit(_not_ready(name, at, reason or ""))
        agent.signed_in, agent.ready, agent.reason = True, ready, reason
        agent.serving = frozenset(serving)


def _not_ready(name: str, at: float, reason: str) -> Event:
    cause = "missed" if reason == _AUTO_PAUSE else "agent"
    return AgentNotReady(
        source="", sequence=0, at=at, agent=name, cause=cause, reason=reason or None
    )


def _add(agent: _Agent, line: Line) -> bool:
    if line.queue in agent.queues:
        return False
    agent.queues[line.queue] = None
    if line.detail == "PAUSED":
        agent.queues[line.queue] = agent.latest = ""
    return True


def _remove(agent: _Agent, line: Line) -> bool:
    if line.queue not in agent.queues:
        return line.queue not in agent.known_in
    del agent.queues[line.queue]
    return True


def _pause(agent: _Agent, line: Line) -> bool:
    if line.queue not in agent.queues or agent.queues[line.queue] == line.detail:
        return False
    agent.queues[line.queue] = agent.latest = line.detail
    return True


def _pause_all(agent: _Agent, line: Line) -> bool:
    # The PAUSE lines of the single queues follow and then say nothing new.
    changed = any(reason != line.detail for reason in agent.queues.values())
    agent.queues = dict.fromkeys(agent.queues, line.detail)
    changed = changed or agent.paused_unseen != line.detail
    agent.paused_unseen = agent.latest = line.detail
    return changed


def _unpause(agent: _Agent, line: Line) -> bool:
    agent.paused_unseen = None
    if agent.queues.get(line.queue) is None:
        return False
    agent.queues[line.queue] = None
    return True


def _unpause_all(agent: _Agent, _: Line) -> bool:
    changed = any(reason is not None for reason in agent.queues.values())
    changed = changed or agent.paused_unseen is not None
    agent.queues = dict.fromkeys(agent.queues)
    agent.paused_unseen = None
    return changed


def _log_in(agent: _Agent, _: Line) -> bool:
    changed, agent.logged_in = not agent.logged_in, True
    return changed


def _log_off(agent: _Agent, _: Line) -> bool:
    # Logging off takes the agent out of every queue that only work had shown.
    changed, agent.logged_in = agent.logged_in, False
    agent.queues.clear()
    agent.known_in.clear()
    return changed
