"""How contacts are proposed to agents, and what follows the conversation."""

from typing import Literal

import attrs

from ccroute._plan._fields import part


@attrs.frozen(kw_only=True)
class BackOff:
    """How long an agent is left alone afterwards, in seconds, by what went wrong."""

    missed: float = 0.0
    declined: float = 0.0
    busy: float = 0.0
    unreachable: float = 0.0


@attrs.frozen(kw_only=True)
class FailureLimits:
    """How many failures in a row make the agent not ready, by what went wrong; 0: never.

    Under ``on_missed = "stay_ready"`` missed offers never do.
    """

    missed: int = 1
    declined: int = 0
    busy: int = 0
    unreachable: int = 0


@attrs.frozen(kw_only=True)
class OfferPolicy:
    """How a contact is proposed to agents; durations in seconds, above zero.

    The agent has ``timeout`` to answer, the platform then ``connect_within`` to join the
    two. A missed offer makes the agent not ready, or leaves them ready; either way they
    are not offered the same contact again for ``exclude_for`` (``"step"``: until its next
    step). ``parallel``: to how many at once; ``add_every``: one more each time.
    ``one_rank``: at once only to agents of one rank. ``grace``: how long those who were not
    quick enough stay reserved.
    """

    timeout: float = 15.0
    connect_within: float = 10.0
    on_missed: Literal["not_ready", "stay_ready"] = "not_ready"
    exclude_for: float | Literal["step"] = 30.0
    parallel: int | Literal["all"] = 1
    one_rank: bool = False
    add_every: float | None = None
    auto_accept: bool = False
    grace: float = 2.0
    back_off: BackOff = part(BackOff)
    limits: FailureLimits = part(FailureLimits)


@attrs.frozen(kw_only=True)
class WrapUp:
    """What follows the conversation; durations in seconds.

    ``none``: the agent is free at once. ``optional``: the agent may end it at any time;
    ``mandatory``: once a disposition is given, of which the queue must have some;
    ``timed``: it lasts ``limit``. Extensions may add ``extension`` in all.
    """

    mode: Literal["none", "optional", "mandatory", "timed"] = "none"
    limit: float = 60.0
    extension: float = 120.0


@attrs.frozen(kw_only=True)
class ServiceTarget:
    """What a queue is measured against, in seconds.

    Answered ``within`` counts as in time; abandoned within ``short_abandon`` counts as a
    short abandon.
    """

    within: float = 20.0
    short_abandon: float = 5.0
