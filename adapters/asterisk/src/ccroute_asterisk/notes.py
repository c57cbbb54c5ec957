"""The sentences that stand beside figures made from a queue_log.

What such a log never shows, and what had to be inferred in this one; no figures.
"""

from collections.abc import Mapping, Sequence

_ALWAYS = (
    (
        "Callers refused at the door (joinempty) leave no line in a queue_log: offered counts "
        "are without them."
    ),
    "Times are whole seconds, cut by Asterisk: a wait or a talk is exact to one second.",
    (
        "Hold and wrap-up are not in a queue_log: talk includes hold, handle time is talk. Where "
        "queues have a wrapuptime, give it in the plan: without it agents are free too early when "
        "the day is routed again."
    ),
    (
        "A call that an administrator hangs up or moves out of the queue is logged like a "
        "caller who hangs up: it counts as abandoned."
    ),
)

_INFERRED = {
    "no_talk": "{n} answered, with no talk at all: the log blames the caller, but it may "
    "have been either side, in the very moment of the answer; the blame is left open.",
    "moved": "{n} logged ABANDON entered a queue again: counted as moved, not as abandoned.",
    "unseen_exit": "{n} entered a queue again without a line that they had left: the visit "
    "before is taken to end there.",
    "adopted": "{n} without a usable line of entry: it is taken from the wait that the first "
    "line about each tells.",
    "adopted_talk": "{n} without a usable line of connection: it is taken from the talk "
    "time of the last line.",
    "restart": "{n} cut off when Asterisk restarted.",
    "open": "{n} still waiting or talking when the log ends.",
}


def notes(inferred: Mapping[str, int], appeared: Sequence[str]) -> list[str]:
    """Sentences for a person.

    ``inferred`` counts calls by what was inferred of them, ``appeared`` names the agents
    that were never added to a queue.
    """
    sentences = list(_ALWAYS)
    for key, sentence in _INFERRED.items():
        if count := inferred.get(key, 0):
            sentences.append(sentence.format(n="1 call" if count == 1 else f"{count} calls"))
    if appeared:
        named = ", ".join(appeared[:10]) + (", …" if len(appeared) > 10 else "")
        sentences.append(
            "Never added to a queue in this log, so taken as signed in from the first sight: "
            f"{named}."
        )
    return sentences
