"""What became of an instruction, in three values: done, failed, unknown.

``unknown`` is a value of its own, and the reason for the other two: after a time-out or a broken
link nobody knows whether the phone rings. The host looks it up in a snapshot; it never sends
again.
"""

import enum
import math

import attrs

from ccroute._errors import ConfigError

FAILURES = ("rejected", "gone", "throttled", "unsupported", "invalid", "link_down")
"""Why an instruction was not carried out: refused by the platform; what it is about is
gone; too much at once; never possible there; wrong in itself; never sent."""


class Verdict(enum.Enum):
    """The three values."""

    DONE = "done"
    FAILED = "failed"
    UNKNOWN = "unknown"


@attrs.frozen(kw_only=True)
class Outcome:
    """What became of an instruction.

    ``failure``: one of `FAILURES`, when it failed; ``retry_after``: seconds, when it was
    throttled and the platform says how long; ``detail``: the platform's words, for people.
    Made by `done`, `failed` and `unknown`.
    """

    verdict: Verdict
    failure: str | None = None
    retry_after: float | None = None
    detail: str = ""

    def __attrs_post_init__(self) -> None:
        if (self.verdict is Verdict.FAILED) != (self.failure is not None):
            raise ConfigError("an outcome that failed has a failure, and no other has one")
        if self.failure is not None and self.failure not in FAILURES:
            raise ConfigError(f"failure {self.failure!r}: give one of {', '.join(FAILURES)}")
        if self.retry_after is not None and not 0 <= self.retry_after < math.inf:
            raise ConfigError(f"retry_after {self.retry_after}: give seconds, 0 or more, or None")


def done(detail: str = "") -> Outcome:
    """The platform took it: it is, or will be, as asked.

    >>> done().verdict
    <Verdict.DONE: 'done'>
    """
    return Outcome(verdict=Verdict.DONE, detail=detail)


def failed(failure: str, detail: str = "", *, retry_after: float | None = None) -> Outcome:
    """It is certain that nothing was done.

    Raises:
        ConfigError: ``failure`` is none of `FAILURES`, or ``retry_after`` no seconds.
    """
    return Outcome(verdict=Verdict.FAILED, failure=failure, detail=detail, retry_after=retry_after)


def unknown(detail: str = "") -> Outcome:
    """Nobody knows whether it was done."""
    return Outcome(verdict=Verdict.UNKNOWN, detail=detail)
