"""How a queue's contacts are offered, and what follows the conversation."""

from ccroute import BackOff, FailureLimits, OfferPolicy, QueuePlan, ServiceTarget, WrapUp
from ccroute.cli._story._words import PlanWords, changed

_FAILURES = ("missed", "declined", "busy", "unreachable")


def offers(words: PlanWords, queue: QueuePlan) -> list[str]:
    """A fact a line."""
    usual = QueuePlan()
    facts = [*_ringing(words, queue.offer), *_failing(words, queue.offer)]
    facts += _wrap_up(words, queue.wrap_up)
    if queue.dispositions:
        facts.append(words.say("dispositions", codes=words.names(queue.dispositions)))
    if not queue.resets_idle:
        facts.append(words.say("turn_kept"))
    target = queue.service_level
    facts.append(words.say("target", within=words.span(target.within)))
    if target.short_abandon != ServiceTarget().short_abandon:
        facts.append(words.say("short_abandon", within=words.span(target.short_abandon)))
    if queue.suspension != usual.suspension:
        facts.append(words.say("suspension", span=words.span(queue.suspension)))
    if queue.frozen:
        facts.append(words.say("frozen"))
    if queue.expected_wait:
        facts.append(words.say("expected_wait"))
    return facts


def _ringing(words: PlanWords, offer: OfferPolicy) -> list[str]:
    usual = OfferPolicy()
    facts = [words.say("offer", timeout=words.span(offer.timeout))]
    if offer.parallel == "all":
        facts.append(words.say("offer.all"))
    elif offer.parallel > 1:
        facts.append(words.say("offer.parallel", agents=words.count(offer.parallel, "agent")))
    if offer.one_rank:
        facts.append(words.say("offer.one_rank"))
    if offer.add_every is not None:
        facts.append(words.say("offer.add_every", every=words.span(offer.add_every)))
    if offer.grace != usual.grace:
        facts.append(words.say("offer.grace", span=words.span(offer.grace)))
    if offer.auto_accept:
        facts.append(words.say("offer.auto_accept"))
    if offer.connect_within != usual.connect_within:
        facts.append(words.say("offer.connect", span=words.span(offer.connect_within)))
    return facts


def _failing(words: PlanWords, offer: OfferPolicy) -> list[str]:
    limit = offer.limits.missed if offer.on_missed == "not_ready" else 0
    often = ("never", "once")[limit] if limit < 2 else "often"
    facts = [words.say(f"missed.{often}", number=limit)]
    if offer.exclude_for == "step":
        facts.append(words.say("offer.exclude_step"))
    elif offer.exclude_for != OfferPolicy().exclude_for:
        facts.append(words.say("offer.exclude", span=words.span(offer.exclude_for)))
    other = changed(offer.back_off, BackOff(), *_FAILURES)
    if other:
        pauses = {cause: words.span(seconds) for cause, seconds in other.items()}
        facts.append(words.say("back_off", causes=words.causes(pauses)))
    limits = changed(offer.limits, FailureLimits(), *_FAILURES[1:])
    if limits:
        facts.append(words.say("limits", causes=words.causes(limits)))
    return facts


def _wrap_up(words: PlanWords, wrap_up: WrapUp) -> list[str]:
    if wrap_up.mode == "none":
        return []
    facts = [words.say(f"wrap_up.{wrap_up.mode}", limit=words.span(wrap_up.limit))]
    # What is timed, nobody extends.
    if wrap_up.mode != "timed" and wrap_up.extension != WrapUp().extension:
        facts.append(words.say("wrap_up.extension", span=words.span(wrap_up.extension)))
    return facts
