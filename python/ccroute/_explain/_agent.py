"""What an agent could take, and why not."""

from collections.abc import Mapping

import attrs

from ccroute._explain._phrases import Language, Words
from ccroute._table import Table
from ccroute._wire import AgentRow


@attrs.frozen(kw_only=True)
class AgentExplanation:
    """What an agent could take, and why not.

    ``back_off``: until when the agent is left alone after a failure. ``open``: channels on
    which the agent can be offered contacts now. ``withheld``: all waiting contacts that the
    agent cannot take, by obstacle. ``next``: the first contact that only the agent's own
    state keeps from them. Times are float seconds since the epoch.
    """

    agent: str
    at: float
    availability: str
    reason: str | None
    activity: str
    device: str
    idle_since: float
    back_off: float | None
    open: tuple[str, ...]
    withheld: Mapping[str, int]
    next: str | None

    @classmethod
    def of(cls, row: AgentRow, agent: str, at: float) -> "AgentExplanation":
        """Names what the engine said."""
        state, channels, withheld, following = row
        availability, reason, activity, device, idle_since, back_off = state
        return cls(
            agent=agent,
            at=at,
            availability=availability,
            reason=reason,
            activity=activity,
            device=device,
            idle_since=idle_since,
            back_off=back_off,
            open=tuple(channels),
            withheld=Table(withheld),
            next=following,
        )

    def __str__(self) -> str:
        return self.text()

    def text(self, language: Language = "en") -> str:
        """In words, a fact a line; ``language``: en or es."""
        words = Words(language)
        reason = f" ({self.reason})" if self.reason else ""
        lines = [
            words.say(
                "agent.head",
                agent=self.agent,
                availability=words.word("availability", self.availability) + reason,
                activity=words.word("activity", self.activity),
                device=words.word("device", self.device),
            )
        ]
        channels = ", ".join(self.open)
        lines.append(words.say("agent.open" if channels else "agent.closed", channels=channels))
        if self.back_off is not None:
            due = words.seconds(max(0.0, self.back_off - self.at))
            lines.append(words.say("agent.back_off", due=due))
        for obstacle, count in self.withheld.items():
            contacts, why = words.count(count, "waiting contact"), words.word("withheld", obstacle)
            lines.append(words.say("agent.withheld", contacts=contacts, why=why))
        if self.next is not None:
            lines.append(words.say("agent.next", contact=self.next))
        return "\n  ".join(lines)
