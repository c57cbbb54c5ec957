"""Why contacts wait in a queue while agents are idle."""

from collections.abc import Mapping

import attrs

from ccroute._explain._needs import Needs
from ccroute._explain._phrases import Language, Words
from ccroute._table import Table
from ccroute._wire import ChangeRow, GroupRow, QueueRow

_SHOWN = 5


@attrs.frozen(kw_only=True)
class WaitingGroup:
    """Waiting contacts that ask for the same.

    ``since``: when the first in order began to wait; ``eliminated``: agents who are signed in,
    by what keeps them from it.
    """

    waiting: int
    since: float
    needs: Needs
    eliminated: Mapping[str, int]

    @classmethod
    def of(cls, row: GroupRow) -> "WaitingGroup":
        """Names what the engine said."""
        waiting, since, needs, eliminated = row
        return cls(
            waiting=waiting, since=since, needs=Needs.of(needs), eliminated=Table(eliminated)
        )


@attrs.frozen(kw_only=True)
class QueueChange:
    """A change that would let ``frees`` contacts be taken.

    ``what``: lower (ask for ``skill`` at ``level`` only), drop (ask for no ``skill``), link (let
    ``agents`` of other queues serve this one) or ready (make ``agents`` ready who are not).
    """

    what: str
    skill: str | None
    level: int | None
    agents: int | None
    frees: int

    @classmethod
    def of(cls, row: ChangeRow) -> "QueueChange":
        """Names what the engine said."""
        what, skill, level, agents, frees = row
        return cls(what=what, skill=skill, level=level, agents=agents, frees=frees)


@attrs.frozen(kw_only=True)
class QueueExplanation:
    """What stands between those who wait in a queue and those who are idle.

    ``waiting``: without an offer; ``length``: not connected yet; ``staff``: its agents who are
    signed in; ``idle``: agents of all queues who are ready and do nothing; ``idle_kept``: those, by
    what keeps them from the contact they come nearest to. ``groups``: the most first.
    ``change``: what would help most, the smallest of equals. ``at``: the instant it is about, float
    seconds since the epoch.
    """

    queue: str
    at: float
    open: bool
    waiting: int
    length: int
    idle: int
    staff: int
    groups: tuple[WaitingGroup, ...]
    idle_kept: Mapping[str, int]
    change: QueueChange | None

    @classmethod
    def of(cls, row: QueueRow, queue: str, at: float) -> "QueueExplanation":
        """Names what the engine said."""
        (is_open, waiting, length, idle, staff), groups, kept, change = row
        return cls(
            queue=queue,
            at=at,
            open=is_open,
            waiting=waiting,
            length=length,
            idle=idle,
            staff=staff,
            groups=tuple(WaitingGroup.of(group) for group in groups),
            idle_kept=Table(kept),
            change=None if change is None else QueueChange.of(change),
        )

    def __str__(self) -> str:
        return self.text()

    def text(self, language: Language = "en") -> str:
        """In words, a fact a line, with the greatest groups; ``language``: en or es."""
        words = Words(language)
        lines = [
            words.say(
                "queue.head",
                queue=self.queue,
                state=words.say("queue.open" if self.open else "queue.shut"),
                waiting=self.waiting,
                length=self.length,
                staff=self.staff,
                idle=self.idle,
            )
        ]
        lines += [_group(words, group, self.at) for group in self.groups[:_SHOWN]]
        if len(self.groups) > _SHOWN:
            lines.append("…")
        lines += words.stopped("queue.kept", self.idle_kept)
        if self.change is not None:
            lines.append(_change(words, self.change))
        return "\n  ".join(lines)


def _group(words: Words, group: WaitingGroup, at: float) -> str:
    return words.say(
        "queue.group",
        contacts=words.count(group.waiting, "contact"),
        needs=group.needs.text(words),
        age=words.seconds(at - group.since),
        why=_agents(words, group.eliminated),
    )


def _agents(words: Words, eliminated: Mapping[str, int]) -> str:
    parts = [f"{words.word('obstacle', word)}: {count}" for word, count in eliminated.items()]
    return "; ".join(parts) or words.say("queue.empty")


def _change(words: Words, change: QueueChange) -> str:
    if change.agents is None:
        what = words.say(f"change.{change.what}", skill=change.skill, level=change.level)
    else:
        agents = words.count(change.agents, "agent")
        what = words.say(f"change.{change.what}", agents=agents)
    return words.say("queue.change", change=what, contacts=change.frees)
