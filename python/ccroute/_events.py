"""Events as objects: what can have happened, one frozen class a kind.

Same kinds, names and order as ``rust/ccroute-core/src/event.rs``; an event from the
engine, from a platform's recording or from a simulation looks the same. What makes
them, folds them or acts on them lives elsewhere.
"""

from collections.abc import Iterable

import attrs

from ccroute._wire import DEVICES, EventRow


@attrs.frozen(kw_only=True)
class Event:
    """The envelope every event has; the classes below add what their kind says more.

    ``at`` and every other instant are float seconds since the Unix epoch.
    ``sequence`` counts from 1 per ``source``. ``visit`` counts a contact's stays in a
    queue from 1, and is 0 without a contact. ``cause`` is a word of the closed list in
    ``docs/engine.md``; ``reason`` is in the host's or platform's own words. What a kind
    does not concern, or the source does not know, is ``None``.

    >>> ContactAbandoned(source="log", sequence=3, at=12.0, contact="c1", visit=1).kind
    'contact_abandoned'
    """

    source: str
    sequence: int
    at: float
    contact: str | None = None
    visit: int = 0
    queue: str | None = None
    channel: str | None = None
    agent: str | None = None
    cause: str | None = None
    reason: str | None = None

    @property
    def kind(self) -> str:
        """The name of the kind, as in logs and arrays: ``contact_queued`` and so on."""
        return _WORDS[type(self)]


@attrs.frozen(kw_only=True)
class ContactQueued(Event):
    """A visit began. ``since``: the instant its age counts from."""

    since: float


@attrs.frozen(kw_only=True)
class ContactRequeued(Event):
    """Back in the queue after an offer or connection came to nothing; the visit goes on."""

    since: float


@attrs.frozen(kw_only=True)
class ContactEscalated(Event):
    """An escalation step was taken. ``step``: how many so far."""

    step: int


@attrs.frozen(kw_only=True)
class ContactReprioritised(Event):
    """Band or head start changed. ``band``: the band now."""

    band: int


@attrs.frozen(kw_only=True)
class ContactUpdated(Event):
    """Requirement or attributes changed."""


@attrs.frozen(kw_only=True)
class OfferMade(Event):
    """Proposed to ``agent``. ``until``: when the offer runs out, where that is known."""

    offer: int
    until: float | None = None


@attrs.frozen(kw_only=True)
class OfferAccepted(Event):
    """``agent`` took it. ``until``: when the connection must stand, where that is known."""

    offer: int
    until: float | None = None


@attrs.frozen(kw_only=True)
class OfferDeclined(Event):
    """``agent`` refused it."""

    offer: int


@attrs.frozen(kw_only=True)
class OfferMissed(Event):
    """``agent`` let it pass."""

    offer: int


@attrs.frozen(kw_only=True)
class OfferWithdrawn(Event):
    """Taken back from ``agent``; ``cause`` says why."""

    offer: int


@attrs.frozen(kw_only=True)
class ContactConnected(Event):
    """Customer and ``agent`` are joined: the wait is over."""


@attrs.frozen(kw_only=True)
class ContactHeld(Event):
    """Put on hold by ``agent``."""


@attrs.frozen(kw_only=True)
class ContactResumed(Event):
    """Taken off hold by ``agent``."""


@attrs.frozen(kw_only=True)
class ContactAbandoned(Event):
    """The customer left while waiting; ``agent`` when one was being connected."""


@attrs.frozen(kw_only=True)
class ContactLeft(Event):
    """Left the queue unserved for ``cause``, which is not the customer's doing."""


@attrs.frozen(kw_only=True)
class ContactTransferred(Event):
    """``agent`` passed it on; the visit ends, the contact goes on."""


@attrs.frozen(kw_only=True)
class ContactReleased(Event):
    """The conversation with ``agent`` ended; ``cause``: by whom, where that is known."""


@attrs.frozen(kw_only=True)
class ContactDisposed(Event):
    """Disposition code ``reason`` by ``agent``.

    ``revision``: 1 for the first set of codes, more for a correction, which replaces the
    set before.
    """

    revision: int


@attrs.frozen(kw_only=True)
class WrapUpStarted(Event):
    """``agent`` works on after release. ``until``: when that ends at the latest."""

    until: float | None = None


@attrs.frozen(kw_only=True)
class WrapUpExtended(Event):
    """``agent`` got more time. ``until``: the new end."""

    until: float | None = None


@attrs.frozen(kw_only=True)
class WrapUpEnded(Event):
    """``agent`` finished; ``cause``: agent, limit or signed_out."""


