"""Why an offer went to just this agent."""

from collections.abc import Mapping
from typing import Literal

import attrs

from ccroute._explain._phrases import Language, Words
from ccroute._table import Table
from ccroute._wire import CandidateRow, DecisionRow

How = Literal["turn", "picked", "together"]
_NONE = (1 << 127) - 1
_NO_POSITION = (1 << 32) - 1  # of an agent without a link of their own to the queue


@attrs.frozen(kw_only=True)
class Candidate:
    """One of those who could have taken a contact.

    ``preferred``: the contact's score for the agent, ``None``: it does not prefer them.
    ``values``: what each key of the queue's strategy made of them: scores as they are, shares
    from 0 to 1, times in seconds; ``None``: nothing. Idle since ``idle_since``, which decides
    at last.
    """

    agent: str
    preferred: int | None
    values: Mapping[str, float | None]
    idle_since: float

    @classmethod
    def of(cls, row: CandidateRow, keys: list[str], at: float) -> "Candidate":
        """Names what the engine said."""
        agent, preferred, values, idle_since = row
        named = {key: _value(key, value, at) for key, value in zip(keys, values, strict=True)}
        return cls(agent=agent, preferred=preferred, values=Table(named), idle_since=idle_since)


@attrs.frozen(kw_only=True)
class DecisionExplanation:
    """How an offer came about, at ``at`` (seconds since the epoch).

    ``how``: ``"turn"`` (it was the agent's turn, and the strategy chose), ``"picked"`` (the agent
    asked for it) or ``"together"`` (contacts were shared out for the best total score).
    ``ahead``: how many of its queue went before the contact. ``candidates``: who could have taken
    it, the first ten as the strategy ranks them; under ``"turn"`` the first one was offered it.
    ``eliminated``: all others by what stopped them. ``keys``: the queue's strategy.
    """

    event: int
    at: float
    contact: str | None
    agent: str
    how: How
    ahead: int
    keys: tuple[str, ...]
    eligible: int
    candidates: tuple[Candidate, ...]
    eliminated: Mapping[str, int]

    @classmethod
    def of(cls, row: DecisionRow, event: int) -> "DecisionExplanation":
        """Names what the engine said."""
        (at, contact, ahead), (agent, how, keys, eligible), candidates, eliminated = row
        return cls(
            event=event,
            at=at,
            contact=contact,
            agent=agent,
            how=how,
            ahead=ahead,
            keys=tuple(keys),
            eligible=eligible,
            candidates=tuple(Candidate.of(candidate, keys, at) for candidate in candidates),
            eliminated=Table(eliminated),
        )

    def __str__(self) -> str:
        return self.text()

    def text(self, language: Language = "en") -> str:
        """In words, a fact a line; ``language``: en or es."""
        words = Words(language)
        lines = [
            words.say(
                "decision.head",
                event=self.event,
                contact=self.contact,
                ahead=self.ahead,
                agent=self.agent,
                eligible=self.eligible,
                how="" if self.how == "turn" else ", " + words.word("how", self.how),
            )
        ]
        for place, candidate in enumerate(self.candidates, 1):
            values = self._values(words, candidate)
            lines.append(
                words.say("decision.candidate", place=place, agent=candidate.agent, values=values)
            )
        lines += words.stopped("contact.eliminated", self.eliminated)
        return "\n  ".join(lines)

    def _values(self, words: Words, candidate: Candidate) -> str:
        parts = []
        if candidate.preferred is not None:
            parts.append(words.say("decision.preferred", score=candidate.preferred))
        parts += [
            f"{key} {'–' if value is None else words.number(f'{value:g}')}"
            for key, value in candidate.values.items()
            if key != "longest_idle"
        ]
        idle = words.seconds(self.at - candidate.idle_since)
        parts.append(words.say("decision.idle", idle=idle))
        return ", ".join(parts)


def _value(key: str, value: int, at: float) -> float | None:
    """What a key made of an agent, from the engine's number, of which less is better."""
    if abs(value) == _NONE or (key == "least_recent" and value == 0):
        return None
    number = float(value)
    match key:
        case "most_proficient":
            number = -number
        case "weighted_score" | "best_match" | "scores":
            number /= -1e6
        case "longest_idle" | "least_recent":
            number = at - number / 1e6
        case "least_talk_time":
            number /= 1e6
        case "least_occupied" | "random" | "weighted_random":
            number /= 1 << 64
        case "round_robin" | "ordered":
            position = value >> 64 & _NO_POSITION
            return None if position == _NO_POSITION else float(position)
        case _:
            pass
    return number + 0.0  # and not -0
