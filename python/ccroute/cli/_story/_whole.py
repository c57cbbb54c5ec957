"""What holds for the whole plan: the rules of classification, how queues compare, calendars."""

from ccroute import Attachment, Calendar, CapacityPlan, Plan, Rule
from ccroute._hours import DAYS
from ccroute.cli._story._words import PlanWords


def whole(words: PlanWords, plan: Plan) -> list[str]:
    """A fact a line."""
    usual = Plan()
    lines = [
        words.say(
            "whole.head",
            queues=words.count(len(plan.queues), "queue"),
            agents=words.count(len(plan.agents), "agent"),
            skills=words.count(len(plan.skills), "skill"),
        )
    ]
    if plan.channels != usual.channels:
        lines.append(words.say("channels", channels=words.names(plan.channels)))
    if plan.retention != usual.retention:
        lines.append(words.say("retention", span=words.span(plan.retention)))
    if plan.seed != usual.seed:
        lines.append(words.say("seed", seed=plan.seed))
    rules = plan.classification.rules
    lines += [_rule(words, at, rule, alone=len(rules) == 1) for at, rule in enumerate(rules, 1)]
    lines += [_attachment(words, it) for it in plan.classification.attach]
    if plan.order.across != usual.order.across:
        lines.append(words.say(f"across.{plan.order.across}"))
    if not plan.order.ranked:
        lines.append(words.say("unranked"))
    lines += _capacity(words, plan.capacity)
    if plan.assign_together > 1:
        lines.append(words.say("assign_together", most=plan.assign_together))
    lines += [
        words.say("scores.table", name=name, attribute=table.by)
        for name, table in plan.scores.items()
    ]
    lines += [_calendar(words, name, it) for name, it in plan.calendars.items()]
    return lines


def _rule(words: PlanWords, at: int, rule: Rule, *, alone: bool) -> str:
    if rule.when is not None:
        whom = words.say("rule.if", when=rule.when)
    else:
        whom = words.say("rule.all" if alone else "rule.rest")
    more = ""
    if rule.band is not None:
        more += words.say("rule.band", band=rule.band)
    if rule.head_start is not None:
        more += words.shift("rule", rule.head_start)
    if rule.slope is not None:
        more += words.say("rule.slope", slope=words.figure(rule.slope))
    needs = words.needs(rule.requires)
    if needs:
        more += words.say("rule.needs", needs=needs)
    where = rule.queue or words.names(f"{part.queue} ({part.share})" for part in rule.split)
    return words.say("rule", name=rule.name or at, whom=whom, where=where, more=more)


def _attachment(words: PlanWords, it: Attachment) -> str:
    parts = [needs] if (needs := words.needs(it.requires)) else []
    if it.skill_of is not None:
        parts.append(words.say("attach.skill", attribute=it.skill_of, level=it.level))
    if it.label_of is not None:
        label = it.label or it.label_of
        parts.append(words.say("attach.label", attribute=it.label_of, label=label))
    whom = "" if it.when is None else words.say("attach.if", when=it.when)
    lasts = "" if it.lasts is None else words.say("attach.lasts", span=words.span(it.lasts))
    return words.say("attach", whom=whom, what=", ".join(parts), lasts=lasts)


def _capacity(words: PlanWords, capacity: CapacityPlan) -> list[str]:
    lines = []
    if capacity.budget is not None:
        lines.append(words.say("capacity.budget", budget=capacity.budget))
    if capacity.cost:
        lines.append(words.say("capacity.cost", costs=words.figures(capacity.cost)))
    for channel, others in capacity.interrupted_by.items():
        shown = words.names(others)
        lines.append(words.say("capacity.interrupted", channel=channel, others=shown))
    if capacity.offers is not None:
        lines.append(words.say("capacity.offers", offers=capacity.offers))
    return lines


def _calendar(words: PlanWords, name: str, calendar: Calendar) -> str:
    days = [
        f"{words.say(day)} {', '.join(calendar.weekly[day])}"
        for day in DAYS
        if calendar.weekly.get(day)
    ]
    if calendar.holidays is not None:
        days.append(words.say("calendar.holidays", place=calendar.holidays))
    days += [
        f"{day} {', '.join(intervals) or words.say('calendar.closed')}"
        for day, intervals in calendar.special.items()
    ]
    shown = "; ".join(days) or words.say("calendar.never")
    return words.say("calendar", name=name, zone=calendar.zone, days=shown)
