"""Agents as a queue_log shows them: in which queues, paused in which, signed in or not.

An agent of ccroute has one availability and a list of queues; Asterisk pauses per queue.
So an agent paused in every queue is not ready, and one paused in some serves the others.
"""

from collections.abc import Callable, Mapping
from typing import TypedDict

import attrs

from ccroute import (
    AgentChanged,
    AgentNotReady,
    AgentReady,
    AgentSignedIn,
    AgentSignedOut,
    Event,
)


@attrs.frozen
class AgentWord:
    """What is said of an agent, in the words of a queue_log.

    ``detail``: the reason of a pause; ``PAUSED`` of an ADDMEMBER.
    """

    verb: str
    agent: str
    queue: str
    at: float
    detail: str = ""


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

    ``emit`` takes each event; of a recording its sequence is filled in by whoever owns it.
    """

    def __init__(self, emit: Callable[[Event], None], *, source: str = "") -> None:
        self._emit = emit
        self._source = source
        self._agents: dict[str, _Agent] = {}
        self.appeared: dict[str, None] = {}
        """Agents first seen at work, without ever having been added to a queue."""
        self._verbs: Mapping[str, Callable[[_Agent, AgentWord], bool]] = {
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

    def take(self, word: AgentWord) -> bool:
        """Applies a line about an agent; ``False`` when it changed nothing."""
        name = word.agent
        agent = self._agents.get(name)
        if agent is None:
            agent = self._agents[name] = _Agent()
        if word.verb in ("PAUSE", "UNPAUSE"):
            self._appear(name, agent, word.queue)
        changed = self._verbs[word.verb](agent, word)
        if word.queue:
            agent.known_in.add(word.queue)
        self._write(name, agent, word.at)
        return changed

    def restate(self, at: float) -> None:
        """Writes who is signed in, ready or not, as if it had been said at ``at``."""
        for name, agent in self._agents.items():
            agent.signed_in = agent.ready = False
            agent.reason = None
            self._write(name, agent, at)

    def is_member(self, name: str, queue: str) -> bool:
        """Whether the agent is in the queue."""
        agent = self._agents.get(name)
        return agent is not None and queue in agent.queues

    def memberships(self) -> set[tuple[str, str]]:
        """Who is in which queue, as pairs of agent and queue."""
        return {(name, queue) for name, agent in self._agents.items() for queue in agent.queues}

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
                self._emit(AgentSignedOut(**self._of(name, at)))
            agent.signed_in = agent.ready = False
            agent.reason = None
            return
        free = [queue for queue, paused in agent.queues.items() if paused is None]
        ready = bool(free) if agent.queues else agent.paused_unseen is None
        reason = None if ready else agent.latest
        serving = tuple(free or agent.queues)
        if not agent.signed_in:
            self._emit(AgentSignedIn(**self._of(name, at), queues=serving))
        elif agent.serving != frozenset(serving):
            self._emit(AgentChanged(**self._of(name, at), queues=serving))
        if ready and not agent.ready:
            self._emit(AgentReady(**self._of(name, at)))
        elif not ready and (agent.ready or not agent.signed_in or agent.reason != reason):
            cause = "missed" if reason == _AUTO_PAUSE else "agent"
            self._emit(AgentNotReady(**self._of(name, at), cause=cause, reason=reason or None))
        agent.signed_in, agent.ready, agent.reason = True, ready, reason
        agent.serving = frozenset(serving)

    def _of(self, name: str, at: float) -> "_Envelope":
        return {"source": self._source, "sequence": 0, "at": at, "agent": name}


class _Envelope(TypedDict):
    source: str
    sequence: int
    at: float
    agent: str


def _add(agent: _Agent, word: AgentWord) -> bool:
    if word.queue in agent.queues:
        return False
    agent.queues[word.queue] = None
    if word.detail == "PAUSED":
        agent.queues[word.queue] = agent.latest = ""
    return True


def _remove(agent: _Agent, word: AgentWord) -> bool:
    if word.queue not in agent.queues:
        return word.queue not in agent.known_in
    del agent.queues[word.queue]
    return True


def _pause(agent: _Agent, word: AgentWord) -> bool:
    if word.queue not in agent.queues or agent.queues[word.queue] == word.detail:
        return False
    agent.queues[word.queue] = agent.latest = word.detail
    return True


def _pause_all(agent: _Agent, word: AgentWord) -> bool:
    # The PAUSE lines of the single queues follow and then say nothing new.
    changed = any(reason != word.detail for reason in agent.queues.values())
    agent.queues = dict.fromkeys(agent.queues, word.detail)
    changed = changed or agent.paused_unseen != word.detail
    agent.paused_unseen = agent.latest = word.detail
    return changed


def _unpause(agent: _Agent, word: AgentWord) -> bool:
    agent.paused_unseen = None
    if agent.queues.get(word.queue) is None:
        return False
    agent.queues[word.queue] = None
    return True


def _unpause_all(agent: _Agent, _: AgentWord) -> bool:
    changed = any(reason is not None for reason in agent.queues.values())
    changed = changed or agent.paused_unseen is not None
    agent.queues = dict.fromkeys(agent.queues)
    agent.paused_unseen = None
    return changed


def _log_in(agent: _Agent, _: AgentWord) -> bool:
    changed, agent.logged_in = not agent.logged_in, True
    return changed


def _log_off(agent: _Agent, _: AgentWord) -> bool:
    # Logging off takes the agent out of every queue that only work had shown.
    changed, agent.logged_in = agent.logged_in, False
    agent.queues.clear()
    agent.known_in.clear()
    return changed
