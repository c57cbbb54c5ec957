"""What becomes of contacts that wait."""

from collections.abc import Mapping
from typing import Literal

import attrs

from ccroute._plan._fields import key, names_of, part, table


@attrs.frozen(kw_only=True)
class RankChange:
    """How a step moves the window of ranks: a rank, or ``"+2"`` and ``"-2"`` for so much
    more or less; ``None`` stays."""

    min: int | str | None = None
    max: int | str | None = None
    raised_to: int | str | None = key(None, called="raise")


@attrs.frozen(kw_only=True)
class Raise:
    """So many bands higher, so much more head start (seconds)."""

    band: int = 0
    head_start: float = 0.0


@attrs.frozen(kw_only=True)
class Step:
    """One step of an escalation, due at the contact's age ``after`` (seconds), or as soon as
    ``when`` holds; passed over if ``only_if`` does not hold then. Both are CEL.

    Skills in ``drop`` no longer matter; those in ``lower`` are needed at the level given
    only. ``widen`` draws the agents of other queues in. Steps add up.
    """

    name: str | None = None
    after: float | None = None
    when: str | None = None
    only_if: str | None = key(None, called="if")
    drop: tuple[str, ...] = attrs.field(default=(), converter=names_of)
    lower: Mapping[str, int] = table()
    ranks: RankChange = part(RankChange)
    widen: tuple[str, ...] = attrs.field(default=(), converter=names_of)
    raised: Raise = part(Raise, called="raise")
    move_to: str | None = None
    offer_callback: bool = False
    end: Literal["timed_out", "overflowed", "no_agents", "closed", "failed"] | None = None
