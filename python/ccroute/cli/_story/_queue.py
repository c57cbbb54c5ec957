"""One queue: who goes next, who may take it; the rest stands in the modules beside this."""

from ccroute import Help, KeepFree, OrderRule, Plan, PreferredRule, QueuePlan, RankWindow
from ccroute.cli._story._joining import joining
from ccroute.cli._story._offers import offers
from ccroute.cli._story._steps import steps
from ccroute.cli._story._words import PlanWords


def queue_lines(words: PlanWords, plan: Plan, name: str) -> list[str]:
    """A fact a line, under the queue's name."""
    queue = plan.queues[name]
    served = [agent for agent in plan.agents.values() if name in agent.queues]
    facts = [
        *_order(words, queue.order),
        *_who(words, queue),
        *offers(words, queue),
        *joining(words, queue),
        *steps(words, queue.escalation),
    ]
    title = words.say("queue.title", queue=name, agents=words.count(len(served), "agent"))
    return [title, *(f"  {fact}" for fact in facts)]


def _order(words: PlanWords, order: OrderRule) -> list[str]:
    usual = OrderRule()
    facts = [words.say(f"order.{order.by}")]
    if order.band != usual.band:
        facts.append(words.say("order.band", band=order.band))
    if order.head_start != usual.head_start:
        facts.append(words.shift("order", order.head_start))
    if order.slope != usual.slope:
        facts.append(words.say("order.slope", slope=words.figure(order.slope)))
    if order.weight != usual.weight:
        facts.append(words.say("order.weight", weight=order.weight))
    if order.share != usual.share:
        facts.append(words.say("order.share", share=order.share))
    if order.cost != usual.cost:
        facts.append(
            words.say(
                "order.cost",
                constant=words.figure(order.cost.constant),
                per_minute=words.figure(order.cost.per_minute),
                handle_time=words.span(order.cost.handle_time),
            )
        )
    if order.pick != usual.pick:
        facts.append(
            words.say(
                "order.pick",
                oldest=order.pick.oldest,
                per_minute=words.figure(order.pick.per_minute),
                overtakes=order.pick.overtakes,
            )
        )
    return facts


def _who(words: PlanWords, queue: QueuePlan) -> list[str]:
    keys = [queue.strategy] if isinstance(queue.strategy, str) else queue.strategy
    chosen = words.say("then").join(words.word("strategy", key) for key in keys)
    facts = [words.say("strategy", keys=chosen)]
    if queue.weights:
        facts.append(words.say("weights", weights=words.figures(queue.weights)))
    if queue.scores is not None:
        facts.append(words.say("scores", table=queue.scores))
    if needs := words.needs(queue.requires):
        facts.append(words.say("needs", needs=needs))
    if queue.ranks != RankWindow():
        facts.append(words.say("ranks", ranks=_ranks(words, queue.ranks)))
    facts += _preferred(words, queue.preferred)
    if queue.keep_free is not None:
        facts.append(_kept(words, queue.keep_free))
    facts += [_help(words, rule) for rule in queue.help]
    if queue.lines:
        facts.append(words.say("lines", lines=words.names(queue.lines)))
    return facts


def _ranks(words: PlanWords, ranks: RankWindow) -> str:
    facts = []
    if ranks.min:
        facts.append(words.say("ranks.min", rank=ranks.min))
    if ranks.max is not None:
        facts.append(words.say("ranks.max", rank=ranks.max))
    if ranks.raised_to:
        facts.append(words.say("ranks.raise", rank=ranks.raised_to))
    if ranks.ignored_up_to:
        facts.append(words.say("ranks.ignored", agents=words.count(ranks.ignored_up_to, "agent")))
    return "; ".join(facts)


def _preferred(words: PlanWords, preferred: PreferredRule) -> list[str]:
    facts = []
    if preferred.last_agent:
        within = words.span(preferred.last_agent)
        facts.append(words.say("preferred.last_agent", within=within))
    if preferred.first:
        facts.append(words.say("preferred.first", first=words.span(preferred.first)))
    if preferred.without_skills:
        facts.append(words.say("preferred.without_skills"))
    if preferred.keep_on_transfer:
        facts.append(words.say("preferred.kept"))
    return facts


def _kept(words: PlanWords, kept: KeepFree) -> str:
    channel = "" if kept.channel is None else words.say("keep_free.channel", channel=kept.channel)
    agents = words.count(kept.agents, "agent")
    return words.say("keep_free", agents=agents, queues=words.names(kept.queues), channel=channel)


def _help(words: PlanWords, rule: Help) -> str:
    way, bound = ("above", rule.above) if rule.below is None else ("below", rule.below)
    return words.say(
        f"help.{way}",
        queues=words.names(rule.queues),
        kpi=rule.kpi,
        bound=words.figure(bound or 0.0),
        until=words.figure(rule.until),
        hold=words.span(rule.hold),
    )
