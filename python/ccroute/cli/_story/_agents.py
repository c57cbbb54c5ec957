"""The agents of a plan: a sentence each, or of many what they have in common."""

from collections import Counter

from ccroute import AgentPlan, Link, Plan, Value
from ccroute.cli._story._words import PlanWords

_EACH = 12  # as many are told one by one


def agents(words: PlanWords, plan: Plan) -> list[str]:
    """A sentence each; a summary of more than a few."""
    if len(plan.agents) > _EACH:
        return [_many(words, list(plan.agents.values()))]
    usual = {plan.channels[0]: 1}
    return [_agent(words, name, agent, usual) for name, agent in plan.agents.items()]


def _many(words: PlanWords, all_of_them: list[AgentPlan]) -> str:
    skills = Counter(skill for agent in all_of_them for skill in agent.skills)
    queues = Counter(queue for agent in all_of_them for queue in agent.queues)
    slots = Counter(words.figures(agent.capacity) for agent in all_of_them)
    return words.say(
        "agent.many",
        skills=words.figures(skills),
        queues=words.figures(queues),
        slots=words.names(f"{what} ({count})" for what, count in slots.items()),
    )


def _agent(words: PlanWords, name: str, agent: AgentPlan, usual: dict[str, int]) -> str:
    facts = []
    if agent.skills:
        facts.append(words.say("agent.skills", skills=words.figures(agent.skills)))
    if agent.queues:
        queues = words.names(_link(words, *link) for link in agent.queues.items())
        facts.append(words.say("agent.queues", queues=queues))
    else:
        facts.append(words.say("agent.no_queues"))
    if agent.capacity != usual:
        facts.append(words.say("agent.capacity", slots=words.figures(agent.capacity)))
    if agent.budget is not None:
        facts.append(words.say("agent.budget", budget=agent.budget))
    if agent.labels:
        labels = (f"{label} {_value(words, value)}" for label, value in agent.labels.items())
        facts.append(words.say("agent.labels", labels=words.names(labels)))
    if agent.lines:
        facts.append(words.say("agent.lines", lines=words.names(agent.lines)))
    return words.say("agent.line", name=name, facts="; ".join(facts))


def _link(words: PlanWords, queue: str, link: Link) -> str:
    facts = []
    if link.rank:
        facts.append(words.say("link.rank", rank=link.rank))
    if link.position:
        facts.append(words.say("link.position", position=link.position))
    if link.delay:
        facts.append(words.say("link.delay", span=words.span(link.delay)))
    if link.help_when is not None:
        when = []
        if link.help_when.waiting is not None:
            when.append(words.say("link.waiting", count=link.help_when.waiting))
        if link.help_when.waited is not None:
            when.append(words.say("link.waited", span=words.span(link.help_when.waited)))
        facts.append(words.say("or").join(when))
    return f"{queue} ({', '.join(facts)})" if facts else queue


def _value(words: PlanWords, value: Value) -> str:
    if isinstance(value, bool):
        return words.say("yes" if value else "no")
    return str(value)
