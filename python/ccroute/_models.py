"""What surrounds a command: who asks, what was answered, whose story it is; what newcomers
bring along. And the way of arguments over the boundary: objects to plain tuples, wrong
types by name.
"""

from collections.abc import Iterable, Mapping
from typing import TypeVar

import attrs

from ccroute._plan import Link, Queues, Requirement, Value, links_of
from ccroute._table import kept
from ccroute._wire import Asked, ContactArgument, LinkArgument, Needs, SettingsArgument

Item = TypeVar("Item")

USUAL_PREFERENCE = 100
"""The score of preferred agents that are given as names alone."""


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


@attrs.frozen(kw_only=True)
class NewContact:
    """A contact with everything it brings along.

    ``contact``, ``customer``, ``conversation`` and ``previous`` are the host's own ids.
    ``queue``: ``None``: where the plan's rules say. ``channel``: default the plan's first.
    ``band``: strict class, −32768…32767, higher first; ``head_start``: seconds it counts as
    having come earlier, negative: later; ``None``: the queue's. ``requirement``: what it needs
    beyond what the queue asks. ``preferred``: agents, or agents with scores 0–1000;
    ``excluded``: agents, or agents with seconds (``None``: for good). ``entered_at``: since when
    its age counts, ``not_before``: when it shall begin to wait; float seconds since the epoch.
    """

    contact: str
    queue: str | None = None
    channel: str | None = None
    band: int | None = None
    head_start: float | None = None
    requirement: Requirement | None = None
    attributes: Mapping[str, Value] | None = kept()
    preferred: Iterable[str] | Mapping[str, int] | None = kept()
    excluded: Iterable[str] | Mapping[str, float | None] | None = kept()
    entered_at: float | None = None
    not_before: float | None = None
    customer: str | None = None
    conversation: str | None = None
    previous: str | None = None


@attrs.frozen(kw_only=True)
class Observed:
    """A contact as a platform reports it: in conversation with ``agent``, or with nobody.

    ``known``: what is known of it, to take it over if it is not known here; ``None``: then
    it is left alone. The id of ``known`` counts for nothing.
    """

    contact: str
    agent: str | None = None
    known: NewContact | None = None


@attrs.frozen(kw_only=True)
class Wait:
    """Where a contact stands and how long it may still wait; seconds.

    ``position``: in its queue, from 1; ``None``: it has an offer already. ``competing``: how
    many who compete for its agents go first, of all queues. ``expected``: the mean of the
    recent past, ``None`` where too little is known. ``foretold``: what was foretold when it
    came, in queues with ``expected_wait``.
    """

    position: int | None
    competing: int
    expected: float | None
    foretold: float | None


@attrs.frozen(kw_only=True)
class ForetoldWaits:
    """How well waits were foretold in a queue, of ``count`` contacts that were connected.

    ``bias``: the mean of real waits less those foretold, ``error``: of the differences either
    way; seconds, ``None`` without any.
    """

    count: int
    bias: float | None
    error: float | None


@attrs.frozen(kw_only=True)
class ScoresStatus:
    """How a score table stands: the host's ``version``, until when it holds (``expires``, float
    seconds since the epoch; ``None``: it was never set), and how many offers went without it
    (``fallbacks``)."""

    version: int
    expires: float | None
    fallbacks: int


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
            requirement.where,
        )
    except AttributeError:
        raise not_a("ccroute.Requirement", "requirement", requirement) from None


def settings(
    skills: Mapping[str, int] | None,
    labels: Mapping[str, Value] | None,
    queues: Queues | None,
    capacity: Mapping[str, int] | None,
    budget: int | None,
    lines: Iterable[str] | None,
) -> SettingsArgument:
    return (
        None if skills is None else pairs("skills", skills),
        None if labels is None else pairs("labels", labels),
        None if queues is None else _links(queues),
        None if capacity is None else pairs("capacity", capacity),
        budget,
        None if lines is None else listed("lines", lines),
    )


def _links(queues: Queues) -> list[LinkArgument]:
    if isinstance(queues, str) or not isinstance(queues, Iterable):
        raise not_a("list of names", "queues", queues)
    return [_link(name, link) for name, link in links_of(queues).items()]


def _link(name: str, link: Link) -> LinkArgument:
    try:
        help_when = link.help_when
        waiting, waited = (
            (None, None) if help_when is None else (help_when.waiting, help_when.waited)
        )
        return name, link.rank, link.position, link.delay, waiting, waited
    except AttributeError:
        raise not_a("ccroute.Link", f"queue '{name}'", link) from None


def newcomer(new: NewContact) -> ContactArgument:
    try:
        return coming(
            new.contact,
            new.queue,
            new.channel,
            new.band,
            new.head_start,
            new.requirement,
            new.attributes,
            new.preferred,
            new.excluded,
            new.entered_at,
            new.not_before,
            new.customer,
            new.conversation,
            new.previous,
        )
    except AttributeError:
        raise not_a("ccroute.NewContact", "contact", new) from None


def coming(
    contact: str,
    queue: str | None,
    channel: str | None,
    band: int | None,
    head_start: float | None,
    requirement: Requirement | None,
    attributes: Mapping[str, Value] | None,
    preferred: Iterable[str] | Mapping[str, int] | None,
    excluded: Iterable[str] | Mapping[str, float | None] | None,
    entered_at: float | None,
    not_before: float | None,
    customer: str | None,
    conversation: str | None,
    previous: str | None,
) -> ContactArgument:
    """What comes with a contact, as the engine takes it; the order is that of `NewContact`."""
    return (
        contact,
        queue,
        channel,
        band,
        head_start,
        needs(requirement),
        [] if attributes is None else pairs("attributes", attributes),
        preferences(preferred) or [],
        _exclusions(excluded),
        entered_at,
        not_before,
        customer,
        conversation,
        previous,
    )


def preferences(
    given: Iterable[str] | Mapping[str, int] | None,
) -> list[tuple[str, int]] | None:
    if given is None:
        return None
    if isinstance(given, Mapping):
        return list(given.items())
    return [(name, USUAL_PREFERENCE) for name in listed("preferred", given)]


def _exclusions(
    given: Iterable[str] | Mapping[str, float | None] | None,
) -> list[tuple[str, float | None]]:
    if given is None:
        return []
    if isinstance(given, Mapping):
        return list(given.items())
    return [(name, None) for name in listed("excluded", given)]


def pairs(what: str, given: Mapping[str, Item]) -> list[tuple[str, Item]]:
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
