"""A plan in sentences, English or Spanish: what a coordinator would say it does.

Every setting is told that is not as by default. The modules go by subject; each makes lines.
"""

from ccroute import Language, Plan
from ccroute.cli._story._agents import agents
from ccroute.cli._story._queue import queue_lines
from ccroute.cli._story._whole import whole
from ccroute.cli._story._words import PlanWords


def story(plan: Plan, language: Language, only: str | None = None) -> str:
    """The whole plan, or one queue of it, a fact a line."""
    words = PlanWords(language)
    if only is not None:
        return "\n".join(queue_lines(words, plan, only))
    lines = whole(words, plan)
    for name in plan.queues:
        lines += ["", *queue_lines(words, plan, name)]
    if plan.agents:
        lines += ["", *agents(words, plan)]
    return "\n".join(lines)


__all__ = ["story"]
