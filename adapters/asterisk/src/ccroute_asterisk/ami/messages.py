"""What is said to Asterisk over AMI: actions as bytes, and what each needs. No state."""

import hashlib
from collections.abc import Iterable, Mapping
from typing import TypeAlias

from ccroute import ConfigError

Fields: TypeAlias = dict[str, str]
"""Headers of an action by name."""

LOWEST_VERSION = 5
"""Of the interface, as the banner says it: Asterisk 16 speaks 5, 20 speaks 9, 22 speaks 11."""


def action(name: str, fields: Mapping[str, str] | Iterable[tuple[str, str]] = ()) -> bytes:
    r"""An action, ready to be sent; a key may be given several times.

    Raises:
        ConfigError: A name or value holds a line end: what follows it would be a header of
            its own.

    >>> action("Ping", {"ActionID": "7"})
    b'Action: Ping\r\nActionID: 7\r\n\r\n'
    """
    pairs = fields.items() if isinstance(fields, Mapping) else fields
    lines = []
    for key, value in (("Action", name), *pairs):
        if "\r" in key + value or "\n" in key + value or "\0" in key + value or ":" in key:
            raise ConfigError(f"the header {key[:40]!r} of {name[:40]!r} holds a line end")
        lines.append(f"{key}: {value}\r\n")
    return ("".join(lines) + "\r\n").encode(errors="surrogateescape")


def challenge_key(challenge: str, secret: str) -> str:
    """What proves that one knows the secret, without saying it."""
    told = (challenge + secret).encode()
    return hashlib.md5(told, usedforsecurity=False).hexdigest()


def event_filters(names: Iterable[str], only: Mapping[str, tuple[str, str]]) -> list[Fields]:
    """The fields of the actions ``Filter`` that let these events through and no others.

    ``only``: by name of an event, a header and the one value of it that is wanted. In the form
    with ``MatchCriteria``, which older Asterisks refuse: see `pattern_filter`.
    """
    filters: list[Fields] = [
        {"Operation": "Add", "MatchCriteria": f"action(include),name({name})"}
        for name in names
        if name not in only
    ]
    for name, (header, value) in only.items():
        criteria = f"action(include),name({name}),header({header}),method(exact)"
        filters.append({"Operation": "Add", "MatchCriteria": criteria, "Filter": value})
    return filters


def pattern_filter(names: Iterable[str], only: Mapping[str, tuple[str, str]]) -> Fields:
    """The same as one pattern over the text of a packet, which every Asterisk knows."""
    whole = "|".join(name for name in names if name not in only)
    parts = [f"{header}: {value}" for header, value in only.values()]
    return {"Operation": "Add", "Filter": "|".join([f"Event: ({whole})[^A-Za-z]", *parts])}


def banner_complaint(banner: str) -> str | None:
    """Why nobody should speak AMI with whoever says this, or ``None``."""
    title, _, version = banner.partition("/")
    if title != "Asterisk Call Manager":
        return f"it greets with {banner[:60]!r}: that is no Asterisk manager, give its port"
    major = version.partition(".")[0]
    if not major.isdigit() or int(major) < LOWEST_VERSION:
        return f"its manager interface {version[:20]} is too old: use Asterisk 16 or later"
    return None
