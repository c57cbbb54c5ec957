"""The steps of a queue's escalation, a line each."""

from collections.abc import Iterable

from ccroute import Raise, Step
from ccroute.cli._story._words import PlanWords


def steps(words: PlanWords, given: Iterable[Step]) -> list[str]:
    """A line each."""
    return [f"{_head(words, step)}: {'; '.join(_deeds(words, step))}" for step in given]


def _head(words: PlanWords, step: Step) -> str:
    when = []
    if step.after is not None:
        when.append(words.say("step.after", after=words.span(step.after)))
    if step.when is not None:
        when.append(words.say("step.when", when=step.when))
    head = words.say("step.or").join(when)
    head = head[0].upper() + head[1:]
    if step.only_if is not None:
        head += words.say("step.if", condition=step.only_if)
    if step.name is not None:
        head += words.say("step.name", name=step.name)
    return head


def _deeds(words: PlanWords, step: Step) -> list[str]:
    deeds = []
    if step.drop:
        deeds.append(words.say("step.drop", skills=words.names(step.drop)))
    deeds += [
        words.say("step.lower", skill=skill, level=level) for skill, level in step.lower.items()
    ]
    if step.widen:
        deeds.append(words.say("step.widen", queues=words.names(step.widen)))
    ranks = {"min": step.ranks.min, "max": step.ranks.max, "raise": step.ranks.raised_to}
    deeds += [
        words.say(f"step.ranks.{bound}", change=change)
        for bound, change in ranks.items()
        if change is not None
    ]
    deeds += _raised(words, step.raised)
    if step.offer_callback:
        deeds.append(words.say("step.callback"))
    if step.move_to is not None:
        deeds.append(words.say("step.move_to", queue=step.move_to))
    if step.end is not None:
        deeds.append(words.say("step.end", cause=step.end))
    return deeds or [words.say("step.told")]


def _raised(words: PlanWords, raised: Raise) -> list[str]:
    deeds = []
    if raised.band:
        way = "step.up" if raised.band > 0 else "step.down"
        deeds.append(words.say(way, bands=words.count(abs(raised.band), "band")))
    if raised.head_start:
        deeds.append(words.shift("step", raised.head_start))
    return deeds
