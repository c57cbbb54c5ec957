"""What surrounds a command: who asks, what was answered, whose story it is. And the way of
arguments over the boundary: objects to plain tuples, wrong types by name.
"""

from collections.abc import Iterable, Mapping
from typing import TypeVar

import attrs

from ccroute._plan import Requirement
from ccroute._wire import Asked, Needs

Value = TypeVar("Value")


@attrs.frozen(kw_only=True)
class Envelope:
    """Who asks, and under which id.

    A repeated ``command_id`` gets the first answer again, within the plan's retention,
    and nothing happens. ``actor`` and ``reason`` are kept with the answer.
    """

    command_id: str
    actor: str | None = None
    reason: str | None = None


@attrs.frozen(kw_only=True)
class Answer:
    """The first answer under a command id.

    ``command``: its name; ``at``: float seconds since the epoch; ``refused``: the code of
    the refusal, ``None`` when it was carried out.
    """

    command: str
    at: float
    actor: str | None
    reason: str | None
    refused: str | None


@attrs.frozen(kw_only=True)
class Story:
    """The host's own ids around a contact: who asks, which story, which contact before."""

    customer: str | None
    conversation: str | None
    previous: str | None


def asked(envelope: Envelope | None) -> Asked:
    if envelope is None:
        return None
    try:
        return envelope.command_id, envelope.actor, envelope.reason
    except AttributeError:
        raise not_a("ccroute.Envelope", "envelope", envelope) from None


def needs(requirement: Requirement | None) -> Needs | None:
    if requirement is None:
        return None
    try:
        return (
            list(requirement.all_of.items()),
            [list(group.items()) for group in requirement.any_of],
            list(requirement.none_of.items()),
        )
    except AttributeError:
        raise not_a("ccroute.Requirement", "requirement", requirement) from None


def pairs(what: str, given: Mapping[str, Value]) -> list[tuple[str, Value]]:
    try:
        return list(given.items())
    except AttributeError:
        raise not_a("mapping", what, given) from None


def listed(what: str, given: Iterable[str]) -> list[str]:
    if isinstance(given, str):
        # Else "vip" would be the three names "v", "i" and "p".
        raise not_a("list of names", what, given)
    return list(given)


def not_a(wanted: str, what: str, given: object) -> TypeError:
    return TypeError(f"{what}: give a {wanted}, not {type(given).__name__}")
