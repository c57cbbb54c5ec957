"""What a tenant's host needs to know besides the plan: addresses, destinations, treatments."""

import math
import re
import string
from collections.abc import Iterable, Mapping
from urllib.parse import quote

import attrs

from ccroute._errors import ConfigError, Rejected
from ccroute._plan import Value
from ccroute._table import Table

Addresses = Mapping[str, Mapping[str, str]]
"""Agent → link → address."""

_CONTROL = frozenset(map(chr, [*range(32), 127]))


def _addresses(given: Addresses) -> Addresses:
    for agent, by_link in given.items():
        for link, address in by_link.items():
            if not address or not _CONTROL.isdisjoint(address):
                raise ConfigError(
                    f"directory.{agent}.{link}: {address!r} is no address: "
                    "give one line of text that is not empty"
                )
    return Table({agent: Table(by_link) for agent, by_link in given.items()})


def _patterns(given: Iterable[str]) -> tuple[str, ...]:
    if isinstance(given, str):
        # Else "+34*" would be four patterns, one of them "*".
        raise ConfigError(f"destinations: give a list of patterns, not {given!r} alone")
    return tuple(given)


def _texts(given: Iterable[str]) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given)


def _table(given: Mapping[str, str]) -> Mapping[str, str]:
    return Table(given)


def _expression(pattern: str) -> str:
    wild = {"*": "[0-9]*", "?": "[0-9]"}
    return "".join(wild.get(it) or re.escape(it) for it in pattern)


VALUES = ("position", "wait")
"""What can be announced."""


@attrs.frozen(kw_only=True)
class Announcement:
    """What who waits in a queue is told: ``prompt``, as the platform calls it, first ``after``
    seconds after they came, then ``every`` so many, at least 5.

    ``values``: which go with it, of `VALUES`: ``position`` in the queue, from 1, and ``wait``, the
    seconds that it may still take, where enough is known to say (`Router.wait`).

    >>> Announcement(prompt="place", values=["place"])
    Traceback (most recent call last):
    ...
    ccroute._errors.ConfigError: announcements: no value 'place': give some of position, wait
    """

    prompt: str
    every: float = 60.0
    after: float = 15.0
    values: tuple[str, ...] = attrs.field(default=VALUES, converter=_texts)

    def __attrs_post_init__(self) -> None:
        if not self.prompt:
            raise ConfigError("announcements: no `prompt`: give the platform's name of one")
        if unknown := [it for it in self.values if it not in VALUES]:
            raise ConfigError(
                f"announcements: no value {', '.join(map(repr, unknown))}: "
                f"give some of {', '.join(VALUES)}"
            )
        if not (math.isfinite(self.every) and self.every >= 5.0):
            raise ConfigError(f"announcements: every {self.every} seconds: give 5 or more")
        if not (math.isfinite(self.after) and self.after >= 0.0):
            raise ConfigError(f"announcements: after {self.after} seconds: give 0 or more")


def _announcements(given: Mapping[str, Announcement]) -> Mapping[str, Announcement]:
    return Table(given)


@attrs.frozen(kw_only=True)
class TenantSettings:
    """What a host needs to know of one tenant besides its plan.

    ``directory``: where each agent's phone is, agent → link → address: the only place from which
    addresses of agents come. ``destinations``: the addresses outside to which agents may transfer,
    as patterns such as ``"+34*"`` (``*`` any digits, ``?`` one digit, all else as it stands; none:
    nowhere), at most ``transfers_per_minute`` of them in a minute. ``treatments``: what customers
    get who wait, by queue, as the platform calls it; ``announcements``: what they are told
    meanwhile, by queue, where the platform can. ``crm_url``: what an agent's desk opens with
    an offer; ``{contact}``, ``{customer}``, ``{queue}``, ``{agent}`` and names of attributes in
    braces are filled in, escaped. ``callback_number``: the attribute with the number at which a
    customer is called back, where the platform can and ``destinations`` allow it; each such call
    counts as a transfer. ``fallback_queue``: where customers go whose wish the plan cannot meet (a
    queue or channel it has not); without one the platform is told to end them.

    >>> TenantSettings(directory={"ana": {"pbx": ""}})
    Traceback (most recent call last):
    ...
    ccroute._errors.ConfigError: directory.ana.pbx: '' is no address: give one line of ...
    """

    directory: Addresses = attrs.field(factory=dict, converter=_addresses)
    destinations: tuple[str, ...] = attrs.field(default=(), converter=_patterns)
    transfers_per_minute: int = 30
    treatments: Mapping[str, str] = attrs.field(factory=dict, converter=_table)
    announcements: Mapping[str, Announcement] = attrs.field(factory=dict, converter=_announcements)
    crm_url: str | None = None
    callback_number: str = "caller"
    fallback_queue: str | None = None

    def __attrs_post_init__(self) -> None:
        if self.crm_url is not None:
            try:
                list(string.Formatter().parse(self.crm_url))
            except ValueError as error:
                raise ConfigError(f"crm_url {self.crm_url!r}: {error}") from error
        if self.transfers_per_minute < 0:
            raise ConfigError(
                f"transfers_per_minute is {self.transfers_per_minute}: give 0 or more"
            )

    def address(self, agent: str, link: str) -> str | None:
        """Where the agent's phone is on a link; ``None``: nowhere."""
        return self.directory.get(agent, {}).get(link)

    def destination(self, address: str) -> str:
        """An address outside, if agents may transfer there.

        Raises:
            Rejected: ``destination_refused``.
        """
        # Digits only: "+34*" must not let "+34600@elsewhere" through.
        patterns = map(_expression, self.destinations)
        if address and any(re.fullmatch(it, address, re.ASCII) for it in patterns):
            return address
        raise Rejected(
            "destination_refused",
            f"no transfer to {address!r}: it is on no pattern of the tenant's `destinations`",
        )

    def url(self, facts: Mapping[str, Value | None]) -> str | None:
        """The address that a desk opens, with ``facts`` filled in; what is not known is empty."""
        if self.crm_url is None:
            return None
        parts = []
        for text, name, _, _ in string.Formatter().parse(self.crm_url):
            parts.append(text)
            if name is not None:
                fact = facts.get(name)
                parts.append("" if fact is None else quote(str(fact), safe=""))
        return "".join(parts)
