"""What contacts ask of agents."""

from collections.abc import Mapping

import attrs

from ccroute._plan._fields import groups_of, key, table


@attrs.frozen(kw_only=True)
class Requirement:
    """What an agent must be able to do: all of these, one of each group, none of those.

    Skills stand with their least proficiency, 1 to 10. Who has a skill of ``none_of`` at
    that level or better is not eligible. ``where`` is a condition on the agent in CEL:
    ``skills.es >= 5 && (labels.site == "lima" || !(skills.trainee >= 1))``.

    >>> Requirement(all_of={"billing": 3}, any_of=[{"es": 5, "en": 5}]).all_of
    {'billing': 3}
    """

    all_of: Mapping[str, int] = table()
    any_of: tuple[Mapping[str, int], ...] = attrs.field(default=(), converter=groups_of)
    none_of: Mapping[str, int] = table()
    where: str | None = None


@attrs.frozen(kw_only=True)
class RankWindow:
    """Which ranks of agents may take a contact; ``max`` ``None``: all.

    Lower ranks count as ``raised_to`` when agents are chosen. While no more than
    ``ignored_up_to`` agents who are signed in serve the queue, ranks count for nothing.
    """

    min: int = 0
    max: int | None = None
    raised_to: int = key(0, called="raise")
    ignored_up_to: int = 0
