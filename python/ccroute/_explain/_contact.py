"""Why a contact is where it is."""

from collections.abc import Mapping

import attrs

from ccroute._explain._needs import Needs
from ccroute._explain._phrases import Language, Words
from ccroute._table import Table
from ccroute._wire import ChosenRow, ContactRow, NearestRow


@attrs.frozen(kw_only=True)
class Chosen:
    """The agent a contact was offered to, and what decided it.

    ``eligible`` counts the agents who could have taken it, the chosen one included;
    ``score``: by the first of the queue's keys that keeps one, in points for ``most_proficient``,
    else in millionths; 0 without such a key. Times are float seconds.
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
class Nearest:
    """The agent who comes nearest to taking a contact.

    ``obstacles``: all that stands in the way, in the order in which it is tested; ``missing``:
    skills with (level asked for, level held); ``until``: when all of it has passed by itself,
    ``None``: something does not.
    """

    agent: str
    obstacles: tuple[str, ...]
    missing: Mapping[str, tuple[int, int]]
    until: float | None

    @classmethod
    def of(cls, row: NearestRow) -> "Nearest":
        """Names what the engine said."""
        agent, obstacles, missing, until = row
        lacks = Table({skill: (asked, held) for skill, asked, held in missing})
        return cls(agent=agent, obstacles=tuple(obstacles), missing=lacks, until=until)


@attrs.frozen(kw_only=True)
class ContactExplanation:
    """Why a contact is where it is. ``print`` it, read its fields, or ask for its ``text``.

    ``ahead``: how many of its queue go before it, ``None`` unless it waits. ``ranks``: least and
    greatest rank of agents, ``None``: no bound. ``needs``: what an agent must be able to do by now,
    steps counted in. ``steps``: how many escalation steps are behind it; ``next_step``: the number
    of the next one, from 1, and when it is due, ``None`` without one that is due by age. ``until``:
    when something about it changes by itself. ``eliminated``: how many agents each obstacle stops;
    an agent counts once, at the first obstacle. ``chosen``: those it is offered to. Times are float
    seconds since the epoch.
    """

    contact: str
    at: float
    phase: str
    queue: str
    since: float
    ahead: int | None
    agent: str | None
    needs: Needs
    ranks: tuple[int, int | None]
    steps: int
    next_step: tuple[int, float] | None
    until: float | None
    eliminated: Mapping[str, int]
    nearest: Nearest | None
    chosen: tuple[Chosen, ...]

    @classmethod
    def of(cls, row: ContactRow, contact: str, at: float) -> "ContactExplanation":
        """Names what the engine said."""
        where, ask, who = row
        phase, queue, since, ahead, agent = where
        needs, ranks, steps, next_step, until = ask
        eliminated, nearest, chosen = who
        return cls(
            contact=contact,
            at=at,
            phase=phase,
            queue=queue,
            since=since,
            ahead=ahead,
            agent=agent,
            needs=Needs.of(needs),
            ranks=ranks,
            steps=steps,
            next_step=next_step,
            until=until,
            eliminated=Table(eliminated),
            nearest=None if nearest is None else Nearest.of(nearest),
            chosen=tuple(Chosen.of(row) for row in chosen),
        )

    def __str__(self) -> str:
        return self.text()

    def text(self, language: Language = "en") -> str:
        """In words, a fact a line; ``language``: en or es."""
        words = Words(language)
        lines = [self._head(words)]
        if self.agent is not None:
            lines.append(words.say("contact.with", agent=self.agent))
        lines += [self._offered(words, chosen) for chosen in self.chosen]
        needs = self.needs.text(words)
        lines.append(words.say("contact.needs", needs=needs, steps=self.steps))
        lines += self._ranks(words)
        if self.phase in {"scheduled", "suspended"} and self.until is not None:
            due = words.seconds(max(0.0, self.until - self.at))
            lines.append(words.say(f"contact.{self.phase}", due=due))
        if self.next_step is not None:
            step, at = self.next_step
            due = words.seconds(max(0.0, at - self.at))
            lines.append(words.say("contact.step", step=step, due=due))
        lines += words.stopped("contact.eliminated", self.eliminated)
        if self.nearest is not None:
            lines.append(self._nearest(words, self.nearest))
        return "\n  ".join(lines)

    def _head(self, words: Words) -> str:
        head = words.say(
            "contact.head",
            contact=self.contact,
            phase=words.word("phase", self.phase),
            queue=self.queue,
            age=words.seconds(self.at - self.since),
        )
        if self.ahead is None:
            return head
        ahead = "contact.ahead" if self.ahead else "contact.first"
        return head + words.say(ahead, ahead=self.ahead)

    def _offered(self, words: Words, chosen: Chosen) -> str:
        score = words.say("contact.score", score=chosen.score) if chosen.score else ""
        return words.say(
            "contact.offered",
            agent=chosen.agent,
            eligible=chosen.eligible,
            idle=words.seconds(self.at - chosen.idle_since),
            score=score,
            until=words.seconds(max(0.0, chosen.until - self.at)),
        )

    def _ranks(self, words: Words) -> list[str]:
        low, high = self.ranks
        if high is not None:
            return [words.say("contact.ranks", low=low, high=high)]
        return [words.say("contact.ranks_from", low=low)] if low else []

    def _nearest(self, words: Words, nearest: Nearest) -> str:
        facts = [
            words.obstacle(obstacle)
            for obstacle in nearest.obstacles
            if not (obstacle == "skills" and nearest.missing)  # told one by one
        ]
        facts += [
            words.say("contact.lacks", skill=skill, asked=asked, held=held)
            for skill, (asked, held) in nearest.missing.items()
        ]
        if nearest.until is not None:
            due = words.seconds(max(0.0, nearest.until - self.at))
            facts.append(words.say("contact.passes", due=due))
        obstacles = "; ".join(facts)
        return words.say("contact.nearest", agent=nearest.agent, obstacles=obstacles)
