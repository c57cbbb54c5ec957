"""What can have happened to the centre as a whole."""

import attrs

from ccroute._events._event import Event


@attrs.frozen(kw_only=True)
class QueueOpened(Event):
    """``queue`` takes contacts."""


@attrs.frozen(kw_only=True)
class QueueClosed(Event):
    """``queue`` takes no newcomers."""


@attrs.frozen(kw_only=True)
class HelpStarted(Event):
    """Agents of other queues help in ``queue``, by its rule ``rule`` (from 1), because of the
    figure ``reason``."""

    rule: int


@attrs.frozen(kw_only=True)
class HelpEnded(Event):
    """They do no longer."""

    rule: int


@attrs.frozen(kw_only=True)
class LineWentDown(Event):
    """Agents cannot be reached over the line ``reason``."""


@attrs.frozen(kw_only=True)
class LineCameUp(Event):
    """They can again."""


@attrs.frozen(kw_only=True)
class PlanChanged(Event):
    """Another plan is in force."""


@attrs.frozen(kw_only=True)
class ScoresSet(Event):
    """The score table ``reason`` was filled anew; it holds until ``until``."""

    until: float
