"""The words of a plan's sentences: those of explanations, and the phrases of the plan."""

from collections.abc import Iterable, Mapping
from typing import Any

from ccroute import Language, Needs, Requirement
from ccroute._explain import Words
from ccroute.cli._story import _english, _spanish

PHRASES: Mapping[Language, Mapping[str, str]] = {
    "en": _english.PHRASES,
    "es": _spanish.PHRASES,
}


class PlanWords(Words):
    """The phrases of one language, filled in.

    >>> PlanWords("es").say("seed", seed=3)
    'Los sorteos empiezan con la semilla 3.'
    """

    def __init__(self, language: Language) -> None:
        super().__init__(language, PHRASES.get(language))

    def names(self, names: Iterable[object]) -> str:
        """A list of names."""
        return ", ".join(map(str, names)) or self.say("nothing")

    def figures(self, figures: Mapping[str, float]) -> str:
        """A list of names with numbers."""
        return self.names(f"{name} {self.figure(value)}" for name, value in figures.items())

    def needs(self, requirement: Requirement) -> str:
        """What is asked of agents, empty for nothing."""
        if requirement == Requirement():
            return ""
        where = () if requirement.where is None else (requirement.where,)
        needs = Needs(
            all_of=requirement.all_of,
            any_of=requirement.any_of,
            none_of=requirement.none_of,
            where=where,
        )
        return needs.text(self)

    def shift(self, kind: str, seconds: float) -> str:
        """A sentence of a kind about a head start, which may be negative."""
        way = "later" if seconds < 0 else "sooner"
        return self.say(f"{kind}.{way}", span=self.span(abs(seconds)))

    def causes(self, causes: Mapping[str, object]) -> str:
        """What follows from what went wrong."""
        return self.names(self.say(f"cause.{cause}", what=it) for cause, it in causes.items())


def changed(it: object, usual: object, *names: str) -> dict[str, Any]:
    """The fields of an object, of those named, that are not as in another."""
    return {name: getattr(it, name) for name in names if getattr(it, name) != getattr(usual, name)}
