"""Agents, and how they serve queues."""

from collections.abc import Iterable, Mapping
from typing import Any

import attrs

from ccroute._errors import ConfigError
from ccroute._plan._fields import (
    Value,
    all_are,
    exactly,
    names_of,
    part_or_none,
    read,
    table,
)
from ccroute._table import Table


@attrs.frozen(kw_only=True)
class HelpWhen:
    """When an agent helps out in a queue: when so many contacts are ``waiting``, or one has
    ``waited`` so long (seconds)."""

    waiting: int | None = None
    waited: float | None = None


@attrs.frozen(kw_only=True)
class Link:
    """How an agent serves a queue.

    ``rank``: lower first, for the agent's order of queues and as penalty or tier.
    ``position``: the place for ``ordered`` and ``round_robin``. ``delay``: seconds a contact
    must have waited to be for this agent.
    """

    rank: int = 0
    position: int = 0
    delay: float = 0.0
    help_when: HelpWhen | None = part_or_none(HelpWhen)


Queues = Iterable[str] | Mapping[str, Link]
"""Queues an agent serves: names, or a mapping of names to links."""


def links_of(given: Queues) -> Mapping[str, Link]:
    """A table of links."""
    if isinstance(given, Mapping):
        return Table(given)
    listed = names_of(given)
    twice = [name for at, name in enumerate(listed) if name in listed[:at]]
    if twice:
        raise ConfigError(f"queue '{twice[0]}' is named twice; name each queue once")
    return Table({name: Link() for name in listed})


def _read_links(form: list[str] | dict[str, dict[str, Any]]) -> Queues:
    if isinstance(form, dict):
        return Table({name: read(Link, link) for name, link in form.items()})
    return form


@attrs.frozen(kw_only=True)
class AgentPlan:
    """An agent the plan knows: skills with proficiency 1 to 10, labels, queues, slots by
    channel.

    ``queues``: names, or a mapping of names to `Link`. Without ``capacity`` the agent takes
    one contact at once on the plan's first channel. ``lines``: over which the agent is
    reached, none: any.

    >>> AgentPlan(queues=["sales"]).queues["sales"].rank
    0
    """

    skills: Mapping[str, int] = table()
    labels: Mapping[str, Value] = table(eq=exactly)
    queues: Mapping[str, Link] = attrs.field(
        factory=Table, converter=links_of, validator=all_are(Link), metadata={"read": _read_links}
    )
    capacity: Mapping[str, int] = table()
    budget: int | None = None
    lines: tuple[str, ...] = attrs.field(default=(), converter=names_of)
