"""Explanations: the engine's data on why a contact or an agent is where it is, in words.

The data come from the engine (``explain_contact``, ``explain_agent``); this module
names and prints them. It decides nothing.
"""

from collections.abc import Mapping

import attrs

from ccroute._wire import AgentRow, ChosenRow, ContactRow

OBSTACLES = {
    "offline": "signed out",
    "other_queue": "do not serve the queue",
    "skills": "lack the skills",
    "not_ready": "not ready",
    "device": "device busy or unreachable",
    "no_slot": "no free slot",
    "excluded": "missed, declined or failed to connect it just now, or wrap up after it",
}
"""What keeps an agent from a contact, by the engine's word, in the order it is tested."""


@attrs.frozen(kw_only=True)
class Needs:
    """What an agent must be able to do: skill names to least proficiency, 1–10."""

    all_of: Mapping[str, int]
    any_of: tuple[Mapping[str, int], ...]
    none_of: Mapping[str, int]

    def __str__(self) -> str:
        parts = [f"{skill} >= {level}" for skill, level in self.all_of.items()]
        parts += [" or ".join(f"{s} >= {n}" for s, n in group.items()) for group in self.any_of]
        parts += [f"not {skill} >= {level}" for skill, level in self.none_of.items()]
        return ", ".join(parts) or "nothing"


@attrs.frozen(kw_only=True)
class Chosen:
    """The agent a contact was offered to, and what decided it.

    ``eligible`` counts the agents who could have taken it, the chosen one included;
    ``score`` is 0 where the queue's strategy keeps none; times are float seconds.
    """

    agent: str
    eligible: int
    idle_since: float
    score: int
    until: float

    @classmethod
    def of(cls, row: ChosenRow) -> "Chosen":
        """Names what the engine said."""
        agent, eligible, idle_since, score, until = row
        return cls(agent=agent, eligible=eligible, idle_since=idle_since, score=score, until=until)


@attrs.frozen(kw_only=True)
class ContactExplanation:
    """Why a contact is where it is. ``print`` it, or read its fields.

    ``ahead``: how many of its queue go before it, ``None`` unless it waits.
    ``eliminated``: how many agents each obstacle stops; an agent counts once, at the
    first obstacle of :data:`OBSTACLES`. Times are float seconds since the epoch.
    """

    contact: str
    at: float
    phase: str
    queue: str
    since: float
    ahead: int | None
    needs: Needs
    steps: int
    next_step: tuple[int, float] | None
    eliminated: Mapping[str, int]
    chosen: Chosen | None
    agent: str | None

    @classmethod
    def of(cls, row: ContactRow, contact: str, at: float) -> "ContactExplanation":
        """Names what the engine said."""
        phase, queue, since, ahead, needs, steps, next_step, eliminated, chosen, agent = row
        all_of, any_of, none_of = needs
        return cls(
            contact=contact,
            at=at,
            phase=phase,
            queue=queue,
            since=since,
            ahead=ahead,
            needs=Needs(
                all_of=dict(all_of),
                any_of=tuple(dict(group) for group in any_of),
                none_of=dict(none_of),
            ),
            steps=steps,
            next_step=next_step,
            eliminated=dict(eliminated),
            chosen=None if chosen is None else Chosen.of(chosen),
            agent=agent,
        )

    def __str__(self) -> str:
        lines = [f"contact {self.contact} is {self.phase} in {self.queue}{self._place()}"]
        if self.agent is not None:
            lines.append(f"  with {self.agent}")
        if self.chosen is not None:
            chosen = self.chosen
            idle = self.at - chosen.idle_since
            score = f", score {chosen.score}" if chosen.score else ""
            lines.append(
                f"  offered to {chosen.agent} out of {chosen.eligible} eligible:"
                f" idle {idle:.1f} s{score}; until {chosen.until - self.at:.1f} s from now"
            )
        lines.append(f"  needs {self.needs}; escalation steps taken: {self.steps}")
        if self.next_step is not None:
            step, due = self.next_step
            lines.append(f"  step {step} is due in {due - self.at:.1f} s")
        lines += [
            f"  {_count(count, 'agent')}: {OBSTACLES[word]}"
            for word, count in self.eliminated.items()
        ]
        return "\n".join(lines)

    def _place(self) -> str:
        age = f", {self.at - self.since:.1f} s old"
        return age if self.ahead is None else f"{age}, {self.ahead} ahead of it"


@attrs.frozen(kw_only=True)
class AgentExplanation:
    """What an agent could take, and why not.

    ``open``: channels on which the agent can be offered contacts now. ``withheld``:
    all waiting contacts that the agent cannot take, by obstacle.
    """

    agent: str
    at: float
    availability: str
    reason: str | None
    activity: str
    device: str
    idle_since: float
    open: tuple[str, ...]
    withheld: Mapping[str, int]

    @classmethod
    def of(cls, row: AgentRow, agent: str, at: float) -> "AgentExplanation":
        """Names what the engine said."""
        availability, reason, activity, device, idle_since, channels, withheld = row
        return cls(
            agent=agent,
            at=at,
            availability=availability,
            reason=reason,
            activity=activity,
            device=device,
            idle_since=idle_since,
            open=tuple(channels),
            withheld=dict(withheld),
        )

    def __str__(self) -> str:
        reason = f" ({self.reason})" if self.reason else ""
        availability = f"{self.availability}{reason}, {self.activity}, device {self.device}"
        channels = ", ".join(self.open) or "no channel"
        lines = [f"agent {self.agent} is {availability}", f"  open on: {channels}"]
        lines += [
            f"  {_count(count, 'waiting contact')} withheld: {_WITHHELD[word]}"
            for word, count in self.withheld.items()
        ]
        return "\n".join(lines)


_WITHHELD = {
    "offline": "the agent is signed out",
    "other_queue": "in queues the agent does not serve",
    "skills": "the agent lacks the skills",
    "not_ready": "the agent is not ready",
    "device": "the agent's device is busy or unreachable",
    "no_slot": "the agent has no free slot",
    "excluded": "the agent missed, declined or failed to connect them just now, or wraps up",
}


def _count(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
