"""When a queue is open, who may join it, who must leave, and how customers are called back."""

from ccroute import Admission, CallbackRule, Closed, Exit, Leaving, QueuePlan, Retry
from ccroute.cli._story._words import PlanWords, changed

_FAILURES = ("missed", "busy", "unreachable")


def joining(words: PlanWords, queue: QueuePlan) -> list[str]:
    """A fact a line."""
    facts = []
    if queue.hours is not None:
        facts.append(words.say("hours", calendar=queue.hours))
    facts += _closed(words, queue.closed)
    facts += _admission(words, queue.admission)
    facts += _leaving(words, queue.leaving)
    if queue.callback is not None:
        facts += _callback(words, queue.callback)
    facts += [
        words.say("exit", key=key, what=_exit(words, way)) for key, way in queue.exits.items()
    ]
    return facts


def _closed(words: PlanWords, closed: Closed) -> list[str]:
    facts = []
    if closed.otherwise is not None:
        facts.append(words.say("closed.otherwise", queue=closed.otherwise))
    if closed.waiting == "end":
        facts.append(words.say("closed.end"))
    if closed.move_to is not None:
        facts.append(words.say("closed.move_to", queue=closed.move_to))
    return facts


def _admission(words: PlanWords, admission: Admission) -> list[str]:
    facts = []
    if admission.longest is not None:
        contacts = words.count(admission.longest, "contact")
        facts.append(words.say("admission.longest", contacts=contacts))
    if admission.staff_free_of:
        reasons = _reasons(words, admission.staff_free_of)
        facts.append(words.say("admission.staff", reasons=reasons))
    if admission.otherwise is not None:
        facts.append(words.say("admission.otherwise", queue=admission.otherwise))
    return facts


def _leaving(words: PlanWords, leaving: Leaving) -> list[str]:
    facts = []
    if leaving.staff_free_of:
        when = words.say("leaving.at_once")
        if leaving.after:
            when = words.say("leaving.after", after=words.span(leaving.after))
        reasons = _reasons(words, leaving.staff_free_of)
        facts.append(words.say("leaving.staff", reasons=reasons, when=when))
    if leaving.grace:
        facts.append(words.say("leaving.grace", span=words.span(leaving.grace)))
    if leaving.move_to is not None:
        facts.append(words.say("leaving.move_to", queue=leaving.move_to))
    if leaving.resume_within:
        facts.append(words.say("resume", within=words.span(leaving.resume_within)))
    return facts


def _reasons(words: PlanWords, reasons: str | tuple[str, ...]) -> str:
    return reasons if isinstance(reasons, str) else words.names(reasons)


def _callback(words: PlanWords, callback: CallbackRule) -> list[str]:
    usual = CallbackRule()
    facts = [words.say("callback", attempts=callback.attempts)]
    if callback.queue is not None:
        facts.append(words.say("callback.queue", queue=callback.queue))
    other = changed(callback.retry, Retry(), *_FAILURES)
    if other:
        retries = {cause: words.span(seconds) for cause, seconds in other.items()}
        facts.append(words.say("callback.retry", causes=words.causes(retries)))
    if callback.owner_first != usual.owner_first:
        facts.append(words.say("callback.owner", span=words.span(callback.owner_first)))
    if callback.connect_within != usual.connect_within:
        facts.append(words.say("callback.connect", span=words.span(callback.connect_within)))
    return facts


def _exit(words: PlanWords, way: Exit) -> str:
    if way.move_to is not None:
        return words.say("exit.move_to", queue=way.move_to)
    return words.say("exit.callback" if way.offer_callback else "exit.end")