@attrs.frozen(kw_only=True)
class AgentJoined(Event):
    """``agent`` joined a conversation as ``role``."""

    role: str


@attrs.frozen(kw_only=True)
class AgentLeft(Event):
    """``agent``, who was not the primary, left the conversation."""

    role: str


@attrs.frozen(kw_only=True)
class AgentSignedIn(Event):
    """``agent`` signed in, not ready yet.

    ``queues``: which ones the agent serves, where the source says so. The engine's own
    events do not: whoever signed the agent in knows.
    """

    queues: tuple[str, ...] | None = None


@attrs.frozen(kw_only=True)
class AgentSignedOut(Event):
    """``agent`` signed out."""


@attrs.frozen(kw_only=True)
class AgentReady(Event):
    """``agent`` can be offered contacts."""


@attrs.frozen(kw_only=True)
class AgentNotReady(Event):
    """``agent`` cannot.

    ``reason``: the agent's own; ``cause``: agent, missed or connect_timeout.
    """


@attrs.frozen(kw_only=True)
class AgentDevice(Event):
    """The state of ``agent``'s device changed.

    ``device``: unknown, available, in_use, ringing or unreachable.
    """

    device: str


@attrs.frozen(kw_only=True)
class AgentChanged(Event):
    """Skills, queues or capacity of ``agent`` changed. ``queues``: as at sign-in."""

    queues: tuple[str, ...] | None = None


EVENT_KINDS: dict[str, type[Event]] = {
    "contact_queued": ContactQueued,
    "contact_requeued": ContactRequeued,
    "contact_escalated": ContactEscalated,
    "contact_reprioritised": ContactReprioritised,
    "contact_updated": ContactUpdated,
    "offer_made": OfferMade,
    "offer_accepted": OfferAccepted,
    "offer_declined": OfferDeclined,
    "offer_missed": OfferMissed,
    "offer_withdrawn": OfferWithdrawn,
    "contact_connected": ContactConnected,
    "contact_held": ContactHeld,
    "contact_resumed": ContactResumed,
    "contact_abandoned": ContactAbandoned,
    "contact_left": ContactLeft,
    "contact_transferred": ContactTransferred,
    "contact_released": ContactReleased,
    "contact_disposed": ContactDisposed,
    "wrap_up_started": WrapUpStarted,
    "wrap_up_extended": WrapUpExtended,
    "wrap_up_ended": WrapUpEnded,
    "agent_joined": AgentJoined,
    "agent_left": AgentLeft,
    "agent_signed_in": AgentSignedIn,
    "agent_signed_out": AgentSignedOut,
    "agent_ready": AgentReady,
    "agent_not_ready": AgentNotReady,
    "agent_device": AgentDevice,
    "agent_changed": AgentChanged,
}
"""Every kind by its word, in the order of its number in the engine."""

_WORDS = {kind: word for word, kind in EVENT_KINDS.items()}

# What a kind makes of the row's offer, number, time and role.
_OFFER = frozenset({OfferMade, OfferAccepted, OfferDeclined, OfferMissed, OfferWithdrawn})
_TIME: dict[type[Event], str] = {
    ContactQueued: "since",
    ContactRequeued: "since",
    OfferMade: "until",
    OfferAccepted: "until",
    WrapUpStarted: "until",
    WrapUpExtended: "until",
}
_NUMBER: dict[type[Event], str] = {
    ContactEscalated: "step",
    ContactReprioritised: "band",
    ContactDisposed: "revision",
}
_ROLE = frozenset({AgentJoined, AgentLeft})
_KINDS = tuple(EVENT_KINDS.values())


def read_events(source: str, rows: Iterable[EventRow]) -> list[Event]:
    """The events in an engine's rows, as objects."""
    return [_read(source, row) for row in rows]


def _read(source: str, row: EventRow) -> Event:
    head, (offer, cause, reason, role, number, time) = row
    code, sequence, at, contact, visit, queue, channel, agent = head
    kind = _KINDS[code]
    more: dict[str, object] = {}
    if kind in _TIME:
        more[_TIME[kind]] = time
    if kind in _OFFER:
        more["offer"] = offer
    elif kind in _NUMBER:
        # A band may be negative; it crosses as two's complement.
        more[_NUMBER[kind]] = number - (1 << 32) if number >= 1 << 31 else number
    elif kind in _ROLE:
        more["role"] = role
    elif kind is AgentDevice:
        more["device"] = DEVICES[number]
    return kind(
        source=source,
        sequence=sequence,
        at=at,
        contact=contact,
        visit=visit,
        queue=queue,
        channel=channel,
        agent=agent,
        cause=None if cause == "none" else cause,
        reason=reason,
        **more,
    )
